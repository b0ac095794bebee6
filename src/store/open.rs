//! Creating and opening a data directory.
//!
//! Opening is where trust is earned: format and key rules are compared, an
//! import that never finished is taken out, the head is held against the
//! floor file, and the whole set is read back and digested. Whatever does not
//! agree is refused with what to do; nothing is ever deleted to recover.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use prost::Message as _;
use rocksdb::{Direction, IteratorMode, WriteBatch};
use thiserror::Error;
use tracing::warn;

use crate::address::{self, AddressKey};

use crate::list::GenerationNumber;

use super::digest::SetDigest;
use super::floor::{Floor, FloorError};
use super::rows::{ListedRow, RowError, encode_shelf, pb};
use super::{Database, Head, ReadError, Store, failed, schema};

/// Why a data directory cannot be made.
#[derive(Debug, Error)]
pub enum CreateError {
    /// Something is there already.
    #[error("{} already holds something: choose a new folder or an empty one", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The folder cannot be made.
    #[error("cannot create {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database cannot be made.
    #[error("cannot create a database in {}", path.display())]
    Database {
        /// The folder.
        path: PathBuf,
        /// What RocksDB said.
        source: rocksdb::Error,
    },
    /// The floor file cannot be written.
    #[error(transparent)]
    Floor(#[from] FloorError),
}

/// Why a data directory is refused.
#[derive(Debug, Error)]
pub enum OpenError {
    /// There is none.
    #[error(
        "{} is no data directory: create one with `interdict init --data-dir {}`",
        path.display(),
        path.display()
    )]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// Another process has it open.
    #[error("{} is in use by another process: stop that daemon first", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// RocksDB refuses it.
    #[error(
        "the database in {} cannot be opened; restore it from a backup, or create a new data directory and import the lists again",
        path.display()
    )]
    Database {
        /// The folder.
        path: PathBuf,
        /// What RocksDB said.
        source: rocksdb::Error,
    },
    /// It was written by another version.
    #[error(
        "the data directory has {what} {found} and this program needs {expected}: use the program that wrote it, or create a new data directory and import the lists again"
    )]
    Format {
        /// Which number differs.
        what: &'static str,
        /// The number found, or `none`.
        found: String,
        /// The number this program writes.
        expected: u32,
    },
    /// The floor file is missing or damaged.
    #[error("what the data directory must hold at least cannot be told; restore it from a backup")]
    Floor(#[from] FloorError),
    /// The set is whole, and the floor below it cannot be raised.
    #[error(
        "the data directory is whole, but its floor file cannot be written: make room on the disk, or make the folder writable, and start again"
    )]
    FloorNotRaised(#[source] FloorError),
    /// Commits have been lost.
    #[error(
        "the data directory has gone back to generation {found}, and generation {floor} was committed: writes were lost; restore it from a backup"
    )]
    BelowFloor {
        /// The newest generation found.
        found: GenerationNumber,
        /// The newest generation that must be there.
        floor: GenerationNumber,
    },
    /// The head and the floor disagree about the same generation.
    #[error(
        "generation {0} is not the one that was committed: its digest disagrees with the floor file; restore the data directory from a backup"
    )]
    FloorDisagrees(GenerationNumber),
    /// The rows are not those that were committed.
    #[error(
        "the set of generation {generation} is damaged: {found} rows read, {expected} committed, or other contents; restore the data directory from a backup"
    )]
    Damaged {
        /// The generation.
        generation: GenerationNumber,
        /// Active rows read back.
        found: u64,
        /// Active rows committed.
        expected: u64,
    },
    /// Something could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<RowError> for OpenError {
    fn from(error: RowError) -> Self {
        Self::Read(error.into())
    }
}

impl Store {
    /// Checks that a data directory may be made: nothing is there, or an
    /// empty folder.
    ///
    /// # Errors
    ///
    /// If something is there, or it cannot be told.
    pub fn check_free(data_dir: &Path) -> Result<(), CreateError> {
        if data_dir.exists() && !is_empty_folder(data_dir) {
            return Err(CreateError::NotEmpty {
                path: data_dir.to_owned(),
            });
        }
        Ok(())
    }

    /// Makes a data directory that holds no generation, and opens it.
    ///
    /// # Errors
    ///
    /// If the folder holds something already or cannot be written.
    pub fn create(data_dir: &Path) -> Result<Self, CreateError> {
        let path = data_dir.to_owned();
        Self::check_free(data_dir)?;
        fs::create_dir_all(data_dir).map_err(|source| CreateError::Folder {
            path: path.clone(),
            source,
        })?;
        let database = |source| CreateError::Database {
            path: path.clone(),
            source,
        };
        let head = Head::none();
        let cache = schema::block_cache();
        let store = Self {
            database: Database::open_cf_descriptors(
                &schema::database_options(true),
                schema::database_path(data_dir),
                schema::families(&cache),
            )
            .map_err(database)?,
            data_dir: path.clone(),
            cache,
            head: RwLock::new(head.clone()),
            writer: Mutex::new(()),
        };
        let mut batch = WriteBatch::default();
        let meta = store.family(schema::META);
        batch.put_cf(&meta, schema::META_FORMAT, schema::FORMAT.to_le_bytes());
        batch.put_cf(
            &meta,
            schema::META_KEY_RULES,
            address::RULES_VERSION.to_le_bytes(),
        );
        batch.put_cf(&meta, schema::META_HEAD, encode_head(&head));
        store.write_synced(batch).map_err(database)?;
        floor_of(&head).write(data_dir)?;
        drop(meta);
        Ok(store)
    }

    /// Opens a data directory and verifies the whole set.
    ///
    /// # Errors
    ///
    /// If there is none, or if anything about it is not as it was committed.
    pub fn open(data_dir: &Path) -> Result<Self, OpenError> {
        Self::open_visiting(data_dir, |_| {})
    }

