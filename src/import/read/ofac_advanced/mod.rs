//! OFAC's `SDN_ADVANCED.XML`, and `CONS_ADVANCED.XML` in the same schema.
//!
//! The Advanced Sanctions Data Model spreads what is known of a wallet over
//! the document. Its kind is a number, explained at the beginning; the address
//! stands with its subject, in the middle; the subject's programs and date
//! stand in a sanctions entry, near the end. So the profiles that bear wallets
//! are held (there are about a hundred among 19,000), everything else is read
//! past, and the rows are dealt out once the closing root has been seen. A
//! document without it, or without one of its parts, is refused; the schema
//! has no record count.
//!
//! Kinds are told by their text, `Digital Currency Address - X`, never by
//! their number, and elements by their local name: both have changed. A
//! feature of another kind that holds what only an address can be is listed
//! as well, and reported: a kind renamed must not empty the list.
//!
//! The dates are the subjects'. OFAC does not date addresses, and adds new
//! ones to old subjects, so that `listed_on` stays empty.
//!
//! The schema: <https://ofac.treasury.gov/sdn-list-data-formats-data-schemas>.

mod entries;
mod held;
mod party;
mod reference;

use std::sync::Arc;

use jiff::civil::Date;

use super::error::{Problem, ReadError};
use super::facts::{Facts, Warning};
use super::format::Start;
use super::row::{Excerpt, Row};
use super::wallet::{NewTickers, Pending};
use super::xml::{Document, Element, Root};
use super::xml_walk::Walk;
use super::{Format, InputFile, Limits, Reader};

use held::Held;
use reference::Kinds;

const ROOT: Root = Root {
    name: "Sanctions",
    closing: "the closing </Sanctions>",
};

/// Tells the format by its root.
pub(super) fn sniff(start: &Start<'_>) -> bool {
    start.xml_root() == Some(ROOT.name)
}

/// Opens a publication.
pub(super) fn open(file: InputFile, limits: Limits) -> Result<Box<dyn Reader + Send>, ReadError> {
    let document = Document::open(file, Format::OfacAdvanced, ROOT, &limits)?;
    Ok(Box::new(OfacAdvanced {
        file: document.file(),
        walk: Walk::new(document),
        held: Held::new(&limits),
        limits,
        is_read: false,
        pending: Pending::default(),
        facts: Facts::default(),
    }))
}

/// Reads the whole document, then deals out its rows.
struct OfacAdvanced {
    walk: Walk,
    file: Arc<str>,
    limits: Limits,
    is_read: bool,
    pending: Pending,
    held: Held,
    facts: Facts,
}

/// The parts of the document that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    DateOfIssue,
    ReferenceValues,
    Parties,
    Entries,
    Other,
}

impl Part {
    fn of(element: &Element<'_>) -> Self {
        match element.name() {
            "DateOfIssue" => Self::DateOfIssue,
            "ReferenceValueSets" => Self::ReferenceValues,
            "DistinctParties" => Self::Parties,
            "SanctionsEntries" => Self::Entries,
            _ => Self::Other,
        }
    }
}

impl OfacAdvanced {
    fn read(&mut self) -> Result<(), ReadError> {
        let root = self.walk.child(|document, root| {
            // An edition of changes has the same root. Taken for the whole
            // list, it would delist all that did not change.
            match document.attribute(root, "DeltaBaseVersion")? {
                Some(_) => Err(document.malformed(Problem::Changes)),
                None => Ok(()),
            }
        })?;
        debug_assert!(root.is_some(), "a document without a root is an error");
        let mut kinds = Kinds::default();
        let (mut parties_seen, mut entries_seen) = (false, false);
        while let Some(part) = self.walk.child(|_, element| Ok(Part::of(element)))? {
            match part {
                Part::DateOfIssue => {
                    let told = read_date(&mut self.walk)?;
                    let date = told.map_err(|given| {
                        let what = "DateOfIssue";
                        self.walk.document.malformed(Problem::Date { what, given })
                    })?;
                    self.facts.published_on = Some(date);
                }
                Part::ReferenceValues => kinds.read(&mut self.walk, &self.limits)?,
                Part::Parties if kinds.has_no_feature() => {
                    let problem = Problem::Missing("FeatureTypeValues before DistinctParties");
                    return Err(self.walk.document.malformed(problem));
                }
                Part::Parties => {
                    parties_seen = true;
                    self.facts.records +=
                        party::read_all(&mut self.walk, &kinds, &self.limits, &mut self.held)?;
                }
                Part::Entries => {
                    entries_seen = true;
                    entries::read_all(&mut self.walk, &kinds, &self.limits, &mut self.held)?;
                }
                Part::Other => self.walk.skip()?,
            }
        }
        // Nothing may follow the root.
        self.walk.child(|_, _| Ok(()))?;
        for (is_there, what) in [
            (parties_seen, "DistinctParties"),
            (entries_seen, "SanctionsEntries"),
        ] {
            if !is_there {
                return Err(self.walk.document.malformed(Problem::Missing(what)));
            }
        }
        self.conclude()
    }

    fn conclude(&mut self) -> Result<(), ReadError> {
        if self.facts.records == 0 {
            let file = Arc::clone(&self.file);
            return Err(ReadError::Empty { file });
        }
        if self.facts.published_on.is_none() {
            self.facts.warn(Warning::NoPublishDate);
        }
        let mut new_tickers = NewTickers::default();
        self.held.conclude(&mut self.facts, &mut new_tickers);
        new_tickers.report(&mut self.facts);
        Ok(())
    }
}

impl Reader for OfacAdvanced {
    fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        if !self.is_read {
            self.read()?;
            self.is_read = true;
        }
        loop {
            if let Some(row) = self.pending.next_row(&self.file) {
                return Ok(Some(row));
            }
            match self.held.next() {
                Some(pending) => self.pending = pending,
                None => return Ok(None),
            }
        }
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }
}

/// Reads the `Year`, `Month` and `Day` of the innermost element, and leaves
/// it. What is no date comes back as it was written.
fn read_date(walk: &mut Walk) -> Result<Result<Date, Excerpt>, ReadError> {
    let mut parts: [Option<i16>; 3] = [None; 3];
    let mut given = String::new();
    let place = |_: &Document, element: &Element<'_>| {
        let names = ["Year", "Month", "Day"];
        Ok(names.iter().position(|name| *name == element.name()))
    };
    while let Some(at) = walk.child(place)? {
        let Some(at) = at else {
            walk.skip()?;
            continue;
        };
        let text = walk.text()?;
        parts[at] = text.parse().ok();
        if given.len() <= 4 * Excerpt::CHARS_MAX {
            given.push_str(&text[..text.floor_char_boundary(Excerpt::CHARS_MAX)]);
            given.push(' ');
        }
    }
    let date = match parts {
        [Some(year), Some(month), Some(day)] => i8::try_from(month)
            .ok()
            .zip(i8::try_from(day).ok())
            .and_then(|(month, day)| Date::new(year, month, day).ok()),
        _ => None,
    };
    Ok(date.ok_or_else(|| Excerpt::of(given.trim())))
}

/// Returns as much of a text as is kept.
fn bounded(text: &str, limits: &Limits) -> String {
    text[..text.floor_char_boundary(limits.field_bytes_max)].to_owned()
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
