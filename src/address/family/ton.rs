//! TON accounts: `0:` and 64 hex digits, or 48 characters of base 64.
//!
//! An account is a workchain and 256 bits. The friendly form carries them
//! with a CRC-16 and a tag, which says whether a message may come back and
//! whether the address is meant for test networks only. Neither makes another
//! account, and base 64 has two alphabets, so an account has nine spellings.
//! The workchain is a signed byte there: the masterchain is -1, not 255.
//!
//! Specification: [TON address formats](https://docs.ton.org/foundations/addresses/formats),
//! [TEP-2](https://github.com/ton-blockchain/TEPs/blob/master/text/0002-address.md).

use data_encoding::{BASE64, BASE64URL};

use super::Family;
use crate::address::candidate::Checksum;
use crate::address::encoding::crc16;
use crate::address::{Draft, Fault, Flags, Kind, Network, Networks};

const HASH_BYTES: usize = 32;
const HASH_DIGITS: usize = 2 * HASH_BYTES;

const WORKCHAIN_BYTES: usize = 4;

/// Tag, workchain, hash, checksum.
const FRIENDLY_BYTES: usize = 2 + HASH_BYTES + CHECKSUM_BYTES;
const FRIENDLY_CHARS: usize = 48;
const CHECKSUM_BYTES: usize = 2;

const BOUNCEABLE: u8 = 0x11;
const NOT_BOUNCEABLE: u8 = 0x51;

/// The bit of a tag that says the address is for test networks only.
const TEST_ONLY: u8 = 0x80;

/// Workchains that exist: the basic one and the masterchain.
const WORKCHAINS: [i8; 2] = [0, -1];

/// Most characters of the raw form: `-2147483648:` and the hash.
const RAW_CHARS_MAX: usize = 12 + HASH_DIGITS;

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "-0123456789EUk",
    chars: (FRIENDLY_CHARS, RAW_CHARS_MAX),
    read,
};

/// Reads an account in either form.
fn read(text: &str, reading: &mut Draft) {
    if text.len() == FRIENDLY_CHARS {
        read_friendly(text.as_bytes(), reading);
    } else if let Some((workchain, digits)) = text.split_once(':') {
        read_raw(workchain, digits, reading);
    }
}

/// Writes an account in the friendly form in which wallets show theirs: not
/// bounceable. Workchains too large for it are written raw.
pub(in crate::address) fn write(_networks: Networks, payload: &[u8], out: &mut String) -> bool {
    let Some((workchain, hash)) = payload.split_first_chunk::<WORKCHAIN_BYTES>() else {
        return false;
    };
    if hash.len() != HASH_BYTES {
        return false;
    }
    let workchain = i32::from_be_bytes(*workchain);
    let Ok(short) = i8::try_from(workchain) else {
        out.push_str(&workchain.to_string());
        out.push(':');
        out.push_str(&const_hex::encode(hash));
        return true;
    };
    let mut bytes = [NOT_BOUNCEABLE; FRIENDLY_BYTES];
    bytes[1] = short.to_be_bytes()[0];
    bytes[2..][..HASH_BYTES].copy_from_slice(hash);
    let (summed, checksum) = bytes.split_at_mut(FRIENDLY_BYTES - CHECKSUM_BYTES);
    checksum.copy_from_slice(&crc16::xmodem(summed).to_be_bytes());
    BASE64URL.encode_append(&bytes, out);
    true
}

fn read_friendly(text: &[u8], reading: &mut Draft) {
    let mut standard = [0; FRIENDLY_CHARS];
    standard.copy_from_slice(text);
    let (mut has_standard, mut has_url) = (false, false);
    for letter in &mut standard {
        match letter {
            b'+' | b'/' => has_standard = true,
            b'-' => (has_url, *letter) = (true, b'+'),
            b'_' => (has_url, *letter) = (true, b'/'),
            _ => {}
        }
    }
    let mut bytes = [0; FRIENDLY_BYTES];
    if BASE64.decode_mut(&standard, &mut bytes) != Ok(FRIENDLY_BYTES) {
        return;
    }
    let [tag, workchain, ..] = bytes;
    if !matches!(tag & !TEST_ONLY, BOUNCEABLE | NOT_BOUNCEABLE) {
        return;
    }
    let workchain = i8::from_be_bytes([workchain]);
    let (summed, checksum) = bytes.split_at(FRIENDLY_BYTES - CHECKSUM_BYTES);
    if checksum != crc16::xmodem(summed).to_be_bytes() {
        if WORKCHAINS.contains(&workchain) {
            reading.reject(Fault::Checksum);
        }
        return;
    }
    if tag & TEST_ONLY != 0 {
        reading.flag(Flags::TESTNET);
    }
    let is_spelt_right = !(has_standard && has_url);
    add(
        workchain.into(),
        &summed[2..],
        is_spelt_right,
        Checksum::Weak,
        reading,
    );
}

fn read_raw(workchain: &str, digits: &str, reading: &mut Draft) {
    let mut hash = [0; HASH_BYTES];
    let unsigned = workchain.strip_prefix('-').unwrap_or(workchain);
    let is_number = unsigned.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || digits.len() != HASH_DIGITS {
        return;
    }
    let Ok(number) = workchain.parse::<i32>() else {
        return;
    };
    // Without the length, `0x` would be taken off.
    if const_hex::decode_to_slice(digits, &mut hash).is_ok() {
        let is_spelt_right = number.to_string() == workchain;
        add(number, &hash, is_spelt_right, Checksum::None, reading);
    }
}

