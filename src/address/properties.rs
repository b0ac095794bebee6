//! Laws of the address rules, tried on random accounts and random texts.

use proptest::prelude::*;

use super::*;

/// Any account of a kind that is written with a checksum of 30 bits or more.
fn checksummed() -> impl Strategy<Value = Candidate> {
    let short = (any::<[u8; 20]>(), 0..12_usize).prop_map(|(hash, which)| {
        let (kind, networks) = [
            (Kind::Tron, Network::Tron.into()),
            (Kind::Xrp, Network::XrpLedger.into()),
            (Kind::P2pkh, Network::BitcoinCash.into()),
            (Kind::P2sh, Network::BitcoinCash.into()),
            (Kind::P2pkh, Network::ECash.into()),
            (Kind::P2wpkh, Network::Bitcoin.into()),
            (Kind::P2wpkh, Network::Litecoin.into()),
            (Kind::P2wpkh, Network::BitcoinGold.into()),
            (Kind::P2wpkh, Network::DigiByte.into()),
            (Kind::P2wpkh, Network::Liquid.into()),
            (Kind::P2wpkh, Network::LitecoinTestnet.into()),
            (Kind::P2wpkh, Network::LiquidTestnet.into()),
        ][which];
        candidate(kind, networks, &hash)
    });
    let base58 =
        (any::<[u8; 20]>(), any::<bool>(), 0..64_usize).prop_map(|(hash, is_script, which)| {
            let kind = if is_script { Kind::P2sh } else { Kind::P2pkh };
            let networks: Vec<_> = family::bitcoin::networks_of(kind).iter().collect();
            candidate(kind, networks[which % networks.len()].into(), &hash)
        });
    let long = (any::<[u8; 32]>(), 0..7_usize).prop_map(|(hash, which)| {
        let (kind, networks) = [
            (Kind::P2wsh, Network::Litecoin.into()),
            (Kind::P2wsh, Network::Liquid.into()),
            (Kind::Taproot, Network::Bitcoin.into()),
            (Kind::Taproot, Network::BitcoinGold.into()),
            (Kind::Taproot, Network::BitcoinTestnet.into()),
            (Kind::P2sh32, Network::BitcoinCash.into()),
            (Kind::P2sh32, Network::BitcoinCashTestnet.into()),
        ][which];
        candidate(kind, networks, &hash)
    });
    let mweb = prop::collection::vec(any::<u8>(), 66)
        .prop_map(|keys| candidate(Kind::Mweb, Network::Litecoin.into(), &keys));
    let monero =
        (any::<[u8; 32]>(), any::<[u8; 32]>(), any::<bool>()).prop_map(|(spend, view, is_sub)| {
            let kind = if is_sub {
                Kind::MoneroSubaddress
            } else {
                Kind::Monero
            };
            candidate(kind, Network::Monero.into(), &[spend, view].concat())
        });
    prop_oneof![3 => short, 3 => base58, 3 => long, 1 => mweb, 2 => monero, 2 => unknown()]
}

/// Any account of a network that nobody here knows. Lengths keep clear of
/// formats that read any 32 bytes, or sum them weakly.
fn unknown() -> impl Strategy<Value = Candidate> {
    let base58check = prop::collection::vec(any::<u8>(), 21..=27).prop_map(|mut payload| {
        payload[0] = 0x2b;
        candidate(Kind::Base58Check, Networks::NONE, &payload)
    });
    let bytes = prop::collection::vec(any::<u8>(), 60..=90);
    let bech32 = ("erd|ckb|quai", bytes).prop_filter_map("a secret's shape", |(prefix, bytes)| {
        let mut text = String::new();
        let symbols = encoding::bech32::unpack(&bytes);
        let variant = encoding::bech32::Variant::Bech32m;
        encoding::bech32::encode(&prefix, symbols, variant, &mut text);
        parse(&text).candidates.pop()
    });
    prop_oneof![base58check, bech32]
}

/// Confidential spellings of an account on Liquid: one for every key.
fn blinded(account: &Candidate, key: &[u8; 32]) -> Option<String> {
    use encoding::blech32::{self, Variant};
    let payload = [&[2], key.as_slice(), account.key.payload()].concat();
    let witness = |version, variant| {
        let symbols = std::iter::once(version).chain(encoding::bech32::unpack(&payload));
        blech32::encode("lq", symbols, variant)
    };
    let base58check = |version: u8| {
        let mut text = String::new();
        let bitcoin = encoding::base58check::Alphabet::BITCOIN;
        encoding::base58check::encode(&[12, version], &payload, bitcoin, &mut text);
        text
    };
    (account.networks == Network::Liquid.into()).then(|| match account.kind {
        Kind::P2pkh => base58check(57),
        Kind::P2sh => base58check(39),
        Kind::Taproot => witness(1, Variant::Blech32m),
        _ => witness(0, Variant::Blech32),
    })
}

/// Any account at all.
fn account() -> impl Strategy<Value = Candidate> {
    prop_oneof![
        4 => checksummed(),
        1 => any::<[u8; 20]>().prop_map(|address| candidate(Kind::Evm, Networks::EVM, &address)),
        1 => any::<[u8; 32]>().prop_map(|account| candidate(Kind::Solana, Network::Solana.into(), &account)),
    ]
}

