//! What appending, syncing, hashing and sealing share.
//!
//! Locks are taken in this order and held for no longer than named: `writer`
//! for one write, or a rotation; `queue` for a copy in memory; `written_frames`
//! for a push.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tokio::sync::Notify;
use tracing::error;

use super::super::folder::Folder;
use super::super::note::SignerKey;
use super::super::settings::{Durability, Settings};
use super::figures::Noted;
use super::lock::Lock;
use super::queue::{AppendError, Queue, Taken, Ticket, Who, checked};
use super::writer::{Writer, whole_frames};

/// Buffers larger than this are not kept to be used again.
const SPARE_BYTES_MAX: usize = 4 << 20;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) folder: Folder,
    pub(super) settings: Settings,
    pub(super) signer: SignerKey,
    /// When the log was opened.
    pub(super) began: Instant,
    pub(super) queue: Lock<Queue>,
    /// Who holds it writes for all.
    pub(super) writer: Lock<Writer>,
    /// The file of the writer. Changed with `writer` held, and only once all
    /// that the former holds is on the disk.
    pub(super) active: Mutex<Arc<File>>,
    /// Records with the kernel.
    written: AtomicU64,
    /// Records on the disk.
    synced: AtomicU64,
    /// Number of the first record of the segment that is written to.
    pub(super) first: AtomicU64,
    /// Records under the newest checkpoint that is on the disk.
    pub(super) signed: AtomicU64,
    /// That of the queue. Changes before `written` speaks of it.
    epoch: AtomicU64,
    failed: AtomicBool,
    wrote: Notify,
    became_durable: Notify,
    /// For those who wait without a runtime.
    durable_again: (Mutex<()>, Condvar),
    /// Frames that were written and not yet hashed.
    written_frames: Lock<WrittenFrames>,
    pub(super) alarm: Alarm,
    pub(super) noted: Noted,
    #[cfg(test)]
    pub(super) faults: Arc<super::faults::Faults>,
}

#[derive(Debug, Default)]
struct WrittenFrames {
    waiting: VecDeque<Vec<u8>>,
    bytes: usize,
    spare: Vec<u8>,
}

/// Wakes the thread that syncs.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    state: Mutex<AlarmState>,
    rung: Condvar,
}

#[derive(Debug, Default)]
struct AlarmState {
    wanted: u64,
    stop: bool,
}

impl Alarm {
    fn ring(&self, wanted: u64) {
        let mut state = self.state.lock();
        if wanted > state.wanted {
            state.wanted = wanted;
            self.rung.notify_one();
        }
    }

    pub(super) fn stop(&self) {
        self.state.lock().stop = true;
        self.rung.notify_one();
    }

    /// Waits until more is wanted than there is, or for a time; false: stop.
    pub(super) fn wait(&self, synced: u64, longest: Duration) -> bool {
        let mut state = self.state.lock();
        if !state.stop && state.wanted <= synced {
            let _ = self.rung.wait_for(&mut state, longest);
        }
        !state.stop
    }
}

/// How much a log holds when it is opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// Number of the first record of the segment that is written to.
    pub(super) first: u64,
    /// Records under the newest checkpoint.
    pub(super) signed: u64,
    /// Records.
    pub(super) records: u64,
}

impl Shared {
    pub(super) fn new(
        folder: Folder,
        settings: Settings,
        signer: SignerKey,
        file: &Arc<File>,
        bytes: u64,
        sizes: Sizes,
    ) -> Self {
        let records = sizes.records;
        let writer = Writer::new(file.clone(), bytes);
        Self {
            #[cfg(test)]
            faults: writer.faults.clone(),
            folder,
            signer,
            began: Instant::now(),
            queue: Lock::new(Queue::new(records, settings.queue_bytes_max)),
            writer: Lock::new(writer),
            active: Mutex::new(file.clone()),
            written: AtomicU64::new(records),
            synced: AtomicU64::new(records),
            first: AtomicU64::new(sizes.first),
            signed: AtomicU64::new(sizes.signed),
            epoch: AtomicU64::new(0),
            failed: AtomicBool::new(false),
            wrote: Notify::new(),
            became_durable: Notify::new(),
            durable_again: <_>::default(),
            written_frames: Lock::default(),
            alarm: Alarm::default(),
            noted: Noted::default(),
            settings,
        }
    }

