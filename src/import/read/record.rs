//! CSV records, told whole from cut.
//!
//! The `csv` crate reads what it can: a file that ends inside a quoted field
//! yields one last short record and no error. A screening list must refuse
//! that, so the records are split here: bounded while they are read, with the
//! line each begins on, and with the end of the file noticed wherever it
//! falls. On input that is whole the two agree, which a property test holds.

use super::error::ReadError;
use super::input::{Input, LineEnd};

/// One record: its fields, unquoted, in one buffer.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// The line it begins on.
    pub(super) line: u64,
    bytes: Vec<u8>,
    /// Where each field ends in `bytes`.
    ends: Vec<usize>,
}

impl Record {
    /// Returns how many fields there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns a field.
    pub(super) fn get(&self, at: usize) -> Option<&[u8]> {
        let end = *self.ends.get(at)?;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.bytes[start..end])
    }

    /// Returns the fields in order.
    pub(super) fn fields(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    fn end_field(&mut self) {
        self.ends.push(self.bytes.len());
    }
}

/// What came next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// A record.
    Record,
    /// A line beginning with `#`; its text is the record's only field.
    Comment,
    /// The end of the file.
    End,
}

/// The records of a file.
pub(super) struct Records {
    pub(super) input: Input,
    has_comments: bool,
    line: Vec<u8>,
    /// Whether the last line read ended with a newline.
    pub(super) newline_seen: bool,
    record_bytes_max: usize,
}

impl Records {
    /// Begins a file. With `has_comments`, a line beginning with `#` where a
    /// record could begin is a comment.
    pub(super) const fn new(input: Input, has_comments: bool, record_bytes_max: usize) -> Self {
        Self {
            input,
            has_comments,
            line: Vec::new(),
            newline_seen: true,
            record_bytes_max,
        }
    }

    /// Reads the next record that is not blank.
    pub(super) fn next(&mut self, record: &mut Record) -> Result<Piece, ReadError> {
        loop {
            record.clear();
            record.line = self.input.line();
            if !self.read_line(0)? {
                return Ok(Piece::End);
            }
            let is_blank = self.line.trim_ascii().is_empty();
            if self.has_comments && self.line.starts_with(b"#") {
                record.bytes.extend_from_slice(&self.line);
                record.end_field();
                return Ok(Piece::Comment);
            } else if !is_blank {
                self.split(record)?;
                return Ok(Piece::Record);
            }
        }
    }

    /// Splits the line just read, and the lines that a quoted field takes in.
    fn split(&mut self, record: &mut Record) -> Result<(), ReadError> {
        let mut state = State::FieldStart;
        let mut taken = self.line.len() + 1;
        loop {
            state = feed(state, &self.line, record);
            if state != State::Quoted {
                end_record(state, record);
                return Ok(());
            }
            let may_go_on = self.newline_seen;
            record.bytes.push(b'\n');
            if !may_go_on || !self.read_line(taken)? {
                return Err(ReadError::Truncated {
                    file: self.input.file(),
                    line: self.input.line(),
                    missing: "the quote that closes a field",
                });
            }
            taken += self.line.len() + 1;
        }
    }

    /// Reads a line; `taken` bytes of its record were already read.
    fn read_line(&mut self, taken: usize) -> Result<bool, ReadError> {
        self.line.clear();
        let left = self.record_bytes_max.saturating_sub(taken);
        let end = self.input.read_line(&mut self.line, left);
        match end.map_err(|source| self.input.failed(source))? {
            LineEnd::TooLong => Err(self
                .input
                .over("one record's size in bytes", self.record_bytes_max as u64)),
            LineEnd::Nothing => Ok(false),
            LineEnd::Newline => {
                self.newline_seen = true;
                Ok(true)
            }
            LineEnd::EndOfFile => {
                self.newline_seen = false;
                Ok(true)
            }
        }
    }
}

/// Splits one line by itself; a quote left open ends with it.
pub(super) fn split_line(line: &[u8]) -> Vec<Vec<u8>> {
    let mut record = Record::default();
    let state = feed(State::FieldStart, line, &mut record);
    end_record(state, &mut record);
    record.fields().map(<[u8]>::to_vec).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    /// A quote within a quoted field: the end of it, or the first of two.
    QuoteSeen,
}

