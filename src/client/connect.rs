//! How the daemon is reached: by TCP, by TLS or by a Unix socket, with a
//! certificate or an API key of the caller's own.
//!
//! [`Target`] is plain data, [`Target::connect`] makes a [`Connection`] of it.
//! Nothing here shows a key: neither `Debug`, nor an error, nor a log line. A
//! key leaves this machine over TLS only.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use data_encoding::BASE64;
use thiserror::Error;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};
use zeroize::Zeroizing;

/// Where the daemon is unless told otherwise.
pub const DEFAULT_URL: &str = "http://127.0.0.1:50051";

/// Length of one line of PEM.
const PEM_LINE: usize = 64;

/// A connection that adds the caller's key to every call; cheap to clone.
pub type Connection = InterceptedService<Channel, WithKey>;

/// Where the daemon is, and who asks.
#[derive(Debug, Clone)]
pub struct Target {
    /// `http://host:port`, `https://host:port` or `unix:/path`; what has no
    /// scheme is taken for `http`.
    pub url: String,
    /// Certificates (PEM) of those who may vouch for the daemon. Without any,
    /// those of this machine.
    pub ca: Option<Vec<u8>>,
    /// The name in the daemon's certificate, where it is not that of the URL.
    pub server_name: Option<String>,
    /// The caller's own certificate.
    pub identity: Option<ClientIdentity>,
    /// The caller's API key.
    pub api_key: Option<ApiKey>,
    /// Send the key without TLS to another machine. Whoever is between can
    /// take it: only for a network that encrypts by itself.
    pub key_in_clear: bool,
    /// Longest time for a connection, with its handshake.
    pub connect_timeout: Duration,
}

/// A certificate chain and its key, both PEM.
#[derive(Clone)]
pub struct ClientIdentity {
    /// The certificate, and those between it and its authority.
    pub certificate: Vec<u8>,
    /// Its private key.
    pub key: Zeroizing<Vec<u8>>,
}

/// An API key: `ik_<prefix>_<secret>`.
#[derive(Clone)]
pub struct ApiKey {
    header: MetadataValue<Ascii>,
}

/// Adds the caller's key to a call.
#[derive(Debug, Clone, Default)]
pub struct WithKey {
    key: Option<ApiKey>,
}

/// Why there is no connection.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The URL is none.
    #[error(
        "`{url}` is no URL such as {DEFAULT_URL}, https://interdict.example or unix:/run/interdict/admin.sock"
    )]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        source: Option<tonic::transport::Error>,
    },
    /// A certificate or a key cannot be used.
    #[error(
        "TLS to {url} cannot be set up: certificates and keys are PEM, and a Unix socket has no TLS"
    )]
    Tls {
        /// Where to.
        url: String,
        /// What is wrong.
        source: tonic::transport::Error,
    },
    /// Nobody could vouch for the daemon.
    #[error("this machine has no root certificates: name those of the daemon's authority")]
    NoRoots,
    /// Certificates were given, and TLS is not used.
    #[error("certificates are given, and {url} does not use them: write https://")]
    CertificatesUnused {
        /// Where to.
        url: String,
    },
    /// The key would be seen on the way.
    #[error("an API key is not sent to {url} without TLS: write https://, or allow it in words")]
    KeyInClear {
        /// Where to.
        url: String,
    },
    /// Nothing answers.
    #[error("no daemon answers at {url}")]
    Unreachable {
        /// Where to.
        url: String,
        /// What happened.
        source: tonic::transport::Error,
    },
}

/// A text that is no API key. What it is, is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("that is no API key: they look like ik_<prefix>_<secret>")]
pub struct NoApiKey;

impl Default for Target {
    fn default() -> Self {
        Self {
            url: DEFAULT_URL.to_owned(),
            ca: None,
            server_name: None,
            identity: None,
            api_key: None,
            key_in_clear: false,
            connect_timeout: Duration::from_secs(5),
        }
    }
}

