//! `incidents` and `incident`: what is listed of each heist.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::{Ask, Incident, Output};
use crate::grpc::v1;

use super::client::{self, incomplete, refused};
use super::table::table;
use super::{Failure, names, print, print_json, screen, shown};

pub(super) async fn list(arguments: Ask) -> Result<ExitCode, Failure> {
    let mut client = client::history(&arguments.server).await?;
    let answer = client.list_incidents(v1::ListIncidentsRequest {}).await;
    let answer = answer.map_err(refused)?.into_inner();
    match arguments.output {
        Output::Json => print_json(&json!({
            "incidents": answer.incidents.iter().map(totals_to_json).collect::<Value>(),
            "generation": answer.generation,
        }))?,
        Output::Text => print(&totals_to_text(&answer))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn totals_to_json(totals: &v1::IncidentTotals) -> Value {
    let sources = totals.sources.iter().map(|one| {
        json!({
            "source": one.source,
            "tier": names::tier(one.tier),
            "addresses": one.addresses,
        })
    });
    json!({
        "incident": totals.incident.as_ref().map(screen::incident_to_json),
        "addresses": totals.addresses,
        "sources": sources.collect::<Value>(),
    })
}

fn totals_to_text(answer: &v1::ListIncidentsResponse) -> String {
    let rows = answer.incidents.iter().map(|totals| {
        let incident = totals.incident.clone().unwrap_or_default();
        [
            incident.id,
            incident.name,
            incident.date,
            names::dollars(incident.loss_usd),
            totals.addresses.to_string(),
            by_source(totals),
        ]
    });
    let headings = ["incident", "name", "date", "loss", "addresses", "by source"];
    let closing = format!("as of generation {}\n", answer.generation);
    if answer.incidents.is_empty() {
        return format!("no entry names an incident, {closing}");
    }
    table(headings, rows) + &closing
}

fn by_source(totals: &v1::IncidentTotals) -> String {
    let sources = totals.sources.iter();
    let said: Vec<String> = sources
        .map(|one| format!("{} {}", one.source, one.addresses))
        .collect();
    said.join(", ")
}

pub(super) async fn show(arguments: Incident) -> Result<ExitCode, Failure> {
    let mut client = client::history(&arguments.ask.server).await?;
    let request = v1::GetIncidentRequest { id: arguments.id };
    let answer = client.get_incident(request).await.map_err(refused)?;
    let mut stream = answer.into_inner();
    let (mut totals, mut entries, mut complete) = (None, Vec::new(), false);
    while let Some(message) = stream.message().await.map_err(refused)? {
        totals = totals.or(message.totals);
        entries.extend(message.entries);
        complete |= message.complete;
    }
    let totals = totals
        .filter(|_| complete)
        .ok_or_else(|| incomplete("end"))?;
    match arguments.ask.output {
        Output::Json => {
            let mut json = totals_to_json(&totals);
            json["entries"] = entries.iter().map(entry_to_json).collect();
            print_json(&json)?;
        }
        Output::Text => print(&incident_to_text(&totals, &entries))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn entry_to_json(entry: &v1::IncidentEntry) -> Value {
    let optional = |text: &String| (!text.is_empty()).then(|| text.clone());
    json!({
        "source": entry.source,
        "address": entry.address,
        "ticker": optional(&entry.ticker),
        "role": optional(&entry.role),
        "confidence": names::confidence(entry.confidence),
        "reference": optional(&entry.reference),
        "entry_id": entry.entry_id,
    })
}

fn incident_to_text(totals: &v1::IncidentTotals, entries: &[v1::IncidentEntry]) -> String {
    let incident = totals.incident.clone().unwrap_or_default();
    let mut words = format!("{}\n", shown(&incident.name));
    for (name, value) in [
        ("date", incident.date),
        ("loss", names::dollars(incident.loss_usd)),
        ("attributed to", incident.attributed_to),
        ("addresses", totals.addresses.to_string()),
        ("by source", by_source(totals)),
    ] {
        if !value.is_empty() {
            words += &format!("  {name:<14} {}\n", shown(&value));
        }
    }
    let rows = entries.iter().map(|entry| {
        [
            entry.address.clone(),
            entry.ticker.clone(),
            entry.role.clone(),
            entry.source.clone(),
            names::confidence(entry.confidence).to_owned(),
            entry.reference.clone(),
        ]
    });
    let headings = [
        "address",
        "ticker",
        "role",
        "source",
        "confidence",
        "reference",
    ];
    words + &table(headings, rows)
}
