//! The HTTP client: TLS with this machine's roots, proxies from the
//! environment, and nothing that changes or remembers what comes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;
use tracing::warn;

/// Why there is no client.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The file of certificates cannot be used.
    #[error("cannot use the certificates of {}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file of certificates holds none.
    #[error("{} holds no certificate: it takes PEM, beginning with BEGIN CERTIFICATE", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// TLS cannot be set up.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
    /// The client cannot be made, as with a proxy that is no URL.
    #[error("cannot make an HTTP client: check the proxy variables of the environment")]
    Client(#[from] reqwest::Error),
}

/// Makes a client.
///
/// It follows no redirect (see [`hosts`](super::hosts)), keeps no cookie and
/// unpacks nothing: what is kept is the file as published. Proxies come from
/// `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.
pub(crate) fn client(
    ca_file: Option<&Path>,
    connect_timeout: Duration,
) -> Result<reqwest::Client, ClientError> {
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls(ca_file)?)
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(connect_timeout)
        .tcp_keepalive(Duration::from_secs(20))
        // Fetches are hours apart: a kept connection would only be found dead.
        .pool_max_idle_per_host(0)
        .build()?)
}

fn tls(ca_file: Option<&Path>) -> Result<ClientConfig, ClientError> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    for error in &native.errors {
        warn!(%error, "a root certificate of this machine cannot be read");
    }
    let (taken, _) = roots.add_parsable_certificates(native.certs);
    if let Some(path) = ca_file {
        for certificate in certificates(path)? {
            roots
                .add(certificate)
                .map_err(|error| ClientError::CaFile {
                    path: path.to_owned(),
                    source: error.into(),
                })?;
        }
    } else if taken == 0 {
        warn!(
            "this machine has no root certificates: install them, or name a `ca_file`, to fetch over https"
        );
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let unusable = |error: rustls::pki_types::pem::Error| ClientError::CaFile {
        path: path.to_owned(),
        source: Box::new(error),
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
        .map_err(unusable)?
        .collect();
    let found = found.map_err(unusable)?;
    if found.is_empty() {
        return Err(ClientError::NoCertificate {
            path: path.to_owned(),
        });
    }
    Ok(found)
}
