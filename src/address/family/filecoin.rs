//! Filecoin actors: `f0` to `f4`, and `t0` to `t4` on test networks.
//!
//! The digit is a protocol: a number the chain gave (0), the hash of a
//! secp256k1 key (1) or of an actor (2), a BLS key (3), or an address that
//! another actor gave out (4). All but the first end in four bytes of BLAKE2b.
//! What actor 10 gives out, `f410f…`, are Ethereum addresses: the account is
//! read as one. The network's letter is not part of what is hashed. Small
//! letters are part of the form; capitals lose nothing and are read leniently.
//!
//! Specification: [Filecoin addresses](https://spec.filecoin.io/appendix/address/),
//! [FRC-0102](https://github.com/filecoin-project/FIPs/blob/master/FRCs/frc-0102.md).

use blake2::digest::consts::U4;
use blake2::{Blake2b, Digest};
use data_encoding::BASE32_NOPAD;

use super::Family;
use crate::address::candidate::Checksum;
use crate::address::encoding::base32;
use crate::address::encoding::leb128::{self, NUMBER_BYTES_MAX};
use crate::address::{Draft, Fault, Kind, Network, Networks};

const CHECKSUM_BYTES: usize = 4;

/// Bytes of a hash, and of a BLS public key.
const HASH_BYTES: usize = 20;
const BLS_KEY_BYTES: usize = 48;

/// Most digits of a 64-bit number, and most bytes of one in LEB128.
const NUMBER_DIGITS_MAX: usize = 20;
/// Most bytes that an actor may give an address it hands out.
const SUBADDRESS_BYTES_MAX: usize = 54;

/// Protocol, actor, and the longest address handed out with its checksum.
const BYTES_MAX: usize = 1 + NUMBER_BYTES_MAX + SUBADDRESS_BYTES_MAX + CHECKSUM_BYTES;

/// The actor that gives out Ethereum addresses.
const ETHEREUM_ACTOR: u64 = 10;

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "ftFT",
    // `f4`, the actor, `f`, and the rest in base 32.
    chars: (3, 2 + NUMBER_DIGITS_MAX + 1 + 93),
    read,
};

/// Reads an actor's address.
fn read(text: &str, reading: &mut Draft) {
    let network = match text.as_bytes() {
        [b'f' | b'F', b'0'..=b'4', ..] => Network::Filecoin,
        [b't' | b'T', b'0'..=b'4', ..] => Network::FilecoinTestnet,
        _ => return,
    };
    let form = Form {
        networks: network.into(),
        is_spelt_right: !text.bytes().any(|byte| byte.is_ascii_uppercase()),
    };
    let protocol = text.as_bytes()[1] - b'0';
    let rest = &text[2..];
    match protocol {
        0 => form.read_number(rest, reading),
        1 | 2 => form.read_key(protocol, HASH_BYTES, rest, reading),
        3 => form.read_key(protocol, BLS_KEY_BYTES, rest, reading),
        _ => form.read_delegated(rest, reading),
    }
}

/// Writes an actor's address.
pub(in crate::address) fn write(networks: Networks, payload: &[u8], out: &mut String) -> bool {
    let letter = if networks.is_test_only() { 't' } else { 'f' };
    let Some((&protocol, rest)) = payload.split_first() else {
        return false;
    };
    let (number, rest) = match (protocol, rest.len()) {
        (0 | 4, _) => match leb128::read(rest) {
            Some((number, rest)) => (Some(number), rest),
            None => return false,
        },
        (1 | 2, HASH_BYTES) | (3, BLS_KEY_BYTES) => (None, rest),
        _ => return false,
    };
    if rest.len() > SUBADDRESS_BYTES_MAX || protocol == 0 && !rest.is_empty() {
        return false;
    }
    out.push(letter);
    out.push(char::from(b'0' + protocol));
    if let Some(number) = number {
        out.push_str(&number.to_string());
    }
    if protocol == 4 {
        out.push('f');
    }
    if protocol != 0 {
        let mut bytes = rest.to_vec();
        bytes.extend_from_slice(&checksum(payload));
        out.push_str(&BASE32_NOPAD.encode(&bytes).to_ascii_lowercase());
    }
    true
}

