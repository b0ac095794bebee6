//! Threads for many addresses, so that they cannot starve withdrawals.
//!
//! Whoever waits for one address waits on the serving threads; batches and
//! rescreens run here, at a lower priority and on all cores but one: a thread
//! that is interrupted is so only after a millisecond or two, and a withdrawal
//! would wait for that. What unpacks and packs their messages has threads of
//! its own, at the same priority.

use std::cell::Cell;
use std::io;
use std::sync::Arc;

use thiserror::Error;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tracing::{Instrument as _, debug};

/// How much the serving threads come first: a nice value.
const NICENESS: i32 = 10;

/// Threads for long work. Clones are one and the same.
#[derive(Clone)]
pub struct Pool {
    runtime: Arc<Owned>,
}

/// Dropped where waiting is not allowed: what still runs is left to end.
struct Owned(Option<Runtime>);

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// The work ended without a result: it panicked, or the daemon stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("screening stopped unexpectedly")]
pub struct Stopped;

impl Pool {
    /// Makes one for a machine of so many cores: one of them is left to those
    /// who wait for one address.
    ///
    /// # Errors
    ///
    /// If a runtime for them cannot be had.
    pub fn beside(cores: usize) -> io::Result<Self> {
        Self::new(cores.saturating_sub(1), cores / 4)
    }

    /// Screens on up to `threads`, which come with the work, and handles
    /// calls on `handlers`; on one each at least.
    ///
    /// # Errors
    ///
    /// If a runtime for them cannot be had.
    pub fn new(threads: usize, handlers: usize) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(handlers.max(1))
            .max_blocking_threads(threads.max(1))
            .enable_all()
            .thread_name("interdict-rescreen")
            .on_thread_start(step_back)
            .build()?;
        Ok(Self {
            runtime: Arc::new(Owned(Some(runtime))),
        })
    }

    /// Handles a call, and ends it when whoever waits for it gives up.
    ///
    /// # Errors
    ///
    /// If it ended without a result.
    pub async fn handle<T: Send + 'static>(
        &self,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Stopped> {
        let runtime = self.runtime.0.as_ref().ok_or(Stopped)?;
        // A set ends what it holds when it is dropped.
        let mut calls = JoinSet::new();
        calls.spawn_on(call.in_current_span(), runtime.handle());
        let ended = calls.join_next().await;
        ended.and_then(Result::ok).ok_or(Stopped)
    }

    /// Handles what nobody waits for: it must see by itself when to end.
    ///
    /// # Errors
    ///
    /// If the daemon stops.
    pub fn spawn(&self, call: impl Future<Output = ()> + Send + 'static) -> Result<(), Stopped> {
        let runtime = self.runtime.0.as_ref().ok_or(Stopped)?;
        runtime.spawn(call.in_current_span());
        Ok(())
    }

    /// Tells whether this runs on a thread of a pool.
    pub fn is_here() -> bool {
        IS_BEHIND.get()
    }

    /// Runs work on one of the threads, as soon as one is free.
    ///
    /// # Errors
    ///
    /// If it ended without a result.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        let runtime = self.runtime.0.as_ref().ok_or(Stopped)?;
        runtime.spawn_blocking(work).await.map_err(|_| Stopped)
    }
}

thread_local! {
    static IS_BEHIND: Cell<bool> = const { Cell::new(false) };
}

/// Lets the serving threads come first. Linux keeps a priority per thread.
fn step_back() {
    IS_BEHIND.set(true);
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        debug!(%error, "the priority of rescreens could not be lowered");
    }
    #[cfg(not(target_os = "linux"))]
    debug!(NICENESS, "threads have no priority of their own here");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_runs_apart_and_behind() {
        let pool = Pool::new(1, 1).expect("a runtime can be had");
        let name = pool.run(|| std::thread::current().name().map(str::to_owned));
        assert_eq!(name.await, Ok(Some("interdict-rescreen".to_owned())));
        #[cfg(target_os = "linux")]
        {
            let niceness = pool.run(|| rustix::process::getpriority_process(None).ok());
            assert_eq!(niceness.await, Ok(Some(NICENESS)));
            let own = rustix::process::getpriority_process(None).ok();
            assert_ne!(own, Some(NICENESS), "and nobody else does");
        }
        assert_eq!(pool.run(Pool::is_here).await, Ok(true));
        assert_eq!(pool.handle(async { Pool::is_here() }).await, Ok(true));
        assert!(!Pool::is_here());
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_not_the_end() {
        let pool = Pool::new(1, 1).expect("a runtime can be had");
        let bad = pool.run(|| panic!("on purpose"));
        assert_eq!(bad.await, Err::<(), _>(Stopped));
        assert_eq!(pool.run(|| 7).await, Ok(7));
    }
}
