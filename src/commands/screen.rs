//! `screen`: addresses in, verdicts and evidence out.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::{Output, Screen};
use crate::grpc::v1;

use super::client::{self, incomplete, refused};
use super::{Failure, names, print, print_json, shown};

const REVIEW: u8 = 10;
const BLOCK: u8 = 20;

/// Addresses asked about in one call.
const BATCH: usize = 100;

pub(super) async fn run(arguments: Screen) -> Result<ExitCode, Failure> {
    let mut client = client::screening(&arguments.ask.server).await?;
    let moment = v1::Moment {
        as_of: arguments
            .as_of
            .map(|day| day.to_string())
            .unwrap_or_default(),
        generation: arguments.generation.unwrap_or_default(),
        min_generation: 0,
    };
    let mut answers = Vec::with_capacity(arguments.addresses.len());
    for addresses in arguments.addresses.chunks(BATCH) {
        let queries = addresses.iter().map(|address| v1::Query {
            address: address.clone(),
            network: arguments.network.clone(),
        });
        let request = v1::ScreenAddressesRequest {
            queries: queries.collect(),
            purpose: v1::Purpose::Investigation.into(),
            reference: String::new(),
            moment: Some(moment.clone()),
        };
        let response = client
            .screen_addresses(request)
            .await
            .map_err(refused)?
            .into_inner();
        let basis = response.basis.ok_or_else(|| incomplete("basis"))?;
        if response.outcomes.len() != addresses.len() {
            return Err(incomplete("outcome for every address"));
        }
        let outcomes = response.outcomes.into_iter().zip(addresses);
        answers.extend(outcomes.map(|(outcome, address)| Answer {
            address: shown_address(address, &outcome),
            outcome,
            basis: basis.clone(),
        }));
    }
    match arguments.ask.output {
        Output::Json => print_json(&answers.iter().map(Answer::to_json).collect())?,
        Output::Text => print(
            &answers
                .iter()
                .map(Answer::to_text)
                .collect::<Vec<_>>()
                .join("\n"),
        )?,
    }
    Ok(exit_code(answers.iter().map(|answer| &answer.outcome)))
}

/// The severest of all; what is not known counts as BLOCK.
fn exit_code<'a>(outcomes: impl Iterator<Item = &'a v1::Outcome>) -> ExitCode {
    let code = |outcome: &v1::Outcome| match (outcome.verdict(), outcome.action()) {
        (v1::Verdict::Unspecified, _) | (_, v1::Action::Unspecified | v1::Action::Block) => BLOCK,
        (_, v1::Action::Review) => REVIEW,
        (_, v1::Action::Allow) => 0,
    };
    ExitCode::from(outcomes.map(code).max().unwrap_or(BLOCK))
}

/// A private key is not repeated, even to the one who sent it.
fn shown_address(address: &str, outcome: &v1::Outcome) -> Option<String> {
    let secret = outcome
        .reasons()
        .any(|reason| reason == v1::Reason::PrivateKey);
    (!secret).then(|| address.to_owned())
}

struct Answer {
    address: Option<String>,
    outcome: v1::Outcome,
    basis: v1::Basis,
}

impl Answer {
    fn to_json(&self) -> Value {
        let outcome = &self.outcome;
        let basis = &self.basis;
        let candidates = outcome.candidates.iter().map(candidate_to_json);
        json!({
            "address": self.address,
            "screening_id": outcome.screening_id,
            "verdict": names::verdict(outcome.verdict),
            "action": names::action(outcome.action),
            "reasons": each(&outcome.reasons, names::reason),
            "matches": outcome.matches.iter().map(match_to_json).collect::<Value>(),
            "matches_total": outcome.matches_total,
            "candidates": candidates.collect::<Value>(),
            "flags": each(&outcome.flags, names::flag),
            "generation": basis.generation,
            "generation_digest": const_hex::encode(&basis.generation_digest),
            "oldest_publication_age_seconds": basis.oldest_publication_age_seconds,
            "oldest_source": basis.oldest_source,
            "stale": basis.stale,
            "bundled": basis.bundled,
            "screened_at": basis.screened_at,
            "as_of": text(&basis.as_of),
        })
    }

