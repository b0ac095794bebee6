//! What a listing reaches beyond the text it was published as: other
//! addresses of the same key or script, other customers of an account, the
//! same bytes where a contract stands. Each match says how it relates and why.

use super::harness::{Answer, Daemon, Upload, v1};
use v1::{Action, Flag, Reason, Relation, Tier, Verdict};

const SOURCE: &str = "authority";

/// A daemon whose one sanctions source holds the rows given.
fn listing(columns: &str, rows: &[&str]) -> Daemon {
    let daemon = Daemon::empty().start();
    let content = format!("{columns}\n{}\n", rows.join("\n"));
    let upload = Upload::of(SOURCE).tier(Tier::Sanctions);
    daemon.import(&upload.file("list.csv", content));
    daemon
}

/// What an answer says of its one match.
fn judged(answer: &Answer) -> (Relation, &str, Action) {
    let found = answer.match_on(SOURCE);
    (found.relation(), found.why.as_str(), found.action())
}

#[test]
fn another_address_of_the_same_key_is_listed_and_says_why() {
    let daemon = listing(
        "address,ticker",
        &["1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH,XBT"],
    );
    let coats = [
        // P2WPKH, P2SH-P2WPKH, other networks of the same public key hash.
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN",
        "XmN7PQYWKn5MJFna5fRYgP6mxT2F7xpekE",
        "rBgGZ9tc4him9KBzD8fKFiQz3fSZpaSwMH",
        "t1UYsZVJkLPeMjxEtACvSxfWuNmddpWfxzs",
        "cosmos1w508d6qejxtdg4y5r3zarvary0c5xw7k6ah60c",
    ];
    for coat in coats {
        let answer = daemon.screen(coat);
        assert_eq!(answer.both(), (Verdict::Listed, Action::Block), "{coat}");
        assert_eq!(
            answer.reasons(),
            [Reason::Listed, Reason::SameKey],
            "{coat}"
        );
        let (relation, why, _) = judged(&answer);
        assert_eq!(relation, Relation::SameKey, "{coat}");
        assert!(why.starts_with("same public key hash"), "{coat}: {why}");
        assert!(why.ends_with("listed as P2PKH on Bitcoin"), "{coat}: {why}");
    }
    let spelt = daemon.screen("bitcoincash:qp63uahgrxged4z5jswyt5dn5v3lzsem6cy4spdc2h");
    assert_eq!(judged(&spelt), (Relation::Direct, "", Action::Block));
    assert_eq!(spelt.reasons(), [Reason::Listed]);
}

/// A hash leads one way only, so the two are found from either side.
#[test]
fn it_does_not_matter_which_coat_was_published() {
    let wrapped = "3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN";
    let daemon = listing("address", &[wrapped]);
    for coat in [
        "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    ] {
        let answer = daemon.screen(coat);
        assert_eq!(answer.verdict(), Verdict::Listed, "{coat}");
        assert_eq!(judged(&answer).0, Relation::SameKey, "{coat}");
    }
    let witness = "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3";
    let forms = [
        "3NVZWnhKt53ukKw4Qm217Zk57FE8VnKjH2",
        "bitcoincash:p08zr8lphu2s6fhm6w9rss9mfmcppe0kc9l4pfgl9fc3zwkf7wa2s5jaz9ezx",
    ];
    for form in forms {
        for (listed, asked) in [(witness, form), (form, witness)] {
            let answer = listing("address", &[listed]).screen(asked);
            assert_eq!(answer.both(), (Verdict::Listed, Action::Review), "{asked}");
            assert_eq!(judged(&answer).0, Relation::SameScript, "{asked}");
            assert_eq!(answer.reasons(), [Reason::Listed, Reason::SameScript]);
        }
    }
}

#[test]
fn one_evm_account_is_found_on_every_network_and_in_its_other_coats() {
    let daemon = listing(
        "address,ticker",
        &["0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf,ETH"],
    );
    let same = [
        "eip155:56:0x7e5f4552091a69125d5dfcb7b8c2659029395bdf",
        "ronin:7e5f4552091a69125d5dfcb7b8c2659029395bdf",
        "canto10e0525sfrf53yh2aljmm3sn9jq5njk7lkkdk5e",
    ];
    for spelling in same {
        let answer = daemon.screen(spelling);
        assert_eq!(
            judged(&answer),
            (Relation::Direct, "", Action::Block),
            "{spelling}"
        );
    }
    let tron = daemon.screen("TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC");
    let (relation, why, action) = judged(&tron);
    assert_eq!((relation, action), (Relation::SameKey, Action::Block));
    assert_eq!(
        why,
        "same public key, hashed by Keccak, listed as EVM on Ethereum"
    );
    let frontier = daemon.screen("5DF49wLC7xSD64r8fyJ9FCGHcccJmrS5JH6cQydEEenRSWMu");
    assert_eq!(judged(&frontier).0, Relation::SameKey);
}

