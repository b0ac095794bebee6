//! Asking a data directory, read-only, with all cores.
//!
//! Nothing is appended to a daemon's audit log: no daemon is asked. The
//! generation, its digest and the instant that was judged by are kept with
//! the run, and make it repeatable.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::address::AddressKey;
use crate::config::Config;
use crate::freshness;
use crate::generation::{self, LiveGeneration};
use crate::grpc::{outcome_to_wire, v1};
use crate::list::Origin;
use crate::screening::{Bulk, Moment, PinError, Pinned, Screener};
use crate::store::GenerationNumber;

use super::super::{Failure, names};
use super::answer::{Answer, BAD_DATE, Change, Day, Judge, Question, Told};
use super::basis::{Basis, ListUsed, When};

/// Rows asked about at once: what they need stays in a core's own cache.
const BATCH: usize = 1_024;

/// Days whose state is held ready; all of them are forgotten when there are
/// more.
const DAYS_MAX: usize = 20_000;

/// The lists of a data directory.
pub(super) struct Lists {
    screener: Screener,
    moment: Moment,
    pinned: Pinned,
    earlier: Option<Earlier>,
    rules: String,
}

/// The generation that answers are compared with.
struct Earlier {
    pinned: Pinned,
    /// Every key under which anything has changed since.
    changed: HashSet<AddressKey>,
}

impl Lists {
    /// Opens a data directory at what is asked.
    pub(super) fn open(data_dir: &Path, config: &Config, when: &When) -> Result<Self, Failure> {
        let (store, generation) = generation::open_read_only(data_dir, config.false_positive_rate)
            .map_err(Failure::data_directory)?;
        let generation = generation.ok_or_else(|| Failure::DataDirectory {
            message: format!(
                "{} holds no list yet: nothing could be screened",
                data_dir.display()
            ),
            source: None,
        })?;
        let newest = generation.number();
        let live = Arc::new(LiveGeneration::default());
        live.publish(generation);
        let (policy, requirements) = (config.policy, &config.requirements);
        let mut rules = format!("{policy:?} {requirements:?}");
        if config.test_addresses.enabled {
            rules += " and test addresses";
        }
        let screener = Screener::with_rules(live, config.rules());
        let asked = when.generation.map_or(newest, GenerationNumber);
        // An earlier generation is judged by the clock of its own day, and so
        // it is again when the run goes on; the newest by this one instant.
        let at = match &when.resumed {
            Some(at) => *at,
            None => (asked == newest).then(Timestamp::now),
        };
        let moment = Moment {
            as_of: when.as_of,
            generation: Some(asked),
            min_generation: None,
            at,
        };
        let pinned = screener.pin(&moment).map_err(refused)?;
        let earlier = match when.since.map(GenerationNumber) {
            None => None,
            Some(since) if since > asked => {
                return Err(Failure::Usage(format!(
                    "generation {since} is not before {asked}, which is asked"
                )));
            }
            Some(since) => Some(Earlier {
                pinned: screener
                    .pin(&Moment {
                        generation: Some(since),
                        ..moment
                    })
                    .map_err(refused)?,
                changed: store
                    .changed_keys(since, asked)
                    .map_err(Failure::data_directory)?
                    .into_iter()
                    .collect(),
            }),
        };
        Ok(Self {
            screener,
            moment,
            pinned,
            earlier,
            rules: blake3::hash(rules.as_bytes()).to_hex().to_string(),
        })
    }

    /// What the answers rest on.
    pub(super) fn basis(&self) -> Basis {
        let record = self.pinned.record();
        let nothing = outcome_to_wire(self.pinned.screen("", ""), &self.pinned);
        let reasons = nothing.reasons.iter().copied().map(names::reason);
        let empty = names::reason(v1::Reason::Empty.into());
        Basis {
            asked: "a data directory, read-only".to_owned(),
            generation: record.number.0,
            digest: const_hex::encode(record.digest.0),
            entries: record.rows,
            committed_at: record.committed_at.to_string(),
            at: self.moment.at.map(|at| at.to_string()),
            as_of: self.moment.as_of.map(|day| day.to_string()),
            since: self
                .earlier
                .as_ref()
                .map(|earlier| earlier.pinned.record().number.0),
            doubts: reasons
                .filter(|reason| *reason != empty)
                .map(str::to_owned)
                .collect(),
            rules: self.rules.clone(),
        }
    }

