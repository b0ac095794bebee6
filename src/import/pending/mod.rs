//! What waits for a person's word: publications that a gate refused, and the
//! operator's own changes where a second person must approve them.
//!
//! Each waits in a folder of its own under `pending/` in the data directory,
//! written beside and put in place by a rename, so that a kill leaves all of
//! it or nothing. Nothing here decides anything: who may approve, and what
//! follows, is `approve`.

mod stored;

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use thiserror::Error;
use uuid::Uuid;

use super::by_hand::OperatorChange;
use super::gates::Refusal;
use super::read::InputFile;
use super::request::Request;

use stored::Stored;

/// Most changes that wait at once: a bound for what callers can pile up.
const CHANGES_MAX: usize = 256;

/// Most publications, each with its files; one for each source.
const PUBLICATIONS_MAX: usize = 32;

const ITEM: &str = "item.json";
const LOST: &str = "lost.txt";

/// What waits for a person's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingItem {
    /// What the word is given for.
    pub id: String,
    /// Since when it waits.
    pub since: Timestamp,
    /// What it is.
    pub matter: Matter,
}

/// What it is that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matter {
    /// A publication that a gate refused.
    Publication(HeldPublication),
    /// A change of the operator's own lists.
    Change(OperatorChange),
}

/// A publication that a gate refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldPublication {
    /// What was asked.
    pub request: Request,
    /// Why it was refused, in words.
    pub refusal: String,
    /// How many addresses would come off.
    pub lost: u64,
    /// How many the source lists now.
    pub listed: u64,
    /// The names of its files.
    pub files: Vec<String>,
}

/// Why something cannot wait, or cannot be found waiting.
#[derive(Debug, Error)]
pub enum PendingError {
    /// Nothing waits under that id.
    #[error("nothing waits under `{0}`: see `interdict pending` for what does")]
    Unknown(String),
    /// Too much waits already.
    #[error("too much waits already: approve or reject some with `interdict pending`")]
    TooMany,
    /// Its files are not what they were.
    #[error("the files that wait under `{0}` are not what was sent: reject it and send it again")]
    Altered(String),
    /// The disk does not take or give it.
    #[error("cannot keep what waits for a word in {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What waits cannot be read back.
    #[error("what waits in {} cannot be read: reject it and send it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The folder of what waits.
#[derive(Debug, Clone)]
pub struct Pending {
    folder: PathBuf,
}

impl Pending {
    /// Names the folder in a data directory; made when something waits.
    pub fn of(data_dir: &Path) -> Self {
        Self {
            folder: data_dir.join("pending"),
        }
    }

    /// Keeps a refused publication, in place of an earlier one of its source.
    ///
    /// # Errors
    ///
    /// If the disk does not take it.
    pub fn keep_publication(
        &self,
        request: &Request,
        refusal: &Refusal,
        files: &[InputFile],
    ) -> Result<PendingItem, PendingError> {
        let item = PendingItem {
            id: refusal.confirm_with.clone(),
            since: Timestamp::now(),
            matter: Matter::Publication(HeldPublication {
                request: Request {
                    approval: None,
                    ..request.clone()
                },
                refusal: refusal.to_string(),
                lost: refusal.lost.len() as u64,
                listed: refusal.listed,
                files: files.iter().map(|file| file.name.clone()).collect(),
            }),
        };
        self.put(&item, &refusal.lost, files)?;
        for other in self.list()? {
            if other.id != item.id && other.is_publication_of(request.source.as_str()) {
                self.remove(&other.id)?;
            }
        }
        Ok(item)
    }

    /// Keeps a change until a second person approves it.
    ///
    /// # Errors
    ///
    /// If too much waits, or the disk does not take it.
    pub fn keep_change(&self, change: &OperatorChange) -> Result<PendingItem, PendingError> {
        let item = PendingItem {
            id: Uuid::now_v7().simple().to_string(),
            since: Timestamp::now(),
            matter: Matter::Change(change.clone()),
        };
        self.put(&item, &[], &[])?;
        Ok(item)
    }

    /// Lists what waits, oldest first. What cannot be read is left out here
    /// and named when it is asked for.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read.
    pub fn list(&self) -> Result<Vec<PendingItem>, PendingError> {
        let mut items: Vec<PendingItem> = self
            .ids()?
            .iter()
            .filter_map(|id| self.get(id).ok())
            .collect();
        items.sort_by(|a, b| (a.since, &a.id).cmp(&(b.since, &b.id)));
        Ok(items)
    }

    /// Returns what waits under an id.
    ///
    /// # Errors
    ///
    /// If nothing does, or it cannot be read.
    pub fn get(&self, id: &str) -> Result<PendingItem, PendingError> {
        let path = self.folder_of(id)?.join(ITEM);
        let text = fs::read(&path).map_err(failed(&path))?;
        let damaged = |source: Box<dyn std::error::Error + Send + Sync>| PendingError::Damaged {
            path: path.clone(),
            source,
        };
        let stored: Stored =
            serde_json::from_slice(&text).map_err(|error| damaged(error.into()))?;
        stored.item(id).map_err(|error| damaged(error.into()))
    }

    /// Returns the addresses that a refused publication would take off.
    ///
    /// # Errors
    ///
    /// If nothing waits under the id, or it cannot be read.
    pub fn lost(&self, id: &str) -> Result<Vec<String>, PendingError> {
        let path = self.folder_of(id)?.join(LOST);
        let file = File::open(&path).map_err(failed(&path))?;
        let lines = BufReader::new(file).lines();
        lines.collect::<Result<_, _>>().map_err(failed(&path))
    }

