//! When a source is asked next.
//!
//! Pure: what happened, the clock and a random number go in, a moment comes
//! out. A source is asked at once if it was never had or is older than its
//! interval, else an interval after it was had, give or take a tenth, so that
//! many daemons do not ask a publisher in step. After failures the wait
//! doubles from a minute up to the interval, drawn anew each time; a
//! publisher that names a time is not asked before it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Shortest wait after a failure, for intervals longer than it.
const WAIT_MIN: Duration = Duration::from_secs(60);

/// Share of the interval by which the next time may differ, either way.
const JITTER: f64 = 0.1;

/// A publisher's wish to be asked later is followed so far.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(24);

/// A past that is further ahead of the clock than this never happened.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_mins(5);

/// What happened to a source so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Past {
    /// When it was last asked.
    pub attempt: Option<Timestamp>,
    /// When it was last had, or found unchanged.
    pub success: Option<Timestamp>,
    /// Failures since.
    pub failures: u32,
    /// How much later the publisher wanted to be asked, after the last one.
    pub retry_after: Option<Duration>,
}

/// Returns when a source is asked next. `random` is from 0 to 1, drawn once
/// for each attempt.
pub fn due(past: Past, interval: Duration, now: Timestamp, random: f64) -> Timestamp {
    let real = |at: &Timestamp| at.duration_since(now) <= CLOCK_SLACK;
    let attempt = past.attempt.filter(real);
    let success = past.success.filter(real);
    match (attempt, success) {
        (Some(attempt), _) if past.failures > 0 => later(
            attempt,
            wait(past.failures, interval, past.retry_after, random),
        ),
        (_, Some(success)) if past.failures == 0 => {
            if now.duration_since(success) >= signed(interval) {
                return now;
            }
            let factor = 1.0 - JITTER + 2.0 * JITTER * unit(random);
            later(success, interval.mul_f64(factor))
        }
        _ => now,
    }
}

/// Returns how long it is until a source is due. A moment that is further
/// off than anything [`due`] gives was drawn by a clock that was set since.
pub fn until(due: Timestamp, interval: Duration, now: Timestamp) -> Duration {
    let wait: Duration = due.duration_since(now).try_into().unwrap_or_default();
    let longest = interval.mul_f64(1.0 + JITTER).max(RETRY_AFTER_MAX);
    if wait > longest + Duration::from_secs(60) {
        return Duration::ZERO;
    }
    wait
}

/// Returns how long to wait after so many failures in a row.
fn wait(failures: u32, interval: Duration, retry_after: Option<Duration>, random: f64) -> Duration {
    let shortest = WAIT_MIN.min(interval);
    let doubled = WAIT_MIN.saturating_mul(2_u32.saturating_pow(failures.min(31)));
    let longest = doubled.min(interval).max(shortest);
    let drawn = shortest + (longest - shortest).mul_f64(unit(random));
    let wished = retry_after.unwrap_or_default().min(RETRY_AFTER_MAX);
    drawn.max(wished)
}

fn unit(random: f64) -> f64 {
    if random.is_nan() {
        0.0
    } else {
        random.clamp(0.0, 1.0)
    }
}

