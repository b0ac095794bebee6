//! The stop: asked for once, by whoever, and heard by everybody.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// A stop that can be asked for and waited for. Clones are one and the same.
#[derive(Clone, Debug)]
pub struct Stop {
    asked: Arc<watch::Sender<bool>>,
}

impl Default for Stop {
    fn default() -> Self {
        Self {
            asked: Arc::new(watch::Sender::new(false)),
        }
    }
}

impl Stop {
    /// Asks for it.
    pub fn ask(&self) {
        self.asked.send_replace(true);
    }

    /// Tells whether it was asked for.
    pub fn is_asked(&self) -> bool {
        *self.asked.borrow()
    }

    /// Waits until it is asked for.
    pub async fn asked(&self) {
        // The sender lives as long as `self`.
        let _ = self.asked.subscribe().wait_for(|asked| *asked).await;
    }

    /// Waits for a future, but after a stop no longer than the drain.
    pub(super) async fn within<T>(
        &self,
        drain: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => return Some(done),
            () = self.asked() => {}
        }
        timeout(drain, work).await.ok()
    }
}

/// Asks for a stop when a serving thread ends, however it ends: one of several
/// that is gone would leave connections unanswered for ever.
pub(super) struct EndsAll(pub(super) Stop);

impl Drop for EndsAll {
    fn drop(&mut self) {
        if !self.0.is_asked() {
            tracing::error!("a serving thread ended by itself: the daemon stops");
            self.0.ask();
        }
    }
}
