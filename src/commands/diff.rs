//! `diff`: what changed between two generations.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::{Diff, Output};
use crate::grpc::v1;
use crate::grpc::v1::diff_generations_response::Part;

use super::client::{self, incomplete, refused};
use super::table::table;
use super::{Failure, names, print, print_json};

pub(super) async fn run(arguments: Diff) -> Result<ExitCode, Failure> {
    let mut client = client::lists(&arguments.ask.server).await?;
    let request = v1::DiffGenerationsRequest {
        from: arguments.from,
        to: arguments.to,
    };
    let mut stream = client
        .diff_generations(request)
        .await
        .map_err(refused)?
        .into_inner();
    let mut changes = Vec::new();
    let mut summary = None;
    while let Some(message) = stream.message().await.map_err(refused)? {
        match message.part {
            Some(Part::Changes(more)) => changes.extend(more.changes),
            Some(Part::Summary(closing)) => summary = Some(closing),
            None => return Err(incomplete("part")),
        }
    }
    let summary = summary.ok_or_else(|| incomplete("summary"))?;
    match arguments.ask.output {
        Output::Json => print_json(&to_json(&changes, &summary))?,
        Output::Text => print(&to_text(&changes, &summary))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn to_json(changes: &[v1::Change], summary: &v1::DiffSummary) -> Value {
    let changes = changes.iter().map(|change| {
        json!({
            "kind": names::change(change.kind),
            "source": change.source,
            "address": change.address,
            "ticker": change.ticker,
            "subjects": change.subjects,
            "programs": change.programs,
            "incident": change.incident,
            "entry_id": change.entry_id,
        })
    });
    json!({
        "from": summary.from,
        "to": summary.to,
        "listed": summary.listed,
        "delisted": summary.delisted,
        "amended": summary.amended,
        "changes": changes.collect::<Value>(),
    })
}

fn to_text(changes: &[v1::Change], summary: &v1::DiffSummary) -> String {
    let rows = changes.iter().map(|change| {
        let who = match change.subjects.first() {
            Some(subject) => subject.clone(),
            None => change.incident.clone(),
        };
        [
            names::change(change.kind).to_owned(),
            change.source.clone(),
            change.ticker.clone(),
            change.address.clone(),
            who,
        ]
    });
    let closing = format!(
        "from {} to {}: {} listed, {} delisted, {} amended\n",
        summary.from, summary.to, summary.listed, summary.delisted, summary.amended
    );
    if changes.is_empty() {
        return closing;
    }
    table(
        [
            "change",
            "source",
            "ticker",
            "address",
            "subject or incident",
        ],
        rows,
    ) + &closing
}
