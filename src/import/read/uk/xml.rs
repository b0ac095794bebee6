//! `UK-Sanctions-List.xml`: designations element by element.

use std::collections::VecDeque;

use jiff::civil::Date;

use super::draft::{DATE, Draft};
use crate::import::read::error::{Problem, ReadError};
use crate::import::read::facts::{Facts, Warning};
use crate::import::read::prose::TooMany;
use crate::import::read::row::{Excerpt, Row};
use crate::import::read::xml::{Document, Node, Root};
use crate::import::read::{Format, InputFile, Limits, Reader};

pub(super) const ROOT: Root = Root {
    name: "Designations",
    closing: "the closing </Designations>",
};

/// Longest name of an element that a note repeats.
const ELEMENT_BYTES_MAX: usize = 64;

/// How many parts a name has.
const NAME_PARTS: usize = 6;

/// Where in the document a text stands, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    DateGenerated,
    Designation,
    UniqueId,
    Sort,
    Regime,
    DateDesignated,
    Names,
    Name,
    NamePart(usize),
    NameType,
    OtherScript,
    /// Anything else in a designation.
    Within,
    /// Anything else outside of one.
    Elsewhere,
}

impl Place {
    fn within(self, name: &str) -> Self {
        match (self, name) {
            (Self::Root, "DateGenerated") => Self::DateGenerated,
            (Self::Root, "Designation") => Self::Designation,
            (Self::Root | Self::Elsewhere | Self::DateGenerated, _) => Self::Elsewhere,
            (Self::Designation, "UniqueID") => Self::UniqueId,
            (Self::Designation, "IndividualEntityShip") => Self::Sort,
            (Self::Designation, "RegimeName") => Self::Regime,
            (Self::Designation, "DateDesignated") => Self::DateDesignated,
            (Self::Designation, "Names") => Self::Names,
            (Self::Names, "Name") => Self::Name,
            (Self::Name, "NameType") => Self::NameType,
            (Self::Name, part) => part
                .strip_prefix("Name")
                .and_then(|number| number.parse().ok())
                .filter(|number| (1..=NAME_PARTS).contains(number))
                .map_or(Self::Within, |number: usize| Self::NamePart(number - 1)),
            (_, "NameNonLatinScript") => Self::OtherScript,
            _ => Self::Within,
        }
    }

    const fn is_in_designation(self) -> bool {
        !matches!(self, Self::Root | Self::DateGenerated | Self::Elsewhere)
    }
}

/// Reads designations.
pub(super) struct UkXml {
    document: Document,
    buffer: Vec<u8>,
    limits: Limits,
    /// The open elements.
    path: Vec<(Place, String)>,
    /// The text of the innermost one so far, and the line it begins on.
    text: String,
    text_line: u64,
    draft: Draft,
    name: [String; NAME_PARTS],
    name_type: String,
    rows: VecDeque<Row>,
    facts: Facts,
}

impl UkXml {
    pub(super) fn open(file: InputFile, limits: Limits) -> Result<Self, ReadError> {
        Ok(Self {
            document: Document::open(file, Format::UkSanctions, ROOT, &limits)?,
            buffer: Vec::new(),
            limits,
            path: Vec::new(),
            text: String::new(),
            text_line: 1,
            draft: Draft::default(),
            name: Default::default(),
            name_type: String::new(),
            rows: VecDeque::new(),
            facts: Facts::default(),
        })
    }

    /// Takes one node. `false` means that the document is complete.
    fn step(&mut self) -> Result<bool, ReadError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let goes_on = match self.document.next(&mut buffer)? {
            None => {
                self.finish()?;
                false
            }
            Some(Node::Start(element)) => {
                let name = element.name();
                let kept = &name[..name.floor_char_boundary(ELEMENT_BYTES_MAX)];
                let kept = kept.to_owned();
                let place = match self.path.last() {
                    Some((parent, _)) => parent.within(name),
                    None => Place::Root,
                };
                self.start(place, kept)?;
                true
            }
            Some(Node::Text(piece)) => {
                self.document.append(&mut self.text, &piece)?;
                true
            }
            Some(Node::End) => {
                self.end()?;
                true
            }
        };
        self.buffer = buffer;
        Ok(goes_on)
    }

    fn start(&mut self, place: Place, name: String) -> Result<(), ReadError> {
        self.take_text()?;
        match place {
            Place::Designation => self.draft = Draft::default(),
            Place::Name => {
                self.name = Default::default();
                self.name_type.clear();
            }
            _ => {}
        }
        self.path.push((place, name));
        Ok(())
    }

    fn end(&mut self) -> Result<(), ReadError> {
        self.take_text()?;
        match self.path.pop().map(|(place, _)| place) {
            Some(Place::Name) => {
                let names_max = self.limits.names_max;
                self.draft.take_name(&self.name, &self.name_type, names_max);
            }
            Some(Place::Designation) => {
                self.facts.records += 1;
                let draft = std::mem::take(&mut self.draft);
                self.rows = draft.finish(&self.document.file(), self.limits.names_max);
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes the text gathered so far: its value, and what it mentions.
    fn take_text(&mut self) -> Result<(), ReadError> {
        let line = std::mem::replace(&mut self.text_line, self.document.line());
        if self.text.trim().is_empty() {
            self.text.clear();
            return Ok(());
        }
        let text = std::mem::take(&mut self.text);
        let Some((place, name)) = self.path.last() else {
            return Ok(());
        };
        if place.is_in_designation() {
            let note = || format!("named in {name}");
            let ids_max = self.limits.ids_max;
            let mentions = &mut self.draft.mentions;
            mentions
                .take(&text, line, Some(&note), ids_max)
                .map_err(|TooMany| {
                    self.document
                        .over("the addresses of one designation", ids_max)
                })?;
        }
        self.take_value(*place, text.trim())
    }

    fn take_value(&mut self, place: Place, text: &str) -> Result<(), ReadError> {
        let text = &text[..text.floor_char_boundary(self.limits.field_bytes_max)];
        let names_max = self.limits.names_max;
        match place {
            Place::DateGenerated => return self.take_date(text),
            Place::UniqueId => text.clone_into(&mut self.draft.unique_id),
            Place::Sort => text.clone_into(&mut self.draft.sort),
            Place::Regime => self.draft.take_regime(text),
            Place::DateDesignated => text.clone_into(&mut self.draft.designated),
            Place::NamePart(part) => text.clone_into(&mut self.name[part]),
            Place::NameType => text.clone_into(&mut self.name_type),
            Place::OtherScript => self.draft.take_other_script(text, names_max),
            _ => {}
        }
        Ok(())
    }

    fn take_date(&mut self, text: &str) -> Result<(), ReadError> {
        let date = Date::strptime(DATE, text).map_err(|_| {
            self.document.malformed(Problem::Date {
                what: "DateGenerated",
                given: Excerpt::of(text),
            })
        })?;
        match self.facts.published_on.replace(date) {
            Some(first) if first != date => Err(self.document.malformed(Problem::TwoDates {
                first,
                second: date,
            })),
            _ => Ok(()),
        }
    }

    fn finish(&mut self) -> Result<(), ReadError> {
        if self.facts.records == 0 {
            let file = self.document.file();
            return Err(ReadError::Empty { file });
        }
        if self.facts.published_on.is_none() {
            self.facts.warn(Warning::NoPublishDate);
        }
        Ok(())
    }
}

impl Reader for UkXml {
    fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        loop {
            if let Some(row) = self.rows.pop_front() {
                return Ok(Some(row));
            }
            if !self.step()? {
                return Ok(None);
            }
        }
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }
}
