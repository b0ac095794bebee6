//! `StatusService`: how the daemon stands, and what it does at this moment.

mod watch;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

use crate::access::Caller;
use crate::config::Limits;
use crate::list::Origin;
use crate::overview::Overview;
use crate::readiness::{Readiness, SourceStanding, Standing};
use crate::screening::Counts;
use crate::sync;
use crate::verdict::{Action, Verdict};

use super::convert;
use super::replies::{ReplyStream, replies};
use super::upload::blocking;
use super::v1;
use super::v1::status_service_server::StatusService;

/// Watchers at once; each costs a copy of what is written.
const WATCHERS_MAX: usize = 16;

/// Events that may wait for a slow watcher, before it misses some.
const EVENTS_WAITING_MAX: usize = 256;

/// The service.
#[derive(Clone)]
pub struct Operations {
    overview: Overview,
    watchers: Arc<Semaphore>,
    idle_timeout: Duration,
}

impl Operations {
    /// Shows what an overview sees.
    pub fn new(overview: Overview, limits: &Limits) -> Self {
        Self {
            overview,
            watchers: Arc::new(Semaphore::new(WATCHERS_MAX)),
            idle_timeout: limits.stream_idle_timeout,
        }
    }
}

#[tonic::async_trait]
impl StatusService for Operations {
    async fn get_status(
        &self,
        request: Request<v1::GetStatusRequest>,
    ) -> Result<Response<v1::GetStatusResponse>, Status> {
        let caller = request.extensions().get::<Caller>().map(caller_to_wire);
        let overview = self.overview.clone();
        // Small files are read for it.
        let mut status = blocking(move || Ok(status_to_wire(&overview))).await?;
        status.caller = caller;
        Ok(Response::new(status))
    }

    type WatchStream = ReplyStream<v1::WatchResponse>;

    async fn watch(
        &self,
        request: Request<v1::WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let hits_only = request.into_inner().hits_only;
        let turn = self.watchers.clone().try_acquire_owned().map_err(|_| {
            Status::resource_exhausted(format!("{WATCHERS_MAX} watch already: try again later"))
        })?;
        let (replies, stream) = replies(EVENTS_WAITING_MAX, self.idle_timeout);
        let watch = watch::Watch::new(&self.overview, hits_only);
        // Owned by the stream: it ends when the reader goes away, which a
        // heartbeat notices, or with the log.
        tokio::spawn(async move {
            let _turn = turn;
            if let Err(error) = watch.tell(&replies).await {
                replies.fail(error);
            }
        });
        Ok(Response::new(stream))
    }
}

fn status_to_wire(overview: &Overview) -> v1::GetStatusResponse {
    let Readiness { standing, causes } = overview.readiness();
    let causes = causes.into_iter().map(|cause| v1::ReadinessCause {
        readiness: readiness(cause.standing).into(),
        name: cause.name.to_owned(),
        message: cause.message,
    });
    let live = overview.generation();
    let record = live.as_ref().map(|generation| &generation.record);
    let counts = overview.screener().counts();
    let syncs = overview.syncs();
    let sources = overview.sources().into_iter().map(|source| {
        let sync = syncs.iter().find(|it| it.feed.source == source.source);
        source_to_wire(source, sync)
    });
    let watched = overview.watched().ok();
    let pending = overview.pending();
    v1::GetStatusResponse {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: convert::instant(overview.began()),
        readiness: readiness(standing).into(),
        causes: causes.collect(),
        generation: record.map_or(0, |record| record.number.0),
        generation_digest: record
            .map(|record| record.digest.0.to_vec())
            .unwrap_or_default(),
        generation_committed_at: record
            .map(|record| convert::instant(record.committed_at))
            .unwrap_or_default(),
        entries: record.map_or(0, |record| record.entries()),
        filter: live.as_ref().map(|generation| {
            let (filter, used) = (&generation.filter, counts.filter());
            v1::FilterStatus {
                keys: filter.keys(),
                capacity: filter.capacity(),
                bytes: filter.bytes(),
                false_positive_rate: filter.rate().get(),
                absent: used.absent,
                in_vain: used.in_vain,
            }
        }),
        sources: sources.collect(),
        audit_log: Some(log_to_wire(overview)),
        monitor: watched.map(|watched| v1::MonitorStatus {
            portfolios: watched.portfolios,
            members: watched.members,
            alerts: watched.alerts,
            unacknowledged: watched.unacknowledged,
        }),
        pending_unknown: pending.is_err(),
        pending: pending.unwrap_or_default(),
        screenings: Some(screenings_to_wire(counts)),
        caller: None,
    }
}

const fn readiness(standing: Standing) -> v1::Readiness {
    match standing {
        Standing::Ready => v1::Readiness::Ready,
        Standing::Degraded => v1::Readiness::Degraded,
        Standing::Failing => v1::Readiness::Failing,
    }
}

fn source_to_wire(source: SourceStanding, sync: Option<&sync::Status>) -> v1::SourceStatus {
    let instant = |at: Option<Timestamp>| at.map(convert::instant).unwrap_or_default();
    let current_at = source
        .current_at
        .and_then(|second| Timestamp::from_second(second).ok());
    v1::SourceStatus {
        id: source.source.to_string(),
        tier: v1::Tier::from(source.tier).into(),
        required: source.required,
        present: source.present,
        entries: source.entries,
        current_at: instant(current_at),
        age_seconds: source.age.as_secs(),
        max_age_seconds: source.max_age.unwrap_or_default().as_secs(),
        stale: source.stale,
        incomplete: source.incomplete,
        bundled: source.origin == Some(Origin::Bundled),
        sync: sync.map(|status| v1::SourceSync {
            last_attempt: instant(status.state.last_attempt),
            last_success: instant(status.state.last_success),
            next_attempt: convert::instant(status.due),
            failures: status.state.failures,
            trouble: status
                .state
                .last_error
                .as_ref()
                .map(|trouble| trouble.message.clone())
                .unwrap_or_default(),
        }),
    }
}

fn log_to_wire(overview: &Overview) -> v1::AuditLogStatus {
    let log = overview.log();
    v1::AuditLogStatus {
        records: log.records,
        synced: log.synced,
        signed: log.signed,
        durability: overview.recorder().log().durability().name().to_owned(),
        refusing: log.refusing,
        disk_free_bytes: overview.log_disk_bytes().unwrap_or_default(),
        queued: log.queued,
    }
}

fn screenings_to_wire(counts: &Counts) -> v1::ScreeningStatus {
    let of = |wanted: &dyn Fn(Verdict, Action) -> bool| {
        let conclusions = counts.conclusions();
        let wanted = conclusions.filter(|(verdict, action, _)| wanted(*verdict, *action));
        wanted.map(|(_, _, count)| count).sum()
    };
    v1::ScreeningStatus {
        answered: of(&|_, _| true),
        listed: of(&|verdict, _| verdict == Verdict::Listed),
        indeterminate: of(&|verdict, _| verdict == Verdict::Indeterminate),
        review: of(&|_, action| action == Action::Review),
        block: of(&|_, action| action == Action::Block),
    }
}

fn caller_to_wire(caller: &Caller) -> v1::CallerStatus {
    v1::CallerStatus {
        name: caller.name().to_owned(),
        roles: caller
            .roles()
            .iter()
            .map(|role| role.name().to_owned())
            .collect(),
    }
}
