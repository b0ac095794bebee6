//! What became of the attempts at a source, across restarts.
//!
//! One small file per source, replaced atomically after each attempt. It
//! decides when a source is asked next and what operators are shown, never
//! what is fetched or served: a file that is damaged or gone means that the
//! source is asked at once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::disk;
use super::schedule::Past;
use crate::list::{PublicationDigest, SourceId};

/// What became of the attempts at a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// When it was last asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_attempt: Option<Timestamp>,
    /// When it was last had or found unchanged, and held as such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_success: Option<Timestamp>,
    /// Digest of the publication that was held then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publication: Option<String>,
    /// Failures since.
    pub failures: u32,
    /// How much later the publisher wanted to be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
    /// What went wrong last, if anything did since the last success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<Trouble>,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// A short stable name.
    pub name: String,
    /// One sentence that says what to do.
    pub message: String,
    /// It was had, and then refused: by a gate, or as no such list.
    pub refused: bool,
}

impl State {
    /// Returns what decides when the source is asked next.
    pub fn past(&self) -> Past {
        Past {
            attempt: self.last_attempt,
            success: self.last_success,
            failures: self.failures,
            retry_after: self.retry_after_seconds.map(Duration::from_secs),
        }
    }

    /// Notes an attempt that made the source current.
    pub fn succeeded(&mut self, at: Timestamp, publication: PublicationDigest) {
        *self = Self {
            last_attempt: Some(at),
            last_success: Some(at),
            publication: Some(publication.to_string()),
            ..Self::default()
        };
    }

    /// Notes an attempt that did not.
    pub fn failed(&mut self, at: Timestamp, trouble: Trouble, retry_after: Option<Duration>) {
        self.last_attempt = Some(at);
        self.failures = self.failures.saturating_add(1);
        self.retry_after_seconds = retry_after.map(|wait| wait.as_secs());
        self.last_error = Some(trouble);
    }
}

/// Where the states are.
#[derive(Debug, Clone)]
pub struct States {
    folder: PathBuf,
}

impl States {
    /// Names the folder in a data directory.
    pub fn in_data_dir(data_dir: &Path) -> Self {
        Self {
            folder: data_dir.join("sync"),
        }
    }

    /// Returns the folder, made if it was not there.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn folder(&self) -> io::Result<&Path> {
        fs::create_dir_all(&self.folder)?;
        Ok(&self.folder)
    }

    /// Reads the state of a source, or begins anew.
    pub fn load(&self, source: &SourceId) -> State {
        let path = self.path(source);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    warn!(%source, %error, "the state of sync cannot be read and begins anew");
                }
                return State::default();
            }
        };
        serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            warn!(%source, %error, "the state of sync is damaged and begins anew");
            State::default()
        })
    }

    /// Keeps the state of a source. What cannot be kept is only told: the
    /// lists are held elsewhere.
    pub fn save(&self, source: &SourceId, state: &State) {
        let saved = self
            .folder()
            .and_then(|_| disk::write_json(&self.path(source), state));
        if let Err(error) = saved {
            warn!(%source, %error, "the state of sync cannot be kept; after a restart it begins anew");
        }
    }

    fn path(&self, source: &SourceId) -> PathBuf {
        self.folder.join(format!("{source}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> SourceId {
        "ofac-sdn".parse().expect("a source id")
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn trouble() -> Trouble {
        Trouble {
            name: "FORBIDDEN".to_owned(),
            message: "the front refuses".to_owned(),
            refused: false,
        }
    }

    #[test]
    fn a_state_survives_and_a_success_clears_what_went_wrong() {
        let data_dir = tempfile::tempdir().expect("a folder");
        let states = States::in_data_dir(data_dir.path());
        assert_eq!(states.load(&source()), State::default());
        let mut state = State::default();
        state.succeeded(at(1_790_000_000), PublicationDigest([7; 32]));
        state.failed(at(1_790_000_100), trouble(), Some(Duration::from_secs(7)));
        states.save(&source(), &state);
        let loaded = States::in_data_dir(data_dir.path()).load(&source());
        assert_eq!(loaded, state);
        assert_eq!(loaded.past().success, Some(at(1_790_000_000)));
        assert_eq!(loaded.past().failures, 1);
        state.succeeded(at(1_790_000_200), PublicationDigest([8; 32]));
        assert_eq!(state.last_error, None);
        assert_eq!(state.past().failures, 0);
    }

    #[test]
    fn a_damaged_state_begins_anew() {
        let data_dir = tempfile::tempdir().expect("a folder");
        let states = States::in_data_dir(data_dir.path());
        let mut state = State::default();
        state.succeeded(at(1_790_000_000), PublicationDigest([7; 32]));
        states.save(&source(), &state);
        let path = states.path(&source());
        let whole = fs::read(&path).expect("is there");
        for end in 0..whole.len() - 2 {
            fs::write(&path, &whole[..end]).expect("writes");
            assert_eq!(states.load(&source()), State::default(), "cut at {end}");
        }
        fs::write(&path, br#"{"last_attempt": "never", "failures": -1}"#).expect("writes");
        assert_eq!(states.load(&source()), State::default());
    }

    #[test]
    fn a_folder_that_cannot_be_written_stops_nothing() {
        let data_dir = tempfile::tempdir().expect("a folder");
        fs::write(data_dir.path().join("sync"), "in the way").expect("writes");
        let states = States::in_data_dir(data_dir.path());
        states.save(&source(), &State::default());
        assert_eq!(states.load(&source()), State::default());
    }
}
