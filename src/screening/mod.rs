//! Flow 1: one text, one verdict.
//!
//! [`Screener::pin`] fixes what is asked (the live generation or an earlier
//! one, today or a day in the past) and how fresh it is; [`Pinned::screen`]
//! shows the whole order of a screening: parse, filter, store, relate,
//! conclude, act. Many screenings may share one pin, and all of them then see
//! the same generation. How one stored row is held against what is asked is in
//! `judge`.

mod again;
mod bulk;
mod counts;
mod history;
mod judge;
mod record;
mod rules;

use std::cmp::Reverse;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use thiserror::Error;
use uuid::{ContextV7, Uuid};

use crate::address::{self, Candidate, Fault, Networks};
use crate::freshness::{Freshness, Requirements, assess};
use crate::generation::{Generation, LiveGeneration};
use crate::policy::Policy;
use crate::store::{GenerationNumber, GenerationRecord, ReadError};
use crate::test_address::{self, TestAddress};
use crate::verdict::{
    Action, Findings, HintFinding, Match, Outcome, Reason, Reasons, Verdict, conclude,
};

use judge::Found;

pub use again::{Again, Difference, moment_of};
pub use bulk::Bulk;
pub use counts::{Counts, FilterUse};
pub use history::{Event, EventKind, History};
pub use record::{Asked, Screened, match_kept};
pub use rules::Rules;

/// What is asked: which state of the lists, and which day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// What was in force on this day, by the sources' own dates.
    pub as_of: Option<Date>,
    /// What was known at this generation.
    pub generation: Option<GenerationNumber>,
    /// Refuse to answer from an older one than this.
    pub min_generation: Option<GenerationNumber>,
    /// Judge by the clock of this instant, which is not to come: how an
    /// earlier screening is done again. `None`: now, or for an earlier
    /// generation when it was committed.
    pub at: Option<Timestamp>,
}

/// Why nothing can be asked.
#[derive(Debug, Error)]
pub enum PinError {
    /// No verified generation is live.
    #[error("no verified generation is live: import a list, or wait for the daemon to be ready")]
    NotLoaded,
    /// The live generation is older than the caller needs.
    #[error("generation {asked} would be asked and at least {wanted} is wanted: try again later")]
    Behind {
        /// The generation that would be asked.
        asked: GenerationNumber,
        /// The generation asked for.
        wanted: GenerationNumber,
    },
    /// There is no such generation.
    #[error("there is no generation {wanted}: the live one is {live}")]
    NoSuchGeneration {
        /// The live generation.
        live: GenerationNumber,
        /// The generation asked for.
        wanted: GenerationNumber,
    },
    /// The day has not come yet.
    #[error("cannot say what is in force on {0}: that day has not come")]
    Future(Date),
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Answers screenings from the live generation, by the rules of the moment.
/// Clones are one and the same.
#[derive(Clone)]
pub struct Screener {
    live: Arc<LiveGeneration>,
    /// Replaced as a whole, so that no screening sees half of a change.
    rules: Arc<ArcSwap<Rules>>,
    counts: Arc<Counts>,
}

/// One state of the lists, held for one screening or a million.
pub struct Pinned {
    rules: Arc<Rules>,
    counts: Arc<Counts>,
    generation: Arc<Generation>,
    /// Set when an earlier generation is asked.
    earlier: Option<GenerationRecord>,
    as_of: Option<Date>,
    now: Timestamp,
    /// Whose clock tells what is in force and what is stale.
    judged_at: Timestamp,
    freshness: Freshness,
}

impl Screener {
    /// Binds the live generation to what the operator demands and advises.
    pub fn new(live: Arc<LiveGeneration>, requirements: Requirements, policy: Policy) -> Self {
        Self::with_rules(live, Rules::new(requirements, policy, false))
    }

    /// Binds the live generation to rules.
    pub fn with_rules(live: Arc<LiveGeneration>, rules: Rules) -> Self {
        let rules = Arc::new(ArcSwap::from_pointee(rules));
        let counts = Arc::default();
        Self {
            live,
            rules,
            counts,
        }
    }

    /// Returns how many were answered, and how.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Returns the rules that the next screening will be judged by.
    pub fn rules(&self) -> Arc<Rules> {
        self.rules.load_full()
    }

    /// Judges every screening that is pinned from now on by other rules. What
    /// is pinned already keeps those it began with.
    pub fn adopt(&self, rules: Rules) {
        self.rules.store(Arc::new(rules));
    }