impl Target {
    /// Returns the daemon at a URL, without credentials.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            ..Self::default()
        }
    }

    /// Connects now.
    ///
    /// # Errors
    ///
    /// If what is given does not go together, or nothing answers.
    pub async fn connect(&self) -> Result<Connection, ConnectError> {
        let endpoint = self.endpoint()?;
        let connected = endpoint.connect().await;
        let channel = connected.map_err(|source| ConnectError::Unreachable {
            url: self.url.clone(),
            source,
        })?;
        Ok(self.with_key(channel))
    }

    /// Makes a connection that is opened by the first call, and again
    /// whenever it was lost. It must be made inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// If what is given does not go together.
    pub fn connect_lazily(&self) -> Result<Connection, ConnectError> {
        Ok(self.with_key(self.endpoint()?.connect_lazy()))
    }

    fn with_key(&self, channel: Channel) -> Connection {
        let key = self.api_key.clone();
        InterceptedService::new(channel, WithKey { key })
    }

    fn endpoint(&self) -> Result<Endpoint, ConnectError> {
        let url = self.full_url();
        let bad_url = |source| ConnectError::Url {
            url: self.url.clone(),
            source,
        };
        let endpoint = Endpoint::from_shared(url.clone()).map_err(|error| bad_url(Some(error)))?;
        let way = Way::of(&url).ok_or_else(|| bad_url(None))?;
        if self.api_key.is_some() && way == Way::Clear && !self.key_in_clear {
            return Err(ConnectError::KeyInClear { url });
        }
        let endpoint = endpoint
            .connect_timeout(self.connect_timeout)
            .tcp_keepalive(Some(Duration::from_secs(60)))
            // A daemon that hangs must not hang what waits for it.
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(10));
        if way == Way::Tls {
            let tls = self.tls()?;
            return endpoint
                .tls_config(tls)
                .map_err(|source| ConnectError::Tls { url, source });
        }
        if self.ca.is_some() || self.identity.is_some() || self.server_name.is_some() {
            return Err(ConnectError::CertificatesUnused { url });
        }
        Ok(endpoint)
    }

    fn full_url(&self) -> String {
        if self.url.contains("://") || self.url.starts_with("unix:") {
            self.url.clone()
        } else {
            format!("http://{}", self.url)
        }
    }

    fn tls(&self) -> Result<ClientTlsConfig, ConnectError> {
        let authorities = match &self.ca {
            Some(pem) => pem.clone(),
            None => roots_of_this_machine()?,
        };
        let mut tls = ClientTlsConfig::new()
            .timeout(self.connect_timeout)
            .ca_certificate(Certificate::from_pem(authorities));
        if let Some(name) = &self.server_name {
            tls = tls.domain_name(name);
        }
        if let Some(identity) = &self.identity {
            let ClientIdentity { certificate, key } = identity;
            tls = tls.identity(Identity::from_pem(certificate, key));
        }
        Ok(tls)
    }
}

/// How a call travels.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Tls,
    OnThisMachine,
    Clear,
}

impl Way {
    fn of(url: &str) -> Option<Self> {
        if url.starts_with("unix:") {
            return Some(Self::OnThisMachine);
        }
        let uri: http::Uri = url.parse().ok()?;
        match uri.scheme_str()? {
            "https" => Some(Self::Tls),
            "http" if is_loopback(uri.host()?) => Some(Self::OnThisMachine),
            "http" => Some(Self::Clear),
            _ => None,
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = |address: IpAddr| address.is_loopback();
    host.eq_ignore_ascii_case("localhost") || bare.parse().is_ok_and(is_loopback)
}

/// The roots this machine trusts, as one PEM text.
fn roots_of_this_machine() -> Result<Vec<u8>, ConnectError> {
    let found = rustls_native_certs::load_native_certs().certs;
    if found.is_empty() {
        return Err(ConnectError::NoRoots);
    }
    let mut pem = String::new();
    for certificate in found {
        pem.push_str("-----BEGIN CERTIFICATE-----\n");
        let text = BASE64.encode(&certificate);
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (line, more) = rest.split_at(rest.len().min(PEM_LINE));
            pem.push_str(line);
            pem.push('\n');
            rest = more;
        }
        pem.push_str("-----END CERTIFICATE-----\n");
    }
    Ok(pem.into_bytes())
}

impl ApiKey {
    /// Takes a key, white space around it left out: one read from a file ends
    /// with a line feed.
    ///
    /// # Errors
    ///
    /// If it cannot be one.
    pub fn new(key: &str) -> Result<Self, NoApiKey> {
        let key = key.trim();
        let mut parts = key.splitn(3, '_');
        let is_word = |part: &str| {
            let ascii = part.bytes().all(|byte| byte.is_ascii_graphic());
            !part.is_empty() && ascii
        };
        let begins = parts.next() == Some("ik");
        if !begins || !parts.next().is_some_and(is_word) || !parts.next().is_some_and(is_word) {
            return Err(NoApiKey);
        }
        let header = Zeroizing::new(format!("Bearer {key}"));
        let mut header: MetadataValue<Ascii> = header.parse().map_err(|_| NoApiKey)?;
        header.set_sensitive(true);
        Ok(Self { header })
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(not shown)")
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientIdentity(not shown)")
    }
}

impl Interceptor for WithKey {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(key) = &self.key {
            let header = key.header.clone();
            request.metadata_mut().insert("authorization", header);
        }
        Ok(request)
    }
}

#[cfg(test)]
#[path = "connect_tests.rs"]
mod tests;
