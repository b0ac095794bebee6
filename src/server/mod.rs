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
mod services;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use thiserror::Error;
use tokio::runtime::{Builder, Runtime as TokioRuntime};
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::config::{Config, Runtime};
use crate::generation::{LiveGeneration, LoadError, load};
use crate::import::{Importer, Spool, SpoolError};
use crate::screening::Screener;
use crate::store::Store;

pub use accept::{Connection, ConnectionLimits, connections};
pub use listen::{ListenError, Listeners};

use services::Services;

/// Why the daemon did not start, or did not go on.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The generation cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Leftovers of uploads cannot be removed.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The sockets cannot be used.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A thread or its runtime cannot be made.
    #[error("cannot start a serving thread")]
    Thread(#[source] std::io::Error),
    /// The serving code failed.
    #[error("serving failed")]
    Transport(#[source] tonic::transport::Error),
}

/// A stop signal: becomes true once, and stays so.
pub type Stop = watch::Receiver<bool>;

/// Serves a store until told to stop.
///
/// `ready` is told the address once requests are answered.
///
/// # Errors
///
/// If the generation cannot be loaded or a socket or thread cannot be had.
pub fn run(
    store: Store,
    config: &Config,
    listeners: Listeners,
    stop: Stop,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let store = Arc::new(store);
    Spool::clear(store.data_dir())?;
    let live = Arc::new(LiveGeneration::default());
    match load(&store, config.false_positive_rate)? {
        Some(generation) => {
            warn_of_age(&generation.record.publications, config);
            live.publish(generation);
        }
        None => warn!(
            "the data directory holds no list yet: screening is unavailable until one is imported"
        ),
    }
    let services = wire(&store, &live, config);
    let keeper = health::keep(store, live, services.health_reporter(), stop.clone())
        .map_err(ServeError::Thread)?;
    let address = listeners.address();
    let outcome = match config.runtime {
        Runtime::PerCore => serve_per_core(&services, config, listeners, &stop, || ready(address)),
        Runtime::WorkStealing => {
            serve_stealing(&services, config, listeners, &stop, || ready(address))
        }
    };
    keeper.end();
    outcome
}

fn wire(store: &Arc<Store>, live: &Arc<LiveGeneration>, config: &Config) -> Services {
    let requirements = config.requirements.clone();
    let screener = Screener::new(live.clone(), requirements.clone(), config.policy);
    let importer = Importer::new(
        store.clone(),
        live.clone(),
        requirements.clone(),
        config.false_positive_rate,
        config.limits.import_entries_max,
    );
    Services::new(
        screener,
        crate::grpc::Lists::new(
            store.clone(),
            live.clone(),
            Arc::new(importer),
            requirements,
            config.limits,
        ),
        config.limits,
    )
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
        let (services, limits, mut stop) = (services.clone(), limits.clone(), stop.clone());
        let drain = config.drain;
        let runtime = Builder::new_current_thread()
            .enable_all()
            .thread_name("interdict-blocking")
            .build()
            .map_err(ServeError::Thread)?;
        let serve = move || {
            let outcome = runtime.block_on(services.serve(listener, limits, &mut stop, drain));
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
                let (services, limits, mut stop) = (services.clone(), limits.clone(), stop.clone());
                tokio::spawn(
                    async move { services.serve(listener, limits, &mut stop, drain).await },
                )
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

/// Waits for a stop; a signal whose sender is gone counts as one.
async fn stopped(stop: &mut Stop) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Waits for a future, but no longer than the drain after a stop.
async fn within_drain<T>(
    work: impl Future<Output = T>,
    stop: &mut Stop,
    drain: Duration,
) -> Option<T> {
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => return Some(done),
        () = stopped(stop) => {}
    }
    timeout(drain, work).await.ok()
}

fn warn_of_age(publications: &[crate::list::Publication], config: &Config) {
    let now = jiff::Timestamp::now();
    for held in publications {
        let days = crate::freshness::age(held, now).as_secs() / 86_400;
        if held.origin == crate::list::Origin::Bundled && config.requirements.accept_bundled {
            warn!(source = %held.source, age_days = days, "answering from the bundled snapshot: import the current list");
        } else if config.requirements.is_stale(held, now) {
            warn!(source = %held.source, age_days = days, "the list is stale: NOT_LISTED is not answered until it is imported again");
        }
    }
}
