//! The numbers that states of the whole set go by.

use std::fmt;

/// The number of a generation, from 1. Zero is the state before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct GenerationNumber(pub u64);

impl GenerationNumber {
    /// The state of a fresh data directory: nothing was ever committed.
    pub const NONE: Self = Self(0);

    /// Returns the number that comes next.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for GenerationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
