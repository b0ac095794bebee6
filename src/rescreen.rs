//! Flow 3: many known addresses against one pinned generation.
//!
//! A [`Rescreen`] screens text after text, keeps the positions, and counts
//! what it concluded; the count closes the run, and a client that has not
//! seen it has not finished. A [`Pool`] keeps such work away from those who
//! wait for one address.

mod pool;

use crate::screening::Pinned;
use crate::verdict::Action;
use crate::verdict::{Outcome, Verdict};

pub use pool::{Pool, Stopped};

/// What a run has concluded so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Texts screened.
    pub queries: u64,
    /// Verdict `LISTED`.
    pub listed: u64,
    /// Verdict `NOT_LISTED`.
    pub not_listed: u64,
    /// Verdict `INDETERMINATE`.
    pub indeterminate: u64,
    /// Action `REVIEW`.
    pub review: u64,
    /// Action `BLOCK`.
    pub block: u64,
}

/// A run over many addresses.
pub struct Rescreen<'a> {
    pinned: &'a Pinned,
    hits_only: bool,
    summary: Summary,
}

impl<'a> Rescreen<'a> {
    /// Begins or goes on with a run; `hits_only` keeps what is allowed to
    /// itself, and counts it.
    pub fn new(pinned: &'a Pinned, hits_only: bool, summary: Summary) -> Self {
        Self {
            pinned,
            hits_only,
            summary,
        }
    }

    /// Screens one text with its network hint. Returns its position in the
    /// whole run, the outcome, and whether the outcome is asked for.
    pub fn next(&mut self, address: &str, network: &str) -> (u64, Outcome, bool) {
        let position = self.summary.queries;
        let outcome = self.pinned.screen(address, network);
        self.summary.count(&outcome);
        let wanted = !self.hits_only || outcome.action != Action::Allow;
        (position, outcome, wanted)
    }

    /// Returns what the run has concluded so far.
    pub fn summary(&self) -> Summary {
        self.summary
    }
}

impl Summary {
    fn count(&mut self, outcome: &Outcome) {
        self.queries += 1;
        match outcome.verdict {
            Verdict::Listed => self.listed += 1,
            Verdict::NotListed => self.not_listed += 1,
            Verdict::Indeterminate => self.indeterminate += 1,
        }
        match outcome.action {
            Action::Allow => {}
            Action::Review => self.review += 1,
            Action::Block => self.block += 1,
        }
    }
}
