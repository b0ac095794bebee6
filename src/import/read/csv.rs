//! interdict's own CSV: the form the bundled lists are in, and the one an
//! operator's own list is best kept in.
//!
//! ```csv
//! # published: 2026-08-20
//! # records: 2
//! address,ticker,category,subjects,programs,incident,incident_date,note
//! 0x098B716B8Aaf21512996dC57EB0615e2383E2f96,ETH,SANCTIONS,Lazarus Group,DPRK3,ronin-bridge,2022-03-23,
//! 1Abc,XBT,THEFT,Doe; Jane\; Jr.,,,,"seen in a case, since closed"
//! ```
//!
//! - UTF-8, with or without a byte order mark; fields quoted as in RFC 4180.
//! - The first line that is no comment names the columns, in any order.
//!   `address` must be there; a column that is not in the table is refused,
//!   because a misspelt one would be lost without a word.
//! - A line beginning with `#` is a comment. `# published: YYYY-MM-DD` is the
//!   publication's date. `# records: N` is how many rows follow; with it a cut
//!   file is refused, and the last line must end with a newline.
//! - Dates are `YYYY-MM-DD`. An empty cell says nothing.
//!
//! | column | holds |
//! |---|---|
//! | `address` | the address as published, and nothing else |
//! | `ticker` | the ticker or chain beside it; a hint only |
//! | `category` | `SANCTIONS`, `THEFT`, `RANSOMWARE`, `MIXER`, `SCAM`, `TERRORIST_FINANCING`, `OTHER`; empty means the import's own |
//! | `subjects` | names, primary first, separated by `;` (`\;` is a semicolon, `\\` a backslash) |
//! | `programs` | sanctions programs, separated the same way |
//! | `subject_id` | the authority's id for the subject |
//! | `designated_on` | when the subject was designated |
//! | `incident` | short stable name of a heist: `dmm-bitcoin` |
//! | `incident_name` | the name people know it by; empty means the id |
//! | `incident_date`, `incident_loss_usd`, `incident_attributed_to` | when, how much in whole dollars, to whom and by whom |
//! | `role` | what the address did in it |
//! | `confidence` | `HIGH`, `MEDIUM`, `LOW` |
//! | `listed_on`, `delisted_on` | when this address came on and off the list |
//! | `reference` | where the row can be checked |
//! | `note` | anything else |
//!
//! A row with a bad value keeps its entry without that value and says so; a
//! row with too few or too many cells keeps its address alone, if it has one.

use jiff::civil::Date;

use crate::list::Category;

use super::cells::Cells;
use super::error::{Problem, ReadError};
use super::facts::Facts;
use super::input::Input;
use super::record::{Piece, Record, Records};
use super::row::{Excerpt, Row};
use super::{Format, InputFile, Limits, Reader};

macro_rules! columns {
    ($($variant:ident => $name:literal,)*) => {
        /// A column of interdict's own CSV.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Column { $($variant,)* }

        impl Column {
            const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the name in the header.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        /// Every column, for people.
        pub(super) const COLUMN_NAMES: &str = concat!($($name, " ",)*);
    };
}

columns! {
    Address => "address",
    Ticker => "ticker",
    Category => "category",
    Subjects => "subjects",
    Programs => "programs",
    SubjectId => "subject_id",
    DesignatedOn => "designated_on",
    Incident => "incident",
    IncidentName => "incident_name",
    IncidentDate => "incident_date",
    IncidentLossUsd => "incident_loss_usd",
    IncidentAttributedTo => "incident_attributed_to",
    Role => "role",
    Confidence => "confidence",
    ListedOn => "listed_on",
    DelistedOn => "delisted_on",
    Reference => "reference",
    Note => "note",
}

impl Column {
    /// Returns the column of a header cell.
    pub(super) fn named(cell: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|column| column.name() == cell)
    }
}

/// Reads rows under a header.
pub(super) struct Csv {
    records: Records,
    record: Record,
    header: Option<Vec<Column>>,
    category: Category,
    limits: Limits,
    facts: Facts,
    declared: Option<u64>,
    entries: u64,
}

