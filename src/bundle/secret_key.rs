//! minisign secret keys.
//!
//! 158 bytes in base64: `Ed`; how the rest is encrypted (`Sc` for scrypt,
//! zeros for not at all); `B2`; salt (32), operations and memory limits (8
//! each, little endian); then, encrypted as one, the key id (8), the Ed25519
//! seed and public key (64) and a BLAKE2b-256 over algorithm, id and key.
//! minisign itself leaves that checksum out when there is no password, so
//! there the public key inside is the check. The limits become scrypt's
//! parameters as in libsodium.
//!
//! Source: <https://jedisct1.github.io/minisign/>, "Secret key format"; for
//! the parameters, libsodium's `crypto_pwhash_scryptsalsa208sha256`.

use std::fmt;

use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest as _};
use data_encoding::BASE64;
use ed25519_dalek::SigningKey;
use thiserror::Error;
use zeroize::Zeroizing;

use super::key::{ALGORITHM, KeyId, PublicKey, UNTRUSTED};

const BYTES: usize = 158;
/// Where the encrypted part begins.
const SEALED_AT: usize = 54;
const SEALED_BYTES: usize = BYTES - SEALED_AT;
const CHECKSUM: [u8; 2] = *b"B2";
const SCRYPT: [u8; 2] = *b"Sc";
const NONE: [u8; 2] = [0, 0];

/// What a new password costs whoever guesses: 128 MiB and about a third of a
/// second for each try.
const OPERATIONS: u64 = 1 << 22;
const MEMORY: u64 = 128 << 20;

/// The most that a key file may ask for, which is minisign's default.
const MEMORY_MAX: u64 = 1 << 30;
const OPERATIONS_MAX: u64 = 1 << 25;

/// A key that signs. Wiped from memory when it is dropped.
pub struct SecretKey {
    pub(super) id: KeyId,
    pub(super) key: SigningKey,
}

/// Why a secret key cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SecretKeyError {
    /// It is not a secret key file.
    #[error("it is not a minisign secret key file: {0}")]
    Shape(&'static str),
    /// It is encrypted.
    #[error("it is protected by a password, and none was given")]
    PasswordNeeded,
    /// The password is not the one.
    #[error("the password is wrong, or the file is damaged")]
    PasswordWrong,
    /// It asks for more than is reasonable.
    #[error("deriving its key would take more memory or time than minisign ever asks for")]
    TooCostly,
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
}

impl SecretKey {
    /// Makes a new key.
    ///
    /// # Errors
    ///
    /// If the system gives no random numbers.
    pub fn generate() -> Result<Self, SecretKeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        let mut id = [0; 8];
        fill_random(&mut *seed)?;
        fill_random(&mut id)?;
        Ok(Self::from_seed(&seed, KeyId(id)))
    }

    pub(super) fn from_seed(seed: &[u8; 32], id: KeyId) -> Self {
        Self {
            id,
            key: SigningKey::from_bytes(seed),
        }
    }

    /// Returns the key that verifies what this one signs.
    pub fn public(&self) -> PublicKey {
        PublicKey {
            id: self.id,
            key: self.key.verifying_key(),
        }
    }

    /// Reads a secret key file.
    ///
    /// # Errors
    ///
    /// If it is none, or is encrypted and the password is missing or wrong.
    pub fn parse(text: &str, password: Option<&[u8]>) -> Result<Self, SecretKeyError> {
        use SecretKeyError::Shape;

        let mut lines = text.lines();
        let comment = lines.next().unwrap_or_default();
        if !comment.starts_with(UNTRUSTED) {
            return Err(Shape("its first line is not an untrusted comment"));
        }
        let line = lines.next().unwrap_or_default().trim();
        let bytes = BASE64
            .decode(line.as_bytes())
            .map_err(|_| Shape("its second line is not base64"))?;
        let bytes = Zeroizing::new(bytes);
        if bytes.len() != BYTES {
            return Err(Shape("it is not 158 bytes long"));
        }
        if bytes[..2] != ALGORITHM || bytes[4..6] != CHECKSUM {
            return Err(Shape("its algorithms are not Ed25519 and BLAKE2b"));
        }
        let mut sealed = Zeroizing::new([0; SEALED_BYTES]);
        sealed.copy_from_slice(&bytes[SEALED_AT..]);
        let is_encrypted = match bytes[2..4].try_into() {
            Ok(SCRYPT) => true,
            Ok(NONE) => false,
            _ => return Err(Shape("it is encrypted in a way that is not known")),
        };
        if is_encrypted {
            let password = password.ok_or(SecretKeyError::PasswordNeeded)?;
            mask(&mut sealed, password, &bytes[6..SEALED_AT])?;
        }
        Self::unsealed(&sealed, is_encrypted)
    }

    fn unsealed(sealed: &[u8; SEALED_BYTES], is_encrypted: bool) -> Result<Self, SecretKeyError> {
        let wrong = if is_encrypted {
            SecretKeyError::PasswordWrong
        } else {
            SecretKeyError::Shape("the key in it is damaged")
        };
        let (covered, checksum) = sealed.split_at(72);
        let left_out = !is_encrypted && checksum == [0; 32];
        if !left_out && checksum != checksum_of(covered) {
            return Err(wrong);
        }
        let (Some(id), Some(seed)) = (covered.first_chunk::<8>(), covered[8..].first_chunk())
        else {
            return Err(wrong);
        };
        let key = Self::from_seed(seed, KeyId(*id));
        if covered[40..] != *key.key.verifying_key().as_bytes() {
            return Err(wrong);
        }
        Ok(key)
    }

    /// Writes a secret key file, encrypted if there is a password.
    ///
    /// # Errors
    ///
    /// If the system gives no random numbers.
    pub fn to_text(&self, password: Option<&[u8]>) -> Result<Zeroizing<String>, SecretKeyError> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        bytes[..2].copy_from_slice(&ALGORITHM);
        bytes[4..6].copy_from_slice(&CHECKSUM);
        let mut sealed = Zeroizing::new([0; SEALED_BYTES]);
        sealed[..8].copy_from_slice(&self.id.0);
        sealed[8..72].copy_from_slice(&*Zeroizing::new(self.key.to_keypair_bytes()));
        let checksum = checksum_of(&sealed[..72]);
        sealed[72..].copy_from_slice(&checksum);
        if let Some(password) = password {
            bytes[2..4].copy_from_slice(&SCRYPT);
            fill_random(&mut bytes[6..38])?;
            bytes[38..46].copy_from_slice(&OPERATIONS.to_le_bytes());
            bytes[46..SEALED_AT].copy_from_slice(&MEMORY.to_le_bytes());
            mask(&mut sealed, password, &bytes[6..SEALED_AT])?;
        }
        bytes[SEALED_AT..].copy_from_slice(&*sealed);
        let protected = if password.is_some() { "encrypted " } else { "" };
        let encoded = Zeroizing::new(BASE64.encode(&*bytes));
        Ok(Zeroizing::new(format!(
            "{UNTRUSTED}minisign {protected}secret key {}\n{}\n",
            self.id, *encoded
        )))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.id)
    }
}

