//! `[test_addresses]`: whether test addresses are answered as such.
//!
//! Test answers can do no harm to anybody's withdrawal, since the addresses
//! are nobody's; but they are in the log and the counts, and a daemon that
//! others rely on should give none unless somebody meant it to. So beyond
//! this machine the table has to say it twice.

use serde::Deserialize;

use super::{Config, ConfigError, Listen};

/// Whether test addresses are answered as such.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TestAddresses {
    /// They are.
    pub enabled: bool,
    /// Also where other machines ask.
    pub beyond_loopback: bool,
}

/// `[test_addresses]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TestAddressesTable {
    enabled: Option<bool>,
    beyond_loopback: Option<bool>,
}

impl TestAddressesTable {
    pub(super) fn checked(self) -> TestAddresses {
        TestAddresses {
            enabled: self.enabled.unwrap_or_default(),
            beyond_loopback: self.beyond_loopback.unwrap_or_default(),
        }
    }
}

impl Config {
    /// Refuses test answers to other machines that nobody asked for in words.
    ///
    /// # Errors
    ///
    /// If test addresses are enabled, customers' systems are listened to on
    /// an address that is not this machine's own, and that is not said to be
    /// meant.
    pub fn check_test_addresses(&self) -> Result<(), ConfigError> {
        let tests = self.test_addresses;
        let is_local = Listen::Tcp(self.listen).is_local() && self.listeners.http.is_local();
        if !tests.enabled || tests.beyond_loopback || is_local {
            return Ok(());
        }
        Err(ConfigError::value(
            "test_addresses.enabled",
            "is for trying an integration, and other machines can reach this daemon: leave it out in production, or set `test_addresses.beyond_loopback = true` to mean it",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_this_machine_it_has_to_be_said_twice() {
        let check = |text: &str| {
            let text = text.replace("[test", "[access]\nanonymous = []\n[test");
            let config = Config::parse(&text).expect("it parses");
            config.check_test_addresses()
        };
        let on = "[test_addresses]\nenabled = true\n";
        check("").expect("off by default");
        check(on).expect("only this machine asks");
        for open in [
            format!("listen = \"0.0.0.0:1\"\n{on}"),
            format!("{on}[http]\nlisten = \"192.0.2.1:1\"\n"),
        ] {
            let error = check(&open).expect_err("others ask").to_string();
            assert!(error.contains("`test_addresses.enabled`"), "{error}");
            let meant = open.replace("enabled = true", "enabled = true\nbeyond_loopback = true");
            check(&meant).expect("it is meant");
            let off = open.replace("enabled = true", "enabled = false");
            check(&off).expect("none are answered");
        }
        assert!(!Config::default().test_addresses.enabled);
    }
}
