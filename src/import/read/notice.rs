//! The pasted text of a notice, such as the FBI's public announcements.
//!
//! Authorities name the wallets of a theft on a web page, in sentences and
//! lists, and block who fetches it by machine. Somebody pastes the page into a
//! file and says at its top what it is:
//!
//! ```text
//! # published: 2025-02-26
//! # records: 51
//! # reference: https://www.ic3.gov/psa/2025/psa250226
//! # subject: TraderTraitor
//! # incident: bybit-2025
//! # incident_name: Bybit 2025
//! North Korea Responsible for $1.5 Billion Bybit Hack …
//! ```
//!
//! - The header is the comments before the first other line. `# name: value`
//!   says of every address what the column of that name says in interdict's
//!   own CSV; `subject` and `program` stand for `subjects` and `programs`. A
//!   name that is not known is refused, because a misspelt one would be lost
//!   without a word. Other comments there are skipped.
//! - `# published: YYYY-MM-DD` dates the notice and, unless `# listed_on`
//!   says otherwise, the listing of its addresses: a notice lists by being
//!   published.
//! - Every address in the text is a row, once, with the line it stands on.
//!   What only looks like an address is a fault. HTML left over from the page
//!   does no harm.
//! - A cut text looks like a whole one. With `# records: N`, the number of
//!   addresses it names, it is refused; without, only if it ends within what
//!   looks like an address.
//!
//! A notice is held in memory, so it has the limit of one text. The format is
//! best named by the operator: prose is told from lists by a guess.

use std::collections::VecDeque;
use std::io;

use crate::list::Category;

use super::error::ReadError;
use super::facts::{Facts, Warning};
use super::fault::RowFault;
use super::format::Start;
use super::input::Input;
use super::prose::{self, Mentions};
use super::row::{Locator, Row};
use super::{Format, InputFile, Limits, Reader};

mod header;

use header::Header;

/// Fewest words of a first line that is prose.
const PROSE_WORDS_MIN: usize = 6;

/// Most commas of a first line that is prose.
const SENTENCE_COMMAS_MAX: usize = 2;

/// Fewest addresses by which prose is told to be a notice.
const ADDRESSES_MIN: usize = 2;

/// Returns whether a file begins with sentences, and addresses in them.
pub(super) fn sniff(start: &Start<'_>) -> bool {
    let text = String::from_utf8_lossy(start.bytes);
    let lines = text.lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let Some(first) = lines.next() else {
        return false;
    };
    if is_of_table(first, lines.next().unwrap_or_default()) {
        return false;
    }
    // A sentence begins with a capital; JSON, YAML and tables do not, or have
    // marks that a sentence has not.
    let is_sentence = first.starts_with(|c: char| c.is_uppercase())
        && first.split_whitespace().count() >= PROSE_WORDS_MIN
        && !first
            .split_whitespace()
            .next()
            .is_some_and(|word| word.contains([':', ';', ',']))
        && !first.contains(['"', ';', '\t', '\0']);
    let is_text = !text.contains('\0');
    let addresses = prose::find(&text).filter(|found| found.canonical.is_some());
    is_sentence && is_text && addresses.take(ADDRESSES_MIN).count() == ADDRESSES_MIN
}

/// Tells a table's header and first row, whose victims nobody may list, from
/// sentences: those have a blank behind every comma, or digits around it.
fn is_of_table(header: &str, row: &str) -> bool {
    let characters: Vec<char> = header.chars().collect();
    let is_bare = |window: &[char]| {
        let [before, ',', behind] = *window else {
            return false;
        };
        let is_in_number = before.is_ascii_digit() && behind.is_ascii_digit();
        !is_in_number && !behind.is_whitespace()
    };
    let has_bare = characters.windows(3).any(is_bare);
    let commas = |line: &str| line.matches(',').count();
    let is_even = commas(header) > 0 && commas(header) == commas(row);
    has_bare || is_even || commas(header) > SENTENCE_COMMAS_MAX
}

pub(super) fn open(
    files: Vec<InputFile>,
    category: Category,
    limits: Limits,
) -> Result<Box<dyn Reader + Send>, ReadError> {
    let given = files.len();
    if given == 0 || given > limits.files_max {
        return Err(ReadError::WrongFileCount {
            format: Format::Notice,
            given,
            wanted: "1 to 64 files",
        });
    }
    Ok(Box::new(Notices {
        waiting: files.into(),
        rows: VecDeque::new(),
        category,
        limits,
        facts: Facts::default(),
    }))
}

/// Reads notices, file after file.
struct Notices {
    waiting: VecDeque<InputFile>,
    /// What is left of the current one.
    rows: VecDeque<Row>,
    category: Category,
    limits: Limits,
    facts: Facts,
}

impl Notices {
    /// Reads a whole notice.
    fn read(&mut self, file: InputFile) -> Result<(), ReadError> {
        let mut input = Input::open(file, &self.limits)?;
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut input, &mut bytes).map_err(|source| input.failed(source))?;
        // What is no UTF-8 is reported line by line; an address beside it is
        // still one.
        let text = String::from_utf8_lossy(&bytes);
        let malformed = |line, problem| ReadError::Malformed {
            file: input.file(),
            line,
            format: Format::Notice,
            problem,
        };
        let header = Header::read(&text, self.category, &self.limits)
            .map_err(|(line, problem)| malformed(line, problem))?;
        let body = &text[header.body_at..];
        let mut mentions = Mentions::default();
        mentions
            .take(body, header.body_line, None, self.limits.ids_max)
            .map_err(|_| input.over("the addresses of one notice", self.limits.ids_max as u64))?;
        if prose::ends_within_address(body) {
            return Err(ReadError::Truncated {
                file: input.file(),
                line: input.line(),
                missing: "the end of its last address",
            });
        }
        let found = mentions.addresses();
        if let Some(declared) = header.records.filter(|&declared| declared != found) {
            return Err(ReadError::RecordCount {
                file: input.file(),
                declared,
                found,
            });
        }
        if found == 0 {
            return Err(ReadError::Empty { file: input.file() });
        }
        self.facts.records += found;
        match header.published {
            Some(date) => {
                let latest = self.facts.published_on.max(Some(date));
                self.facts.published_on = latest;
            }
            None => self.facts.warn(Warning::NoPublishDate),
        }
        self.rows = not_utf8(&bytes, &input);
        self.rows
            .extend(mentions.into_rows(&input.file(), &header.template));
        Ok(())
    }
}

/// Returns a fault for every line that is not UTF-8.
fn not_utf8(bytes: &[u8], input: &Input) -> VecDeque<Row> {
    let lines = (1..).zip(bytes.split(|&byte| byte == b'\n'));
    let bad = lines.filter(|(_, line)| std::str::from_utf8(line).is_err());
    let row = |(line, _)| Row {
        locator: Locator {
            file: input.file(),
            line,
        },
        entry: None,
        fault: Some(RowFault::NotUtf8),
    };
    bad.map(row).collect()
}

impl Reader for Notices {
    fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        loop {
            if let Some(row) = self.rows.pop_front() {
                return Ok(Some(row));
            }
            match self.waiting.pop_front() {
                Some(file) => self.read(file)?,
                None => return Ok(None),
            }
        }
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }
}

#[cfg(test)]
#[path = "notice_tests.rs"]
mod tests;
