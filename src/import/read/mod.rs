//! List readers: a published file in, [`Row`]s out.
//!
//! [`open`] takes the bytes of one publication and a [`Format`], and returns
//! [`Rows`], an iterator that reads as it is asked and holds no more than one
//! record. A row is an entry exactly as published, or a fault with its place,
//! or both. A file that may not be whole is an error, and after an error there
//! is nothing more: **the rows of a publication count only once the iterator
//! has ended without one**, because end marks and record counts stand where
//! only the end can check them.
//!
//! What the readers promise:
//! - no input panics, and no input is held beyond its [`Limits`];
//! - where the format lets a cut file be told from a whole one, it is refused;
//! - nothing that might be an address is dropped silently: it is an entry, or
//!   a fault that says where it was.
//!
//! They leave to the importer what an address is, what a change means, and
//! whether a publication with faults is good enough to go live.

mod row;
pub use row::{Excerpt, Facts, Locator, Row, RowFault, Warning};

mod error;
pub use error::{Problem, ReadError};

mod format;
pub use format::{Format, UnknownFormat, detect};

// What all readers stand on.
mod input;
mod record;

// A reader per format.
mod csv;
mod ofac_csv;
mod ofac_xml;
mod text;

// What a single format, or OFAC's two, are made of.
mod cells;
mod comments;
mod sdn_entry;
mod wallet;

#[cfg(test)]
mod hostile;

use std::fmt;
use std::io::BufRead;

use crate::list::Category;

/// Which edition of the reading rules this is: it goes up when the same file
/// gives other rows, so that an unchanged file is read again.
pub const RULES_VERSION: u32 = 1;

/// One file of a publication.
pub struct InputFile {
    /// What the operator calls it; it stands in locators and errors.
    pub name: String,
    /// Its bytes.
    pub content: Box<dyn BufRead + Send>,
}

impl fmt::Debug for InputFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InputFile")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The most that is taken from outside. Each default is far above any real
/// list and far below what hurts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest line of a text list, and longest address in any: the longest
    /// real address is under 128 bytes, a line of several that the importer
    /// should see under this.
    pub line_bytes_max: usize,
    /// Longest other value kept of a row: a name, a note, a reference.
    pub field_bytes_max: usize,
    /// Most names kept of one subject, primary name first. OFAC lists
    /// subjects with over fifty; evidence needs the first few.
    pub names_max: usize,
    /// Deepest nesting in XML; the classic list is five deep.
    pub depth_max: usize,
    /// Longest text, tag or CSV record.
    pub text_bytes_max: usize,
    /// Most attributes on one XML element; the classic list has two.
    pub attributes_max: usize,
    /// Most wallets or programs of one designation, which are held until it
    /// ends; the largest real one has 134.
    pub ids_max: usize,
    /// Largest comments file; it is held in memory while its list is read.
    pub comments_bytes_max: u64,
    /// Largest file; the largest official one is under 130 MB.
    pub file_bytes_max: u64,
    /// Most files of one publication.
    pub files_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes_max: 2_048,
            field_bytes_max: 4_096,
            names_max: 16,
            depth_max: 64,
            text_bytes_max: 1 << 20,
            attributes_max: 64,
            ids_max: 10_000,
            comments_bytes_max: 16 << 20,
            file_bytes_max: 512 << 20,
            files_max: 64,
        }
    }
}

/// Opens a publication.
///
/// `category` is given to every row that does not carry its own; OFAC's lists
/// are always [`Category::Sanctions`]. OFAC's CSV takes the list and, in
/// either order, its comments file; a text list may be spread over several
/// files; the other formats take one.
///
/// # Errors
///
/// When the files are of another number or kind than the format takes, or the
/// beginning of one is already wrong.
pub fn open(
    format: Format,
    category: Category,
    files: Vec<InputFile>,
    limits: Limits,
) -> Result<Rows, ReadError> {
    let reader: Box<dyn Reader + Send> = match format {
        Format::OfacXml => Box::new(ofac_xml::OfacXml::open(single(files, format)?, limits)?),
        Format::OfacCsv => Box::new(ofac_csv::OfacCsv::open(files, limits)?),
        Format::Text => Box::new(text::Text::open(files, category, limits)?),
        Format::Csv => Box::new(csv::Csv::open(single(files, format)?, category, limits)?),
    };
    Ok(Rows {
        reader,
        ended: false,
    })
}

fn single(files: Vec<InputFile>, format: Format) -> Result<InputFile, ReadError> {
    let [file] = <[InputFile; 1]>::try_from(files).map_err(|files| ReadError::WrongFileCount {
        format,
        given: files.len(),
        wanted: "one file",
    })?;
    Ok(file)
}

/// What every format's reader does.
trait Reader {
    /// Returns the next row, or `None` once the whole publication was read
    /// and found complete.
    fn next_row(&mut self) -> Result<Option<Row>, ReadError>;

    /// Returns what is known of the publication so far.
    fn facts(&self) -> &Facts;
}

/// The rows of a publication, read as they are asked for.
pub struct Rows {
    reader: Box<dyn Reader + Send>,
    ended: bool,
}

impl Rows {
    /// Returns what the publication says of itself; complete once the
    /// iterator has returned `None` and no error before it.
    pub fn facts(&self) -> &Facts {
        self.reader.facts()
    }
}

impl Iterator for Rows {
    type Item = Result<Row, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.reader.next_row().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

impl std::iter::FusedIterator for Rows {}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("facts", self.facts())
            .field("ended", &self.ended)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_says_how_many_files_it_takes() {
        let file = |name: &str| InputFile {
            name: name.to_owned(),
            content: Box::new(&b"x"[..]),
        };
        for &format in Format::ALL {
            let error = open(format, Category::Other, Vec::new(), Limits::default())
                .expect_err("no files are too few");
            assert!(
                matches!(error, ReadError::WrongFileCount { given: 0, .. }),
                "{error}"
            );
        }
        for format in [Format::OfacXml, Format::Csv] {
            let two = vec![file("a"), file("b")];
            let error = open(format, Category::Other, two, Limits::default()).expect_err("two");
            assert!(
                matches!(error, ReadError::WrongFileCount { given: 2, .. }),
                "{error}"
            );
        }
    }

    #[test]
    fn after_an_error_there_is_nothing_more() {
        let file = InputFile {
            name: "a".to_owned(),
            content: Box::new(&b"# nothing\n"[..]),
        };
        let mut rows =
            open(Format::Text, Category::Theft, vec![file], Limits::default()).expect("opens");
        assert!(matches!(rows.next(), Some(Err(ReadError::Empty { .. }))));
        assert!(rows.next().is_none());
    }
}
