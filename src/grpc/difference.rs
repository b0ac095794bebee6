//! What changed between two generations, as messages.

use std::collections::HashSet;

use tonic::Status;

use crate::list::EntryId;
use crate::store::{ChangedEntry, GenerationNumber, ReadError, Store};

use super::status::status;
use super::v1;

/// Changes in one message.
const CHANGES_PER_MESSAGE: usize = 500;

/// Sends the changes in order of address key, and then the summary.
pub(super) fn send(
    store: &Store,
    from: GenerationNumber,
    to: GenerationNumber,
    send: impl Fn(v1::DiffGenerationsResponse) -> Result<(), Status>,
) -> Result<(), Status> {
    use v1::diff_generations_response::Part;

    let send = |part| send(v1::DiffGenerationsResponse { part: Some(part) });
    let failed = |error: ReadError| status(&error);
    let mut summary = v1::DiffSummary {
        from: from.0,
        to: to.0,
        ..v1::DiffSummary::default()
    };
    let mut waiting = Vec::new();
    // An entry under several keys is one entry.
    let mut seen = HashSet::new();
    for key in store.changed_keys(from, to).map_err(failed)? {
        for changed in store.changes_under(&key, from, to).map_err(failed)? {
            let Some((id, change)) = change_to_wire(&changed).map_err(failed)? else {
                continue;
            };
            if !seen.insert(id) {
                continue;
            }
            match change.kind() {
                v1::ChangeKind::Listed => summary.listed += 1,
                v1::ChangeKind::Delisted => summary.delisted += 1,
                _ => summary.amended += 1,
            }
            waiting.push(change);
            if waiting.len() == CHANGES_PER_MESSAGE {
                let changes = std::mem::take(&mut waiting);
                send(Part::Changes(v1::Changes { changes }))?;
            }
        }
    }
    if !waiting.is_empty() {
        send(Part::Changes(v1::Changes { changes: waiting }))?;
    }
    send(Part::Summary(summary))
}

fn change_to_wire(changed: &ChangedEntry) -> Result<Option<(EntryId, v1::Change)>, ReadError> {
    let kind = match (&changed.before, &changed.after) {
        (None, Some(_)) => v1::ChangeKind::Listed,
        (Some(_), None) => v1::ChangeKind::Delisted,
        (Some(_), Some(_)) => v1::ChangeKind::Amended,
        (None, None) => return Ok(None),
    };
    let Some(row) = changed.after.as_ref().or(changed.before.as_ref()) else {
        return Ok(None);
    };
    let keyed = row.entry()?;
    let entry = keyed.entry;
    let change = v1::Change {
        kind: kind.into(),
        source: keyed.source.to_string(),
        address: entry.address,
        ticker: entry.ticker.unwrap_or_default(),
        subjects: entry.designation.subjects,
        programs: entry.designation.programs,
        incident: entry
            .incident
            .map(|incident| incident.id)
            .unwrap_or_default(),
        entry_id: row.id.to_string(),
    };
    Ok(Some((row.id, change)))
}