/// Takes a line's bytes into the record. A quote inside a plain field, and
/// text after a closing quote, are taken as they stand.
fn feed(mut state: State, line: &[u8], record: &mut Record) -> State {
    for &byte in line {
        state = match (state, byte) {
            (State::FieldStart, b'"') => State::Quoted,
            (State::Quoted, b'"') => State::QuoteSeen,
            (State::QuoteSeen, b'"') => {
                record.bytes.push(b'"');
                State::Quoted
            }
            (State::FieldStart | State::Plain | State::QuoteSeen, b',') => {
                record.end_field();
                State::FieldStart
            }
            (State::Quoted, _) => {
                record.bytes.push(byte);
                State::Quoted
            }
            (State::FieldStart | State::Plain | State::QuoteSeen, _) => {
                record.bytes.push(byte);
                State::Plain
            }
        };
    }
    state
}

/// Ends the last field, without the carriage return of a Windows line end.
fn end_record(state: State, record: &mut Record) {
    let field_start = record.ends.last().copied().unwrap_or(0);
    let has_return = state == State::Plain && record.bytes[field_start..].ends_with(b"\r");
    if has_return {
        record.bytes.pop();
    }
    record.end_field();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::import::read::{InputFile, Limits};

    /// A record's line and fields.
    type Numbered = (u64, Vec<Vec<u8>>);

    fn read(bytes: &[u8], record_bytes_max: usize) -> Result<Vec<Numbered>, ReadError> {
        let file = InputFile::of_bytes("a", bytes.to_vec());
        let input = Input::open(file, &Limits::default()).expect("opens");
        let mut records = Records::new(input, false, record_bytes_max);
        let mut record = Record::default();
        let mut all = Vec::new();
        while records.next(&mut record)? != Piece::End {
            all.push((record.line, record.fields().map(<[u8]>::to_vec).collect()));
        }
        Ok(all)
    }

    #[test]
    fn records_know_their_line_and_quotes_are_undone() {
        let all = read(
            b"a,\"b \"\"c\"\", d\"\r\n\r\n\"two\nlines\",-0- \n\x1a",
            100,
        )
        .expect("reads");
        let fields = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
        assert_eq!(
            all,
            [
                (1, fields(&["a", "b \"c\", d"])),
                (3, fields(&["two\nlines", "-0- "])),
                (5, fields(&["\u{1a}"])),
            ]
        );
    }

    #[test]
    fn an_open_quote_at_the_end_is_a_cut_file() {
        for cut in [&b"a,\"b"[..], b"a,\"b\n", b"\"", b"a,\"b\"\"\n"] {
            let error = read(cut, 100).expect_err("cut");
            assert!(matches!(error, ReadError::Truncated { .. }), "{error}");
        }
    }

    #[test]
    fn a_record_one_byte_past_the_limit_is_refused() {
        assert!(read(b"12345678\n", 8).is_ok());
        assert!(matches!(
            read(b"123456789\n", 8),
            Err(ReadError::Limit { max: 8, .. })
        ));
        assert!(read(b"\"12\n345\"\n", 8).is_ok());
        assert!(matches!(
            read(b"\"12\n3456\"\n", 8),
            Err(ReadError::Limit { max: 8, .. })
        ));
    }

    proptest! {
        /// Goal: on whole files this splitter and the `csv` crate agree.
        /// Method: write arbitrary fields with the crate, read with both.
        #[test]
        fn agrees_with_the_csv_crate(
            rows in prop::collection::vec(prop::collection::vec("[a\", \n;é#]{0,6}", 2..5), 1..5)
        ) {
            let mut writer = ::csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).expect("writes to memory");
            }
            let bytes = writer.into_inner().expect("flushes to memory");
            let ours: Vec<Vec<Vec<u8>>> =
                read(&bytes, 10_000).expect("is whole").into_iter().map(|(_, fields)| fields).collect();
            let mut theirs = Vec::new();
            let mut reader = ::csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(&bytes[..]);
            for record in reader.byte_records() {
                theirs.push(record.expect("is whole").iter().map(<[u8]>::to_vec).collect::<Vec<_>>());
            }
            prop_assert_eq!(ours, theirs);
        }
    }
}
