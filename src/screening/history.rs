//! What became of an address: when each entry about it came on, changed and
//! came off.

use crate::address::{self, Candidate, Depth, Derivation, Networks, linked, same_account};
use crate::list::Effect;
use crate::store::{GenerationNumber, ListedRow, ReadError};
use crate::verdict::{Match, Relation};

use super::Pinned;

/// The history of an address up to the generation asked.
#[derive(Debug)]
pub struct History {
    /// How the text was read.
    pub candidates: Vec<Candidate>,
    /// What happened, oldest first.
    pub events: Vec<Event>,
}

/// One thing that happened to one entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// The generation in which it did.
    pub generation: GenerationNumber,
    /// The entry as it then was.
    pub entry: Match,
}

impl Event {
    /// Tells whether it is about an exemption, which lists nothing.
    pub fn exempts(&self) -> bool {
        self.entry.entry.effect == Effect::Exempts
    }
}

/// What happened to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// It came off its list.
    Delisted,
    /// It came on its list.
    Listed,
    /// Its particulars changed.
    Amended,
}

impl Pinned {
    /// Tells what became of an address, in any spelling.
    ///
    /// # Errors
    ///
    /// If something cannot be read: a history with a gap is none.
    pub fn history(&self, text: &str, network: &str) -> Result<History, ReadError> {
        let hint = Networks::from_hint(network.trim()).unwrap_or(Networks::NONE);
        let reading = address::parse_hinted(text, hint);
        let mut events: Vec<Event> = Vec::new();
        for (index, candidate) in reading.candidates.iter().enumerate() {
            let asked = candidate.account();
            self.events_under(index, &candidate.key, &asked, &mut events)?;
            for link in linked(candidate, Depth::Query) {
                let asked = address::Account {
                    kind: link.kind,
                    networks: link.networks,
                    extra: &[],
                    derived: Some(Derivation {
                        rule: link.rule,
                        from: candidate.kind,
                    }),
                    ..asked
                };
                self.events_under(index, &link.key, &asked, &mut events)?;
            }
        }
        events.sort_by(|a, b| {
            (a.generation, a.kind, &a.entry.source).cmp(&(b.generation, b.kind, &b.entry.source))
        });
        Ok(History {
            candidates: reading.candidates.into_vec(),
            events,
        })
    }

    fn events_under(
        &self,
        index: usize,
        key: &address::AddressKey,
        asked: &address::Account<'_>,
        events: &mut Vec<Event>,
    ) -> Result<(), ReadError> {
        let rows = self.generation.rows(key)?;
        let newest = self.record().number;
        for row in rows.iter().filter(|row| row.life.since <= newest) {
            let keyed = row.entry()?;
            if asked.derived.is_some() && keyed.derived.is_some() {
                continue;
            }
            let kinship = same_account(asked, &keyed.account());
            let amends = rows.iter().any(|other| continues(other, row));
            let kind = if amends {
                EventKind::Amended
            } else {
                EventKind::Listed
            };
            let relation = Relation::from(kinship.sameness);
            let found = self.matched(index, row, &rows, keyed, relation, kinship)?;
            let mut add = |kind, generation, active| {
                let event = Event {
                    kind,
                    generation,
                    entry: Match {
                        active,
                        ..found.clone()
                    },
                };
                // One entry may stand under several keys of one address.
                let known = events.iter().any(|other| {
                    let same = (other.kind, other.generation) == (kind, generation);
                    same && other.entry.id == event.entry.id
                });
                if !known {
                    events.push(event);
                }
            };
            add(kind, row.life.since, true);
            let ended = row.life.until.filter(|until| *until <= newest);
            if let Some(until) = ended.filter(|_| !row.life.superseded) {
                add(EventKind::Delisted, until, false);
            }
        }
        Ok(())
    }
}

/// The one life goes on in the other.
fn continues(earlier: &ListedRow, later: &ListedRow) -> bool {
    earlier.id == later.id
        && earlier.life.superseded
        && earlier.life.until == Some(later.life.since)
}
