//! Records that wait for the kernel, and how those fared that waited before.
//!
//! Records get their numbers here. If writing fails, those that are not whole
//! in the file are dropped and their numbers given again: their callers are
//! told, so no answer rests on them. Each failure begins a new epoch, by which
//! a ticket from before it is told from one with the same number after it.

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::sync::Arc;

use thiserror::Error;

use super::super::segment::frame::{self, OVERHEAD, RECORD_BYTES_MAX};

/// Failures that are remembered. A caller that asks about one long before
/// these is told that its record is not in the log.
const FAILURES_MAX: usize = 1024;

/// A place in the log that a caller waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    pub(super) epoch: u64,
    /// How many records there are once it is there.
    pub(super) upto: u64,
}

/// Why a record is not in the log. What rests on it must not be answered.
#[derive(Debug, Clone, Error)]
pub enum AppendError {
    /// No record is that long, or empty.
    #[error("a record of {0} bytes cannot be kept: 1 to 1,048,576 are allowed")]
    Length(usize),
    /// More waits than may wait.
    #[error(
        "the queue of the audit log is full ({bytes} bytes): its disk does not keep up; \
         ask less at once, or raise `audit.queue_bytes_max`"
    )]
    QueueFull {
        /// What waits.
        bytes: usize,
    },
    /// There is no room.
    #[error(
        "the disk of the audit log is full: nothing is answered that cannot be recorded; \
         make room and it goes on by itself"
    )]
    DiskFull(#[source] Arc<io::Error>),
    /// The kernel would not take it.
    #[error("the audit log cannot be written: look at its disk; it is tried again each time")]
    Write(#[source] Arc<io::Error>),
    /// What was written may not be on the disk.
    #[error(
        "the audit log failed and takes nothing more: what the disk holds is not certain; \
         look at the disk, then restart, which checks the log"
    )]
    Failed(#[source] Arc<io::Error>),
    /// The log is closed.
    #[error("the audit log is closed: the daemon is stopping")]
    Closed,
}

impl AppendError {
    pub(super) fn of_write(source: io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};

        let source = Arc::new(source);
        match source.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Self::DiskFull(source),
            _ => Self::Write(source),
        }
    }
}

/// Who may append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// A caller of the log: until it is closed.
    Caller,
    /// The log itself: also while it is being closed.
    Log,
}

/// What waits, and what became of the rest.
#[derive(Debug)]
pub(super) struct Queue {
    frames: Vec<u8>,
    /// Number of the next record.
    next: u64,
    /// Bytes that were taken and are being written.
    taken: usize,
    bytes_max: usize,
    epoch: u64,
    failures: VecDeque<Failure>,
    closed: bool,
    failed: Option<AppendError>,
}

/// What ended an epoch.
#[derive(Debug)]
struct Failure {
    epoch: u64,
    /// Records that are in the log nevertheless.
    kept: u64,
    error: AppendError,
}

/// Frames that were taken to be written.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) frames: Vec<u8>,
    /// Records once they are written.
    pub(super) upto: u64,
}

impl Queue {
    pub(super) fn new(next: u64, bytes_max: usize) -> Self {
        Self {
            frames: Vec::new(),
            next,
            taken: 0,
            bytes_max,
            epoch: 0,
            failures: VecDeque::new(),
            closed: false,
            failed: None,
        }
    }

