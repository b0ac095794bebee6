//! Bitcoin Cash addresses in cashaddr: `bitcoincash:q…`, and without prefix.
//!
//! The prefix may be left out, as OFAC does, and then still counts in the
//! checksum. Types 2 and 3 announce that the wallet knows tokens; they are
//! the same hash and the same account. Mixed case is forbidden and common (a
//! lower-case prefix before a QR code's capitals): it is read leniently.
//! Other prefixes (`bchtest`, `ecash`) are other networks, and other files.
//!
//! Specifications: [CashAddr], [CashTokens] for the token-aware types and
//! [P2SH32] for 32-byte script hashes.
//!
//! [CashAddr]: https://github.com/bitcoincashorg/bitcoincash.org/blob/master/spec/cashaddr.md
//! [CashTokens]: https://github.com/cashtokens/cashtokens/blob/master/readme.md
//! [P2SH32]: https://github.com/bitjson/chip-p2sh32

use super::{Fault, Kind, Network, Reading};

const PREFIX: &[u8] = b"bitcoincash";

const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

const CHECKSUM_CHARS: usize = 8;

/// Characters after the prefix, for a hash of 20 and of 32 bytes.
const BODY_CHARS: [usize; 2] = [34 + CHECKSUM_CHARS, 53 + CHECKSUM_CHARS];

const BODY_CHARS_MAX: usize = BODY_CHARS[1];

/// Reads a Bitcoin Cash address.
pub(super) fn read(text: &str, reading: &mut Reading) {
    let Some((body, has_prefix)) = body_of(text.as_bytes()) else {
        return;
    };
    let mut symbols = [0; BODY_CHARS_MAX];
    let symbols = &mut symbols[..body.len()];
    for (symbol, &byte) in symbols.iter_mut().zip(body) {
        let Some(value) = value_of(byte) else {
            return;
        };
        *symbol = value;
    }
    if checksum(symbols) != 0 {
        // Without the prefix, nothing says that this was meant as an address.
        if has_prefix {
            reading.reject(Fault::Checksum);
        }
        return;
    }
    let mut bytes = [0; 33];
    let Some((kind, hash)) = unpack(&symbols[..body.len() - CHECKSUM_CHARS], &mut bytes) else {
        return;
    };
    let has_upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
    let has_lower = text.bytes().any(|byte| byte.is_ascii_lowercase());
    if has_upper && has_lower {
        reading.accept_leniently(kind, Network::BitcoinCash.into(), hash, Fault::MixedCase);
    } else {
        reading.accept(kind, Network::BitcoinCash.into(), hash);
    }
}

/// Writes a hash as a Bitcoin Cash address with its prefix. Returns whether
/// there is such an address.
pub(super) fn write(kind: Kind, hash: &[u8], out: &mut String) -> bool {
    let version = match (kind, hash.len()) {
        (Kind::P2pkh, 20) => 0x00,
        (Kind::P2sh, 20) => 0x08,
        (Kind::P2sh32, 32) => 0x0b,
        _ => return false,
    };
    let mut symbols = [0; BODY_CHARS_MAX];
    let mut length = 0;
    let (mut pending, mut bits) = (0_u32, 0);
    for byte in std::iter::once(version).chain(hash.iter().copied()) {
        pending = pending << 8 | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            symbols[length] = (pending >> bits & 31) as u8;
            length += 1;
        }
    }
    if bits > 0 {
        symbols[length] = (pending << (5 - bits) & 31) as u8;
        length += 1;
    }
    let total = length + CHECKSUM_CHARS;
    // The checksum is what makes the remainder of the whole zero.
    let remainder = checksum(&symbols[..total]);
    for (index, symbol) in symbols[length..total].iter_mut().enumerate() {
        *symbol = (remainder >> (5 * (CHECKSUM_CHARS - 1 - index)) & 31) as u8;
    }
    out.extend(PREFIX.iter().copied().map(char::from));
    out.push(':');
    out.extend(
        symbols[..total]
            .iter()
            .map(|&symbol| char::from(ALPHABET[usize::from(symbol)])),
    );
    true
}

/// Returns what follows the prefix, and whether the prefix was there, if the
/// lengths and the first character are those of an address.
fn body_of(text: &[u8]) -> Option<(&[u8], bool)> {
    let prefixed = text
        .split_at_checked(PREFIX.len() + 1)
        .filter(|(prefix, _)| {
            prefix.ends_with(b":") && prefix[..PREFIX.len()].eq_ignore_ascii_case(PREFIX)
        });
    let body = prefixed.map_or(text, |(_, body)| body);
    let fits = BODY_CHARS.contains(&body.len()) && b"qpzrQPZR".contains(&body[0]);
    fits.then_some((body, prefixed.is_some()))
}

fn value_of(byte: u8) -> Option<u8> {
    let lower = byte.to_ascii_lowercase();
    let index = ALPHABET.iter().position(|&letter| letter == lower)?;
    u8::try_from(index).ok()
}

/// Returns the remainder of prefix and symbols in the code's polynomial ring;
/// zero for an address whose checksum holds.
fn checksum(symbols: &[u8]) -> u64 {
    const GENERATORS: [u64; 5] = [
        0x98_f2bc_8e61,
        0x79_b76d_99e2,
        0xf3_3e5f_b3c4,
        0xae_2eab_e2a8,
        0x1e_4f43_e470,
    ];
    let prefix = PREFIX.iter().map(|byte| byte & 31);
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

/// Unpacks symbols of five bits into version and hash, and says what the
/// version makes of the hash.
fn unpack<'b>(symbols: &[u8], bytes: &'b mut [u8; 33]) -> Option<(Kind, &'b [u8])> {
    let (mut pending, mut bits, mut length) = (0_u32, 0, 0);
    for &symbol in symbols {
        pending = pending << 5 | u32::from(symbol);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes[length] = (pending >> bits & 0xff) as u8;
            length += 1;
        }
    }
    let padding_is_zero = pending & ((1 << bits) - 1) == 0;
    // Type in bits 3 to 6, size in bits 0 to 2; bit 7 is reserved.
    let kind = match (bytes[0], length - 1) {
        (0x00 | 0x10, 20) => Kind::P2pkh,
        (0x08 | 0x18, 20) => Kind::P2sh,
        (0x0b | 0x1b, 32) => Kind::P2sh32,
        _ => return None,
    };
    padding_is_zero.then_some((kind, &bytes[1..length]))
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
            "bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t",
            "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6q",
            "bitcoincash:",
        ] {
            let reading = parse(text);
            assert!(!reading.is_strict(), "{text}");
            assert_eq!(reading.candidates[0].kind, Kind::Opaque, "{text}");
        }
    }
}
