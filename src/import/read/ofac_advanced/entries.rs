//! The sanctions entries: under which programs a profile is listed, and since
//! when.

use jiff::civil::Date;

use super::super::Limits;
use super::super::error::ReadError;
use super::super::row::Excerpt;
use super::super::xml_walk::Walk;
use super::bounded;
use super::held::{Held, Profile};
use super::read_date;
use super::reference::Kinds;

/// Most programs of one entry; the largest real one has under ten.
const PROGRAMS_MAX: usize = 64;

/// What an entry says.
#[derive(Debug, Default)]
pub(super) struct Entry {
    programs: Vec<String>,
    date: Option<Date>,
    bad_date: Option<Excerpt>,
}

/// The children of an entry that matter here.
enum Child {
    Event,
    Measure { is_program: bool },
    Other,
}

/// Reads the `SanctionsEntries` just begun.
pub(super) fn read_all(
    walk: &mut Walk,
    kinds: &Kinds,
    limits: &Limits,
    held: &mut Held,
) -> Result<(), ReadError> {
    loop {
        let entry = walk.child(|document, element| {
            if element.name() != "SanctionsEntry" {
                return Ok(None);
            }
            let id = document.attribute(element, "ProfileID")?;
            Ok(id.filter(|id| held.contains(id)).map(|id| id.into_owned()))
        })?;
        match entry {
            None => return Ok(()),
            Some(None) => walk.skip()?,
            Some(Some(id)) => {
                let entry = read(walk, kinds, limits)?;
                held.tell(&id, &entry);
                held.check(&walk.document)?;
            }
        }
    }
}

fn read(walk: &mut Walk, kinds: &Kinds, limits: &Limits) -> Result<Entry, ReadError> {
    let mut entry = Entry::default();
    loop {
        let child = walk.child(|document, element| match element.name() {
            "EntryEvent" => Ok(Child::Event),
            "SanctionsMeasure" => {
                let id = document.attribute(element, "SanctionsTypeID")?;
                let is_program = kinds.is_program(&id.unwrap_or_default());
                Ok(Child::Measure { is_program })
            }
            _ => Ok(Child::Other),
        })?;
        match child {
            None => return Ok(entry),
            Some(Child::Event) => read_event(walk, &mut entry)?,
            Some(Child::Measure { is_program: true }) => read_program(walk, limits, &mut entry)?,
            Some(Child::Measure { .. } | Child::Other) => walk.skip()?,
        }
    }
}

/// Takes an event's date. Of several the first day counts: the others amend.
fn read_event(walk: &mut Walk, entry: &mut Entry) -> Result<(), ReadError> {
    while let Some(is_date) = walk.child(|_, element| Ok(element.name() == "Date"))? {
        if !is_date {
            walk.skip()?;
            continue;
        }
        match read_date(walk)? {
            Ok(date) => entry.date = Some(entry.date.map_or(date, |first| first.min(date))),
            Err(given) => entry.bad_date = Some(given),
        }
    }
    Ok(())
}

fn read_program(walk: &mut Walk, limits: &Limits, entry: &mut Entry) -> Result<(), ReadError> {
    while let Some(is_comment) = walk.child(|_, element| Ok(element.name() == "Comment"))? {
        if !is_comment {
            walk.skip()?;
            continue;
        }
        let text = walk.text()?;
        if text.is_empty() {
            continue;
        }
        let program = bounded(text, limits);
        if entry.programs.len() == PROGRAMS_MAX {
            let what = "the programs of one sanctions entry";
            return Err(walk.document.over(what, PROGRAMS_MAX));
        }
        entry.programs.push(program);
    }
    Ok(())
}

impl Entry {
    /// Adds what this entry says of a profile; one may have several, for
    /// several lists. Returns how many bytes were added.
    pub(super) fn tell(&self, profile: &mut Profile) -> usize {
        let mut bytes = 0;
        profile.has_entry = true;
        let dates = [profile.designated_on, self.date];
        profile.designated_on = dates.into_iter().flatten().min();
        if profile.designated_on.is_none() {
            profile.bad_date.clone_from(&self.bad_date);
        }
        for program in &self.programs {
            if profile.programs.len() < PROGRAMS_MAX && !profile.programs.contains(program) {
                bytes += size_of::<String>() + program.len();
                profile.programs.push(program.clone());
            }
        }
        bytes
    }
}
