//! `[tls]`: certificates, and what may go without.

use std::path::PathBuf;

use serde::Deserialize;

use super::access::names_nobody;
use super::{Config, ConfigError, Listen};

/// What the daemon shows, and what it asks of clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Our certificate and those between it and the root, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// Whose client certificates are taken, PEM; `None`: none are asked for.
    pub client_ca: Option<PathBuf>,
    /// No connection without a client certificate.
    pub client_required: bool,
}

/// `[tls]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TlsTable {
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    client_ca: Option<PathBuf>,
    client_certificates: Option<String>,
    pub(super) allow_plaintext_on_network: Vec<String>,
}

impl TlsTable {
    /// Checks it against what it must be.
    pub(super) fn checked(self) -> Result<Option<Tls>, ConfigError> {
        let (certificate, key) = match (self.certificate, self.key) {
            (Some(certificate), Some(key)) => (certificate, key),
            (None, None) if self.client_ca.is_none() && self.client_certificates.is_none() => {
                return Ok(None);
            }
            _ => {
                let rule = "needs both `certificate` and `key`";
                return Err(ConfigError::value("tls", rule));
            }
        };
        let client_required = match self.client_certificates.as_deref() {
            None | Some("optional") => false,
            Some("required") => true,
            Some(other) => {
                let rule = format!("is `{other}`: choose `optional` or `required`");
                return Err(ConfigError::value("tls.client_certificates", rule));
            }
        };
        if client_required && self.client_ca.is_none() {
            let rule = "is `required`, and `tls.client_ca` says not whose";
            return Err(ConfigError::value("tls.client_certificates", rule));
        }
        Ok(Some(Tls {
            certificate,
            key,
            client_ca: self.client_ca,
            client_required,
        }))
    }
}

/// Listeners by the names that `allow_plaintext_on_network` takes.
const NAMES: [&str; 4] = ["grpc", "admin", "http", "metrics"];

/// Checks the words that let listeners go without.
pub(super) fn plaintext(names: &[String]) -> Result<(), ConfigError> {
    let known = |name: &&String| !NAMES.contains(&name.as_str());
    match names.iter().find(known) {
        None => Ok(()),
        Some(other) => Err(ConfigError::value(
            "tls.allow_plaintext_on_network",
            format!("has `{other}`: choose of `grpc`, `admin`, `http`, `metrics`"),
        )),
    }
}

impl Config {
    /// Refuses what others could read or forge on the way: a listener beyond
    /// this machine without TLS, unless it was allowed in words.
    ///
    /// # Errors
    ///
    /// If a listener is such, and which.
    pub fn check_network(&self) -> Result<(), ConfigError> {
        let beside = &self.listeners;
        let public = Listen::Tcp(self.listen);
        let all = [&public, &beside.admin, &beside.http];
        // Flags may say where to listen after the file said who may ask.
        if self.access.is_implied && !all.iter().all(|one| one.is_local()) {
            return Err(names_nobody());
        }
        // Metrics are spoken in the clear always: no certificate is asked of
        // what scrapes and probes.
        for (name, listen, encrypted) in [
            ("grpc", &public, self.tls.is_some()),
            ("admin", &beside.admin, self.tls.is_some()),
            ("http", &beside.http, self.tls.is_some()),
            ("metrics", &beside.metrics, false),
        ] {
            let is_allowed = self.plaintext_on_network.iter().any(|one| one == name);
            if listen.is_local() || encrypted || is_allowed {
                continue;
            }
            let key = if name == "grpc" {
                "listen".to_owned()
            } else {
                format!("{name}.listen")
            };
            let way = if name == "metrics" {
                ""
            } else {
                "configure `[tls]`, or "
            };
            return Err(ConfigError::value(
                key,
                format!(
                    "is {listen}, beyond this machine and without TLS: {way}listen on loopback, or say --allow-plaintext-on-network {name} (`tls.allow_plaintext_on_network`) if nobody else can reach it"
                ),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let outcome = Config::parse(text).and_then(|config| config.check_network());
        outcome.expect_err(text).to_string()
    }

    const OPEN: &str = "[access]\nanonymous = []\n";

    #[test]
    fn beyond_this_machine_nothing_goes_in_the_clear_unless_it_is_said_in_words() {
        for (text, key) in [
            ("listen = \"0.0.0.0:1\"\n", "`listen`"),
            ("listen = \"[::]:1\"\n", "`listen`"),
            ("listen = \"10.0.0.1:1\"\n", "`listen`"),
            ("[admin]\nlisten = \"10.0.0.1:1\"\n", "`admin.listen`"),
            ("[http]\nlisten = \"10.0.0.1:1\"\n", "`http.listen`"),
            ("[metrics]\nlisten = \"10.0.0.1:1\"\n", "`metrics.listen`"),
        ] {
            let said = refused(&format!("{text}{OPEN}"));
            assert!(said.contains(key) && said.contains("without TLS"), "{said}");
            let name = key.trim_matches('`').trim_end_matches("listen");
            let name = match name.trim_end_matches('.') {
                "" => "grpc",
                name => name,
            };
            let allowed = format!("[tls]\nallow_plaintext_on_network = [\"{name}\"]\n");
            let config = Config::parse(&format!("{text}{OPEN}{allowed}")).expect("parses");
            assert!(config.check_network().is_ok(), "{name}");
            let tls = "[tls]\ncertificate = \"/c\"\nkey = \"/k\"\n";
            let config = Config::parse(&format!("{text}{OPEN}{tls}")).expect("parses");
            assert_eq!(config.check_network().is_ok(), name != "metrics", "{name}");
        }
        for local in [
            "127.0.0.1:1",
            "127.9.9.9:1",
            "[::1]:1",
            "[::ffff:127.0.0.1]:1",
        ] {
            let config = Config::parse(&format!("listen = \"{local}\"")).expect("parses");
            assert!(config.check_network().is_ok(), "{local}");
        }
    }

    #[test]
    fn a_flag_that_opens_a_listener_opens_nothing_else() {
        let mut config = Config {
            plaintext_on_network: vec!["grpc".to_owned()],
            ..Config::default()
        };
        assert!(config.check_network().is_ok());
        config.listen = std::net::SocketAddr::from(([0, 0, 0, 0], 1));
        let said = config.check_network().expect_err("open").to_string();
        assert!(said.contains("names nobody"), "{said}");
        config.access.is_implied = false;
        assert!(config.check_network().is_ok());
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_its_key() {
        for (text, key) in [
            ("[tls]\ncertificate = \"/c\"", "`tls`"),
            ("[tls]\nclient_ca = \"/c\"", "`tls`"),
            (
                "[tls]\ncertificate = \"/c\"\nkey = \"/k\"\nclient_certificates = \"required\"",
                "tls.client_certificates",
            ),
            (
                "[tls]\ncertificate = \"/c\"\nkey = \"/k\"\nclient_certificates = \"maybe\"",
                "tls.client_certificates",
            ),
            (
                "[tls]\nallow_plaintext_on_network = [\"all\"]",
                "tls.allow_plaintext_on_network",
            ),
        ] {
            let said = refused(text);
            assert!(said.contains(key), "{key}: {said}");
        }
    }
}
