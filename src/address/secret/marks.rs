//! Prefixes by which networks mark their secrets.
//!
//! A mark at the start of a word and a length tell a secret without decoding
//! anything: no address begins so.

use crate::address::Fault;

/// Fewest characters behind a mark inside a text.
const INFIX_CHARS_MIN: usize = 32;

/// Fewest bytes of a text with a mark inside.
const MARKED_BYTES_MIN: usize = 51;

/// What words of letters and digits begin with that are private keys, in
/// lower case, with their fewest characters.
const PRIVATE_WORDS: &[(&str, usize)] = &[
    ("nsec1", 60),
    ("ncryptsec1", 100),
    ("suiprivkey1", 60),
    ("xprv1", 100),
    ("7b2254797065223a22", 100),
    ("7b2250726976617465", 100),
];

/// Words of Tezos that are private keys, which have one length each.
const TEZOS_WORDS: [(&str, usize); 9] = [
    ("edsk", 54),
    ("edsk", 98),
    ("edesk", 88),
    ("spsk", 54),
    ("spesk", 88),
    ("p2sk", 54),
    ("p2esk", 88),
    ("BLsk", 54),
    ("BLesk", 88),
];

/// Fewest characters of any key that shows a wallet.
const VIEWING_CHARS_MIN: usize = 50;

/// The same of keys that show a wallet and cannot spend from it.
const VIEWING_WORDS: &[(&str, usize)] = &[
    ("zxviews1", 100),
    ("zxviewtestsapling1", 100),
    ("zivks1", 50),
    ("uview1", 100),
    ("uviewtest1", 100),
    ("uivk1", 100),
    ("uivktest1", 100),
    ("xpub1", 100),
    ("zivk", 97),
];

/// What stands inside a private key and has a hyphen or an underline, in
/// lower case.
const PRIVATE_INFIXES: &[&str] = &[
    "pvt_k1_",
    "pvt_r1_",
    "pvt_wa_",
    "ed25519-priv-0x",
    "secp256k1-priv-0x",
    "age-secret-key-",
    "secret-extended-key-",
    "secret-spending-key-",
    "_sk1",
    "_xsk1",
];

/// The same of keys that cannot spend.
const VIEWING_INFIXES: &[&str] = &["_xvk1"];

/// Returns whether a word is marked as a private key.
pub(super) fn is_private(word: &str) -> bool {
    begins_with_any(word, PRIVATE_WORDS)
}

/// Returns whether a word is marked as a key that shows a wallet.
pub(super) fn is_viewing(word: &str) -> bool {
    word.len() >= VIEWING_CHARS_MIN && begins_with_any(word, VIEWING_WORDS)
}

/// Returns what a mark within a text says it is.
pub(super) fn find_within(text: &str) -> Option<Fault> {
    if has_infix(text, PRIVATE_INFIXES) || has_api_key(text) {
        return Some(Fault::PrivateKey);
    }
    has_infix(text, VIEWING_INFIXES).then_some(Fault::ExtendedPublicKey)
}

/// Returns whether a word begins as one of a table does, in any case, and is
/// as long.
fn begins_with_any(word: &str, table: &[(&str, usize)]) -> bool {
    table.iter().any(|&(mark, least)| {
        word.len() >= least
            && word
                .get(..mark.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(mark))
    })
}

/// Returns whether one of several marks stands in a text, in any case. Each
/// has a hyphen or an underline, and hardly any address has: only there is it
/// looked for.
fn has_infix(text: &str, marks: &[&str]) -> bool {
    let is_joint = |byte: u8| matches!(byte, b'-' | b'_');
    let text = text.as_bytes();
    let stands_at = |joint: usize, mark: &str| {
        let before = mark.bytes().position(is_joint).unwrap_or_default();
        let start = joint.checked_sub(before)?;
        let (found, behind) = text.get(start..)?.split_at_checked(mark.len())?;
        let behind = behind.get(..INFIX_CHARS_MIN)?;
        let is_word = behind.iter().all(u8::is_ascii_alphanumeric);
        Some(is_word && found.eq_ignore_ascii_case(mark.as_bytes()))
    };
    let joints = || (0..text.len()).filter(|&index| is_joint(text[index]));
    text.len() >= MARKED_BYTES_MIN
        && joints().any(|joint| {
            marks
                .iter()
                .any(|mark| stands_at(joint, mark) == Some(true))
        })
}

