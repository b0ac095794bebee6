//! EVM addresses: 20 bytes in hex, with or without `0x`, in any case.
//!
//! All lower and all upper case carry no checksum and are read without any
//! hashing. Mixed case carries one: [EIP-55], or [EIP-1191] on Rootstock,
//! whose addresses legitimately fail EIP-55. When neither holds the bytes are
//! still beyond doubt, so the reading is lenient: it matches and never
//! clears. The 32-byte words that event logs pad addresses to, and a letter
//! `O` in the prefix, are lenient too.
//!
//! Which EVM network is meant the text never says, and does not matter: the
//! same key controls the account on all of them.
//!
//! [EIP-55]: https://eips.ethereum.org/EIPS/eip-55
//! [EIP-1191]: https://eips.ethereum.org/EIPS/eip-1191

use super::Family;
use crate::address::candidate::Checksum;
use crate::address::encoding::keccak;
use crate::address::{Draft, Fault, Kind, Network, Networks};

const ADDRESS_BYTES: usize = 20;
const ADDRESS_DIGITS: usize = 2 * ADDRESS_BYTES;

/// Digits of a 32-byte word.
const WORD_DIGITS: usize = 64;

/// What precedes the digits when EIP-55 or EIP-1191 hashes an address: the
/// chain id of Rootstock and its test network, or nothing.
const CHECKSUM_SALTS: [&[u8]; 3] = [b"", b"300x", b"310x"];

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "0oO123456789abcdefABCDEF",
    chars: (40, 68),
    read,
};

/// Reads an EVM address.
fn read(text: &str, reading: &mut Draft) {
    let (_, digits) = split_prefix(text.as_bytes());
    match digits {
        [b'o' | b'O', b'x' | b'X', digits @ ..] => read_misspelt(digits, reading),
        _ if digits.len() == ADDRESS_DIGITS => read_address(digits, reading),
        _ if digits.len() == WORD_DIGITS => read_word(digits, reading),
        _ => {}
    }
}

/// Writes an address with its EIP-55 checksum.
pub(in crate::address) fn write(address: &[u8], out: &mut String) -> bool {
    let mut digits = [0; ADDRESS_DIGITS];
    if const_hex::encode_to_slice(address, &mut digits).is_err() {
        return false;
    }
    let hash = keccak::short(b"", &digits);
    out.push_str("0x");
    for (digits, hash) in digits
        .as_chunks::<8>()
        .0
        .iter()
        .zip(hash.as_chunks::<4>().0)
    {
        let word = u64::from_be_bytes(*digits);
        let letters = word << 1 & all(0x80);
        // Without the bit 0x20 a letter is in upper case.
        let written = word & !((letters & high_bits(*hash)) >> 2);
        out.extend(written.to_be_bytes().map(char::from));
    }
    true
}

/// Splits `0x` off, in either case.
pub(in crate::address) fn split_prefix(text: &[u8]) -> (&[u8], &[u8]) {
    match text {
        [b'0', b'x' | b'X', ..] => text.split_at(2),
        _ => text.split_at(0),
    }
}

fn read_address(digits: &[u8], reading: &mut Draft) {
    let Some(digits) = digits.first_chunk::<ADDRESS_DIGITS>() else {
        return;
    };
    let words = words_of(digits);
    let Some(address) = bytes_of(&words) else {
        return;
    };
    if !is_mixed_case(&words) {
        reading.accept(Kind::Evm, Networks::EVM, &address);
    } else if checksum_holds(&words) {
        reading
            .accept(Kind::Evm, Networks::EVM, &address)
            .checked(Checksum::Weak);
    } else {
        reading.accept_leniently(Kind::Evm, Networks::EVM, &address, Fault::Checksum);
    }
}

/// Reads digits that stood behind a letter `O` and an `x`.
fn read_misspelt(digits: &[u8], reading: &mut Draft) {
    let mut address = [0; ADDRESS_BYTES];
    if digits.len() == ADDRESS_DIGITS && const_hex::decode_to_slice(digits, &mut address).is_ok() {
        reading.accept_leniently(Kind::Evm, Networks::EVM, &address, Fault::NotAddressForm);
    }
}

