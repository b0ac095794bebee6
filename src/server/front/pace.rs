//! The pace at which the calls of one connection begin.
//!
//! A connection can bring hundreds of calls in one read. If all of them were
//! begun at once, whoever asks on another connection would stand behind them
//! all. So only a few of them wait for the thread at a time: each that has had
//! its first turn lets the next one in. What takes longer than a turn goes on
//! beside, and holds up nobody.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;

use hyper::rt::Executor;
use parking_lot::Mutex;

/// Calls of one connection that wait for their first turn.
const WAITING_MAX: usize = 32;

/// Begins the calls of one connection. Clones are one and the same.
#[derive(Clone, Default)]
pub(super) struct Pace(Arc<Mutex<Begun>>);

#[derive(Default)]
struct Begun {
    waiting: usize,
    later: VecDeque<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Pace {
    fn execute(&self, call: F) {
        {
            let mut begun = self.0.lock();
            if begun.waiting >= WAITING_MAX {
                begun.later.push_back(Box::pin(call));
                return;
            }
            begun.waiting += 1;
        }
        tokio::spawn(paced(call, LetsIn::after(self.clone())));
    }
}

impl Pace {
    /// A call had its first turn.
    fn next(&self) {
        let next = {
            let mut begun = self.0.lock();
            let next = begun.later.pop_front();
            if next.is_none() {
                begun.waiting -= 1;
            }
            next
        };
        if let Some(call) = next {
            tokio::spawn(paced(call, LetsIn::after(self.clone())));
        }
    }
}

/// Runs a call that lets in the next after its first turn.
async fn paced(call: impl Future<Output = ()>, mut lets_in: LetsIn) {
    let mut call = pin!(call);
    poll_fn(|context| {
        lets_in.has_turn = true;
        let polled = call.as_mut().poll(context);
        lets_in.now();
        polled
    })
    .await;
}

/// Lets in the next once, whatever becomes of the call.
struct LetsIn {
    pace: Option<Pace>,
    has_turn: bool,
}

impl LetsIn {
    fn after(pace: Pace) -> Self {
        Self {
            pace: Some(pace),
            has_turn: false,
        }
    }

    fn now(&mut self) {
        if let Some(pace) = self.pace.take() {
            pace.next();
        }
    }
}

impl Drop for LetsIn {
    fn drop(&mut self) {
        if self.has_turn {
            // It panicked.
            self.now();
        } else if let Some(pace) = self.pace.take() {
            // The threads end, and nothing is begun any more.
            let never = std::mem::take(&mut pace.0.lock().later);
            drop(never);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::task::yield_now;

    use super::*;

    const ALL: usize = 10 * WAITING_MAX;

    /// Begins many calls at once, and returns how many had their turn before
    /// somebody who came after them.
    async fn begun_before_another(call: impl Fn(Arc<AtomicUsize>) -> Call) -> (usize, usize) {
        let (pace, begun) = (Pace::default(), Arc::new(AtomicUsize::new(0)));
        for _ in 0..ALL {
            pace.execute(call(begun.clone()));
        }
        let counted = begun.clone();
        let other = tokio::spawn(async move { counted.load(Ordering::Relaxed) });
        let before = other.await.expect("it ends");
        for _ in 0..2 * ALL {
            yield_now().await;
        }
        (before, begun.load(Ordering::Relaxed))
    }

    type Call = Pin<Box<dyn Future<Output = ()> + Send>>;

    #[tokio::test]
    async fn many_calls_let_somebody_else_in_and_all_are_begun() {
        let ends = |begun: Arc<AtomicUsize>| -> Call {
            Box::pin(async move {
                begun.fetch_add(1, Ordering::Relaxed);
            })
        };
        assert_eq!(begun_before_another(ends).await, (WAITING_MAX, ALL));
    }

    #[tokio::test]
    async fn those_that_take_long_or_panic_hold_up_nobody() {
        let stays = |begun: Arc<AtomicUsize>| -> Call {
            Box::pin(async move {
                begun.fetch_add(1, Ordering::Relaxed);
                pending().await
            })
        };
        assert_eq!(begun_before_another(stays).await, (WAITING_MAX, ALL));
        let panics = |begun: Arc<AtomicUsize>| -> Call {
            Box::pin(async move {
                begun.fetch_add(1, Ordering::Relaxed);
                panic!("on purpose");
            })
        };
        assert_eq!(begun_before_another(panics).await, (WAITING_MAX, ALL));
    }
}
