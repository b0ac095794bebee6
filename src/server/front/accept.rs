//! Accepting connections within limits.
//!
//! A cap on connections in all and per peer, a pause when descriptors or
//! memory run out, and `TCP_NODELAY`, so that no answer waits for an
//! acknowledgement. What is admitted holds a [`Place`] for as long as it
//! lives; what happens on it is left to `serving`.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::sleep;
use tracing::{debug, warn};

use crate::config::Limits;
use crate::metrics::{self, Refusal};

use super::socket::{Listener, Socket};

/// Pause when the process or the system is out of descriptors or memory.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

/// Counts connections, over all serving threads.
#[derive(Clone)]
pub struct ConnectionLimits {
    max: usize,
    per_peer_max: usize,
    /// Held for a look-up, never across I/O.
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    all: usize,
    per_peer: HashMap<IpAddr, usize>,
}

impl ConnectionLimits {
    /// Takes the limits that concern connections.
    pub fn new(limits: &Limits) -> Self {
        Self {
            max: limits.connections_max,
            per_peer_max: limits.connections_per_peer_max,
            open: Arc::default(),
        }
    }

    fn admit(&self, peer: IpAddr) -> Option<Place> {
        let mut open = self.open.lock();
        let of_peer = open.per_peer.get(&peer).copied().unwrap_or_default();
        if open.all >= self.max {
            metrics::edge().refused(Refusal::Connections);
            return None;
        }
        if of_peer >= self.per_peer_max {
            metrics::edge().refused(Refusal::PeerConnections);
            return None;
        }
        open.all += 1;
        open.per_peer.insert(peer, of_peer + 1);
        metrics::edge().opened();
        Some(Place {
            peer,
            open: self.open.clone(),
        })
    }
}

/// A connection's place among the admitted; gives it back when dropped.
pub(super) struct Place {
    peer: IpAddr,
    open: Arc<Mutex<Open>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::edge().closed();
        let mut open = self.open.lock();
        open.all -= 1;
        if let Some(of_peer) = open.per_peer.get_mut(&self.peer) {
            *of_peer -= 1;
            if *of_peer == 0 {
                open.per_peer.remove(&self.peer);
            }
        }
    }
}

/// Waits for the next connection that there is room for. Errors of single
/// connections never end it.
///
/// Dropping the wait loses no connection.
pub(super) async fn next(listener: &Listener, limits: &ConnectionLimits) -> (Socket, Place) {
    loop {
        let socket = match listener.accept().await {
            Ok(socket) => socket,
            Err(error) if is_of_one_connection(&error) => {
                debug!(%error, "a connection was lost before it was accepted");
                continue;
            }
            Err(error) => {
                metrics::edge().refused(Refusal::Exhausted);
                warn!(%error, "cannot accept: trying again in a moment");
                sleep(EXHAUSTED_PAUSE).await;
                continue;
            }
        };
        // Closing at once is the only answer that costs nothing.
        match limits.admit(socket.counted_as()) {
            Some(place) => return (socket, place),
            None => debug!(from = %socket.from(), "too many connections: refused"),
        }
    }
}

/// Anything else concerns all of them (no file descriptors, no memory) and
/// would come again at once.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}
