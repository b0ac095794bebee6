//! The floor: the lowest generation this data directory may come back at.
//!
//! A small text file beside the database, written with fsync and rename after
//! each commit and before the commit is acknowledged. A database that has
//! lost its newest writes (a deleted or damaged write-ahead log) opens
//! without complaint at an older state, which is an older list; the floor is
//! how that is noticed. It names generation, digest and count, and carries
//! its own checksum.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::list::GenerationNumber;

use super::digest::GenerationDigest;

const FILE_NAME: &str = "FLOOR";
const TITLE: &str = "interdict floor 1";

/// What the floor file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floor {
    /// The newest generation whose commit was completed.
    pub generation: GenerationNumber,
    /// Its digest.
    pub digest: GenerationDigest,
    /// Its active rows.
    pub rows: u64,
}

/// Why a floor file cannot be read.
#[derive(Debug, Error)]
pub enum FloorError {
    /// The file cannot be read or written.
    #[error("cannot access the floor file {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file does not say what a floor file says.
    #[error("the floor file {} is damaged: {rule}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which rule it breaks.
        rule: &'static str,
    },
}

impl Floor {
    /// Reads the floor of a data directory.
    ///
    /// # Errors
    ///
    /// If the file is missing, unreadable or damaged. None of these may be
    /// taken for "no floor".
    pub fn read(data_dir: &Path) -> Result<Self, FloorError> {
        let path = data_dir.join(FILE_NAME);
        let bytes = fs::read(&path).map_err(|source| FloorError::Io {
            path: path.clone(),
            source,
        })?;
        Self::parse(&bytes).map_err(|rule| FloorError::Damaged { path, rule })
    }

    /// Writes the floor so that it survives a power cut: temporary file,
    /// fsync, rename, fsync of the folder.
    ///
    /// # Errors
    ///
    /// If any of these fails; the file before then still stands.
    pub fn write(&self, data_dir: &Path) -> Result<(), FloorError> {
        let path = data_dir.join(FILE_NAME);
        let temporary = data_dir.join("FLOOR.new");
        let attempt = || -> io::Result<()> {
            let mut file = File::create(&temporary)?;
            file.write_all(self.to_text().as_bytes())?;
            file.sync_all()?;
            fs::rename(&temporary, &path)?;
            File::open(data_dir)?.sync_all()
        };
        attempt().map_err(|source| FloorError::Io {
            path: path.clone(),
            source,
        })
    }

    fn to_text(self) -> String {
        let body = self.body();
        format!("{body}check {}\n", blake3::hash(body.as_bytes()).to_hex())
    }

    fn body(&self) -> String {
        format!(
            "{TITLE}\ngeneration {}\ndigest {}\nrows {}\n",
            self.generation, self.digest, self.rows
        )
    }

    /// Accepts exactly what [`Self::to_text`] writes: every byte counts.
    fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not text")?;
        let mut lines = text.lines();
        if lines.next() != Some(TITLE) {
            return Err("its first line is not its title");
        }
        let mut field = |name: &str| {
            let (found, value) = lines.next()?.split_once(' ')?;
            (found == name).then_some(value)
        };
        let generation = field("generation").and_then(|value| value.parse().ok());
        let digest = field("digest")
            .and_then(|value| const_hex::decode(value).ok())
            .and_then(|digest| GenerationDigest::from_slice(&digest));
        let rows = field("rows").and_then(|value| value.parse().ok());
        let floor = Self {
            generation: GenerationNumber(generation.ok_or("it names no generation")?),
            digest: digest.ok_or("it names no digest")?,
            rows: rows.ok_or("it names no row count")?,
        };
        if floor.to_text() != text {
            return Err("its checksum does not hold");
        }
        Ok(floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floor() -> Floor {
        Floor {
            generation: GenerationNumber(7),
            digest: GenerationDigest([0xab; 32]),
            rows: 1423,
        }
    }

    #[test]
    fn a_floor_round_trips() {
        let folder = tempfile::tempdir().expect("a folder");
        floor().write(folder.path()).expect("written");
        assert_eq!(Floor::read(folder.path()).expect("read"), floor());
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let text = floor().to_text();
        for index in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[index] ^= 1 << bit;
                assert!(Floor::parse(&bytes).is_err(), "byte {index}, bit {bit}");
            }
        }
    }

    #[test]
    fn a_missing_or_cut_floor_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(
            Floor::read(folder.path()),
            Err(FloorError::Io { .. })
        ));
        let text = floor().to_text();
        for length in 0..text.len() {
            assert!(
                Floor::parse(&text.as_bytes()[..length]).is_err(),
                "{length}"
            );
        }
    }
}
