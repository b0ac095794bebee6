//! Base58Check: bytes and four bytes of their double SHA-256, in base 58.
//!
//! Shared by the Bitcoin family, Tron, XRP and the detection of secrets. The
//! decoder works in a fixed buffer and leaves it to its callers to say which
//! versions and lengths they know. An extra leading `1` decodes to an extra
//! zero byte, so a caller that checks the exact length refuses it.

use sha2::{Digest, Sha256};

pub(super) use bs58::Alphabet;

/// Most bytes that are decoded: an encrypted private key (BIP-38) has 43.
const BYTES_MAX: usize = 48;

const CHECKSUM_BYTES: usize = 4;

/// A text decoded from base 58, at least as long as a checksum.
pub(super) struct Decoded {
    bytes: [u8; BYTES_MAX],
    payload_bytes: usize,
}

impl Decoded {
    /// Returns everything before the checksum: version and hash.
    pub(super) fn payload(&self) -> &[u8] {
        &self.bytes[..self.payload_bytes]
    }

    /// Returns whether the checksum is the payload's.
    pub(super) fn checksum_holds(&self) -> bool {
        self.bytes[self.payload_bytes..].starts_with(&checksum(self.payload()))
    }
}

/// Decodes a text without judging its checksum.
pub(super) fn decode(text: &str, alphabet: &Alphabet) -> Option<Decoded> {
    let mut bytes = [0; BYTES_MAX];
    let decoded_bytes = bs58::decode(text)
        .with_alphabet(alphabet)
        .onto(&mut bytes)
        .ok()?;
    let payload_bytes = decoded_bytes.checked_sub(CHECKSUM_BYTES)?;
    Some(Decoded {
        bytes,
        payload_bytes,
    })
}

/// Writes version ‖ hash with their checksum.
pub(super) fn encode(version: &[u8], hash: &[u8], alphabet: &Alphabet, out: &mut String) {
    let mut bytes = [0; BYTES_MAX];
    let payload_bytes = version.len() + hash.len();
    let total_bytes = payload_bytes + CHECKSUM_BYTES;
    bytes[..version.len()].copy_from_slice(version);
    bytes[version.len()..payload_bytes].copy_from_slice(hash);
    let checksum = checksum(&bytes[..payload_bytes]);
    bytes[payload_bytes..total_bytes].copy_from_slice(&checksum);

    let mut text = [0; 2 * BYTES_MAX];
    let length = bs58::encode(&bytes[..total_bytes])
        .with_alphabet(alphabet)
        .onto(&mut text[..])
        .expect("base 58 needs fewer than two characters a byte");
    out.extend(text[..length].iter().copied().map(char::from));
}

fn checksum(payload: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let digest = Sha256::digest(Sha256::digest(payload));
    [digest[0], digest[1], digest[2], digest[3]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        for bytes in [0, 1, 20, 33, 43] {
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
        assert!(decode(&"z".repeat(80), Alphabet::BITCOIN).is_none());
    }
}
