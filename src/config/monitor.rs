//! `[monitoring]` and `[[webhooks]]`: how long alerts are kept, and who is
//! told of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::alert::AlertKind;
use crate::monitor::Terms;
use crate::monitor::webhook::{Secret, Webhook};
use crate::portfolio::PortfolioName;
use crate::sync::fetch::is_encrypted_enough;

use super::ConfigError;
use super::file::span;

/// Fewer bytes of a secret could be guessed.
const SECRET_BYTES_MIN: usize = 16;

/// A file larger than this is no secret.
const SECRET_BYTES_MAX: usize = 4096;

const WEBHOOKS_MAX: usize = 64;

/// `[monitoring]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct MonitoringTable {
    alerts_kept: Option<String>,
    members_max: Option<u32>,
    ca_file: Option<PathBuf>,
}

/// `[[webhooks]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookTable {
    name: String,
    url: String,
    secret_file: PathBuf,
    #[serde(default)]
    portfolios: Option<Vec<String>>,
    #[serde(default)]
    kinds: Option<Vec<String>>,
    #[serde(default)]
    timeout: Option<String>,
    #[serde(default)]
    allow_http: bool,
}

/// What is watched for how long, and who is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Monitoring {
    /// How much is watched, and how long alerts are kept.
    pub terms: Terms,
    /// Who is told.
    pub webhooks: Vec<Webhook>,
    /// Certificates that webhooks are trusted by, beside this machine's.
    pub ca_file: Option<PathBuf>,
}

impl MonitoringTable {
    /// Checks both tables, and reads the secrets.
    pub(super) fn checked(self, webhooks: Vec<WebhookTable>) -> Result<Monitoring, ConfigError> {
        let default = Terms::default();
        let members_max = self.members_max.unwrap_or(default.members_max);
        if members_max == 0 {
            return Err(ConfigError::value(
                "monitoring.members_max",
                "must be more than nothing",
            ));
        }
        if webhooks.len() > WEBHOOKS_MAX {
            let rule = format!("are more than {WEBHOOKS_MAX}");
            return Err(ConfigError::value("webhooks", rule));
        }
        let mut names = BTreeSet::new();
        let mut checked = Vec::new();
        for (index, table) in webhooks.into_iter().enumerate() {
            let at = format!("webhooks[{index}]");
            let webhook = table.checked(&at)?;
            if !names.insert(webhook.name.clone()) {
                let rule = format!("is `{}`, as another is", webhook.name);
                return Err(ConfigError::value(format!("{at}.name"), rule));
            }
            checked.push(webhook);
        }
        Ok(Monitoring {
            terms: Terms {
                alerts_kept: span(
                    "monitoring.alerts_kept",
                    self.alerts_kept.as_deref(),
                    default.alerts_kept,
                )?,
                members_max,
            },
            webhooks: checked,
            ca_file: self.ca_file,
        })
    }
}

