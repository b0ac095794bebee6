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
    /// The file holds addresses, and none of them is said to be listed.
    #[error(
        "`{file}` lists nothing ({first}): if all its addresses are listings, give it a heading that says so, such as `abuse: sanction`"
    )]
    NothingListed {
        /// The file.
        file: Arc<str>,
        /// What its first address is said to be instead.
        first: Excerpt,
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
    /// The XML is something other than the list.
    #[error(
        "`{file}` begins with <{found}>, not <{expected}>: it is another list or an error page; \
         fetch it again, or name another format"
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
    /// A compressed file cannot be taken apart.
    #[error("cannot unpack `{file}`: {problem}")]
    Packed {
        /// The file.
        file: Arc<str>,
        /// Why not.
        problem: PackedProblem,
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

impl ReadError {
    /// Tells whether the file is what it says and only its end, or its own
    /// count, speaks against it.
    pub const fn is_not_whole(&self) -> bool {
        matches!(
            self,
            Self::Truncated { .. } | Self::RecordCount { .. } | Self::RecordCountMissing { .. }
        )
    }
}

/// Why a compressed file was refused.
///
/// While a file is being read it travels inside the `std::io::Error` that the
/// decompressing reader returns.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PackedProblem {
    /// The stream ends before its end mark.
    #[error("it ends before {missing}: the download was cut; fetch it again")]
    Cut {
        /// What should have been there.
        missing: &'static str,
    },
    /// Something in it contradicts something else in it.
    #[error("{what} is wrong: the file is damaged; fetch it again")]
    Damaged {
        /// What is wrong.
        what: &'static str,
    },
    /// There are bytes that belong to nothing.
    #[error("there are bytes after its end: do not trust where it came from")]
    AfterEnd,
    /// It grows more than any real list does.
    #[error(
        "it grows to more than {max} times its size, as no list does: do not trust where it came from"
    )]
    Ratio {
        /// The most that is taken.
        max: u64,
    },
    /// It grows beyond the largest file that is taken.
    #[error("it grows to more than {max} bytes, the most that is taken")]
    TooLarge {
        /// The most that is taken.
        max: u64,
    },
    /// It holds more files than a publication has.
    #[error("it holds {found} files, and at most {max} are taken")]
    TooManyFiles {
        /// How many it holds.
        found: usize,
        /// The most that is taken.
        max: usize,
    },
    /// A compressed file within a compressed file.
    #[error("it holds {kind} within it: unpack it first")]
    Nested {
        /// What it holds.
        kind: &'static str,
    },
    /// A file in it needs a password.
    #[error("`{entry}` in it is encrypted: fetch the list itself")]
    Encrypted {
        /// The file in it.
        entry: Excerpt,
    },
    /// It is compressed in a way that is not read here.
    #[error("{kind} is not read here: unpack it first")]
    Unsupported {
        /// What it is.
        kind: &'static str,
    },
    /// There is no file in it.
    #[error("there is no file in it: fetch it again")]
    NoFiles,
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
    /// An attribute given twice.
    #[error("attribute `{0}` is there twice")]
    AttributeTwice(Excerpt),
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
    /// A part that every whole publication has.
    #[error("it has no {0}")]
    Missing(&'static str),
    /// Two things have an id that only one may have.
    #[error("{0} `{1}` is there twice")]
    Twice(&'static str, Excerpt),
    /// A change of a kind that is not known.
    #[error("unknown action `{0}`")]
    UnknownAction(Excerpt),
    /// It says what changed since another publication.
    #[error("it holds the changes to an earlier publication: fetch the whole list")]
    Changes,
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
    /// A line at the top of a notice says something that no notice says.
    #[error(
        "unknown header `{0}`: a notice may say published, records, {columns}", columns = super::csv::COLUMN_NAMES
    )]
    UnknownHeader(Excerpt),
    /// A line at the top of a notice gives a bad value.
    #[error("in the header, {0}")]
    Header(super::RowFault),
    /// A line at the top of a notice says again what another said.
    #[error("header `{0}` is there twice")]
    HeaderTwice(Excerpt),
    /// The table lacks a column without which it says nothing.
    #[error("its header line has no `{0}` column")]
    ColumnMissing(&'static str),
    /// The JSON breaks the rules of JSON, or of what the format makes of it.
    #[error("{0}")]
    Json(Box<str>),
    /// A key given twice in one object.
    #[error("key `{0}` is there twice")]
    KeyTwice(Excerpt),
    /// An array of objects where addresses should be.
    #[error("it is a list of objects, not of addresses: read it as `names`")]
    ObjectsForAddresses,
    /// It was written by a newer version of this program.
    #[error("it is of version {given}, and this program reads version {known}: use a newer one")]
    Version {
        /// The version found.
        given: u64,
        /// The version that is read.
        known: u64,
    },
    /// A list of this program's own begins in another way.
    #[error("its first line is not the header of a list written by this program")]
    NoHeader,
    /// Lines stand after the one that ends the list.
    #[error("there are lines after the one that ends the list")]
    AfterEnd,
    /// The YAML is not well formed, which a cut file is not either.
    #[error("{0}; if it was downloaded, fetch it again")]
    Yaml(Excerpt),
    /// An anchor or alias, by which a few lines can stand for gigabytes.
    #[error("it has a YAML anchor or alias, which no pack needs: write its values out")]
    Anchor,
    /// A second document.
    #[error("a second YAML document follows the first: give each pack a file")]
    SecondDocument,
    /// A control character, which YAML forbids.
    #[error("it holds a control character")]
    ControlCharacter,
    /// The file is YAML and no TagPack.
    #[error("it is not a header with a list of `tags`")]
    NotAPack,
    /// The first record is neither of the two tables of seizure orders.
    #[error("its first record is the header of neither wallets.csv nor releases.csv")]
    NeitherWalletsNorOrders,
    /// The JSON is no array of objects with an address and names.
    #[error("it is no array of objects with `address` and `name`: {0}")]
    NamedArray(Excerpt),
}
