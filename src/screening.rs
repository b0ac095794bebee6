//! Flow 1: one text, one verdict.
//!
//! [`Screener::pin`] fixes what is asked (the live generation or an earlier
//! one, today or a day in the past) and how fresh it is; [`Pinned::screen`]
//! shows the whole order of a screening: parse, filter, store, relate,
//! conclude, act. Many screenings may share one pin, and all of them then see
//! the same generation.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use smallvec::SmallVec;
use thiserror::Error;
use tracing::error;
use uuid::{ContextV7, Uuid};

use crate::address::{self, Candidate, Networks, same_account};
use crate::freshness::{Freshness, Requirements, assess};
use crate::generation::{Generation, LiveGeneration};
use crate::list::{SourceId, Tier};
use crate::policy::Policy;
use crate::store::{GenerationNumber, GenerationRecord, KeyedEntry, ListedRow, ReadError};
use crate::verdict::{Findings, HintFinding, Match, Outcome, Reason, Relation, Verdict, conclude};

/// What is asked: which state of the lists, and which day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// What was in force on this day, by the sources' own dates.
    pub as_of: Option<Date>,
    /// What was known at this generation.
    pub generation: Option<GenerationNumber>,
    /// Refuse to answer from an older one than this.
    pub min_generation: Option<GenerationNumber>,
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

/// Answers screenings from the live generation.
#[derive(Clone)]
pub struct Screener {
    live: Arc<LiveGeneration>,
    requirements: Arc<Requirements>,
    policy: Policy,
}

/// One state of the lists, held for one screening or a million.
pub struct Pinned {
    screener: Screener,
    generation: Arc<Generation>,
    /// Set when an earlier generation is asked.
    earlier: Option<GenerationRecord>,
    as_of: Option<Date>,
    now: Timestamp,
    freshness: Freshness,
}

impl Screener {
    /// Binds the live generation to what the operator demands and advises.
    pub fn new(live: Arc<LiveGeneration>, requirements: Requirements, policy: Policy) -> Self {
        Self {
            live,
            requirements: Arc::new(requirements),
            policy,
        }
    }

    /// The weight of a source: as configured, else as held; and sanctions
    /// stay sanctions, whichever of the two says so.
    fn tier(&self, source: &SourceId, held: Tier) -> Tier {
        match self.requirements.rule(source) {
            Some(rule) if held != Tier::Sanctions => rule.tier,
            _ => held,
        }
    }

    /// Returns what the operator demands of the sources.
    pub fn requirements(&self) -> &Requirements {
        &self.requirements
    }

    /// Pins what is asked about, and judges how fresh it is.
    ///
    /// # Errors
    ///
    /// If nothing verified is live, or the moment is none the daemon can
    /// speak about.
    pub fn pin(&self, moment: &Moment) -> Result<Pinned, PinError> {
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
        let judged_at = if earlier.is_some() {
            record.committed_at
        } else {
            now
        };
        let mut freshness = assess(
            &self.requirements,
            &record.publications,
            record.committed_at,
            judged_at,
        );
        if moment
            .as_of
            .is_some_and(|day| self.is_before_history(day, record))
        {
            freshness.doubts.push(Reason::BeforeHistory);
        }
        Ok(Pinned {
            screener: self.clone(),
            generation,
            earlier,
            as_of: moment.as_of,
            now,
            freshness,
        })
    }

