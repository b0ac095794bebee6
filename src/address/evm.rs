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

use sha3::{Digest, Keccak256};

use super::{Fault, Kind, Networks, Reading};

const ADDRESS_BYTES: usize = 20;
const ADDRESS_DIGITS: usize = 2 * ADDRESS_BYTES;

/// Digits of a 32-byte word.
const WORD_DIGITS: usize = 64;

/// What precedes the digits when EIP-55 or EIP-1191 hashes an address: the
/// chain id of Rootstock and its test network, or nothing.
const CHECKSUM_SALTS: [&[u8]; 3] = [b"", b"300x", b"310x"];

/// Reads an EVM address.
pub(super) fn read(text: &str, reading: &mut Reading) {
    let (_, digits) = split_prefix(text.as_bytes());
    match digits {
        [b'o' | b'O', b'x' | b'X', digits @ ..] => read_misspelt(digits, reading),
        _ if digits.len() == ADDRESS_DIGITS => read_address(digits, reading),
        _ if digits.len() == WORD_DIGITS => read_word(digits, reading),
        _ => {}
    }
}

/// Writes an address with its EIP-55 checksum.
pub(super) fn write(address: &[u8], out: &mut String) -> bool {
    let mut digits = [0; ADDRESS_DIGITS];
    if const_hex::encode_to_slice(address, &mut digits).is_err() {
        return false;
    }
    let hash = Keccak256::digest(digits);
    out.push_str("0x");
    for (index, digit) in digits.into_iter().enumerate() {
        let upper = is_upper(&hash, index);
        out.push(char::from(if upper {
            digit.to_ascii_uppercase()
        } else {
            digit
        }));
    }
    true
}

/// Splits `0x` off, in either case.
pub(super) fn split_prefix(text: &[u8]) -> (&[u8], &[u8]) {
    match text {
        [b'0', b'x' | b'X', ..] => text.split_at(2),
        _ => text.split_at(0),
    }
}

fn read_address(digits: &[u8], reading: &mut Reading) {
    let mut address = [0; ADDRESS_BYTES];
    if const_hex::decode_to_slice(digits, &mut address).is_err() {
        return;
    }
    if case_is_sound(digits) {
        reading.accept(Kind::Evm, Networks::EVM, &address);
    } else {
        reading.accept_leniently(Kind::Evm, Networks::EVM, &address, Fault::Checksum);
    }
}

/// Reads digits that stood behind a letter `O` and an `x`.
fn read_misspelt(digits: &[u8], reading: &mut Reading) {
    let mut address = [0; ADDRESS_BYTES];
    if digits.len() == ADDRESS_DIGITS && const_hex::decode_to_slice(digits, &mut address).is_ok() {
        reading.accept_leniently(Kind::Evm, Networks::EVM, &address, Fault::NotAddressForm);
    }
}

/// Reads the last 20 bytes of a word that has nothing but zeros before them.
fn read_word(digits: &[u8], reading: &mut Reading) {
    let (padding, digits) = digits.split_at(WORD_DIGITS - ADDRESS_DIGITS);
    let mut address = [0; ADDRESS_BYTES];
    let is_padded = padding.iter().all(|&digit| digit == b'0');
    if is_padded && const_hex::decode_to_slice(digits, &mut address).is_ok() {
        reading.accept_leniently(Kind::Evm, Networks::EVM, &address, Fault::NotAddressForm);
    }
}

/// Returns whether the case of an address's digits says nothing, or says the
/// truth.
fn case_is_sound(digits: &[u8]) -> bool {
    let has_upper = digits.iter().any(u8::is_ascii_uppercase);
    let has_lower = digits.iter().any(u8::is_ascii_lowercase);
    if !(has_upper && has_lower) {
        return true;
    }
    let mut lower = [0; ADDRESS_DIGITS];
    lower.copy_from_slice(digits);
    lower.make_ascii_lowercase();
    CHECKSUM_SALTS.into_iter().any(|salt| {
        let hash = Keccak256::new()
            .chain_update(salt)
            .chain_update(lower)
            .finalize();
        let mut letters = digits
            .iter()
            .enumerate()
            .filter(|(_, digit)| digit.is_ascii_alphabetic());
        letters.all(|(index, digit)| digit.is_ascii_uppercase() == is_upper(&hash, index))
    })
}

/// Returns whether the checksum writes the letter at an index in upper case:
/// when the hash's digit there is 8 or more.
fn is_upper(hash: &[u8], index: usize) -> bool {
    let high_digit_bit = if index.is_multiple_of(2) { 0x80 } else { 0x08 };
    hash[index / 2] & high_digit_bit != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Flags, parse};

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
                assert_eq!(parse(&spelling), expected, "{spelling}");
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
