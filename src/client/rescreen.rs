//! Rescreening: a stream of addresses in, those that are to be held out, and
//! at the end the word that all others may pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::timeout;
use tokio_stream::{Stream, StreamExt as _};
use tonic::Streaming;

use crate::grpc::v1;
use crate::verdict::Action;
use v1::rescreen_addresses_request::Part as Sent;
use v1::rescreen_addresses_response::Part;

use super::decision::{Cause, Decision};
use super::weigh::{checked_basis, weigh_outcome};
use super::{Client, Query, refused};

/// Queries of one chunk.
const CHUNK_QUERIES: usize = 1_000;

/// Bytes of text in one chunk, far below what the daemon takes.
const CHUNK_BYTES: usize = 256 << 10;

/// A finished rescreen: the daemon has answered every query, and each position
/// that was not reported may pass.
#[derive(Debug, Clone)]
#[must_use = "without it the run is not finished, and nothing may pass"]
pub struct Finished {
    summary: v1::RescreenSummary,
    basis: v1::Basis,
}

impl Finished {
    /// Returns the counts.
    pub fn summary(&self) -> &v1::RescreenSummary {
        &self.summary
    }

    /// Returns what all answers rest on.
    pub fn basis(&self) -> &v1::Basis {
        &self.basis
    }

    /// Returns how many may pass.
    pub fn allowed(&self) -> u64 {
        self.summary.queries - self.summary.review - self.summary.block
    }
}

impl Client {
    /// Screens any number of addresses against one generation.
    ///
    /// `held` is told position (from 0) and decision of each address that is
    /// not to pass, in order. The others are not told one by one: they may
    /// pass when, and only when, this returns [`Finished`].
    ///
    /// There is no second attempt, because the queries are gone by then: begin
    /// anew. No step may take longer than [`Self::with_rescreen_step`] says; the
    /// whole run may.
    ///
    /// # Errors
    ///
    /// If the run was not finished. Nothing may pass then, whatever was or was
    /// not reported; what was reported still holds.
    pub async fn rescreen(
        &self,
        queries: impl Stream<Item = Query> + Send + 'static,
        (reference, moment): (&str, Option<v1::Moment>),
        held: impl FnMut(u64, Decision) + Send,
    ) -> Result<Finished, Cause> {
        let header = v1::RescreenHeader {
            hits_only: true,
            moment: moment.clone(),
            reference: reference.to_owned(),
        };
        let sent = Arc::new(AtomicU64::new(0));
        let messages = messages(header, queries, sent.clone());
        let step = self.rescreen_step;
        let mut service = self.service.clone();
        let opened = timeout(step, service.rescreen_addresses(messages)).await;
        let replies = opened
            .map_err(|_| Cause::Deadline(step))?
            .map_err(|status| refused(&status))?
            .into_inner();
        let mut run = Run {
            replies,
            step,
            sent,
            held,
        };
        run.finish(moment.as_ref()).await
    }
}

/// Lays queries into chunks behind their header.
fn messages(
    header: v1::RescreenHeader,
    queries: impl Stream<Item = Query> + Send + 'static,
    sent: Arc<AtomicU64>,
) -> impl Stream<Item = v1::RescreenAddressesRequest> + Send + 'static {
    let message = |part| v1::RescreenAddressesRequest { part: Some(part) };
    let chunks = Chunks {
        queries: Box::pin(queries.fuse()),
        chunk: Vec::new(),
        bytes: 0,
        sent,
    };
    tokio_stream::once(Sent::Header(header))
        .chain(chunks.map(Sent::Chunk))
        .map(message)
}

/// Gathers queries until a chunk is full or none is ready.
struct Chunks<S> {
    queries: std::pin::Pin<Box<S>>,
    chunk: Vec<v1::Query>,
    bytes: usize,
    sent: Arc<AtomicU64>,
}

impl<S: Stream<Item = Query>> Stream for Chunks<S> {
    type Item = v1::RescreenChunk;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        use std::task::Poll;

