//! How the log stands, and what those see who follow it live.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::broadcast;

use super::super::segment::frame::{self, Frame};
use super::AuditLog;
use crate::counters::{Distribution, Durations};

/// Writes that may wait for one who follows.
const WRITES_WAITING_MAX: usize = 64;

/// Largest write that is told; so that what waits is bounded. What is not
/// told is noticed by its numbers.
const TOLD_BYTES_MAX: usize = 1 << 20;

/// How a log stands.
#[derive(Debug, Clone, PartialEq)]
pub struct LogFigures {
    /// Records with the kernel.
    pub records: u64,
    /// Records on the disk.
    pub synced: u64,
    /// Records under the newest checkpoint.
    pub signed: u64,
    /// Records that wait for the kernel.
    pub queued: u64,
    /// Their bytes.
    pub queued_bytes: u64,
    /// Most bytes that may wait.
    pub queued_bytes_max: u64,
    /// How long the disk took to say that it has what was written.
    pub syncs: Distribution,
    /// The last write was not taken, so nothing is answered.
    pub refusing: bool,
    /// Nothing more is taken until a restart.
    pub failed: bool,
}

/// What the log notes of itself as it goes.
#[derive(Debug)]
pub(super) struct Noted {
    pub(super) syncs: Durations,
    refusing: AtomicBool,
    told: broadcast::Sender<Arc<[u8]>>,
}

impl Default for Noted {
    fn default() -> Self {
        Self {
            syncs: Durations::new(),
            refusing: AtomicBool::new(false),
            told: broadcast::Sender::new(WRITES_WAITING_MAX),
        }
    }
}

impl Noted {
    /// Notes how a write ended.
    pub(super) fn wrote(&self, well: bool) {
        // Read first: nearly always it is as it was.
        if self.refusing.load(Ordering::Relaxed) == well {
            self.refusing.store(!well, Ordering::Relaxed);
        }
    }

    /// Tells those who follow, if anybody does, what was written.
    pub(super) fn tell(&self, frames: &[u8]) {
        if self.told.receiver_count() > 0 && frames.len() <= TOLD_BYTES_MAX {
            // They may all have gone since.
            let _ = self.told.send(frames.into());
        }
    }
}

/// What is written from now on, as it is.
///
/// Nobody waits for one who follows: what it is too slow for it does not get.
pub struct Following {
    told: broadcast::Receiver<Arc<[u8]>>,
}

impl Following {
    /// Returns the records of the next write, with their numbers. `None`: the
    /// log has ended.
    pub async fn next(&mut self) -> Option<Vec<(u64, Vec<u8>)>> {
        loop {
            match self.told.recv().await {
                Ok(frames) => return Some(records(&frames)),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

fn records(mut frames: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut records = Vec::new();
    // They were framed by this process a moment ago.
    while let Ok(Frame { number, record }) = frame::read_any(frames) {
        records.push((number, record.to_vec()));
        frames = &frames[frame::OVERHEAD + record.len()..];
    }
    records
}

impl AuditLog {
    /// Returns how it stands.
    pub fn figures(&self) -> LogFigures {
        let shared = &self.shared;
        let (next, queued_bytes) = {
            let queue = shared.queue.lock();
            (queue.next(), queue.waiting_bytes())
        };
        let records = shared.written();
        let failed = shared.has_failed();
        LogFigures {
            records,
            synced: shared.synced(),
            signed: shared.signed.load(Ordering::Acquire),
            queued: next.saturating_sub(records),
            queued_bytes: queued_bytes as u64,
            queued_bytes_max: shared.settings.queue_bytes_max as u64,
            syncs: shared.noted.syncs.read(),
            refusing: failed || shared.noted.refusing.load(Ordering::Relaxed),
            failed,
        }
    }

    /// Follows what is written from now on.
    pub fn follow(&self) -> Following {
        Following {
            told: self.shared.noted.told.subscribe(),
        }
    }
}
