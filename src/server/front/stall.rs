//! Answers that nobody takes.
//!
//! A client can read its socket, answer pings, and yet never open the window
//! of a stream: the answer then waits here for ever. Each answer of one piece
//! is counted under the tick in which it last moved; one that has not moved
//! for several ticks is a reader that does not read, and its connection is
//! cut. Streams of many pieces have deadlines of their own and are not
//! counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

/// More ticks than an answer may stand still.
const SLOTS: usize = 8;

/// Ticks in the time that an answer may stand still.
const TICKS: u32 = 4;

/// The answers of one connection that wait for their reader.
#[derive(Debug, Default)]
pub(super) struct Stalls {
    now: AtomicUsize,
    waiting: [AtomicU32; SLOTS],
}

/// One answer that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    of: Arc<Stalls>,
    slot: Option<usize>,
}

impl Stalls {
    /// Counts an answer from now on.
    pub(super) fn waiting(self: &Arc<Self>) -> Waiting {
        let mut waiting = Waiting {
            of: self.clone(),
            slot: None,
        };
        waiting.moved();
        waiting
    }

    /// Ends when an answer has stood still for as long as is allowed, a
    /// quarter more at most.
    pub(super) async fn too_long(&self, allowed: Duration) {
        let mut ticks = interval(allowed / TICKS);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            let now = self.now.load(Ordering::Relaxed) + 1;
            // Whoever still waits in the slot of so many ticks ago.
            let oldest = (now + SLOTS - TICKS as usize - 1) % SLOTS;
            if self.waiting[oldest].load(Ordering::Relaxed) > 0 {
                return;
            }
            self.now.store(now, Ordering::Relaxed);
        }
    }
}

impl Waiting {
    /// Its reader took something.
    pub(super) fn moved(&mut self) {
        let slot = self.of.now.load(Ordering::Relaxed) % SLOTS;
        if self.slot != Some(slot) {
            self.leave();
            self.of.waiting[slot].fetch_add(1, Ordering::Relaxed);
            self.slot = Some(slot);
        }
    }

    /// It is not the reader that is waited for.
    pub(super) fn leave(&mut self) {
        if let Some(slot) = self.slot.take() {
            self.of.waiting[slot].fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep, timeout};

    use super::*;

    const ALLOWED: Duration = Duration::from_millis(400);

    #[tokio::test]
    async fn an_answer_that_stands_still_is_noticed_in_time() {
        let stalls = Arc::new(Stalls::default());
        let _answer = stalls.waiting();
        let began = Instant::now();
        stalls.too_long(ALLOWED).await;
        assert!(began.elapsed() >= ALLOWED, "{:?}", began.elapsed());
        assert!(began.elapsed() < 4 * ALLOWED, "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn one_that_moves_or_waits_for_us_or_is_gone_is_not() {
        let stalls = Arc::new(Stalls::default());
        let watched = stalls.clone();
        let watch = tokio::spawn(async move { watched.too_long(ALLOWED).await });
        let mut moving = stalls.waiting();
        let mut ours = stalls.waiting();
        ours.leave();
        drop(stalls.waiting());
        for _ in 0..20 {
            sleep(ALLOWED / 8).await;
            moving.moved();
        }
        assert!(!watch.is_finished());
        assert!(timeout(10 * ALLOWED, watch).await.is_ok(), "and now it is");
    }
}
