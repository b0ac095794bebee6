//! Alerts: read in order, up to where they were recorded, delivered and
//! dealt with.

use jiff::Timestamp;
use prost::Message as _;
use rocksdb::{Direction, IteratorMode};

use crate::alert::{Acknowledgement, Alert};
use crate::store::rows::{RowError, pb};
use crate::store::{ReadError, failed};

use super::{Book, WriteError, encode, schema};

impl Book {
    /// Returns the sequence of the newest alert; zero if there never was one.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error or a key is damaged.
    pub fn last_alert(&self) -> Result<u64, ReadError> {
        let family = self.family(schema::ALERTS);
        let last = self.database.iterator_cf(&family, IteratorMode::End).next();
        let Some(item) = last else {
            return Ok(0);
        };
        let (key, _) = item.map_err(failed(schema::ALERTS))?;
        Ok(sequence(&key)?)
    }

    /// Returns some of the alerts after one, in order.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error or an alert does not decode.
    pub fn alerts_after(&self, after: u64, some: usize) -> Result<Vec<Alert>, ReadError> {
        let start = after.saturating_add(1).to_be_bytes();
        let mode = IteratorMode::From(&start, Direction::Forward);
        self.database
            .iterator_cf(&self.family(schema::ALERTS), mode)
            .take(some)
            .map(|item| {
                let (key, value) = item.map_err(failed(schema::ALERTS))?;
                Ok(encode::alert(sequence(&key)?, &value)?)
            })
            .collect()
    }

    /// Returns up to where alerts are in the audit log.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error or the number is damaged.
    pub fn recorded(&self) -> Result<u64, ReadError> {
        Ok(self.number(schema::META_RECORDED)?.unwrap_or(0))
    }

    /// Notes up to where they are. Not synced: lost, they are recorded again,
    /// under the ids they have.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn set_recorded(&self, sequence: u64) -> Result<(), WriteError> {
        Ok(self.database.put_cf(
            &self.family(schema::META),
            schema::META_RECORDED,
            sequence.to_le_bytes(),
        )?)
    }

    /// Returns up to where a webhook has taken them; `None` if it is new.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error or the number is damaged.
    pub fn delivered(&self, webhook: &str) -> Result<Option<u64>, ReadError> {
        self.number(&schema::delivered(webhook))
    }

    /// Notes up to where it has. Not synced: lost, they are sent again, under
    /// the ids they have.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn set_delivered(&self, webhook: &str, sequence: u64) -> Result<(), WriteError> {
        Ok(self.database.put_cf(
            &self.family(schema::META),
            schema::delivered(webhook),
            sequence.to_le_bytes(),
        )?)
    }

    /// Returns the last word of a person about alerts.
    ///
    /// # Errors
    ///
    /// If RocksDB reports an error or it does not decode.
    pub fn acknowledged(&self) -> Result<Option<Acknowledgement>, ReadError> {
        let Some(value) = self.get(schema::META, schema::META_ACKNOWLEDGED)? else {
            return Ok(None);
        };
        let row = pb::Acknowledgement::decode(value.as_slice())
            .map_err(|error| RowError::new("acknowledgement", error))?;
        Ok(Some(encode::acknowledgement(row)?))
    }

    /// Forgets alerts up to a sequence that were raised before an instant,
    /// and returns how many. The newest stays: the numbers go on from it.
    ///
    /// # Errors
    ///
    /// If they cannot be read or written.
    pub fn forget_alerts(&self, up_to: u64, before: Timestamp) -> Result<u64, ReadError> {
        let family = self.family(schema::ALERTS);
        let newest = self.next.lock().saturating_sub(1);
        let (mut first, mut last) = (None, 0);
        for item in self.database.iterator_cf(&family, IteratorMode::Start) {
            let (key, value) = item.map_err(failed(schema::ALERTS))?;
            let number = sequence(&key)?;
            let row = pb::Alert::decode(value.as_ref());
            let row = row.map_err(|error| RowError::new("alert", error))?;
            if number > up_to || number == newest || row.at_ms >= before.as_millisecond() {
                break;
            }
            first.get_or_insert(number);
            last = number;
        }
        let Some(first) = first else { return Ok(0) };
        let (from, to) = (first.to_be_bytes(), (last + 1).to_be_bytes());
        self.database
            .delete_range_cf(&family, from, to)
            .map_err(failed(schema::ALERTS))?;
        Ok(last + 1 - first)
    }
}

fn sequence(key: &[u8]) -> Result<u64, RowError> {
    let bytes = key.try_into().map(u64::from_be_bytes);
    bytes.map_err(|_| RowError::new("alert", "its key is not 8 bytes"))
}
