//! File descriptors: one for each connection, and what the store needs.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

/// Tables, logs, sockets that listen, and uploads.
const OWN: u64 = 512;

/// Raises the limit on open files as far as the system lets us, and returns
/// how many connections then fit: the store must never be the one that goes
/// without.
pub fn allow_connections(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    // No limit at all is written as `None`.
    let Some(current) = current else {
        return wanted;
    };
    let fit = usize::try_from(current.saturating_sub(OWN))
        .unwrap_or(usize::MAX)
        .max(1);
    if fit < wanted {
        warn!(
            open_files = current,
            connections = fit,
            "the system's limit on open files allows fewer connections than configured"
        );
    }
    fit.min(wanted)
}