/// Returns whether a key to this very daemon stands in a text: `ik_`, eight
/// characters, `_`, and its secret.
fn has_api_key(text: &str) -> bool {
    let is_key = |at: usize| {
        let (_, rest) = text[at..].split_at("ik_".len());
        let (id, secret) = rest.split_once('_')?;
        let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let secret = secret.get(..INFIX_CHARS_MIN)?;
        Some(id.len() == 8 && is_word(id) && is_word(secret))
    };
    text.len() >= MARKED_BYTES_MIN
        && text
            .match_indices("ik_")
            .any(|(at, _)| is_key(at) == Some(true))
}

/// A private key of Tezos: a prefix and a length.
pub(super) fn is_tezos_key(word: &str) -> bool {
    let fits = |&(mark, chars): &(&str, usize)| word.len() == chars && word.starts_with(mark);
    TEZOS_WORDS.iter().any(fits)
}

#[cfg(test)]
mod tests {
    use super::super::tests::refused;
    use super::*;

    #[test]
    fn a_key_to_this_daemon_is_a_secret_too() {
        let key = format!("ik_q5k2abcd_{}", "abcdefghijklmnopqrstuvwxyz23".repeat(2));
        let key = &key[..64];
        for text in [
            key.to_owned(),
            format!("Bearer {key}"),
            format!("key={key}"),
        ] {
            assert!(has_api_key(&text), "{text}");
        }
        refused(key, Fault::PrivateKey);
        assert!(!has_api_key(&key[..40]));
        assert!(!has_api_key(&"ik_".repeat(30)));
    }

    #[test]
    fn marked_private_keys_are_refused() {
        let bech32 = |chars| "qpzry9x8gf2tvdw0s3jn54khce6mua7l".repeat(9)[..chars].to_owned();
        let base58 = |chars| "JxGdYkP3mTq7".repeat(9)[..chars].to_owned();
        for text in [
            // The examples of NIP-19 and AIP-80.
            "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5".to_owned(),
            "ed25519-priv-0xc5338cd251c22daa8c9c9cc94f498cc8a5c7e1d2e75287a5dda91096fe64efa5"
                .to_owned(),
            "secp256k1-priv-0xc5338cd251c22daa8c9c9cc94f498cc8a5c7e1d2e75287a5dda91096fe64efa5"
                .to_owned(),
            // BIP-93, test vector 1.
            "ms10testsxxxxxxxxxxxxxxxxxxxxxxxxxx4nzvca9cmczlw".to_owned(),
            "PVT_K1_2bfGi9rYsXQSXXTvJbDAPhHLQUojjaNLomdm3cEJ1XTzMqUt3V".to_owned(),
            format!("AGE-SECRET-KEY-1{}", bech32(58).to_uppercase()),
            format!("suiprivkey1{}", bech32(59)),
            format!("edsk{}", base58(50)),
            format!("edsk{}", base58(94)),
            format!("edesk{}", base58(83)),
            format!("p2sk{}", base58(50)),
            format!("root_xsk1{}", bech32(200)),
            format!("addr_sk1{}", bech32(58)),
            format!("xprv1{}", bech32(160)),
            format!("secret-extended-key-main1{}", bech32(260)),
            format!("my key: nsec1{}", bech32(58)),
        ] {
            refused(&text, Fault::PrivateKey);
            refused(&format!(" “{text}”"), Fault::PrivateKey);
        }
    }

    #[test]
    fn viewing_keys_are_refused() {
        let bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l".repeat(5);
        for mark in [
            "zxviews1",
            "uview1",
            "uivk1",
            "UVIEW1",
            "xpub1",
            "acct_xvk1",
        ] {
            refused(&format!("{mark}{bech32}"), Fault::ExtendedPublicKey);
        }
    }
}
