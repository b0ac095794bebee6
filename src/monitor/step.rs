//! One step: from one position to the next, for the editions that stand at
//! the first.
//!
//! The keys that changed in between are looked up in each of these editions,
//! and every member found is compared. Alerts are written in batches, each
//! with how far it went; the last one moves the editions.

use std::collections::{BTreeSet, HashSet};

use crate::alert::Alert;
use crate::generation::Generation;
use crate::portfolio::{Member, Portfolio, PortfolioName, Position};
use crate::store::book::{Book, Step};

use super::advance::editions;
use super::{AdvanceError, Monitor, compare};

/// Alerts of one write.
const ALERTS_PER_WRITE: usize = 1_000;

impl Monitor {
    /// Takes a step, or goes on with one that was begun.
    pub(super) fn take(
        &self,
        book: &Book,
        live: &Generation,
        portfolios: Vec<Portfolio>,
        step: Step,
    ) -> Result<(), AdvanceError> {
        let (from, to) = (step.from, step.to);
        let keys = if from.generation == to.generation {
            self.note_ends(book, live)?;
            book.ends_between(from.day, to.day)?
        } else {
            self.store.changed_keys(from.generation, to.generation)?
        };
        let stands_there = |position: &Position| position.order() == from.order();
        let here: Vec<_> = editions(&portfolios)
            .filter(|(_, edition)| stands_there(&edition.position))
            .map(|(name, edition)| (name.clone(), edition.number))
            .collect();
        let mut places = BTreeSet::new();
        for (_, edition) in &here {
            for key in &keys {
                let holders = book.holders(*edition, key)?;
                places.extend(holders.into_iter().map(|number| (*edition, number)));
            }
        }
        let left = places.split_off(&step.next);
        let mut alerts = match left.is_empty() {
            true => Vec::new(),
            false => self.compare_all(book, &step, &here, &left)?,
        };
        let mut write = book.write();
        alerts.iter_mut().for_each(|alert| write.alert(alert));
        for mut portfolio in portfolios {
            let mut moves = false;
            for edition in &mut portfolio.editions {
                if stands_there(&edition.position) {
                    edition.position = to;
                    moves = true;
                }
            }
            if moves {
                write.portfolio(&portfolio);
            }
        }
        write.step(None);
        write.commit()?;
        Ok(())
    }

    /// Compares members, writes what there is to tell batch by batch, and
    /// returns the last of it, to be written with the end of the step.
    fn compare_all(
        &self,
        book: &Book,
        step: &Step,
        here: &[(PortfolioName, u32)],
        places: &BTreeSet<(u32, u32)>,
    ) -> Result<Vec<Alert>, AdvanceError> {
        // Either the generation differs or the day, never both: one clock
        // judges both sides of a generation.
        let before = self.pin_at(&step.from)?;
        let after = self.pin_at(&step.to)?;
        // A row that was imported twice is one customer.
        let mut told: HashSet<(&PortfolioName, Member)> = HashSet::new();
        let mut alerts = Vec::new();
        for &(edition, number) in places {
            let Some((name, _)) = here.iter().find(|(_, of)| *of == edition) else {
                continue;
            };
            let member = book.member(edition, number)?;
            let found = compare::alerts(name, &member, Some(&before), &after)?;
            if found.is_empty() || !told.insert((name, member)) {
                continue;
            }
            alerts.extend(found);
            if alerts.len() >= ALERTS_PER_WRITE {
                let mut write = book.write();
                alerts.iter_mut().for_each(|alert| write.alert(alert));
                write.step(Some(&Step {
                    next: (edition, number.saturating_add(1)),
                    ..*step
                }));
                write.commit()?;
                alerts.clear();
            }
        }
        Ok(alerts)
    }
}
