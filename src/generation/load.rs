//! From a data directory to a generation that can be asked.
//!
//! The filter file spares a start the building of a filter, and never the
//! check: the walk that verifies the set asks the loaded filter for every
//! key. One written for this generation that knows them all is used as it is;
//! one for an earlier generation is brought up to date with the keys that
//! changed since, and asked again; anything else is built anew. A set that
//! holds no generation yet gives none.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;
use tracing::{info, warn};

use crate::filter::{FalsePositiveRate, Filter, FilterStamp};
use crate::store::{
    GenerationDigest, GenerationNumber, GenerationRecord, OpenError, ReadError, Store,
};

use super::Generation;

/// Why a generation cannot be made live.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The data directory is refused.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The committed generation has no record.
    #[error("generation {0} was committed and has no record")]
    NoRecord(GenerationNumber),
}

/// Opens a data directory, verifies it, and loads the newest committed
/// generation with its filter; `None` if nothing was ever committed.
///
/// # Errors
///
/// If the directory is refused or cannot be read.
pub fn open(
    data_dir: &Path,
    rate: FalsePositiveRate,
) -> Result<(Arc<Store>, Option<Generation>), LoadError> {
    let saved = match Filter::load(&Generation::filter_path(data_dir)) {
        Ok(saved) => Some(saved),
        Err(error) => {
            warn!(%error, "the filter is built anew");
            None
        }
    };
    let missed = AtomicBool::new(false);
    let store = Arc::new(Store::open_visiting(data_dir, |key| {
        if let Some((filter, _)) = &saved
            && !filter.may_contain(key)
        {
            missed.store(true, Ordering::Relaxed);
        }
    })?);
    let head = store.head();
    let Some(record) = newest_record(&store)? else {
        return Ok((store, None));
    };
    let missed = missed.into_inner();
    let current = |(filter, stamp): &(Filter, FilterStamp)| {
        let ours = stamp.generation == record.number && stamp.digest == record.digest;
        ours && !missed && filter.rate() == rate && filter.keys() == head.keys
    };
    let filter = match saved {
        Some(saved) if current(&saved) => {
            let filter = Arc::new(saved.0);
            return Ok((store.clone(), Some(Generation::new(store, record, filter))));
        }
        Some(saved) => brought_up_to_date(&store, rate, saved)?,
        None => None,
    };
    let filter = match filter {
        Some(filter) => filter,
        None => build_filter(&store, rate, head.keys, record.digest)?,
    };
    let generation = Generation::new(store.clone(), record, Arc::new(filter));
    let path = Generation::filter_path(data_dir);
    if let Err(error) = generation.filter.save(&path, generation.stamp()) {
        warn!(%error, "the filter could not be saved; the next start builds it again");
    }
    Ok((store, Some(generation)))
}

/// Opens a data directory for reading only, beside a daemon or without one,
/// verifies it, and loads the newest committed generation; `None` if nothing
/// was ever committed. The filter is built in memory, and nothing is written.
///
/// # Errors
///
/// If the directory is refused or cannot be read.
pub fn open_read_only(
    data_dir: &Path,
    rate: FalsePositiveRate,
) -> Result<(Arc<Store>, Option<Generation>), LoadError> {
    let store = Arc::new(Store::open_read_only(data_dir, |_| {})?);
    let Some(record) = newest_record(&store)? else {
        return Ok((store, None));
    };
    let filter = build_filter(&store, rate, store.head().keys, record.digest)?;
    let generation = Generation::new(store.clone(), record, Arc::new(filter));
    Ok((store, Some(generation)))
}

/// The record of the newest generation, with when each publication was last
/// seen again; `None` if nothing was ever committed.
fn newest_record(store: &Store) -> Result<Option<GenerationRecord>, LoadError> {
    let newest = store.head().generation;
    if newest == GenerationNumber::NONE {
        return Ok(None);
    }
    let mut record = store
        .generation(newest)?
        .ok_or(LoadError::NoRecord(newest))?;
    for held in &mut record.publications {
        held.confirmed_at = store.confirmed_at(&held.source, held.digest)?;
    }
    Ok(Some(record))
}

/// Builds a filter over every key ever listed.
///
/// # Errors
///
/// If the store cannot be read.
pub fn build_filter(
    store: &Store,
    rate: FalsePositiveRate,
    keys: u64,
    digest: GenerationDigest,
) -> Result<Filter, ReadError> {
    let mut filter = Filter::with_room_for(keys, rate, digest);
    for shelf in store.shelves() {
        filter.insert(&shelf?.0);
    }
    info!(keys = filter.keys(), bytes = filter.bytes(), "filter built");
    Ok(filter)
}

/// Returns an earlier generation's filter with the keys that changed since,
/// or `None` if it does not then know every key.
fn brought_up_to_date(
    store: &Store,
    rate: FalsePositiveRate,
    (filter, stamp): (Filter, FilterStamp),
) -> Result<Option<Filter>, ReadError> {
    let head = store.head();
    // A filter of another history has nothing to do with this set.
    let known = store.generation(stamp.generation)?;
    let ours = known.is_some_and(|record| record.digest == stamp.digest);
    if !ours || filter.rate() != rate || !filter.has_room_for_total(head.keys) {
        warn!("the filter does not fit this set and is built anew");
        return Ok(None);
    }
    let changed = store.changed_keys(stamp.generation, head.generation)?;
    let filter = filter.extended(changed.iter(), head.keys);
    for shelf in store.shelves() {
        if !filter.may_contain(&shelf?.0) {
            warn!("the filter lacks keys of this set and is built anew");
            return Ok(None);
        }
    }
    Ok(Some(filter))
}