fn add(workchain: i32, hash: &[u8], is_spelt_right: bool, checksum: Checksum, reading: &mut Draft) {
    let mut payload = [0; WORKCHAIN_BYTES + HASH_BYTES];
    payload[..WORKCHAIN_BYTES].copy_from_slice(&workchain.to_be_bytes());
    payload[WORKCHAIN_BYTES..].copy_from_slice(hash);
    let networks = Network::Ton.into();
    let candidate = if is_spelt_right {
        reading.accept(Kind::Ton, networks, &payload)
    } else {
        reading.accept_leniently(Kind::Ton, networks, &payload, Fault::NotAddressForm)
    };
    candidate.checked(checksum);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;
    use proptest::prelude::*;

    const CANONICAL: &str = "UQAs9VlT6S776tq3unJcP5Ogsj-ELLunLXuOb1EKcOQi41-E";
    const MASTERCHAIN: &str = "Uf8zMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMxYA";

    #[test]
    fn every_spelling_of_an_account_is_one_key() {
        for text in [
            CANONICAL,
            "UQAs9VlT6S776tq3unJcP5Ogsj+ELLunLXuOb1EKcOQi41+E",
            "EQAs9VlT6S776tq3unJcP5Ogsj-ELLunLXuOb1EKcOQi4wJB",
            "EQAs9VlT6S776tq3unJcP5Ogsj+ELLunLXuOb1EKcOQi4wJB",
            "kQAs9VlT6S776tq3unJcP5Ogsj-ELLunLXuOb1EKcOQi47nL",
            "0QAs9VlT6S776tq3unJcP5Ogsj-ELLunLXuOb1EKcOQi4-QO",
            "0:2cf55953e92efbeadab7ba725c3f93a0b23f842cbba72d7b8e6f510a70e422e3",
            "0:2CF55953E92EFBEADAB7BA725C3F93A0B23F842CBBA72D7B8E6F510A70E422E3",
        ] {
            let reading = parse(text);
            assert!(reading.is_strict(), "{text}");
            let [candidate] = &reading.candidates[..] else {
                panic!("{text} is one account");
            };
            assert_eq!(candidate.key, parse(CANONICAL).candidates[0].key, "{text}");
            assert_eq!(candidate.canonical(), CANONICAL);
            let is_test = text.starts_with(['k', '0']) && !text.contains(':');
            assert_eq!(reading.flags.contains(Flags::TESTNET), is_test, "{text}");
        }
    }

    #[test]
    fn the_masterchain_is_minus_one_in_both_forms() {
        let raw = "-1:3333333333333333333333333333333333333333333333333333333333333333";
        let friendly = parse(MASTERCHAIN);
        assert!(friendly.is_strict() && parse(raw).is_strict());
        assert_eq!(friendly.candidates[0].key, parse(raw).candidates[0].key);
        assert_eq!(parse(raw).candidates[0].canonical(), MASTERCHAIN);
        let test = parse("0f8zMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzM62K");
        assert_eq!(test.candidates[0].key, friendly.candidates[0].key);
    }

    #[test]
    fn a_careless_spelling_can_match_and_never_clears() {
        for text in [
            "UQAs9VlT6S776tq3unJcP5Ogsj+ELLunLXuOb1EKcOQi41-E",
            "00:2cf55953e92efbeadab7ba725c3f93a0b23f842cbba72d7b8e6f510a70e422e3",
            "-0:2cf55953e92efbeadab7ba725c3f93a0b23f842cbba72d7b8e6f510a70e422e3",
        ] {
            let reading = parse(text);
            assert_eq!(reading.fault, Some(Fault::NotAddressForm), "{text}");
            assert_eq!(
                reading.candidates[0].key,
                parse(CANONICAL).candidates[0].key
            );
        }
    }

    #[test]
    fn slips_and_other_lengths_are_refused() {
        let slipped = parse("EQAs9VlT6S776tq3unJcP5Ogsj-ELLunLXuOb1EKcOQi4wJC");
        assert_eq!(slipped.fault, Some(Fault::Checksum));
        for text in [
            "EQAs9VlT6S776tq3unJcP5Ogsj-ELLunLXuOb1EKcOQi4wJ",
            "0:2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c",
            "0:0x2cf55953e92efbeadab7ba725c3f93a0b23f842cbba72d7b8e6f510a70e422e3",
            "0:0x2cf55953e92efbeadab7ba725c3f93a0b23f842cbba72d7b8e6f510a70e422",
            ":2cf55953e92efbeadab7ba725c3f93a0b23f842cbba72d7b8e6f510a70e422e3",
            "+0:2cf55953e92efbeadab7ba725c3f93a0b23f842cbba72d7b8e6f510a70e422e3",
            "2147483648:2cf55953e92efbeadab7ba725c3f93a0b23f842cbba72d7b8e6f510a70e422e3",
        ] {
            let reading = parse(text);
            let is_ton = |kind| kind == Kind::Ton;
            assert!(
                !reading.candidates.iter().any(|found| is_ton(found.kind)),
                "{text}"
            );
            assert!(!reading.is_strict(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_form_reads_back(workchain in prop_oneof![Just(0), Just(-1), -200_i32..200, any::<i32>()], hash in any::<[u8; 32]>()) {
            let raw = format!("{workchain}:{}", const_hex::encode(hash));
            let reading = parse(&raw);
            prop_assert!(reading.is_strict());
            let canonical = reading.candidates[0].canonical();
            let again = parse(&canonical);
            prop_assert!(again.is_strict(), "{canonical}");
            prop_assert_eq!(&again.candidates[0].key, &reading.candidates[0].key);
        }
    }
}