impl WebhookTable {
    fn checked(self, at: &str) -> Result<Webhook, ConfigError> {
        let wrong = |key: &str, rule: String| ConfigError::value(format!("{at}.{key}"), rule);
        // The same characters, for the same reasons.
        let name: PortfolioName = self.name.parse().map_err(|_| {
            let rule = "must be 1 to 64 of a-z, 0-9, `-` and `_`, beginning with a letter or digit";
            wrong("name", rule.to_owned())
        })?;
        let url =
            Url::parse(&self.url).map_err(|error| wrong("url", format!("is no URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(wrong("url", "must begin with https://".to_owned()));
        }
        if !is_encrypted_enough(&url, self.allow_http) {
            let rule = "is plain http to another machine, and an alert names a customer: use https, or say `allow_http = true`";
            return Err(wrong("url", rule.to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let rule = "carries a password: the signature tells who sends";
            return Err(wrong("url", rule.to_owned()));
        }
        let secret = secret(&self.secret_file).map_err(|rule| wrong("secret_file", rule))?;
        let portfolios = self.portfolios.map(|names| {
            let parsed = names.iter().map(|name| name.parse::<PortfolioName>());
            parsed.collect::<Result<BTreeSet<_>, _>>()
        });
        let portfolios = portfolios
            .transpose()
            .map_err(|error| wrong("portfolios", error.to_string()))?;
        let kinds = match self.kinds {
            None => AlertKind::ALL.to_vec(),
            Some(names) => names
                .iter()
                .map(|name| {
                    kind(name).ok_or_else(|| {
                        wrong("kinds", "takes LISTED, DELISTED and AMENDED".to_owned())
                    })
                })
                .collect::<Result<_, _>>()?,
        };
        if kinds.is_empty() || portfolios.as_ref().is_some_and(BTreeSet::is_empty) {
            let rule = "leaves nothing to tell: leave it out to be told everything";
            return Err(wrong("kinds` or `portfolios", rule.to_owned()));
        }
        let timeout = span(
            &format!("{at}.timeout"),
            self.timeout.as_deref(),
            Duration::from_secs(15),
        )?;
        Ok(Webhook {
            name: name.as_str().to_owned(),
            url,
            secret,
            portfolios,
            kinds,
            timeout,
        })
    }
}

fn kind(name: &str) -> Option<AlertKind> {
    AlertKind::ALL.into_iter().find(|kind| kind.name() == name)
}

/// Reads a secret. The line break at the end is an editor's.
fn secret(path: &Path) -> Result<Secret, String> {
    let content = fs::read(path).map(Zeroizing::new);
    let content =
        content.map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?;
    let bytes = content.trim_ascii_end();
    if bytes.len() < SECRET_BYTES_MIN || content.len() > SECRET_BYTES_MAX {
        return Err(format!(
            "`{}` must hold {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes, such as `openssl rand -hex 32` makes",
            path.display()
        ));
    }
    Ok(Secret::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn parsed(more: &str, secret: &[u8]) -> Result<Monitoring, ConfigError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        fs::write(&path, secret).expect("is written");
        let text = format!(
            "[[webhooks]]\nname = \"desk\"\nsecret_file = \"{}\"\n{more}",
            path.display()
        );
        Config::parse(&text).map(|config| config.monitoring)
    }

    const URL: &str = "url = \"https://desk.example/alerts\"";

    #[test]
    fn a_webhook_is_told_everything_unless_it_is_said() {
        let all = parsed(URL, b"0123456789abcdef\n").expect("parses");
        let webhook = &all.webhooks[0];
        assert_eq!(
            (webhook.portfolios.as_ref(), webhook.kinds.len()),
            (None, 3)
        );
        assert_eq!(webhook.secret, Secret::new(b"0123456789abcdef"));
        let some =
            format!("{URL}\nkinds = [\"LISTED\"]\nportfolios = [\"retail\"]\ntimeout = \"2s\"");
        let some = parsed(&some, b"0123456789abcdef").expect("parses");
        assert_eq!(some.webhooks[0].kinds, [AlertKind::Listed]);
        assert_eq!(some.webhooks[0].timeout, Duration::from_secs(2));
        assert_eq!(
            Config::parse("").expect("parses").monitoring,
            Monitoring::default()
        );
    }

    #[test]
    fn nothing_shows_a_secret() {
        let all = parsed(URL, b"0123456789abcdef").expect("parses");
        assert!(!format!("{all:?}").contains("0123456789"));
        let short = parsed(URL, b"0123").expect_err("is too short").to_string();
        assert!(
            short.contains("secret_file") && !short.contains("0123"),
            "{short}"
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_its_key() {
        for (more, key) in [
            ("url = \"desk\"", "webhooks[0].url"),
            ("url = \"ftp://desk.example/\"", "webhooks[0].url"),
            ("url = \"http://desk.example/\"", "webhooks[0].url"),
            ("url = \"https://a:b@desk.example/\"", "webhooks[0].url"),
            (&format!("{URL}\nkinds = [\"listed\"]"), "webhooks[0].kinds"),
            (&format!("{URL}\nkinds = []"), "webhooks[0].kinds"),
            (
                &format!("{URL}\nportfolios = [\"A\"]"),
                "webhooks[0].portfolios",
            ),
            (&format!("{URL}\ntimeout = \"soon\""), "webhooks[0].timeout"),
            (&format!("{URL}\nsecret = \"x\""), "secret"),
            (
                &format!("{URL}\n[monitoring]\nmembers_max = 0"),
                "monitoring.members_max",
            ),
            (
                &format!("{URL}\n[monitoring]\nalerts_kept = \"10y\""),
                "monitoring.alerts_kept",
            ),
            (
                &format!(
                    "{URL}\n[[webhooks]]\nname = \"desk\"\n{URL}\nsecret_file = \"/dev/null\""
                ),
                "webhooks[1].secret_file",
            ),
        ] {
            let words = parsed(more, b"0123456789abcdef")
                .expect_err(more)
                .to_string();
            assert!(words.contains(key), "{key}: {words}");
        }
        for url in [
            "http://127.0.0.1:8080/",
            "http://localhost/",
            "http://[::1]/",
        ] {
            parsed(&format!("url = \"{url}\""), b"0123456789abcdef").expect(url);
        }
        let plain = "url = \"http://desk.example/\"\nallow_http = true";
        parsed(plain, b"0123456789abcdef").expect("is allowed");
    }
}
