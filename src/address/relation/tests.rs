//! Who is whose account.

use super::*;
use crate::address::{Candidate, Depth, linked, parse};

fn only(text: &str) -> Candidate {
    parse(text).candidates[0].clone()
}

fn relate(asked: &str, listed: &str) -> Sameness {
    let (asked, listed) = (only(asked), only(listed));
    assert_eq!(asked.key, listed.key);
    let forward = same_account(&asked.account(), &listed.account());
    let backward = same_account(&listed.account(), &asked.account());
    assert_eq!(forward.sameness, backward.sameness);
    assert_eq!(forward.why.is_empty(), forward.sameness == Sameness::Same);
    forward.sameness
}

#[test]
fn one_public_key_hash_in_many_coats() {
    let bitcoin = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH";
    assert_eq!(relate(bitcoin, bitcoin), Sameness::Same);
    assert_eq!(
        relate(bitcoin, "qp63uahgrxged4z5jswyt5dn5v3lzsem6cy4spdc2h"),
        Sameness::Same
    );
    for other in [
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "XmN7PQYWKn5MJFna5fRYgP6mxT2F7xpekE",
        "rBgGZ9tc4him9KBzD8fKFiQz3fSZpaSwMH",
        "t1UYsZVJkLPeMjxEtACvSxfWuNmddpWfxzs",
    ] {
        assert_eq!(relate(bitcoin, other), Sameness::SameKey, "{other}");
    }
    assert_eq!(
        relate(
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "btg1qw508d6qejxtdg4y5r3zarvary0c5xw7k6w057a"
        ),
        Sameness::SameKey,
    );
}

#[test]
fn both_litecoin_spellings_of_a_script_are_one_account() {
    assert_eq!(
        relate(
            "M9dw1FAoWpHC6PcMzoCHhqQ9McvTyG5Ywj",
            "33RnhMkqZhRmHtLTtvCwtC9k2vL1ti7tEo"
        ),
        Sameness::Same,
    );
}

fn evm(networks: Networks, is_contract: bool) -> Account<'static> {
    Account {
        kind: Kind::Evm,
        networks,
        named: Networks::NONE,
        extra: &[],
        tag: None,
        is_contract,
        derived: None,
    }
}

#[test]
fn evm_and_tron_share_a_key_and_not_an_account() {
    let text = "0xcf1ecacaf90a04bb0297f9991ae1262d0a3399e1";
    assert_eq!(
        relate(text, "TUrMmF9Gd4rzrXsQ34ui3Wou94E7HFuJQh"),
        Sameness::SameKey
    );
    let asked = evm(Network::Ethereum.into(), false);
    let listed = evm(Network::Arbitrum.into(), false);
    assert_eq!(same_account(&asked, &listed).sameness, Sameness::Same);
}

#[test]
fn a_listed_contract_reaches_no_further_than_its_network() {
    let listed = evm(Network::Ethereum.into(), true);
    let same = same_account(&evm(Networks::EVM, false), &listed);
    assert_eq!(same.sameness, Sameness::Same);
    let elsewhere = same_account(&evm(Network::BnbSmartChain.into(), false), &listed);
    assert_eq!(elsewhere.sameness, Sameness::SameScript);
    let tron = Account {
        kind: Kind::Tron,
        networks: Network::Tron.into(),
        ..evm(Networks::EVM, false)
    };
    assert_eq!(same_account(&tron, &listed).sameness, Sameness::Related);
    let derived = Account {
        derived: Some(Derivation {
            rule: Rule::ReviveAccount,
            from: Kind::Evm,
        }),
        ..evm(Networks::EVM, false)
    };
    assert_eq!(same_account(&derived, &listed).sameness, Sameness::Related);
}

#[test]
fn scripts_on_other_networks_are_only_the_same_script() {
    let on = |kind, network: Network| Account {
        kind,
        ..evm(network.into(), false)
    };
    for kind in [Kind::P2sh, Kind::P2wsh, Kind::Witness] {
        let (bitcoin, litecoin) = (on(kind, Network::Bitcoin), on(kind, Network::Litecoin));
        assert_eq!(
            same_account(&bitcoin, &litecoin).sameness,
            Sameness::SameScript
        );
        assert_eq!(same_account(&bitcoin, &bitcoin).sameness, Sameness::Same);
    }
    let taproot = same_account(
        &on(Kind::Taproot, Network::Bitcoin),
        &on(Kind::Taproot, Network::Litecoin),
    );
    assert_eq!(taproot.sameness, Sameness::SameKey);
    let stranded = same_account(
        &on(Kind::P2sh, Network::BitcoinCash),
        &on(Kind::P2sh, Network::Dogecoin),
    );
    assert!(stranded.why.contains("others may be able to spend"));
}

#[test]
fn a_rule_is_as_close_as_its_weaker_end() {
    let wrapped = &linked(&only("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"), Depth::Query)[0];
    let asked = Account {
        kind: wrapped.kind,
        networks: wrapped.networks,
        derived: Some(Derivation {
            rule: wrapped.rule,
            from: Kind::P2pkh,
        }),
        ..evm(Networks::NONE, false)
    };
    let listed = only("3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN");
    let listed = Account {
        named: Network::Bitcoin.into(),
        ..listed.account()
    };
    let kinship = same_account(&asked, &listed);
    assert_eq!(kinship.sameness, Sameness::SameKey);
    assert_eq!(
        kinship.why,
        "same public key hash, wrapped as P2SH-P2WPKH, listed as P2SH on Bitcoin",
    );
}

#[test]
fn a_payment_id_does_not_make_another_account() {
    let monero = |kind| Account {
        kind,
        ..evm(Network::Monero.into(), false)
    };
    let relate = |asked, listed| same_account(&monero(asked), &monero(listed)).sameness;
    assert_eq!(relate(Kind::MoneroIntegrated, Kind::Monero), Sameness::Same);
    assert_eq!(
        relate(Kind::MoneroSubaddress, Kind::Monero),
        Sameness::SameKey
    );
}

#[test]
fn a_listing_for_a_tag_is_about_that_customer() {
    let (mine, other) = (Tag::number(1), Tag::number(2));
    let with = |tag| Account {
        tag,
        ..evm(Networks::EVM, false)
    };
    let scope = |asked, listed| same_account(&with(asked), &with(listed)).scope;
    assert_eq!(scope(None, None), TagScope::Covered);
    assert_eq!(scope(Some(&mine), None), TagScope::Covered);
    assert_eq!(scope(Some(&mine), Some(&mine)), TagScope::Covered);
    assert_eq!(scope(None, Some(&mine)), TagScope::NotSaid);
    assert_eq!(scope(Some(&other), Some(&mine)), TagScope::Other);
    let other = same_account(&with(Some(&other)), &with(Some(&mine)));
    assert_eq!(other.sameness, Sameness::Same);
    assert_eq!(other.why, "listed for another tag");
}
