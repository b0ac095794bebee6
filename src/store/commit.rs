//! Committing the next generation, all or nothing.
//!
//! [`Store::stage`] writes the rows of generation N+1, which nobody reads
//! yet; [`StagedGeneration::commit`] makes them count with one synced write of
//! the head, and then writes the floor. Dropping a staged generation takes
//! its rows out again, and so does opening after the process died. A large
//! change is written as sorted table files and handed to RocksDB whole, which
//! is about five times faster than batches and leaves the log small.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use jiff::Timestamp;
use parking_lot::MutexGuard;
use prost::Message as _;
use rocksdb::{IngestExternalFileOptions, SstFileWriter, WriteBatch, WriteOptions};
use tracing::error;

use crate::list::{EntryId, GenerationNumber, PublicationDigest, SourceId};

use super::change::{Change, ChangeKind, CommitError, NextGeneration};
use super::digest::GenerationDigest;
use super::open::{encode_head, floor_of};
use super::record::GenerationRecord;
use super::rows::{Life, ListedRow, encode_shelf, pb};
use super::{Head, ReadError, Store, schema};

/// From this many changes on, table files are made instead of batches.
const TABLE_CHANGES_MIN: usize = 20_000;

/// A batch is written when it holds this much.
const BATCH_BYTES: usize = 4 << 20;

/// A generation that is written and not yet visible.
///
/// Holds the writer's place: there is one at a time.
pub struct StagedGeneration<'store> {
    store: &'store Store,
    _writer: MutexGuard<'store, ()>,
    head: Head,
    settled: bool,
}

impl Store {
    /// Writes the rows of the next generation, invisibly.
    ///
    /// `changes` are sorted by key, at most one per key and entry.
    ///
    /// # Errors
    ///
    /// If a change does not fit what is there, or on any failure to read or
    /// write. The live generation is not touched.
    pub fn stage(&self, changes: &[Change]) -> Result<StagedGeneration<'_>, CommitError> {
        debug_assert!(changes.is_sorted_by(|a, b| (&a.key, a.id) < (&b.key, b.id)));
        let writer = self.writer.lock();
        let mut head = self.head();
        head.generation = head.generation.next();
        let mut staged = StagedGeneration {
            store: self,
            _writer: writer,
            head,
            settled: false,
        };
        // An import that failed here before may have left rows behind.
        self.take_out_unfinished()?;
        if changes.len() < TABLE_CHANGES_MIN {
            staged.write_batches(changes)?;
        } else {
            staged.write_tables(changes)?;
        }
        Ok(staged)
    }

    /// Notes that a source's publication was seen again unchanged.
    ///
    /// # Errors
    ///
    /// If RocksDB does not write.
    pub fn confirm(
        &self,
        source: &SourceId,
        publication: PublicationDigest,
        at: Timestamp,
    ) -> Result<(), CommitError> {
        let mut value = publication.0.to_vec();
        value.extend_from_slice(&at.as_millisecond().to_le_bytes());
        let mut batch = WriteBatch::default();
        batch.put_cf(
            &self.family(schema::META),
            schema::meta_confirmed(source),
            value,
        );
        Ok(self.write_synced(batch)?)
    }

    /// Takes out what an import that failed before may have left behind, so
    /// that nobody takes it for part of the set.
    ///
    /// # Errors
    ///
    /// If it cannot be taken out; nothing may be imported before it is.
    pub fn settle(&self) -> Result<(), ReadError> {
        let _writer = self.writer.lock();
        self.take_out_unfinished()
    }

    /// Leaves rows staged as a failure does that cannot even take them out.
    #[cfg(test)]
    pub(crate) fn leave_staged(&self, changes: &[Change]) {
        let mut staged = self.stage(changes).expect("stages");
        staged.settled = true;
    }

    pub(super) fn write_synced(&self, batch: WriteBatch) -> Result<(), rocksdb::Error> {
        let mut options = WriteOptions::default();
        options.set_sync(true);
        self.database.write_opt(batch, &options)
    }
}

