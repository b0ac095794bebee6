//! Law 1: an address that is listed is found, however it is spelt.

use std::collections::BTreeSet;

use super::harness::{Daemon, bundled_addresses, v1};

/// Returns the other spellings of an address that must find it too. Made by
/// hand from the shape of the text, without the program's own rules.
fn respelt(address: &str) -> Vec<String> {
    let mut spellings = vec![address.to_owned(), format!(" {address}\t")];
    if let Some(digits) = address
        .strip_prefix("0x")
        .filter(|digits| digits.len() == 40)
    {
        spellings.extend([
            address.to_lowercase(),
            format!("0x{}", digits.to_uppercase()),
            format!("0X{}", digits.to_uppercase()),
            digits.to_lowercase(),
            digits.to_uppercase(),
            format!("0x{}{}", "0".repeat(24), digits.to_lowercase()),
        ]);
    } else if address.starts_with("bc1") || address.starts_with("ltc1") {
        spellings.push(address.to_uppercase());
    } else if address.len() == 42 && address.starts_with('q') {
        spellings.extend([
            format!("bitcoincash:{address}"),
            format!("BITCOINCASH:{}", address.to_uppercase()),
            address.to_uppercase(),
        ]);
    } else if address.starts_with('T') && address.len() == 34 {
        let bytes = bitcoin::base58::decode_check(address).expect("a Tron address holds");
        let digits = const_hex::encode(bytes);
        spellings.extend([digits.to_uppercase(), format!("0x{digits}"), digits]);
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
        published.len() > 1_200 && spellings.len() > 5_000,
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
