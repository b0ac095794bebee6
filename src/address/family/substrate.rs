//! Substrate accounts in SS58: Polkadot `1…`, Kusama, Bittensor `5…` and
//! thousands of possible relatives.
//!
//! A text is base 58 of a network's prefix, the 32-byte account and two bytes
//! of a checksum. The account is the key, so every prefix spells the same
//! account; only the prefix says on which network it was meant. Prefix 42 is
//! nobody's own and stands for them all. Sixteen bits of checksum let one
//! slip in 65,536 through.
//!
//! Two texts give an account and break the specification: a small prefix
//! written in the two bytes of a large one, and the reserved prefixes. They
//! are read leniently.
//!
//! Specification: [SS58](https://docs.polkadot.com/polkadot-protocol/parachain-basics/accounts/#address-formats).

use blake2::{Blake2b512, Digest};

use super::Family;
use crate::address::candidate::Checksum;
use crate::address::encoding::base58::{self, Alphabet};
use crate::address::{Draft, Fault, Kind, Network, Networks};

/// What is hashed in front of prefix and account.
const CONTEXT: &[u8] = b"SS58PRE";

const ACCOUNT_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 2;

/// A prefix of two bytes, account, checksum.
const BYTES_MAX: usize = 2 + ACCOUNT_BYTES + CHECKSUM_BYTES;

/// Fewest characters of an address whose first byte is not zero. A zero is
/// one character, which makes Polkadot's own addresses shorter: the one of
/// the account of all zeros has 36.
const CHARS_MIN: usize = 46;

/// First byte from which a prefix has two.
const TWO_BYTES_FROM: u8 = 64;

/// Largest prefix that two bytes hold.
const PREFIX_MAX: u16 = 0x3fff;

const POLKADOT: u16 = 0;
const KUSAMA: u16 = 2;
const GENERIC: u16 = 42;

/// Prefixes that the specification keeps back.
const RESERVED: [u16; 2] = [46, 47];

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    chars: (35, 50),
    read,
};

/// Reads an SS58 address.
fn read(text: &str, reading: &mut Draft) {
    if text.len() < CHARS_MIN && !text.starts_with('1') {
        return;
    }
    let mut bytes = [0; BYTES_MAX];
    let Some(length) = base58::decode(text, Alphabet::BITCOIN, &mut bytes) else {
        return;
    };
    let Some((prefix, prefix_bytes)) = prefix_of(&bytes[..length]) else {
        return;
    };
    if length != prefix_bytes + ACCOUNT_BYTES + CHECKSUM_BYTES {
        return;
    }
    let (summed, checksum) = bytes[..length].split_at(length - CHECKSUM_BYTES);
    if checksum != checksum_of(summed) {
        // Any base 58 of this length is as good as a slip elsewhere.
        if matches!(prefix, POLKADOT | KUSAMA | GENERIC) && prefix_bytes == 1 {
            reading.reject(Fault::Checksum);
        }
        return;
    }
    let account = &summed[prefix_bytes..];
    let networks = networks_of(prefix);
    let is_shortest = prefix_bytes == 1 || prefix >= u16::from(TWO_BYTES_FROM);
    let candidate = if is_shortest && !RESERVED.contains(&prefix) {
        reading.accept(Kind::Substrate, networks, account)
    } else {
        reading.accept_leniently(Kind::Substrate, networks, account, Fault::NotAddressForm)
    };
    candidate
        .checked(Checksum::Weak)
        .with_extra(&prefix.to_le_bytes());
}

/// Writes an account with the prefix in `extra`, and with the generic one if
/// there is none that may be written. Returns whether there is such an
/// address.
pub(in crate::address) fn write(payload: &[u8], extra: &[u8], out: &mut String) -> bool {
    if payload.len() != ACCOUNT_BYTES {
        return false;
    }
    let given = extra.try_into().ok().map(u16::from_le_bytes);
    let prefix = given
        .filter(|prefix| *prefix <= PREFIX_MAX && !RESERVED.contains(prefix))
        .unwrap_or(GENERIC);
    let (first, second) = bytes_of(prefix);
    let mut bytes = [0; BYTES_MAX];
    bytes[0] = first;
    let prefix_bytes = match second {
        None => 1,
        Some(second) => {
            bytes[1] = second;
            2
        }
    };
    let summed_bytes = prefix_bytes + ACCOUNT_BYTES;
    bytes[prefix_bytes..summed_bytes].copy_from_slice(payload);
    let checksum = checksum_of(&bytes[..summed_bytes]);
    let length = summed_bytes + CHECKSUM_BYTES;
    bytes[summed_bytes..length].copy_from_slice(&checksum);
    base58::encode(&bytes[..length], Alphabet::BITCOIN, out);
    true
}

/// Returns the prefix and how many bytes it takes. The two bytes of a large
/// one are shuffled, so that the first stays below 128.
fn prefix_of(bytes: &[u8]) -> Option<(u16, usize)> {
    match *bytes {
        [first, ..] if first < TWO_BYTES_FROM => Some((first.into(), 1)),
        [first, second, ..] if first < 0x80 => {
            let low = first << 2 | second >> 6;
            Some((u16::from_le_bytes([low, second & 0x3f]), 2))
        }
        _ => None,
    }
}

/// Undoes [`prefix_of`], in the shortest form.
fn bytes_of(prefix: u16) -> (u8, Option<u8>) {
    let [low, high] = prefix.to_le_bytes();
    if prefix < TWO_BYTES_FROM.into() {
        (low, None)
    } else {
        (TWO_BYTES_FROM | low >> 2, Some(low << 6 | high))
    }
}

