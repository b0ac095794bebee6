//! One atomic write to the book.
//!
//! A [`BookWrite`] gathers what belongs together (alerts and the position
//! they lead to, a portfolio and the edition it takes up) and puts it down
//! synced, or not at all. The monitor makes one at a time.

use parking_lot::MutexGuard;
use prost::Message as _;
use rocksdb::{WriteBatch, WriteOptions};
use thiserror::Error;

use crate::alert::{Acknowledgement, Alert};
use crate::portfolio::{Portfolio, PortfolioName};

use super::{Book, Step, encode, schema};

/// A write that failed: nothing of it was done.
#[derive(Debug, Error)]
#[error(
    "cannot write to the book of portfolios: make room on the disk, or see what the system says of it"
)]
pub struct WriteError(#[from] rocksdb::Error);

/// What is put down at once.
pub struct BookWrite<'a> {
    book: &'a Book,
    batch: WriteBatch,
    next: MutexGuard<'a, u64>,
    sequence: u64,
}

impl Book {
    /// Begins a write.
    pub fn write(&self) -> BookWrite<'_> {
        let next = self.next.lock();
        BookWrite {
            book: self,
            batch: WriteBatch::default(),
            sequence: *next,
            next,
        }
    }
}

impl BookWrite<'_> {
    /// Adds an alert, and gives it its sequence.
    pub fn alert(&mut self, alert: &mut Alert) {
        alert.sequence = self.sequence;
        self.sequence += 1;
        let key = alert.sequence.to_be_bytes();
        let family = self.book.family(schema::ALERTS);
        self.batch.put_cf(&family, key, encode::alert_to_row(alert));
    }

    /// Puts a portfolio as it is now. Its editions are bound to it.
    pub fn portfolio(&mut self, portfolio: &Portfolio) {
        let family = self.book.family(schema::PORTFOLIOS);
        let row = encode::portfolio_to_row(portfolio);
        self.batch
            .put_cf(&family, portfolio.name.as_str(), row.encode_to_vec());
        let meta = self.book.family(schema::META);
        for edition in &portfolio.editions {
            self.batch.delete_cf(&meta, schema::unbound(edition.number));
        }
    }

    /// Removes a portfolio. Its editions are to be unbound.
    pub fn remove(&mut self, name: &PortfolioName) {
        let family = self.book.family(schema::PORTFOLIOS);
        self.batch.delete_cf(&family, name.as_str());
    }

    /// Notes that no portfolio holds an edition any more.
    pub fn unbind(&mut self, edition: u32) {
        let meta = self.book.family(schema::META);
        self.batch.put_cf(&meta, schema::unbound(edition), []);
    }

    /// Notes that a member's first screening is to be told.
    pub fn first(&mut self, edition: u32, number: u32) {
        let family = self.book.family(schema::FIRST);
        let key = schema::member_key(edition, number);
        self.batch.put_cf(&family, key, []);
    }

    /// Notes that it was.
    pub fn first_told(&mut self, edition: u32, number: u32) {
        let family = self.book.family(schema::FIRST);
        let key = schema::member_key(edition, number);
        self.batch.delete_cf(&family, key);
    }

    /// Notes how far a step is, or that none is under way.
    pub fn step(&mut self, step: Option<&Step>) {
        let meta = self.book.family(schema::META);
        match step {
            Some(step) => {
                let row = encode::step_to_row(step).encode_to_vec();
                self.batch.put_cf(&meta, schema::META_STEP, row);
            }
            None => self.batch.delete_cf(&meta, schema::META_STEP),
        }
    }

    /// Notes a person's word about alerts.
    pub fn acknowledge(&mut self, word: &Acknowledgement) {
        let meta = self.book.family(schema::META);
        let row = encode::acknowledgement_to_row(word).encode_to_vec();
        self.batch.put_cf(&meta, schema::META_ACKNOWLEDGED, &row);
        self.batch
            .put_cf(&meta, schema::acknowledgement(word.sequence), row);
    }

    /// Returns how much there is to write.
    pub fn len(&self) -> usize {
        self.batch.len()
    }

    /// Tells whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// Puts it all down.
    ///
    /// # Errors
    ///
    /// If it cannot be written; nothing of it is then.
    pub fn commit(mut self) -> Result<(), WriteError> {
        let mut synced = WriteOptions::default();
        synced.set_sync(true);
        self.book.database.write_opt(self.batch, &synced)?;
        *self.next = self.sequence;
        Ok(())
    }
}
