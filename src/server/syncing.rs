//! The thread that keeps the lists current, beside those that serve.

use std::io;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Builder;

use crate::sync::Syncer;

use super::Stop;

/// Imports and reads of raw files that run at once: one of each.
const BLOCKING_THREADS_MAX: usize = 2;

/// An import under way is let finish if it does so soon.
const IMPORT_GRACE: Duration = Duration::from_secs(5);

/// The thread; it is ended by its owner.
pub(super) struct Syncing {
    ended: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Syncing {
    /// Ends the thread and waits for it.
    pub(super) fn end(mut self) {
        self.ended.ask();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Starts syncing, until the stop or the end.
///
/// # Errors
///
/// If a runtime or a thread for it cannot be had.
pub(super) fn start(syncer: Syncer, stop: Stop) -> io::Result<Syncing> {
    let ended = Stop::default();
    let until = ended.clone();
    let runtime = Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .thread_name("interdict-import")
        .build()?;
    let work = move || {
        runtime.block_on(async {
            // Dropping the syncer is what ends a slow download at once.
            tokio::select! {
                biased;
                () = stop.asked() => {}
                () = until.asked() => {}
                () = syncer.run() => {}
            }
        });
        runtime.shutdown_timeout(IMPORT_GRACE);
    };
    let thread = thread::Builder::new()
        .name("interdict-sync".to_owned())
        .spawn(work)?;
    Ok(Syncing {
        ended,
        thread: Some(thread),
    })
}
