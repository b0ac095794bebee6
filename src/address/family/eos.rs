//! EOS: account names, and the public keys `EOS…`, `PUB_K1_…`, `PUB_R1_…`.
//!
//! A name is a 64-bit number in base 32. Ordinary words fit its rules, so it
//! is read only where EOS is said to be the network. A key ends in four bytes
//! of RIPEMD-160 over the key and, in the newer form, the name of its curve.
//! `EOS…` is the older spelling of a K1 key.
//!
//! Specification: [names](https://docs.antelope.io/docs/latest/protocol/accounts_and_permissions/),
//! [keys](https://docs.eosnetwork.com/docs/latest/advanced-topics/public-and-private-keys).

use ripemd::{Digest, Ripemd160};

use super::Family;
use crate::address::candidate::Checksum;
use crate::address::encoding::base58::{self, Alphabet};
use crate::address::{Draft, Fault, Kind, Network};

/// What a name is written in, and in the order of the values.
const LETTERS: &[u8; 32] = b".12345abcdefghijklmnopqrstuvwxyz";

/// Characters of five bits, before one of the last four.
const WIDE_CHARS: usize = 12;
const NAME_CHARS_MAX: usize = WIDE_CHARS + 1;

const KEY_BYTES: usize = 33;
const CHECKSUM_BYTES: usize = 4;

/// A spelling of keys: prefix, number of the curve in the key, and what is
/// hashed behind a key.
struct Spelling {
    prefix: &'static str,
    curve: u8,
    salt: &'static [u8],
}

/// Every spelling; the first one of a curve is the canonical one.
const SPELLINGS: [Spelling; 3] = [
    Spelling {
        prefix: "PUB_K1_",
        curve: 0,
        salt: b"K1",
    },
    Spelling {
        prefix: "PUB_R1_",
        curve: 1,
        salt: b"R1",
    },
    Spelling {
        prefix: "EOS",
        curve: 0,
        salt: b"",
    },
];

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: ".12345abcdefghijklmnopqrstuvwxyzEP",
    // The longest prefix, and 37 bytes in base 58.
    chars: (1, 7 + 51),
    read,
};

/// Reads a key, or a name where EOS is named.
fn read(text: &str, reading: &mut Draft) {
    let spelling = SPELLINGS.iter().find_map(|spelling| {
        let text = text.strip_prefix(spelling.prefix)?;
        Some((spelling, text))
    });
    if let Some((spelling, text)) = spelling {
        read_key(spelling, text, reading);
    } else if reading.networks().are_only(Network::Eos)
        && let Some(name) = number_of(text)
    {
        reading.accept(Kind::EosName, Network::Eos.into(), &name.to_be_bytes());
    }
}

/// Writes a name, or a key in the newer form.
pub(in crate::address) fn write(kind: Kind, payload: &[u8], out: &mut String) -> bool {
    match kind {
        Kind::EosName => write_name(payload, out),
        _ => write_key(payload, out),
    }
}

fn read_key(spelling: &Spelling, text: &str, reading: &mut Draft) {
    let mut bytes = [0; KEY_BYTES + CHECKSUM_BYTES];
    if base58::decode(text, Alphabet::BITCOIN, &mut bytes) != Some(bytes.len()) {
        return;
    }
    let (key, checksum) = bytes.split_at(KEY_BYTES);
    // A compressed point.
    if !matches!(key[0], 2 | 3) {
        return;
    }
    if checksum != spelling.checksum(key) {
        return reading.reject(Fault::Checksum);
    }
    let mut payload = [spelling.curve; 1 + KEY_BYTES];
    payload[1..].copy_from_slice(key);
    reading
        .accept(Kind::EosKey, Network::Eos.into(), &payload)
        .checked(Checksum::Strong);
}

fn write_key(payload: &[u8], out: &mut String) -> bool {
    let Some((curve, key)) = payload.split_first() else {
        return false;
    };
    let spelling = SPELLINGS.iter().find(|known| known.curve == *curve);
    let (Some(spelling), KEY_BYTES) = (spelling, key.len()) else {
        return false;
    };
    let mut bytes = [0; KEY_BYTES + CHECKSUM_BYTES];
    bytes[..KEY_BYTES].copy_from_slice(key);
    bytes[KEY_BYTES..].copy_from_slice(&spelling.checksum(key));
    out.push_str(spelling.prefix);
    base58::encode(&bytes, Alphabet::BITCOIN, out);
    true
}

impl Spelling {
    fn checksum(&self, key: &[u8]) -> [u8; CHECKSUM_BYTES] {
        let hash = Ripemd160::new()
            .chain_update(key)
            .chain_update(self.salt)
            .finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }
}

