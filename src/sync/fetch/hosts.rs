//! Where a source's files may come from.
//!
//! A redirect is an order from whoever answers, and a front that was taken
//! over could order anything: it is followed only to a host that the
//! operator allowed, and never out of encryption.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;
use thiserror::Error;

use super::error::FetchError;

/// The hosts a source may be fetched from: its own, and patterns such as
/// `data.example.org` or `*.amazonaws.com`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllowedHosts {
    patterns: Vec<HostPattern>,
}

/// One pattern: a host, or every host below a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    host: String,
    below: bool,
}

/// A text that is no host pattern.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("is `{given}`, not a host such as `data.example.org` or `*.example.org`")]
pub struct HostPatternError {
    given: String,
}

impl HostPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// If it is not a host name, or `*.` and a domain of at least two labels:
    /// `*.org` would allow half the world.
    pub fn parse(text: &str) -> Result<Self, HostPatternError> {
        let wrong = || HostPatternError {
            given: text.chars().take(128).collect(),
        };
        let (host, below) = match text.strip_prefix("*.") {
            Some(domain) => (domain, true),
            None => (text, false),
        };
        let url = Url::parse(&format!("https://{host}/")).map_err(|_| wrong())?;
        let plain = url.host_str().unwrap_or_default();
        // What the URL parser takes for more than a host is no pattern.
        let is_host = !plain.is_empty()
            && plain.eq_ignore_ascii_case(host)
            && url.port().is_none()
            && !plain.contains('*');
        let labels = plain.split('.').filter(|label| !label.is_empty()).count();
        if !is_host || (below && labels < 2) {
            return Err(wrong());
        }
        Ok(Self {
            host: plain.to_owned(),
            below,
        })
    }

    fn allows(&self, host: &str) -> bool {
        if self.below {
            host.strip_suffix(&self.host)
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            host == self.host
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.below { "*." } else { "" };
        write!(f, "{star}{}", self.host)
    }
}

impl AllowedHosts {
    /// Allows the hosts of a source's own URLs and those of patterns.
    pub fn new<'a>(
        urls: impl IntoIterator<Item = &'a Url>,
        patterns: impl IntoIterator<Item = HostPattern>,
    ) -> Self {
        let own = urls.into_iter().filter_map(Url::host_str);
        let own = own.map(|host| HostPattern {
            host: host.to_owned(),
            below: false,
        });
        Self {
            patterns: own.chain(patterns).collect(),
        }
    }

    fn allows(&self, host: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.allows(host))
    }
}

/// What holds for every URL that is asked on behalf of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The hosts.
    pub hosts: AllowedHosts,
    /// Plain http is taken from anywhere, not only from this machine.
    pub allow_http: bool,
}

impl Rules {
    /// Refuses a URL that may not be asked first.
    pub(super) fn check_first(&self, url: &Url) -> Result<(), FetchError> {
        if is_encrypted_enough(url, self.allow_http) {
            return Ok(());
        }
        Err(FetchError::NotEncrypted { url: url.into() })
    }

    /// Refuses a redirect that may not be followed.
    pub(super) fn check_redirect(&self, from: &Url, to: &Url) -> Result<(), FetchError> {
        if from.scheme() == "https" && to.scheme() != "https" {
            return Err(FetchError::Downgrade {
                from: from.into(),
                to: to.into(),
            });
        }
        let host = to.host_str().unwrap_or_default();
        if !self.hosts.allows(host) {
            return Err(FetchError::HostNotAllowed {
                from: from.into(),
                host: host.to_owned(),
            });
        }
        self.check_first(to)
    }
}

/// Tells whether nobody on the way can change what comes from a URL, as far
/// as the operator asks for that.
pub fn is_encrypted_enough(url: &Url, allow_http: bool) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => allow_http || is_loopback(url),
        _ => false,
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    fn rules(patterns: &[&str], allow_http: bool) -> Rules {
        let patterns = patterns
            .iter()
            .map(|text| HostPattern::parse(text).expect("a pattern"));
        Rules {
            hosts: AllowedHosts::new([&url("https://lists.example.org/SDN.XML")], patterns),
            allow_http,
        }
    }

    #[test]
    fn a_pattern_is_a_host_or_a_star_and_a_domain() {
        for good in [
            "a.example.org",
            "*.amazonaws.com",
            "127.0.0.1",
            "[::1]",
            "localhost",
        ] {
            let pattern = HostPattern::parse(good).expect(good);
            assert_eq!(pattern.to_string(), good);
        }
        for bad in [
            "",
            "*",
            "*.",
            "*.com",
            "a.*.org",
            "*a.org",
            "a.org/x",
            "a.org:8443",
            "user@a.org",
            "https://a.org",
            "a b",
            "a.org?x",
            "a.org#x",
        ] {
            assert!(HostPattern::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_redirect_is_followed_to_allowed_hosts_only() {
        let rules = rules(&["*.amazonaws.com", "cdn.example.net"], false);
        let from = url("https://lists.example.org/SDN.XML");
        for good in [
            "https://lists.example.org/x",
            "https://LISTS.example.org/x",
            "https://bucket.s3.amazonaws.com/x?signature=1",
            "https://cdn.example.net/x",
        ] {
            assert!(rules.check_redirect(&from, &url(good)).is_ok(), "{good}");
        }
        for bad in [
            "https://example.org/x",
            "https://amazonaws.com/x",
            "https://evilamazonaws.com/x",
            "https://s3.amazonaws.com.evil.net/x",
            "https://evil.net/.amazonaws.com",
            "https://lists.example.org@evil.net/x",
            "https://x.cdn.example.net/x",
            "https://127.0.0.1/x",
        ] {
            let refused = rules.check_redirect(&from, &url(bad));
            assert!(
                matches!(refused, Err(FetchError::HostNotAllowed { .. })),
                "{bad}"
            );
        }
    }

    #[test]
    fn encryption_is_never_left() {
        let from = url("https://lists.example.org/SDN.XML");
        for rules in [rules(&["127.0.0.1"], false), rules(&["127.0.0.1"], true)] {
            for to in [
                "http://lists.example.org/x",
                "http://127.0.0.1/x",
                "ftp://lists.example.org/",
            ] {
                let refused = rules.check_redirect(&from, &url(to));
                assert!(matches!(refused, Err(FetchError::Downgrade { .. })), "{to}");
            }
        }
    }

    #[test]
    fn http_is_for_this_machine_unless_allowed() {
        for (text, here) in [
            ("http://127.0.0.1:8080/x", true),
            ("http://127.8.9.1/x", true),
            ("http://[::1]/x", true),
            ("http://localhost/x", true),
            ("http://localhost.evil.net/x", false),
            ("http://10.0.0.1/x", false),
            ("http://lists.example.org/x", false),
        ] {
            assert_eq!(
                rules(&[], false).check_first(&url(text)).is_ok(),
                here,
                "{text}"
            );
            assert!(rules(&[], true).check_first(&url(text)).is_ok(), "{text}");
        }
        assert!(
            rules(&[], true)
                .check_first(&url("file:///etc/passwd"))
                .is_err()
        );
    }
}