/// Reads the last 20 bytes of a word that has nothing but zeros before them.
fn read_word(digits: &[u8], reading: &mut Draft) {
    let (padding, digits) = digits.split_at(WORD_DIGITS - ADDRESS_DIGITS);
    let mut address = [0; ADDRESS_BYTES];
    let is_padded = padding.iter().all(|&digit| digit == b'0');
    // Tron's version byte may stand before them.
    let is_tron = padding.ends_with(b"41") && padding[..22].iter().all(|&digit| digit == b'0');
    if !(is_padded || is_tron) || const_hex::decode_to_slice(digits, &mut address).is_err() {
        return;
    }
    let (kind, networks) = match is_tron {
        true => (Kind::Tron, Network::Tron.into()),
        false => (Kind::Evm, Networks::EVM),
    };
    reading.accept_leniently(kind, networks, &address, Fault::NotAddressForm);
}

/// Digits are looked at eight at a time, a byte of a word each, the first
/// one on top: most of what is screened comes this way.
type Words = [u64; ADDRESS_DIGITS / 8];

/// A byte repeated in all eight.
const fn all(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

fn words_of(digits: &[u8; ADDRESS_DIGITS]) -> Words {
    let mut words = [0; ADDRESS_DIGITS / 8];
    for (word, digits) in words.iter_mut().zip(digits.as_chunks::<8>().0) {
        *word = u64::from_be_bytes(*digits);
    }
    words
}

/// Returns the bytes that hex digits are; `None` if one is no such digit.
fn bytes_of(words: &Words) -> Option<[u8; ADDRESS_BYTES]> {
    let mut bytes = [0; ADDRESS_BYTES];
    let mut wrong = 0;
    for (&word, bytes) in words.iter().zip(bytes.as_chunks_mut::<4>().0) {
        // With the top bit away no sum below carries into the next byte.
        let low = word & all(0x7f);
        // 0 to 9 for a digit, and the top bit set by what is added if not.
        let is_number = !((low ^ all(0x30)) + all(0x76));
        // 1 to 6 for a letter in either case.
        let letter = (low | all(0x20)) ^ all(0x60);
        let is_letter = (letter + all(0x7f)) & !(letter + all(0x79));
        wrong |= word | !(is_number | is_letter);
        let values = (low & all(0x0f)) + (low >> 6 & all(0x01)) * 9;
        let pairs = (values | values >> 4) & 0x00ff_00ff_00ff_00ff;
        let quads = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
        *bytes = ((quads | quads >> 16) as u32).to_be_bytes();
    }
    (wrong & all(0x80) == 0).then_some(bytes)
}

/// Returns whether the case of an address's digits says anything.
fn is_mixed_case(words: &Words) -> bool {
    // Letters have the bit 0x40, lower-case ones 0x20 as well.
    let (upper, lower) = words.iter().fold((0, 0), |(upper, lower), word| {
        let letters = word >> 1 & all(0x20);
        (upper | letters & !word, lower | letters & word)
    });
    upper != 0 && lower != 0
}

/// Returns whether the case of an address's digits is its checksum.
fn checksum_holds(words: &Words) -> bool {
    let mut lower = [0; ADDRESS_DIGITS];
    for (digits, word) in lower.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        // Digits have the bit 0x20 already.
        *digits = (word | all(0x20)).to_be_bytes();
    }
    CHECKSUM_SALTS.into_iter().any(|salt| {
        let hash = keccak::short(salt, &lower);
        let mut wrong = 0;
        for (word, hash) in words.iter().zip(hash.as_chunks::<4>().0) {
            let letters = word << 1 & all(0x80);
            let upper = !word << 2 & all(0x80);
            wrong |= letters & (upper ^ high_bits(*hash));
        }
        wrong == 0
    })
}

