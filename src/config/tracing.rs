//! `[tracing]`: where spans go, and of how many calls.

use serde::Deserialize;

use super::ConfigError;

/// Where spans go, and of how many calls.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracing {
    /// The collector, by OTLP over gRPC; `None`: nothing is traced.
    pub otlp_endpoint: Option<String>,
    /// Which part of the calls gets a span, from 0 to 1, where the caller
    /// does not say.
    pub sample_ratio: f64,
}

impl Default for Tracing {
    fn default() -> Self {
        Self {
            otlp_endpoint: None,
            sample_ratio: 0.01,
        }
    }
}

/// `[tracing]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TracingTable {
    otlp_endpoint: Option<String>,
    sample_ratio: Option<f64>,
}

impl TracingTable {
    /// Checks it against what it must be.
    pub(super) fn checked(self) -> Result<Tracing, ConfigError> {
        if let Some(endpoint) = &self.otlp_endpoint {
            check(endpoint).map_err(|rule| ConfigError::value("tracing.otlp_endpoint", rule))?;
        }
        let ratio = self.sample_ratio.unwrap_or(Tracing::default().sample_ratio);
        if !(0.0..=1.0).contains(&ratio) {
            let rule = format!("is {ratio}: it lies between 0 and 1");
            return Err(ConfigError::value("tracing.sample_ratio", rule));
        }
        Ok(Tracing {
            otlp_endpoint: self.otlp_endpoint,
            sample_ratio: ratio,
        })
    }
}

fn check(endpoint: &str) -> Result<(), String> {
    if endpoint.starts_with("https://") {
        return Err(
            "is an https URL: spans are sent to a collector beside the daemon, by http, which sends them on"
                .to_owned(),
        );
    }
    let uri: Result<http::Uri, _> = endpoint.parse();
    let is_usable = uri.is_ok_and(|uri| {
        let bare = uri.authority().is_some_and(|it| !it.as_str().contains('@'));
        uri.scheme_str() == Some("http") && bare && uri.query().is_none()
    });
    if is_usable {
        return Ok(());
    }
    // It is not repeated: it may hold a password.
    Err("is no URL such as http://127.0.0.1:4317, without a user or a query".to_owned())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    fn refused(text: &str) -> String {
        Config::parse(text).expect_err("it is refused").to_string()
    }

    #[test]
    fn nothing_is_traced_unless_a_collector_is_named() {
        assert_eq!(Config::default().tracing.otlp_endpoint, None);
        let named = "[tracing]\notlp_endpoint = \"http://127.0.0.1:4317\"\nsample_ratio = 1";
        let named = Config::parse(named).expect("it is fine").tracing;
        assert_eq!(
            named.otlp_endpoint.as_deref(),
            Some("http://127.0.0.1:4317")
        );
        assert_eq!(named.sample_ratio, 1.0);
    }

    #[test]
    fn an_address_that_cannot_be_used_is_told_and_not_repeated() {
        for bad in [
            "",
            "127.0.0.1:4317",
            "ftp://a",
            "http://user:secret@a",
            "https://a",
        ] {
            let told = refused(&format!("[tracing]\notlp_endpoint = \"{bad}\""));
            assert!(told.contains("tracing.otlp_endpoint"), "{told}");
            assert!(!told.contains("secret"), "{told}");
        }
        for ratio in ["-0.1", "1.1", "nan"] {
            let told = refused(&format!("[tracing]\nsample_ratio = {ratio}"));
            assert!(told.contains("tracing.sample_ratio"), "{told}");
        }
    }
}
