//! Laws of the address rules, tried on random accounts and random texts.

use proptest::prelude::*;

use super::*;

/// Any account of a kind that is written with a checksum of 30 bits or more.
fn checksummed() -> impl Strategy<Value = Candidate> {
    let short = (any::<[u8; 20]>(), 0..7_usize).prop_map(|(hash, which)| {
        let (kind, networks) = [
            (Kind::Tron, Network::Tron.into()),
            (Kind::Xrp, Network::XrpLedger.into()),
            (Kind::P2pkh, Network::BitcoinCash.into()),
            (Kind::P2sh, Network::BitcoinCash.into()),
            (Kind::P2wpkh, Network::Bitcoin.into()),
            (Kind::P2wpkh, Network::Litecoin.into()),
            (Kind::P2wpkh, Network::BitcoinGold.into()),
        ][which];
        candidate(kind, networks, &hash)
    });
    let base58 =
        (any::<[u8; 20]>(), any::<bool>(), 0..11_usize).prop_map(|(hash, is_script, which)| {
            let kind = if is_script { Kind::P2sh } else { Kind::P2pkh };
            let networks: Vec<_> = bitcoin::networks_of(kind)
                .iter()
                .filter(|&n| n != Network::BitcoinCash)
                .collect();
            candidate(kind, networks[which % networks.len()].into(), &hash)
        });
    let long = (any::<[u8; 32]>(), 0..4_usize).prop_map(|(hash, which)| {
        let (kind, networks) = [
            (Kind::P2wsh, Network::Litecoin.into()),
            (Kind::Taproot, Network::Bitcoin.into()),
            (Kind::Taproot, Network::BitcoinGold.into()),
            (Kind::P2sh32, Network::BitcoinCash.into()),
        ][which];
        candidate(kind, networks, &hash)
    });
    let monero =
        (any::<[u8; 32]>(), any::<[u8; 32]>(), any::<bool>()).prop_map(|(spend, view, is_sub)| {
            let kind = if is_sub {
                Kind::MoneroSubaddress
            } else {
                Kind::Monero
            };
            candidate(kind, Network::Monero.into(), &[spend, view].concat())
        });
    prop_oneof![short, base58, long, monero]
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
    Candidate {
        key: AddressKey::new(kind.class(), payload),
        kind,
        networks,
        strict: true,
    }
}

/// Texts with the look of addresses, which random strings hardly ever have.
fn addresslike() -> impl Strategy<Value = String> {
    let prefix = prop_oneof![
        Just(""),
        Just("0x"),
        Just("bc1"),
        Just("BC1q"),
        Just("ltc1"),
        Just("tb1"),
        Just("bitcoincash:"),
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
            prop_assert_eq!(candidate.kind == Kind::Opaque, candidate.networks.is_empty());
            prop_assert!(!candidate.canonical().is_empty());
        }
        if !reading.has_strict() && !reading.candidates.is_empty() {
            prop_assert!(reading.candidates.iter().any(|candidate| candidate.kind == Kind::Opaque));
        }
    }

    #[test]
    fn the_canonical_form_reads_back(account in account()) {
        let canonical = account.canonical();
        let reading = parse(&canonical);
        prop_assert!(reading.is_strict(), "{canonical}");
        prop_assert_eq!(reading.candidates.len(), 1);
        prop_assert_eq!(&reading.candidates[0].key, &account.key);
        prop_assert_eq!(reading.candidates[0].kind, account.kind);
        prop_assert!(reading.candidates[0].networks.intersects(account.networks));
        prop_assert_eq!(reading.candidates[0].canonical(), canonical);
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
    fn other_spellings_meet(account in account()) {
        let canonical = account.canonical();
        let mut spellings = vec![format!(" {canonical}\u{a0}")];
        match account.kind {
            Kind::Evm => spellings.extend([
                canonical.to_lowercase(), canonical.to_uppercase(), canonical[2..].to_owned(), canonical[2..].to_uppercase(),
            ]),
            Kind::P2wpkh | Kind::P2wsh | Kind::Taproot => spellings.push(canonical.to_uppercase()),
            Kind::P2pkh | Kind::P2sh | Kind::P2sh32 if canonical.starts_with("bitcoincash:") => {
                spellings.extend([canonical.to_uppercase(), canonical[12..].to_owned(), canonical[12..].to_uppercase()]);
            }
            Kind::Tron => spellings.push(format!("41{}", const_hex::encode(account.key.payload()))),
            _ => {}
        }
        for spelling in spellings {
            let reading = parse(&spelling);
            prop_assert!(reading.is_strict(), "{spelling}");
            prop_assert_eq!(&reading.candidates[0].key, &account.key, "{}", spelling);
        }
    }

    #[test]
    fn what_nobody_reads_is_found_by_the_same_text(text in "[a-z]{1,9} [0-9]{1,60}") {
        let reading = parse(&text);
        prop_assert_eq!(reading.candidates.len(), 1);
        prop_assert_eq!(&parse(&format!("\t{text} ")).candidates, &reading.candidates);
    }

    #[test]
    fn an_address_is_never_called_a_secret(account in account()) {
        prop_assert!(!parse(&account.canonical()).candidates.is_empty());
    }
}
