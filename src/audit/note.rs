//! Signed notes: a text, and who signed it.
//!
//! Keys and notes are those of C2SP and of Go's `sumdb/note`, Ed25519 alone,
//! so that the tools and witnesses of transparency logs can read them. A
//! verifier key is `name+hash+base64`, a signer key is `PRIVATE+KEY+` and the
//! same of the seed; a note is a text, an empty line, and a line for each
//! signature: `— name base64`.
//!
//! Sources: <https://c2sp.org/signed-note>,
//! <https://pkg.go.dev/golang.org/x/mod/sumdb/note>.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

/// Longest note that is read.
pub const NOTE_BYTES_MAX: usize = 64 << 10;
/// Most signatures that a note may have: the log's and those of witnesses.
const SIGNATURES_MAX: usize = 32;
/// Longest name of a key.
const NAME_BYTES_MAX: usize = 255;

const ED25519: u8 = 1;
const PRIVATE: &str = "PRIVATE+KEY+";

/// A key that tells a true note from a false one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

/// A key that signs notes.
pub struct SignerKey {
    key: SigningKey,
    verifier: VerifierKey,
}

/// A text that is no key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// It has not the parts of one.
    #[error("it is not a key: `name+hash+base64` on one line")]
    Shape,
    /// Its name cannot be one.
    #[error(
        "`{0}` cannot name a log: 1 to 255 bytes without spaces, control characters or plus signs"
    )]
    Name(String),
    /// It is of another algorithm.
    #[error("it is not an Ed25519 key")]
    Algorithm,
    /// Its hash is not that of its name and key.
    #[error("its hash does not fit its name and key: it was altered or cut")]
    Hash,
    /// It is one of the points that accept forged signatures.
    #[error("it is a weak key, under which signatures can be forged")]
    Weak,
}

/// A text and who signed it. Nothing is known of either before
/// [`SignedNote::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct NoteSignature {
    name: String,
    /// The key's id and the signature.
    bytes: Vec<u8>,
}

/// Why a note proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoteError {
    /// It has not the lines of a signed note.
    #[error("it is not a signed note: {0}")]
    Shape(&'static str),
    /// Nobody signed it with this key.
    #[error("it is not signed with key `{0}`")]
    NotSigned(String),
    /// The signature is false.
    #[error("it is not what key `{0}` signed")]
    Forged(String),
}

impl VerifierKey {
    fn new(name: &str, key: VerifyingKey) -> Result<Self, KeyError> {
        checked_name(name)?;
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        let id = key_id(name, &key);
        let name = name.to_owned();
        Ok(Self { name, id, key })
    }

    /// Returns whose it is.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519], &self.key.as_bytes()[..]].concat();
        let id = const_hex::encode(self.id);
        write!(f, "{}+{id}+{}", self.name, BASE64.encode(&key))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (name, id, bytes) = key_parts(text)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::Shape)?;
        let key = Self::new(name, key)?;
        if key.id != id {
            return Err(KeyError::Hash);
        }
        Ok(key)
    }
}

impl SignerKey {
    /// Makes a key from 32 random bytes.
    ///
    /// # Errors
    ///
    /// If the name cannot be one.
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key = SigningKey::from_bytes(seed);
        let verifier = VerifierKey::new(name, key.verifying_key())?;
        Ok(Self { key, verifier })
    }

    /// Returns the key that others check with.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs a text that ends with a newline.
    pub fn sign(&self, text: String) -> SignedNote {
        debug_assert!(text.ends_with('\n'), "a note's text ends with a newline");
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let signature = NoteSignature {
            name: self.verifier.name.clone(),
            bytes: [&self.verifier.id[..], &signature].concat(),
        };
        SignedNote {
            text,
            signatures: vec![signature],
        }
    }

    /// Returns the key as it is kept. It is a secret.
    pub fn to_text(&self) -> Zeroizing<String> {
        let seed = Zeroizing::new([&[ED25519], &self.key.as_bytes()[..]].concat());
        let encoded = Zeroizing::new(BASE64.encode(&seed));
        let id = const_hex::encode(self.verifier.id);
        let name = &self.verifier.name;
        Zeroizing::new(format!("{PRIVATE}{name}+{id}+{}", encoded.as_str()))
    }

    /// Reads a key as it is kept.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let rest = text.strip_prefix(PRIVATE).ok_or(KeyError::Shape)?;
        let (name, id, seed) = key_parts(rest)?;
        let key = Self::new(name, &Zeroizing::new(seed))?;
        if key.verifier.id != id {
            return Err(KeyError::Hash);
        }
        Ok(key)
    }
}

