//! Flow 5: the join turned round. What changed is looked up in the
//! operator's portfolios, and not every customer in what is listed.
//!
//! A [`Monitor`] holds the book of portfolios. [`Monitor::advance`] takes
//! every edition of every portfolio from the state of the lists that was last
//! told about to the live one, generation by generation: the keys that
//! changed are looked up in the book, each member found is screened as of
//! before and as of after, and what differs becomes alerts. The cost follows
//! the change and not the book.
//!
//! It promises:
//! - the alerts about a member are what differs between screening it before
//!   and after, by whatever relation, no more and no less;
//! - alerts and the state they lead to are one synced write, so a crash
//!   neither loses nor repeats one, and what was committed while the daemon
//!   was down is told at the next start;
//! - an alert is put into the audit log before anybody is told, and told at
//!   least once, always under the same id and sequence;
//! - an error while reading is never taken for "no change": the step is done
//!   again.
//!
//! | file | holds |
//! |---|---|
//! | `advance` | the loop: what is next, and taking it |
//! | `step` | one step: keys that changed, members found, alerts |
//! | `compare` | two screenings of one member, and what differs |
//! | `first` | members that are listed already when they come in |
//! | `record` | what the audit log is told |
//! | `import`, `row`, `known` | a portfolio coming in: the whole of it, each row, who is new in it |
//! | `webhook/` | telling other machines |
//!
//! Who may ask for what is left to the edges.

mod advance;
mod compare;
mod first;
mod import;
mod known;
mod record;
mod row;
mod step;
pub mod webhook;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use parking_lot::{Mutex, RwLock};
use thiserror::Error;
use tokio::sync::{Notify, watch};
use tracing::info;

use crate::alert::{Acknowledgement, Alert};
use crate::generation::LiveGeneration;
use crate::portfolio::{Portfolio, PortfolioName};
use crate::screening::{PinError, Screener};
use crate::store::book::{Book, BookError, EditionError, WriteError};
use crate::store::{ReadError, Store};

pub use import::{ImportError, ImportReport, ImportRequest, PortfolioImport};
pub use record::{book_changed, into_log};
pub use row::{Row, RowFault};

/// Puts alerts into the audit log, all of them or none.
///
/// It is called before anybody is told of them, and again with the very same
/// alerts if it failed, or if the process died before the book knew.
pub type Record = Arc<dyn Fn(&[Alert]) -> Result<(), NotRecorded> + Send + Sync>;

/// The audit log did not take alerts; they are held back and tried again.
#[derive(Debug, Error)]
#[error("alerts are held back: the audit log does not take them: {0}")]
pub struct NotRecorded(pub String);

/// What the operator sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// How long acknowledged alerts are kept.
    pub alerts_kept: Duration,
    /// Members of one portfolio.
    pub members_max: u32,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            // As long as records of sanctions compliance must be kept.
            alerts_kept: Duration::from_secs(10 * 366 * 86_400),
            members_max: 50_000_000,
        }
    }
}

