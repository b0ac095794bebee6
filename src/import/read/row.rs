//! What a reader yields: rows, where they stood, and what was wrong in them.
//!
//! A bad row never stops an import and never disappears: it comes out as a
//! [`RowFault`] with its [`Locator`], beside the entry whenever an address
//! could still be told. Nothing here carries more than a short excerpt of
//! what was read.

use std::fmt;
use std::sync::Arc;

use crate::list::ListEntry;

use super::fault::RowFault;

/// One published row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it stood.
    pub locator: Locator,
    /// The entry, where an address could be told.
    pub entry: Option<ListEntry>,
    /// What was wrong. With an entry: the entry was kept, without the part
    /// that was bad. Without: nothing in the row was usable.
    pub fault: Option<RowFault>,
}

/// Where a row stood in its publication.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Locator {
    /// The file, as the operator named it.
    pub file: Arc<str>,
    /// The line, counted from 1.
    pub line: u64,
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// At most 64 characters of input, control characters made visible.
///
/// Files come from outside and people paste private keys: an excerpt is
/// enough to find the row by, and too little to flood a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt(String);

impl Excerpt {
    /// Longest excerpt in characters.
    pub const CHARS_MAX: usize = 64;

    /// Returns the beginning of a text.
    pub fn of(text: &str) -> Self {
        let visible = |character: char| {
            if character.is_control() {
                '\u{fffd}'
            } else {
                character
            }
        };
        Self(text.chars().take(Self::CHARS_MAX).map(visible).collect())
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_short_and_visible() {
        let excerpt = Excerpt::of(&"\u{1}ä".repeat(100)).to_string();
        assert_eq!(excerpt.chars().count(), Excerpt::CHARS_MAX);
        assert!(!excerpt.contains(char::is_control));
    }
}
