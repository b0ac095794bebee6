//! What a run has concluded so far, and the evidence of its first hits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::grpc::v1;

use super::super::names;
use super::answer::{Answer, Change, Question, Told};

/// Rows that a reason names as examples.
const EXAMPLES_MAX: usize = 10;

/// Names that are counted apart; the lists decide how many there are.
const NAMES_MAX: usize = 10_000;

/// What names beyond that are counted under.
const OTHERS: &str = "(others)";

/// Hits whose evidence is kept for the report.
pub(super) const HITS_MAX: usize = 10_000;

/// Counts of rows. Rows are numbered from 1, over all files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) rows: u64,
    pub(super) listed: u64,
    pub(super) not_listed: u64,
    pub(super) indeterminate: u64,
    pub(super) allow: u64,
    pub(super) review: u64,
    pub(super) block: u64,
    /// Rows whose answer is that of the earlier generation.
    pub(super) unchanged: u64,
    pub(super) changes: BTreeMap<String, u64>,
    /// Why rows are `INDETERMINATE`.
    pub(super) unscreened: BTreeMap<String, Unscreened>,
    pub(super) sources: BTreeMap<String, u64>,
    pub(super) programs: BTreeMap<String, u64>,
    pub(super) incidents: BTreeMap<String, u64>,
}

/// Rows that could not be screened for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unscreened {
    pub(super) rows: u64,
    pub(super) examples: Vec<u64>,
}

impl Tally {
    /// Counts the next row.
    #[inline]
    pub(super) fn count(&mut self, answer: &Answer) {
        self.rows += 1;
        match answer {
            Answer::Plain => {
                self.not_listed += 1;
                self.allow += 1;
            }
            Answer::Unchanged => self.unchanged += 1,
            Answer::Told(told) => self.count_told(told),
        }
    }

    fn count_told(&mut self, told: &Told) {
        let outcome = &told.outcome;
        match outcome.action() {
            v1::Action::Allow => self.allow += 1,
            v1::Action::Review => self.review += 1,
            v1::Action::Block | v1::Action::Unspecified => self.block += 1,
        }
        match outcome.verdict() {
            v1::Verdict::NotListed => self.not_listed += 1,
            v1::Verdict::Indeterminate | v1::Verdict::Unspecified => {
                self.indeterminate += 1;
                for reason in told.reasons() {
                    let one = self.unscreened.entry(reason.to_owned()).or_default();
                    one.rows += 1;
                    if one.examples.len() < EXAMPLES_MAX {
                        one.examples.push(self.rows);
                    }
                }
            }
            v1::Verdict::Listed => {
                self.listed += 1;
                let active = || outcome.matches.iter().filter(|found| found.active);
                add_each(&mut self.sources, active().map(|found| &*found.source));
                let programs = active().flat_map(|found| found.programs.iter());
                add_each(&mut self.programs, programs.map(String::as_str));
                let incidents = active().filter_map(|found| found.incident.as_ref());
                add_each(&mut self.incidents, incidents.map(|one| &*one.name));
            }
        }
        if let Some(change) = told.change {
            add(&mut self.changes, Change::name(change), 1);
        }
    }

    /// Takes in what follows.
    pub(super) fn append(&mut self, more: &Self) {
        for (reason, more) in &more.unscreened {
            let one = self.unscreened.entry(reason.clone()).or_default();
            one.rows += more.rows;
            let room = EXAMPLES_MAX.saturating_sub(one.examples.len());
            let examples = more.examples.iter().take(room);
            one.examples.extend(examples.map(|row| self.rows + row));
        }
        self.rows += more.rows;
        self.listed += more.listed;
        self.not_listed += more.not_listed;
        self.indeterminate += more.indeterminate;
        self.allow += more.allow;
        self.review += more.review;
        self.block += more.block;
        self.unchanged += more.unchanged;
        for (ours, theirs) in [
            (&mut self.changes, &more.changes),
            (&mut self.sources, &more.sources),
            (&mut self.programs, &more.programs),
            (&mut self.incidents, &more.incidents),
        ] {
            for (name, rows) in theirs {
                add(ours, name, *rows);
            }
        }
    }
}

/// Counts a row once under each name.
fn add_each<'n>(counts: &mut BTreeMap<String, u64>, names: impl Iterator<Item = &'n str>) {
    let names: std::collections::BTreeSet<&str> = names.collect();
    for name in names {
        add(counts, name, 1);
    }
}

