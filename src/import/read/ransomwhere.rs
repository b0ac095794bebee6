//! ransomwhe.re's export of addresses that ransoms were paid to.
//!
//! One JSON object whose `result` is an array of them:
//!
//! ```json
//! {"result": [{"address": "17TMc2UkVRSga2yYvuxSD9Q1XyB2EPRjTF", "blockchain": "bitcoin",
//!   "family": "Netwalker (Mailto)", "createdAt": "2021-07-08T06:43:08.978Z",
//!   "updatedAt": "2021-09-22T20:53:57.424Z", "balance": 126686348, "balanceUSD": 9196.35,
//!   "transactions": [{"hash": "cfb3…", "time": 1587839053, "amount": 43577930}]}]}
//! ```
//!
//! The family becomes the subject, the blockchain the ticker, and the day of
//! `createdAt` the day of listing: that is when the address was taken up,
//! which is before it was shown to anyone. What was paid is skipped and never
//! held. Every row is `RANSOMWARE`. A cut export lacks its closing brace and
//! is refused.
//!
//! Source: <https://api.ransomwhe.re/export>.

use crate::list::{Category, ListEntry};

use super::error::{Problem, ReadError};
use super::facts::Facts;
use super::fault::RowFault;
use super::format::Start;
use super::json_documents::{Document, Documents, Settings};
use super::json_fields::Fields;
use super::json_stream::{Json, Next, Shape};
use super::json_value::Object;
use super::row::{Excerpt, Row};
use super::{Format, InputFile, Limits, Reader};

/// The key of the list.
const RESULT: &str = "result";

/// What is read of an address.
const WANTED: &[&str] = &["address", "blockchain", "family", "createdAt"];

pub(super) fn sniff(start: &Start<'_>) -> bool {
    let first = start.json_members().into_iter().next();
    let is_result = first.is_some_and(|(key, _)| key == RESULT);
    is_result && start.contains("\"address\"") && start.contains("\"blockchain\"")
}

pub(super) fn open(file: InputFile, limits: Limits) -> Result<Box<dyn Reader + Send>, ReadError> {
    let settings = Settings {
        category: Category::Ransomware,
        limits,
    };
    let export = Documents::<Export>::open(vec![file], settings)?;
    Ok(Box::new(export))
}

/// The export.
struct Export {
    json: Json,
    /// Whether the list was begun.
    begun: bool,
    /// Whether it is being read.
    within: bool,
}

impl Export {
    /// Goes on to the list. `false` means that the document is at its end.
    fn seek(&mut self) -> Result<bool, ReadError> {
        loop {
            let Next::Key(key) = self.json.next()? else {
                return Ok(false);
            };
            if key != RESULT {
                self.json.skip()?;
                continue;
            }
            if self.begun {
                return Err(self.json.malformed(Problem::KeyTwice(Excerpt::of(&key))));
            }
            if self.json.enter()? != Shape::Array {
                return Err(self.json.wrong("its `result` is not an array"));
            }
            self.begun = true;
            return Ok(true);
        }
    }
}

impl Document for Export {
    const FORMAT: Format = Format::Ransomwhere;
    const EACH_LISTS: bool = true;

    fn open(file: InputFile, settings: &Settings) -> Result<Self, ReadError> {
        let mut json = Json::open(file, Self::FORMAT, &settings.limits)?;
        if json.enter()? != Shape::Object {
            return Err(json.wrong("it is not an object with a `result`"));
        }
        Ok(Self {
            json,
            begun: false,
            within: false,
        })
    }

    fn next_row(&mut self, settings: &Settings, _: &mut Facts) -> Result<Option<Row>, ReadError> {
        loop {
            if !self.within {
                self.within = self.seek()?;
                if !self.within {
                    self.json.finish()?;
                    let problem = "it has no `result`: it is an error message; fetch it again";
                    return self
                        .begun
                        .then_some(None)
                        .ok_or_else(|| self.json.wrong(problem));
                }
            }
            if self.json.next()? == Next::End {
                self.within = false;
                continue;
            }
            self.json.begins()?;
            let locator = self.json.locator();
            let mut fields = Fields::new(&settings.limits);
            let said = self.json.object(WANTED)?;
            let entry = said.and_then(|said| entry(&said, &mut fields, settings.category));
            if entry.is_none() {
                fields.blame(RowFault::NoAddress);
            }
            return Ok(Some(fields.row(locator, entry)));
        }
    }
}

/// Returns the entry of an address, if there is one.
fn entry(said: &Object, fields: &mut Fields<'_>, category: Category) -> Option<ListEntry> {
    let address = said.get("address")?;
    let Some(address) = address.text() else {
        fields.blame(RowFault::NotText { column: "address" });
        return None;
    };
    let mut entry = ListEntry::bare(fields.address(address)?, category);
    let blockchain = said.text("blockchain");
    entry.ticker = blockchain.and_then(|text| fields.text("blockchain", text));
    entry.designation.subjects = fields.names(said.text("family"));
    let created = said.text("createdAt");
    entry.listed_on = created.and_then(|text| fields.day("createdAt", text));
    Some(entry)
}

#[cfg(test)]
#[path = "ransomwhere_tests.rs"]
mod tests;
