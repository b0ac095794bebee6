//! `listen`, `[admin]`, `[http]`, `[metrics]`: where the daemon is reached.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;

use super::ConfigError;

/// Where one listener listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// Nowhere.
    Off,
    /// On a TCP address; port 0 takes a free one.
    Tcp(SocketAddr),
    /// On a Unix socket, for users whom the file lets in.
    Unix(PathBuf),
}

impl Listen {
    const fn loopback(port: u16) -> Self {
        Self::Tcp(SocketAddr::new(
            std::net::IpAddr::V4(Ipv4Addr::LOCALHOST),
            port,
        ))
    }

    /// Tells whether only this machine can reach it.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Off | Self::Unix(_) => true,
            Self::Tcp(address) => address.ip().to_canonical().is_loopback(),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => formatter.write_str("off"),
            Self::Tcp(address) => address.fmt(formatter),
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::Off);
        }
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path.strip_prefix("//").unwrap_or(path));
            if path.is_absolute() {
                return Ok(Self::Unix(path));
            }
            return Err(format!("is `{text}`: a socket's path begins with `/`"));
        }
        text.parse().map(Self::Tcp).map_err(|_| {
            format!("is `{text}`, not an address such as 127.0.0.1:50052, `unix:/run/interdict/admin.sock` or `off`")
        })
    }
}

/// The listeners beside the one for customers' systems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listeners {
    /// gRPC for the operator: every method.
    pub admin: Listen,
    /// HTTP and JSON, and the console.
    pub http: Listen,
    /// Metrics and probes.
    pub metrics: Listen,
}

impl Default for Listeners {
    fn default() -> Self {
        Self {
            admin: Listen::loopback(50052),
            http: Listen::loopback(50080),
            metrics: Listen::loopback(50090),
        }
    }
}

/// `[admin]`, `[http]`, `[metrics]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ListenTable {
    pub(super) listen: Option<String>,
}

impl ListenTable {
    /// Checks it against what it must be.
    pub(super) fn checked(self, table: &str, default: Listen) -> Result<Listen, ConfigError> {
        let Some(text) = self.listen else {
            return Ok(default);
        };
        let listen = text
            .parse()
            .map_err(|rule| ConfigError::value(format!("{table}.listen"), rule))?;
        if table != "admin" && matches!(listen, Listen::Unix(_)) {
            let rule = "must be a TCP address or `off`; only `admin.listen` can be a Unix socket";
            return Err(ConfigError::value(format!("{table}.listen"), rule));
        }
        Ok(listen)
    }
}
