//! Monero addresses: standard, subaddress and integrated.
//!
//! The payload is public spend key ‖ public view key, whichever of the three
//! it is: an integrated address is the standard address with a payment id
//! inside, so 2^64 spellings meet on one key. A subaddress has keys of its
//! own, and nobody without the view key can link it to its account.
//!
//! Monero's base 58 turns blocks of 8 bytes into 11 characters, and checks
//! with Keccak-256 over everything before the last four bytes.
//!
//! Specification: [Monero addresses](https://docs.getmonero.org/public-address/standard-address/).

use sha3::{Digest, Keccak256};

use super::Family;
use crate::address::candidate::Checksum;
use crate::address::{Draft, Fault, Kind, Network, Tag};

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Characters of a block, by its bytes.
const BLOCK_CHARS: [usize; 9] = [0, 2, 3, 5, 6, 7, 9, 10, 11];

const BLOCK_BYTES_MAX: usize = 8;
const BLOCK_CHARS_MAX: usize = 11;

/// Type, two keys and checksum.
const STANDARD_BYTES: usize = 1 + KEYS_BYTES + CHECKSUM_BYTES;
const STANDARD_CHARS: usize = 95;

/// The same with a payment id of 8 bytes.
const INTEGRATED_BYTES: usize = STANDARD_BYTES + 8;
const INTEGRATED_CHARS: usize = 106;

const KEYS_BYTES: usize = 64;
const CHECKSUM_BYTES: usize = 4;

/// Every type byte.
const TYPES: &[(u8, Kind, Network)] = &[
    (18, Kind::Monero, Network::Monero),
    (19, Kind::MoneroIntegrated, Network::Monero),
    (42, Kind::MoneroSubaddress, Network::Monero),
    (53, Kind::Monero, Network::MoneroTestnet),
    (54, Kind::MoneroIntegrated, Network::MoneroTestnet),
    (63, Kind::MoneroSubaddress, Network::MoneroTestnet),
    (24, Kind::Monero, Network::MoneroStagenet),
    (25, Kind::MoneroIntegrated, Network::MoneroStagenet),
    (36, Kind::MoneroSubaddress, Network::MoneroStagenet),
];

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    chars: (95, 106),
    read,
};

/// Reads a Monero address.
fn read(text: &str, reading: &mut Draft) {
    let bytes_expected = match text.len() {
        STANDARD_CHARS => STANDARD_BYTES,
        INTEGRATED_CHARS => INTEGRATED_BYTES,
        _ => return,
    };
    let mut bytes = [0; INTEGRATED_BYTES];
    let bytes = &mut bytes[..bytes_expected];
    if decode(text.as_bytes(), bytes).is_none() {
        return;
    }
    let Some(&(_, kind, network)) = TYPES.iter().find(|(code, ..)| *code == bytes[0]) else {
        return;
    };
    let is_integrated = kind == Kind::MoneroIntegrated;
    if is_integrated != (bytes_expected == INTEGRATED_BYTES) {
        return;
    }
    let (summed, checksum) = bytes.split_at(bytes_expected - CHECKSUM_BYTES);
    if !Keccak256::digest(summed).starts_with(checksum) {
        return reading.reject(Fault::Checksum);
    }
    let candidate = reading
        .accept(kind, network.into(), &summed[1..=KEYS_BYTES])
        .checked(Checksum::Strong);
    if is_integrated {
        candidate.with_tag(Tag::bytes(&summed[1 + KEYS_BYTES..]));
    }
}

/// Writes two keys as a standard address or a subaddress of a network; an
/// integrated address as the standard address inside it, because the payment
/// id is not part of the key. Returns whether there is such an address.
pub(in crate::address) fn write(
    kind: Kind,
    network: Network,
    keys: &[u8],
    out: &mut String,
) -> bool {
    let account = match kind {
        Kind::MoneroIntegrated => Kind::Monero,
        other => other,
    };
    let code = TYPES
        .iter()
        .find(|(_, kind, of)| *kind == account && *of == network);
    let (Some(&(code, ..)), KEYS_BYTES) = (code, keys.len()) else {
        return false;
    };
    let mut bytes = [0; STANDARD_BYTES];
    bytes[0] = code;
    bytes[1..=KEYS_BYTES].copy_from_slice(keys);
    let checksum = Keccak256::digest(&bytes[..=KEYS_BYTES]);
    bytes[1 + KEYS_BYTES..].copy_from_slice(&checksum[..CHECKSUM_BYTES]);
    for block in bytes.chunks(BLOCK_BYTES_MAX) {
        encode_block(block, out);
    }
    true
}