#[test]
fn a_listed_contract_is_not_blocked_where_somebody_else_may_stand() {
    let contract = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf";
    let row = format!("{contract},ETH,mixer contract");
    let daemon = listing("address,ticker,role", &[&row]);
    assert_eq!(judged(&daemon.screen(contract)).2, Action::Block);
    let elsewhere = daemon.screen(&format!("eip155:56:{}", contract.to_lowercase()));
    assert_eq!(elsewhere.both(), (Verdict::Listed, Action::Review));
    assert_eq!(judged(&elsewhere).0, Relation::SameScript);
    let tron = daemon.screen("TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC");
    assert_eq!(tron.both(), (Verdict::NotListed, Action::Allow));
    assert_eq!(judged(&tron).0, Relation::Related);
    assert_eq!(tron.reasons(), [Reason::Related]);
}

#[test]
fn what_is_tied_and_not_controlled_is_reported_and_let_pass() {
    // The owner of a token account, and a stranger's stake part.
    let owner = "2gVkYWexTHR5Hb2aLeQN3tnngvWzisFKXDUPrgMHpdST";
    let answer =
        listing("address", &[owner]).screen("49rwPiHcCF4qritzhS1UmznvWmDcKswwcTpWVfi7Vo3D");
    assert_eq!(answer.both(), (Verdict::NotListed, Action::Allow));
    assert_eq!(judged(&answer).0, Relation::Related);
    assert!(judged(&answer).1.starts_with("token account of the owner"));

    let base = "addr1z8phkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gten0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgs9yc0hh";
    let stake = "stake1uyehkck0lajq8gr28t9uxnuvgcqrc6070x3k9r8048z8y5gh6ffgw";
    for (listed, asked) in [(base, stake), (stake, base)] {
        let answer = listing("address", &[listed]).screen(asked);
        assert_eq!(
            answer.both(),
            (Verdict::NotListed, Action::Allow),
            "{asked}"
        );
        assert_eq!(judged(&answer).0, Relation::Related, "{asked}");
    }
    // The same payment part is the same account, whatever is attached to it.
    let enterprise = "addr1w8phkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gtcyjy7wx";
    let answer = listing("address", &[enterprise]).screen(base);
    assert_eq!(judged(&answer).0, Relation::Direct);
}

#[test]
fn a_listing_of_one_customer_of_an_account_is_looked_at_for_the_others() {
    let account = "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh";
    let row = format!("{account} (Address tag 102334770)*");
    let listed = |tier, config: &str| {
        let daemon = Daemon::empty().config(config).start();
        let upload = Upload::of(SOURCE).tier(tier);
        daemon.import(&upload.file("list.csv", format!("address\n{row}\n")));
        daemon
    };
    let daemon = listed(Tier::Sanctions, "");
    let cases = [
        (
            format!("{account}:102334770"),
            Action::Block,
            vec![Reason::Listed],
        ),
        (
            account.to_owned(),
            Action::Review,
            vec![Reason::Listed, Reason::TagScoped],
        ),
        (
            format!("{account}:7"),
            Action::Review,
            vec![Reason::Listed, Reason::TagScoped],
        ),
    ];
    for (asked, action, reasons) in cases {
        let answer = daemon.screen(&asked);
        assert_eq!(answer.both(), (Verdict::Listed, action), "{asked}");
        assert_eq!(answer.reasons(), reasons, "{asked}");
        assert_eq!(judged(&answer).0, Relation::Direct, "{asked}");
    }
    let other = daemon.screen(&format!("{account}:7"));
    assert_eq!(judged(&other).1, "listed for another tag");
    assert!(other.has_flag(Flag::TagPresent));
    assert_eq!(other.outcome.candidates[0].tag, "7");

    let lenient = "[policy]\nother_tag = \"ALLOW\"";
    let other = format!("{account}:7");
    let by_police = listed(Tier::LawEnforcement, lenient);
    assert_eq!(by_police.screen(&other).action(), Action::Allow);
    assert_eq!(by_police.screen(account).action(), Action::Review);
    let by_authority = listed(Tier::Sanctions, lenient);
    assert_eq!(by_authority.screen(&other).action(), Action::Review);
}

