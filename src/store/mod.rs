//! The store: every row ever listed, in RocksDB, each with its life.
//!
//! A [`Store`] holds one data directory open. It reads the rows under a key,
//! the history of generations and what changed between them; and it commits
//! the next generation all or nothing (`commit`). Rows of generation N+1 are
//! written while readers at N look past them, and one synced write of the
//! head makes them count.
//!
//! It promises that what it opened is what was committed: the set is read
//! back and its digest compared before [`Store::open`] returns, and a
//! database older than its floor file is refused. An error while reading is
//! an error, never an absence. It decides nothing about lists, verdicts or
//! freshness, and this folder is the only place that names `rocksdb`.
//!
//! | file | holds |
//! |---|---|
//! | `schema` | column families, options, format number |
//! | `rows`, `record` | what is stored, and its way to and from plain values |
//! | `change`, `commit` | the next generation: what it is made of, staging, the head |
//! | `open`, `read_only`, `verify` | where trust is earned: what is checked before anything is read |
//! | `digest`, `floor` | how a changed or a shrunken set is noticed |
//! | `history` | what changed between two generations |
//! | `backup` | a consistent copy of the database, and the proof of one |
//! | `book/` | the operator's portfolios and alerts, in a database of their own |
//!
//! A data directory holds `db/` (the database), `FLOOR` (see `floor`),
//! `filter` (see the `filter` module), and while an import runs `incoming/`
//! and `stage-*.sst`.

mod backup;
pub mod book;
mod change;
mod commit;
mod digest;
mod figures;
mod floor;
mod history;
mod open;
mod read_only;
mod record;
mod rows;
mod schema;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use rocksdb::{
    BoundColumnFamily, Cache, DBWithThreadMode, IteratorMode, MultiThreaded, ReadOptions,
};
use thiserror::Error;

use crate::address::AddressKey;
use crate::list::{PublicationDigest, SourceId};

pub use crate::list::GenerationNumber;

pub use backup::CheckpointError;
pub use change::{Change, ChangeKind, CommitError, NextGeneration};
pub use commit::StagedGeneration;
pub use digest::{GenerationDigest, SetDigest};
pub use figures::StoreFigures;
pub use floor::{Floor, FloorError};
pub use history::ChangedEntry;
pub use open::{CreateError, OpenError};
pub use record::GenerationRecord;
pub use rows::{KeyedEntry, Life, ListedRow, RowError};
pub use schema::FORMAT;

type Database = DBWithThreadMode<MultiThreaded>;

/// One data directory, held open by one process.
pub struct Store {
    data_dir: PathBuf,
    database: Database,
    /// Kept so that table files made for ingestion share its options.
    cache: Cache,
    /// What readers may see. Written only after the write it describes has
    /// been synced; the lock is held for a copy and never across I/O.
    head: RwLock<Head>,
    /// Held from staging to commit: one generation is written at a time.
    writer: Mutex<()>,
}

/// The newest committed state.
#[derive(Debug, Clone)]
pub struct Head {
    /// Its number; [`GenerationNumber::NONE`] in a fresh data directory.
    pub generation: GenerationNumber,
    /// The digest of its active rows, ready to go on from.
    pub set: SetDigest,
    /// Keys ever listed: what the filter has to cover.
    pub keys: u64,
}

impl Head {
    /// The head of a fresh data directory.
    fn none() -> Self {
        Self {
            generation: GenerationNumber::NONE,
            set: SetDigest::empty(),
            keys: 0,
        }
    }
}

/// A read that failed. Never to be taken for "nothing there".
#[derive(Debug, Error)]
pub enum ReadError {
    /// RocksDB reported an error.
    #[error("cannot read the {family} of the data directory")]
    Database {
        /// The column family.
        family: &'static str,
        /// What RocksDB said.
        source: rocksdb::Error,
    },
    /// A value does not decode.
    #[error("cannot decode what the data directory holds")]
    Row(#[from] RowError),
    /// A generation below the head has no record.
    #[error("generation {0} has no record in the data directory")]
    GenerationMissing(GenerationNumber),
}

impl Store {
    /// Returns the newest committed state.
    pub fn head(&self) -> Head {
        self.head.read().clone()
    }