/// Returns the number of a name. A `.` at the end would not show in it.
fn number_of(name: &str) -> Option<u64> {
    if !(1..=NAME_CHARS_MAX).contains(&name.len()) || name.ends_with('.') {
        return None;
    }
    let mut number = 0;
    for index in 0..NAME_CHARS_MAX {
        let value = match name.as_bytes().get(index) {
            None => 0,
            Some(letter) => LETTERS.iter().position(|known| known == letter)? as u64,
        };
        number = match index {
            WIDE_CHARS if value > 15 => return None,
            WIDE_CHARS => number << 4 | value,
            _ => number << 5 | value,
        };
    }
    Some(number)
}

fn write_name(payload: &[u8], out: &mut String) -> bool {
    let Ok(payload) = payload.try_into() else {
        return false;
    };
    let number = u64::from_be_bytes(payload);
    let mut name = [0; NAME_CHARS_MAX];
    for (index, letter) in name.iter_mut().enumerate() {
        let value = match index {
            WIDE_CHARS => number & 15,
            _ => number >> (59 - 5 * index) & 31,
        };
        *letter = LETTERS[value as usize];
    }
    let shown = name.iter().rposition(|&letter| letter != b'.');
    let shown = shown.map_or(0, |last| last + 1);
    out.extend(name[..shown].iter().copied().map(char::from));
    shown > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Networks, parse, parse_hinted};
    use proptest::prelude::*;

    const KEY: &str = "EOS6enPVMggisfqVVRZ1tj47d9UeHK46CBssoCmAz6sLDMBeVSVem";

    #[test]
    fn names_are_read_where_eos_is_named() {
        for (name, number) in [
            ("eosio", "5530ea0000000000"),
            ("eosio.token", "5530ea033482a600"),
            ("zzzzzzzzzzzzj", "ffffffffffffffff"),
            (".a", "0180000000000000"),
        ] {
            let reading = parse_hinted(name, Network::Eos.into());
            assert!(reading.is_strict(), "{name}");
            assert_eq!(reading.candidates[0].kind, Kind::EosName);
            assert_eq!(
                const_hex::encode(reading.candidates[0].key.payload()),
                number
            );
            assert_eq!(reading.candidates[0].canonical(), name);
            let token = Networks::from_hint("usdt").expect("a known token");
            for reading in [parse(name), parse_hinted(name, token)] {
                assert_eq!(reading.candidates[0].kind, Kind::Opaque, "{name}");
            }
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["toolongaccountname", "Eosio", "eos6", "zzzzzzzzzzzzk", "é"] {
            let reading = parse_hinted(text, Network::Eos.into());
            assert!(!reading.is_strict(), "{text}");
        }
    }

    #[test]
    fn both_spellings_of_a_key_are_one_key() {
        let old = parse(KEY);
        assert!(old.is_strict());
        assert_eq!(old.candidates[0].kind, Kind::EosKey);
        let new = old.candidates[0].canonical();
        assert!(new.starts_with("PUB_K1_"), "{new}");
        assert!(parse(&new).is_strict());
        assert_eq!(parse(&new).candidates[0].key, old.candidates[0].key);
    }

    #[test]
    fn keys_of_the_other_curve_are_other_keys() {
        let text = "PUB_R1_5hieQEFWh68h6bjaYAY25Ptd2bmqLCaFsunaneh9gZsmSgUBUe";
        let reading = parse(text);
        assert!(reading.is_strict());
        assert_eq!(reading.candidates[0].key.payload()[0], 1);
        assert_eq!(reading.candidates[0].canonical(), text);
    }

    #[test]
    fn slips_and_cut_texts_are_refused() {
        for text in [
            "65QzSGJ579GPNKtZoZkChTzsxR4B48RCfiS82m2ymJR6VZCjTF",
            "EOS65QzSGJ579GPNKtZoZkChTzsxR4B48RCfiS82m2ymJR6VZCjT",
            "PUB_5hieQEFWh68h6bjaYAY25Ptd2bmqLCaFsunaneh9gZsmSgUBUe",
            "PUB_K1_5hieQEFWh68h6bjaYAY25Ptd2bmqLCaFsunaneh9gZsmSgUBUe",
        ] {
            assert!(!parse(text).is_strict(), "{text}");
        }
        let slipped = parse(&KEY.replace("Vem", "Ven"));
        assert_eq!(slipped.fault, Some(Fault::Checksum));
    }

    proptest! {
        #[test]
        fn names_and_numbers_are_one(number in any::<u64>()) {
            let mut name = String::new();
            prop_assume!(write_name(&number.to_be_bytes(), &mut name));
            prop_assert_eq!(number_of(&name), Some(number));
        }
    }
}
