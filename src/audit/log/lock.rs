//! The lock on what serving threads and others share.
//!
//! One that gives its turn away while it waits (as parking_lot's does) is
//! quicker where all run alike. Here threads of a lower priority run beside,
//! and a turn that is given away is theirs for milliseconds. This one waits
//! until it is woken.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// A lock that outlives a panic of its holder: nothing in here is left half
/// done by one.
#[derive(Debug, Default)]
pub(super) struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    pub(super) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None`: somebody has it.
    pub(super) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}
