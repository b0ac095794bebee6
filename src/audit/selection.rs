//! Which records are asked for.

use jiff::Timestamp;
use thiserror::Error;

use crate::address::{self, AddressKey, Candidate, Kind, Networks};

use super::record::record::Event;
use super::record::{Record, Screening};

/// What records must be to be asked for; what is not said does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Not before this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// Screenings with this verdict, by its name.
    pub verdict: Option<String>,
    /// Screenings with this action, by its name.
    pub action: Option<String>,
    /// Screenings of any of these addresses, in any spelling.
    pub keys: Option<Vec<AddressKey>>,
    /// Those with this keyed hash of a reference.
    pub reference_hash: Option<[u8; 32]>,
    /// Screenings only.
    pub screenings_only: bool,
}

/// A text that nobody can look for in records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("it cannot be read as an address, so no record could be told to be of it")]
pub struct Unreadable;

impl Selection {
    /// Returns the keys that a text stands for; `None` if there is no text.
    ///
    /// # Errors
    ///
    /// If it reads as nothing: an empty answer would look like no record.
    pub fn keys_of(text: &str, network: &str) -> Result<Option<Vec<AddressKey>>, Unreadable> {
        if text.is_empty() {
            return Ok(None);
        }
        let hint = Networks::from_hint(network).unwrap_or(Networks::NONE);
        let read = address::parse_hinted(text, hint);
        let named = |candidate: &Candidate| candidate.kind != Kind::Opaque;
        // Of a text that no format reads, records have a hash only.
        if !read.candidates.iter().any(named) {
            return Err(Unreadable);
        }
        let keys = read.candidates.into_iter().map(|candidate| candidate.key);
        Ok(Some(keys.collect()))
    }

    /// Tells whether a record is asked for.
    pub fn wants(&self, record: &Record) -> bool {
        let at = i128::from(record.wall_ns);
        let too_early = self.from.is_some_and(|from| at < from.as_nanosecond());
        let too_late = self.to.is_some_and(|to| at >= to.as_nanosecond());
        if too_early || too_late {
            return false;
        }
        let of_screenings = self.screenings_only
            || self.verdict.is_some()
            || self.action.is_some()
            || self.keys.is_some();
        match &record.event {
            Some(Event::Screening(screening)) => self.wants_screening(screening),
            Some(Event::Rescreened(run)) => {
                !of_screenings && self.is_of_reference(&run.reference_hash)
            }
            Some(Event::Alerted(alert)) => {
                !of_screenings && self.is_of_reference(&alert.reference_hash)
            }
            _ => !of_screenings && self.reference_hash.is_none(),
        }
    }

    fn wants_screening(&self, screening: &Screening) -> bool {
        let is = |asked: &Option<String>, found: &str| {
            asked.as_deref().is_none_or(|asked| asked == found)
        };
        is(&self.verdict, &screening.verdict)
            && is(&self.action, &screening.action)
            && self.is_of_reference(&screening.reference_hash)
            && self.keys.as_ref().is_none_or(|keys| is_of(screening, keys))
    }

    fn is_of_reference(&self, hash: &[u8]) -> bool {
        self.reference_hash.is_none_or(|asked| asked == hash)
    }
}

/// One account has many spellings, and a record has one of them: keys are what
/// is compared.
fn is_of(screening: &Screening, keys: &[AddressKey]) -> bool {
    let readings = screening.readings.iter();
    readings
        .filter(|reading| !reading.canonical.is_empty())
        .any(|reading| {
            let read = address::parse(&reading.canonical);
            read.candidates
                .iter()
                .any(|candidate| keys.contains(&candidate.key))
        })
}

#[cfg(test)]
mod tests {
    use super::super::record::{Reading, Stopped};
    use super::*;

    fn screening(canonical: &str, verdict: &str) -> Record {
        let reading = Reading {
            canonical: canonical.to_owned(),
            ..Reading::default()
        };
        Record {
            wall_ns: 5_000_000_000,
            event: Some(Event::Screening(Screening {
                verdict: verdict.to_owned(),
                readings: vec![reading],
                reference_hash: vec![7; 32].into(),
                ..Screening::default()
            })),
            ..Record::default()
        }
    }

    #[test]
    fn an_address_is_found_in_any_spelling() {
        let record = screening("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "LISTED");
        let keys = |text| {
            let read = address::parse(text).candidates.into_iter();
            Some(read.map(|candidate| candidate.key).collect())
        };
        let asked = |text| Selection {
            keys: keys(text),
            ..Selection::default()
        };
        assert!(asked("0X5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED").wants(&record));
        assert!(!asked("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaee").wants(&record));
    }

    #[test]
    fn what_no_record_could_name_is_an_error_and_not_an_empty_answer() {
        assert_eq!(Selection::keys_of("", ""), Ok(None));
        for text in [
            " ",
            "some words",
            "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn",
        ] {
            assert_eq!(Selection::keys_of(text, ""), Err(Unreadable), "{text}");
        }
        let keys = Selection::keys_of("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "ETH");
        assert!(keys.is_ok_and(|keys| keys.is_some_and(|keys| !keys.is_empty())));
    }

    #[test]
    fn time_verdict_and_reference_each_leave_others_out() {
        let record = screening("x", "LISTED");
        let stopped = Record {
            wall_ns: record.wall_ns,
            event: Some(Event::Stopped(Stopped {})),
            ..Record::default()
        };
        fn second(second: i64) -> Option<Timestamp> {
            Timestamp::from_second(second).ok()
        }
        type Ask = fn(&mut Selection);
        let rows: [(Ask, [bool; 2]); 10] = [
            (|_| {}, [true, true]),
            (|asked| asked.from = second(5), [true, true]),
            (|asked| asked.from = second(6), [false, false]),
            (|asked| asked.to = second(5), [false, false]),
            (|asked| asked.to = second(6), [true, true]),
            (|asked| asked.screenings_only = true, [true, false]),
            (|asked| asked.verdict = Some("LISTED".into()), [true, false]),
            (
                |asked| asked.verdict = Some("NOT_LISTED".into()),
                [false, false],
            ),
            (|asked| asked.reference_hash = Some([7; 32]), [true, false]),
            (|asked| asked.reference_hash = Some([8; 32]), [false, false]),
        ];
        for (ask, wanted) in rows {
            let mut selection = Selection::default();
            ask(&mut selection);
            let found = [selection.wants(&record), selection.wants(&stopped)];
            assert_eq!(found, wanted, "{selection:?}");
        }
    }
}
