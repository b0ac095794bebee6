//! When a webhook that failed is tried again.
//!
//! Pure. The longest wait doubles with each failure, and the wait is drawn
//! anew between the least and that, so that many daemons do not come back in
//! step.

use std::time::Duration;

const WAIT_MIN: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_mins(15);

/// Returns how long to wait after so many failures in a row. `random` is from
/// 0 to 1; what the other side asks for is followed within the same bounds.
pub(super) fn wait(failures: u32, random: f64, retry_after: Option<Duration>) -> Duration {
    let doubled = WAIT_MIN.saturating_mul(2_u32.saturating_pow(failures.min(31)));
    let longest = doubled.min(WAIT_MAX);
    let drawn = WAIT_MIN + (longest - WAIT_MIN).mul_f64(random.clamp(0.0, 1.0));
    drawn.max(retry_after.unwrap_or_default().min(WAIT_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_are_drawn_and_end_at_a_quarter_of_an_hour() {
        let longest = |failures| wait(failures, 1.0, None).as_secs();
        assert_eq!(
            [1, 2, 3, 9, 10, u32::MAX].map(longest),
            [2, 4, 8, 512, 900, 900]
        );
        for failures in [0, 1, 5, u32::MAX] {
            assert_eq!(wait(failures, 0.0, None), WAIT_MIN);
            assert!(wait(failures, 0.5, None) <= wait(failures, 1.0, None));
        }
    }

    #[test]
    fn a_wish_to_be_left_alone_is_followed_within_bounds() {
        let wished = |seconds| wait(1, 0.0, Some(Duration::from_secs(seconds)));
        assert_eq!(wished(0), WAIT_MIN);
        assert_eq!(wished(60).as_secs(), 60);
        assert_eq!(wished(u64::MAX), WAIT_MAX);
    }
}