    /// Opens a data directory, verifies the whole set, and shows every key on
    /// the way, from several threads.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn open_visiting(
        data_dir: &Path,
        visit: impl Fn(&AddressKey) + Sync,
    ) -> Result<Self, OpenError> {
        let path = data_dir.to_owned();
        if !schema::database_path(data_dir).is_dir() {
            return Err(OpenError::Missing { path });
        }
        let floor = Floor::read(data_dir)?;
        let cache = schema::block_cache();
        let database = Database::open_cf_descriptors(
            &schema::database_options(false),
            schema::database_path(data_dir),
            schema::families(&cache),
        )
        .map_err(|source| refused(path.clone(), source))?;
        let (store, head) = Self::checked(path, database, cache, floor)?;
        store.take_out_unfinished()?;
        store.verify(&head, &visit)?;
        if head.generation > floor.generation {
            // The process died between the commit and its floor.
            floor_of(&head)
                .write(data_dir)
                .map_err(OpenError::FloorNotRaised)?;
        }
        Ok(store)
    }

    pub(super) fn check_number(
        &self,
        what: &'static str,
        key: &[u8],
        expected: u32,
    ) -> Result<(), OpenError> {
        let value = self
            .database
            .get_cf(&self.family(schema::META), key)
            .map_err(failed(schema::META))?;
        let found = value
            .as_deref()
            .and_then(|bytes| bytes.try_into().ok())
            .map(u32::from_le_bytes);
        if found == Some(expected) {
            return Ok(());
        }
        Err(OpenError::Format {
            what,
            found: found.map_or_else(|| "none".to_owned(), |number| number.to_string()),
            expected,
        })
    }

    pub(super) fn read_head(&self) -> Result<Head, OpenError> {
        let value = self
            .database
            .get_cf(&self.family(schema::META), schema::META_HEAD)
            .map_err(failed(schema::META))?
            .ok_or_else(|| RowError::new("head", "there is none"))?;
        let row =
            pb::Head::decode(value.as_slice()).map_err(|error| RowError::new("head", error))?;
        let set = SetDigest::from_bytes(&row.accumulator)
            .ok_or_else(|| RowError::new("head", "its accumulator has another length"))?;
        if set.digest().0 != row.digest.as_ref() || set.rows() != row.entries {
            return Err(RowError::new("head", "its digest is not that of its accumulator").into());
        }
        Ok(Head {
            generation: GenerationNumber(row.generation),
            set,
            keys: row.keys,
        })
    }

    /// Takes out the rows of an import that never became the head.
    ///
    /// Safe to interrupt: what is taken out of a shelf and the change that
    /// led there go in one batch.
    pub(super) fn take_out_unfinished(&self) -> Result<(), ReadError> {
        let head = self.head_generation();
        let start = schema::generation_key(head.next());
        let changes = self.family(schema::CHANGES);
        let entries = self.family(schema::ENTRIES);
        let mode = IteratorMode::From(&start, Direction::Forward);
        let mut taken_out = 0_u64;
        for item in self.database.iterator_cf(&changes, mode) {
            let (change_key, _) = item.map_err(failed(schema::CHANGES))?;
            let (_, key) = schema::split_change_key(&change_key)
                .ok_or_else(|| RowError::new("change", "its key is too short"))?;
            let mut batch = WriteBatch::default();
            let before = self.shelf(key)?;
            let after: Vec<ListedRow> = before
                .into_iter()
                .filter_map(|row| as_of(row, head))
                .collect();
            if after.is_empty() {
                batch.delete_cf(&entries, key);
            } else {
                batch.put_cf(&entries, key, encode_shelf(&after));
            }
            batch.delete_cf(&changes, &change_key);
            self.database
                .write(batch)
                .map_err(failed(schema::CHANGES))?;
            taken_out += 1;
        }
        if taken_out > 0 {
            warn!(changes = taken_out, generation = %head, "an unfinished import was taken out");
        }
        Ok(())
    }
}

/// Returns a row as it stood at a generation, or `None` if it came later.
fn as_of(mut row: ListedRow, generation: GenerationNumber) -> Option<ListedRow> {
    if row.life.since > generation {
        return None;
    }
    if row.life.until.is_some_and(|until| until > generation) {
        row.life.until = None;
        row.life.superseded = false;
    }
    Some(row)
}

pub(super) fn check_floor(head: &Head, floor: Floor) -> Result<(), OpenError> {
    if head.generation < floor.generation {
        return Err(OpenError::BelowFloor {
            found: head.generation,
            floor: floor.generation,
        });
    }
    if head.generation == floor.generation && floor_of(head) != floor {
        return Err(OpenError::FloorDisagrees(head.generation));
    }
    Ok(())
}

pub(super) fn floor_of(head: &Head) -> Floor {
    Floor {
        generation: head.generation,
        digest: head.set.digest(),
        rows: head.set.rows(),
    }
}

pub(super) fn encode_head(head: &Head) -> Vec<u8> {
    pb::Head {
        generation: head.generation.0,
        digest: Bytes::copy_from_slice(&head.set.digest().0),
        accumulator: head.set.to_bytes().into(),
        entries: head.set.rows(),
        keys: head.keys,
    }
    .encode_to_vec()
}

/// RocksDB names a held lock only in words; a person needs to know.
pub(super) fn refused(path: PathBuf, source: rocksdb::Error) -> OpenError {
    let text = source.to_string();
    if text.contains("lock") && text.contains("LOCK") {
        OpenError::Locked { path }
    } else {
        OpenError::Database { path, source }
    }
}

fn is_empty_folder(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}
