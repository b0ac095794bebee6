//! Retention: segments whose time is over are removed, oldest first, once the
//! log says so.
//!
//! The record of it is on the disk and under a signed checkpoint before the
//! first file goes: a log without its beginning is whole only if such a record
//! says that it may be.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use thiserror::Error;
use tracing::info;

use super::super::record::{Retired, record::Event};
use super::super::segment::{Kind, Segment, SegmentError};
use super::super::settings::Durability;
use super::own;
use super::queue::{AppendError, Who};
use super::shared::Shared;

/// How often to look whether the record is signed.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Why nothing was removed.
#[derive(Debug, Error)]
pub(super) enum RetireError {
    /// What is there cannot be told.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// Files cannot be listed or removed.
    #[error("the folder of the audit log")]
    Folder(#[from] io::Error),
    /// The log takes no record of it.
    #[error("it cannot be recorded")]
    Append(#[from] AppendError),
}

/// Removes the segments whose time is over.
pub(super) fn retire(shared: &Arc<Shared>, stop: &AtomicBool) -> Result<(), RetireError> {
    let years = shared.settings.retention_years;
    let Some(cutoff_ns) = cutoff_ns(years) else {
        return Ok(());
    };
    let segments = shared.folder.list()?.segments;
    let mut old = Vec::new();
    let mut kept_from = None;
    for pair in segments.windows(2) {
        let ((first, kind), (next, next_kind)) = (pair[0], pair[1]);
        if kind != Kind::Sealed || first == next {
            break;
        }
        let segment = Segment::open(&shared.folder.segment(first, kind), first, kind)?;
        let next = Segment::open(&shared.folder.segment(next, next_kind), next, next_kind)?;
        if newest_ns(&segment, &next) >= cutoff_ns {
            break;
        }
        old.push(segment);
        kept_from = Some(next.first());
    }
    let Some(first_record) = kept_from else {
        return Ok(());
    };
    let retired = Retired {
        first_record,
        segments: old.len() as u64,
        years,
    };
    let record = own::record(shared, Event::Retired(retired));
    let ticket = shared.append(Who::Log, [&record[..]])?;
    shared.wait_blocking(ticket, Durability::Strict)?;
    while shared.signed.load(Ordering::Acquire) < ticket.upto {
        if stop.load(Ordering::Acquire) || shared.has_failed() {
            // The next start finds them as old as they are now.
            return Ok(());
        }
        sleep(LOOK_EVERY);
    }
    for segment in &old {
        fs::remove_file(segment.path())?;
    }
    shared.folder.sync()?;
    info!(
        first_record,
        segments = old.len(),
        years,
        "old segments of the audit log were removed"
    );
    Ok(())
}

/// Returns when the newest record of a segment was made. The clock of one
/// record may have been wrong; the segment was closed no earlier than the
/// next one was made.
fn newest_ns(segment: &Segment, next: &Segment) -> i64 {
    let blocks = segment.footer().map_or(&[][..], |footer| &footer.blocks);
    let newest = blocks.iter().map(|block| block.span.wall_ns.1).max();
    newest.unwrap_or(i64::MIN).max(next.header().created_ns)
}

fn cutoff_ns(years: u32) -> Option<i64> {
    if years == 0 {
        return None;
    }
    let now = Timestamp::now().to_zoned(TimeZone::UTC);
    let span = Span::new().try_years(i64::from(years)).ok()?;
    let cutoff = now.checked_sub(span).ok()?;
    i64::try_from(cutoff.timestamp().as_nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_those_of_the_calendar_and_none_is_for_ever() {
        assert_eq!(cutoff_ns(0), None);
        let now = own::now_ns();
        let day = 86_400_000_000_000;
        let days = (now - cutoff_ns(10).expect("works") + day / 2) / day;
        assert!((3_652..=3_653).contains(&days), "{days}");
        assert_eq!(
            cutoff_ns(u32::MAX),
            None,
            "before time began: nothing is that old"
        );
    }
}
