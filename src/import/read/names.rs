//! Addresses with the names of their owners: lines, or a JSON array.
//!
//! ```text
//! TCu5onCzXuqxjvVzdB2tR4FLuF66d4yRqf;Sokolovski Rolan
//! TSxAAo67VTDgKT537EVXxdogkJtk9c6ojz;"DERAKHSHAN Alireza درخشان علیرضا;DERAKHSHAN Alireza Mohammad Javad"
//! ```
//! ```json
//! [{"address": "LQAhYwwK5AR1JQiQPr7vu8Pu4b6qcxxvNB", "name": "Secondeye Solution;Forwarderz"}]
//! ```
//!
//! Forks of the per-ticker lists publish this under the very file names of
//! the plain lists. What stands before the first `;` is the address; the rest
//! is names, primary name first, separated by `;` whether quoted or not. So a
//! name that itself holds a `;` comes apart: the lists do not say which is
//! which. In JSON, `name` and `aka` are texts or lists of texts, an element
//! may be a bare address, and other keys are passed over.
//!
//! Blank lines, lines beginning with `#`, and a first line whose first field
//! is `address` are no rows.
//!
//! **What a cut file shows.** An array must be closed, with nothing after it.
//! Lines must end with a newline and quotes be closed; cut between two lines,
//! a file of lines looks whole.
//!
//! Format: [a fork that writes both](https://github.com/bob-teamone/ofac-sanctioned-digital-currency-addresses).

mod array;

use std::collections::VecDeque;
use std::io::{self, BufRead};

use serde::Deserialize;

use crate::list::{Category, ListEntry};

use self::array::Array;
use super::error::ReadError;
use super::facts::Facts;
use super::fault::RowFault;
use super::format::Start;
use super::input::{Input, LineEnd};
use super::row::Row;
use super::{Format, InputFile, Limits, Reader};

/// A first field at least this long, with a digit in it, is an address and no
/// word: shorter than the shortest, and longer than names of columns.
const ADDRESS_CHARS_MIN: usize = 25;

/// Tells lines of an address and names, or an array of objects with both.
pub(super) fn sniff(start: &Start<'_>) -> bool {
    let text = String::from_utf8_lossy(start.bytes);
    if let Some(rest) = text.strip_prefix('[') {
        let rest = rest.trim_start();
        let object = rest.split_once('}').map_or(rest, |(object, _)| object);
        let has = |key| object.contains(key);
        return object.starts_with('{') && has("\"address\"") && has("\"name\"");
    }
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let Some((first, _)) = lines.next().and_then(|line| line.split_once(';')) else {
        return false;
    };
    let first = first.trim_matches('"');
    let is_address = first.len() >= ADDRESS_CHARS_MIN
        && first.bytes().any(|byte| byte.is_ascii_digit())
        && first
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b':');
    is_address || first.eq_ignore_ascii_case("address")
}

/// Opens lists, which may be of either kind.
pub(super) fn open(
    files: Vec<InputFile>,
    category: Category,
    limits: Limits,
) -> Result<Box<dyn Reader + Send>, ReadError> {
    let given = files.len();
    let mut waiting = VecDeque::from(files);
    let Some(first) = waiting.pop_front().filter(|_| given <= limits.files_max) else {
        return Err(ReadError::WrongFileCount {
            format: Format::Names,
            given,
            wanted: "1 to 64 files",
        });
    };
    Ok(Box::new(Names {
        current: Current::open(first, &limits)?,
        waiting,
        category,
        any: false,
        limits,
        facts: Facts::default(),
    }))
}

/// Reads names, file after file.
struct Names {
    current: Current,
    waiting: VecDeque<InputFile>,
    category: Category,
    /// Whether the current file had an address.
    any: bool,
    limits: Limits,
    facts: Facts,
}

impl Reader for Names {
    fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        loop {
            if let Some(row) = self.current.next_row(self.category, &self.limits)? {
                self.facts.records += 1;
                self.any |= row.entry.is_some();
                return Ok(Some(row));
            }
            if !std::mem::take(&mut self.any) {
                return Err(ReadError::Empty {
                    file: self.current.input().file(),
                });
            }
            let Some(next) = self.waiting.pop_front() else {
                return Ok(None);
            };
            self.current = Current::open(next, &self.limits)?;
        }
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }
}

/// The file being read.
enum Current {
    Lines(Lines),
    Array(Array),
}

impl Current {
    fn open(file: InputFile, limits: &Limits) -> Result<Self, ReadError> {
        let mut input = Input::open(file.clone(), limits)?;
        let begins = first_byte(&mut input).map_err(|source| input.failed(source))?;
        let input = Input::open(file, limits)?;
        Ok(if begins == Some(b'[') {
            Self::Array(Array::new(input))
        } else {
            Self::Lines(Lines {
                input,
                line: Vec::new(),
                is_first: true,
            })
        })
    }

    const fn input(&self) -> &Input {
        match self {
            Self::Lines(lines) => &lines.input,
            Self::Array(array) => &array.input,
        }
    }

    fn next_row(&mut self, category: Category, limits: &Limits) -> Result<Option<Row>, ReadError> {
        match self {
            Self::Lines(lines) => lines.next_row(category, limits),
            Self::Array(array) => next_element(array, category, limits),
        }
    }
}

/// Returns the first byte that is not blank.
fn first_byte(input: &mut Input) -> io::Result<Option<u8>> {
    loop {
        input.begin_piece();
        let available = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            available => available?,
        };
        let count = available.len();
        let first = available.iter().find(|byte| !byte.is_ascii_whitespace());
        if count == 0 || first.is_some() {
            return Ok(first.copied());
        }
        input.consume(count);
    }
}

