//! `generations`: the history of the set.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::{Generations, Output};
use crate::grpc::v1;

use super::client::{self, refused};
use super::table::table;
use super::{Failure, names, print, print_json};

pub(super) async fn run(arguments: Generations) -> Result<ExitCode, Failure> {
    let mut client = client::lists(&arguments.ask.server).await?;
    let request = v1::ListGenerationsRequest {
        limit: arguments.limit,
        before: 0,
    };
    let answer = client.list_generations(request).await.map_err(refused)?;
    let generations = answer.into_inner().generations;
    match arguments.ask.output {
        Output::Json => print_json(&generations.iter().map(to_json).collect())?,
        Output::Text => print(&to_text(&generations))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn to_json(generation: &v1::Generation) -> Value {
    json!({
        "number": generation.number,
        "digest": const_hex::encode(&generation.digest),
        "committed_at": generation.committed_at,
        "entries": generation.entries,
        "source": generation.source,
        "added": generation.added,
        "amended": generation.amended,
        "removed": generation.removed,
        "publication_digest": const_hex::encode(&generation.publication_digest),
        "cause": names::cause(generation.cause),
        "rolled_back_to": (generation.rolled_back_to != 0).then_some(generation.rolled_back_to),
        "act": generation.act.as_ref().map(names::act_to_json),
        "overridden": generation.overridden,
        "sources": generation.sources,
    })
}

fn to_text(generations: &[v1::Generation]) -> String {
    let rows = generations.iter().map(|generation| {
        [
            generation.number.to_string(),
            generation.committed_at.clone(),
            generation.sources.join(", "),
            generation.entries.to_string(),
            format!("+{}", generation.added),
            format!("~{}", generation.amended),
            format!("-{}", generation.removed),
            names::short_digest(&generation.digest),
            why(generation),
        ]
    });
    let headings = [
        "number",
        "committed",
        "source",
        "rows",
        "",
        "",
        "",
        "digest",
        "by",
    ];
    table(headings, rows)
}

/// What made it, where that was not a publication alone.
fn why(generation: &v1::Generation) -> String {
    let mut words = match generation.cause() {
        v1::Cause::Rollback => format!("rollback to {}", generation.rolled_back_to),
        v1::Cause::Publication if generation.act.is_none() => String::new(),
        _ => names::cause(generation.cause).to_lowercase(),
    };
    if let Some(act) = &generation.act {
        words += &format!(", {}: {}", act.author, act.reason);
    }
    if !generation.overridden.is_empty() {
        words += &format!("; overrode: {}", generation.overridden.join("; "));
    }
    words
}
