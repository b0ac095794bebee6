//! Logs and traces: structured, and never with raw input.
//!
//! A text somebody sends may be a private key, so it is neither logged nor
//! traced at any level; canonical forms appear in logs at debug only, and in
//! traces never. Logs go to standard error. Traces go to a collector by OTLP,
//! if the operator names one; a collector that is slow or dead costs spans
//! and nothing else.

pub mod calls;
mod traces;

use std::io::{self, IsTerminal as _};
use std::sync::OnceLock;
use std::time::Duration;

use thiserror::Error;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Log, Tracing};

use traces::Traces;

/// Why there can be no traces.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The thread that sends them cannot be had.
    #[error("the thread that sends traces cannot be started")]
    Thread(#[source] io::Error),
    /// The collector's address is none.
    #[error("`tracing.otlp_endpoint` cannot be used")]
    Endpoint(#[source] opentelemetry_otlp::ExporterBuildError),
}

/// Puts another filter in the place of the one that logging was started with.
static REPLACE_FILTER: OnceLock<Box<dyn Fn(EnvFilter) + Send + Sync>> = OnceLock::new();

/// Logs by another filter from now on. It does nothing where logging was not
/// started, nor for a filter that does not parse, which the configuration is
/// checked for before.
pub fn set_filter(filter: &str) {
    if let (Some(replace), Ok(filter)) = (REPLACE_FILTER.get(), EnvFilter::try_new(filter)) {
        replace(filter);
    }
}

/// What is kept while the process lives, and flushed at its end.
#[must_use = "dropping it ends the traces"]
pub struct Telemetry {
    traces: Option<Traces>,
}

impl Telemetry {
    /// Sends what is left, and waits no longer than this for the collector.
    pub fn flush(self, within: Duration) {
        if let Some(traces) = self.traces {
            traces.end(within);
        }
    }
}

/// Starts logging, and tracing if it is asked for, for the life of the
/// process.
///
/// A filter that does not parse falls back to `info`; the configuration is
/// checked before this is called. A second call in one process logs as the
/// first did.
///
/// # Errors
///
/// If traces are asked for and cannot be made.
pub fn start(log: &Log, tracing: &Tracing) -> Result<Telemetry, TelemetryError> {
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let (filter, handle) = reload::Layer::new(filter);
    let lines = fmt::layer()
        .with_writer(io::stderr)
        // Telling standard error that standard error takes nothing would end
        // the thread that tried.
        .log_internal_errors(false);
    let lines = if log.json {
        lines.json().with_filter(filter).boxed()
    } else {
        let colours = io::stderr().is_terminal();
        lines
            .with_target(false)
            .with_ansi(colours)
            .with_filter(filter)
            .boxed()
    };
    let (traces, layer) = match Traces::start(tracing)? {
        Some((traces, layer)) => (Some(traces), Some(layer)),
        None => (None, None),
    };
    calls::sample(traces.is_some().then_some(tracing.sample_ratio));
    let subscriber = tracing_subscriber::registry().with(lines).with(layer);
    // Only a process that logs already gets an error here: a test.
    drop(subscriber.try_init());
    // The first to start logging is whose filter can be replaced.
    let _ = REPLACE_FILTER.set(Box::new(move |filter| {
        // It fails only where nothing logs any more.
        let _ = handle.reload(filter);
    }));
    Ok(Telemetry { traces })
}