/// Returns the top bit of each of eight digits of a hash, as the top bit of
/// a byte each: the checksum writes a letter in upper case where it is set.
fn high_bits(hash: [u8; 4]) -> u64 {
    let quads = u64::from(u32::from_be_bytes(hash));
    let pairs = (quads | quads << 16) & 0x0000_ffff_0000_ffff;
    let bytes = (pairs | pairs << 8) & 0x00ff_00ff_00ff_00ff;
    (bytes << 8 & 0x8000_8000_8000_8000) | (bytes << 4 & 0x0080_0080_0080_0080)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Flags, parse};
    use proptest::prelude::*;

    /// The addresses printed in EIP-55.
    const EIP55: [&str; 8] = [
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ];

    proptest! {
        #[test]
        fn digits_and_checksum_agree_with_other_implementations(address in any::<[u8; 20]>()) {
            let mut written = String::new();
            prop_assert!(write(&address, &mut written));
            prop_assert_eq!(&written, &alloy_primitives::Address::from(address).to_checksum(None));
            prop_assert!(parse(&written).is_strict());
        }

        #[test]
        fn what_is_no_digit_is_noticed(digits in "[0-9a-fA-F]{40}", at in 0..40_usize, byte in any::<u8>()) {
            let mut digits: [u8; ADDRESS_DIGITS] = digits.as_bytes().try_into().expect("40 digits");
            digits[at] = byte;
            let expected = const_hex::decode(digits).ok();
            prop_assert_eq!(bytes_of(&words_of(&digits)).map(Vec::from), expected);
        }
    }

    #[test]
    fn every_spelling_of_an_address_is_one_key() {
        for text in EIP55 {
            let expected = parse(text);
            assert!(expected.is_strict());
            assert_eq!(expected.candidates[0].canonical(), text);
            let bare = &text[2..];
            for spelling in [
                bare.to_owned(),
                bare.to_lowercase(),
                bare.to_uppercase(),
                format!("0X{bare}"),
                text.to_lowercase(),
                text.to_uppercase(),
                format!("0x{}", bare.to_uppercase()),
            ] {
                let reading = parse(&spelling);
                assert!(reading.is_strict(), "{spelling}");
                assert_eq!(
                    reading.candidates[0].key, expected.candidates[0].key,
                    "{spelling}"
                );
            }
        }
    }

    #[test]
    fn every_single_slip_of_case_is_noticed() {
        for text in &EIP55[4..] {
            for index in 2..text.len() {
                let mut slipped = text.as_bytes().to_vec();
                slipped[index] ^= if slipped[index].is_ascii_alphabetic() {
                    0x20
                } else {
                    0
                };
                let slipped = String::from_utf8(slipped).expect("still ASCII");
                let reading = parse(&slipped);
                assert_eq!(reading.candidates[0].key, parse(text).candidates[0].key);
                assert_eq!(reading.is_strict(), slipped == *text, "{slipped}");
                if slipped != *text {
                    assert_eq!(reading.fault, Some(Fault::Checksum));
                    assert!(reading.flags.contains(Flags::CHECKSUM_MISMATCH));
                    assert!(reading.flags.contains(Flags::LENIENT_READING));
                }
            }
        }
    }

    #[test]
    fn rootstock_checksums_are_checksums() {
        assert!(parse("0x27B1FdB04752BbC536007a920D24acB045561C26").is_strict());
        assert!(parse("0x5aaEB6053f3e94c9b9a09f33669435E7ef1bEAeD").is_strict());
    }

    #[test]
    fn padded_words_and_a_letter_for_zero_can_only_match() {
        let address = parse("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed");
        for text in [
            "0x0000000000000000000000005aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            "0000000000000000000000005aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            "Ox5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        ] {
            let reading = parse(text);
            assert_eq!(
                reading.candidates[0].key, address.candidates[0].key,
                "{text}"
            );
            assert_eq!(reading.fault, Some(Fault::NotAddressForm), "{text}");
            assert!(!reading.is_strict());
        }
    }

    #[test]
    fn other_lengths_and_letters_are_not_addresses() {
        for text in [
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed0",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg",
            "0x0x5aeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
            "0x",
        ] {
            assert_eq!(parse(text).candidates[0].kind, Kind::Opaque, "{text}");
        }
    }
}
