//! How many screenings were answered, and how; and how often the filter said
//! "maybe" in vain.
//!
//! Counted where an outcome is put into the audit log, so that what is
//! counted is what was answered: no comparison of portfolios, no screening
//! done again.

use crate::counters::Striped;
use crate::verdict::{Action, Outcome, Reason, Verdict};

const VERDICTS: [Verdict; 3] = [Verdict::Listed, Verdict::NotListed, Verdict::Indeterminate];
const CONCLUSIONS: usize = VERDICTS.len() * Action::ALL.len();
const ABSENT: usize = CONCLUSIONS + Reason::COUNT;
const IN_VAIN: usize = ABSENT + 1;
const CELLS: usize = IN_VAIN + 1;

/// Counts of one daemon.
#[derive(Debug, Default)]
pub struct Counts {
    cells: Striped<CELLS>,
}

/// What the filter was asked about keys that nobody lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FilterUse {
    /// It said "surely absent".
    pub absent: u64,
    /// It said "maybe", and the store had nothing.
    pub in_vain: u64,
}

impl Counts {
    /// Counts an outcome that is answered.
    #[inline]
    pub(super) fn answered(&self, outcome: &Outcome) {
        self.cells
            .add(conclusion(outcome.verdict, outcome.action), 1);
        for reason in &outcome.reasons {
            self.cells.add(CONCLUSIONS + reason.place(), 1);
        }
    }

    /// Counts what the filter was asked for one text.
    #[inline]
    pub(super) fn filtered(&self, used: FilterUse) {
        self.cells.add(ABSENT, used.absent);
        if used.in_vain > 0 {
            self.cells.add(IN_VAIN, used.in_vain);
        }
    }

    /// Returns how many were answered, by verdict and action.
    pub fn conclusions(&self) -> impl Iterator<Item = (Verdict, Action, u64)> + '_ {
        VERDICTS.into_iter().flat_map(move |verdict| {
            Action::ALL.into_iter().map(move |action| {
                let answered = self.cells.sum(conclusion(verdict, action));
                (verdict, action, answered)
            })
        })
    }

    /// Returns how many were answered for each reason.
    pub fn reasons(&self) -> impl Iterator<Item = (Reason, u64)> + '_ {
        Reason::all().map(|reason| (reason, self.cells.sum(CONCLUSIONS + reason.place())))
    }

    /// Returns what the filter was asked.
    pub fn filter(&self) -> FilterUse {
        FilterUse {
            absent: self.cells.sum(ABSENT),
            in_vain: self.cells.sum(IN_VAIN),
        }
    }
}

fn conclusion(verdict: Verdict, action: Action) -> usize {
    verdict as usize * Action::ALL.len() + action as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_conclusion_and_reason_has_a_place_of_its_own() {
        let conclusions = VERDICTS.into_iter().flat_map(|verdict| {
            Action::ALL
                .into_iter()
                .map(move |action| conclusion(verdict, action))
        });
        let reasons = Reason::all().map(|reason| CONCLUSIONS + reason.place());
        let places: Vec<usize> = conclusions.chain(reasons).collect();
        let distinct: BTreeSet<usize> = places.iter().copied().collect();
        assert_eq!(distinct.len(), places.len());
        assert!(distinct.into_iter().eq(0..ABSENT));
    }

    #[test]
    fn what_the_filter_said_is_kept_apart() {
        let counts = Counts::default();
        for in_vain in [0, 2] {
            counts.filtered(FilterUse { absent: 3, in_vain });
        }
        let expected = FilterUse {
            absent: 6,
            in_vain: 2,
        };
        assert_eq!(counts.filter(), expected);
    }
}
