//! The members of one import, written with flat memory.
//!
//! Members come in any number and in no order of their keys. They are put
//! aside on disk as they come; their keys are sorted in runs of a set size,
//! and the runs merged at the end into table files that RocksDB takes over as
//! they are. Nothing of it counts until a portfolio takes the edition up:
//! until then the book knows it as unbound, and the next open takes it out.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufReader, BufWriter, Read, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use prost::Message as _;
use rocksdb::{IngestExternalFileOptions, SstFileWriter, WriteBatch, WriteOptions};
use thiserror::Error;

use crate::address::AddressKey;
use crate::portfolio::Member;

use super::runs::{Keyed, Merged, Run};
use super::{Book, encode, schema};

/// Bytes of keys that are sorted at once.
const RUN_BYTES: usize = 64 << 20;

/// Rows of one table file: what its filter costs while it is written.
const TABLE_ROWS: usize = 1 << 20;

/// Why an edition cannot be written.
#[derive(Debug, Error)]
pub enum EditionError {
    /// What is put aside cannot be written or read.
    #[error("cannot put the portfolio together in {}: make room on the disk", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// RocksDB did not take it over.
    #[error("cannot write the portfolio to the book")]
    Database(#[from] rocksdb::Error),
    /// There are no numbers left.
    #[error("the portfolio has more members than one can have: {}", u32::MAX)]
    TooMany,
}

/// An edition that is being written. Dropped, it leaves nothing behind.
pub struct NewEdition {
    book: Arc<Book>,
    number: u32,
    members: u32,
    folder: PathBuf,
    aside: BufWriter<File>,
    run: Run,
    runs: Vec<PathBuf>,
}

/// An edition that is in the book and that no portfolio holds yet. Dropped
/// before one does, it is taken out again.
pub struct Unbound {
    book: Arc<Book>,
    number: u32,
    members: u32,
    bound: bool,
}

impl Book {
    /// Begins an edition.
    ///
    /// # Errors
    ///
    /// If nothing can be written.
    pub fn new_edition(self: &Arc<Self>) -> Result<NewEdition, EditionError> {
        let number = self.take_edition_number()?;
        let folder = schema::staging(self.path()).join(number.to_string());
        let failed = failed(&folder);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(&failed)?;
        let aside = File::create(folder.join("members")).map_err(&failed)?;
        Ok(NewEdition {
            book: self.clone(),
            number,
            members: 0,
            aside: BufWriter::with_capacity(1 << 20, aside),
            run: Run::default(),
            runs: Vec::new(),
            folder,
        })
    }

    /// Numbers are never used again, and what stands under one that was begun
    /// is taken out unless a portfolio takes it up.
    fn take_edition_number(&self) -> Result<u32, EditionError> {
        let mut next = self.next_edition.lock();
        let number = *next;
        let following = number.checked_add(1).ok_or(EditionError::TooMany)?;
        let meta = self.family(schema::META);
        let mut batch = WriteBatch::default();
        batch.put_cf(&meta, schema::META_NEXT_EDITION, following.to_le_bytes());
        batch.put_cf(&meta, schema::unbound(number), []);
        let mut synced = WriteOptions::default();
        synced.set_sync(true);
        self.database.write_opt(batch, &synced)?;
        *next = following;
        Ok(number)
    }
}

impl NewEdition {
    /// Returns how many members it has so far.
    pub fn members(&self) -> u32 {
        self.members
    }

    /// Adds a member under the keys that a screening of it looks up, and
    /// returns its number.
    ///
    /// # Errors
    ///
    /// If it cannot be put aside.
    pub fn add<'a>(
        &mut self,
        member: &Member,
        keys: impl Iterator<Item = &'a AddressKey>,
    ) -> Result<u32, EditionError> {
        let number = self.members;
        self.members = number.checked_add(1).ok_or(EditionError::TooMany)?;
        let row = encode::member_to_row(member).encode_length_delimited_to_vec();
        self.aside.write_all(&row).map_err(failed(&self.folder))?;
        for key in keys {
            self.run.push(key, number);
        }
        if self.run.bytes() >= RUN_BYTES {
            self.spill()?;
        }
        Ok(number)
    }

    fn spill(&mut self) -> Result<(), EditionError> {
        let path = self.folder.join(format!("run-{}", self.runs.len()));
        self.run.write(&path).map_err(failed(&path))?;
        self.runs.push(path);
        Ok(())
    }

    /// Writes it into the book.
    ///
    /// # Errors
    ///
    /// If it cannot be written; nothing is left behind then.
    pub fn finish(mut self) -> Result<Unbound, EditionError> {
        let unbound = Unbound {
            book: self.book.clone(),
            number: self.number,
            members: self.members,
            bound: false,
        };
        self.spill()?;
        self.aside.flush().map_err(failed(&self.folder))?;
        let members = self.write_members()?;
        self.ingest(schema::MEMBERS, members)?;
        let index = self.write_index()?;
        self.ingest(schema::INDEX, index)?;
        Ok(unbound)
    }