fn networks_of(prefix: u16) -> Networks {
    match prefix {
        POLKADOT => Network::Polkadot.into(),
        KUSAMA => Network::Kusama.into(),
        GENERIC => Networks::SUBSTRATE,
        _ => Network::OtherSubstrate.into(),
    }
}

fn checksum_of(summed: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let digest = Blake2b512::new()
        .chain_update(CONTEXT)
        .chain_update(summed)
        .finalize();
    [digest[0], digest[1]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;

    const ACCOUNT: &str = "d6a3105d6768e956e9e5d41050ac29843f98561410d3a47f9dd5b3b227ab8746";

    fn text_of(prefix: &[u8], account: &[u8]) -> String {
        let mut bytes = [prefix, account].concat();
        bytes.extend(checksum_of(&bytes));
        let mut text = String::new();
        base58::encode(&bytes, Alphabet::BITCOIN, &mut text);
        text
    }

    #[test]
    fn every_prefix_spells_one_account() {
        use Network::{Kusama, OtherSubstrate, Polkadot};
        for (text, networks) in [
            (
                "15rRgsWxz4H5LTnNGcCFsszfXD8oeAFd8QRsR6MbQE2f6XFF",
                Polkadot.into(),
            ),
            (
                "HRkCrbmke2XeabJ5fxJdgXWpBRPkXWfWHY8eTeCKwDdf4k6",
                Kusama.into(),
            ),
            (
                "4smVWa6Hb7WhGh9zgqdAE86p5eZyj8BQJ9Uro4o2zidBnmfX",
                OtherSubstrate.into(),
            ),
            (
                "cTMC4XwPfBn3bz8kFaVTjaWdkQi6agzMxS11e8hpPHhqLrhGs",
                OtherSubstrate.into(),
            ),
            (
                "efU12RnbLfM2rXWBtY72ERa7NFji9AJrGdiLE6KayodKSDmhD",
                OtherSubstrate.into(),
            ),
            (
                "VdvNxAGgs6n1B2WWrAZ8c8Jgj8mPGBh1EtTZJxz8BM2NwYU7W",
                OtherSubstrate.into(),
            ),
        ] {
            let reading = parse(text);
            assert!(reading.is_strict(), "{text}");
            assert_eq!(reading.candidates.len(), 1, "{text}");
            let candidate = &reading.candidates[0];
            assert_eq!(candidate.kind, Kind::Substrate);
            assert_eq!(const_hex::encode(candidate.key.payload()), ACCOUNT);
            assert_eq!(candidate.networks, networks, "{text}");
            assert_eq!(candidate.canonical(), text);
        }
        let generic = parse("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
        assert_eq!(generic.candidates[0].networks, Networks::SUBSTRATE);
    }

    #[test]
    fn every_prefix_reads_back() {
        for prefix in 0..=PREFIX_MAX {
            let (first, second) = bytes_of(prefix);
            let bytes = [first, second.unwrap_or(0x5a)];
            let expected = Some((prefix, 1 + usize::from(second.is_some())));
            assert_eq!(prefix_of(&bytes), expected);
        }
        for prefix in [0_u16, 1, 2, 42, 63, 64, 255, 256, PREFIX_MAX] {
            for fill in [0, 0x5a, 0xff] {
                let mut text = String::new();
                assert!(write(&[fill; 32], &prefix.to_le_bytes(), &mut text));
                let reading = parse(&text);
                assert!(reading.is_strict(), "{text}");
                let found = reading
                    .candidates
                    .iter()
                    .find(|one| one.kind == Kind::Substrate);
                let found = found.expect("the account");
                assert_eq!(found.key.payload(), [fill; 32]);
                assert_eq!(found.canonical(), text);
            }
        }
    }

    /// Polkadot's best known address, where lost funds go.
    #[test]
    fn the_account_of_all_zeros_is_short() {
        let reading = parse("111111111111111111111111111111111HC1");
        assert!(reading.is_strict());
        assert_eq!(reading.candidates[0].key.payload(), [0; 32]);
    }

    #[test]
    fn without_a_prefix_the_generic_one_is_written() {
        let account = const_hex::decode(ACCOUNT).expect("hex");
        for extra in [&[][..], &[46, 0], &[0xff, 0xff], &[1]] {
            let mut text = String::new();
            assert!(write(&account, extra, &mut text));
            assert_eq!(parse(&text).candidates[0].networks, Networks::SUBSTRATE);
        }
        assert!(!write(&account[1..], &[], &mut String::new()));
    }

    #[test]
    fn a_slip_is_noticed() {
        let slipped = parse("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ");
        assert_eq!(slipped.fault, Some(Fault::Checksum));
        assert!(
            slipped
                .candidates
                .iter()
                .all(|one| one.kind != Kind::Substrate)
        );
    }

    #[test]
    fn reserved_and_longer_prefixes_are_lenient() {
        let account = [0x5a; 32];
        for prefix in [&[46][..], &[47], &[0x40, 0], &[0x4a, 0x80]] {
            let reading = parse(&text_of(prefix, &account));
            assert_eq!(reading.fault, Some(Fault::NotAddressForm), "{prefix:?}");
            assert_eq!(reading.candidates[0].key.payload(), account);
            let canonical = reading.candidates[0].canonical();
            assert!(parse(&canonical).is_strict(), "{canonical}");
        }
        for prefix in [&[0x80, 0][..], &[0xff, 0xff]] {
            let reading = parse(&text_of(prefix, &account));
            assert!(
                reading
                    .candidates
                    .iter()
                    .all(|one| one.kind != Kind::Substrate)
            );
        }
    }
}
