//! Why a list file was refused as a whole.
//!
//! A bad row is data ([`RowFault`](super::RowFault)); a bad *file* is one of
//! these, and the importer leaves the live generation alone. Every error
//! names the file, the line where there is one, which rule broke, and what
//! the operator can do about it.

use std::sync::Arc;

use jiff::civil::Date;
use thiserror::Error;

use super::Format;
use super::row::Excerpt;

/// A list file that cannot be trusted to be whole and what it claims to be.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The bytes could not be read.
    #[error("cannot read `{file}` at line {line}")]
    Io {
        /// The file.
        file: Arc<str>,
        /// The line being read.
        line: u64,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file says nothing at all.
    #[error(
        "`{file}` holds no entries: an empty list is a failed download, not a list; fetch it again"
    )]
    Empty {
        /// The file.
        file: Arc<str>,
    },
    /// The file ends before its end mark.
    #[error("`{file}` ends at line {line} before {missing}: the download was cut; fetch it again")]
    Truncated {
        /// The file.
        file: Arc<str>,
        /// The last line seen.
        line: u64,
        /// What should have been there.
        missing: &'static str,
    },
    /// The XML is something other than the classic list.
    #[error(
        "`{file}` begins with <{found}>, not <{expected}>: fetch the classic SDN.XML, or name another format"
    )]
    WrongRoot {
        /// The file.
        file: Arc<str>,
        /// The root element found.
        found: Excerpt,
        /// The root element of the format.
        expected: &'static str,
    },
    /// The file holds another number of records than it declares.
    #[error("`{file}` declares {declared} records and holds {found}: fetch it again")]
    RecordCount {
        /// The file.
        file: Arc<str>,
        /// What the file says.
        declared: u64,
        /// What was counted.
        found: u64,
    },
    /// The file does not say how many records it holds.
    #[error(
        "`{file}` has no Record_Count, so a cut list could not be told from a whole one; fetch it again"
    )]
    RecordCountMissing {
        /// The file.
        file: Arc<str>,
    },
    /// The XML carries a document type declaration, which no list needs and
    /// entity bombs do.
    #[error(
        "`{file}` line {line} has a DOCTYPE, which the list never has: do not trust where it came from"
    )]
    Doctype {
        /// The file.
        file: Arc<str>,
        /// Where.
        line: u64,
    },
    /// Something in the file is larger than anything a real list holds.
    #[error("`{file}` line {line}: {what} exceeds the limit of {max}")]
    Limit {
        /// The file.
        file: Arc<str>,
        /// Where.
        line: u64,
        /// What is too large.
        what: &'static str,
        /// The most that is taken.
        max: u64,
    },
    /// The file breaks the rules of its format.
    #[error("`{file}` line {line} is not valid {format}: {problem}")]
    Malformed {
        /// The file.
        file: Arc<str>,
        /// Where.
        line: u64,
        /// The format it was read as.
        format: Format,
        /// Which rule broke.
        problem: Problem,
    },
    /// The format takes another number of files.
    #[error("{format} is read from {wanted}, not from {given} file(s)")]
    WrongFileCount {
        /// The format.
        format: Format,
        /// How many were given.
        given: usize,
        /// What it takes.
        wanted: &'static str,
    },
    /// Two files that must differ are of the same kind.
    #[error(
        "`{first}` and `{second}` are both {kind}: give one list and, beside it, its SDN_COMMENTS.CSV"
    )]
    SameKind {
        /// One file.
        first: Arc<str>,
        /// The other.
        second: Arc<str>,
        /// What both are.
        kind: &'static str,
    },
    /// The comments were given without the list they belong to.
    #[error("`{file}` is a comments file without its list: give SDN.CSV with it")]
    CommentsAlone {
        /// The file.
        file: Arc<str>,
    },
}

/// Which rule of its format a file broke.
#[derive(Debug, Error)]
pub enum Problem {
    /// The XML is not well formed.
    #[error("{0}")]
    Xml(#[source] Box<quick_xml::Error>),
    /// An attribute is not well formed.
    #[error("{0}")]
    Attribute(#[source] quick_xml::events::attributes::AttrError),
    /// An entity that XML does not define.
    #[error("unknown entity `&{0};`")]
    Entity(Excerpt),
    /// Text that is not UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// Something stands before or after the list.
    #[error("there is content outside the root element")]
    OutsideRoot,
    /// A number that is none.
    #[error("{what} `{given}` is not a number")]
    Number {
        /// Which one.
        what: &'static str,
        /// What was there.
        given: Excerpt,
    },
    /// A date that is none.
    #[error("{what} `{given}` is not a date")]
    Date {
        /// Which one.
        what: &'static str,
        /// What was there.
        given: Excerpt,
    },
    /// The same statement made twice with different values.
    #[error("two publication dates, {first} and {second}")]
    TwoDates {
        /// The first.
        first: Date,
        /// The second.
        second: Date,
    },
    /// Two record counts.
    #[error("a second record count")]
    TwoCounts,
    /// A header column that this format does not have.
    #[error("unknown column `{0}`: the columns are {columns}", columns = super::csv::COLUMN_NAMES)]
    UnknownColumn(Excerpt),
    /// A header column given twice.
    #[error("column `{0}` is there twice")]
    ColumnTwice(&'static str),
    /// The header lacks the one column that must be there.
    #[error("the header line has no `address` column")]
    NoAddressColumn,
    /// The first record is neither the list nor its comments.
    #[error("its first record has {0} columns; SDN.CSV has 12 and SDN_COMMENTS.CSV has 2")]
    NeitherListNorComments(usize),
    /// A record stands after the end mark.
    #[error("there are records after the end mark (0x1A)")]
    AfterEndMark,
    /// A comments record that is not a number and a text.
    #[error("a comments record is not an entity number and a text")]
    CommentsRecord,
}
