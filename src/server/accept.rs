//! Accepting connections within limits.
//!
//! tonic's own loop has no cap on connections, never closes a socket that
//! sends nothing, spins when file descriptors run out, and ignores the
//! `nodelay` setting for sockets it did not accept. This one caps connections
//! in all and per peer, gives each five seconds for the 24 bytes of the
//! HTTP/2 preface, pauses on exhaustion, and sets `TCP_NODELAY`.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep};
use tokio_stream::Stream;
use tonic::transport::server::{Connected, TcpConnectInfo};
use tracing::{debug, warn};

use crate::config::Limits;

/// "PRI * HTTP/2.0" and so on: nothing is served before it.
const PREFACE_BYTES: usize = 24;

/// Pause when the process or the system is out of descriptors or memory.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

/// Counts connections, over all serving threads.
#[derive(Clone)]
pub struct ConnectionLimits {
    max: usize,
    per_peer_max: usize,
    preface_timeout: Duration,
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
            preface_timeout: limits.preface_timeout,
            open: Arc::default(),
        }
    }

    fn admit(&self, peer: IpAddr) -> Option<Place> {
        let mut open = self.open.lock();
        let of_peer = open.per_peer.get(&peer).copied().unwrap_or_default();
        if open.all >= self.max || of_peer >= self.per_peer_max {
            return None;
        }
        open.all += 1;
        open.per_peer.insert(peer, of_peer + 1);
        Some(Place {
            peer,
            open: self.open.clone(),
        })
    }
}

/// A connection's place among the admitted; gives it back when dropped.
struct Place {
    peer: IpAddr,
    open: Arc<Mutex<Open>>,
}

impl Drop for Place {
    fn drop(&mut self) {
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

/// Accepts until it is dropped. Errors of single connections never end it.
pub fn connections(
    listener: TcpListener,
    limits: ConnectionLimits,
) -> impl Stream<Item = io::Result<Connection>> {
    Accepting {
        listener,
        limits,
        pause: None,
    }
}

struct Accepting {
    listener: TcpListener,
    limits: ConnectionLimits,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Stream for Accepting {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(pause) = &mut self.pause {
                std::task::ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            let (stream, peer) = match std::task::ready!(self.listener.poll_accept(context)) {
                Ok(accepted) => accepted,
                Err(error) => {
                    if is_of_one_connection(&error) {
                        debug!(%error, "a connection was lost before it was accepted");
                    } else {
                        warn!(%error, "cannot accept: trying again in a moment");
                        self.pause = Some(Box::pin(sleep(EXHAUSTED_PAUSE)));
                    }
                    continue;
                }
            };
            let Some(place) = self.limits.admit(peer.ip()) else {
                // Closing at once is the only answer that costs nothing.
                debug!(peer = %peer.ip(), "too many connections: refused");
                continue;
            };
            if let Err(error) = stream.set_nodelay(true) {
                debug!(%error, "TCP_NODELAY cannot be set");
            }
            let deadline = Box::pin(sleep(self.limits.preface_timeout));
            return Poll::Ready(Some(Ok(Connection {
                stream,
                preface: Some(Preface {
                    missing: PREFACE_BYTES,
                    deadline,
                }),
                _place: place,
            })));
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

/// An admitted connection.
pub struct Connection {
    stream: TcpStream,
    /// Until the preface is whole.
    preface: Option<Preface>,
    _place: Place,
}

struct Preface {
    missing: usize,
    deadline: Pin<Box<Sleep>>,
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let Some(preface) = &mut self.preface else {
            return polled;
        };
        let read = buffer.filled().len() - before;
        preface.missing = preface.missing.saturating_sub(read);
        if preface.missing == 0 {
            self.preface = None;
            return polled;
        }
        if preface.deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        polled
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    // Vectored writes are left undone, and `is_write_vectored` false, on
    // purpose: with them h2 copies only payloads below 256 bytes into its
    // buffer and writes each larger answer by itself; without them the limit
    // is 1,024, so that the answers of many calls leave in one write.
}
