//! What became of addresses and incidents, and the way back.

use std::sync::Arc;

use parking_lot::Mutex;
use tonic::{Request, Response, Status};
use tracing::info;

use crate::config::Limits;
use crate::generation::LiveGeneration;
use crate::import::{Approval, Importer};
use crate::incidents::{self, IncidentEntry, IncidentTotals};
use crate::screening::{Event, EventKind, Moment, Screener};
use crate::store::{GenerationNumber, Store};

use super::convert;
use super::replies::{ReplyStream, replies};
use super::status::status;
use super::upload::blocking;
use super::v1;
use super::v1::history_service_server::HistoryService;

/// Entries in one message of a stream.
const PER_MESSAGE: usize = 500;

/// Totals that were counted, and the generation they were counted in.
type Counted = Option<(GenerationNumber, Arc<Vec<IncidentTotals>>)>;

/// The service.
#[derive(Clone)]
pub struct History {
    store: Arc<Store>,
    live: Arc<LiveGeneration>,
    importer: Arc<Importer>,
    screener: Screener,
    limits: Limits,
    counted: Arc<Mutex<Counted>>,
}

impl History {
    /// Binds the service to what it reads, and what goes back.
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
            counted: Arc::default(),
        }
    }

    /// Counts the incidents of the live generation, once for each of them.
    async fn totals(&self) -> Result<(GenerationNumber, Arc<Vec<IncidentTotals>>), Status> {
        let live = self
            .live
            .pin()
            .ok_or_else(|| Status::unavailable("no verified generation is live"))?;
        let number = live.number();
        if let Some((counted, totals)) = &*self.counted.lock()
            && *counted == number
        {
            return Ok((number, totals.clone()));
        }
        let store = self.store.clone();
        let totals =
            blocking(move || incidents::totals(&store, number).map_err(|error| status(&error)))
                .await?;
        let totals = Arc::new(totals);
        *self.counted.lock() = Some((number, totals.clone()));
        Ok((number, totals))
    }
}

#[tonic::async_trait]
impl HistoryService for History {
    async fn get_address_history(
        &self,
        request: Request<v1::GetAddressHistoryRequest>,
    ) -> Result<Response<v1::GetAddressHistoryResponse>, Status> {
        let sent = request.into_inner();
        let screener = self.screener.clone();
        let answer = blocking(move || {
            let pinned = screener
                .pin(&Moment::default())
                .map_err(|error| status(&error))?;
            let history = pinned
                .history(&sent.address, &sent.network)
                .map_err(|error| status(&error))?;
            let events = history.events.into_iter().map(|event| {
                let number = event.generation;
                let record = pinned
                    .record_numbered(number)
                    .map_err(|error| status(&error))?;
                Ok(event_to_wire(event, &record))
            });
            Ok(v1::GetAddressHistoryResponse {
                events: events.collect::<Result<_, Status>>()?,
                candidates: history.candidates.iter().map(convert::candidate).collect(),
                generation: pinned.record().number.0,
                generation_digest: pinned.record().digest.0.to_vec(),
            })
        });
        Ok(Response::new(answer.await?))
    }

    async fn list_incidents(
        &self,
        _: Request<v1::ListIncidentsRequest>,
    ) -> Result<Response<v1::ListIncidentsResponse>, Status> {
        let (generation, totals) = self.totals().await?;
        Ok(Response::new(v1::ListIncidentsResponse {
            incidents: totals.iter().map(|one| self.totals_to_wire(one)).collect(),
            generation: generation.0,
        }))
    }

    type GetIncidentStream = ReplyStream<v1::GetIncidentResponse>;

