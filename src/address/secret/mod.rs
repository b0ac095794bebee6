//! Texts that must not be kept: private keys, seed phrases, wallet keys.
//!
//! People paste the wrong thing. A text found here gives no candidate, so no
//! part of it can reach a key, a log or a reply. A mistyped secret is still
//! most of a secret, so no checksum is asked for: it is the shape that counts,
//! and no address read here has the shape of any of these.
//!
//! A private key in plain hex is beyond telling: 64 digits are a transaction
//! id far more often. It is read as text, and text is kept out of logs too.
//!
//! Formats: [WIF], [BIP-38], [BIP-32] with [SLIP-132], [BIP-39], [BIP-93],
//! Stellar's [SEP-23], XRP Ledger [seeds], and the prefixes by which other
//! networks mark a secret: Cardano's [CIP-5], Aptos' [AIP-80], Nostr's
//! [NIP-19], Sui, Tezos, EOS, Zcash, age. Viewing keys and extended public
//! keys show a whole wallet, and are refused with a reason of their own.
//!
//! [AIP-80]: https://github.com/aptos-foundation/AIPs/blob/main/aips/aip-80.md
//! [BIP-93]: https://github.com/bitcoin/bips/blob/master/bip-0093.mediawiki
//! [CIP-5]: https://cips.cardano.org/cip/CIP-5
//! [NIP-19]: https://github.com/nostr-protocol/nips/blob/master/19.md
//! [WIF]: https://en.bitcoin.it/wiki/Wallet_import_format
//! [BIP-32]: https://github.com/bitcoin/bips/blob/master/bip-0032.mediawiki
//! [BIP-38]: https://github.com/bitcoin/bips/blob/master/bip-0038.mediawiki
//! [BIP-39]: https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki
//! [SEP-23]: https://github.com/stellar/stellar-protocol/blob/master/ecosystem/sep-0023.md
//! [SLIP-132]: https://github.com/satoshilabs/slips/blob/master/slip-0132.md
//! [seeds]: https://xrpl.org/docs/references/protocol/data-types/base58-encodings

use super::Fault;
use super::candidate::Checksum;
use super::encoding::base58check::{self, Alphabet};
use super::encoding::percent;

mod document;
mod extended;
mod marks;
mod phrase;
mod slip;

/// Version bytes of private keys: Bitcoin and its forks, Litecoin, Dogecoin
/// and Verge, Dash, Komodo, and the test networks of Bitcoin and Dogecoin.
const WIF_VERSIONS: [u8; 7] = [0x80, 0xb0, 0x9e, 0xcc, 0xbc, 0xef, 0xf1];

/// Version bytes of a Sprout spending key.
const SPROUT_VERSION: [u8; 2] = [0xab, 0x36];

/// Lengths that no secret of one word has.
const NO_SECRET_BYTES: std::ops::Range<usize> = 32..48;

/// Fewest bytes of any secret: an XRP Ledger seed.
const SECRET_BYTES_MIN: usize = 28;

/// What base 64 has besides letters and digits.
const BASE64_MARKS: [char; 4] = ['-', '_', '+', '/'];

/// How often a text is decoded.
const DECODINGS_MAX: usize = 3;

/// What stands before a public key of EOS: `PUB_K1_`, which may have letters
/// in it that only look like these.
const PUBLIC_KEY_MARK: &str = "1_";

/// Fewest characters of a word that a mark makes a secret.
const MARKED_WORD_CHARS_MIN: usize = 60;

/// Returns why a text must not be kept, if it must not. What only looks like
/// a mistyped secret is none if `is_address` says that it is an address, by a
/// checksum or else.
pub(super) fn find(text: &str, is_address: impl Fn(&str, Checksum) -> bool) -> Option<Fault> {
    let bytes = text.as_bytes();
    if bytes.len() < SECRET_BYTES_MIN {
        return None;
    }
    let is_one_word = is_one_word(bytes);
    if is_one_word && NO_SECRET_BYTES.contains(&bytes.len()) {
        // Most addresses end here.
        return None;
    }
    let found = match is_one_word {
        true => find_in_word(text, &is_address),
        false => find_in_words(text, &is_address),
    };
    found.or_else(|| extended::find(bytes, is_one_word))
}

