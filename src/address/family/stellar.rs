//! Stellar strkeys: `G…` accounts, what is derived from them, and contracts.
//!
//! Base 32 of a version, a payload and a CRC-16 in little endian. `M…` is an
//! account with a customer's id, `P…` one with a payload to sign, and `W…` a
//! contract with an id: one account, or contract, and its tag. Every strkey
//! has one spelling, so no bit may be left over. Capitals are part of it;
//! small letters lose nothing and are read leniently.
//!
//! Seeds (`S…`) never come this far. Hashes that sign (`T…`, `X…`) are not
//! accounts.
//!
//! Specification: [SEP-23](https://github.com/stellar/stellar-protocol/blob/master/ecosystem/sep-0023.md).

use data_encoding::BASE32_NOPAD;

use super::Family;
use crate::address::candidate::Checksum;
use crate::address::encoding::{base32, crc16};
use crate::address::{Draft, Fault, Kind, Network, Tag};

/// Version bytes: a letter's place in the alphabet, five bits of eight.
const ACCOUNT: u8 = 6 << 3;
const MUXED_ACCOUNT: u8 = 12 << 3;
const SIGNED_PAYLOAD: u8 = 15 << 3;
const CONTRACT: u8 = 2 << 3;
const MUXED_CONTRACT: u8 = 22 << 3;
const LIQUIDITY_POOL: u8 = 11 << 3;
const CLAIMABLE_BALANCE: u8 = 1 << 3;

const KEY_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 2;

/// Version and payload of the longest object, a claimable balance.
const OBJECT_BYTES_MAX: usize = 1 + 1 + KEY_BYTES;

/// The only type of claimable balance.
const BALANCE_V0: u8 = 0;

/// Most bytes of a payload to be signed.
const SIGNED_BYTES_MAX: usize = 64;

/// Fewest and most characters: an account, and the longest payload to sign.
const TEXT_CHARS: (usize, usize) = (56, 165);

/// Bytes of the longest strkey.
const BYTES_MAX: usize = 1 + KEY_BYTES + 4 + SIGNED_BYTES_MAX + CHECKSUM_BYTES;

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "GMPCWLBgmpcwlb",
    chars: TEXT_CHARS,
    read,
};

/// What a strkey names.
struct Strkey<'b> {
    kind: Kind,
    /// The version without an id.
    version: u8,
    /// What follows the version, without an id.
    payload: &'b [u8],
    id: Option<u64>,
}

/// Reads a strkey.
fn read(text: &str, reading: &mut Draft) {
    let mut bytes = [0; BYTES_MAX];
    let Some(length) = base32::decode(text, &mut bytes) else {
        return;
    };
    let Some(summed_bytes) = length.checked_sub(CHECKSUM_BYTES) else {
        return;
    };
    let (summed, checksum) = bytes[..length].split_at(summed_bytes);
    let Some(strkey) = strkey_of(summed) else {
        return;
    };
    let is_spelt_right = !text.bytes().any(|byte| byte.is_ascii_lowercase());
    if checksum != crc16::xmodem(summed).to_le_bytes() {
        if is_spelt_right {
            reading.reject(Fault::Checksum);
        }
        return;
    }
    let mut object = [strkey.version; OBJECT_BYTES_MAX];
    let payload = if strkey.kind == Kind::Stellar {
        strkey.payload
    } else {
        let object = &mut object[..=strkey.payload.len()];
        object[1..].copy_from_slice(strkey.payload);
        object
    };
    let networks = Network::Stellar.into();
    let candidate = if is_spelt_right {
        reading.accept(strkey.kind, networks, payload)
    } else {
        reading.accept_leniently(strkey.kind, networks, payload, Fault::NotAddressForm)
    };
    candidate.checked(Checksum::Weak);
    if let Some(id) = strkey.id {
        candidate.with_tag(Tag::number(id));
    }
}