    pub(super) fn append<'a>(
        &self,
        who: Who,
        leaves: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Ticket, AppendError> {
        let mut leaves = leaves.into_iter();
        let first = leaves.next().map(checked).transpose()?;
        match (first, leaves.next()) {
            (Some(only), None) => self.queue.lock().push(who, &[only]),
            (first, second) => {
                let rest = second.into_iter().chain(leaves).map(checked);
                let all: Vec<_> = first
                    .into_iter()
                    .map(Ok)
                    .chain(rest)
                    .collect::<Result<_, _>>()?;
                self.queue.lock().push(who, &all)
            }
        }
    }

    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Acquire)
    }

    pub(super) fn synced(&self) -> u64 {
        self.synced.load(Ordering::Acquire)
    }

    /// Waits until a record is written, or is not going to be.
    pub(super) async fn wait(
        &self,
        ticket: Ticket,
        durability: Durability,
    ) -> Result<(), AppendError> {
        // Others who are ready to append do so first, and one write serves
        // them all.
        tokio::task::yield_now().await;
        loop {
            if let Some(outcome) = self.outcome(ticket, Durability::Process) {
                outcome?;
                break;
            }
            if self.try_write() {
                continue;
            }
            // From here on no news is missed, and whoever holds the file has
            // some once it is let go.
            let news = self.wrote.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            if self.outcome(ticket, Durability::Process).is_none() && !self.try_write() {
                news.await;
            }
        }
        match durability {
            Durability::Process => Ok(()),
            Durability::Strict => self.wait_durable(ticket).await,
        }
    }

    pub(super) async fn wait_durable(&self, ticket: Ticket) -> Result<(), AppendError> {
        loop {
            let news = self.became_durable.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            if let Some(outcome) = self.outcome(ticket, Durability::Strict) {
                return outcome;
            }
            self.alarm.ring(ticket.upto);
            news.await;
        }
    }

    /// As [`Self::wait`], without a runtime.
    pub(super) fn wait_blocking(
        &self,
        ticket: Ticket,
        durability: Durability,
    ) -> Result<(), AppendError> {
        let written = loop {
            if let Some(outcome) = self.outcome(ticket, Durability::Process) {
                break outcome;
            }
            self.write();
        };
        if durability == Durability::Process {
            return written;
        }
        let (lock, again) = &self.durable_again;
        let mut guard = lock.lock();
        loop {
            if let Some(outcome) = self.outcome(ticket, durability) {
                return outcome;
            }
            self.alarm.ring(ticket.upto);
            again.wait(&mut guard);
        }
    }

    /// Tells what became of a record; nothing while it waits.
    fn outcome(&self, ticket: Ticket, durability: Durability) -> Option<Result<(), AppendError>> {
        // What is written is read before the epoch: a number that was given
        // twice is never taken for the one that was dropped.
        let there = match durability {
            Durability::Process => self.written(),
            Durability::Strict => self.synced(),
        };
        let same_epoch = self.epoch.load(Ordering::Acquire) == ticket.epoch;
        if same_epoch && there >= ticket.upto {
            return Some(Ok(()));
        }
        if same_epoch && !self.failed.load(Ordering::Acquire) {
            return None;
        }
        let queue = self.queue.lock();
        if !same_epoch && let Err(error) = queue.outcome(ticket) {
            return Some(Err(error));
        }
        // It is among the records that were kept, whatever came after.
        let there = match durability {
            Durability::Process => self.written(),
            Durability::Strict => self.synced(),
        };
        if there >= ticket.upto && !same_epoch {
            return Some(Ok(()));
        }
        queue.failed().map(|error| Err(error.clone()))
    }

    /// Writes what waits if nobody else is at it; false: somebody is.
    fn try_write(&self) -> bool {
        let Some(mut writer) = self.writer.try_lock() else {
            return false;
        };
        self.write_queued(&mut writer);
        drop(writer);
        self.wrote.notify_waiters();
        true
    }

    /// Writes what waits, after whoever is at it.
    pub(super) fn write(&self) {
        let mut writer = self.writer.lock();
        self.write_queued(&mut writer);
        drop(writer);
        self.wrote.notify_waiters();
    }

    /// Writes what waits. The holder calls [`Self::tell`] once it lets
    /// go.
    pub(super) fn write_queued(&self, writer: &mut Writer) {
        let spare = std::mem::take(&mut self.written_frames.lock().spare);
        let taken = self.queue.lock().take(spare);
        if taken.frames.is_empty() {
            return;
        }
        let appended = writer.append(&taken.frames);
        self.noted.wrote(appended.is_ok());
        match appended {
            Ok(()) => {
                self.queue.lock().settle();
                self.publish(taken);
            }
            Err(fault) => self.write_failed(taken, fault),
        }
    }

    /// Says that what is written may have changed.
    pub(super) fn tell(&self) {
        self.wrote.notify_waiters();
    }

    fn write_failed(&self, mut taken: Taken, fault: super::writer::WriteFault) {
        let records = whole_frames(&taken.frames).0;
        taken.frames.truncate(fault.kept_bytes);
        let kept = taken.upto - records + whole_frames(&taken.frames).0;
        let error = AppendError::of_write(fault.source);
        error!(records = records - (taken.upto - kept), %error, "records were not written");
        taken.upto = kept;
        if fault.uncut {
            // What follows the last whole frame would be read as damage.
            let source = io::Error::other("a record that is not whole could not be cut off");
            self.fail(AppendError::Failed(Arc::new(source)));
        }
        self.publish(taken);
        // With the queue held: who gets a ticket of the new epoch finds it.
        let mut queue = self.queue.lock();
        self.epoch.store(queue.cut(kept, error), Ordering::Release);
    }

    /// Hands what was written to the hashing, and then says that it is.
    fn publish(&self, taken: Taken) {
        self.noted.tell(&taken.frames);
        let mut frames = self.written_frames.lock();
        // What has no room is read back from the file.
        if frames.bytes + taken.frames.len() <= self.settings.queue_bytes_max {
            frames.bytes += taken.frames.len();
            frames.waiting.push_back(taken.frames);
        }
        drop(frames);
        self.written.store(taken.upto, Ordering::Release);
    }

    /// Returns frames that were written and not yet hashed, the oldest first.
    pub(super) fn next_frames(&self, mut spent: Vec<u8>) -> Option<Vec<u8>> {
        let mut frames = self.written_frames.lock();
        if spent.capacity() <= SPARE_BYTES_MAX && spent.capacity() > frames.spare.capacity() {
            spent.clear();
            frames.spare = spent;
        }
        let next = frames.waiting.pop_front()?;
        frames.bytes -= next.len();
        Some(next)
    }

    /// Makes all that is written durable.
    ///
    /// # Errors
    ///
    /// If the disk cannot say that it is. The log has failed then.
    pub(super) fn sync(&self) -> Result<(), AppendError> {
        // In this order: a file that was changed for another after the first
        // line is on the disk already.
        let upto = self.written();
        let file = self.active.lock().clone();
        if let Some(error) = self.queue.lock().failed() {
            // A disk that failed once may say yes to what it has lost.
            return Err(error.clone());
        }
        if upto <= self.synced() {
            return Ok(());
        }
        let began = Instant::now();
        let outcome = self.sync_file(&file);
        self.noted.syncs.add(began.elapsed());
        if let Err(source) = outcome {
            let error = AppendError::Failed(Arc::new(source));
            error!(%error, "the audit log failed");
            self.fail(error.clone());
            return Err(error);
        }
        self.synced.fetch_max(upto, Ordering::AcqRel);
        self.tell_durable();
        Ok(())
    }

    #[cfg(not(test))]
    fn sync_file(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    #[cfg(test)]
    fn sync_file(&self, file: &File) -> io::Result<()> {
        self.faults.syncing()?;
        file.sync_data()
    }

    pub(super) fn fail(&self, error: AppendError) {
        self.queue.lock().fail(error);
        self.failed.store(true, Ordering::Release);
        self.tell();
        self.tell_durable();
    }

    fn tell_durable(&self) {
        self.became_durable.notify_waiters();
        let _guard = self.durable_again.0.lock();
        self.durable_again.1.notify_all();
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }
}