    fn to_text(&self) -> String {
        let outcome = &self.outcome;
        let mut words = format!(
            "{}\n  {} → {}\n",
            shown(
                self.address
                    .as_deref()
                    .unwrap_or("(a private key, not repeated)")
            ),
            names::verdict(outcome.verdict),
            names::action(outcome.action),
        );
        for candidate in &outcome.candidates {
            words += &format!("  read as   {} ({})", candidate.canonical, candidate.kind);
            if !candidate.networks.is_empty() {
                words += &format!(" on {}", shortened(&candidate.networks));
            }
            if !candidate.tag.is_empty() {
                words += &format!(", tag {}", shown(&candidate.tag));
            }
            words += if candidate.strict {
                "\n"
            } else {
                ", leniently\n"
            };
        }
        if !outcome.reasons.is_empty() {
            words += &format!("  because   {}\n", join(&outcome.reasons, names::reason));
        }
        if !outcome.flags.is_empty() {
            words += &format!("  noticed   {}\n", join(&outcome.flags, names::flag));
        }
        for found in &outcome.matches {
            words += &match_to_text(found);
        }
        if outcome.matches_total as usize > outcome.matches.len() {
            words += &format!("  … {} matches in all\n", outcome.matches_total);
        }
        words + &basis_to_text(&self.basis)
    }
}

pub(super) fn match_to_json(found: &v1::Match) -> Value {
    json!({
        "relation": names::relation(found.relation),
        "why": text(&found.why),
        "candidate": found.candidate,
        "active": found.active,
        "action": names::action(found.action),
        "source": found.source,
        "tier": names::tier(found.tier),
        "category": names::category(found.category),
        "subjects": found.subjects,
        "programs": found.programs,
        "subject_id": text(&found.subject_id),
        "designated_on": text(&found.designated_on),
        "listed_on": text(&found.listed_on),
        "delisted_on": text(&found.delisted_on),
        "first_seen_at": found.first_seen_at,
        "last_seen_at": found.last_seen_at,
        "published_address": found.published_address,
        "published_ticker": text(&found.published_ticker),
        "incident": found.incident.as_ref().map(incident_to_json),
        "role": text(&found.role),
        "confidence": names::confidence(found.confidence),
        "reference": text(&found.reference),
        "note": text(&found.note),
        "exemption": found.exemption.as_ref().map(|exemption| {
            json!({
                "act": exemption.act.as_ref().map(names::act_to_json),
                "expires_on": text(&exemption.expires_on),
                "entry_id": exemption.entry_id,
            })
        }),
        "act": found.act.as_ref().map(names::act_to_json),
        "entry_id": found.entry_id,
        "publication_digest": const_hex::encode(&found.publication_digest),
    })
}

fn exempted_by(found: &v1::Match) -> Option<v1::Act> {
    found.exemption.as_ref().and_then(|one| one.act.clone())
}

/// Who did it and why, in one line.
fn act_to_text(act: &v1::Act) -> String {
    let mut words = format!("{}: {}", act.author, act.reason);
    if !act.ticket.is_empty() {
        words += &format!(" ({})", act.ticket);
    }
    if !act.approver.is_empty() {
        words += &format!(", approved by {}", act.approver);
    }
    words
}

pub(super) fn incident_to_json(incident: &v1::Incident) -> Value {
    json!({
        "id": incident.id,
        "name": incident.name,
        "date": text(&incident.date),
        "loss_usd": (incident.loss_usd != 0).then_some(incident.loss_usd),
        "attributed_to": text(&incident.attributed_to),
    })
}

pub(super) fn candidate_to_json(candidate: &v1::Candidate) -> Value {
    json!({
        "canonical": candidate.canonical,
        "kind": candidate.kind,
        "networks": candidate.networks,
        "strict": candidate.strict,
        "tag": text(&candidate.tag),
        "destination": candidate.destination,
    })
}

