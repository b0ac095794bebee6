//! `ListService`: flow 2 and the history of the lists on the wire.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tonic::{Request, Response, Status, Streaming};

use crate::config::Limits;
use crate::freshness::{Requirements, age};
use crate::generation::LiveGeneration;
use crate::import::{ImportError, Importer};
use crate::list::{Cause, Origin, Publication};
use crate::screening::Screener;
use crate::store::{GenerationNumber, GenerationRecord, ReadError, Store};

use super::convert;
use super::difference;
use super::replies::{ReplyStream, replies};
use super::status::status;
use super::upload::{self, blocking};
use super::v1;
use super::v1::list_service_server::ListService;

const GENERATIONS_DEFAULT: u32 = 50;
const GENERATIONS_MAX: u32 = 1000;

/// Differences computed at once.
const DIFFERENCES_MAX: usize = 4;

/// The service.
#[derive(Clone)]
pub struct Lists {
    store: Arc<Store>,
    live: Arc<LiveGeneration>,
    importer: Arc<Importer>,
    /// Knows what is demanded of the sources.
    screener: Screener,
    limits: Limits,
    /// One upload at a time waits on the disk.
    uploads: Arc<Semaphore>,
    /// A difference holds a thread and the keys that changed.
    differences: Arc<Semaphore>,
}

impl Lists {
    /// Serves a store, the generation that is live from it, and the importer
    /// that writes it.
    pub fn new(
        store: Arc<Store>,
        live: Arc<LiveGeneration>,
        importer: Arc<Importer>,
        screener: Screener,
        limits: Limits,
    ) -> Self {
        Self {
            store,
            live,
            importer,
            screener,
            limits,
            uploads: Arc::new(Semaphore::new(1)),
            differences: Arc::new(Semaphore::new(DIFFERENCES_MAX)),
        }
    }
}

#[tonic::async_trait]
impl ListService for Lists {
    async fn import_publication(
        &self,
        request: Request<Streaming<v1::ImportPublicationRequest>>,
    ) -> Result<Response<v1::ImportPublicationResponse>, Status> {
        let _upload = self
            .uploads
            .try_acquire()
            .map_err(|_| status(&ImportError::Busy))?;
        let upload = upload::receive(request.into_inner(), self.store.data_dir(), &self.limits);
        let upload = upload.await?;
        let importer = self.importer.clone();
        let report = blocking(move || upload.import(&importer)).await?;
        Ok(Response::new(upload::report_to_wire(report)))
    }

    async fn list_sources(
        &self,
        _: Request<v1::ListSourcesRequest>,
    ) -> Result<Response<v1::ListSourcesResponse>, Status> {
        let live = self.live.pin();
        let now = Timestamp::now();
        let rules = self.screener.rules();
        let requirements = rules.requirements();
        let publications: &[Publication] = live
            .as_ref()
            .map_or(&[], |generation| &generation.record.publications);
        let mut sources: Vec<v1::Source> = publications
            .iter()
            .map(|held| present_source(requirements, held, now))
            .collect();
        for rule in &requirements.sources {
            if !publications.iter().any(|held| held.source == rule.source) {
                sources.push(v1::Source {
                    id: rule.source.to_string(),
                    tier: v1::Tier::from(rule.tier).into(),
                    required: rule.required,
                    max_age_seconds: requirements.max_age_by(rule).unwrap_or_default().as_secs(),
                    ..v1::Source::default()
                });
            }
        }
        sources.sort_by(|a, b| a.id.cmp(&b.id));
        let record = live.as_ref().map(|generation| &generation.record);
        Ok(Response::new(v1::ListSourcesResponse {
            sources,
            generation: record.map_or(0, |record| record.number.0),
            generation_digest: record
                .map(|record| record.digest.0.to_vec())
                .unwrap_or_default(),
        }))
    }

