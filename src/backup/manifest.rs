//! `BACKUP.json`: what a backup is.
//!
//! Written last, and with a digest of itself, so that it is either there and
//! whole or the folder is no backup.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BackupError, failed};

/// Its file name.
pub const MANIFEST: &str = "BACKUP.json";

const FORMAT: &str = "interdict backup 1";

/// What a backup is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupManifest {
    /// When it was made.
    pub created_at: Timestamp,
    /// The generation it holds; zero if nothing was ever committed.
    pub generation: u64,
    /// The digest of its set, in hexadecimal.
    pub generation_digest: String,
    /// Active rows.
    pub rows: u64,
    /// Keys ever listed.
    pub keys: u64,
    /// Entries of the publications it holds.
    pub entries: u64,
    /// The number of the schema.
    pub store_format: u32,
    /// The edition of the rules that turn text into address keys.
    pub key_rules: u32,
    /// The version of the program that made it.
    pub program: String,
    /// Every file beside this one, in order of their paths.
    pub files: Vec<BackupFile>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupFile {
    /// Where it lies within the backup, with `/` between folders.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its BLAKE3, in hexadecimal.
    pub blake3: String,
}

/// The manifest as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    created_at: String,
    generation: u64,
    generation_digest: String,
    rows: u64,
    keys: u64,
    entries: u64,
    store_format: u32,
    key_rules: u32,
    program: String,
    files: Vec<BackupFile>,
    /// BLAKE3 of the same text with this left empty.
    check: String,
}

impl BackupManifest {
    /// Returns how many bytes its files have in all.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), BackupError> {
        let path = folder.join(MANIFEST);
        let attempt = || -> io::Result<()> {
            let mut file = File::create(&path)?;
            file.write_all(self.to_text().as_bytes())?;
            file.sync_all()
        };
        attempt().map_err(failed(&path))
    }

    pub(super) fn read(folder: &Path) -> Result<Self, BackupError> {
        let path = folder.join(MANIFEST);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BackupError::NotOne(folder.to_owned()));
            }
            Err(error) => return Err(failed(&path)(error)),
        };
        Self::parse(&text).map_err(|rule| BackupError::Manifest { path, rule })
    }

    pub(super) fn to_text(&self) -> String {
        let mut written = Written {
            format: FORMAT.to_owned(),
            created_at: self.created_at.to_string(),
            generation: self.generation,
            generation_digest: self.generation_digest.clone(),
            rows: self.rows,
            keys: self.keys,
            entries: self.entries,
            store_format: self.store_format,
            key_rules: self.key_rules,
            program: self.program.clone(),
            files: self.files.clone(),
            check: String::new(),
        };
        written.check = blake3::hash(rendered(&written).as_bytes())
            .to_hex()
            .to_string();
        rendered(&written)
    }

    /// Accepts exactly what [`Self::to_text`] writes: every byte counts.
    fn parse(text: &[u8]) -> Result<Self, &'static str> {
        let written: Written =
            serde_json::from_slice(text).map_err(|_| "it is not what a manifest is")?;
        if written.format != FORMAT {
            return Err("it is of another format; a newer program may read it");
        }
        let manifest = Self {
            created_at: written
                .created_at
                .parse()
                .map_err(|_| "its time is not one")?,
            generation: written.generation,
            generation_digest: written.generation_digest,
            rows: written.rows,
            keys: written.keys,
            entries: written.entries,
            store_format: written.store_format,
            key_rules: written.key_rules,
            program: written.program,
            files: written.files,
        };
        if manifest.to_text().as_bytes() != text {
            return Err("its own digest does not hold");
        }
        if !manifest.files.iter().all(|file| is_plain(&file.path)) {
            return Err("it names a file outside the backup");
        }
        Ok(manifest)
    }
}

fn rendered(written: &Written) -> String {
    let mut text = serde_json::to_string_pretty(written)
        .expect("a manifest has only text keys and no value that can fail");
    text.push('\n');
    text
}

/// Tells whether a path can only lead into the backup.
fn is_plain(path: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    !path.contains(['\\', '\0']) && path.split('/').all(plain)
}
