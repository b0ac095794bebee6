//! Wiring, limits, start and stop.
//!
//! [`run`] is the whole life of the daemon in one block: verify the data
//! directory, load the generation, serve, wait for the stop, drain. The
//! caller owns the sockets and the stop signal, so tests can too.

mod certificates;
mod front;
mod health;
mod listen;
mod monitoring;
mod notify;
mod open_files;
mod recording;
mod reload;
mod services;
mod serving;
mod stop;
mod syncing;
mod wiring;

use std::sync::Arc;

use arc_swap::ArcSwap;
use thiserror::Error;
use tracing::warn;

use crate::access::Identities;
use crate::audit::{AuditLog, Recorder};
use crate::config::Config;
use crate::generation::{Generation, LiveGeneration};
use crate::import::{Pending, RecordError, Spool, SpoolError};
use crate::rescreen::Pool;
use crate::screening::Screener;
use crate::store::Store;
use crate::store::book::BookError;

use notify::{Pulse, ServiceManager};
use wiring::Beside;

pub(crate) use front::Refused;
pub use front::{ConnectionLimits, Front, Listener, Protocol, Tls, TlsError, serve};
pub use listen::{Addresses, ListenError, Listeners, Shared};
pub use open_files::allow_connections;
pub use recording::{LogError, log_path, open_log};
pub use reload::{ReadConfig, ReloadSignal, Reloading};
pub use stop::Stop;

/// Why the daemon did not start, or did not go on.
#[derive(Debug, Error)]
pub enum ServeError {
    /// Leftovers of uploads cannot be removed.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The book of portfolios is refused.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The sockets cannot be used.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A thread or its runtime cannot be made.
    #[error("cannot start a serving thread")]
    Thread(#[source] std::io::Error),
    /// The audit log cannot be told of the start.
    #[error("the audit log cannot be told of the start, and nothing is answered without it")]
    Record(#[from] RecordError),
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
    (stop, reloading): (&Stop, Reloading),
    ready: impl FnOnce(&Addresses),
) -> Result<(), ServeError> {
    let live = begin(&store, generation, config)?;
    let addresses = listeners.addresses().clone();
    let recorder = Recorder::new(log);
    let screener = Screener::with_rules(live.clone(), config.rules());
    let recording = recording::begin(
        &recorder,
        (&store, &live),
        (&screener, config),
        addresses.public,
    )?;
    let (monitor, webhooks) = wiring::watch(&store, &live, (&screener, &recorder), config)?;
    let monitoring = crate::grpc::Monitoring::new(
        (monitor.clone(), webhooks.clone()),
        recorder.clone(),
        config.limits,
    );
    let recorded = (screener, recorder.clone(), recording);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let pool = Pool::beside(cores).map_err(ServeError::Thread)?;
    let identities = Identities::new(&config.access, None);
    let identities = Arc::new(ArcSwap::from_pointee(identities));
    let tls = config.tls.clone().map(Tls::load).transpose()?;
    let (manager, pulse) = (ServiceManager::default(), Pulse::default());
    let beside = Beside {
        monitor: monitor.clone(),
        webhooks: webhooks.clone(),
        identities: identities.clone(),
        tls: tls.clone(),
        reading: (reloading.read, reloading.in_force),
        manager: manager.clone(),
        stop: stop.clone(),
    };
    let (services, syncer, reloader) =
        wiring::wire(&store, &live, recorded, (monitoring, pool), beside, config);
    let watching = monitoring::start(monitor, live.clone(), webhooks, stop.clone())
        .map_err(ServeError::Thread)?;
    let reloads = (reloader, reloading.signal);
    let speaking = notify::speak(
        manager.clone(),
        live.clone(),
        pulse.clone(),
        reloads,
        stop.clone(),
    )
    .map_err(ServeError::Thread)?;
    let keeper = health::keep(store, live, services.health_reporter(), stop.clone())
        .map_err(ServeError::Thread)?;
    let syncing = syncing::start(syncer, stop.clone()).map_err(ServeError::Thread)?;
    let edges = serving::Edges::new(&services, config, &identities, tls.as_ref(), &pulse);
    let ready = || {
        ready(&addresses);
        manager.ready();
    };
    let outcome = serving::run(&edges, config, listeners, (stop, &pulse), ready);
    syncing.end();
    watching.end();
    keeper.end();
    speaking.end();
    recording::end(&recorder);
    outcome
}

/// Tidies up after whatever ended the daemon before, and makes live what was
/// verified.
fn begin(
    store: &Store,
    generation: Option<Generation>,
    config: &Config,
) -> Result<Arc<LiveGeneration>, SpoolError> {
    Spool::clear(store.data_dir())?;
    if let Err(error) = Pending::of(store.data_dir()).clear_partial() {
        warn!(%error, "what a kill left half-kept could not be removed");
    }
    if config.test_addresses.enabled {
        reload::warn_of_tests();
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
    Ok(live)
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
