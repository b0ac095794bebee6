//! Members that are listed already when they come in.
//!
//! An import notes them, and they are told here, as of the generation that
//! the import saw, before anything later is: a book that is watched from now
//! on would otherwise be silent about customers who are listed today.

use tracing::warn;

use crate::generation::Generation;
use crate::portfolio::{Portfolio, Position};
use crate::screening::{Pinned, utc_date};
use crate::store::book::Book;
use crate::verdict::Outcome;

use super::advance::editions;
use super::{AdvanceError, Monitor, compare};

/// Members told in one write.
const PER_WRITE: usize = 1_000;

impl Monitor {
    /// Tells some of the members that wait; false if none does.
    pub(super) fn tell_first(
        &self,
        book: &Book,
        portfolios: &[Portfolio],
    ) -> Result<bool, AdvanceError> {
        let waiting = book.waiting_first(PER_WRITE)?;
        if waiting.is_empty() {
            return Ok(false);
        }
        let mut write = book.write();
        let mut pinned: Option<(u32, Pinned)> = None;
        for (edition, number) in waiting {
            write.first_told(edition, number);
            // A portfolio that was removed meanwhile is nobody's.
            let of = editions(portfolios).find(|(_, one)| one.number == edition);
            let Some((name, of)) = of else { continue };
            let at = match pinned
                .take()
                .filter(|(for_edition, _)| *for_edition == edition)
            {
                Some((_, at)) => at,
                None => self.pin_at(&of.position)?,
            };
            let member = book.member(edition, number)?;
            for mut alert in compare::alerts(name, &member, None, &at)? {
                write.alert(&mut alert);
            }
            pinned = Some((edition, at));
        }
        write.commit()?;
        Ok(true)
    }

    /// Begins again with editions that stand at a state the lists never had,
    /// as after a data directory was restored: nobody can say what changed
    /// for them, so whoever is listed is told. False if there is none.
    pub(super) fn begin_anew(
        &self,
        book: &Book,
        live: &Generation,
        portfolios: &[Portfolio],
    ) -> Result<bool, AdvanceError> {
        let position = Position {
            generation: live.number(),
            digest: live.record.digest.0,
            day: utc_date(jiff::Timestamp::now()),
        };
        let mut strays = Vec::new();
        for (_, edition) in editions(portfolios) {
            let known = live.record_of(edition.position.generation)?;
            if known.is_none_or(|record| record.digest.0 != edition.position.digest) {
                strays.push(edition.number);
            }
        }
        if strays.is_empty() {
            return Ok(false);
        }
        warn!(
            editions = strays.len(),
            "portfolios were watched over lists that are not here any more: whoever is listed is told again"
        );
        let pinned = self.pin_at(&position)?;
        for edition in &strays {
            let mut write = book.write();
            for item in book.members(*edition, 0) {
                let (number, member) = item?;
                if applies(&pinned.screen_whole(&member.text, &member.network)) {
                    write.first(*edition, number);
                }
                if write.len() >= PER_WRITE {
                    write.commit()?;
                    write = book.write();
                }
            }
            write.commit()?;
        }
        let mut write = book.write();
        for portfolio in portfolios {
            let mut portfolio = portfolio.clone();
            for edition in &mut portfolio.editions {
                if strays.contains(&edition.number) {
                    edition.position = position;
                }
            }
            write.portfolio(&portfolio);
        }
        write.step(None);
        write.commit()?;
        Ok(true)
    }
}

/// Tells whether there is something to tell about a member that comes in, or
/// whether that cannot be said.
pub(super) fn applies(outcome: &Outcome) -> bool {
    let unread = outcome
        .reasons
        .contains(&crate::verdict::Reason::StoreError);
    unread || outcome.matches.iter().any(|found| found.active)
}