/// Decodes a whole text into exactly the bytes asked for.
fn decode(text: &[u8], bytes: &mut [u8]) -> Option<()> {
    let blocks = bytes.chunks_mut(BLOCK_BYTES_MAX);
    let texts = text.chunks(BLOCK_CHARS_MAX);
    for (text, block) in texts.zip(blocks) {
        decode_block(text, block)?;
    }
    Some(())
}

/// Decodes a block; `None` for a character outside the alphabet, and for a
/// number too large for the block.
fn decode_block(text: &[u8], block: &mut [u8]) -> Option<()> {
    debug_assert_eq!(
        text.len(),
        BLOCK_CHARS[block.len()],
        "a block has its own length"
    );
    let mut number = 0_u128;
    for &byte in text {
        number = number * 58 + u128::from(digit_of(byte)?);
    }
    let fits = number >> (8 * block.len()) == 0;
    let number = number.to_be_bytes();
    block.copy_from_slice(&number[number.len() - block.len()..]);
    fits.then_some(())
}

fn encode_block(block: &[u8], out: &mut String) {
    let mut number = block
        .iter()
        .fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
    let mut text = [ALPHABET[0]; BLOCK_CHARS_MAX];
    let text = &mut text[..BLOCK_CHARS[block.len()]];
    for letter in text.iter_mut().rev() {
        *letter = ALPHABET[(number % 58) as usize];
        number /= 58;
    }
    out.extend(text.iter().copied().map(char::from));
}

/// Returns the value of a character. The alphabet ascends as ASCII does, with
/// gaps where `I`, `O` and `l` would be.
fn digit_of(byte: u8) -> Option<u8> {
    Some(match byte {
        b'1'..=b'9' => byte - b'1',
        b'A'..=b'H' => byte - b'A' + 9,
        b'J'..=b'N' => byte - b'J' + 17,
        b'P'..=b'Z' => byte - b'P' + 22,
        b'a'..=b'k' => byte - b'a' + 33,
        b'm'..=b'z' => byte - b'm' + 44,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Flags, parse};

    const STANDARD: &str = "41tQrTUaj2L93qVeWLaaUG3S2PP2rkaRB2woVf23r1tq3fbyCp36LmSWeMGiaLScUk6tB8f4SonDtRozPJq22i46JS1ZmLt";
    const INTEGRATED: &str = "4Bb5sGJ5LHr93qVeWLaaUG3S2PP2rkaRB2woVf23r1tq3fbyCp36LmSWeMGiaLScUk6tB8f4SonDtRozPJq22i46SoWhBk8PCGoH2SgZEM";
    const SUBADDRESS: &str = "86ze8c9oUftDSTxzFBhfSJYpjvw6GYkqjeEaggy3hBVL1ou2tk79DfSj5YiZ3wjDHp541tizcQ8bVCxCtVHQncuc3asa8wz";

    #[test]
    fn digits_follow_the_alphabet() {
        for (value, &byte) in ALPHABET.iter().enumerate() {
            assert_eq!(digit_of(byte).map(usize::from), Some(value));
        }
        let known = (0..=u8::MAX)
            .filter(|&byte| digit_of(byte).is_some())
            .count();
        assert_eq!(known, ALPHABET.len());
    }

    #[test]
    fn an_integrated_address_is_its_standard_address() {
        let standard = parse(STANDARD);
        let integrated = parse(INTEGRATED);
        assert!(standard.is_strict() && integrated.is_strict());
        assert_eq!(integrated.candidates[0].key, standard.candidates[0].key);
        assert_eq!(integrated.candidates[0].kind, Kind::MoneroIntegrated);
        assert_eq!(integrated.candidates[0].canonical(), STANDARD);
        assert!(integrated.flags.contains(Flags::TAG_PRESENT));
        assert!(!standard.flags.contains(Flags::TAG_PRESENT));
    }

    #[test]
    fn a_subaddress_is_written_as_one() {
        let reading = parse(SUBADDRESS);
        assert_eq!(reading.candidates[0].kind, Kind::MoneroSubaddress);
        assert_eq!(reading.candidates[0].canonical(), SUBADDRESS);
    }

    #[test]
    fn a_slip_is_noticed_and_a_block_too_large_is_refused() {
        let slipped = parse(&STANDARD.replace("JS1", "JS2"));
        assert_eq!(slipped.fault, Some(Fault::Checksum));
        let overflowing = format!("4{}", "z".repeat(94));
        assert_eq!(parse(&overflowing).fault, Some(Fault::UnknownFormat));
    }

    #[test]
    fn test_networks_are_flagged() {
        let reading = parse(
            "9wuKTHsxGiwEsMp2fYzJiVahyhU2aZi1oZ6R6fK5U64uRa1Pxi8diZh2S1GJFqYXRRhcbfzfWiPD819zKEZkXTMwP7hMs5N",
        );
        assert!(reading.flags.contains(Flags::TESTNET));
    }
}