        loop {
            let polled = self.queries.as_mut().poll_next(context);
            let is_over = match polled {
                Poll::Ready(Some(query)) => {
                    self.bytes += query.address.len() + query.network.len();
                    self.chunk.push(query.into());
                    self.chunk.len() >= CHUNK_QUERIES || self.bytes >= CHUNK_BYTES
                }
                Poll::Ready(None) if self.chunk.is_empty() => return Poll::Ready(None),
                Poll::Pending if self.chunk.is_empty() => return Poll::Pending,
                Poll::Ready(None) | Poll::Pending => true,
            };
            if is_over {
                self.bytes = 0;
                let queries = std::mem::take(&mut self.chunk);
                self.sent.fetch_add(queries.len() as u64, Ordering::Relaxed);
                return Poll::Ready(Some(v1::RescreenChunk { queries }));
            }
        }
    }
}

/// A run whose answers are being read.
struct Run<H> {
    replies: Streaming<v1::RescreenAddressesResponse>,
    step: std::time::Duration,
    sent: Arc<AtomicU64>,
    held: H,
}

/// What was reported so far.
#[derive(Default)]
struct Told {
    covered: u64,
    review: u64,
    block: u64,
}

impl<H: FnMut(u64, Decision)> Run<H> {
    async fn finish(&mut self, moment: Option<&v1::Moment>) -> Result<Finished, Cause> {
        let Some(Part::Basis(basis)) = self.next().await? else {
            return Err(Cause::OutOfOrder("the basis is not the first"));
        };
        checked_basis(moment, Some(&basis))?;
        let mut told = Told::default();
        loop {
            match self.next().await? {
                Some(Part::Outcomes(outcomes)) => self.report(outcomes, &basis, &mut told)?,
                Some(Part::Summary(summary)) => {
                    let sent = self.sent.load(Ordering::Relaxed);
                    agrees(&summary, &basis, &told, sent)?;
                    if self.next().await?.is_some() {
                        return Err(Cause::OutOfOrder("something follows the summary"));
                    }
                    return Ok(Finished { summary, basis });
                }
                Some(Part::Basis(_)) => return Err(Cause::OutOfOrder("a second basis")),
                None => return Err(Cause::Unfinished("it ended without its summary")),
            }
        }
    }

    /// Returns the next part; `None` at the end.
    async fn next(&mut self) -> Result<Option<Part>, Cause> {
        let message = timeout(self.step, self.replies.message())
            .await
            .map_err(|_| Cause::Deadline(self.step))?
            .map_err(|status| refused(&status))?;
        message
            .map(|message| message.part.ok_or(Cause::Missing("part")))
            .transpose()
    }

    /// Reports what is to be held, and checks that no position was skipped.
    fn report(
        &mut self,
        answered: v1::RescreenOutcomes,
        basis: &v1::Basis,
        told: &mut Told,
    ) -> Result<(), Cause> {
        if answered.first_position != told.covered {
            return Err(Cause::OutOfOrder("positions are missing"));
        }
        let end = told.covered + u64::from(answered.queries);
        let mut least = told.covered;
        for one in answered.outcomes {
            if !(least..end).contains(&one.position) {
                return Err(Cause::OutOfOrder("a position is not in its place"));
            }
            least = one.position + 1;
            let outcome = one.outcome.ok_or(Cause::Missing("outcome"))?;
            // Without its query no outcome is weighed as an ALLOW: only what
            // is to be held was asked for.
            let decision = weigh_outcome(None, outcome, basis)?;
            match decision.action() {
                Action::Block => told.block += 1,
                Action::Review | Action::Allow => told.review += 1,
            }
            (self.held)(one.position, decision);
        }
        told.covered = end;
        Ok(())
    }
}

/// Holds the summary against what was sent and reported.
fn agrees(
    summary: &v1::RescreenSummary,
    basis: &v1::Basis,
    told: &Told,
    sent: u64,
) -> Result<(), Cause> {
    let counted = (summary.queries, summary.review, summary.block);
    if counted != (told.covered, told.review, told.block) {
        return Err(Cause::Unfinished(
            "its summary does not count what was reported",
        ));
    }
    if summary.queries != sent {
        return Err(Cause::Unfinished("not every query was answered"));
    }
    let verdicts = [summary.listed, summary.not_listed, summary.indeterminate];
    let counted = verdicts.into_iter().try_fold(0_u64, u64::checked_add);
    if counted != Some(summary.queries) || summary.indeterminate > summary.review + summary.block {
        return Err(Cause::Unfinished("its summary contradicts itself"));
    }
    if (summary.generation, &summary.generation_digest)
        != (basis.generation, &basis.generation_digest)
    {
        return Err(Cause::AnotherMoment("generation"));
    }
    Ok(())
}
