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

mod access;
mod audit;
mod bundles;
mod change;
pub(crate) mod duration;
mod file;
mod http;
mod limits;
mod listen;
mod monitor;
mod sources;
mod sync;
mod test_addresses;
mod tls;
mod tracing;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::access::{Known, Roles};
use crate::audit as audit_log;
use crate::bundle::TrustPolicy;
use crate::filter::FalsePositiveRate;
use crate::freshness::Requirements;
use crate::import::{SignedOnly, Terms};
use crate::list::SourceId;
use crate::policy::Policy;
use crate::sync::Feed;

pub use self::tracing::Tracing;
pub use change::{Changes, Reload, ReloadError, Reloaded};
pub use limits::Limits;
pub use listen::{Listen, Listeners};
pub use monitor::Monitoring;
pub use test_addresses::TestAddresses;
pub use tls::Tls;

/// Everything the daemon can be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where the data directory is.
    pub data_dir: Option<PathBuf>,
    /// Where customers' systems are listened to: gRPC.
    pub listen: SocketAddr,
    /// Where everybody else is.
    pub listeners: Listeners,
    /// Names by which browsers know the HTTP listener, besides addresses and
    /// `localhost`.
    pub http_hosts: Vec<String>,
    /// What listeners show and ask for; `None`: they speak in the clear.
    pub tls: Option<Tls>,
    /// Listeners that may speak in the clear beyond this machine: `grpc`,
    /// `admin`, `http`, `metrics`.
    pub plaintext_on_network: Vec<String>,
    /// Who may ask for what.
    pub access: Known,
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
    /// Where spans go.
    pub tracing: Tracing,
    /// What is taken from outside at most.
    pub limits: Limits,
    /// Whether test addresses are answered as such.
    pub test_addresses: TestAddresses,
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

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 50051)),
            listeners: Listeners::default(),
            http_hosts: Vec::new(),
            tls: None,
            plaintext_on_network: Vec::new(),
            access: Known {
                anonymous: Roles::ALL,
                is_implied: true,
                ..Known::default()
            },
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
            tracing: Tracing::default(),
            limits: Limits::default(),
            test_addresses: TestAddresses::default(),
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
            message: words_of(&error, text),
        })?;
        file.checked()
    }
}

/// What is wrong and where, without the line itself: it may hold a secret
/// that stands in the wrong place.
fn words_of(error: &toml::de::Error, text: &str) -> String {
    let mut words = String::new();
    if let Some(before) = error.span().and_then(|span| text.get(..span.start)) {
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .map_or(0, |line| line.chars().count())
            + 1;
        words = format!("line {line}, column {column}: ");
    }
    // Values are between double quotes, names between backticks.
    for (index, part) in error.message().trim_end().split('"').enumerate() {
        words.push_str(if index % 2 == 0 { part } else { "\"…\"" });
    }
    words
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
