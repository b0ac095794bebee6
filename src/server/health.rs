//! Health follows readiness, and the sweep decides whether it is deserved.
//!
//! One thread watches the live generation: it sweeps each that is published
//! and reports `SERVING` while one is live and no stop was asked for. A sweep
//! that misses a listed key takes the generation away, and with it the
//! answers: a daemon that would wave a listed address through must not
//! answer at all.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::sleep;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tracing::{error, info};

use crate::generation::{LiveGeneration, sweep};
use crate::grpc::v1::{AUDIT, LISTS, MONITOR, SCREENING, STATUS, SYNC};
use crate::metrics;
use crate::store::Store;

use super::Stop;

/// Time for watchers to hear that the daemon stops.
const TOLD: Duration = Duration::from_millis(500);

/// The thread that keeps health true; it is ended by its owner.
pub(super) struct Keeper {
    ended: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Ends the thread and waits for it.
    pub(super) fn end(mut self) {
        self.ended.ask();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Starts keeping health. It is true from the moment this returns.
///
/// # Errors
///
/// If a runtime or a thread for it cannot be had.
pub(super) fn keep(
    store: Arc<Store>,
    live: Arc<LiveGeneration>,
    reporter: HealthReporter,
    stop: Stop,
) -> io::Result<Keeper> {
    let ended = Stop::default();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    // A fresh reporter says SERVING for the whole and knows no service.
    runtime.block_on(report(&reporter, live.pin().is_some()));
    let until = ended.clone();
    let work = move || runtime.block_on(follow(&store, &live, &reporter, &stop, &until));
    let thread = thread::Builder::new()
        .name("interdict-health".to_owned())
        .spawn(work)?;
    Ok(Keeper {
        ended,
        thread: Some(thread),
    })
}

async fn follow(
    store: &Store,
    live: &LiveGeneration,
    reporter: &HealthReporter,
    stop: &Stop,
    ended: &Stop,
) {
    let mut changes = live.watch();
    loop {
        let stopping = stop.is_asked();
        let is_ready = changes.borrow_and_update().is_some();
        report(reporter, is_ready && !stopping).await;
        if stopping {
            // Whoever watches has been told; an open watch would hold up the
            // drain to its end.
            tokio::select! {
                () = sleep(TOLD) => {}
                () = ended.asked() => return,
            }
            for service in ["", SCREENING, LISTS, SYNC, MONITOR, AUDIT, STATUS] {
                reporter.clone().clear_service_status(service).await;
            }
            ended.asked().await;
            return;
        }
        if is_ready {
            let cut_short = || changes.has_changed().unwrap_or(true) || stop.is_asked();
            sweep_live(store, live, cut_short);
        }
        // What was published during the sweep counts as a change.
        tokio::select! {
            biased;
            () = ended.asked() => return,
            () = stop.asked() => {}
            changed = changes.changed() => if changed.is_err() { return },
        }
    }
}

async fn report(reporter: &HealthReporter, ready: bool) {
    let screening = if ready {
        ServingStatus::Serving
    } else {
        ServingStatus::NotServing
    };
    for service in ["", SCREENING] {
        reporter.set_service_status(service, screening).await;
    }
    // Lists can be imported and looked at whether or not one is live.
    for service in [LISTS, SYNC, MONITOR, AUDIT, STATUS] {
        reporter
            .set_service_status(service, ServingStatus::Serving)
            .await;
    }
}

fn sweep_live(store: &Store, live: &LiveGeneration, cut_short: impl Fn() -> bool) {
    let Some(generation) = live.pin() else { return };
    match sweep(store, &generation, cut_short) {
        Ok(Some(swept)) => {
            metrics::edge().swept(true);
            info!(
                generation = %generation.number(),
                keys = swept.keys,
                rows = swept.rows,
                "swept: every listed key is found"
            );
        }
        Ok(None) => {}
        Err(error) => {
            metrics::edge().swept(false);
            error!(%error, generation = %generation.number(), "the sweep failed: nothing is answered any more");
            live.withdraw();
        }
    }
}