    /// Adds records, all or none. Their checksums were computed before.
    pub(super) fn push(
        &mut self,
        who: Who,
        records: &[(&[u8], u32)],
    ) -> Result<Ticket, AppendError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if self.closed && who == Who::Caller {
            return Err(AppendError::Closed);
        }
        let waiting = self.waiting_bytes();
        let more: usize = records.iter().map(|(r, _)| r.len() + OVERHEAD).sum();
        if waiting + more > self.bytes_max {
            return Err(AppendError::QueueFull { bytes: waiting });
        }
        for (record, checksum) in records {
            frame::write(&mut self.frames, self.next, record, *checksum);
            self.next += 1;
        }
        Ok(Ticket {
            epoch: self.epoch,
            upto: self.next,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Returns the bytes that wait or are being written.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.frames.len() + self.taken
    }

    /// Returns the number of the next record.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Takes all that waits, and leaves an empty buffer in its place.
    pub(super) fn take(&mut self, spare: Vec<u8>) -> Taken {
        debug_assert!(spare.is_empty(), "a spare buffer is empty");
        let frames = mem::replace(&mut self.frames, spare);
        self.taken = frames.len();
        let upto = self.next;
        Taken { frames, upto }
    }

    /// What was taken is in the file.
    pub(super) fn settle(&mut self) {
        self.taken = 0;
    }

    /// What was taken is not all in the file: drops the rest and all that
    /// waits behind it, and begins a new epoch.
    pub(super) fn cut(&mut self, kept: u64, error: AppendError) -> u64 {
        if self.failures.len() == FAILURES_MAX {
            self.failures.pop_front();
        }
        self.failures.push_back(Failure {
            epoch: self.epoch,
            kept,
            error,
        });
        self.frames.clear();
        self.taken = 0;
        self.next = kept;
        self.epoch += 1;
        self.epoch
    }

    /// Takes nothing more until a restart.
    pub(super) fn fail(&mut self, error: AppendError) {
        self.frames.clear();
        self.failed.get_or_insert(error);
    }

    pub(super) fn failed(&self) -> Option<&AppendError> {
        self.failed.as_ref()
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// Tells whether the record of an earlier epoch is in the log.
    pub(super) fn outcome(&self, ticket: Ticket) -> Result<(), AppendError> {
        let of_epoch = |failure: &&Failure| failure.epoch == ticket.epoch;
        match self.failures.iter().find(of_epoch) {
            Some(failure) if ticket.upto <= failure.kept => Ok(()),
            Some(failure) => Err(failure.error.clone()),
            None => Err(AppendError::Write(Arc::new(io::Error::other(
                "it failed too long ago to say how",
            )))),
        }
    }
}

/// Checks that a record is of a length that is kept.
pub(super) fn checked(record: &[u8]) -> Result<(&[u8], u32), AppendError> {
    if record.is_empty() || record.len() > RECORD_BYTES_MAX {
        return Err(AppendError::Length(record.len()));
    }
    Ok((record, frame::record_checksum(record)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> AppendError {
        AppendError::of_write(io::ErrorKind::StorageFull.into())
    }

    #[test]
    fn records_behind_a_failed_write_are_dropped_and_their_callers_told() {
        let mut queue = Queue::new(10, 1 << 20);
        let push = |queue: &mut Queue| queue.push(Who::Caller, &[checked(b"one").expect("works")]);
        let first = push(&mut queue).expect("works");
        let second = push(&mut queue).expect("works");
        let taken = queue.take(Vec::new());
        assert_eq!(taken.upto, 12);
        let behind = push(&mut queue).expect("works");
        queue.cut(11, full());
        assert!(queue.outcome(first).is_ok());
        for lost in [second, behind] {
            assert!(matches!(queue.outcome(lost), Err(AppendError::DiskFull(_))));
        }
        // The numbers are given again, in another epoch.
        let again = push(&mut queue).expect("works");
        assert_eq!((again.upto, again.epoch), (12, 1));
        for _ in 0..FAILURES_MAX {
            queue.cut(11, full());
        }
        assert!(queue.outcome(first).is_err(), "nobody knows, so no");
    }

    #[test]
    fn the_queue_is_bounded_by_what_waits_and_what_is_being_written() {
        let mut queue = Queue::new(0, 100);
        let record = checked(&[1; 34]).expect("works");
        queue.push(Who::Caller, &[record]).expect("works");
        let _ = queue.take(Vec::new());
        queue.push(Who::Caller, &[record]).expect("works");
        let over = queue.push(Who::Caller, &[record]);
        assert!(matches!(over, Err(AppendError::QueueFull { bytes: 100 })));
        queue.settle();
        queue.push(Who::Caller, &[record]).expect("works");
    }

    #[test]
    fn a_closed_queue_takes_only_what_the_log_itself_says() {
        let mut queue = Queue::new(0, 100);
        queue.close();
        let record = checked(&[1]).expect("works");
        assert!(matches!(
            queue.push(Who::Caller, &[record]),
            Err(AppendError::Closed)
        ));
        assert!(queue.push(Who::Log, &[record]).is_ok());
    }

    #[test]
    fn records_of_no_length_or_too_much_are_refused() {
        assert!(checked(&[]).is_err());
        assert!(checked(&vec![0; RECORD_BYTES_MAX]).is_ok());
        assert!(checked(&vec![0; RECORD_BYTES_MAX + 1]).is_err());
    }
}
