//! Wiring, limits, start and stop.
//!
//! [`run`] is the whole life of the daemon in one block: verify the data
//! directory, load the generation, serve, wait for the stop, drain. The
//! caller owns the sockets and the stop signal, so tests can too.
//!
//! HTTP/2 is what a unary call costs, and moving work between threads is
//! what a general runtime adds to it; so each serving thread runs a
//! single-threaded runtime of its own and accepts for itself, with the
//! kernel spreading connections over the listeners (`SO_REUSEPORT`).

mod accept;
mod health;
mod listen;
mod monitoring;
mod open_files;
mod recording;
mod services;
mod stop;
mod syncing;
mod wiring;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use thiserror::Error;
use tokio::runtime::{Builder, Runtime as TokioRuntime};
use tracing::{info, warn};

use crate::audit::{AuditLog, Recorder};
use crate::config::{Config, Runtime};
use crate::generation::{Generation, LiveGeneration};
use crate::import::{Pending, RecordError, Spool, SpoolError};
use crate::screening::Screener;
use crate::store::Store;
use crate::store::book::BookError;

pub use accept::{Connection, ConnectionLimits, connections};
pub use listen::{ListenError, Listeners};
pub use open_files::allow_connections;
pub use recording::{LogError, log_path, open_log};
pub use stop::Stop;

use services::Services;
use stop::EndsAll;

/// Batches, rescreens, uploads and differences of one serving thread that
/// run at once; more of them wait.
const BLOCKING_THREADS_MAX: usize = 16;