fn find_in_word(word: &str, is_address: impl Fn(&str, Checksum) -> bool) -> Option<Fault> {
    if is_private_word(word) || slip::is_mistyped(word) && !is_address(word, Checksum::None) {
        return Some(Fault::PrivateKey);
    }
    marks::is_viewing(word).then_some(Fault::ExtendedPublicKey)
}

/// Looks for a secret among several words, and for one of several words.
fn find_in_words(text: &str, is_address: impl Fn(&str, Checksum) -> bool) -> Option<Fault> {
    let mut found = None;
    for word in words_of(text) {
        // Public keys of EOS have a mark, and as many characters; and a piece
        // of base 64, as TON's addresses are, may look like a mistyped seed.
        let is_part = || {
            let (before, behind) = text.split_once(word).unwrap_or_default();
            before.ends_with(PUBLIC_KEY_MARK)
                || word.len() < NO_SECRET_BYTES.start
                    && (before.ends_with(BASE64_MARKS) || behind.starts_with(BASE64_MARKS))
        };
        let is_address = |word: &str, least| is_part() || is_address(word, least);
        match find_in_word(word, is_address) {
            Some(Fault::PrivateKey) => return Some(Fault::PrivateKey),
            other => found = found.or(other),
        }
    }
    if phrase::is_phrase(text) || document::holds_key(text) || slip::is_in_pieces(text, is_address)
    {
        return Some(Fault::PrivateKey);
    }
    marks::find_within(text).or(found)
}

/// Returns whether a text is letters and digits only. It looks at every byte
/// without an early end, which takes a few instructions for 16 of them.
fn is_one_word(text: &[u8]) -> bool {
    let is_other = |byte: u8| {
        let is_digit = byte.wrapping_sub(b'0') < 10;
        let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        u8::from(!(is_digit | is_letter))
    };
    let others_of = |chunk: &[u8; 16]| {
        chunk
            .iter()
            .fold(0, |others, &byte| others | is_other(byte))
    };
    let (chunks, _) = text.as_chunks();
    let others = chunks
        .iter()
        .fold(0, |others, chunk| others | others_of(chunk));
    match text.last_chunk() {
        Some(last) => others | others_of(last) == 0,
        None => text.iter().all(|&byte| is_other(byte) == 0),
    }
}

/// Returns the words of a text that are long enough for a secret.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    let words = text.as_bytes().split(|byte| !byte.is_ascii_alphanumeric());
    words
        .filter(|word| word.len() >= SECRET_BYTES_MIN)
        .filter_map(|word| std::str::from_utf8(word).ok())
}

/// Returns whether a word is a private key by itself.
fn is_private_word(word: &str) -> bool {
    let has_its_length = match word.len() {
        28..=31 => is_xrp_seed(word),
        48 => is_codex(word),
        51..=52 => is_wif(word),
        54 => marks::is_tezos_key(word),
        56 => is_stellar_seed(word.as_bytes()),
        58 => is_encrypted_key(word),
        87..=88 => is_solana_keypair(word) || marks::is_tezos_key(word),
        98 => marks::is_tezos_key(word),
        _ => false,
    };
    has_its_length
        || word.len() >= MARKED_WORD_CHARS_MIN
            && (marks::is_private(word) || document::is_encoded_hex(word))
        || phrase::is_camel_case(word)
}

/// A share or the whole of a seed in BIP-93: `ms1` and a digit.
fn is_codex(word: &str) -> bool {
    let is_bech32 = |byte: u8| {
        byte.is_ascii_lowercase() && !matches!(byte, b'b' | b'i' | b'o')
            || byte.is_ascii_digit() && byte != b'1'
    };
    let lower = word.to_ascii_lowercase();
    lower.strip_prefix("ms1").is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit()) && rest.bytes().all(is_bech32)
    })
}

