//! Base58Check and bech32 of networks that nobody here knows.
//!
//! The last resort, asked when nobody else has read a text strictly: a
//! checksum of 30 bits that holds says that the text is an address of some
//! network, and the bytes are a key that every spelling shares. It must not
//! wash clean what another family has found wanting, so it holds back when
//! anybody has read the text leniently or known its own shape in it, and it
//! leaves alone the prefixes in [`KNOWN_PREFIXES`]: well summed nonsense
//! behind one of them is a fault.
//!
//! Private keys have checksums as well. Forms that chains write them in are
//! left out here, whether or not the version is known.
//!
//! Specifications: [Base58Check], [BIP-173], [BIP-350].
//!
//! [Base58Check]: https://en.bitcoin.it/wiki/Base58Check_encoding
//! [BIP-173]: https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki
//! [BIP-350]: https://github.com/bitcoin/bips/blob/master/bip-0350.mediawiki

use std::ops::RangeInclusive;

use super::Family;
use crate::address::candidate::Checksum;
use crate::address::encoding::base58check::{self, Alphabet};
use crate::address::encoding::bech32;
use crate::address::{Draft, Fault, KeyClass, Kind, Networks};

/// Bytes before the checksum of Base58Check: a version and a HASH160 at
/// least, and less than a payment code ([BIP-47]).
///
/// [BIP-47]: https://github.com/bitcoin/bips/blob/master/bip-0047.mediawiki
const PAYLOAD_BYTES: RangeInclusive<usize> = 21..=80;

/// Characters of those bytes and the checksum in base 58.
const BASE58_CHARS: RangeInclusive<usize> = 25..=116;

/// Fewest symbols before the checksum of bech32: 16 bytes.
const DATA_SYMBOLS_MIN: usize = 26;

/// Longest prefix that BIP-173 allows.
const PREFIX_CHARS_MAX: usize = 83;

/// Prefixes that have a meaning: of the families here, of keys, invoices and
/// names. In order; numbers and endings that vary are [`is_known`]'s part.
#[rustfmt::skip]
const KNOWN_PREFIXES: &[&str] = &[
    "addr", "addr_test", "agoric", "akash", "archway", "asset", "avax", "axelar", "band", "bc",
    "bcrt", "bnb", "btg", "canto", "celestia", "cosmos", "crc", "cro", "custom", "dgb", "drep",
    "dydx", "dym", "el", "ert", "evmos", "ex", "fuji", "init", "inj", "io", "juno", "kava",
    "kujira", "lnurl", "local", "lq", "ltc", "ltcmweb", "mantle", "naddr", "neutron", "nevent",
    "noble", "note", "nprofile", "npub", "nrelay", "okexchain", "one", "osmo", "persistence",
    "pool", "quick", "regen", "rltc", "saga", "script", "secret", "sei", "sent", "somm", "sp",
    "sprt", "spscan", "stake", "stake_test", "stars", "sthor", "stride", "tb", "tbnb", "tcro",
    "terra", "tex", "texregtest", "textest", "thor", "tlq", "tltc", "tmweb", "tsp", "tu", "tutest", "u", "uivk",
    "uivktest", "umee", "uregtest", "utest", "uview", "uviewtest", "zivks", "zregtestsapling", "zs",
    "ztestsapling", "zu", "zutest", "zviews", "zxviews", "zxviewtestsapling",
];

/// What Lightning's texts begin with; an amount may follow.
const LIGHTNING: [&str; 6] = ["lnbc", "lntb", "lnsb", "lno", "lnr", "lni"];

/// What Cosmos chains append to their prefix for validators and keys.
const COSMOS_ENDINGS: [&str; 5] = ["valoperpub", "valconspub", "valoper", "valcons", "pub"];

/// When to ask this family: it has no shape of its own.
pub(in crate::address) const FAMILY: Family = Family {
    first: "",
    chars: (*BASE58_CHARS.start(), KeyClass::LONG_BYTES_MAX),
    read,
};

/// Reads a text of an unknown network.
fn read(text: &str, reading: &mut Draft) {
    let is_read = reading.current().iter().any(|found| !found.kind.is_name());
    if is_read || reading.is_rejected() {
        return;
    }
    if BASE58_CHARS.contains(&text.len()) {
        read_base58check(text, reading);
    }
    if text.len() <= KeyClass::LONG_BYTES_MAX {
        read_bech32(text, reading);
    }
}

