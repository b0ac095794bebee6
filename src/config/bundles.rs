//! `[bundles]` and `[backups]`: whose bundles are taken, where backups go.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Deserialize;

use crate::bundle::{PublicKey, TrustPolicy, TrustedKey};
use crate::import::SignedOnly;
use crate::list::SourceId;

use super::ConfigError;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BundlesTable {
    trusted_keys: Vec<TrustedKeyEntry>,
    require_signed: bool,
    overrides: Option<bool>,
}

/// A key alone, or what it may be used for as well.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum TrustedKeyEntry {
    Alone(String),
    Table(TrustedKeyTable),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TrustedKeyTable {
    key: String,
    sources: Option<Vec<String>>,
    comment: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BackupsTable {
    pub(super) dir: Option<PathBuf>,
}

impl BundlesTable {
    /// Checks the table; `signed` are the sources with `signed = true`.
    pub(super) fn checked(
        self,
        signed: BTreeSet<SourceId>,
    ) -> Result<(TrustPolicy, SignedOnly), ConfigError> {
        let mut keys: Vec<TrustedKey> = Vec::new();
        for (index, entry) in self.trusted_keys.into_iter().enumerate() {
            let at = format!("bundles.trusted_keys[{index}]");
            let trusted = entry.checked(&at)?;
            if keys.iter().any(|known| known.key.id() == trusted.key.id()) {
                let rule = format!("has the id {} of another key", trusted.key.id());
                return Err(ConfigError::value(at, rule));
            }
            keys.push(trusted);
        }
        if (self.require_signed || !signed.is_empty()) && keys.is_empty() {
            return Err(ConfigError::value(
                "bundles.trusted_keys",
                "is empty, and sources must be signed: nothing could ever be imported",
            ));
        }
        let policy = TrustPolicy {
            keys,
            // Where everything must be signed, nobody is above that unless
            // it is said.
            overrides: self.overrides.unwrap_or(!self.require_signed),
        };
        let signed_only = SignedOnly {
            all: self.require_signed,
            sources: signed,
        };
        Ok((policy, signed_only))
    }
}

impl TrustedKeyEntry {
    fn checked(self, at: &str) -> Result<TrustedKey, ConfigError> {
        let table = match self {
            Self::Alone(key) => TrustedKeyTable {
                key,
                sources: None,
                comment: None,
            },
            Self::Table(table) => table,
        };
        let key: PublicKey = table
            .key
            .parse()
            .map_err(|error| ConfigError::value(at, format!("is wrong: {error}")))?;
        let sources = table.sources.map(|ids| {
            ids.iter()
                .map(|id| id.parse::<SourceId>())
                .collect::<Result<BTreeSet<_>, _>>()
        });
        let sources = sources
            .transpose()
            .map_err(|error| ConfigError::value(format!("{at}.sources"), error.to_string()))?;
        Ok(TrustedKey {
            key,
            sources,
            comment: table.comment,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    const KEY: &str = "RWTdqKAhTvxgmctqNcEtcpUHfqfkPcEzNI2Jr83wp7KRUPtoG4WowAzE";
    const OTHER: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

    fn refused(text: &str) -> String {
        Config::parse(text).expect_err(text).to_string()
    }

    #[test]
    fn keys_stand_alone_or_with_what_they_are_for() {
        let text = format!(
            "[bundles]\ntrusted_keys = [\"{KEY}\", {{ key = \"{OTHER}\", sources = [\"a\", \"b\"], comment = \"the feed\" }}]"
        );
        let config = Config::parse(&text).expect("parses");
        let keys = &config.trust.keys;
        assert_eq!(keys[0].key.to_string(), KEY);
        assert_eq!((&keys[0].sources, &keys[0].comment), (&None, &None));
        let sources = keys[1].sources.as_ref().expect("some");
        assert_eq!(sources.len(), 2);
        assert_eq!(keys[1].comment.as_deref(), Some("the feed"));
    }

    #[test]
    fn a_person_may_decide_unless_everything_must_be_signed() {
        let overrides = |more: &str| {
            let text = format!("[bundles]\ntrusted_keys = [\"{KEY}\"]\n{more}");
            let config = Config::parse(&text).expect("parses");
            (config.trust.overrides, config.signed_only.all)
        };
        assert_eq!(overrides(""), (true, false));
        assert_eq!(overrides("require_signed = true"), (false, true));
        assert_eq!(
            overrides("require_signed = true\noverrides = true"),
            (true, true)
        );
        assert_eq!(overrides("overrides = false"), (false, false));
        let default = Config::parse("").expect("parses");
        assert!(default.trust.overrides && default.trust.keys.is_empty());
        assert_eq!(default, Config::default());
    }

    #[test]
    fn a_source_alone_can_be_required_to_be_signed() {
        let text = format!(
            "[bundles]\ntrusted_keys = [\"{KEY}\"]\n[[sources]]\nid = \"a\"\ntier = \"SANCTIONS\"\nsigned = true\n[[sources]]\nid = \"b\"\ntier = \"SANCTIONS\""
        );
        let config = Config::parse(&text).expect("parses");
        let names: Vec<_> = config
            .signed_only
            .sources
            .iter()
            .map(|id| id.as_str())
            .collect();
        assert_eq!((names, config.signed_only.all), (vec!["a"], false));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_its_key() {
        for (text, key) in [
            (
                "[bundles]\ntrusted_keys = [\"RW\"]".to_owned(),
                "bundles.trusted_keys[0]",
            ),
            (
                format!("[bundles]\ntrusted_keys = [\"{KEY}\", \"{KEY}\"]"),
                "bundles.trusted_keys[1]",
            ),
            (
                format!("[bundles]\ntrusted_keys = [{{ key = \"{KEY}\", sources = [\"A\"] }}]"),
                "bundles.trusted_keys[0].sources",
            ),
            (
                "[bundles]\nrequire_signed = true".to_owned(),
                "bundles.trusted_keys",
            ),
            (
                "[[sources]]\nid = \"a\"\ntier = \"SANCTIONS\"\nsigned = true".to_owned(),
                "bundles.trusted_keys",
            ),
            ("[bundles]\nrequire_sign = true".to_owned(), "require_sign"),
            ("[backups]\ndirectory = \"/b\"".to_owned(), "directory"),
        ] {
            let words = refused(&text);
            assert!(words.contains(key), "{key}: {words}");
        }
    }
}
