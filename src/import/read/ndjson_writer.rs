//! Writing interdict's own lines.

use std::io;

use jiff::civil::Date;

use crate::list::{ListEntry, SourceId, Tier};

use super::line::{HeaderLine, Line};
use super::{VERSION, WHAT};

/// What the first line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header<'a> {
    /// The source that the entries are of.
    pub source: &'a SourceId,
    /// The weight it carries.
    pub tier: Tier,
    /// The date of the publication that the entries are of.
    pub published_on: Option<Date>,
    /// The licence under which its publisher gives it.
    pub licence: Option<&'a str>,
}

/// Writes a list line by line. **Without [`finish`](Self::finish) the list has
/// no end and is refused by every reader**, so that a writer that failed
/// halfway leaves nothing that passes for a list.
///
/// Every line is written at once: give it a buffer.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    entries: u64,
}

impl<W: io::Write> Writer<W> {
    /// Begins a list.
    ///
    /// # Errors
    ///
    /// As `out` says.
    pub fn begin(out: W, header: &Header<'_>) -> io::Result<Self> {
        let mut writer = Self { out, entries: 0 };
        writer.line(&HeaderLine {
            interdict: WHAT.to_owned(),
            version: VERSION,
            source: Some(header.source.to_string()),
            tier: Some(header.tier),
            published_on: header.published_on,
            licence: header.licence.map(str::to_owned),
        })?;
        Ok(writer)
    }

    /// Writes an entry.
    ///
    /// # Errors
    ///
    /// As `out` says.
    pub fn write(&mut self, entry: &ListEntry) -> io::Result<()> {
        self.line(&Line::of(entry))?;
        self.entries += 1;
        Ok(())
    }

    /// Ends the list with the number of its entries and flushes it.
    ///
    /// # Errors
    ///
    /// As `out` says.
    pub fn finish(mut self) -> io::Result<W> {
        let end = Line::end(self.entries);
        self.line(&end)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn line(&mut self, line: &impl serde::Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")
    }
}

/// Writes a whole list.
///
/// # Errors
///
/// As `out` says.
pub fn write<'a, W: io::Write>(
    out: W,
    header: &Header<'_>,
    entries: impl IntoIterator<Item = &'a ListEntry>,
) -> io::Result<W> {
    let mut writer = Writer::begin(out, header)?;
    for entry in entries {
        writer.write(entry)?;
    }
    writer.finish()
}
