//! Threads for many addresses, so that they cannot starve withdrawals.
//!
//! Whoever waits for one address waits on the serving threads; batches and
//! rescreens run here, on as many threads as there are cores and at a lower
//! priority: they take what is left of the processor, which is nearly all of
//! it when nobody withdraws.

use std::io;
use std::sync::Arc;

use thiserror::Error;
use tokio::runtime::{Builder, Runtime};
use tracing::debug;

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
    /// Starts with no thread; they come with the work, up to `threads`.
    ///
    /// # Errors
    ///
    /// If a runtime for them cannot be had.
    pub fn new(threads: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(threads.max(1))
            .thread_name("interdict-rescreen")
            .on_thread_start(step_back)
            .build()?;
        Ok(Self {
            runtime: Arc::new(Owned(Some(runtime))),
        })
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

/// Lets the serving threads come first. Linux keeps a priority per thread.
fn step_back() {
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
        let pool = Pool::new(1).expect("a runtime can be had");
        let name = pool.run(|| std::thread::current().name().map(str::to_owned));
        assert_eq!(name.await, Ok(Some("interdict-rescreen".to_owned())));
        #[cfg(target_os = "linux")]
        {
            let niceness = pool.run(|| rustix::process::getpriority_process(None).ok());
            assert_eq!(niceness.await, Ok(Some(NICENESS)));
            let own = rustix::process::getpriority_process(None).ok();
            assert_ne!(own, Some(NICENESS), "and nobody else does");
        }
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_not_the_end() {
        let pool = Pool::new(1).expect("a runtime can be had");
        let bad = pool.run(|| panic!("on purpose"));
        assert_eq!(bad.await, Err::<(), _>(Stopped));
        assert_eq!(pool.run(|| 7).await, Ok(7));
    }
}
