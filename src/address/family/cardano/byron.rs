//! Cardano addresses of the Byron era: `Ae2…`, `Ddz…`, `2cWK…`, `37bt…`.
//!
//! A text is base 58 of CBOR: an array of the address, itself CBOR under tag
//! 24, and its CRC-32. The address is an array of a 28-byte root, attributes
//! and a type. What is keyed is the inner CBOR. A test network says so in its
//! attributes; main network addresses have no such attribute.
//!
//! Nodes accept one encoding of these bytes. Another that leads to the same
//! address, or an address of another make-up with its CRC, is read leniently.
//!
//! Specification: [Byron addresses](https://github.com/cardano-foundation/CIPs/blob/master/CIP-0019/README.md),
//! "Byron addresses".

use smallvec::SmallVec;

use crate::address::candidate::Checksum;
use crate::address::encoding::base58::{self, Alphabet};
use crate::address::{Draft, Fault, KeyClass, Kind, Network};

/// What the two wallets' texts begin with, on both networks.
const PREFIXES: &[&str] = &["Ae2tdPwUP", "DdzFF", "2cWK", "37bt"];

/// The tag of CBOR inside a byte string.
const TAG_OF_CBOR: u64 = 24;

const ROOT_BYTES: usize = 28;

/// The attribute that names a test network.
const NETWORK_ATTRIBUTE: u64 = 2;

/// Major types of CBOR.
const UNSIGNED: u8 = 0;
const BYTES: u8 = 2;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

/// Longest encoding: the longest payload, and the heads and CRC around it.
const ENCODED_BYTES_MAX: usize = KeyClass::LONG_BYTES_MAX + 16;

/// An address and its CRC as they are written.
type Encoded = SmallVec<[u8; ENCODED_BYTES_MAX]>;

/// Returns whether a text can be nothing else than such an address.
fn has_prefix(text: &str) -> bool {
    PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}

/// Reads an address in base 58.
pub(super) fn read(text: &str, reading: &mut Draft) {
    let mut bytes = [0; base58::BYTES_MAX];
    let Some(length) = base58::decode(text, Alphabet::BITCOIN, &mut bytes) else {
        return;
    };
    if !read_bytes(&bytes[..length], reading) && has_prefix(text) {
        reading.reject(Fault::Checksum);
    }
}

/// Reads an address as bytes. Returns whether they are one.
pub(super) fn read_bytes(bytes: &[u8], reading: &mut Draft) -> bool {
    let Some((inner, crc)) = split(bytes) else {
        return false;
    };
    if !(1..=KeyClass::LONG_BYTES_MAX).contains(&inner.len()) {
        return false;
    }
    if crc != u64::from(crc32(inner)) {
        reading.reject(Fault::Checksum);
        return true;
    }
    let is_test = is_for_test_network(inner);
    let network = match is_test {
        Some(true) => Network::CardanoTestnet,
        _ => Network::Cardano,
    };
    let candidate = if is_test.is_some() && encode(inner)[..] == *bytes {
        reading.accept(Kind::CardanoByron, network.into(), inner)
    } else {
        let fault = Fault::NotAddressForm;
        reading.accept_leniently(Kind::CardanoByron, network.into(), inner, fault)
    };
    candidate.checked(Checksum::Strong);
    true
}

/// Writes the inner CBOR as an address.
pub(super) fn write(inner: &[u8], out: &mut String) {
    base58::encode(&encode(inner), Alphabet::BITCOIN, out);
}

/// Takes the outer CBOR apart, into the address and its CRC.
fn split(bytes: &[u8]) -> Option<(&[u8], u64)> {
    let rest = expect(bytes, ARRAY, 2)?;
    let rest = expect(rest, TAG, TAG_OF_CBOR)?;
    let (inner, rest) = byte_string(rest)?;
    let (crc, rest) = number(rest, UNSIGNED)?;
    rest.is_empty().then_some((inner, crc))
}

