//! Rows: what RocksDB holds, and its way to and from plain values.
//!
//! A [`ListedRow`] is one life of one list entry under one address key. Its
//! particulars are encoded once, when an import keys them, and stay the very
//! same bytes from then on: the set digest covers them, and "unchanged" means
//! equal bytes. Encoding and decoding stand side by side here, with the
//! tests that one undoes the other.

use std::fmt;

use bytes::Bytes;
use jiff::civil::{Date, date};
use jiff::{Span, Timestamp};
use prost::Message as _;
use thiserror::Error;

use crate::address::{Account, Derivation, Kind, Networks, Rule, Tag};
use crate::list::{
    Act, Category, Confidence, Designation, Effect, EntryId, GenerationNumber, Incident, ListEntry,
    SourceId,
};

/// The messages of `proto/interdict/store/v1`.
#[allow(
    missing_docs,
    clippy::all,
    reason = "generated from commented proto files"
)]
pub(super) mod pb {
    tonic::include_proto!("interdict.store.v1");
}

/// A stored value that does not decode: damage, or a newer format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a stored {what} does not decode: {rule}")]
pub struct RowError {
    what: &'static str,
    rule: String,
}

impl RowError {
    pub(super) fn new(what: &'static str, rule: impl fmt::Display) -> Self {
        Self {
            what,
            rule: rule.to_string(),
        }
    }
}

/// A list entry together with the reading of its address that gave the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedEntry {
    /// Whose entry it is.
    pub source: SourceId,
    /// The kind of address that was read.
    pub kind: Kind,
    /// The networks it may belong to.
    pub networks: Networks,
    /// What the spelling says beyond that, as its family keeps it.
    pub extra: Vec<u8>,
    /// The customer the entry is about, if it names one.
    pub tag: Option<Tag>,
    /// How the key came from the address, if it is not the address's own.
    pub derived: Option<Derivation>,
    /// The address is known to be a contract.
    pub is_contract: bool,
    /// The entry as published.
    pub entry: ListEntry,
}

/// The generations in which a row is part of the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// The generation it appeared in.
    pub since: GenerationNumber,
    /// The generation it ended in, if it has.
    pub until: Option<GenerationNumber>,
    /// It ended only because the same entry goes on with other particulars.
    pub superseded: bool,
}

impl Life {
    /// Tells whether the row is part of a generation.
    pub fn covers(&self, generation: GenerationNumber) -> bool {
        self.since <= generation && self.until.is_none_or(|until| until > generation)
    }
}

/// One life of one list entry under one key, particulars still encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRow {
    /// Which entry.
    pub id: EntryId,
    /// When it is part of the set.
    pub life: Life,
    pub(super) encoded: Bytes,
}

impl ListedRow {
    /// Decodes the particulars.
    ///
    /// # Errors
    ///
    /// If the bytes are damaged or from a newer format.
    pub fn entry(&self) -> Result<KeyedEntry, RowError> {
        KeyedEntry::decode(self.encoded.clone())
    }

    /// Returns the encoded particulars.
    pub fn encoded(&self) -> &Bytes {
        &self.encoded
    }
}

/// Every row under one key, as it was read.
pub(super) fn decode_shelf(value: Bytes) -> Result<Vec<ListedRow>, RowError> {
    let shelf = pb::Shelf::decode(value).map_err(|error| RowError::new("shelf", error))?;
    shelf.rows.into_iter().map(decode_row).collect()
}

fn decode_row(row: pb::Row) -> Result<ListedRow, RowError> {
    let id = <[u8; 16]>::try_from(row.id.as_ref())
        .map_err(|_| RowError::new("row", "its entry id is not 16 bytes"))?;
    if row.since == 0 {
        return Err(RowError::new("row", "it says no generation it appeared in"));
    }
    Ok(ListedRow {
        id: EntryId(id),
        life: Life {
            since: GenerationNumber(row.since),
            until: (row.until != 0).then_some(GenerationNumber(row.until)),
            superseded: row.superseded,
        },
        encoded: row.entry,
    })
}

pub(super) fn encode_shelf(rows: &[ListedRow]) -> Vec<u8> {
    let rows = rows.iter().map(|row| pb::Row {
        id: Bytes::copy_from_slice(&row.id.0),
        since: row.life.since.0,
        until: row.life.until.map_or(0, |until| until.0),
        superseded: row.life.superseded,
        entry: row.encoded.clone(),
    });
    pb::Shelf {
        rows: rows.collect(),
    }
    .encode_to_vec()
}

