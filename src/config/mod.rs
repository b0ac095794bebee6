//! The configuration: one TOML file, the environment, and flags.
//!
//! [`Config::load`] reads the file and checks all of it before a port or a
//! disk is touched, so `config check` is the very same code. Every error
//! names the key. Flags and environment variables are laid over the file by
//! the command line (see `cli`): a flag wins over the environment, and the
//! environment over the file.
//!
//! Domain code never sees a `Config`: it gets plain values such as
//! [`Requirements`], [`Policy`] and [`Limits`].

mod audit;
mod bundles;
pub(crate) mod duration;
mod file;
mod monitor;
mod sources;
mod sync;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::audit as audit_log;
use crate::bundle::TrustPolicy;
use crate::filter::FalsePositiveRate;
use crate::freshness::Requirements;
use crate::import::{SignedOnly, Terms};
use crate::list::SourceId;
use crate::policy::Policy;
use crate::sync::Feed;

pub use monitor::Monitoring;

/// Everything the daemon can be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where the data directory is.
    pub data_dir: Option<PathBuf>,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Serving threads; `None`: one per core.
    pub workers: Option<usize>,
    /// How the serving threads share work.
    pub runtime: Runtime,
    /// How long a stop waits for what is under way.
    pub drain: Duration,
    /// How the logs look.
    pub log: Log,
    /// How often the filter may say "maybe" in vain.
    pub false_positive_rate: FalsePositiveRate,
    /// What the sources must be for an absence to count.
    pub requirements: Requirements,
    /// What to do about what is found.
    pub policy: Policy,
    /// What is asked of the publications of sources by name.
    pub terms: BTreeMap<SourceId, Terms>,
    /// Sources that are fetched, and how.
    pub feeds: Vec<Feed>,
    /// Changes of the operator's own lists need a second person.
    pub second_person: bool,
    /// Whose bundles are taken.
    pub trust: TrustPolicy,
    /// What may be imported from bundles only.
    pub signed_only: SignedOnly,
    /// Where backups are made; `None`: in the data directory.
    pub backups_dir: Option<PathBuf>,
    /// How the audit log is kept.
    pub audit: audit_log::Settings,
    /// SHA-256 of the file all this was read from; `None`: there was none.
    pub file_digest: Option<[u8; 32]>,
    /// What is watched, and who is told.
    pub monitoring: Monitoring,
    /// What is taken from outside at most.
    pub limits: Limits,
}

/// How the serving threads share work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// A single-threaded runtime per core, each accepting for itself.
    PerCore,
    /// One runtime whose threads steal work from each other.
    WorkStealing,
}

/// How the logs look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// A `tracing` filter: `info`, `interdict=debug`.
    pub filter: String,
    /// One JSON object a line instead of text.
    pub json: bool,
}

/// What is taken from outside at most. `docs/interdict.example.toml` has the
/// reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections in all.
    pub connections_max: usize,
    /// Connections of one address.
    pub connections_per_peer_max: usize,
    /// Streams open at once on one connection.
    pub streams_per_connection_max: u32,
    /// Time from accept to the whole HTTP/2 preface.
    pub preface_timeout: Duration,
    /// Bytes of one unary request.
    pub request_bytes_max: usize,
    /// Bytes of a batch or of one message of a stream.
    pub chunk_bytes_max: usize,
    /// Addresses in one `ScreenAddresses`.
    pub batch_addresses_max: usize,
    /// Addresses in one chunk of a rescreen.
    pub chunk_addresses_max: usize,
    /// Time a stream may stand still before it is ended.
    pub stream_idle_timeout: Duration,
    /// Bytes of one imported file.
    pub import_file_bytes_max: u64,
    /// Entries of one imported publication.
    pub import_entries_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            connections_per_peer_max: 1024,
            streams_per_connection_max: 200,
            preface_timeout: Duration::from_secs(5),
            request_bytes_max: 64 << 10,
            chunk_bytes_max: 1 << 20,
            batch_addresses_max: 1000,
            chunk_addresses_max: 10_000,
            stream_idle_timeout: Duration::from_secs(60),
            import_file_bytes_max: 512 << 20,
            import_entries_max: 20_000_000,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 50051)),
            workers: None,
            runtime: Runtime::PerCore,
            drain: Duration::from_secs(10),
            log: Log {
                filter: "info".to_owned(),
                json: false,
            },
            false_positive_rate: FalsePositiveRate::DEFAULT,
            requirements: Requirements::default(),
            policy: Policy::default(),
            terms: BTreeMap::new(),
            feeds: Vec::new(),
            second_person: false,
            trust: TrustPolicy::default(),
            signed_only: SignedOnly::default(),
            backups_dir: None,
            audit: audit_log::Settings::default(),
            file_digest: None,
            monitoring: Monitoring::default(),
            limits: Limits::default(),
        }
    }
}

/// Why a configuration is refused.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not TOML, or has a key that is not known.
    #[error("{}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line and key, as the parser names them.
        message: String,
    },
    /// A value is out of its range.
    #[error("`{key}` {rule}")]
    Value {
        /// The key.
        key: String,
        /// What it must be.
        rule: String,
    },
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is not TOML, has an unknown key, or a value out
    /// of range.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigError::Io {
            path: path.to_owned(),
            source,
        })?;
        let config = Self::parse(&text).map_err(|error| match error {
            ConfigError::Syntax { message, .. } => ConfigError::Syntax {
                path: path.to_owned(),
                message,
            },
            other => other,
        })?;
        Ok(Self {
            file_digest: Some(Sha256::digest(text.as_bytes()).into()),
            ..config
        })
    }

    /// Checks the text of a configuration file.
    ///
    /// # Errors
    ///
    /// As [`Self::load`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let file: file::File = toml::from_str(text).map_err(|error| ConfigError::Syntax {
            path: PathBuf::from("configuration"),
            message: error.to_string().trim_end().to_owned(),
        })?;
        file.checked()
    }
}

impl ConfigError {
    pub(crate) fn value(key: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::Value {
            key: key.into(),
            rule: rule.into(),
        }
    }
}

#[cfg(test)]
mod tests;
