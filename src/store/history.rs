//! What changed between two generations.
//!
//! Read from `changes`, so the cost follows the change and not the set. The
//! net effect counts: an entry that came and went in between is no
//! difference, and one that went and came back with the same particulars is
//! none either.

use std::collections::BTreeSet;

use prost::Message as _;
use rocksdb::{Direction, IteratorMode};

use crate::address::AddressKey;
use crate::list::{EntryId, GenerationNumber};

use super::rows::{ListedRow, RowError, pb};
use super::{ReadError, Store, failed, schema};

/// An entry that differs between two generations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedEntry {
    /// Its key.
    pub key: AddressKey,
    /// The row in the earlier generation, if it was listed there.
    pub before: Option<ListedRow>,
    /// The row in the later generation, if it is listed there.
    pub after: Option<ListedRow>,
}

impl Store {
    /// Returns the keys under which anything changed after `from`, up to and
    /// with `to`.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error or a key does not decode.
    pub fn changed_keys(
        &self,
        from: GenerationNumber,
        to: GenerationNumber,
    ) -> Result<BTreeSet<AddressKey>, ReadError> {
        let start = schema::generation_key(from.next());
        let mode = IteratorMode::From(&start, Direction::Forward);
        let mut keys = BTreeSet::new();
        for item in self
            .database
            .iterator_cf(&self.family(schema::CHANGES), mode)
        {
            let (change_key, value) = item.map_err(failed(schema::CHANGES))?;
            let (generation, key) = schema::split_change_key(&change_key)
                .ok_or_else(|| RowError::new("change", "its key is too short"))?;
            if generation > to {
                break;
            }
            pb::Changes::decode(value.as_ref()).map_err(|error| RowError::new("change", error))?;
            let key = AddressKey::from_bytes(key)
                .ok_or_else(|| RowError::new("change", "its address key is not one"))?;
            keys.insert(key);
        }
        Ok(keys)
    }

    /// Returns what differs under one key between two generations.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error or a row does not decode.
    pub fn changes_under(
        &self,
        key: &AddressKey,
        from: GenerationNumber,
        to: GenerationNumber,
    ) -> Result<Vec<ChangedEntry>, ReadError> {
        let rows = self.rows(key)?;
        let at = |id: EntryId, generation| {
            rows.iter()
                .find(|row| row.id == id && row.life.covers(generation))
        };
        let ids: BTreeSet<EntryId> = rows.iter().map(|row| row.id).collect();
        let changed = ids.into_iter().filter_map(|id| {
            let (before, after) = (at(id, from), at(id, to));
            let same = before.map(ListedRow::encoded) == after.map(ListedRow::encoded);
            (!same).then(|| ChangedEntry {
                key: key.clone(),
                before: before.cloned(),
                after: after.cloned(),
            })
        });
        Ok(changed.collect())
    }
}