fn match_to_text(found: &v1::Match) -> String {
    let status = if found.active {
        ""
    } else {
        ", no longer listed"
    };
    let mut words = format!(
        "  match     {} on {} ({}{status}), {}\n",
        names::relation(found.relation),
        found.source,
        names::tier(found.tier),
        names::category(found.category),
    );
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            words += &format!("    {name:<11} {}\n", shown(value));
        }
    };
    line("why", &found.why);
    line("subject", &found.subjects.join("; "));
    line("programs", &found.programs.join(", "));
    line("designated", &found.designated_on);
    line("delisted", &found.delisted_on);
    for (name, act) in [("listed by", &found.act), ("exempted", &exempted_by(found))] {
        if let Some(act) = act {
            line(name, &act_to_text(act));
        }
    }
    if let Some(incident) = &found.incident {
        line("incident", &incident_to_text(incident));
        line("attributed", &incident.attributed_to);
    }
    line("role", &found.role);
    line("published", &published(found));
    line("source", &found.reference);
    line("note", &found.note);
    words
}

fn incident_to_text(incident: &v1::Incident) -> String {
    let mut words = incident.name.clone();
    if !incident.date.is_empty() {
        words += &format!(", {}", incident.date);
    }
    if incident.loss_usd > 0 {
        words += &format!(", {}", names::dollars(incident.loss_usd));
    }
    words
}

fn published(found: &v1::Match) -> String {
    format!("{} {}", found.published_ticker, found.published_address)
        .trim()
        .to_owned()
}

fn basis_to_text(basis: &v1::Basis) -> String {
    let mut words = format!(
        "  basis     generation {} ({}), {} entries; oldest list {} old ({})",
        basis.generation,
        names::short_digest(&basis.generation_digest),
        basis.entries,
        names::age(basis.oldest_publication_age_seconds),
        basis.oldest_source,
    );
    if !basis.as_of.is_empty() {
        words += &format!("; as of {}", basis.as_of);
    }
    if basis.stale {
        words += "; STALE";
    }
    if basis.bundled {
        words += "; bundled starter lists: import current ones";
    }
    words + "\n"
}

fn text(value: &str) -> Option<&str> {
    (!value.is_empty()).then_some(value)
}

fn each(numbers: &[i32], name: fn(i32) -> &'static str) -> Vec<&'static str> {
    numbers.iter().copied().map(name).collect()
}

fn join(numbers: &[i32], name: fn(i32) -> &'static str) -> String {
    each(numbers, name).join(", ")
}

/// An EVM address belongs to every EVM network; four are enough to see that.
fn shortened(networks: &[String]) -> String {
    match networks {
        [first, second, third, fourth, rest @ ..] if !rest.is_empty() => {
            format!(
                "{first}, {second}, {third}, {fourth} and {} more",
                rest.len()
            )
        }
        all => all.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(verdict: v1::Verdict, action: v1::Action) -> v1::Outcome {
        v1::Outcome {
            verdict: verdict.into(),
            action: action.into(),
            ..v1::Outcome::default()
        }
    }

    #[test]
    fn the_severest_action_decides_and_the_unknown_is_the_severest() {
        use v1::{Action, Verdict};
        let code = |outcomes: &[v1::Outcome]| format!("{:?}", exit_code(outcomes.iter()));
        let exit = |code: u8| format!("{:?}", ExitCode::from(code));
        let allow = outcome(Verdict::NotListed, Action::Allow);
        let review = outcome(Verdict::Indeterminate, Action::Review);
        let block = outcome(Verdict::Listed, Action::Block);
        assert_eq!(code(std::slice::from_ref(&allow)), exit(0));
        assert_eq!(code(&[allow.clone(), review.clone()]), exit(10));
        assert_eq!(code(&[review, block, allow.clone()]), exit(20));
        assert_eq!(code(&[v1::Outcome::default()]), exit(20));
        assert_eq!(
            code(&[outcome(Verdict::Unspecified, Action::Allow)]),
            exit(20)
        );
        let unknown = v1::Outcome {
            action: 77,
            ..allow
        };
        assert_eq!(code(&[unknown]), exit(20));
        assert_eq!(code(&[]), exit(20));
    }
}
