//! What was wrong with a row, in words and as a code.

use std::fmt;

use super::row::Excerpt;

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
    /// An indicator's pattern names wallets in a way that is not read.
    BadPattern(Excerpt),
    /// There are more addresses in one place than any real list has there;
    /// the rest were not read.
    TooMany {
        /// The most that are taken.
        max: usize,
    },
    /// A value that should be a text is none.
    NotText {
        /// The column.
        column: &'static str,
    },
    /// There is more than an address where only an address should be; the
    /// whole was kept as one.
    SeveralFields(Excerpt),
    /// A word of a free text looks like an address and cannot be told to be
    /// one. It was not listed.
    AddressLike(Excerpt),
    /// An address in a free text was broken by white space or a mark of the
    /// page; it was put together, because its checksum then holds.
    Broken(Excerpt),
    /// An address in a free text that its own rules forbid, and that can be
    /// nothing else; it was kept.
    Misspelt(Excerpt),
    /// A date in a form that the list does not have; the entry was kept
    /// without it.
    UnreadableDate {
        /// The field.
        field: &'static str,
        /// What was there.
        given: Excerpt,
    },
    /// The row names somebody's address and does not list it: a victim's, an
    /// exchange's. It says what the row is instead.
    NotAListing(Excerpt),
    /// An address that nobody holds and every chain has, such as zero.
    PlaceholderAddress(Excerpt),
    /// A key among addresses that does not read as one; it was not listed.
    NotAnAddress(Excerpt),
    /// A customer's number at an exchange, where others have an address.
    ExchangeUserId(Excerpt),
    /// An address stands where the format has no addresses; it was kept,
    /// without a ticker.
    UnmarkedAddress {
        /// What the publisher says it is.
        kind: Excerpt,
        /// The address.
        given: Excerpt,
    },
}

impl RowFault {
    /// What the formats call the column that holds an address.
    const ADDRESS_COLUMNS: [&str; 2] = ["address", "value"];

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
            Self::BadPattern(_) => "BAD_PATTERN",
            Self::TooMany { .. } => "TOO_MANY",
            Self::NotText { .. } => "NOT_TEXT",
            Self::SeveralFields(_) => "SEVERAL_FIELDS",
            Self::AddressLike(_) => "ADDRESS_LIKE",
            Self::Broken(_) => "BROKEN",
            Self::Misspelt(_) => "MISSPELT",
            Self::UnreadableDate { .. } => "BAD_DATE",
            Self::NotAListing(_) => "NOT_A_LISTING",
            Self::PlaceholderAddress(_) => "PLACEHOLDER_ADDRESS",
            Self::NotAnAddress(_) => "NOT_AN_ADDRESS",
            Self::ExchangeUserId(_) => "EXCHANGE_USER_ID",
            Self::UnmarkedAddress { .. } => "UNMARKED_ADDRESS",
        }
    }

    /// Tells whether addresses that the publisher listed are known to be
    /// missing from the files.
    ///
    /// Of what is not UTF-8 and of rows with too many cells nobody can say so:
    /// it may be a note, and the address may have been kept.
    pub fn loses_addresses(&self) -> bool {
        match self {
            Self::CutRemark { .. }
            | Self::TooMany { .. }
            | Self::BadPattern(_)
            | Self::LineTooLong { .. } => true,
            // Any other column is left out, and the address kept.
            Self::FieldTooLong { column, .. } | Self::NotText { column } => {
                Self::ADDRESS_COLUMNS.contains(column)
            }
            _ => false,
        }
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
            _ => self.say_of_address(f),
        }
    }
}

impl RowFault {
    /// What speaks against an address, or against listing it.
    fn say_of_address(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress => f.write_str("no address"),
            Self::BadPattern(given) => write!(
                f,
                "pattern `{given}` names wallets other than by `=` and `IN`: list them by hand"
            ),
            Self::TooMany { max } => {
                write!(
                    f,
                    "more than {max} addresses in one place; the rest were not read"
                )
            }
            Self::NotText { column } => write!(f, "{column} is not a text; left out"),
            Self::SeveralFields(given) => write!(f, "`{given}` is more than one address"),
            Self::AddressLike(given) => write!(
                f,
                "`{given}` looks like an address and was not listed: compare it with the \
                 publication, and add it to a list of your own if it is one"
            ),
            Self::Broken(given) => write!(
                f,
                "address `{given}` is broken by white space or a mark; read as one, because its checksum \
                 holds"
            ),
            Self::Misspelt(given) => write!(
                f,
                "address `{given}` is not written as its own rules want; kept: compare it with the \
                 publication"
            ),
            Self::UnreadableDate { field, given } => {
                write!(f, "{field} `{given}` cannot be read as a date; left out")
            }
            Self::NotAListing(given) => write!(f, "not a listing: {given}"),
            Self::PlaceholderAddress(given) => {
                write!(f, "`{given}` is nobody's address; not listed")
            }
            Self::NotAnAddress(given) => write!(
                f,
                "`{given}` does not read as an address; not listed: add it to a list of your own \
                 if it is one"
            ),
            Self::ExchangeUserId(given) => write!(
                f,
                "`{given}` is a customer's number at an exchange, and no address; not listed"
            ),
            Self::UnmarkedAddress { kind, given } => write!(
                f,
                "`{given}` reads as an address but stands under `{kind}`, which is not a kind of \
                 wallet: it is listed without a currency; check what the publisher means by it"
            ),
            _ => f.write_str(self.code()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_free_text_leaves_in_doubt_is_said_with_what_to_do() {
        let given = || Excerpt::of("0xab");
        for (fault, code, said) in [
            (RowFault::AddressLike(given()), "ADDRESS_LIKE", "compare"),
            (RowFault::Broken(given()), "BROKEN", "read as one"),
            (RowFault::Misspelt(given()), "MISSPELT", "compare"),
        ] {
            assert_eq!(fault.code(), code);
            let text = fault.to_string();
            assert!(text.contains("`0xab`") && text.contains(said), "{text}");
            // Nobody knows that it is an address.
            assert!(!fault.loses_addresses());
        }
    }

    /// Goal: a list that is known to lack an address is never taken to be
    /// complete, and one that lacks a note is.
    #[test]
    fn what_loses_an_address_is_told_from_what_loses_a_note() {
        let long = |column| RowFault::FieldTooLong {
            column,
            bytes_max: 1,
        };
        for (fault, expected) in [
            (RowFault::BadPattern(Excerpt::of("[x:y = 'z']")), true),
            (RowFault::LineTooLong { bytes_max: 1 }, true),
            (RowFault::TooMany { max: 1 }, true),
            (long("address"), true),
            (long("note"), false),
            (long("name"), false),
            (RowFault::NotText { column: "address" }, true),
            (RowFault::NotText { column: "value" }, true),
            (RowFault::NotText { column: "abuse" }, false),
            (RowFault::NoAddress, false),
            (RowFault::NotUtf8, false),
        ] {
            assert_eq!(fault.loses_addresses(), expected, "{fault}");
        }
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
