//! List readers: a published file in, [`Row`]s out.
//!
//! [`open`] takes the bytes of one publication and a [`Format`], and returns
//! [`Rows`], an iterator that reads as it is asked. It holds one record, and,
//! where a format tells of an address elsewhere than beside it, what has to be
//! put together, up to [`Limits::held_bytes_max`]. A row is an entry exactly as published, or a fault with its place,
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

mod facts;
mod fault;
mod row;
pub use facts::{Facts, Warning};
pub use fault::RowFault;
pub use row::{Excerpt, Locator, Row};

mod error;
pub use error::{PackedProblem, Problem, ReadError};

mod format;
pub use format::{Format, UnknownFormat, detect};

// What all readers stand on.
mod held;
mod input;
mod record;
mod xml;

// Addresses in free text.
mod prose;

// What the JSON formats stand on.
mod json_documents;
mod json_fields;
mod json_lines;
mod json_stream;
mod json_value;
mod xml_walk;

// A second opinion on a full list.
mod ofac_delta;
pub use ofac_delta::{Contradiction, OfacChange, OfacDelta, read_delta};

// Compressed files.
mod packed;
pub use packed::unpack;

// A reader per format.
mod csv;
mod eu;
mod ftm;
mod json;
mod misp;
mod names;
mod nbctf;
pub mod ndjson;
mod notice;
mod ofac_advanced;
mod ofac_csv;
mod ofac_xml;
mod ransomwhere;
mod stix;
mod tagpack;
mod text;
mod uk;

// What a single format, or OFAC's two, are made of.
mod cells;
mod comments;
mod sdn_entry;
mod wallet;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod ofac_agreement;

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, Read as _};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use crate::list::Category;

/// Which edition of the reading rules this is: it goes up when the same file
/// gives other rows, so that an unchanged file is read again.
pub const RULES_VERSION: u32 = 3;

/// One file of a publication. It can be read more than once: some formats
/// name what an address belongs to long before or after the address.
#[derive(Clone)]
pub struct InputFile {
    /// What the operator calls it; it stands in locators and errors.
    pub name: String,
    open: Arc<dyn Fn() -> io::Result<Content> + Send + Sync>,
}

/// The bytes of a file, from its beginning.
pub type Content = Box<dyn BufRead + Send>;

impl InputFile {
    /// Names a file whose bytes `open` gives, the same each time.
    pub fn new(
        name: impl Into<String>,
        open: impl Fn() -> io::Result<Content> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            open: Arc::new(open),
        }
    }

    /// Names a file held in memory.
    pub fn of_bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::new(name, move || Ok(Box::new(io::Cursor::new(bytes.clone()))))
    }

    /// Names a file on disk.
    pub fn at(name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self::new(name, move || {
            let file = File::open(&path)?;
            Ok(Box::new(io::BufReader::with_capacity(1 << 16, file)))
        })
    }

    /// Opens it at its beginning.
    ///
    /// # Errors
    ///
    /// As the system says.
    pub fn open(&self) -> io::Result<Content> {
        (self.open)()
    }
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
    /// Most memory, in bytes, for what is held until a file or one of its
    /// records ends, where what belongs to an address may stand anywhere. A
    /// list of today comes to less than a tenth; without it a hostile one
    /// could hold many times its own size.
    pub held_bytes_max: usize,
    /// Largest comments file; it is held in memory while its list is read.
    pub comments_bytes_max: u64,
    /// Largest file; the largest official one is under 130 MB.
    pub file_bytes_max: u64,
    /// Most files of one publication.
    pub files_max: usize,
    /// Most bytes that a compressed file may grow to for each of its own,
    /// past its first megabyte. Lists compress about tenfold; only a bomb
    /// compresses a thousandfold.
    pub ratio_max: u64,
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
            held_bytes_max: 128 << 20,
            comments_bytes_max: 16 << 20,
            file_bytes_max: 512 << 20,
            files_max: 64,
            ratio_max: 200,
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
        Format::OfacAdvanced => ofac_advanced::open(single(files, format)?, limits)?,
        Format::UkSanctions => uk::open(single(files, format)?, limits)?,
        Format::EuSanctions => eu::open(single(files, format)?, limits)?,
        Format::Nbctf => nbctf::open(files, category, limits)?,
        Format::FollowTheMoney => ftm::open(single(files, format)?, category, limits)?,
        Format::TagPack => tagpack::open(files, category, limits)?,
        Format::Ransomwhere => ransomwhere::open(single(files, format)?, limits)?,
        Format::Misp => misp::open(files, category, limits)?,
        Format::Stix => stix::open(files, category, limits)?,
        Format::Json => json::open(files, category, limits)?,
        Format::Names => names::open(files, category, limits)?,
        Format::Notice => notice::open(files, category, limits)?,
        Format::Ndjson => ndjson::open(single(files, format)?, category, limits)?,
        Format::Csv => Box::new(csv::Csv::open(single(files, format)?, category, limits)?),
    };
    Ok(Rows {
        reader,
        ended: false,
    })
}

/// What the beginning of a file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beginning {
    /// Its format.
    Of(Format),
    /// Nothing: it begins like this.
    Unknown(Excerpt),
}

/// Tells the format of a file that is not compressed from how it begins.
///
/// # Errors
///
/// If it cannot be read.
pub fn detect_file(file: &InputFile) -> Result<Beginning, ReadError> {
    /// Bytes looked at.
    const BEGINNING: u64 = 4096;
    let mut first_bytes = Vec::new();
    file.open()
        .and_then(|content| content.take(BEGINNING).read_to_end(&mut first_bytes))
        .map_err(|source| ReadError::Io {
            file: file.name.as_str().into(),
            line: 1,
            source,
        })?;
    Ok(match detect(&first_bytes, &file.name) {
        Some(format) => Beginning::Of(format),
        None => Beginning::Unknown(format::beginning(&first_bytes)),
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
        let file = |name: &str| InputFile::of_bytes(name, "x");
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
        let file = InputFile::of_bytes("a", "# nothing\n");
        let mut rows =
            open(Format::Text, Category::Theft, vec![file], Limits::default()).expect("opens");
        assert!(matches!(rows.next(), Some(Err(ReadError::Empty { .. }))));
        assert!(rows.next().is_none());
    }
}
