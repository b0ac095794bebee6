//! HASH160: RIPEMD-160 of SHA-256, which names public keys and scripts.

use ripemd::{Digest as _, Ripemd160};
use sha2::Sha256;

/// Returns the hash of a public key or a script.
pub(in crate::address) fn hash160(bytes: &[u8]) -> [u8; 20] {
    Ripemd160::digest(Sha256::digest(bytes)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compressed_key_of_1_has_its_well_known_hash() {
        let key = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
        let key = const_hex::decode(key).expect("hex");
        let hash = "751e76e8199196d454941c45d1b3a323f1433bd6";
        assert_eq!(const_hex::encode(hash160(&key)), hash);
    }
}
