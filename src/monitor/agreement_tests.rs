//! Alerts held against the dumb way: screening everybody twice.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::tests::{Bench, POOL, act};
use crate::alert::{Alert, AlertKind};
use crate::import::{self, Approval, OperatorList};
use crate::list::{GenerationNumber, Tier};
use crate::screening::Moment;
use crate::verdict::Match;

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % end
    }
}

/// An alert as far as it can be told by screening: kind, portfolio, customer,
/// entry, and the generations on both sides.
type Said = (AlertKind, String, String, [u8; 16], u64, u64);

fn said(alerts: &[Alert]) -> Vec<Said> {
    let one = |alert: &Alert| {
        (
            alert.kind,
            alert.portfolio.to_string(),
            alert.reference.clone(),
            alert.found.id.0,
            alert.before.map_or(0, |side| side.generation.0),
            alert.after.generation.0,
        )
    };
    let mut all: Vec<_> = alerts.iter().map(one).collect();
    all.sort();
    all
}

/// What a screening says of an entry, as far as it makes a difference.
fn weighed(found: &Match) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        found.relation, found.tier, found.action, found.scope, found.entry, found.exemption
    )
}

/// Screens everybody in every generation after one, and says what differs.
fn by_screening_everybody(
    bench: &Bench,
    portfolio: &str,
    members: &[(&str, &str)],
    after: u64,
) -> Vec<Said> {
    let now = Timestamp::now();
    let listed = |address: &str, generation: u64| -> BTreeMap<[u8; 16], String> {
        let moment = Moment {
            generation: Some(GenerationNumber(generation)),
            at: Some(now),
            ..Moment::default()
        };
        let outcome = bench
            .screener
            .pin(&moment)
            .expect("is there")
            .screen(address, "");
        assert!(
            outcome.matches_total <= outcome.matches.len(),
            "all are shown"
        );
        let active = outcome.matches.iter().filter(|found| found.active);
        active.map(|found| (found.id.0, weighed(found))).collect()
    };
    let mut all = Vec::new();
    for generation in after + 1..=bench.generation().0 {
        for (address, reference) in members {
            let (was, is) = (listed(address, generation - 1), listed(address, generation));
            let ids: std::collections::BTreeSet<_> = was.keys().chain(is.keys()).collect();
            for id in ids {
                let kind = match (was.get(id), is.get(id)) {
                    (None, _) => AlertKind::Listed,
                    (_, None) => AlertKind::Delisted,
                    (Some(was), Some(is)) if was != is => AlertKind::Amended,
                    _ => continue,
                };
                let of = (portfolio.to_owned(), (*reference).to_owned());
                all.push((kind, of.0, of.1, *id, generation - 1, generation));
            }
        }
    }
    all.sort();
    all
}

/// The pool, some of it twice for different customers.
fn everybody() -> Vec<(&'static str, &'static str)> {
    let names = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r",
    ];
    let mut members: Vec<_> = POOL.into_iter().zip(names).collect();
    members.push((POOL[0], "again"));
    members
}

/// Changes lists at random: publications with other entries and particulars,
/// the operator's lists, exemptions, and a rollback now and then.
fn change(bench: &mut Bench, random: &mut Random) {
    match random.below(6) {
        0..3 => {
            let (source, tier) = match random.below(2) {
                0 => ("ofac-sdn", Tier::Sanctions),
                _ => ("research", Tier::Attributed),
            };
            let mut entries = Vec::new();
            for address in POOL {
                if random.below(3) == 0 {
                    let end = [None, None, Some("2020-01-01"), Some("2999-01-01")];
                    entries.push((address, random.below(2), end[random.below(4) as usize]));
                }
            }
            entries.push((
                "0x0000000000000000000000000000000000000001",
                random.below(99),
                None,
            ));
            bench.publish(source, tier, &entries);
        }
        3 | 4 => {
            let list = match random.below(2) {
                0 => OperatorList::Listing,
                _ => OperatorList::Exemption,
            };
            let address = POOL[random.below(POOL.len() as u64) as usize];
            let note = random.below(3);
            bench.by_hand(list, address, (note > 0).then_some(note));
        }
        _ => {
            let to = GenerationNumber(1 + random.below(bench.generation().0));
            let word = |digest: &str| Approval {
                digest: digest.to_owned(),
                act: act(),
            };
            if let Err(import::ImportError::Refused(refusal)) =
                bench.importer.roll_back(to, None, &word(""))
            {
                let _ = bench
                    .importer
                    .roll_back(to, None, &word(&refusal.confirm_with));
            }
        }
    }
}

#[test]
fn alerts_are_what_differs_between_screening_everybody_before_and_after() {
    for seed in 0..12 {
        let mut random = Random(seed);
        let mut bench = Bench::new();
        bench.list(&POOL[..4]);
        let members = everybody();
        let (retail, desk) = members.split_at(11);
        let report = bench.import_as("retail", false, false, retail);
        assert_eq!((report.taken, report.refused), (11, 0), "{report:?}");
        for (adds, some) in [(false, &desk[..4]), (true, &desk[4..])] {
            let report = bench.import_as("desk", adds, false, some);
            assert_eq!(report.refused, 0, "{report:?}");
        }
        let began = bench.generation().0;
        for round in 0..12 {
            change(&mut bench, &mut random);
            if round % 3 == 0 {
                bench.advance();
            }
            if round == 7 {
                bench = bench.restarted();
            }
        }
        bench.advance();
        let mut expected = by_screening_everybody(&bench, "retail", retail, began);
        expected.extend(by_screening_everybody(&bench, "desk", desk, began));
        expected.sort();
        let told = said(&bench.alerts());
        let untold: Vec<_> = expected.iter().filter(|one| !told.contains(one)).collect();
        let unfounded: Vec<_> = told.iter().filter(|one| !expected.contains(one)).collect();
        assert!(
            untold.is_empty() && unfounded.is_empty(),
            "seed {seed}: {untold:?} {unfounded:?}"
        );
        assert_eq!(told.len(), expected.len(), "seed {seed}");
        assert!(expected.len() > 20, "seed {seed}: {}", expected.len());
        let sequences: Vec<u64> = bench.alerts().iter().map(|alert| alert.sequence).collect();
        assert_eq!(sequences, (1..=expected.len() as u64).collect::<Vec<_>>());
        assert_eq!(*bench.log.recorded.lock(), bench.alerts(), "seed {seed}");
    }
}
