//! `operator` and `exempt`: the operator's own lists, by single addresses.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::{ActArguments, AddAddress, ListAddresses, OperatorCommand, Output, RemoveAddress};
use crate::grpc::v1;
use crate::list::Category;

use super::client::{self, incomplete, refused};
use super::table::table;
use super::{Failure, names, print, print_json, shown};

pub(super) async fn run(
    command: OperatorCommand,
    list: v1::OperatorList,
) -> Result<ExitCode, Failure> {
    match command {
        OperatorCommand::Add(arguments) => add(arguments, list).await,
        OperatorCommand::Remove(arguments) => remove(arguments, list).await,
        OperatorCommand::List(arguments) => show(arguments, list).await,
    }
}

/// What a person says of an act.
pub(super) fn act(arguments: &ActArguments) -> v1::Act {
    v1::Act {
        author: arguments.author.clone(),
        reason: arguments.reason.clone(),
        ticket: arguments.ticket.clone().unwrap_or_default(),
        approver: String::new(),
    }
}

async fn add(arguments: AddAddress, list: v1::OperatorList) -> Result<ExitCode, Failure> {
    let mut client = client::operator(&arguments.ask.server).await?;
    let request = v1::AddAddressRequest {
        list: list.into(),
        address: arguments.address.clone(),
        network: arguments.network,
        category: names::category_to_wire(arguments.category.unwrap_or(Category::Other)).into(),
        subject: arguments.subject.unwrap_or_default(),
        note: arguments.note.unwrap_or_default(),
        expires_on: arguments
            .expires
            .map(|day| day.to_string())
            .unwrap_or_default(),
        act: Some(act(&arguments.act)),
    };
    let answer = client.add_address(request).await.map_err(refused)?;
    let result = answer.into_inner().result;
    let result = result.ok_or_else(|| incomplete("result"))?;
    report(
        &arguments.address,
        "is on the list",
        &result,
        arguments.ask.output,
    )
}

async fn remove(arguments: RemoveAddress, list: v1::OperatorList) -> Result<ExitCode, Failure> {
    let mut client = client::operator(&arguments.ask.server).await?;
    let request = v1::RemoveAddressRequest {
        list: list.into(),
        address: arguments.address.clone(),
        network: arguments.network,
        act: Some(act(&arguments.act)),
    };
    let answer = client.remove_address(request).await.map_err(refused)?;
    let result = answer.into_inner().result;
    let result = result.ok_or_else(|| incomplete("result"))?;
    report(
        &arguments.address,
        "is off the list",
        &result,
        arguments.ask.output,
    )
}

/// Says what became of a change, and how the address screens now.
fn report(
    address: &str,
    done: &str,
    result: &v1::OperatorChangeResult,
    output: Output,
) -> Result<ExitCode, Failure> {
    match output {
        Output::Json => print_json(&to_json(result))?,
        Output::Text => print(&to_text(address, done, result))?,
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn to_json(result: &v1::OperatorChangeResult) -> Value {
    let outcome = result.outcome.as_ref();
    let optional = |text: &String| (!text.is_empty()).then(|| text.clone());
    json!({
        "generation": (result.generation != 0).then_some(result.generation),
        "entry_id": optional(&result.entry_id),
        "pending_id": optional(&result.pending_id),
        "verdict": outcome.map(|outcome| names::verdict(outcome.verdict)),
        "action": outcome.map(|outcome| names::action(outcome.action)),
    })
}

pub(super) fn to_text(address: &str, done: &str, result: &v1::OperatorChangeResult) -> String {
    let address = shown(address);
    if !result.pending_id.is_empty() {
        let id = &result.pending_id;
        return format!(
            "waits for a second person: `interdict approve {id} --author NAME --reason WHY`\n"
        );
    }
    let mut words = format!("{address} {done} as of generation {}\n", result.generation);
    if let Some(outcome) = &result.outcome {
        words += &format!(
            "it now screens as {} → {}\n",
            names::verdict(outcome.verdict),
            names::action(outcome.action)
        );
        let sanctions = outcome.matches.iter().find(|found| {
            found.active && found.exemption.is_none() && found.tier() == v1::Tier::Sanctions
        });
        if let Some(found) = sanctions {
            words += &format!(
                "`{}` is a sanctions list, which no exemption reaches\n",
                found.source
            );
        }
    }
    words
}

async fn show(arguments: ListAddresses, list: v1::OperatorList) -> Result<ExitCode, Failure> {
    let mut client = client::operator(&arguments.ask.server).await?;
    let request = v1::ListAddressesRequest { list: list.into() };
    let answer = client.list_addresses(request).await.map_err(refused)?;
    let mut stream = answer.into_inner();
    let (mut entries, mut complete) = (Vec::new(), false);
    while let Some(message) = stream.message().await.map_err(refused)? {
        entries.extend(message.entries);
        complete |= message.complete;
    }
    if !complete {
        return Err(incomplete("end"));
    }
    match arguments.ask.output {
        Output::Json => print_json(&entries.iter().map(entry_to_json).collect())?,
        Output::Text => print(&entries_to_text(&entries))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn entry_to_json(entry: &v1::OperatorEntry) -> Value {
    let optional = |text: &String| (!text.is_empty()).then(|| text.clone());
    json!({
        "address": entry.address,
        "network": optional(&entry.network),
        "category": names::category(entry.category),
        "subject": optional(&entry.subject),
        "note": optional(&entry.note),
        "listed_on": entry.listed_on,
        "expires_on": optional(&entry.expires_on),
        "expired": entry.expired,
        "act": entry.act.as_ref().map(names::act_to_json),
        "entry_id": entry.entry_id,
    })
}

fn entries_to_text(entries: &[v1::OperatorEntry]) -> String {
    if entries.is_empty() {
        return "no address\n".to_owned();
    }
    let rows = entries.iter().map(|entry| {
        let act = entry.act.clone().unwrap_or_default();
        let until = match (entry.expires_on.as_str(), entry.expired) {
            ("", _) => "-".to_owned(),
            (day, false) => day.to_owned(),
            (day, true) => format!("{day} (over)"),
        };
        [
            entry.address.clone(),
            entry.listed_on.clone(),
            until,
            names::category(entry.category).to_owned(),
            act.author,
            act.reason,
            act.ticket,
        ]
    });
    let headings = [
        "address", "since", "until", "category", "author", "reason", "ticket",
    ];
    table(headings, rows)
}
