//! Rows of CSV: each is copied as it stands, and the answer put behind it.
//!
//! Nothing of a row is written anew, so every column passes through byte for
//! byte. A row with fewer values than the header is filled up, so that the
//! answers stand in their columns; one with more is refused, because nobody
//! can tell which of its values is the address.

use std::borrow::Cow;
use std::path::Path;

use memchr::{memchr, memchr_iter};

use super::super::Failure;
use super::answer::{Answer, Question};
use super::columns::Columns;
use super::input::{Input, Records, first_record};
use super::text::{Lines, Place, Row};

/// Names of columns that a message repeats.
const NAMES_SHOWN: usize = 20;

/// Which columns hold what is asked.
pub(super) struct Asked<'a> {
    pub(super) address: &'a str,
    pub(super) network: Option<&'a str>,
    pub(super) date: Option<&'a str>,
}

/// Where everything stands in the rows of a CSV file.
#[derive(Debug)]
pub(super) struct Csv {
    delimiter: u8,
    /// Values in each row.
    width: usize,
    address: usize,
    network: Option<usize>,
    date: Option<usize>,
    columns: Columns,
    /// What stands behind a row that is plainly not listed.
    plain: Vec<u8>,
}

impl Csv {
    /// Reads the headers, which must agree. Returns the header to write as
    /// well, which is empty if there is none, and where the rows begin.
    pub(super) fn open(
        paths: &[std::path::PathBuf],
        delimiter: u8,
        has_header: bool,
        asked: &Asked<'_>,
        columns: Columns,
    ) -> Result<(Self, Vec<u8>, Vec<Input>), Failure> {
        let (header, inputs) = headers(paths, delimiter, has_header)?;
        let names: Vec<String> = values(&header, delimiter)
            .map(|value| String::from_utf8_lossy(&unquoted(value)).trim().to_owned())
            .collect();
        let find = |wanted: &str| match has_header {
            true => named(&names, wanted, &paths[0]),
            false => numbered(names.len(), wanted, &paths[0]),
        };
        let collision = columns.collision(names.iter().map(String::as_str));
        if let Some(name) = collision.filter(|_| has_header) {
            return Err(collides(name));
        }
        let mut csv = Self {
            delimiter,
            width: names.len(),
            address: find(asked.address)?,
            network: asked.network.map(find).transpose()?,
            date: asked.date.map(find).transpose()?,
            columns,
            plain: Vec::new(),
        };
        let mut plain = Vec::new();
        csv.append(&columns.cells(&Answer::Plain), &mut plain);
        csv.plain = plain;
        let mut written = Vec::new();
        if has_header {
            written.extend_from_slice(&header);
            csv.append(&columns.names(), &mut written);
            written.push(b'\n');
        }
        Ok((csv, written, inputs))
    }

    /// Appends values, each behind a delimiter, in quotes where need be.
    fn append(&self, cells: &[String], out: &mut Vec<u8>) {
        for cell in cells {
            out.push(self.delimiter);
            let is_special =
                |byte: &u8| matches!(byte, b'"' | b'\n' | b'\r') || *byte == self.delimiter;
            if cell.bytes().any(|byte| is_special(&byte)) {
                out.push(b'"');
                out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
                out.push(b'"');
            } else {
                out.extend_from_slice(cell.as_bytes());
            }
        }
    }

    /// Asks about the values of a row.
    fn ask<'c>(&self, values: impl Iterator<Item = &'c [u8]>) -> (Question<'c>, usize) {
        let (mut address, mut network, mut date): (&[u8], &[u8], &[u8]) = (b"", b"", b"");
        let mut count = 0;
        for value in values {
            if count == self.address {
                address = value;
            } else if Some(count) == self.network {
                network = value;
            } else if Some(count) == self.date {
                date = value;
            }
            count += 1;
        }
        // One column may say two things.
        if self.network == Some(self.address) {
            network = address;
        }
        let mut question = Question::about(unquoted(address));
        if self.network.is_some() {
            question = question.on(unquoted(network));
        }
        if self.date.is_some() {
            question = question.at(&unquoted(date));
        }
        (question, count)
    }
}

