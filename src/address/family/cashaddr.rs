//! Cashaddr: `bitcoincash:q…`, `ecash:q…`, and without prefix.
//!
//! The prefix may be left out, as OFAC does, and then still counts in the
//! checksum: a text without one is tried with each. Types 2 and 3 announce
//! that the wallet knows tokens; they are the same hash and the same account.
//! Mixed case is forbidden and common (a lower-case prefix before a QR code's
//! capitals): it is read leniently.
//!
//! Token wallets have prefixes of their own for the same accounts,
//! `simpleledger:` ([SLP]) and `etoken:`.
//!
//! Specifications: [CashAddr], [CashTokens] for the token-aware types,
//! [P2SH32] for 32-byte script hashes, and [eCash] for its prefixes.
//!
//! [CashAddr]: https://github.com/bitcoincashorg/bitcoincash.org/blob/master/spec/cashaddr.md
//! [CashTokens]: https://github.com/cashtokens/cashtokens/blob/master/readme.md
//! [P2SH32]: https://github.com/bitjson/chip-p2sh32
//! [SLP]: https://github.com/simpleledger/slp-specifications/blob/master/slp-token-type-1.md
//! [eCash]: https://github.com/Bitcoin-ABC/bitcoin-abc/blob/master/doc/standards/cashaddr.md

use super::Family;
use crate::address::candidate::Checksum;
use crate::address::encoding::bech32;
use crate::address::{Draft, Fault, Kind, Network, Networks};

/// What an address of each network begins with, before the colon. A network
/// is written with the first of its prefixes. eCash's test network has none
/// of its own here and counts as Bitcoin Cash'.
const PREFIXES: &[(&str, Network)] = &[
    ("bitcoincash", Network::BitcoinCash),
    ("ecash", Network::ECash),
    ("bchtest", Network::BitcoinCashTestnet),
    ("bchreg", Network::BitcoinCashTestnet),
    ("ectest", Network::BitcoinCashTestnet),
    ("simpleledger", Network::BitcoinCash),
    ("etoken", Network::ECash),
];

/// Characters of the longest prefix and its colon.
const PREFIX_CHARS_MAX: usize = "simpleledger:".len();

const CHECKSUM_CHARS: usize = 8;

/// Characters after the prefix, for a hash of 20 and of 32 bytes.
const BODY_CHARS: [usize; 2] = [34 + CHECKSUM_CHARS, 53 + CHECKSUM_CHARS];

const BODY_CHARS_MAX: usize = BODY_CHARS[1];

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "beqpzrsBEQPZRS",
    chars: (BODY_CHARS[0], PREFIX_CHARS_MAX + BODY_CHARS_MAX),
    read,
};

/// Reads an address in cashaddr.
fn read(text: &str, reading: &mut Draft) {
    let (prefix, body) = match text.split_once(':') {
        Some((prefix, body)) => (Some(prefix), body),
        None => (None, text),
    };
    let begins_well = body.starts_with(['q', 'p', 'z', 'r', 'Q', 'P', 'Z', 'R']);
    if !BODY_CHARS.contains(&body.len()) || !begins_well {
        return;
    }
    let is_asked = |known: &str| prefix.is_none_or(|prefix| known.eq_ignore_ascii_case(prefix));
    let mut prefixes = PREFIXES
        .iter()
        .filter(|(known, _)| is_asked(known))
        .peekable();
    if prefixes.peek().is_none() {
        return;
    }
    let mut symbols = [0; BODY_CHARS_MAX];
    if bech32::values(body, &mut symbols).is_none() {
        return;
    }
    let symbols = &symbols[..body.len()];
    let Some(&(_, network)) = prefixes.find(|(known, _)| checksum(known, symbols) == 0) else {
        // Without the prefix, nothing says that this was meant as an address.
        if prefix.is_some() {
            reading.reject(Fault::Checksum);
        }
        return;
    };
    let mut bytes = [0; 33];
    let unpacked = bech32::pack(&symbols[..body.len() - CHECKSUM_CHARS], &mut bytes);
    let Some((kind, hash)) = unpacked.and_then(|length| typed(network, &bytes[..length])) else {
        return;
    };
    let has_upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
    let has_lower = text.bytes().any(|byte| byte.is_ascii_lowercase());
    if has_upper && has_lower {
        reading.accept_leniently(kind, network.into(), hash, Fault::MixedCase);
    } else {
        let candidate = reading.accept(kind, network.into(), hash);
        candidate.checked(Checksum::Strong);
    }
}

