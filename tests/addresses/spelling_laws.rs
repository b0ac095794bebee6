//! However an address is spelt, it is one key.
//!
//! The spellings come from `respell`, which uses nothing of ours. Every
//! listed address is tried in every spelling: 11,000 addresses, some half a
//! million texts.

use std::collections::BTreeMap;

use interdict::address::{AddressKey, Candidate, Kind, Networks, Reading, parse, parse_hinted};
use proptest::prelude::*;

use crate::laws;
use crate::lists::listed;
use crate::respell;
use crate::vectors::{told, vectors};

/// Most failures of one kind that a message shows.
const SHOWN_MAX: usize = 4;

/// Canonical form, kind and key of every account of the lists and vectors
/// that reads strictly by itself.
fn accounts() -> Vec<(String, Kind, AddressKey)> {
    let vectors = vectors()
        .into_iter()
        .filter(|vector| vector.valid)
        .map(|vector| vector.input);
    let listed = listed().into_iter().map(|row| row.address);
    let candidates = vectors
        .chain(listed)
        .flat_map(|text| parse(&text).candidates);
    let accounts = candidates.filter(|one| one.strict);
    let mut accounts: Vec<_> = accounts
        .map(|one| (one.canonical(), one.kind, one.key))
        .collect();
    accounts.sort();
    accounts.dedup();
    accounts
}

/// A hundred accounts of each kind, for what takes long.
fn some_accounts() -> Vec<(String, Kind, AddressKey)> {
    let mut taken: BTreeMap<Kind, usize> = BTreeMap::new();
    let mut accounts = accounts();
    accounts.retain(|(_, kind, _)| {
        let taken = taken.entry(*kind).or_default();
        *taken += 1;
        *taken <= 100
    });
    accounts
}

/// Failures by kind, so that one mistake does not hide another.
#[derive(Default)]
struct Failures(BTreeMap<Kind, Vec<String>>);

impl Failures {
    fn add(&mut self, kind: Kind, canonical: &str, text: &str, reading: &Reading) {
        self.0
            .entry(kind)
            .or_default()
            .push(format!("{canonical} as {text:?}: {}", told(reading)));
    }

    fn none_is_left(mut self) {
        let count: usize = self.0.values().map(Vec::len).sum();
        self.0
            .values_mut()
            .for_each(|failures| failures.truncate(SHOWN_MAX));
        assert!(
            self.0.is_empty(),
            "{count} failures, some of each kind: {:#?}",
            self.0
        );
    }
}

fn holds(reading: &Reading, key: &AddressKey) -> bool {
    reading.candidates.iter().any(|one| one.key == *key)
}

#[test]
fn every_spelling_of_every_listed_address_has_its_key() {
    let mut failures = Failures::default();
    let mut tried = 0;
    for (canonical, kind, key) in accounts() {
        for text in respell::spellings(&canonical, kind.name()) {
            tried += 1;
            let reading = parse(&text);
            if !holds(&reading, &key) {
                failures.add(kind, &canonical, &text, &reading);
            }
        }
    }
    eprintln!("{tried} spellings");
    failures.none_is_left();
}

#[test]
fn a_spelling_that_a_specification_accepts_reads_strictly() {
    let mut failures = Failures::default();
    for (canonical, kind, _) in some_accounts() {
        for text in respell::formal(&canonical, kind.name()) {
            let reading = parse(&text);
            if !reading.is_strict() {
                failures.add(kind, &canonical, &text, &reading);
            }
        }
    }
    failures.none_is_left();
}

/// What stands around an address says nothing about it.
#[test]
fn what_stands_around_an_address_keeps_it_from_nothing() {
    let mut failures = Failures::default();
    for (canonical, kind, _) in some_accounts() {
        if respell::noisy(&canonical, kind.name()).is_empty() {
            continue;
        }
        for text in respell::around(&canonical) {
            let reading = parse(&text);
            if !reading.is_strict() || reading.flags.is_empty() {
                failures.add(kind, &canonical, &text, &reading);
            }
        }
    }
    failures.none_is_left();
}