/// Wallet import format: a version, 32 bytes, and 01 for a compressed key;
/// or Zcash's `SK`, which has a version of two bytes. A version that nobody
/// knows counts when the checksum holds: no address has 32 bytes in this form.
fn is_wif(text: &str) -> bool {
    base58check::decode(text, Alphabet::BITCOIN).is_some_and(|decoded| {
        let payload = decoded.payload();
        let is_sprout = payload.len() == 34 && payload.starts_with(&SPROUT_VERSION);
        let is_known = payload
            .first()
            .is_some_and(|version| WIF_VERSIONS.contains(version));
        let is_key = payload.len() == 33 || payload.len() == 34 && payload[33] == 1;
        is_sprout
            || matches!(payload.len(), 33 | 34) && is_known
            || is_key && decoded.checksum_holds()
    })
}

/// A private key under a passphrase: `6P…`.
fn is_encrypted_key(text: &str) -> bool {
    // An Algorand account may begin alike; it is all capitals and digits.
    text.starts_with("6P")
        && text.bytes().any(|byte| byte.is_ascii_lowercase())
        && base58check::decode(text, Alphabet::BITCOIN)
            .is_some_and(|decoded| matches!(decoded.payload(), [0x01, 0x42 | 0x43, ..]))
}

/// A family seed `s…`, or an Ed25519 seed `sEd…`.
fn is_xrp_seed(text: &str) -> bool {
    text.starts_with('s')
        && base58check::decode(text, Alphabet::RIPPLE).is_some_and(|decoded| {
            match decoded.payload() {
                [0x21, seed @ ..] => seed.len() == 16,
                [0x01, 0xe1, 0x4b, seed @ ..] => seed.len() == 16,
                _ => false,
            }
        })
}

/// A Stellar seed: `S` and 55 more letters and digits of base 32, in either
/// case. In lower case words that were put together look so, but for digits.
fn is_stellar_seed(text: &[u8]) -> bool {
    let is_upper = |byte: &u8| matches!(byte, b'A'..=b'Z' | b'2'..=b'7');
    let is_lower = |byte: &u8| matches!(byte, b'a'..=b'z' | b'2'..=b'7');
    let digits = || text.iter().filter(|byte| byte.is_ascii_digit()).count();
    match text.first() {
        Some(b'S') => text.iter().all(is_upper),
        Some(b's') => text.iter().all(is_lower) && digits() > 1,
        _ => false,
    }
}

/// 64 bytes in base 58: a Solana key pair, or a transaction's signature,
/// which looks the same and is no address either.
fn is_solana_keypair(text: &str) -> bool {
    // A long bech32 text may lack the two symbols that base 58 lacks.
    let has_both_cases = text.bytes().any(|byte| byte.is_ascii_uppercase())
        && text.bytes().any(|byte| byte.is_ascii_lowercase());
    has_both_cases && five8::decode_64(text, &mut [0; 64]).is_ok()
}

/// Returns a text decoded as in a URI, once and again.
pub(super) fn decodings(text: &str) -> impl Iterator<Item = String> {
    let first = decode_percent(text);
    std::iter::successors(first, |text| decode_percent(text)).take(DECODINGS_MAX)
}