/// Writes an account as `G…`, and any other object under its own version.
pub(in crate::address) fn write(kind: Kind, payload: &[u8], out: &mut String) -> bool {
    let mut bytes = [ACCOUNT; OBJECT_BYTES_MAX + CHECKSUM_BYTES];
    let version_bytes = usize::from(kind == Kind::Stellar);
    let summed_bytes = version_bytes + payload.len();
    let Some(start) = bytes.get_mut(version_bytes..summed_bytes) else {
        return false;
    };
    start.copy_from_slice(payload);
    match strkey_of(&bytes[..summed_bytes]) {
        Some(strkey) if strkey.kind == kind && strkey.id.is_none() => {}
        _ => return false,
    }
    let checksum = crc16::xmodem(&bytes[..summed_bytes]).to_le_bytes();
    let Some(end) = bytes.get_mut(summed_bytes..summed_bytes + CHECKSUM_BYTES) else {
        return false;
    };
    end.copy_from_slice(&checksum);
    BASE32_NOPAD.encode_append(&bytes[..summed_bytes + CHECKSUM_BYTES], out);
    true
}

/// Returns what a version and a payload name, if they name an account or an
/// object that can hold funds.
fn strkey_of(bytes: &[u8]) -> Option<Strkey<'_>> {
    let (&version, payload) = bytes.split_first()?;
    let (key, rest) = payload.split_at_checked(KEY_BYTES)?;
    let (kind, version, payload, id) = match version {
        ACCOUNT if rest.is_empty() => (Kind::Stellar, ACCOUNT, key, None),
        MUXED_ACCOUNT => (Kind::Stellar, ACCOUNT, key, Some(id_of(rest)?)),
        SIGNED_PAYLOAD if is_signed_payload(rest) => (Kind::Stellar, ACCOUNT, key, None),
        CONTRACT | LIQUIDITY_POOL if rest.is_empty() => (Kind::StellarObject, version, key, None),
        MUXED_CONTRACT => (Kind::StellarObject, CONTRACT, key, Some(id_of(rest)?)),
        CLAIMABLE_BALANCE if rest.len() == 1 && payload[0] == BALANCE_V0 => {
            (Kind::StellarObject, version, payload, None)
        }
        _ => return None,
    };
    Some(Strkey {
        kind,
        version,
        payload,
        id,
    })
}

fn id_of(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}

