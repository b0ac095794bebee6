//! A download on its way: what is on disk of it, and of what edition.
//!
//! A part file has a note beside it that names the URL, the edition (its
//! validator), how many bytes were synced and their BLAKE3. Only those bytes
//! are gone on from, and only if they hash to the same: after a power cut the
//! rest of the file may be anything.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tracing::debug;

use super::error::FetchError;
use crate::sync::disk;

/// Bytes between two syncs: what a crash costs at most.
const SYNC_BYTES: u64 = 8 << 20;

/// By what a publisher tells one edition of a file from another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Validators {
    /// The entity tag, with its quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The date of the last modification, as the publisher spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

impl Validators {
    /// Returns what proves that two parts are of one edition, byte by byte: a
    /// strong tag or, without any tag, the date.
    pub(super) fn strong(&self) -> Option<&str> {
        match &self.etag {
            Some(tag) if !tag.starts_with("W/") => Some(tag),
            Some(_) => None,
            None => self.last_modified.as_deref(),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    url: String,
    validators: Validators,
    expected: Option<u64>,
    bytes: u64,
    blake3: String,
}

/// Digests of a whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digests {
    /// BLAKE3, by which publications are told apart here.
    pub blake3: blake3::Hash,
    /// SHA-256, which publishers print.
    pub sha256: [u8; 32],
}

/// A download on its way.
pub(super) struct Part {
    path: PathBuf,
    file: File,
    url: String,
    validators: Validators,
    /// Length of the whole file, if it was said.
    expected: Option<u64>,
    bytes: u64,
    synced: u64,
    blake3: blake3::Hasher,
    sha256: Sha256,
}

impl Part {
    /// Opens the part of a URL, with as much of it as can be gone on from.
    pub(super) fn open(path: &Path, url: &str) -> Result<Self, FetchError> {
        let failed = failed(path);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(&failed)?;
        let mut part = Self {
            path: path.to_owned(),
            file,
            url: url.to_owned(),
            validators: Validators::default(),
            expected: None,
            bytes: 0,
            synced: 0,
            blake3: blake3::Hasher::new(),
            sha256: Sha256::new(),
        };
        // A note that cannot be read or does not fit costs a download, no
        // more.
        let note = fs::read(part.note_path()).ok();
        let note = note.and_then(|bytes| serde_json::from_slice::<Note>(&bytes).ok());
        let fits = |note: &Note| note.url == url && note.validators.strong().is_some();
        let goes_on = match note.filter(fits) {
            Some(note) => part.take_up(note).map_err(&failed)?,
            None => false,
        };
        if !goes_on {
            part.clear()?;
        }
        Ok(part)
    }

    /// Takes up what the note vouches for, if it is there.
    fn take_up(&mut self, note: Note) -> io::Result<bool> {
        let mut left = note.bytes;
        let mut buffer = vec![0; 256 << 10];
        self.file.seek(SeekFrom::Start(0))?;
        while left > 0 {
            let wanted = buffer
                .len()
                .min(usize::try_from(left).unwrap_or(usize::MAX));
            let read = self.file.read(&mut buffer[..wanted])?;
            if read == 0 {
                return Ok(false);
            }
            self.blake3.update(&buffer[..read]);
            self.sha256.update(&buffer[..read]);
            left -= read as u64;
        }
        if self.blake3.finalize().to_hex().as_str() != note.blake3 {
            return Ok(false);
        }
        debug!(
            bytes = note.bytes,
            "a download goes on from where it stopped"
        );
        self.file.set_len(note.bytes)?;
        self.validators = note.validators;
        self.expected = note.expected;
        self.bytes = note.bytes;
        self.synced = note.bytes;
        Ok(true)
    }

    /// Begins anew, with another edition.
    pub(super) fn begin(
        &mut self,
        validators: Validators,
        expected: Option<u64>,
    ) -> Result<(), FetchError> {
        self.clear()?;
        self.validators = validators;
        self.expected = expected;
        Ok(())
    }

