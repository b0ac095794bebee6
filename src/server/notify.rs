//! What the service manager is told, and what it asks for.
//!
//! One thread says that the daemon is ready, reads the configuration anew
//! when a signal asks for it, and keeps the watchdog content: but only while
//! every serving thread beats. A beat comes from the runtime that answers
//! requests, between two of them, so one that is stuck stops beating, the
//! watchdog is told nothing, and the manager starts the daemon again. Without
//! a manager nothing is sent.
//!
//! The protocol is that of `sd_notify(3)`.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use sd_notify::NotifyState;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{debug, error, warn};

use crate::generation::LiveGeneration;

use super::Stop;
use super::reload::{ReloadSignal, Reloader};

/// How often a serving thread beats.
const BEAT_EVERY: Duration = Duration::from_millis(500);

/// A thread that has not beaten for this long does not answer. Far above what
/// the longest work between two requests takes, and below any sensible
/// `WatchdogSec`.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// Where nobody watches, whether a thread is stuck is looked at and logged
/// all the same.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The way to the service manager. Clones are one and the same.
#[derive(Clone, Debug, Default)]
pub(super) struct ServiceManager {
    status: Arc<Mutex<String>>,
}

impl ServiceManager {
    /// The daemon serves.
    pub(super) fn ready(&self) {
        let status = self.status.lock().clone();
        tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
    }

    /// The configuration is being read anew; `ready` ends it.
    pub(super) fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(error) => debug!(%error, "the monotonic clock cannot be read"),
        }
    }

    /// The daemon stops.
    fn stopping(&self) {
        tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
    }

    /// Says what is live, in words for people.
    fn says(&self, live: &LiveGeneration) {
        let words = match live.pin() {
            Some(live) => {
                let (number, entries) = (live.number(), live.record.entries());
                format!("serving generation {number}, {entries} entries")
            }
            None => "no list is live: screening is unavailable".to_owned(),
        };
        let mut status = self.status.lock();
        if *status != words {
            tell(&[NotifyState::Status(&words)]);
            *status = words;
        }
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!(%error, "the service manager could not be told");
    }
}

/// When each serving thread last showed that it answers.
#[derive(Clone, Debug)]
pub(super) struct Pulse {
    began: Instant,
    beats: Arc<Mutex<Vec<Beat>>>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            beats: Arc::default(),
        }
    }
}

/// A thread by name, and when it beat last: milliseconds since the pulse began.
type Beat = (String, Arc<AtomicU64>);

/// One thread's.
#[derive(Debug)]
pub(super) struct Heart {
    pulse: Pulse,
    name: String,
    /// Milliseconds since the pulse began.
    last: Arc<AtomicU64>,
}

impl Pulse {
    /// Watches one more thread, from now until its heart is dropped.
    pub(super) fn heart(&self, name: &str) -> Heart {
        let last = Arc::new(AtomicU64::new(self.millis()));
        self.beats.lock().push((name.to_owned(), last.clone()));
        Heart {
            pulse: self.clone(),
            name: name.to_owned(),
            last,
        }
    }

    /// Returns a thread that has been silent for longer than it may be.
    fn silent(&self, max: Duration) -> Option<String> {
        let now = self.millis();
        let max = u64::try_from(max.as_millis()).unwrap_or(u64::MAX);
        let beats = self.beats.lock();
        let mut silent = beats
            .iter()
            .filter(|(_, last)| now.saturating_sub(last.load(Ordering::Relaxed)) > max);
        silent.next().map(|(name, _)| name.clone())
    }

    /// Returns how many threads are watched, and how many of them are stuck.
    pub(super) fn stuck(&self) -> (usize, usize) {
        let now = self.millis();
        let max = u64::try_from(SILENCE_MAX.as_millis()).unwrap_or(u64::MAX);
        let beats = self.beats.lock();
        let stuck = beats
            .iter()
            .filter(|(_, last)| now.saturating_sub(last.load(Ordering::Relaxed)) > max);
        (beats.len(), stuck.count())
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Heart {
    /// Does work, and beats as long as the thread that polls it gets round to
    /// it.
    pub(super) async fn beating<T>(self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        let mut beats = interval(BEAT_EVERY);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = beats.tick() => self.last.store(self.pulse.millis(), Ordering::Relaxed),
            }
        }
    }
}

impl Drop for Heart {
    /// A thread that has ended is not stuck.
    fn drop(&mut self) {
        let mut beats = self.pulse.beats.lock();
        beats.retain(|(name, last)| *name != self.name || !Arc::ptr_eq(last, &self.last));
    }
}

