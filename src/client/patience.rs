//! How long to wait, and what to try again.
//!
//! A screening is a read, so asking twice does no harm. It is asked again
//! only where the daemon may answer the next time: `UNAVAILABLE`,
//! `RESOURCE_EXHAUSTED`, and a connection that was lost. Every wait is drawn,
//! grows, follows what the daemon asks for, and ends with the deadline.

use std::error::Error as _;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// What gRPC calls the daemon's wish to be left alone.
const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// How long a call may take, and how often it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From the question to the decision, everything included.
    pub deadline: Duration,
    /// How often it is asked at most, the first time included.
    pub attempts_max: u32,
    /// Longest wait before the second attempt; it doubles from there.
    pub backoff_first: Duration,
    /// Longest wait at all, unless the daemon asks for more.
    pub backoff_max: Duration,
}

impl Patience {
    /// For one withdrawal: half a second, three attempts. A daemon on the same
    /// network answers in about a millisecond.
    pub const WITHDRAWAL: Self = Self {
        deadline: Duration::from_millis(500),
        attempts_max: 3,
        backoff_first: Duration::from_millis(20),
        backoff_max: Duration::from_millis(200),
    };

    /// For a batch: five seconds.
    pub const BATCH: Self = Self {
        deadline: Duration::from_secs(5),
        attempts_max: 4,
        backoff_first: Duration::from_millis(50),
        backoff_max: Duration::from_secs(1),
    };

    /// Returns how long to wait before asking again after so many attempts, or
    /// `None` if that would be in vain. `random` is from 0 to 1.
    pub(super) fn wait(
        &self,
        attempts: u32,
        failed: &Status,
        left: Duration,
        random: f64,
    ) -> Option<Duration> {
        if attempts >= self.attempts_max || !may_pass(failed) {
            return None;
        }
        let doublings = attempts.saturating_sub(1).min(16);
        let longest = self.backoff_first.saturating_mul(1 << doublings);
        // Never less than half, so that waits do grow.
        let drawn = longest.min(self.backoff_max).mul_f64(0.5 + random / 2.0);
        let wait = match wish(failed) {
            Wish::Never => return None,
            Wish::After(asked) => asked.max(drawn),
            Wish::Nothing => drawn,
        };
        (wait < left).then_some(wait)
    }
}

/// What the daemon says about being asked again.
enum Wish {
    Nothing,
    After(Duration),
    Never,
}

fn wish(failed: &Status) -> Wish {
    if let Some(pushback) = failed.metadata().get(PUSHBACK) {
        let milliseconds = pushback.to_str().ok().and_then(|text| text.parse().ok());
        // What is negative or no number means: do not.
        return milliseconds.map_or(Wish::Never, |wait| Wish::After(Duration::from_millis(wait)));
    }
    match failed.get_details_retry_info() {
        Some(info) => info.retry_delay.map_or(Wish::Nothing, Wish::After),
        None => Wish::Nothing,
    }
}

/// Tells whether the next attempt may end otherwise.
pub(super) fn may_pass(failed: &Status) -> bool {
    matches!(failed.code(), Code::Unavailable | Code::ResourceExhausted) || is_lost(failed)
}

/// Tells whether the connection was lost. What the daemon itself says has no
/// cause on this side.
fn is_lost(failed: &Status) -> bool {
    let is_ours = failed.code() != Code::Ok && failed.metadata().is_empty();
    is_ours && failed.source().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    const PATIENCE: Patience = Patience {
        deadline: Duration::from_secs(1),
        attempts_max: 4,
        backoff_first: Duration::from_millis(20),
        backoff_max: Duration::from_millis(50),
    };
    const LEFT: Duration = Duration::from_secs(1);

    fn wait(attempts: u32, failed: &Status) -> Option<u128> {
        let wait = PATIENCE.wait(attempts, failed, LEFT, 1.0)?;
        Some(wait.as_millis())
    }

    #[test]
    fn waits_grow_are_drawn_and_have_an_end() {
        let failed = Status::unavailable("starting");
        let waits: Vec<_> = (1..6).map(|attempts| wait(attempts, &failed)).collect();
        assert_eq!(waits, [Some(20), Some(40), Some(50), None, None]);
        let least = PATIENCE.wait(2, &failed, LEFT, 0.0);
        assert_eq!(least, Some(Duration::from_millis(20)));
    }

    #[test]
    fn only_what_may_pass_is_asked_again() {
        for code in 1..=16 {
            let failed = Status::new(Code::from(code), "no");
            let again = matches!(failed.code(), Code::Unavailable | Code::ResourceExhausted);
            assert_eq!(wait(1, &failed).is_some(), again, "{failed}");
        }
    }

    #[test]
    fn the_daemons_wish_is_followed() {
        let pushed = |text: &'static str| {
            let mut failed = Status::resource_exhausted("later");
            let value = text.parse().expect("a value");
            failed.metadata_mut().insert(PUSHBACK, value);
            wait(1, &failed)
        };
        assert_eq!(pushed("300"), Some(300));
        assert_eq!(pushed("0"), Some(20));
        assert_eq!(pushed("-1"), None);
        assert_eq!(pushed("soon"), None);
        // Not within the deadline: better to say so now.
        assert_eq!(pushed("1000"), None);

        let details = ErrorDetails::with_retry_info(Some(Duration::from_millis(70)));
        let failed = Status::with_error_details(Code::ResourceExhausted, "later", details);
        assert_eq!(wait(1, &failed), Some(70));
    }
}
