//! Following the audit log as it is written.
//!
//! What is shown is what was recorded, read back from the very bytes that
//! went into the log: nothing is shown that is not in it, and the screenings
//! pay nothing for being watched but a copy per write while somebody does.

use std::time::Duration;

use jiff::Timestamp;
use prost::Message as _;
use tokio::time::timeout;
use tonic::Status;
use uuid::Uuid;

use crate::audit::Following;
use crate::audit::record::record::Event;
use crate::audit::record::{Alerted, Changed, Record, Rescreened, Screening};
use crate::grpc::replies::Replies;
use crate::grpc::v1;
use crate::grpc::v1::watch_response::Event as Told;
use crate::overview::Overview;

/// A stream on which nothing happens says so this often, so that nobody takes
/// it for dead, and a reader that has gone is noticed.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// One who watches.
pub(super) struct Watch {
    following: Following,
    hits_only: bool,
    /// Number of the record that comes next.
    next: u64,
    /// Records that were not told since the last message.
    missed: u64,
}

impl Watch {
    /// Begins now: what is recorded from here on is told.
    pub(super) fn new(overview: &Overview, hits_only: bool) -> Self {
        let log = overview.recorder().log();
        // In this order nothing is left out between the two.
        let following = log.follow();
        Self {
            following,
            hits_only,
            next: log.size(),
            missed: 0,
        }
    }

    /// Tells what is recorded until the reader goes away.
    pub(super) async fn tell(mut self, replies: &Replies<v1::WatchResponse>) -> Result<(), Status> {
        self.heartbeat(replies).await?;
        loop {
            match timeout(HEARTBEAT, self.following.next()).await {
                Err(_) => self.heartbeat(replies).await?,
                Ok(Some(records)) => {
                    for (number, record) in records {
                        if let Some(told) = self.told(number, &record)? {
                            replies.send(told).await?;
                        }
                    }
                }
                Ok(None) => return Err(Status::unavailable("the daemon is stopping")),
            }
        }
    }

    async fn heartbeat(&mut self, replies: &Replies<v1::WatchResponse>) -> Result<(), Status> {
        let message = v1::WatchResponse {
            missed: std::mem::take(&mut self.missed),
            number: self.next,
            ..v1::WatchResponse::default()
        };
        replies.send(message).await
    }

    /// Returns what is told of a record, if anything is.
    fn told(&mut self, number: u64, record: &[u8]) -> Result<Option<v1::WatchResponse>, Status> {
        if number < self.next {
            // It was in the log when the watch began.
            return Ok(None);
        }
        self.missed += number - self.next;
        self.next = number + 1;
        let record = Record::decode(record)
            .map_err(|error| Status::unavailable(format!("record {number}: {error}")))?;
        let Some(event) = self.event(&record) else {
            return Ok(None);
        };
        let at = Timestamp::from_nanosecond(record.wall_ns.into());
        Ok(Some(v1::WatchResponse {
            missed: std::mem::take(&mut self.missed),
            number,
            at: at.map(|at| format!("{at:.3}")).unwrap_or_default(),
            event: Some(event),
        }))
    }

    fn event(&self, record: &Record) -> Option<Told> {
        match record.event.as_ref()? {
            Event::Screening(screening) => {
                let is_hit = !screening.matches.is_empty() || screening.action != "ALLOW";
                let wanted = is_hit || !self.hits_only;
                wanted.then(|| Told::Screening(screening_to_wire(&record.id, screening)))
            }
            Event::Changed(changed) => Some(Told::Generation(generation_to_wire(changed))),
            Event::Alerted(alerted) => Some(Told::Alert(alert_to_wire(alerted))),
            Event::Rescreened(run) => Some(Told::Rescreen(rescreen_to_wire(run))),
            _ => None,
        }
    }
}

fn screening_to_wire(id: &[u8], screening: &Screening) -> v1::WatchedScreening {
    let named = |prefix: &str, name: &str| format!("{prefix}{name}");
    let verdict = v1::Verdict::from_str_name(&named("VERDICT_", &screening.verdict));
    let action = v1::Action::from_str_name(&named("ACTION_", &screening.action));
    let canonical = screening.readings.iter().map(|reading| &reading.canonical);
    let mut sources: Vec<String> = Vec::new();
    for found in &screening.matches {
        if !sources.contains(&found.source) {
            sources.push(found.source.clone());
        }
    }
    v1::WatchedScreening {
        screening_id: Uuid::from_slice(id)
            .map(|id| id.to_string())
            .unwrap_or_default(),
        caller: screening.caller.clone(),
        call: screening.call.clone(),
        canonical: canonical
            .filter(|canonical| !canonical.is_empty())
            .cloned()
            .collect(),
        verdict: verdict.unwrap_or_default().into(),
        action: action.unwrap_or_default().into(),
        reasons: screening.reasons.clone(),
        sources,
        generation: screening.generation,
    }
}

fn generation_to_wire(changed: &Changed) -> v1::WatchedGeneration {
    v1::WatchedGeneration {
        generation: changed.generation,
        digest: changed.generation_digest.to_vec(),
        sources: changed.sources.clone(),
        cause: changed.cause.clone(),
        added: changed.added,
        amended: changed.amended,
        removed: changed.removed,
    }
}

fn alert_to_wire(alerted: &Alerted) -> v1::WatchedAlert {
    v1::WatchedAlert {
        sequence: alerted.sequence,
        kind: alerted.kind.clone(),
        portfolio: alerted.portfolio.clone(),
        canonical: alerted.canonical.clone(),
        source: alerted
            .r#match
            .as_ref()
            .map(|found| found.source.clone())
            .unwrap_or_default(),
        generation: alerted.generation,
    }
}

fn rescreen_to_wire(run: &Rescreened) -> v1::WatchedRescreen {
    v1::WatchedRescreen {
        caller: run.caller.clone(),
        queries: run.queries,
        listed: run.listed,
        review: run.review,
        block: run.block,
        complete: run.complete,
    }
}
