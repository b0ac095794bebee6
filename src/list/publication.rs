//! One edition of a source.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use super::entry::Category;
use super::source::{SourceId, Tier};

/// BLAKE3 over the length and the BLAKE3 of each file of a publication,
/// whatever the order in which the files were named.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicationDigest(pub [u8; 32]);

impl PublicationDigest {
    /// Returns the digest of a publication's files, each given by its length
    /// in bytes and its BLAKE3.
    pub fn of_files(files: impl Iterator<Item = (u64, blake3::Hash)>) -> Self {
        let mut files: Vec<_> = files
            .map(|(bytes, hash)| (bytes, *hash.as_bytes()))
            .collect();
        // The order in which files are named makes no other publication.
        files.sort_unstable();
        let mut hasher = blake3::Hasher::new_derive_key("interdict 2026-11 publication");
        for (bytes, digest) in files {
            hasher.update(&bytes.to_le_bytes());
            hasher.update(&digest);
        }
        Self(*hasher.finalize().as_bytes())
    }

    /// Returns the digest of a publication of one file held in memory.
    pub fn of_text(text: &str) -> Self {
        let file = (text.len() as u64, blake3::hash(text.as_bytes()));
        Self::of_files(std::iter::once(file))
    }
}

impl fmt::Display for PublicationDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&const_hex::encode(self.0))
    }
}

impl fmt::Debug for PublicationDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicationDigest({self})")
    }
}

/// Where a publication came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was compiled into this program: a starter set that ages from the
    /// day its facts were collected.
    Bundled,
    /// The operator imported it.
    Imported,
}

/// How a publication's files were read. The same files read otherwise are
/// another list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadAs {
    /// The format.
    pub format: String,
    /// The category of rows that carry none.
    pub category: Category,
    /// The edition of the reading rules.
    pub rules: u32,
}

/// One edition of a source: what it was and when it was known to be current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Whose edition it is.
    pub source: SourceId,
    /// The weight the source carries.
    pub tier: Tier,
    /// What the files were.
    pub digest: PublicationDigest,
    /// How they were read.
    pub read_as: ReadAs,
    /// The date the publisher put in it, where there is one.
    pub published_on: Option<Date>,
    /// When it was taken from the publisher, and so known to be current.
    pub retrieved_at: Timestamp,
    /// When the very same publication was last taken from the publisher
    /// again. Not part of history: it says how fresh a list is, not what.
    pub confirmed_at: Option<Timestamp>,
    /// When the first publication of the source that is held here was
    /// retrieved: before that, its history is not known.
    pub held_since: Timestamp,
    /// Where it came from.
    pub origin: Origin,
    /// How many entries it holds.
    pub entries: u64,
    /// The files are known to lack addresses that the publisher listed.
    pub incomplete: bool,
    /// The licence it is given under, where its files state one.
    pub licence: Option<String>,
}

impl Publication {
    /// Returns when it was last known to be current. Ages and staleness count
    /// from here.
    pub fn current_at(&self) -> Timestamp {
        self.confirmed_at
            .map_or(self.retrieved_at, |at| at.max(self.retrieved_at))
    }
}
