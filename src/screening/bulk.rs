//! Screening by the million: what is plainly not listed is told at once.
//!
//! Nearly every row of a large file is on no list and says so by the filter
//! alone. [`Bulk::screen`] tells such a row without an id, a reason, an
//! outcome or an allocation, and hands everything else to
//! [`Pinned::screen`]. The two can never disagree: what is told at once is
//! exactly what `screen` would answer with `NOT_LISTED`, `ALLOW`, no reason
//! and no match, and a test holds them against each other.

use crate::address::{self, AddressKey, Candidate, Depth, linked};
use crate::test_address;
use crate::verdict::{HintFinding, Outcome};

use super::{Hint, Pinned};

/// How many spellings of the network are remembered.
const HINTS_MAX: usize = 32;

/// One thread's way through a large file.
pub struct Bulk<'a> {
    pinned: &'a Pinned,
    /// The lists vouch for an absence at all.
    vouches: bool,
    /// Networks named so far: a column has few values, and many rows.
    hints: Vec<(Box<str>, Hint)>,
}

impl<'a> Bulk<'a> {
    /// Begins with nothing remembered.
    pub fn new(pinned: &'a Pinned) -> Self {
        Self {
            pinned,
            vouches: pinned.freshness().doubts.is_empty(),
            hints: Vec::new(),
        }
    }

    /// Returns what is asked.
    pub fn pinned(&self) -> &'a Pinned {
        self.pinned
    }

    /// Screens one text as [`Pinned::screen`] does. `None`: `NOT_LISTED`,
    /// `ALLOW`, no reason, no match.
    #[inline]
    pub fn screen(&mut self, text: &str, network: &str) -> Option<Outcome> {
        if self.vouches && self.is_plainly_absent(text, network) {
            return None;
        }
        Some(self.pinned.screen(text, network))
    }

    /// Tells whether any key that a text is looked up by is one of some.
    pub fn leads_to(
        &mut self,
        text: &str,
        network: &str,
        is_one: impl Fn(&AddressKey) -> bool,
    ) -> bool {
        let reading = address::parse_hinted(text, self.hint(network).networks());
        let leads = |candidate: &Candidate| {
            is_one(&candidate.key)
                || linked(candidate, Depth::Query)
                    .iter()
                    .any(|link| is_one(&link.key))
        };
        reading.candidates.iter().any(leads)
    }

    #[inline]
    fn is_plainly_absent(&mut self, text: &str, network: &str) -> bool {
        let filter = &self.pinned.generation.filter;
        let tests = self.pinned.rules.test_addresses;
        let absent = |candidate: &Candidate| {
            let is_test = tests && test_address::of(&candidate.key).is_some();
            !is_test
                && !filter.may_contain(&candidate.key)
                && linked(candidate, Depth::Query)
                    .iter()
                    .all(|link| !filter.may_contain(&link.key))
        };
        let hint = self.hint(network);
        let reading = address::parse_hinted(text, hint.networks());
        // A hint that names no network is told in a flag, and changes nothing.
        reading.is_strict()
            && hint.finding(&reading.candidates) != HintFinding::Disagrees
            && reading.candidates.iter().all(absent)
    }

    /// Returns what a network's name means, looked up once.
    fn hint(&mut self, network: &str) -> Hint {
        if network.is_empty() {
            return Hint::NotGiven;
        }
        let known = self.hints.iter().find(|(name, _)| **name == *network);
        if let Some((_, hint)) = known {
            return *hint;
        }
        let hint = Hint::of(network);
        if self.hints.len() < HINTS_MAX {
            self.hints.push((network.into(), hint));
        }
        hint
    }
}

#[cfg(test)]
#[path = "bulk_tests.rs"]
mod tests;
