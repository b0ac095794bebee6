//! Texts that mean an account on several networks: every meaning is looked
//! up, because a list does not say which one was meant.

use interdict::address::{KeyClass, Kind, Network, Networks, parse};

use crate::vectors::told;

/// Demands that one strict candidate names all the networks.
#[track_caller]
fn on_all(text: &str, kind: Kind, networks: &[Network]) {
    let reading = parse(text);
    let named = |one: &&interdict::address::Candidate| one.strict && one.kind == kind;
    let found: Networks = reading
        .candidates
        .iter()
        .filter(named)
        .flat_map(|one| one.networks.iter())
        .collect();
    let missing: Vec<_> = networks
        .iter()
        .filter(|&&network| !found.contains(network))
        .collect();
    assert!(
        missing.is_empty() && reading.is_strict(),
        "{text}: {missing:?} {}",
        told(&reading)
    );
}

/// Demands a candidate of each kind, strict or not as said.
#[track_caller]
fn as_all(text: &str, kinds: &[(Kind, bool)]) {
    let reading = parse(text);
    for &(kind, strict) in kinds {
        let mut candidates = reading.candidates.iter();
        assert!(
            candidates.any(|one| one.kind == kind && one.strict == strict),
            "{text} as {kind}: {}",
            told(&reading)
        );
    }
}

#[test]
fn bitcoin_versions_are_shared() {
    use Network::{Bitcoin, BitcoinCash, BitcoinSv, DigiByte, Dogecoin, Litecoin, Verge};
    on_all(
        "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
        Kind::P2pkh,
        &[Bitcoin, BitcoinCash, BitcoinSv],
    );
    on_all(
        "3NDzzVxiLBUs1WPvVGRfCYDTAD2Ua2PvW4",
        Kind::P2sh,
        &[Bitcoin, BitcoinCash, BitcoinSv, Litecoin],
    );
    on_all(
        "D5hkVKXQvJnw9nEvd36eRipxJgu1ts8ydx",
        Kind::P2pkh,
        &[Dogecoin, Verge, DigiByte],
    );
    on_all(
        "SNwdHP6Qpkk6exSAqMG4GdTRkQRAu28SSS",
        Kind::P2sh,
        &[DigiByte],
    );
    on_all(
        "SNwdHP6Qpkk6exSAqMG4GdTRkQRAu28SSS",
        Kind::P2pkh,
        &[Network::Stratis],
    );
    on_all(
        "RPW95tQG7y47QTqS6cNA4EQ5mBmATrG91o",
        Kind::P2pkh,
        &[Network::Komodo],
    );
}

#[test]
fn one_first_letter_is_several_networks() {
    let kind = |text: &str| {
        let reading = parse(text);
        assert!(reading.is_strict(), "{text}: {}", told(&reading));
        reading.candidates[0].kind
    };
    for (text, expected) in [
        // T: Tron, and the XRP Ledger's X-addresses of its test network.
        ("TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq", Kind::Tron),
        ("T719a5UwUCnEs54UsxG9CJYYDhwmFCqkr7wxCcNcfZ6p5GZ", Kind::Xrp),
        // X: Dash, the XRP Ledger, ICAP.
        ("XmN7PQYWKn5MJFna5fRYgP6mxT2F7xpekE", Kind::P2pkh),
        ("X7AcgcsBL6XDcUb289X4mJ8djcdyKaGo2K5VpXpmCqbV2gS", Kind::Xrp),
        ("XE1222Q908LN1QBBU6XUQSO1OHWJIOS46OO", Kind::Evm),
        // G: Bitcoin Gold, Stellar.
        ("GPwg61XoHqQPNmAucFACuQ5H9sGCDv9TpS", Kind::P2pkh),
        (
            "GAHK7EEG2WWHVKDNT4CEQFZGKF2LGDSW2IVM4S5DP42RBW3K6BTODB4A",
            Kind::Stellar,
        ),
        // M: Litecoin, Stellar's muxed accounts.
        ("M9dw1FAoWpHC6PcMzoCHhqQ9McvTyG5Ywj", Kind::P2sh),
        (
            "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ",
            Kind::Stellar,
        ),
        // t1: Zcash, Filecoin's test networks.
        ("t1UYsZVJkLPeMjxEtACvSxfWuNmddpWfxzs", Kind::P2pkh),
        ("t12fiakbhe2gwd5cnmrenekasyn6v5tnaxaqizq6a", Kind::Filecoin),
        // 1: Bitcoin, Polkadot.
        (
            "15rRgsWxz4H5LTnNGcCFsszfXD8oeAFd8QRsR6MbQE2f6XFF",
            Kind::Substrate,
        ),
    ] {
        assert_eq!(kind(text), expected, "{text}");
    }
}

