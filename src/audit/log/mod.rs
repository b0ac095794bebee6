//! The log as the process that appends to it sees it.
//!
//! [`AuditLog::append`] frames a record into memory and gives a ticket;
//! [`AuditLog::written`] returns once the record is where its durability wants
//! it. Nobody hands records to another thread: of those who wait, one takes
//! the file and writes for all, and what gathers meanwhile is the next one's.
//! Only those of a lower priority do: [`AuditLog::append_behind`]. Four threads
//! work beside: one makes what is written durable, at least every 50 ms and at
//! once when somebody waits for it; one writes for those of a lower priority;
//! one hashes, signs, and begins new segments; one seals them and removes those
//! past their time.
//!
//! Promised: after `Ok`, the record is there. After an error it is not
//! relied on: it may or may not be there.

mod behind;
mod create;
mod figures;
mod lock;
mod own;
mod queue;
mod recover;
mod retain;
pub(super) mod seal;
mod shared;
mod tree;
mod writer;

#[cfg(test)]
mod faults;
#[cfg(test)]
pub(super) mod tests;

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use hmac::{Hmac, KeyInit as _, Mac as _};
use parking_lot::Mutex;
use sha2::Sha256;

use super::folder::Folder;
use super::note::VerifierKey;
use super::record::{Recovered, record::Event};
use super::settings::{Durability, Settings};
use behind::Handing;
use queue::Who;
use shared::{Shared, Sizes};
use tree::{Begin, Tree};

pub use behind::Handed;
pub use create::CreateError;
pub use figures::{Following, LogFigures};
pub use queue::{AppendError, Ticket};
pub use recover::OpenError;
pub(super) use tree::BEHIND_MAX;

/// The log, open for appending. Closed when the last copy goes.
#[derive(Debug, Clone)]
pub struct AuditLog {
    shared: Arc<Shared>,
    reference: Hmac<Sha256>,
    threads: Arc<Threads>,
}

/// What opening found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Records in the log, with those that opening wrote.
    pub records: u64,
    /// What a crash left, if anything. The log says so itself.
    pub recovered: Option<Recovery>,
}

/// What a crash left and was put in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Records before the cut.
    pub records: u64,
    /// Bytes that were cut off: a record that was never whole.
    pub cut_bytes: u64,
    /// Records after the newest signed checkpoint.
    pub unsigned_records: u64,
    /// What was found, in words.
    pub found: String,
}

/// The threads behind the log, ended with it.
#[derive(Debug)]
struct Threads {
    shared: Arc<Shared>,
    handing: Handing,
    /// Ends the hashing when it goes.
    end: Mutex<Option<Sender<()>>>,
    stop: Arc<AtomicBool>,
    running: Mutex<Vec<JoinHandle<()>>>,
    /// Nobody else appends until the threads have ended.
    _lock: File,
}

impl AuditLog {
    /// Makes a log in a folder that does not exist, with a name of its own or
    /// one that is given.
    ///
    /// # Errors
    ///
    /// If there is one, or was one; or it cannot be made.
    pub fn create(dir: &Path, origin: Option<&str>) -> Result<(), CreateError> {
        create::create(dir, origin)
    }

    /// Opens a log, puts in order what a crash left, and records that it did.
    ///
    /// # Errors
    ///
    /// If there is none, if somebody else has it open, or if it is not what it
    /// was: see [`OpenError`].
    pub fn open(dir: &Path, settings: Settings) -> Result<(Self, Opened), OpenError> {
        let found = recover::recover(dir, settings.origin.as_deref())?;
        let sizes = Sizes {
            first: found.last.first,
            signed: found.signed,
            records: found.last.tree.size(),
        };
        let file = Arc::new(found.last.file);
        let shared = Arc::new(Shared::new(
            Folder::new(dir),
            settings,
            found.signer,
            &file,
            found.last.bytes,
            sizes,
        ));
        let begin = Begin {
            file,
            offset: found.last.bytes,
            created_ns: found.last.created_ns,
            header: found.last.header,
            // What is signed beside the log is as good as signed within it.
            logged: found.last.tree.size(),
            tree: found.last.tree,
        };
        let reference =
            Hmac::new_from_slice(&*found.reference).expect("HMAC takes keys of any length");
        let threads = Threads::start(&shared, begin, found.lock).map_err(|source| {
            let path = dir.to_owned();
            OpenError::Io { path, source }
        })?;
        let log = Self {
            shared,
            reference,
            threads: Arc::new(threads),
        };
        if let Some(recovery) = &found.recovery {
            log.record_recovery(recovery)?;
        }
        let opened = Opened {
            records: log.size(),
            recovered: found.recovery,
        };
        Ok((log, opened))
    }

    fn record_recovery(&self, recovery: &Recovery) -> Result<(), AppendError> {
        let event = Event::Recovered(Recovered {
            records: recovery.records,
            cut_bytes: recovery.cut_bytes,
            found: recovery.found.clone(),
            unsigned_records: recovery.unsigned_records,
        });
        let record = own::record(&self.shared, event);
        let ticket = self.shared.append(Who::Log, [&record[..]])?;
        self.shared.wait_blocking(ticket, Durability::Strict)
    }

