//! Backups: a consistent copy of a data directory that proves itself.
//!
//! A backup is a folder: what a data directory holds (`db/`, `FLOOR`, the
//! filter, the bundle ledger, what waits for approval, the state of syncs),
//! and `BACKUP.json`, which names every file with its BLAKE3 and says which
//! generation it is. The manifest is written last and the folder gets its
//! name only then, so a backup that was interrupted is never taken for one.
//!
//! | step | promises |
//! |---|---|
//! | [`create`] | head, floor and set are of one instant, while the daemon serves and imports |
//! | [`verify`] | every byte is as it was; the set read back has the digest that was committed; the backup is not changed by looking |
//! | [`restore`] | only what verifies, only into a folder that is free, in place by one rename |
//!
//! On the same file system the tables of a backup are links to those of the
//! data directory: that guards against mistakes and lost writes, and not
//! against a bad disk. Copy the folder to another disk with any tool; its
//! manifest tells whether the copy is whole. Publishers' raw files, where
//! syncs keep them, are not in it.

mod files;
mod manifest;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use thiserror::Error;

use crate::address;
use crate::store::{self, CheckpointError, CreateError, OpenError, ReadError, Store};

pub use manifest::{BackupFile, BackupManifest, MANIFEST};

/// What is copied beside the database, where it is there. The filter spares a
/// start its building; the ledger tells old bundles from new ones.
const FILES: [&str; 2] = ["filter", "BUNDLES"];

/// Folders whose entries each are one thing.
const FOLDERS: [&str; 2] = ["pending", "sync"];

/// Longest name of a backup.
const NAME_BYTES_MAX: usize = 64;

/// Why a backup was not made, is not whole, or was not restored.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The name cannot be that of a folder.
    #[error(
        "cannot name a backup `{0}`: it takes 1 to {NAME_BYTES_MAX} of a-z, A-Z, 0-9, `-`, `_` and `.`, beginning with a letter or digit"
    )]
    Name(String),
    /// There is one of that name.
    #[error("{} is there already: name the backup otherwise", .0.display())]
    Exists(PathBuf),
    /// A file cannot be read or written.
    #[error("cannot access {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database cannot be copied.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The generation cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The folder is no backup.
    #[error(
        "{} has no `{MANIFEST}`: it is no backup, or one that was never finished; use another",
        .0.display()
    )]
    NotOne(PathBuf),
    /// The manifest is damaged.
    #[error("{} is damaged: {rule}; use another backup", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        rule: &'static str,
    },
    /// The files are not those of the manifest.
    #[error("the backup is not whole: `{file}` {rule}; use another backup")]
    File {
        /// The file, within the backup.
        file: String,
        /// What is wrong with it.
        rule: &'static str,
    },
    /// The set is not what the manifest says.
    #[error("the backup holds {found} and its manifest says {expected}; use another backup")]
    OtherSet {
        /// The generation and digest that were read back.
        found: String,
        /// Those of the manifest.
        expected: String,
    },
    /// The data directory in it is not one that can be opened.
    #[error("the data directory in the backup is refused: {0}")]
    Refused(#[source] Box<OpenError>),
    /// There is something where it is to be restored.
    #[error(transparent)]
    NotFree(#[from] CreateError),
}

/// Returns where the backups of a data directory are made unless the
/// configuration says otherwise.
pub fn default_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("backups")
}

/// Makes a backup in a folder of its own under `into`, and returns where.
///
/// # Errors
///
/// If the name is taken or anything cannot be read or written. Nothing is
/// left behind then.
pub fn create(
    store: &Store,
    into: &Path,
    name: Option<&str>,
) -> Result<(PathBuf, BackupManifest), BackupError> {
    let now = Timestamp::now();
    let name = match name {
        Some(name) => checked_name(name)?.to_owned(),
        None => format!(
            "{}-g{}",
            now.strftime("%Y%m%dT%H%M%SZ"),
            store.head_generation()
        ),
    };
    let target = into.join(&name);
    if target.exists() {
        return Err(BackupError::Exists(target));
    }
    let partial = into.join(format!(".{name}.partial-{}", std::process::id()));
    let made = fill(store, &partial, now).and_then(|manifest| {
        // A rename onto an empty folder that came meanwhile would succeed.
        if target.exists() {
            return Err(BackupError::Exists(target.clone()));
        }
        fs::rename(&partial, &target).map_err(failed(&target))?;
        files::sync_folder(into)?;
        Ok(manifest)
    });
    if made.is_err() {
        // Ours, and of no use to anybody.
        let _ = fs::remove_dir_all(&partial);
    }
    made.map(|manifest| (target, manifest))
}

