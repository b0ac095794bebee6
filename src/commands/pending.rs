//! `pending`, `approve`, `reject`: what waits for a person's word.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::{Ask, GiveWord, Output, Pending, PendingCommand, ShowPending};
use crate::grpc::v1;
use crate::grpc::v1::approve_pending_response::Result as Followed;
use crate::grpc::v1::pending_item::Matter;

use super::client::{self, incomplete, refused};
use super::table::table;
use super::{Failure, import, names, operator, print, print_json};

pub(super) async fn run(arguments: Pending) -> Result<ExitCode, Failure> {
    match arguments.command {
        None => list(&arguments.ask).await,
        Some(PendingCommand::Show(one)) => show(one).await,
    }
}

async fn list(ask: &Ask) -> Result<ExitCode, Failure> {
    let mut client = client::operator(&ask.server).await?;
    let answer = client.list_pending(v1::ListPendingRequest {}).await;
    let items = answer.map_err(refused)?.into_inner().items;
    match ask.output {
        Output::Json => print_json(&items.iter().map(item_to_json).collect())?,
        Output::Text if items.is_empty() => print("nothing waits for a word\n")?,
        Output::Text => {
            let rows = items.iter().map(|item| {
                let (what, who) = in_words(item);
                [item.id.clone(), item.since.clone(), what, who]
            });
            print(&table(["id", "since", "what", "asked by"], rows))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn in_words(item: &v1::PendingItem) -> (String, String) {
    match &item.matter {
        Some(Matter::Publication(held)) => (
            format!(
                "{}: {} of {} addresses would come off",
                held.source, held.lost, held.listed
            ),
            String::new(),
        ),
        Some(Matter::Change(change)) => {
            let verb = if change.removes { "remove" } else { "add" };
            let list = match change.list() {
                v1::OperatorList::Exemption => "exempt",
                _ => "operator",
            };
            let act = change.act.clone().unwrap_or_default();
            (
                format!("{list} {verb} {}", change.address),
                format!("{}: {}", act.author, act.reason),
            )
        }
        None => ("unknown to this program".to_owned(), String::new()),
    }
}

fn item_to_json(item: &v1::PendingItem) -> Value {
    let matter = match &item.matter {
        Some(Matter::Publication(held)) => json!({
            "kind": "PUBLICATION",
            "source": held.source,
            "format": held.format,
            "retrieved_at": held.retrieved_at,
            "refusal": held.refusal,
            "lost": held.lost,
            "listed": held.listed,
            "publication_digest": const_hex::encode(&held.publication_digest),
        }),
        Some(Matter::Change(change)) => json!({
            "kind": "CHANGE",
            "list": change.list().as_str_name().trim_start_matches("OPERATOR_LIST_"),
            "removes": change.removes,
            "address": change.address,
            "network": change.network,
            "category": names::category(change.category),
            "subject": (!change.subject.is_empty()).then_some(&change.subject),
            "note": (!change.note.is_empty()).then_some(&change.note),
            "expires_on": (!change.expires_on.is_empty()).then_some(&change.expires_on),
            "act": change.act.as_ref().map(names::act_to_json),
        }),
        None => Value::Null,
    };
    json!({ "id": item.id, "since": item.since, "matter": matter })
}

async fn show(arguments: ShowPending) -> Result<ExitCode, Failure> {
    let mut client = client::operator(&arguments.ask.server).await?;
    let request = v1::GetPendingRequest {
        id: arguments.id.clone(),
    };
    let answer = client.get_pending(request).await.map_err(refused)?;
    let mut stream = answer.into_inner();
    let (mut item, mut lost, mut complete) = (None, Vec::new(), false);
    while let Some(message) = stream.message().await.map_err(refused)? {
        item = item.or(message.item);
        lost.extend(message.lost);
        complete |= message.complete;
    }
    let item = item.filter(|_| complete).ok_or_else(|| incomplete("end"))?;
    if arguments.ask.output == Output::Json {
        let mut json = item_to_json(&item);
        json["lost"] = json!(lost);
        print_json(&json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (what, who) = in_words(&item);
    let mut words = format!("{what}\n");
    if !who.is_empty() {
        words += &format!("asked by {}\n", super::shown(&who));
    }
    if let Some(Matter::Change(change)) = &item.matter {
        for (name, value) in [
            ("network", change.network.as_str()),
            ("category", names::category(change.category)),
            ("subject", &change.subject),
            ("note", &change.note),
            ("expires", &change.expires_on),
        ] {
            if !value.is_empty() && !change.removes {
                words += &format!("  {name:<9} {}\n", super::shown(value));
            }
        }
    }
    if let Some(Matter::Publication(held)) = &item.matter {
        words += &format!("{}\n", super::shown(&held.refusal));
    }
    if !lost.is_empty() {
        words += "addresses that would come off:\n";
        for address in &lost {
            words += &format!("  {}\n", super::shown(address));
        }
    }
    words += &format!(
        "`interdict approve {} --author NAME --reason WHY` makes it live\n",
        arguments.id
    );
    print(&words)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn approve(arguments: GiveWord) -> Result<ExitCode, Failure> {
    let mut client = client::operator(&arguments.ask.server).await?;
    let request = v1::ApprovePendingRequest {
        id: arguments.id,
        act: Some(operator::act(&arguments.act)),
    };
    let answer = client.approve_pending(request).await.map_err(refused)?;
    match (answer.into_inner().result, arguments.ask.output) {
        (Some(Followed::Publication(report)), output) => import::print_report(&report, output)?,
        (Some(Followed::Change(result)), Output::Json) => {
            print_json(&operator::to_json(&result))?;
        }
        (Some(Followed::Change(result)), Output::Text) => {
            print(&operator::to_text("the change", "is live", &result))?;
        }
        (None, _) => return Err(incomplete("result")),
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn reject(arguments: GiveWord) -> Result<ExitCode, Failure> {
    let mut client = client::operator(&arguments.ask.server).await?;
    let request = v1::RejectPendingRequest {
        id: arguments.id.clone(),
        act: Some(operator::act(&arguments.act)),
    };
    client.reject_pending(request).await.map_err(refused)?;
    match arguments.ask.output {
        Output::Json => print_json(&json!({ "rejected": arguments.id }))?,
        Output::Text => print("rejected: it waits no longer, and nothing changed\n")?,
    }
    Ok(ExitCode::SUCCESS)
}