fn candidate(kind: Kind, networks: Networks, payload: &[u8]) -> Candidate {
    Candidate::new(AddressKey::new(kind.class(), payload), kind, networks)
}

/// Texts with the look of addresses, which random strings hardly ever have.
fn addresslike() -> impl Strategy<Value = String> {
    let prefix = prop_oneof![
        Just(""),
        Just("0x"),
        Just("bc1"),
        Just("BC1q"),
        Just("ltc1"),
        Just("ltcmweb1"),
        Just("tb1"),
        Just("lq1"),
        Just("EX1"),
        Just("VT"),
        Just("xyz1"),
        Just("bitcoincash:"),
        Just("ecash:"),
        Just("BitcoinCash:q"),
        Just("T"),
        Just("r"),
        Just("1"),
        Just("41"),
        Just("0x41"),
        Just("xprv"),
        Just("6P"),
    ];
    let body = prop_oneof![
        "[0-9a-fA-F]{0,80}",
        "[1-9A-HJ-NP-Za-km-z]{0,120}",
        "[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{0,100}"
    ];
    (prefix, body).prop_map(|(prefix, body)| format!("{prefix}{body}"))
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in prop_oneof![any::<String>(), ".{0,120}", addresslike()]) {
        let reading = parse(&text);
        prop_assert_eq!(reading.is_strict(), reading.fault.is_none());
        prop_assert_eq!(&reading, &parse(&text));
        for candidate in &reading.candidates {
            prop_assert_eq!(AddressKey::from_bytes(candidate.key.as_bytes()), Some(candidate.key.clone()));
            prop_assert!(candidate.kind != Kind::Opaque || candidate.networks.is_empty());
            prop_assert!(!candidate.canonical().is_empty());
        }
        if !reading.is_strict() && !reading.candidates.is_empty() {
            prop_assert!(reading.candidates.iter().any(|candidate| candidate.kind == Kind::Opaque));
        }
    }

    #[test]
    fn the_canonical_form_reads_back(account in account()) {
        let canonical = account.canonical();
        let reading = parse(&canonical);
        prop_assert!(reading.is_strict(), "{canonical}");
        // A version that means two things gives two candidates.
        let found = reading
            .candidates
            .iter()
            .find(|found| found.kind == account.kind && found.key == account.key);
        prop_assert!(found.is_some(), "{canonical} {reading:?}");
        if let Some(found) = found {
            prop_assert!(found.networks == account.networks || found.networks.intersects(account.networks));
            prop_assert_eq!(found.canonical(), canonical);
        }
    }

    #[test]
    fn one_wrong_character_never_clears(account in checksummed(), at in any::<prop::sample::Index>(), to in "[0-9A-Za-z]") {
        let canonical = account.canonical();
        let mut typo = canonical.clone();
        let at = at.index(typo.len());
        typo.replace_range(at..=at, &to);
        prop_assume!(typo != canonical);
        let reading = parse(&typo);
        prop_assert!(!reading.is_strict(), "{canonical} {typo} {reading:?}");
    }

    #[test]
    fn other_spellings_meet(account in account(), blinding_key in any::<[u8; 32]>()) {
        let canonical = account.canonical();
        let mut spellings = vec![format!(" {canonical}\u{a0}")];
        match account.kind {
            Kind::Evm => spellings.extend([
                canonical.to_lowercase(), canonical.to_uppercase(), canonical[2..].to_owned(), canonical[2..].to_uppercase(),
            ]),
            Kind::P2wpkh | Kind::P2wsh | Kind::Taproot | Kind::Mweb | Kind::Bech32 => {
                spellings.push(canonical.to_uppercase());
            }
            Kind::P2pkh | Kind::P2sh | Kind::P2sh32 => {
                if let Some((_, bare)) = canonical.split_once(':') {
                    spellings.extend([canonical.to_uppercase(), bare.to_owned(), bare.to_uppercase()]);
                }
            }
            Kind::Tron => spellings.push(format!("41{}", const_hex::encode(account.key.payload()))),
            _ => {}
        }
        spellings.extend(blinded(&account, &blinding_key));
        for spelling in spellings {
            let reading = parse(&spelling);
            prop_assert!(reading.is_strict(), "{spelling}");
            let meets = reading.candidates.iter().any(|found| found.key == account.key);
            prop_assert!(meets, "{spelling} {reading:?}");
        }
    }

    #[test]
    fn what_nobody_reads_is_found_by_the_same_text(text in "[a-z]{1,9} [0-9]{1,60}") {
        let reading = parse(&text);
        // Some numbers of 51 digits cannot be told from a private key.
        prop_assume!(reading.fault != Some(Fault::PrivateKey));
        prop_assert!(reading.candidates.iter().any(|candidate| candidate.kind == Kind::Opaque));
        prop_assert_eq!(&parse(&format!("\t{text} ")).candidates, &reading.candidates);
    }

    #[test]
    fn an_address_is_never_called_a_secret(account in account()) {
        prop_assert!(!parse(&account.canonical()).candidates.is_empty());
    }
}
