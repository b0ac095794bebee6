//! What is posted, and how it is signed. `docs/monitoring.md` has both for
//! whoever takes them.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::alert::{Alert, Side};
use crate::list::Act;
use crate::verdict::{Match, Relation};

/// Edition of the schema; new fields may come without a new one.
const SCHEMA: u32 = 1;

/// Returns the body: one JSON object.
pub(super) fn body(alert: &Alert) -> String {
    json!({
        "schema": SCHEMA,
        "sequence": alert.sequence,
        "id": alert.id.to_string(),
        "at": format!("{:.0}", alert.at),
        "kind": alert.kind.name(),
        "portfolio": alert.portfolio.as_str(),
        "address": alert.address,
        "tag": alert.tag,
        "network": given(&alert.network),
        "reference": given(&alert.reference),
        "before": alert.before.as_ref().map(side),
        "after": side(&alert.after),
        "match": matched(&alert.found),
    })
    .to_string()
}

/// Returns the signature of a body: `t=SECONDS,v1=HEX`, the HMAC-SHA256 of
/// `SECONDS.BODY`. The time is inside, so that an old message cannot be sent
/// again as a new one.
pub(super) fn signature(secret: &[u8], at: Timestamp, body: &str) -> String {
    let seconds = at.as_second();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body.as_bytes());
    let code = const_hex::encode(mac.finalize().into_bytes());
    format!("t={seconds},v1={code}")
}

fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn side(side: &Side) -> Value {
    json!({
        "generation": side.generation.0,
        "generation_digest": const_hex::encode(side.digest),
        "verdict": side.verdict.to_string(),
        "action": side.action.name(),
    })
}

fn matched(found: &Match) -> Value {
    let entry = &found.entry;
    let designation = &entry.designation;
    let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string());
    json!({
        "relation": relation(found.relation),
        "why": given(&found.why),
        "active": found.active,
        "action": found.action.name(),
        "source": found.source.as_str(),
        "tier": found.tier.to_string(),
        "category": entry.category.name(),
        "entry_id": found.id.to_string(),
        "subjects": designation.subjects,
        "programs": designation.programs,
        "subject_id": designation.subject_id,
        "designated_on": day(designation.designated_on),
        "listed_on": day(entry.listed_on),
        "delisted_on": day(found.delisted_on),
        "published_address": entry.address,
        "published_ticker": entry.ticker,
        "incident": entry.incident.as_ref().map(|incident| json!({
            "id": incident.id,
            "name": incident.name,
            "date": day(incident.date),
        })),
        "role": entry.role,
        "confidence": entry.confidence.map(|known| known.name()),
        "reference": entry.reference,
        "note": entry.note,
        "publication_digest": const_hex::encode(found.publication.0),
        "first_seen_at": format!("{:.0}", found.first_seen_at),
        "last_seen_at": format!("{:.0}", found.last_seen_at),
        "act": entry.act.as_ref().map(act),
        "exemption": found.exemption.as_deref().map(|exemption| json!({
            "entry_id": exemption.id.to_string(),
            "expires_on": day(exemption.expires_on),
            "act": act(&exemption.act),
        })),
    })
}

fn act(act: &Act) -> Value {
    json!({
        "author": act.author,
        "reason": act.reason,
        "ticket": act.ticket,
        "approver": act.approver,
    })
}

const fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::Direct => "DIRECT",
        Relation::SameKey => "SAME_KEY",
        Relation::SameScript => "SAME_SCRIPT",
        Relation::Related => "RELATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231 has no case with our prefix; this one is of `openssl dgst
    /// -sha256 -hmac`.
    #[test]
    fn a_signature_is_over_the_time_and_the_body() {
        let at = Timestamp::from_second(1_700_000_000).expect("an instant");
        let signed = |secret: &[u8], at, body| signature(secret, at, body);
        let good = signed(b"0123456789abcdef", at, "{}");
        assert_eq!(good, SIGNED);
        assert_ne!(good, signed(b"0123456789abcdeF", at, "{}"));
        assert_ne!(good, signed(b"0123456789abcdef", at, "{ }"));
        let later = Timestamp::from_second(1_700_000_001).expect("an instant");
        assert_ne!(good[13..], signed(b"0123456789abcdef", later, "{}")[13..]);
    }

    const SIGNED: &str =
        "t=1700000000,v1=e4f8e2ecae2295b2ddb2f0b5584c8275e226c0ebe9b3b819e70156bb67122e3e";
}
