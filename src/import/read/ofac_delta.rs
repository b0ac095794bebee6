//! OFAC's delta files: what one publication changed, wallet by wallet.
//!
//! A [`OfacDelta`] is not a list and is never imported. It is a second opinion: a
//! full list that lacks an address its own delta adds, or still has one that
//! it removes, is not the list of that day ([`OfacDelta::contradictions`]).
//!
//! The form, as far as published readers of it agree: root `sanctionsData`,
//! `publicationInfo/datePublished`, then `entities/entity[@id]`. An `action`
//! (`add`, `remove`, `update`) stands on whatever it is about, be it a whole
//! entity, a feature or a value, and holds for all inside it; an updated value
//! has its `oldValue`. A wallet is a `feature` whose `type` is `Digital
//! Currency Address - X`. The file does not name the publication it starts
//! from, only its own day.
//!
//! No delta file with a wallet in it could be read when this was written. An
//! action other than these is therefore an error, not a guess.
//!
//! Where they are: <https://ofac.treasury.gov/sanctions-list-service>.

use std::collections::HashSet;

use jiff::civil::Date;

use crate::list::ListEntry;

use super::error::{Problem, ReadError};
use super::row::{Excerpt, Locator};
use super::wallet::currency_of;
use super::xml::{Document, Element, Root};
use super::xml_walk::Walk;
use super::{Format, InputFile, Limits};

const ROOT: Root = Root {
    name: "sanctionsData",
    closing: "the closing </sanctionsData>",
};

/// What a publication changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfacDelta {
    /// The day of the publication, where it says so.
    pub published_on: Option<Date>,
    /// The wallets that it added.
    pub added: Vec<OfacChange>,
    /// The wallets that it removed.
    pub removed: Vec<OfacChange>,
    /// The ids of the subjects that it removed, with all they had.
    pub removed_subjects: Vec<String>,
}

/// A wallet that came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfacChange {
    /// Where the delta says so.
    pub locator: Locator,
    /// The subject's id.
    pub subject_id: String,
    /// The publisher's word for the currency.
    pub ticker: String,
    /// The address exactly as published.
    pub address: String,
}

/// Where a full list and its own delta disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contradiction<'a> {
    /// The delta adds a wallet that the list does not have.
    Lacks(&'a OfacChange),
    /// The delta removes a wallet that the list still has.
    Keeps(&'a OfacChange),
    /// The delta removes a subject that the list still has a wallet of.
    KeepsSubject(&'a str),
}

/// Reads a delta file.
///
/// # Errors
///
/// When the file is not whole or not of the form described above.
pub fn read_delta(file: InputFile, limits: &Limits) -> Result<OfacDelta, ReadError> {
    let document = Document::open(file, Format::OfacXml, ROOT, limits)?;
    let mut walk = Walk::new(document);
    let mut delta = OfacDelta::default();
    let mut entities_seen = false;
    walk.child(|_, _| Ok(()))?;
    while let Some(name) = walk.child(name_of)? {
        match name.as_str() {
            "publicationInfo" => delta.published_on = read_day(&mut walk)?,
            "entities" => {
                entities_seen = true;
                read_entities(&mut walk, limits, &mut delta)?;
            }
            _ => walk.skip()?,
        }
    }
    walk.child(|_, _| Ok(()))?;
    if entities_seen {
        return Ok(delta);
    }
    Err(walk.document.malformed(Problem::Missing("entities")))
}

impl OfacDelta {
    /// Returns where a full list of the same day disagrees. Both are OFAC's
    /// own, so addresses are compared as they are written.
    pub fn contradictions<'a>(
        &'a self,
        list: impl IntoIterator<Item = &'a ListEntry>,
    ) -> Vec<Contradiction<'a>> {
        let listed: HashSet<(&str, &str, &str)> = list.into_iter().map(of_entry).collect();
        let subjects: HashSet<&str> = listed.iter().map(|(subject, ..)| *subject).collect();
        let is_listed = |change: &&OfacChange| listed.contains(&change.identity());
        let lacks = self.added.iter().filter(|change| !is_listed(change));
        let keeps = self.removed.iter().filter(is_listed);
        let kept = self.removed_subjects.iter().map(String::as_str);
        lacks
            .map(Contradiction::Lacks)
            .chain(keeps.map(Contradiction::Keeps))
            .chain(
                kept.filter(|id| subjects.contains(id))
                    .map(Contradiction::KeepsSubject),
            )
            .collect()
    }
}

impl OfacChange {
    fn identity(&self) -> (&str, &str, &str) {
        (&self.subject_id, &self.ticker, &self.address)
    }
}

fn of_entry(entry: &ListEntry) -> (&str, &str, &str) {
    (
        entry.designation.subject_id.as_deref().unwrap_or_default(),
        entry.ticker.as_deref().unwrap_or_default(),
        &entry.address,
    )
}

/// What the delta does with something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Add,
    Remove,
    Update,
    /// It stands there for what changed around or inside it.
    None,
}

