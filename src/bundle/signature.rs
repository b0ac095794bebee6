//! minisign signatures.
//!
//! Four lines: an untrusted comment; the algorithm `ED`, the key id and the
//! Ed25519 signature over the BLAKE2b-512 of the file; the trusted comment;
//! and the signature over the first signature and the trusted comment. The
//! older algorithm `Ed`, which signs the file without hashing it first, is
//! not taken: minisign writes it only when asked to.
//!
//! Source: <https://jedisct1.github.io/minisign/>, "Signature format".

use std::fmt;
use std::str::FromStr;

use blake2::{Blake2b512, Digest as _};
use data_encoding::BASE64;
use ed25519_dalek::{Signature as Ed25519, Signer as _};
use thiserror::Error;

use super::key::{KeyId, PublicKey, UNTRUSTED};
use super::secret_key::SecretKey;

const PREHASHED: [u8; 2] = *b"ED";
const TRUSTED: &str = "trusted comment: ";

/// The comment that nobody signs, the same in every signature made here.
pub(super) const UNTRUSTED_COMMENT: &str = "signature of an interdict bundle";

/// Longest signature file: two comments and two lines of base64.
pub(super) const BYTES_MAX: u64 = 8 << 10;

/// The content of a `.minisig` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub(super) untrusted_comment: String,
    key_id: KeyId,
    over_content: [u8; 64],
    trusted_comment: String,
    over_comment: [u8; 64],
}

/// Why a signature proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// It does not have the four lines.
    #[error("it is not a minisign signature: {0}")]
    Shape(&'static str),
    /// It is of the older kind.
    #[error("it is of the older kind that minisign makes with `-l`: sign without it")]
    NotPrehashed,
    /// It was made with another key.
    #[error("it was made with key {made_with} and not with {given}")]
    OtherKey {
        /// The key that made it, by its own word.
        made_with: KeyId,
        /// The key it was held against.
        given: KeyId,
    },
    /// It does not fit the content.
    #[error("the content is not what key {0} signed")]
    Content(KeyId),
    /// It does not fit its trusted comment.
    #[error("the trusted comment is not what key {0} signed")]
    Comment(KeyId),
}

impl Signature {
    /// Signs a content. The same key, content and comment give the same
    /// signature.
    ///
    /// The comment is one line.
    pub fn sign(key: &SecretKey, content: &[u8], trusted_comment: &str) -> Self {
        debug_assert!(!trusted_comment.contains(['\n', '\r']));
        let over_content = key.key.sign(&Blake2b512::digest(content)).to_bytes();
        let covered = [&over_content, trusted_comment.as_bytes()].concat();
        Self {
            untrusted_comment: UNTRUSTED_COMMENT.to_owned(),
            key_id: key.id,
            over_content,
            trusted_comment: trusted_comment.to_owned(),
            over_comment: key.key.sign(&covered).to_bytes(),
        }
    }

    /// Checks that a key signed this content and the trusted comment.
    ///
    /// # Errors
    ///
    /// If it did not.
    pub fn verify(&self, key: &PublicKey, content: &[u8]) -> Result<(), SignatureError> {
        if key.id != self.key_id {
            return Err(SignatureError::OtherKey {
                made_with: self.key_id,
                given: key.id,
            });
        }
        let holds = |covered: &[u8], signature: &[u8; 64]| {
            let signature = Ed25519::from_bytes(signature);
            // Strict: of the many encodings of a signature only one is taken.
            key.key.verify_strict(covered, &signature).is_ok()
        };
        if !holds(&Blake2b512::digest(content), &self.over_content) {
            return Err(SignatureError::Content(key.id));
        }
        let covered = [&self.over_content, self.trusted_comment.as_bytes()].concat();
        if !holds(&covered, &self.over_comment) {
            return Err(SignatureError::Comment(key.id));
        }
        Ok(())
    }

    /// Returns the key that made it, by its own word.
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// Returns the comment that is signed. Nothing is known of it before
    /// [`Self::verify`].
    pub fn trusted_comment(&self) -> &str {
        &self.trusted_comment
    }
}

impl fmt::Display for Signature {
    /// Writes the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = [&PREHASHED[..], &self.key_id.0, &self.over_content].concat();
        writeln!(f, "{UNTRUSTED}{}", self.untrusted_comment)?;
        writeln!(f, "{}", BASE64.encode(&first))?;
        writeln!(f, "{TRUSTED}{}", self.trusted_comment)?;
        writeln!(f, "{}", BASE64.encode(&self.over_comment))
    }
}

impl FromStr for Signature {
    type Err = SignatureError;

    /// Reads a `.minisig` file, exactly as it is written.
    fn from_str(text: &str) -> Result<Self, SignatureError> {
        use SignatureError::Shape;

        let mut lines = text.split('\n');
        let mut line = |what| lines.next().ok_or(Shape(what));
        let untrusted_comment = line("it has no untrusted comment")?
            .strip_prefix(UNTRUSTED)
            .ok_or(Shape("it has no untrusted comment"))?;
        let first = BASE64
            .decode(line("it has no signature line")?.as_bytes())
            .map_err(|_| Shape("its signature line is not base64"))?;
        let trusted_comment = line("it has no trusted comment")?
            .strip_prefix(TRUSTED)
            .ok_or(Shape("it has no trusted comment"))?;
        let last = BASE64
            .decode(line("its comment is not signed")?.as_bytes())
            .map_err(|_| Shape("its last line is not base64"))?;
        if !line("it does not end with a newline")?.is_empty() || lines.next().is_some() {
            return Err(Shape("something follows it"));
        }
        let body = match first.split_first_chunk::<2>() {
            Some((b"ED", body)) => body,
            Some((b"Ed", _)) => return Err(SignatureError::NotPrehashed),
            _ => return Err(Shape("its algorithm is not known")),
        };
        let (id, over_content) = body
            .split_first_chunk::<8>()
            .ok_or(Shape("its signature line is cut"))?;
        let wrong_length = |_| Shape("a signature is not 64 bytes long");
        Ok(Self {
            untrusted_comment: untrusted_comment.to_owned(),
            key_id: KeyId(*id),
            over_content: over_content.try_into().map_err(wrong_length)?,
            trusted_comment: trusted_comment.to_owned(),
            over_comment: last.as_slice().try_into().map_err(wrong_length)?,
        })
    }
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