impl Lines for Csv {
    #[inline]
    fn read<'c>(&self, bytes: &'c [u8], at: usize, careful: bool) -> Result<Row<'c>, String> {
        let rest = &bytes[at..];
        let records = match careful {
            true => Records::Csv {
                delimiter: self.delimiter,
            },
            false => Records::Lines,
        };
        let length = records.first_end(rest).unwrap_or(rest.len());
        let record = without_line_end(&rest[..length]);
        let mut place = Place {
            start: at,
            end: at + record.len(),
            next: at + length,
            missing: 0,
        };
        if record.is_empty() && self.width > 1 {
            // An empty line is no row, as every reader of CSV has it; but with
            // one column it may be an empty value.
            let question = None;
            return Ok(Row { place, question });
        }
        let (question, count) = match careful {
            true => self.ask(values(record, self.delimiter)),
            false => self.ask(plain_values(record, self.delimiter)),
        };
        place.missing = self.width.checked_sub(count).ok_or_else(|| {
            format!(
                "it has {count} values, and the first row has {}",
                self.width
            )
        })?;
        Ok(Row {
            place,
            question: Some(question),
        })
    }

    #[inline]
    fn write(&self, bytes: &[u8], place: Place, answer: &Answer, out: &mut Vec<u8>) {
        out.extend_from_slice(&bytes[place.start..place.end]);
        out.extend(std::iter::repeat_n(self.delimiter, place.missing));
        match answer {
            Answer::Plain => out.extend_from_slice(&self.plain),
            _ => self.append(&self.columns.cells(answer), out),
        }
    }

    fn close(&self, number: Option<u64>, line_end: &[u8], out: &mut Vec<u8>) {
        if let Some(number) = number {
            out.push(self.delimiter);
            out.extend_from_slice(number.to_string().as_bytes());
        }
        out.extend_from_slice(line_end);
    }
}

/// Reads the first record of every file, which must agree if it is a header,
/// and says where the rows begin.
fn headers(
    paths: &[std::path::PathBuf],
    delimiter: u8,
    has_header: bool,
) -> Result<(Vec<u8>, Vec<Input>), Failure> {
    let records = Records::Csv { delimiter };
    let mut first: Option<Vec<u8>> = None;
    let mut inputs = Vec::new();
    for path in paths {
        let (record, end) = first_record(path, records)?;
        let header = without_line_end(&record).to_vec();
        if header.is_empty() && has_header {
            return Err(Failure::Refused(format!(
                "{}: there is no header line: if there is none to be, say --no-header",
                path.display()
            )));
        }
        let data_start = match has_header {
            true => end,
            false => end - record.len() as u64,
        };
        inputs.push(Input {
            path: path.clone(),
            data_start,
        });
        match &first {
            Some(first) if has_header && *first != header => {
                return Err(Failure::Refused(format!(
                    "{}: its header is not that of {}: files in one OUT must have the same columns",
                    path.display(),
                    paths[0].display()
                )));
            }
            Some(_) => {}
            None => first = Some(header),
        }
    }
    Ok((first.unwrap_or_default(), inputs))
}

pub(super) fn collides(name: &str) -> Failure {
    Failure::Refused(format!(
        "the input has a column `{name}` already, which would be added: rename it, or take it out"
    ))
}

/// Finds a column by its name: as it is written, or else in any case.
pub(super) fn named(names: &[String], wanted: &str, path: &Path) -> Result<usize, Failure> {
    let exactly = |name: &&String| **name == wanted;
    let in_any_case = |name: &&String| name.eq_ignore_ascii_case(wanted);
    let count = names.iter().filter(exactly).count();
    let mut places = names.iter().enumerate().filter(|(_, name)| match count {
        0 => in_any_case(name),
        _ => exactly(name),
    });
    let shown = super::super::shown;
    match (places.next(), places.next()) {
        (Some((place, _)), None) => Ok(place),
        (Some(_), Some(_)) => Err(Failure::Refused(format!(
            "{}: two columns are called `{}`: rename one",
            path.display(),
            shown(wanted)
        ))),
        (None, _) => {
            let mut there: Vec<_> = names
                .iter()
                .take(NAMES_SHOWN)
                .map(|name| shown(name))
                .collect();
            if names.len() > NAMES_SHOWN {
                there.push(format!("and {} more", names.len() - NAMES_SHOWN));
            }
            Err(Failure::Refused(format!(
                "{}: there is no column `{}`: there are {}",
                path.display(),
                shown(wanted),
                there.join(", ")
            )))
        }
    }
}

