//! Recorded screenings, done again against their own generations.
//!
//! Law 5 in one loop: each record is held against the generation that it
//! names, and what differs is told. What cannot be done again is counted and
//! never taken for a screening that holds.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::audit::record::Record;
use crate::audit::record::record::Event;
use crate::list::GenerationNumber;
use crate::screening::{Again, Difference, Pinned, Screener, moment_of, utc_date};

/// Pins kept at once: records of a time are of few generations.
const PINS_MAX: usize = 64;

/// What became of the records so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Screenings done again.
    pub replayed: u64,
    /// Of these, with any difference.
    pub different: u64,
    /// Screenings that cannot be done again, by why.
    pub left_out: BTreeMap<String, u64>,
    /// Generations that were asked.
    pub generations: u64,
}

/// Does recorded screenings again.
pub struct Replay<'a> {
    screener: &'a Screener,
    pins: BTreeMap<PinKey, Pinned>,
    last: Option<GenerationNumber>,
    seen: BTreeSet<GenerationNumber>,
    totals: Totals,
}

/// Days are as far as the moment of a screening matters.
type PinKey = (GenerationNumber, Date, Option<Date>);

impl<'a> Replay<'a> {
    /// Begins, on the lists as they are held.
    pub fn new(screener: &'a Screener) -> Self {
        Self {
            screener,
            pins: BTreeMap::new(),
            last: None,
            seen: BTreeSet::new(),
            totals: Totals::default(),
        }
    }

    /// Does one record again, if it is of a screening. Returns what differs.
    pub fn record(&mut self, record: &Record) -> Vec<Difference> {
        let Some(Event::Screening(screening)) = &record.event else {
            return Vec::new();
        };
        let Some(moment) = moment_of(record, screening) else {
            return self.leave_out("what it says of its moment cannot be read");
        };
        let (Some(number), Some(at)) = (moment.generation, moment.at) else {
            return self.leave_out("what it says of its moment cannot be read");
        };
        let key = (number, utc_date(at), moment.as_of);
        if !self.pins.contains_key(&key) {
            let pinned = match self.screener.pin(&moment) {
                Ok(pinned) => pinned,
                Err(error) => return self.leave_out(&error.to_string()),
            };
            if self.pins.len() >= PINS_MAX {
                self.pins.clear();
            }
            self.pins.insert(key, pinned);
        }
        let again = self.pins[&key].again(screening);
        if self.last != Some(number) {
            self.last = Some(number);
            self.seen.insert(number);
            self.totals.generations = self.seen.len() as u64;
        }
        match again {
            Again::Done(differences) => {
                self.totals.replayed += 1;
                self.totals.different += u64::from(!differences.is_empty());
                differences
            }
            Again::CannotBe(why) => self.leave_out(why),
        }
    }

    /// Returns what became of the records so far.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    fn leave_out(&mut self, why: &str) -> Vec<Difference> {
        *self.totals.left_out.entry(why.to_owned()).or_default() += 1;
        Vec::new()
    }
}
