//! `watch`: screenings, generations and alerts as they happen.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;
use tonic::{Code, Status};

use crate::cli::{Output, Watch};
use crate::grpc::v1;
use crate::grpc::v1::watch_response::Event;

use super::client::{self, refused};
use super::paint::{Hue, Paint};
use super::{Failure, names, print, shown};

/// Waits between attempts to reach a daemon that went away.
const AGAIN_MIN: Duration = Duration::from_millis(250);
const AGAIN_MAX: Duration = Duration::from_secs(10);

/// Longest silence of a daemon that is there: it says something every five
/// seconds.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Follows until it is interrupted, or the reader of the output has gone.
pub(super) async fn run(arguments: Watch) -> Result<ExitCode, Failure> {
    let mut follower = Follower {
        paint: Paint::of(arguments.color),
        output: arguments.ask.output,
        next: None,
        begins: true,
    };
    let mut wait = AGAIN_MIN;
    loop {
        let before = follower.next;
        let ended = follower.follow(&arguments).await;
        let why = match ended {
            Ok(()) => "the daemon ended the stream".to_owned(),
            Err(Ended::Broke(status)) => shown(status.message()),
            // One that was never there is not waited for.
            Err(Ended::Failed(failure)) if follower.next.is_none() => return Err(failure),
            Err(Ended::Failed(Failure::Unavailable { message, .. })) => message,
            Err(Ended::Failed(failure)) => return Err(failure),
        };
        if before != follower.next {
            wait = AGAIN_MIN;
        }
        // Nobody is left to tell if standard error is gone.
        let _ = writeln!(
            io::stderr(),
            "interdict: {why}; trying again in {} ms",
            wait.as_millis()
        );
        sleep(wait).await;
        wait = (wait * 2).min(AGAIN_MAX);
    }
}

/// How a stream ended, if not well.
enum Ended {
    /// It broke off, and may go on.
    Broke(Status),
    /// It cannot be had.
    Failed(Failure),
}

struct Follower {
    paint: Paint,
    output: Output,
    /// Number of the record that comes next; `None` before the first stream.
    next: Option<u64>,
    /// Nothing has come on this stream yet.
    begins: bool,
}

impl Follower {
    async fn follow(&mut self, arguments: &Watch) -> Result<(), Ended> {
        let client = client::status(&arguments.ask.server).await;
        let mut client = client.map_err(Ended::Failed)?;
        let request = v1::WatchRequest {
            hits_only: arguments.hits,
        };
        let broke = |status: Status| match status.code() {
            Code::Unavailable | Code::Cancelled | Code::Unknown | Code::DeadlineExceeded => {
                Ended::Broke(status)
            }
            _ => Ended::Failed(refused(status)),
        };
        let answer = client.watch(request).await.map_err(broke)?;
        let mut events = answer.into_inner();
        self.begins = true;
        loop {
            let told = tokio::time::timeout(SILENCE_MAX, events.message()).await;
            let told = told
                .map_err(|_| Ended::Broke(Status::unavailable("the daemon says nothing")))?
                .map_err(broke)?;
            match told {
                Some(told) => self.show(&told).map_err(Ended::Failed)?,
                None => return Ok(()),
            }
        }
    }

    fn show(&mut self, told: &v1::WatchResponse) -> Result<(), Failure> {
        // The first message after an interruption says how far the log is.
        let away = match self.next {
            Some(next) if self.begins => told.number.saturating_sub(next),
            _ => 0,
        };
        self.begins = false;
        self.next = Some(told.number + u64::from(told.event.is_some()));
        let missed = told.missed + away;
        let mut text = String::new();
        if missed > 0 {
            text += &match self.output {
                Output::Json => format!("{}\n", json!({"event": "MISSED", "records": missed})),
                Output::Text => {
                    let words =
                        format!("… {missed} records were not shown: see `interdict audit export`");
                    format!("{}\n", self.paint.paint(Hue::Warning, &words))
                }
            };
        }
        if let Some(event) = &told.event {
            text += &match self.output {
                Output::Json => format!("{}\n", to_json(told, event)),
                Output::Text => self.line(told, event),
            };
        }
        if text.is_empty() {
            return Ok(());
        }
        print(&text)
    }

