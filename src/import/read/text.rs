//! Plain lists: one address a line.
//!
//! The form of the per-ticker lists that people share, and of most operators'
//! own. Blank lines and lines beginning with `#` are skipped; a byte order
//! mark and Windows line ends are accepted. A line that is more than one word
//! (`address;name`, two addresses with a comma) is not just an address: it is
//! reported, and kept whole, because nobody can say which part was meant.
//!
//! A cut text file looks like a whole one, unless it is empty. Who needs to
//! know uses a format that counts.

use std::collections::VecDeque;

use crate::list::{Category, ListEntry};

use super::error::ReadError;
use super::facts::Facts;
use super::fault::RowFault;
use super::input::{Input, LineEnd};
use super::row::Row;
use super::{Format, InputFile, Limits, Reader};

/// Reads addresses line by line, file after file.
pub(super) struct Text {
    input: Input,
    waiting: VecDeque<InputFile>,
    category: Category,
    limits: Limits,
    facts: Facts,
    /// Whether the current file had an address.
    any: bool,
    line: Vec<u8>,
}

impl Text {
    pub(super) fn open(
        files: Vec<InputFile>,
        category: Category,
        limits: Limits,
    ) -> Result<Self, ReadError> {
        let given = files.len();
        let mut waiting = VecDeque::from(files);
        let wrong_count = ReadError::WrongFileCount {
            format: Format::Text,
            given,
            wanted: "1 to 64 files",
        };
        let first = match waiting.pop_front() {
            Some(first) if given <= limits.files_max => first,
            _ => return Err(wrong_count),
        };
        Ok(Self {
            input: Input::open(first, &limits)?,
            waiting,
            category,
            limits,
            facts: Facts::default(),
            any: false,
            line: Vec::new(),
        })
    }

    /// Ends the current file and begins the next, if there is one.
    fn next_file(&mut self) -> Result<bool, ReadError> {
        if !self.any {
            return Err(ReadError::Empty {
                file: self.input.file(),
            });
        }
        let Some(next) = self.waiting.pop_front() else {
            return Ok(false);
        };
        self.input = Input::open(next, &self.limits)?;
        self.any = false;
        Ok(true)
    }

    /// Returns the row on a line, or `None` if it has nothing to say.
    fn row(&self, line: u64) -> Option<Row> {
        let locator = self.input.locator(line);
        let Ok(text) = std::str::from_utf8(&self.line) else {
            return Some(Row {
                locator,
                entry: None,
                fault: Some(RowFault::NotUtf8),
            });
        };
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            return None;
        }
        let entry = ListEntry::bare(text, self.category);
        Some(Row {
            locator,
            entry: Some(entry),
            fault: RowFault::of_address(text),
        })
    }
}

impl Reader for Text {
    fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        loop {
            let line = self.input.line();
            let bytes_max = self.limits.line_bytes_max;
            self.line.clear();
            let end = self.input.read_line(&mut self.line, bytes_max);
            let row = match end.map_err(|source| self.input.failed(source))? {
                LineEnd::Nothing if self.next_file()? => continue,
                LineEnd::Nothing => return Ok(None),
                LineEnd::TooLong => Some(Row {
                    locator: self.input.locator(line),
                    entry: None,
                    fault: Some(RowFault::LineTooLong { bytes_max }),
                }),
                LineEnd::Newline | LineEnd::EndOfFile => self.row(line),
            };
            if let Some(row) = row {
                self.facts.records += 1;
                self.any |= row.entry.is_some();
                return Ok(Some(row));
            }
        }
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[&[u8]]) -> Result<Vec<Row>, ReadError> {
        let files = files
            .iter()
            .enumerate()
            .map(|(at, bytes)| InputFile::of_bytes(format!("list-{at}"), bytes.to_vec()));
        super::super::open(
            Format::Text,
            Category::Theft,
            files.collect(),
            Limits::default(),
        )?
        .collect()
    }

    fn addresses(rows: &[Row]) -> Vec<(u64, &str)> {
        let entries = rows
            .iter()
            .filter_map(|row| Some((row.locator.line, row.entry.as_ref()?)));
        entries
            .map(|(line, entry)| (line, entry.address.as_str()))
            .collect()
    }

    #[test]
    fn comments_blank_lines_and_windows_line_ends_are_no_addresses() {
        let rows =
            read(&[b"\xef\xbb\xbf# mine\r\n\r\n1abc\r\n  0xdef \n#1no\nlast"]).expect("reads");
        assert_eq!(addresses(&rows), [(3, "1abc"), (4, "0xdef"), (6, "last")]);
        assert!(rows.iter().all(|row| row.fault.is_none()));
    }

    #[test]
    fn a_line_of_several_fields_is_reported_and_kept_whole() {
        let rows = read(&["0xc8fe, TR2nTb\n1a;اسم;aka\nplain\n".as_bytes()]).expect("reads");
        assert_eq!(
            addresses(&rows),
            [(1, "0xc8fe, TR2nTb"), (2, "1a;اسم;aka"), (3, "plain")]
        );
        let codes: Vec<_> = rows
            .iter()
            .map(|row| row.fault.as_ref().map(RowFault::code))
            .collect();
        assert_eq!(
            codes,
            [Some("SEVERAL_FIELDS"), Some("SEVERAL_FIELDS"), None]
        );
    }

    #[test]
    fn bad_lines_are_faults_and_the_rest_is_read() {
        let edge = "a".repeat(2_048);
        let past = "a".repeat(2_049);
        let text = [
            edge.as_bytes(),
            b"\n",
            past.as_bytes(),
            b"\n\xff\xfe\nnext\n",
        ]
        .concat();
        let rows = read(&[&text]).expect("reads");
        assert_eq!(addresses(&rows), [(1, edge.as_str()), (4, "next")]);
        let codes: Vec<_> = rows
            .iter()
            .map(|row| row.fault.as_ref().map(RowFault::code))
            .collect();
        assert_eq!(codes, [None, Some("LINE_TOO_LONG"), Some("NOT_UTF8"), None]);
    }

    #[test]
    fn every_file_must_hold_an_address() {
        assert_eq!(read(&[b"1a\n", b"1b\n"]).expect("reads").len(), 2);
        for files in [
            &[&b""[..]][..],
            &[b"# c\n\n"],
            &[b"\xff\n"],
            &[b"1a\n", b""],
            &[b"", b"1a\n"],
        ] {
            let error = read(files).expect_err("empty");
            assert!(matches!(error, ReadError::Empty { .. }), "{error}");
        }
    }
}
