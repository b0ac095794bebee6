//! Under which address keys an entry is stored.
//!
//! An entry is stored under the key of every reading of its address, so that
//! an ambiguous text is found from each side, and under every key that one of
//! them leads to, so that the same public key in another coat is found. An address that no family can
//! read is kept as text: the publisher did list it, and the same text must
//! still be found. Lists also contradict themselves (a Tron address under the
//! ticker XBT): the address decides, and the disagreement is reported.

use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash as _, Hasher as _};

use bytes::Bytes;

use crate::address::{
    self, AddressKey, Candidate, Depth, Derivation, Fault, Flags, Kind, Networks, Reading,
};
use crate::list::{EXEMPTIONS, Effect, EntryId, ListEntry, SourceId};
use crate::store::KeyedEntry;

use super::ImportError;
use super::read::{Facts, Locator, ReadError, Row, RowFault, Rows};
use super::report::RowNote;

/// Notes kept for the report; the rest are counted.
const NOTES_MAX: usize = 200;

/// Most entries of one publication under one address; real lists have a
/// handful.
const UNDER_ONE_KEY_MAX: usize = 1_000;

/// One entry under one key, encoded as it will be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRecord {
    /// The address key.
    pub key: AddressKey,
    /// The entry.
    pub id: EntryId,
    /// Its particulars.
    pub encoded: Bytes,
}

/// A publication, keyed.
#[derive(Debug, Default)]
pub struct KeyedList {
    /// Sorted by key and entry, without repetitions.
    pub records: Vec<KeyedRecord>,
    /// Entries taken.
    pub entries: u64,
    /// Rows that repeat an entry.
    pub repeated: u64,
    /// Rows that could not be used at all.
    pub rejected: u64,
    /// Entries whose address nobody can read.
    pub opaque: u64,
    /// Entries whose ticker disagrees with their address.
    pub ticker_disagrees: u64,
    /// Entries per ticker as published; an entry without one counts under "".
    pub tickers: BTreeMap<String, u64>,
    /// Bad rows by reason.
    pub faults: BTreeMap<&'static str, u64>,
    /// The first of them.
    pub notes: Vec<RowNote>,
    /// The files are known to lack addresses that the publisher listed.
    pub is_incomplete: bool,
    /// Why the files are not whole, if they are not.
    pub not_whole: Option<ReadError>,
    /// What the publication says of itself.
    pub facts: Facts,
}

/// Reads a publication to its end and keys every entry.
///
/// # Errors
///
/// If a file turns out bad, or there are more entries than allowed.
pub fn key(rows: Rows, source: &SourceId, entries_max: usize) -> Result<KeyedList, ImportError> {
    let mut keying = Keying {
        source,
        entries_max,
        records: Vec::new(),
        seen: HashMap::new(),
        list: KeyedList::default(),
    };
    let mut rows = rows;
    for row in rows.by_ref() {
        match row {
            Ok(row) => keying.take(row)?,
            // What came before may yet be wanted, by a person who knows.
            Err(error) if error.is_not_whole() => {
                keying.list.is_incomplete = true;
                keying.list.not_whole = Some(error);
            }
            Err(error) => return Err(error.into()),
        }
    }
    let mut list = keying.list;
    list.facts = rows.facts().clone();
    list.records = keying.records;
    list.records
        .sort_unstable_by(|a, b| (&a.key, a.id).cmp(&(&b.key, b.id)));
    check_shelves(&list.records)?;
    Ok(list)
}

/// Keys one entry that was typed and not published; its address must read.
pub(super) fn key_by_hand(source: &SourceId, entry: ListEntry) -> Vec<KeyedRecord> {
    let mut keying = Keying {
        source,
        entries_max: 1,
        records: Vec::new(),
        seen: HashMap::new(),
        list: KeyedList::default(),
    };
    let locator = Locator {
        file: "".into(),
        line: 0,
    };
    let id = entry_id(source, &entry, 0);
    keying.key_entry(&locator, id, entry);
    keying.records
}

struct Keying<'a> {
    source: &'a SourceId,
    entries_max: usize,
    records: Vec<KeyedRecord>,
    /// Entries seen and a hash of their particulars, so that a repeated row is
    /// told from one that says something else.
    seen: HashMap<EntryId, u64>,
    list: KeyedList,
}

