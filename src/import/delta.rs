//! What came, went and changed: where a delisting is decided.
//!
//! A publication replaces the one before it whole. [`between`] walks the
//! source's active rows and the new publication side by side, both in key
//! order: what only the new one has is listed, what only the old one has is
//! delisted, and what both have with other particulars is amended. Only the
//! source's own rows are ever touched.

use std::collections::BTreeMap;
use std::iter::Peekable;

use crate::address::AddressKey;
use crate::list::{EntryId, SourceId};
use crate::store::{Change, ChangeKind, KeyedEntry, ReadError, Store};

use super::keying::KeyedRecord;

/// What a publication changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// Sorted by key and entry.
    pub changes: Vec<Change>,
    /// Entries that came, under however many keys.
    pub added: u64,
    /// Entries with other particulars.
    pub amended: u64,
    /// Entries that went.
    pub removed: u64,
    /// Entries that stay as they are.
    pub unchanged: u64,
    /// Keys that the source listed before.
    pub keys_before: u64,
    /// Addresses as published of keys that it lists no longer.
    pub lost: Vec<String>,
    /// Entries per ticker before.
    pub tickers_before: BTreeMap<String, u64>,
}

/// An active row of the publication before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveRow {
    /// The row as it is stored.
    pub record: KeyedRecord,
    /// Its particulars.
    pub entry: KeyedEntry,
}

/// Goes through the active rows of a source, by key and entry.
pub fn active_rows<'a>(
    store: &'a Store,
    source: &'a SourceId,
) -> impl Iterator<Item = Result<ActiveRow, ReadError>> + 'a {
    // By life and not by "has no end": rows of an import that failed are no
    // part of the set, and rows it had begun to end still are.
    let head = store.head_generation();
    store.shelves().flat_map(move |shelf| {
        let mut found = Vec::new();
        match shelf {
            Err(error) => found.push(Err(error)),
            Ok((key, rows)) => {
                for row in rows.iter().filter(|row| row.life.covers(head)) {
                    match row.entry() {
                        Ok(entry) if entry.source != *source => {}
                        Ok(entry) => found.push(Ok(ActiveRow {
                            record: KeyedRecord {
                                key: key.clone(),
                                id: row.id,
                                encoded: row.encoded().clone(),
                            },
                            entry,
                        })),
                        Err(error) => found.push(Err(error.into())),
                    }
                }
                found.sort_by_key(|row| row.as_ref().ok().map(|row| row.record.id));
            }
        }
        found
    })
}

/// Compares the publication before with the next; both sorted by key and
/// entry, the next without repetitions.
///
/// # Errors
///
/// If the publication before cannot be read.
pub fn between(
    before: impl Iterator<Item = Result<ActiveRow, ReadError>>,
    next: Vec<KeyedRecord>,
) -> Result<Delta, ReadError> {
    let mut delta = Delta::default();
    let mut counted = Counted::default();
    let mut next = next.into_iter().peekable();
    let mut last_key: Option<KeyOf> = None;
    for row in before {
        let row = row?;
        let (key, id) = (&row.record.key, row.record.id);
        add_listed(&mut delta, &mut counted, &mut next, |record| {
            (&record.key, record.id) < (key, id)
        });
        // A key derived from an address is no address of its own.
        let is_own = row.entry.derived.is_none();
        if is_own && last_key.as_ref().is_none_or(|last| last.key != *key) {
            settle(&mut delta, last_key.take());
            last_key = Some(KeyOf {
                key: key.clone(),
                address: row.entry.entry.address.clone(),
                goes_on: false,
            });
            delta.keys_before += 1;
        }
        let same = next.next_if(|record| (&record.key, record.id) == (key, id));
        let kind = match same {
            None => {
                counted.removed.push(id);
                Some(ChangeKind::Delisted)
            }
            Some(record) if record.encoded == row.record.encoded => {
                counted.unchanged.push(id);
                None
            }
            Some(record) => {
                counted.amended.push(id);
                Some(ChangeKind::Amended(record.encoded))
            }
        };
        // A key lives on if this entry does, or another of the publication.
        let goes_on = !matches!(kind, Some(ChangeKind::Delisted))
            || next.peek().is_some_and(|record| record.key == *key)
            || delta
                .changes
                .last()
                .is_some_and(|change| change.key == *key && change.kind != ChangeKind::Delisted);
        if let Some(last) = last_key.as_mut().filter(|last| last.key == *key) {
            last.goes_on |= goes_on;
        }
        counted
            .tickers
            .push((id, row.entry.entry.ticker.unwrap_or_default()));
        delta.changes.extend(kind.map(|kind| Change {
            key: row.record.key,
            id,
            kind,
        }));
    }
    settle(&mut delta, last_key);
    add_listed(&mut delta, &mut counted, &mut next, |_| true);
    counted.into_delta(&mut delta);
    Ok(delta)
}

/// A key of the publication before, and whether the next one has it too.
struct KeyOf {
    key: AddressKey,
    address: String,
    goes_on: bool,
}

fn settle(delta: &mut Delta, key: Option<KeyOf>) {
    if let Some(key) = key.filter(|key| !key.goes_on) {
        delta.lost.push(key.address);
    }
}

