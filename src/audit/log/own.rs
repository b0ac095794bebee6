//! The records that the log itself writes.

use std::time::{SystemTime, UNIX_EPOCH};

use prost::Message as _;
use uuid::Uuid;

use super::super::record::{Record, record::Event};
use super::shared::Shared;

/// The build, as records name it.
const BUILD: &str = concat!("interdict ", env!("CARGO_PKG_VERSION"));

/// Returns a record of now.
pub(super) fn record(shared: &Shared, event: Event) -> Vec<u8> {
    Record {
        id: Uuid::now_v7().as_bytes().to_vec().into(),
        wall_ns: now_ns(),
        monotonic_ns: monotonic_ns(shared),
        build: BUILD.to_owned(),
        event: Some(event),
    }
    .encode_to_vec()
}

/// Returns the wall clock, in nanoseconds since 1970.
pub(super) fn now_ns() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    }
}

pub(super) fn monotonic_ns(shared: &Shared) -> u64 {
    u64::try_from(shared.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
