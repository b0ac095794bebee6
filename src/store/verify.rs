//! What a database just opened must be, and reading the whole set back to
//! compare it with what was committed.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use rocksdb::{Cache, Direction, IteratorMode};
use tracing::info;

use crate::address::{self, AddressKey};
use crate::list::GenerationNumber;

use super::digest::SetDigest;
use super::floor::Floor;
use super::open::{OpenError, check_floor};
use super::rows::decode_shelf;
use super::{Database, Head, ReadError, Store, failed, scan_options, schema, stored_key};

impl Store {
    /// Binds a database just opened, however it was, to its folder: it must be
    /// of this program's numbers and not below its floor.
    pub(super) fn checked(
        data_dir: PathBuf,
        database: Database,
        cache: Cache,
        floor: Floor,
    ) -> Result<(Self, Head), OpenError> {
        let store = Self {
            data_dir,
            database,
            cache,
            head: RwLock::new(Head::none()),
            writer: Mutex::new(()),
        };
        store.check_number("format", schema::META_FORMAT, schema::FORMAT)?;
        store.check_number("key rules", schema::META_KEY_RULES, address::RULES_VERSION)?;
        let head = store.read_head()?;
        check_floor(&head, floor)?;
        *store.head.write() = head.clone();
        Ok((store, head))
    }

    /// Reads the whole set back and compares it with what was committed.
    pub(super) fn verify(
        &self,
        head: &Head,
        visit: &(impl Fn(&AddressKey) + Sync),
    ) -> Result<(), OpenError> {
        let ranges = verification_ranges();
        let next = AtomicUsize::new(0);
        let workers = thread::available_parallelism()
            .map_or(1, usize::from)
            .min(8);
        let digest_some = || -> Result<(SetDigest, u64), ReadError> {
            let (mut set, mut keys) = (SetDigest::empty(), 0);
            while let Some(range) = ranges.get(next.fetch_add(1, Ordering::Relaxed)) {
                keys += self.digest_range(range, head.generation, &mut set, visit)?;
            }
            Ok((set, keys))
        };
        let (mut found, mut keys) = (SetDigest::empty(), 0);
        thread::scope(|scope| {
            let tasks: Vec<_> = (0..workers).map(|_| scope.spawn(digest_some)).collect();
            for task in tasks {
                let (set, more) = task
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
                found.merge(&set);
                keys += more;
            }
            Ok::<(), ReadError>(())
        })?;
        if found != head.set || keys != head.keys {
            return Err(OpenError::Damaged {
                generation: head.generation,
                found: found.rows(),
                expected: head.set.rows(),
            });
        }
        info!(generation = %head.generation, rows = found.rows(), keys, "set verified");
        Ok(())
    }

    fn digest_range(
        &self,
        (from, to): &(Vec<u8>, Option<Vec<u8>>),
        generation: GenerationNumber,
        set: &mut SetDigest,
        visit: &impl Fn(&AddressKey),
    ) -> Result<u64, ReadError> {
        let mut options = scan_options();
        if let Some(to) = to {
            options.set_iterate_upper_bound(to.as_slice());
        }
        let mode = IteratorMode::From(from, Direction::Forward);
        let mut keys = 0;
        for item in self
            .database
            .iterator_cf_opt(&self.family(schema::ENTRIES), options, mode)
        {
            let (key, value) = item.map_err(failed(schema::ENTRIES))?;
            let rows = decode_shelf(Bytes::from(value.into_vec()))?;
            // A reader beside the daemon meets rows of an import under way.
            if rows.iter().all(|row| row.life.since > generation) {
                continue;
            }
            keys += 1;
            visit(&stored_key(&key)?);
            for row in rows {
                if row.life.covers(generation) {
                    set.add(&key, &row.id.0, &row.encoded);
                }
            }
        }
        Ok(keys)
    }
}

/// Cuts the key space so that threads can share the work: sixteen ranges per
/// class byte, split by the payload's first four bits.
fn verification_ranges() -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let mut starts: BTreeSet<Vec<u8>> = BTreeSet::from([Vec::new()]);
    for class in 0..=u8::MAX {
        starts.insert(vec![class]);
        starts.extend((1..16_u8).map(|nibble| vec![class, nibble << 4]));
    }
    let ends = starts.iter().skip(1).cloned().map(Some).chain([None]);
    starts.iter().cloned().zip(ends).collect()
}
