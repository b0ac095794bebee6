//! The sockets: one listener per serving thread on the same address.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};
use thiserror::Error;

/// Connections the kernel holds until they are accepted.
const BACKLOG: i32 = 1024;

/// Why an address cannot be listened on.
#[derive(Debug, Error)]
#[error("cannot listen on {address}: choose another address with --listen, or end what uses it")]
pub struct ListenError {
    address: SocketAddr,
    source: io::Error,
}

/// Bound sockets that share one address.
pub struct Listeners {
    each: Vec<TcpListener>,
    address: SocketAddr,
}

impl Listeners {
    /// Binds `count` sockets to one address. Port 0 takes a free port, the
    /// same for all.
    ///
    /// # Errors
    ///
    /// If the address is in use or not ours.
    pub fn bind(address: SocketAddr, count: usize) -> Result<Self, ListenError> {
        let failed = |source| ListenError { address, source };
        // SO_REUSEPORT would let a second daemon of the same user share the
        // port and take half of the connections: ask without it first.
        probe(address).map_err(failed)?;
        let first = bind(address).map_err(failed)?;
        let address = first.local_addr().map_err(failed)?;
        let mut each = vec![first];
        while each.len() < count.max(1) {
            each.push(bind(address).map_err(failed)?);
        }
        Ok(Self { each, address })
    }

    /// Returns the address that is listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn count(&self) -> usize {
        self.each.len()
    }

    pub(super) fn into_each(self) -> Vec<TcpListener> {
        self.each
    }
}

fn probe(address: SocketAddr) -> io::Result<()> {
    if address.port() == 0 {
        return Ok(());
    }
    let socket = socket_for(address)?;
    socket.bind(&address.into())?;
    socket.listen(1)
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket_for(address)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn socket_for(address: SocketAddr) -> io::Result<Socket> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    // As every server does, so that a restart need not wait for old
    // connections to time out.
    socket.set_reuse_address(true)?;
    Ok(socket)
}
