//! Tezos accounts `tz1…` to `tz4…`, contracts `KT1…` and rollups `sr1…`.
//!
//! Base58Check with three version bytes, which say what sort of key or code
//! was hashed: they are part of the key, because hashes of different sorts
//! have nothing to do with each other. A payment may name an entrypoint
//! behind `%`; the account is the same.
//!
//! Specification: [Tezos addresses](https://docs.tezos.com/architecture/accounts),
//! [prefixes](https://octez.tezos.com/docs/developer/encodings.html).

use super::Family;
use crate::address::candidate::Checksum;
use crate::address::encoding::base58check::{self, Alphabet};
use crate::address::{Draft, Fault, Kind, Network};

const HASH_BYTES: usize = 20;
const VERSION_BYTES: usize = 3;
const TEXT_CHARS: usize = 36;

/// Most characters of an entrypoint.
const ENTRYPOINT_CHARS_MAX: usize = 31;

/// Version bytes. A prefix's place is its number in the key: on disk, so the
/// order is fixed for ever.
const VERSIONS: [[u8; VERSION_BYTES]; 6] = [
    // tz1, tz2, tz3, tz4: Ed25519, secp256k1, P-256, BLS.
    [0x06, 0xa1, 0x9f],
    [0x06, 0xa1, 0xa1],
    [0x06, 0xa1, 0xa4],
    [0x06, 0xa1, 0xa6],
    // KT1, sr1.
    [0x02, 0x5a, 0x79],
    [0x06, 0x7c, 0x75],
];

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "tKs",
    chars: (TEXT_CHARS, TEXT_CHARS + 1 + ENTRYPOINT_CHARS_MAX),
    read,
};

/// Reads an account or contract.
fn read(text: &str, reading: &mut Draft) {
    let (address, entrypoint) = match text.split_once('%') {
        Some((address, entrypoint)) => (address, Some(entrypoint)),
        None => (text, None),
    };
    if address.len() != TEXT_CHARS || !entrypoint.is_none_or(is_entrypoint) {
        return;
    }
    let Some(decoded) = base58check::decode(address, Alphabet::BITCOIN) else {
        return;
    };
    let Some((version, hash)) = decoded.payload().split_first_chunk() else {
        return;
    };
    let number = (0_u8..).zip(&VERSIONS).find(|(_, known)| *known == version);
    let (Some((number, _)), HASH_BYTES) = (number, hash.len()) else {
        return;
    };
    if !decoded.checksum_holds() {
        return reading.reject(Fault::Checksum);
    }
    let mut payload = [number; 1 + HASH_BYTES];
    payload[1..].copy_from_slice(hash);
    reading
        .accept(Kind::Tezos, Network::Tezos.into(), &payload)
        .checked(Checksum::Strong);
}

/// Writes an account or contract.
pub(in crate::address) fn write(payload: &[u8], out: &mut String) -> bool {
    let Some((&number, hash)) = payload.split_first() else {
        return false;
    };
    let Some(version) = VERSIONS.get(usize::from(number)) else {
        return false;
    };
    if hash.len() == HASH_BYTES {
        base58check::encode(version, hash, Alphabet::BITCOIN, out);
    }
    hash.len() == HASH_BYTES
}

fn is_entrypoint(text: &str) -> bool {
    let is_letter =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'%' | b'@');
    (1..=ENTRYPOINT_CHARS_MAX).contains(&text.len()) && text.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;

    #[test]
    fn every_prefix_is_read_and_written_back() {
        for (number, prefix) in ["tz1", "tz2", "tz3", "tz4", "KT1", "sr1"]
            .into_iter()
            .enumerate()
        {
            let mut payload = [0x5a; 1 + HASH_BYTES];
            payload[0] = number as u8;
            let mut text = String::new();
            assert!(write(&payload, &mut text));
            assert!(text.starts_with(prefix), "{text}");
            let reading = parse(&text);
            assert!(reading.is_strict(), "{text}");
            assert_eq!(reading.candidates.len(), 1);
            assert_eq!(reading.candidates[0].key.payload(), payload);
        }
        assert!(!write(&[6; 1 + HASH_BYTES], &mut String::new()));
    }

    #[test]
    fn an_entrypoint_is_the_same_contract() {
        let contract = parse("KT1XnTn74bUtxHfDtBmm2bGZAQfhPbvKWR8o");
        assert!(contract.is_strict());
        assert_eq!(contract.candidates[0].key.payload()[0], 4);
        let called = parse("KT1XnTn74bUtxHfDtBmm2bGZAQfhPbvKWR8o%transfer");
        assert!(called.is_strict());
        assert_eq!(called.candidates[0].key, contract.candidates[0].key);
        assert_eq!(
            called.candidates[0].canonical(),
            "KT1XnTn74bUtxHfDtBmm2bGZAQfhPbvKWR8o"
        );
        for entrypoint in ["", &"a".repeat(32)] {
            let text = format!("KT1XnTn74bUtxHfDtBmm2bGZAQfhPbvKWR8o%{entrypoint}");
            assert!(!parse(&text).is_strict(), "{text}");
        }
    }

    #[test]
    fn slips_are_noticed() {
        for text in [
            "tz1eZwq8b5cvE2bPKokatLkVMzkxz24z3AAAA",
            "1tzeZwq8b5cvE2bPKokatLkVMzkxz24zAAAAA",
            "tz1N7tYGMGs3GGjeJAJKtbycAWcvoPNSUYgv",
        ] {
            assert!(!parse(text).is_strict(), "{text}");
        }
        let slipped = parse("tz1N7tYGMGs3GGjeJAJKtbycAWcvoPNSUYgv");
        assert_eq!(slipped.fault, Some(Fault::Checksum));
    }
}
