//! OFAC's classic `SDN.XML`, and `CONSOLIDATED.XML` in the same schema.
//!
//! Elements are matched by local name: the namespace has changed before
//! without notice, and a reader that matched it silently returned nothing.
//! The list is complete when its closing root has been seen and its
//! `Record_Count` equals the designations counted; a file without a count is
//! refused, because a cut one could not be told from it.
//!
//! Every identifier of type `Digital Currency Address - X` is one entry, so an
//! address that serves two currencies is two. The format dates itself but
//! neither its subjects nor its addresses.
//!
//! The file may be hostile: a document type is refused, entities other than
//! XML's own are errors, and depth, text, attributes and identifiers are
//! bounded. The namespace and the schema are OFAC's; see
//! <https://sanctionslistservice.ofac.treas.gov>.

use std::io;
use std::sync::Arc;

use jiff::civil::Date;
use quick_xml::Reader as Xml;
use quick_xml::errors::SyntaxError;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::error::{Problem, ReadError};
use super::input::Input;
use super::row::{Excerpt, Facts, Row, Warning};
use super::sdn_entry::{Draft, Name, Place};
use super::wallet::{Pending, Wallet, currency_of};
use super::{Format, InputFile, Limits, Reader};

const ROOT: &str = "sdnList";

/// Reads designations element by element.
pub(super) struct OfacXml {
    xml: Xml<Input>,
    buffer: Vec<u8>,
    file: Arc<str>,
    limits: Limits,
    path: Vec<Place>,
    root_seen: bool,
    /// The text of the current place so far, and the line it begins on.
    text: String,
    text_line: u64,
    draft: Draft,
    pending: Pending,
    declared: Option<u64>,
    facts: Facts,
}

impl OfacXml {
    pub(super) fn open(file: InputFile, limits: Limits) -> Result<Self, ReadError> {
        let input = Input::open(file, &limits)?;
        let file = input.file();
        let mut xml = Xml::from_reader(input);
        xml.config_mut().expand_empty_elements = true;
        Ok(Self {
            xml,
            buffer: Vec::new(),
            file,
            limits,
            path: Vec::new(),
            root_seen: false,
            text: String::new(),
            text_line: 0,
            draft: Draft::default(),
            pending: Pending::default(),
            declared: None,
            facts: Facts::default(),
        })
    }

