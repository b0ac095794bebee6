//! Base58Check: bytes and four bytes of their double SHA-256, in base 58.
//!
//! Shared by the Bitcoin family, Tron, XRP and the detection of secrets. The
//! decoder works in a fixed buffer and leaves it to its callers to say which
//! versions and lengths they know. An extra leading `1` decodes to an extra
//! zero byte, so a caller that checks the exact length refuses it.

use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

use super::base58;
pub(in crate::address) use super::base58::Alphabet;

/// Most bytes that are decoded: a Sprout address has 70, an extended key 82.
const BYTES_MAX: usize = 96;

const CHECKSUM_BYTES: usize = 4;

/// Bytes of a block of SHA-256 and of its digest.
const BLOCK_BYTES: usize = 64;
const DIGEST_BYTES: usize = 32;

/// Most bytes that leave room for their padding in one block: a bit, and
/// eight bytes for the length.
const ONE_BLOCK_BYTES_MAX: usize = BLOCK_BYTES - 9;

/// Where SHA-256 begins ([FIPS 180-4], section 5.3.3).
///
/// [FIPS 180-4]: https://csrc.nist.gov/pubs/fips/180-4/upd1/final
const INITIAL_STATE: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// A text decoded from base 58, at least as long as a checksum.
pub(in crate::address) struct Decoded {
    bytes: [u8; BYTES_MAX],
    payload_bytes: usize,
}

impl Decoded {
    /// Returns everything before the checksum: version and hash.
    pub(in crate::address) fn payload(&self) -> &[u8] {
        &self.bytes[..self.payload_bytes]
    }

    /// Returns whether the checksum is the payload's.
    pub(in crate::address) fn checksum_holds(&self) -> bool {
        self.bytes[self.payload_bytes..].starts_with(&checksum(self.payload()))
    }
}

/// Decodes a text without judging its checksum.
#[inline]
pub(in crate::address) fn decode(text: &str, alphabet: &Alphabet) -> Option<Decoded> {
    let mut bytes = [0; BYTES_MAX];
    let decoded_bytes = base58::decode(text, alphabet, &mut bytes)?;
    let payload_bytes = decoded_bytes.checked_sub(CHECKSUM_BYTES)?;
    Some(Decoded {
        bytes,
        payload_bytes,
    })
}

/// Writes version ‖ hash with their checksum.
pub(in crate::address) fn encode(
    version: &[u8],
    hash: &[u8],
    alphabet: &Alphabet,
    out: &mut String,
) {
    let mut bytes = [0; BYTES_MAX];
    let payload_bytes = version.len() + hash.len();
    let total_bytes = payload_bytes + CHECKSUM_BYTES;
    bytes[..version.len()].copy_from_slice(version);
    bytes[version.len()..payload_bytes].copy_from_slice(hash);
    let checksum = checksum(&bytes[..payload_bytes]);
    bytes[payload_bytes..total_bytes].copy_from_slice(&checksum);

    base58::encode(&bytes[..total_bytes], alphabet, out);
}

/// Returns the first bytes of double SHA-256. Nearly every payload fits one
/// block with its padding, and is hashed without a buffer in between.
fn checksum(payload: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut state = INITIAL_STATE;
    let mut block = [0; BLOCK_BYTES];
    if payload.len() <= ONE_BLOCK_BYTES_MAX {
        block[..payload.len()].copy_from_slice(payload);
        pad(&mut block, payload.len());
        compress256(&mut state, &[block]);
        block = [0; BLOCK_BYTES];
        for (bytes, word) in block.as_chunks_mut::<4>().0.iter_mut().zip(state) {
            *bytes = word.to_be_bytes();
        }
    } else {
        block[..DIGEST_BYTES].copy_from_slice(&Sha256::digest(payload));
    }
    pad(&mut block, DIGEST_BYTES);
    state = INITIAL_STATE;
    compress256(&mut state, &[block]);
    state[0].to_be_bytes()
}

/// Ends a message of so many bytes within its only block.
fn pad(block: &mut [u8; BLOCK_BYTES], length: usize) {
    block[length] = 0x80;
    let bits = (8 * length) as u16;
    block[BLOCK_BYTES - 2..].copy_from_slice(&bits.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        for bytes in [0, 1, 20, 33, 43, 91] {
            let hash = vec![0x5a; bytes];
            let mut text = String::new();
            encode(&[7], &hash, Alphabet::BITCOIN, &mut text);
            let decoded = decode(&text, Alphabet::BITCOIN).expect("just encoded");
            assert!(decoded.checksum_holds());
            assert_eq!(decoded.payload()[0], 7);
            assert_eq!(decoded.payload()[1..], hash);
        }
    }

    #[test]
    fn the_checksum_is_double_sha256() {
        for length in 0..=90 {
            let payload = vec![0xa7; length];
            let expected = Sha256::digest(Sha256::digest(&payload));
            assert_eq!(checksum(&payload), expected[..CHECKSUM_BYTES], "{length}");
        }
    }

    #[test]
    fn an_extra_leading_one_is_an_extra_byte() {
        let decoded =
            decode("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", Alphabet::BITCOIN).expect("base 58");
        assert_eq!(decoded.payload().len(), 21);
        let longer =
            decode("11BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", Alphabet::BITCOIN).expect("base 58");
        assert_eq!(longer.payload().len(), 22);
        assert!(!longer.checksum_holds());
    }

    #[test]
    fn what_is_no_base58_or_too_long_is_refused() {
        assert!(decode("0OIl", Alphabet::BITCOIN).is_none());
        assert!(decode("é", Alphabet::BITCOIN).is_none());
        assert!(decode("11", Alphabet::BITCOIN).is_none());
        assert!(decode(&"z".repeat(140), Alphabet::BITCOIN).is_none());
    }
}
