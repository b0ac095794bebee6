//! The raw files of what was fetched, as published.
//!
//! ```text
//! raw/<source>/<UTC time>-<first 16 hex digits of the digest>/
//!     SDN_ADVANCED.XML    as it came
//!     publication.json    where it came from, its edition and its digests
//! ```
//!
//! A folder is there whole or not at all: it is filled aside, synced, and
//! then renamed. What is handed out by [`Archive::newest`] was read and
//! hashed again, so a damaged disk costs a download and never becomes a
//! list.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tracing::{info, warn};
use uuid::Uuid;

use super::disk;
use super::fetch::{Digests, Validators};
use super::names::{free_name, plain_name};
use crate::list::{PublicationDigest, SourceId};

const NOTE: &str = "publication.json";

/// The disk does not keep raw files.
#[derive(Debug, Error)]
#[error("cannot keep the raw files in {}", path.display())]
pub struct ArchiveError {
    /// Where.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// One raw file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawFile {
    /// Its name in the folder.
    pub name: String,
    /// Where it was asked for, or its path; without a query, which may be a
    /// secret.
    pub from: String,
    /// Who sent it in the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_url: Option<String>,
    /// With which HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Its edition, by the publisher's word.
    #[serde(default)]
    pub validators: Validators,
    /// When it was last modified, for a file from this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_at: Option<Timestamp>,
    /// Its length.
    pub bytes: u64,
    /// Its BLAKE3, in hex.
    pub blake3: String,
    /// Its SHA-256, in hex.
    pub sha256: String,
    /// BLAKE3 of the URL with its query: another token is another file.
    pub asked: String,
}

impl RawFile {
    /// Sets length and digests.
    pub fn measured(mut self, bytes: u64, digests: &Digests) -> Self {
        self.bytes = bytes;
        self.blake3 = digests.blake3.to_hex().to_string();
        self.sha256 = const_hex::encode(digests.sha256);
        self
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    source: String,
    retrieved_at: Timestamp,
    digest: String,
    files: Vec<RawFile>,
}

/// A publication whose raw files are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Where they are.
    pub folder: PathBuf,
    /// What they are.
    pub digest: PublicationDigest,
    /// The files, in the order they are asked for.
    pub files: Vec<RawFile>,
}

impl Kept {
    /// Returns where a file is.
    pub fn path(&self, file: &RawFile) -> PathBuf {
        self.folder.join(&file.name)
    }

    /// Returns the file that was asked for under a URL or path.
    pub fn asked_as(&self, asked: &str) -> Option<&RawFile> {
        let asked = asked_digest(asked);
        self.files.iter().find(|file| file.asked == asked)
    }
}

/// Returns what stands for a URL in [`RawFile::asked`].
pub fn asked_digest(url: &str) -> String {
    blake3::hash(url.as_bytes()).to_hex().to_string()
}

/// The raw files of every source.
#[derive(Debug, Clone)]
pub struct Archive {
    root: PathBuf,
}

impl Archive {
    /// Names the folder in a data directory.
    pub fn in_data_dir(data_dir: &Path) -> Self {
        Self {
            root: data_dir.join("raw"),
        }
    }

    /// Keeps a publication. Each file is moved or copied from where it is;
    /// names that clash get a number.
    ///
    /// # Errors
    ///
    /// If the disk does not take it. Then nothing of it is kept.
    pub fn keep(
        &self,
        source: &SourceId,
        retrieved_at: Timestamp,
        files: Vec<(RawFile, Taken)>,
    ) -> Result<Kept, ArchiveError> {
        let folder = self.folder(source);
        let aside = folder.join(format!(".{}", Uuid::now_v7()));
        let kept = self
            .fill(&folder, &aside, source, retrieved_at, files)
            .map_err(|source| ArchiveError {
                path: folder,
                source,
            });
        if kept.is_err() {
            // What cannot be removed now is removed with the next prune.
            let _ = fs::remove_dir_all(&aside);
        }
        kept
    }

    fn fill(
        &self,
        folder: &Path,
        aside: &Path,
        source: &SourceId,
        retrieved_at: Timestamp,
        files: Vec<(RawFile, Taken)>,
    ) -> io::Result<Kept> {
        fs::create_dir_all(aside)?;
        let mut raw: Vec<RawFile> = Vec::new();
        for (mut file, taken) in files {
            let taken_names = raw.iter().map(|file| &*file.name).chain([NOTE]);
            file.name = free_name(&file.name, taken_names);
            taken.put(&aside.join(&file.name))?;
            raw.push(file);
        }
        let digest = digest_of(&raw)?;
        let note = Note {
            source: source.to_string(),
            retrieved_at,
            digest: digest.to_string(),
            files: raw,
        };
        disk::write_json(&aside.join(NOTE), &note)?;
        disk::sync_folder(aside)?;
        let day = retrieved_at.strftime("%Y%m%dT%H%M%SZ");
        let name = format!("{day}-{}", &digest.to_string()[..16]);
        let target = folder.join(&name);
        // The same publication in the same second; the newer note counts.
        if target.exists() {
            fs::remove_dir_all(&target)?;
        }
        fs::rename(aside, &target)?;
        disk::sync_folder(folder)?;
        disk::sync_folder(&self.root)?;
        Ok(Kept {
            folder: target,
            digest,
            files: note.files,
        })
    }