    fn line(&self, told: &v1::WatchResponse, event: &Event) -> String {
        let time = told.at.get(11..19).unwrap_or(&told.at);
        let (hue, kind, words) = match event {
            Event::Screening(screening) => screening_words(screening),
            Event::Generation(changed) => (
                Hue::Heading,
                "GENERATION",
                format!(
                    "{}  +{} ~{} -{}  {}  {}",
                    changed.generation,
                    changed.added,
                    changed.amended,
                    changed.removed,
                    changed.sources.join(", "),
                    changed.cause,
                ),
            ),
            Event::Alert(alert) => (
                Hue::Bad,
                "ALERT",
                format!(
                    "{}  {}  {}  {}  {}",
                    alert.sequence, alert.kind, alert.portfolio, alert.canonical, alert.source
                ),
            ),
            Event::Rescreen(run) => (
                Hue::Heading,
                "RESCREEN",
                format!(
                    "{} addresses  {} listed  {} for review  {} for block  {}{}",
                    run.queries,
                    run.listed,
                    run.review,
                    run.block,
                    run.caller,
                    if run.complete { "" } else { "  cut off" },
                ),
            ),
        };
        format!(
            "{}  {}  {}\n",
            self.paint.paint(Hue::Faint, &shown(time)),
            self.paint.paint(hue, &format!("{kind:<10}")),
            shown(&words)
        )
    }
}

fn screening_words(screening: &v1::WatchedScreening) -> (Hue, &'static str, String) {
    let (hue, kind) = match screening.action() {
        v1::Action::Allow => (Hue::Good, "ALLOW"),
        v1::Action::Review => (Hue::Warning, "REVIEW"),
        v1::Action::Block => (Hue::Bad, "BLOCK"),
        v1::Action::Unspecified => (Hue::Bad, "UNKNOWN"),
    };
    let address = match screening.canonical.as_slice() {
        [] => "(no address can be read)".to_owned(),
        [one] => one.clone(),
        [one, rest @ ..] => format!("{one} (+{})", rest.len()),
    };
    let words = format!(
        "{:<13}  {address:<44}  {:<17}  {}  {}",
        names::verdict(screening.verdict),
        screening.caller,
        screening.reasons.join(", "),
        screening.sources.join(", "),
    );
    (hue, kind, words.trim_end().to_owned())
}

fn to_json(told: &v1::WatchResponse, event: &Event) -> Value {
    let mut value = match event {
        Event::Screening(screening) => json!({
            "event": "SCREENING",
            "screening_id": screening.screening_id,
            "caller": screening.caller,
            "call": screening.call,
            "canonical": screening.canonical,
            "verdict": names::verdict(screening.verdict),
            "action": names::action(screening.action),
            "reasons": screening.reasons,
            "sources": screening.sources,
            "generation": screening.generation,
        }),
        Event::Generation(changed) => json!({
            "event": "GENERATION",
            "generation": changed.generation,
            "digest": const_hex::encode(&changed.digest),
            "sources": changed.sources,
            "cause": changed.cause,
            "added": changed.added,
            "amended": changed.amended,
            "removed": changed.removed,
        }),
        Event::Alert(alert) => json!({
            "event": "ALERT",
            "sequence": alert.sequence,
            "kind": alert.kind,
            "portfolio": alert.portfolio,
            "canonical": alert.canonical,
            "source": alert.source,
            "generation": alert.generation,
        }),
        Event::Rescreen(run) => json!({
            "event": "RESCREEN",
            "caller": run.caller,
            "queries": run.queries,
            "listed": run.listed,
            "review": run.review,
            "block": run.block,
            "complete": run.complete,
        }),
    };
    value["number"] = json!(told.number);
    value["at"] = json!(told.at);
    value
}
