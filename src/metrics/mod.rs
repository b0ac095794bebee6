//! WHAT IS MEASURED: metrics and probes for those who run the daemon.
//!
//! Two kinds of figures. What happens is counted where it happens, in
//! [`calls()`] and [`edge()`], which belong to the process and are reached
//! without being handed around: they sit in the front, below everything that
//! is wired. How things stand is asked of an [`Overview`] when somebody
//! scrapes. `page` writes both in one order, `probes` answers the probes.
//!
//! Labels are of bounded sets: methods, codes, verdicts, reasons, sources of
//! the operator's own configuration. No address, no caller, no text that came
//! from outside is ever one. `docs/observability.md` explains every metric, and a
//! test holds it to that.

mod body;
mod calls;
mod edge;
mod exposition;
mod http;
mod kept;
mod page;
mod probes;
mod process;
mod state;

use std::sync::{Arc, LazyLock};

use crate::overview::Overview;

pub use body::Observed;
pub use calls::{Call, Calls};
pub use edge::{Cut, Edge, Limit, Refusal};
pub use http::observe as observe_http;
pub use probes::router;

/// Returns the calls of this process.
///
/// One process serves one data directory, so what it counts is its own; and a
/// count handed down to every accept loop would be one more argument of
/// everything on the way.
pub fn calls() -> &'static Calls {
    static CALLS: LazyLock<Calls> = LazyLock::new(Calls::new);
    &CALLS
}

/// Returns what the front and the operator's commands count, for the same
/// reason.
pub fn edge() -> &'static Edge {
    static EDGE: Edge = Edge::new();
    &EDGE
}

/// Tells how many serving threads there are, and how many of them are stuck.
pub type Pulses = Arc<dyn Fn() -> (usize, usize) + Send + Sync>;

/// What the pages are made of.
#[derive(Clone)]
struct Source {
    overview: Overview,
    pulses: Pulses,
}
