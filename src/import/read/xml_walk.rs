//! A [`Document`] walked as its schema is written: parent by parent, child by
//! child.
//!
//! For readers of deep schemas, where a function per element says more than a
//! table of places. Whoever is given a child reads it to its end, with
//! [`Walk::child`] until there is none, with [`Walk::text`] or with
//! [`Walk::skip`]; so the depth of the stack is the depth of the code.

use super::error::ReadError;
use super::xml::{Document, Element, Node};

/// A document and where it is being read.
pub(super) struct Walk {
    pub(super) document: Document,
    buffer: Vec<u8>,
    text: String,
}

impl Walk {
    pub(super) const fn new(document: Document) -> Self {
        Self {
            document,
            buffer: Vec::new(),
            text: String::new(),
        }
    }

    /// Returns what `see` makes of the next child of the innermost element,
    /// or `None` at the end of that element, which is then left.
    ///
    /// Before the first element the child is the root; after it there is
    /// none, and the document is complete.
    pub(super) fn child<T>(
        &mut self,
        see: impl FnOnce(&Document, &Element<'_>) -> Result<T, ReadError>,
    ) -> Result<Option<T>, ReadError> {
        loop {
            match self.document.next(&mut self.buffer)? {
                Some(Node::Start(element)) => return see(&self.document, &element).map(Some),
                Some(Node::Text(_)) => {}
                Some(Node::End) | None => return Ok(None),
            }
        }
    }

    /// Returns the text of the innermost element, without surrounding blanks
    /// and without that of its children, and leaves the element.
    pub(super) fn text(&mut self) -> Result<&str, ReadError> {
        self.text.clear();
        loop {
            let is_child = match self.document.next(&mut self.buffer)? {
                Some(Node::Start(_)) => true,
                Some(Node::Text(piece)) => {
                    self.document.append(&mut self.text, &piece)?;
                    false
                }
                Some(Node::End) | None => return Ok(self.text.trim()),
            };
            if is_child {
                self.document.skip(&mut self.buffer)?;
            }
        }
    }

    /// Leaves the innermost element.
    pub(super) fn skip(&mut self) -> Result<(), ReadError> {
        self.document.skip(&mut self.buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::super::xml::Root;
    use super::super::{Format, InputFile, Limits};
    use super::*;

    #[test]
    fn a_walk_sees_children_and_texts_and_ends_with_the_document() {
        let bytes = "<list> <a n='1'>x<b>no</b> y </a><c><d/></c><e/></list><!-- z -->";
        let root = Root {
            name: "list",
            closing: "the closing </list>",
        };
        let file = InputFile::of_bytes("a.xml", bytes);
        let limits = Limits::default();
        let document = Document::open(file, Format::OfacXml, root, &limits).expect("opens");
        let mut walk = Walk::new(document);
        let name = |_: &Document, element: &Element<'_>| Ok(element.name().to_owned());
        assert_eq!(walk.child(name).expect("reads").as_deref(), Some("list"));
        assert_eq!(walk.child(name).expect("reads").as_deref(), Some("a"));
        assert_eq!(walk.text().expect("reads"), "x y");
        assert_eq!(walk.child(name).expect("reads").as_deref(), Some("c"));
        walk.skip().expect("reads");
        assert_eq!(walk.child(name).expect("reads").as_deref(), Some("e"));
        assert_eq!(walk.text().expect("reads"), "");
        assert_eq!(walk.child(name).expect("reads"), None, "the root ends");
        assert_eq!(walk.child(name).expect("reads"), None, "the document ends");
    }
}
