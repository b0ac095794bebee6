//! What an address looks like, before and after it is read.

use crate::address::{Fault, Kind};

use super::{WORD_BYTES_MAX, WORD_BYTES_MIN};

/// Hex digits of an EVM address.
const HEX_DIGITS: usize = 40;

/// Fewest hex digits behind `0x` that may be a part of an address.
const HEX_PART_MIN: usize = 16;

/// Fewest hex digits that may stand for 32 bytes, leading zeros left out.
const HEX_32_MIN: usize = 60;

/// Lengths in Base58 of nearly every 32 bytes.
const SOLANA_CHARS: std::ops::RangeInclusive<usize> = 40..=44;

/// Lengths of what may be a mistyped address in Base58, with a few letters
/// glued on: from Bitcoin's to Monero's.
const LIKE_BASE58: std::ops::RangeInclusive<usize> = 25..=128;

/// Fewest letters and digits of ASCII in a word that is read.
const ASCII_MIN: usize = 12;

/// Fewest characters of the first part of a broken address.
const FIRST_PART_MIN: usize = 6;

/// What ends the name of a host of the Tor network.
const ONION: &str = ".onion";

/// What addresses in bech32 begin with that lists often name.
const BECH32_STARTS: &[&str] = &["bc1", "ltc1", "bnb1", "tb1", "addr1", "cosmos1"];

/// Returns whether a character is one that addresses are written in, or one
/// of an alphabet whose letters are mistaken for Latin ones.
pub(super) fn is_letter_or_digit(c: char) -> bool {
    let looks_latin = matches!(c,
        '\u{c0}'..='\u{24f}' | '\u{250}'..='\u{2af}' | '\u{370}'..='\u{52f}' | '\u{530}'..='\u{58f}'
        | '\u{13a0}'..='\u{13ff}' | '\u{1d00}'..='\u{1dbf}' | '\u{1e00}'..='\u{1eff}' | '\u{2c60}'..='\u{2c7f}'
        | '\u{ff10}'..='\u{ff5a}' | '\u{1d400}'..='\u{1d7ff}');
    c.is_ascii_alphanumeric() || looks_latin && c.is_alphanumeric()
}

/// Returns whether a character can stand within an address: one of the above,
/// or one that nobody sees.
pub(super) fn is_word_character(c: char) -> bool {
    let is_invisible = matches!(c,
        '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    is_letter_or_digit(c) || is_invisible
}

/// Returns whether the word that ends at `end` is a host of the Tor network,
/// whose names are as long as addresses and look as random.
pub(super) fn is_host(text: &str, end: usize) -> bool {
    let behind = text.get(end..end + ONION.len());
    behind.is_some_and(|behind| behind.eq_ignore_ascii_case(ONION))
}

/// Returns whether a word is long enough to be an address and no number.
pub(super) fn is_worth_reading(word: &str) -> bool {
    if word.len() < WORD_BYTES_MIN.min(2 + HEX_PART_MIN) || word.len() > WORD_BYTES_MAX {
        return false;
    }
    let ascii = word.bytes().filter(u8::is_ascii_alphanumeric).count();
    let letters = word.bytes().any(|byte| byte.is_ascii_alphabetic());
    ascii >= ASCII_MIN && letters
}

/// Returns whether a text is `0x` and 40 hex digits, or the same with the
/// prefix of the XDC network.
pub(super) fn is_hex_address(text: &str) -> bool {
    let digits = without_0x(text).or_else(|| text.strip_prefix("xdc"));
    digits.is_some_and(|digits| digits.len() == HEX_DIGITS && is_hex(digits))
}

/// Returns whether a text holds an address in hex that other characters are
/// glued to.
pub(super) fn has_hex_address(text: &str) -> bool {
    hex_part(text, HEX_DIGITS)
}

/// Returns whether a text that reads as an account of a kind can be nothing
/// else. Names and short numbers of accounts can be words and numbers; 32
/// bytes in hex can be a transaction; 20 without `0x` the digest of a file.
pub(super) fn is_evident(kind: Kind, text: &str) -> bool {
    let digits = without_0x(text).unwrap_or(text);
    if is_hex(digits) && !is_hex_address(text) {
        return false;
    }
    let is_long = text.len() >= WORD_BYTES_MIN;
    match kind {
        Kind::Opaque | Kind::NearNamed | Kind::EosName | Kind::NearImplicit => false,
        Kind::Aptos | Kind::Sui | Kind::Starknet | Kind::Hedera | Kind::HederaKey => false,
        Kind::Evm => true,
        Kind::Solana => SOLANA_CHARS.contains(&text.len()) && is_mixed(text),
        _ => is_long,
    }
}

/// Returns whether an evident address has a checksum inside.
pub(super) fn has_checksum(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Solana => false,
        // EIP-55 keeps its checksum in the case of the letters.
        Kind::Evm => {
            let digits = without_0x(text).unwrap_or(text).bytes();
            digits.clone().any(|byte| byte.is_ascii_uppercase())
                && digits.clone().any(|byte| byte.is_ascii_lowercase())
        }
        _ => true,
    }
}

