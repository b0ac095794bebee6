//! Several files, each a document of its own, read as one publication.

use std::collections::VecDeque;

use crate::list::Category;

use super::error::ReadError;
use super::facts::Facts;
use super::row::Row;
use super::{Format, InputFile, Limits, Reader};

/// What every document of a publication is read with.
pub(super) struct Settings {
    pub(super) category: Category,
    pub(super) limits: Limits,
}

/// A document of one format.
pub(super) trait Document: Sized {
    /// The format.
    const FORMAT: Format;

    /// Whether a document without an address is a failed download. Otherwise
    /// only a whole publication without one is.
    const EACH_LISTS: bool;

    /// Begins a document.
    fn open(file: InputFile, settings: &Settings) -> Result<Self, ReadError>;

    /// Returns the next row, or `None` once the document was read and found
    /// complete.
    fn next_row(
        &mut self,
        settings: &Settings,
        facts: &mut Facts,
    ) -> Result<Option<Row>, ReadError>;
}

/// Reads documents one after another.
pub(super) struct Documents<D> {
    document: D,
    waiting: VecDeque<InputFile>,
    settings: Settings,
    facts: Facts,
    /// Whether there was an entry: in this document, or in any.
    any: bool,
    /// The file being read.
    name: String,
}

impl<D: Document> Documents<D> {
    pub(super) fn open(files: Vec<InputFile>, settings: Settings) -> Result<Self, ReadError> {
        let given = files.len();
        let mut waiting = VecDeque::from(files);
        let first = match waiting.pop_front() {
            Some(first) if given <= settings.limits.files_max => first,
            _ => {
                return Err(ReadError::WrongFileCount {
                    format: D::FORMAT,
                    given,
                    wanted: "1 to 64 files",
                });
            }
        };
        Ok(Self {
            name: first.name.clone(),
            document: D::open(first, &settings)?,
            waiting,
            settings,
            facts: Facts::default(),
            any: false,
        })
    }

    /// Begins the next file. `false` means that there is none.
    fn next_file(&mut self) -> Result<bool, ReadError> {
        let next = self.waiting.pop_front();
        if !self.any && (D::EACH_LISTS || next.is_none()) {
            return Err(ReadError::Empty {
                file: self.name.as_str().into(),
            });
        }
        let Some(next) = next else {
            return Ok(false);
        };
        self.name.clone_from(&next.name);
        self.document = D::open(next, &self.settings)?;
        self.any &= !D::EACH_LISTS;
        Ok(true)
    }
}

impl<D: Document> Reader for Documents<D> {
    fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        loop {
            if let Some(row) = self.document.next_row(&self.settings, &mut self.facts)? {
                self.facts.records += 1;
                self.any |= row.entry.is_some();
                return Ok(Some(row));
            }
            if !self.next_file()? {
                return Ok(None);
            }
        }
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }
}