/// Writes the text a key was made of. Returns whether there is one.
pub(in crate::address) fn write(kind: Kind, payload: &[u8], out: &mut String) -> bool {
    match kind {
        Kind::Base58Check if PAYLOAD_BYTES.contains(&payload.len()) => {
            base58check::encode(payload, &[], Alphabet::BITCOIN, out);
            true
        }
        Kind::Bech32 => write_bech32(payload, out),
        _ => false,
    }
}

fn read_base58check(text: &str, reading: &mut Draft) {
    let Some(decoded) = base58check::decode(text, Alphabet::BITCOIN) else {
        return;
    };
    let payload = decoded.payload();
    let is_address = PAYLOAD_BYTES.contains(&payload.len()) && !is_key(text, payload);
    if is_address && decoded.checksum_holds() {
        let candidate = reading.accept(Kind::Base58Check, Networks::NONE, payload);
        candidate.checked(Checksum::Strong);
    }
}

/// Returns whether Base58Check holds a key and no address: 32 bytes behind a
/// version, as private keys are; an extended key; Tezos' secret keys.
fn is_key(text: &str, payload: &[u8]) -> bool {
    const TEZOS_SECRETS: [&str; 7] = ["edsk", "spsk", "p2sk", "edesk", "spesk", "p2esk", "BLsk"];
    const EXTENDED_KEY_BYTES: usize = 78;
    matches!(payload.len(), 33 | 34 | EXTENDED_KEY_BYTES)
        || TEZOS_SECRETS.iter().any(|mark| text.starts_with(mark))
}

/// The key is the text with values for symbols and zero for the `1` between,
/// its checksum included, which says whether it is bech32 or bech32m.
fn read_bech32(text: &str, reading: &mut Draft) {
    let mut symbols = [0; KeyClass::LONG_BYTES_MAX];
    let Some(decoded) = bech32::decode(text, &mut symbols) else {
        return;
    };
    let is_mixed_case = decoded.is_mixed_case;
    if decoded.variant.is_none() || decoded.data.len() < DATA_SYMBOLS_MIN {
        return;
    }
    let Some(prefix) = bech32::prefix_of(text) else {
        return;
    };
    let mut key = [0; KeyClass::LONG_BYTES_MAX];
    let (prefix_part, symbols_part) = key[..text.len()].split_at_mut(prefix.len());
    prefix_part.copy_from_slice(prefix.as_bytes());
    prefix_part.make_ascii_lowercase();
    if prefix.len() > PREFIX_CHARS_MAX || is_known(prefix_part) {
        return;
    }
    let symbols_part = &mut symbols_part[1..];
    symbols_part.copy_from_slice(&symbols[..symbols_part.len()]);
    let key = &key[..text.len()];
    if is_mixed_case {
        reading.accept_leniently(Kind::Bech32, Networks::NONE, key, Fault::MixedCase);
    } else {
        let candidate = reading.accept(Kind::Bech32, Networks::NONE, key);
        candidate.checked(Checksum::Strong);
    }
}

fn write_bech32(key: &[u8], out: &mut String) -> bool {
    let Some(separator) = key.iter().position(|&byte| byte == 0) else {
        return false;
    };
    let (prefix, symbols) = (&key[..separator], &key[separator + 1..]);
    if !prefix.iter().all(u8::is_ascii_graphic) || symbols.iter().any(|&symbol| symbol >= 32) {
        return false;
    }
    out.extend(prefix.iter().copied().map(char::from));
    out.push('1');
    out.extend(
        symbols
            .iter()
            .map(|&symbol| char::from(bech32::ALPHABET[usize::from(symbol)])),
    );
    true
}