/// Returns whether an address of these networks is written by this module:
/// of those that have a prefix, one alone.
pub(in crate::address) fn is_meant(networks: Networks) -> bool {
    PREFIXES
        .iter()
        .any(|&(_, network)| networks == network.into())
}

/// Writes a hash as the address of its first network with a prefix, Bitcoin
/// Cash if there is none. Returns whether there is such an address.
pub(in crate::address) fn write(
    kind: Kind,
    networks: Networks,
    hash: &[u8],
    out: &mut String,
) -> bool {
    let version = match (kind, hash.len()) {
        (Kind::P2pkh, 20) => 0x00,
        (Kind::P2sh, 20) => 0x08,
        (Kind::P2sh32, 32) => 0x0b,
        _ => return false,
    };
    let meant = PREFIXES
        .iter()
        .find(|(_, network)| networks.contains(*network));
    let (prefix, _) = meant.unwrap_or(&PREFIXES[0]);
    let mut bytes = [version; 33];
    bytes[1..=hash.len()].copy_from_slice(hash);
    let mut symbols = [0; BODY_CHARS_MAX];
    let mut length = 0;
    for (slot, symbol) in symbols
        .iter_mut()
        .zip(bech32::unpack(&bytes[..=hash.len()]))
    {
        *slot = symbol;
        length += 1;
    }
    let total = length + CHECKSUM_CHARS;
    // The checksum is what makes the remainder of the whole zero.
    let remainder = checksum(prefix, &symbols[..total]);
    for (index, symbol) in symbols[length..total].iter_mut().enumerate() {
        *symbol = (remainder >> (5 * (CHECKSUM_CHARS - 1 - index)) & 31) as u8;
    }
    out.push_str(prefix);
    out.push(':');
    out.extend(
        symbols[..total]
            .iter()
            .map(|&symbol| char::from(bech32::ALPHABET[usize::from(symbol)])),
    );
    true
}

/// Returns the remainder of prefix and symbols in the code's polynomial ring;
/// zero for an address whose checksum holds.
fn checksum(prefix: &str, symbols: &[u8]) -> u64 {
    const GENERATORS: [u64; 5] = [
        0x98_f2bc_8e61,
        0x79_b76d_99e2,
        0xf3_3e5f_b3c4,
        0xae_2eab_e2a8,
        0x1e_4f43_e470,
    ];
    let prefix = prefix.bytes().map(|byte| byte & 31);
    let mut remainder = 1_u64;
    for symbol in prefix.chain([0]).chain(symbols.iter().copied()) {
        let top = remainder >> 35;
        remainder = (remainder & 0x07_ffff_ffff) << 5 ^ u64::from(symbol);
        for (bit, generator) in GENERATORS.into_iter().enumerate() {
            if top >> bit & 1 == 1 {
                remainder ^= generator;
            }
        }
    }
    remainder ^ 1
}

