//! Faults of a disk, for the tests of what follows from them.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What a disk does not do.
#[derive(Debug)]
pub(super) struct Faults {
    /// Bytes that can still be written.
    pub(super) room: AtomicUsize,
    pub(super) write_fails: AtomicBool,
    pub(super) sync_fails: AtomicBool,
    pub(super) cutting_fails: AtomicBool,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            room: AtomicUsize::new(usize::MAX),
            write_fails: AtomicBool::new(false),
            sync_fails: AtomicBool::new(false),
            cutting_fails: AtomicBool::new(false),
        }
    }
}

impl Faults {
    /// Takes as much room as there is.
    pub(super) fn room(&self, wanted: usize) -> io::Result<usize> {
        if self.write_fails.load(Ordering::SeqCst) {
            return Err(io::Error::other("an injected write error"));
        }
        let room = self.room.load(Ordering::SeqCst);
        if room == usize::MAX {
            return Ok(wanted);
        }
        if room == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = room.min(wanted);
        self.room.store(room - taken, Ordering::SeqCst);
        Ok(taken)
    }

    pub(super) fn syncing(&self) -> io::Result<()> {
        self.fault(&self.sync_fails, "an injected sync error")
    }

    pub(super) fn cutting(&self) -> io::Result<()> {
        self.fault(&self.cutting_fails, "an injected truncation error")
    }

    fn fault(&self, fails: &AtomicBool, why: &'static str) -> io::Result<()> {
        if fails.load(Ordering::SeqCst) {
            return Err(io::Error::other(why));
        }
        Ok(())
    }
}