/// Decodes a text as in a URI. What is no text then gives a mark of its own,
/// so that it hides nothing beside it.
fn decode_percent(text: &str) -> Option<String> {
    percent::decode(text).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn is_base58(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() && !b"0OIl".contains(byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;

    #[track_caller]
    pub(super) fn refused(text: &str, fault: Fault) {
        let reading = parse(text);
        assert_eq!(reading.fault, Some(fault));
        assert!(reading.candidates.is_empty());
        assert!(!reading.is_strict());
        assert!(!format!("{reading:?}").contains(text));
    }

    #[test]
    fn private_keys_are_refused() {
        for text in [
            // Of the private key 1: Bitcoin, uncompressed and compressed.
            "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf",
            "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn",
            // Litecoin, from its own test data.
            "6u9LAemSUL9Zq9uThTQMCUexBr2ZG26Cr5pShqe3E7R2bp4EHqj",
            // BIP-38's own example.
            "6PRVWUbkzzsbcVac2qwfssoUJAN1Xhrg6bNk8J7Nzm5H7kxEbn2Nh2ZoGg",
            // XRP Ledger documentation.
            "snoPBrXtMeMyMHUVTgbuqAfg1SUTb",
            "sEdTM1uX8pu2do5XvTnutH6HsouMaM2",
            // SEP-5's first account.
            "SBGWSG6BTNCKCOB3DIFBGCVMUPQFYPA2G4O34RMTB343OYPXU5DJDVMN",
            "sbgwsg6btnckcob3difbgcvmupqfypa2g4o34rmtb343oypxu5djdvmn",
            "-----BEGIN EC PRIVATE KEY-----",
        ] {
            refused(text, Fault::PrivateKey);
        }
        refused(
            "\n5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf ",
            Fault::PrivateKey,
        );
    }

    /// The short way out lets no secret through that the long way knows.
    #[test]
    fn no_secret_has_the_length_of_most_addresses() {
        for word in [
            "snoPBrXtMeMyMHUVTgbuqAfg1SUTb".to_owned(),
            "sEdTM1uX8pu2do5XvTnutH6HsouMaM2".to_owned(),
            format!("ms1{}", "2".repeat(45)),
        ] {
            assert!(is_private_word(&word), "{word}");
            assert!(!NO_SECRET_BYTES.contains(&word.len()), "{word}");
        }
        for chars in NO_SECRET_BYTES {
            for first in [
                "s", "5", "K", "6P", "S", "edsk", "nsec1", "xprv", "zivks1", "uivk1",
            ] {
                let word = format!("{first}{}", "7".repeat(chars - first.len()));
                assert_eq!(find_in_word(&word, |_, _| false), None, "{word}");
            }
        }
    }

    #[test]
    fn a_mistyped_private_key_is_refused_too() {
        refused(
            "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWm",
            Fault::PrivateKey,
        );
    }

    #[test]
    fn a_private_key_among_other_things_is_refused_too() {
        for text in [
            "key=5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf",
            "p2wpkh:KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn",
            "hot wallet, secret \"snoPBrXtMeMyMHUVTgbuqAfg1SUTb\" (rotate)",
            "seed: snoPBrXtMeMyMHUVTgbuqAfg1SUTb",
        ] {
            refused(text, Fault::PrivateKey);
        }
    }

    #[test]
    fn secrets_in_code_are_refused() {
        let phrase = "abandon%20".repeat(11) + "about";
        let key = "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf";
        let coded: String = key.bytes().map(|byte| format!("%{byte:x}")).collect();
        let twice = coded.replace('%', "%25");
        for text in [
            phrase.clone(),
            format!("wallet:{phrase}"),
            format!("wallet:{}", phrase.replace('%', "%25")),
            format!("https://example.com/{coded}?x=1"),
            format!("bitcoin:{twice}"),
            format!("bitcoin:1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH?label={twice}"),
            format!("wallet:{}", twice.replace('%', "%25")),
            format!("%ff{coded}"),
            format!(
                "wallet:%254B{}",
                "wDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn"
            ),
        ] {
            refused(&text, Fault::PrivateKey);
        }
    }

    #[test]
    fn pieces_of_base_64_are_no_seeds() {
        assert!(parse("UQAABAMBFwAAAAAAAwA-sAAAAAAABwIAAAsIjJAXPDtWAE5b").is_strict());
    }

    /// Letters that mark a secret occur in long addresses by chance.
    #[test]
    fn addresses_that_look_a_little_like_secrets_are_read() {
        // An Algorand account that begins as an encrypted key does.
        let algorand = "6PDPE77FLRVDE6GA3WCF7TLEX36ZMD35H4ZULD74PG7SBZRDXM2DGWVN7U";
        assert!(parse(algorand).is_strict());
        // `xprv` in the middle of what could be bech32, and of base 58.
        for text in [
            format!("u1{}xprv{}", "q".repeat(40), "0l".repeat(60)),
            format!("4{}xprv{}", "7".repeat(30), "z".repeat(95)),
        ] {
            assert_eq!(find(&text, |_, _| false), None, "{text}");
        }
        let glued = format!("key{}", &format!("xprv{}", "9".repeat(107)));
        assert_eq!(find(&glued, |_, _| false), Some(Fault::PrivateKey));
    }
}