fn add_listed(
    delta: &mut Delta,
    counted: &mut Counted,
    next: &mut Peekable<std::vec::IntoIter<KeyedRecord>>,
    comes_first: impl Fn(&KeyedRecord) -> bool,
) {
    while let Some(record) = next.next_if(&comes_first) {
        counted.added.push(record.id);
        delta.changes.push(Change {
            key: record.key,
            id: record.id,
            kind: ChangeKind::Listed(record.encoded),
        });
    }
}

/// Entries are counted once, under however many keys they stand.
#[derive(Default)]
struct Counted {
    added: Vec<EntryId>,
    amended: Vec<EntryId>,
    removed: Vec<EntryId>,
    unchanged: Vec<EntryId>,
    tickers: Vec<(EntryId, String)>,
}

impl Counted {
    fn into_delta(mut self, delta: &mut Delta) {
        delta.added = distinct(self.added);
        delta.amended = distinct(self.amended);
        delta.removed = distinct(self.removed);
        delta.unchanged = distinct(self.unchanged);
        self.tickers.sort_unstable();
        self.tickers.dedup();
        for (_, ticker) in self.tickers {
            *delta.tickers_before.entry(ticker).or_default() += 1;
        }
    }
}

fn distinct(mut ids: Vec<EntryId>) -> u64 {
    ids.sort_unstable();
    ids.dedup();
    ids.len() as u64
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap, HashSet};

    use proptest::prelude::*;

    use super::*;
    use crate::address::{Kind, Networks};
    use crate::list::{Category, ListEntry};

    /// Key number, entry number, edition of its particulars.
    type Entry = (u8, u8, u8);

    fn key(number: u8) -> AddressKey {
        let mut bytes = [number; 21];
        bytes[0] = 0x07;
        AddressKey::from_bytes(&bytes).expect("an EVM key")
    }

    fn record(&(k, e, edition): &Entry) -> KeyedRecord {
        KeyedRecord {
            key: key(k),
            id: EntryId([e; 16]),
            encoded: vec![edition].into(),
        }
    }

    fn active(entry: &Entry) -> ActiveRow {
        let mut listed = ListEntry::bare(entry.0.to_string(), Category::Theft);
        listed.ticker = Some(format!("T{}", entry.1 % 3));
        ActiveRow {
            record: record(entry),
            entry: KeyedEntry {
                source: "test".parse().expect("a source id"),
                kind: Kind::Evm,
                networks: Networks::EVM,
                extra: Vec::new(),
                tag: None,
                derived: None,
                is_contract: false,
                entry: listed,
            },
        }
    }

    /// A list: at most one edition per key and entry, in order.
    fn list() -> impl Strategy<Value = Vec<Entry>> {
        proptest::collection::btree_map((0..12_u8, 0..6_u8), 0..3_u8, 0..40).prop_map(|map| {
            map.into_iter()
                .map(|((k, e), edition)| (k, e, edition))
                .collect()
        })
    }

    fn delta(before: &[Entry], next: &[Entry]) -> Delta {
        let rows = before.iter().map(active).map(Ok);
        between(rows, next.iter().map(record).collect()).expect("reads")
    }

    proptest! {
        /// Against the obvious: two hash maps and their differences.
        #[test]
        fn the_walk_agrees_with_sets(before in list(), next in list()) {
            let delta = delta(&before, &next);
            let map = |list: &[Entry]| -> HashMap<(u8, u8), u8> {
                list.iter().map(|(k, e, edition)| ((*k, *e), *edition)).collect()
            };
            let (old, new) = (map(&before), map(&next));
            let mut expected = HashSet::new();
            for (at, edition) in &new {
                match old.get(at) {
                    None => { expected.insert((*at, "listed")); }
                    Some(other) if other != edition => { expected.insert((*at, "amended")); }
                    Some(_) => {}
                }
            }
            expected.extend(old.keys().filter(|at| !new.contains_key(at)).map(|at| (*at, "delisted")));
            let found: HashSet<_> = delta.changes.iter().map(|change| {
                let kind = match change.kind {
                    ChangeKind::Listed(_) => "listed",
                    ChangeKind::Amended(_) => "amended",
                    ChangeKind::Delisted => "delisted",
                };
                ((change.key.payload()[0], change.id.0[0]), kind)
            }).collect();
            prop_assert_eq!(found, expected);
            prop_assert!(delta.changes.is_sorted_by(|a, b| (&a.key, a.id) < (&b.key, b.id)));
        }

        #[test]
        fn an_address_is_lost_when_no_entry_keeps_it(before in list(), next in list()) {
            let keys = |list: &[Entry]| -> BTreeSet<u8> { list.iter().map(|entry| entry.0).collect() };
            let (old, new) = (keys(&before), keys(&next));
            let delta = delta(&before, &next);
            let lost: BTreeSet<u8> = delta.lost.iter().map(|address| address.parse().expect("a number")).collect();
            prop_assert_eq!(lost, old.difference(&new).copied().collect::<BTreeSet<_>>());
            prop_assert_eq!(delta.keys_before, old.len() as u64);
        }

        #[test]
        fn a_list_against_itself_is_no_change(list in list()) {
            let delta = delta(&list, &list);
            prop_assert!(delta.changes.is_empty() && delta.lost.is_empty());
        }
    }
}
