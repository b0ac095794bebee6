//! The database's part of a backup: a consistent copy, and the proof of one.
//!
//! A checkpoint is RocksDB's own: new table files are linked rather than
//! copied where the file system allows it, so it takes no time to speak of.
//! It is made while nothing can be committed, with a floor file written from
//! the very head that it holds. [`Store::verify_copy`] opens a copy for
//! reading only, so that looking at a backup never changes it.

use std::path::{Path, PathBuf};

use rocksdb::checkpoint::Checkpoint;
use thiserror::Error;

use super::floor::{Floor, FloorError};
use super::open::{floor_of, refused};
use super::{Database, Head, OpenError, ReadError, Store, schema};

/// Why a copy of the database cannot be made.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// RocksDB did not make it.
    #[error("cannot make a copy of the database at {}", path.display())]
    Database {
        /// Where.
        path: PathBuf,
        /// What RocksDB said.
        source: rocksdb::Error,
    },
    /// What an unfinished import left behind cannot be taken out.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The floor file cannot be written.
    #[error(transparent)]
    Floor(#[from] FloorError),
}

impl Store {
    /// Writes the database and its floor into a folder that exists and is
    /// empty, and returns the head that both hold.
    ///
    /// Waits for a commit under way, and lets none begin meanwhile.
    ///
    /// # Errors
    ///
    /// If anything cannot be read or written.
    pub fn checkpoint(&self, folder: &Path) -> Result<Head, CheckpointError> {
        let _writer = self.writer.lock();
        // What an unfinished import left behind is no part of the set, and a
        // copy that is only read cannot take it out.
        self.take_out_unfinished()?;
        let path = schema::database_path(folder);
        Checkpoint::new(&self.database)
            .and_then(|checkpoint| checkpoint.create_checkpoint(&path))
            .map_err(|source| CheckpointError::Database { path, source })?;
        let head = self.head();
        floor_of(&head).write(folder)?;
        Ok(head)
    }

    /// Verifies a copy of a data directory as opening it would, and changes
    /// nothing in it.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn verify_copy(folder: &Path) -> Result<Head, OpenError> {
        let path = folder.to_owned();
        if !schema::database_path(folder).is_dir() {
            return Err(OpenError::Missing { path });
        }
        let floor = Floor::read(folder)?;
        let cache = schema::block_cache();
        let database = Database::open_cf_descriptors_read_only(
            &schema::database_options(false),
            schema::database_path(folder),
            schema::families(&cache),
            false,
        )
        .map_err(|source| refused(path.clone(), source))?;
        let (store, head) = Self::checked(path, database, cache, floor)?;
        store.verify(&head, &|_| {})?;
        Ok(head)
    }
}
