//! Logs: structured, on standard error, and never with raw input.
//!
//! A text somebody sends may be a private key, so it is not logged at any
//! level; canonical forms appear at debug only.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::Log;

/// Starts logging for the life of the process.
///
/// A filter that does not parse falls back to `info`; the configuration is
/// checked before this is called. A second call in one process does nothing.
pub fn start(log: &Log) {
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        // Telling standard error that standard error takes nothing would end
        // the thread that tried.
        .log_internal_errors(false);
    let outcome = if log.json {
        builder.json().try_init()
    } else {
        let colours = io::stderr().is_terminal();
        builder.with_target(false).with_ansi(colours).try_init()
    };
    // Only a process that logs already gets here: a test.
    drop(outcome);
}