/// Returns whether bytes are a length, as many bytes of one, and zeros up to
/// the next multiple of four.
fn is_signed_payload(bytes: &[u8]) -> bool {
    let Some((length, rest)) = bytes.split_first_chunk() else {
        return false;
    };
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    (1..=SIGNED_BYTES_MAX).contains(&length)
        && rest.len() == length.next_multiple_of(4)
        && rest[length..].iter().all(|&byte| byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;
    use proptest::prelude::*;
    use stellar_strkey::Strkey as Oracle;

    const ADDRESS: &str = "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ";

    #[test]
    fn an_account_with_an_id_or_a_payload_is_that_account() {
        let account = parse(ADDRESS);
        assert!(account.is_strict());
        assert_eq!(account.candidates[0].kind, Kind::Stellar);
        for (text, id) in [
            (ADDRESS, None),
            (
                "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ",
                Some(0),
            ),
            (
                "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK",
                Some(9_223_372_036_854_775_808),
            ),
            (
                "PA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAOQCAQDAQCQMBYIBEFAWDANBYHRAEISCMKBKFQXDAMRUGY4DUAAAAFGBU",
                None,
            ),
        ] {
            let reading = parse(text);
            assert!(reading.is_strict(), "{text}");
            let [candidate] = &reading.candidates[..] else {
                panic!("{text} is one account");
            };
            assert_eq!(candidate.key, account.candidates[0].key, "{text}");
            assert_eq!(candidate.tag, id.map(Tag::number), "{text}");
            assert_eq!(candidate.canonical(), ADDRESS);
        }
    }

    #[test]
    fn objects_that_hold_funds_are_themselves() {
        for (text, version) in [
            (
                "CA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUWDA",
                CONTRACT,
            ),
            (
                "LA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUPJN",
                LIQUIDITY_POOL,
            ),
            (
                "BAAD6DBUX6J22DMZOHIEZTEQ64CVCHEDRKWZONFEUL5Q26QD7R76RGR4TU",
                CLAIMABLE_BALANCE,
            ),
        ] {
            let reading = parse(text);
            assert!(reading.is_strict(), "{text}");
            assert_eq!(reading.candidates[0].kind, Kind::StellarObject);
            assert_eq!(reading.candidates[0].key.payload()[0], version);
            assert_eq!(reading.candidates[0].canonical(), text);
        }
    }

    #[test]
    fn a_contract_with_an_id_is_that_contract() {
        let contract = stellar_strkey::Contract([7; 32]).to_string();
        let muxed = stellar_strkey::MuxedContract {
            contract_id: [7; 32],
            id: 99,
        };
        let reading = parse(&muxed.to_string());
        assert!(reading.is_strict());
        assert_eq!(
            reading.candidates[0].key,
            parse(&contract).candidates[0].key
        );
        assert_eq!(reading.candidates[0].tag, Some(Tag::number(99)));
    }

    #[test]
    fn small_letters_can_match_and_never_clear() {
        let reading = parse(&ADDRESS.to_lowercase());
        assert_eq!(reading.candidates[0].key, parse(ADDRESS).candidates[0].key);
        assert_eq!(reading.fault, Some(Fault::NotAddressForm));
    }

    /// The invalid strkeys of SEP-23.
    #[test]
    fn what_the_specification_calls_invalid_is_refused() {
        for text in [
            "BAAD6DBUX6J22DMZOHIEZTEQ64CVCHEDRKWZONFEUL5Q26QD7R76RGR4TV",
            "BAAT6DBUX6J22DMZOHIEZTEQ64CVCHEDRKWZONFEUL5Q26QD7R76RGXACA",
            "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUACUSI",
            "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZA",
            "GAAAAAAAACGC6",
            "M47QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ",
            "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUO",
            "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUR",
            "PA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAOQCAQDAQCQMBYIBEFAWDANBYHRAEISCMKBKFQXDAMRUGY4DXFH6",
            "PA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAQACAQDAQCQMBYIBEFAWDANBYHRAEISCMKBKFQXDAMRUGY4DUPB6IAAAAAAAAPM",
        ] {
            assert!(!parse(text).is_strict(), "{text}");
        }
        let slipped = parse(&ADDRESS.replace("VSGZ", "VSGY"));
        assert_eq!(slipped.fault, Some(Fault::Checksum));
    }

    proptest! {
        #[test]
        fn it_agrees_with_another_implementation(version in any::<u8>(), key in any::<[u8; 33]>(), rest in prop::collection::vec(any::<u8>(), 0..12), cut in 32_usize..=33, zero in any::<bool>()) {
            let version = [ACCOUNT, MUXED_ACCOUNT, CONTRACT, MUXED_CONTRACT, LIQUIDITY_POOL, CLAIMABLE_BALANCE, SIGNED_PAYLOAD, version][usize::from(version % 8)];
            let mut bytes = [&[version], &key[..cut], &rest].concat();
            if zero {
                bytes[1] = 0;
            }
            bytes.extend(crc16::xmodem(&bytes).to_le_bytes());
            let text = BASE32_NOPAD.encode(&bytes);
            let is_ours = strkey_of(&bytes[..bytes.len() - CHECKSUM_BYTES]).is_some();
            prop_assert_eq!(parse(&text).is_strict(), is_ours, "{}", &text);
            let is_theirs = Oracle::from_string(&text).is_ok_and(|key| !matches!(key, Oracle::HashX(_) | Oracle::PreAuthTx(_)));
            prop_assert_eq!(is_ours, is_theirs, "{}", &text);
        }

        #[test]
        fn payloads_to_sign_are_read_as_elsewhere(key in any::<[u8; 32]>(), payload in prop::collection::vec(any::<u8>(), 1..=64)) {
            let text = stellar_strkey::ed25519::SignedPayload::new(key, &payload).expect("short enough").to_string();
            let reading = parse(&text);
            prop_assert!(reading.is_strict(), "{}", &text);
            prop_assert_eq!(reading.candidates[0].key.payload(), key);
        }
    }
}
