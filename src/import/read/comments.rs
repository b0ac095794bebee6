//! The two files of OFAC's CSV, told apart, and the smaller one read whole.
//!
//! `SDN_COMMENTS.CSV` continues the remarks that `SDN.CSV` cuts. It is held in
//! memory while its list is read, so it has a limit of its own. Which file is
//! which is told by the columns of its first record, never by the order in
//! which the operator named them.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::{Problem, ReadError};
use super::input::Input;
use super::record::{Piece, Record, Records};
use super::{Format, InputFile, Limits};

const COMMENT_COLUMNS: usize = 2;

/// The record after the last: the end-of-file character of CP/M and DOS.
const END_MARK: &[u8] = b"\x1a";

/// A file whose first record has been read.
pub(super) struct Opened {
    pub(super) records: Records,
    pub(super) first: Record,
}

impl Opened {
    pub(super) fn open(file: InputFile, limits: &Limits) -> Result<Self, ReadError> {
        let input = Input::open(file, limits)?;
        let mut records = Records::new(input, false, limits.text_bytes_max);
        let mut first = Record::default();
        let piece = records.next(&mut first)?;
        if piece == Piece::End || is_end_mark(&first) {
            return Err(ReadError::Empty {
                file: records.input.file(),
            });
        }
        Ok(Self { records, first })
    }

    pub(super) fn is_comments(&self) -> bool {
        self.first.len() == COMMENT_COLUMNS
    }

    pub(super) fn file(&self) -> Arc<str> {
        self.records.input.file()
    }
}

/// The continuations of cut remarks, by entity number.
#[derive(Debug, Default)]
pub(super) struct Comments {
    by_uid: HashMap<String, Continuation>,
}

#[derive(Debug, Default)]
struct Continuation {
    text: String,
    is_used: bool,
}

impl Comments {
    /// Reads a whole comments file. It has no end mark of its own, so its last
    /// record must at least end with a newline; and remarks whose continuation
    /// a cut file lacks are reported as cut.
    pub(super) fn read(opened: Opened, limits: &Limits) -> Result<Self, ReadError> {
        let Opened {
            mut records,
            first: mut record,
        } = opened;
        records.input.limit_bytes(limits.comments_bytes_max);
        let mut comments = Self::default();
        let mut ended = false;
        loop {
            if is_end_mark(&record) {
                ended = true;
            } else if ended {
                return Err(malformed(&records, &record, Problem::AfterEndMark));
            } else {
                comments
                    .take(&record)
                    .map_err(|problem| malformed(&records, &record, problem))?;
            }
            if records.next(&mut record)? == Piece::End {
                break;
            }
        }
        if ended || records.newline_seen {
            return Ok(comments);
        }
        let (file, line) = (records.input.file(), records.input.line());
        Err(ReadError::Truncated {
            file,
            line,
            missing: "the newline of its last record",
        })
    }

    fn take(&mut self, record: &Record) -> Result<(), Problem> {
        let (Some(uid), Some(text)) = (record.get(0), record.get(1)) else {
            return Err(Problem::CommentsRecord);
        };
        let uid = uid.trim_ascii();
        let is_number = !uid.is_empty() && uid.iter().all(u8::is_ascii_digit);
        if record.len() != COMMENT_COLUMNS || !is_number {
            return Err(Problem::CommentsRecord);
        }
        self.by_uid
            .entry(decode(uid))
            .or_default()
            .text
            .push_str(&decode(text));
        Ok(())
    }

    /// Appends what continues a subject's remarks, if there is anything.
    pub(super) fn append(&mut self, uid: &str, remarks: &mut String) -> bool {
        let Some(continuation) = self.by_uid.get_mut(uid.trim()) else {
            return false;
        };
        continuation.is_used = true;
        remarks.push_str(&continuation.text);
        true
    }

    /// Returns, in order, the subjects that the list did not have.
    pub(super) fn unmatched(&self) -> Vec<String> {
        let unused = self
            .by_uid
            .iter()
            .filter(|(_, continuation)| !continuation.is_used);
        let mut uids: Vec<String> = unused.map(|(uid, _)| uid.clone()).collect();
        uids.sort_unstable();
        uids
    }
}

pub(super) fn is_end_mark(record: &Record) -> bool {
    record.len() == 1
        && record
            .get(0)
            .is_some_and(|field| field.trim_ascii() == END_MARK)
}

pub(super) fn malformed(records: &Records, record: &Record, problem: Problem) -> ReadError {
    let file = records.input.file();
    ReadError::Malformed {
        file,
        line: record.line,
        format: Format::OfacCsv,
        problem,
    }
}

/// The list is ASCII today and was Latin-1 in the past, and a name must not
/// stop an import: what is not UTF-8 is read as Latin-1, which never fails.
pub(super) fn decode(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}