impl KeyedEntry {
    /// Encodes the particulars: equal values give equal bytes.
    pub fn encode(&self) -> Vec<u8> {
        let entry = &self.entry;
        let designation = &entry.designation;
        pb::Entry {
            source: self.source.as_str().to_owned(),
            address: entry.address.clone(),
            ticker: entry.ticker.clone().unwrap_or_default(),
            kind: u32::from(self.kind.code()),
            networks: self.networks.bits() as u64,
            category: u32::from(entry.category.code()),
            subjects: designation.subjects.clone(),
            programs: designation.programs.clone(),
            subject_id: designation.subject_id.clone().unwrap_or_default(),
            designated_on: days(designation.designated_on),
            incident: entry.incident.as_ref().map(encode_incident),
            role: entry.role.clone().unwrap_or_default(),
            confidence: entry.confidence.map_or(0, |known| u32::from(known.code())),
            listed_on: days(entry.listed_on),
            delisted_on: days(entry.delisted_on),
            reference: entry.reference.clone().unwrap_or_default(),
            note: entry.note.clone().unwrap_or_default(),
            networks_high: (self.networks.bits() >> u64::BITS) as u64,
            extra: self.extra.clone().into(),
            tag: self.tag.as_ref().map_or_else(String::new, Tag::to_string),
            rule: self.derived.map_or(0, |how| u32::from(how.rule.code())),
            derived_from: self.derived.map_or(0, |how| u32::from(how.from.code())),
            contract: self.is_contract,
            act: entry.act.as_ref().map(encode_act),
            exempts: entry.effect == Effect::Exempts,
        }
        .encode_to_vec()
    }

    /// Returns the listed address as one side of a relation.
    pub fn account(&self) -> Account<'_> {
        Account {
            kind: self.kind,
            networks: self.networks,
            named: self.entry.named_networks(),
            extra: &self.extra,
            tag: self.tag.as_ref(),
            is_contract: self.is_contract,
            derived: self.derived,
        }
    }

    fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let row = pb::Entry::decode(bytes).map_err(|error| RowError::new("entry", error))?;
        let code = |number: u32| u8::try_from(number).ok();
        let kind = code(row.kind).and_then(Kind::from_code).ok_or_else(|| {
            RowError::new("entry", format_args!("kind {} is not known", row.kind))
        })?;
        let category = code(row.category)
            .and_then(Category::from_code)
            .ok_or_else(|| RowError::new("entry", format_args!("category {}", row.category)))?;
        let confidence = match row.confidence {
            0 => None,
            number => Some(
                code(number)
                    .and_then(Confidence::from_code)
                    .ok_or_else(|| RowError::new("entry", format_args!("confidence {number}")))?,
            ),
        };
        let derived = match row.rule {
            0 => None,
            number => {
                let rule = code(number).and_then(Rule::from_code);
                let from = code(row.derived_from).and_then(Kind::from_code);
                let derivation = rule.zip(from).map(|(rule, from)| Derivation { rule, from });
                Some(
                    derivation
                        .ok_or_else(|| RowError::new("entry", format_args!("rule {number}")))?,
                )
            }
        };
        let networks = u128::from(row.networks) | u128::from(row.networks_high) << u64::BITS;
        Ok(Self {
            source: row
                .source
                .parse()
                .map_err(|error| RowError::new("entry", error))?,
            kind,
            networks: Networks::from_bits(networks),
            extra: row.extra.to_vec(),
            tag: Tag::text(&row.tag),
            derived,
            is_contract: row.contract,
            entry: ListEntry {
                address: row.address,
                ticker: given(row.ticker),
                category,
                designation: Designation {
                    subjects: row.subjects,
                    programs: row.programs,
                    subject_id: given(row.subject_id),
                    designated_on: day(row.designated_on)?,
                },
                incident: row.incident.map(decode_incident).transpose()?,
                role: given(row.role),
                confidence,
                listed_on: day(row.listed_on)?,
                delisted_on: day(row.delisted_on)?,
                reference: given(row.reference),
                note: given(row.note),
                act: row.act.map(decode_act),
                effect: if row.exempts {
                    Effect::Exempts
                } else {
                    Effect::Lists
                },
            },
        })
    }
}

pub(super) fn encode_act(act: &Act) -> pb::Act {
    pb::Act {
        author: act.author.clone(),
        reason: act.reason.clone(),
        ticket: act.ticket.clone().unwrap_or_default(),
        approver: act.approver.clone().unwrap_or_default(),
    }
}

pub(super) fn decode_act(row: pb::Act) -> Act {
    Act {
        author: row.author,
        reason: row.reason,
        ticket: given(row.ticket),
        approver: given(row.approver),
    }
}

