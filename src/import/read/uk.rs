//! The UK Sanctions List, as XML and as CSV.
//!
//! Published by the Foreign, Commonwealth & Development Office, and since
//! 28 January 2026 the only list of the United Kingdom: the older consolidated
//! list of the Treasury ended then and is not read.
//!
//! The list has no field for a wallet. Addresses stand in free text, mostly in
//! `OtherInformation`, so every text of a designation is looked through; the
//! note of a row says in which one it was found. A row carries the subject's
//! names (the primary one first, those in other scripts last), the regime as
//! its program, the unique id and the day of the designation. The format
//! dates subjects, never addresses.
//!
//! The XML is whole when its root is closed. The CSV has no end mark and no
//! count: a file cut between two lines passes for whole, which is why the XML
//! is to be preferred; any other cut of it is refused. See
//! <https://www.gov.uk/guidance/format-guide-for-the-uk-sanctions-list>.

use std::io::{self, Read as _};

use super::error::ReadError;
use super::format::Start;
use super::input::Input;
use super::{Format, InputFile, Limits, Reader};

mod csv;
mod draft;
mod xml;

/// What the CSV begins with.
const REPORT_DATE: &str = "Report Date:";

/// Bytes at the beginning of a file that tell XML from CSV.
const START_BYTES: usize = 512;

pub(super) fn sniff(start: &Start<'_>) -> bool {
    let is_xml = start.xml_root() == Some(xml::ROOT.name);
    let is_csv = start.bytes.starts_with(REPORT_DATE.as_bytes()) && start.contains("Unique ID");
    let is_table = start.bytes.starts_with(b"Last Updated,Unique ID,");
    is_xml || is_csv || is_table
}

pub(super) fn open(file: InputFile, limits: Limits) -> Result<Box<dyn Reader + Send>, ReadError> {
    if begins_with_tag(file.clone(), &limits)? {
        Ok(Box::new(xml::UkXml::open(file, limits)?))
    } else {
        Ok(Box::new(csv::UkCsv::open(file, limits)?))
    }
}

/// Returns whether a file begins as XML does. Nothing at all is not decided
/// here: it is as empty a list in either form.
fn begins_with_tag(file: InputFile, limits: &Limits) -> Result<bool, ReadError> {
    let mut input = Input::open(file, limits)?;
    let mut start = Vec::with_capacity(START_BYTES);
    let taken = io::Read::take(&mut input, START_BYTES as u64).read_to_end(&mut start);
    taken.map_err(|source| input.failed(source))?;
    Ok(start.trim_ascii_start().starts_with(b"<"))
}

/// Returns the error for a file that breaks the rules of the format.
fn malformed(input: &Input, line: u64, problem: super::Problem) -> ReadError {
    ReadError::Malformed {
        file: input.file(),
        line,
        format: Format::UkSanctions,
        problem,
    }
}

#[cfg(test)]
#[path = "uk_tests.rs"]
mod tests;
