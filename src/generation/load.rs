//! From an opened store to a generation that can be asked.
//!
//! The filter file spares a start the walk over all keys: one written for
//! this generation is used as it is, one for an earlier generation is brought
//! up to date with the keys that changed since, and anything else is built
//! anew. A set that holds no generation yet gives none.

use std::sync::Arc;

use thiserror::Error;
use tracing::{info, warn};

use crate::filter::{FalsePositiveRate, Filter};
use crate::store::{GenerationDigest, GenerationNumber, ReadError, Store};

use super::Generation;

/// Why a generation cannot be made live.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The committed generation has no record.
    #[error("generation {0} was committed and has no record")]
    NoRecord(GenerationNumber),
}

/// Loads the newest committed generation with its filter.
///
/// Returns `None` if nothing was ever committed.
///
/// # Errors
///
/// If the store cannot be read.
pub fn load(store: &Arc<Store>, rate: FalsePositiveRate) -> Result<Option<Generation>, LoadError> {
    let head = store.head();
    if head.generation == GenerationNumber::NONE {
        return Ok(None);
    }
    let mut record = store
        .generation(head.generation)?
        .ok_or(LoadError::NoRecord(head.generation))?;
    for publication in &mut record.publications {
        if let Some(at) = store.confirmed_at(&publication.source)? {
            publication.retrieved_at = publication.retrieved_at.max(at);
        }
    }
    let (filter, current) = match usable_filter(store, rate)? {
        Some(found) => found,
        None => (build_filter(store, rate, head.keys, record.digest)?, false),
    };
    let generation = Generation::new(store.clone(), record, Arc::new(filter));
    if !current {
        let path = Generation::filter_path(store);
        if let Err(error) = generation.filter.save(&path, generation.stamp()) {
            warn!(%error, "the filter could not be saved; the next start builds it again");
        }
    }
    Ok(Some(generation))
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

/// Returns the saved filter brought up to the head, and whether it already
/// was; or `None` if it has to be built anew.
fn usable_filter(
    store: &Store,
    rate: FalsePositiveRate,
) -> Result<Option<(Filter, bool)>, ReadError> {
    let head = store.head();
    let (filter, stamp) = match Filter::load(&Generation::filter_path(store)) {
        Ok(found) => found,
        Err(error) => {
            warn!(%error, "the filter is built anew");
            return Ok(None);
        }
    };
    // A filter of another history has nothing to do with this set.
    let known = store.generation(stamp.generation)?;
    let ours = known.is_some_and(|record| record.digest == stamp.digest);
    if !ours || filter.rate() != rate {
        warn!("the filter belongs to another set or rate and is built anew");
        return Ok(None);
    }
    if stamp.generation == head.generation {
        return Ok((filter.keys() == head.keys).then_some((filter, true)));
    }
    if !filter.has_room_for_total(head.keys) {
        return Ok(None);
    }
    let changed = store.changed_keys(stamp.generation, head.generation)?;
    Ok(Some((filter.extended(changed.iter(), head.keys), false)))
}
