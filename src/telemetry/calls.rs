//! A span for each call that is sampled, under the caller's own trace.
//!
//! Which calls are is decided before anything is made of them, so that the
//! others cost a comparison. A caller that sends a sampled `traceparent` (W3C
//! Trace Context) gets its span whatever the ratio; one that says "not
//! sampled" gets none.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use tonic::Code;
use tracing::field::Empty;
use tracing::{Span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::grpc::code_name;
use crate::verdict::Outcome;

/// Twice how many of 2³² calls get a span, and one; zero while nothing is
/// traced.
static SAMPLED: AtomicU64 = AtomicU64::new(0);

/// Tracing is on.
const ON: u64 = 1;

/// All calls.
const ALL: u64 = 1 << 32;

/// Sets how many calls get a span; `None`: tracing is off.
pub(super) fn sample(ratio: Option<f64>) {
    SAMPLED.store(ratio.map_or(0, encoded), Ordering::Relaxed);
}

fn encoded(ratio: f64) -> u64 {
    ((ratio * ALL as f64) as u64) << 1 | ON
}

/// Draws lots.
fn is_drawn(sampled: u64) -> bool {
    random() >> 32 < sampled >> 1
}

/// Tells whether a call gets a span, and under which parent.
#[inline]
fn wanted(headers: &HeaderMap) -> Option<Option<SpanContext>> {
    let sampled = SAMPLED.load(Ordering::Relaxed);
    if sampled & ON == 0 {
        return None;
    }
    let parent = headers
        .get("traceparent")
        .and_then(|text| parent(text.to_str().ok()?));
    let wanted = match &parent {
        Some(parent) => parent.is_sampled(),
        None => is_drawn(sampled),
    };
    wanted.then_some(parent)
}

/// Begins the span of a call over gRPC, or none.
#[inline]
pub fn begin(path: &str, headers: &HeaderMap, caller: &str) -> Span {
    let Some(parent) = wanted(headers) else {
        return Span::none();
    };
    let method = path.trim_start_matches('/');
    let span = info_span!(
        "call",
        otel.name = method,
        otel.kind = "server",
        rpc.system = "grpc",
        rpc.method = method,
        caller,
        code = Empty,
        generation = Empty,
        verdict = Empty,
        action = Empty,
    );
    under(span, parent)
}

/// Begins the span of a call over HTTP, or none. `route` is the pattern of
/// the path and never the path, which may hold an address.
pub(crate) fn begin_route(route: &str, headers: &HeaderMap, caller: &str) -> Span {
    let Some(parent) = wanted(headers) else {
        return Span::none();
    };
    let span = info_span!(
        "call",
        otel.name = route,
        otel.kind = "server",
        http.route = route,
        caller,
        code = Empty,
        generation = Empty,
        verdict = Empty,
        action = Empty,
    );
    under(span, parent)
}

fn under(span: Span, parent: Option<SpanContext>) -> Span {
    if let Some(parent) = parent {
        let context = Context::new().with_remote_span_context(parent);
        // Only a span that was made after its parent ended would refuse.
        let _ = span.set_parent(context);
    }
    span
}

/// Says in the span of a call what was concluded. Never the address.
#[inline]
pub fn concluded(outcome: &Outcome, generation: u64) {
    if SAMPLED.load(Ordering::Relaxed) & ON == 0 {
        return;
    }
    let span = Span::current();
    span.record("generation", generation);
    span.record("verdict", outcome.verdict.name());
    span.record("action", outcome.action.name());
}

/// Says in the span of a call how it ended.
pub(crate) fn ended(span: &Span, code: Code) {
    if span.is_none() {
        return;
    }
    let name = code_name(code);
    span.record("code", name);
    if matches!(
        code,
        Code::Internal | Code::Unavailable | Code::DataLoss | Code::Unknown
    ) {
        span.set_status(opentelemetry::trace::Status::error(name));
    }
}

/// Reads a `traceparent` of version 00, or of a later one as far as it is the
/// same.
fn parent(text: &str) -> Option<SpanContext> {
    let mut parts = text.trim().split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let sized = [(version, 2), (trace, 32), (span, 16), (flags, 2)];
    let is_lower_hex = |text: &str| {
        text.bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let well_formed = sized
        .iter()
        .all(|(part, length)| part.len() == *length && is_lower_hex(part));
    if !well_formed || version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let flags = u8::from_str_radix(flags, 16).ok()?;
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(flags & 1),
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

/// A number that is spread well enough to sample by: xorshift64*.
fn random() -> u64 {
    thread_local! {
        static STATE: Cell<u64> = Cell::new(getrandom::u64().unwrap_or(u64::MAX / 3) | 1);
    }
    let mut state = STATE.get();
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    STATE.set(state);
    state.wrapping_mul(0x2545_F491_4F6C_DD1D)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_is_read() {
        let context = parent(GOOD).expect("it is well formed");
        assert_eq!(
            context.trace_id().to_string(),
            "4bf92f3577b34da6a3ce929d0e0e4736"
        );
        assert_eq!(context.span_id().to_string(), "00f067aa0ba902b7");
        assert!(context.is_sampled() && context.is_remote());
        let unsampled = parent(&GOOD.replace("-01", "-02")).expect("it is well formed");
        assert!(!unsampled.is_sampled());
        let later = GOOD.replacen("00", "cc", 1) + "-what-comes";
        assert!(parent(&later).is_some());
    }

    #[test]
    fn anything_else_is_no_parent() {
        let zero_trace = GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32));
        let zero_span = GOOD.replace("00f067aa0ba902b7", &"0".repeat(16));
        for bad in [
            "",
            "00",
            &GOOD.to_uppercase(),
            &GOOD.replacen("00", "ff", 1),
            &format!("{GOOD}-more"),
            &GOOD[..54],
            &zero_trace,
            &zero_span,
            "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-01",
        ] {
            assert!(parent(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn as_many_are_drawn_as_the_ratio_says() {
        let drawn = |ratio: f64| {
            let sampled = encoded(ratio);
            assert_eq!(sampled & ON, ON);
            (0..10_000).filter(|_| is_drawn(sampled)).count()
        };
        assert_eq!(drawn(0.0), 0);
        assert_eq!(drawn(1.0), 10_000);
        let half = drawn(0.5);
        assert!((4_700..5_300).contains(&half), "{half} of 10,000");
    }

    #[test]
    fn random_numbers_are_spread() {
        let low = (0..10_000).filter(|_| random() < u64::MAX / 10).count();
        assert!((850..1_150).contains(&low), "{low} of 10,000");
    }
}
