//! Sources and the weight they carry.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

/// The id of the operator's own list, which is kept by hand.
pub const OPERATOR: &str = "operator";

/// The id of the operator's exemptions, which are kept by hand. Nothing on
/// another source exempts.
pub const EXEMPTIONS: &str = "exemptions";

/// The name of a publisher's dataset, such as `ofac-sdn`.
///
/// One to 64 characters of `a-z`, `0-9` and `-`, beginning with a letter or a
/// digit, so that it can stand in a file name, a metric label or a URL
/// unchanged. Cloning is cheap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(Arc<str>);

/// A text that cannot name a source.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "cannot use `{given}` as a source id: it takes 1 to 64 of a-z, 0-9 and `-`, beginning with a letter or digit"
)]
pub struct SourceIdError {
    given: String,
}

impl SourceId {
    /// Longest source id in bytes.
    pub const BYTES_MAX: usize = 64;

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SourceId {
    type Err = SourceIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let starts_well = text.bytes().next().is_some_and(plain);
        let continues_well = text.bytes().all(|byte| plain(byte) || byte == b'-');
        if starts_well && continues_well && text.len() <= Self::BYTES_MAX {
            Ok(Self(text.into()))
        } else {
            Err(SourceIdError {
                given: text.chars().take(Self::BYTES_MAX + 1).collect(),
            })
        }
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that names no value of a closed set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{given}` is not a {set}: choose one of {choices}")]
pub struct UnknownName {
    /// What was given.
    pub given: String,
    /// What kind of name was expected.
    pub set: &'static str,
    /// The names that are known.
    pub choices: String,
}

/// How much weight a source carries, heaviest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// A sanctions authority: dealing with the subject is prohibited.
    Sanctions,
    /// A law-enforcement body has tied the address to a crime in public.
    LawEnforcement,
    /// Researchers or a community have; nobody with authority has confirmed it.
    Attributed,
    /// The operator's own list.
    Operator,
}

impl Tier {
    /// Every tier, heaviest first.
    pub const ALL: [Self; 4] = [
        Self::Sanctions,
        Self::LawEnforcement,
        Self::Attributed,
        Self::Operator,
    ];

    /// Returns the name used in configuration, on the wire and in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sanctions => "SANCTIONS",
            Self::LawEnforcement => "LAW_ENFORCEMENT",
            Self::Attributed => "ATTRIBUTED",
            Self::Operator => "OPERATOR",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Tier {
    type Err = UnknownName;

    /// Accepts the name in any case, with `-` or `_` between words.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = text.to_ascii_uppercase().replace('-', "_");
        Self::ALL
            .into_iter()
            .find(|tier| tier.name() == wanted)
            .ok_or_else(|| UnknownName {
                given: text.to_owned(),
                set: "tier",
                choices: Self::ALL.map(Self::name).join(", "),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_ids_are_plain_words() {
        for good in ["ofac-sdn", "0xb10c", "a", &"x".repeat(64)] {
            assert!(good.parse::<SourceId>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "OFAC", "a b", "a/b", "ä", &"x".repeat(65)] {
            assert!(bad.parse::<SourceId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn tier_names_round_trip_in_any_case() {
        for tier in Tier::ALL {
            assert_eq!(tier.name().parse(), Ok(tier));
            assert_eq!(
                tier.name().to_lowercase().replace('_', "-").parse(),
                Ok(tier)
            );
        }
        let error = "BANNED".parse::<Tier>().expect_err("no such tier");
        assert!(error.to_string().contains("LAW_ENFORCEMENT"), "{error}");
    }
}
