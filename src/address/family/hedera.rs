//! Hedera accounts: `0.0.123`, by number, or by key or EVM address.
//!
//! Shard, realm and number, all on 0.0 so far. Five letters may follow as a
//! checksum, which depends on the ledger. In place of the number an account
//! may be named by an EVM address or by its Ed25519 public key in DER; which
//! number that account has only the ledger knows.
//!
//! A version such as `1.2.3` has the same form. So another shard or realm can
//! only match, unless Hedera is said to be the network.
//!
//! Specifications: [HIP-15](https://hips.hedera.com/hip/hip-15),
//! [HIP-32](https://hips.hedera.com/hip/hip-32),
//! [HIP-583](https://hips.hedera.com/hip/hip-583).

use super::Family;
use crate::address::candidate::Checksum;
use crate::address::{Draft, Fault, Flags, Kind, Network, Networks};

/// Most digits of a number that are read, leading zeros included.
const NUMBER_DIGITS_MAX: usize = 20;

/// Largest realm and number: they are signed in the protocol.
const NUMBER_MAX: u64 = i64::MAX as u64;

const EVM_BYTES: usize = 20;

/// What precedes an Ed25519 public key in DER.
const DER_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
const KEY_BYTES: usize = 32;
const DER_BYTES: usize = DER_PREFIX.len() + KEY_BYTES;

const CHECKSUM_LETTERS: usize = 5;

/// Ledger ids: the main network, the test network, the preview network.
const LEDGERS: std::ops::RangeInclusive<u8> = 0..=2;

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "0123456789",
    chars: (5, 2 * (NUMBER_DIGITS_MAX + 1) + 2 * DER_BYTES),
    read,
};

/// An account's number in three parts.
#[derive(Clone, Copy)]
struct Account {
    shard: u32,
    realm: u64,
    number: u64,
}

/// Reads an account.
fn read(text: &str, reading: &mut Draft) {
    // The first number is short and is ended by a full stop: `0x…` is not it.
    if !matches!(text.as_bytes().get(1), Some(b'.' | b'0'..=b'9')) {
        return;
    }
    let mut parts = text.splitn(3, '.');
    let (Some(shard), Some(realm), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return;
    };
    let (Some(shard), Some(realm)) = (Number::of(shard), Number::of(realm)) else {
        return;
    };
    let Ok(shard_number) = u32::try_from(shard.value) else {
        return;
    };
    let is_usual =
        shard.value == 0 && realm.value == 0 || reading.networks().are_only(Network::Hedera);
    let is_spelt_right = is_usual && shard.is_spelt_right && realm.is_spelt_right;
    match rest.len() / 2 {
        EVM_BYTES => read_evm(rest, is_spelt_right, reading),
        DER_BYTES => read_key(rest, is_spelt_right, reading),
        _ => {
            let account = Account {
                shard: shard_number,
                realm: realm.value,
                number: 0,
            };
            read_number(account, rest, is_spelt_right, reading);
        }
    }
}

/// Writes an account by its number, or by its key.
pub(in crate::address) fn write(kind: Kind, payload: &[u8], out: &mut String) -> bool {
    match (kind, payload) {
        (Kind::Hedera, &[a, b, c, d, ref rest @ ..]) if rest.len() == 16 => {
            let word = |bytes: &[u8]| bytes.iter().fold(0, |word, &b| word << 8 | u64::from(b));
            let account = Account {
                shard: u32::from_be_bytes([a, b, c, d]),
                realm: word(&rest[..8]),
                number: word(&rest[8..]),
            };
            out.push_str(&account.text());
            true
        }
        (Kind::HederaKey, key) if key.len() == KEY_BYTES => {
            out.push_str("0.0.");
            out.push_str(&const_hex::encode(DER_PREFIX));
            out.push_str(&const_hex::encode(key));
            true
        }
        _ => false,
    }
}

