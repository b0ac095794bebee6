//! interdict's own lines of JSON: every field of every entry, nothing lost.
//!
//! What an export is in, and what lists are handed on in. One JSON object a
//! line: a header, the entries, and an end that counts them.
//!
//! ```json
//! {"interdict":"entries","version":1,"source":"mine","tier":"OPERATOR","published_on":"2026-08-20"}
//! {"address":"1Abc","ticker":"XBT","category":"THEFT","designation":{"subjects":["Doe; Jane"]},"note":"seen"}
//! {"entries":1}
//! ```
//!
//! - UTF-8. Blank lines are skipped. A key that is not in the tables below, or
//!   that is there twice, is refused, because what it says would be lost
//!   without a word. A field that is not there says nothing, and so does
//!   `null`; an empty text is a text.
//! - Dates are `YYYY-MM-DD`. Texts are kept to the byte, blanks included.
//! - Without its end, or with another number of entries than that declares, a
//!   file was cut and is refused. A list that declares no entries and has none
//!   is whole.
//! - A bad value is an error, not a fault of its row: these lines are written
//!   by a program, and what it cannot have written was changed on the way.
//!
//! The header:
//!
//! | field | holds |
//! |---|---|
//! | `interdict` | `entries`: what the file is |
//! | `version` | 1; another is refused |
//! | `source` | the source it is of: 1 to 64 of `a-z`, `0-9`, `-` |
//! | `tier` | the weight that source carries: `SANCTIONS`, `LAW_ENFORCEMENT`, `ATTRIBUTED`, `OPERATOR` |
//! | `published_on` | the publication's date |
//! | `licence` | under which its publisher gives it |
//!
//! Only the first two must be there. An entry:
//!
//! | field | holds |
//! |---|---|
//! | `address` | the address as published; must be there |
//! | `ticker` | the ticker or chain beside it |
//! | `category` | `SANCTIONS`, `THEFT`, `RANSOMWARE`, `MIXER`, `SCAM`, `TERRORIST_FINANCING`, `OTHER`; without it, the import's own |
//! | `designation` | `{subjects, programs, subject_id, designated_on}`; the first two are arrays of texts, primary name first |
//! | `incident` | `{id, name, date, loss_usd, attributed_to}`; `id` must be there, and `name` is the id where it is not; `loss_usd` is a whole number |
//! | `role`, `reference`, `note` | texts |
//! | `confidence` | `HIGH`, `MEDIUM`, `LOW` |
//! | `listed_on`, `delisted_on` | when this address came on and off the list |
//! | `act` | `{author, reason, ticket, approver}`: who of the operator's people answers for it; the first two must be there |
//! | `effect` | `LISTS`, which it also is without the field, or `EXEMPTS` |
//!
//! The end: `entries`, how many there are.

use crate::list::{Category, ListEntry, SourceId};

use super::error::{Problem, ReadError};
use super::facts::Facts;
use super::fault::RowFault;
use super::format::Start;
use super::json_lines::Lines;
use super::row::Row;
use super::{Format, InputFile, Limits, Reader};

#[path = "ndjson_line.rs"]
mod line;
use line::{HeaderLine, Kind, Line};

#[path = "ndjson_writer.rs"]
mod writer;
pub use writer::{Header, Writer, write};

/// What the header says the file is.
const WHAT: &str = "entries";

/// The version that is read and written.
const VERSION: u64 = 1;

pub(super) fn sniff(start: &Start<'_>) -> bool {
    let after_brace = start.bytes.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    after_brace.is_some_and(|rest| rest.starts_with(b"\"interdict\""))
}

pub(super) fn open(
    file: InputFile,
    category: Category,
    limits: Limits,
) -> Result<Box<dyn Reader + Send>, ReadError> {
    let mut lines = Lines::open(file, Format::Ndjson, &limits)?;
    if !lines.advance()? {
        return Err(ReadError::Empty { file: lines.file() });
    }
    let facts = read_header(&lines)?;
    Ok(Box::new(Ndjson {
        lines,
        category,
        limits,
        facts,
    }))
}

