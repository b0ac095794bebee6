//! API keys: how they are made, what is kept of them, how one is recognised.
//!
//! A key is `ik_ID_SECRET`. The id (8 characters) is public: it finds the
//! entry, and people may name it. The secret is 256 random bits, so that one
//! fast hash is enough to keep: there is nothing to guess, and a slow hash
//! would only give a flood of wrong keys something to burn. What is kept is
//! compared in constant time, and a key whose id nobody has is hashed and
//! compared all the same.

use std::fmt;
use std::str::FromStr;

use data_encoding::{Encoding, HEXLOWER};
use subtle::{Choice, ConstantTimeEq as _};
use thiserror::Error;
use zeroize::Zeroizing;

const PREFIX: &str = "ik_";
const ID_CHARACTERS: usize = 8;
const SECRET_BYTES: usize = 32;
const SECRET_CHARACTERS: usize = 52;

/// Separates these hashes from every other use of BLAKE3.
const CONTEXT: &str = "interdict 2026-11-23 API key";

fn alphabet() -> Encoding {
    let mut specification = data_encoding::Specification::new();
    specification
        .symbols
        .push_str("abcdefghijklmnopqrstuvwxyz234567");
    specification
        .encoding()
        .expect("32 different symbols are an alphabet")
}

/// A key as its holder has it. It is wiped from memory when dropped, and
/// shows nothing of itself in logs.
pub struct ApiKey {
    id: String,
    whole: Zeroizing<String>,
}

/// A text that is no API key. It says nothing of what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an API key of this daemon: they look like `ik_` and 8, `_` and 52 characters")]
pub struct NotAKey;

impl ApiKey {
    /// Makes a new one.
    ///
    /// # Errors
    ///
    /// If the system has no randomness.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut id = [0; 5];
        getrandom::fill(&mut id)?;
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        getrandom::fill(&mut *secret)?;
        let alphabet = alphabet();
        let id = alphabet.encode(&id);
        let mut encoded = Zeroizing::new(alphabet.encode(&*secret));
        encoded.truncate(SECRET_CHARACTERS);
        Ok(Self {
            whole: Zeroizing::new(format!("{PREFIX}{id}_{}", *encoded)),
            id,
        })
    }

    /// Returns the public part.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns all of it, for its holder only.
    pub fn reveal(&self) -> &str {
        &self.whole
    }

    /// Returns what may be kept of it.
    pub fn hash(&self) -> KeyHash {
        KeyHash {
            id: self.id.clone(),
            hash: blake3::derive_key(CONTEXT, self.whole.as_bytes()),
        }
    }
}

impl FromStr for ApiKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let (id, secret) = text
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split_once('_'))
            .ok_or(NotAKey)?;
        let plain = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte))
        };
        let fits = id.len() == ID_CHARACTERS && secret.len() == SECRET_CHARACTERS;
        if !(fits && plain(id) && plain(secret)) {
            return Err(NotAKey);
        }
        Ok(Self {
            id: id.to_owned(),
            whole: Zeroizing::new(text.to_owned()),
        })
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ApiKey({PREFIX}{}_…)", self.id)
    }
}

/// What is kept of a key: its id and a hash. Written `b3:ID:HEX`.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyHash {
    id: String,
    hash: [u8; 32],
}

/// A text that is no hash of a key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "is no hash of a key: `interdict keys create` prints one (`b3:` and id, `:` and 64 hex digits)"
)]
pub struct NotAHash;

impl KeyHash {
    /// Returns the id of the key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Tells in constant time whether a key is the one that was kept.
    pub fn is_of(&self, key: &ApiKey) -> bool {
        bool::from(self.matches(&key.hash()))
    }

    fn matches(&self, other: &Self) -> Choice {
        self.hash.ct_eq(&other.hash) & self.id.as_bytes().ct_eq(other.id.as_bytes())
    }
}

impl FromStr for KeyHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let rest = text.strip_prefix("b3:").ok_or(NotAHash)?;
        let (id, hex) = rest.split_once(':').ok_or(NotAHash)?;
        let hash = HEXLOWER.decode(hex.as_bytes()).map_err(|_| NotAHash)?;
        let hash = hash.try_into().map_err(|_| NotAHash)?;
        if id.len() != ID_CHARACTERS || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(NotAHash);
        }
        Ok(Self {
            id: id.to_owned(),
            hash,
        })
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "b3:{}:{}", self.id, HEXLOWER.encode(&self.hash))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyHash({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_hash_and_no_other_is() {
        let key = ApiKey::generate().expect("there is randomness");
        let kept: KeyHash = key.hash().to_string().parse().expect("reads back");
        let again: ApiKey = key.reveal().parse().expect("reads back");
        assert!(kept.is_of(&again) && kept == key.hash());
        assert_eq!((key.reveal().len(), kept.id()), (64, key.id()));
        let other = ApiKey::generate().expect("there is randomness");
        assert!(!kept.is_of(&other));
        // The same id with another secret, one character away.
        let mut near = key.reveal().to_owned();
        let last = if near.ends_with('a') { "q" } else { "a" };
        near.replace_range(63.., last);
        assert!(!kept.is_of(&near.parse().expect("looks like one")));
    }

    #[test]
    fn what_is_no_key_is_refused_without_a_word_of_it() {
        let key = ApiKey::generate().expect("there is randomness");
        let whole = key.reveal();
        for text in [
            "",
            "ik_",
            &whole[1..],
            &whole[..63],
            &whole.to_uppercase(),
            &format!("{whole}a"),
            "Bearer x",
            "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
        ] {
            assert_eq!(text.parse::<ApiKey>().err(), Some(NotAKey), "{text}");
        }
        assert!(!format!("{key:?}").contains(&whole[12..]));
        assert!(!format!("{:?}", key.hash()).contains(&key.hash().to_string()[12..]));
        for text in ["b3:", "b3:abcdefgh:00", "b3:ab:", "sha256:abcdefgh:"] {
            assert!(text.parse::<KeyHash>().is_err(), "{text}");
        }
    }
}
