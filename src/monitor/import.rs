//! A portfolio coming in.
//!
//! Rows are taken one by one: each must read strictly, or it could never be
//! cleared and is refused and reported; secrets are neither kept nor named.
//! Each row is screened as it comes, against one pinned generation, so that
//! whoever is listed already is told; the filter answers for nearly all.
//! Nothing counts until [`PortfolioImport::finish`], which puts the whole in
//! place by one write.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use thiserror::Error;
use tracing::info;

use crate::list::GenerationNumber;
use crate::portfolio::{Edition, Member, Portfolio, PortfolioName, Position};
use crate::screening::{Moment, PinError, Pinned, utc_date};
use crate::store::ReadError;
use crate::store::book::{Book, BookError, EditionError, NewEdition, Unbound, WriteError};
use crate::verdict::Reason;

use super::first::applies;
use super::known::note_first;
use super::row::{Row, RowFault, keys, unfit, unreadable};
use super::{AdvanceError, Monitor, take_out};

/// Refused rows that are named; all are counted.
const FAULTS_MAX: usize = 1_000;

/// Imports that may make one portfolio: each is looked up for each key that
/// changes.
const EDITIONS_MAX: usize = 256;

/// What is to be imported, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRequest {
    /// The portfolio.
    pub name: PortfolioName,
    /// Adds to what is there instead of replacing it.
    pub adds: bool,
    /// Tells about members that are listed already.
    pub first_screening: bool,
}

/// What became of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// The portfolio as it is now.
    pub portfolio: Portfolio,
    /// Rows that were sent.
    pub rows: u64,
    /// Those of them that are watched.
    pub taken: u64,
    /// Those that are not.
    pub refused: u64,
    /// Members to whom an entry applies already.
    pub matched: u64,
    /// Those of them that are told: not already in the portfolio.
    pub told: u64,
    /// The first of the refused rows.
    pub faults: Vec<RowFault>,
    /// The generation that they were screened against.
    pub generation: GenerationNumber,
    /// How long it took.
    pub elapsed: Duration,
}

/// Why a portfolio is not imported; nothing has changed then.
#[derive(Debug, Error)]
pub enum ImportError {
    /// Another import is under way.
    #[error("another portfolio is being imported: wait for its end and try again")]
    Busy,
    /// Nothing can be screened.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// More members than a portfolio may have.
    #[error(
        "the portfolio would have more than {max} members: split it, or raise `monitoring.members_max`"
    )]
    TooManyMembers {
        /// How many it may have.
        max: u32,
    },
    /// Too much was added to it since it was imported whole.
    #[error("`{name}` was added to {max} times: import it whole, and then add again")]
    TooManyAdditions {
        /// The portfolio.
        name: PortfolioName,
        /// How often it may be.
        max: usize,
    },
    /// Rows are missing, or too many came.
    #[error("{came} rows came and {said} were sent: send it again")]
    NotWhole {
        /// Rows that came.
        came: u64,
        /// Rows that were announced.
        said: u64,
    },
    /// The lists cannot be read.
    #[error("the lists could not be read while rows were screened: try again")]
    Unread,
    /// The book cannot be made or opened.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The members cannot be put into the book.
    #[error(transparent)]
    Edition(EditionError),
    /// The book cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The book cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// What is there already could not be brought up to date first.
    #[error("what is watched already could not be brought up to date")]
    Behind(#[from] AdvanceError),
}

/// A portfolio that is coming in. Dropped, it leaves nothing behind.
pub struct PortfolioImport {
    slot: Slot,
    book: Arc<Book>,
    request: ImportRequest,
    pinned: Pinned,
    position: Position,
    edition: NewEdition,
    rows: u64,
    refused: u64,
    faults: Vec<RowFault>,
    matched: Vec<u32>,
    began: Instant,
}

/// One import at a time.
struct Slot(Arc<Monitor>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.importing.store(false, Ordering::Release);
    }
}

impl Monitor {
    /// Begins an import.
    ///
    /// # Errors
    ///
    /// If another is under way, nothing is live, or nothing can be written.
    pub fn begin_import(
        self: &Arc<Self>,
        request: ImportRequest,
    ) -> Result<PortfolioImport, ImportError> {
        if self.importing.swap(true, Ordering::AcqRel) {
            return Err(ImportError::Busy);
        }
        let slot = Slot(self.clone());
        let pinned = self.screener.pin(&Moment::default())?;
        let position = Position {
            generation: pinned.record().number,
            digest: pinned.record().digest.0,
            day: utc_date(pinned.now()),
        };
        let book = self.book_or_new()?;
        let edition = book.new_edition()?;
        Ok(PortfolioImport {
            slot,
            book,
            request,
            pinned,
            position,
            edition,
            rows: 0,
            refused: 0,
            faults: Vec::new(),
            matched: Vec::new(),
            began: Instant::now(),
        })
    }
}