    fn write_members(&self) -> Result<Vec<PathBuf>, EditionError> {
        let path = self.folder.join("members");
        let failed = failed(&path);
        let mut aside = BufReader::with_capacity(1 << 20, File::open(&path).map_err(&failed)?);
        let mut row = Vec::new();
        let mut numbers = 0..self.members;
        self.write_tables(schema::MEMBERS, || {
            let Some(number) = numbers.next() else {
                return Ok(None);
            };
            read_delimited(&mut aside, &mut row).map_err(&failed)?;
            let key = schema::member_key(self.number, number).to_vec();
            Ok(Some((key, row.clone())))
        })
    }

    fn write_index(&self) -> Result<Vec<PathBuf>, EditionError> {
        let failed = failed(&self.folder);
        let mut merged = Merged::open(&self.runs).map_err(&failed)?.peekable();
        let mut open: Option<(Vec<u8>, u32)> = None;
        self.write_tables(schema::INDEX, || {
            let Some(first) = merged.next().transpose().map_err(&failed)? else {
                return Ok(None);
            };
            let part = match &open {
                Some((key, part)) if *key == first.key => part + 1,
                _ => 0,
            };
            let mut last = first.number;
            let mut numbers = last.to_le_bytes().to_vec();
            let same =
                |next: &io::Result<Keyed>| next.as_ref().is_ok_and(|next| next.key == first.key);
            while numbers.len() < schema::PART_MEMBERS * 4
                && let Some(next) = merged.next_if(same)
            {
                let number = next.map_err(&failed)?.number;
                // One member may meet a key by two readings.
                if number != last {
                    numbers.extend_from_slice(&number.to_le_bytes());
                    last = number;
                }
            }
            let key = schema::index_key(self.number, &first.key, part);
            open = Some((first.key, part));
            Ok(Some((key, numbers)))
        })
    }

    /// Writes rows, which come in order, to as many table files as they take.
    fn write_tables(
        &self,
        family: &str,
        mut next: impl FnMut() -> Result<Option<(Vec<u8>, Vec<u8>)>, EditionError>,
    ) -> Result<Vec<PathBuf>, EditionError> {
        let options = schema::family_options(family, &self.book.cache);
        let mut tables = Vec::new();
        let mut following = next()?;
        while following.is_some() {
            let path = self.folder.join(format!("{family}-{}.sst", tables.len()));
            let mut table = SstFileWriter::create(&options);
            table.open(&path)?;
            let mut rows = 0;
            while rows < TABLE_ROWS
                && let Some((key, value)) = following.take()
            {
                table.put(key, value)?;
                rows += 1;
                following = next()?;
            }
            table.finish()?;
            tables.push(path);
        }
        Ok(tables)
    }

    fn ingest(&self, family: &'static str, tables: Vec<PathBuf>) -> Result<(), EditionError> {
        if tables.is_empty() {
            return Ok(());
        }
        let mut options = IngestExternalFileOptions::default();
        options.set_move_files(true);
        let database = &self.book.database;
        Ok(database.ingest_external_file_cf_opts(&self.book.family(family), &options, tables)?)
    }
}

impl Drop for NewEdition {
    fn drop(&mut self) {
        // The next open clears what could not be removed.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Unbound {
    /// Returns its number.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns how many members it has.
    pub fn members(&self) -> u32 {
        self.members
    }

    /// Tells it that a portfolio has taken it up.
    pub fn bound(mut self) {
        self.bound = true;
    }
}

impl Drop for Unbound {
    fn drop(&mut self) {
        if self.bound {
            return;
        }
        if let Err(error) = self.book.take_out(self.number) {
            tracing::warn!(%error, edition = self.number, "an edition that nobody holds could not be taken out; the next start tries again");
        }
    }
}

/// Reads a message with its length in front, as it was put aside.
fn read_delimited(file: &mut impl Read, row: &mut Vec<u8>) -> io::Result<()> {
    let (mut length, mut shift) = (0_usize, 0);
    loop {
        let mut byte = [0];
        file.read_exact(&mut byte)?;
        length |= usize::from(byte[0] & 0x7f) << shift;
        shift += 7;
        if byte[0] & 0x80 == 0 || shift > 28 {
            break;
        }
    }
    row.resize(length, 0);
    file.read_exact(row)
}

fn failed(path: &Path) -> impl Fn(io::Error) -> EditionError + use<> {
    let path = path.to_owned();
    move |source| EditionError::Io {
        path: path.clone(),
        source,
    }
}