/// The thread that speaks with the service manager; it is ended by its owner.
pub(super) struct Speaking {
    ended: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Speaking {
    /// Ends the thread and waits for it.
    pub(super) fn end(mut self) {
        self.ended.ask();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Begins to speak with the service manager, until the end. It is told that
/// the daemon is ready by whoever makes it so.
///
/// # Errors
///
/// If a runtime or a thread for it cannot be had.
pub(super) fn speak(
    manager: ServiceManager,
    live: Arc<LiveGeneration>,
    pulse: Pulse,
    (reloader, signal): (Arc<Reloader>, ReloadSignal),
    stop: Stop,
) -> io::Result<Speaking> {
    let ended = Stop::default();
    let until = ended.clone();
    let runtime = Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .thread_name("interdict-reload")
        .build()?;
    manager.says(&live);
    let work = move || {
        runtime.block_on(async {
            let speaking = async {
                tokio::join!(
                    follow(&manager, &live),
                    watch(&pulse, sd_notify::watchdog_enabled()),
                    reload(&reloader, &signal),
                    async {
                        stop.asked().await;
                        manager.stopping();
                    }
                )
            };
            tokio::select! {
                biased;
                () = until.asked() => {}
                _ = speaking => {}
            }
        });
    };
    let thread = thread::Builder::new()
        .name("interdict-notify".to_owned())
        .spawn(work)?;
    Ok(Speaking {
        ended,
        thread: Some(thread),
    })
}

async fn follow(manager: &ServiceManager, live: &LiveGeneration) {
    let mut changes = live.watch();
    loop {
        changes.borrow_and_update();
        manager.says(live);
        if changes.changed().await.is_err() {
            return;
        }
    }
}

/// Tells the watchdog that all is well, while it is.
async fn watch(pulse: &Pulse, watchdog: Option<Duration>) {
    // Half of the time, as `sd_watchdog_enabled(3)` has it.
    let every = watchdog.map_or(LOOK_EVERY, |within| within / 2);
    let max = watchdog.map_or(SILENCE_MAX, |within| SILENCE_MAX.min(within));
    let mut looks = interval(every.max(Duration::from_millis(10)));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut said = None;
    loop {
        looks.tick().await;
        let silent = pulse.silent(max);
        match &silent {
            None if watchdog.is_some() => tell(&[NotifyState::Watchdog]),
            Some(thread) if said != silent => {
                error!(thread, "a serving thread does not answer");
            }
            _ => {}
        }
        if silent.is_none() && said.is_some() {
            warn!("every serving thread answers again");
        }
        said = silent;
    }
}

/// Reads the configuration anew whenever the signal asks for it. The reload
/// logs what became of it.
async fn reload(reloader: &Arc<Reloader>, signal: &ReloadSignal) {
    let mut under_way = JoinSet::new();
    loop {
        signal.asked().await;
        let reloader = reloader.clone();
        under_way.spawn_blocking(move || drop(reloader.reload("SIGHUP")));
        while under_way.join_next().await.is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(pulse: &Pulse) -> bool {
        pulse.silent(Duration::from_millis(1200)).is_none()
    }

    /// Two runtimes as the daemon has them; a request that never returns is
    /// put on one of them.
    #[test]
    fn a_thread_that_is_stuck_is_silent_however_well_the_others_beat() {
        let pulse = Pulse::default();
        let stop = Stop::default();
        let (stick, stuck) = std::sync::mpsc::channel::<()>();
        let serve = |name: &str, stuck: Option<std::sync::mpsc::Receiver<()>>| {
            let (heart, stop) = (pulse.heart(name), stop.clone());
            thread::spawn(move || {
                let runtime = Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime").block_on(heart.beating(async {
                    if let Some(stuck) = stuck {
                        tokio::spawn(async move {
                            tokio::time::sleep(Duration::from_millis(1500)).await;
                            // Blocks the thread, as no request should.
                            let _ = stuck.recv();
                        });
                    }
                    stop.asked().await;
                }));
            })
        };
        let threads = [serve("0", None), serve("1", Some(stuck))];
        thread::sleep(Duration::from_millis(1300));
        assert!(quiet(&pulse), "both beat");
        thread::sleep(Duration::from_millis(2200));
        let silent = pulse.silent(Duration::from_millis(1200));
        assert_eq!(silent.as_deref(), Some("1"));
        // It comes back, and is content again.
        stick.send(()).expect("it waits");
        thread::sleep(Duration::from_millis(1000));
        assert!(quiet(&pulse), "both beat again");
        stop.ask();
        for thread in threads {
            thread.join().expect("it ends");
        }
        assert!(pulse.beats.lock().is_empty(), "who has ended is not missed");
    }
}