    /// Pins what is asked about, and judges how fresh it is.
    ///
    /// # Errors
    ///
    /// If nothing verified is live, or the moment is none the daemon can
    /// speak about.
    pub fn pin(&self, moment: &Moment) -> Result<Pinned, PinError> {
        let rules = self.rules();
        let generation = self.live.pin().ok_or(PinError::NotLoaded)?;
        let live = generation.number();
        let asked = moment.generation.unwrap_or(live);
        if let Some(wanted) = moment.min_generation.filter(|wanted| *wanted > asked) {
            return Err(PinError::Behind {
                asked: asked.min(live),
                wanted,
            });
        }
        let earlier = match moment.generation.filter(|wanted| *wanted != live) {
            Some(wanted) => Some(
                generation
                    .record_of(wanted)?
                    .ok_or(PinError::NoSuchGeneration { live, wanted })?,
            ),
            None => None,
        };
        let now = Timestamp::now();
        if let Some(day) = moment.as_of.filter(|day| *day > utc_date(now)) {
            return Err(PinError::Future(day));
        }
        let record = earlier.as_ref().unwrap_or(&generation.record);
        // An earlier generation is judged by the clock of its own day.
        let judged_at = match moment.at {
            Some(at) => at.min(now),
            None if earlier.is_some() => record.committed_at,
            None => now,
        };
        let mut freshness = assess(
            &rules.requirements,
            &record.publications,
            record.committed_at,
            judged_at,
        );
        if moment
            .as_of
            .is_some_and(|day| rules.is_before_history(day, record))
        {
            freshness.doubts.push(Reason::BeforeHistory);
        }
        Ok(Pinned {
            rules,
            counts: self.counts.clone(),
            generation,
            earlier,
            as_of: moment.as_of,
            now,
            judged_at,
            freshness,
        })
    }
}

impl Pinned {
    /// Returns the record of the generation that is asked.
    pub fn record(&self) -> &GenerationRecord {
        self.earlier.as_ref().unwrap_or(&self.generation.record)
    }

    /// Returns how fresh its publications are.
    pub fn freshness(&self) -> &Freshness {
        &self.freshness
    }

    /// Returns the day that is asked about, if it is not today.
    pub fn as_of(&self) -> Option<Date> {
        self.as_of
    }

    /// Tells whether the answer is about the past.
    pub fn is_historical(&self) -> bool {
        self.earlier.is_some() || self.as_of.is_some()
    }

    /// Returns when it was pinned.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Screens one text: the whole order, from text to advice.
    ///
    /// `network` is a ticker or a CAIP-2 id. It never narrows the search; a
    /// text that is no address of that network cannot be cleared. An outcome
    /// leaves the daemon only after its audit record is written (`record`):
    /// the callers of this function see to that, between outcome and reply.
    pub fn screen(&self, text: &str, network: &str) -> Outcome {
        let mut outcome = self.screen_whole(text, network);
        outcome.matches.truncate(Outcome::MATCHES_MAX);
        outcome
    }

    /// Screens one text as [`Self::screen`] does, and keeps every match: what
    /// is compared must be whole.
    pub fn screen_whole(&self, text: &str, network: &str) -> Outcome {
        let hint = Hint::of(network);
        let reading = address::parse_hinted(text, hint.networks());
        let hinted = hint.networks();
        let hint = hint.finding(&reading.candidates);
        // A transfer on a network that has no such address must not pass.
        let contradicts = hint == HintFinding::Disagrees;
        let contradiction = contradicts.then_some(Fault::NetworkContradicts);
        let fault = reading.fault.or(contradiction);
        let doubts = self.freshness.doubts.clone();
        let tests = self.rules.test_addresses;
        let weighed = self.weigh(&reading.candidates, hinted, (fault, doubts), tests);
        Outcome {
            id: screening_id(self.now),
            verdict: weighed.verdict,
            action: weighed.action,
            reasons: weighed.reasons,
            matches: weighed.matches,
            matches_total: weighed.matches_total,
            hint,
            candidates: reading.candidates,
            flags: reading.flags,
        }
    }

