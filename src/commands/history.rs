//! `history` and `rollback`: what became of an address, and the way back.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::{History, Output, Rollback};
use crate::grpc::v1;

use super::client::{self, incomplete, refused};
use super::table::table;
use super::{Failure, names, operator, print, print_json, screen};

pub(super) async fn run(arguments: History) -> Result<ExitCode, Failure> {
    let mut client = client::history(&arguments.ask.server).await?;
    let request = v1::GetAddressHistoryRequest {
        address: arguments.address,
        network: arguments.network,
    };
    let answer = client.get_address_history(request).await;
    let history = answer.map_err(refused)?.into_inner();
    if history.events.iter().any(|event| event.r#match.is_none()) {
        return Err(incomplete("match for every event"));
    }
    match arguments.ask.output {
        Output::Json => print_json(&to_json(&history))?,
        Output::Text => print(&to_text(&history))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn to_json(history: &v1::GetAddressHistoryResponse) -> Value {
    let events = history.events.iter().map(|event| {
        json!({
            "kind": names::event(event.kind),
            "generation": event.generation,
            "committed_at": event.committed_at,
            "published_on": (!event.published_on.is_empty()).then_some(&event.published_on),
            "publication_digest": const_hex::encode(&event.publication_digest),
            "exempts": event.exempts,
            "match": event.r#match.as_ref().map(screen::match_to_json),
        })
    });
    json!({
        "candidates": history.candidates.iter().map(screen::candidate_to_json).collect::<Value>(),
        "events": events.collect::<Value>(),
        "generation": history.generation,
        "generation_digest": const_hex::encode(&history.generation_digest),
    })
}

fn to_text(history: &v1::GetAddressHistoryResponse) -> String {
    let closing = format!("up to generation {}\n", history.generation);
    if history.events.is_empty() {
        return format!("no entry was ever held for this address, {closing}");
    }
    let rows = history.events.iter().map(|event| {
        let found = event.r#match.clone().unwrap_or_default();
        let what = match event.exempts {
            true => format!("{} (exemption)", names::event(event.kind)),
            false => names::event(event.kind).to_owned(),
        };
        let who = match (found.subjects.first(), &found.incident, &found.act) {
            (Some(subject), ..) => subject.clone(),
            (None, Some(incident), _) => incident.name.clone(),
            (None, None, Some(act)) => format!("{}: {}", act.author, act.reason),
            (None, None, None) => String::new(),
        };
        [
            event.generation.to_string(),
            event.committed_at.clone(),
            event.published_on.clone(),
            what,
            found.source,
            names::relation(found.relation).to_owned(),
            found.published_address,
            who,
        ]
    });
    let headings = [
        "generation",
        "committed",
        "published",
        "what",
        "source",
        "relation",
        "address",
        "who",
    ];
    table(headings, rows) + &closing
}

pub(super) async fn roll_back(arguments: Rollback) -> Result<ExitCode, Failure> {
    let mut client = client::history(&arguments.ask.server).await?;
    let request = v1::RollBackRequest {
        to: arguments.to,
        source: arguments
            .source
            .map(|source| source.to_string())
            .unwrap_or_default(),
        act: Some(operator::act(&arguments.act)),
        approve: arguments.approve.unwrap_or_default(),
    };
    let done = client
        .roll_back(request)
        .await
        .map_err(refused)?
        .into_inner();
    match arguments.ask.output {
        Output::Json => print_json(&json!({
            "generation": done.generation,
            "generation_digest": const_hex::encode(&done.generation_digest),
            "added": done.added,
            "amended": done.amended,
            "removed": done.removed,
        }))?,
        Output::Text => print(&format!(
            "generation {} is live, with what generation {} held: {} came back, {} went, {} as they were\n",
            done.generation, arguments.to, done.added, done.removed, done.amended
        ))?,
    }
    Ok(ExitCode::SUCCESS)
}