impl Csv {
    pub(super) fn open(
        file: InputFile,
        category: Category,
        limits: Limits,
    ) -> Result<Self, ReadError> {
        let input = Input::open(file, &limits)?;
        Ok(Self {
            records: Records::new(input, true, limits.text_bytes_max),
            record: Record::default(),
            header: None,
            category,
            limits,
            facts: Facts::default(),
            declared: None,
            entries: 0,
        })
    }

    fn malformed(&self, problem: Problem) -> ReadError {
        let file = self.records.input.file();
        ReadError::Malformed {
            file,
            line: self.record.line,
            format: Format::Csv,
            problem,
        }
    }

    /// Takes what a comment says of the whole list, if it says anything.
    fn take_comment(&mut self) -> Result<(), ReadError> {
        let text = self
            .record
            .get(0)
            .map(String::from_utf8_lossy)
            .unwrap_or_default();
        let Some((name, value)) = text.trim_start_matches('#').split_once(':') else {
            return Ok(());
        };
        let (name, value) = (name.trim(), value.trim());
        if name == "published" {
            let what = "the publication date";
            let date: Date = value.parse().map_err(|_| {
                self.malformed(Problem::Date {
                    what,
                    given: Excerpt::of(value),
                })
            })?;
            match self.facts.published_on {
                Some(first) if first != date => {
                    return Err(self.malformed(Problem::TwoDates {
                        first,
                        second: date,
                    }));
                }
                _ => self.facts.published_on = Some(date),
            }
        } else if name == "records" {
            let what = "the record count";
            let count: u64 = value.parse().map_err(|_| {
                self.malformed(Problem::Number {
                    what,
                    given: Excerpt::of(value),
                })
            })?;
            if self.declared.replace(count).is_some() {
                return Err(self.malformed(Problem::TwoCounts));
            }
        }
        Ok(())
    }

    fn read_header(&self) -> Result<Vec<Column>, ReadError> {
        let mut header = Vec::with_capacity(Column::ALL.len());
        for cell in self.record.fields() {
            let cell = String::from_utf8_lossy(cell);
            let cell = cell.trim();
            let column = Column::named(cell)
                .ok_or_else(|| self.malformed(Problem::UnknownColumn(Excerpt::of(cell))))?;
            if header.contains(&column) {
                return Err(self.malformed(Problem::ColumnTwice(column.name())));
            }
            header.push(column);
        }
        if header.contains(&Column::Address) {
            Ok(header)
        } else {
            Err(self.malformed(Problem::NoAddressColumn))
        }
    }

    /// Checks at the end that the list is whole.
    fn finish(&self) -> Result<(), ReadError> {
        let file = self.records.input.file();
        let line = self.records.input.line();
        if self.header.is_none() {
            return Err(ReadError::Empty { file });
        }
        match self.declared {
            Some(declared) if declared != self.facts.records => {
                let found = self.facts.records;
                Err(ReadError::RecordCount {
                    file,
                    declared,
                    found,
                })
            }
            // A last line without its newline may be a line without its end.
            Some(_) if !self.records.newline_seen => Err(ReadError::Truncated {
                file,
                line,
                missing: "the newline of its last row",
            }),
            Some(0) => Ok(()),
            _ if self.entries == 0 => Err(ReadError::Empty { file }),
            _ => Ok(()),
        }
    }

    fn row(&self, header: &[Column]) -> Row {
        let locator = self.records.input.locator(self.record.line);
        let cells = Cells::new(&self.record, header, &self.limits);
        let (entry, fault) = cells.read(self.category);
        Row {
            locator,
            entry,
            fault,
        }
    }
}

impl Reader for Csv {
    fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        loop {
            match self.records.next(&mut self.record)? {
                Piece::End => return self.finish().map(|()| None),
                Piece::Comment => self.take_comment()?,
                Piece::Record => match &self.header {
                    None => self.header = Some(self.read_header()?),
                    Some(header) => {
                        let row = self.row(header);
                        self.facts.records += 1;
                        self.entries += u64::from(row.entry.is_some());
                        return Ok(Some(row));
                    }
                },
            }
        }
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod tests;
