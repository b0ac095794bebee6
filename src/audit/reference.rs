//! The keyed hash by which a caller's reference is found again, from the
//! files of a log.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::folder::{Folder, REFERENCE_KEY};

/// Returns the hash that records of the log in a folder have for a reference.
///
/// # Errors
///
/// If the log's key of references cannot be read: it is for the owner of the
/// data directory, and gone for good once it was destroyed.
pub fn reference_hash(dir: &Path, reference: &str) -> io::Result<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    File::open(Folder::new(dir).file(REFERENCE_KEY))?.read_exact(&mut *key)?;
    let mut hasher = Hmac::<Sha256>::new_from_slice(&*key).expect("HMAC takes keys of any length");
    hasher.update(reference.as_bytes());
    Ok(hasher.finalize().into_bytes().into())
}
