//! `ScreeningService`: flows 1 and 3 on the wire.

use std::sync::Arc;

use jiff::Timestamp;
use prost::Message as _;
use tokio::time::timeout;
use tonic::{Request, Response, Status, Streaming};

use crate::access::{Allowance, Quota, Taken, Unit};
use crate::audit::{AppendError, Leaves, Queued, Recorder};
use crate::config::Limits;
use crate::rescreen::{Pool, Rescreen, Stopped, Summary};
use crate::screening::{Asked, Pinned, Screened, Screener};

use super::behind::Behind;
use super::bounded::{Bounded, Bounds};
use super::convert;
use super::recorded::{caller, log, rank, run_of, screened, unrecorded};
use super::replies::{Replies, ReplyStream, replies};
use super::status::{exhausted, status};
use super::v1;
use super::v1::screening_service_server::{ScreeningService, ScreeningServiceServer};

/// From this many addresses on, a batch leaves the serving thread to others.
const INLINE_ADDRESSES_MAX: usize = 64;

/// A reply of a rescreen is closed at this size: it is unpacked several times
/// as large, and a few of them wait for a slow reader.
const REPLY_BYTES: usize = 256 << 10;

/// Messages of a rescreen that may wait for a slow reader.
const REPLIES_WAITING_MAX: usize = 2;

/// Addresses of a chunk that are screened in one go, unless their reply is
/// full before.
const PART_ADDRESSES: usize = 1024;

/// The service with its bounds, its larger calls behind those for one address.
pub type Served = Bounded<Behind<ScreeningServiceServer<Screening>>>;

/// The service.
#[derive(Clone)]
pub struct Screening {
    screener: Screener,
    recorder: Recorder,
    pool: Pool,
    /// What all callers together have in use.
    everybody: Arc<Allowance>,
    limits: Limits,
}

impl Screening {
    /// Serves a screener within limits, and records what it answers; many
    /// addresses at once are left to a pool. `of_all` is what all callers
    /// together may have in use.
    pub fn new(
        screener: Screener,
        recorder: Recorder,
        pool: Pool,
        (limits, of_all): (Limits, Quota),
    ) -> Self {
        Self {
            screener,
            recorder,
            pool,
            everybody: Arc::new(Allowance::new(of_all)),
            limits,
        }
    }

    /// Serves it, with a bound on the messages of one address and one on the
    /// others.
    pub fn served(&self, reply_bytes_max: usize) -> Served {
        let within = |bytes_max| {
            let service = ScreeningServiceServer::new(self.clone())
                .max_decoding_message_size(bytes_max)
                .max_encoding_message_size(reply_bytes_max);
            Behind::new(service, self.pool.clone())
        };
        let limits = &self.limits;
        // The time for a call is that of whoever waits for the pool.
        Bounded::new(
            within(limits.request_bytes_max),
            within(limits.chunk_bytes_max),
            limits.request_timeout,
        )
    }

    fn asked(
        &self,
        caller: String,
        call: &'static str,
        purpose: i32,
        reference: &str,
    ) -> Result<Asked, Status> {
        convert::check_reference(reference)?;
        let hashed = || self.recorder.hashed(reference);
        Ok(Asked {
            caller,
            call,
            purpose: convert::purpose(purpose),
            reference: (!reference.is_empty()).then(hashed),
        })
    }

    fn pin(&self, moment: Option<v1::Moment>) -> Result<Pinned, Status> {
        let moment = convert::moment(moment)?;
        self.screener.pin(&moment).map_err(|error| status(&error))
    }
}

impl Bounds for ScreeningServiceServer<Screening> {
    const SMALL: &'static str = "/interdict.v1.ScreeningService/ScreenAddress";
    const BATCHES: &'static [&'static str] = &["/interdict.v1.ScreeningService/ScreenAddresses"];
    const STREAMS: &'static [&'static str] = &["/interdict.v1.ScreeningService/RescreenAddresses"];
}

#[tonic::async_trait]
impl ScreeningService for Screening {
    async fn screen_address(
        &self,
        request: Request<v1::ScreenAddressRequest>,
    ) -> Result<Response<v1::ScreenAddressResponse>, Status> {
        let caller = caller(&request);
        let query = request.into_inner();
        let asked = self.asked(caller, "ScreenAddress", query.purpose, &query.reference)?;
        let pinned = self.pin(query.moment)?;
        let (address, network) = (&query.address, &query.network);
        let outcome = screened(&self.recorder, &pinned, &asked, (address, network)).await?;
        Ok(Response::new(v1::ScreenAddressResponse {
            outcome: Some(outcome),
            basis: Some(convert::basis(&pinned)),
        }))
    }

