//! `[access]`: whom the daemon knows, and what each may do.

use std::num::NonZeroU32;

use serde::Deserialize;

use crate::access::{
    CertificateIdentity, KeyHash, KeyIdentity, Known, NotAHash, Quota, Role, Roles, UnknownRole,
};

use super::ConfigError;

/// Identities of each kind: they are held in memory and looked through when
/// they change.
const IDENTITIES_MAX: usize = 10_000;

/// `[access]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AccessTable {
    anonymous: Option<Vec<String>>,
    quota: QuotaTable,
    keys: Vec<KeyTable>,
    certificates: Vec<CertificateTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyTable {
    name: String,
    hash: String,
    roles: Vec<String>,
    quota: Option<QuotaTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateTable {
    san: String,
    roles: Vec<String>,
    quota: Option<QuotaTable>,
}

/// `[access.quota]`, and `quota` of an identity
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct QuotaTable {
    calls_per_second: Option<u32>,
    calls_max: Option<usize>,
    addresses_max: Option<usize>,
    rescreens_max: Option<usize>,
    bodies_max: Option<usize>,
}

impl AccessTable {
    /// Checks it. `all_local`: only this machine reaches the daemon.
    pub(super) fn checked(self, all_local: bool) -> Result<Known, ConfigError> {
        let quota = self.quota.checked("access.quota", Quota::default())?;
        let is_open = self.keys.is_empty() && self.certificates.is_empty();
        let anonymous = match &self.anonymous {
            Some(names) => roles("access.anonymous", names)?,
            // Nobody is told apart, and nobody else can reach it.
            None if is_open && all_local => Roles::ALL,
            None if is_open => return Err(names_nobody()),
            None => Roles::NONE,
        };
        let is_implied = is_open && self.anonymous.is_none();
        let known = Known {
            is_implied,
            keys: each("access.keys", self.keys, |at, key| key.checked(at, quota))?,
            certificates: each("access.certificates", self.certificates, |at, one| {
                one.checked(at, quota)
            })?,
            anonymous,
            quota,
        };
        match known.clash() {
            Some(rule) => Err(ConfigError::value("access", rule)),
            None => Ok(known),
        }
    }
}

/// Somebody else could reach the daemon, and would be nobody in particular.
pub(super) fn names_nobody() -> ConfigError {
    let rule = "names nobody, and the daemon listens beyond this machine: name callers by `[[access.keys]]` (`interdict keys create`) or `[[access.certificates]]`, or say with `access.anonymous = [\"screen\"]` what everybody may do";
    ConfigError::value("access", rule)
}

fn each<T, U>(
    key: &str,
    tables: Vec<T>,
    checked: impl Fn(&str, T) -> Result<U, ConfigError>,
) -> Result<Vec<U>, ConfigError> {
    if tables.len() > IDENTITIES_MAX {
        let rule = format!("must be at most {IDENTITIES_MAX}");
        return Err(ConfigError::value(key, rule));
    }
    let tables = tables.into_iter().enumerate();
    tables
        .map(|(index, table)| checked(&format!("{key}[{index}]"), table))
        .collect()
}

impl KeyTable {
    fn checked(self, at: &str, quota: Quota) -> Result<KeyIdentity, ConfigError> {
        Ok(KeyIdentity {
            name: named(&format!("{at}.name"), self.name)?,
            // The text is not repeated: it may be the key itself.
            hash: self.hash.parse::<KeyHash>().map_err(|error: NotAHash| {
                ConfigError::value(format!("{at}.hash"), error.to_string())
            })?,
            roles: roles(&format!("{at}.roles"), &self.roles)?,
            quota: own_quota(at, self.quota, quota)?,
        })
    }
}

impl CertificateTable {
    fn checked(self, at: &str, quota: Quota) -> Result<CertificateIdentity, ConfigError> {
        Ok(CertificateIdentity {
            san: named(&format!("{at}.san"), self.san)?,
            roles: roles(&format!("{at}.roles"), &self.roles)?,
            quota: own_quota(at, self.quota, quota)?,
        })
    }
}

/// Names stand in records and metrics.
fn named(at: &str, name: String) -> Result<String, ConfigError> {
    let plain = |character: char| character.is_ascii_graphic() && character != '@';
    if (1..=256).contains(&name.len()) && name.chars().all(plain) {
        return Ok(name);
    }
    let rule = "must be 1 to 256 printable ASCII characters without blanks and `@`";
    Err(ConfigError::value(at, rule))
}

fn roles(at: &str, names: &[String]) -> Result<Roles, ConfigError> {
    let roles: Result<Roles, UnknownRole> = names.iter().map(|name| name.parse::<Role>()).collect();
    roles.map_err(|error| ConfigError::value(at, format!("is wrong: {error}")))
}

fn own_quota(
    at: &str,
    table: Option<QuotaTable>,
    default: Quota,
) -> Result<Option<Quota>, ConfigError> {
    table
        .map(|table| table.checked(&format!("{at}.quota"), default))
        .transpose()
}

impl QuotaTable {
    fn checked(self, at: &str, default: Quota) -> Result<Quota, ConfigError> {
        let count = |key: &str, given: Option<usize>, default: usize| match given {
            None => Ok(default),
            Some(value) if (1..=1 << 24).contains(&value) => Ok(value),
            Some(value) => {
                let rule = format!("is {value}, and must be 1 to {}", 1 << 24);
                Err(ConfigError::value(format!("{at}.{key}"), rule))
            }
        };
        let calls_per_second = match self.calls_per_second {
            None => default.calls_per_second,
            // Nought would be a way to lock somebody out: leave out the role.
            Some(value) => Some(NonZeroU32::new(value).ok_or_else(|| {
                ConfigError::value(
                    format!("{at}.calls_per_second"),
                    "must be more than nothing",
                )
            })?),
        };
        Ok(Quota {
            calls_per_second,
            calls_max: count("calls_max", self.calls_max, default.calls_max)?,
            addresses_max: count("addresses_max", self.addresses_max, default.addresses_max)?,
            rescreens_max: count("rescreens_max", self.rescreens_max, default.rescreens_max)?,
            bodies_max: count("bodies_max", self.bodies_max, default.bodies_max)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::access::{ApiKey, Role, Roles};
    use crate::config::Config;

    fn refused(text: &str) -> String {
        Config::parse(text).expect_err(text).to_string()
    }

    #[test]
    fn without_names_everybody_on_this_machine_may_do_everything_and_nobody_else_anything() {
        let config = Config::parse("").expect("parses");
        assert_eq!(config.access.anonymous, Roles::ALL);
        assert_eq!(config, Config::default());
        let network = "listen = \"0.0.0.0:1\"\n[tls]\nallow_plaintext_on_network = [\"grpc\"]\n";
        assert!(refused(network).contains("names nobody"));
        let said = format!("{network}[access]\nanonymous = [\"screen\"]");
        let config = Config::parse(&said).expect("parses");
        assert_eq!(config.access.anonymous, Roles::of(&[Role::Screen]));
    }

    #[test]
    fn once_somebody_is_named_nobody_else_may_do_anything() {
        let hash = ApiKey::generate().expect("randomness").hash();
        let text = format!(
            "[[access.keys]]\nname = \"withdrawals\"\nhash = \"{hash}\"\nroles = [\"screen\"]\nquota = {{ calls_per_second = 500 }}"
        );
        let config = Config::parse(&text).expect("parses");
        let key = &config.access.keys[0];
        assert_eq!(config.access.anonymous, Roles::NONE);
        assert_eq!(
            (&*key.name, key.roles),
            ("withdrawals", Roles::of(&[Role::Screen]))
        );
        let rate = key.quota.and_then(|quota| quota.calls_per_second);
        assert_eq!(rate.map(u32::from), Some(500));
        let twice = format!("{text}\n{text}");
        assert!(refused(&twice).contains("`withdrawals` is there twice"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_its_key_and_a_secret_is_not_repeated() {
        let key = ApiKey::generate().expect("randomness");
        let with = |more: &str| format!("[[access.keys]]\nname = \"a\"\n{more}");
        let hash = key.hash();
        for (text, words) in [
            (
                with(&format!("hash = \"{}\"\nroles = []", key.reveal())),
                "access.keys[0].hash",
            ),
            (
                with(&format!("hash = \"{hash}\"\nroles = [\"root\"]")),
                "`root` is no role",
            ),
            (
                with(&format!(
                    "hash = \"{hash}\"\nroles = []\nquota = {{ calls_max = 0 }}"
                )),
                "access.keys[0].quota.calls_max",
            ),
            (
                "[[access.certificates]]\nsan = \"a b\"\nroles = []".to_owned(),
                "access.certificates[0].san",
            ),
            ("[access]\nanonymus = []".to_owned(), "anonymus"),
            (
                "[access.quota]\ncalls_per_second = 0".to_owned(),
                "access.quota.calls_per_second",
            ),
        ] {
            let said = refused(&text);
            assert!(said.contains(words), "{words}: {said}");
            assert!(!said.contains(&key.reveal()[12..]), "{said}");
        }
    }
}