    /// Looks up what was read, and weighs what is found: filter, store,
    /// relate, conclude, act. Test addresses are answered as such if they
    /// are to be.
    fn weigh(
        &self,
        candidates: &[Candidate],
        hinted: Networks,
        (fault, doubts): (Option<Fault>, Reasons),
        tests: bool,
    ) -> Weighed {
        let mut findings = Findings {
            matches: Vec::new(),
            fault,
            doubts,
        };
        let mut found = Found::default();
        for (index, candidate) in candidates.iter().enumerate() {
            // An error is a doubt and never an absence; what else there is
            // is found all the same, since a match wins over every doubt.
            let whole = self.find(index, candidate, &mut found);
            if !whole && !findings.doubts.contains(&Reason::StoreError) {
                findings.doubts.push(Reason::StoreError);
            }
        }
        self.counts.filtered(found.filter);
        findings.matches = found.exempted(candidates, hinted);
        // What is found beside it stands: a test answer only ever adds.
        let is_test = tests && self.add_test(candidates, &mut findings);
        let (verdict, mut reasons) = conclude(&findings);
        if is_test && !reasons.contains(&Reason::TestAddress) {
            reasons.push(Reason::TestAddress);
        }
        let action = self.rules.policy.action(&findings);
        let mut matches = findings.matches;
        matches.sort_by_key(|found| {
            (
                !found.lists(),
                Reverse(found.action),
                found.relation,
                found.tier,
            )
        });
        let matches_total = matches.len();
        Weighed {
            verdict,
            action,
            reasons,
            matches,
            matches_total,
        }
    }
}

impl Pinned {
    /// Adds what a test address stands for; false if it is none.
    fn add_test(&self, candidates: &[Candidate], findings: &mut Findings) -> bool {
        let test = |(index, candidate): (usize, &Candidate)| {
            test_address::of(&candidate.key).map(|test| (index, test))
        };
        let found = candidates.iter().enumerate().find_map(test);
        let Some((index, test)) = found else {
            return false;
        };
        let doubt = match test {
            TestAddress::Listed | TestAddress::Review => {
                let record = self.record();
                let since = (record.number, record.committed_at);
                findings.matches.push(test.as_match(index, since));
                return true;
            }
            TestAddress::Stale => Reason::SourceStale,
            TestAddress::Indeterminate => Reason::TestAddress,
        };
        if !findings.doubts.contains(&doubt) {
            findings.doubts.push(doubt);
        }
        true
    }
}

/// What follows from what was read.
struct Weighed {
    verdict: Verdict,
    action: Action,
    reasons: Reasons,
    matches: Vec<Match>,
    matches_total: usize,
}

impl Outcome {
    /// Tells whether the address is on a list.
    pub fn is_listed(&self) -> bool {
        self.verdict == Verdict::Listed
    }
}

/// A UUIDv7: ids of one thread follow each other, and no lock is shared with
/// the other threads.
fn screening_id(now: Timestamp) -> Uuid {
    thread_local! {
        static CONTEXT: ContextV7 = const { ContextV7::new() };
    }
    let second = u64::try_from(now.as_second()).unwrap_or_default();
    let nanosecond = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
    CONTEXT.with(|context| Uuid::new_v7(uuid::Timestamp::from_unix(context, second, nanosecond)))
}

/// What the caller says the network is.
#[derive(Clone, Copy)]
enum Hint {
    NotGiven,
    Named(Networks),
    Unknown,
}

impl Hint {
    fn of(network: &str) -> Self {
        match network.trim() {
            "" => Self::NotGiven,
            named => Networks::from_hint(named).map_or(Self::Unknown, Self::Named),
        }
    }

    fn networks(&self) -> Networks {
        match self {
            Self::Named(networks) => *networks,
            Self::NotGiven | Self::Unknown => Networks::NONE,
        }
    }

    /// Holds it against the readings. A text whose network nobody can tell
    /// disagrees with none.
    fn finding(&self, candidates: &[Candidate]) -> HintFinding {
        let hinted = match self {
            Self::NotGiven => return HintFinding::Silent,
            Self::Unknown => return HintFinding::Unknown,
            Self::Named(networks) => *networks,
        };
        let agrees = |candidate: &Candidate| candidate.networks.intersects(hinted);
        let tellable = |candidate: &Candidate| !candidate.networks.is_empty();
        // Each destination by itself: they stand together, in order.
        let mut destinations = candidates.chunk_by(|a, b| a.destination == b.destination);
        let disagrees = destinations
            .any(|readings| readings.iter().any(tellable) && !readings.iter().any(agrees));
        if disagrees {
            HintFinding::Disagrees
        } else {
            HintFinding::Silent
        }
    }
}

/// The day at an instant, in UTC: the same on every machine.
pub fn utc_date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
