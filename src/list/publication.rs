//! One edition of a source.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use super::source::{SourceId, Tier};

/// BLAKE3 over the length and the BLAKE3 of each file of a publication,
/// whatever the order in which the files were named.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicationDigest(pub [u8; 32]);

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

/// One edition of a source: what it was and when it was known to be current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Whose edition it is.
    pub source: SourceId,
    /// The weight the source carries.
    pub tier: Tier,
    /// What the files were.
    pub digest: PublicationDigest,
    /// The format they were read as.
    pub format: String,
    /// The date the publisher put in it, where there is one.
    pub published_on: Option<Date>,
    /// When it was taken from the publisher, and so known to be current.
    /// Ages and staleness count from here.
    pub retrieved_at: Timestamp,
    /// When the first publication of the source that is held here was
    /// retrieved: before that, its history is not known.
    pub held_since: Timestamp,
    /// Where it came from.
    pub origin: Origin,
    /// How many entries it holds.
    pub entries: u64,
}
