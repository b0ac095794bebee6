//! JSON arrays of addresses, and objects whose keys are addresses.
//!
//! ```json
//! ["0x098B716B8Aaf21512996dC57EB0615e2383E2f96", "1Abc"]
//! {"0x098b716b8aaf21512996dc57eb0615e2383e2f96": ["phish.example", "phish.example.net"]}
//! ```
//!
//! The first is the form of the 0xB10C lists and of ScamSniffer's
//! `address.json`, the second that of its `combined.json`: what stands beside
//! an address there, the domains it was seen on, becomes its note. Arrays of
//! objects belong to the format `names`. Several files may be given; each
//! must hold an address.
//!
//! An object's first key must be an address, so that an error message that
//! came instead of the list is not taken for one. A later key that does not
//! read as one is listed only if it looks like one; the others, such as
//! `updated`, are faults. An element that is no text
//! is a fault. A cut file lacks its closing bracket and is refused.
//!
//! Sources: <https://github.com/0xB10C/ofac-sanctioned-digital-currency-addresses>,
//! <https://github.com/scamsniffer/scam-database>.

use crate::address::{self, Kind};
use crate::list::{Category, ListEntry};

use super::error::{Problem, ReadError};
use super::facts::Facts;
use super::fault::RowFault;
use super::format::Start;
use super::json_documents::{Document, Documents, Settings};
use super::json_fields::Fields;
use super::json_stream::{Begins, Json, Next, Shape};
use super::json_value::Value;
use super::row::{Excerpt, Row};
use super::{Format, InputFile, Limits, Reader};

/// Fewest bytes of what looks like an address.
const LIKE_BYTES_MIN: usize = 24;

pub(super) fn sniff(start: &Start<'_>) -> bool {
    let Some(rest) = start.bytes.strip_prefix(b"[").map(<[u8]>::trim_ascii_start) else {
        return start
            .json_members()
            .first()
            .is_some_and(|(key, _)| is_address(key));
    };
    rest.starts_with(b"\"") || rest.starts_with(b"]")
}

pub(super) fn open(
    files: Vec<InputFile>,
    category: Category,
    limits: Limits,
) -> Result<Box<dyn Reader + Send>, ReadError> {
    let settings = Settings { category, limits };
    Ok(Box::new(Documents::<Addresses>::open(files, settings)?))
}

/// Tells whether somebody could read a text as an address.
fn is_address(text: &str) -> bool {
    let reading = address::parse(text);
    let known = |candidate: &address::Candidate| candidate.kind != Kind::Opaque;
    reading.candidates.iter().any(known)
}

/// Tells whether a text that nobody can read as an address looks like one of
/// a chain that is not known: long, of letters and digits, of both.
fn is_like_address(text: &str) -> bool {
    let text = text.trim();
    let has = |is: fn(&u8) -> bool| text.bytes().any(|byte| is(&byte));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-');
    text.len() >= LIKE_BYTES_MIN
        && text.bytes().all(is_plain)
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
}

/// One document.
struct Addresses {
    json: Json,
    /// Whether an object's first key was looked at.
    any_key: bool,
}

impl Addresses {
    fn element(&mut self, settings: &Settings) -> Result<Row, ReadError> {
        let begins = self.json.begins()?;
        let locator = self.json.locator();
        if begins == Begins::With(Shape::Object) {
            return Err(self.json.malformed(Problem::ObjectsForAddresses));
        }
        let mut fields = Fields::new(&settings.limits);
        let address = match begins {
            Begins::Text => {
                let value = self.json.value()?;
                value.text().and_then(|text| fields.address(text))
            }
            _ => {
                self.json.skip()?;
                fields.blame(RowFault::NotText { column: "address" });
                None
            }
        };
        let entry = address.map(|address| ListEntry::bare(address, settings.category));
        Ok(fields.row(locator, entry))
    }

    fn member(&mut self, key: &str, settings: &Settings) -> Result<Row, ReadError> {
        if !self.any_key && !is_address(key) {
            return Err(self.json.wrong(
                "its keys are not addresses: it is another list or an error message; fetch it \
                 again, or name another format",
            ));
        }
        self.any_key = true;
        let locator = self.json.locator();
        let mut fields = Fields::new(&settings.limits);
        // What is more than an address, or holds what none has, is said below.
        let is_one = RowFault::of_address(key).is_none() && !key.trim().is_empty();
        if is_one && !is_address(key) && !is_like_address(key) {
            self.json.skip()?;
            fields.blame(RowFault::NotAnAddress(Excerpt::of(key)));
            return Ok(fields.row(locator, None));
        }
        let seen_on = self.json.value()?;
        let seen_on: Vec<&str> = seen_on.elements().iter().filter_map(Value::text).collect();
        let entry = fields.address(key).map(|address| ListEntry {
            note: fields.text("note", &seen_on.join(", ")),
            ..ListEntry::bare(address, settings.category)
        });
        Ok(fields.row(locator, entry))
    }
}

impl Document for Addresses {
    const FORMAT: Format = Format::Json;
    const EACH_LISTS: bool = true;

    fn open(file: InputFile, settings: &Settings) -> Result<Self, ReadError> {
        let mut json = Json::open(file, Format::Json, &settings.limits)?;
        json.enter()?;
        Ok(Self {
            json,
            any_key: false,
        })
    }

    fn next_row(&mut self, settings: &Settings, _: &mut Facts) -> Result<Option<Row>, ReadError> {
        match self.json.next()? {
            Next::Key(key) => self.member(&key, settings).map(Some),
            Next::Element => self.element(settings).map(Some),
            Next::End => self.json.finish().map(|()| None),
        }
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
