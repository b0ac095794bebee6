//! Flow 2: a published file becomes the next generation, or nothing changes.
//!
//! [`Importer::run`] shows the whole order: read, key, compare with the
//! source's last publication, pass the gates, stage, extend the filter,
//! commit, verify, publish. Whatever fails before the commit leaves the live
//! generation as it was; the commit itself is one synced write.
//!
//! | file | decides |
//! |---|---|
//! | `read/` | what a published file says |
//! | `keying` | under which address keys an entry is stored |
//! | `delta` | what came, went and changed: where a delisting is decided |
//! | `gates` | which changes need a person's word |
//! | `report` | what a person is told |
//! | `spool` | how uploads wait on disk, within limits |

pub mod read;

mod delta;
mod gates;
mod keying;
mod report;
mod spool;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use thiserror::Error;
use tracing::{info, instrument, warn};

use crate::filter::{FalsePositiveRate, Filter};
use crate::generation::{Generation, LiveGeneration, build_filter};
use crate::list::{Category, Origin, Publication, PublicationDigest, ReadAs, SourceId, Tier};
use crate::store::{
    Change, ChangeKind, CommitError, GenerationDigest, GenerationNumber, GenerationRecord,
    NextGeneration, ReadError, StagedGeneration, Store,
};

use read::{Format, InputFile};

pub use delta::{Delta, between};
pub use gates::Refusal;
pub use keying::{KeyedList, KeyedRecord};
pub use report::{FaultCount, Report, RowNote};
pub use spool::{Spool, SpoolError, SpoolLimits};

/// What is to be imported.
#[derive(Debug, Clone)]
pub struct Request {
    /// Whose publication it is.
    pub source: SourceId,
    /// Its tier, if the caller names one.
    pub tier: Option<Tier>,
    /// Its format.
    pub format: Format,
    /// Category of rows without their own; `None`: by tier.
    pub category: Option<Category>,
    /// The digest that a refusal printed, to confirm a shrink.
    pub allow_shrink: Option<String>,
    /// When the files were taken from the publisher.
    pub retrieved_at: Timestamp,
    /// Where they come from.
    pub origin: Origin,
    /// What they are.
    pub digest: PublicationDigest,
}

/// Why nothing was imported. The live generation stays.
#[derive(Debug, Error)]
pub enum ImportError {
    /// Another import is running.
    #[error("another import is running: try again when it has ended")]
    Busy,
    /// The source has another tier.
    #[error(
        "source `{source_id}` has tier {known} and not {given}: leave the tier out, change it in the configuration, or use another source id"
    )]
    TierDisagrees {
        /// The source.
        source_id: SourceId,
        /// The tier it has.
        known: Tier,
        /// The tier that was given.
        given: Tier,
    },
    /// The files were retrieved in the future.
    #[error("retrieved at {0}, which has not come yet: check the clock and the file's date")]
    RetrievedInFuture(Timestamp),
    /// A file is not what it says.
    #[error(transparent)]
    File(#[from] read::ReadError),
    /// What is live is not what was committed last.
    #[error(
        "generation {committed} was committed last and is not what is live: nothing may be built on it; restart the daemon, which verifies it"
    )]
    NotLive {
        /// The newest committed generation.
        committed: GenerationNumber,
    },
    /// Too many entries stand under one address.
    #[error("more than {max} entries for `{address}`: no real list has so many")]
    TooManyUnderOneKey {
        /// The address.
        address: String,
        /// The limit.
        max: usize,
    },
    /// There are more entries than the configuration allows.
    #[error("more than {max} entries: raise `limits.import_entries_max` if this list is real")]
    TooManyEntries {
        /// The limit.
        max: usize,
    },
    /// A gate wants a person's word.
    #[error(transparent)]
    Refused(#[from] Box<Refusal>),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] ReadError),
    /// The generation could not be committed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// What was committed is not what is found.
    #[error(
        "generation {0} was committed and a listed key is not found in it: screening is stopped; restart the daemon"
    )]
    NotFoundAfterCommit(GenerationNumber),
}

/// What one publication may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Entries.
    pub entries_max: usize,
    /// Bytes of one file.
    pub bytes_max: u64,
}

/// Turns publications into generations, one at a time.
pub struct Importer {
    store: Arc<Store>,
    live: Arc<LiveGeneration>,
    tiers: BTreeMap<SourceId, Tier>,
    rate: FalsePositiveRate,
    entries_max: usize,
    read_limits: read::Limits,
    /// Held while an import runs; a second one is told so at once.
    running: Mutex<()>,
}

