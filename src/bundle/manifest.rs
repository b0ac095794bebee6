//! What a bundle says of itself.
//!
//! A manifest is JSON, indented, in a fixed order of fields, and ends with a
//! newline. It is read back by writing it again: a text that is not, byte for
//! byte, what this program would write is refused, so a field given twice, a
//! field that is not known, or another spelling of a number has no meaning
//! here because it cannot be.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::list::{Category, SourceId, Tier};

/// The first field of every manifest.
const FORMAT: &str = "interdict bundle 1";

/// Longest manifest: thousands of sources fit.
pub(super) const BYTES_MAX: u64 = 4 << 20;

/// Most sources; real sets have a few dozen.
const SOURCES_MAX: usize = 4096;

/// What a bundle is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Name and number of this format.
    pub format: Format,
    /// One source, or all of a generation.
    pub kind: BundleKind,
    /// The data directory it comes from.
    #[serde(with = "text")]
    pub origin: OriginId,
    /// The number of the generation there. It only grows, so an older bundle
    /// of the same origin is known by it.
    pub sequence: u64,
    /// The digest of that generation's whole set.
    #[serde(with = "text")]
    pub generation_digest: Digest,
    /// When the bundle was made.
    #[serde(with = "text")]
    pub created_at: Timestamp,
    /// When it is no longer to be imported, so that an old one cannot be
    /// passed off as the newest for ever.
    #[serde(with = "text")]
    pub expires_at: Timestamp,
    /// The manifest digest of the bundle before, if it follows one.
    #[serde(with = "optional")]
    pub previous: Option<Digest>,
    /// The edition of the rules that turned the addresses into keys: only
    /// under the same are two sets' digests equal.
    pub key_rules: u32,
    /// The sources, by id.
    pub sources: Vec<BundleSource>,
}

/// The name of this format, which is the only value there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Format;

/// One source's publication in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleSource {
    /// Its id.
    #[serde(with = "text")]
    pub id: SourceId,
    /// Its weight.
    #[serde(with = "text")]
    pub tier: Tier,
    /// The digest of the publisher's files.
    #[serde(with = "text")]
    pub publication: Digest,
    /// The format they were read as.
    pub format: String,
    /// The category of rows that carried none.
    #[serde(with = "text")]
    pub category: Category,
    /// The edition of the reading rules.
    pub reading_rules: u32,
    /// The date the publisher put in it.
    #[serde(with = "optional")]
    pub published_on: Option<Date>,
    /// When it was last taken from the publisher: the age of the list, however
    /// long the bundle was on its way.
    #[serde(with = "text")]
    pub retrieved_at: Timestamp,
    /// Since when its origin has held publications of this source. History
    /// does not travel with a bundle, so this is for people.
    #[serde(with = "text")]
    pub held_since: Timestamp,
    /// It is the starter set that came with the program.
    pub bundled: bool,
    /// The files are known to lack addresses that the publisher listed.
    pub incomplete: bool,
    /// The licence it is given under.
    pub licence: Option<String>,
    /// How many entries it has.
    pub entries: u64,
    /// How many rows they make, one for each key they stand under.
    pub rows: u64,
    /// The digest of those rows.
    #[serde(with = "text")]
    pub rows_digest: Digest,
    /// Where the entries are.
    pub part: Part,
}

/// One member of the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its name: `parts/SOURCE.ndjson.zst`.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Its BLAKE3.
    #[serde(with = "text")]
    pub blake3: Digest,
    /// Its SHA-256, which every system has a tool for.
    #[serde(with = "text")]
    pub sha256: Digest,
}

/// How much a bundle holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BundleKind {
    /// One source.
    Source,
    /// Every source of a generation.
    Generation,
}

/// Names the data directory that a bundle comes from: half a digest of the
/// first generation it ever committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OriginId(pub [u8; 16]);

/// A digest of 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

/// Why a manifest is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManifestError {
    /// It is of another format.
    #[error("it is not an `{FORMAT}`: a newer program may read it")]
    Format,
    /// It does not parse.
    #[error("{0}")]
    Json(String),
    /// It says the right things in other bytes.
    #[error("its text is not as this program writes it: it was changed on the way")]
    NotCanonical,
    /// What it says cannot be.
    #[error("{0}")]
    Inconsistent(&'static str),
}

