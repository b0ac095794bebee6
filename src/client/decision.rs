//! What to do with a withdrawal, and why.
//!
//! There are three answers and no fourth: whatever goes wrong on the way is a
//! [`Decision::Block`] that carries its [`Cause`]. An [`Evidence`] can only be
//! had from an answer that was found whole (see `weigh`).

use std::fmt;
use std::time::Duration;

use thiserror::Error;
use tonic::Code;

use crate::grpc::{code_name, v1};
use crate::verdict::Action;

/// What to do.
#[derive(Debug, Clone)]
#[must_use = "a withdrawal goes on only with `Decision::Allow`"]
pub enum Decision {
    /// Let it go on. Not a statement that the address is clean: it is not on
    /// the lists that the evidence names.
    Allow(Evidence),
    /// Hold it until a person has looked at the evidence.
    Review(Evidence),
    /// Stop it.
    Block(Blocked),
}

/// Why a withdrawal is stopped.
#[derive(Debug, Clone)]
pub enum Blocked {
    /// The policy says so.
    Advised(Evidence),
    /// There is no answer that could be relied on. Hold the withdrawal and ask
    /// again later; do not tell the customer that the address is listed.
    Unanswered(Cause),
}

impl Decision {
    /// Returns what to do as a plain value, for records and metrics.
    pub fn action(&self) -> Action {
        match self {
            Self::Allow(_) => Action::Allow,
            Self::Review(_) => Action::Review,
            Self::Block(_) => Action::Block,
        }
    }

    /// Returns what it rests on; `None` if there is no answer.
    pub fn evidence(&self) -> Option<&Evidence> {
        match self {
            Self::Allow(evidence) | Self::Review(evidence) => Some(evidence),
            Self::Block(Blocked::Advised(evidence)) => Some(evidence),
            Self::Block(Blocked::Unanswered(_)) => None,
        }
    }

    /// Returns why there is no answer; `None` if there is one.
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Block(Blocked::Unanswered(cause)) => Some(cause),
            _ => None,
        }
    }
}

impl From<Cause> for Decision {
    fn from(cause: Cause) -> Self {
        Self::Block(Blocked::Unanswered(cause))
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block(Blocked::Unanswered(cause)) => write!(f, "BLOCK: {cause}"),
            other => other.action().fmt(f),
        }
    }
}

/// An answer that is whole. Store its id, generation and digest beside the
/// withdrawal: with them the answer can be proved years later.
#[derive(Debug, Clone)]
pub struct Evidence {
    answer: Box<(v1::Outcome, v1::Basis)>,
}

impl Evidence {
    /// Takes an answer that was found whole.
    pub(super) fn of(outcome: v1::Outcome, basis: v1::Basis) -> Self {
        Self {
            answer: Box::new((outcome, basis)),
        }
    }

    /// Returns the id (UUIDv7) by which the daemon's audit log knows it.
    pub fn screening_id(&self) -> &str {
        &self.outcome().screening_id
    }

    /// Returns everything that was found: verdict, reasons, matches, readings.
    pub fn outcome(&self) -> &v1::Outcome {
        &self.answer.0
    }

    /// Returns what the answer rests on: generation, digest, age.
    pub fn basis(&self) -> &v1::Basis {
        &self.answer.1
    }

    /// Returns both.
    pub fn into_parts(self) -> (v1::Outcome, v1::Basis) {
        *self.answer
    }
}

/// Why there is no answer that could be relied on. None of them repeats the
/// address that was asked about.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Cause {
    /// Time was up.
    #[error("no answer within {0:?}")]
    Deadline(Duration),
    /// The daemon could not answer, however often it was asked.
    #[error("no answer after {attempts} attempts: {} ({message})", code_name(*.code))]
    Unavailable {
        /// How often it was asked.
        attempts: u32,
        /// How the last attempt ended.
        code: Code,
        /// In the daemon's words.
        message: String,
    },
    /// The daemon refused the question, and would refuse it again.
    #[error("the daemon refused: {} ({message})", code_name(*.code))]
    Refused {
        /// Its code.
        code: Code,
        /// In its words.
        message: String,
    },
    /// The answer lacks something.
    #[error("the answer has no {0}")]
    Missing(&'static str),
    /// The answer says something that this client does not know, or what is
    /// never said.
    #[error("the answer's {field} is {number}, which this client does not know")]
    Unknown {
        /// Which field.
        field: &'static str,
        /// The number in it.
        number: i32,
    },
    /// The answer is ALLOW, and contradicts itself.
    #[error("the answer is ALLOW, and {0}")]
    Contradiction(&'static str),
    /// The answer is about another address than the one asked about, as this
    /// client reads it.
    #[error("the answer is about another address: are client and daemon of the same version?")]
    AnotherAddress,
    /// The answer is about another state of the lists than the one asked for.
    #[error("the answer is about another {0} than was asked for")]
    AnotherMoment(&'static str),
    /// The batch was not answered one for one.
    #[error("{asked} were asked about and {answered} answered")]
    Count {
        /// How many were asked about.
        asked: usize,
        /// How many outcomes came.
        answered: usize,
    },
    /// A rescreen broke the order that its answers have.
    #[error("the rescreen's answers are out of order: {0}")]
    OutOfOrder(&'static str),
    /// A rescreen ended without its summary, or with one that does not fit.
    #[error("the rescreen was not finished: {0}")]
    Unfinished(&'static str),
}
