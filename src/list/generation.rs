//! The states of the whole set: the numbers they go by, and what made them.

use std::fmt;

use super::entry::Act;

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

/// What made a generation, and who answers for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Made {
    /// What made it.
    pub cause: Cause,
    /// Who did it and why, where a person did.
    pub act: Option<Act>,
    /// What gates had refused, in words, and that person overrode.
    pub overridden: Vec<String>,
}

/// What makes a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cause {
    /// A source published.
    #[default]
    Publication,
    /// A signed bundle was imported.
    Bundle,
    /// The operator changed a list of their own.
    Operator,
    /// The set, or one source of it, went back to what it was.
    Rollback {
        /// The generation that it went back to.
        to: GenerationNumber,
    },
}

impl Cause {
    /// Returns the name used on the wire and in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Publication => "PUBLICATION",
            Self::Bundle => "BUNDLE",
            Self::Operator => "OPERATOR",
            Self::Rollback { .. } => "ROLLBACK",
        }
    }
}