#[test]
fn every_destination_of_a_text_is_screened_and_the_worst_decides() {
    let recipient = "0x8e23ee67d1332ad560396262c48ffbb01f93d052";
    let daemon = listing("address", &[recipient]);
    let token = "0x89205a3a3b2a69de6dbf7f01ed13b2108b2c43e7";
    let uri = format!("ethereum:{token}/transfer?address={recipient}&uint256=1");
    let answer = daemon.screen(&uri);
    assert_eq!(answer.both(), (Verdict::Listed, Action::Block));
    assert!(answer.has_flag(Flag::Unwrapped) && answer.has_flag(Flag::SeveralDestinations));
    let found = answer.match_on(SOURCE).candidate as usize;
    assert_eq!(answer.outcome.candidates[found].destination, 1);

    let lightning = daemon.screen("bitcoin:1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH?lightning=lnbc1qqq");
    assert_eq!(lightning.verdict(), Verdict::Indeterminate);
    assert_eq!(lightning.reasons(), [Reason::Lightning]);
}

/// The Israeli list prints this address with two Cyrillic letters.
#[test]
fn look_alike_letters_lead_to_the_listing_from_both_sides() {
    let cyrillic = "T\u{41d}96tFMn8KGiYSLiw\u{441}V3E2UiaJc8jmcbz3";
    let latin = "TH96tFMn8KGiYSLiwcV3E2UiaJc8jmcbz3";
    for (listed, asked) in [(cyrillic, latin), (latin, cyrillic), (cyrillic, cyrillic)] {
        let answer = listing("address", &[listed]).screen(asked);
        assert_eq!(
            answer.both(),
            (Verdict::Listed, Action::Block),
            "{listed} {asked}"
        );
        assert_eq!(judged(&answer).0, Relation::Direct);
        assert_eq!(answer.has_flag(Flag::LookAlikeFolded), asked == cyrillic);
    }
    let answer = listing("address", &["TUrMmF9Gd4rzrXsQ34ui3Wou94E7HFuJQh"]).screen(cyrillic);
    assert_eq!(answer.both(), (Verdict::Indeterminate, Action::Review));
    assert_eq!(answer.reasons(), [Reason::LookAlike]);
}

#[test]
fn what_is_no_address_says_what_it_is() {
    let daemon = Daemon::with_bundled_lists().start();
    let cases = [
        ("vitalik.eth", Reason::NameNotAddress),
        (
            "lnbc1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypq",
            Reason::Lightning,
        ),
        ("user@example.com", Reason::Lightning),
        (
            "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf and more",
            Reason::NotAddressForm,
        ),
        (
            "bip122:000000000019d6689c085ae165831e93:0x7e5f4552091a69125d5dfcb7b8c2659029395bdf",
            Reason::NetworkContradicts,
        ),
    ];
    for (text, reason) in cases {
        let answer = daemon.screen(text);
        assert_eq!(
            answer.both(),
            (Verdict::Indeterminate, Action::Review),
            "{text}"
        );
        assert_eq!(answer.reasons(), [reason], "{text}");
    }
}

/// What leads both ways is derived on one side only, whichever is published.
#[test]
fn an_evm_account_and_its_other_names_find_each_other() {
    let evm = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf";
    let pairs = [
        (
            evm,
            "5DF49wLC7xSD64r8fyJ9FCGHcccJmrS5JH6cQydEEenRSWMu",
            Relation::SameKey,
        ),
        (
            "0xff00000000000000000000000000000000000400",
            "f01024",
            Relation::Direct,
        ),
        (
            "0x00000000000000000000000000000000000004d2",
            "0.0.1234",
            Relation::Direct,
        ),
    ];
    for (one, other, relation) in pairs {
        for (listed, asked) in [(one, other), (other, one)] {
            let answer = listing("address", &[listed]).screen(asked);
            assert_eq!(answer.verdict(), Verdict::Listed, "{listed} {asked}");
            assert_eq!(judged(&answer).0, relation, "{listed} {asked}");
        }
    }
}
