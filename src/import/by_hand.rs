//! What the operator changes in a list of their own, and why it may be
//! refused.

use jiff::civil::Date;
use thiserror::Error;

use crate::address::Fault;
use crate::list::{Act, Category, EXEMPTIONS, Effect, EntryId, OPERATOR, SourceId};
use crate::store::{GenerationNumber, ReadError};

use super::pending::PendingError;
use super::request::ImportError;

/// Which of the operator's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperatorList {
    /// Addresses that the operator stops.
    Listing,
    /// Addresses that the operator lets pass, sanctions excepted.
    Exemption,
}

impl OperatorList {
    /// Returns the id of its source.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listing => OPERATOR,
            Self::Exemption => EXEMPTIONS,
        }
    }

    /// Returns its source.
    pub fn source(self) -> SourceId {
        self.name().parse().expect("both names are source ids")
    }

    /// Returns the list that a source is, if it is one that is kept by hand.
    pub fn of(source: &SourceId) -> Option<Self> {
        [Self::Listing, Self::Exemption]
            .into_iter()
            .find(|list| list.name() == source.as_str())
    }

    /// Returns what its entries do to a screening.
    pub const fn effect(self) -> Effect {
        match self {
            Self::Listing => Effect::Lists,
            Self::Exemption => Effect::Exempts,
        }
    }
}

/// A change of one of the operator's lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorChange {
    /// Which list.
    pub list: OperatorList,
    /// What becomes of the address.
    pub what: What,
    /// The address, as it was given.
    pub address: String,
    /// Ticker or CAIP-2 id, as a hint; may be empty.
    pub network: String,
    /// Who does it, and why.
    pub act: Act,
}

/// What becomes of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It comes on, or its particulars change.
    Add(Particulars),
    /// It comes off.
    Remove,
}

/// What is said of an address that comes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Particulars {
    /// Why it is there, in the field's terms.
    pub category: Category,
    /// Whom it belongs to, if known.
    pub subject: Option<String>,
    /// Anything else worth keeping.
    pub note: Option<String>,
    /// The first day on which it is in force no longer.
    pub expires_on: Option<Date>,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// It is live.
    Live {
        /// The generation that holds it.
        generation: GenerationNumber,
        /// The entry that came on; none if one came off.
        entry: Option<EntryId>,
    },
    /// It waits for a second person, under this id.
    Waiting(String),
}

/// Why a change was not made. The live generation stays.
#[derive(Debug, Error)]
pub enum OperatorError {
    /// The address cannot be read strictly.
    #[error("`{given}` does not read as an address: {fault}")]
    Unreadable {
        /// What was given, shortened.
        given: String,
        /// Why.
        fault: Fault,
    },
    /// The text names several destinations.
    #[error("`{0}` names more than one destination: give each by itself")]
    Several(String),
    /// The network does not exist.
    #[error("network `{0}` is not known: leave it out, or give a ticker or a CAIP-2 id")]
    Network(String),
    /// It would never be in force.
    #[error("it expires on {0}, which is not in the future")]
    Expired(Date),
    /// The address is not on the list.
    #[error("`{address}` is not on `{list}`")]
    NotThere {
        /// The address.
        address: String,
        /// The list.
        list: &'static str,
    },
    /// The change cannot wait.
    #[error(transparent)]
    Pending(#[from] PendingError),
    /// It could not be committed.
    #[error(transparent)]
    Import(#[from] ImportError),
}

impl From<ReadError> for OperatorError {
    fn from(error: ReadError) -> Self {
        Self::Import(error.into())
    }
}
