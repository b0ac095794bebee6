//! `[http]`: where HTTP is listened to, and by which names browsers know it.

use serde::Deserialize;

use super::ConfigError;
use super::listen::{Listen, ListenTable};

/// Names are few; each is looked through for every request.
const HOSTS_MAX: usize = 32;

/// `[http]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HttpTable {
    listen: Option<String>,
    hosts: Vec<String>,
}

impl HttpTable {
    /// Checks it against what it must be.
    pub(super) fn checked(self, default: Listen) -> Result<(Listen, Vec<String>), ConfigError> {
        let table = ListenTable {
            listen: self.listen,
        };
        let listen = table.checked("http", default)?;
        let is_name = |name: &String| {
            let plain =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
            !name.is_empty() && name.len() <= 253 && name.bytes().all(plain)
        };
        if let Some(wrong) = self.hosts.iter().find(|name| !is_name(name)) {
            let rule = format!(
                "has `{wrong}`, which is no host name: give names without port or path, such as `interdict.example.com`"
            );
            return Err(ConfigError::value("http.hosts", rule));
        }
        if self.hosts.len() > HOSTS_MAX {
            let rule = format!("has {} names, and may have {HOSTS_MAX}", self.hosts.len());
            return Err(ConfigError::value("http.hosts", rule));
        }
        Ok((listen, self.hosts))
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn names_are_taken_and_what_is_none_is_refused() {
        let config = Config::parse("[http]\nhosts = [\"interdict.example.com\"]").expect("a name");
        assert_eq!(config.http_hosts, ["interdict.example.com"]);
        assert!(Config::parse("").expect("empty").http_hosts.is_empty());
        for wrong in ["", "a b", "http://a", "a:80", "a/b", "*", "[::1]"] {
            let text = format!("[http]\nhosts = [\"{wrong}\"]");
            let error = Config::parse(&text).expect_err(wrong).to_string();
            assert!(error.contains("http.hosts"), "{error}");
        }
    }
}