    /// Takes one XML event. `false` means that the document is complete.
    fn step(&mut self) -> Result<bool, ReadError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        self.xml.get_mut().begin_piece();
        let goes_on = match self.xml.read_event_into(&mut buffer) {
            Ok(event) => self.take(&event)?,
            Err(error) => return Err(self.xml_failed(error)),
        };
        self.buffer = buffer;
        Ok(goes_on)
    }

    fn take(&mut self, event: &Event<'_>) -> Result<bool, ReadError> {
        match event {
            Event::Start(start) | Event::Empty(start) => self.start(start)?,
            Event::End(_) => self.end()?,
            Event::Text(text) => self.take_text(&text.xml10_content())?,
            Event::CData(text) => self.take_text(&text.xml10_content())?,
            Event::GeneralRef(reference) => self.take_reference(reference)?,
            Event::DocType(_) => {
                let (file, line) = (Arc::clone(&self.file), self.line());
                return Err(ReadError::Doctype { file, line });
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => return self.finish().map(|()| false),
        }
        Ok(true)
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), ReadError> {
        self.check_attributes(start)?;
        let name = start.local_name();
        let place = match self.path.last() {
            Some(parent) => parent.within(name.as_ref()),
            None if self.root_seen => return Err(self.malformed(Problem::OutsideRoot)),
            None if name.as_ref() != ROOT => {
                let (file, found) = (Arc::clone(&self.file), Excerpt::of(name.as_ref()));
                return Err(ReadError::WrongRoot {
                    file,
                    found,
                    expected: ROOT,
                });
            }
            None => Place::Root,
        };
        self.root_seen = true;
        if self.path.len() == self.limits.depth_max {
            return Err(self.over("the depth of nested elements", self.limits.depth_max));
        }
        self.path.push(place);
        if place.has_text() {
            self.text.clear();
            self.text_line = self.line();
        }
        match place {
            Place::Entry => self.draft = Draft::default(),
            Place::Id => {
                self.draft.id_type.clear();
                self.draft.id_numbers.clear();
                self.draft.id_line = self.line();
            }
            Place::Aka => self.draft.aka = Name::default(),
            _ => {}
        }
        Ok(())
    }

    fn check_attributes(&self, start: &BytesStart<'_>) -> Result<(), ReadError> {
        if start.len() > self.limits.text_bytes_max {
            return Err(self.over("one tag's size in bytes", self.limits.text_bytes_max));
        }
        // The check for duplicates would take quadratic time before the limit.
        for (before, attribute) in start.attributes().with_checks(false).enumerate() {
            if before == self.limits.attributes_max {
                return Err(self.over("the attributes of one element", self.limits.attributes_max));
            }
            attribute.map_err(|error| self.malformed(Problem::Attribute(error)))?;
        }
        Ok(())
    }

    fn take_text(&mut self, text: &str) -> Result<(), ReadError> {
        let Some(place) = self.path.last() else {
            let is_blank = text.trim().is_empty();
            return if is_blank {
                Ok(())
            } else {
                Err(self.malformed(Problem::OutsideRoot))
            };
        };
        let kept = if place.has_text() { self.text.len() } else { 0 };
        if kept + text.len() > self.limits.text_bytes_max {
            return Err(self.over("one text's size in bytes", self.limits.text_bytes_max));
        }
        if place.has_text() {
            self.text.push_str(text);
        }
        Ok(())
    }

    /// Takes `&amp;` or `&#38;`. Anything else would need a document type,
    /// and a document with one was refused.
    fn take_reference(&mut self, reference: &BytesRef<'_>) -> Result<(), ReadError> {
        let character = reference
            .resolve_char_ref()
            .map_err(|error| self.xml_failed(error))?;
        if let Some(character) = character {
            return self.take_text(character.encode_utf8(&mut [0; 4]));
        }
        let name: &str = reference;
        let text = resolve_predefined_entity(name)
            .ok_or_else(|| self.malformed(Problem::Entity(Excerpt::of(name))))?;
        self.take_text(text)
    }

    fn end(&mut self) -> Result<(), ReadError> {
        let Some(place) = self.path.pop() else {
            return Ok(());
        };
        if place.has_text() {
            let text = std::mem::take(&mut self.text);
            self.take_value(place, text.trim())?;
            self.text = text;
        }
        match place {
            Place::Id => self.end_id()?,
            Place::Aka if self.draft.akas.len() + 1 < self.limits.names_max => {
                self.draft.akas.push(self.draft.aka.whole());
            }
            Place::Entry => {
                self.facts.records += 1;
                self.pending = std::mem::take(&mut self.draft).finish();
            }
            _ => {}
        }
        Ok(())
    }

    fn take_value(&mut self, place: Place, text: &str) -> Result<(), ReadError> {
        // Values are evidence, except for the address, which has its own limit.
        let bounded = || text[..text.floor_char_boundary(self.limits.field_bytes_max)].to_owned();
        match place {
            Place::PublishDate => return self.take_date(text),
            Place::RecordCount => return self.take_count(text),
            Place::Uid => self.draft.uid = bounded(),
            Place::FirstName => self.draft.name.first = bounded(),
            Place::LastName => self.draft.name.last = bounded(),
            Place::AkaFirstName => self.draft.aka.first = bounded(),
            Place::AkaLastName => self.draft.aka.last = bounded(),
            Place::IdType => self.draft.id_type = bounded(),
            Place::Program => {
                self.check_ids(self.draft.programs.len())?;
                let program = bounded();
                self.draft.programs.push(program);
            }
            Place::IdNumber => {
                self.check_ids(self.draft.id_numbers.len())?;
                // One byte past the limit is enough to see that it is past.
                let kept = text.ceil_char_boundary(self.limits.line_bytes_max + 1);
                self.draft
                    .id_numbers
                    .push((self.text_line, text[..kept].to_owned()));
            }
            _ => {}
        }
        Ok(())
    }

    fn take_date(&mut self, text: &str) -> Result<(), ReadError> {
        let date = Date::strptime("%m/%d/%Y", text).map_err(|_| {
            self.malformed(Problem::Date {
                what: "Publish_Date",
                given: Excerpt::of(text),
            })
        })?;
        match self.facts.published_on.replace(date) {
            Some(first) if first != date => Err(self.malformed(Problem::TwoDates {
                first,
                second: date,
            })),
            _ => Ok(()),
        }
    }

    fn take_count(&mut self, text: &str) -> Result<(), ReadError> {
        let count = text.parse().map_err(|_| {
            self.malformed(Problem::Number {
                what: "Record_Count",
                given: Excerpt::of(text),
            })
        })?;
        match self.declared.replace(count) {
            Some(_) => Err(self.malformed(Problem::TwoCounts)),
            None => Ok(()),
        }
    }

    fn check_ids(&self, held: usize) -> Result<(), ReadError> {
        if held < self.limits.ids_max {
            return Ok(());
        }
        Err(self.over(
            "the identifiers or programs of one designation",
            self.limits.ids_max,
        ))
    }

    /// Takes the identifier just ended, if it is a wallet.
    fn end_id(&mut self) -> Result<(), ReadError> {
        let Some(currency) = currency_of(&self.draft.id_type) else {
            return Ok(());
        };
        self.check_ids(self.draft.wallets.len())?;
        if self.draft.id_numbers.is_empty() {
            self.draft
                .id_numbers
                .push((self.draft.id_line, String::new()));
        }
        let bytes_max = self.limits.line_bytes_max;
        for (line, address) in &self.draft.id_numbers {
            self.draft
                .wallets
                .push(Wallet::new(*line, Some(currency), address, bytes_max));
        }
        Ok(())
    }

    /// Checks at the end that the list is whole.
    fn finish(&mut self) -> Result<(), ReadError> {
        let file = Arc::clone(&self.file);
        let line = self.line();
        if !self.root_seen {
            return Err(ReadError::Empty { file });
        }
        if !self.path.is_empty() {
            return Err(ReadError::Truncated {
                file,
                line,
                missing: "the closing </sdnList>",
            });
        }
        let found = self.facts.records;
        match self.declared {
            None => return Err(ReadError::RecordCountMissing { file }),
            Some(declared) if declared != found => {
                return Err(ReadError::RecordCount {
                    file,
                    declared,
                    found,
                });
            }
            Some(0) => return Err(ReadError::Empty { file }),
            Some(_) => {}
        }
        if self.facts.published_on.is_none() {
            self.facts.warn(Warning::NoPublishDate);
        }
        Ok(())
    }

    fn line(&self) -> u64 {
        self.xml.get_ref().line()
    }

    fn over(&self, what: &'static str, max: usize) -> ReadError {
        self.xml.get_ref().over(what, max as u64)
    }

    fn malformed(&self, problem: Problem) -> ReadError {
        let (file, line) = (Arc::clone(&self.file), self.line());
        ReadError::Malformed {
            file,
            line,
            format: Format::OfacXml,
            problem,
        }
    }

    fn xml_failed(&self, error: quick_xml::Error) -> ReadError {
        match error {
            quick_xml::Error::Io(source) => {
                // The reader shares its error; ours is needed by value.
                let source = Arc::try_unwrap(source)
                    .unwrap_or_else(|shared| io::Error::new(shared.kind(), shared.to_string()));
                self.xml.get_ref().failed(source)
            }
            quick_xml::Error::Syntax(error) if error != SyntaxError::InvalidBangMarkup => {
                // Every other one says that the end came too early.
                let (file, line) = (Arc::clone(&self.file), self.line());
                ReadError::Truncated {
                    file,
                    line,
                    missing: "the end of a tag",
                }
            }
            quick_xml::Error::Encoding(_) => self.malformed(Problem::NotUtf8),
            error => self.malformed(Problem::Xml(Box::new(error))),
        }
    }
}

impl Reader for OfacXml {
    fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        loop {
            if let Some(row) = self.pending.next_row(&self.file) {
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
#[path = "ofac_xml_tests.rs"]
mod tests;