/// Why the monitor did not get on. What was written stays; it is tried again.
#[derive(Debug, Error)]
pub enum AdvanceError {
    /// The lists or the book cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The book cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A generation cannot be asked.
    #[error("cannot compare generations")]
    Pin(#[from] PinError),
    /// A screening met an error of the store.
    #[error("the lists could not be read while members were compared")]
    Unread,
    /// The audit log does not take the alerts.
    #[error(transparent)]
    NotRecorded(#[from] NotRecorded),
}

/// Why alerts are not acknowledged.
#[derive(Debug, Error)]
pub enum AcknowledgeError {
    /// There is no such alert.
    #[error("there is no alert {given}: the newest is {newest}")]
    NoSuchAlert {
        /// What was given.
        given: u64,
        /// The newest there is.
        newest: u64,
    },
    /// The book cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The book cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Why a portfolio is not removed.
#[derive(Debug, Error)]
pub enum RemoveError {
    /// There is none of that name.
    #[error("there is no portfolio `{0}`")]
    Unknown(PortfolioName),
    /// The book cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The book cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Watches the operator's portfolios.
pub struct Monitor {
    store: Arc<Store>,
    live: Arc<LiveGeneration>,
    screener: Screener,
    record: Record,
    terms: ArcSwap<Terms>,
    /// `None` until the first portfolio comes in.
    book: RwLock<Option<Arc<Book>>>,
    /// Held by whoever changes the book: steps, imports, removals.
    turn: Mutex<()>,
    /// A portfolio is coming in.
    importing: AtomicBool,
    /// Up to where alerts may be told.
    told: watch::Sender<u64>,
    /// Something came in that there is to tell about.
    woken: Notify,
    /// The daemon stops: nobody is told any more.
    closing: watch::Sender<bool>,
    /// When old alerts were last looked for.
    looked_for_old: Mutex<Option<Date>>,
}

impl Monitor {
    /// Opens the book of a data directory, if it has one.
    ///
    /// # Errors
    ///
    /// If there is one and it is refused.
    pub fn open(
        store: Arc<Store>,
        live: Arc<LiveGeneration>,
        screener: Screener,
        record: Record,
        terms: Terms,
    ) -> Result<Self, BookError> {
        let book = Book::open(store.data_dir())?.map(Arc::new);
        let told = match &book {
            Some(book) => book.recorded()?,
            None => 0,
        };
        Ok(Self {
            store,
            live,
            screener,
            record,
            terms: ArcSwap::from_pointee(terms),
            book: RwLock::new(book),
            turn: Mutex::new(()),
            importing: AtomicBool::new(false),
            told: watch::Sender::new(told),
            woken: Notify::new(),
            closing: watch::Sender::new(false),
            looked_for_old: Mutex::new(None),
        })
    }

    /// Watches on other terms from now on.
    pub fn adopt(&self, terms: Terms) {
        self.terms.store(Arc::new(terms));
    }

    fn book(&self) -> Option<Arc<Book>> {
        self.book.read().clone()
    }

    fn book_or_new(&self) -> Result<Arc<Book>, BookError> {
        let mut held = self.book.write();
        if let Some(book) = &*held {
            return Ok(book.clone());
        }
        let data_dir: &Path = self.store.data_dir();
        let book = Arc::new(Book::open_or_create(data_dir)?);
        *held = Some(book.clone());
        Ok(book)
    }

    /// Returns every portfolio, by name.
    ///
    /// # Errors
    ///
    /// If the book cannot be read.
    pub fn portfolios(&self) -> Result<Vec<Portfolio>, ReadError> {
        self.book().map_or(Ok(Vec::new()), |book| book.portfolios())
    }

    /// Stops watching a portfolio and forgets its members. Alerts about them
    /// stay.
    ///
    /// # Errors
    ///
    /// If there is none of that name, or the book cannot be written.
    pub fn remove(&self, name: &PortfolioName) -> Result<Portfolio, RemoveError> {
        let unknown = || RemoveError::Unknown(name.clone());
        let book = self.book().ok_or_else(unknown)?;
        let _turn = self.turn.lock();
        let portfolio = book.portfolio(name)?.ok_or_else(unknown)?;
        let mut write = book.write();
        write.remove(name);
        for edition in &portfolio.editions {
            write.unbind(edition.number);
        }
        write.commit()?;
        info!(portfolio = %name, members = portfolio.members(), "a portfolio was removed");
        take_out(&book, &portfolio);
        Ok(portfolio)
    }

    /// Returns some of the alerts after one that may be told, in order.
    ///
    /// # Errors
    ///
    /// If the book cannot be read.
    pub fn alerts_after(&self, after: u64, some: usize) -> Result<Vec<Alert>, ReadError> {
        let Some(book) = self.book() else {
            return Ok(Vec::new());
        };
        let told = *self.told.borrow();
        if after >= told {
            return Ok(Vec::new());
        }
        let mut alerts = book.alerts_after(after, some)?;
        alerts.retain(|alert| alert.sequence <= told);
        Ok(alerts)
    }

    /// Follows the sequence of the newest alert that may be told.
    pub fn told(&self) -> watch::Receiver<u64> {
        self.told.subscribe()
    }

    /// Returns the last word of a person about alerts.
    ///
    /// # Errors
    ///
    /// If the book cannot be read.
    pub fn acknowledged(&self) -> Result<Option<Acknowledgement>, ReadError> {
        self.book().map_or(Ok(None), |book| book.acknowledged())
    }

    /// Takes a person's word that every alert up to one has been dealt with.
    /// A word that reaches less far than the last changes nothing. Returns
    /// the one that holds.
    ///
    /// # Errors
    ///
    /// If there is no such alert yet, or the book cannot be written.
    pub fn acknowledge(&self, word: Acknowledgement) -> Result<Acknowledgement, AcknowledgeError> {
        let newest = *self.told.borrow();
        let no_such = || AcknowledgeError::NoSuchAlert {
            given: word.sequence,
            newest,
        };
        let book = self.book().ok_or_else(no_such)?;
        if word.sequence == 0 || word.sequence > newest {
            return Err(no_such());
        }
        let mut write = book.write();
        if let Some(before) = book.acknowledged()?
            && before.sequence >= word.sequence
        {
            return Ok(before);
        }
        write.acknowledge(&word);
        write.commit()?;
        info!(up_to = word.sequence, author = %word.author, "alerts were acknowledged");
        Ok(word)
    }

    /// Ends whoever is told as it happens: a stream that is followed would
    /// hold up a stop to the end of its drain.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Waits for that.
    pub async fn closed(&self) {
        // The sender lives as long as `self`.
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }

    /// Waits until something came in that there is to tell about.
    pub async fn woken(&self) {
        self.woken.notified().await;
    }

    /// Forgets alerts that were dealt with and have been kept long enough,
    /// once a day.
    fn forget_old(&self, book: &Book) -> Result<(), ReadError> {
        let now = Timestamp::now();
        let today = crate::screening::utc_date(now);
        let mut looked = self.looked_for_old.lock();
        if *looked == Some(today) {
            return Ok(());
        }
        if let Some(word) = book.acknowledged()? {
            let kept = SignedDuration::try_from(self.terms.load().alerts_kept);
            let before = now.checked_sub(kept.unwrap_or(SignedDuration::MAX));
            let forgotten = match before {
                Ok(before) => book.forget_alerts(word.sequence, before)?,
                Err(_) => 0,
            };
            if forgotten > 0 {
                info!(
                    alerts = forgotten,
                    "acknowledged alerts were kept long enough"
                );
            }
        }
        *looked = Some(today);
        Ok(())
    }
}

/// Takes out the editions of a portfolio that is gone. What cannot be taken
/// out now is at the next start.
fn take_out(book: &Book, gone: &Portfolio) {
    for edition in &gone.editions {
        if let Err(error) = book.take_out(edition.number) {
            tracing::warn!(%error, edition = edition.number, "members that nobody watches could not be taken out; the next start tries again");
        }
    }
}

impl From<EditionError> for ImportError {
    fn from(error: EditionError) -> Self {
        Self::Edition(error)
    }
}

#[cfg(test)]
mod agreement_tests;
#[cfg(test)]
mod import_tests;
#[cfg(test)]
mod tests;