impl Action {
    /// Returns the action of an element: its own, or else its parent's.
    fn of(document: &Document, element: &Element<'_>, parent: Self) -> Result<Self, ReadError> {
        match document.attribute(element, "action")?.as_deref() {
            None => Ok(parent),
            Some("add") => Ok(Self::Add),
            Some("remove") => Ok(Self::Remove),
            Some("update") => Ok(Self::Update),
            Some(other) => {
                let problem = Problem::UnknownAction(Excerpt::of(other));
                Err(document.malformed(problem))
            }
        }
    }
}

fn name_of(_: &Document, element: &Element<'_>) -> Result<String, ReadError> {
    Ok(element.name().to_owned())
}

/// Reads the day in `2026-01-15T00:00:00-05:00`: it is the publisher's own.
fn read_day(walk: &mut Walk) -> Result<Option<Date>, ReadError> {
    let mut day = None;
    while let Some(name) = walk.child(name_of)? {
        if name != "datePublished" {
            walk.skip()?;
            continue;
        }
        let text = walk.text()?;
        let date = text.split('T').next().unwrap_or_default().parse();
        let given = Excerpt::of(text);
        let what = "datePublished";
        let problem = |_| walk.document.malformed(Problem::Date { what, given });
        day = Some(date.map_err(problem)?);
    }
    Ok(day)
}

fn read_entities(walk: &mut Walk, limits: &Limits, delta: &mut OfacDelta) -> Result<(), ReadError> {
    loop {
        let entity = walk.child(|document, element| {
            if element.name() != "entity" {
                return Ok(None);
            }
            let id = document.attribute(element, "id")?.unwrap_or_default();
            let id = id[..id.floor_char_boundary(limits.field_bytes_max)].to_owned();
            Ok(Some((id, Action::of(document, element, Action::None)?)))
        })?;
        let (id, action) = match entity {
            None => return Ok(()),
            Some(None) => {
                walk.skip()?;
                continue;
            }
            Some(Some(entity)) => entity,
        };
        read_entity(walk, &id, action, limits, delta)?;
        if action == Action::Remove {
            delta.removed_subjects.push(id);
        }
    }
}

fn read_entity(
    walk: &mut Walk,
    id: &str,
    action: Action,
    limits: &Limits,
    delta: &mut OfacDelta,
) -> Result<(), ReadError> {
    loop {
        let features = walk.child(|document, element| match element.name() {
            "features" => Action::of(document, element, action).map(Some),
            _ => Ok(None),
        })?;
        match features {
            None => return Ok(()),
            Some(None) => walk.skip()?,
            Some(Some(action)) => {
                while let Some(feature) = walk.child(|document, element| match element.name() {
                    "feature" => Action::of(document, element, action).map(Some),
                    _ => Ok(None),
                })? {
                    match feature {
                        Some(action) => read_feature(walk, id, action, limits, delta)?,
                        None => walk.skip()?,
                    }
                }
            }
        }
    }
}

/// The children of a feature that matter here.
enum Child {
    Type,
    Value(Action, Option<String>),
    Other,
}

fn read_feature(
    walk: &mut Walk,
    id: &str,
    action: Action,
    limits: &Limits,
    delta: &mut OfacDelta,
) -> Result<(), ReadError> {
    let mut kind = String::new();
    let mut changes = Vec::new();
    loop {
        let child = walk.child(|document, element| match element.name() {
            "type" => Ok(Child::Type),
            "value" => {
                let action = Action::of(document, element, action)?;
                let old = document.attribute(element, "oldValue")?;
                Ok(Child::Value(action, old.map(|old| old.trim().to_owned())))
            }
            _ => Ok(Child::Other),
        })?;
        match child {
            None => break,
            Some(Child::Type) => kind = walk.text()?.to_owned(),
            Some(Child::Value(action, old)) => {
                let line = walk.document.line();
                changes.push((line, action, old, walk.text()?.to_owned()));
            }
            Some(Child::Other) => walk.skip()?,
        }
        if changes.len() > limits.ids_max {
            return Err(walk
                .document
                .over("the values of one feature", limits.ids_max));
        }
    }
    let Some(ticker) = currency_of(&kind) else {
        return Ok(());
    };
    for (line, action, old, new) in changes {
        let change = |address: String| OfacChange {
            locator: walk.document.locator(line),
            subject_id: id.to_owned(),
            ticker: ticker.to_owned(),
            address,
        };
        match (action, old) {
            (Action::Add, _) => delta.added.push(change(new)),
            (Action::Remove, _) => delta.removed.push(change(new)),
            (Action::Update, Some(old)) => {
                delta.removed.push(change(old));
                delta.added.push(change(new));
            }
            (Action::Update | Action::None, _) => {}
        }
    }
    let held = delta.added.len() + delta.removed.len();
    if held > limits.ids_max {
        return Err(walk
            .document
            .over("the wallets of one delta", limits.ids_max));
    }
    Ok(())
}

#[cfg(test)]
#[path = "ofac_delta_tests.rs"]
mod tests;