#[test]
fn an_address_in_look_alikes_is_found_and_never_cleared() {
    let mut failures = Failures::default();
    for (canonical, kind, key) in accounts() {
        let Some(text) = respell::look_alike(&canonical) else {
            continue;
        };
        let reading = parse(&text);
        if reading.is_strict() || !holds(&reading, &key) {
            failures.add(kind, &canonical, &text, &reading);
        }
    }
    failures.none_is_left();
}

/// One look-alike among the rest is as bad as all.
#[test]
fn a_single_look_alike_is_enough() {
    let mut failures = Failures::default();
    for (canonical, kind, key) in some_accounts() {
        for (at, letter) in canonical.char_indices() {
            let Some(twin) = respell::look_alike(&letter.to_string()) else {
                continue;
            };
            let text = format!("{}{twin}{}", &canonical[..at], &canonical[at + 1..]);
            let reading = parse(&text);
            if reading.is_strict() || !holds(&reading, &key) {
                failures.add(kind, &canonical, &text, &reading);
            }
        }
    }
    failures.none_is_left();
}

#[test]
fn every_vector_and_listed_address_keeps_the_laws_of_all_texts() {
    vectors()
        .iter()
        .for_each(|vector| laws::of_text(&vector.input));
    listed().iter().for_each(|row| laws::of_text(&row.address));
}

/// What a sender says the network is may add readings and takes none away.
#[test]
fn a_hint_takes_nothing_away() {
    let hints = [
        "BTC", "ETH", "XRP", "NEAR", "EOS", "USDT", "HBAR", "DOT", "XMR",
    ];
    let hints = hints.map(|hint| Networks::from_hint(hint).expect("a ticker"));
    let vectors = vectors().into_iter().map(|vector| vector.input);
    let listed = listed().into_iter().step_by(11).map(|row| row.address);
    let mut failures = Failures::default();
    for text in vectors.chain(listed) {
        let plain = parse(&text);
        for hint in hints {
            let hinted = parse_hinted(&text, hint);
            let mut lost = plain.candidates.iter();
            let lost = lost
                .find(|one| !holds(&hinted, &one.key) || plain.is_strict() && !hinted.is_strict());
            if let Some(lost) = lost {
                failures.add(lost.kind, &format!("{:?}", hint), &text, &hinted);
            }
        }
    }
    failures.none_is_left();
}

/// Every account that the fuzz target starts from is read as it says.
#[test]
fn the_fuzzed_accounts_are_what_they_say() {
    for (canonical, kind) in laws::LISTED {
        let reading = parse(canonical);
        let is_it = |one: &Candidate| one.strict && one.kind.name() == *kind;
        assert!(
            reading.candidates.iter().any(is_it),
            "{canonical} {kind}: {}",
            told(&reading)
        );
    }
    (0..=u8::MAX).for_each(|first| {
        (0..3).for_each(|rest| laws::of_pipeline(&[0, first, rest, first, first, rest, 1, first]))
    });
}

proptest! {
    #[test]
    fn any_text_keeps_the_laws(text in "\\PC{0,80}|[ -~]{0,120}") {
        laws::of_text(&text);
    }

    /// Words that look like addresses, which random text never does.
    #[test]
    fn any_text_of_the_right_look_keeps_the_laws(
        text in "(0x|0X|41|bc1|ltc1|tex1|u1|cosmos1|addr1|[GTXDrstzM1-9]|EQ|f[0-4]|tz1|0:|-1:|bitcoin:|eip155:1:|0\\.0\\.|PUB_K1_|EOS)?([0-9a-f]{2,70}|[0-9A-Za-z]{2,110}|[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{6,110}|[A-Z2-7]{50,70})([?:@(-][ -~]{0,12})?",
    ) {
        laws::of_text(&text);
    }
}