impl StagedGeneration<'_> {
    /// Returns the number it will have.
    pub fn number(&self) -> GenerationNumber {
        self.head.generation
    }

    /// Returns the digest that the set will have.
    pub fn digest(&self) -> GenerationDigest {
        self.head.set.digest()
    }

    /// Returns how many keys it will have ever listed.
    pub fn keys(&self) -> u64 {
        self.head.keys
    }

    /// Makes it the head: from here on it survives a power cut.
    ///
    /// # Errors
    ///
    /// If RocksDB does not write; the generation before stays. Or if the
    /// floor cannot be written, when the generation is committed all the same
    /// and must not be acknowledged.
    pub fn commit(mut self, next: NextGeneration) -> Result<GenerationRecord, CommitError> {
        let written = GenerationRecord {
            number: self.head.generation,
            digest: self.head.set.digest(),
            committed_at: next.committed_at,
            rows: self.head.set.rows(),
            sources: next.sources,
            added: next.added,
            amended: next.amended,
            removed: next.removed,
            publications: next.publications,
            made: next.made,
        }
        .encode();
        // What is answered now and what is answered after a restart come
        // from the same bytes.
        let record = GenerationRecord::decode(&written)?;
        let store = self.store;
        let mut batch = WriteBatch::default();
        batch.put_cf(
            &store.family(schema::GENERATIONS),
            schema::generation_key(record.number),
            written,
        );
        batch.put_cf(
            &store.family(schema::META),
            schema::META_HEAD,
            encode_head(&self.head),
        );
        // From here on the rows stay, come what may: a head whose write
        // failed may yet be found in the log, and it needs them.
        self.settled = true;
        store.write_synced(batch)?;
        *store.head.write() = self.head.clone();
        floor_of(&self.head)
            .write(&store.data_dir)
            .map_err(|source| CommitError::Floor {
                generation: record.number,
                source,
            })?;
        Ok(record)
    }

    fn write_batches(&mut self, changes: &[Change]) -> Result<(), CommitError> {
        let store = self.store;
        let entries = store.family(schema::ENTRIES);
        let changed = store.family(schema::CHANGES);
        let mut batch = WriteBatch::default();
        for group in changes.chunk_by(|a, b| a.key == b.key) {
            let key = group[0].key.as_bytes();
            let rows = self.apply(group)?;
            batch.put_cf(&changed, self.change_key(key), encode_changes(group));
            batch.put_cf(&entries, key, encode_shelf(&rows));
            if batch.size_in_bytes() >= BATCH_BYTES {
                store.database.write(std::mem::take(&mut batch))?;
            }
        }
        Ok(store.database.write(batch)?)
    }

    fn write_tables(&mut self, changes: &[Change]) -> Result<(), CommitError> {
        let paths = [schema::CHANGES, schema::ENTRIES]
            .map(|family| schema::stage_path(&self.store.data_dir, family));
        // Handing a table over is a link and an unlink. A kill in between
        // leaves the staged name on a table that the database now holds, and
        // writing to it would write into the set: the name goes first.
        for path in &paths {
            unlink(path)?;
        }
        let outcome = self.fill_tables(changes, &paths);
        for path in &paths {
            outcome.as_ref().ok().map(|()| unlink(path)).transpose()?;
        }
        outcome
    }

    fn fill_tables(&mut self, changes: &[Change], paths: &[PathBuf; 2]) -> Result<(), CommitError> {
        let store = self.store;
        let options = [schema::CHANGES, schema::ENTRIES]
            .map(|family| schema::family_options(family, &store.cache));
        let mut changed = SstFileWriter::create(&options[0]);
        let mut entries = SstFileWriter::create(&options[1]);
        changed.open(&paths[0])?;
        entries.open(&paths[1])?;
        for group in changes.chunk_by(|a, b| a.key == b.key) {
            let key = group[0].key.as_bytes();
            let rows = self.apply(group)?;
            changed.put(self.change_key(key), encode_changes(group))?;
            entries.put(key, encode_shelf(&rows))?;
        }
        changed.finish()?;
        entries.finish()?;
        // The changes first: they are how unfinished rows are found again.
        let mut ingest = IngestExternalFileOptions::default();
        ingest.set_move_files(true);
        for (family, path) in [schema::CHANGES, schema::ENTRIES].into_iter().zip(paths) {
            store.database.ingest_external_file_cf_opts(
                &store.family(family),
                &ingest,
                vec![path],
            )?;
        }
        Ok(())
    }

    fn change_key(&self, key: &[u8]) -> Vec<u8> {
        schema::change_key(self.head.generation, key)
    }

    /// Applies the changes under one key to its rows, and to the digest.
    fn apply(&mut self, group: &[Change]) -> Result<Vec<ListedRow>, CommitError> {
        let key = &group[0].key;
        let mut rows = self.store.shelf(key.as_bytes())?;
        if rows.is_empty() {
            self.head.keys += 1;
        }
        for change in group {
            match &change.kind {
                ChangeKind::Listed(entry) => {
                    if active(&mut rows, change.id).is_some() {
                        return Err(conflict(change, "is listed already"));
                    }
                    self.begin(&mut rows, change, entry);
                }
                ChangeKind::Delisted => {
                    self.end(&mut rows, change, false)?;
                }
                ChangeKind::Amended(entry) => {
                    self.end(&mut rows, change, true)?;
                    self.begin(&mut rows, change, entry);
                }
            }
        }
        Ok(rows)
    }

    fn begin(&mut self, rows: &mut Vec<ListedRow>, change: &Change, entry: &Bytes) {
        self.head
            .set
            .add(change.key.as_bytes(), &change.id.0, entry);
        rows.push(ListedRow {
            id: change.id,
            life: Life {
                since: self.head.generation,
                until: None,
                superseded: false,
            },
            encoded: entry.clone(),
        });
    }

    fn end(
        &mut self,
        rows: &mut [ListedRow],
        change: &Change,
        superseded: bool,
    ) -> Result<(), CommitError> {
        let row = active(rows, change.id).ok_or_else(|| conflict(change, "is not listed"))?;
        row.life.until = Some(self.head.generation);
        row.life.superseded = superseded;
        self.head
            .set
            .remove(change.key.as_bytes(), &change.id.0, &row.encoded);
        Ok(())
    }
}

impl Drop for StagedGeneration<'_> {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        if let Err(error) = self.store.take_out_unfinished() {
            // Harmless until the next import, which tries again first.
            error!(%error, "the rows of an unfinished import could not be taken out yet");
        }
    }
}

fn unlink(path: &Path) -> Result<(), CommitError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(CommitError::Table {
            path: path.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}

fn active(rows: &mut [ListedRow], id: EntryId) -> Option<&mut ListedRow> {
    rows.iter_mut()
        .find(|row| row.id == id && row.life.until.is_none())
}

fn conflict(change: &Change, rule: &'static str) -> CommitError {
    CommitError::Conflict {
        key: change.key.clone(),
        id: change.id,
        rule,
    }
}

fn encode_changes(group: &[Change]) -> Vec<u8> {
    let changes = group.iter().map(|change| pb::Change {
        id: Bytes::copy_from_slice(&change.id.0),
        kind: change.kind.code(),
    });
    pb::Changes {
        changes: changes.collect(),
    }
    .encode_to_vec()
}
