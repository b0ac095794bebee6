//! Law 1: an address that is listed is found, however it is spelt.

use std::collections::{BTreeMap, BTreeSet};

use interdict::address::{Kind, parse};

use super::harness::{Daemon, Upload, bundled_addresses, v1};
use super::respell;

/// Addresses as published lists print them, of every network they name.
const PUBLISHED: &str = include_str!("../fixtures/addresses/listed.tsv");

/// Returns an address and its other spellings. They are made without the
/// program's own rules; which sort of address it is the library says.
fn respelt(address: &str) -> Vec<String> {
    let reading = parse(address);
    let read = reading.candidates.iter().filter(|one| one.strict);
    let mut spellings = vec![address.to_owned()];
    for candidate in read {
        spellings.extend(respell::spellings(
            &candidate.canonical(),
            candidate.kind.name(),
        ));
    }
    spellings
}

#[test]
fn law_1_every_bundled_address_is_listed_in_every_spelling() {
    let daemon = Daemon::with_bundled_lists().start();
    let published: BTreeSet<&str> = bundled_addresses().iter().map(|row| row.address).collect();
    let spellings: Vec<String> = published
        .iter()
        .flat_map(|address| respelt(address))
        .collect();
    assert!(
        published.len() > 1_200 && spellings.len() > 40_000,
        "{}",
        spellings.len()
    );
    assert_eq!(daemon.not_listed_of(&spellings), [] as [&str; 0]);
    eprintln!(
        "{} addresses, {} spellings: all LISTED",
        published.len(),
        spellings.len()
    );
}

/// Every address of every published list that is at hand, and as many of its
/// spellings as fit in a short test: other ones for each address.
#[test]
fn law_1_every_published_address_is_listed_in_some_of_its_spellings() {
    const SPELLINGS: usize = 4;
    let published: Vec<&str> = PUBLISHED
        .split('\n')
        .skip(1)
        .filter_map(|line| line.split('\t').next())
        .filter(|address| parse(address).is_strict())
        .collect();
    let daemon = Daemon::empty().start();
    daemon.import(&Upload::of("published").lines(&published));
    let mut asked = Vec::new();
    for (index, address) in published.iter().enumerate() {
        let spellings = respelt(address);
        let step = spellings.len().div_ceil(SPELLINGS);
        asked.extend(spellings.into_iter().skip(index % step).step_by(step));
    }
    assert!(
        published.len() > 10_000 && asked.len() > 30_000,
        "{}",
        asked.len()
    );
    assert_eq!(daemon.not_listed_of(&asked), [] as [&str; 0]);
    eprintln!(
        "{} addresses, {} spellings: all LISTED",
        published.len(),
        asked.len()
    );
}

/// One account of every kind, in every spelling there is.
#[test]
fn law_1_an_account_of_every_kind_is_listed_in_every_spelling() {
    let vectors = include_str!("../fixtures/addresses/vectors.jsonl");
    let rows = vectors
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a JSON object"));
    let mut by_kind: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
    for row in rows.filter(|row| row["valid"] == true) {
        let reading = parse(row["input"].as_str().expect("a text"));
        for candidate in reading.candidates.iter().filter(|one| one.strict) {
            let some = by_kind.entry(candidate.kind).or_default();
            let canonical = candidate.canonical();
            if some.len() < 4 && !some.contains(&canonical) {
                some.push(canonical);
            }
        }
    }
    let listed: Vec<&String> = by_kind.values().flatten().collect();
    let daemon = Daemon::empty().start();
    daemon.import(&Upload::of("kinds").lines(&listed));
    let mut asked: Vec<String> = listed.iter().flat_map(|address| respelt(address)).collect();
    asked.extend(listed.iter().filter_map(|one| respell::look_alike(one)));
    assert!(
        by_kind.len() >= 35 && asked.len() > 3_000,
        "{}",
        asked.len()
    );
    assert_eq!(daemon.not_listed_of(&asked), [] as [&str; 0]);
    eprintln!(
        "{} kinds, {} spellings: all LISTED",
        by_kind.len(),
        asked.len()
    );
}

#[test]
fn every_bundled_row_is_evidence_under_its_own_source() {
    let daemon = Daemon::with_bundled_lists().start();
    let rows = bundled_addresses();
    for some in rows.chunks(1_000) {
        let addresses: Vec<&str> = some.iter().map(|row| row.address).collect();
        let answered = daemon.try_screen_all(&addresses).expect("answered");
        for (row, outcome) in some.iter().zip(&answered.outcomes) {
            let is_evidence = |found: &v1::Match| {
                found.source == row.source
                    && found.published_address == row.address
                    && found.relation() == v1::Relation::Direct
                    && found.active
            };
            assert!(
                outcome.matches.iter().any(is_evidence),
                "{row:?}: {outcome:?}"
            );
        }
    }
}

/// OFAC's own list asks for BLOCK in every spelling, whatever else lists it.
#[test]
fn law_10_every_address_of_the_sanctions_list_is_blocked() {
    let lenient = "[policy]\ndelisted = \"ALLOW\"\n[policy.attributed]\ndirect = \"ALLOW\"\n[policy.law_enforcement]\ndirect = \"ALLOW\"";
    let daemon = Daemon::with_bundled_lists().config(lenient).start();
    let rows = bundled_addresses();
    let sanctioned: Vec<String> = rows
        .iter()
        .filter(|row| row.source == "ofac-sdn")
        .flat_map(|row| respelt(row.address))
        .collect();
    for some in sanctioned.chunks(1_000) {
        let answered = daemon.try_screen_all(some).expect("answered");
        for (address, outcome) in some.iter().zip(&answered.outcomes) {
            assert_eq!(outcome.action(), v1::Action::Block, "{address}");
        }
    }
}
