//! Values on their way from JSON into an entry.
//!
//! The same everywhere: an address is kept as published but for the blanks
//! around it, a value that is too long or wrong is left out, and the first
//! thing wrong is reported with the row.

use std::collections::HashMap;
use std::vec;

use jiff::civil::Date;

use crate::list::ListEntry;

use super::Limits;
use super::fault::RowFault;
use super::row::{Excerpt, Locator, Row};

/// The values of one row, and the first thing wrong with them.
pub(super) struct Fields<'a> {
    limits: &'a Limits,
    fault: Option<RowFault>,
}

impl<'a> Fields<'a> {
    pub(super) const fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            fault: None,
        }
    }

    pub(super) fn blame(&mut self, fault: RowFault) {
        self.fault.get_or_insert(fault);
    }

    /// Returns an address, if there is one.
    pub(super) fn address(&mut self, text: &str) -> Option<String> {
        match address_of(text, self.limits) {
            Ok(address) => {
                if let Some(fault) = RowFault::of_address(&address) {
                    self.blame(fault);
                }
                Some(address)
            }
            Err(fault) => {
                self.blame(fault);
                None
            }
        }
    }

    /// Returns a text, if it says anything.
    pub(super) fn text(&mut self, column: &'static str, text: &str) -> Option<String> {
        let text = text.trim();
        let bytes_max = self.limits.field_bytes_max;
        if text.len() > bytes_max {
            self.blame(RowFault::FieldTooLong { column, bytes_max });
            return None;
        }
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Returns the different ones of several texts, in order, up to `max`.
    pub(super) fn several<'t>(
        &mut self,
        column: &'static str,
        texts: impl IntoIterator<Item = &'t str>,
        max: usize,
    ) -> Vec<String> {
        let mut kept: Vec<String> = Vec::new();
        for text in texts {
            if kept.len() >= max {
                break;
            }
            if let Some(text) = self.text(column, text)
                && !kept.contains(&text)
            {
                kept.push(text);
            }
        }
        kept
    }

    /// Returns the names of a subject.
    pub(super) fn names<'t>(&mut self, names: impl IntoIterator<Item = &'t str>) -> Vec<String> {
        self.several("name", names, self.limits.names_max)
    }

    /// Returns the day of a date or a timestamp.
    pub(super) fn day(&mut self, column: &'static str, text: &str) -> Option<Date> {
        let day = day_of(text);
        if day.is_none() {
            let given = Excerpt::of(text);
            self.blame(RowFault::BadDate { column, given });
        }
        day
    }

    /// Returns the first thing wrong.
    pub(super) fn fault(self) -> Option<RowFault> {
        self.fault
    }

    /// Returns the row of what was kept.
    pub(super) fn row(self, locator: Locator, entry: Option<ListEntry>) -> Row {
        Row {
            locator,
            entry,
            fault: self.fault,
        }
    }
}

/// The rows of one wallet or indicator: what was lost of it, then its
/// addresses. Each is made as it is asked for, because all repeat what is said
/// of the whole.
pub(super) struct Several {
    pub(super) locator: Locator,
    pub(super) lost: vec::IntoIter<RowFault>,
    pub(super) addresses: vec::IntoIter<String>,
    /// Tickers that belong to some of the addresses.
    pub(super) tickers: HashMap<String, String>,
    /// What all addresses share.
    pub(super) entry: ListEntry,
    /// What is wrong with that.
    pub(super) fault: Option<RowFault>,
}

impl Iterator for Several {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let locator = self.locator.clone();
        if let Some(fault) = self.lost.next() {
            return Some(Row {
                locator,
                entry: None,
                fault: Some(fault),
            });
        }
        let address = self.addresses.next()?;
        let fault = self.fault.clone();
        let ticker = self.tickers.remove(&address);
        Some(Row {
            locator,
            fault: fault.or_else(|| RowFault::of_address(&address)),
            entry: Some(ListEntry {
                ticker: ticker.or_else(|| self.entry.ticker.clone()),
                address,
                ..self.entry.clone()
            }),
        })
    }
}