impl Importer {
    /// Binds an importer to the store it writes and the generation it
    /// publishes.
    pub fn new(
        store: Arc<Store>,
        live: Arc<LiveGeneration>,
        rate: FalsePositiveRate,
        bounds: Bounds,
    ) -> Self {
        Self {
            store,
            live,
            tiers: BTreeMap::new(),
            rate,
            entries_max: bounds.entries_max,
            read_limits: read::Limits {
                file_bytes_max: bounds.bytes_max,
                ..read::Limits::default()
            },
            running: Mutex::new(()),
        }
    }

    /// Sets the tiers that the operator has given to sources.
    pub fn with_tiers(mut self, tiers: impl IntoIterator<Item = (SourceId, Tier)>) -> Self {
        self.tiers = tiers.into_iter().collect();
        self
    }

    /// Imports one publication: all of it, or nothing.
    ///
    /// # Errors
    ///
    /// If a file is bad, a gate refuses, or anything cannot be read or
    /// written. The live generation is then the one before.
    #[instrument(name = "import", skip_all, fields(source = %request.source, format = %request.format))]
    pub fn run(&self, request: &Request, files: Vec<InputFile>) -> Result<Report, ImportError> {
        let _running = self.running.try_lock().ok_or(ImportError::Busy)?;
        // What an import that failed before left behind must not be compared
        // with, and what is not live must not be built on.
        self.store.settle()?;
        let now = Timestamp::now();
        let before = self.live_at_head()?;
        let held = before
            .as_ref()
            .and_then(|generation| generation.publication(&request.source));
        let tier = self.tier_of(request, held)?;
        if request.retrieved_at > now + jiff::SignedDuration::from_mins(5) {
            return Err(ImportError::RetrievedInFuture(request.retrieved_at));
        }
        let read_as = ReadAs {
            format: request.format.to_string(),
            category: request.category.unwrap_or(default_category(tier)),
            rules: read::RULES_VERSION,
        };
        if let (Some(generation), Some(held)) = (&before, held)
            && (held.digest, held.tier, &held.read_as) == (request.digest, tier, &read_as)
        {
            return self.confirm(request, generation, held);
        }

        let limits = self.read_limits.clone();
        let rows = read::open(request.format, read_as.category, files, limits)?;
        let list = keying::key(rows, &request.source, self.entries_max)?;
        let mut report = Report::of(request, &list, tier);
        let delta = between(
            delta::active_rows(&self.store, &request.source),
            list.records,
        )?;
        report.count(&delta);
        if let Some(held) = held {
            let dates = (held.published_on, list.facts.published_on);
            let basis = seed_of(before.as_deref());
            gates::pass(request, basis, &delta, &list.tickers, dates)?;
        }

        let publication = Publication {
            source: request.source.clone(),
            tier,
            digest: request.digest,
            read_as,
            published_on: list.facts.published_on,
            retrieved_at: request.retrieved_at,
            confirmed_at: None,
            held_since: held.map_or(request.retrieved_at, |held| held.held_since),
            origin: request.origin,
            entries: list.entries,
            incomplete: list.is_incomplete,
        };
        let generation = self.commit(before.as_deref(), publication, &delta, now)?;
        report.finish(&generation.record, now);
        self.publish(generation, &delta.changes)?;
        Ok(report)
    }

    /// Returns the live generation if it is the one committed last.
    ///
    /// The two part when a commit could not be completed or a sweep took the
    /// live generation away; only a start, which verifies, joins them again.
    fn live_at_head(&self) -> Result<Option<Arc<Generation>>, ImportError> {
        let committed = self.store.head_generation();
        let live = self.live.pin();
        let number = live
            .as_ref()
            .map_or(GenerationNumber::NONE, |live| live.number());
        if number == committed {
            Ok(live)
        } else {
            Err(ImportError::NotLive { committed })
        }
    }

    /// The same publication again: nothing changes but how fresh it is.
    fn confirm(
        &self,
        request: &Request,
        generation: &Generation,
        held: &Publication,
    ) -> Result<Report, ImportError> {
        if request.retrieved_at > held.current_at() {
            self.store
                .confirm(&request.source, held.digest, request.retrieved_at)?;
            let confirmed = generation.confirmed(&request.source, request.retrieved_at);
            self.live.publish(confirmed);
        }
        info!("the same publication again");
        Ok(Report::unchanged(request, held, &generation.record))
    }

