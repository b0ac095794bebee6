//! The table of seizure orders: when each was last changed, and until when it
//! is in force.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::super::error::{Problem, ReadError};
use super::super::facts::{Facts, Warning};
use super::super::record::{Piece, Record, Records};
use super::super::row::Excerpt;
use super::super::{Format, Limits};
use super::cells::{text, visible};

/// The column of an order's name.
const KIND: &str = "סוג";
/// The column of the day it was last changed.
const UPDATED: &str = "תאריך עדכון";
/// The column of its last day in force.
const VALIDITY: &str = "תוקף הצו";

/// What stands instead of a last day, once the property is forfeited.
const FORFEITURE: &str = "צו חילוט";

/// The first year that a date can be of: the law is of 2016. A year of two
/// digits would be a day of the first century, long past.
const YEAR_MIN: i16 = 2000;

/// How many orders are held; some forty are published.
const ORDERS_MAX: usize = 10_000;

/// Tells whether a header is this table's.
pub(super) fn is_header(header: &[String]) -> bool {
    let has = |name| header.iter().any(|cell| cell == name);
    has(KIND) && has(UPDATED) && has(VALIDITY)
}

/// What is known of one order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Order {
    /// The first day on which the publisher is known to have changed it.
    pub(super) updated_on: Option<Date>,
    /// The last day on which it is in force, where it has one.
    pub(super) until: Option<Date>,
    /// What stands where its last day would.
    pub(super) note: Option<String>,
    /// Whether the table of wallets had a block of it.
    pub(super) is_seen: bool,
}

/// Every order, by its number.
pub(super) type Orders = BTreeMap<String, Order>;

/// Reads the table whose header has been read.
pub(super) fn read(
    records: &mut Records,
    header: &[String],
    limits: &Limits,
    facts: &mut Facts,
) -> Result<Orders, ReadError> {
    let column = |name| header.iter().position(|cell| cell == name);
    let columns = [KIND, UPDATED, VALIDITY].map(|name| column(name).unwrap_or_default());
    let mut orders = Orders::new();
    let mut record = Record::default();
    while records.next(&mut record)? == Piece::Record {
        let [kind, updated, validity] =
            columns.map(|column| visible(&text(&record, column, limits.field_bytes_max)));
        let Some(number) = number_in(&kind) else {
            continue;
        };
        let changed = date(&updated).map_err(|()| {
            let what = "the day an order was changed";
            let given = Excerpt::of(&updated);
            malformed(records, &record, Problem::Date { what, given })
        })?;
        facts.published_on = facts.published_on.max(changed);
        if orders.len() >= ORDERS_MAX {
            let max = ORDERS_MAX as u64;
            return Err(records.input.over("the number of orders", max));
        }
        let order = orders.entry(number.clone()).or_default();
        order.updated_on = match (order.updated_on, changed) {
            (Some(known), Some(changed)) => Some(known.min(changed)),
            (known, changed) => known.or(changed),
        };
        // Amendments and annexes say nothing of it.
        match date(&validity) {
            Ok(None) => {}
            Ok(until) => order.until = order.until.max(until),
            Err(()) => {
                if !validity.starts_with(FORFEITURE) {
                    let given = Excerpt::of(&validity).to_string();
                    let order = number;
                    facts.warn(Warning::OrderValidityUnknown { order, given });
                }
                order.note = Some(validity);
            }
        }
    }
    finish(records, orders)
}

/// Checks that the table is whole.
fn finish(records: &Records, mut orders: Orders) -> Result<Orders, ReadError> {
    let file = records.input.file();
    if orders.is_empty() {
        return Err(ReadError::Empty { file });
    }
    if !records.newline_seen {
        let line = records.input.line();
        let missing = "the newline of its last row";
        return Err(ReadError::Truncated {
            file,
            line,
            missing,
        });
    }
    // What is forfeited stays so, whatever day the seizure ended.
    for order in orders.values_mut().filter(|order| order.note.is_some()) {
        order.until = None;
    }
    Ok(orders)
}

/// Returns an order's number, `18/26`: the first that stands in a text.
pub(super) fn number_in(text: &str) -> Option<String> {
    let is_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    text.split(|c: char| !c.is_ascii_digit() && c != '/')
        .find(|word| {
            let parts = word.split_once('/');
            parts.is_some_and(|(number, year)| {
                (1..=4).contains(&number.len())
                    && year.len() == 2
                    && is_digits(number)
                    && is_digits(year)
            })
        })
        .map(str::to_owned)
}

/// Returns a day written `1.7.2026`; `None` where there is none.
fn date(text: &str) -> Result<Option<Date>, ()> {
    if matches!(text, "" | "-") {
        return Ok(None);
    }
    let mut parts = text.split('.').map(str::parse::<i16>);
    let (Some(Ok(day)), Some(Ok(month)), Some(Ok(year)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(());
    };
    let (Ok(day), Ok(month)) = (i8::try_from(day), i8::try_from(month)) else {
        return Err(());
    };
    if year < YEAR_MIN {
        return Err(());
    }
    Date::new(year, month, day).map(Some).map_err(|_| ())
}

fn malformed(records: &Records, record: &Record, problem: Problem) -> ReadError {
    ReadError::Malformed {
        file: Arc::clone(&records.input.file()),
        line: record.line,
        format: Format::Nbctf,
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_known_by_its_number_however_it_is_called() {
        for (text, expected) in [
            ("צ.ת 18/26", Some("18/26")),
            ("צ.ת - 34/23", Some("34/23")),
            ("צו תפיסה 79/21 של שר הביטחון", Some("79/21")),
            ("צו חילוט (צח 14/26)", Some("14/26")),
            ("01/02/2003", None),
            ("/26", None),
            ("", None),
        ] {
            assert_eq!(number_in(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn days_are_written_day_first() {
        let day = jiff::civil::date(2024, 12, 3);
        assert_eq!(date("3.12.2024"), Ok(Some(day)));
        assert_eq!(date("-"), Ok(None));
        for bad in [
            "31.2.2024",
            "3.12",
            "3.12.2024.1",
            "צו",
            "2024-12-03",
            "300.1.2024",
            "01.07.28",
            "01.07.0028",
            "01.07.1999",
        ] {
            assert_eq!(date(bad), Err(()), "{bad}");
        }
    }
}
