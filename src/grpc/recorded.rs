//! What a call leaves in the audit log, and that it does before it is
//! answered (law 6).

use bytes::Bytes;
use tonic::{Request, Status};
use tracing::{Level, debug, enabled};

use crate::access::Caller;
use crate::address::{Candidate, Kind};
use crate::audit::record::Rescreened;
use crate::audit::record::record::Event;
use crate::audit::{AppendError, Leaves, Rank, Recorder};
use crate::rescreen::{Pool, Summary};
use crate::screening::{Asked, Pinned, Screened};
use crate::telemetry;
use crate::verdict::Outcome;

use super::convert;
use super::v1;

/// Who calls, as the log keeps it.
pub(super) fn caller<T>(request: &Request<T>) -> String {
    request
        .extensions()
        .get::<Caller>()
        .map(Caller::to_string)
        .unwrap_or_default()
}

/// What is kept of a rescreen's end.
pub(super) fn run_of(asked: &Asked, pinned: &Pinned, summary: Summary, complete: bool) -> Event {
    let record = pinned.record();
    Event::Rescreened(Rescreened {
        caller: asked.caller.clone(),
        reference_hash: asked
            .reference
            .map(|hash| Bytes::copy_from_slice(&hash))
            .unwrap_or_default(),
        queries: summary.queries,
        listed: summary.listed,
        not_listed: summary.not_listed,
        indeterminate: summary.indeterminate,
        review: summary.review,
        block: summary.block,
        generation: record.number.0,
        generation_digest: Bytes::copy_from_slice(&record.digest.0),
        complete,
    })
}

/// Screens one text, and returns the answer once its record is written.
pub(super) async fn screened(
    recorder: &Recorder,
    pinned: &Pinned,
    asked: &Asked,
    (address, network): (&str, &str),
) -> Result<v1::Outcome, Status> {
    let outcome = pinned.screen(address, network);
    log(&outcome, pinned);
    let canonical = convert::canonical(&outcome);
    let queued = Leaves::with(|leaves| {
        let screened = Screened {
            text: address,
            network,
            position: 0,
            outcome: &outcome,
            canonical: &canonical,
        };
        pinned.record_into(leaves, recorder, (asked, pinned.now()), screened);
        recorder.queue(leaves, rank())
    });
    let written = recorder.written(queued.map_err(unrecorded)?);
    written.await.map_err(unrecorded)?;
    Ok(convert::outcome(outcome, canonical, pinned))
}

/// What is not in the log is not answered. Nothing is logged here: the disk
/// that takes no record may be the one that the logs are on, and every call
/// would add to them.
pub(super) fn unrecorded(error: AppendError) -> Status {
    Status::unavailable(error.to_string())
}

/// Lets one screening be followed, at debug and by its canonical forms only:
/// what nobody can read may be a secret, so it is not logged at all (law 8).
pub(super) fn log(outcome: &Outcome, pinned: &Pinned) {
    telemetry::calls::concluded(outcome, pinned.record().number.0);
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

/// Whoever waits for one address waits for none of the pool's threads.
pub(super) fn rank() -> Rank {
    if Pool::is_here() {
        Rank::Behind
    } else {
        Rank::First
    }
}
