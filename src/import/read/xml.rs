//! An XML document being read: what all XML lists need, and nothing of any.
//!
//! A [`Document`] deals out [`Node`]s, one tag or piece of text at a time, and
//! keeps the promises that do not depend on the list: the root is the expected
//! one and its closing tag was seen; nothing but blanks stands outside it; a
//! document type is refused; entities other than XML's own are errors; depth,
//! text, tags and attributes are bounded; tags close in order. Elements and
//! attributes are named by their local names, because publishers change
//! namespaces without notice.
//!
//! What the elements mean is left to the readers. See
//! <https://www.w3.org/TR/xml/>.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use quick_xml::Reader as Xml;
use quick_xml::XmlVersion;
use quick_xml::errors::SyntaxError;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::error::{Problem, ReadError};
use super::input::Input;
use super::row::{Excerpt, Locator};
use super::{Format, InputFile, Limits};

/// The root element that a document must have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Root {
    /// Its local name: `sdnList`.
    pub(super) name: &'static str,
    /// What a cut document lacks: `the closing </sdnList>`.
    pub(super) closing: &'static str,
}

/// A list in XML, read node by node.
pub(super) struct Document {
    xml: Xml<Input>,
    file: Arc<str>,
    format: Format,
    root: Root,
    root_seen: bool,
    /// How many elements are open.
    depth: usize,
    /// The last element was `<a/>`: its end is still to be told.
    ends_next: bool,
    depth_max: usize,
    text_bytes_max: usize,
    attributes_max: usize,
}

/// One step through a document.
#[derive(Debug)]
pub(super) enum Node<'b> {
    /// An element begins.
    Start(Element<'b>),
    /// A piece of text: references are resolved, CDATA is opened, line ends
    /// are `\n`. One text may come in several pieces.
    Text(Cow<'b, str>),
    /// The innermost element ends.
    End,
}

/// The beginning of an element.
#[derive(Debug)]
pub(super) struct Element<'b>(BytesStart<'b>);

impl Element<'_> {
    /// Returns its local name.
    pub(super) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }
}

impl Document {
    /// Begins a document, which must have a certain root.
    pub(super) fn open(
        file: InputFile,
        format: Format,
        root: Root,
        limits: &Limits,
    ) -> Result<Self, ReadError> {
        let input = Input::open(file, limits)?;
        let file = input.file();
        Ok(Self {
            xml: Xml::from_reader(input),
            file,
            format,
            root,
            root_seen: false,
            depth: 0,
            ends_next: false,
            depth_max: limits.depth_max,
            text_bytes_max: limits.text_bytes_max,
            attributes_max: limits.attributes_max,
        })
    }