    async fn get_incident(
        &self,
        request: Request<v1::GetIncidentRequest>,
    ) -> Result<Response<Self::GetIncidentStream>, Status> {
        let id = request.into_inner().id;
        let (generation, totals) = self.totals().await?;
        let Some(found) = totals.iter().find(|one| one.incident.id == id) else {
            return Err(Status::not_found(
                "no entry names that incident: see `interdict incidents` for those that are known",
            ));
        };
        let mut first = Some(self.totals_to_wire(found));
        let store = self.store.clone();
        let entries = blocking(move || {
            incidents::entries(&store, generation, &id).map_err(|error| status(&error))
        })
        .await?;
        let (replies, stream) = replies(4, self.limits.stream_idle_timeout);
        tokio::spawn(async move {
            let mut parts = entries.chunks(PER_MESSAGE).peekable();
            loop {
                let entries = parts.next().unwrap_or_default();
                let complete = parts.peek().is_none();
                let message = v1::GetIncidentResponse {
                    totals: first.take(),
                    entries: entries.iter().map(entry_to_wire).collect(),
                    complete,
                };
                if replies.send(message).await.is_err() || complete {
                    return;
                }
            }
        });
        Ok(Response::new(stream))
    }

    async fn roll_back(
        &self,
        request: Request<v1::RollBackRequest>,
    ) -> Result<Response<v1::RollBackResponse>, Status> {
        let sent = request.into_inner();
        let source = match sent.source.as_str() {
            "" => None,
            id => Some(
                id.parse()
                    .map_err(|error| Status::invalid_argument(format!("`source`: {error}")))?,
            ),
        };
        let approval = Approval {
            digest: sent.approve,
            act: convert::act(sent.act, "act")?,
        };
        let importer = self.importer.clone();
        let author = approval.act.author.clone();
        let done = blocking(move || {
            importer
                .roll_back(GenerationNumber(sent.to), source.as_ref(), &approval)
                .map_err(|error| status(&error))
        })
        .await?;
        info!(%author, to = sent.to, generation = %done.generation, "rolled back");
        Ok(Response::new(v1::RollBackResponse {
            generation: done.generation.0,
            generation_digest: done.digest.0.to_vec(),
            added: done.added,
            amended: done.amended,
            removed: done.removed,
        }))
    }
}

impl History {
    fn totals_to_wire(&self, totals: &IncidentTotals) -> v1::IncidentTotals {
        let live = self.live.pin();
        let tier = |source| {
            let held = live.as_ref().and_then(|live| live.publication(source));
            held.map_or(v1::Tier::Unspecified, |held| held.tier.into())
        };
        let sources = totals
            .sources
            .iter()
            .map(|(source, addresses)| v1::IncidentSource {
                source: source.to_string(),
                tier: tier(source).into(),
                addresses: *addresses,
            });
        v1::IncidentTotals {
            incident: Some(convert::incident(totals.incident.clone())),
            addresses: totals.addresses,
            sources: sources.collect(),
        }
    }
}

fn entry_to_wire(one: &IncidentEntry) -> v1::IncidentEntry {
    let entry = &one.entry;
    v1::IncidentEntry {
        source: one.source.to_string(),
        address: entry.address.clone(),
        ticker: entry.ticker.clone().unwrap_or_default(),
        role: entry.role.clone().unwrap_or_default(),
        confidence: entry
            .confidence
            .map_or(v1::Confidence::NotStated, convert::confidence)
            .into(),
        reference: entry.reference.clone().unwrap_or_default(),
        entry_id: one.id.to_string(),
    }
}

fn event_to_wire(event: Event, record: &crate::store::GenerationRecord) -> v1::HistoryEvent {
    let publication = record.publication(&event.entry.source);
    let kind = match event.kind {
        EventKind::Listed => v1::HistoryEventKind::Listed,
        EventKind::Amended => v1::HistoryEventKind::Amended,
        EventKind::Delisted => v1::HistoryEventKind::Delisted,
    };
    v1::HistoryEvent {
        kind: kind.into(),
        generation: event.generation.0,
        committed_at: convert::instant(record.committed_at),
        published_on: convert::day(publication.and_then(|held| held.published_on)),
        publication_digest: publication
            .map(|held| held.digest.0.to_vec())
            .unwrap_or_default(),
        exempts: event.exempts(),
        r#match: Some(convert::matched(event.entry)),
    }
}
