//! `lists`: the sources, their entries, and how old they are.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::{Ask, Output};
use crate::grpc::v1;

use super::client::{self, refused};
use super::table::table;
use super::{Failure, names, print, print_json, sync};

pub(super) async fn run(ask: Ask) -> Result<ExitCode, Failure> {
    let mut client = client::lists(&ask.server).await?;
    let answer = client
        .list_sources(v1::ListSourcesRequest {})
        .await
        .map_err(refused)?;
    let held = answer.into_inner();
    let syncs = client::sync(&ask.server)
        .await?
        .list_syncs(v1::ListSyncsRequest {})
        .await
        .map_err(refused)?
        .into_inner();
    match ask.output {
        Output::Json => print_json(&to_json(&held, &syncs.sources))?,
        Output::Text => print(&(to_text(&held) + &sync::troubles(&syncs.sources)))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn to_json(held: &v1::ListSourcesResponse, syncs: &[v1::SyncStatus]) -> Value {
    let sources = held.sources.iter().map(|source| {
        let sync = syncs.iter().find(|sync| sync.source == source.id);
        json!({
            "id": source.id,
            "tier": names::tier(source.tier),
            "required": source.required,
            "present": source.present,
            "entries": source.entries,
            "published_on": source.published_on,
            "retrieved_at": source.retrieved_at,
            "age_seconds": source.age_seconds,
            "max_age_seconds": (source.max_age_seconds != 0).then_some(source.max_age_seconds),
            "stale": source.stale,
            "bundled": source.bundled,
            "incomplete": source.incomplete,
            "format": source.format,
            "publication_digest": const_hex::encode(&source.publication_digest),
            "sync": sync.map(sync::status_to_json),
        })
    });
    json!({
        "generation": held.generation,
        "generation_digest": const_hex::encode(&held.generation_digest),
        "sources": sources.collect::<Value>(),
    })
}

fn to_text(held: &v1::ListSourcesResponse) -> String {
    if held.generation == 0 {
        return "no list is held yet: import one\n".to_owned();
    }
    let rows = held.sources.iter().map(|source| {
        let max_age = match source.max_age_seconds {
            0 => "any".to_owned(),
            seconds => names::age(seconds),
        };
        [
            source.id.clone(),
            names::tier(source.tier).to_owned(),
            source.entries.to_string(),
            source.published_on.clone(),
            if source.present {
                names::age(source.age_seconds)
            } else {
                String::new()
            },
            max_age,
            status(source).to_owned(),
        ]
    });
    let headings = [
        "source",
        "tier",
        "entries",
        "published",
        "age",
        "max age",
        "status",
    ];
    table(headings, rows)
        + &format!(
            "generation {} ({})\n",
            held.generation,
            const_hex::encode(&held.generation_digest)
        )
}

fn status(source: &v1::Source) -> &'static str {
    if source.incomplete {
        return "INCOMPLETE";
    }
    match (
        source.present,
        source.stale,
        source.bundled,
        source.required,
    ) {
        (false, _, _, true) => "MISSING, required",
        (false, _, _, false) => "missing",
        (true, true, _, _) => "STALE",
        (true, false, true, _) => "bundled",
        (true, false, false, true) => "fresh, required",
        (true, false, false, false) => "fresh",
    }
}