    /// Returns the number of the newest committed generation.
    pub fn head_generation(&self) -> GenerationNumber {
        self.head.read().generation
    }

    /// Returns the folder that is held open.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Returns every row under a key, whatever its life.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error or a row does not decode.
    pub fn rows(&self, key: &AddressKey) -> Result<Vec<ListedRow>, ReadError> {
        self.shelf(key.as_bytes())
    }

    fn shelf(&self, key: &[u8]) -> Result<Vec<ListedRow>, ReadError> {
        let family = self.family(schema::ENTRIES);
        let value = self
            .database
            .get_pinned_cf(&family, key)
            .map_err(failed(schema::ENTRIES))?;
        match value {
            Some(value) => Ok(rows::decode_shelf(Bytes::copy_from_slice(&value))?),
            None => Ok(Vec::new()),
        }
    }

    /// Goes through every key ever listed and its rows, in key order.
    pub fn shelves(
        &self,
    ) -> impl Iterator<Item = Result<(AddressKey, Vec<ListedRow>), ReadError>> + '_ {
        let family = self.family(schema::ENTRIES);
        self.database
            .iterator_cf_opt(&family, scan_options(), IteratorMode::Start)
            .map(|item| {
                let (key, value) = item.map_err(failed(schema::ENTRIES))?;
                let key = stored_key(&key)?;
                Ok((key, rows::decode_shelf(value.into_vec().into())?))
            })
    }

    /// Returns the record of a generation, or `None` if there never was one.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error or the record does not decode.
    pub fn generation(
        &self,
        number: GenerationNumber,
    ) -> Result<Option<GenerationRecord>, ReadError> {
        if number == GenerationNumber::NONE || number > self.head_generation() {
            return Ok(None);
        }
        let family = self.family(schema::GENERATIONS);
        let value = self
            .database
            .get_pinned_cf(&family, schema::generation_key(number))
            .map_err(failed(schema::GENERATIONS))?
            .ok_or(ReadError::GenerationMissing(number))?;
        Ok(Some(GenerationRecord::decode(&value)?))
    }

    /// Returns when this very publication of a source was last seen again.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error.
    pub fn confirmed_at(
        &self,
        source: &SourceId,
        publication: PublicationDigest,
    ) -> Result<Option<Timestamp>, ReadError> {
        let value = self
            .database
            .get_pinned_cf(&self.family(schema::META), schema::meta_confirmed(source))
            .map_err(failed(schema::META))?;
        let Some(value) = value else { return Ok(None) };
        // What was said of an earlier publication says nothing of this one.
        let Some(milliseconds) = value.strip_prefix(publication.0.as_slice()) else {
            return Ok(None);
        };
        let milliseconds = milliseconds
            .try_into()
            .map(i64::from_le_bytes)
            .map_err(|_| RowError::new("confirmation", "it is not a digest and 8 bytes"))?;
        let instant = Timestamp::from_millisecond(milliseconds)
            .map_err(|error| RowError::new("confirmation", error))?;
        Ok(Some(instant))
    }

    fn family(&self, name: &'static str) -> Arc<BoundColumnFamily<'_>> {
        self.database
            .cf_handle(name)
            .expect("every family was opened by name, and none is ever dropped")
    }
}

fn stored_key(bytes: &[u8]) -> Result<AddressKey, RowError> {
    AddressKey::from_bytes(bytes)
        .ok_or_else(|| RowError::new("address key", "its class or length is not known"))
}

/// For reading everything once: check every block, leave the cache alone.
fn scan_options() -> ReadOptions {
    let mut options = ReadOptions::default();
    options.set_verify_checksums(true);
    options.fill_cache(false);
    options
}

fn failed(family: &'static str) -> impl Fn(rocksdb::Error) -> ReadError {
    move |source| ReadError::Database { family, source }
}

#[cfg(test)]
mod tests;
