//! The EU's consolidated financial sanctions list, `xmlFullSanctionsList_1_1`.
//!
//! The list has no field for a wallet. Addresses stand in the remarks of a
//! name, of a postal address or of the whole entity; every text and every
//! attribute that people write text into is looked through, and the note of a
//! row says in which it was found. A row carries the subject's names as the
//! list orders them, the programmes of the regulations against it, its EU
//! reference number and the day of its designation, where there is one. The
//! reference of a row is the regulation that the part it stands in rests on,
//! or else the first one against the subject.
//!
//! A part says when its regulation was published, not when a wallet came into
//! it: the format dates subjects, never addresses. It is whole when its root
//! is closed; it has no count. Elements are matched by local name. See
//! <https://webgate.ec.europa.eu/fsd/fsf>.

use std::collections::VecDeque;

use jiff::civil::Date;

use crate::list::{Category, Designation, ListEntry};

use super::error::{Problem, ReadError};
use super::facts::{Facts, Warning};
use super::fault::RowFault;
use super::format::Start;
use super::prose::{Mentions, TooMany};
use super::row::{Excerpt, Row};
use super::xml::{Document, Element, Node, Root};
use super::{Format, InputFile, Limits, Reader};

const ROOT: Root = Root {
    name: "export",
    closing: "the closing </export>",
};

const ENTITY: &str = "sanctionEntity";

/// Attributes that hold what people wrote, by element. Texts of elements are
/// all looked through.
const WRITTEN: &[(&str, &[&str])] = &[
    (ENTITY, &["designationDetails", "unitedNationId"]),
    (
        "nameAlias",
        &[
            "wholeName",
            "firstName",
            "middleName",
            "lastName",
            "function",
            "title",
        ],
    ),
    (
        "address",
        &["street", "city", "place", "region", "poBox", "zipCode"],
    ),
    (
        "identification",
        &[
            "number",
            "latinNumber",
            "nameOnDocument",
            "issuedBy",
            "region",
        ],
    ),
    ("birthdate", &["city", "place", "region", "zipCode"]),
    ("citizenship", &["region"]),
    ("contactInfo", &["key", "value"]),
];

/// Longest name of an element that a note repeats.
const ELEMENT_BYTES_MAX: usize = 64;

/// Most programmes kept of one subject; the largest real number is under ten.
/// Each is held against all before it.
const PROGRAMMES_MAX: usize = 64;

/// How deep the parts of an entity stand: the root and the entity are open.
const PART_DEPTH: usize = 2;

pub(super) fn sniff(start: &Start<'_>) -> bool {
    // Other lists may be exports as well.
    start.xml_root() == Some(ROOT.name)
        && (start.contains("fsd/export") || start.contains("<sanctionEntity"))
}

pub(super) fn open(file: InputFile, limits: Limits) -> Result<Box<dyn Reader + Send>, ReadError> {
    Ok(Box::new(EuXml {
        document: Document::open(file, Format::EuSanctions, ROOT, &limits)?,
        buffer: Vec::new(),
        limits,
        path: Vec::new(),
        text: String::new(),
        text_line: 1,
        draft: None,
        rows: VecDeque::new(),
        facts: Facts::default(),
    }))
}

/// Reads entities, element by element.
struct EuXml {
    document: Document,
    buffer: Vec<u8>,
    limits: Limits,
    /// The names of the open elements.
    path: Vec<String>,
    /// The text of the innermost one so far, and the line it begins on.
    text: String,
    text_line: u64,
    draft: Option<Draft>,
    rows: VecDeque<Row>,
    facts: Facts,
}

/// An entity being read.
#[derive(Default)]
struct Draft {
    names: Vec<String>,
    programmes: Vec<String>,
    reference_number: String,
    designated: String,
    /// Where the first regulation against the subject was published.
    regulation_url: Option<String>,
    mentions: Mentions,
    /// How many mentions came before the current part, or have the reference
    /// that the part gives.
    before_part: usize,
}

impl Draft {
    fn finish(mut self, document: &Document) -> VecDeque<Row> {
        let designated = self.designated.trim();
        let designated_on = designated.parse::<Date>().ok();
        if designated_on.is_none() && !designated.is_empty() {
            let given = Excerpt::of(designated);
            self.mentions.blame(RowFault::UnreadableDate {
                field: "designationDate",
                given,
            });
        }
        let template = ListEntry {
            designation: Designation {
                subjects: self.names,
                programs: self.programmes,
                subject_id: Some(self.reference_number).filter(|id| !id.is_empty()),
                designated_on,
            },
            reference: self.regulation_url,
            ..ListEntry::bare("", Category::Sanctions)
        };
        self.mentions.into_rows(&document.file(), &template)
    }
}