/// Returns whether a word that is no address looks like a part of one, or
/// like a mistyped one.
pub(super) fn is_like(word: &str, fault: Option<Fault>) -> bool {
    if hex_part(word, HEX_PART_MIN) {
        return true;
    }
    let is_digest = is_hex(word) && (word.len() == HEX_DIGITS || word.len() >= HEX_32_MIN);
    // Most broken ones are of Bitcoin and Tron, and known by their beginning.
    let is_base58 = word.starts_with(['1', '3', 'T']) || LIKE_BASE58.contains(&word.len());
    let fails_checksum = fault == Some(Fault::Checksum) && (is_mixed(word) || is_bech32(word));
    let is_secret = matches!(fault, Some(Fault::PrivateKey | Fault::ExtendedPublicKey));
    let is_long = word.len() >= WORD_BYTES_MIN;
    let is_ascii = word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_digest
        || is_long
            && (fails_checksum
                || is_secret
                || is_ascii && (is_base58 && is_mixed(word) || begins_bech32(word)))
}

/// Returns whether a word may be the first part of an address that was
/// broken.
pub(super) fn may_begin_address(word: &str) -> bool {
    let is_long = word.len() >= FIRST_PART_MIN;
    is_long && is_no_word(word) && word.is_ascii() && word.len() <= WORD_BYTES_MAX
}

/// Returns whether two words look like the beginning and the end of an
/// address: of a whole one, or of one of which the middle was left out.
pub(super) fn are_parts(first: &str, second: &str, is_cut: bool) -> bool {
    let is_part = |word: &str| {
        let is_plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_plain && word.len() >= FIRST_PART_MIN
    };
    let bytes = first.len() + second.len();
    let bytes_min = if is_cut { ASCII_MIN } else { WORD_BYTES_MIN };
    if !is_part(first) || !is_part(second) || !(bytes_min..=WORD_BYTES_MAX).contains(&bytes) {
        return false;
    }
    let has_digit = second.bytes().any(|byte| byte.is_ascii_digit());
    let is_base58 =
        is_no_word(first) && is_no_word(second) && (is_mixed(first) || is_mixed(second));
    let is_hex_pair = without_0x(first).is_some_and(is_hex) && is_hex(second);
    is_base58 || has_digit && (is_hex_pair || begins_bech32(first))
}

/// Returns whether a word has letters and digits, or capitals behind small
/// letters, as the parts of an address have.
fn is_no_word(word: &str) -> bool {
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let has_letter = word.bytes().any(|byte| byte.is_ascii_alphabetic());
    let pairs = word.as_bytes().windows(2);
    let rises = |pair: &&[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
    has_letter && (has_digit || pairs.filter(rises).count() > 1)
}

/// Returns whether a word begins like an address, however short it is cut.
pub(super) fn begins_address(word: &str) -> bool {
    let begins_hex =
        without_0x(word).is_some_and(|digits| digits.bytes().all(|c| c.is_ascii_hexdigit()));
    let begins_base58 = word.len() >= FIRST_PART_MIN && word.starts_with(['1', '3', 'T']);
    begins_hex || begins_bech32(word) || begins_base58 && is_mixed(word)
}

/// Returns whether `0x` and at least so many hex digits stand anywhere in a
/// text.
fn hex_part(text: &str, digits_min: usize) -> bool {
    let mut digits = 0;
    let mut after_0x = false;
    let mut before = 0;
    for byte in text.bytes() {
        if before == b'0' && matches!(byte, b'x' | b'X') {
            (after_0x, digits) = (true, 0);
        } else if after_0x && byte.is_ascii_hexdigit() {
            digits += 1;
            if digits >= digits_min {
                return true;
            }
        } else {
            after_0x = false;
        }
        before = byte;
    }
    false
}

fn begins_bech32(word: &str) -> bool {
    let starts = |start: &&str| {
        word.get(..start.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(start))
    };
    let has_one_case = !word.bytes().any(|byte| byte.is_ascii_uppercase())
        || !word.bytes().any(|byte| byte.is_ascii_lowercase());
    has_one_case && BECH32_STARTS.iter().any(starts)
}

/// Letters of one case and digits, a `1` among them.
fn is_bech32(word: &str) -> bool {
    let lower = word
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let upper = word
        .bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    (lower || upper) && word.contains('1')
}

/// Letters of both cases and digits, as words seldom have.
fn is_mixed(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_uppercase())
        && word.bytes().any(|byte| byte.is_ascii_lowercase())
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn without_0x(text: &str) -> Option<&str> {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))
}
