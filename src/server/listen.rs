//! The sockets: for those that serve customers one listener per serving
//! thread on the same address, for the operator's one each.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use socket2::{Domain, Protocol, Socket, Type};
use thiserror::Error;

use crate::config::{Config, Listen};

use super::front::{Listener, RemovedOnDrop};

/// Connections the kernel holds until they are accepted.
const BACKLOG: i32 = 1024;

/// Why an address cannot be listened on.
#[derive(Debug, Error)]
#[error("cannot listen on {address}: choose another address ({setting}), or end what uses it")]
pub struct ListenError {
    address: String,
    setting: &'static str,
    source: io::Error,
}

/// Every socket the daemon listens on.
pub struct Listeners {
    /// gRPC for customers' systems.
    pub(super) public: Shared,
    /// HTTP and the console, if wanted.
    pub(super) http: Option<Shared>,
    /// gRPC for the operator, if wanted.
    pub(super) admin: Option<Bound>,
    /// Metrics and probes, if wanted.
    pub(super) metrics: Option<TcpListener>,
    addresses: Addresses,
}

/// Where the daemon can be reached, as it turned out.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// `https` where TLS is spoken.
    pub scheme: &'static str,
    /// gRPC for customers' systems.
    pub public: SocketAddr,
    /// gRPC for the operator: an address, or `unix:/path`.
    pub admin: Option<String>,
    /// HTTP and the console.
    pub http: Option<SocketAddr>,
    /// Metrics and probes.
    pub metrics: Option<SocketAddr>,
}

/// A socket of either kind.
pub(super) enum Bound {
    Tcp(TcpListener),
    Unix(UnixListener, RemovedOnDrop),
}

impl Listeners {
    /// Binds all that is configured; `count` sockets to each address that
    /// customers use.
    ///
    /// # Errors
    ///
    /// If an address is in use or not ours.
    pub fn bind(config: &Config, count: usize) -> Result<Self, ListenError> {
        let public = Shared::bind(config.listen, count, "--listen")?;
        let http = match &config.listeners.http {
            Listen::Tcp(address) => Some(Shared::bind(*address, count, "--http-listen")?),
            Listen::Off | Listen::Unix(_) => None,
        };
        let metrics = match &config.listeners.metrics {
            Listen::Tcp(address) => Some(Shared::bind(*address, 1, "--metrics-listen")?),
            Listen::Off | Listen::Unix(_) => None,
        };
        let admin = Bound::bind(&config.listeners.admin)?;
        let scheme = if config.tls.is_some() {
            "https"
        } else {
            "http"
        };
        let addresses = Addresses {
            scheme,
            public: public.address(),
            admin: admin.as_ref().map(|bound| bound.name(scheme)),
            http: http.as_ref().map(Shared::address),
            metrics: metrics.as_ref().map(Shared::address),
        };
        Ok(Self {
            public,
            http,
            admin,
            metrics: metrics.and_then(|shared| shared.into_each().pop()),
            addresses,
        })
    }

    /// Returns where the daemon can be reached.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }
}

impl Bound {
    fn bind(listen: &Listen) -> Result<Option<Self>, ListenError> {
        match listen {
            Listen::Off => Ok(None),
            Listen::Tcp(address) => {
                let mut shared = Shared::bind(*address, 1, "--admin-listen")?.into_each();
                Ok(shared.pop().map(Self::Tcp))
            }
            Listen::Unix(path) => unix(path).map(Some).map_err(|source| ListenError {
                address: path.display().to_string(),
                setting: "--admin-listen",
                source,
            }),
        }
    }

    fn name(&self, scheme: &str) -> String {
        match self {
            Self::Tcp(listener) => listener.local_addr().map_or_else(
                |error| error.to_string(),
                |address| format!("{scheme}://{address}"),
            ),
            Self::Unix(_, RemovedOnDrop(path)) => format!("unix:{}", path.display()),
        }
    }

    /// Hands it to the runtime that is entered.
    pub(super) fn into_listener(self) -> io::Result<Listener> {
        match self {
            Self::Tcp(listener) => tokio::net::TcpListener::from_std(listener).map(Listener::Tcp),
            Self::Unix(listener, file) => tokio::net::UnixListener::from_std(listener)
                .map(|listener| Listener::Unix(listener, file)),
        }
    }
}

/// A socket that a dead daemon left is taken over; one that answers is not.
fn unix(path: &Path) -> io::Result<Bound> {
    if let Ok(found) = fs::symlink_metadata(path) {
        if !found.file_type().is_socket() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "there is something else at this path",
            ));
        }
        if UnixStream::connect(path).is_ok() {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    let file = RemovedOnDrop(path.to_owned());
    // The owner and its group: whoever may open it may do everything.
    fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
    listener.set_nonblocking(true)?;
    Ok(Bound::Unix(listener, file))
}

/// Bound sockets that share one address.
pub struct Shared {
    each: Vec<TcpListener>,
    address: SocketAddr,
}

impl Shared {
    /// Binds `count` sockets to one address. Port 0 takes a free port, the
    /// same for all.
    ///
    /// # Errors
    ///
    /// If the address is in use or not ours.
    pub fn bind(
        address: SocketAddr,
        count: usize,
        setting: &'static str,
    ) -> Result<Self, ListenError> {
        let failed = |source| ListenError {
            address: address.to_string(),
            setting,
            source,
        };
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
