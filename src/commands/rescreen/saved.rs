//! What an interrupted run leaves, and how it goes on.
//!
//! Rows are written to `OUT.partial`; every few seconds they are made safe,
//! and then `OUT.progress` says how far they reach. A run that goes on cuts
//! off what was written behind that, so that a kill at any moment leaves what
//! an undisturbed run would have written. `OUT` is put in place by a rename at
//! the very end.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::Failure;
use super::basis::Basis;
use super::input::unreadable;
use super::tally::Tally;

/// What is digested of each input to know it again.
const HEAD_BYTES: u64 = 1 << 20;

/// The edition of this file's own format.
const EDITION: u32 = 1;

/// What a run is: only the very same can go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    edition: u32,
    /// Another version might answer otherwise.
    program: String,
    pub(super) inputs: Vec<InputMark>,
    pub(super) options: Value,
}

/// A file by which it is known again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InputMark {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    modified_ns: u128,
    /// BLAKE3 of its first mebibyte.
    pub(super) head: String,
}

impl Identity {
    pub(super) fn of(paths: &[PathBuf], options: Value) -> Result<Self, Failure> {
        let mark = |path: &PathBuf| InputMark::of(path).map_err(|error| unreadable(path, error));
        Ok(Self {
            edition: EDITION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            inputs: paths.iter().map(mark).collect::<Result<_, _>>()?,
            options,
        })
    }

    /// Says what is not as it was, if anything.
    fn differs(&self, before: &Self) -> Option<String> {
        if self.program != before.program || self.edition != before.edition {
            return Some(format!("it was begun by version {}", before.program));
        }
        if self.options != before.options {
            let keys = |options: &Value| options.as_object().cloned().unwrap_or_default();
            let (was, is) = (keys(&before.options), keys(&self.options));
            let other = is.iter().find(|(key, value)| was.get(*key) != Some(value));
            return Some(match other {
                Some((key, value)) => {
                    let before = was.get(key).unwrap_or(&Value::Null);
                    format!("`{key}` was {before} and is {value}")
                }
                None => "it was begun with other options".to_owned(),
            });
        }
        if self.inputs.len() != before.inputs.len() {
            return Some("it was begun with other files".to_owned());
        }
        let mut both = self.inputs.iter().zip(&before.inputs);
        let changed = both.find(|(now, before)| now != before);
        changed.map(|(now, before)| match now.path == before.path {
            true => format!("{} has changed", now.path.display()),
            false => format!("{} is now {}", before.path.display(), now.path.display()),
        })
    }
}

impl InputMark {
    fn of(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let facts = file.metadata()?;
        if !facts.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "it is no regular file",
            ));
        }
        let since_epoch = facts.modified()?.duration_since(std::time::UNIX_EPOCH);
        let mut head = Vec::new();
        file.take(HEAD_BYTES).read_to_end(&mut head)?;
        Ok(Self {
            path: path.to_owned(),
            bytes: facts.len(),
            modified_ns: since_epoch.unwrap_or_default().as_nanos(),
            head: blake3::hash(&head).to_hex().to_string(),
        })
    }
}

/// How far a run has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Saved {
    pub(super) identity: Identity,
    pub(super) basis: Basis,
    /// When it was begun.
    pub(super) begun_at: String,
    /// The file to go on with, and where: a byte of the unpacked text, or a
    /// row of a Parquet file.
    pub(super) file: usize,
    pub(super) offset: u64,
    pub(super) written: Extent,
    /// Hits kept for the report, and the bytes they take in their file.
    pub(super) hits: usize,
    pub(super) hits_bytes: u64,
    pub(super) tally: Tally,
    /// Every row is written; only the rename may be missing.
    pub(super) finished: bool,
}

/// How far the output is safe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Extent {
    /// Bytes of the partial file, or of all its parts.
    pub(super) bytes: u64,
    /// Parts, where the output is made of some.
    pub(super) parts: usize,
}

/// The files beside OUT.
#[derive(Debug, Clone)]
pub(super) struct Beside {
    pub(super) out: PathBuf,
}

impl Beside {
    fn named(&self, ending: &str) -> PathBuf {
        let mut name = self.out.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    }

    pub(super) fn partial(&self) -> PathBuf {
        self.named(".partial")
    }

    pub(super) fn part(&self, number: usize) -> PathBuf {
        self.named(&format!(".partial.{number}"))
    }

    fn progress(&self) -> PathBuf {
        self.named(".progress")
    }

    pub(super) fn hits(&self) -> PathBuf {
        self.named(".hits")
    }

    /// Returns what an earlier run of the same identity left, if one did.
    ///
    /// # Errors
    ///
    /// If it is of another run: what differs, and what to do.
    pub(super) fn load(&self, identity: &Identity) -> Result<Option<Saved>, Failure> {
        let path = self.progress();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(&path, error)),
        };
        let saved: Saved = serde_json::from_slice(&bytes)
            .map_err(|_| self.cannot_go_on("its progress file is not one of this version"))?;
        match identity.differs(&saved.identity) {
            Some(what) => Err(self.cannot_go_on(&what)),
            None => Ok(Some(saved)),
        }
    }

    /// Writes how far the run has come, whole or not at all.
    pub(super) fn save(&self, saved: &Saved) -> Result<(), Failure> {
        let bytes = serde_json::to_vec(saved)
            .map_err(|error| Failure::other("cannot keep the progress", error))?;
        let path = self.progress();
        let temporary = self.named(".progress.new");
        let written = File::create(&temporary).and_then(|mut file| {
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, &path)?;
            sync_folder(&path)
        });
        written.map_err(|error| unwritable(&path, error))
    }

    /// Throws away everything but OUT.
    pub(super) fn clear(&self) -> Result<(), Failure> {
        let mut paths = vec![
            self.progress(),
            self.named(".progress.new"),
            self.hits(),
            self.partial(),
        ];
        let parts = (0..).map(|number| self.part(number));
        paths.extend(parts.take_while(|path| path.exists()));
        // The progress file goes first: without it, nothing goes on.
        for path in paths {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(unwritable(&path, error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn cannot_go_on(&self, what: &str) -> Failure {
        Failure::Refused(format!(
            "{} is half-written by an earlier run that cannot go on: {what}; give the same command as then, or throw its rows away with --restart",
            self.out.display()
        ))
    }
}

/// Makes a rename in a folder survive a loss of power.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

pub(super) fn unwritable(path: &Path, error: io::Error) -> Failure {
    Failure::other(format!("cannot write {}", path.display()), error)
}
