//! minisign public keys.
//!
//! 42 bytes in base64: the algorithm `Ed`, a key id of eight bytes that the
//! signer chose at random, and the Ed25519 key.
//!
//! Source: <https://jedisct1.github.io/minisign/>, "Public key format".

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64;
use ed25519_dalek::VerifyingKey;
use thiserror::Error;

pub(super) const ALGORITHM: [u8; 2] = *b"Ed";

pub(super) const UNTRUSTED: &str = "untrusted comment: ";

/// Names a key, as minisign prints it. It proves nothing by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub [u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", u64::from_le_bytes(self.0))
    }
}

/// A key that can tell a true signature from a false one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    pub(super) id: KeyId,
    pub(super) key: VerifyingKey,
}

/// A text that is no public key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// It is not base64 of 42 bytes.
    #[error("it is not a minisign public key: 56 characters beginning with `RW`")]
    Shape,
    /// It is one of the points that accept forged signatures.
    #[error("it is a weak key, under which signatures can be forged")]
    Weak,
}

impl PublicKey {
    /// Returns its id.
    pub fn id(&self) -> KeyId {
        self.id
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    /// Reads a key, or the two lines of a `.pub` file.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut lines = text.lines();
        let mut line = lines.next().unwrap_or_default();
        if line.starts_with(UNTRUSTED) {
            line = lines.next().unwrap_or_default();
        }
        if lines.any(|more| !more.trim().is_empty()) {
            return Err(KeyError::Shape);
        }
        let bytes = BASE64
            .decode(line.trim().as_bytes())
            .map_err(|_| KeyError::Shape)?;
        let bytes: [u8; 42] = bytes.try_into().map_err(|_| KeyError::Shape)?;
        let body = bytes.strip_prefix(&ALGORITHM).ok_or(KeyError::Shape)?;
        let (id, key) = body.split_first_chunk::<8>().ok_or(KeyError::Shape)?;
        let key = key.try_into().map_err(|_| KeyError::Shape)?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| KeyError::Shape)?;
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        Ok(Self {
            id: KeyId(*id),
            key,
        })
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&ALGORITHM[..], &self.id.0, self.key.as_bytes()].concat();
        f.write_str(&BASE64.encode(&bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with minisign 0.11 (`minisign -G -W`).
    const FILE: &str = "untrusted comment: minisign public key 9960FC4E21A0A8DD
RWTdqKAhTvxgmctqNcEtcpUHfqfkPcEzNI2Jr83wp7KRUPtoG4WowAzE
";

    #[test]
    fn a_key_is_read_alone_or_from_its_file_and_written_again() {
        let key: PublicKey = FILE.parse().expect("reads");
        assert_eq!(key.id().to_string(), "9960FC4E21A0A8DD");
        let line = FILE.lines().nth(1).expect("two lines");
        assert_eq!(key.to_string(), line);
        assert_eq!(line.parse::<PublicKey>(), Ok(key));
    }

    /// minisign's own public key, as its documentation prints it.
    #[test]
    fn a_published_key_reads() {
        let line = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
        let key: PublicKey = line.parse().expect("reads");
        assert_eq!(key.to_string(), line);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let line = FILE.lines().nth(1).expect("two lines");
        for bad in [
            "",
            "untrusted comment: nothing else",
            &line[..55],
            &line[1..],
            &line.replacen("RW", "RU", 1),
            &format!("{line}\n{line}"),
            &format!("{line}="),
        ] {
            assert_eq!(bad.parse::<PublicKey>(), Err(KeyError::Shape), "{bad}");
        }
        let neutral = [&ALGORITHM[..], &[7; 8], &[1], &[0; 31]].concat();
        assert_eq!(
            BASE64.encode(&neutral).parse::<PublicKey>(),
            Err(KeyError::Weak)
        );
    }
}
