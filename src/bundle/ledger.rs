//! What was imported from bundles before, so that an older one is noticed.
//!
//! A text file beside the database, `BUNDLES`, with the newest bundle that
//! each source came from. It is written before the import that it speaks of,
//! and taken back if that import is refused: when the process dies in
//! between, it says too much rather than too little, which can only refuse
//! an older bundle, never let one pass. A damaged ledger is an error and is
//! never taken for an empty one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::list::SourceId;

use super::manifest::{Digest, Manifest, OriginId, optional, text};
use super::trust::{Accepted, Word};

const FILE_NAME: &str = "BUNDLES";
const TITLE: &str = "interdict bundle ledger 1";

/// The newest bundle of each source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    sources: Vec<Imported>,
}

/// A source's newest bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imported {
    /// The source.
    #[serde(with = "text")]
    pub source: SourceId,
    /// The data directory it came from.
    #[serde(with = "text")]
    pub origin: OriginId,
    /// The generation there.
    pub sequence: u64,
    /// Its digest.
    #[serde(with = "text")]
    pub generation_digest: Digest,
    /// The digest of the bundle's manifest.
    #[serde(with = "text")]
    pub manifest: Digest,
    /// The digest of the publication that it carried.
    #[serde(with = "text")]
    pub publication: Digest,
    /// When the bundle was made.
    #[serde(with = "text")]
    pub created_at: Timestamp,
    /// When it was imported.
    #[serde(with = "text")]
    pub imported_at: Timestamp,
    /// The key that signed it, if a trusted one did.
    #[serde(with = "optional")]
    pub signed_by: Option<String>,
    /// Whose word let it in, if something spoke against it.
    pub overridden: Option<Override>,
}

/// A person's word for a doubtful bundle, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Who.
    pub author: String,
    /// Why.
    pub reason: String,
    /// What spoke against it.
    pub doubts: Vec<String>,
}

/// Why the ledger cannot be used. Nothing may be imported from a bundle then.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// The file cannot be read or written.
    #[error("cannot access the bundle ledger {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file does not say what a ledger says.
    #[error(
        "the bundle ledger {} is damaged, so it cannot be told whether a bundle is older than the last: restore it from a backup, or remove it if you vouch for the next bundle",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

impl Ledger {
    /// Reads the ledger of a data directory; where none was ever written,
    /// nothing was imported.
    ///
    /// # Errors
    ///
    /// If it cannot be read or is damaged.
    pub fn load(data_dir: &Path) -> Result<Self, LedgerError> {
        let path = data_dir.join(FILE_NAME);
        match fs::read(&path) {
            Ok(bytes) => Self::parse(&bytes).ok_or(LedgerError::Damaged { path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(LedgerError::Io { path, source }),
        }
    }

    /// Writes it so that it survives a power cut.
    ///
    /// # Errors
    ///
    /// If it cannot be written; the one before still stands.
    pub fn save(&self, data_dir: &Path) -> Result<(), LedgerError> {
        let path = data_dir.join(FILE_NAME);
        let temporary = data_dir.join("BUNDLES.new");
        let attempt = || -> io::Result<()> {
            let mut file = File::create(&temporary)?;
            file.write_all(self.to_text().as_bytes())?;
            file.sync_all()?;
            fs::rename(&temporary, &path)?;
            File::open(data_dir)?.sync_all()
        };
        attempt().map_err(|source| LedgerError::Io {
            path: path.clone(),
            source,
        })
    }

    /// Returns the newest bundle that a source came from.
    pub fn of(&self, source: &SourceId) -> Option<&Imported> {
        self.sources
            .iter()
            .find(|imported| imported.source == *source)
    }

    /// Returns every source that came from a bundle.
    pub fn imported(&self) -> impl Iterator<Item = &Imported> {
        self.sources.iter()
    }

    /// Tells whether a bundle is the newest of any source.
    pub fn has_imported(&self, manifest: Digest) -> bool {
        self.sources
            .iter()
            .any(|imported| imported.manifest == manifest)
    }

    /// Returns the ledger as it is once a bundle is imported.
    pub fn after(
        &self,
        manifest: &Manifest,
        accepted: &Accepted,
        word: Option<&Word>,
        now: Timestamp,
    ) -> Self {
        let mut after = self.clone();
        let overridden = word
            .filter(|_| !accepted.overridden.is_empty())
            .map(|word| Override {
                author: word.act.author.clone(),
                reason: word.act.reason.clone(),
                doubts: accepted
                    .overridden
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
            });
        for source in &manifest.sources {
            after.sources.retain(|held| held.source != source.id);
            after.sources.push(Imported {
                source: source.id.clone(),
                origin: manifest.origin,
                sequence: manifest.sequence,
                generation_digest: manifest.generation_digest,
                manifest: manifest.digest(),
                publication: source.publication,
                created_at: manifest.created_at,
                imported_at: now,
                signed_by: accepted.signed_by.map(|key| key.to_string()),
                overridden: overridden.clone(),
            });
        }
        after.sources.sort_by(|a, b| a.source.cmp(&b.source));
        after
    }

    fn to_text(&self) -> String {
        let json = serde_json::to_string_pretty(self)
            .expect("a ledger has only text keys and no value that can fail");
        let body = format!("{TITLE}\n{json}\n");
        format!("{body}check {}\n", blake3::hash(body.as_bytes()).to_hex())
    }

    /// Accepts exactly what [`Self::to_text`] writes: every byte counts.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (_, rest) = text.split_once('\n')?;
        let (json, _) = rest.rsplit_once("\ncheck ")?;
        let ledger: Self = serde_json::from_str(json).ok()?;
        (ledger.to_text() == text).then_some(ledger)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        Ledger {
            sources: vec![Imported {
                source: "ofac-sdn".parse().expect("an id"),
                origin: OriginId([1; 16]),
                sequence: 7,
                generation_digest: Digest([2; 32]),
                manifest: Digest([3; 32]),
                publication: Digest([4; 32]),
                created_at: Timestamp::UNIX_EPOCH,
                imported_at: Timestamp::UNIX_EPOCH,
                signed_by: Some("0102030405060708".to_owned()),
                overridden: Some(Override {
                    author: "M. Ruiz".to_owned(),
                    reason: "the courier was late \n check x".to_owned(),
                    doubts: vec!["the bundle expired".to_owned()],
                }),
            }],
        }
    }

    #[test]
    fn a_ledger_round_trips_and_none_is_empty() {
        let folder = tempfile::tempdir().expect("a folder");
        let none = Ledger::load(folder.path()).expect("none was written");
        assert_eq!(none, Ledger::default());
        for ledger in [Ledger::default(), ledger()] {
            ledger.save(folder.path()).expect("written");
            assert_eq!(Ledger::load(folder.path()).expect("read"), ledger);
        }
    }

    #[test]
    fn a_damaged_or_cut_ledger_is_never_an_empty_one() {
        let text = ledger().to_text();
        for index in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[index] ^= 1 << bit;
                assert_eq!(Ledger::parse(&bytes), None, "byte {index}, bit {bit}");
            }
            assert_eq!(Ledger::parse(&text.as_bytes()[..index]), None, "{index}");
        }
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(FILE_NAME), "").expect("written");
        let refused = Ledger::load(folder.path()).expect_err("is damaged");
        assert!(matches!(refused, LedgerError::Damaged { .. }), "{refused}");
    }
}
