//! The one table from errors to gRPC codes, deliberately small.
//!
//! | code | means | the caller |
//! |---|---|---|
//! | `INVALID_ARGUMENT` | what was sent can never be right | corrects it |
//! | `FAILED_PRECONDITION` | the state of the lists does not allow it | waits, or confirms |
//! | `ALREADY_EXISTS` | there is one of that name | names it otherwise |
//! | `RESOURCE_EXHAUSTED` | a list over a limit, or too much at once | sends less, or later |
//! | `ABORTED` | something else is under way | tries again |
//! | `UNAVAILABLE` | nothing verified is live, or storage failed | blocks, tries again |
//! | `INTERNAL` | the daemon is at fault | blocks, reports it |
//!
//! No code but `OK` ever stands for a verdict. Causes inside the daemon go to
//! its log and not to the caller.

use std::error::Error;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use tracing::error;

use crate::access::{Denied, Exhausted};
use crate::audit::ReadError as AuditReadError;
use crate::backup::BackupError;
use crate::bundle::{ArchiveError, ContainerError, ExportError, FeedError, Refusal};
use crate::causes::in_one_line;
use crate::config::ReloadError;
use crate::import::{ApproveError, ImportError, OperatorError, PendingError, SpoolError};
use crate::screening::PinError;
use crate::store::{CommitError, ReadError};

/// An error that has its row in the table.
pub(super) trait Coded: Error {
    fn code(&self) -> Code;
}

/// Turns an error into what the caller is told.
pub(super) fn status(error: &(impl Coded + ?Sized)) -> Status {
    let code = error.code();
    match code {
        Code::Internal | Code::Unavailable => {
            error!(error = %in_one_line(error), ?code, "request failed");
            Status::new(code, error.to_string())
        }
        _ => Status::new(code, in_one_line(error)),
    }
}

impl Coded for PinError {
    fn code(&self) -> Code {
        match self {
            Self::NotLoaded | Self::Read(_) => Code::Unavailable,
            Self::Behind { .. } => Code::FailedPrecondition,
            Self::NoSuchGeneration { .. } | Self::Future(_) => Code::InvalidArgument,
        }
    }
}

impl Coded for ReadError {
    fn code(&self) -> Code {
        Code::Unavailable
    }
}

impl Coded for SpoolError {
    fn code(&self) -> Code {
        match self {
            Self::Io { .. } => Code::Unavailable,
            Self::FileTooLarge { .. } | Self::TooManyFiles { .. } => Code::ResourceExhausted,
            Self::NoFile | Self::Empty | Self::Incomplete { .. } => Code::InvalidArgument,
        }
    }
}

impl Coded for ImportError {
    fn code(&self) -> Code {
        match self {
            Self::Busy => Code::Aborted,
            Self::TierDisagrees { .. }
            | Self::RetrievedInFuture(_)
            | Self::KeptByHand(_)
            | Self::KeptForTests(_)
            | Self::SourceTwice(_)
            | Self::Undetected { .. }
            | Self::NoFile
            | Self::File(_) => Code::InvalidArgument,
            Self::Refused(refusal) if refusal.is_not_whole() => Code::InvalidArgument,
            Self::NoSuchGeneration(_) | Self::NotAsSaid { .. } => Code::InvalidArgument,
            Self::OtherSet { .. } => Code::Internal,
            Self::NotHeld(_) | Self::MustBeSigned { .. } => Code::FailedPrecondition,
            Self::TooManyEntries { .. } | Self::TooManyUnderOneKey { .. } => {
                Code::ResourceExhausted
            }
            Self::NotLive { .. } => Code::Unavailable,
            Self::Refused(_) => Code::FailedPrecondition,
            Self::Store(_) => Code::Unavailable,
            Self::Unrecorded(_) => Code::Unavailable,
            Self::Commit(CommitError::Conflict { .. }) => Code::Internal,
            Self::Commit(_) => Code::Unavailable,
            Self::NotFoundAfterCommit(_) => Code::Internal,
        }
    }
}

impl Coded for AuditReadError {
    fn code(&self) -> Code {
        match self {
            Self::Removed { .. } => Code::NotFound,
            _ => Code::Unavailable,
        }
    }
}

impl Coded for PendingError {
    fn code(&self) -> Code {
        match self {
            Self::Unknown(_) => Code::NotFound,
            Self::TooMany => Code::ResourceExhausted,
            Self::Altered(_) => Code::FailedPrecondition,
            Self::Io { .. } | Self::Damaged { .. } => Code::Unavailable,
        }
    }
}

impl Coded for OperatorError {
    fn code(&self) -> Code {
        match self {
            Self::Unreadable { .. } | Self::Several(_) | Self::Network(_) | Self::Expired(_) => {
                Code::InvalidArgument
            }
            Self::NotThere { .. } => Code::NotFound,
            Self::Pending(error) => error.code(),
            Self::Import(error) => error.code(),
        }
    }
}

