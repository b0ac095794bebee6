//! `alerts`: what happened to whom, and what was said to it.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;
use tonic::{Code, Status};

use crate::cli::{Acknowledge, Alerts, AlertsCommand, Ask, Output};
use crate::grpc::v1;

use super::client::{self, incomplete, refused};
use super::screen::match_to_json;
use super::table::table;
use super::{Failure, names, print, print_json, shown};

/// Waits between attempts to go on with a stream that broke off.
const AGAIN_MIN: Duration = Duration::from_secs(1);
const AGAIN_MAX: Duration = Duration::from_secs(30);

pub(super) async fn run(arguments: Alerts) -> Result<ExitCode, Failure> {
    match arguments.command {
        Some(AlertsCommand::Ack(arguments)) => acknowledge(arguments).await,
        Some(AlertsCommand::Webhooks(arguments)) => webhooks(arguments).await,
        None if arguments.follow => follow(arguments).await,
        None => show(arguments).await,
    }
}

impl Alerts {
    fn request(&self, after_sequence: u64) -> v1::StreamAlertsRequest {
        v1::StreamAlertsRequest {
            after_sequence,
            follow: self.follow,
            portfolios: self.portfolio.iter().map(ToString::to_string).collect(),
            unacknowledged_only: !self.all,
        }
    }
}

