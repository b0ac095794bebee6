//! OFAC's `SDN.CSV`, with `SDN_COMMENTS.CSV` beside it.
//!
//! Twelve columns without a header; `-0- ` for nothing; wallets only in the
//! free text of the last column; a lone 0x1A after the last record. The last
//! column is **cut at 1,000 characters**, in the middle of a word or of an
//! address, and goes on in the comments file. So the two are joined before
//! anything is looked for, without a separator; and where the continuation is
//! not there, the fragment at the cut is refused, the row is a fault, and the
//! subject is named in a warning, because its other wallets are missing.
//! `SDN.XML` has no such cut: who has the choice imports that.

use std::sync::Arc;

use crate::list::Designation;

use super::comments::{Comments, Opened, decode, is_end_mark, malformed};
use super::error::{Problem, ReadError};
use super::facts::{Facts, Warning};
use super::fault::RowFault;
use super::record::{Piece, Record, Records};
use super::row::{Excerpt, Row};
use super::wallet::{NewTickers, Pending, Wallet, fragment_of, wallets_in};
use super::{Format, InputFile, Limits, Reader};

const COLUMNS: usize = 12;
const NAME: usize = 1;
const PROGRAMS: usize = 3;
const REMARKS: usize = 11;

/// The length at which the publisher cuts remarks.
const REMARKS_CUT_AT: usize = 1_000;

/// Reads designations and their remarks.
pub(super) struct OfacCsv {
    records: Records,
    /// The record to look at next; the first was read to tell the files apart.
    record: Record,
    first_is_read: bool,
    comments: Comments,
    pending: Pending,
    file: Arc<str>,
    limits: Limits,
    facts: Facts,
    new_tickers: NewTickers,
    /// Cut remarks without a wallet before the cut: how many, and whose first.
    others_cut: Option<(u64, String)>,
}

impl OfacCsv {
    pub(super) fn open(files: Vec<InputFile>, limits: Limits) -> Result<Self, ReadError> {
        let given = files.len();
        let mut opened = Vec::with_capacity(2);
        if given == 1 || given == 2 {
            for file in files {
                opened.push(Opened::open(file, &limits)?);
            }
        }
        let (comments, lists): (Vec<_>, Vec<_>) = opened.into_iter().partition(Opened::is_comments);
        let (list, comments) = match (lists.as_slice(), comments.as_slice()) {
            ([first, second], _) => return Err(same_kind(first, second, "lists")),
            (_, [first, second]) => return Err(same_kind(first, second, "comments files")),
            ([], [comments]) => {
                return Err(ReadError::CommentsAlone {
                    file: comments.file(),
                });
            }
            _ => (lists.into_iter().next(), comments.into_iter().next()),
        };
        let Some(list) = list else {
            let wanted = "SDN.CSV and, beside it, SDN_COMMENTS.CSV";
            return Err(ReadError::WrongFileCount {
                format: Format::OfacCsv,
                given,
                wanted,
            });
        };
        if list.first.len() != COLUMNS {
            let problem = Problem::NeitherListNorComments(list.first.len());
            return Err(malformed(&list.records, &list.first, problem));
        }
        Ok(Self {
            comments: comments
                .map(|file| Comments::read(file, &limits))
                .transpose()?
                .unwrap_or_default(),
            file: list.file(),
            records: list.records,
            record: list.first,
            first_is_read: true,
            pending: Pending::default(),
            limits,
            facts: Facts::default(),
            new_tickers: NewTickers::default(),
            others_cut: None,
        })
    }

    /// Reads the next designation. `false` means that the list is complete.
    fn next_designation(&mut self) -> Result<bool, ReadError> {
        let piece = if std::mem::take(&mut self.first_is_read) {
            Piece::Record
        } else {
            self.records.next(&mut self.record)?
        };
        if piece == Piece::End {
            let line = self.records.input.line();
            let file = Arc::clone(&self.file);
            return Err(ReadError::Truncated {
                file,
                line,
                missing: "its end mark (0x1A)",
            });
        }
        if is_end_mark(&self.record) {
            self.finish()?;
            return Ok(false);
        }
        self.facts.records += 1;
        self.take_record();
        Ok(true)
    }

    fn finish(&mut self) -> Result<(), ReadError> {
        if self.records.next(&mut self.record)? != Piece::End {
            return Err(malformed(
                &self.records,
                &self.record,
                Problem::AfterEndMark,
            ));
        }
        if let Some((rows, first_uid)) = self.others_cut.take() {
            self.facts
                .warn(Warning::OtherRemarksCut { rows, first_uid });
        }
        for uid in self.comments.unmatched() {
            self.facts.warn(Warning::CommentUnmatched { uid });
        }
        std::mem::take(&mut self.new_tickers).report(&mut self.facts);
        Ok(())
    }

