//! Zcash against `zcash_address`.
//!
//! It refuses a unified address in capitals, which bech32m allows and a QR
//! code prefers; it is asked in lower case (see `crate_defects`).

use std::collections::BTreeSet;

use interdict::address::{Candidate, KeyClass, Network, parse};
use proptest::prelude::*;
use zcash_address::ZcashAddress;
use zcash_address::unified::{Address, Container, Encoding, Receiver, Revision, Uitem};

use crate::oracle_bitcoin::is_bare;
use crate::typos::typo;
use crate::vectors::vectors;

/// A published unified address of the main network.
const UNIFIED: &str = "u1fl5mprj0t9p4jg92hjjy8q5myvwc60c9wv0xachauqpn3c3k4xwzlaueafq27dcg7tzzzaz5jl8tyj93wgs983y0jq0qfhzu6n4r8rakpv5f4gg2lrw4z6pyqqcrcqx04d38yunc6je";

type Receivers = BTreeSet<(KeyClass, Vec<u8>)>;

/// The receivers that an independent reader finds in a unified address.
fn receivers_by_oracle(text: &str) -> Option<Receivers> {
    let (_, revision, address) = Address::decode(text).ok()?;
    let known = address
        .items()
        .into_iter()
        .filter_map(|receiver| match receiver {
            Receiver::P2pkh(hash) => Some((KeyClass::KeyHash160, hash.to_vec())),
            Receiver::P2sh(hash) => Some((KeyClass::ScriptHash160, hash.to_vec())),
            Receiver::Sapling(bytes) => Some((KeyClass::ZcashSapling, bytes.to_vec())),
            Receiver::Orchard(bytes) => Some((KeyClass::ZcashOrchard, bytes.to_vec())),
            Receiver::Unknown { .. } => None,
        });
    // The second revision has prefixes of its own and no users yet.
    (revision == Revision::R0).then(|| known.collect())
}

fn strict_on_zcash(text: &str) -> Vec<Candidate> {
    let reading = parse(text);
    let is_zcash = |one: &Candidate| {
        one.strict
            && (one.networks.contains(Network::Zcash)
                || one.networks.contains(Network::ZcashTestnet))
    };
    if !is_bare(&reading) {
        return Vec::new();
    }
    reading.candidates.into_iter().filter(is_zcash).collect()
}

fn receivers_by_us(text: &str) -> Option<Receivers> {
    let strict = strict_on_zcash(text);
    let keys = strict
        .iter()
        .map(|one| (one.key.class(), one.key.payload().to_vec()));
    (!strict.is_empty()).then(|| keys.collect())
}

/// A unified address of the main network: its only nameable source is one
/// that was read.
fn unified(receivers: Vec<Receiver>) -> Option<String> {
    let (network, _, _) = Address::decode(UNIFIED).expect("a published address");
    let items = receivers.into_iter().map(Uitem::Data).collect();
    Address::try_from_items(Revision::R0, items)
        .ok()
        .map(|address| address.encode(&network))
}

fn receiver() -> impl Strategy<Value = Receiver> {
    let long = || {
        prop::array::uniform32(any::<u8>()).prop_flat_map(|head| {
            prop::array::uniform11(any::<u8>()).prop_map(move |tail| {
                let mut bytes = [0; 43];
                bytes[..32].copy_from_slice(&head);
                bytes[32..].copy_from_slice(&tail);
                bytes
            })
        })
    };
    prop_oneof![
        long().prop_map(Receiver::Orchard),
        long().prop_map(Receiver::Sapling),
        any::<[u8; 20]>().prop_map(Receiver::P2pkh),
        any::<[u8; 20]>().prop_map(Receiver::P2sh),
        (4..0x1000_u32, prop::collection::vec(any::<u8>(), 0..64))
            .prop_map(|(typecode, data)| Receiver::Unknown { typecode, data }),
    ]
}

#[test]
fn an_independent_reader_agrees_on_every_vector() {
    let mut accepted = 0;
    for vector in vectors()
        .into_iter()
        .filter(|vector| vector.family == "zec")
    {
        let text = vector.input.trim();
        let by_oracle = ZcashAddress::try_from_encoded(text);
        let by_us = strict_on_zcash(text);
        accepted += usize::from(by_oracle.is_ok());
        assert_eq!(!by_us.is_empty(), by_oracle.is_ok(), "{text}");
        if text.starts_with("u1") {
            assert_eq!(receivers_by_us(text), receivers_by_oracle(text), "{text}");
        }
    }
    assert!(
        accepted >= 30,
        "the fixture holds Zcash addresses: {accepted}"
    );
}

proptest! {
    #[test]
    fn an_independent_reader_agrees_on_any_unified_address(
        receivers in prop::collection::vec(receiver(), 1..4),
        slip in typo(),
    ) {
        let has_known = receivers.iter().any(|one| !matches!(one, Receiver::Unknown { .. }));
        if let Some(text) = unified(receivers) {
            if has_known {
                prop_assert_eq!(receivers_by_us(&text), receivers_by_oracle(&text), "{}", text);
                prop_assert_eq!(receivers_by_us(&text.to_uppercase()), receivers_by_oracle(&text), "{}", text);
            }
            let slipped = slip.make_in(&text);
            prop_assert!(receivers_by_us(&slipped).is_none() || receivers_by_oracle(&slipped.to_lowercase()).is_some(), "{}", slipped);
        }
    }

    #[test]
    fn an_independent_reader_agrees_on_slips(row in any::<prop::sample::Index>(), slip in typo()) {
        let zcash: Vec<_> = vectors().into_iter().filter(|vector| vector.family == "zec" && vector.valid).collect();
        let text = slip.make_in(row.get(&zcash).input.trim());
        let by_oracle = ZcashAddress::try_from_encoded(&text).is_ok();
        prop_assert_eq!(!strict_on_zcash(&text).is_empty(), by_oracle, "{}", text);
    }
}
