//! Allowances: how much one identity may have under way, and how often it
//! may ask.
//!
//! Law 7: nothing from outside is unbounded. Whatever one caller does leaves
//! room for the others, and whoever is refused is told when to come again.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::{DefaultDirectRateLimiter, RateLimiter};
use parking_lot::Mutex;
use thiserror::Error;

/// Strangers that are remembered; beyond it those that are idle are
/// forgotten.
const STRANGERS_MAX: usize = 16_384;

/// What one identity may ask for at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Calls a second, bursts of a second's worth; `None`: as many as there
    /// is room for.
    pub calls_per_second: Option<NonZeroU32>,
    /// Calls under way at once, until their answers are taken.
    pub calls_max: usize,
    /// Addresses of batches under way at once, until their answers are taken.
    pub addresses_max: usize,
    /// Rescreens under way at once.
    pub rescreens_max: usize,
    /// Calls of large messages whose body is still to come.
    pub bodies_max: usize,
}

impl Quota {
    /// The larger of each. The rate is nobody's.
    pub(super) fn larger(self, other: Self) -> Self {
        Self {
            calls_per_second: None,
            calls_max: self.calls_max.max(other.calls_max),
            addresses_max: self.addresses_max.max(other.addresses_max),
            rescreens_max: self.rescreens_max.max(other.rescreens_max),
            bodies_max: self.bodies_max.max(other.bodies_max),
        }
    }

    /// What all callers together may have in use: a few times what one may.
    pub fn of_all(self) -> Self {
        let all = |max: usize| max.saturating_mul(4);
        Self {
            calls_per_second: None,
            calls_max: all(self.calls_max),
            addresses_max: all(self.addresses_max),
            rescreens_max: all(self.rescreens_max),
            bodies_max: all(self.bodies_max),
        }
    }
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            calls_per_second: None,
            calls_max: 512,
            addresses_max: 4000,
            rescreens_max: 4,
            bodies_max: 32,
        }
    }
}

/// What runs out by the second.
const RATE: &str = "calls a second";

/// What ran out, and when to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("too many {what} of this caller: ask again in {} ms", retry_after.as_millis())]
pub struct Exhausted {
    /// What there is too much of.
    pub what: &'static str,
    /// When there may be room.
    pub retry_after: Duration,
}

impl Exhausted {
    /// Tells whether it is the rate, and not what is in use at once.
    pub fn is_rate(&self) -> bool {
        self.what == RATE
    }
}

/// What one identity has in use, over all its connections.
#[derive(Debug)]
pub struct Allowance {
    quota: Quota,
    rate: Option<DefaultDirectRateLimiter>,
    in_use: [AtomicUsize; 4],
}

/// What is counted until it is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Calls.
    Calls,
    /// Addresses of batches.
    Addresses,
    /// Rescreens.
    Rescreens,
    /// Bodies that are still to come.
    Bodies,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls under way",
            Self::Addresses => "addresses of batches under way",
            Self::Rescreens => "rescreens under way",
            Self::Bodies => "large requests still to come",
        }
    }
}

/// Something in use; given back when dropped.
#[derive(Debug)]
pub struct Taken {
    of: Arc<Allowance>,
    unit: Unit,
    count: usize,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.of.in_use[self.unit as usize].fetch_sub(self.count, Ordering::Relaxed);
    }
}

impl Allowance {
    /// Nothing in use yet.
    pub fn new(quota: Quota) -> Self {
        let rate = quota
            .calls_per_second
            .map(|calls| RateLimiter::direct(governor::Quota::per_second(calls)));
        Self {
            quota,
            rate,
            in_use: Default::default(),
        }
    }

    /// Returns what it may have at most.
    pub fn quota(&self) -> Quota {
        self.quota
    }

    /// Counts a call: against the rate, and as one under way.
    ///
    /// # Errors
    ///
    /// If there is no room, and when to ask again.
    pub fn call(self: &Arc<Self>) -> Result<Taken, Exhausted> {
        if let Some(rate) = &self.rate {
            rate.check().map_err(|until| Exhausted {
                what: RATE,
                retry_after: until
                    .wait_time_from(rate.clock().now())
                    .max(Duration::from_millis(1)),
            })?;
        }
        self.take(Unit::Calls, 1)
    }

    /// Takes some of what is counted.
    ///
    /// # Errors
    ///
    /// If there is no room. More than there could ever be is let through when
    /// nothing else is in use: the size of one call has its own limit.
    pub fn take(self: &Arc<Self>, unit: Unit, count: usize) -> Result<Taken, Exhausted> {
        let max = match unit {
            Unit::Calls => self.quota.calls_max,
            Unit::Addresses => self.quota.addresses_max,
            Unit::Rescreens => self.quota.rescreens_max,
            Unit::Bodies => self.quota.bodies_max,
        };
        let fits = |before: usize| {
            let after = before.checked_add(count)?;
            (before == 0 || after <= max).then_some(after)
        };
        self.in_use[unit as usize]
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
            .map_err(|_| Exhausted {
                what: unit.name(),
                retry_after: Duration::from_millis(250),
            })?;
        let taken = Taken {
            of: self.clone(),
            unit,
            count,
        };
        Ok(taken)
    }