impl EuXml {
    /// Takes one node. `false` means that the document is complete.
    fn step(&mut self) -> Result<bool, ReadError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let goes_on = match self.document.next(&mut buffer)? {
            None => {
                self.finish()?;
                false
            }
            Some(Node::Start(element)) => {
                self.start(&element)?;
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

    fn start(&mut self, element: &Element<'_>) -> Result<(), ReadError> {
        self.take_text()?;
        let name = element.name();
        let kept = name[..name.floor_char_boundary(ELEMENT_BYTES_MAX)].to_owned();
        let depth = self.path.len();
        self.path.push(kept);
        if depth == 0 {
            return self.start_root(element);
        }
        if depth == 1 && name == ENTITY {
            self.draft = Some(self.start_entity(element)?);
        }
        let Some(mut draft) = self.draft.take() else {
            return Ok(());
        };
        if depth == PART_DEPTH {
            draft.before_part = draft.mentions.len();
        }
        self.take_attributes(&mut draft, element)?;
        if depth == PART_DEPTH {
            self.start_part(&mut draft, element)?;
        } else if depth > PART_DEPTH && name == "regulationSummary" {
            // It stands behind the remark that rests on it.
            if let Some(url) = self.attribute(element, "publicationUrl")? {
                draft.mentions.refer(draft.before_part, &url);
                // They have theirs: no later one is looked at again for them.
                draft.before_part = draft.mentions.len();
            }
        }
        self.draft = Some(draft);
        Ok(())
    }

    fn start_root(&mut self, element: &Element<'_>) -> Result<(), ReadError> {
        let Some(given) = self.attribute(element, "generationDate")? else {
            return Ok(());
        };
        // A day, or a day and a time: `2026-09-22T20:01:34.799+02:00`.
        let day = given.split_once('T').map_or(&*given, |(day, _)| day);
        let date = day.trim().parse().map_err(|_| {
            self.document.malformed(Problem::Date {
                what: "generationDate",
                given: Excerpt::of(&given),
            })
        })?;
        self.facts.published_on = Some(date);
        Ok(())
    }

    fn start_entity(&self, element: &Element<'_>) -> Result<Draft, ReadError> {
        let number = self.attribute(element, "euReferenceNumber")?;
        let number = match number {
            Some(number) => Some(number),
            None => self
                .attribute(element, "logicalId")?
                .map(|id| format!("logicalId {id}")),
        };
        Ok(Draft {
            reference_number: number.unwrap_or_default(),
            designated: self
                .attribute(element, "designationDate")?
                .unwrap_or_default(),
            ..Draft::default()
        })
    }

    /// Takes what an element directly in an entity says by its attributes.
    fn start_part(&self, draft: &mut Draft, element: &Element<'_>) -> Result<(), ReadError> {
        match element.name() {
            "nameAlias" => {
                let whole = self.attribute(element, "wholeName")?;
                let name = match whole {
                    Some(whole) => whole,
                    None => self.name_of_parts(element)?,
                };
                let is_new = !name.is_empty() && !draft.names.contains(&name);
                if is_new && draft.names.len() < self.limits.names_max {
                    draft.names.push(name);
                }
            }
            "regulation" => {
                let programme = self.attribute(element, "programme")?.unwrap_or_default();
                let is_new = !programme.is_empty() && !draft.programmes.contains(&programme);
                if is_new && draft.programmes.len() < PROGRAMMES_MAX {
                    draft.programmes.push(programme);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn name_of_parts(&self, element: &Element<'_>) -> Result<String, ReadError> {
        let mut parts = Vec::new();
        for part in ["firstName", "middleName", "lastName"] {
            parts.extend(self.attribute(element, part)?);
        }
        Ok(parts.join(" "))
    }

    /// Returns what an attribute says, if it says anything; evidence is
    /// bounded.
    fn attribute(&self, element: &Element<'_>, name: &str) -> Result<Option<String>, ReadError> {
        let value = self.document.attribute(element, name)?.unwrap_or_default();
        let value = value.trim();
        let kept = &value[..value.floor_char_boundary(self.limits.field_bytes_max)];
        Ok((!kept.is_empty()).then(|| kept.to_owned()))
    }

    /// Looks through the attributes that people write text into.
    fn take_attributes(&self, draft: &mut Draft, element: &Element<'_>) -> Result<(), ReadError> {
        let name = element.name();
        let written = WRITTEN.iter().find(|(element, _)| *element == name);
        for attribute in written.map_or(&[][..], |(_, attributes)| attributes) {
            if let Some(text) = self.document.attribute(element, attribute)? {
                let note = || format!("named in {name}@{attribute}");
                self.mention(draft, &text, self.document.line(), &note)?;
            }
        }
        Ok(())
    }

    fn mention(
        &self,
        draft: &mut Draft,
        text: &str,
        line: u64,
        note: &dyn Fn() -> String,
    ) -> Result<(), ReadError> {
        let ids_max = self.limits.ids_max;
        let taken = draft.mentions.take(text, line, Some(note), ids_max);
        taken.map_err(|TooMany| {
            self.document
                .over("the addresses of one designation", ids_max)
        })
    }

    fn end(&mut self) -> Result<(), ReadError> {
        self.take_text()?;
        self.path.pop();
        if self.path.len() == 1
            && let Some(draft) = self.draft.take()
        {
            self.facts.records += 1;
            self.rows = draft.finish(&self.document);
        }
        Ok(())
    }

    /// Takes the text gathered so far.
    fn take_text(&mut self) -> Result<(), ReadError> {
        let line = std::mem::replace(&mut self.text_line, self.document.line());
        let text = std::mem::take(&mut self.text);
        if text.trim().is_empty() {
            return Ok(());
        }
        let Some(mut draft) = self.draft.take() else {
            return Ok(());
        };
        let inner: Vec<&str> = self
            .path
            .iter()
            .skip(PART_DEPTH)
            .map(String::as_str)
            .collect();
        let note = || format!("named in {}", inner.join("/"));
        self.mention(&mut draft, &text, line, &note)?;
        if inner == ["regulation", "publicationUrl"] && draft.regulation_url.is_none() {
            let url = text.trim();
            let kept = &url[..url.floor_char_boundary(self.limits.field_bytes_max)];
            draft.regulation_url = Some(kept.to_owned());
        }
        self.draft = Some(draft);
        Ok(())
    }

    /// Checks at the end that there is a list at all.
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

impl Reader for EuXml {
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

#[cfg(test)]
#[path = "eu_tests.rs"]
mod tests;
