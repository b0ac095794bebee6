//! Whether an answer can be relied on.
//!
//! Pure. An answer is taken at its word only if it is whole, says nothing this
//! client does not know, and is about what was asked. One that would let a
//! withdrawal go on must also agree with itself: the daemon promises that an
//! `ALLOW` never comes with a doubt, nor with an active sanctions match, and
//! here it is held to that.

use uuid::Uuid;

use crate::address::{Networks, parse_hinted};
use crate::grpc::v1;

use super::Query;
use super::decision::{Blocked, Cause, Decision, Evidence};

/// Weighs the answer about one address.
pub(super) fn weigh(
    query: &Query,
    moment: Option<&v1::Moment>,
    outcome: Option<v1::Outcome>,
    basis: Option<&v1::Basis>,
) -> Decision {
    let weighed = checked_basis(moment, basis).and_then(|basis| {
        let outcome = outcome.ok_or(Cause::Missing("outcome"))?;
        weigh_outcome(Some(query), outcome, basis)
    });
    weighed.unwrap_or_else(Decision::from)
}

/// Weighs an outcome whose basis was checked. Without the query it cannot be
/// held against what was asked, and is no ALLOW.
pub(super) fn weigh_outcome(
    query: Option<&Query>,
    outcome: v1::Outcome,
    basis: &v1::Basis,
) -> Result<Decision, Cause> {
    let action = known_action(&outcome)?;
    let verdict = known_verdict(&outcome)?;
    if Uuid::try_parse(&outcome.screening_id).is_err() {
        return Err(Cause::Missing("screening id"));
    }
    if action == v1::Action::Allow {
        agrees_with_itself(verdict, &outcome, basis)?;
    }
    match query {
        Some(query) => is_about(query, &outcome)?,
        None if action == v1::Action::Allow => return Err(Cause::AnotherAddress),
        None => {}
    }
    let evidence = Evidence::of(outcome, basis.clone());
    Ok(match action {
        v1::Action::Allow => Decision::Allow(evidence),
        v1::Action::Review => Decision::Review(evidence),
        v1::Action::Block | v1::Action::Unspecified => Decision::Block(Blocked::Advised(evidence)),
    })
}

/// Checks what all answers of a call rest on.
pub(super) fn checked_basis<'a>(
    moment: Option<&v1::Moment>,
    basis: Option<&'a v1::Basis>,
) -> Result<&'a v1::Basis, Cause> {
    let basis = basis.ok_or(Cause::Missing("basis"))?;
    if basis.generation == 0 {
        return Err(Cause::Missing("generation"));
    }
    if !basis.generation_digest.iter().any(|byte| *byte != 0) {
        return Err(Cause::Missing("generation digest"));
    }
    let (as_of, generation, at_least) = moment.map_or(("", 0, 0), |moment| {
        let v1::Moment {
            as_of,
            generation,
            min_generation,
        } = moment;
        (as_of.as_str(), *generation, *min_generation)
    });
    if basis.as_of != as_of {
        return Err(Cause::AnotherMoment("day"));
    }
    let is_asked = generation == 0 || basis.generation == generation;
    if !is_asked || basis.generation < at_least {
        return Err(Cause::AnotherMoment("generation"));
    }
    Ok(basis)
}

fn known_action(outcome: &v1::Outcome) -> Result<v1::Action, Cause> {
    let number = outcome.action;
    match v1::Action::try_from(number) {
        Ok(v1::Action::Unspecified) | Err(_) => Err(Cause::Unknown {
            field: "action",
            number,
        }),
        Ok(action) => Ok(action),
    }
}

fn known_verdict(outcome: &v1::Outcome) -> Result<v1::Verdict, Cause> {
    let number = outcome.verdict;
    match v1::Verdict::try_from(number) {
        Ok(v1::Verdict::Unspecified) | Err(_) => Err(Cause::Unknown {
            field: "verdict",
            number,
        }),
        Ok(verdict) => Ok(verdict),
    }
}

/// Holds an ALLOW to what the daemon promises of one.
fn agrees_with_itself(
    verdict: v1::Verdict,
    outcome: &v1::Outcome,
    basis: &v1::Basis,
) -> Result<(), Cause> {
    let no = |what| Err(Cause::Contradiction(what));
    if verdict == v1::Verdict::Indeterminate {
        return no("the verdict INDETERMINATE");
    }
    if basis.stale {
        return no("a required list is stale or missing");
    }
    for &number in &outcome.reasons {
        allowable_reason(number)?;
    }
    for found in &outcome.matches {
        let action = found.action;
        if action != v1::Action::Allow as i32 {
            return no("a match is not");
        }
        if found.active && is_sanctions(found)? && controls(found)? {
            return no("a sanctions list names the address");
        }
    }
    if usize::try_from(outcome.matches_total).is_ok_and(|total| total < outcome.matches.len()) {
        return no("its matches are more than their total");
    }
    let lists = outcome.matches.iter().any(|found| found.active);
    if verdict == v1::Verdict::Listed && !lists {
        return no("LISTED without an entry");
    }
    Ok(())
}

/// Only these may come with an ALLOW; every other one is a doubt.
fn allowable_reason(number: i32) -> Result<(), Cause> {
    use v1::Reason;

    match Reason::try_from(number) {
        Ok(
            Reason::Listed
            | Reason::Delisted
            | Reason::Related
            | Reason::SameKey
            | Reason::SameScript
            | Reason::TagScoped
            | Reason::Exempted,
        ) => Ok(()),
        Ok(Reason::Unspecified) | Err(_) => Err(Cause::Unknown {
            field: "reason",
            number,
        }),
        Ok(_) => Err(Cause::Contradiction("one of its reasons is a doubt")),
    }
}

fn is_sanctions(found: &v1::Match) -> Result<bool, Cause> {
    match v1::Tier::try_from(found.tier) {
        Ok(v1::Tier::Unspecified) | Err(_) => Err(Cause::Unknown {
            field: "tier",
            number: found.tier,
        }),
        Ok(tier) => Ok(tier == v1::Tier::Sanctions),
    }
}

fn controls(found: &v1::Match) -> Result<bool, Cause> {
    match v1::Relation::try_from(found.relation) {
        Ok(v1::Relation::Unspecified) | Err(_) => Err(Cause::Unknown {
            field: "relation",
            number: found.relation,
        }),
        Ok(relation) => Ok(relation != v1::Relation::Related),
    }
}

/// Reads the text here too, with the daemon's own rules. Every destination it
/// names must be among those that the answer is about. What is not ALLOW may
/// leave its readings out, as it does where nothing may be echoed.
fn is_about(query: &Query, outcome: &v1::Outcome) -> Result<(), Cause> {
    let allows = outcome.action == v1::Action::Allow as i32;
    if outcome.candidates.is_empty() && !allows {
        return Ok(());
    }
    let hint = Networks::from_hint(query.network.trim()).unwrap_or(Networks::NONE);
    let reading = parse_hinted(&query.address, hint);
    let read = reading.candidates;
    let answered = |canonical: &str| {
        let mut candidates = outcome.candidates.iter();
        candidates.any(|candidate| candidate.canonical == canonical)
    };
    let mut destinations = read.chunk_by(|a, b| a.destination == b.destination);
    let all_answered = destinations.all(|readings| {
        let mut canonical = readings.iter().map(|reading| reading.canonical());
        canonical.any(|canonical| answered(&canonical))
    });
    if read.is_empty() || !all_answered {
        return Err(Cause::AnotherAddress);
    }
    Ok(())
}

#[cfg(test)]
#[path = "weigh_tests.rs"]
mod tests;