/// Writes the outer CBOR around an address.
fn encode(inner: &[u8]) -> Encoded {
    let mut out = Encoded::new();
    write_head(ARRAY, 2, &mut out);
    write_head(TAG, TAG_OF_CBOR as u32, &mut out);
    write_head(BYTES, inner.len() as u32, &mut out);
    out.extend_from_slice(inner);
    write_head(UNSIGNED, crc32(inner), &mut out);
    out
}

/// Takes the inner CBOR apart and returns whether it names a test network;
/// `None` if it is not made up as an address is.
fn is_for_test_network(inner: &[u8]) -> Option<bool> {
    let rest = expect(inner, ARRAY, 3)?;
    let (root, rest) = byte_string(rest)?;
    let (attributes, mut rest) = number(rest, MAP)?;
    let mut is_test = false;
    for _ in 0..attributes {
        let (attribute, after) = number(rest, UNSIGNED)?;
        (_, rest) = byte_string(after)?;
        is_test |= attribute == NETWORK_ATTRIBUTE;
    }
    let (_, rest) = number(rest, UNSIGNED)?;
    (root.len() == ROOT_BYTES && rest.is_empty()).then_some(is_test)
}

fn expect(bytes: &[u8], major: u8, value: u64) -> Option<&[u8]> {
    let (found, rest) = number(bytes, major)?;
    (found == value).then_some(rest)
}

fn byte_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = number(bytes, BYTES)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

/// Splits off the head of an item of a major type, and returns its number.
fn number(bytes: &[u8], major: u8) -> Option<(u64, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first >> 5 != major {
        return None;
    }
    let width = match first & 31 {
        small @ 0..=23 => return Some((small.into(), rest)),
        short @ 24..=27 => 1_usize << (short - 24),
        _ => return None,
    };
    let (wide, rest) = rest.split_at_checked(width)?;
    let number = wide
        .iter()
        .fold(0, |number, &byte| number << 8 | u64::from(byte));
    Some((number, rest))
}

fn write_head(major: u8, number: u32, out: &mut Encoded) {
    let major = major << 5;
    let wide = number.to_be_bytes();
    match number {
        0..=23 => out.push(major | wide[3]),
        24..=0xff => out.extend_from_slice(&[major | 24, wide[3]]),
        0x100..=0xffff => out.extend_from_slice(&[major | 25, wide[2], wide[3]]),
        _ => {
            out.push(major | 26);
            out.extend_from_slice(&wide);
        }
    }
}