    /// Returns the files of a refused publication; they last until it is
    /// removed.
    ///
    /// # Errors
    ///
    /// If nothing waits under the id.
    pub fn files(&self, id: &str, held: &HeldPublication) -> Result<Vec<InputFile>, PendingError> {
        let folder = self.folder_of(id)?;
        let named = held.files.iter().enumerate();
        Ok(named
            .map(|(index, name)| InputFile::at(name, folder.join(format!("file-{index}"))))
            .collect())
    }

    /// Forgets what waits under an id.
    ///
    /// # Errors
    ///
    /// If nothing does, or it cannot be removed.
    pub fn remove(&self, id: &str) -> Result<(), PendingError> {
        let folder = self.folder_of(id)?;
        fs::remove_dir_all(&folder).map_err(failed(&folder))
    }

    /// Forgets the refused publications of a source, once it has another.
    ///
    /// # Errors
    ///
    /// If one cannot be removed.
    pub fn settle(&self, source: &str) -> Result<(), PendingError> {
        for item in self.list()? {
            if item.is_publication_of(source) {
                self.remove(&item.id)?;
            }
        }
        Ok(())
    }

    fn ids(&self) -> Result<Vec<String>, PendingError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(&self.folder)(error)),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed(&self.folder))?.file_name();
            ids.extend(name.to_str().filter(|name| is_id(name)).map(str::to_owned));
        }
        Ok(ids)
    }

    /// An id comes from outside and becomes a path: only its own letters do.
    fn folder_of(&self, id: &str) -> Result<PathBuf, PendingError> {
        let folder = self.folder.join(id);
        if is_id(id) && folder.is_dir() {
            return Ok(folder);
        }
        Err(PendingError::Unknown(id.chars().take(64).collect()))
    }

    fn put(
        &self,
        item: &PendingItem,
        lost: &[String],
        files: &[InputFile],
    ) -> Result<(), PendingError> {
        let is_change = |item: &PendingItem| matches!(item.matter, Matter::Change(_));
        let others = self.list()?;
        let alike = others
            .iter()
            .filter(|other| is_change(other) == is_change(item) && other.id != item.id);
        let most = match is_change(item) {
            true => CHANGES_MAX,
            false => PUBLICATIONS_MAX,
        };
        if alike.count() >= most {
            return Err(PendingError::TooMany);
        }
        let partial = self.folder.join(format!(".{}", Uuid::now_v7().simple()));
        let outcome = self.write(&partial, item, lost, files);
        if outcome.is_err() {
            let _ = fs::remove_dir_all(&partial);
        }
        outcome
    }

    fn write(
        &self,
        partial: &Path,
        item: &PendingItem,
        lost: &[String],
        files: &[InputFile],
    ) -> Result<(), PendingError> {
        fs::create_dir_all(partial).map_err(failed(partial))?;
        for (index, file) in files.iter().enumerate() {
            let path = partial.join(format!("file-{index}"));
            let copy = || {
                let mut copy = File::create(&path)?;
                io::copy(&mut file.open()?, &mut copy)?;
                copy.sync_all()
            };
            copy().map_err(failed(&path))?;
        }
        let mut lines = lost.join("\n");
        lines.push('\n');
        let stored = Stored::of(item);
        let json =
            serde_json::to_vec_pretty(&stored).map_err(|error| failed(partial)(error.into()))?;
        for (name, bytes) in [
            (
                LOST,
                if lost.is_empty() {
                    &[]
                } else {
                    lines.as_bytes()
                },
            ),
            (ITEM, &json),
        ] {
            let path = partial.join(name);
            let write = || {
                let mut file = File::create(&path)?;
                file.write_all(bytes)?;
                file.sync_all()
            };
            write().map_err(failed(&path))?;
        }
        let synced = File::open(partial).and_then(|folder| folder.sync_all());
        synced.map_err(failed(partial))?;
        let target = self.folder.join(&item.id);
        if target.exists() {
            // Put aside and not removed: a kill in between loses nothing
            // that could not be sent again, and leaves nothing half.
            let aside = partial.with_extension("old");
            fs::rename(&target, &aside).map_err(failed(&target))?;
            fs::rename(partial, &target).map_err(failed(&target))?;
            fs::remove_dir_all(&aside).map_err(failed(&aside))?;
        } else {
            fs::rename(partial, &target).map_err(failed(&target))?;
        }
        let synced = File::open(&self.folder).and_then(|folder| folder.sync_all());
        synced.map_err(failed(&self.folder))
    }

    /// Removes what a kill left half-written.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read or something not removed.
    pub fn clear_partial(&self) -> Result<(), PendingError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(&self.folder)(error)),
        };
        for entry in entries {
            let entry = entry.map_err(failed(&self.folder))?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                fs::remove_dir_all(entry.path()).map_err(failed(&entry.path()))?;
            }
        }
        Ok(())
    }
}

impl PendingItem {
    fn is_publication_of(&self, source: &str) -> bool {
        matches!(&self.matter, Matter::Publication(held) if held.request.source.as_str() == source)
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn failed(path: &Path) -> impl Fn(io::Error) -> PendingError {
    let path = path.to_owned();
    move |source| PendingError::Io {
        path: path.clone(),
        source,
    }
}
