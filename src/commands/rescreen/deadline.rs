//! Ten business days: until when property that was blocked must be reported.
//!
//! 31 CFR 501.603(b)(1) has initial reports within ten business days from the
//! date that property becomes blocked. Business days are those that are no
//! Saturday, no Sunday and no federal holiday (5 U.S.C. 6103), each on the day
//! it is observed. Inauguration Day is a holiday around Washington only, and is
//! not counted as one, which makes the deadline no later.

use jiff::civil::{Date, Weekday, date};

/// Business days until a report is due.
const BUSINESS_DAYS: u32 = 10;

/// Returns the tenth business day behind a day.
pub(super) fn due(blocked_on: Date) -> Date {
    let mut day = blocked_on;
    let mut counted = 0;
    while counted < BUSINESS_DAYS {
        let Ok(next) = day.tomorrow() else {
            return day;
        };
        day = next;
        counted += u32::from(is_business_day(day));
    }
    day
}

fn is_business_day(day: Date) -> bool {
    let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    !is_weekend && !is_holiday(day)
}

/// Whether a holiday is observed on a day. New Year's Day of the year after
/// may be observed on the last day of this one.
fn is_holiday(day: Date) -> bool {
    [day.year(), day.year() + 1]
        .into_iter()
        .any(|year| holidays(year).any(|holiday| holiday == Some(day)))
}

fn holidays(year: i16) -> impl Iterator<Item = Option<Date>> {
    use Weekday::{Monday, Thursday};

    let fixed = [(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)];
    let fixed = fixed.map(|(month, day)| observed(date(year, month, day)));
    let nth = |month, nth, weekday| date(year, month, 1).nth_weekday_of_month(nth, weekday).ok();
    let moving = [
        nth(1, 3, Monday),
        nth(2, 3, Monday),
        nth(5, -1, Monday),
        nth(9, 1, Monday),
        nth(10, 2, Monday),
        nth(11, 4, Thursday),
    ];
    fixed.into_iter().chain(moving)
}

/// A holiday on a Saturday is observed on the Friday before, one on a Sunday
/// on the Monday behind.
fn observed(holiday: Date) -> Option<Date> {
    match holiday.weekday() {
        Weekday::Saturday => holiday.yesterday().ok(),
        Weekday::Sunday => holiday.tomorrow().ok(),
        _ => Some(holiday),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Office of Personnel Management's own tables.
    #[test]
    fn holidays_are_those_that_were_published() {
        let published = [
            (
                2021,
                "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
            ),
            (
                2026,
                "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25",
            ),
            (
                2027,
                "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
            ),
        ];
        for (year, days) in published {
            let mut found = Vec::new();
            let mut day = date(year, 1, 1);
            while day.year() == year {
                if is_holiday(day) {
                    found.push(day.strftime("%m-%d").to_string());
                }
                day = day.tomorrow().expect("a day follows");
            }
            assert_eq!(found.join(" "), days, "{year}");
        }
    }

    #[test]
    fn ten_business_days_are_counted_from_the_day_behind() {
        // Two plain weeks.
        assert_eq!(due(date(2026, 3, 2)), date(2026, 3, 16));
        // Thanksgiving in between.
        assert_eq!(due(date(2026, 11, 20)), date(2026, 12, 7));
        // From a Sunday, as from the Friday before.
        assert_eq!(due(date(2026, 11, 22)), date(2026, 12, 7));
        // Christmas, and New Year's Day on the last of December.
        assert_eq!(due(date(2027, 12, 20)), date(2028, 1, 5));
    }
}