fn read_number(account: Account, text: &str, is_spelt_right: bool, reading: &mut Draft) {
    let (number, letters) = match text.split_once('-') {
        Some((number, letters)) => (number, Some(letters)),
        None => (text, None),
    };
    let Some(number) = Number::of(number) else {
        return;
    };
    if letters.is_some_and(|letters| !is_checksum(letters)) {
        return;
    }
    let account = Account {
        number: number.value,
        ..account
    };
    let is_spelt_right = is_spelt_right && number.is_spelt_right;
    let mut fault = (!is_spelt_right).then_some(Fault::NotAddressForm);
    let mut checksum = Checksum::None;
    if let Some(letters) = letters {
        let of = |ledger: &u8| account.checksum(*ledger) == letters.to_ascii_lowercase().as_bytes();
        match LEDGERS.into_iter().find(of) {
            None => fault = Some(Fault::Checksum),
            Some(ledger) => {
                checksum = Checksum::Weak;
                if ledger > 0 {
                    reading.flag(Flags::TESTNET);
                }
                if letters.bytes().any(|letter| letter.is_ascii_uppercase()) {
                    fault = Some(Fault::NotAddressForm);
                }
            }
        }
    }
    let payload = account.payload();
    add(Kind::Hedera, &payload, fault, checksum, reading);
}

fn read_evm(text: &str, is_spelt_right: bool, reading: &mut Draft) {
    let mut address = [0; EVM_BYTES];
    if const_hex::decode_to_slice(text, &mut address).is_ok() {
        let fault = (!is_spelt_right).then_some(Fault::NotAddressForm);
        add(Kind::Evm, &address, fault, Checksum::None, reading);
    }
}

fn read_key(text: &str, is_spelt_right: bool, reading: &mut Draft) {
    let mut der = [0; DER_BYTES];
    if const_hex::decode_to_slice(text, &mut der).is_err() {
        return;
    }
    if let Some(key) = der.strip_prefix(&DER_PREFIX) {
        let fault = (!is_spelt_right).then_some(Fault::NotAddressForm);
        add(Kind::HederaKey, key, fault, Checksum::None, reading);
    }
}

fn add(kind: Kind, payload: &[u8], fault: Option<Fault>, checksum: Checksum, reading: &mut Draft) {
    let networks: Networks = Network::Hedera.into();
    let candidate = match fault {
        None => reading.accept(kind, networks, payload),
        Some(fault) => reading.accept_leniently(kind, networks, payload, fault),
    };
    candidate.checked(checksum);
}

/// A number as it is written.
struct Number {
    value: u64,
    /// It has no leading zeros.
    is_spelt_right: bool,
}

impl Number {
    fn of(digits: &str) -> Option<Self> {
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || digits.len() > NUMBER_DIGITS_MAX {
            return None;
        }
        let value = digits.parse().ok().filter(|&value| value <= NUMBER_MAX)?;
        Some(Self {
            value,
            is_spelt_right: digits == "0" || !digits.starts_with('0'),
        })
    }
}

fn is_checksum(letters: &str) -> bool {
    letters.len() == CHECKSUM_LETTERS && letters.bytes().all(|byte| byte.is_ascii_alphabetic())
}

impl Account {
    fn text(self) -> String {
        let Self {
            shard,
            realm,
            number,
        } = self;
        format!("{shard}.{realm}.{number}")
    }

    fn payload(self) -> [u8; 20] {
        let mut payload = [0; 20];
        payload[..4].copy_from_slice(&self.shard.to_be_bytes());
        payload[4..12].copy_from_slice(&self.realm.to_be_bytes());
        payload[12..].copy_from_slice(&self.number.to_be_bytes());
        payload
    }