fn add(counts: &mut BTreeMap<String, u64>, name: &str, rows: u64) {
    if let Some(count) = counts.get_mut(name) {
        *count += rows;
    } else if counts.len() < NAMES_MAX {
        counts.insert(name.to_owned(), rows);
    } else {
        *counts.entry(OTHERS.to_owned()).or_default() += rows;
    }
}

/// A listed row, with the evidence for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hit {
    pub(super) row: u64,
    /// As it stands in the file.
    pub(super) text: String,
    pub(super) canonical: String,
    pub(super) action: String,
    pub(super) reasons: String,
    pub(super) change: Option<String>,
    pub(super) matches: Vec<HitMatch>,
    pub(super) matches_total: u32,
}

/// One entry that lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HitMatch {
    pub(super) active: bool,
    pub(super) relation: String,
    pub(super) why: String,
    pub(super) source: String,
    pub(super) tier: String,
    pub(super) category: String,
    pub(super) subjects: String,
    pub(super) programs: String,
    pub(super) incident: String,
    pub(super) listed_as: String,
    pub(super) listed_on: String,
    pub(super) delisted_on: String,
    pub(super) reference: String,
    pub(super) entry_id: String,
}

/// Entries that a hit shows; more are counted.
const MATCHES_SHOWN: usize = 5;

impl Hit {
    /// Keeps the evidence of a row, if it is one for the report: listed, or
    /// with an answer that changed. What may not be repeated is not kept.
    pub(super) fn of(row: u64, question: &Question<'_>, answer: &Answer) -> Option<Self> {
        let Answer::Told(told) = answer else {
            return None;
        };
        let outcome = &told.outcome;
        let is_listed = outcome.verdict() == v1::Verdict::Listed;
        if told.is_secret() || !(is_listed || told.change.is_some()) {
            return None;
        }
        let canonical = outcome.candidates.first().map(|read| &*read.canonical);
        Some(Self {
            row,
            text: question.text.chars().take(200).collect(),
            canonical: canonical.unwrap_or_default().to_owned(),
            action: names::action(outcome.action).to_owned(),
            reasons: told.reasons().collect::<Vec<_>>().join(", "),
            change: told.change.map(|change| change.name().to_owned()),
            matches: outcome
                .matches
                .iter()
                .take(MATCHES_SHOWN)
                .map(HitMatch::of)
                .collect(),
            matches_total: outcome.matches_total,
        })
    }
}

impl HitMatch {
    fn of(found: &v1::Match) -> Self {
        let incident = found.incident.as_ref();
        let listed_on = match found.listed_on.as_str() {
            "" => &found.designated_on,
            day => day,
        };
        Self {
            active: found.active,
            relation: names::relation(found.relation).to_owned(),
            why: found.why.clone(),
            source: found.source.clone(),
            tier: names::tier(found.tier).to_owned(),
            category: names::category(found.category).to_owned(),
            subjects: found.subjects.join("; "),
            programs: found.programs.join(", "),
            incident: incident.map_or_else(String::new, |one| one.name.clone()),
            listed_as: found.published_address.clone(),
            listed_on: listed_on.to_owned(),
            delisted_on: found.delisted_on.clone(),
            reference: found.reference.clone(),
            entry_id: found.entry_id.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreadable() -> Answer {
        let mut outcome = v1::Outcome::default();
        outcome.set_verdict(v1::Verdict::Indeterminate);
        outcome.set_action(v1::Action::Review);
        outcome.reasons.push(v1::Reason::Checksum.into());
        Answer::of(outcome)
    }

    /// Counting in parts is counting at once.
    #[test]
    fn parts_add_up_and_examples_keep_their_row_numbers() {
        let answer = |row: u64| match row % 7 {
            0 => unreadable(),
            _ => Answer::Plain,
        };
        let mut whole = Tally::default();
        (0..200).for_each(|row| whole.count(&answer(row)));
        for size in [1, 3, 50, 199] {
            let mut parts = Tally::default();
            let mut row = 0;
            while row < 200 {
                let mut part = Tally::default();
                (row..(row + size).min(200)).for_each(|row| part.count(&answer(row)));
                parts.append(&part);
                row += size;
            }
            assert_eq!(parts, whole, "parts of {size}");
        }
        assert_eq!(whole.unscreened["CHECKSUM"].examples[..3], [1, 8, 15]);
        assert_eq!(whole.unscreened["CHECKSUM"].examples.len(), EXAMPLES_MAX);
    }

    #[test]
    fn an_action_that_is_not_known_counts_as_block() {
        let mut tally = Tally::default();
        tally.count(&Answer::of(v1::Outcome::default()));
        assert_eq!((tally.block, tally.indeterminate), (1, 1));
    }
}