    /// Returns the next node, or `None` once the document is complete. What
    /// says nothing, such as a comment, is an empty text. The node is held in
    /// `buffer`.
    pub(super) fn next<'b>(
        &mut self,
        buffer: &'b mut Vec<u8>,
    ) -> Result<Option<Node<'b>>, ReadError> {
        if std::mem::take(&mut self.ends_next) {
            self.depth -= 1;
            return Ok(Some(Node::End));
        }
        buffer.clear();
        self.xml.get_mut().begin_piece();
        let event = match self.xml.read_event_into(buffer) {
            Ok(event) => event,
            Err(error) => return Err(self.xml_failed(error)),
        };
        let node = match event {
            Event::Start(start) => self.start(start)?,
            Event::Empty(start) => {
                self.ends_next = true;
                self.start(start)?
            }
            Event::End(_) => {
                self.depth -= 1;
                Node::End
            }
            Event::Text(text) => self.text(text.xml10_content())?,
            Event::CData(text) => self.text(text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let text = self.resolve(&reference)?;
                self.text(text)?
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => Node::Text(Cow::Borrowed("")),
            Event::DocType(_) => {
                let (file, line) = (Arc::clone(&self.file), self.line());
                return Err(ReadError::Doctype { file, line });
            }
            Event::Eof => return self.finish().map(|()| None),
        };
        Ok(Some(node))
    }

    /// Reads past the end of the element whose start was just returned. What
    /// is skipped must be as well formed as the rest.
    pub(super) fn skip(&mut self, buffer: &mut Vec<u8>) -> Result<(), ReadError> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            self.next(buffer)?;
        }
        Ok(())
    }

    /// Returns the value of an attribute, by its local name.
    pub(super) fn attribute<'e>(
        &self,
        element: &'e Element<'_>,
        name: &str,
    ) -> Result<Option<Cow<'e, str>>, ReadError> {
        let mut found = None;
        for attribute in element.0.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| self.malformed(Problem::Attribute(error)))?;
            if attribute.key.local_name().into_inner() == name {
                if found.is_some() {
                    return Err(self.malformed(Problem::AttributeTwice(Excerpt::of(name))));
                }
                let value = attribute.normalized_value(XmlVersion::Implicit1_0);
                found = Some(value.map_err(|error| self.xml_failed(error))?);
            }
        }
        Ok(found)
    }

    /// Appends a piece to a text that is being gathered, within the limit.
    pub(super) fn append(&self, text: &mut String, piece: &str) -> Result<(), ReadError> {
        if text.len() + piece.len() > self.text_bytes_max {
            return Err(self.over("one text's size in bytes", self.text_bytes_max));
        }
        text.push_str(piece);
        Ok(())
    }

    /// Returns the file's name.
    pub(super) fn file(&self) -> Arc<str> {
        Arc::clone(&self.file)
    }

    /// Returns the line on which the last node ended.
    pub(super) fn line(&self) -> u64 {
        self.xml.get_ref().line()
    }

    /// Returns where a row that begins on a line stands.
    pub(super) fn locator(&self, line: u64) -> Locator {
        self.xml.get_ref().locator(line)
    }

    /// Returns the error for something larger than its limit.
    pub(super) fn over(&self, what: &'static str, max: usize) -> ReadError {
        self.xml.get_ref().over(what, max as u64)
    }

    /// Returns the error for a document that breaks the rules of its format.
    pub(super) fn malformed(&self, problem: Problem) -> ReadError {
        let (file, line) = (Arc::clone(&self.file), self.line());
        ReadError::Malformed {
            file,
            line,
            format: self.format,
            problem,
        }
    }

    fn start<'b>(&mut self, start: BytesStart<'b>) -> Result<Node<'b>, ReadError> {
        self.check_attributes(&start)?;
        let element = Element(start);
        if self.depth == 0 {
            self.check_root(element.name())?;
        }
        if self.depth == self.depth_max {
            return Err(self.over("the depth of nested elements", self.depth_max));
        }
        self.depth += 1;
        Ok(Node::Start(element))
    }

    fn check_attributes(&self, start: &BytesStart<'_>) -> Result<(), ReadError> {
        if start.len() > self.text_bytes_max {
            return Err(self.over("one tag's size in bytes", self.text_bytes_max));
        }
        if start.attributes_raw().is_empty() {
            return Ok(());
        }
        // The check for duplicates would take quadratic time before the limit.
        for (before, attribute) in start.attributes().with_checks(false).enumerate() {
            if before == self.attributes_max {
                return Err(self.over("the attributes of one element", self.attributes_max));
            }
            attribute.map_err(|error| self.malformed(Problem::Attribute(error)))?;
        }
        Ok(())
    }

    fn check_root(&mut self, name: &str) -> Result<(), ReadError> {
        if std::mem::replace(&mut self.root_seen, true) {
            return Err(self.malformed(Problem::OutsideRoot));
        }
        if name == self.root.name {
            return Ok(());
        }
        Err(ReadError::WrongRoot {
            file: Arc::clone(&self.file),
            found: Excerpt::of(name),
            expected: self.root.name,
        })
    }

    fn text<'b>(&self, text: Cow<'b, str>) -> Result<Node<'b>, ReadError> {
        if text.len() > self.text_bytes_max {
            return Err(self.over("one text's size in bytes", self.text_bytes_max));
        }
        if self.depth == 0 {
            return match text.trim() {
                "" => Ok(Node::Text(Cow::Borrowed(""))),
                _ => Err(self.malformed(Problem::OutsideRoot)),
            };
        }
        Ok(Node::Text(text))
    }

    /// Resolves `&amp;` or `&#38;`. Anything else would need a document type,
    /// and a document with one is refused.
    fn resolve(&self, reference: &BytesRef<'_>) -> Result<Cow<'static, str>, ReadError> {
        let character = reference
            .resolve_char_ref()
            .map_err(|error| self.xml_failed(error))?;
        if let Some(character) = character {
            return Ok(Cow::Owned(character.to_string()));
        }
        let name: &str = reference;
        resolve_predefined_entity(name)
            .map(Cow::Borrowed)
            .ok_or_else(|| self.malformed(Problem::Entity(Excerpt::of(name))))
    }

    /// Checks at the end that the document is whole.
    fn finish(&self) -> Result<(), ReadError> {
        let file = Arc::clone(&self.file);
        if !self.root_seen {
            return Err(ReadError::Empty { file });
        }
        if self.depth > 0 {
            return Err(ReadError::Truncated {
                file,
                line: self.line(),
                missing: self.root.closing,
            });
        }
        Ok(())
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

#[cfg(test)]
#[path = "xml_tests.rs"]
mod tests;
