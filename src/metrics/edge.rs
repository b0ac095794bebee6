//! What the front counts, and what the operator did: connections, limits,
//! certificates, reloads, sweeps.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

macro_rules! labelled {
    ($(#[$about:meta])* $kind:ident { $($(#[$what:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $kind {
            $($(#[$what])* $variant,)*
        }

        impl $kind {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns its name in metrics.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

labelled! {
    /// Why a connection was closed before anything was said on it.
    Refusal {
        /// As many are open in all as may be.
        Connections = "connections",
        /// As many are open from its address as may be.
        PeerConnections = "peer_connections",
        /// The process has no descriptor or memory left.
        Exhausted = "exhausted",
        /// TLS was not agreed upon.
        Handshake = "handshake",
    }
}

labelled! {
    /// Why a connection was ended that had been open.
    Cut {
        /// The first bytes, the rest of a frame or an acknowledgement did not
        /// come in time.
        Late = "late",
        /// Nothing was taken of an answer.
        Stalled = "stalled",
        /// The protocol was broken, or used to flood.
        Protocol = "protocol",
        /// It was old and asked to come again.
        Age = "age",
    }
}

labelled! {
    /// Which limit turned a call away.
    Limit {
        /// Calls a second of one caller.
        Rate = "rate",
        /// Calls at once of one caller.
        Concurrency = "concurrency",
        /// All that the daemon can do.
        Load = "load",
    }
}

/// Counts of the front, and of what the operator did.
#[derive(Debug)]
pub struct Edge {
    opened: AtomicU64,
    closed: AtomicU64,
    refused: [AtomicU64; Refusal::ALL.len()],
    cut: [AtomicU64; Cut::ALL.len()],
    limited: [AtomicU64; Limit::ALL.len()],
    /// Seconds since 1970; zero: there is no certificate.
    certificate_expires: AtomicI64,
    reloads: [AtomicU64; 2],
    reloaded_at: AtomicI64,
    sweeps: [AtomicU64; 2],
    swept_at: AtomicI64,
}

/// What an operator's act or the daemon's own check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempts {
    pub(super) succeeded: u64,
    pub(super) failed: u64,
    /// Seconds since 1970; zero: never.
    pub(super) succeeded_at: i64,
}

const fn zeros<const N: usize>() -> [AtomicU64; N] {
    [const { AtomicU64::new(0) }; N]
}

impl Edge {
    pub(super) const fn new() -> Self {
        Self {
            opened: AtomicU64::new(0),
            closed: AtomicU64::new(0),
            refused: zeros(),
            cut: zeros(),
            limited: zeros(),
            certificate_expires: AtomicI64::new(0),
            reloads: zeros(),
            reloaded_at: AtomicI64::new(0),
            sweeps: zeros(),
            swept_at: AtomicI64::new(0),
        }
    }

    /// A connection was admitted.
    pub fn opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// An admitted connection is gone, however it ended.
    pub fn closed(&self) {
        self.closed.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection was refused.
    pub fn refused(&self, why: Refusal) {
        self.refused[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// An open connection was ended by us.
    pub fn cut(&self, why: Cut) {
        self.cut[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// A call was turned away by a limit.
    pub fn limited(&self, which: Limit) {
        self.limited[which as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// The certificate that is shown to callers expires then, in seconds
    /// since 1970.
    pub fn certificate_expires(&self, at: i64) {
        self.certificate_expires.store(at, Ordering::Relaxed);
    }

    /// The configuration was asked to be read again.
    pub fn reloaded(&self, well: bool) {
        note(&self.reloads, &self.reloaded_at, well);
    }

    /// Every listed key of a generation was asked for through the live path.
    pub fn swept(&self, well: bool) {
        note(&self.sweeps, &self.swept_at, well);
    }

    pub(super) fn connections_open(&self) -> u64 {
        // In this order a connection that comes and goes between the two is
        // counted as open, and never as fewer than none.
        let closed = self.closed.load(Ordering::Acquire);
        self.opened.load(Ordering::Acquire).saturating_sub(closed)
    }

    pub(super) fn connections_opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    pub(super) fn refusals(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let names = Refusal::ALL.iter().map(|why| why.name());
        names.zip(read(&self.refused))
    }

    pub(super) fn cuts(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        Cut::ALL.iter().map(|why| why.name()).zip(read(&self.cut))
    }

    pub(super) fn limits(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let names = Limit::ALL.iter().map(|which| which.name());
        names.zip(read(&self.limited))
    }

    pub(super) fn certificate_expiry(&self) -> Option<i64> {
        let at = self.certificate_expires.load(Ordering::Relaxed);
        (at != 0).then_some(at)
    }

    pub(super) fn reloads(&self) -> Attempts {
        attempts(&self.reloads, &self.reloaded_at)
    }

    pub(super) fn sweeps(&self) -> Attempts {
        attempts(&self.sweeps, &self.swept_at)
    }
}

fn read(counters: &[AtomicU64]) -> impl Iterator<Item = u64> + '_ {
    counters
        .iter()
        .map(|counter| counter.load(Ordering::Relaxed))
}

fn note(counters: &[AtomicU64; 2], at: &AtomicI64, well: bool) {
    counters[usize::from(well)].fetch_add(1, Ordering::Relaxed);
    if well {
        at.store(jiff::Timestamp::now().as_second(), Ordering::Relaxed);
    }
}

fn attempts([failed, succeeded]: &[AtomicU64; 2], at: &AtomicI64) -> Attempts {
    Attempts {
        succeeded: succeeded.load(Ordering::Relaxed),
        failed: failed.load(Ordering::Relaxed),
        succeeded_at: at.load(Ordering::Relaxed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_counted_by_itself() {
        let edge = Edge::new();
        for (times, why) in Refusal::ALL.iter().enumerate() {
            (0..times).for_each(|_| edge.refused(*why));
        }
        for (times, why) in Cut::ALL.iter().enumerate() {
            (0..times).for_each(|_| edge.cut(*why));
        }
        for (times, which) in Limit::ALL.iter().enumerate() {
            (0..times).for_each(|_| edge.limited(*which));
        }
        assert!(edge.refusals().map(|(_, count)| count).eq(0..4));
        assert!(edge.cuts().map(|(_, count)| count).eq(0..4));
        assert!(edge.limits().map(|(_, count)| count).eq(0..3));
    }

    #[test]
    fn an_attempt_that_failed_leaves_the_last_success() {
        let edge = Edge::new();
        edge.swept(false);
        assert_eq!(edge.sweeps().succeeded_at, 0);
        edge.swept(true);
        let first = edge.sweeps();
        edge.swept(false);
        let then = edge.sweeps();
        assert!(first.succeeded_at > 0);
        assert_eq!(then, Attempts { failed: 2, ..first });
        assert_eq!(edge.reloads().succeeded, 0);
    }

    #[test]
    fn open_connections_are_those_that_are_not_closed() {
        let edge = Edge::new();
        (0..3).for_each(|_| edge.opened());
        edge.closed();
        assert_eq!(edge.connections_open(), 2);
        assert_eq!(edge.connections_opened(), 3);
    }
}