impl Keying<'_> {
    fn take(&mut self, row: Row) -> Result<(), ImportError> {
        if let Some(fault) = &row.fault {
            let kept = row.entry.is_some();
            let is_unread = !kept && matches!(fault, RowFault::NotUtf8);
            self.list.is_incomplete |= fault.loses_addresses() || is_unread;
            self.note(&row.locator, fault.code(), fault.to_string(), kept);
        }
        let Some(entry) = row.entry else {
            self.list.rejected += 1;
            return Ok(());
        };
        if entry.effect == Effect::Exempts && self.source.as_str() != EXEMPTIONS {
            let detail = "an exemption, which only the operator's own list of them can hold";
            self.note(&row.locator, "EXEMPTS_ELSEWHERE", detail.to_owned(), false);
            self.list.rejected += 1;
            return Ok(());
        }
        let Some(id) = self.place(&row.locator, &entry)? else {
            self.list.repeated += 1;
            return Ok(());
        };
        if self.seen.len() > self.entries_max {
            return Err(ImportError::TooManyEntries {
                max: self.entries_max,
            });
        }
        self.list.entries += 1;
        let ticker = entry.ticker.clone().unwrap_or_default();
        *self.list.tickers.entry(ticker).or_default() += 1;
        self.key_entry(&row.locator, id, entry);
        Ok(())
    }

    /// Finds the id of an entry, or `None` if this very row came before.
    ///
    /// Lists do say two things of one address and subject (it came off, and
    /// came back): each is kept, told apart by how many came before.
    fn place(
        &mut self,
        locator: &Locator,
        entry: &ListEntry,
    ) -> Result<Option<EntryId>, ImportError> {
        let mut hasher = DefaultHasher::new();
        entry.hash(&mut hasher);
        let particulars = hasher.finish();
        // Each is held against all before it, so their number is bounded here
        // and not only once they are on one shelf.
        for occurrence in 0..UNDER_ONE_KEY_MAX as u64 {
            let id = entry_id(self.source, entry, occurrence);
            match self.seen.entry(id) {
                Entry::Vacant(place) => {
                    place.insert(particulars);
                    if occurrence > 0 {
                        let detail = "says something else of an entry that came before; both kept";
                        self.note(locator, "REPEATED_DIFFERS", detail.to_owned(), true);
                    }
                    return Ok(Some(id));
                }
                Entry::Occupied(place) if *place.get() == particulars => return Ok(None),
                Entry::Occupied(_) => {}
            }
        }
        Err(ImportError::TooManyUnderOneKey {
            address: entry.address.chars().take(128).collect(),
            max: UNDER_ONE_KEY_MAX,
        })
    }

    fn key_entry(&mut self, locator: &Locator, id: EntryId, entry: ListEntry) {
        let hint = entry.named_networks();
        let Reading {
            mut candidates,
            flags,
            fault,
        } = address::parse_hinted(&entry.address, hint);
        if fault == Some(Fault::PrivateKey) {
            self.take_back(locator, &entry);
            return;
        }
        if candidates.is_empty() {
            candidates.push(Candidate::opaque(&entry.address));
        }
        self.remark(locator, &entry, (&candidates, flags));
        let is_contract = entry.is_contract();
        let mut keyed = KeyedEntry {
            source: self.source.clone(),
            kind: Kind::Opaque,
            networks: Networks::NONE,
            extra: Vec::new(),
            tag: None,
            derived: None,
            is_contract,
            entry,
        };
        // Two customers of one account are the account as a whole.
        let tag_of = |candidate: &Candidate| {
            let is_other =
                |other: &Candidate| other.key == candidate.key && other.tag != candidate.tag;
            let is_one = candidate.kind.has_tags() && !candidates.iter().any(is_other);
            candidate.tag.clone().filter(|_| is_one)
        };
        let from = self.records.len();
        for candidate in &candidates {
            keyed.kind = candidate.kind;
            // A contract is one network's; the ticker says which.
            let narrowed = candidate.networks.intersection(hint);
            keyed.networks = match narrowed {
                Networks::NONE => candidate.networks,
                narrowed if is_contract => narrowed,
                _ => candidate.networks,
            };
            keyed.extra = candidate.extra().to_vec();
            keyed.tag = tag_of(candidate);
            self.record(from, &candidate.key, id, &keyed);
        }
        if keyed.entry.effect == Effect::Exempts {
            // It is about the address that was named, and no other.
            return;
        }
        keyed.extra = Vec::new();
        for candidate in &candidates {
            keyed.tag = tag_of(candidate);
            for link in address::linked(candidate, Depth::Import) {
                keyed.kind = link.kind;
                keyed.networks = link.networks;
                keyed.derived = Some(Derivation {
                    rule: link.rule,
                    from: candidate.kind,
                });
                self.record(from, &link.key, id, &keyed);
            }
        }
    }

    /// Notes what is odd about how an address reads.
    fn remark(
        &mut self,
        locator: &Locator,
        entry: &ListEntry,
        (candidates, flags): (&[Candidate], Flags),
    ) {
        if candidates
            .iter()
            .all(|candidate| candidate.kind == Kind::Opaque)
        {
            self.list.opaque += 1;
            let detail = "no known kind of address; kept, and matched by its exact text".to_owned();
            self.note(locator, "OPAQUE", detail, true);
        } else {
            self.compare_ticker(locator, entry, candidates);
        }
        if flags.contains(Flags::LOOK_ALIKE_FOLDED) {
            let detail = "letters of another alphabet were read as the Latin ones they look like";
            self.note(locator, "LOOK_ALIKE", detail.to_owned(), true);
        }
    }

    /// Lets go of a row that holds a private key: no list names one, and what
    /// somebody pasted must not be stored. Asked about, it is never cleared.
    fn take_back(&mut self, locator: &Locator, entry: &ListEntry) {
        self.list.entries = self.list.entries.saturating_sub(1);
        self.list.rejected += 1;
        let ticker = entry.ticker.clone().unwrap_or_default();
        if let Some(count) = self.list.tickers.get_mut(&ticker) {
            *count -= 1;
            if *count == 0 {
                self.list.tickers.remove(&ticker);
            }
        }
        let detail = "a private key, which is not kept: take the row out".to_owned();
        self.note(locator, Fault::PrivateKey.name(), detail, false);
    }

    /// Adds an entry under a key. Two readings may share a key; the first is
    /// the closest.
    fn record(&mut self, from: usize, key: &AddressKey, id: EntryId, keyed: &KeyedEntry) {
        if self.records[from..].iter().all(|other| other.key != *key) {
            self.records.push(KeyedRecord {
                key: key.clone(),
                id,
                encoded: keyed.encode().into(),
            });
        }
    }

    fn compare_ticker(&mut self, locator: &Locator, entry: &ListEntry, candidates: &[Candidate]) {
        let Some(ticker) = &entry.ticker else { return };
        let kinds = || {
            let names = candidates.iter().map(|candidate| candidate.kind.name());
            names.collect::<Vec<_>>().join(", ")
        };
        let detail = match Networks::from_hint(ticker) {
            Ok(hinted)
                if candidates
                    .iter()
                    .any(|read| read.networks.intersects(hinted)) =>
            {
                return;
            }
            Ok(_) => format!("published as {ticker}, and the address is {}", kinds()),
            Err(_) => format!("ticker {ticker} is not known; the address is {}", kinds()),
        };
        self.list.ticker_disagrees += 1;
        self.note(locator, "TICKER_DISAGREES", detail, true);
    }

    fn note(&mut self, locator: &Locator, reason: &'static str, detail: String, kept: bool) {
        *self.list.faults.entry(reason).or_default() += 1;
        if self.list.notes.len() < NOTES_MAX {
            self.list.notes.push(RowNote {
                file: locator.file.to_string(),
                line: locator.line,
                reason,
                detail,
                kept,
            });
        }
    }
}