    /// Queues a record, and returns what to wait for. Never waits for a disk.
    ///
    /// # Errors
    ///
    /// If it was not queued: there is no room, or the log takes nothing more.
    pub fn append(&self, record: &[u8]) -> Result<Ticket, AppendError> {
        self.append_all([record])
    }

    /// Queues records next to each other, all or none. The ticket is for the
    /// last, and so for all.
    ///
    /// # Errors
    ///
    /// As [`Self::append`].
    pub fn append_all<'a>(
        &self,
        records: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Ticket, AppendError> {
        self.shared.append(Who::Caller, records)
    }

    /// Waits until a record survives what the durability says.
    ///
    /// # Errors
    ///
    /// If it does not, and never will.
    pub async fn written(&self, ticket: Ticket, durability: Durability) -> Result<(), AppendError> {
        self.shared.wait(ticket, durability).await
    }

    /// Has records written next to each other, all or none, for who runs at a
    /// lower priority than others that append: bytes, and where in them each
    /// record ends.
    ///
    /// # Errors
    ///
    /// If one of them cannot be kept, or the log is closed.
    pub fn append_behind(&self, bytes: Vec<u8>, ends: &[usize]) -> Result<Handed, AppendError> {
        self.threads.handing.hand(bytes, ends)
    }

    /// As [`Self::written`].
    ///
    /// # Errors
    ///
    /// As [`Self::append`] and [`Self::written`].
    pub async fn written_behind(
        &self,
        handed: Handed,
        durability: Durability,
    ) -> Result<(), AppendError> {
        handed.written(&self.shared, durability).await
    }

    /// As [`Self::written`], for who may block.
    ///
    /// # Errors
    ///
    /// As [`Self::written`].
    pub fn written_blocking(
        &self,
        ticket: Ticket,
        durability: Durability,
    ) -> Result<(), AppendError> {
        self.shared.wait_blocking(ticket, durability)
    }

    /// Returns how many records the kernel has.
    pub fn size(&self) -> u64 {
        self.shared.written()
    }

    /// Returns what an ordinary answer waits for.
    pub fn durability(&self) -> Durability {
        self.shared.settings.durability
    }

    /// Returns whether the log takes nothing more until a restart.
    pub fn has_failed(&self) -> bool {
        self.shared.has_failed()
    }

    /// Returns the key that others check with.
    pub fn verifying_key(&self) -> &VerifierKey {
        self.shared.signer.verifier()
    }

    /// Returns what is kept of what a caller said: it can be compared, and
    /// never read.
    pub fn reference_hash(&self, text: &str) -> [u8; 32] {
        let mut hasher = self.reference.clone();
        hasher.update(text.as_bytes());
        hasher.finalize().into_bytes().into()
    }

    /// Returns the monotonic clock of the records: nanoseconds since the log
    /// was opened.
    pub fn monotonic_ns(&self) -> u64 {
        own::monotonic_ns(&self.shared)
    }

    /// Takes nothing more, writes what waits, and signs all there is.
    pub fn close(self) {
        self.threads.end();
    }
}

impl Threads {
    fn start(shared: &Arc<Shared>, begin: Begin, lock: File) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (end, ended) = channel();
        let (closed, closings) = channel();
        let (handing, handed) = channel();
        let threads = Self {
            shared: shared.clone(),
            handing: Handing::new(handing, shared.settings.queue_bytes_max),
            end: Mutex::new(Some(end)),
            stop: stop.clone(),
            running: Mutex::default(),
            _lock: lock,
        };
        let run = |name: &str, work: Box<dyn FnOnce() + Send>| {
            let thread = Builder::new().name(name.to_owned()).spawn(work)?;
            threads.running.lock().push(thread);
            io::Result::Ok(())
        };
        let syncing = shared.clone();
        run("audit-sync", Box::new(move || sync_on(&syncing)))?;
        let writing = shared.clone();
        let work = move || behind::run(&writing, &handed);
        run("audit-write", Box::new(work))?;
        let tree = Tree::new(shared.clone(), begin, closed);
        run("audit-tree", Box::new(move || tree.run(&ended)))?;
        let sealing = shared.clone();
        let work = move || seal::run(&sealing, &closings, &stop);
        run("audit-seal", Box::new(work))?;
        Ok(threads)
    }

    fn end(&self) {
        self.shared.queue.lock().close();
        self.stop.store(true, Ordering::Release);
        self.end.lock().take();
        self.handing.stop();
        // The hashing writes, syncs and signs what is left; with it goes the
        // one that tells the sealing. The syncing serves both to their end.
        for thread in self.running.lock().drain(..).rev() {
            if thread.thread().name() == Some("audit-sync") {
                self.shared.alarm.stop();
            }
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.end();
    }
}

/// Makes what is written durable, until it is told to stop.
fn sync_on(shared: &Shared) {
    while shared
        .alarm
        .wait(shared.synced(), shared.settings.sync_within)
    {
        // Those who queued it may have gone away before they wrote it.
        if !shared.queue.lock().is_empty() {
            shared.write();
        }
        if shared.sync().is_err() {
            return;
        }
    }
}