    /// Turns the record into a designation and its wallets.
    fn take_record(&mut self) {
        let line = self.record.line;
        let is_ragged = self.record.len() != COLUMNS;
        let (uid, name) = (self.value(0), self.value(NAME));
        let mut remarks = self.remarks();
        let is_full = !is_ragged && remarks.len() >= REMARKS_CUT_AT;
        let is_continued = self.comments.append(&uid, &mut remarks);
        let cut = is_full && !is_continued;
        let told = wallets_in(&remarks, cut, line, self.limits.line_bytes_max);

        // Every whole remark ends with a full stop. Where the cut is not where
        // it has always been, the last wallet stays listed, but is not trusted.
        let ends_well = remarks.trim_end().ends_with(['.', ';', ')']);
        let mut wallets = told.wallets;
        if is_ragged {
            self.blame_columns(&mut wallets);
        } else if cut {
            wallets.extend(self.note_cut(&uid, &name, &remarks, told.bear_wallet));
        } else if told.bear_wallet && !ends_well {
            let (uid, name) = (uid.clone(), name.clone());
            self.facts.warn(Warning::RemarksCut { uid, name });
        }
        let programs = if is_ragged {
            Vec::new()
        } else {
            programs(&self.value(PROGRAMS))
        };
        self.pending = Pending {
            designation: Designation {
                subjects: [name].into_iter().filter(|name| !name.is_empty()).collect(),
                programs,
                subject_id: Some(uid).filter(|uid| !uid.is_empty()),
                designated_on: None,
            },
            wallets: wallets.into(),
        };
        self.new_tickers.count(&self.pending.wallets);
    }

    /// Returns the remarks; in a ragged record they may stand in any column.
    fn remarks(&self) -> String {
        if self.record.len() == COLUMNS {
            return self.text(REMARKS);
        }
        let columns = (0..self.record.len()).map(|at| self.text(at));
        columns.collect::<Vec<_>>().join("; ")
    }

    /// Marks every wallet of a ragged record, or the record if it has none.
    fn blame_columns(&self, wallets: &mut Vec<Wallet>) {
        let (expected, found) = (COLUMNS, self.record.len());
        if wallets.is_empty() {
            wallets.push(Wallet {
                line: self.record.line,
                ..Wallet::default()
            });
        }
        for wallet in wallets {
            wallet.fault = Some(RowFault::Columns { expected, found });
        }
    }

    /// Warns of cut remarks, and returns the fault of a wallet's.
    fn note_cut(&mut self, uid: &str, name: &str, remarks: &str, bears: bool) -> Option<Wallet> {
        if !bears {
            let others = self.others_cut.get_or_insert_with(|| (0, uid.to_owned()));
            others.0 += 1;
            return None;
        }
        let uid = uid.to_owned();
        let fault = RowFault::CutRemark {
            uid: Excerpt::of(&uid),
            fragment: Excerpt::of(fragment_of(remarks)),
        };
        self.facts.warn(Warning::RemarksCut {
            uid,
            name: name.to_owned(),
        });
        Some(Wallet {
            line: self.record.line,
            fault: Some(fault),
            ..Wallet::default()
        })
    }

    /// Returns a column's text; the null value is nothing.
    fn text(&self, at: usize) -> String {
        let text = decode(self.record.get(at).unwrap_or_default());
        if text.trim() == "-0-" {
            String::new()
        } else {
            text
        }
    }

    /// Returns the beginning of a column's text, as much as is kept.
    fn value(&self, at: usize) -> String {
        let mut text = self.text(at);
        text.truncate(text.floor_char_boundary(self.limits.field_bytes_max));
        text
    }
}

impl Reader for OfacCsv {
    fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        loop {
            if let Some(row) = self.pending.next_row(&self.file) {
                return Ok(Some(row));
            }
            if !self.next_designation()? {
                return Ok(None);
            }
        }
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }
}

fn same_kind(first: &Opened, second: &Opened, kind: &'static str) -> ReadError {
    ReadError::SameKind {
        first: first.file(),
        second: second.file(),
        kind,
    }
}

/// Splits `SDGT] [IRGC`, the publisher's way to put several in one cell.
fn programs(cell: &str) -> Vec<String> {
    let each = cell
        .split("] [")
        .map(|program| program.trim_matches(['[', ']', ' ']));
    each.filter(|program| !program.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
#[path = "ofac_csv_tests.rs"]
mod tests;