/// Returns an address without the blanks around it, or why there is none.
pub(super) fn address_of(text: &str, limits: &Limits) -> Result<String, RowFault> {
    let text = text.trim();
    let bytes_max = limits.line_bytes_max;
    if text.len() > bytes_max {
        let column = "address";
        return Err(RowFault::FieldTooLong { column, bytes_max });
    }
    if text.is_empty() {
        return Err(RowFault::NoAddress);
    }
    Ok(text.to_owned())
}

/// Adds addresses that are not yet there to those of one wallet or indicator,
/// and to `lost` why others are not.
pub(super) fn add_addresses<'t>(
    kept: &mut Vec<String>,
    lost: &mut Vec<RowFault>,
    texts: impl IntoIterator<Item = &'t str>,
    limits: &Limits,
) {
    let max = limits.ids_max;
    for text in texts {
        let fault = match address_of(text, limits) {
            Ok(address) if kept.contains(&address) => continue,
            Ok(address) if kept.len() < max => {
                kept.push(address);
                continue;
            }
            // Each is held against all before it, so their number is bounded.
            Ok(_) => RowFault::TooMany { max },
            Err(fault) => fault,
        };
        let is_last = matches!(fault, RowFault::TooMany { .. });
        if !lost.contains(&fault) {
            lost.push(fault);
        }
        if is_last {
            return;
        }
    }
}

/// Returns the day of `YYYY-MM-DD`, alone or with a time of day after it.
pub(super) fn day_of(text: &str) -> Option<Date> {
    let text = text.trim();
    let (day, after) = text.split_at_checked("YYYY-MM-DD".len())?;
    let is_day = after.is_empty() || after.starts_with(['T', ' ']);
    day.parse().ok().filter(|_| is_day)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_day_of_a_timestamp_is_its_date() {
        for text in [
            "2021-07-08",
            "2021-07-08T06:43:08.978Z",
            " 2021-07-08 06:43",
        ] {
            assert_eq!(day_of(text), Some(date(2021, 7, 8)), "{text}");
        }
        for text in [
            "",
            "2021",
            "2021-07",
            "2021-02-30",
            "2021-07-081",
            "08/07/2021",
            "ä021-07-08",
        ] {
            assert_eq!(day_of(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_in_one_place_are_bounded_and_those_lost_are_said() {
        let limits = Limits {
            line_bytes_max: 4,
            ids_max: 2,
            ..Limits::default()
        };
        let (mut kept, mut lost) = (Vec::new(), Vec::new());
        let texts = ["1a", "12345", "1a", "123456", "1b", "", "1c", "1d"];
        add_addresses(&mut kept, &mut lost, texts, &limits);
        assert_eq!(kept, ["1a", "1b"]);
        let codes: Vec<_> = lost.iter().map(RowFault::code).collect();
        assert_eq!(codes, ["FIELD_TOO_LONG", "NO_ADDRESS", "TOO_MANY"]);
        assert!(lost[2].loses_addresses());
    }

    #[test]
    fn what_is_too_long_is_left_out_and_said() {
        let limits = Limits {
            line_bytes_max: 4,
            field_bytes_max: 3,
            names_max: 2,
            ..Limits::default()
        };
        let mut fields = Fields::new(&limits);
        assert_eq!(fields.address(" 1234 "), Some("1234".to_owned()));
        assert_eq!(fields.names(["a", " a", "b", "c"]), ["a", "b"]);
        assert_eq!(fields.fault, None);
        assert_eq!(fields.text("note", "1234"), None);
        assert_eq!(
            fields.fault.as_ref().map(RowFault::code),
            Some("FIELD_TOO_LONG")
        );
        for (address, code) in [("12345", "FIELD_TOO_LONG"), (" ", "NO_ADDRESS")] {
            let mut fields = Fields::new(&limits);
            assert_eq!(fields.address(address), None);
            assert_eq!(fields.fault.as_ref().map(RowFault::code), Some(code));
        }
    }
}
