//! A walk through a pack: its header's fields and its tags, in the order in
//! which they stand.

use std::sync::Arc;

use super::super::error::{Problem, ReadError};
use super::super::row::Excerpt;
use super::super::{InputFile, Limits};
use super::fields::Fields;
use super::yaml::{Event, Events, Value};

/// Most keys of a header or a tag; the schema knows fifteen.
const KEYS_MAX: usize = 64;

/// What comes next in a pack.
pub(super) enum Piece {
    /// A field of the header.
    Header(String, Value),
    /// The list of tags begins.
    TagsBegin,
    /// A tag, and the line it begins on.
    Tag(Box<Fields>, u64),
    /// The pack has ended.
    End,
}

/// Walks through a pack.
pub(super) struct Tags {
    pub(super) events: Events,
    keys: Vec<String>,
    place: Place,
}

/// Where in a pack the walk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    InHeader,
    InTags,
}

impl Tags {
    pub(super) fn open(file: InputFile, limits: &Limits) -> Result<Self, ReadError> {
        Ok(Self {
            events: Events::open(file, limits)?,
            keys: Vec::new(),
            place: Place::Before,
        })
    }

    /// Returns what comes next.
    pub(super) fn next(&mut self) -> Result<Piece, ReadError> {
        if self.place == Place::Before {
            match self.events.next()? {
                Event::Mapping => self.place = Place::InHeader,
                Event::EndOfFile | Event::Scalar(None) => {
                    return Err(ReadError::Empty {
                        file: Arc::clone(&self.events.file),
                    });
                }
                _ => return Err(self.events.malformed(Problem::NotAPack)),
            }
        }
        let event = self.events.next()?;
        let line = self.events.line;
        match (self.place, event) {
            (Place::InTags, Event::Mapping) => Ok(Piece::Tag(Box::new(self.tag()?), line)),
            (Place::InTags, Event::End) => {
                self.place = Place::InHeader;
                self.next()
            }
            (Place::InHeader, Event::Scalar(Some(key))) => {
                add_key(&self.events, &mut self.keys, &key)?;
                if key != "tags" {
                    let value = self.events.value()?;
                    return Ok(Piece::Header(key, value));
                }
                match self.events.next()? {
                    Event::List => self.place = Place::InTags,
                    Event::Scalar(None) => {}
                    _ => return Err(self.events.malformed(Problem::NotAPack)),
                }
                Ok(Piece::TagsBegin)
            }
            (Place::InHeader, Event::End) => match self.events.next()? {
                Event::EndOfFile => Ok(Piece::End),
                _ => Err(self.events.malformed(Problem::SecondDocument)),
            },
            _ => Err(self.events.malformed(Problem::NotAPack)),
        }
    }

    /// Reads a tag that has begun.
    fn tag(&mut self) -> Result<Fields, ReadError> {
        let mut tag = Fields::default();
        let mut keys = Vec::new();
        loop {
            match self.events.next()? {
                Event::End => return Ok(tag),
                Event::Scalar(Some(key)) => {
                    add_key(&self.events, &mut keys, &key)?;
                    tag.set(&key, self.events.value()?);
                }
                _ => return Err(self.events.malformed(Problem::NotAPack)),
            }
        }
    }
}

/// Notes a key; a second one of the same name would hide the first.
fn add_key(events: &Events, keys: &mut Vec<String>, key: &str) -> Result<(), ReadError> {
    if keys.iter().any(|known| known == key) {
        return Err(events.malformed(Problem::KeyTwice(Excerpt::of(key))));
    }
    if keys.len() == KEYS_MAX {
        return Err(events.over("the number of keys", KEYS_MAX));
    }
    keys.push(key.to_owned());
    Ok(())
}
