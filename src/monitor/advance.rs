//! The loop: what is next, taking it, and letting it be told.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tracing::warn;

use crate::address::AddressKey;
use crate::generation::Generation;
use crate::portfolio::{Edition, Portfolio, PortfolioName, Position};
use crate::screening::{Moment, Pinned, utc_date};
use crate::store::ReadError;
use crate::store::book::{Book, Step};

use super::{AdvanceError, Monitor};

/// Alerts that are recorded at once.
const RECORDED_AT_ONCE: usize = 1_000;

impl Monitor {
    /// Takes every portfolio to the live generation and today, and lets all
    /// that there is to tell be told.
    ///
    /// `cut_short` is asked between steps; what is left is done by the next
    /// call.
    ///
    /// # Errors
    ///
    /// If something cannot be read, written or recorded. What was written
    /// stays, and the next call goes on from there.
    pub fn advance(&self, cut_short: impl Fn() -> bool) -> Result<(), AdvanceError> {
        let Some(book) = self.book() else {
            return Ok(());
        };
        let _turn = self.turn.lock();
        let moved = self.catch_up(&book, &cut_short);
        // What could be found is told whatever became of the rest.
        self.tell(&book)?;
        moved?;
        self.forget_old(&book)?;
        Ok(())
    }

    /// Takes every portfolio to the live generation and today; whoever calls
    /// holds the turn.
    pub(super) fn catch_up(
        &self,
        book: &Book,
        cut_short: &impl Fn() -> bool,
    ) -> Result<(), AdvanceError> {
        while !cut_short() {
            // Withdrawn or not verified yet: nothing can be compared.
            let Some(live) = self.live.pin() else {
                return Ok(());
            };
            let portfolios = book.portfolios()?;
            if self.begin_anew(book, &live, &portfolios)? || self.tell_first(book, &portfolios)? {
                continue;
            }
            let Some(step) = next_step(book, &live, &portfolios)? else {
                // At leisure: a day that begins finds it done.
                return Ok(self.note_ends(book, &live)?);
            };
            self.take(book, &live, portfolios, step)?;
            // A log that takes nothing now is no reason to fall behind.
            if let Err(error) = self.tell(book) {
                warn!(%error, "alerts wait");
            }
        }
        Ok(())
    }

    /// Records what is not, and lets it be told.
    fn tell(&self, book: &Book) -> Result<(), AdvanceError> {
        let mut recorded = book.recorded()?;
        loop {
            let alerts = book.alerts_after(recorded, RECORDED_AT_ONCE)?;
            let Some(last) = alerts.last() else {
                return Ok(());
            };
            recorded = last.sequence;
            (self.record)(&alerts)?;
            book.set_recorded(recorded)?;
            self.told.send_replace(recorded);
        }
    }

    /// Pins what was said at a position.
    pub(super) fn pin_at(&self, position: &Position) -> Result<Pinned, AdvanceError> {
        let moment = Moment {
            generation: Some(position.generation),
            at: Some(last_instant(position.day)),
            ..Moment::default()
        };
        Ok(self.screener.pin(&moment)?)
    }

    /// Notes the dates on which entries end by themselves, as far as the live
    /// generation knows them.
    pub(super) fn note_ends(&self, book: &Book, live: &Generation) -> Result<(), ReadError> {
        let known = book.ends_known()?;
        match known {
            Some(known) if known >= live.number() => Ok(()),
            Some(known) => {
                let changed = self.store.changed_keys(known, live.number())?;
                let ends = changed.into_iter().flat_map(|key| {
                    let rows = self.store.rows(&key);
                    ends_of(key, rows)
                });
                book.note_ends(ends, live.number())
            }
            None => {
                let ends = self.store.shelves().flat_map(|shelf| match shelf {
                    Ok((key, rows)) => ends_of(key, Ok(rows)),
                    Err(error) => vec![Err(error)],
                });
                book.note_ends(ends, live.number())
            }
        }
    }
}

fn ends_of(
    key: AddressKey,
    rows: Result<Vec<crate::store::ListedRow>, ReadError>,
) -> Vec<Result<(Date, AddressKey), ReadError>> {
    let rows = match rows {
        Ok(rows) => rows,
        Err(error) => return vec![Err(error)],
    };
    let end = |row: &crate::store::ListedRow| match row.entry() {
        Ok(keyed) => keyed.entry.delisted_on.map(|day| Ok((day, key.clone()))),
        Err(error) => Some(Err(error.into())),
    };
    rows.iter().filter_map(end).collect()
}

/// Goes through the editions of all portfolios.
pub(super) fn editions(
    portfolios: &[Portfolio],
) -> impl Iterator<Item = (&PortfolioName, &Edition)> {
    portfolios.iter().flat_map(|portfolio| {
        portfolio
            .editions
            .iter()
            .map(move |edition| (&portfolio.name, edition))
    })
}

/// Returns what comes next for the editions that are furthest behind; `None`
/// if all are where the lists are.
fn next_step(
    book: &Book,
    live: &Generation,
    portfolios: &[Portfolio],
) -> Result<Option<Step>, ReadError> {
    let positions = editions(portfolios).map(|(_, edition)| edition.position);
    let Some(from) = positions.min_by_key(Position::order) else {
        return Ok(None);
    };
    if let Some(step) = book.step()?
        && step.from.order() == from.order()
    {
        return Ok(Some(step));
    }
    let today = utc_date(Timestamp::now());
    let to = match live.record_of(from.generation.next())? {
        Some(record) => {
            // The day comes first: both sides of a generation are judged on
            // the same one.
            let day = utc_date(record.committed_at).max(from.day);
            if day > from.day {
                Position { day, ..from }
            } else {
                Position {
                    generation: record.number,
                    digest: record.digest.0,
                    day,
                }
            }
        }
        None if today > from.day => Position { day: today, ..from },
        None => return Ok(None),
    };
    Ok(Some(Step {
        from,
        to,
        next: (0, 0),
    }))
}

/// The last instant of a day; whoever pins it takes now, if that is earlier.
fn last_instant(day: Date) -> Timestamp {
    let end = day.at(23, 59, 59, 0).to_zoned(TimeZone::UTC);
    end.map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}