fn encode_incident(incident: &Incident) -> pb::Incident {
    pb::Incident {
        id: incident.id.clone(),
        name: incident.name.clone(),
        date: days(incident.date),
        loss_usd: incident.loss_usd.unwrap_or_default(),
        loss_known: incident.loss_usd.is_some(),
        attributed_to: incident.attributed_to.clone().unwrap_or_default(),
    }
}

fn decode_incident(row: pb::Incident) -> Result<Incident, RowError> {
    Ok(Incident {
        id: row.id,
        name: row.name,
        date: day(row.date)?,
        loss_usd: row.loss_known.then_some(row.loss_usd),
        attributed_to: given(row.attributed_to),
    })
}

pub(super) fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

const EPOCH: Date = date(1970, 1, 1);

/// Days since the epoch plus one; zero stands for "not given".
pub(super) fn days(day: Option<Date>) -> i32 {
    let Some(day) = day else { return 0 };
    // A civil date lies within ±3.7 million days of the epoch.
    let since = day.since(EPOCH).map_or(0, |span| span.get_days());
    if since < 0 { since } else { since + 1 }
}

pub(super) fn day(number: i32) -> Result<Option<Date>, RowError> {
    let since = match number {
        0 => return Ok(None),
        1.. => number - 1,
        ..0 => number,
    };
    let span = Span::new()
        .try_days(since)
        .map_err(|error| RowError::new("date", error))?;
    EPOCH
        .checked_add(span)
        .map(Some)
        .map_err(|error| RowError::new("date", error))
}

pub(super) fn instant(milliseconds: i64) -> Result<Timestamp, RowError> {
    Timestamp::from_millisecond(milliseconds).map_err(|error| RowError::new("time", error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Network;

    fn keyed() -> KeyedEntry {
        let mut entry = ListEntry::bare(
            "0x098B716B8Aaf21512996dC57EB0615e2383E2f96",
            Category::Theft,
        );
        entry.ticker = Some("ETH".to_owned());
        entry.designation = Designation {
            subjects: vec!["LAZARUS GROUP".to_owned(), "APT 38".to_owned()],
            programs: vec!["DPRK3".to_owned()],
            subject_id: Some("27307".to_owned()),
            designated_on: Some(date(2019, 9, 13)),
        };
        entry.incident = Some(Incident {
            id: "ronin-bridge".to_owned(),
            name: "Ronin Bridge 2022".to_owned(),
            date: Some(date(1969, 12, 31)),
            loss_usd: Some(620_000_000),
            attributed_to: None,
        });
        entry.confidence = Some(Confidence::High);
        entry.listed_on = Some(date(1970, 1, 1));
        KeyedEntry {
            source: "ofac-sdn".parse().expect("a source id"),
            kind: Kind::Evm,
            networks: Networks::EVM.union(Network::XrpTestnet.into()),
            extra: b"cosmos".to_vec(),
            tag: Some(Tag::number(7)),
            derived: Some(Derivation {
                rule: Rule::WrappedKeyHash,
                from: Kind::P2pkh,
            }),
            is_contract: true,
            entry,
        }
    }

    #[test]
    fn particulars_round_trip_as_the_same_bytes() {
        let bytes = keyed().encode();
        let again = KeyedEntry::decode(bytes.clone().into()).expect("decodes");
        assert_eq!(again, keyed());
        assert_eq!(again.encode(), bytes);
    }

    #[test]
    fn dates_on_both_sides_of_the_epoch_round_trip() {
        for given in [
            None,
            Some(EPOCH),
            Some(date(1969, 12, 31)),
            Some(date(9999, 12, 31)),
            Some(date(-9999, 1, 1)),
        ] {
            assert_eq!(day(days(given)), Ok(given));
        }
    }

    #[test]
    fn a_life_covers_from_its_first_to_before_its_last_generation() {
        let life = Life {
            since: GenerationNumber(3),
            until: Some(GenerationNumber(5)),
            superseded: false,
        };
        let covered: Vec<u64> = (1..8)
            .filter(|n| life.covers(GenerationNumber(*n)))
            .collect();
        assert_eq!(covered, [3, 4]);
    }

    #[test]
    fn shelves_round_trip_and_damage_is_an_error() {
        let row = ListedRow {
            id: EntryId([7; 16]),
            life: Life {
                since: GenerationNumber(1),
                until: None,
                superseded: false,
            },
            encoded: keyed().encode().into(),
        };
        let bytes = encode_shelf(std::slice::from_ref(&row));
        assert_eq!(decode_shelf(bytes.clone().into()), Ok(vec![row]));
        assert!(decode_shelf(Bytes::copy_from_slice(&bytes[..bytes.len() - 1])).is_err());
    }
}
