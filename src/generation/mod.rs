//! The live generation: what every screening looks at.
//!
//! A [`Generation`] is an immutable, numbered state of the whole set with the
//! filter that belongs to it, in one `Arc`, so that the two cannot disagree.
//! [`LiveGeneration`] holds the current one: readers pin it and see it whole
//! for as long as they need, an import publishes the next. Until a verified
//! generation is published there is none, and screening is unavailable.
//!
//! How a generation comes to be after a start is in `load`; the sweep that
//! asks for every listed key through the live path is in `sweep`.

mod load;
mod sweep;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::address::AddressKey;
use crate::filter::{Filter, FilterStamp};
use crate::list::{Publication, SourceId};
use crate::store::{GenerationNumber, GenerationRecord, ListedRow, ReadError, Store};

pub use load::{LoadError, build_filter, open, open_read_only};
pub use sweep::{SweepError, SweepReport, sweep};

/// An immutable state of the whole set, ready to be asked.
pub struct Generation {
    /// Number, digest, counts and publications.
    pub record: GenerationRecord,
    /// Covers every key ever listed up to this generation.
    pub filter: Arc<Filter>,
    store: Arc<Store>,
}

impl Generation {
    /// Binds a record to the filter that covers it.
    pub fn new(store: Arc<Store>, record: GenerationRecord, filter: Arc<Filter>) -> Self {
        Self {
            record,
            filter,
            store,
        }
    }

    /// Returns its number.
    pub fn number(&self) -> GenerationNumber {
        self.record.number
    }

    /// Returns every row under a key that this generation knows of, those
    /// that have ended included.
    ///
    /// The filter answers first, and only its "maybe" reaches the store.
    ///
    /// # Errors
    ///
    /// If the store cannot be read. Never to be taken for "no rows".
    #[inline]
    pub fn rows(&self, key: &AddressKey) -> Result<Vec<ListedRow>, ReadError> {
        if !self.filter.may_contain(key) {
            return Ok(Vec::new());
        }
        let mut rows = self.store.rows(key)?;
        rows.retain(|row| row.life.since <= self.record.number);
        Ok(rows)
    }

    /// Returns the record of this or an earlier generation.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub fn record_of(
        &self,
        number: GenerationNumber,
    ) -> Result<Option<GenerationRecord>, ReadError> {
        if number > self.record.number {
            return Ok(None);
        }
        self.store.generation(number)
    }

    /// Returns the current publication of a source.
    pub fn publication(&self, source: &SourceId) -> Option<&Publication> {
        self.record.publication(source)
    }

    /// Returns a copy in which a source's publication was seen again.
    pub fn confirmed(&self, source: &SourceId, at: Timestamp) -> Self {
        let mut record = self.record.clone();
        for publication in &mut record.publications {
            if publication.source == *source {
                publication.confirmed_at = publication.confirmed_at.max(Some(at));
            }
        }
        Self::new(self.store.clone(), record, self.filter.clone())
    }

    /// Returns the stamp that binds a filter file to this generation.
    pub fn stamp(&self) -> FilterStamp {
        FilterStamp {
            generation: self.record.number,
            digest: self.record.digest,
        }
    }

    /// Returns where the filter file of a data directory lies.
    pub fn filter_path(data_dir: &Path) -> PathBuf {
        data_dir.join("filter")
    }
}

/// The generation that is asked now.
///
/// Publishing is a pointer swap: a reader that has pinned the one before goes
/// on with it undisturbed.
pub struct LiveGeneration {
    current: ArcSwapOption<Generation>,
    /// Told of every change, for health and for the sweep.
    changed: watch::Sender<Option<GenerationNumber>>,
}

impl Default for LiveGeneration {
    fn default() -> Self {
        Self {
            current: ArcSwapOption::empty(),
            changed: watch::Sender::new(None),
        }
    }
}

impl LiveGeneration {
    /// Pins the live generation, or returns `None` while none is verified.
    #[inline]
    pub fn pin(&self) -> Option<Arc<Generation>> {
        self.current.load_full()
    }

    /// Makes a verified generation the live one.
    pub fn publish(&self, generation: Generation) {
        let number = generation.number();
        self.current.store(Some(Arc::new(generation)));
        self.changed.send_replace(Some(number));
    }

    /// Takes the live generation away: from here on nothing is answered.
    pub fn withdraw(&self) {
        self.current.store(None);
        self.changed.send_replace(None);
    }

    /// Follows the number of the live generation; `None` while there is none.
    pub fn watch(&self) -> watch::Receiver<Option<GenerationNumber>> {
        self.changed.subscribe()
    }
}
