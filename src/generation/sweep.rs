//! The sweep: every listed key is asked for through the live path.
//!
//! Filter, store and generation are each checked on their own when they are
//! made; the sweep checks what a screening really goes through. One key that
//! is listed and not found means that nothing may be answered any more.

use thiserror::Error;

use crate::address::AddressKey;
use crate::store::{ReadError, Store};

use super::Generation;

/// What a sweep went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepReport {
    /// Keys asked for.
    pub keys: u64,
    /// Active rows found.
    pub rows: u64,
}

/// Why a generation must not be asked any longer.
#[derive(Debug, Error)]
pub enum SweepError {
    /// A listed key is not found.
    #[error("key {key} is listed in the store and not found through the live path")]
    Missed {
        /// The key.
        key: AddressKey,
    },
    /// The number of active rows is not the one committed.
    #[error("{found} active rows were found and {expected} committed")]
    Count {
        /// Rows found.
        found: u64,
        /// Rows committed.
        expected: u64,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Asks a generation for every key that it lists.
///
/// Returns `None` when `cut_short` says that the answer is no longer wanted:
/// another generation is live, or the daemon stops.
///
/// # Errors
///
/// If a key is missed or the store cannot be read.
pub fn sweep(
    store: &Store,
    generation: &Generation,
    cut_short: impl Fn() -> bool,
) -> Result<Option<SweepReport>, SweepError> {
    let mut report = SweepReport { keys: 0, rows: 0 };
    let covered = |life: crate::store::Life| life.covers(generation.number());
    for shelf in store.shelves() {
        let (key, stored) = shelf?;
        let listed = stored.iter().filter(|row| covered(row.life)).count();
        if listed > 0 {
            let found = generation.rows(&key)?;
            if found.iter().filter(|row| covered(row.life)).count() != listed {
                return Err(SweepError::Missed { key });
            }
            report.keys += 1;
            report.rows += listed as u64;
        }
        if report.keys.is_multiple_of(1024) && cut_short() {
            return Ok(None);
        }
    }
    if report.rows != generation.record.rows {
        return Err(SweepError::Count {
            found: report.rows,
            expected: generation.record.rows,
        });
    }
    Ok(Some(report))
}
