//! How much a reader holds.

use super::Limits;
use super::error::ReadError;
use super::row::Locator;

/// Counts what is held until a file or a record ends, and refuses more than
/// [`Limits::held_bytes_max`] of it.
#[derive(Debug)]
pub(super) struct HeldBytes {
    bytes: usize,
    max: usize,
}

impl HeldBytes {
    /// Begins with nothing.
    pub(super) const fn new(limits: &Limits) -> Self {
        Self {
            bytes: 0,
            max: limits.held_bytes_max,
        }
    }

    /// Adds what was read at a place.
    pub(super) fn add(&mut self, bytes: usize, at: &Locator) -> Result<(), ReadError> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes <= self.max {
            return Ok(());
        }
        Err(ReadError::Limit {
            file: at.file.clone(),
            line: at.line,
            what: "what has to be held of it, in bytes,",
            max: self.max as u64,
        })
    }

    /// Takes off what is no longer held.
    pub(super) const fn drop(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// Returns about how much memory texts take.
pub(super) fn bytes_of(texts: &[String]) -> usize {
    let of_one = |text: &String| size_of::<String>() + text.len();
    texts.iter().map(of_one).sum()
}
