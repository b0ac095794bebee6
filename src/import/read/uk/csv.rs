//! `UK-Sanctions-List.csv`: one line for each name and place of a subject.
//!
//! The first line is `Report Date: 08-Oct-2026`, the second names the columns.
//! The lines of one designation follow each other and repeat its texts.

use std::collections::VecDeque;

use jiff::civil::Date;

use super::draft::Draft;
use super::{REPORT_DATE, malformed};
use crate::import::read::error::{Problem, ReadError};
use crate::import::read::facts::{Facts, Warning};
use crate::import::read::fault::RowFault;
use crate::import::read::input::Input;
use crate::import::read::prose::TooMany;
use crate::import::read::record::{Piece, Record, Records};
use crate::import::read::row::{Excerpt, Row};
use crate::import::read::{InputFile, Limits, Reader};

/// The day in the first line is written so.
const REPORT_DATE_FORM: &str = "%d-%b-%Y";

/// The columns of a name, in the order in which it is read aloud.
const NAME_PARTS: [&str; 6] = ["Name 1", "Name 2", "Name 3", "Name 4", "Name 5", "Name 6"];

/// Longest name of a column that a note repeats.
const COLUMN_BYTES_MAX: usize = 64;

/// Where each column that matters stands.
struct Columns {
    all: Vec<String>,
    unique_id: usize,
    regime: Option<usize>,
    sort: Option<usize>,
    designated: Option<usize>,
    name_type: Option<usize>,
    other_script: Option<usize>,
    name_parts: [Option<usize>; 6],
}

impl Columns {
    fn read(record: &Record) -> Result<Self, Problem> {
        let all: Vec<String> = record
            .fields()
            .map(|field| {
                let name = String::from_utf8_lossy(field);
                let name = name.trim();
                name[..name.floor_char_boundary(COLUMN_BYTES_MAX)].to_owned()
            })
            .collect();
        let at = |name: &str| {
            all.iter()
                .position(|column| column.eq_ignore_ascii_case(name))
        };
        Ok(Self {
            unique_id: at("Unique ID").ok_or(Problem::ColumnMissing("Unique ID"))?,
            regime: at("Regime Name"),
            sort: at("Designation Type"),
            designated: at("Date Designated"),
            name_type: at("Name type"),
            other_script: at("Name non-latin script"),
            name_parts: NAME_PARTS.map(at),
            all,
        })
    }
}

/// Reads designations, line by line.
pub(super) struct UkCsv {
    records: Records,
    record: Record,
    limits: Limits,
    columns: Option<Columns>,
    /// The designation that the last line belonged to.
    draft: Option<Draft>,
    rows: VecDeque<Row>,
    ended: bool,
    facts: Facts,
}

impl UkCsv {
    pub(super) fn open(file: InputFile, limits: Limits) -> Result<Self, ReadError> {
        let input = Input::open(file, &limits)?;
        Ok(Self {
            records: Records::new(input, false, limits.text_bytes_max),
            record: Record::default(),
            limits,
            columns: None,
            draft: None,
            rows: VecDeque::new(),
            ended: false,
            facts: Facts::default(),
        })
    }

    fn malformed(&self, problem: Problem) -> ReadError {
        malformed(&self.records.input, self.record.line, problem)
    }

    /// Takes one record, or the end of the file.
    fn step(&mut self) -> Result<(), ReadError> {
        if self.records.next(&mut self.record)? == Piece::End {
            self.ended = true;
            return self.finish();
        }
        let Some(columns) = self.columns.take() else {
            self.columns = self.read_top()?;
            return Ok(());
        };
        self.take_line(&columns)?;
        self.columns = Some(columns);
        Ok(())
    }