    /// An address that had come off its list before we held it is unknown to
    /// us, so an absence on such a day cannot be vouched for.
    fn is_before_history(&self, day: Date, record: &GenerationRecord) -> bool {
        record
            .publications
            .iter()
            .filter(|held| self.requirements.requires(held))
            .any(|held| day < utc_date(held.held_since))
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
    /// `network` is a ticker or a CAIP-2 id; it raises a flag and never
    /// narrows the search. An outcome leaves the daemon only after its audit
    /// record is written: the callers of this function are where that
    /// happens, between the outcome and the reply.
    pub fn screen(&self, text: &str, network: &str) -> Outcome {
        let reading = address::parse(text);
        let mut findings = Findings {
            matches: Vec::new(),
            fault: reading.fault,
            doubts: self.freshness.doubts.clone(),
        };
        for (index, candidate) in reading.candidates.iter().enumerate() {
            // An error is a doubt and never an absence; what else there is
            // is found all the same, since a match wins over every doubt.
            let whole = self.find(index, candidate, &mut findings.matches);
            if !whole && !findings.doubts.contains(&Reason::StoreError) {
                findings.doubts.push(Reason::StoreError);
            }
        }
        let (verdict, reasons) = conclude(&findings);
        let action = self.screener.policy.action(&findings);
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
        matches.truncate(Outcome::MATCHES_MAX);
        Outcome {
            id: screening_id(self.now),
            verdict,
            action,
            reasons,
            matches,
            matches_total,
            hint: hint_finding(network, &reading.candidates),
            candidates: reading.candidates,
            flags: reading.flags,
        }
    }

    /// Adds the matches of one candidate; false if something could not be
    /// read, so that there may be more.
    fn find(&self, index: usize, candidate: &Candidate, matches: &mut Vec<Match>) -> bool {
        let rows = match self.generation.rows(&candidate.key) {
            Ok(rows) => rows,
            Err(error) => return unread(&error),
        };
        let number = self.record().number;
        let mut whole = true;
        for row in &rows {
            if row.life.since > number || self.is_superseded(row) {
                continue;
            }
            match self.judge(index, candidate, row, &rows) {
                Ok(found) => {
                    if let Some(found) = found {
                        add(matches, found);
                    }
                }
                Err(error) => whole = unread(&error),
            }
        }
        whole
    }

    /// The entry goes on in another row of the same generation.
    fn is_superseded(&self, row: &ListedRow) -> bool {
        row.life.superseded && !row.life.covers(self.record().number)
    }

    /// The day that is asked about: today, or the last day of the generation
    /// asked, so that the same question has the same answer for ever.
    fn day(&self) -> Date {
        let at = match &self.earlier {
            Some(record) => record.committed_at,
            None => self.now,
        };
        self.as_of.unwrap_or_else(|| utc_date(at))
    }

    /// Holds one row against the moment asked about, and gathers the
    /// evidence. `None`: it was not listed yet.
    fn judge(
        &self,
        index: usize,
        candidate: &Candidate,
        row: &ListedRow,
        rows: &[ListedRow],
    ) -> Result<Option<Match>, ReadError> {
        let record = self.record();
        let keyed = row.entry()?;
        let day = self.day();
        if self.as_of.is_some() && in_force_from(&keyed).is_some_and(|from| from > day) {
            return Ok(None);
        }
        let ended = row.life.until.filter(|until| *until <= record.number);
        let (delisted_on, last) = match ended {
            None => (keyed.entry.delisted_on, Cow::Borrowed(record)),
            Some(until) => {
                let gone = self.delisting_day(until, &keyed)?;
                let last = GenerationNumber(until.0.saturating_sub(1));
                (Some(gone), self.record_numbered(last)?)
            }
        };
        let off = delisted_on.is_some_and(|off| off <= day);
        // Without a day to ask about, what is not in the set is not listed,
        // whatever its dates say.
        let active = !off && (ended.is_none() || self.as_of.is_some());
        let held = last
            .publication(&keyed.source)
            .ok_or(ReadError::GenerationMissing(last.number))?;
        let relation = Relation::from(same_account(
            (candidate.kind, candidate.networks),
            (keyed.kind, keyed.networks),
        ));
        let tier = self.screener.tier(&keyed.source, held.tier);
        // An amended entry was first seen when its first edition was.
        let lives = rows.iter().filter(|other| other.id == row.id);
        let first_seen = lives.map(|other| other.life.since).min();
        let first_seen = self.record_numbered(first_seen.unwrap_or(row.life.since))?;
        Ok(Some(Match {
            relation,
            candidate: index,
            tier,
            id: row.id,
            active,
            delisted_on,
            since: row.life.since,
            first_seen_at: first_seen.committed_at,
            last_seen_at: held.retrieved_at,
            publication: held.digest,
            action: self.screener.policy.about(tier, relation, active),
            source: keyed.source,
            entry: keyed.entry,
        }))
    }

    /// The day an entry came off: the source's own, or that of the publication
    /// that no longer held it, but no day later than we knew.
    fn delisting_day(
        &self,
        until: GenerationNumber,
        keyed: &KeyedEntry,
    ) -> Result<Date, ReadError> {
        let ended = self.record_numbered(until)?;
        let committed_on = utc_date(ended.committed_at);
        let publication = ended.publication(&keyed.source);
        let published_on = publication.and_then(|held| held.published_on);
        let own = keyed.entry.delisted_on.or(published_on);
        Ok(own.unwrap_or(committed_on).min(committed_on))
    }

    fn record_numbered(
        &self,
        number: GenerationNumber,
    ) -> Result<Cow<'_, GenerationRecord>, ReadError> {
        if number == self.generation.number() {
            return Ok(Cow::Borrowed(&self.generation.record));
        }
        self.generation
            .record_of(number)?
            .map(Cow::Owned)
            .ok_or(ReadError::GenerationMissing(number))
    }
}

/// Adds a match, once for each entry. One entry may be met twice: under two
/// readings of the text, or in an earlier life before it came back. Being
/// listed now wins over having been, then the closer relation, then the
/// later life.
fn add(matches: &mut Vec<Match>, found: Match) {
    let weight = |found: &Match| (!found.active, found.relation, Reverse(found.since));
    match matches.iter_mut().find(|other| other.id == found.id) {
        Some(other) if weight(&found) < weight(other) => *other = found,
        Some(_) => {}
        None => matches.push(found),
    }
}

/// Notes that something could not be read. The key is not named: it is what
/// somebody asked for.
fn unread(error: &ReadError) -> bool {
    error!(error = %error, "the store could not be read: the answer says so");
    false
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

/// The source's own date from which an entry is in force; `None` if it gives
/// none, and the entry then counts as in force on any day.
fn in_force_from(keyed: &KeyedEntry) -> Option<Date> {
    let entry = &keyed.entry;
    entry
        .listed_on
        .or(entry.designation.designated_on)
        .or_else(|| entry.incident.as_ref().and_then(|incident| incident.date))
}

fn hint_finding(network: &str, candidates: &SmallVec<[Candidate; 2]>) -> HintFinding {
    let named = network.trim();
    if named.is_empty() {
        return HintFinding::Silent;
    }
    let Ok(hinted) = Networks::from_hint(named) else {
        return HintFinding::Unknown;
    };
    let agrees = |candidate: &Candidate| candidate.networks.intersects(hinted);
    // An opaque text belongs to no network and disagrees with none.
    let tellable = candidates
        .iter()
        .any(|candidate| !candidate.networks.is_empty());
    if tellable && !candidates.iter().any(agrees) {
        HintFinding::Disagrees
    } else {
        HintFinding::Silent
    }
}

/// The day at an instant, in UTC: the same on every machine.
pub fn utc_date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