    /// Returns the checksum of HIP-15 on a ledger.
    fn checksum(self, ledger: u8) -> [u8; CHECKSUM_LETTERS] {
        const P3: u64 = 26_u64.pow(3);
        const P5: u64 = 26_u64.pow(5);
        /// What the result is multiplied by, to spread what changed.
        const SPREAD: u64 = 1_000_003;

        let text = self.text();
        let digits = text.bytes().map(|byte| match byte {
            b'.' => 10,
            digit => u64::from(digit - b'0'),
        });
        // Digits weighed by their place, and sums of every second one.
        let weighed = digits.clone().fold(0, |sum, digit| (sum * 31 + digit) % P3);
        let even: u64 = digits.clone().step_by(2).sum();
        let odd: u64 = digits.skip(1).step_by(2).sum();
        // The ledger id is followed by six zero bytes.
        let id = [ledger, 0, 0, 0, 0, 0, 0];
        let id = id
            .iter()
            .fold(0, |sum, &byte| (sum * 31 + u64::from(byte)) % P5);
        let sums = (text.len() as u64 % 5 * 11 + even % 11) * 11 + odd % 11;
        let mut rest = (sums * P3 + weighed + id) % P5 * SPREAD % P5;
        let mut letters = [0; CHECKSUM_LETTERS];
        for letter in letters.iter_mut().rev() {
            *letter = b'a' + (rest % 26) as u8;
            rest /= 26;
        }
        letters
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{parse, parse_hinted};

    #[test]
    fn an_account_is_its_number_with_and_without_checksum() {
        for (text, canonical) in [
            ("0.0.2", "0.0.2"),
            ("0.0.1377988", "0.0.1377988"),
            ("0.0.123-vfmkw", "0.0.123"),
            ("0.0.1377988-xvkyj", "0.0.1377988"),
            ("0.0.9223372036854775807", "0.0.9223372036854775807"),
        ] {
            let reading = parse(text);
            assert!(reading.is_strict(), "{text}");
            assert_eq!(reading.candidates[0].kind, Kind::Hedera);
            assert_eq!(reading.candidates[0].canonical(), canonical);
            assert_eq!(
                reading.candidates[0].key,
                parse(canonical).candidates[0].key
            );
            assert!(!reading.flags.contains(Flags::TESTNET));
        }
    }

    /// As Hedera's own libraries test them.
    #[test]
    fn a_checksum_of_another_ledger_is_flagged() {
        let account = Account {
            shard: 0,
            realm: 0,
            number: 123,
        };
        assert_eq!(&account.checksum(0), b"vfmkw");
        assert_eq!(&account.checksum(1), b"esxsf");
        assert_eq!(&account.checksum(2), b"ogizo");
        let reading = parse("0.0.123-esxsf");
        assert!(reading.is_strict());
        assert!(reading.flags.contains(Flags::TESTNET));
        assert_eq!(
            reading.candidates[0].key,
            parse("0.0.123").candidates[0].key
        );
    }

    #[test]
    fn slips_and_leading_zeros_can_only_match() {
        for (text, fault) in [
            ("0.0.123-vfmkx", Fault::Checksum),
            ("0.0.123-VFMKW", Fault::NotAddressForm),
            ("000.000.123", Fault::NotAddressForm),
            ("0.0.0123", Fault::NotAddressForm),
        ] {
            let reading = parse(text);
            assert_eq!(reading.fault, Some(fault), "{text}");
            assert_eq!(
                reading.candidates[0].key,
                parse("0.0.123").candidates[0].key
            );
        }
    }

    #[test]
    fn an_account_is_named_by_address_or_key() {
        let address = "7e5f4552091a69125d5dfcb7b8c2659029395bdf";
        let reading = parse(&format!("0.0.{address}"));
        assert!(reading.is_strict());
        assert_eq!(reading.candidates[0].kind, Kind::Evm);
        assert_eq!(reading.candidates[0].key, parse(address).candidates[0].key);

        let text = "0.0.302a300506032b65700321007df3e1ab790b28de4706d36a7aa99a0e043cb3e2c3d6ec6686e4af7f638b0860";
        for text in [text, &text.to_uppercase()] {
            let reading = parse(text);
            assert!(reading.is_strict());
            assert_eq!(reading.candidates[0].kind, Kind::HederaKey);
            assert_eq!(reading.candidates[0].canonical(), text.to_lowercase());
        }
    }

    #[test]
    fn a_version_is_not_clean_and_other_texts_are_nothing() {
        let version = parse("1.2.3");
        assert!(!version.is_strict());
        assert!(parse_hinted("1.2.3", Network::Hedera.into()).is_strict());
        for text in [
            "0.0.abc",
            "0.0.",
            "..",
            "0.0",
            "10.0.0.1",
            "0.0.-1",
            "0.0.+1",
            "0.0.1-",
            "0.0.1-abcd",
            "0.0.9223372036854775808",
            "4294967296.0.1",
            "0.0.302b300506032b65700321007df3e1ab790b28de4706d36a7aa99a0e043cb3e2c3d6ec6686e4af7f638b0860",
        ] {
            let reading = parse(text);
            assert_eq!(reading.candidates[0].kind, Kind::Opaque, "{text}");
        }
    }
}
