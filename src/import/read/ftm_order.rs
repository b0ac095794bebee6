//! What authorities ordered about one entity, summed up.

use jiff::civil::Date;

use super::super::Limits;
use super::super::fault::RowFault;
use super::super::held::bytes_of;
use super::super::json_fields::{Fields, day_of};
use super::super::row::Excerpt;
use super::entity::Properties;

/// The schema of a sanction.
pub(super) const SANCTION: &str = "Sanction";

/// The schema of what is told of an entity without being a sanction.
pub(super) const RISK: &str = "Risk";

/// The orders against one entity.
#[derive(Default)]
pub(super) struct Orders {
    /// Whether one of them is a sanction.
    pub(super) any_sanction: bool,
    /// Whether one of them has no end.
    pub(super) any_open: bool,
    /// When the last of those that end ends.
    pub(super) last_end: Option<Date>,
    /// When the first of them was made.
    pub(super) first_day: Option<Date>,
    pub(super) programs: Vec<String>,
    pub(super) authorities: Vec<String>,
    pub(super) reference: Option<String>,
    /// The first thing wrong with one of them.
    pub(super) fault: Option<RowFault>,
}

impl Orders {
    /// Takes one more.
    pub(super) fn add(&mut self, schema: &str, order: &Properties, limits: &Limits) {
        self.any_sanction |= schema == SANCTION;
        // An order that ends twice ends the second time, and one of whose ends
        // one cannot be read does not end: it may be the later one.
        self.any_open |= order.end_date.is_empty();
        for text in &order.end_date {
            if let Some(end) = end_of(text) {
                self.last_end = self.last_end.max(Some(end));
            } else {
                self.any_open = true;
                self.fault.get_or_insert(RowFault::BadDate {
                    column: "endDate",
                    given: Excerpt::of(text),
                });
            }
        }
        let listed = order.listing_date.iter().filter_map(|text| day_of(text));
        let started = order.start_date.iter().filter_map(|text| day_of(text));
        let day = listed.min().or_else(|| started.min());
        self.first_day = match (self.first_day, day) {
            (Some(first), Some(day)) => Some(first.min(day)),
            (first, day) => first.or(day),
        };
        let mut fields = Fields::new(limits);
        let programs = order.program.iter().chain(&order.program_id);
        extend(
            &mut self.programs,
            fields.several("program", programs.map(|text| &**text), SEVERAL_MAX),
            SEVERAL_MAX,
        );
        let authorities = order.authority.iter().map(|text| &**text);
        extend(
            &mut self.authorities,
            fields.names(authorities),
            limits.names_max,
        );
        if self.reference.is_none() {
            let urls = order.source_url.first();
            self.reference = urls.and_then(|url| fields.text("sourceUrl", url));
        }
        self.fault = self.fault.take().or(fields.fault());
    }
}

impl Orders {
    /// Returns about how much memory they take.
    pub(super) fn bytes(&self) -> usize {
        let reference = self.reference.as_ref().map_or(0, String::len);
        size_of::<Self>() + bytes_of(&self.programs) + bytes_of(&self.authorities) + reference
    }
}

/// Most topics, programs and authorities kept of one entity: far more than any
/// has.
pub(super) const SEVERAL_MAX: usize = 256;

/// Adds what is not yet there, up to `max`.
pub(super) fn extend(kept: &mut Vec<String>, more: Vec<String>, max: usize) {
    for text in more {
        if kept.len() < max && !kept.contains(&text) {
            kept.push(text);
        }
    }
}

/// Returns the last day of a date that may be a year or a month.
fn end_of(text: &str) -> Option<Date> {
    let text = text.trim();
    match text.len() {
        4 => day_of(&format!("{text}-12-31")),
        7 => day_of(&format!("{text}-01")).map(Date::last_of_month),
        _ => day_of(text),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn order(starts: &[&str], ends: &[&str]) -> Properties {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Properties {
            start_date: owned(starts),
            end_date: owned(ends),
            ..Properties::default()
        }
    }

    fn sum(orders: &[Properties]) -> Orders {
        let mut sum = Orders::default();
        for order in orders {
            sum.add(SANCTION, order, &Limits::default());
        }
        sum
    }

    #[test]
    fn the_last_end_counts_and_an_open_order_is_open() {
        let ended = sum(&[
            order(&["2021-03-01"], &["2022-01-05", "2023"]),
            order(&[], &["2022-02"]),
        ]);
        assert_eq!(
            (ended.any_open, ended.last_end),
            (false, Some(date(2023, 12, 31)))
        );
        assert_eq!(ended.first_day, Some(date(2021, 3, 1)));
        let month = sum(&[order(&["2021"], &["2024-02"])]);
        assert_eq!(
            (month.last_end, month.first_day),
            (Some(date(2024, 2, 29)), None)
        );
        assert!(sum(&[order(&[], &["2022-01-05"]), order(&[], &[])]).any_open);
    }

    #[test]
    fn an_end_that_nobody_can_read_ends_nothing() {
        let unread = sum(&[order(&[], &["soon"])]);
        assert!(unread.any_open);
        assert_eq!(unread.fault.map(|fault| fault.code()), Some("BAD_DATE"));
        for ends in [["2020-01-01", "1/1/2030"], ["1/1/2030", "2020-01-01"]] {
            let one_unread = sum(&[order(&[], &ends)]);
            assert!(one_unread.any_open, "{ends:?}");
            assert_eq!(one_unread.fault.map(|fault| fault.code()), Some("BAD_DATE"));
        }
    }
}
