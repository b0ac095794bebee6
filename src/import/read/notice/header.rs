//! What the top of a notice says of all its addresses.

use jiff::civil::Date;

use crate::import::read::cells::Cells;
use crate::import::read::csv::Column;
use crate::import::read::error::Problem;
use crate::import::read::input::Input;
use crate::import::read::record::{Record, Records};
use crate::import::read::row::Excerpt;
use crate::import::read::{InputFile, Limits};
use crate::list::{Category, ListEntry};

/// The header of a notice.
pub(super) struct Header {
    /// What holds for every address; its own address is a placeholder.
    pub(super) template: ListEntry,
    /// When the notice was published.
    pub(super) published: Option<Date>,
    /// How many addresses the notice names.
    pub(super) records: Option<u64>,
    /// Where the notice itself begins.
    pub(super) body_at: usize,
    pub(super) body_line: u64,
}

/// Stands where an address is wanted.
const PLACEHOLDER: &str = "-";

impl Header {
    /// Reads the comments before the first other line. An error comes with
    /// its line.
    pub(super) fn read(
        text: &str,
        category: Category,
        limits: &Limits,
    ) -> Result<Self, (u64, Problem)> {
        let mut header = Self {
            template: ListEntry::bare(PLACEHOLDER, category),
            published: None,
            records: None,
            body_at: 0,
            body_line: 1,
        };
        let mut columns = vec![Column::Address];
        let mut values = vec![PLACEHOLDER];
        for line in text.split_inclusive('\n') {
            let trimmed = line.trim();
            if !trimmed.is_empty() && !trimmed.starts_with('#') {
                break;
            }
            if let Some((name, value)) = named_value(trimmed) {
                header
                    .take(name, value, &mut columns, &mut values)
                    .map_err(|problem| (header.body_line, problem))?;
            }
            header.body_at += line.len();
            header.body_line += 1;
        }
        let last_line = header.body_line.saturating_sub(1).max(1);
        header.template =
            entry(&columns, &values, category, limits).map_err(|problem| (last_line, problem))?;
        if header.template.listed_on.is_none() {
            header.template.listed_on = header.published;
        }
        Ok(header)
    }

    fn take<'t>(
        &mut self,
        name: &str,
        value: &'t str,
        columns: &mut Vec<Column>,
        values: &mut Vec<&'t str>,
    ) -> Result<(), Problem> {
        let twice = || Problem::HeaderTwice(Excerpt::of(name));
        let given = || Excerpt::of(value);
        match name {
            "published" => {
                let what = "the publication date";
                let is_plain = value.len() == "YYYY-MM-DD".len();
                let date = value.parse().ok().filter(|_| is_plain);
                let date = date.ok_or_else(|| Problem::Date {
                    what,
                    given: given(),
                })?;
                self.published
                    .replace(date)
                    .map_or(Ok(()), |_| Err(twice()))
            }
            "records" => {
                let what = "the record count";
                let count = value.parse().map_err(|_| Problem::Number {
                    what,
                    given: given(),
                })?;
                self.records.replace(count).map_or(Ok(()), |_| Err(twice()))
            }
            _ => {
                let column = match name {
                    "subject" => Some(Column::Subjects),
                    "program" => Some(Column::Programs),
                    // The addresses stand in the text.
                    "address" => None,
                    _ => Column::named(name),
                };
                let column = column.ok_or_else(|| Problem::UnknownHeader(Excerpt::of(name)))?;
                if columns.contains(&column) {
                    return Err(twice());
                }
                columns.push(column);
                values.push(value);
                Ok(())
            }
        }
    }
}

/// Splits `# name: value`. Other comments, a web address among them, have no
/// single plain word before a colon and a blank.
fn named_value(comment: &str) -> Option<(&str, &str)> {
    let (name, value) = comment.trim_start_matches('#').split_once(':')?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_');
    let is_apart = value.is_empty() || value.starts_with(char::is_whitespace);
    (is_name && is_apart).then(|| (name, value.trim()))
}

/// Returns what the values say, by the rules of interdict's own CSV: the
/// header is one of its rows.
fn entry(
    columns: &[Column],
    values: &[&str],
    category: Category,
    limits: &Limits,
) -> Result<ListEntry, Problem> {
    let cells: Vec<String> = values
        .iter()
        .map(|value| format!("\"{}\"", value.replace('"', "\"\"")))
        .collect();
    let row = InputFile::of_bytes("header", cells.join(","));
    let mut record = Record::default();
    // It is in memory and was within the limits of the file.
    if let Ok(input) = Input::open(row, limits) {
        let bytes_max = limits.text_bytes_max.saturating_mul(4);
        let _ = Records::new(input, false, bytes_max).next(&mut record);
    }
    match Cells::new(&record, columns, limits).read(category) {
        (Some(entry), None) => Ok(entry),
        (_, Some(fault)) => Err(Problem::Header(fault)),
        (None, None) => Ok(ListEntry::bare(PLACEHOLDER, category)),
    }
}