fn numbered(width: usize, wanted: &str, path: &Path) -> Result<usize, Failure> {
    let number = wanted.parse::<usize>().ok();
    let place = number.and_then(|number| number.checked_sub(1));
    place.filter(|place| *place < width).ok_or_else(|| {
        Failure::Refused(format!(
            "{}: with --no-header a column is a number from 1 to {width}, not `{}`",
            path.display(),
            super::super::shown(wanted)
        ))
    })
}

fn without_line_end(record: &[u8]) -> &[u8] {
    let record = record.strip_suffix(b"\n").unwrap_or(record);
    record.strip_suffix(b"\r").unwrap_or(record)
}

/// The values of a record without quotes.
#[inline]
fn plain_values(record: &[u8], delimiter: u8) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr_iter(delimiter, record)
        .chain(std::iter::once(record.len()))
        .map(move |end| {
            let value = &record[start..end];
            start = end + 1;
            value
        })
}

/// The values of a record, quotes and all.
fn values(record: &[u8], delimiter: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(record);
    std::iter::from_fn(move || {
        let record = rest?;
        let behind_quotes = match record.strip_prefix(b"\"") {
            Some(inside) => 1 + closing_quote(inside).map_or(inside.len(), |at| at + 1),
            None => 0,
        };
        let end = memchr(delimiter, &record[behind_quotes..]).map(|at| behind_quotes + at);
        rest = end.map(|end| &record[end + 1..]);
        Some(&record[..end.unwrap_or(record.len())])
    })
}

/// Where the quotes end that are open at the beginning of `inside`.
fn closing_quote(inside: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let quote = at + memchr(b'"', inside.get(at..)?)?;
        if inside.get(quote + 1) != Some(&b'"') {
            return Some(quote);
        }
        at = quote + 2;
    }
}

/// A value without its quotes.
#[inline]
fn unquoted(value: &[u8]) -> Cow<'_, [u8]> {
    let Some(inside) = value.strip_prefix(b"\"") else {
        return Cow::Borrowed(value);
    };
    let end = closing_quote(inside).unwrap_or(inside.len());
    let (quoted, behind) = (&inside[..end], inside.get(end + 1..).unwrap_or_default());
    if behind.is_empty() && memchr(b'"', quoted).is_none() {
        return Cow::Borrowed(quoted);
    }
    let mut plain = Vec::with_capacity(value.len());
    let mut at = 0;
    while let Some(quote) = memchr(b'"', &quoted[at..]) {
        plain.extend_from_slice(&quoted[at..=at + quote]);
        at += quote + 2;
    }
    plain.extend_from_slice(&quoted[at.min(quoted.len())..]);
    plain.extend_from_slice(behind);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The csv crate finds the same values.
        #[test]
        fn values_are_those_that_other_readers_find(text in "([ab ,]|\"){0,40}") {
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes());
            let theirs: Vec<Vec<u8>> = match reader.byte_records().next() {
                Some(record) => record.expect("bytes").iter().map(<[u8]>::to_vec).collect(),
                None => return Ok(()),
            };
            let ours: Vec<Vec<u8>> = values(text.as_bytes(), b',')
                .map(|value| unquoted(value).into_owned())
                .collect();
            prop_assert_eq!(&ours, &theirs, "{:?}", text);
            if !text.contains('"') {
                let plain: Vec<_> = plain_values(text.as_bytes(), b',').map(<[u8]>::to_vec).collect();
                prop_assert_eq!(plain, theirs);
            }
        }
    }

    #[test]
    fn a_column_is_found_by_its_name_and_two_of_one_name_are_refused() {
        let names = ["Address", "to", "TO", "x", "x"].map(str::to_owned);
        let path = Path::new("book.csv");
        let find = |name: &str| named(&names, name, path);
        assert_eq!(find("address").ok(), Some(0));
        assert_eq!(find("TO").ok(), Some(2));
        for name in ["x", "nothing", "tO"] {
            assert!(find(name).is_err(), "{name}");
        }
        assert_eq!(numbered(3, "3", path).ok(), Some(2));
        for number in ["0", "4", "-1", "to"] {
            assert!(numbered(3, number, path).is_err(), "{number}");
        }
    }
}