impl Coded for ApproveError {
    fn code(&self) -> Code {
        match self {
            Self::Pending(error) => error.code(),
            Self::SamePerson(_) => Code::PermissionDenied,
            Self::Import(error) => error.code(),
            Self::Change(error) => error.code(),
        }
    }
}

impl Coded for ExportError {
    fn code(&self) -> Code {
        match self {
            Self::NoSuchGeneration { .. } | Self::NoSuchSource { .. } | Self::Life => {
                Code::InvalidArgument
            }
            Self::KeyedOtherwise(_) | Self::NotTheSame { .. } | Self::Unreadable { .. } => {
                Code::FailedPrecondition
            }
            Self::Nothing | Self::Store(_) | Self::Io { .. } => Code::Unavailable,
            Self::Manifest(_) => Code::Internal,
        }
    }
}

impl Coded for FeedError {
    fn code(&self) -> Code {
        match self {
            Self::Archive(ArchiveError::Container(ContainerError::Io(_)))
            | Self::Ledger(_)
            | Self::Io { .. } => Code::Unavailable,
            Self::Archive(ArchiveError::Container(ContainerError::TooLarge)) => {
                Code::ResourceExhausted
            }
            Self::Archive(_) | Self::Refused(Refusal::Forged { .. } | Refusal::NoName) => {
                Code::InvalidArgument
            }
            Self::Refused(_) => Code::FailedPrecondition,
            Self::Import(error) => error.code(),
        }
    }
}

impl Coded for ReloadError {
    fn code(&self) -> Code {
        match self {
            Self::NoFile | Self::Config(_) | Self::Webhooks(_) | Self::Tls(_) => {
                Code::FailedPrecondition
            }
            Self::NotRecorded(_) => Code::Unavailable,
        }
    }
}

impl Coded for BackupError {
    fn code(&self) -> Code {
        match self {
            Self::Name(_) => Code::InvalidArgument,
            Self::Exists(_) => Code::AlreadyExists,
            _ => Code::Unavailable,
        }
    }
}

/// Names of gRPC's codes, by their number.
pub const CODE_NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Returns a code's name, as gRPC spells it.
pub fn code_name(code: Code) -> &'static str {
    CODE_NAMES[code as usize]
}

/// Says that the caller may not, and why.
pub fn denied(error: &Denied) -> Status {
    let words = error.to_string();
    match error {
        Denied::NoSuchMethod(_) => Status::unimplemented(words),
        Denied::NoCredentials(_) => Status::unauthenticated(words),
        Denied::MissingRole { .. } | Denied::AdminOnly => Status::permission_denied(words),
    }
}

/// Says that there is no room, and when to ask again: in the details that
/// clients read (`google.rpc.RetryInfo`), and in the older trailer.
pub fn exhausted(error: &Exhausted) -> Status {
    let details = ErrorDetails::with_retry_info(Some(error.retry_after));
    let code = Code::ResourceExhausted;
    let mut status = Status::with_error_details(code, error.to_string(), details);
    let pushback = error.retry_after.as_millis();
    status.metadata_mut().insert(
        "grpc-retry-pushback-ms",
        pushback.to_string().parse().expect("digits"),
    );
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::GenerationNumber;

    #[test]
    fn codes_have_the_names_that_grpc_gives_them() {
        for number in 0..17 {
            let code = Code::from_i32(number);
            // `InvalidArgument` is INVALID_ARGUMENT.
            let squeezed = code_name(code).replace('_', "");
            assert!(
                squeezed.eq_ignore_ascii_case(&format!("{code:?}")),
                "{code:?}"
            );
        }
    }

    #[test]
    fn every_row_of_the_table() {
        let (live, wanted) = (GenerationNumber(1), GenerationNumber(2));
        let rows: [(&dyn Coded, Code); 9] = [
            (&PinError::NotLoaded, Code::Unavailable),
            (
                &PinError::Behind {
                    asked: live,
                    wanted,
                },
                Code::FailedPrecondition,
            ),
            (
                &PinError::NoSuchGeneration { live, wanted },
                Code::InvalidArgument,
            ),
            (&ReadError::GenerationMissing(live), Code::Unavailable),
            (&SpoolError::Empty, Code::InvalidArgument),
            (
                &SpoolError::TooManyFiles { max: 1 },
                Code::ResourceExhausted,
            ),
            (&ImportError::Busy, Code::Aborted),
            (
                &ImportError::TooManyEntries { max: 1 },
                Code::ResourceExhausted,
            ),
            (&ImportError::NotFoundAfterCommit(live), Code::Internal),
        ];
        for (error, code) in rows {
            let status = status(error);
            assert_eq!(status.code(), code, "{error}");
            assert!(!status.message().is_empty());
        }
    }
}
