//! One row of interdict's own CSV, turned into an entry.
//!
//! A bad value costs that value, not the entry: the first one is reported and
//! the rest of the row is kept. What the columns mean is documented with the
//! format itself.

use std::borrow::Cow;
use std::str::FromStr;

use jiff::civil::Date;

use crate::list::{Category, Designation, Incident, ListEntry};

use super::Limits;
use super::csv::Column;
use super::fault::RowFault;
use super::record::Record;
use super::row::Excerpt;

/// The cells of one row, and the first thing wrong with them.
pub(super) struct Cells<'a> {
    record: &'a Record,
    header: &'a [Column],
    limits: &'a Limits,
    fault: Option<RowFault>,
}

impl<'a> Cells<'a> {
    pub(super) const fn new(record: &'a Record, header: &'a [Column], limits: &'a Limits) -> Self {
        Self {
            record,
            header,
            limits,
            fault: None,
        }
    }

    /// Returns the row's entry, and the first thing wrong with it.
    pub(super) fn read(mut self, default: Category) -> (Option<ListEntry>, Option<RowFault>) {
        let (expected, found) = (self.header.len(), self.record.len());
        let is_ragged = expected != found;
        if is_ragged {
            self.fault = Some(RowFault::Columns { expected, found });
        }
        let Some(address) = self.address() else {
            return (None, self.fault.or(Some(RowFault::NoAddress)));
        };
        let bare = ListEntry::bare(address, default);
        // In a ragged row the other cells may be anyone's.
        let entry = if is_ragged { bare } else { self.complete(bare) };
        (Some(entry), self.fault)
    }

    fn blame(&mut self, fault: RowFault) {
        self.fault.get_or_insert(fault);
    }

    fn raw(&self, column: Column) -> &'a [u8] {
        let at = self.header.iter().position(|&named| named == column);
        at.and_then(|at| self.record.get(at))
            .unwrap_or_default()
            .trim_ascii()
    }

    fn address(&mut self) -> Option<String> {
        let raw = self.raw(Column::Address);
        if raw.len() > self.limits.line_bytes_max {
            let bytes_max = self.limits.line_bytes_max;
            self.blame(RowFault::FieldTooLong {
                column: Column::Address.name(),
                bytes_max,
            });
            return None;
        }
        let Ok(address) = std::str::from_utf8(raw) else {
            self.blame(RowFault::NotUtf8);
            return None;
        };
        if let Some(fault) = RowFault::of_address(address) {
            self.blame(fault);
        }
        (!address.is_empty()).then(|| address.to_owned())
    }

    /// Returns a cell's text, if it says anything.
    fn text(&mut self, column: Column) -> Option<Cow<'a, str>> {
        let raw = self.raw(column);
        if raw.len() > self.limits.field_bytes_max {
            let bytes_max = self.limits.field_bytes_max;
            self.blame(RowFault::FieldTooLong {
                column: column.name(),
                bytes_max,
            });
            return None;
        }
        let text = String::from_utf8_lossy(raw);
        if matches!(text, Cow::Owned(_)) {
            self.blame(RowFault::NotUtf8);
        }
        (!text.is_empty()).then_some(text)
    }

    fn owned(&mut self, column: Column) -> Option<String> {
        self.text(column).map(Cow::into_owned)
    }

    /// Returns what a cell parses to, or blames it.
    fn parsed<T: FromStr>(
        &mut self,
        column: Column,
        fault: fn(&'static str, Excerpt) -> RowFault,
    ) -> Option<T> {
        let text = self.text(column)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.blame(fault(column.name(), Excerpt::of(&text)));
        }
        parsed
    }

    fn date(&mut self, column: Column) -> Option<Date> {
        let text = self.text(column)?;
        // Ten characters: the parser by itself takes longer forms too.
        let date = text
            .parse()
            .ok()
            .filter(|_| text.len() == "YYYY-MM-DD".len());
        if date.is_none() {
            self.blame(RowFault::BadDate {
                column: column.name(),
                given: Excerpt::of(&text),
            });
        }
        date
    }

    fn several(&mut self, column: Column) -> Vec<String> {
        self.text(column)
            .map(|text| split_several(&text))
            .unwrap_or_default()
    }

    fn complete(&mut self, bare: ListEntry) -> ListEntry {
        let category = self.parsed(Column::Category, |_, given| RowFault::BadCategory(given));
        ListEntry {
            ticker: self.owned(Column::Ticker),
            category: category.unwrap_or(bare.category),
            designation: Designation {
                subjects: self.several(Column::Subjects),
                programs: self.several(Column::Programs),
                subject_id: self.owned(Column::SubjectId),
                designated_on: self.date(Column::DesignatedOn),
            },
            incident: self.incident(),
            role: self.owned(Column::Role),
            confidence: self.parsed(Column::Confidence, |_, given| {
                RowFault::BadConfidence(given)
            }),
            listed_on: self.date(Column::ListedOn),
            delisted_on: self.date(Column::DelistedOn),
            reference: self.owned(Column::Reference),
            note: self.owned(Column::Note),
            ..bare
        }
    }

    fn incident(&mut self) -> Option<Incident> {
        let name = self.owned(Column::IncidentName);
        let date = self.date(Column::IncidentDate);
        let loss_usd = self.parsed(Column::IncidentLossUsd, |column, given| {
            RowFault::BadNumber { column, given }
        });
        let attributed_to = self.owned(Column::IncidentAttributedTo);
        let Some(id) = self.owned(Column::Incident) else {
            let says_something =
                name.is_some() || date.is_some() || loss_usd.is_some() || attributed_to.is_some();
            if says_something {
                self.blame(RowFault::IncidentUnnamed);
            }
            return None;
        };
        let name = name.unwrap_or_else(|| id.clone());
        Some(Incident {
            id,
            name,
            date,
            loss_usd,
            attributed_to,
        })
    }
}

/// Splits at `;`, except where a backslash stands before it.
fn split_several(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let last = parts.len() - 1;
        match (character, characters.peek()) {
            ('\\', Some(&escaped @ (';' | '\\'))) => {
                parts[last].push(escaped);
                characters.next();
            }
            (';', _) => parts.push(String::new()),
            _ => parts[last].push(character),
        }
    }
    let trimmed = parts.iter().map(|part| part.trim().to_owned());
    trimmed.filter(|part| !part.is_empty()).collect()
}
