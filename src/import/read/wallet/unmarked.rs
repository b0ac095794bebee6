//! Addresses where the publisher's words do not announce one.
//!
//! A kind that is renamed would empty the list in silence. So whatever reads
//! as an address is listed, wherever it stands, and reported; and where the
//! words are about wallets, or nobody says what they are, so is what only
//! looks like one.

use crate::address;

use super::super::fault::RowFault;
use super::super::row::Excerpt;
use super::Wallet;

/// No address is shorter than this, and few other words are as long.
const ADDRESS_BYTES_MIN: usize = 25;

/// No address is longer.
const ADDRESS_BYTES_MAX: usize = 128;

/// What the publisher says that a value is.
#[derive(Debug, Clone, Copy)]
pub(in crate::import::read) enum Kind<'k> {
    /// Something with a name.
    Named(&'k str),
    /// Nothing: it has a number that is not explained.
    Unexplained(&'k str),
}

/// Returns the addresses in a value that is not said to be a wallet.
pub(in crate::import::read) fn unmarked(
    kind: Kind<'_>,
    text: &str,
    line: u64,
    bytes_max: usize,
) -> impl Iterator<Item = Wallet> {
    let (said, is_likely) = match kind {
        Kind::Named(name) => (name, names_wallets(name)),
        Kind::Unexplained(id) => (id, true),
    };
    let is_address = move |word: &&str| {
        is_long_word(word) && (is_likely && is_mixed(word) || address::parse(word).is_strict())
    };
    words(text).filter(is_address).map(move |word| Wallet {
        fault: Some(RowFault::UnmarkedAddress {
            kind: Excerpt::of(said),
            given: Excerpt::of(word),
        }),
        ..Wallet::new(line, None, word, bytes_max)
    })
}

/// The words of a text, without what ends a sentence or surrounds a word.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'))
        .map(|word| word.trim_matches(['.', '(', ')', '"', '\'', ':']))
}

/// Tells a word as long as an address. Where network rules accept it whole,
/// checksum included, it can hardly be anything else.
fn is_long_word(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'_');
    (ADDRESS_BYTES_MIN..=ADDRESS_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_part)
}

/// Tells letters and digits from words and from numbers.
fn is_mixed(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Tells a kind that is about wallets, though not in the words of all that
/// were seen. Its addresses may be as odd as the others.
fn names_wallets(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    let words = ["currency", "crypto", "wallet", "asset", "blockchain"];
    let is_address = kind.contains("address") && !kind.contains("mail");
    is_address || words.iter().any(|word| kind.contains(word))
}