    /// Begins anew, with no edition.
    pub(super) fn clear(&mut self) -> Result<(), FetchError> {
        // The note goes first: it must never vouch for other bytes.
        disk::remove(&self.note_path()).map_err(failed(&self.path))?;
        self.file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)).map(drop))
            .map_err(failed(&self.path))?;
        self.validators = Validators::default();
        self.expected = None;
        self.bytes = 0;
        self.synced = 0;
        self.blake3 = blake3::Hasher::new();
        self.sha256 = Sha256::new();
        Ok(())
    }

    /// Returns how much is there, and of which edition, if it can be gone on
    /// from.
    pub(super) fn resumable(&self) -> Option<(u64, &str)> {
        let edition = self.validators.strong()?;
        (self.bytes > 0).then_some((self.bytes, edition))
    }

    /// Tells whether what an answer calls the rest is the rest of this. What
    /// the answer does not say is not held against it: it may leave out what
    /// the request named.
    pub(super) fn goes_on_with(&self, edition: &Validators, from: u64, all: u64) -> bool {
        let agrees = |said: &Option<String>, ours: &Option<String>| said.is_none() || said == ours;
        from == self.bytes
            && self.expected.is_none_or(|expected| expected == all)
            && agrees(&edition.etag, &self.validators.etag)
            && agrees(&edition.last_modified, &self.validators.last_modified)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn validators(&self) -> &Validators {
        &self.validators
    }

    /// Takes the next bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.file.write_all(bytes).map_err(failed(&self.path))?;
        self.blake3.update(bytes);
        self.sha256.update(bytes);
        self.bytes += bytes.len() as u64;
        if self.bytes - self.synced >= SYNC_BYTES {
            self.settle()?;
        }
        Ok(())
    }

    /// Makes what is there safe to go on from.
    pub(super) fn settle(&mut self) -> Result<(), FetchError> {
        self.file.sync_data().map_err(failed(&self.path))?;
        self.synced = self.bytes;
        if self.validators.strong().is_none() {
            return Ok(());
        }
        let note = Note {
            url: self.url.clone(),
            validators: self.validators.clone(),
            expected: self.expected,
            bytes: self.bytes,
            blake3: self.blake3.finalize().to_hex().to_string(),
        };
        disk::write_json(&self.note_path(), &note).map_err(failed(&self.path))
    }

    /// Ends a download that is whole.
    pub(super) fn finish(self) -> Result<Digests, FetchError> {
        self.file.sync_all().map_err(failed(&self.path))?;
        disk::remove(&self.note_path()).map_err(failed(&self.path))?;
        Ok(Digests {
            blake3: self.blake3.finalize(),
            sha256: self.sha256.finalize().into(),
        })
    }

    /// Forgets the download.
    pub(super) fn discard(self) -> Result<(), FetchError> {
        disk::remove(&self.note_path())
            .and_then(|()| disk::remove(&self.path))
            .map_err(failed(&self.path))
    }

    fn note_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".json");
        name.into()
    }
}

pub(super) fn failed(path: &Path) -> impl Fn(io::Error) -> FetchError {
    let path = path.to_owned();
    move |source| FetchError::Io {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://lists.example.org/SDN.XML";

    fn dated() -> Validators {
        Validators {
            etag: Some("\"one\"".to_owned()),
            last_modified: None,
        }
    }

    fn half_way(path: &Path) {
        let mut part = Part::open(path, URL).expect("opens");
        part.begin(dated(), Some(12)).expect("begins");
        part.write(b"first").expect("writes");
        part.settle().expect("settles");
        part.write(b" not vouched for").expect("writes");
    }

    #[test]
    fn a_part_goes_on_from_what_was_synced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("0.part");
        half_way(&path);
        let mut part = Part::open(&path, URL).expect("opens");
        assert_eq!(part.resumable(), Some((5, "\"one\"")));
        part.write(b" second").expect("writes");
        let digests = part.finish().expect("ends");
        assert_eq!(fs::read(&path).expect("is there"), b"first second");
        assert_eq!(digests.blake3, blake3::hash(b"first second"));
        assert_eq!(
            digests.sha256,
            <[u8; 32]>::from(Sha256::digest(b"first second"))
        );
    }

    #[test]
    fn a_part_that_is_not_what_was_written_begins_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("0.part");
        let note = folder.path().join("0.part.json");
        type Damage<'a> = &'a dyn Fn();
        let cut = || fs::write(&path, b"fir").expect("writes");
        let changed = || fs::write(&path, b"frist not").expect("writes");
        let gone = || fs::remove_file(&path).expect("removes");
        let unnoted = || fs::remove_file(&note).expect("removes");
        let garbled = || fs::write(&note, b"{\"url\":").expect("writes");
        let damages: [Damage<'_>; 5] = [&cut, &changed, &gone, &unnoted, &garbled];
        for damage in damages {
            half_way(&path);
            damage();
            let part = Part::open(&path, URL).expect("opens");
            assert_eq!((part.resumable(), part.bytes()), (None, 0));
            let digests = part.finish().expect("ends");
            assert_eq!(digests.blake3, blake3::hash(b""), "nothing of it is hashed");
        }
        half_way(&path);
        let other = Part::open(&path, "https://lists.example.org/OTHER").expect("opens");
        assert_eq!(other.resumable(), None);
    }

    #[test]
    fn the_rest_of_another_edition_is_not_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("0.part");
        half_way(&path);
        let part = Part::open(&path, URL).expect("opens");
        let other = Validators {
            etag: Some("\"two\"".to_owned()),
            last_modified: None,
        };
        assert!(part.goes_on_with(&dated(), 5, 12));
        assert!(part.goes_on_with(&Validators::default(), 5, 12));
        assert!(!part.goes_on_with(&other, 5, 12), "another tag");
        assert!(!part.goes_on_with(&dated(), 4, 12), "another place");
        assert!(!part.goes_on_with(&dated(), 5, 13), "another length");
    }

    #[test]
    fn a_weak_tag_proves_nothing_byte_by_byte() {
        let weak = Validators {
            etag: Some("W/\"one\"".to_owned()),
            last_modified: Some("Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
        };
        assert_eq!(weak.strong(), None);
        let date = Validators { etag: None, ..weak };
        assert!(date.strong().is_some());
        assert_eq!(Validators::default().strong(), None);
    }
}