async fn show(arguments: Alerts) -> Result<ExitCode, Failure> {
    let mut client = client::monitor(&arguments.ask.server).await?;
    let request = arguments.request(arguments.after);
    let answer = client.stream_alerts(request).await.map_err(refused)?;
    let mut stream = answer.into_inner();
    let (mut rows, mut complete) = (Vec::new(), false);
    while let Some(message) = stream.message().await.map_err(refused)? {
        complete |= message.complete;
        match arguments.ask.output {
            Output::Json => print(&lines(&message.alerts))?,
            Output::Text => rows.extend(message.alerts.iter().map(row)),
        }
    }
    if !complete {
        return Err(incomplete("end"));
    }
    if arguments.ask.output == Output::Text {
        match rows.is_empty() {
            true => print("no alert\n")?,
            false => print(&table(HEADINGS, rows))?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Goes on for as long as somebody reads, over restarts of the daemon.
async fn follow(arguments: Alerts) -> Result<ExitCode, Failure> {
    let mut up_to = arguments.after;
    let mut wait = AGAIN_MIN;
    // A daemon that was never there is an error; one that goes away is not.
    let mut client = client::monitor(&arguments.ask.server).await?;
    loop {
        let answer = client.stream_alerts(arguments.request(up_to)).await;
        let broke_off = match answer {
            Err(status) => status,
            Ok(answer) => {
                let mut stream = answer.into_inner();
                loop {
                    match stream.message().await {
                        Ok(Some(message)) => {
                            wait = AGAIN_MIN;
                            print(&match arguments.ask.output {
                                Output::Json => lines(&message.alerts),
                                Output::Text => message.alerts.iter().map(line).collect(),
                            })?;
                            up_to = message.up_to.max(up_to);
                        }
                        Ok(None) => break Status::unavailable("the stream ended"),
                        Err(status) => break status,
                    }
                }
            }
        };
        if !matches!(
            broke_off.code(),
            Code::Unavailable
                | Code::DeadlineExceeded
                | Code::Cancelled
                | Code::Unknown
                | Code::Internal
        ) {
            return Err(refused(broke_off));
        }
        // Nobody is left to tell if standard error is gone.
        let _ = writeln!(
            io::stderr(),
            "interdict: {}; going on after {up_to} in {} s",
            shown(broke_off.message()),
            wait.as_secs()
        );
        sleep(wait).await;
        wait = (wait * 2).min(AGAIN_MAX);
    }
}

const HEADINGS: [&str; 8] = [
    "sequence",
    "at",
    "kind",
    "portfolio",
    "reference",
    "address",
    "source",
    "now",
];

fn row(alert: &v1::Alert) -> [String; 8] {
    let found = alert.r#match.clone().unwrap_or_default();
    let after = alert.after.clone().unwrap_or_default();
    [
        alert.sequence.to_string(),
        alert.at.clone(),
        names::alert_kind(alert.kind).to_owned(),
        alert.portfolio.clone(),
        alert.reference.clone(),
        alert.address.clone(),
        format!("{} ({})", found.source, names::relation(found.relation)),
        format!(
            "{} → {}",
            names::verdict(after.verdict),
            names::action(after.action)
        ),
    ]
}

fn line(alert: &v1::Alert) -> String {
    let words = row(alert).map(|word| shown(&word));
    format!("{}\n", words.join("  "))
}

fn lines(alerts: &[v1::Alert]) -> String {
    // One line each, so that what comes can be read as it comes.
    alerts
        .iter()
        .map(|alert| format!("{}\n", to_json(alert)))
        .collect()
}

fn to_json(alert: &v1::Alert) -> Value {
    let optional = |text: &String| (!text.is_empty()).then(|| text.clone());
    json!({
        "sequence": alert.sequence,
        "id": alert.id,
        "at": alert.at,
        "kind": names::alert_kind(alert.kind),
        "portfolio": alert.portfolio,
        "address": alert.address,
        "tag": optional(&alert.tag),
        "network": optional(&alert.network),
        "reference": optional(&alert.reference),
        "before": alert.before.as_ref().map(side_to_json),
        "after": alert.after.as_ref().map(side_to_json),
        "match": alert.r#match.as_ref().map(match_to_json),
        "acknowledged": alert.acknowledged,
    })
}

fn side_to_json(side: &v1::AlertSide) -> Value {
    json!({
        "generation": side.generation,
        "generation_digest": const_hex::encode(&side.generation_digest),
        "verdict": names::verdict(side.verdict),
        "action": names::action(side.action),
    })
}

async fn acknowledge(arguments: Acknowledge) -> Result<ExitCode, Failure> {
    let mut client = client::monitor(&arguments.server).await?;
    let request = v1::AcknowledgeAlertsRequest {
        up_to_sequence: arguments.up_to,
        author: arguments.author,
        reason: arguments.reason,
    };
    let answer = client.acknowledge_alerts(request).await.map_err(refused)?;
    let up_to = answer.into_inner().up_to_sequence;
    print(&format!("every alert up to {up_to} is acknowledged\n"))?;
    Ok(ExitCode::SUCCESS)
}

async fn webhooks(arguments: Ask) -> Result<ExitCode, Failure> {
    let mut client = client::monitor(&arguments.server).await?;
    let answer = client.list_webhooks(v1::ListWebhooksRequest {}).await;
    let webhooks = answer.map_err(refused)?.into_inner().webhooks;
    match arguments.output {
        Output::Json => print_json(&webhooks.iter().map(webhook_to_json).collect())?,
        Output::Text if webhooks.is_empty() => print("no webhook is configured\n")?,
        Output::Text => {
            let rows = webhooks.iter().map(|webhook| {
                let state = match (webhook.disabled, webhook.failures) {
                    (true, _) => "disabled".to_owned(),
                    (false, 0) => "well".to_owned(),
                    (false, failures) => format!("{failures} failures"),
                };
                [
                    webhook.name.clone(),
                    webhook.url.clone(),
                    webhook.delivered.to_string(),
                    state,
                    webhook.next_try_at.clone(),
                    webhook.last_error.clone(),
                ]
            });
            let headings = [
                "webhook",
                "url",
                "delivered up to",
                "state",
                "next try",
                "last error",
            ];
            print(&table(headings, rows))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn webhook_to_json(webhook: &v1::Webhook) -> Value {
    let optional = |text: &String| (!text.is_empty()).then(|| text.clone());
    json!({
        "name": webhook.name,
        "url": webhook.url,
        "delivered": webhook.delivered,
        "failures": webhook.failures,
        "last_error": optional(&webhook.last_error),
        "next_try_at": optional(&webhook.next_try_at),
        "disabled": webhook.disabled,
    })
}
