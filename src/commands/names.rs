//! Names of the API's values, as people and machines read them.
//!
//! The wire says `VERDICT_LISTED` or a number; output says `LISTED`. A number
//! this program does not know shows as `UNSPECIFIED`, and is acted on as such.

use serde_json::{Value, json};

use crate::grpc::v1;
use crate::list::Category;

macro_rules! named {
    ($($function:ident: $kind:ident, $prefix:literal;)*) => {
        $(pub(super) fn $function(number: i32) -> &'static str {
            let value = v1::$kind::try_from(number).unwrap_or_default();
            let name = value.as_str_name();
            name.strip_prefix($prefix).unwrap_or(name)
        })*
    };
}

named! {
    verdict: Verdict, "VERDICT_";
    action: Action, "ACTION_";
    reason: Reason, "REASON_";
    relation: Relation, "RELATION_";
    tier: Tier, "TIER_";
    category: Category, "CATEGORY_";
    confidence: Confidence, "CONFIDENCE_";
    flag: Flag, "FLAG_";
    change: ChangeKind, "CHANGE_KIND_";
    sync_outcome: SyncOutcome, "SYNC_OUTCOME_";
    sync_phase: SyncPhase, "SYNC_PHASE_";
    event: HistoryEventKind, "HISTORY_EVENT_KIND_";
    cause: Cause, "CAUSE_";
    alert_kind: AlertKind, "ALERT_KIND_";
    readiness: Readiness, "READINESS_";
}

/// Dollars as people say them; nothing where the sum is not known.
pub(super) fn dollars(sum: u64) -> String {
    if sum == 0 {
        return String::new();
    }
    format!("${:.1} million", sum as f64 / 1e6)
}

/// Who did something, and why.
pub(super) fn act_to_json(act: &v1::Act) -> Value {
    json!({
        "author": act.author,
        "reason": act.reason,
        "ticket": (!act.ticket.is_empty()).then_some(&act.ticket),
        "approver": (!act.approver.is_empty()).then_some(&act.approver),
    })
}

/// The wire's word for a category.
pub(super) fn category_to_wire(category: Category) -> v1::Category {
    let name = format!("CATEGORY_{category}");
    v1::Category::from_str_name(&name).unwrap_or_default()
}

/// Seconds as people say them: `94 d`, `5 h`, `12 min`.
pub(super) fn age(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// Milliseconds as people say them.
pub(super) fn duration(milliseconds: u64) -> String {
    if milliseconds < 1_000 {
        format!("{milliseconds} ms")
    } else {
        format!("{:.1} s", milliseconds as f64 / 1_000.0)
    }
}

/// Numbers as people read them: `1,234,567`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes as people say them.
pub(super) fn bytes(number: u64) -> String {
    match number {
        0..1_048_576 => format!("{} KiB", number >> 10),
        1_048_576..10_737_418_240 => format!("{} MiB", number >> 20),
        _ => format!("{} GiB", number >> 30),
    }
}

/// `n thing`, with the plural where it belongs.
pub(super) fn several(number: u64, thing: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {thing}{ending}", count(number))
}

/// The first half of a digest: enough to compare by eye.
pub(super) fn short_digest(digest: &[u8]) -> String {
    const_hex::encode(&digest[..digest.len().min(8)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_no_prefix_and_unknown_numbers_no_meaning() {
        assert_eq!(verdict(v1::Verdict::NotListed.into()), "NOT_LISTED");
        assert_eq!(action(v1::Action::Block.into()), "BLOCK");
        assert_eq!(verdict(99), "UNSPECIFIED");
        assert_eq!(flag(v1::Flag::BundledSnapshot.into()), "BUNDLED_SNAPSHOT");
    }

    #[test]
    fn ages_are_said_in_the_largest_sensible_unit() {
        let said = [0, 119, 120, 7_199, 7_200, 172_800].map(age);
        assert_eq!(said, ["0 s", "119 s", "2 min", "119 min", "2 h", "2 d"]);
    }

    #[test]
    fn large_numbers_can_be_read() {
        let read = [0, 12, 999, 1_000, 1_234_567].map(count);
        assert_eq!(read, ["0", "12", "999", "1,000", "1,234,567"]);
        assert_eq!(several(1, "record"), "1 record");
        assert_eq!(several(2_000, "record"), "2,000 records");
        assert_eq!(bytes(3 << 20), "3 MiB");
    }
}
