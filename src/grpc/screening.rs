//! `ScreeningService`: flows 1 and 3 on the wire.

use std::sync::Arc;

use prost::Message as _;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tonic::{Request, Response, Status, Streaming};
use tracing::{Level, debug, enabled};

use crate::address::{Candidate, Kind};
use crate::config::Limits;
use crate::rescreen::{Rescreen, Summary};
use crate::screening::{Pinned, Screener};
use crate::verdict::Outcome;

use super::bounded::Bounds;
use super::convert;
use super::replies::{Replies, ReplyStream, replies};
use super::status::status;
use super::v1;
use super::v1::screening_service_server::{ScreeningService, ScreeningServiceServer};

/// From this many addresses on, a batch leaves the serving thread to others.
const INLINE_ADDRESSES_MAX: usize = 64;

/// A reply of a rescreen is closed at this size; clients take four mebibytes
/// unless told otherwise.
const REPLY_BYTES: usize = 1 << 20;

/// Messages of a rescreen that may wait for a slow reader.
const REPLIES_WAITING_MAX: usize = 4;

/// The service.
#[derive(Clone)]
pub struct Screening {
    screener: Screener,
    limits: Limits,
}

impl Screening {
    /// Serves a screener within limits.
    pub fn new(screener: Screener, limits: Limits) -> Self {
        Self { screener, limits }
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
        let query = request.into_inner();
        convert::check_reference(&query.reference)?;
        let pinned = self.pin(query.moment)?;
        let outcome = pinned.screen(&query.address, &query.network);
        log(&outcome, &pinned);
        // Law 6: the audit record of `outcome` is written here, before the
        // reply is made of it.
        Ok(Response::new(v1::ScreenAddressResponse {
            outcome: Some(convert::outcome(outcome, &pinned)),
            basis: Some(convert::basis(&pinned)),
        }))
    }

    async fn screen_addresses(
        &self,
        request: Request<v1::ScreenAddressesRequest>,
    ) -> Result<Response<v1::ScreenAddressesResponse>, Status> {
        let batch = request.into_inner();
        convert::check_reference(&batch.reference)?;
        check_count(
            batch.queries.len(),
            self.limits.batch_addresses_max,
            "queries",
        )?;
        let pinned = self.pin(batch.moment)?;
        let queries = batch.queries;
        let is_short = queries.len() <= INLINE_ADDRESSES_MAX;
        let answer = move || {
            let screened = queries.iter().map(|query| {
                // Law 6: as above, per outcome.
                let outcome = pinned.screen(&query.address, &query.network);
                log(&outcome, &pinned);
                convert::outcome(outcome, &pinned)
            });
            v1::ScreenAddressesResponse {
                outcomes: screened.collect(),
                basis: Some(convert::basis(&pinned)),
            }
        };
        let answered = if is_short {
            answer()
        } else {
            run_blocking(answer).await?
        };
        Ok(Response::new(answered))
    }

    type RescreenAddressesStream = ReplyStream<v1::RescreenAddressesResponse>;

    async fn rescreen_addresses(
        &self,
        request: Request<Streaming<v1::RescreenAddressesRequest>>,
    ) -> Result<Response<Self::RescreenAddressesStream>, Status> {
        use v1::rescreen_addresses_request::Part;

        let mut incoming = request.into_inner();
        let header = match self.next(&mut incoming).await? {
            Some(Part::Header(header)) => header,
            _ => {
                return Err(Status::invalid_argument(
                    "the first message must be `header`",
                ));
            }
        };
        convert::check_reference(&header.reference)?;
        let run = Run {
            pinned: Arc::new(self.pin(header.moment)?),
            hits_only: header.hits_only,
            service: self.clone(),
        };
        let (replies, stream) = replies(REPLIES_WAITING_MAX, self.limits.stream_idle_timeout);
        // Owned by the stream: it ends when the reader goes away or the
        // input ends, and each wait in it is bounded.
        tokio::spawn(async move {
            if let Err(error) = run.go(incoming, &replies).await {
                replies.fail(error);
            }
        });
        Ok(Response::new(stream))
    }
}

impl Screening {
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
    pinned: Arc<Pinned>,
    hits_only: bool,
    service: Screening,
}

impl Run {
    async fn go(
        self,
        mut incoming: Streaming<v1::RescreenAddressesRequest>,
        replies: &Replies<v1::RescreenAddressesResponse>,
    ) -> Result<(), Status> {
        use v1::rescreen_addresses_request::Part as Sent;
        use v1::rescreen_addresses_response::Part;

        let basis = convert::basis(&self.pinned);
        replies.send(reply(Part::Basis(basis))).await?;
        let mut summary = Summary::default();
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
            let (messages, counted) = self.screen(chunk, summary).await?;
            summary = counted;
            for outcomes in messages {
                replies.send(reply(Part::Outcomes(outcomes))).await?;
            }
        }
        let closing = convert::summary(summary, &self.pinned);
        replies.send(reply(Part::Summary(closing))).await
    }

    async fn screen(
        &self,
        chunk: v1::RescreenChunk,
        summary: Summary,
    ) -> Result<(Vec<v1::RescreenOutcomes>, Summary), Status> {
        let (pinned, hits_only) = (self.pinned.clone(), self.hits_only);
        let answer = move || {
            let mut run = Rescreen::new(&pinned, hits_only, summary);
            let texts = chunk
                .queries
                .iter()
                .map(|query| (query.address.as_str(), query.network.as_str()));
            let positioned =
                run.chunk(texts)
                    .into_iter()
                    .map(|(position, outcome)| v1::PositionedOutcome {
                        position,
                        outcome: Some(convert::outcome(outcome, &pinned)),
                    });
            // Law 6: the records of the chunk are written here.
            let end = summary.queries + chunk.queries.len() as u64;
            (in_messages(positioned, summary.queries, end), run.summary())
        };
        run_blocking(answer).await
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

/// Lets one screening be followed, at debug and by its canonical forms only:
/// what nobody can read may be a secret, so it is not logged at all (law 8).
fn log(outcome: &Outcome, pinned: &Pinned) {
    if !enabled!(Level::DEBUG) {
        return;
    }
    let readable = outcome
        .candidates
        .iter()
        .filter(|read| read.kind != Kind::Opaque);
    let candidates: Vec<String> = readable.map(Candidate::canonical).collect();
    debug!(
        screening = %outcome.id,
        verdict = %outcome.verdict,
        action = %outcome.action,
        reasons = ?outcome.reasons,
        matches = outcome.matches_total,
        ?candidates,
        generation = %pinned.record().number,
        "screened"
    );
}

/// Runs long work where it does not hold up the calls of the same thread.
async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Status> {
    spawn_blocking(work)
        .await
        .map_err(|_| Status::internal("screening stopped unexpectedly"))
}
