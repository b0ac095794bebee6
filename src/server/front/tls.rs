//! TLS: what we show, whom we believe, and how both are replaced while
//! serving.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use thiserror::Error;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::config::Tls as Settings;

use super::Protocol;

/// Names read from one certificate at most.
const NAMES_MAX: usize = 64;

/// Why certificates cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file holds no such thing.
    #[error("{} holds no {what} in PEM", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// A certificate of a client CA cannot be trusted.
    #[error("a certificate in {} cannot be a root", path.display())]
    Root {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::Error,
    },
    /// The key and the certificate do not go together, or are of a kind that
    /// is not used.
    #[error("the certificate {} and its key cannot be used together", path.display())]
    Pair {
        /// The certificate's file.
        path: PathBuf,
        /// What is wrong with them.
        source: rustls::Error,
    },
    /// No verifier of client certificates can be made.
    #[error("client certificates cannot be verified with {}", path.display())]
    Verifier {
        /// The file of the CA.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::server::VerifierBuilderError,
    },
}

/// Certificates in use, and where new ones come from. Clones are one and the
/// same.
#[derive(Clone)]
pub struct Tls {
    settings: Arc<Settings>,
    loaded: Arc<ArcSwap<Loaded>>,
}

struct Loaded {
    /// Of the files that this was made from.
    digest: blake3::Hash,
    grpc: Arc<ServerConfig>,
    http: Arc<ServerConfig>,
    /// When our certificate ends, in seconds since 1970.
    expires_at: Option<i64>,
}

impl Tls {
    /// Loads what the settings name.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or used.
    pub fn load(settings: Settings) -> Result<Self, TlsError> {
        let files = Files::read(&settings)?;
        let loaded = Loaded::from(&settings, &files)?;
        Ok(Self {
            settings: Arc::new(settings),
            loaded: Arc::new(ArcSwap::from_pointee(loaded)),
        })
    }

    /// Looks whether the files changed, and takes them if they can be used.
    /// Connections that are open keep what they began with.
    ///
    /// # Errors
    ///
    /// If they changed and cannot be used: what was in use stays.
    pub fn refresh(&self) -> Result<bool, TlsError> {
        let files = Files::read(&self.settings)?;
        if files.digest() == self.loaded.load().digest {
            return Ok(false);
        }
        let loaded = Loaded::from(&self.settings, &files)?;
        self.loaded.store(Arc::new(loaded));
        Ok(true)
    }

    /// Returns when our certificate ends, in seconds since 1970.
    pub fn expires_at(&self) -> Option<i64> {
        self.loaded.load().expires_at
    }

    pub(super) fn config(&self, protocol: Protocol) -> Arc<ServerConfig> {
        let loaded = self.loaded.load();
        match protocol {
            Protocol::Grpc => loaded.grpc.clone(),
            Protocol::Http => loaded.http.clone(),
        }
    }
}

struct Files {
    certificate: Vec<u8>,
    key: zeroize::Zeroizing<Vec<u8>>,
    client_ca: Option<Vec<u8>>,
}

impl Files {
    fn read(settings: &Settings) -> Result<Self, TlsError> {
        let read = |path: &Path| {
            fs::read(path).map_err(|source| TlsError::Io {
                path: path.to_owned(),
                source,
            })
        };
        Ok(Self {
            certificate: read(&settings.certificate)?,
            key: zeroize::Zeroizing::new(read(&settings.key)?),
            client_ca: settings.client_ca.as_deref().map(read).transpose()?,
        })
    }

    fn digest(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        for part in [
            Some(&self.certificate),
            Some(&*self.key),
            self.client_ca.as_ref(),
        ] {
            let part = part.map(Vec::as_slice).unwrap_or_default();
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        hasher.finalize()
    }
}

impl Loaded {
    fn from(settings: &Settings, files: &Files) -> Result<Self, TlsError> {
        let pem = |path: &Path, what| TlsError::Pem {
            path: path.to_owned(),
            what,
        };
        let chain = certificates(&files.certificate)
            .ok_or_else(|| pem(&settings.certificate, "certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(&files.key)
            .map_err(|_| pem(&settings.key, "private key"))?;
        let expires_at = chain.first().and_then(ends_at);
        let builder =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("ring has the suites of every version that rustls speaks");
        let builder = match (&settings.client_ca, &files.client_ca) {
            (Some(path), Some(bytes)) => {
                builder.with_client_cert_verifier(verifier(settings, path, bytes)?)
            }
            _ => builder.with_no_client_auth(),
        };
        let mut grpc = builder
            .with_single_cert(chain, key)
            .map_err(|source| TlsError::Pair {
                path: settings.certificate.clone(),
                source,
            })?;
        // A caller that begins again would bring its old certificate with it,
        // past a CA that was taken away.
        grpc.send_tls13_tickets = 0;
        grpc.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        let mut http = grpc.clone();
        grpc.alpn_protocols = vec![b"h2".to_vec()];
        http.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            digest: files.digest(),
            grpc: Arc::new(grpc),
            http: Arc::new(http),
            expires_at,
        })
    }
}

fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    found.ok().filter(|found| !found.is_empty())
}

fn verifier(
    settings: &Settings,
    path: &Path,
    bytes: &[u8],
) -> Result<Arc<dyn rustls::server::danger::ClientCertVerifier>, TlsError> {
    let found = certificates(bytes).ok_or_else(|| TlsError::Pem {
        path: path.to_owned(),
        what: "certificate",
    })?;
    let mut roots = RootCertStore::empty();
    for certificate in found {
        roots.add(certificate).map_err(|source| TlsError::Root {
            path: path.to_owned(),
            source,
        })?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut builder = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
    if !settings.client_required {
        builder = builder.allow_unauthenticated();
    }
    builder.build().map_err(|source| TlsError::Verifier {
        path: path.to_owned(),
        source,
    })
}

fn ends_at(certificate: &CertificateDer<'_>) -> Option<i64> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    Some(parsed.validity().not_after.timestamp())
}

/// Returns the names in a certificate that was verified: URIs (SPIFFE ids)
/// and DNS names among the subject's alternative names. The common name is
/// not one.
pub(super) fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else {
        return Vec::new();
    };
    let Ok(Some(names)) = parsed.subject_alternative_name() else {
        return Vec::new();
    };
    let names = names.value.general_names.iter();
    let known = names.filter_map(|name| match name {
        GeneralName::URI(text) | GeneralName::DNSName(text) => Some((*text).to_owned()),
        _ => None,
    });
    known.take(NAMES_MAX).collect()
}