/// The CRC-32 of ISO 3309, as zip files have it.
fn crc32(bytes: &[u8]) -> u32 {
    const REVERSED_POLYNOMIAL: u32 = 0xedb8_8320;
    let mut remainder = !0;
    for &byte in bytes {
        remainder ^= u32::from(byte);
        for _ in 0..8 {
            let low = remainder & 1;
            remainder = (remainder >> 1) ^ (REVERSED_POLYNOMIAL * low);
        }
    }
    !remainder
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Flags, parse};

    /// Of the Yoroi wallet.
    const ICARUS: &str = "Ae2tdPwUPEZFRbyhz3cpfC2CumGzNkFBN2L42rcUc2yjQpEkxDbkPodpMAi";
    const ICARUS_INNER: &str = "83581cba970ad36654d8dd8f74274b733452ddeab9a62a397746be3c42ccdda000";

    /// Of the Daedalus wallet on a test network, from CIP-19.
    const TEST: &str = "37btjrVyb4KDXBNC4haBVPCrro8AQPHwvCMp3RFhhSVWwfFmZ6wwzSK6JK1hY6wHNmtrpTf1kdbva8TCneM2YsiXT7mrzT21EacHnPpz5YyUdj64na";

    /// Of the Daedalus wallet, and of Yoroi on a test network.
    const DAEDALUS: &str = "DdzFFzCqrhsrcTVhLygT24QwTnNqQqQ8mZrq5jykUzMveU26sxaH529kMpo7VhPrt5pwW3dXeB2k3EEvKcNBRmzCfcQ7dTkyGzTs658C";
    const ICARUS_TEST: &str =
        "2cWKMJemoBajc46Wu4Z7e6bG48myZWfB7Z6pD77L6PrJQWt9HZ3Yv7o8CYZTBMqHTPTkv";

    fn text_of(bytes: &[u8]) -> String {
        let mut text = String::new();
        base58::encode(bytes, Alphabet::BITCOIN, &mut text);
        text
    }

    #[test]
    fn the_crc_is_the_common_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn the_address_inside_is_the_key() {
        let reading = parse(ICARUS);
        assert!(reading.is_strict());
        assert_eq!(reading.candidates.len(), 1);
        let candidate = &reading.candidates[0];
        assert_eq!(candidate.kind, Kind::CardanoByron);
        assert_eq!(candidate.networks, Network::Cardano.into());
        assert_eq!(const_hex::encode(candidate.key.payload()), ICARUS_INNER);
        assert_eq!(candidate.canonical(), ICARUS);
    }

    #[test]
    fn a_test_network_is_told_by_its_attribute() {
        for (text, is_test) in [(DAEDALUS, false), (TEST, true), (ICARUS_TEST, true)] {
            let reading = parse(text);
            assert!(reading.is_strict(), "{text}");
            assert_eq!(reading.flags.contains(Flags::TESTNET), is_test, "{text}");
            assert_eq!(reading.candidates[0].canonical(), text);
        }
    }

    #[test]
    fn the_bytes_in_hex_are_the_same_address() {
        let inner = const_hex::decode(ICARUS_INNER).expect("hex");
        let reading = parse(&const_hex::encode(encode(&inner)));
        assert!(reading.is_strict());
        assert_eq!(reading.candidates[0].key, parse(ICARUS).candidates[0].key);
    }

    #[test]
    fn a_slip_is_noticed() {
        for text in [
            "Ae2tdPwUPEZFRbyhz3cpfC2CumGzNkFBN2L42rcUc2yjQpEkxDbkPodpMAj",
            "Ae2tdPwUPEZFRbyhz3cpfC2CumGzNkFBN2L42rcUc2yjQpEkxDbkPodpMA",
            "DdzFFzCqrhsiMfvZtvTgqbR5jT4UAMEwJCT2bBvWSTiN736tSSxhnhHbmJYUhTiuZGgojfi3jizinGRVUdBF9QHgWHi11nEVpwK36gCj",
        ] {
            let reading = parse(text);
            assert_eq!(reading.fault, Some(Fault::Checksum), "{text}");
            assert!(
                reading
                    .candidates
                    .iter()
                    .all(|one| one.kind == Kind::Opaque)
            );
        }
    }

    #[test]
    fn another_encoding_of_the_same_address_is_lenient() {
        let inner = const_hex::decode(ICARUS_INNER).expect("hex");
        // The length in two bytes, where one would do.
        let mut longer = const_hex::decode("82d818590021").expect("hex");
        longer.extend_from_slice(&inner);
        longer.extend_from_slice(&encode(&inner)[5 + inner.len()..]);
        let reading = parse(&text_of(&longer));
        assert_eq!(reading.fault, Some(Fault::NotAddressForm));
        assert_eq!(reading.candidates[0].key, parse(ICARUS).candidates[0].key);
        assert_eq!(reading.candidates[0].canonical(), ICARUS);
        // The CRC of something that is no address.
        let odd = parse(&text_of(&encode(&inner[1..])));
        assert_eq!(odd.fault, Some(Fault::NotAddressForm));
    }

    #[test]
    fn damaged_bytes_are_declined() {
        let inner = const_hex::decode(ICARUS_INNER).expect("hex");
        let bytes = encode(&inner);
        for length in 0..bytes.len() {
            assert!(split(&bytes[..length]).is_none());
        }
        for length in 0..inner.len() {
            assert!(is_for_test_network(&inner[..length]).is_none());
        }
    }
}
