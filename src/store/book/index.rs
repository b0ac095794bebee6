//! Finding members again: by address key, by number, and those that wait.

use std::collections::BTreeSet;

use jiff::civil::Date;
use rocksdb::{Direction, IteratorMode, ReadOptions, WriteBatch};

use crate::address::AddressKey;
use crate::list::GenerationNumber;
use crate::portfolio::Member;
use crate::store::rows::RowError;
use crate::store::{ReadError, failed, scan_options, stored_key};

use super::{Book, encode, schema};

/// Days of ends in one write.
const ENDS_PER_WRITE: usize = 10_000;

impl Book {
    /// Returns the numbers of the members of an edition that a screening
    /// would look up under a key, ascending.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error or a row is damaged.
    pub fn holders(&self, edition: u32, key: &AddressKey) -> Result<Vec<u32>, ReadError> {
        let family = self.family(schema::INDEX);
        let sorted = schema::sorted_form(key);
        let mut numbers = Vec::new();
        for part in 0.. {
            let row = schema::index_key(edition, &sorted, part);
            let value = self
                .database
                .get_pinned_cf(&family, row)
                .map_err(failed(schema::INDEX))?;
            let Some(value) = value else { break };
            let (some, rest) = value.as_chunks::<4>();
            if some.is_empty() || !rest.is_empty() {
                let damaged = RowError::new("index row", "it is no row of numbers");
                return Err(damaged.into());
            }
            numbers.extend(some.iter().map(|number| u32::from_le_bytes(*number)));
            if some.len() < schema::PART_MEMBERS {
                break;
            }
        }
        Ok(numbers)
    }

    /// Returns a member.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error, the row does not decode, or there is
    /// none: whoever asks has the number from an index.
    pub fn member(&self, edition: u32, number: u32) -> Result<Member, ReadError> {
        let value = self.get(schema::MEMBERS, &schema::member_key(edition, number))?;
        let value = value
            .ok_or_else(|| RowError::new("member", "the index names it, and it is not there"))?;
        Ok(encode::member(&value)?)
    }

    /// Goes through the members of an edition, from one on.
    pub fn members(
        &self,
        edition: u32,
        from: u32,
    ) -> impl Iterator<Item = Result<(u32, Member), ReadError>> + '_ {
        let start = schema::member_key(edition, from);
        let mode = IteratorMode::From(&start, Direction::Forward);
        self.database
            .iterator_cf_opt(&self.family(schema::MEMBERS), scan_options(), mode)
            .map(|item| {
                let (key, value) = item.map_err(failed(schema::MEMBERS))?;
                let place = schema::split_member_key(&key)
                    .ok_or_else(|| RowError::new("member", "its key is none"))?;
                Ok((place, encode::member(&value)?))
            })
            .take_while(move |item| item.as_ref().map_or(true, |((of, _), _)| *of == edition))
            .map(|item| item.map(|((_, number), member)| (number, member)))
    }

    /// Returns some of the members whose first screening waits to be told:
    /// edition and number, in order.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error or a key is damaged.
    pub fn waiting_first(&self, some: usize) -> Result<Vec<(u32, u32)>, ReadError> {
        self.database
            .iterator_cf(&self.family(schema::FIRST), IteratorMode::Start)
            .take(some)
            .map(|item| {
                let (key, _) = item.map_err(failed(schema::FIRST))?;
                let place = schema::split_member_key(&key);
                Ok(place.ok_or_else(|| RowError::new("first screening", "its key is none"))?)
            })
            .collect()
    }

    /// Returns the keys under which an entry ends by its own date after one
    /// day and up to another.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error or a key is damaged.
    pub fn ends_between(&self, after: Date, to: Date) -> Result<BTreeSet<AddressKey>, ReadError> {
        let following = |day: Date| day.tomorrow().unwrap_or(Date::MAX);
        let mut options = ReadOptions::default();
        options.set_iterate_upper_bound(schema::ends_key(following(to), &[]));
        let start = schema::ends_key(following(after), &[]);
        let mode = IteratorMode::From(&start, Direction::Forward);
        let family = self.family(schema::ENDS);
        self.database
            .iterator_cf_opt(&family, options, mode)
            .map(|item| {
                let (key, _) = item.map_err(failed(schema::ENDS))?;
                Ok(stored_key(key.get(4..).unwrap_or_default())?)
            })
            .collect()
    }

    /// Returns the generation up to which the ends of entries are known;
    /// `None` if of none.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error or the number is damaged.
    pub fn ends_known(&self) -> Result<Option<GenerationNumber>, ReadError> {
        Ok(self.number(schema::META_ENDS_OF)?.map(GenerationNumber))
    }

    /// Notes the ends of entries by their own dates, and that all up to a
    /// generation are noted.
    ///
    /// # Errors
    ///
    /// If they cannot be read or written.
    pub fn note_ends(
        &self,
        ends: impl Iterator<Item = Result<(Date, AddressKey), ReadError>>,
        known: GenerationNumber,
    ) -> Result<(), ReadError> {
        let family = self.family(schema::ENDS);
        let mut batch = WriteBatch::default();
        for end in ends {
            let (day, key) = end?;
            batch.put_cf(&family, schema::ends_key(day, key.as_bytes()), []);
            if batch.len() >= ENDS_PER_WRITE {
                let full = std::mem::take(&mut batch);
                self.database.write(full).map_err(failed(schema::ENDS))?;
            }
        }
        let meta = self.family(schema::META);
        batch.put_cf(&meta, schema::META_ENDS_OF, known.0.to_le_bytes());
        self.database.write(batch).map_err(failed(schema::ENDS))
    }
}
