//! The operator's own lists: single addresses, by name and reason.
//!
//! Two sources are kept by hand, a listing and exemptions. An address comes
//! on or off one of them as a generation of its own, so that the change is
//! live before the caller is told, and stays in history with who made it and
//! why. What is typed by hand is held to more than what a publisher prints:
//! it must read strictly, since nobody will look for a typing error later.
//!
//! An exemption lets the policy pass what other lists say of the address. It
//! never reaches a sanctions list; that is decided where a screening is
//! weighed, and not here.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::address::{self, Candidate, Networks, Sameness, TagScope, same_account};
use crate::causes::in_one_line;
use crate::generation::Generation;
use crate::list::{
    Category, Cause, Designation, EntryId, ListEntry, Made, Origin, Publication, PublicationDigest,
    ReadAs, SourceId, Tier,
};
use crate::store::{Change, ChangeKind, GenerationNumber, KeyedEntry, ReadError};

use super::by_hand::{Applied, OperatorChange, OperatorError, Particulars, What};
use super::keying::{KeyedRecord, key_by_hand};
use super::pending::Pending;
use super::publish::Changed;
use super::{ImportError, Importer};

/// How the publications of these sources say that they were made.
const BY_HAND: &str = "by-hand";

impl Importer {
    /// Makes a change, or keeps it for a second person where one must
    /// approve. A change that is made is live when this returns.
    ///
    /// # Errors
    ///
    /// If the address cannot be read strictly, is not there to be removed, or
    /// the change cannot be committed.
    pub fn change(&self, change: &OperatorChange) -> Result<Applied, OperatorError> {
        let outcome = self.make_change(change);
        if let (Err(error), Some(recording)) = (&outcome, &self.recording) {
            let why = (in_one_line(error), Some(&change.act));
            recording.refused("Change", change.list.name(), None, why);
        }
        outcome
    }

    fn make_change(&self, change: &OperatorChange) -> Result<Applied, OperatorError> {
        if self.second_person() && change.act.approver.is_none() {
            // What could never be applied is refused now, to who asked.
            candidates_of(change)?;
            self.check_expiry(change)?;
            let item = Pending::of(self.store.data_dir()).keep_change(change)?;
            return Ok(Applied::Waiting(item.id));
        }
        self.check_expiry(change)?;
        let candidates = candidates_of(change)?;
        let _running = self.running.try_lock().ok_or(ImportError::Busy)?;
        self.store.settle().map_err(ImportError::from)?;
        let before = self.live_at_head()?;
        let before = before.as_deref();
        let source = change.list.source();
        let held = self.held_entries(&source, &candidates)?;
        let next = match &change.what {
            What::Remove if held.records.is_empty() => {
                return Err(OperatorError::NotThere {
                    address: shown(&change.address),
                    list: change.list.name(),
                });
            }
            What::Remove => Vec::new(),
            What::Add(particulars) => {
                key_by_hand(&source, entry_of(change, particulars, held.since))
            }
        };
        let entry = next.first().map(|record| record.id);
        let generation = self.apply(before, change, held.records, next)?;
        Ok(Applied::Live { generation, entry })
    }

    fn check_expiry(&self, change: &OperatorChange) -> Result<(), OperatorError> {
        match &change.what {
            What::Add(Particulars {
                expires_on: Some(expires_on),
                ..
            }) if *expires_on <= today() => Err(OperatorError::Expired(*expires_on)),
            _ => Ok(()),
        }
    }

    /// Finds the entries that a list has for an account, in any spelling,
    /// under all their keys.
    fn held_entries(
        &self,
        source: &SourceId,
        candidates: &[Candidate],
    ) -> Result<Held, OperatorError> {
        let head = self.store.head_generation();
        let mut ids = BTreeSet::new();
        let mut held = Held::default();
        for candidate in candidates {
            for row in self.store.rows(&candidate.key)? {
                if !row.life.covers(head) {
                    continue;
                }
                let keyed: KeyedEntry = row.entry().map_err(ReadError::from)?;
                let kinship = same_account(&candidate.account(), &keyed.account());
                let same = kinship.sameness == Sameness::Same && kinship.scope == TagScope::Covered;
                if keyed.source == *source
                    && same
                    && keyed.tag == candidate.tag
                    && ids.insert(row.id)
                {
                    held.since = held.since.into_iter().chain(keyed.entry.listed_on).min();
                    held.records
                        .extend(key_by_hand(source, keyed.entry).into_iter().map(|record| {
                            KeyedRecord {
                                id: row.id,
                                ..record
                            }
                        }));
                }
            }
        }
        Ok(held)
    }