    async fn screen_addresses(
        &self,
        request: Request<v1::ScreenAddressesRequest>,
    ) -> Result<Response<v1::ScreenAddressesResponse>, Status> {
        let caller = caller(&request);
        let addresses = request.get_ref().queries.len();
        check_count(addresses, self.limits.batch_addresses_max, "queries")?;
        let taken = self.take(&request, Unit::Addresses, addresses)?;
        let batch = request.into_inner();
        let asked = self.asked(caller, "ScreenAddresses", batch.purpose, &batch.reference)?;
        let pinned = self.pin(batch.moment)?;
        let queries = batch.queries;
        let is_short = queries.len() <= INLINE_ADDRESSES_MAX;
        let recorder = self.recorder.clone();
        let for_work = taken.clone();
        let answer = move || {
            // A caller that gives up does not end the work, and has its room
            // in use until the work is done.
            let _taken = for_work;
            Self::batch(&pinned, &recorder, &asked, &queries)
        };
        let (answered, queued) = if is_short {
            answer()?
        } else {
            self.pool.run(answer).await.map_err(stopped)??
        };
        // Law 6: as above, for all of them at once.
        self.written(queued).await?;
        let mut response = Response::new(answered);
        // It is in use until the answer is taken.
        response.extensions_mut().insert(taken);
        Ok(response)
    }

    type RescreenAddressesStream = ReplyStream<v1::RescreenAddressesResponse>;

    async fn rescreen_addresses(
        &self,
        request: Request<Streaming<v1::RescreenAddressesRequest>>,
    ) -> Result<Response<Self::RescreenAddressesStream>, Status> {
        use v1::rescreen_addresses_request::Part;

        let caller = caller(&request);
        let taken = self.take(&request, Unit::Rescreens, 1)?;
        let mut incoming = request.into_inner();
        let header = match self.next(&mut incoming).await? {
            Some(Part::Header(header)) => header,
            _ => {
                return Err(Status::invalid_argument(
                    "the first message must be `header`",
                ));
            }
        };
        let purpose = v1::Purpose::Rescreen.into();
        let asked = self.asked(caller, "RescreenAddresses", purpose, &header.reference)?;
        let run = Run {
            asked: Arc::new(asked),
            pinned: Arc::new(self.pin(header.moment)?),
            hits_only: header.hits_only,
            service: self.clone(),
        };
        let (replies, stream) = replies(REPLIES_WAITING_MAX, self.limits.stream_idle_timeout);
        // Owned by the stream: it ends when the reader goes away or the
        // input ends, and each wait in it is bounded.
        tokio::spawn(async move {
            let _taken = taken;
            let mut summary = Summary::default();
            let ended = run.go(incoming, &replies, &mut summary).await;
            let ended = run.ended(summary, ended).await;
            match ended {
                Ok(closing) => {
                    let _ = replies.send(closing).await;
                }
                Err(error) => replies.fail(error),
            }
        });
        Ok(Response::new(stream))
    }
}

impl Screening {
    /// Takes room for more than one address: of the caller's, and of what
    /// there is for all.
    fn take<T>(
        &self,
        request: &Request<T>,
        unit: Unit,
        count: usize,
    ) -> Result<Arc<Vec<Taken>>, Status> {
        let own = request.extensions().get::<Arc<Allowance>>();
        let taken = own.into_iter().chain([&self.everybody]);
        let taken: Result<Vec<_>, _> = taken.map(|of| of.take(unit, count)).collect();
        taken.map(Arc::new).map_err(|error| exhausted(&error))
    }

    /// Returns once all may be answered.
    async fn written(&self, queued: Vec<Queued>) -> Result<(), Status> {
        // The last first: what makes it durable serves all.
        for queued in queued.into_iter().rev() {
            let written = self.recorder.written(queued).await;
            written.map_err(unrecorded)?;
        }
        Ok(())
    }

    /// Screens a batch and queues its records.
    fn batch(
        pinned: &Pinned,
        recorder: &Recorder,
        asked: &Asked,
        queries: &[v1::Query],
    ) -> Result<(v1::ScreenAddressesResponse, Vec<Queued>), Status> {
        let mut queued = Vec::new();
        let outcomes = Leaves::with(|leaves| {
            let mut outcomes = Vec::with_capacity(queries.len());
            for (position, query) in queries.iter().enumerate() {
                let outcome = pinned.screen(&query.address, &query.network);
                log(&outcome, pinned);
                let canonical = convert::canonical(&outcome);
                let screened = Screened {
                    text: &query.address,
                    network: &query.network,
                    position: position as u64,
                    outcome: &outcome,
                    canonical: &canonical,
                };
                pinned.record_into(leaves, recorder, (asked, pinned.now()), screened);
                queued.extend(recorder.queue_if_full(leaves, rank())?);
                outcomes.push(convert::outcome(outcome, canonical, pinned));
            }
            queued.push(recorder.queue(leaves, rank())?);
            Ok::<_, AppendError>(outcomes)
        })
        .map_err(unrecorded)?;
        let answered = v1::ScreenAddressesResponse {
            outcomes,
            basis: Some(convert::basis(pinned)),
        };
        Ok((answered, queued))
    }

    async fn next(
        &self,
        incoming: &mut Streaming<v1::RescreenAddressesRequest>,
    ) -> Result<Option<v1::rescreen_addresses_request::Part>, Status> {
        let message = timeout(self.limits.stream_idle_timeout, incoming.message())
            .await
            .map_err(|_| Status::deadline_exceeded("the stream stood still for too long"))??;
        match message.map(|message| message.part) {
            None => Ok(None),
            Some(Some(part)) => Ok(Some(part)),
            Some(None) => Err(Status::invalid_argument("a message carries no `part`")),
        }
    }
}

