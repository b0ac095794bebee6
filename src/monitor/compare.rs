//! Two screenings of one member, and what differs.
//!
//! Entries are compared by their id, and only those that apply count: an
//! entry that was off before and is off after is history. What changes with
//! every publication (when it was last seen, by which edition) is no
//! difference; what the entry says, how it relates, and what is advised is.

use jiff::Timestamp;
use uuid::Uuid;

use crate::alert::{Alert, AlertKind, Side};
use crate::portfolio::{Member, PortfolioName};
use crate::screening::Pinned;
use crate::verdict::{Match, Outcome, Reason};

use super::AdvanceError;

/// Screens a member before and after, and returns what there is to tell.
/// Without a before, everything that applies is.
///
/// # Errors
///
/// If either screening met an error of the store.
pub(super) fn alerts(
    portfolio: &PortfolioName,
    member: &Member,
    before: Option<&Pinned>,
    after: &Pinned,
) -> Result<Vec<Alert>, AdvanceError> {
    let earlier = before.map(|pinned| screened(pinned, member)).transpose()?;
    let later = screened(after, member)?;
    let of_side = |pinned: &Pinned, outcome: &Outcome| Side {
        generation: pinned.record().number,
        digest: pinned.record().digest.0,
        verdict: outcome.verdict,
        action: outcome.action,
    };
    let before = before
        .zip(earlier.as_ref())
        .map(|(pinned, outcome)| of_side(pinned, outcome));
    let after = of_side(after, &later);
    let now = Timestamp::now();
    let alert = |(kind, found, outcome): (AlertKind, &Match, &Outcome)| {
        let read = outcome.candidates.get(found.candidate);
        Alert {
            sequence: 0,
            id: Uuid::now_v7(),
            at: now,
            kind,
            portfolio: portfolio.clone(),
            address: read.map_or_else(|| member.text.clone(), |read| read.canonical()),
            tag: read
                .and_then(|read| read.tag.as_ref())
                .map(ToString::to_string),
            network: member.network.clone(),
            reference: member.reference.clone(),
            before,
            after,
            found: Match {
                // The alert carries the reading itself.
                candidate: 0,
                ..found.clone()
            },
        }
    };
    let differences = differences(earlier.as_ref(), &later);
    Ok(differences.into_iter().map(alert).collect())
}

fn screened(pinned: &Pinned, member: &Member) -> Result<Outcome, AdvanceError> {
    let outcome = pinned.screen_whole(&member.text, &member.network);
    if outcome.reasons.contains(&Reason::StoreError) {
        return Err(AdvanceError::Unread);
    }
    Ok(outcome)
}

/// What differs, and where it is found.
fn differences<'a>(
    before: Option<&'a Outcome>,
    after: &'a Outcome,
) -> Vec<(AlertKind, &'a Match, &'a Outcome)> {
    let active = |outcome: &'a Outcome| outcome.matches.iter().filter(|found| found.active);
    let of = |outcome: &'a Outcome, id| outcome.matches.iter().find(move |found| found.id == id);
    let mut differences = Vec::new();
    for found in active(after) {
        match before
            .and_then(|before| of(before, found.id))
            .filter(|was| was.active)
        {
            None => differences.push((AlertKind::Listed, found, after)),
            Some(was) if !is_same(was, found) => {
                differences.push((AlertKind::Amended, found, after));
            }
            Some(_) => {}
        }
    }
    if let Some(before) = before {
        for was in active(before) {
            match of(after, was.id) {
                Some(found) if found.active => {}
                Some(found) => differences.push((AlertKind::Delisted, found, after)),
                None => differences.push((AlertKind::Delisted, was, before)),
            }
        }
    }
    differences
}

fn is_same(was: &Match, is: &Match) -> bool {
    let said = |found: &Match| {
        (
            found.relation,
            found.tier,
            found.action,
            found.scope,
            found.is_tagged,
        )
    };
    said(was) == said(is) && was.entry == is.entry && was.exemption == is.exemption
}
