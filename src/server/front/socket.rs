//! The sockets under a connection: TCP, or a Unix socket of this machine.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tracing::debug;

/// What is accepted from.
pub enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// A Unix socket; its file is removed with it.
    Unix(UnixListener, RemovedOnDrop),
}

/// A file that goes when this does.
pub struct RemovedOnDrop(pub PathBuf);

impl Drop for RemovedOnDrop {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            debug!(%error, path = %self.0.display(), "the socket could not be removed");
        }
    }
}

impl Listener {
    pub(super) async fn accept(&self) -> io::Result<Socket> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                if let Err(error) = stream.set_nodelay(true) {
                    debug!(%error, "TCP_NODELAY cannot be set");
                }
                Ok(Socket::Tcp(stream, peer.ip().to_canonical()))
            }
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                let uid = stream.peer_cred()?.uid();
                Ok(Socket::Unix(stream, uid))
            }
        }
    }
}

/// An accepted socket and who is at its other end.
pub(super) enum Socket {
    Tcp(TcpStream, IpAddr),
    /// With the user id of the peer.
    Unix(UnixStream, u32),
}

impl Socket {
    /// Returns what is counted as one: an IPv4 address, an IPv6 network of 64
    /// bits (one host has all of its addresses), all of this machine's users.
    pub(super) fn counted_as(&self) -> IpAddr {
        match self {
            Self::Tcp(_, IpAddr::V6(ip)) => network_of(*ip).into(),
            Self::Tcp(_, ip) => *ip,
            Self::Unix(..) => Ipv4Addr::LOCALHOST.into(),
        }
    }

    /// Returns from where it comes, in words.
    pub(super) fn from(&self) -> Arc<str> {
        match self {
            Self::Tcp(_, ip) => ip.to_string().into(),
            Self::Unix(_, uid) => format!("unix:{uid}").into(),
        }
    }

    /// Tells whether it is a Unix socket, which only those can open who may
    /// open its file.
    pub(super) fn is_unix(&self) -> bool {
        matches!(self, Self::Unix(..))
    }
}

fn network_of(ip: Ipv6Addr) -> Ipv6Addr {
    Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream, _) => Pin::new(stream).poll_read(context, buffer),
            Self::Unix(stream, _) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream, _) => Pin::new(stream).poll_write(context, bytes),
            Self::Unix(stream, _) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream, _) => Pin::new(stream).poll_flush(context),
            Self::Unix(stream, _) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream, _) => Pin::new(stream).poll_shutdown(context),
            Self::Unix(stream, _) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_one_host_count_as_one() {
        let of = |text: &str| network_of(text.parse().expect("an address")).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("2001:db8:1:2:ffff::"), "2001:db8:1:2::");
        assert_ne!(of("2001:db8:1:3::1"), of("2001:db8:1:2::1"));
    }
}