/// Returns the name of the part that holds a source.
pub fn part_name(source: &SourceId) -> String {
    format!("parts/{source}.ndjson.zst")
}

impl Manifest {
    /// Checks that a manifest just put together does not contradict itself.
    ///
    /// # Errors
    ///
    /// If it does.
    pub fn checked(self) -> Result<Self, ManifestError> {
        self.check()?;
        Ok(self)
    }

    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// If it is not one, contradicts itself, or is written otherwise than
    /// [`Self::to_text`] does.
    pub fn parse(text: &[u8]) -> Result<Self, ManifestError> {
        #[derive(Deserialize)]
        struct Named {
            format: String,
        }
        let json = |error: serde_json::Error| ManifestError::Json(error.to_string());
        // Told first, so that a later format is not "an unknown field".
        let named: Named = serde_json::from_slice(text).map_err(json)?;
        if named.format != FORMAT {
            return Err(ManifestError::Format);
        }
        let manifest: Self = serde_json::from_slice(text).map_err(json)?;
        if manifest.to_text().as_bytes() != text {
            return Err(ManifestError::NotCanonical);
        }
        manifest.check()?;
        Ok(manifest)
    }

    /// Writes it: the bytes that are signed.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .expect("a manifest has only text keys and no value that can fail");
        text.push('\n');
        text
    }

    /// Returns the digest that the next bundle names as its previous one.
    pub fn digest(&self) -> Digest {
        Digest(*blake3::hash(self.to_text().as_bytes()).as_bytes())
    }

    /// Returns how many entries it has in all.
    pub fn entries(&self) -> u64 {
        self.sources.iter().map(|source| source.entries).sum()
    }

    fn check(&self) -> Result<(), ManifestError> {
        let rules = [
            (self.sequence > 0, "it comes from no generation"),
            (
                self.expires_at > self.created_at,
                "it expires before it is made",
            ),
            (!self.sources.is_empty(), "it has no sources"),
            (
                self.sources.len() <= SOURCES_MAX,
                "it has more than 4096 sources",
            ),
            (
                self.kind == BundleKind::Generation || self.sources.len() == 1,
                "it is of one source and has several",
            ),
            (
                self.sources.is_sorted_by(|a, b| a.id < b.id),
                "its sources are not in order, or one is there twice",
            ),
            (
                self.sources
                    .iter()
                    .all(|source| source.part.name == part_name(&source.id)),
                "a part does not have the name of its source",
            ),
            (
                self.sources
                    .iter()
                    .try_fold(0_u64, |sum, source| sum.checked_add(source.entries))
                    .is_some(),
                "it has more entries than can be counted",
            ),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            None => Ok(()),
            Some((_, rule)) => Err(ManifestError::Inconsistent(rule)),
        }
    }
}

/// A text that is not as many bytes in hexadecimal as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{given}` is not {digits} hexadecimal digits")]
pub struct NotHex {
    given: String,
    digits: usize,
}

fn from_hex<const N: usize>(text: &str) -> Result<[u8; N], NotHex> {
    let mut bytes = [0; N];
    match const_hex::decode_to_slice(text, &mut bytes) {
        // `const_hex` takes a `0x` in front; the form here is one only.
        Ok(()) if text.len() == 2 * N => Ok(bytes),
        _ => Err(NotHex {
            given: text.chars().take(80).collect(),
            digits: 2 * N,
        }),
    }
}

impl FromStr for Digest {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        from_hex(text).map(Self)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&const_hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for OriginId {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        from_hex(text).map(Self)
    }
}

impl fmt::Display for OriginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&const_hex::encode(self.0))
    }
}

impl fmt::Display for BundleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Generation => "generation",
        })
    }
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(FORMAT)
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match String::deserialize(from)?.as_str() {
            FORMAT => Ok(Self),
            _ => Err(D::Error::custom("the format is another")),
        }
    }
}

/// Values that stand in JSON as the text they print.
pub(super) mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<T: Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// The same, or null.
pub(super) mod optional {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.collect_str(value),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(D::Error::custom))
            .transpose()
    }
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
pub(super) mod tests;