/// Every screening of an address reads all that stands under its key.
fn check_shelves(records: &[KeyedRecord]) -> Result<(), ImportError> {
    let mut shelves = records.chunk_by(|a, b| a.key == b.key);
    match shelves.find(|shelf| shelf.len() > UNDER_ONE_KEY_MAX) {
        None => Ok(()),
        Some(shelf) => Err(ImportError::TooManyUnderOneKey {
            address: shelf[0].key.to_string(),
            max: UNDER_ONE_KEY_MAX,
        }),
    }
}

/// Tells which of the entries that one id could name an entry is: the id of
/// the first, and how many come before it. `None` if the id does not follow
/// from what the entry says.
pub fn entry_place(source: &SourceId, entry: &ListEntry, id: EntryId) -> Option<(EntryId, u64)> {
    let first = entry_id(source, entry, 0);
    let place = (0..UNDER_ONE_KEY_MAX as u64)
        .find(|occurrence| entry_id(source, entry, *occurrence) == id)?;
    Some((first, place))
}

/// Names an entry across publications: what makes it this entry and no other.
/// Names and programs may be corrected without it becoming another one; what
/// has no subject is told apart by its incident.
fn entry_id(source: &SourceId, entry: &ListEntry, occurrence: u64) -> EntryId {
    let mut hasher = blake3::Hasher::new_derive_key("interdict 2026-11 entry id");
    let designation = &entry.designation;
    let subject = designation
        .subject_id
        .as_ref()
        .or(designation.subjects.first());
    let incident = entry.incident.as_ref().map(|incident| &incident.id);
    let parts = [
        Some(source.as_str()),
        Some(entry.address.as_str()),
        entry.ticker.as_deref(),
        subject.or(incident).map(String::as_str),
    ];
    for part in parts {
        let text = part.unwrap_or_default();
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    if occurrence > 0 {
        hasher.update(&occurrence.to_le_bytes());
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    EntryId(id)
}