/// Why the daemon did not start, or did not go on.
#[derive(Debug, Error)]
pub enum ServeError {
    /// Leftovers of uploads cannot be removed.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The book of portfolios is refused.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The sockets cannot be used.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A thread or its runtime cannot be made.
    #[error("cannot start a serving thread")]
    Thread(#[source] std::io::Error),
    /// The audit log cannot be told of the start.
    #[error("the audit log cannot be told of the start, and nothing is answered without it")]
    Record(#[from] RecordError),
    /// The serving code failed.
    #[error("serving failed")]
    Transport(#[source] tonic::transport::Error),
}

/// Serves an opened data directory and its audit log until told to stop.
///
/// `ready` is told the address once requests are answered.
///
/// # Errors
///
/// If a socket or a thread cannot be had, or a serving thread fails.
pub fn run(
    (store, generation): (Arc<Store>, Option<Generation>),
    log: AuditLog,
    config: &Config,
    listeners: Listeners,
    stop: &Stop,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    Spool::clear(store.data_dir())?;
    if let Err(error) = Pending::of(store.data_dir()).clear_partial() {
        warn!(%error, "what a kill left half-kept could not be removed");
    }
    let live = Arc::new(LiveGeneration::default());
    match generation {
        Some(generation) => {
            warn_of_age(&generation.record.publications, config);
            live.publish(generation);
        }
        None => warn!(
            "the data directory holds no list yet: screening is unavailable until one is imported"
        ),
    }
    let address = listeners.address();
    let recorder = Recorder::new(log);
    let screener = Screener::new(live.clone(), config.requirements.clone(), config.policy);
    let recording = recording::begin(&recorder, (&store, &live), (&screener, config), address)?;
    let (monitor, webhooks) = wiring::watch(&store, &live, (&screener, &recorder), config)?;
    let monitoring = crate::grpc::Monitoring::new(
        (monitor.clone(), webhooks.clone()),
        recorder.clone(),
        config.limits,
    );
    let recorded = (screener, recorder.clone(), recording);
    let (services, syncer) = wiring::wire(&store, &live, recorded, monitoring, config);
    let watching = monitoring::start(
        monitor,
        live.clone(),
        webhooks,
        &config.monitoring,
        stop.clone(),
    )
    .map_err(ServeError::Thread)?;
    let keeper = health::keep(store, live, services.health_reporter(), stop.clone())
        .map_err(ServeError::Thread)?;
    let syncing = syncing::start(syncer, stop.clone()).map_err(ServeError::Thread)?;
    let outcome = match config.runtime {
        Runtime::PerCore => serve_per_core(&services, config, listeners, stop, || ready(address)),
        Runtime::WorkStealing => {
            serve_stealing(&services, config, listeners, stop, || ready(address))
        }
    };
    syncing.end();
    watching.end();
    keeper.end();
    recording::end(&recorder);
    outcome
}

/// One thread, one runtime, one listener; nothing shared but the data.
fn serve_per_core(
    services: &Services,
    config: &Config,
    listeners: Listeners,
    stop: &Stop,
    ready: impl FnOnce(),
) -> Result<(), ServeError> {
    let limits = ConnectionLimits::new(&config.limits);
    let mut threads = Vec::new();
    for (index, listener) in listeners.into_each().into_iter().enumerate() {
        let (services, limits, stop) = (services.clone(), limits.clone(), stop.clone());
        let drain = config.drain;
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(BLOCKING_THREADS_MAX)
            .thread_name("interdict-blocking")
            .build()
            .map_err(ServeError::Thread)?;
        let serve = move || {
            let _guard = EndsAll(stop.clone());
            let outcome = runtime.block_on(services.serve(listener, limits, &stop, drain));
            end(runtime);
            outcome
        };
        let thread = thread::Builder::new()
            .name(format!("interdict-{index}"))
            .spawn(serve)
            .map_err(ServeError::Thread)?;
        threads.push(thread);
    }
    info!(threads = threads.len(), "serving");
    ready();
    let mut outcome = Ok(());
    for thread in threads {
        let ended = thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        outcome = outcome.and(ended);
    }
    outcome
}

/// Tokio's default, for comparison and for machines where one connection
/// carries nearly everything.
fn serve_stealing(
    services: &Services,
    config: &Config,
    listeners: Listeners,
    stop: &Stop,
    ready: impl FnOnce(),
) -> Result<(), ServeError> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(listeners.count())
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS_MAX * listeners.count())
        .thread_name("interdict")
        .build()
        .map_err(ServeError::Thread)?;
    let limits = ConnectionLimits::new(&config.limits);
    let drain = config.drain;
    let outcome = runtime.block_on(async {
        let tasks: Vec<_> = listeners
            .into_each()
            .into_iter()
            .map(|listener| {
                let (services, limits, stop) = (services.clone(), limits.clone(), stop.clone());
                tokio::spawn(async move {
                    let _guard = EndsAll(stop.clone());
                    services.serve(listener, limits, &stop, drain).await
                })
            })
            .collect();
        info!(threads = tasks.len(), "serving");
        ready();
        let mut outcome = Ok(());
        for task in tasks {
            let ended = task
                .await
                .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
            outcome = outcome.and(ended);
        }
        outcome
    });
    end(runtime);
    outcome
}

/// An import under way is let finish if it does so soon; one that is cut off
/// leaves the generation before, as a kill would.
fn end(runtime: TokioRuntime) {
    runtime.shutdown_timeout(Duration::from_secs(5));
}

fn warn_of_age(publications: &[crate::list::Publication], config: &Config) {
    let now = jiff::Timestamp::now();
    for held in publications {
        let configured = config.requirements.rule(&held.source);
        if configured.is_some_and(|rule| rule.tier != held.tier) {
            warn!(source = %held.source, tier = %held.tier, "held under another tier than configured: import it again");
        }
        let days = crate::freshness::age(held, now).as_secs() / 86_400;
        if held.origin == crate::list::Origin::Bundled && config.requirements.accept_bundled {
            warn!(source = %held.source, age_days = days, "answering from the bundled snapshot: import the current list");
        } else if config.requirements.is_stale(held, now) {
            warn!(source = %held.source, age_days = days, "the list is stale: NOT_LISTED is not answered until it is imported again");
        }
    }
}
