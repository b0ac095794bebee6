//! What a commit is made of, and how it fails.

use std::path::PathBuf;

use bytes::Bytes;
use jiff::Timestamp;
use thiserror::Error;

use crate::address::AddressKey;
use crate::list::{EntryId, GenerationNumber, Made, Publication, SourceId};

use super::ReadError;
use super::floor::FloorError;
use super::rows::RowError;

/// What becomes of one entry under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The address key.
    pub key: AddressKey,
    /// The entry.
    pub id: EntryId,
    /// What becomes of it.
    pub kind: ChangeKind,
}

/// What becomes of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// It comes on, with these encoded particulars.
    Listed(Bytes),
    /// It goes off.
    Delisted,
    /// It goes on with these other particulars.
    Amended(Bytes),
}

impl ChangeKind {
    /// Fixed for ever.
    pub(super) const fn code(&self) -> u32 {
        match self {
            Self::Listed(_) => 1,
            Self::Delisted => 2,
            Self::Amended(_) => 3,
        }
    }
}

/// Why a generation was not committed.
#[derive(Debug, Error)]
pub enum CommitError {
    /// RocksDB did not write.
    #[error("cannot write to the data directory")]
    Database(#[from] rocksdb::Error),
    /// A table file cannot be made or removed.
    #[error("cannot stage a table file at {}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What is there cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The change does not fit the rows that are there.
    #[error("a change does not fit the set: entry {id} under key {key} {rule}")]
    Conflict {
        /// The key.
        key: AddressKey,
        /// The entry.
        id: EntryId,
        /// What is wrong.
        rule: &'static str,
    },
    /// The rows are committed, but the floor could not be raised.
    #[error(
        "generation {generation} is committed but not confirmed: its floor could not be written; it will be live from the next start"
    )]
    Floor {
        /// The generation.
        generation: GenerationNumber,
        /// Why.
        source: FloorError,
    },
}

impl From<RowError> for CommitError {
    fn from(error: RowError) -> Self {
        Self::Read(error.into())
    }
}

/// What the next generation is made of, beside its rows.
#[derive(Debug, Clone)]
pub struct NextGeneration {
    /// Sources whose publications make it.
    pub sources: Vec<SourceId>,
    /// Entries that come, under however many keys.
    pub added: u64,
    /// Entries whose particulars change.
    pub amended: u64,
    /// Entries that go.
    pub removed: u64,
    /// The publication of every source as of it, by source.
    pub publications: Vec<Publication>,
    /// The time of the commit.
    pub committed_at: Timestamp,
    /// What makes it, and who answers for it.
    pub made: Made,
}
