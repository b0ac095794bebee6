//! The thread that watches portfolios, beside those that serve.
//!
//! It looks whenever a generation goes live, a portfolio comes in, or a day
//! begins, and again after what failed; and it delivers to the webhooks.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use tokio::runtime::Builder;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tracing::{error, warn};

use crate::generation::LiveGeneration;
use crate::monitor::Monitor;
use crate::monitor::webhook::Webhooks;

use super::Stop;

/// A batch under way is let finish if it does so soon; one that is cut off is
/// done by the next start.
const BATCH_GRACE: Duration = Duration::from_secs(5);

/// Waits after failures in a row.
const WAIT_MIN: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Clocks are set, and machines sleep: never look away for longer.
const LOOK_AWAY_MAX: Duration = Duration::from_secs(600);

/// The thread; it is ended by its owner.
pub(super) struct Watching {
    ended: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Watching {
    /// Ends the thread and waits for it.
    pub(super) fn end(mut self) {
        self.ended.ask();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Starts watching, until the stop or the end.
///
/// # Errors
///
/// If a runtime or a thread for it cannot be had.
pub(super) fn start(
    monitor: Arc<Monitor>,
    live: Arc<LiveGeneration>,
    webhooks: Webhooks,
    stop: Stop,
) -> io::Result<Watching> {
    let ended = Stop::default();
    let until = ended.clone();
    let runtime = Builder::new_current_thread()
        .enable_all()
        // One compares; the others ask for the addresses of webhooks.
        .max_blocking_threads(4)
        .thread_name("interdict-compare")
        .build()?;
    let work = move || {
        runtime.block_on(async {
            let cut_short = {
                let (stop, until) = (stop.clone(), until.clone());
                move || stop.is_asked() || until.is_asked()
            };
            let watching = watch(&monitor, &live, cut_short);
            let delivering = webhooks.deliver(&monitor);
            tokio::select! {
                biased;
                () = stop.asked() => {}
                () = until.asked() => {}
                () = watching => {}
                () = delivering => {}
            }
        });
        monitor.close();
        runtime.shutdown_timeout(BATCH_GRACE);
    };
    let thread = thread::Builder::new()
        .name("interdict-watch".to_owned())
        .spawn(work)?;
    Ok(Watching {
        ended,
        thread: Some(thread),
    })
}

async fn watch(
    monitor: &Arc<Monitor>,
    live: &LiveGeneration,
    cut_short: impl Fn() -> bool + Clone + Send + 'static,
) {
    let mut published = live.watch();
    let mut failures = 0_u32;
    loop {
        published.borrow_and_update();
        let (looking, cut_short) = (monitor.clone(), cut_short.clone());
        let looked = spawn_blocking(move || looking.advance(cut_short)).await;
        let wait = match looked {
            Ok(Ok(())) => {
                failures = 0;
                until_tomorrow(Timestamp::now())
            }
            Ok(Err(error)) => {
                failures = failures.saturating_add(1);
                let wait = WAIT_MIN.saturating_mul(2_u32.saturating_pow(failures.min(16)));
                let wait = wait.min(WAIT_MAX);
                warn!(
                    error = &error as &dyn std::error::Error,
                    ?wait,
                    "alerts are held up: it is tried again"
                );
                wait
            }
            Err(panic) => {
                error!(%panic, "comparing generations ended unexpectedly: it is tried again");
                WAIT_MAX
            }
        };
        tokio::select! {
            changed = published.changed() => if changed.is_err() { return },
            () = monitor.woken() => {}
            () = sleep(wait) => {}
        }
    }
}

/// How long it is until the next day begins, in UTC.
fn until_tomorrow(now: Timestamp) -> Duration {
    let begins = now
        .to_zoned(TimeZone::UTC)
        .checked_add(1.day())
        .and_then(|tomorrow| tomorrow.start_of_day());
    let wait = begins.map(|begins| begins.timestamp().duration_since(now));
    let wait = wait.ok().and_then(|wait| Duration::try_from(wait).ok());
    // A moment after, so that it surely has begun.
    wait.map_or(LOOK_AWAY_MAX, |wait| wait + Duration::from_millis(100))
        .min(LOOK_AWAY_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_begins_is_not_missed() {
        let wait = |text: &str| until_tomorrow(text.parse().expect("an instant"));
        assert_eq!(wait("2026-11-22T23:59:58Z"), Duration::from_millis(2_100));
        assert_eq!(wait("2026-11-22T00:00:00Z"), LOOK_AWAY_MAX);
        assert_eq!(until_tomorrow(Timestamp::MAX), LOOK_AWAY_MAX);
    }
}
