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
//! A currency never seen before is taken like any other and named in a
//! warning. An address under an identifier of any other type is listed too,
//! and reported: a type that is renamed must not empty the list. What a hostile document could do, [`Document`] and the limit on
//! identifiers prevent. The namespace and the schema are OFAC's; see
//! <https://sanctionslistservice.ofac.treas.gov>.

use std::sync::Arc;

use jiff::civil::Date;

use super::error::{Problem, ReadError};
use super::facts::{Facts, Warning};
use super::row::{Excerpt, Row};
use super::sdn_entry::{Draft, Name, Place};
use super::wallet::{Kind, NewTickers, Pending, Wallet, currency_of, unmarked};
use super::xml::{Document, Element, Node, Root};
use super::{Format, InputFile, Limits, Reader};

const ROOT: Root = Root {
    name: "sdnList",
    closing: "the closing </sdnList>",
};

/// Reads designations element by element.
pub(super) struct OfacXml {
    document: Document,
    buffer: Vec<u8>,
    file: Arc<str>,
    limits: Limits,
    path: Vec<Place>,
    /// The text of the current place so far, and the line it begins on.
    text: String,
    text_line: u64,
    draft: Draft,
    pending: Pending,
    new_tickers: NewTickers,
    declared: Option<u64>,
    facts: Facts,
}

impl OfacXml {
    pub(super) fn open(file: InputFile, limits: Limits) -> Result<Self, ReadError> {
        let document = Document::open(file, Format::OfacXml, ROOT, &limits)?;
        Ok(Self {
            file: document.file(),
            document,
            buffer: Vec::new(),
            limits,
            path: Vec::new(),
            text: String::new(),
            text_line: 0,
            draft: Draft::default(),
            pending: Pending::default(),
            new_tickers: NewTickers::default(),
            declared: None,
            facts: Facts::default(),
        })
    }

    /// Takes one node. `false` means that the document is complete.
    fn step(&mut self) -> Result<bool, ReadError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        match self.document.next(&mut buffer)? {
            Some(Node::Start(element)) => self.start(&element),
            Some(Node::Text(text)) => self.take_text(&text)?,
            Some(Node::End) => self.end()?,
            None => return self.finish().map(|()| false),
        }
        self.buffer = buffer;
        Ok(true)
    }

    fn start(&mut self, element: &Element<'_>) {
        let place = match self.path.last() {
            Some(parent) => parent.within(element.name()),
            None => Place::Root,
        };
        self.path.push(place);
        if place.has_text() {
            self.text.clear();
            self.text_line = self.document.line();
        }
        match place {
            Place::Entry => self.draft = Draft::default(),
            Place::Id => {
                self.draft.id_type.clear();
                self.draft.id_numbers.clear();
                self.draft.id_line = self.document.line();
            }
            Place::Aka => self.draft.aka = Name::default(),
            _ => {}
        }
    }

    fn take_text(&mut self, text: &str) -> Result<(), ReadError> {
        if self.path.last().is_some_and(|place| place.has_text()) {
            self.document.append(&mut self.text, text)?;
        }
        Ok(())
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
                self.new_tickers.count(&self.pending.wallets);
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
            self.document.malformed(Problem::Date {
                what: "Publish_Date",
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

    fn take_count(&mut self, text: &str) -> Result<(), ReadError> {
        let count = text.parse().map_err(|_| {
            self.document.malformed(Problem::Number {
                what: "Record_Count",
                given: Excerpt::of(text),
            })
        })?;
        match self.declared.replace(count) {
            Some(_) => Err(self.document.malformed(Problem::TwoCounts)),
            None => Ok(()),
        }
    }

    fn check_ids(&self, held: usize) -> Result<(), ReadError> {
        if held < self.limits.ids_max {
            return Ok(());
        }
        Err(self.document.over(
            "the identifiers or programs of one designation",
            self.limits.ids_max,
        ))
    }

    /// Takes the identifier just ended, if it is a wallet.
    fn end_id(&mut self) -> Result<(), ReadError> {
        let Some(currency) = currency_of(&self.draft.id_type) else {
            return self.end_other_id();
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

    /// Takes the addresses of an identifier that is said to be something else.
    fn end_other_id(&mut self) -> Result<(), ReadError> {
        for (line, number) in &self.draft.id_numbers {
            let kind = match self.draft.id_type.as_str() {
                "" => Kind::Unexplained("no type"),
                named => Kind::Named(named),
            };
            let found = unmarked(kind, number, *line, self.limits.line_bytes_max);
            self.draft.wallets.extend(found);
        }
        self.check_ids(self.draft.wallets.len().saturating_sub(1))
    }

    /// Checks at the end that the list is whole.
    fn finish(&mut self) -> Result<(), ReadError> {
        let file = Arc::clone(&self.file);
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
        std::mem::take(&mut self.new_tickers).report(&mut self.facts);
        Ok(())
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
