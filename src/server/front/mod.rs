//! THE FRONT: what stands between a listener and the services.
//!
//! Our own loop, because the ready-made one has no cap on connections, no
//! deadline for a peer that says nothing, no jitter in the age of
//! connections, and spins when descriptors run out. In order: [`accept`]
//! admits, `tls` proves, `turn` lets others pass, `guarded` puts deadlines on
//! the stream, `hyper` speaks the protocol with every limit set, `pace` begins
//! calls a few at a time, `gate` decides who may call what and how much of it.
//!
//! It leaves the meaning of a request to the services.

mod accept;
mod coming;
mod frames;
mod gate;
mod guarded;
mod held;
mod pace;
mod peer;
mod serving;
mod socket;
mod stall;
mod tls;
mod turn;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::config::Limits;

pub use accept::ConnectionLimits;
pub(crate) use gate::{Admission, Gate, HttpGate, Refused, Streams};
pub(crate) use peer::Peer;
pub use serving::serve;
pub use socket::{Listener, RemovedOnDrop};
pub use tls::{Tls, TlsError};

/// TLS handshakes at once on a kind of listener: each costs a signature, and
/// calls that are under way come first.
const HANDSHAKES_MAX: usize = 256;

/// What is spoken on a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/2 from the first byte.
    Grpc,
    /// HTTP/1.1.
    Http,
}

/// The rules of one listener. Cheap to clone; clones count together.
#[derive(Clone)]
pub struct Front {
    protocol: Protocol,
    tls: Option<Tls>,
    connections: ConnectionLimits,
    handshakes: Arc<Semaphore>,
    streams_per_connection_max: u32,
    first_bytes_within: Duration,
    stall_timeout: Duration,
    connection_age: Duration,
    keepalive: (Duration, Duration),
}

impl Front {
    /// Rules for a listener; `connections` may be shared with others.
    pub fn new(protocol: Protocol, connections: ConnectionLimits, limits: &Limits) -> Self {
        Self {
            protocol,
            tls: None,
            connections,
            handshakes: Arc::new(Semaphore::new(HANDSHAKES_MAX)),
            streams_per_connection_max: limits.streams_per_connection_max,
            first_bytes_within: limits.preface_timeout,
            stall_timeout: limits.stall_timeout,
            connection_age: limits.connection_age,
            keepalive: (limits.keepalive_interval, limits.keepalive_timeout),
        }
    }

    /// The same, behind TLS.
    pub fn with_tls(self, tls: Option<Tls>) -> Self {
        Self { tls, ..self }
    }
}
