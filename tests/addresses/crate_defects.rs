//! Mistakes of the libraries that one would use for each format, found while
//! this one was written, and the proof that they are not made here.

use interdict::address::{Candidate, Fault, KeyClass, Kind, Network, Reading, parse};

use crate::oracle_others::monero_address;
use crate::respell::formal;

fn strict(reading: &Reading, kind: Kind) -> Option<&Candidate> {
    reading
        .candidates
        .iter()
        .find(|one| one.strict && one.kind == kind)
}

/// Reads a text that must read strictly as a kind.
#[track_caller]
fn account(text: &str, kind: Kind) -> Candidate {
    let reading = parse(text);
    let candidate = strict(&reading, kind).cloned();
    assert!(reading.is_strict(), "{text}: {reading:?}");
    candidate.unwrap_or_else(|| panic!("{text} is no {kind}: {reading:?}"))
}

/// `bs58` into 32 bytes of room: a shorter key is `Ok` with its length.
#[test]
fn a_solana_account_has_32_bytes_and_not_31() {
    for bytes in [31, 33] {
        for fill in [0x00, 0x01, 0x7f, 0xff] {
            let text = bs58::encode(vec![fill; bytes]).into_string();
            assert!(strict(&parse(&text), Kind::Solana).is_none(), "{text}");
        }
    }
    for fill in [0x00, 0x01, 0x7f, 0xff] {
        let text = bs58::encode([fill; 32]).into_string();
        assert_eq!(account(&text, Kind::Solana).key.payload(), [fill; 32]);
    }
}

/// `bs58` with a checksum, of an address with one more leading `1`.
#[test]
fn base58check_has_the_length_of_its_format() {
    let reading = parse("11BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH");
    assert!(!reading.is_strict());
}

/// `cashaddr` and `bitcoincash-addr` accept mixed case.
#[test]
fn a_cash_address_in_mixed_case_is_looked_up_and_never_cleared() {
    let lower = account(
        "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
        Kind::P2pkh,
    );
    for mixed in [
        "bitcoincash:QPM2QSZNHKS23Z7629MMS6S4CWEF74VCWVY22GDX6A",
        "BitcoinCash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
        "bitcoincash:qpm2qsznhks23z7629MMS6S4CWEF74VCWVY22GDX6A",
    ] {
        let reading = parse(mixed);
        assert_eq!(reading.fault, Some(Fault::MixedCase), "{mixed}");
        assert!(
            reading.candidates.iter().any(|one| one.key == lower.key),
            "{mixed}"
        );
    }
}

/// `bitcoincash-addr` refuses what OFAC prints, and capitals.
#[test]
fn a_cash_address_needs_no_prefix_and_may_be_in_capitals() {
    let canonical = "bitcoincash:qpf2cphc5dkuclkqur7lhj2yuqq9pk3hmukle77vhq";
    let whole = account(canonical, Kind::P2pkh);
    for text in [
        &canonical[12..],
        &canonical[12..].to_uppercase(),
        &canonical.to_uppercase(),
    ] {
        assert_eq!(account(text, Kind::P2pkh).key, whole.key, "{text}");
    }
}

/// `cashaddr` accepts any prefix and any length.
#[test]
fn a_cash_address_of_another_prefix_or_length_is_none() {
    let is_cash = |text: &str| {
        parse(text)
            .candidates
            .iter()
            .any(|one| one.strict && one.networks.contains(Network::BitcoinCash))
    };
    for text in [
        // The checksum of another prefix: eCash's.
        "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwva87rkuu2",
        // 24 bytes, which the specification allows and no network has.
        "bitcoincash:q9adhakpwzztepkpwp5z0dq62m6u5v5xtyj7j3h2ws4mr9g0",
        "pref:p9adhakpwzztepkpwp5z0dq62m6u5v5xtyj7j3h2khlwwk5v",
        "ecash:qpm2qsznhks23z7629mms6s4cwef74vcwva87rkuu2",
    ] {
        assert!(!is_cash(text), "{text}");
    }
    assert!(parse("ecash:qpm2qsznhks23z7629mms6s4cwef74vcwva87rkuu2").is_strict());
}

/// `alloy`'s `Address::from_str` accepts a wrong EIP-55 checksum.
#[test]
fn a_wrong_eip_55_checksum_is_looked_up_and_never_cleared() {
    let text = "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    assert!(text.parse::<alloy_primitives::Address>().is_ok());
    let reading = parse(text);
    assert_eq!(reading.fault, Some(Fault::Checksum));
    let right = account("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", Kind::Evm);
    assert_eq!(reading.candidates[0].key, right.key);
}

/// `alloy`'s `parse_checksummed` refuses what carries no checksum.
#[test]
fn an_evm_address_without_a_checksum_is_one() {
    let mixed = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    let right = account(mixed, Kind::Evm);
    for text in [
        mixed.to_lowercase(),
        mixed.to_uppercase(),
        format!("0x{}", mixed[2..].to_uppercase()),
        mixed[2..].to_lowercase(),
    ] {
        assert!(
            alloy_primitives::Address::parse_checksummed(&text, None).is_err(),
            "{text}"
        );
        assert_eq!(account(&text, Kind::Evm).key, right.key, "{text}");
    }
}

