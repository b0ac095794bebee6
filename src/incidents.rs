//! Heists: what is listed of each, by source.
//!
//! Totals are counted by walking the set, since incidents are few, questions
//! about them rare, and an index would be one more thing that could be wrong.
//! The walk covers one generation and nothing else.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::list::{EntryId, GenerationNumber, Incident, ListEntry, SourceId};
use crate::store::{ReadError, Store};

/// An incident, and what is listed of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentTotals {
    /// The heist; where sources differ about it, as the one with most to say
    /// has it.
    pub incident: Incident,
    /// Addresses, each counted once.
    pub addresses: u64,
    /// Addresses by source.
    pub sources: BTreeMap<SourceId, u64>,
}

/// One entry of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentEntry {
    /// Whose entry it is.
    pub source: SourceId,
    /// Which entry.
    pub id: EntryId,
    /// The entry as published.
    pub entry: ListEntry,
}

/// Counts the incidents of a generation: latest first, those without a date
/// last.
///
/// # Errors
///
/// If the store cannot be read.
pub fn totals(
    store: &Store,
    generation: GenerationNumber,
) -> Result<Vec<IncidentTotals>, ReadError> {
    let mut counted: BTreeMap<String, Counting> = BTreeMap::new();
    visit(store, generation, |key, entry| {
        let Some(incident) = entry.entry.incident else {
            return;
        };
        let counting = counted
            .entry(incident.id.clone())
            .or_insert_with(|| Counting::of(incident.clone()));
        counting.take(key, entry.source, entry.id, incident);
    })?;
    let mut totals: Vec<_> = counted.into_values().map(Counting::totals).collect();
    totals.sort_by(|a, b| {
        let order = |one: &IncidentTotals| (Reverse(one.incident.date), one.incident.id.clone());
        order(a).cmp(&order(b))
    });
    Ok(totals)
}

/// Returns the entries of one incident in a generation, by address key.
///
/// # Errors
///
/// If the store cannot be read.
pub fn entries(
    store: &Store,
    generation: GenerationNumber,
    id: &str,
) -> Result<Vec<IncidentEntry>, ReadError> {
    let mut seen = BTreeSet::new();
    let mut entries = Vec::new();
    visit(store, generation, |_, entry| {
        let is_ours = entry
            .entry
            .incident
            .as_ref()
            .is_some_and(|one| one.id == id);
        if is_ours && seen.insert(entry.id) {
            entries.push(entry);
        }
    })?;
    Ok(entries)
}

/// Goes through every entry in force under its own keys.
fn visit(
    store: &Store,
    generation: GenerationNumber,
    mut take: impl FnMut(&[u8], IncidentEntry),
) -> Result<(), ReadError> {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    for shelf in store.shelves() {
        let (key, rows) = shelf?;
        for row in rows.iter().filter(|row| row.life.covers(generation)) {
            let keyed = row.entry()?;
            let is_off = keyed.entry.delisted_on.is_some_and(|day| day <= today);
            if keyed.derived.is_none() && !is_off {
                let entry = IncidentEntry {
                    source: keyed.source,
                    id: row.id,
                    entry: keyed.entry,
                };
                take(key.as_bytes(), entry);
            }
        }
    }
    Ok(())
}

struct Counting {
    incident: Incident,
    /// An ambiguous address stands under two keys and is one entry.
    entries: BTreeSet<EntryId>,
    keys: BTreeSet<Vec<u8>>,
    by_source: BTreeMap<SourceId, BTreeSet<Vec<u8>>>,
}

impl Counting {
    fn of(incident: Incident) -> Self {
        Self {
            incident,
            entries: BTreeSet::new(),
            keys: BTreeSet::new(),
            by_source: BTreeMap::new(),
        }
    }

    fn take(&mut self, key: &[u8], source: SourceId, id: EntryId, incident: Incident) {
        let said = |one: &Incident| {
            [
                one.date.is_some(),
                one.loss_usd.is_some(),
                one.attributed_to.is_some(),
            ]
            .iter()
            .filter(|said| **said)
            .count()
        };
        if said(&incident) > said(&self.incident) {
            self.incident = incident;
        }
        if self.entries.insert(id) {
            self.keys.insert(key.to_vec());
            self.by_source
                .entry(source)
                .or_default()
                .insert(key.to_vec());
        }
    }

    fn totals(self) -> IncidentTotals {
        let by_source = self.by_source.into_iter();
        IncidentTotals {
            incident: self.incident,
            addresses: self.keys.len() as u64,
            sources: by_source
                .map(|(source, keys)| (source, keys.len() as u64))
                .collect(),
        }
    }
}
