//! The record of a generation: its counts, and every source's publication.

use bytes::Bytes;
use jiff::Timestamp;
use prost::Message as _;

use crate::list::{
    Category, Cause, GenerationNumber, Made, Origin, Publication, PublicationDigest, ReadAs,
    SourceId, Tier,
};

use super::digest::GenerationDigest;
use super::rows::{RowError, day, days, decode_act, encode_act, given, instant, pb};

/// A committed generation, as history keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerationRecord {
    /// Its number.
    pub number: GenerationNumber,
    /// Its digest.
    pub digest: GenerationDigest,
    /// When it was committed.
    pub committed_at: Timestamp,
    /// Active rows.
    pub rows: u64,
    /// Sources whose publications made it.
    pub sources: Vec<SourceId>,
    /// Entries that came, under however many keys.
    pub added: u64,
    /// Entries whose particulars changed.
    pub amended: u64,
    /// Entries that went.
    pub removed: u64,
    /// The publication of every source as of this generation, by source.
    pub publications: Vec<Publication>,
    /// What made it, and who answers for it.
    pub made: Made,
}

impl GenerationRecord {
    /// Returns how many entries its publications hold, under however many
    /// keys each of them stands.
    pub fn entries(&self) -> u64 {
        self.publications.iter().map(|held| held.entries).sum()
    }

    /// Returns the publication of a source as of this generation.
    pub fn publication(&self, source: &SourceId) -> Option<&Publication> {
        self.publications
            .iter()
            .find(|publication| publication.source == *source)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        pb::Generation {
            number: self.number.0,
            digest: Bytes::copy_from_slice(&self.digest.0),
            committed_at_ms: self.committed_at.as_millisecond(),
            entries: self.rows,
            sources: self.sources.iter().map(ToString::to_string).collect(),
            added: self.added,
            amended: self.amended,
            removed: self.removed,
            publications: self.publications.iter().map(encode_publication).collect(),
            cause: cause_code(self.made.cause),
            rolled_back_to: match self.made.cause {
                Cause::Rollback { to } => to.0,
                _ => 0,
            },
            act: self.made.act.as_ref().map(encode_act),
            overridden: self.made.overridden.clone(),
        }
        .encode_to_vec()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, RowError> {
        let row =
            pb::Generation::decode(bytes).map_err(|error| RowError::new("generation", error))?;
        let sources = row.sources.iter().map(|source| source.parse());
        let publications = row.publications.into_iter().map(decode_publication);
        Ok(Self {
            number: GenerationNumber(row.number),
            digest: GenerationDigest::from_slice(&row.digest)
                .ok_or_else(|| RowError::new("generation", "its digest is not 32 bytes"))?,
            committed_at: instant(row.committed_at_ms)?,
            rows: row.entries,
            sources: sources
                .collect::<Result<_, _>>()
                .map_err(|error| RowError::new("generation", error))?,
            added: row.added,
            amended: row.amended,
            removed: row.removed,
            publications: publications.collect::<Result<_, _>>()?,
            made: Made {
                cause: decode_cause(row.cause, GenerationNumber(row.rolled_back_to))?,
                act: row.act.map(decode_act),
                overridden: row.overridden,
            },
        })
    }
}

fn encode_publication(publication: &Publication) -> pb::Publication {
    pb::Publication {
        source: publication.source.to_string(),
        tier: tier_code(publication.tier),
        digest: Bytes::copy_from_slice(&publication.digest.0),
        format: publication.read_as.format.clone(),
        category: u32::from(publication.read_as.category.code()),
        reading_rules: publication.read_as.rules,
        incomplete: publication.incomplete,
        licence: publication.licence.clone().unwrap_or_default(),
        published_on: days(publication.published_on),
        retrieved_at_ms: publication.retrieved_at.as_millisecond(),
        held_since_ms: publication.held_since.as_millisecond(),
        bundled: publication.origin == Origin::Bundled,
        entries: publication.entries,
    }
}

fn decode_publication(row: pb::Publication) -> Result<Publication, RowError> {
    let digest = <[u8; 32]>::try_from(row.digest.as_ref())
        .map_err(|_| RowError::new("publication", "its digest is not 32 bytes"))?;
    Ok(Publication {
        source: row
            .source
            .parse()
            .map_err(|error| RowError::new("publication", error))?,
        tier: Tier::ALL
            .into_iter()
            .find(|tier| tier_code(*tier) == row.tier)
            .ok_or_else(|| RowError::new("publication", format_args!("tier {}", row.tier)))?,
        digest: PublicationDigest(digest),
        read_as: ReadAs {
            format: row.format,
            category: u8::try_from(row.category)
                .ok()
                .and_then(Category::from_code)
                .ok_or_else(|| {
                    RowError::new("publication", format_args!("category {}", row.category))
                })?,
            rules: row.reading_rules,
        },
        confirmed_at: None,
        incomplete: row.incomplete,
        licence: given(row.licence),
        published_on: day(row.published_on)?,
        retrieved_at: instant(row.retrieved_at_ms)?,
        held_since: instant(row.held_since_ms)?,
        origin: if row.bundled {
            Origin::Bundled
        } else {
            Origin::Imported
        },
        entries: row.entries,
    })
}

/// Fixed for ever.
const fn cause_code(cause: Cause) -> u32 {
    match cause {
        Cause::Publication => 0,
        Cause::Bundle => 1,
        Cause::Operator => 2,
        Cause::Rollback { .. } => 3,
    }
}

fn decode_cause(code: u32, to: GenerationNumber) -> Result<Cause, RowError> {
    match code {
        0 => Ok(Cause::Publication),
        1 => Ok(Cause::Bundle),
        2 => Ok(Cause::Operator),
        3 => Ok(Cause::Rollback { to }),
        _ => Err(RowError::new("generation", format_args!("cause {code}"))),
    }
}

/// Fixed for ever.
const fn tier_code(tier: Tier) -> u32 {
    match tier {
        Tier::Sanctions => 1,
        Tier::LawEnforcement => 2,
        Tier::Attributed => 3,
        Tier::Operator => 4,
    }
}
