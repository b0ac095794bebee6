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

use super::bounded::Bounds;
use super::convert;
use super::recorded::{caller, log, run_of, screened, unrecorded};
use super::replies::{Replies, ReplyStream, replies};
use super::status::{exhausted, status};
use super::v1;
use super::v1::screening_service_server::{ScreeningService, ScreeningServiceServer};

/// From this many addresses on, a batch leaves the serving thread to others.
const INLINE_ADDRESSES_MAX: usize = 64;

/// A reply of a rescreen is closed at this size; clients take four mebibytes
/// unless told otherwise.
const REPLY_BYTES: usize = 1 << 20;

/// Messages of a rescreen that may wait for a slow reader.
const REPLIES_WAITING_MAX: usize = 2;

/// Addresses of a chunk that are screened in one go: where all of them are
/// listed, a message or two.
const PART_ADDRESSES: usize = 1024;

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
    /// addresses at once are left to a pool.
    pub fn new(screener: Screener, recorder: Recorder, pool: Pool, limits: Limits) -> Self {
        Self {
            screener,
            recorder,
            pool,
            everybody: Arc::new(Allowance::new(Quota::default().of_all())),
            limits,
        }
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
        for queued in queued {
            let written = self.recorder.written(queued);
            written.await.map_err(unrecorded)?;
        }
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
                queued.extend(recorder.queue_if_full(leaves)?);
                outcomes.push(convert::outcome(outcome, canonical, pinned));
            }
            queued.push(recorder.queue(leaves)?);
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
            let mut queries = chunk.queries;
            // Part by part, so that what waits for a slow reader is one part
            // and not all that a chunk comes to.
            loop {
                let rest = queries.split_off(queries.len().min(PART_ADDRESSES));
                let part = std::mem::replace(&mut queries, rest);
                let (messages, counted) = self.screen(part, *summary).await?;
                *summary = counted;
                for outcomes in messages {
                    replies.send(reply(Part::Outcomes(outcomes))).await?;
                }
                // An empty chunk has its answer too.
                if queries.is_empty() {
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
        let recorder = self.service.recorder.clone();
        let record = move || recorder.event(event);
        let recorded = self.service.pool.run(record).await.map_err(stopped)?;
        ended?;
        recorded.map_err(unrecorded)?;
        let closing = convert::summary(summary, &self.pinned);
        Ok(reply(Part::Summary(closing)))
    }

    /// Screens some of a chunk. What it returns is in the log.
    async fn screen(
        &self,
        queries: Vec<v1::Query>,
        summary: Summary,
    ) -> Result<(Vec<v1::RescreenOutcomes>, Summary), Status> {
        let (pinned, hits_only) = (self.pinned.clone(), self.hits_only);
        let (asked, recorder) = (self.asked.clone(), self.service.recorder.clone());
        let answer = move || {
            let mut run = Rescreen::new(&pinned, hits_only, summary);
            let mut positioned = Vec::new();
            let at = Timestamp::now();
            Leaves::with(|leaves| {
                for query in &queries {
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
                    if let Some(queued) = recorder.queue_if_full(leaves)? {
                        recorder.written_blocking(queued)?;
                    }
                    if wanted {
                        positioned.push(v1::PositionedOutcome {
                            position,
                            outcome: Some(convert::outcome(outcome, canonical, &pinned)),
                        });
                    }
                }
                recorder.written_blocking(recorder.queue(leaves)?)
            })
            .map_err(unrecorded)?;
            let end = summary.queries + queries.len() as u64;
            let messages = in_messages(positioned.into_iter(), summary.queries, end);
            Ok((messages, run.summary()))
        };
        let answered = self.service.pool.run(answer).await;
        answered.map_err(stopped)?
    }
}

fn reply(part: v1::rescreen_addresses_response::Part) -> v1::RescreenAddressesResponse {
    v1::RescreenAddressesResponse { part: Some(part) }
}

/// Lays outcomes into messages that any client takes. Together they cover the
/// positions from `first` to before `end` without a gap.
fn in_messages(
    outcomes: impl Iterator<Item = v1::PositionedOutcome>,
    first: u64,
    end: u64,
) -> Vec<v1::RescreenOutcomes> {
    let mut messages = Vec::new();
    let mut bytes = 0;
    let mut open = v1::RescreenOutcomes {
        first_position: first,
        ..v1::RescreenOutcomes::default()
    };
    let covering = |message: &mut v1::RescreenOutcomes, to: u64| {
        message.queries = u32::try_from(to - message.first_position).unwrap_or(u32::MAX);
    };
    for outcome in outcomes {
        let more = outcome.encoded_len();
        if bytes + more > REPLY_BYTES && !open.outcomes.is_empty() {
            let next = v1::RescreenOutcomes {
                first_position: outcome.position,
                ..v1::RescreenOutcomes::default()
            };
            covering(&mut open, outcome.position);
            messages.push(std::mem::replace(&mut open, next));
            bytes = 0;
        }
        bytes += more;
        open.outcomes.push(outcome);
    }
    covering(&mut open, end);
    messages.push(open);
    messages
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