/// Splits version and hash, and says what the version makes of the hash.
fn typed(network: Network, bytes: &[u8]) -> Option<(Kind, &[u8])> {
    let (version, hash) = bytes.split_first()?;
    // Type in bits 3 to 6, size in bits 0 to 2; bit 7 is reserved.
    let kind = match (version, hash.len()) {
        (0x00, 20) => Kind::P2pkh,
        (0x08, 20) => Kind::P2sh,
        // eCash has neither tokens of this sort nor long script hashes.
        _ if network == Network::ECash => return None,
        (0x10, 20) => Kind::P2pkh,
        (0x18, 20) => Kind::P2sh,
        (0x0b | 0x1b, 32) => Kind::P2sh32,
        _ => return None,
    };
    Some((kind, hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{KeyClass, parse};

    const P2PKH: &str = "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a";

    #[test]
    fn prefix_and_case_do_not_matter() {
        let plain = parse(P2PKH);
        assert!(plain.is_strict());
        assert_eq!(plain.candidates[0].canonical(), P2PKH);
        let bare = P2PKH.trim_start_matches("bitcoincash:");
        for text in [bare, &bare.to_uppercase(), &P2PKH.to_uppercase()] {
            assert_eq!(parse(text), plain, "{text}");
        }
    }

    #[test]
    fn old_and_new_spelling_meet() {
        let old = parse("1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu");
        assert_eq!(parse(P2PKH).candidates[0].key, old.candidates[0].key);
        let old = parse("3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC");
        let new = parse("ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq");
        assert_eq!(new.candidates[0].key, old.candidates[0].key);
    }

    #[test]
    fn token_aware_addresses_are_the_same_account() {
        // From the CashTokens specification: `q` and `z` of one hash.
        let plain = parse("bitcoincash:qr7fzmep8g7h7ymfxy74lgc0v950j3r2959lhtxxsl");
        let aware = parse("bitcoincash:zr7fzmep8g7h7ymfxy74lgc0v950j3r295z4y4gq0v");
        assert!(plain.is_strict() && aware.is_strict());
        assert_eq!(plain.candidates, aware.candidates);
    }

    #[test]
    fn mixed_case_is_lenient() {
        let reading = parse("bitcoincash:QPM2QSZNHKS23Z7629MMS6S4CWEF74VCWVY22GDX6A");
        assert_eq!(reading.candidates[0].key, parse(P2PKH).candidates[0].key);
        assert_eq!(reading.fault, Some(Fault::MixedCase));
    }

    #[test]
    fn other_prefixes_are_other_networks() {
        for (text, kind, network) in [
            (
                "ecash:qpm2qsznhks23z7629mms6s4cwef74vcwva87rkuu2",
                Kind::P2pkh,
                Network::ECash,
            ),
            (
                "bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t",
                Kind::P2sh,
                Network::BitcoinCashTestnet,
            ),
        ] {
            let reading = parse(text);
            assert!(reading.is_strict(), "{text}");
            assert_eq!(reading.candidates[0].kind, kind);
            assert_eq!(reading.candidates[0].networks, network.into());
            assert_eq!(reading.candidates[0].canonical(), text);
            let (_, bare) = text.split_once(':').expect("a prefix");
            assert_eq!(parse(bare), reading);
        }
        let ecash = parse("ecash:qpm2qsznhks23z7629mms6s4cwef74vcwva87rkuu2");
        assert_eq!(ecash.candidates[0].key, parse(P2PKH).candidates[0].key);
    }

    /// One hash under every prefix: written with it, and read back.
    #[test]
    fn every_prefix_is_read() {
        for (prefix, network) in PREFIXES {
            let mut symbols = [0; BODY_CHARS[0]];
            for (slot, symbol) in symbols.iter_mut().zip(bech32::unpack(&[0; 21])) {
                *slot = symbol;
            }
            let remainder = checksum(prefix, &symbols);
            for index in 0..CHECKSUM_CHARS {
                symbols[34 + index] = (remainder >> (35 - 5 * index) & 31) as u8;
            }
            let letters = symbols.map(|symbol| char::from(bech32::ALPHABET[usize::from(symbol)]));
            let text = format!("{prefix}:{}", String::from_iter(letters));
            let reading = parse(&text);
            assert!(reading.is_strict(), "{text}");
            assert_eq!(reading.candidates[0].networks, (*network).into());
            assert_eq!(reading.candidates[0].key.payload(), [0; 20]);
            assert_eq!(parse(&text.to_uppercase()), reading);
        }
    }

    #[test]
    fn long_script_hashes_have_a_class_of_their_own() {
        let text = "bitcoincash:p08zr8lphu2s6fhm6w9rss9mfmcppe0kc9l4pfgl9fc3zwkf7wa2s5jaz9ezx";
        let reading = parse(text);
        assert_eq!(reading.candidates[0].kind, Kind::P2sh32);
        assert_eq!(reading.candidates[0].key.class(), KeyClass::ScriptHash256);
        assert_eq!(reading.candidates[0].canonical(), text);
        assert!(parse(&text[12..]).is_strict());
    }

    #[test]
    fn what_the_format_allows_and_bitcoin_cash_does_not_is_refused() {
        for text in [
            "bitcoincash:qvch8mmxy0rtfrlarg7ucrxxfzds5pamg73h7370aa87d80gyhqxq5nlegake",
            "bchtest:p9adhakpwzztepkpwp5z0dq62m6u5v5xtyj7j3h2u94tsynr",
            "pref:p9adhakpwzztepkpwp5z0dq62m6u5v5xtyj7j3h2khlwwk5v",
            "bitcoincash:q9adhakpwzztepkpwp5z0dq62m6u5v5xtyj7j3h2ws4mr9g0",
            "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6q",
            "bitcoincash:",
        ] {
            let reading = parse(text);
            assert!(!reading.is_strict(), "{text}");
            assert_eq!(reading.candidates[0].kind, Kind::Opaque, "{text}");
        }
    }
}