/// What the spelling of an address says.
#[derive(Clone, Copy)]
struct Form {
    networks: Networks,
    is_spelt_right: bool,
}

impl Form {
    fn read_number(self, digits: &str, reading: &mut Draft) {
        let Some((id, is_spelt_right)) = number(digits) else {
            return;
        };
        // `T0…` and `F0…` are too many other things.
        if !self.is_spelt_right {
            return;
        }
        let mut payload = [0; 1 + NUMBER_BYTES_MAX];
        let length = leb128::write(id, &mut payload[1..]);
        let form = Self {
            is_spelt_right,
            ..self
        };
        form.add(Kind::Filecoin, &payload[..=length], Checksum::None, reading);
    }

    fn read_key(self, protocol: u8, key_bytes: usize, text: &str, reading: &mut Draft) {
        let mut bytes = [protocol; BYTES_MAX];
        let decoded = base32::decode(text, &mut bytes[1..]);
        if decoded != Some(key_bytes + CHECKSUM_BYTES) {
            return;
        }
        let (payload, sum) = bytes[..1 + key_bytes + CHECKSUM_BYTES].split_at(1 + key_bytes);
        if sum != checksum(payload) {
            return reading.reject(Fault::Checksum);
        }
        self.add(Kind::Filecoin, payload, Checksum::Strong, reading);
    }

    fn read_delegated(self, text: &str, reading: &mut Draft) {
        let Some((digits, text)) = text.split_once(['f', 'F']) else {
            return;
        };
        let Some((actor, is_spelt_right)) = number(digits) else {
            return;
        };
        let mut bytes = [4; BYTES_MAX];
        let start = 1 + leb128::write(actor, &mut bytes[1..]);
        let most = start + SUBADDRESS_BYTES_MAX + CHECKSUM_BYTES;
        let Some(decoded) = base32::decode(text, &mut bytes[start..most]) else {
            return;
        };
        let Some(subaddress_bytes) = decoded.checked_sub(CHECKSUM_BYTES) else {
            return;
        };
        let (payload, sum) = bytes[..start + decoded].split_at(start + subaddress_bytes);
        if sum != checksum(payload) {
            return reading.reject(Fault::Checksum);
        }
        let mut form = Self {
            is_spelt_right: is_spelt_right && self.is_spelt_right,
            ..self
        };
        let subaddress = &payload[start..];
        if actor == ETHEREUM_ACTOR && subaddress_bytes == HASH_BYTES {
            // The mask of actors' numbers: those are written `f0…`.
            form.is_spelt_right &= !(subaddress[0] == 0xff && subaddress[1..12] == [0; 11]);
            form.add(Kind::Evm, subaddress, Checksum::Strong, reading);
        } else {
            form.add(Kind::Filecoin, payload, Checksum::Strong, reading);
        }
    }

    fn add(self, kind: Kind, payload: &[u8], checksum: Checksum, reading: &mut Draft) {
        let candidate = if self.is_spelt_right {
            reading.accept(kind, self.networks, payload)
        } else {
            reading.accept_leniently(kind, self.networks, payload, Fault::NotAddressForm)
        };
        candidate.checked(checksum);
    }
}

fn checksum(payload: &[u8]) -> [u8; CHECKSUM_BYTES] {
    Blake2b::<U4>::digest(payload).into()
}