fn fill_random(bytes: &mut [u8]) -> Result<(), SecretKeyError> {
    getrandom::fill(bytes).map_err(|error| SecretKeyError::Random(error.to_string()))
}

fn checksum_of(covered: &[u8]) -> [u8; 32] {
    let mut hasher = Blake2b::<U32>::new();
    hasher.update(ALGORITHM);
    hasher.update(covered);
    hasher.finalize().into()
}

/// Encrypts, or decrypts: the two are the same exclusive-or with what scrypt
/// makes of the password. `derivation` is salt, operations and memory.
fn mask(
    sealed: &mut [u8; SEALED_BYTES],
    password: &[u8],
    derivation: &[u8],
) -> Result<(), SecretKeyError> {
    let limit = |at: usize| {
        let bytes = derivation[at..at + 8].try_into();
        u64::from_le_bytes(bytes.expect("the range is eight bytes long"))
    };
    let params = scrypt_params(limit(32), limit(40))?;
    let mut stream = Zeroizing::new([0; SEALED_BYTES]);
    scrypt::scrypt(password, &derivation[..32], &params, &mut *stream)
        .map_err(|_| SecretKeyError::TooCostly)?;
    for (byte, mask) in sealed.iter_mut().zip(stream.iter()) {
        *byte ^= mask;
    }
    Ok(())
}

/// Turns libsodium's limits into scrypt's parameters, as libsodium does.
fn scrypt_params(operations: u64, memory: u64) -> Result<scrypt::Params, SecretKeyError> {
    const BLOCK: u32 = 8;
    if operations > OPERATIONS_MAX || memory > MEMORY_MAX {
        return Err(SecretKeyError::TooCostly);
    }
    let operations = operations.max(32_768);
    let spare = operations < memory / 32;
    let rounds_max = if spare {
        operations / (u64::from(BLOCK) * 4)
    } else {
        memory / (u64::from(BLOCK) * 128)
    };
    let log_n = (1..63_u8)
        .find(|log_n| 1_u64 << log_n > rounds_max / 2)
        .ok_or(SecretKeyError::TooCostly)?;
    let lanes = if spare {
        1
    } else {
        let lanes = ((operations / 4) >> log_n).min(0x3fff_ffff) as u32;
        (lanes / BLOCK).max(1)
    };
    scrypt::Params::new(log_n, BLOCK, lanes).map_err(|_| SecretKeyError::TooCostly)
}

#[cfg(test)]
#[path = "secret_key_tests.rs"]
mod tests;