fn fill(store: &Store, partial: &Path, now: Timestamp) -> Result<BackupManifest, BackupError> {
    // Left behind by a process of the same number that was killed.
    let _ = fs::remove_dir_all(partial);
    fs::create_dir_all(partial).map_err(failed(partial))?;
    let head = store.checkpoint(partial)?;
    for name in FILES {
        files::copy_if_there(&store.data_dir().join(name), &partial.join(name))?;
    }
    for name in FOLDERS {
        files::copy_entries(&store.data_dir().join(name), &partial.join(name))?;
    }
    let record = store.generation(head.generation)?;
    let manifest = BackupManifest {
        created_at: now,
        generation: head.generation.0,
        generation_digest: head.set.digest().to_string(),
        rows: head.set.rows(),
        keys: head.keys,
        entries: record.map_or(0, |record| record.entries()),
        store_format: store::FORMAT,
        key_rules: address::RULES_VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        files: files::described(partial)?,
    };
    files::sync_all(partial)?;
    manifest.write(partial)?;
    files::sync_folder(partial)?;
    Ok(manifest)
}

/// Checks a backup and changes nothing in it: its manifest, every file's
/// digest, and the whole set as a start would.
///
/// # Errors
///
/// If it is not a backup, or anything about it is not as it was made.
pub fn verify(folder: &Path) -> Result<BackupManifest, BackupError> {
    let manifest = BackupManifest::read(folder)?;
    files::compare(&manifest.files, &files::described(folder)?)?;
    verify_set(folder, &manifest)?;
    Ok(manifest)
}

/// Restores a backup as a data directory.
///
/// # Errors
///
/// If the backup does not verify, or `data_dir` holds something, or cannot be
/// written. It is then as it was.
pub fn restore(folder: &Path, data_dir: &Path) -> Result<BackupManifest, BackupError> {
    Store::check_free(data_dir)?;
    let manifest = verify(folder)?;
    let mut name = data_dir.file_name().unwrap_or_default().to_owned();
    name.push(format!(".partial-{}", std::process::id()));
    let partial = data_dir.with_file_name(name);
    let restored = copy_all(folder, &partial, &manifest).and_then(|()| {
        verify_set(&partial, &manifest)?;
        if data_dir.exists() {
            fs::remove_dir(data_dir).map_err(failed(data_dir))?;
        }
        fs::rename(&partial, data_dir).map_err(failed(data_dir))?;
        match data_dir.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => files::sync_folder(parent),
            _ => Ok(()),
        }
    });
    if restored.is_err() {
        let _ = fs::remove_dir_all(&partial);
    }
    restored.map(|()| manifest)
}

/// Copies what the manifest names, never linking: a data directory that is
/// written to shares no file with its backup.
fn copy_all(folder: &Path, partial: &Path, manifest: &BackupManifest) -> Result<(), BackupError> {
    fs::create_dir_all(partial).map_err(failed(partial))?;
    for file in &manifest.files {
        let target = partial.join(&file.path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(failed(parent))?;
        }
        fs::copy(folder.join(&file.path), &target).map_err(failed(&target))?;
    }
    files::compare(&manifest.files, &files::described(partial)?)?;
    files::sync_all(partial)
}

/// Reads the whole set back and compares it with the manifest.
fn verify_set(folder: &Path, manifest: &BackupManifest) -> Result<(), BackupError> {
    let head = Store::verify_copy(folder).map_err(|error| BackupError::Refused(Box::new(error)))?;
    let words = |generation: u64, digest: &str, rows: u64, keys: u64| {
        format!("generation {generation} ({digest}, {rows} rows, {keys} keys)")
    };
    let found = words(
        head.generation.0,
        &head.set.digest().to_string(),
        head.set.rows(),
        head.keys,
    );
    let expected = words(
        manifest.generation,
        &manifest.generation_digest,
        manifest.rows,
        manifest.keys,
    );
    if found == expected {
        Ok(())
    } else {
        Err(BackupError::OtherSet { found, expected })
    }
}

/// Checks that a name can only be that of a folder right where it is made.
fn checked_name(name: &str) -> Result<&str, BackupError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let starts_well = name
        .bytes()
        .next()
        .is_some_and(|first| first.is_ascii_alphanumeric());
    if starts_well && name.bytes().all(plain) && name.len() <= NAME_BYTES_MAX {
        Ok(name)
    } else {
        Err(BackupError::Name(
            name.chars().take(NAME_BYTES_MAX).collect(),
        ))
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::Io {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests;