impl PortfolioImport {
    /// Takes a row, or notes why it cannot be watched.
    ///
    /// # Errors
    ///
    /// If the import as a whole cannot go on.
    pub fn row(&mut self, row: &Row<'_>) -> Result<(), ImportError> {
        self.rows += 1;
        let max = self.slot.0.terms.load().members_max;
        if self.edition.members() >= max {
            return Err(ImportError::TooManyMembers { max });
        }
        if let Some((reason, advice)) = unfit(row) {
            self.refuse(reason, advice);
            return Ok(());
        }
        let outcome = self.pinned.screen_whole(row.address, row.network);
        if let Some((reason, advice)) = unreadable(&outcome) {
            self.refuse(reason, advice);
            return Ok(());
        }
        if outcome.reasons.contains(&Reason::StoreError) {
            return Err(ImportError::Unread);
        }
        let member = Member {
            text: row.address.trim().to_owned(),
            network: row.network.trim().to_owned(),
            reference: row.reference.to_owned(),
        };
        let keys = keys(&outcome.candidates);
        let number = self.edition.add(&member, keys.iter())?;
        if applies(&outcome) {
            self.matched.push(number);
        }
        Ok(())
    }

    fn refuse(&mut self, reason: &'static str, advice: &'static str) {
        self.refused += 1;
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(RowFault {
                row: self.rows,
                reason,
                advice,
            });
        }
    }

    /// Puts the whole in place. `rows` is how many were sent, by whoever sent
    /// them.
    ///
    /// # Errors
    ///
    /// If it is not whole, or cannot be written; what was there before stays.
    pub fn finish(self, rows: u64) -> Result<ImportReport, ImportError> {
        if rows != self.rows {
            return Err(ImportError::NotWhole {
                came: self.rows,
                said: rows,
            });
        }
        let monitor = &self.slot.0;
        let unbound = self.edition.finish()?;
        let taken = u64::from(unbound.members());
        let _turn = monitor.turn.lock();
        // Nothing that happened to those who are in it now goes untold.
        monitor.catch_up(&self.book, &|| false)?;
        let before = self.book.portfolio(&self.request.name)?;
        let kept = before.as_ref().filter(|_| self.request.adds);
        let max = monitor.terms.load().members_max;
        let portfolio = self.request.portfolio(
            kept,
            before.as_ref(),
            (&unbound, self.position, self.refused),
            max,
        )?;
        let told = match self.request.first_screening {
            true => note_first(&self.book, &unbound, &self.matched, before.as_ref())?,
            false => 0,
        };
        let gone = before.filter(|_| !self.request.adds);
        let mut write = self.book.write();
        for edition in gone.iter().flat_map(|gone| &gone.editions) {
            write.unbind(edition.number);
        }
        write.portfolio(&portfolio);
        write.commit()?;
        unbound.bound();
        if let Some(gone) = &gone {
            take_out(&self.book, gone);
        }
        monitor.woken.notify_one();
        let (matched, elapsed) = (self.matched.len() as u64, self.began.elapsed());
        info!(
            portfolio = %portfolio.name,
            taken,
            refused = self.refused,
            matched,
            ?elapsed,
            "a portfolio was imported"
        );
        Ok(ImportReport {
            portfolio,
            rows: self.rows,
            taken,
            refused: self.refused,
            matched,
            told,
            faults: self.faults,
            generation: self.position.generation,
            elapsed,
        })
    }
}

impl ImportRequest {
    /// Returns the portfolio as it will be.
    fn portfolio(
        &self,
        kept: Option<&Portfolio>,
        before: Option<&Portfolio>,
        (unbound, position, refused): (&Unbound, Position, u64),
        max: u32,
    ) -> Result<Portfolio, ImportError> {
        let mut editions = kept.map(|kept| kept.editions.clone()).unwrap_or_default();
        let members = kept.map_or(0, Portfolio::members) + u64::from(unbound.members());
        if members > u64::from(max) {
            return Err(ImportError::TooManyMembers { max });
        }
        if editions.len() >= EDITIONS_MAX {
            return Err(ImportError::TooManyAdditions {
                name: self.name.clone(),
                max: EDITIONS_MAX,
            });
        }
        let now = Timestamp::now();
        editions.push(Edition {
            number: unbound.number(),
            members: unbound.members(),
            position,
            imported_at: now,
        });
        Ok(Portfolio {
            name: self.name.clone(),
            created_at: before.map_or(now, |before| before.created_at),
            imported_at: now,
            editions,
            refused: kept.map_or(0, |kept| kept.refused) + refused,
        })
    }
}
