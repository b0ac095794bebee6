//! A recorded screening, done again: the same readings, held against the same
//! generation, by the clock of the same moment (law 5).
//!
//! What the text was is not kept, and how fresh a publication was known to be
//! is no part of a generation. So the readings, the fault and the doubts are
//! taken from the record; what the lists say of them, and what follows, is
//! found anew.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::address::{self, Candidate, Candidates, Fault, Networks, Tag};
use crate::audit::record;
use crate::list::GenerationNumber;
use crate::verdict::{Match, Outcome, Reason, Reasons};

use super::record::networks_named;
use super::{Moment, Pinned, Weighed};

/// Something that a record says and a screening done again does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What differs: `verdict`, `match 2` …
    pub what: String,
    /// As recorded.
    pub recorded: String,
    /// As found now.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, recorded, found) = (&self.what, &self.recorded, &self.found);
        write!(f, "{what} was {recorded} and is {found}")
    }
}

/// What became of doing it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Again {
    /// What differs; nothing, if the record holds.
    Done(Vec<Difference>),
    /// It cannot be done again, and why.
    CannotBe(&'static str),
}

/// The moment that a recorded screening asked about.
///
/// # Errors
///
/// If what the record says is no moment.
pub fn moment_of(record: &record::Record, screening: &record::Screening) -> Option<Moment> {
    let judged_at = match screening.judged_at_s {
        0 => Timestamp::from_nanosecond(record.wall_ns.into()).ok()?,
        second => Timestamp::from_second(second).ok()?,
    };
    let as_of: Option<Date> = match screening.as_of.as_str() {
        "" => None,
        day => Some(day.parse().ok()?),
    };
    Some(Moment {
        as_of,
        generation: Some(GenerationNumber(screening.generation)),
        min_generation: None,
        at: Some(judged_at),
    })
}

impl Pinned {
    /// Does a recorded screening again. The pin must be of its moment.
    pub fn again(&self, recorded: &record::Screening) -> Again {
        let digest = &self.record().digest.0;
        if recorded.generation_digest.as_ref() != digest {
            return Again::Done(vec![Difference {
                what: "the digest of the generation".to_owned(),
                recorded: const_hex::encode(&recorded.generation_digest),
                found: const_hex::encode(digest),
            }]);
        }
        let hint = Networks::from_hint(&recorded.network).unwrap_or(Networks::NONE);
        let candidates = match read_again(recorded, hint) {
            Ok(candidates) => candidates,
            Err(why) => return Again::CannotBe(why),
        };
        let reasons = || {
            recorded
                .reasons
                .iter()
                .filter_map(|name| Reason::named(name))
        };
        let fault: Option<Fault> = reasons().find_map(|reason| match reason {
            Reason::Unreadable(fault) => Some(fault),
            _ => None,
        });
        let doubts: Reasons = reasons().filter(|reason| reason.is_doubt()).collect();
        // What was answered as a test is, whether or not tests still are.
        let tests = reasons().any(|reason| reason == Reason::TestAddress);
        let found = self.weigh(&candidates, hint, (fault, doubts), tests);
        let same_policy = recorded.policy_version == self.rules.version().as_slice();
        Again::Done(differences(recorded, &found, same_policy))
    }
}

/// Reads the canonical spellings again, and takes from each the reading that
/// was recorded.
fn read_again(recorded: &record::Screening, hint: Networks) -> Result<Candidates, &'static str> {
    let readings = recorded.readings.iter();
    readings
        .map(|reading| {
            if reading.canonical.is_empty() {
                return Err("its text was not kept, because no format reads it");
            }
            let named = networks_named(reading.networks.iter().map(String::as_str));
            let read = address::parse_hinted(&reading.canonical, hint.union(named));
            let mut ours = read.candidates.into_iter();
            let candidate = ours
                .find(|candidate| candidate.kind.name() == reading.kind)
                .ok_or("the address rules have changed, and read it otherwise")?;
            Ok(as_recorded(candidate, reading, named))
        })
        .collect()
}

