//! What a reader yields: rows, where they stood, and what was wrong in them.
//!
//! A bad row never stops an import and never disappears: it comes out as a
//! [`RowFault`] with its [`Locator`], beside the entry whenever an address
//! could still be told. Nothing here carries more than a short excerpt of
//! what was read.

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;

use crate::list::ListEntry;

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

/// What was wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowFault {
    /// A date that is none; the entry was kept without it.
    BadDate {
        /// The column.
        column: &'static str,
        /// What was there.
        given: Excerpt,
    },
    /// A number that is none; the entry was kept without it.
    BadNumber {
        /// The column.
        column: &'static str,
        /// What was there.
        given: Excerpt,
    },
    /// An unknown category; the list's default was taken.
    BadCategory(Excerpt),
    /// An unknown confidence; the entry was kept without it.
    BadConfidence(Excerpt),
    /// Something is said about an incident that has no id; it was dropped.
    IncidentUnnamed,
    /// The remarks of a designation were cut by the publisher and their rest
    /// is not here. Addresses may be missing; the fragment was not listed.
    CutRemark {
        /// The subject.
        uid: Excerpt,
        /// What stood at the cut.
        fragment: Excerpt,
    },
    /// The row has another number of columns than it should.
    Columns {
        /// How many it should have.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// The row is not UTF-8.
    NotUtf8,
    /// The address has bytes outside ASCII in a list that is ASCII.
    NotAscii(Excerpt),
    /// The address holds control characters.
    ControlCharacter(Excerpt),
    /// The line is longer than any address.
    LineTooLong {
        /// The most that is taken, in bytes.
        bytes_max: usize,
    },
    /// A value is longer than any real one; the entry was kept without it.
    FieldTooLong {
        /// The column.
        column: &'static str,
        /// The most that is taken, in bytes.
        bytes_max: usize,
    },
    /// There is no address where one should be.
    NoAddress,
    /// There is more than an address where only an address should be; the
    /// whole was kept as one.
    SeveralFields(Excerpt),
}

impl RowFault {
    /// Returns a short stable name for counting and for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadDate { .. } => "BAD_DATE",
            Self::BadNumber { .. } => "BAD_NUMBER",
            Self::BadCategory(_) => "BAD_CATEGORY",
            Self::BadConfidence(_) => "BAD_CONFIDENCE",
            Self::IncidentUnnamed => "INCIDENT_UNNAMED",
            Self::CutRemark { .. } => "CUT_REMARK",
            Self::Columns { .. } => "COLUMNS",
            Self::NotUtf8 => "NOT_UTF8",
            Self::NotAscii(_) => "NOT_ASCII",
            Self::ControlCharacter(_) => "CONTROL_CHARACTER",
            Self::LineTooLong { .. } => "LINE_TOO_LONG",
            Self::FieldTooLong { .. } => "FIELD_TOO_LONG",
            Self::NoAddress => "NO_ADDRESS",
            Self::SeveralFields(_) => "SEVERAL_FIELDS",
        }
    }

    /// Tells whether addresses that the publisher listed are known to be
    /// missing from the files.
    pub const fn loses_addresses(&self) -> bool {
        matches!(self, Self::CutRemark { .. })
    }

    /// Returns what speaks against taking a text for one plain address.
    pub(super) fn of_address(text: &str) -> Option<Self> {
        let separates =
            |character: char| character.is_whitespace() || matches!(character, ';' | ',');
        if text.contains(separates) {
            Some(Self::SeveralFields(Excerpt::of(text)))
        } else if text.contains(char::is_control) {
            Some(Self::ControlCharacter(Excerpt::of(text)))
        } else {
            None
        }
    }
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadDate { column, given } => {
                write!(
                    f,
                    "{column} `{given}` is not a date written YYYY-MM-DD; left out"
                )
            }
            Self::BadNumber { column, given } => {
                write!(f, "{column} `{given}` is not a whole number; left out")
            }
            Self::BadCategory(given) => {
                write!(f, "category `{given}` is unknown; the list's own was taken")
            }
            Self::BadConfidence(given) => write!(f, "confidence `{given}` is unknown; left out"),
            Self::IncidentUnnamed => f.write_str("an incident without an id; left out"),
            Self::CutRemark { uid, fragment } => write!(
                f,
                "the remarks of {uid} are cut at `{fragment}`, which is not listed: more addresses \
                 may be missing; import SDN_COMMENTS.CSV with the list, or SDN.XML instead"
            ),
            Self::Columns { expected, found } => {
                write!(f, "{found} columns instead of {expected}")
            }
            Self::NotUtf8 => f.write_str("not UTF-8"),
            Self::NotAscii(given) => write!(f, "address `{given}` is not ASCII"),
            Self::ControlCharacter(given) => {
                write!(f, "address `{given}` holds control characters")
            }
            Self::LineTooLong { bytes_max } => write!(f, "longer than {bytes_max} bytes"),
            Self::FieldTooLong { column, bytes_max } => {
                write!(f, "{column} is longer than {bytes_max} bytes; left out")
            }
            Self::NoAddress => f.write_str("no address"),
            Self::SeveralFields(given) => write!(f, "`{given}` is more than one address"),
        }
    }
}

