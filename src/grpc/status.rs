//! The one table from errors to gRPC codes, deliberately small.
//!
//! | code | means | the caller |
//! |---|---|---|
//! | `INVALID_ARGUMENT` | what was sent can never be right | corrects it |
//! | `FAILED_PRECONDITION` | the state of the lists does not allow it | waits, or confirms |
//! | `RESOURCE_EXHAUSTED` | a list over a limit, or too much at once | sends less, or later |
//! | `ABORTED` | something else is under way | tries again |
//! | `UNAVAILABLE` | nothing verified is live, or storage failed | blocks, tries again |
//! | `INTERNAL` | the daemon is at fault | blocks, reports it |
//!
//! No code but `OK` ever stands for a verdict. Causes inside the daemon go to
//! its log and not to the caller.

use std::error::Error;
use std::fmt::Write as _;

use tonic::{Code, Status};
use tracing::error;

use crate::import::{ImportError, SpoolError};
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
            error!(error = %chain(error), ?code, "request failed");
            Status::new(code, error.to_string())
        }
        _ => Status::new(code, chain(error)),
    }
}

/// An error with its causes, in one line.
fn chain(error: &(impl Error + ?Sized)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Some errors repeat their cause in their own words.
        let words = error.to_string();
        if !text.contains(&words) {
            let _ = write!(text, ": {words}");
        }
        cause = error.source();
    }
    text
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
            Self::NoFile
            | Self::Empty
            | Self::Incomplete { .. }
            | Self::Format(_)
            | Self::Undetected { .. } => Code::InvalidArgument,
        }
    }
}

impl Coded for ImportError {
    fn code(&self) -> Code {
        match self {
            Self::Busy => Code::Aborted,
            Self::TierDisagrees { .. } | Self::RetrievedInFuture(_) | Self::File(_) => {
                Code::InvalidArgument
            }
            Self::TooManyEntries { .. } | Self::TooManyUnderOneKey { .. } => {
                Code::ResourceExhausted
            }
            Self::NotLive { .. } => Code::Unavailable,
            Self::Refused(_) => Code::FailedPrecondition,
            Self::Store(_) => Code::Unavailable,
            Self::Commit(CommitError::Conflict { .. }) => Code::Internal,
            Self::Commit(_) => Code::Unavailable,
            Self::NotFoundAfterCommit(_) => Code::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::GenerationNumber;

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
