//! What the operator watches: portfolios of addresses and customers.
//!
//! Plain nouns, as [`list`](crate::list) has them for the lists. A
//! [`Portfolio`] is what one import left, or several that added to it: each
//! is an [`Edition`], which knows the [`Position`] up to which the alerts
//! about it go. Where they are kept is `store::book`, what becomes of them
//! [`monitor`](crate::monitor).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use thiserror::Error;

use crate::list::GenerationNumber;

/// The name of a portfolio.
///
/// One to 64 characters of `a-z`, `0-9`, `-` and `_`, beginning with a letter
/// or a digit. Cloning is cheap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortfolioName(Arc<str>);

/// A text that cannot name a portfolio.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "cannot use `{given}` as the name of a portfolio: it takes 1 to 64 of a-z, 0-9, `-` and `_`, beginning with a letter or digit"
)]
pub struct PortfolioNameError {
    given: String,
}

impl PortfolioName {
    /// Longest name in bytes.
    pub const BYTES_MAX: usize = 64;

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PortfolioName {
    type Err = PortfolioNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let begins_well = text.bytes().next().is_some_and(plain);
        let goes_on_well = text
            .bytes()
            .all(|byte| plain(byte) || matches!(byte, b'-' | b'_'));
        if begins_well && goes_on_well && text.len() <= Self::BYTES_MAX {
            return Ok(Self(text.into()));
        }
        let shown = text.chars().filter(|character| !character.is_control());
        Err(PortfolioNameError {
            given: shown.take(Self::BYTES_MAX + 1).collect(),
        })
    }
}

impl fmt::Display for PortfolioName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One address that is watched, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Member {
    /// The address as given, blanks at both ends aside. It reads strictly,
    /// and is kept as given because the canonical form lacks the tag.
    pub text: String,
    /// The network hint as given; empty if none was.
    pub network: String,
    /// The operator's own reference of the customer, as given.
    pub reference: String,
}

impl Member {
    /// Longest network hint in bytes: no ticker or CAIP-2 id is as long.
    pub const NETWORK_BYTES_MAX: usize = 64;

    /// Longest reference in bytes, as everywhere else.
    pub const REFERENCE_BYTES_MAX: usize = 256;
}

/// A state of the lists as an alert sees it: a generation, judged on a day.
///
/// Entries may end by a date of their own, so that the answer about an
/// address can change with the day alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The generation.
    pub generation: GenerationNumber,
    /// Its digest: a number alone would not notice a data directory that was
    /// restored and went another way.
    pub digest: [u8; 32],
    /// The day, in UTC.
    pub day: Date,
}

impl Position {
    /// Returns what positions are ordered by.
    pub fn order(&self) -> (GenerationNumber, Date) {
        (self.generation, self.day)
    }
}

/// The members of one import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Its number, never used again.
    pub number: u32,
    /// How many members it has; they are numbered from 0.
    pub members: u32,
    /// Up to where the alerts about it go.
    pub position: Position,
    /// When it was imported.
    pub imported_at: Timestamp,
}

/// One portfolio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portfolio {
    /// Its name.
    pub name: PortfolioName,
    /// When there first was one of that name.
    pub created_at: Timestamp,
    /// When it was last imported or added to.
    pub imported_at: Timestamp,
    /// What makes it: the last whole import, and what was added since.
    pub editions: Vec<Edition>,
    /// Rows of those imports that could not be taken, and are not watched.
    pub refused: u64,
}

impl Portfolio {
    /// Returns how many members it has.
    pub fn members(&self) -> u64 {
        self.editions
            .iter()
            .map(|edition| u64::from(edition.members))
            .sum()
    }

    /// Returns the earliest position of its editions: every change up to
    /// there has been told.
    pub fn position(&self) -> Option<Position> {
        let positions = self.editions.iter().map(|edition| edition.position);
        positions.min_by_key(Position::order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_stand_in_a_file_name_or_a_url() {
        for good in ["a", "0", "retail-eu_2", &"x".repeat(64)] {
            assert_eq!(
                good.parse::<PortfolioName>().map(|n| n.to_string()),
                Ok(good.to_owned())
            );
        }
        for bad in ["", "-a", "_a", "A", "a b", "a/b", "a\u{7}", &"x".repeat(65)] {
            let error = bad.parse::<PortfolioName>().expect_err(bad);
            assert!(!error.to_string().contains('\u{7}'));
        }
    }
}
