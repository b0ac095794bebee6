//! Every address that published lists hold, as it was published.
//!
//! An entry that lands in the opaque class is found again by the same text
//! only, so each such row is on a reviewed list with its reason.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use interdict::address::{AddressKey, KeyClass, Reading, parse};

use crate::vectors::told;

const LISTED: &str = include_str!("../fixtures/addresses/listed.tsv");
const UNREADABLE: &str = include_str!("../fixtures/addresses/unreadable.tsv");

/// Most digits of an exchange's own ids in the address column.
const ID_DIGITS_MAX: usize = 12;

/// An address as a list prints it.
pub struct Listed {
    pub address: String,
    /// What the publishers call the network: a ticker each, or nothing.
    pub tickers: Vec<String>,
    /// The lists it stands in.
    pub origins: Vec<String>,
}

/// Every row of the fixture.
pub fn listed() -> Vec<Listed> {
    let several = |text: &str| {
        text.split(',')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let rows = LISTED.split('\n').skip(1).filter(|line| !line.is_empty());
    rows.map(|line| {
        let mut fields = line.split('\t');
        let mut next = || fields.next().expect("three fields a line");
        Listed {
            address: next().to_owned(),
            tickers: several(next()),
            origins: several(next()),
        }
    })
    .collect()
}

/// Rows that may be opaque, each with its reason.
fn unreadable() -> BTreeMap<&'static str, &'static str> {
    let rows = UNREADABLE.lines().skip(1);
    rows.map(|line| line.split_once('\t').expect("a text and a reason"))
        .collect()
}

/// An exchange's id of its user: a short number that stands in the address
/// column. No network's address is one, and a number that meets another
/// exchange's number would stop an honest customer.
fn is_user_id(text: &str) -> bool {
    text.len() <= ID_DIGITS_MAX && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_opaque(reading: &Reading) -> bool {
    let mut classes = reading
        .candidates
        .iter()
        .map(|candidate| candidate.key.class());
    classes.all(|class| matches!(class, KeyClass::Opaque | KeyClass::OpaqueDigest))
}

#[test]
fn every_listed_address_is_read_or_known_to_be_unreadable() {
    let allowed = unreadable();
    let mut tally: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in listed() {
        let reading = parse(&row.address);
        let opaque = is_opaque(&reading);
        let is_allowed = is_user_id(&row.address) || allowed.contains_key(row.address.as_str());
        for origin in &row.origins {
            let (strict, lenient, text) = tally.entry(origin.clone()).or_default();
            *strict += usize::from(reading.is_strict());
            *lenient += usize::from(!reading.is_strict() && !opaque);
            *text += usize::from(opaque);
        }
        if reading.candidates.is_empty() {
            wrong.push(format!(
                "{:?} {:?} gives nothing: {:?}",
                row.address, row.tickers, reading.fault
            ));
        } else if opaque != is_allowed {
            wrong.push(format!(
                "{:?} {:?} {:?}: {}",
                row.address,
                row.tickers,
                row.origins,
                told(&reading)
            ));
        }
    }
    for (origin, (strict, lenient, text)) in &tally {
        eprintln!("{origin:22} strict {strict:5}  lenient {lenient:3}  text {text:3}");
    }
    assert!(wrong.is_empty(), "{} rows: {wrong:#?}", wrong.len());
}

#[test]
fn the_reviewed_rows_are_listed_and_give_a_reason() {
    let listed: BTreeSet<_> = listed().into_iter().map(|row| row.address).collect();
    for (text, reason) in unreadable() {
        assert!(listed.contains(text), "{text:?} is in no list");
        assert!(!reason.trim().is_empty(), "{text:?} needs a reason");
        assert!(!is_user_id(text), "{text:?} has its rule");
    }
}

/// A list that is read again from canonical forms blocks the same keys.
#[test]
fn every_listed_address_comes_back_from_its_canonical_form() {
    let mut wrong = Vec::new();
    for row in listed() {
        for candidate in parse(&row.address)
            .candidates
            .iter()
            .filter(|one| one.kind.class() != KeyClass::Opaque)
        {
            let again = parse(&candidate.canonical());
            let is_same = again
                .candidates
                .iter()
                .any(|one| one.key == candidate.key && one.strict);
            if !is_same || !again.is_strict() {
                wrong.push(format!(
                    "{:?} {}: {}",
                    row.address,
                    candidate.canonical(),
                    told(&again)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong: {wrong:#?}", wrong.len());
}

/// What the lists themselves prove: rows that share a key although nobody
/// would see it.
#[test]
fn rows_of_one_account_share_a_key() {
    let mut texts: HashMap<AddressKey, BTreeSet<String>> = HashMap::new();
    for row in listed() {
        for candidate in parse(&row.address).candidates {
            texts
                .entry(candidate.key)
                .or_default()
                .insert(row.address.clone());
        }
    }
    let key = |text: &str| parse(text).candidates[0].key.clone();
    // EIP-55 in one list and lower case in another, among others.
    let several = texts.values().filter(|texts| texts.len() > 1).count();
    assert!(several >= 5, "{several} keys are printed in several ways");
    // OFAC lists one account of one party under ETH and under USDT on Tron.
    assert_eq!(
        key("TXEsK1sEsKjZ1xtHitnyAAoqw3WLdYdRNW").class(),
        KeyClass::Evm20
    );
    let pair = &texts[&key("TXEsK1sEsKjZ1xtHitnyAAoqw3WLdYdRNW")];
    assert!(pair.iter().any(|text| text.starts_with("0x")), "{pair:?}");
}