/// Forty digits: every EVM network, and what else writes such accounts.
#[test]
fn forty_digits_are_an_account_of_every_evm_network() {
    on_all(
        "0x098b716b8aaf21512996dc57eb0615e2383e2f96",
        Kind::Evm,
        &[Network::Ethereum, Network::Arbitrum, Network::OtherEvm],
    );
}

/// 64 digits say nothing about whose they are.
#[test]
fn sixty_four_digits_are_an_account_of_many_networks() {
    let digits = "063baa0a4f2e6a8c2d4c0a3e4b8b8a5ef0e5f05af0d9b7c1c8f4bd93a4f4f3a1";
    let with_prefix = format!("0x{digits}");
    as_all(
        &with_prefix,
        &[
            (Kind::Aptos, true),
            (Kind::Sui, true),
            (Kind::Starknet, true),
        ],
    );
    as_all(digits, &[(Kind::NearImplicit, true), (Kind::Aptos, false)]);
    for text in [digits, &with_prefix] {
        let reading = parse(text);
        let mut classes = reading.candidates.iter().map(|one| one.key.class());
        assert!(
            classes.any(|class| class == KeyClass::Ed32),
            "{text}: {}",
            told(&reading)
        );
    }
    // Too large for Starknet's field.
    let large = format!("0x{}", "f".repeat(64));
    let reading = parse(&large);
    assert!(
        !reading
            .candidates
            .iter()
            .any(|one| one.kind == Kind::Starknet && one.strict),
        "{}",
        told(&reading)
    );
    as_all(&large, &[(Kind::Aptos, true), (Kind::Sui, true)]);
}

/// Chains that hash a key either way keep both readings.
#[test]
fn a_bech32_account_of_a_chain_with_two_hashes_has_two_keys() {
    let reading = parse("kava10e0525sfrf53yh2aljmm3sn9jq5njk7lc4cmkk");
    let classes: Vec<_> = reading
        .candidates
        .iter()
        .map(|one| one.key.class())
        .collect();
    assert!(
        classes.contains(&KeyClass::KeyHash160),
        "{}",
        told(&reading)
    );
    assert!(classes.contains(&KeyClass::Evm20), "{}", told(&reading));
}

/// A checksum that nearly holds speaks: what is left of the text is not taken
/// for an account of a network whose accounts have none.
#[test]
fn a_mistyped_address_is_not_another_networks_account() {
    // 43 letters of base 58, of which many decode to 32 bytes.
    let hrp = bech32::Hrp::parse("osmo").expect("a prefix");
    let mut tried = 0;
    for number in 0..2_000_u32 {
        let mut hash = [0x5a; 20];
        hash[..4].copy_from_slice(&number.wrapping_mul(0x9e37_79b1).to_be_bytes());
        hash[16..].copy_from_slice(&number.wrapping_mul(0x85eb_ca6b).to_be_bytes());
        let text = bech32::encode::<bech32::Bech32>(hrp, &hash).expect("20 bytes");
        let mistyped = format!(
            "{}{}",
            &text[..42],
            if text.ends_with('q') { 'p' } else { 'q' }
        );
        if bs58::decode(&mistyped)
            .into_vec()
            .is_ok_and(|bytes| bytes.len() == 32)
        {
            tried += 1;
            let reading = parse(&mistyped);
            assert!(!reading.is_strict(), "{mistyped}: {}", told(&reading));
        }
    }
    assert!(tried > 10, "some have no 0 and no l: {tried}");
}