    /// Returns what was kept last of a source, if its files are what they
    /// were.
    pub fn newest(&self, source: &SourceId) -> Option<Kept> {
        let folder = self.publications(source).ok()?.pop()?;
        match read_back(&folder) {
            Ok(kept) => Some(kept),
            Err(error) => {
                warn!(%source, folder = %folder.display(), %error, "kept raw files are damaged and are fetched anew");
                None
            }
        }
    }

    /// Notes another edition of files that have not changed.
    ///
    /// # Errors
    ///
    /// If the disk does not take it. The files are then as they were.
    pub fn note_editions(&self, kept: &Kept, files: Vec<RawFile>) -> Result<(), ArchiveError> {
        let path = kept.folder.join(NOTE);
        let noted = fs::read(&path).and_then(|bytes| {
            let mut note: Note = serde_json::from_slice(&bytes)?;
            note.files = files;
            disk::write_json(&path, &note)
        });
        noted.map_err(|source| ArchiveError { path, source })
    }

    /// Removes all but the newest so many publications of a source, and the
    /// one that is live. What cannot be removed stays.
    pub fn prune(&self, source: &SourceId, keep: usize, live: Option<PublicationDigest>) {
        let Ok(mut folders) = self.publications(source) else {
            return;
        };
        let live = live.map(|digest| digest.to_string()[..16].to_owned());
        let is_live = |folder: &Path| {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            live.as_ref()
                .is_some_and(|digest| name.ends_with(digest.as_str()))
        };
        let surplus = folders.len().saturating_sub(keep.max(1));
        let mut gone: Vec<PathBuf> = folders.drain(..surplus).collect();
        gone.retain(|folder| !is_live(folder));
        gone.extend(self.left_aside(source));
        for folder in gone {
            match fs::remove_dir_all(&folder) {
                Ok(()) => info!(%source, folder = %folder.display(), "old raw files removed"),
                Err(error) => {
                    warn!(%source, folder = %folder.display(), %error, "old raw files cannot be removed");
                }
            }
        }
    }

    /// Returns the folders of a source's publications, oldest first.
    fn publications(&self, source: &SourceId) -> io::Result<Vec<PathBuf>> {
        let mut folders: Vec<PathBuf> = self.entries(source)?;
        folders.retain(|folder| !is_aside(folder));
        folders.sort_unstable();
        Ok(folders)
    }

    /// Returns what a process that died was filling.
    fn left_aside(&self, source: &SourceId) -> Vec<PathBuf> {
        let mut folders = self.entries(source).unwrap_or_default();
        folders.retain(|folder| is_aside(folder));
        folders
    }

    fn entries(&self, source: &SourceId) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(self.folder(source)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let folders = entries.filter_map(|entry| {
            let entry = entry.ok()?;
            entry.file_type().ok()?.is_dir().then(|| entry.path())
        });
        Ok(folders.collect())
    }

    fn folder(&self, source: &SourceId) -> PathBuf {
        self.root.join(source.as_str())
    }
}

/// Where a file to keep is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// A finished part file: it is moved.
    Moved(PathBuf),
    /// A file that was kept before: it is shared or copied.
    Shared(PathBuf),
}

impl Taken {
    /// Returns where it is now.
    pub fn path(&self) -> &Path {
        match self {
            Self::Moved(path) | Self::Shared(path) => path,
        }
    }

    fn put(&self, target: &Path) -> io::Result<()> {
        match self {
            Self::Moved(path) => fs::rename(path, target)?,
            Self::Shared(path) => {
                // Kept files are never written again, so one may have two
                // names; not every file system allows that.
                if fs::hard_link(path, target).is_err() {
                    fs::copy(path, target)?;
                }
            }
        }
        File::open(target)?.sync_all()
    }
}

fn is_aside(folder: &Path) -> bool {
    folder
        .file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

fn read_back(folder: &Path) -> io::Result<Kept> {
    let note: Note = serde_json::from_slice(&fs::read(folder.join(NOTE))?)?;
    for file in &note.files {
        // A note that was tampered with must not lead out of the folder.
        if file.name != plain_name(&file.name) {
            return Err(io::Error::other("a file's name leads elsewhere"));
        }
        let mut hasher = blake3::Hasher::new();
        let bytes = io::copy(&mut File::open(folder.join(&file.name))?, &mut hasher)?;
        if bytes != file.bytes || hasher.finalize().to_hex().as_str() != file.blake3 {
            return Err(io::Error::other(format!(
                "`{}` is not what was kept",
                file.name
            )));
        }
    }
    let digest = digest_of(&note.files)?;
    if digest.to_string() != note.digest {
        return Err(io::Error::other(
            "the files are not those of the publication",
        ));
    }
    Ok(Kept {
        folder: folder.to_owned(),
        digest,
        files: note.files,
    })
}

fn digest_of(files: &[RawFile]) -> io::Result<PublicationDigest> {
    let files: Result<Vec<_>, _> = files
        .iter()
        .map(|file| blake3::Hash::from_hex(&file.blake3).map(|hash| (file.bytes, hash)))
        .collect();
    let files = files.map_err(io::Error::other)?;
    Ok(PublicationDigest::of_files(files.into_iter()))
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