/// What a publication says of itself, known once every row has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The date the publisher put in it.
    pub published_on: Option<Date>,
    /// How many records it holds: designations for OFAC's formats, rows for
    /// the others.
    pub records: u64,
    /// What an operator should know before trusting it.
    pub warnings: Vec<Warning>,
}

/// Something an operator should know about a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A designation that bears a wallet has cut remarks: there may be more
    /// wallets, and this import does not have them.
    RemarksCut {
        /// The subject's id.
        uid: String,
        /// The subject.
        name: String,
    },
    /// Designations with cut remarks and no wallet before the cut. There may
    /// be one after it.
    OtherRemarksCut {
        /// How many.
        rows: u64,
        /// The first one's id.
        first_uid: String,
    },
    /// Comments for a designation that the list does not have: the two files
    /// may be of different days.
    CommentUnmatched {
        /// The id they are for.
        uid: String,
    },
    /// The list says nothing about its own date.
    NoPublishDate,
    /// There were more warnings than are kept.
    Further {
        /// How many were not kept.
        count: u64,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RemarksCut { uid, name } => write!(
                f,
                "the remarks of {name} (uid {uid}) are cut: it may own addresses that this import \
                 lacks; import SDN_COMMENTS.CSV with the list, or SDN.XML instead"
            ),
            Self::OtherRemarksCut { rows, first_uid } => write!(
                f,
                "the remarks of {rows} designation(s) without a wallet before the cut are cut, \
                 uid {first_uid} first"
            ),
            Self::CommentUnmatched { uid } => write!(
                f,
                "the comments file continues uid {uid}, which the list does not have: are both of \
                 the same day?"
            ),
            Self::NoPublishDate => f.write_str("the list does not say when it was published"),
            Self::Further { count } => write!(f, "{count} more warning(s) like these"),
        }
    }
}

impl Facts {
    /// Most warnings kept one by one: enough for any real list, and a bound
    /// on what a hostile one can make us hold.
    pub const WARNINGS_MAX: usize = 1_000;

    /// Keeps a warning, or counts it once there are too many.
    pub(super) fn warn(&mut self, warning: Warning) {
        if self.warnings.len() < Self::WARNINGS_MAX {
            self.warnings.push(warning);
        } else if let Some(Warning::Further { count }) = self.warnings.last_mut() {
            *count += 1;
        } else {
            self.warnings.push(Warning::Further { count: 1 });
        }
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

    #[test]
    fn warnings_are_bounded_and_counted() {
        let mut facts = Facts::default();
        for _ in 0..Facts::WARNINGS_MAX + 3 {
            facts.warn(Warning::NoPublishDate);
        }
        assert_eq!(facts.warnings.len(), Facts::WARNINGS_MAX + 1);
        assert_eq!(facts.warnings.last(), Some(&Warning::Further { count: 3 }));
    }

    #[test]
    fn several_fields_are_told_from_one_address() {
        for several in ["a;b", "a,b", "a b", "a\tb"] {
            let fault = RowFault::of_address(several).map(|fault| fault.code());
            assert_eq!(fault, Some("SEVERAL_FIELDS"), "{several}");
        }
        assert_eq!(RowFault::of_address("bitcoincash:qz"), None);
        assert_eq!(
            RowFault::of_address("a\0b").map(|fault| fault.code()),
            Some("CONTROL_CHARACTER")
        );
    }
}