    async fn list_generations(
        &self,
        request: Request<v1::ListGenerationsRequest>,
    ) -> Result<Response<v1::ListGenerationsResponse>, Status> {
        let asked = request.into_inner();
        let limit = match asked.limit {
            0 => GENERATIONS_DEFAULT,
            limit => limit.min(GENERATIONS_MAX),
        };
        let newest = self
            .live
            .pin()
            .map_or(0, |generation| generation.number().0);
        let from = match asked.before {
            0 => newest,
            before => before.saturating_sub(1).min(newest),
        };
        let numbers = (1..=from).rev().take(limit as usize);
        let records: Result<Vec<_>, ReadError> = numbers
            .map(|number| {
                let number = GenerationNumber(number);
                let record = self.store.generation(number)?;
                record.ok_or(ReadError::GenerationMissing(number))
            })
            .collect();
        let records = records.map_err(|error| status(&error))?;
        Ok(Response::new(v1::ListGenerationsResponse {
            generations: records.into_iter().map(generation_to_wire).collect(),
        }))
    }

    type DiffGenerationsStream = ReplyStream<v1::DiffGenerationsResponse>;

    async fn diff_generations(
        &self,
        request: Request<v1::DiffGenerationsRequest>,
    ) -> Result<Response<Self::DiffGenerationsStream>, Status> {
        let asked = request.into_inner();
        let live = self
            .live
            .pin()
            .ok_or_else(|| Status::unavailable("no verified generation is live"))?;
        let newest = live.number().0;
        let to = if asked.to == 0 { newest } else { asked.to };
        if asked.from > to || to > newest {
            return Err(Status::invalid_argument(format!(
                "cannot compare generation {} with {to}: name an earlier and a later one, up to {newest}",
                asked.from
            )));
        }
        let permit = self.differences.clone().try_acquire_owned().map_err(|_| {
            Status::resource_exhausted("several differences are being computed: try again later")
        })?;
        let (replies, stream) = replies(4, self.limits.stream_idle_timeout);
        let (from, to) = (GenerationNumber(asked.from), GenerationNumber(to));
        let store = self.store.clone();
        let runtime = Handle::current();
        // Owned by the stream: it ends when the reader goes away or stands
        // still for too long.
        spawn_blocking(move || {
            let send = |message| runtime.block_on(replies.send(message));
            if let Err(error) = difference::send(&store, from, to, send) {
                replies.fail(error);
            }
            drop((live, permit));
        });
        Ok(Response::new(stream))
    }
}

fn present_source(requirements: &Requirements, held: &Publication, now: Timestamp) -> v1::Source {
    v1::Source {
        id: held.source.to_string(),
        tier: v1::Tier::from(held.tier).into(),
        required: requirements.requires(held),
        present: true,
        entries: held.entries,
        published_on: convert::day(held.published_on),
        retrieved_at: convert::instant(held.current_at()),
        age_seconds: age(held, now).as_secs(),
        max_age_seconds: requirements.max_age(held).unwrap_or_default().as_secs(),
        stale: requirements.is_stale(held, now),
        bundled: held.origin == Origin::Bundled,
        publication_digest: held.digest.0.to_vec(),
        format: held.read_as.format.clone(),
        incomplete: held.incomplete,
        licence: held.licence.clone().unwrap_or_default(),
    }
}

fn generation_to_wire(record: GenerationRecord) -> v1::Generation {
    let source = record.sources.first().cloned();
    let publication = source
        .as_ref()
        .and_then(|source| record.publication(source));
    v1::Generation {
        number: record.number.0,
        digest: record.digest.0.to_vec(),
        committed_at: convert::instant(record.committed_at),
        entries: record.entries(),
        source: source.as_ref().map(ToString::to_string).unwrap_or_default(),
        added: record.added,
        amended: record.amended,
        removed: record.removed,
        publication_digest: publication
            .map(|held| held.digest.0.to_vec())
            .unwrap_or_default(),
        cause: cause(record.made.cause).into(),
        rolled_back_to: match record.made.cause {
            Cause::Rollback { to } => to.0,
            _ => 0,
        },
        act: record.made.act.as_ref().map(convert::act_to_wire),
        overridden: record.made.overridden.clone(),
        sources: record.sources.iter().map(ToString::to_string).collect(),
    }
}

const fn cause(cause: Cause) -> v1::Cause {
    match cause {
        Cause::Publication => v1::Cause::Publication,
        Cause::Bundle => v1::Cause::Bundle,
        Cause::Operator => v1::Cause::Operator,
        Cause::Rollback { .. } => v1::Cause::Rollback,
    }
}
