//! STIX 2.1 bundles with cryptocurrency wallets.
//!
//! STIX has no wallets of its own. Two forms are in use, and both are read:
//! the object `cryptocurrency-wallet` of an extension
//! (`extension-definition--be78509e-6958-51b1-8b26-d17ee0eba2d7`), whose
//! address is in `value`, before 2024 in `address`; and indicators with a
//! pattern such as `[cryptocurrency-wallet:value = '…']`.
//!
//! | becomes | is |
//! |---|---|
//! | subjects | names and aliases of the `threat-actor`, `intrusion-set`, `malware`, `campaign` and `identity` that a relationship leads to (not `targets`, which leads to victims, nor `created-by`), from a wallet also through its indicators |
//! | category | `RANSOMWARE` if one of them is malware of that type, else the import's own |
//! | ticker | the `symbol` of the wallet of that address |
//! | listed on | the indicator's `created`, else `valid_from` |
//! | delisted on | the day it was revoked; for a wallet without a subject of its own, when all its indicators name it and were revoked |
//! | reference | the first external URL, else the object's id |
//! | note | the indicator's name; `valid until …`, which platforms set by how old an indicator is, and which ends nothing; `held by …` for a wallet's `holder_ref`, which may be an exchange |
//! | confidence | `confidence` from 1 to 29 is `LOW`, to 69 `MEDIUM`, to 100 `HIGH` |
//!
//! A wallet with an indicator of the same address is one row, the indicator's,
//! unless the wallet says more than that. Of several versions of an object the
//! last modified counts. Relationships that were revoked count for nothing. A
//! pattern that names wallets by resemblance is a fault. Indicators that are
//! `benign`, and wallets without an indicator of which nothing is known but an
//! `identity`, which may be a victim, are not listings: they are counted.
//!
//! Relationships stand after what they join, and names anywhere. So a bundle
//! is read three times, and only wallets and what belongs to them are held.
//! Several bundles may be given; each is complete in itself. A cut bundle
//! lacks its closing brace and is refused.
//!
//! Sources: <https://docs.oasis-open.org/cti/stix/v2.1/stix-v2.1.html>,
//! <https://github.com/muchdogesec/stix2extensions>.

use crate::list::Category;

use super::error::ReadError;
use super::facts::Facts;
use super::format::Start;
use super::held::HeldBytes;
use super::json_documents::{Document, Documents, Settings};
use super::json_fields::Several;
use super::json_stream::{Json, Next, Shape};
use super::json_value::Object;
use super::row::{Locator, Row};
use super::{Format, InputFile, Limits, Reader};

#[path = "stix_item.rs"]
mod item;
#[path = "stix_join.rs"]
mod join;
#[path = "stix_pattern.rs"]
mod pattern;

use item::Item;
use join::{Items, Joined, Links};

/// What is read of an object; the rest is skipped.
const WANTED: &[&str] = &[
    "type",
    "id",
    "indicator_types",
    "relationship_type",
    "value",
    "address",
    "symbol",
    "holder_ref",
    "name",
    "aliases",
    "labels",
    "malware_types",
    "pattern",
    "pattern_type",
    "created",
    "modified",
    "valid_from",
    "valid_until",
    "revoked",
    "confidence",
    "external_references",
    "source_ref",
    "target_ref",
];

pub(super) fn sniff(start: &Start<'_>) -> bool {
    let members = start.json_members();
    let is_bundle =
        |(key, text): &(String, Option<String>)| key == "type" && text.as_deref() == Some("bundle");
    let has_objects = members.iter().any(|(key, _)| key == "objects");
    members.iter().any(is_bundle) || has_objects && start.contains("\"spec_version\"")
}

pub(super) fn open(
    files: Vec<InputFile>,
    category: Category,
    limits: Limits,
) -> Result<Box<dyn Reader + Send>, ReadError> {
    let settings = Settings { category, limits };
    Ok(Box::new(Documents::<Bundle>::open(files, settings)?))
}

/// A bundle.
struct Bundle {
    /// The file before it was read.
    unread: Option<InputFile>,
    joined: Joined,
    /// The next item to make rows of.
    place: usize,
    rows: Option<Several>,
}

impl Bundle {
    fn read(&mut self, file: &InputFile, settings: &Settings) -> Result<(), ReadError> {
        let mut held = HeldBytes::new(&settings.limits);
        let mut items = Items::default();
        for_each(file, settings, |said, at| {
            items.take(Item::of(said, &at, settings), &mut held, &at)
        })?;
        if items.all.is_empty() {
            return Ok(());
        }
        let mut links = Links::new(items);
        for_each(file, settings, |said, at| links.take(said, &mut held, &at))?;
        let mut joined = links.join();
        for_each(file, settings, |said, at| {
            joined.tell(said, settings, &mut held, &at)
        })?;
        self.joined = joined;
        Ok(())
    }
}

/// Reads every object of a bundle, and checks that it is whole.
fn for_each(
    file: &InputFile,
    settings: &Settings,
    mut take: impl FnMut(&Object, Locator) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut json = Json::open(file.clone(), Format::Stix, &settings.limits)?;
    if json.enter()? != Shape::Object {
        return Err(json.wrong("it is not a bundle"));
    }
    let mut any = false;
    while let Next::Key(key) = json.next()? {
        if key == "type" {
            let kind = json.value()?;
            if kind.text() != Some("bundle") {
                return Err(json.wrong("its `type` is not `bundle`"));
            }
        } else if key == "objects" {
            if json.enter()? != Shape::Array {
                return Err(json.wrong("its `objects` are not an array"));
            }
            any = true;
            while json.next()? == Next::Element {
                json.begins()?;
                let at = json.locator();
                if let Some(said) = json.object(WANTED)? {
                    take(&said, at)?;
                }
            }
        } else {
            json.skip()?;
        }
    }
    json.finish()?;
    any.then_some(())
        .ok_or_else(|| json.wrong("it has no `objects`: it is an error message; fetch it again"))
}

impl Document for Bundle {
    const FORMAT: Format = Format::Stix;
    const EACH_LISTS: bool = false;

    fn open(file: InputFile, _: &Settings) -> Result<Self, ReadError> {
        Ok(Self {
            unread: Some(file),
            joined: Joined::default(),
            place: 0,
            rows: None,
        })
    }

    fn next_row(
        &mut self,
        settings: &Settings,
        facts: &mut Facts,
    ) -> Result<Option<Row>, ReadError> {
        if let Some(file) = self.unread.take() {
            self.read(&file, settings)?;
        }
        loop {
            if let Some(row) = self.rows.as_mut().and_then(Iterator::next) {
                return Ok(Some(row));
            }
            if self.place == self.joined.items.len() {
                return Ok(None);
            }
            self.rows = self.joined.rows(self.place, settings, facts);
            self.place += 1;
        }
    }
}

#[cfg(test)]
#[path = "stix_tests.rs"]
mod tests;