fn later(at: Timestamp, wait: Duration) -> Timestamp {
    at.saturating_add(signed(wait)).unwrap_or(Timestamp::MAX)
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn now() -> Timestamp {
        Timestamp::from_second(1_790_000_000).expect("a time")
    }

    fn had(ago: Duration) -> Past {
        let at = now() - signed(ago);
        Past {
            attempt: Some(at),
            success: Some(at),
            ..Past::default()
        }
    }

    fn failed(failures: u32) -> Past {
        Past {
            attempt: Some(now()),
            failures,
            ..Past::default()
        }
    }

    #[test]
    fn what_was_never_had_or_is_old_is_asked_at_once() {
        assert_eq!(due(Past::default(), HOUR, now(), 0.9), now());
        assert_eq!(due(had(HOUR), HOUR, now(), 0.9), now());
        assert_eq!(due(had(HOUR * 1000), HOUR, now(), 0.9), now());
    }

    #[test]
    fn the_interval_counts_from_the_last_success_give_or_take_a_tenth() {
        let after = |random| due(had(Duration::ZERO), HOUR, now(), random).duration_since(now());
        assert_eq!(after(0.0), SignedDuration::from_mins(54));
        assert_eq!(after(0.5), SignedDuration::from_mins(60));
        assert_eq!(after(1.0), SignedDuration::from_mins(66));
    }

    #[test]
    fn waits_double_up_to_the_interval() {
        let longest = |failures| {
            let at = due(failed(failures), HOUR * 6, now(), 1.0);
            at.duration_since(now()).as_secs() / 60
        };
        let minutes: Vec<i64> = (1..=10).map(longest).collect();
        assert_eq!(minutes, [2, 4, 8, 16, 32, 64, 128, 256, 360, 360]);
        let shortest = due(failed(9), HOUR * 6, now(), 0.0).duration_since(now());
        assert_eq!(shortest, SignedDuration::from_mins(1));
    }

    #[test]
    fn failures_count_although_the_list_is_old() {
        let mut past = had(HOUR * 100);
        past.attempt = Some(now());
        past.failures = 1;
        assert!(due(past, HOUR, now(), 0.0) > now(), "no storm of restarts");
    }

    #[test]
    fn a_publisher_that_names_a_time_is_not_asked_before() {
        let mut past = failed(1);
        past.retry_after = Some(HOUR * 3);
        assert_eq!(due(past, HOUR, now(), 0.5), now() + signed(HOUR * 3));
        past.retry_after = Some(HOUR * 1000);
        assert_eq!(due(past, HOUR, now(), 0.5), now() + signed(HOUR * 24));
    }

    #[test]
    fn a_past_in_the_future_is_forgotten() {
        let mut past = had(Duration::ZERO);
        past.attempt = Some(now() + SignedDuration::from_hours(5));
        past.success = past.attempt;
        assert_eq!(due(past, HOUR, now(), 0.5), now());
        past.failures = 3;
        assert_eq!(due(past, HOUR, now(), 0.5), now());
    }

    #[test]
    fn a_clock_that_was_ahead_does_not_silence_a_source() {
        let later = |wait| now() + signed(wait);
        assert_eq!(until(later(HOUR), HOUR, now()), HOUR);
        assert_eq!(until(now() - signed(HOUR), HOUR, now()), Duration::ZERO);
        assert_eq!(until(later(HOUR * 24), HOUR, now()), HOUR * 24);
        assert_eq!(until(later(HOUR * 999), HOUR * 24 * 365, now()), HOUR * 999);
        assert_eq!(until(later(HOUR * 24 * 365), HOUR, now()), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn a_source_is_asked_in_bounded_time_and_never_in_a_storm(
            ago in 0_u64..400_000,
            success_before in 0_u64..400_000,
            failures in 0_u32..u32::MAX,
            interval in 1_u64..1_000_000,
            random in 0.0_f64..=1.0,
        ) {
            let interval = Duration::from_secs(interval);
            let attempt = now() - SignedDuration::from_secs(ago as i64);
            let past = Past {
                attempt: Some(attempt),
                success: Some(attempt - SignedDuration::from_secs(success_before as i64)),
                failures,
                retry_after: None,
            };
            let at = due(past, interval, now(), random);
            let latest = interval.mul_f64(1.0 + JITTER) + Duration::from_secs(1);
            prop_assert!(at <= now() + signed(latest));
            let wait: Duration = at.duration_since(now()).try_into().unwrap_or_default();
            prop_assert_eq!(until(at, interval, now()), wait);
            if failures > 0 {
                prop_assert!(at >= attempt + signed(WAIT_MIN.min(interval)));
            }
        }

        #[test]
        fn nothing_makes_it_panic(
            attempt in any::<i32>(),
            failures in any::<u32>(),
            interval in any::<u64>(),
            retry_after in any::<Option<u64>>(),
            random in any::<f64>(),
        ) {
            let past = Past {
                attempt: Timestamp::from_second(attempt.into()).ok(),
                success: Timestamp::from_second(attempt.into()).ok(),
                failures,
                retry_after: retry_after.map(Duration::from_secs),
            };
            let interval = Duration::from_millis(interval >> 12);
            let at = due(past, interval, now(), random);
            prop_assert!(at <= Timestamp::MAX);
        }
    }
}
