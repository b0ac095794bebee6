//! `SyncService`: flow 4 on the wire.

use std::time::Duration;

use tonic::{Request, Response, Status};

use crate::config::Limits;
use crate::list::{SourceId, SourceIdError};
use crate::sync::{self, AskError, Event, Outcome, Phase, Progress, SyncHandle, Told, Trouble};

use super::convert;
use super::replies::{ReplyStream, replies};
use super::upload::report_to_wire;
use super::v1;
use super::v1::sync_service_server::SyncService;

/// Replies that wait for a slow reader.
const REPLIES_MAX: usize = 16;

/// Source ids in one request.
const SOURCES_MAX: usize = 1000;

/// The service.
#[derive(Clone)]
pub struct Sync {
    handle: SyncHandle,
    idle_timeout: Duration,
}

impl Sync {
    /// Serves what a syncer does.
    pub fn new(handle: SyncHandle, limits: Limits) -> Self {
        Self {
            handle,
            idle_timeout: limits.stream_idle_timeout,
        }
    }
}

#[tonic::async_trait]
impl SyncService for Sync {
    type SyncSourcesStream = ReplyStream<v1::SyncSourcesResponse>;

    async fn sync_sources(
        &self,
        request: Request<v1::SyncSourcesRequest>,
    ) -> Result<Response<Self::SyncSourcesStream>, Status> {
        let asked = request.into_inner().sources;
        if asked.len() > SOURCES_MAX {
            let rule = format!(
                "`sources` has {} ids, and may have {SOURCES_MAX}",
                asked.len()
            );
            return Err(Status::invalid_argument(rule));
        }
        let sources: Result<Vec<SourceId>, SourceIdError> =
            asked.iter().map(|source| source.parse()).collect();
        let sources = sources.map_err(|error| Status::invalid_argument(error.to_string()))?;
        let mut asked = self.handle.ask(&sources).map_err(refused)?;
        let (replies, stream) = replies(REPLIES_MAX, self.idle_timeout);
        // Owned by the stream: it ends when the reader goes away or stands
        // still for too long, and with the sync.
        tokio::spawn(async move {
            while let Some(told) = asked.told.recv().await {
                if matches!(told.event, Event::Outcome(_)) {
                    asked.outcomes -= 1;
                }
                if let Err(error) = replies.send(told_to_wire(told)).await {
                    replies.fail(error);
                    return;
                }
            }
            if asked.outcomes > 0 {
                replies.fail(refused(AskError::Stopping));
            }
        });
        Ok(Response::new(stream))
    }

    async fn list_syncs(
        &self,
        _: Request<v1::ListSyncsRequest>,
    ) -> Result<Response<v1::ListSyncsResponse>, Status> {
        let statuses = self.handle.statuses().into_iter().map(status_to_wire);
        Ok(Response::new(v1::ListSyncsResponse {
            sources: statuses.collect(),
        }))
    }
}

fn refused(error: AskError) -> Status {
    let words = error.to_string();
    match error {
        AskError::NotConfigured(_) | AskError::NothingConfigured => {
            Status::failed_precondition(words)
        }
        AskError::TooMany => Status::resource_exhausted(words),
        AskError::Stopping => Status::unavailable(words),
    }
}

fn told_to_wire(told: Told) -> v1::SyncSourcesResponse {
    use v1::sync_sources_response::Step;
    let step = match told.event {
        Event::Progress(progress) => Step::Progress(progress_to_wire(progress)),
        Event::Outcome(outcome) => Step::Result(outcome_to_wire(outcome)),
    };
    v1::SyncSourcesResponse {
        source: told.source.to_string(),
        step: Some(step),
    }
}

fn progress_to_wire(progress: Progress) -> v1::SyncProgress {
    v1::SyncProgress {
        phase: phase_to_wire(progress.phase).into(),
        file: progress.file,
        bytes: progress.bytes,
        bytes_total: progress.bytes_total.unwrap_or_default(),
    }
}

fn phase_to_wire(phase: Phase) -> v1::SyncPhase {
    match phase {
        Phase::Waiting => v1::SyncPhase::Waiting,
        Phase::Fetching => v1::SyncPhase::Fetching,
        Phase::Importing => v1::SyncPhase::Importing,
    }
}

fn outcome_to_wire(outcome: Outcome) -> v1::SyncResult {
    match outcome {
        Outcome::Synced(synced) => v1::SyncResult {
            outcome: match synced.report.changed {
                true => v1::SyncOutcome::Updated,
                false => v1::SyncOutcome::Unchanged,
            }
            .into(),
            bytes: synced.bytes,
            report: Some(report_to_wire(synced.report)),
            trouble: None,
        },
        Outcome::Failed(trouble) => v1::SyncResult {
            outcome: match trouble.refused {
                true => v1::SyncOutcome::Refused,
                false => v1::SyncOutcome::Failed,
            }
            .into(),
            bytes: 0,
            report: None,
            trouble: Some(trouble_to_wire(trouble)),
        },
    }
}

fn trouble_to_wire(trouble: Trouble) -> v1::SyncTrouble {
    v1::SyncTrouble {
        name: trouble.name,
        message: trouble.message,
        refused: trouble.refused,
    }
}

fn status_to_wire(status: sync::Status) -> v1::SyncStatus {
    let instant = |at: Option<_>| at.map(convert::instant).unwrap_or_default();
    v1::SyncStatus {
        source: status.feed.source.to_string(),
        places: status.feed.shown_places(),
        interval_seconds: status.feed.interval.as_secs(),
        last_attempt: instant(status.state.last_attempt),
        last_success: instant(status.state.last_success),
        next_attempt: convert::instant(status.due),
        failures: status.state.failures,
        trouble: status.state.last_error.map(trouble_to_wire),
        phase: status
            .phase
            .map_or(v1::SyncPhase::Unspecified, phase_to_wire)
            .into(),
        licence: status.feed.licence.unwrap_or_default().to_owned(),
    }
}
