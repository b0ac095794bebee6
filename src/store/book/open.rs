//! Creating and opening the book.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use rocksdb::{Direction, IteratorMode, WriteBatch, WriteOptions};
use thiserror::Error;
use tracing::warn;

use crate::address;
use crate::store::rows::RowError;
use crate::store::{Database, ReadError, failed};

use super::{Book, schema};

/// Why the book cannot be made or is refused.
#[derive(Debug, Error)]
pub enum BookError {
    /// A folder or file cannot be written.
    #[error("cannot write the book of portfolios at {}", path.display())]
    Folder {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// RocksDB refuses it.
    #[error(
        "the book of portfolios in {} cannot be opened; restore it, or move it away and import the portfolios again",
        path.display()
    )]
    Database {
        /// Where.
        path: PathBuf,
        /// What RocksDB said.
        source: rocksdb::Error,
    },
    /// It was written by another version.
    #[error(
        "the book of portfolios has {what} {found} and this program needs {expected}: use the program that wrote it, or move {} away and import the portfolios again",
        path.display()
    )]
    Format {
        /// Where.
        path: PathBuf,
        /// Which number differs.
        what: &'static str,
        /// The number found, or `none`.
        found: String,
        /// The number this program writes.
        expected: u32,
    },
    /// Something in it cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Book {
    /// Opens the book of a data directory; `None` if it has none yet.
    ///
    /// What an import that never finished left behind is taken out.
    ///
    /// # Errors
    ///
    /// If there is one and it is refused.
    pub fn open(data_dir: &Path) -> Result<Option<Self>, BookError> {
        let path = schema::path(data_dir);
        if !path.is_dir() {
            return Ok(None);
        }
        let cache = schema::block_cache();
        let database =
            Database::open_cf_descriptors(&schema::options(false), &path, schema::families(&cache))
                .map_err(|source| BookError::Database {
                    path: path.clone(),
                    source,
                })?;
        let book = Self {
            path,
            database,
            cache,
            next: Mutex::new(1),
            next_edition: Mutex::new(1),
        };
        book.check_number("format number", schema::META_FORMAT, schema::FORMAT)?;
        let rules = address::RULES_VERSION;
        book.check_number("key rules", schema::META_KEY_RULES, rules)?;
        *book.next.lock() = book.last_alert()? + 1;
        *book.next_edition.lock() = book.meta_u32(schema::META_NEXT_EDITION)?.unwrap_or(1);
        let staging = schema::staging(&book.path);
        let cleared = match fs::remove_dir_all(&staging) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        cleared.map_err(|source| BookError::Folder {
            path: staging,
            source,
        })?;
        book.take_out_unbound()?;
        Ok(Some(book))
    }

    /// Opens the book of a data directory, and makes it if there is none.
    ///
    /// # Errors
    ///
    /// If it cannot be made, or is refused.
    pub fn open_or_create(data_dir: &Path) -> Result<Self, BookError> {
        if let Some(book) = Self::open(data_dir)? {
            return Ok(book);
        }
        let new = schema::path_of_new(data_dir);
        make(&new)?;
        // Whole, or not there: the name comes last.
        let path = schema::path(data_dir);
        let named = fs::rename(&new, &path)
            .and_then(|()| File::open(data_dir))
            .and_then(|folder| folder.sync_all());
        named.map_err(|source| BookError::Folder {
            path: path.clone(),
            source,
        })?;
        Self::open(data_dir)?.ok_or_else(|| BookError::Folder {
            path,
            source: io::ErrorKind::NotFound.into(),
        })
    }

    fn check_number(&self, what: &'static str, key: &[u8], expected: u32) -> Result<(), BookError> {
        let found = self.meta_u32(key)?;
        if found == Some(expected) {
            return Ok(());
        }
        Err(BookError::Format {
            path: self.path.clone(),
            what,
            found: found.map_or_else(|| "none".to_owned(), |number| number.to_string()),
            expected,
        })
    }

    fn meta_u32(&self, key: &[u8]) -> Result<Option<u32>, ReadError> {
        let Some(value) = self.get(schema::META, key)? else {
            return Ok(None);
        };
        let bytes = value.as_slice().try_into();
        let bytes = bytes.map_err(|_| RowError::new("number", "it is not 4 bytes"))?;
        Ok(Some(u32::from_le_bytes(bytes)))
    }

    /// Takes out the editions that no portfolio holds.
    fn take_out_unbound(&self) -> Result<(), ReadError> {
        let mode = IteratorMode::From(schema::META_UNBOUND, Direction::Forward);
        let mut left = Vec::new();
        for item in self.database.iterator_cf(&self.family(schema::META), mode) {
            let (key, _) = item.map_err(failed(schema::META))?;
            let Some(edition) = key.strip_prefix(schema::META_UNBOUND) else {
                break;
            };
            let edition = edition.try_into().map(u32::from_be_bytes);
            left.push(edition.map_err(|_| RowError::new("edition", "its number is none"))?);
        }
        for edition in left {
            warn!(
                edition,
                "what an import of a portfolio left behind is taken out"
            );
            self.take_out(edition)?;
        }
        Ok(())
    }

    /// Takes out an edition that no portfolio holds.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error; the next open tries again.
    pub fn take_out(&self, edition: u32) -> Result<(), ReadError> {
        let (from, to) = (
            edition.to_be_bytes(),
            edition.saturating_add(1).to_be_bytes(),
        );
        for name in [schema::MEMBERS, schema::INDEX, schema::FIRST] {
            let family = self.family(name);
            // Whole files first, which costs nothing; then what is left.
            self.database
                .delete_file_in_range_cf(&family, from, to)
                .and_then(|()| self.database.delete_range_cf(&family, from, to))
                .map_err(failed(name))?;
        }
        self.database
            .delete_cf(&self.family(schema::META), schema::unbound(edition))
            .map_err(failed(schema::META))
    }
}

fn make(path: &Path) -> Result<(), BookError> {
    let folder = |source| BookError::Folder {
        path: path.to_owned(),
        source,
    };
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(folder(error)),
        _ => {}
    }
    // It names customers: nobody else on this machine may read it.
    DirBuilder::new().mode(0o700).create(path).map_err(folder)?;
    let failed = |source| BookError::Database {
        path: path.to_owned(),
        source,
    };
    let cache = schema::block_cache();
    let options = schema::options(true);
    let database = Database::open_cf_descriptors(&options, path, schema::families(&cache));
    let database = database.map_err(failed)?;
    let mut batch = WriteBatch::default();
    {
        let meta = database
            .cf_handle(schema::META)
            .expect("it was just made with every family");
        batch.put_cf(&meta, schema::META_FORMAT, schema::FORMAT.to_le_bytes());
        let rules = address::RULES_VERSION.to_le_bytes();
        batch.put_cf(&meta, schema::META_KEY_RULES, rules);
    }
    let mut synced = WriteOptions::default();
    synced.set_sync(true);
    database.write_opt(batch, &synced).map_err(failed)
}
