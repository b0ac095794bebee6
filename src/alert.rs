//! What the operator is told: one alert for each entry that came on, went off
//! or changed for one member of a portfolio.
//!
//! Plain values. When an alert is due is decided by
//! [`monitor`](crate::monitor), how it is kept by `store::book`.

use jiff::Timestamp;
use uuid::Uuid;

use crate::list::GenerationNumber;
use crate::portfolio::PortfolioName;
use crate::verdict::{Action, Match, Verdict};

/// What became of an entry that applies to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertKind {
    /// It applies, and did not.
    Listed,
    /// It applied, and does no longer.
    Delisted,
    /// It applies as before, with other particulars, or another advice.
    Amended,
}

impl AlertKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Listed, Self::Delisted, Self::Amended];

    /// Returns the name used in configuration, in webhooks and in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listed => "LISTED",
            Self::Delisted => "DELISTED",
            Self::Amended => "AMENDED",
        }
    }
}

/// What a screening of the member concludes on one side of the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    /// As of this generation.
    pub generation: GenerationNumber,
    /// Its digest.
    pub digest: [u8; 32],
    /// What the lists say.
    pub verdict: Verdict,
    /// What the policy advises.
    pub action: Action,
}

/// Something that the operator has to know about a member.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Its place among all alerts, from 1 without gaps. Zero until it is
    /// written.
    pub sequence: u64,
    /// UUIDv7: the same however often the alert is told.
    pub id: Uuid,
    /// When it was raised.
    pub at: Timestamp,
    /// What became of the entry.
    pub kind: AlertKind,
    /// Whose member it is about.
    pub portfolio: PortfolioName,
    /// The canonical form of the member's address.
    pub address: String,
    /// The customer behind the address, if the text names one.
    pub tag: Option<String>,
    /// The network hint as given; empty if none was.
    pub network: String,
    /// The operator's own reference, as given.
    pub reference: String,
    /// Before the change; `None` when a portfolio was screened for the first
    /// time.
    pub before: Option<Side>,
    /// After it.
    pub after: Side,
    /// The entry, as it applies after the change; as it applied before if
    /// nothing is left of it.
    pub found: Match,
}

/// A person's word that alerts have been dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Every alert up to and with this one.
    pub sequence: u64,
    /// Who gave it.
    pub author: String,
    /// Why, or nothing.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}