impl fmt::Debug for SignerKey {
    /// Shows whose it is, and nothing that could sign.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SignerKey").field(&self.verifier).finish()
    }
}

impl SignedNote {
    /// Checks that a key signed the text. Signatures of other keys are
    /// passed over: they may be of witnesses.
    ///
    /// # Errors
    ///
    /// If it did not, or if any signature in its name is false.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), NoteError> {
        let mut signed = false;
        for signature in &self.signatures {
            let ours = signature.bytes.strip_prefix(&key.id);
            let Some(bytes) = ours.filter(|_| signature.name == key.name) else {
                continue;
            };
            let holds = Signature::from_slice(bytes)
                // Strict: of the many encodings of a signature one is taken.
                .and_then(|signature| key.key.verify_strict(self.text.as_bytes(), &signature));
            if holds.is_err() {
                return Err(NoteError::Forged(key.to_string()));
            }
            signed = true;
        }
        if signed {
            Ok(())
        } else {
            Err(NoteError::NotSigned(key.to_string()))
        }
    }

    /// Returns the text, with the newline that ends it.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for signature in &self.signatures {
            let bytes = BASE64.encode(&signature.bytes);
            writeln!(f, "\u{2014} {} {bytes}", signature.name)?;
        }
        Ok(())
    }
}

impl FromStr for SignedNote {
    type Err = NoteError;

    /// Reads a note, exactly as it is written.
    fn from_str(note: &str) -> Result<Self, NoteError> {
        use NoteError::Shape;

        if note.len() > NOTE_BYTES_MAX {
            return Err(Shape("it is longer than 65,536 bytes"));
        }
        if note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(Shape("it has control characters"));
        }
        let split = note
            .rfind("\n\n")
            .ok_or(Shape("no empty line stands before signatures"))?;
        let (text, lines) = (&note[..=split], &note[split + 2..]);
        let lines = lines
            .strip_suffix('\n')
            .ok_or(Shape("its last line does not end"))?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() == SIGNATURES_MAX {
                return Err(Shape("it has more than 32 signatures"));
            }
            signatures.push(signature_line(line).ok_or(Shape("a signature line is malformed"))?);
        }
        let text = text.to_owned();
        Ok(Self { text, signatures })
    }
}

fn signature_line(line: &str) -> Option<NoteSignature> {
    let (name, bytes) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    checked_name(name).ok()?;
    let bytes = BASE64.decode(bytes.as_bytes()).ok()?;
    // The key's id and at least something.
    (bytes.len() > 4).then(|| NoteSignature {
        name: name.to_owned(),
        bytes,
    })
}

/// Splits `name+hash+base64`.
fn key_parts(text: &str) -> Result<(&str, [u8; 4], [u8; 32]), KeyError> {
    let mut parts = text.splitn(3, '+');
    let mut part = || parts.next().ok_or(KeyError::Shape);
    let (name, id, key) = (part()?, part()?, part()?);
    checked_name(name)?;
    let plain = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    if id.len() != 8 || !id.bytes().all(plain) {
        return Err(KeyError::Shape);
    }
    let id = const_hex::decode_to_array(id).map_err(|_| KeyError::Shape)?;
    let key = BASE64
        .decode(key.as_bytes())
        .map(Zeroizing::new)
        .map_err(|_| KeyError::Shape)?;
    let (algorithm, key) = key.split_first().ok_or(KeyError::Shape)?;
    if *algorithm != ED25519 {
        return Err(KeyError::Algorithm);
    }
    Ok((name, id, key.try_into().map_err(|_| KeyError::Shape)?))
}

fn checked_name(name: &str) -> Result<(), KeyError> {
    let refused = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '+';
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains(refused) {
        return Err(KeyError::Name(name.escape_default().take(80).collect()));
    }
    Ok(())
}

fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let mut hasher = Sha256::new();
    hasher.update(name);
    hasher.update([b'\n', ED25519]);
    hasher.update(key.as_bytes());
    let hash: [u8; 32] = hasher.finalize().into();
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
#[path = "note_tests.rs"]
mod tests;