    fn apply(
        &self,
        before: Option<&Generation>,
        change: &OperatorChange,
        held: Vec<KeyedRecord>,
        next: Vec<KeyedRecord>,
    ) -> Result<GenerationNumber, ImportError> {
        let source = change.list.source();
        let ids = |records: &[KeyedRecord]| -> BTreeSet<EntryId> {
            records.iter().map(|record| record.id).collect()
        };
        let (gone, come) = (ids(&held), ids(&next));
        let stay = gone.intersection(&come).count() as u64;
        let known = before.and_then(|generation| generation.publication(&source));
        let entries = known.map_or(0, |held| held.entries) + come.len() as u64 - gone.len() as u64;
        let delta = super::delta::Delta {
            changes: changes_between(held, next),
            added: come.len() as u64 - stay,
            amended: stay,
            removed: gone.len() as u64 - stay,
            ..super::delta::Delta::default()
        };
        let made = Made {
            cause: Cause::Operator,
            act: Some(change.act.clone()),
            overridden: Vec::new(),
        };
        let mut all = Changed::after(before, made);
        let publication = publication_after(known, &source, entries, &delta.changes);
        all.take(delta, publication);
        let all = all.sorted();
        let changes = all.changes.clone();
        let generation = self.commit(before, all)?;
        let number = generation.number();
        self.publish(generation, &changes)?;
        Ok(number)
    }
}

/// What a list has for an account.
#[derive(Default)]
struct Held {
    /// Under all keys.
    records: Vec<KeyedRecord>,
    /// The day since when it is there: saying more of it does not change it.
    since: Option<Date>,
}

/// Both sides in any order; at most one change per key and entry.
fn changes_between(held: Vec<KeyedRecord>, mut next: Vec<KeyedRecord>) -> Vec<Change> {
    let mut changes = Vec::new();
    for old in held {
        let same = |record: &KeyedRecord| record.key == old.key && record.id == old.id;
        let kind = match next.iter().position(same) {
            Some(at) => ChangeKind::Amended(next.swap_remove(at).encoded),
            None => ChangeKind::Delisted,
        };
        changes.push(Change {
            key: old.key,
            id: old.id,
            kind,
        });
    }
    changes.extend(next.into_iter().map(|record| Change {
        key: record.key,
        id: record.id,
        kind: ChangeKind::Listed(record.encoded),
    }));
    changes
}

/// The list has no files: its digest goes on from the one before.
fn publication_after(
    known: Option<&Publication>,
    source: &SourceId,
    entries: u64,
    changes: &[Change],
) -> Publication {
    let mut hasher = blake3::Hasher::new_derive_key("interdict 2026-11 list kept by hand");
    hasher.update(&known.map_or([0; 32], |held| held.digest.0));
    for change in changes {
        hasher.update(change.key.as_bytes());
        hasher.update(&change.id.0);
        match &change.kind {
            ChangeKind::Listed(encoded) | ChangeKind::Amended(encoded) => {
                hasher.update(encoded);
            }
            ChangeKind::Delisted => {}
        }
    }
    let now = Timestamp::now();
    Publication {
        source: source.clone(),
        tier: Tier::Operator,
        digest: PublicationDigest(*hasher.finalize().as_bytes()),
        read_as: ReadAs {
            format: BY_HAND.to_owned(),
            category: Category::Other,
            rules: super::read::RULES_VERSION,
        },
        published_on: Some(today()),
        retrieved_at: now,
        confirmed_at: None,
        held_since: known.map_or(now, |held| held.held_since),
        origin: Origin::Imported,
        entries,
        incomplete: false,
        licence: None,
    }
}

fn candidates_of(change: &OperatorChange) -> Result<Vec<Candidate>, OperatorError> {
    let hint = match change.network.trim() {
        "" => Networks::NONE,
        network => {
            Networks::from_hint(network).map_err(|_| OperatorError::Network(shown(network)))?
        }
    };
    let reading = address::parse_hinted(&change.address, hint);
    if let Some(fault) = reading.fault {
        return Err(OperatorError::Unreadable {
            given: shown(&change.address),
            fault,
        });
    }
    let first = reading.candidates.first().map(|read| read.destination);
    if reading
        .candidates
        .iter()
        .any(|read| Some(read.destination) != first)
    {
        return Err(OperatorError::Several(shown(&change.address)));
    }
    Ok(reading.candidates.into_vec())
}

fn entry_of(change: &OperatorChange, particulars: &Particulars, since: Option<Date>) -> ListEntry {
    let network = change.network.trim();
    ListEntry {
        ticker: (!network.is_empty()).then(|| network.to_owned()),
        designation: Designation {
            subjects: particulars.subject.iter().cloned().collect(),
            ..Designation::default()
        },
        listed_on: since.or(Some(today())),
        delisted_on: particulars.expires_on,
        note: particulars.note.clone(),
        act: Some(change.act.clone()),
        effect: change.list.effect(),
        ..ListEntry::bare(change.address.trim(), particulars.category)
    }
}

/// Days are counted in UTC, everywhere.
fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

fn shown(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .take(96)
        .collect()
}

#[cfg(test)]
#[path = "operator_tests.rs"]
mod tests;
