//! What the audit log is told of alerts, before anybody else is.

use std::sync::Arc;

use bytes::Bytes;

use crate::alert::Alert;
use crate::audit::record::record::Event;
use crate::audit::record::{Alerted, BookChanged};
use crate::audit::{AppendError, Recorder};
use crate::portfolio::PortfolioName;
use crate::screening::match_kept;

use super::{NotRecorded, Record};

/// Returns what puts alerts into the audit log, all of them or none.
pub fn into_log(recorder: Recorder) -> Record {
    Arc::new(move |alerts| {
        let events = alerts.iter().map(|alert| alerted(&recorder, alert));
        recorder
            .events(events)
            .map_err(|error| NotRecorded(error.to_string()))
    })
}

fn alerted(recorder: &Recorder, alert: &Alert) -> Event {
    let reference = match alert.reference.as_str() {
        "" => Bytes::new(),
        given => Bytes::copy_from_slice(&recorder.hashed(given)),
    };
    Event::Alerted(Alerted {
        sequence: alert.sequence,
        alert_id: Bytes::copy_from_slice(alert.id.as_bytes()),
        kind: alert.kind.name().to_owned(),
        portfolio: alert.portfolio.as_str().to_owned(),
        canonical: alert.address.clone(),
        reference_hash: reference,
        generation: alert.after.generation.0,
        generation_digest: Bytes::copy_from_slice(&alert.after.digest),
        r#match: Some(match_kept(&alert.found)),
    })
}

/// Tells the audit log that a book of watched addresses changed.
///
/// # Errors
///
/// If the log does not take it.
pub fn book_changed(
    recorder: &Recorder,
    portfolio: &PortfolioName,
    change: &str,
    members: u64,
    caller: &str,
) -> Result<(), AppendError> {
    recorder.event(Event::BookChanged(BookChanged {
        portfolio: portfolio.as_str().to_owned(),
        change: change.to_owned(),
        members,
        caller: caller.to_owned(),
    }))
}