/// A file of lines.
struct Lines {
    input: Input,
    line: Vec<u8>,
    /// Whether no row was read yet.
    is_first: bool,
}

impl Lines {
    fn next_row(&mut self, category: Category, limits: &Limits) -> Result<Option<Row>, ReadError> {
        let bytes_max = limits.text_bytes_max;
        loop {
            let number = self.input.line();
            self.line.clear();
            let end = self.input.read_line(&mut self.line, bytes_max);
            let fault = match end.map_err(|source| self.input.failed(source))? {
                LineEnd::Nothing => return Ok(None),
                LineEnd::Newline => None,
                LineEnd::EndOfFile if self.line.trim_ascii().is_empty() => return Ok(None),
                LineEnd::EndOfFile => return Err(self.cut("the newline of its last line")),
                LineEnd::TooLong => Some(RowFault::LineTooLong { bytes_max }),
            };
            let locator = self.input.locator(number);
            let read = match (fault, std::str::from_utf8(&self.line)) {
                (Some(fault), _) => (None, Some(fault)),
                (None, Err(_)) => (None, Some(RowFault::NotUtf8)),
                (None, Ok(text)) => {
                    let text = text.trim();
                    if text.is_empty() || text.starts_with('#') {
                        continue;
                    }
                    let fields =
                        split(text, limits.names_max).ok_or_else(|| self.cut("a closing quote"))?;
                    let is_first = std::mem::take(&mut self.is_first);
                    if is_first && fields[0].trim().eq_ignore_ascii_case("address") {
                        continue;
                    }
                    row_of(&fields[0], &fields[1..], category, limits)
                }
            };
            let (entry, fault) = read;
            return Ok(Some(Row {
                locator,
                entry,
                fault,
            }));
        }
    }

    fn cut(&self, missing: &'static str) -> ReadError {
        ReadError::Truncated {
            file: self.input.file(),
            line: self.input.line(),
            missing,
        }
    }
}

/// Splits a line at `;` outside quotes into its address and as many names as
/// are kept; `None` if a quote is not closed, be it in a name that is not kept.
fn split(line: &str, names_max: usize) -> Option<Vec<String>> {
    let mut fields = vec![String::new()];
    let mut past = String::new();
    let mut characters = line.chars().peekable();
    let (mut is_quoted, mut is_kept) = (false, true);
    while let Some(character) = characters.next() {
        let last = fields.len() - 1;
        let field = if is_kept {
            &mut fields[last]
        } else {
            &mut past
        };
        match character {
            '"' if is_quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' if is_quoted => is_quoted = false,
            '"' if field.is_empty() => is_quoted = true,
            ';' if is_quoted => field.push(';'),
            // An empty name takes no room.
            ';' if last > 0 && field.is_empty() => {}
            ';' if last == names_max => (is_kept, past) = (false, String::new()),
            ';' => fields.push(String::new()),
            _ => field.push(character),
        }
    }
    (!is_quoted).then_some(fields)
}

/// Returns an address's entry, and the first thing wrong with it.
fn row_of(
    address: &str,
    names: &[String],
    category: Category,
    limits: &Limits,
) -> (Option<ListEntry>, Option<RowFault>) {
    let address = address.trim();
    let bytes_max = limits.line_bytes_max;
    if address.is_empty() {
        return (None, Some(RowFault::NoAddress));
    } else if address.len() > bytes_max {
        let column = "address";
        return (None, Some(RowFault::FieldTooLong { column, bytes_max }));
    }
    let mut fault = RowFault::of_address(address);
    let mut entry = ListEntry::bare(address, category);
    let names = names
        .iter()
        .flat_map(|names| names.split(';'))
        .map(str::trim)
        .filter(|name| !name.is_empty());
    for name in names.take(limits.names_max) {
        if name.len() > limits.field_bytes_max {
            let (column, bytes_max) = ("name", limits.field_bytes_max);
            fault.get_or_insert(RowFault::FieldTooLong { column, bytes_max });
        } else {
            entry.designation.subjects.push(name.to_owned());
        }
    }
    (Some(entry), fault)
}

/// An element that is an object.
#[derive(Deserialize)]
struct Named {
    address: Option<serde_json::Value>,
    name: Option<OneOrMore>,
    aka: Option<OneOrMore>,
}

/// A text, or a list of texts.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::More(texts) => texts,
        }
    }
}

/// Reads the row of an array's next element.
fn next_element(
    array: &mut Array,
    category: Category,
    limits: &Limits,
) -> Result<Option<Row>, ReadError> {
    if !array.next(limits)? {
        return Ok(None);
    }
    let malformed = |error: serde_json::Error| array.malformed(&error.to_string());
    let (address, names) = if array.element.starts_with(b"\"") {
        let address = serde_json::from_slice(&array.element).map_err(malformed)?;
        (Some(address), Vec::new())
    } else {
        let named: Named = serde_json::from_slice(&array.element).map_err(malformed)?;
        let names = [named.name, named.aka].into_iter().flatten();
        let address = match named.address {
            Some(serde_json::Value::String(address)) => Some(address),
            // A number that was meant for one, or nothing.
            _ => None,
        };
        (address, names.flat_map(OneOrMore::into_vec).collect())
    };
    let (entry, fault) = row_of(&address.unwrap_or_default(), &names, category, limits);
    Ok(Some(Row {
        locator: array.input.locator(array.line),
        entry,
        fault,
    }))
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
