//! The book: portfolios, who is in them under which address keys, and the
//! alerts about them, in a RocksDB database of its own.
//!
//! It stands in `book/` of the data directory, open to the daemon's user
//! only, and is made when the first portfolio is imported. The lists do not
//! depend on it: it has its own log, and a publication never waits for it.
//!
//! It promises: a portfolio is replaced, added to or removed by one synced
//! write, all or nothing; alerts are numbered from 1 without gaps, and are
//! written together with the position they lead to, so that a crash neither
//! repeats nor loses one; what was not finished is taken out at the next
//! open. An error while reading is an error, never an absence.
//!
//! What is a change for whom is left to [`monitor`](crate::monitor), which
//! also sees to it that one thread writes at a time.
//!
//! | file | holds |
//! |---|---|
//! | `schema` | families, keys, options |
//! | `open` | creating, opening, what is refused |
//! | `edition`, `runs` | the members of one import, written with flat memory |
//! | `index` | finding the holders of an address key again |
//! | `alerts` | what was told, up to where, and what was said to it |
//! | `write` | one atomic write |
//! | `encode` | to stored messages and back |

mod alerts;
mod edition;
mod encode;
mod index;
mod open;
mod runs;
mod schema;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use prost::Message as _;
use rocksdb::{BoundColumnFamily, Cache, IteratorMode};

use crate::portfolio::{Portfolio, PortfolioName, Position};

use super::rows::{RowError, pb};
use super::{Database, ReadError, failed};

pub use edition::{EditionError, NewEdition, Unbound};
pub use open::BookError;
pub use write::{BookWrite, WriteError};

/// A step of the monitor that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Editions that stand here go on.
    pub from: Position,
    /// To here.
    pub to: Position,
    /// Members before this edition and number are done.
    pub next: (u32, u32),
}

/// The book of one data directory, held open by one process.
pub struct Book {
    path: PathBuf,
    database: Database,
    cache: Cache,
    /// The sequence of the next alert. Written with the alerts before it.
    next: Mutex<u64>,
    /// The number of the next edition.
    next_edition: Mutex<u32>,
}

impl Book {
    /// Returns where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns every portfolio, by name.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error or a value does not decode.
    pub fn portfolios(&self) -> Result<Vec<Portfolio>, ReadError> {
        self.database
            .iterator_cf(&self.family(schema::PORTFOLIOS), IteratorMode::Start)
            .map(|item| {
                let (name, value) = item.map_err(failed(schema::PORTFOLIOS))?;
                Ok(encode::portfolio(stored_name(&name)?, &value)?)
            })
            .collect()
    }

    /// Returns one portfolio, or `None` if there is none of that name.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error or the value does not decode.
    pub fn portfolio(&self, name: &PortfolioName) -> Result<Option<Portfolio>, ReadError> {
        let value = self.get(schema::PORTFOLIOS, name.as_str().as_bytes())?;
        let decode = |value: Vec<u8>| encode::portfolio(name.clone(), &value);
        Ok(value.map(decode).transpose()?)
    }

    /// Returns the step that is under way, if one is.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error or the value does not decode.
    pub fn step(&self) -> Result<Option<Step>, ReadError> {
        let Some(value) = self.get(schema::META, schema::META_STEP)? else {
            return Ok(None);
        };
        let step =
            pb::Step::decode(value.as_slice()).map_err(|error| RowError::new("step", error))?;
        Ok(Some(encode::step(step)?))
    }

    fn get(&self, family: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.database
            .get_cf(&self.family(family), key)
            .map_err(failed(family))
    }

    fn number(&self, key: &[u8]) -> Result<Option<u64>, ReadError> {
        let Some(value) = self.get(schema::META, key)? else {
            return Ok(None);
        };
        let bytes = value.as_slice().try_into();
        let bytes = bytes.map_err(|_| RowError::new("number", "it is not 8 bytes"))?;
        Ok(Some(u64::from_le_bytes(bytes)))
    }

    fn family(&self, name: &'static str) -> Arc<BoundColumnFamily<'_>> {
        self.database
            .cf_handle(name)
            .expect("every family was opened by name, and none is ever dropped")
    }
}

fn stored_name(bytes: &[u8]) -> Result<PortfolioName, RowError> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    text.parse()
        .map_err(|_| RowError::new("portfolio", "its name is none"))
}

#[cfg(test)]
mod tests;