    /// Stages, extends the filter, commits: additions are in the filter
    /// before anyone can ask for them.
    fn commit(
        &self,
        before: Option<&Generation>,
        publication: Publication,
        delta: &Delta,
        now: Timestamp,
    ) -> Result<Generation, ImportError> {
        let staged = self.store.stage(&delta.changes)?;
        let filter = self.filter_for(before, &staged, &delta.changes)?;
        let source = publication.source.clone();
        let mut publications: Vec<Publication> = before
            .map(|generation| generation.record.publications.clone())
            .unwrap_or_default();
        publications.retain(|held| held.source != source);
        publications.push(publication);
        publications.sort_by(|a, b| a.source.cmp(&b.source));
        let record = staged.commit(NextGeneration {
            added: delta.added,
            amended: delta.amended,
            removed: delta.removed,
            sources: vec![source],
            publications,
            committed_at: now,
        })?;
        Ok(Generation::new(
            self.store.clone(),
            record,
            Arc::new(filter),
        ))
    }

    fn filter_for(
        &self,
        before: Option<&Generation>,
        staged: &StagedGeneration<'_>,
        changes: &[Change],
    ) -> Result<Filter, ReadError> {
        let keys = staged.keys();
        let grown = before
            .map(|generation| &generation.filter)
            .filter(|filter| filter.rate() == self.rate && filter.has_room_for_total(keys));
        debug_assert!(
            before.is_none_or(|generation| generation.number().next() == staged.number())
        );
        match grown {
            Some(filter) => {
                let listed = changes
                    .iter()
                    .filter(|change| change.kind != ChangeKind::Delisted);
                Ok(filter.extended(listed.map(|change| &change.key), keys))
            }
            None => build_filter(&self.store, self.rate, keys, seed_of(before)),
        }
    }

    /// Asks the new generation for what was just listed, publishes it, and
    /// leaves its filter on disk for the next start.
    fn publish(&self, generation: Generation, changes: &[Change]) -> Result<(), ImportError> {
        // Reading back everything of a very large change would double its
        // cost; the sweep asks for all of it right after.
        const READ_BACK_MAX: usize = 20_000;
        let step = changes.len().div_ceil(READ_BACK_MAX).max(1);
        for (index, change) in changes.iter().enumerate() {
            let listed = change.kind != ChangeKind::Delisted;
            let found = if index % step == 0 {
                let rows = generation.rows(&change.key)?;
                let number = generation.number();
                let mut ours = rows.iter().filter(|row| row.id == change.id);
                ours.any(|row| row.life.covers(number)) == listed
            } else {
                !listed || generation.filter.may_contain(&change.key)
            };
            if !found {
                self.live.withdraw();
                // Whatever is wrong with it, the next start builds another.
                let _ = std::fs::remove_file(Generation::filter_path(self.store.data_dir()));
                return Err(ImportError::NotFoundAfterCommit(generation.number()));
            }
        }
        let path = Generation::filter_path(self.store.data_dir());
        let stamp = generation.stamp();
        let filter = generation.filter.clone();
        log_commit(&generation.record);
        self.live.publish(generation);
        if let Err(error) = filter.save(&path, stamp) {
            warn!(%error, "the filter could not be saved; the next start brings it up to date");
        }
        Ok(())
    }

    /// The config's word comes first. Without it a source keeps the tier it
    /// came with, or is given a heavier one; a lighter one takes the config.
    fn tier_of(&self, request: &Request, held: Option<&Publication>) -> Result<Tier, ImportError> {
        let configured = self.tiers.get(&request.source).copied();
        let known = configured.or(held.map(|held| held.tier));
        match (known, request.tier) {
            (Some(known), Some(given)) if known != given => {
                let heavier = configured.is_none() && given < known && known != Tier::Operator;
                heavier
                    .then_some(given)
                    .ok_or_else(|| ImportError::TierDisagrees {
                        source_id: request.source.clone(),
                        known,
                        given,
                    })
            }
            (Some(tier), _) | (None, Some(tier)) => Ok(tier),
            (None, None) => Ok(Tier::Attributed),
        }
    }
}

fn default_category(tier: Tier) -> Category {
    match tier {
        Tier::Sanctions => Category::Sanctions,
        Tier::LawEnforcement | Tier::Attributed => Category::Theft,
        Tier::Operator => Category::Other,
    }
}

fn seed_of(before: Option<&Generation>) -> GenerationDigest {
    before
        .map(|generation| generation.record.digest)
        .unwrap_or_default()
}

fn log_commit(record: &GenerationRecord) {
    info!(
        generation = %record.number,
        digest = %record.digest,
        entries = record.entries(),
        added = record.added,
        amended = record.amended,
        removed = record.removed,
        sources = ?record.sources,
        "generation committed"
    );
}

#[cfg(test)]
mod tests;