/// One rescreen from its header to its summary.
struct Run {
    asked: Arc<Asked>,
    pinned: Arc<Pinned>,
    hits_only: bool,
    service: Screening,
}

impl Run {
    async fn go(
        &self,
        mut incoming: Streaming<v1::RescreenAddressesRequest>,
        replies: &Replies<v1::RescreenAddressesResponse>,
        summary: &mut Summary,
    ) -> Result<(), Status> {
        use v1::rescreen_addresses_request::Part as Sent;
        use v1::rescreen_addresses_response::Part;

        let basis = convert::basis(&self.pinned);
        replies.send(reply(Part::Basis(basis))).await?;
        while let Some(part) = self.service.next(&mut incoming).await? {
            let Sent::Chunk(chunk) = part else {
                return Err(Status::invalid_argument(
                    "`header` may come only once, and first",
                ));
            };
            let limits = &self.service.limits;
            check_count(
                chunk.queries.len(),
                limits.chunk_addresses_max,
                "chunk.queries",
            )?;
            let mut queries = chunk.queries.into_iter();
            // Part by part, so that what waits for a slow reader is one part
            // and not all that a chunk comes to.
            loop {
                let (outcomes, counted, rest) = self.screen(queries, *summary).await?;
                *summary = counted;
                replies.send(reply(Part::Outcomes(outcomes))).await?;
                queries = rest;
                // An empty chunk has its answer too.
                if queries.len() == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Records how the run ended, and makes the message that closes it.
    async fn ended(
        &self,
        summary: Summary,
        ended: Result<(), Status>,
    ) -> Result<v1::RescreenAddressesResponse, Status> {
        use v1::rescreen_addresses_response::Part;

        let event = run_of(&self.asked, &self.pinned, summary, ended.is_ok());
        let recorded = self.service.recorder.event_behind(event).await;
        ended?;
        recorded.map_err(unrecorded)?;
        let closing = convert::summary(summary, &self.pinned);
        Ok(reply(Part::Summary(closing)))
    }

    /// Screens some of a chunk, and returns the rest of it. What it answers is
    /// in the log.
    async fn screen(&self, queries: Queries, summary: Summary) -> Result<Replied, Status> {
        let (pinned, hits_only) = (self.pinned.clone(), self.hits_only);
        let (asked, recorder) = (self.asked.clone(), self.service.recorder.clone());
        let answer = move || {
            let mut queries = queries;
            let mut run = Rescreen::new(&pinned, hits_only, summary);
            let (mut outcomes, mut bytes, mut waiting) = (Vec::new(), 0, Vec::new());
            let at = Timestamp::now();
            Leaves::with(|leaves| {
                for query in queries.by_ref().take(PART_ADDRESSES) {
                    let (position, outcome, wanted) = run.next(&query.address, &query.network);
                    let canonical = convert::canonical(&outcome);
                    let screened = Screened {
                        text: &query.address,
                        network: &query.network,
                        position,
                        outcome: &outcome,
                        canonical: &canonical,
                    };
                    pinned.record_into(leaves, &recorder, (&asked, at), screened);
                    waiting.extend(recorder.queue_if_full(leaves, rank())?);
                    if wanted {
                        let outcome = convert::outcome(outcome, canonical, &pinned);
                        let outcome = Some(outcome);
                        let positioned = v1::PositionedOutcome { position, outcome };
                        bytes += positioned.encoded_len();
                        outcomes.push(positioned);
                    }
                    if bytes >= REPLY_BYTES {
                        break;
                    }
                }
                waiting.push(recorder.queue(leaves, rank())?);
                Ok::<_, AppendError>(())
            })
            .map_err(unrecorded)?;
            let counted = run.summary();
            let outcomes = v1::RescreenOutcomes {
                first_position: summary.queries,
                queries: u32::try_from(counted.queries - summary.queries).unwrap_or(u32::MAX),
                outcomes,
            };
            Ok::<_, Status>(((outcomes, counted, queries), waiting))
        };
        let answered = self.service.pool.run(answer).await.map_err(stopped)?;
        let (screened, waiting) = answered?;
        self.service.written(waiting).await?;
        Ok(screened)
    }
}

/// What is left of a chunk.
type Queries = std::vec::IntoIter<v1::Query>;

/// The reply to some of a chunk, what the run has concluded, and the rest.
type Replied = (v1::RescreenOutcomes, Summary, Queries);

fn reply(part: v1::rescreen_addresses_response::Part) -> v1::RescreenAddressesResponse {
    v1::RescreenAddressesResponse { part: Some(part) }
}

fn check_count(given: usize, max: usize, field: &str) -> Result<(), Status> {
    if given <= max {
        return Ok(());
    }
    Err(Status::invalid_argument(format!(
        "`{field}` has {given} addresses, and may have {max}: send them in parts, or use RescreenAddresses"
    )))
}

fn stopped(error: Stopped) -> Status {
    Status::internal(error.to_string())
}