    /// The lists that are asked, and how old they are.
    pub(super) fn used(&self) -> Vec<ListUsed> {
        let now = self.moment.at.unwrap_or(self.pinned.record().committed_at);
        let publications = &self.pinned.record().publications;
        let used = publications.iter().map(|held| ListUsed {
            source: held.source.to_string(),
            tier: held.tier.to_string(),
            entries: held.entries,
            published_on: held
                .published_on
                .map(|day| day.to_string())
                .unwrap_or_default(),
            retrieved_at: held.retrieved_at.to_string(),
            age_seconds: freshness::age(held, now).as_secs(),
            bundled: held.origin == Origin::Bundled,
            digest: const_hex::encode(held.digest.0),
        });
        used.collect()
    }

    /// One thread's judge.
    pub(super) fn judge(&self) -> Box<dyn Judge + '_> {
        Box::new(Local {
            lists: self,
            bulk: Bulk::new(&self.pinned),
            days: BTreeMap::new(),
        })
    }
}

fn refused(error: PinError) -> Failure {
    match error {
        PinError::Read(error) => Failure::data_directory(error),
        PinError::NotLoaded => Failure::DataDirectory {
            message: error.to_string(),
            source: None,
        },
        other => Failure::Refused(other.to_string()),
    }
}

struct Local<'l> {
    lists: &'l Lists,
    bulk: Bulk<'l>,
    /// `None`: a day that has not come.
    days: BTreeMap<Date, Option<Pinned>>,
}

impl Judge for Local<'_> {
    fn batch(&self) -> usize {
        BATCH
    }

    fn answer(
        &mut self,
        questions: &[Question<'_>],
        answers: &mut Vec<Answer>,
    ) -> Result<(), Failure> {
        for question in questions {
            let answer = match (question.day, &self.lists.earlier) {
                (Day::OfTheRun, None) => self.today(question),
                (Day::OfTheRun, Some(earlier)) => self.changed(question, earlier),
                (Day::On(day), _) => self.on(day, question)?,
            };
            answers.push(answer);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), Failure> {
        Ok(())
    }
}

impl Local<'_> {
    #[inline]
    fn today(&mut self, question: &Question<'_>) -> Answer {
        match self.bulk.screen(&question.text, &question.network) {
            None => Answer::Plain,
            Some(outcome) => Answer::of(outcome_to_wire(outcome, self.bulk.pinned())),
        }
    }

    /// Only what leads to a key that changed is asked in both generations.
    fn changed(&mut self, question: &Question<'_>, earlier: &Earlier) -> Answer {
        let (text, network) = (&question.text, &question.network);
        if !self
            .bulk
            .leads_to(text, network, |key| earlier.changed.contains(key))
        {
            return Answer::Unchanged;
        }
        let ask = |pinned: &Pinned| outcome_to_wire(pinned.screen(text, network), pinned);
        let (before, outcome) = (ask(&earlier.pinned), ask(&self.lists.pinned));
        let Some(change) = Change::between(&before, &outcome) else {
            return Answer::Unchanged;
        };
        Answer::Told(Box::new(Told {
            outcome,
            doubt: None,
            change: Some(change),
        }))
    }

    fn on(&mut self, day: Date, question: &Question<'_>) -> Result<Answer, Failure> {
        if self.days.len() >= DAYS_MAX && !self.days.contains_key(&day) {
            self.days.clear();
        }
        let lists = self.lists;
        let pinned = match self.days.entry(day) {
            std::collections::btree_map::Entry::Occupied(held) => held.into_mut(),
            std::collections::btree_map::Entry::Vacant(free) => {
                let moment = Moment {
                    as_of: Some(day),
                    ..lists.moment
                };
                free.insert(match lists.screener.pin(&moment) {
                    Ok(pinned) => Some(pinned),
                    Err(PinError::Future(_)) => None,
                    Err(error) => return Err(refused(error)),
                })
            }
        };
        let Some(pinned) = pinned else {
            return Ok(self.today(question).doubted(Some(BAD_DATE)));
        };
        let outcome = Bulk::new(pinned).screen(&question.text, &question.network);
        Ok(outcome.map_or(Answer::Plain, |outcome| {
            Answer::of(outcome_to_wire(outcome, pinned))
        }))
    }
}