    /// Reads the line of the date, or that of the columns.
    fn read_top(&mut self) -> Result<Option<Columns>, ReadError> {
        let first = String::from_utf8_lossy(self.record.get(0).unwrap_or_default());
        let Some(given) = first.trim().strip_prefix(REPORT_DATE) else {
            let columns = Columns::read(&self.record);
            return columns.map(Some).map_err(|error| self.malformed(error));
        };
        let given = given.trim();
        let date = Date::strptime(REPORT_DATE_FORM, given).map_err(|_| {
            self.malformed(Problem::Date {
                what: "the report date",
                given: Excerpt::of(given),
            })
        })?;
        match self.facts.published_on.replace(date) {
            Some(first) => Err(self.malformed(Problem::TwoDates {
                first,
                second: date,
            })),
            None => Ok(None),
        }
    }

    fn take_line(&mut self, columns: &Columns) -> Result<(), ReadError> {
        let line = self.record.line;
        let cell = |at: Option<usize>| {
            let bytes = at.and_then(|at| self.record.get(at)).unwrap_or_default();
            let text = String::from_utf8_lossy(bytes);
            text.trim()[..text.trim().floor_char_boundary(self.limits.field_bytes_max)].to_owned()
        };
        let names_max = self.limits.names_max;
        let unique_id = cell(Some(columns.unique_id));
        let same = |draft: &Draft| draft.unique_id == unique_id && !unique_id.is_empty();
        let mut draft = match self.draft.take() {
            Some(draft) if same(&draft) => draft,
            ended => {
                if let Some(ended) = ended {
                    self.rows = ended.finish(&self.records.input.file(), names_max);
                }
                self.facts.records += 1;
                Draft {
                    unique_id,
                    sort: cell(columns.sort),
                    designated: cell(columns.designated),
                    ..Draft::default()
                }
            }
        };
        draft.take_regime(&cell(columns.regime));
        draft.take_name(
            &columns.name_parts.map(cell),
            &cell(columns.name_type),
            names_max,
        );
        draft.take_other_script(&cell(columns.other_script), names_max);
        let too_many = |TooMany| {
            let max = self.limits.ids_max as u64;
            self.records
                .input
                .over("the addresses of one designation", max)
        };
        for (at, field) in self.record.fields().enumerate() {
            let text = String::from_utf8_lossy(field);
            let note = || match columns.all.get(at) {
                Some(column) => format!("named in {column}"),
                None => "named past the last column".to_owned(),
            };
            draft
                .mentions
                .take(&text, line, Some(&note), self.limits.ids_max)
                .map_err(too_many)?;
        }
        self.draft = Some(draft);
        if let Some(fault) = self.fault(columns.all.len()) {
            let locator = self.records.input.locator(line);
            self.rows.push_back(Row {
                locator,
                entry: None,
                fault: Some(fault),
            });
        }
        Ok(())
    }

    /// Says what is wrong with a line as a line. Its texts were looked through
    /// all the same.
    fn fault(&self, expected: usize) -> Option<RowFault> {
        let found = self.record.len();
        if found != expected {
            return Some(RowFault::Columns { expected, found });
        }
        let is_text = |field: &[u8]| std::str::from_utf8(field).is_ok();
        (!self.record.fields().all(is_text)).then_some(RowFault::NotUtf8)
    }

    /// Checks at the end what can be checked.
    fn finish(&mut self) -> Result<(), ReadError> {
        let file = self.records.input.file();
        let Some(last) = self.draft.take() else {
            return Err(ReadError::Empty { file });
        };
        if !self.records.newline_seen {
            return Err(ReadError::Truncated {
                file,
                line: self.records.input.line(),
                missing: "the newline of its last line",
            });
        }
        self.rows = last.finish(&file, self.limits.names_max);
        if self.facts.published_on.is_none() {
            self.facts.warn(Warning::NoPublishDate);
        }
        Ok(())
    }
}

impl Reader for UkCsv {
    fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        loop {
            if let Some(row) = self.rows.pop_front() {
                return Ok(Some(row));
            }
            if self.ended {
                return Ok(None);
            }
            self.step()?;
        }
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }
}
