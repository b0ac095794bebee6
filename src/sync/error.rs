//! Why a source could not be made current.

use std::time::Duration;

use thiserror::Error;

use super::archive::ArchiveError;
use super::fetch::{ClientError, FetchError};
use super::path::PathError;
use super::state::Trouble;
use crate::import::ImportError;
use crate::list::SourceId;

/// Why a source could not be made current. What is held stays, and ages.
#[derive(Debug, Error)]
pub enum SyncError {
    /// A file could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The publisher's hash file is no text.
    #[error("the publisher's hash file is no text: correct `hash_url`")]
    HashFile,
    /// There is no HTTP client.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A file on this machine could not be taken.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The raw files could not be kept.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Somebody put another publication in the place of this one.
    #[error(
        "`{0}` was rolled back or imported by hand since it was fetched, and the schedule does not undo that: `interdict sync {0}` takes what the publisher has; what the publisher has next is taken by itself"
    )]
    SetAside(SourceId),
    /// The configuration changed while it was fetched.
    #[error("the configuration no longer has `{0}` fetched in this way: it was not imported")]
    NoLongerConfigured(SourceId),
    /// The publication was not imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The thread that read or imported is gone.
    #[error("reading stopped unexpectedly: the log says why; the list held is kept")]
    Stopped,
}

impl SyncError {
    /// Tells whether the publication was had, and then refused: by a gate, or
    /// as no such list. Asking again soon would bring the same.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::SetAside(_) => true,
            Self::Import(error) => !matches!(
                error,
                ImportError::Busy
                    | ImportError::NotLive { .. }
                    | ImportError::Store(_)
                    | ImportError::Commit(_)
                    | ImportError::NotFoundAfterCommit(_)
            ),
            _ => false,
        }
    }

    /// Returns a short stable name, for logs and machines.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Fetch(error) => error.name(),
            Self::HashFile => "HASH",
            Self::Client(_) => "CLIENT",
            Self::Path(_) => "PATH",
            Self::Archive(_) => "DISK",
            Self::SetAside(_) => "SET_ASIDE",
            Self::NoLongerConfigured(_) => "NOT_CONFIGURED",
            Self::Import(ImportError::Undetected { .. }) => "UNDETECTED",
            Self::Import(ImportError::Refused(_)) => "GATE",
            Self::Import(ImportError::File(_)) => "BAD_FILE",
            Self::Import(_) => "IMPORT",
            Self::Stopped => "STOPPED",
        }
    }

    /// Returns how much later the publisher wants to be asked again.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Fetch(error) => error.retry_after(),
            _ => None,
        }
    }

    /// Puts it into words, with its causes.
    pub(super) fn trouble(&self) -> Trouble {
        let mut message = match self {
            // Here nobody has a flag to set.
            Self::Import(ImportError::Undetected { name, .. }) => {
                format!("cannot tell the format of `{name}`: set `format` for this source")
            }
            _ => self.to_string(),
        };
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let words = error.to_string();
            // Some errors repeat their cause in their own words.
            if !message.contains(&words) {
                message.push_str(": ");
                message.push_str(&words);
            }
            cause = error.source();
        }
        Trouble {
            name: self.name().to_owned(),
            message,
            refused: self.is_refusal(),
        }
    }
}