/// Returns a number, and whether it is written without leading zeros.
fn number(digits: &str) -> Option<(u64, bool)> {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || digits.len() > NUMBER_DIGITS_MAX {
        return None;
    }
    let number = digits.parse().ok()?;
    Some((number, digits == "0" || !digits.starts_with('0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Flags, parse};

    #[test]
    fn every_protocol_is_read_and_written_back() {
        for (text, payload) in [
            ("f01", "0001"),
            ("f01729", "00c10d"),
            ("f00", "0000"),
            ("f018446744073709551615", "00ffffffffffffffffff01"),
            (
                "f1xtwapqc6nh4si2hcwpr3656iotzmlwumogqbuaa",
                "01bcec07c05e69f92468e2b3e3bf77c874f2c5da8c",
            ),
            (
                "f2nuqrg7vuysaue2pistjjnt3fadsdzvyuatqtfei",
                "026d21137eb4c4814269e894d296cf6500e43cd714",
            ),
            (
                "f3u5zgwa4ael3vuocgc5mfgygo4yuqocrntuuhcklf4xzg5tcaqwbyfabxetwtj4tsam3pbhnwghyhijr5mixa",
                "03a7726b038022f75a384617585360cee629070a2d9d28712965e5f26ecc40858382803724ed34f2720336f09db631f074",
            ),
            ("f432f77777777x32lpna", "0420ffffffffff"),
        ] {
            let reading = parse(text);
            assert!(reading.is_strict(), "{text}");
            let [candidate] = &reading.candidates[..] else {
                panic!("{text} is one actor");
            };
            assert_eq!(candidate.kind, Kind::Filecoin);
            assert_eq!(const_hex::encode(candidate.key.payload()), payload);
            assert_eq!(candidate.canonical(), text);
            let test = parse(&format!("t{}", &text[1..]));
            assert_eq!(test.candidates[0].key, candidate.key, "{text}");
            assert!(test.is_strict() && test.flags.contains(Flags::TESTNET));
            assert_eq!(test.candidates[0].canonical(), format!("t{}", &text[1..]));
        }
    }

    #[test]
    fn the_longest_address_is_read() {
        let mut payload = [4; 1 + NUMBER_BYTES_MAX + SUBADDRESS_BYTES_MAX];
        leb128::write(u64::MAX, &mut payload[1..]);
        let mut text = String::new();
        assert!(write(Network::Filecoin.into(), &payload, &mut text));
        assert_eq!(text.len(), FAMILY.chars.1);
        assert_eq!(parse(&text).candidates[0].key.payload(), payload);
    }

    #[test]
    fn an_ethereum_address_is_one_account() {
        let filecoin = parse("f410fpzpukuqjdjurexk57s33rqtfsautsw67fn6pl5q");
        let evm = parse("0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf");
        assert!(filecoin.is_strict());
        assert_eq!(filecoin.candidates[0].kind, Kind::Evm);
        assert_eq!(filecoin.candidates[0].key, evm.candidates[0].key);
        assert_eq!(filecoin.candidates[0].networks, Network::Filecoin.into());
    }

    #[test]
    fn capitals_and_leading_zeros_can_only_match() {
        let text = "f1xtwapqc6nh4si2hcwpr3656iotzmlwumogqbuaa";
        let upper = parse(&text.to_uppercase());
        assert_eq!(upper.candidates[0].key, parse(text).candidates[0].key);
        assert_eq!(upper.fault, Some(Fault::NotAddressForm));
        let padded = parse("f00150");
        assert_eq!(padded.candidates[0].key, parse("f0150").candidates[0].key);
        assert!(!padded.is_strict());
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "f0-1",
            "f0",
            "F01",
            "f018446744073709551616",
            "f24vg6ut43yw2h2jqydgbg2xq7x6f4kub3bg6as66",
            "f3vvmn62lofvhjd2ugzca6sof2j2ubwok6cj4xxbfzz4yuxfkgobpihhd2thlanmsh3w2ptld2gqkn2jvlss44",
            "f410f2oekwcmo2pueydmaq53eic2i62crtbeyuzx2gma",
            "f418446744073709551615",
            "f4f77777777vnmsana",
            "f95ihq5ibzwki2b4ep2f46avlkrqzhpqgtga7pdrq",
            "f1é",
        ] {
            let reading = parse(text);
            assert_eq!(reading.candidates[0].kind, Kind::Opaque, "{text}");
        }
        let slipped = parse("f1xtwapqc6nh4si2hcwpr3656iotzmlwumogqbuba");
        assert_eq!(slipped.fault, Some(Fault::Checksum));
    }
}