/// Reads what the header says. What it is and of which version is looked at
/// first: another version may have other fields.
fn read_header(lines: &Lines) -> Result<Facts, ReadError> {
    let kind: Kind = lines.parse()?;
    let Some(version) = kind.version.filter(|_| kind.interdict == WHAT) else {
        return Err(lines.malformed(Problem::NoHeader));
    };
    if version != VERSION {
        return Err(lines.malformed(Problem::Version {
            given: version,
            known: VERSION,
        }));
    }
    let header: HeaderLine = lines.parse()?;
    let source = header.source.map(|source| source.parse::<SourceId>());
    let source = source.transpose().map_err(|error| {
        let said = error.to_string();
        lines.malformed(Problem::Json(said.into()))
    })?;
    Ok(Facts {
        published_on: header.published_on,
        source: source.map(|source| source.as_str().to_owned()),
        tier: header.tier,
        licence: header.licence,
        ..Facts::default()
    })
}

/// Reads entries until the line that counts them.
struct Ndjson {
    lines: Lines,
    category: Category,
    limits: Limits,
    facts: Facts,
}

impl Ndjson {
    /// Checks at the end that the list is whole and over.
    fn finish(&mut self, declared: u64) -> Result<(), ReadError> {
        let found = self.facts.records;
        if declared != found {
            return Err(ReadError::RecordCount {
                file: self.lines.file(),
                declared,
                found,
            });
        }
        if self.lines.advance()? {
            return Err(self.lines.malformed(Problem::AfterEnd));
        }
        Ok(())
    }

    fn row(&self, entry: ListEntry) -> Result<Row, ReadError> {
        if let Some((what, max)) = past_limit(&entry, &self.limits) {
            let locator = self.lines.locator();
            return Err(ReadError::Limit {
                file: locator.file,
                line: locator.line,
                what,
                max: max as u64,
            });
        }
        let fault = RowFault::of_address(&entry.address);
        let is_blank = entry.address.trim().is_empty();
        Ok(Row {
            locator: self.lines.locator(),
            fault: if is_blank {
                Some(RowFault::NoAddress)
            } else {
                fault
            },
            entry: (!is_blank).then_some(entry),
        })
    }
}

/// Returns what of an entry is larger than anything a reader keeps, and how
/// large it may be.
fn past_limit(entry: &ListEntry, limits: &Limits) -> Option<(&'static str, usize)> {
    let designation = &entry.designation;
    let (names, programs) = (&designation.subjects, &designation.programs);
    let incident = entry.incident.as_ref();
    let act = entry.act.as_ref();
    let alone = [
        &entry.ticker,
        &entry.role,
        &entry.reference,
        &entry.note,
        &designation.subject_id,
    ];
    let nested = [
        incident.map(|incident| &incident.id),
        incident.map(|incident| &incident.name),
        incident.and_then(|incident| incident.attributed_to.as_ref()),
        act.map(|act| &act.author),
        act.map(|act| &act.reason),
        act.and_then(|act| act.ticket.as_ref()),
        act.and_then(|act| act.approver.as_ref()),
    ];
    let alone = alone.into_iter().flatten();
    let mut texts = alone
        .chain(nested.into_iter().flatten())
        .chain(names.iter().chain(programs));
    if entry.address.len() > limits.line_bytes_max {
        Some(("the address's length in bytes", limits.line_bytes_max))
    } else if names.len() > limits.names_max {
        Some(("the number of names", limits.names_max))
    } else if programs.len() > limits.ids_max {
        Some(("the number of programs", limits.ids_max))
    } else if texts.any(|text| text.len() > limits.field_bytes_max) {
        Some(("a field's length in bytes", limits.field_bytes_max))
    } else {
        None
    }
}

impl Reader for Ndjson {
    fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        if !self.lines.advance()? {
            return Err(self.lines.truncated("the line that counts its entries"));
        }
        let line: Line = self.lines.parse()?;
        if let Some(declared) = line.entries {
            if line.is_more_than_an_end() {
                let problem = "a line has `entries` and an entry";
                return Err(self.lines.malformed(Problem::Json(problem.into())));
            }
            return self.finish(declared).map(|()| None);
        }
        let entry = line.entry(self.category).ok_or_else(|| {
            let problem = "a line has neither `address` nor `entries`";
            self.lines.malformed(Problem::Json(problem.into()))
        })?;
        let row = self.row(entry)?;
        self.facts.records += 1;
        Ok(Some(row))
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }
}

#[cfg(test)]
#[path = "ndjson_tests.rs"]
mod tests;