fn as_recorded(mut candidate: Candidate, reading: &record::Reading, named: Networks) -> Candidate {
    candidate.strict = reading.strict;
    candidate.destination = u8::try_from(reading.destination).unwrap_or(u8::MAX);
    if !named.is_empty() {
        candidate.networks = named;
    }
    let own = candidate.tag.as_ref().map_or("", Tag::as_str);
    if own != reading.tag {
        candidate.tag = Tag::text(&reading.tag);
    }
    candidate
}

fn differences(
    recorded: &record::Screening,
    found: &Weighed,
    same_policy: bool,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut compare = |what: &str, recorded: String, found: String| {
        if recorded != found {
            differences.push(Difference {
                what: what.to_owned(),
                recorded,
                found,
            });
        }
    };
    compare(
        "verdict",
        recorded.verdict.clone(),
        found.verdict.name().to_owned(),
    );
    let names = found.reasons.iter().map(|reason| reason.name());
    compare(
        "reasons",
        recorded.reasons.join(", "),
        names.collect::<Vec<_>>().join(", "),
    );
    if same_policy {
        compare(
            "action",
            recorded.action.clone(),
            found.action.name().to_owned(),
        );
    }
    compare(
        "number of matches",
        recorded.matches_total.to_string(),
        found.matches_total.to_string(),
    );
    // Another policy gives matches another order.
    let mut before: Vec<String> = recorded.matches.iter().map(recorded_match).collect();
    let told = found.matches.iter().take(Outcome::MATCHES_MAX);
    let mut now: Vec<String> = told.map(found_match).collect();
    compare(
        "matches kept",
        before.len().to_string(),
        now.len().to_string(),
    );
    before.sort_unstable();
    now.sort_unstable();
    for (index, (before, now)) in before.into_iter().zip(now).enumerate() {
        compare(&format!("match {}", index + 1), before, now);
    }
    differences
}

fn recorded_match(found: &record::Match) -> String {
    let id = const_hex::encode(&found.entry_id);
    let (source, relation) = (&found.source, &found.relation);
    let status = status(found.active);
    let publication = const_hex::encode(&found.publication_digest);
    let address = &found.published_address;
    let reading = found.reading;
    format!("{id} {source} {relation} {status} by reading {reading}, `{address}` of {publication}")
}

fn found_match(found: &Match) -> String {
    let (id, source) = (found.id, &found.source);
    let (relation, status) = (found.relation.name(), status(found.active));
    let publication = const_hex::encode(found.publication.0);
    let address = &found.entry.address;
    let reading = found.candidate;
    format!("{id} {source} {relation} {status} by reading {reading}, `{address}` of {publication}")
}

const fn status(active: bool) -> &'static str {
    if active { "active" } else { "off" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Action, Verdict};

    fn found() -> Weighed {
        Weighed {
            verdict: Verdict::NotListed,
            action: Action::Allow,
            reasons: Reasons::new(),
            matches: Vec::new(),
            matches_total: 0,
        }
    }

    fn recorded() -> record::Screening {
        record::Screening {
            verdict: "NOT_LISTED".to_owned(),
            action: "ALLOW".to_owned(),
            ..record::Screening::default()
        }
    }

    #[test]
    fn whatever_a_record_says_otherwise_is_a_difference() {
        assert_eq!(differences(&recorded(), &found(), true), []);
        let what = |recorded: &record::Screening| {
            let differences = differences(recorded, &found(), true);
            let words = differences.iter().map(|difference| difference.what.clone());
            words.collect::<Vec<_>>()
        };
        let mut other = recorded();
        other.verdict = "LISTED".to_owned();
        assert_eq!(what(&other), ["verdict"]);
        let mut other = recorded();
        other.reasons = vec!["DELISTED".to_owned()];
        assert_eq!(what(&other), ["reasons"]);
        let mut other = recorded();
        other.matches = vec![record::Match::default()];
        other.matches_total = 1;
        assert_eq!(what(&other), ["number of matches", "matches kept"]);
    }

    #[test]
    fn advice_is_compared_under_the_same_policy_only() {
        let mut other = recorded();
        other.action = "BLOCK".to_owned();
        assert_eq!(differences(&other, &found(), true).len(), 1);
        assert_eq!(differences(&other, &found(), false), []);
    }
}