    fn is_idle(&self) -> bool {
        let mut counts = self.in_use.iter();
        counts.all(|count| count.load(Ordering::Relaxed) == 0)
    }
}

/// Allowances of those who prove nothing, by where they ask from.
#[derive(Debug)]
pub(super) struct Allowances {
    quota: Quota,
    /// Held for a look-up only.
    by_place: Arc<Mutex<HashMap<Arc<str>, Arc<Allowance>>>>,
}

impl Allowances {
    pub(super) fn new(quota: Quota) -> Self {
        Self {
            quota,
            by_place: Arc::default(),
        }
    }

    /// The same ones under a quota; another one begins anew.
    pub(super) fn with(&self, quota: Quota) -> Self {
        if quota != self.quota {
            return Self::new(quota);
        }
        Self {
            quota,
            by_place: self.by_place.clone(),
        }
    }

    pub(super) fn of(&self, place: &Arc<str>) -> Arc<Allowance> {
        let mut known = self.by_place.lock();
        if let Some(allowance) = known.get(place) {
            return allowance.clone();
        }
        if known.len() >= STRANGERS_MAX {
            known.retain(|_, allowance| !allowance.is_idle());
        }
        let allowance = Arc::new(Allowance::new(self.quota));
        known.insert(place.clone(), allowance.clone());
        allowance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowance(quota: Quota) -> Arc<Allowance> {
        Arc::new(Allowance::new(quota))
    }

    #[test]
    fn what_is_taken_is_counted_until_it_is_given_back() {
        let quota = Quota {
            calls_max: 2,
            ..Quota::default()
        };
        let mine = allowance(quota);
        let first = mine.call().expect("there is room");
        let second = mine.call().expect("there is room");
        let refused = mine.call().expect_err("full");
        assert_eq!(refused.what, "calls under way");
        assert!(!refused.retry_after.is_zero());
        drop(first);
        let third = mine.call().expect("there is room again");
        drop((second, third));
        assert!(mine.is_idle());
    }

    #[test]
    fn one_that_is_larger_than_all_goes_alone() {
        let quota = Quota {
            addresses_max: 10,
            ..Quota::default()
        };
        let mine = allowance(quota);
        let large = mine.take(Unit::Addresses, 100).expect("alone");
        assert!(mine.take(Unit::Addresses, 1).is_err());
        drop(large);
        let small = mine.take(Unit::Addresses, 10).expect("it fits");
        assert!(mine.take(Unit::Addresses, 1).is_err());
        drop(small);
        assert!(mine.is_idle());
    }

    #[test]
    fn all_together_have_room_for_whoever_may_have_most() {
        let (usual, large) = (Quota::default(), |addresses_max, rescreens_max| Quota {
            calls_per_second: NonZeroU32::new(5),
            addresses_max,
            rescreens_max,
            ..Quota::default()
        });
        let larger = usual.larger(large(9000, 1)).larger(large(10, 40));
        assert_eq!(larger.calls_per_second, None);
        assert_eq!(larger.of_all().addresses_max, 36_000);
        assert_eq!(larger.of_all().rescreens_max, 160);
        assert_eq!(larger.of_all().calls_max, 4 * usual.calls_max);
    }

    #[test]
    fn a_rate_refuses_what_comes_too_often_and_says_when_to_come() {
        let quota = Quota {
            calls_per_second: NonZeroU32::new(5),
            ..Quota::default()
        };
        let mine = allowance(quota);
        let taken: Vec<_> = (0..5).map(|_| mine.call().expect("a burst")).collect();
        let refused = mine.call().expect_err("too often");
        assert_eq!(refused.what, "calls a second");
        assert!(refused.retry_after <= Duration::from_millis(200));
        drop(taken);
    }

    #[test]
    fn strangers_are_counted_by_where_they_ask_from_and_forgotten_when_idle() {
        let strangers = Allowances::new(Quota::default());
        let here: Arc<str> = "10.0.0.1".into();
        let busy = strangers.of(&here).call().expect("there is room");
        for number in 0..STRANGERS_MAX {
            strangers.of(&number.to_string().into());
        }
        assert!(strangers.by_place.lock().len() < STRANGERS_MAX);
        assert!(!strangers.of(&here).is_idle());
        drop(busy);
        assert!(strangers.of(&here).is_idle());
    }
}
