//! Counters that many threads add to, cheaply enough for the hot path.
//!
//! A counter that all threads share is a cache line they take from each
//! other. [`Striped`] gives threads lines of their own and adds them up when
//! somebody reads, which is once per scrape. A reader sees every addition at
//! least once it is old, and never one twice; it does not see all counters at
//! one instant.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// Threads beyond so many share.
const STRIPES: usize = 16;

/// Upper bounds of the buckets of [`Durations`], in nanoseconds: fine where a
/// screening is, coarse where a rescreen is.
pub const BOUNDS_NS: [u64; 19] = [
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
    60_000_000_000,
];

/// Cells of a histogram: its buckets, one above them, and the sum.
const CELLS: usize = BOUNDS_NS.len() + 2;

/// `N` counters.
#[derive(Debug)]
pub struct Striped<const N: usize> {
    stripes: [Stripe<N>; STRIPES],
}

/// Two cache lines, since processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Stripe<const N: usize>([AtomicU64; N]);

impl<const N: usize> Default for Striped<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Striped<N> {
    /// Begins at zero.
    pub const fn new() -> Self {
        Self {
            stripes: [const { Stripe([const { AtomicU64::new(0) }; N]) }; STRIPES],
        }
    }

    /// Adds to a counter. One that does not exist is left alone.
    #[inline]
    pub fn add(&self, cell: usize, more: u64) {
        if let Some(counter) = self.stripes[stripe()].0.get(cell) {
            counter.fetch_add(more, Ordering::Relaxed);
        }
    }

    /// Returns what was added to a counter so far.
    pub fn sum(&self, cell: usize) -> u64 {
        let counters = self.stripes.iter().filter_map(|stripe| stripe.0.get(cell));
        counters.fold(0, |sum, counter| {
            sum.wrapping_add(counter.load(Ordering::Relaxed))
        })
    }
}

/// The stripe of this thread.
#[inline]
fn stripe() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OURS: usize = NEXT.fetch_add(1, Ordering::Relaxed) % STRIPES;
    }
    OURS.with(|ours| *ours)
}

/// How long things took, in buckets.
#[derive(Debug, Default)]
pub struct Durations {
    cells: Striped<CELLS>,
}

/// What a [`Durations`] holds at some time.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// In each bucket of [`BOUNDS_NS`], and last above them all.
    pub buckets: Vec<u64>,
    /// All of them together.
    pub sum: Duration,
}

impl Distribution {
    /// Returns how many there were.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

impl Durations {
    /// Begins with none.
    pub const fn new() -> Self {
        Self {
            cells: Striped::new(),
        }
    }

    /// Adds one.
    #[inline]
    pub fn add(&self, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX >> 8);
        let bucket = BOUNDS_NS.partition_point(|bound| *bound < nanoseconds);
        self.cells.add(bucket, 1);
        self.cells.add(CELLS - 1, nanoseconds);
    }

    /// Returns what was added so far.
    pub fn read(&self) -> Distribution {
        Distribution {
            buckets: (0..=BOUNDS_NS.len())
                .map(|cell| self.cells.sum(cell))
                .collect(),
            sum: Duration::from_nanos(self.cells.sum(CELLS - 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn nothing_is_lost_between_many_threads() {
        let counters = Striped::<3>::new();
        thread::scope(|scope| {
            for _ in 0..40 {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        counters.add(0, 1);
                        counters.add(2, 3);
                    }
                });
            }
        });
        let sums = [0, 1, 2, 3].map(|cell| counters.sum(cell));
        assert_eq!(sums, [40_000, 0, 120_000, 0]);
    }

    #[test]
    fn a_bound_belongs_to_its_own_bucket() {
        let durations = Durations::new();
        for nanoseconds in [0, 25_000, 25_001, 60_000_000_000, 60_000_000_001] {
            durations.add(Duration::from_nanos(nanoseconds));
        }
        let read = durations.read();
        assert_eq!(read.buckets[..3], [2, 1, 0]);
        assert_eq!(read.buckets[18..], [1, 1]);
        assert_eq!(read.count(), 5);
        assert_eq!(read.sum, Duration::from_nanos(120_000_050_002));
    }

    #[test]
    fn the_bounds_rise() {
        assert!(BOUNDS_NS.is_sorted_by(|a, b| a < b));
    }
}