/// `bitcoin` knows Bitcoin's prefixes and versions only.
#[test]
fn bitcoins_relatives_are_read_too() {
    for (text, network) in [
        (
            "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9",
            Network::Litecoin,
        ),
        (
            "btg1qw508d6qejxtdg4y5r3zarvary0c5xw7k6w057a",
            Network::BitcoinGold,
        ),
        (
            "ex1qw508d6qejxtdg4y5r3zarvary0c5xw7kxw5fx4",
            Network::Liquid,
        ),
    ] {
        assert!(
            text.parse::<bitcoin::Address<bitcoin::address::NetworkUnchecked>>()
                .is_err()
        );
        assert!(
            account(text, Kind::P2wpkh).networks.contains(network),
            "{text}"
        );
    }
}

/// BIP-173 allowed bech32 for every version; BIP-350 does not.
#[test]
fn later_witness_versions_want_bech32m() {
    let reading = parse("bc1zw508d6qejxtdg4y5r3zarvaryvg6kdaj");
    assert_eq!(reading.fault, Some(Fault::ChecksumKind));
    let right = account("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", Kind::Witness);
    assert_eq!(reading.candidates[0].key, right.key);
}

/// Bech32 keeps its checksum when `q` is put in before a last `p`: lengths
/// must be checked.
#[test]
fn bech32_does_not_grow() {
    let text = "cosmos1vekec620hfy5da5frvenq5fxvz7sc3sphwd5lp";
    account(text, Kind::Cosmos);
    for count in 1..8 {
        let longer = format!("{}{}p", &text[..text.len() - 1], "q".repeat(count));
        assert!(strict(&parse(&longer), Kind::Cosmos).is_none(), "{longer}");
    }
}

/// `bech32` stops at 90 characters, which others do not.
#[test]
fn a_long_bech32_address_is_one() {
    let text = "addr1x8phkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gt7r0vd4msrxnuwnccdxlhdjar77j6lg0wypcc9uar5d2shskhj42g";
    assert!(text.len() > 90);
    assert!(
        account(text, Kind::Cardano)
            .networks
            .contains(Network::Cardano)
    );
}

/// `zcash_address` refuses a unified address in capitals.
#[test]
fn a_unified_address_may_be_in_capitals() {
    let text = "u1fl5mprj0t9p4jg92hjjy8q5myvwc60c9wv0xachauqpn3c3k4xwzlaueafq27dcg7tzzzaz5jl8tyj93wgs983y0jq0qfhzu6n4r8rakpv5f4gg2lrw4z6pyqqcrcqx04d38yunc6je";
    let upper = text.to_uppercase();
    assert!(zcash_address::ZcashAddress::try_from_encoded(text).is_ok());
    assert!(zcash_address::ZcashAddress::try_from_encoded(&upper).is_err());
    let keys = |text: &str| -> Vec<_> {
        parse(text)
            .candidates
            .into_iter()
            .map(|one| one.key)
            .collect()
    };
    assert!(parse(&upper).is_strict());
    assert_eq!(keys(&upper), keys(text));
    assert_eq!(keys(text).len(), 2, "each receiver has its key");
}

/// `base58-monero` reads every CryptoNote coin.
#[test]
fn other_cryptonote_coins_are_not_monero() {
    let keys = [7; 64];
    assert_eq!(
        account(&monero_address(18, &keys), Kind::Monero)
            .key
            .payload(),
        keys
    );
    for network in [0, 1, 6, 17, 20, 23, 41, 43, 62, 66, 97, 114, 127] {
        let text = monero_address(network, &keys);
        let reading = parse(&text);
        assert!(
            !reading
                .candidates
                .iter()
                .any(|one| one.strict && one.key.class() == KeyClass::Monero),
            "{network}: {text}"
        );
    }
}

/// `ton-address` reads workchain -1 as 255: two spellings, two accounts.
#[test]
fn ton_signs_its_workchain() {
    let friendly = "Ef8zMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzM0vF";
    let raw = "-1:3333333333333333333333333333333333333333333333333333333333333333";
    let account_of = |text: &str| account(text, Kind::Ton).key;
    assert_eq!(account_of(friendly), account_of(raw));
    assert_eq!(account_of(raw).payload()[..4], (-1_i32).to_be_bytes());
    let spellings = formal(friendly, "TON");
    assert!(
        spellings.len() >= 9,
        "eight friendly spellings and a raw one"
    );
    for text in spellings {
        assert_eq!(account_of(&text), account_of(raw), "{text}");
    }
}

/// Decoders of strkeys differ in what they let pass: stray bits at the end,
/// lengths that no payload has, small letters.
#[test]
fn a_strkey_is_read_as_sep_23_says() {
    for text in [
        // From SEP-23: a payload too short, stray bits, a length that does
        // not exist, a wrong algorithm.
        "GAAAAAAAACGC6",
        "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUR",
        "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZA",
        "M47QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ",
    ] {
        let reading = parse(text);
        assert!(
            !reading
                .candidates
                .iter()
                .any(|one| one.strict && one.networks.contains(Network::Stellar)),
            "{text}"
        );
    }
    let small = parse("ga7qynf7sowq3glr2bgmzehxavirza4kvwltjjfc7mgxua74p7ujvsgz");
    assert!(!small.is_strict(), "{small:?}");
    let right = account(
        "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ",
        Kind::Stellar,
    );
    assert!(small.candidates.iter().any(|one| one.key == right.key));
}

/// The specifications' own misprints: BIP-21 and CAIP-10.
#[test]
fn misprinted_examples_are_not_read() {
    for text in [
        "175tWpb8K1S7NmH4Zx6rewF9WQrcZv245W",
        "bitcoin:175tWpb8K1S7NmH4Zx6rewF9WQrcZv245W",
    ] {
        assert!(!parse(text).is_strict(), "{text}");
    }
}