/// Returns whether a prefix in lower case has a meaning, to a family here or
/// elsewhere, so that it cannot be an unknown network's address.
fn is_known(prefix: &[u8]) -> bool {
    let Ok(prefix) = std::str::from_utf8(prefix) else {
        return true;
    };
    let is_lightning = LIGHTNING.iter().any(|known| prefix.starts_with(known));
    // `nsec1…`, `age-secret-key-1…`, `suiprivkey1…`, `ed25519_sk1…`.
    let is_secret = ["sec", "priv", "seed"]
        .iter()
        .any(|part| prefix.contains(part))
        || ["sk", "xsk", "prv", "spend"]
            .iter()
            .any(|ending| prefix.ends_with(ending));
    let chain = ["x-", "p-", "c-"]
        .iter()
        .find_map(|chain| prefix.strip_prefix(chain));
    let plain = chain.unwrap_or(prefix);
    let account = COSMOS_ENDINGS
        .iter()
        .find_map(|ending| plain.strip_suffix(ending));
    // No network has a `1` in its prefix; an address with something inserted
    // may have.
    let is_odd = prefix.contains('1');
    let is_listed = |prefix: &str| KNOWN_PREFIXES.binary_search(&prefix).is_ok();
    is_odd || is_lightning || is_secret || is_listed(plain) || account.is_some_and(is_listed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::encoding::bech32::Variant;
    use crate::address::parse;

    fn base58check(payload: &[u8]) -> String {
        let mut text = String::new();
        base58check::encode(payload, &[], Alphabet::BITCOIN, &mut text);
        text
    }

    fn bech32(prefix: &str, bytes: &[u8], variant: Variant) -> String {
        let mut text = String::new();
        bech32::encode(prefix, bech32::unpack(bytes), variant, &mut text);
        text
    }

    #[test]
    fn the_known_prefixes_are_in_order() {
        assert!(KNOWN_PREFIXES.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn an_unknown_version_is_an_address_of_some_network() {
        for length in [21, 22, 24, 35, 64, 80] {
            let mut payload = vec![0x5b; length];
            payload[0] = 0x2b;
            let text = base58check(&payload);
            let reading = parse(&text);
            assert!(reading.is_strict(), "{text}: {reading:?}");
            let found = &reading.candidates[0];
            assert_eq!(
                (found.kind, found.networks),
                (Kind::Base58Check, Networks::NONE)
            );
            assert_eq!(found.key.payload(), payload);
            assert_eq!(found.canonical(), text);
            let end = text.len() - 1;
            let typo = format!(
                "{}{}",
                &text[..end],
                if text.ends_with('2') { '3' } else { '2' }
            );
            assert!(!parse(&typo).is_strict(), "{typo}");
        }
    }

    #[test]
    fn an_unknown_prefix_is_an_address_of_some_network() {
        for variant in [Variant::Bech32, Variant::Bech32m] {
            for (prefix, length) in [("erd", 32), ("zil", 20), ("x_y", 40), ("ckb", 97)] {
                let text = bech32(prefix, &vec![0x5b; length], variant);
                let reading = parse(&text);
                assert!(reading.is_strict(), "{text}: {reading:?}");
                assert_eq!(reading.candidates[0].kind, Kind::Bech32);
                assert_eq!(reading.candidates[0].canonical(), text);
                assert_eq!(parse(&text.to_uppercase()), reading);
                let mixed = parse(&format!("{}{}", text[..2].to_uppercase(), &text[2..]));
                assert_eq!(mixed.candidates[0].key, reading.candidates[0].key);
                assert_eq!(mixed.fault, Some(Fault::MixedCase));
            }
        }
    }

    #[test]
    fn nonsense_behind_a_known_prefix_is_a_fault() {
        for prefix in [
            "bc",
            "cosmos",
            "osmovaloper",
            "cosmosvalconspub",
            "addr",
            "zs",
            "u",
            "lq",
            "P-avax",
            "lnbc",
            "lnbc2500u",
            "lno",
            "lnurl",
            "npub",
            "nsec",
            "sp",
            "age-secret-key-",
            "addr_sk",
            "root_xsk",
            "suiprivkey",
        ] {
            let text = bech32(&prefix.to_lowercase(), &[0x5b; 45], Variant::Bech32);
            let mut draft = Draft::new(Networks::NONE);
            read(&text, &mut draft);
            assert!(draft.current().is_empty(), "{text}");
        }
    }

    #[test]
    fn keys_are_no_addresses() {
        for payload in [[0x2b; 33].as_slice(), &[0x2b; 34], &[0x2b; 78], &[0x47; 81]] {
            let text = base58check(payload);
            let mut draft = Draft::new(Networks::NONE);
            read(&text, &mut draft);
            assert!(draft.current().is_empty(), "{text}");
        }
    }

    #[test]
    fn what_another_family_faults_stays_faulty() {
        // Base58Check of no version, had a family not known a failed checksum.
        let text = base58check(&[0x2b; 21]);
        let mut draft = Draft::new(Networks::NONE);
        draft.reject(Fault::Checksum);
        read(&text, &mut draft);
        assert!(draft.current().is_empty());
        let mut draft = Draft::new(Networks::NONE);
        draft.accept_leniently(Kind::Evm, Networks::EVM, &[0; 20], Fault::MixedCase);
        read(&text, &mut draft);
        assert_eq!(draft.current().len(), 1);
    }

    #[test]
    fn short_and_long_texts_are_left_alone() {
        for text in [
            "a12uel5l".to_owned(),
            bech32("zil", &[7; 15], Variant::Bech32),
            bech32("zil", &[7; 160], Variant::Bech32),
            base58check(&[0x2b; 20]),
        ] {
            assert!(!parse(&text).is_strict(), "{text}");
        }
    }
}
