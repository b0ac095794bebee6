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
//! Formats: [WIF], [BIP-38], [BIP-32] with [SLIP-132], [BIP-39], Stellar's
//! [SEP-23], XRP Ledger [seeds].
//!
//! [WIF]: https://en.bitcoin.it/wiki/Wallet_import_format
//! [BIP-32]: https://github.com/bitcoin/bips/blob/master/bip-0032.mediawiki
//! [BIP-38]: https://github.com/bitcoin/bips/blob/master/bip-0038.mediawiki
//! [BIP-39]: https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki
//! [SEP-23]: https://github.com/stellar/stellar-protocol/blob/master/ecosystem/sep-0023.md
//! [SLIP-132]: https://github.com/satoshilabs/slips/blob/master/slip-0132.md
//! [seeds]: https://xrpl.org/docs/references/protocol/data-types/base58-encodings

use super::Fault;
use super::base58check::{self, Alphabet};

/// Version bytes of private keys: Bitcoin and its forks, Litecoin, Dogecoin
/// and Verge, Dash, Komodo, and the test networks of Bitcoin and Dogecoin.
const WIF_VERSIONS: [u8; 7] = [0x80, 0xb0, 0x9e, 0xcc, 0xbc, 0xef, 0xf1];

/// How many words a phrase has: BIP-39, Electrum, SLIP-39, Monero, Algorand.
const PHRASE_WORDS: [usize; 10] = [12, 13, 14, 15, 18, 20, 21, 24, 25, 33];

/// Fewest bytes of a phrase: twelve words of three letters, or of one letter
/// that takes three bytes.
const PHRASE_BYTES_MIN: usize = 12 * 3 + 11;

const PRIVATE_MARKS: [&[u8; 4]; 14] = [
    b"xprv", b"yprv", b"zprv", b"Yprv", b"Zprv", b"tprv", b"uprv", b"vprv", b"Uprv", b"Vprv",
    b"Ltpv", b"Mtpv", b"ttpv", b"dgpv",
];

const PUBLIC_MARKS: [&[u8; 4]; 14] = [
    b"xpub", b"ypub", b"zpub", b"Ypub", b"Zpub", b"tpub", b"upub", b"vpub", b"Upub", b"Vpub",
    b"Ltub", b"Mtub", b"ttub", b"dgub",
];

/// Fewest characters after the mark for a text to count as an extended key:
/// a whole one has 107.
const EXTENDED_KEY_CHARS_MIN: usize = 90;

/// Fewest characters of a text that can hold a WIF key among other things, as
/// `key=5…` does.
const EMBEDDED_CHARS_MIN: usize = 51;

/// Returns why a text must not be kept, if it must not.
pub(super) fn find(text: &str) -> Option<Fault> {
    let bytes = text.as_bytes();
    let has_private_part = match bytes.len() {
        0..EMBEDDED_CHARS_MIN => is_private_word(text),
        _ => text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(is_private_word),
    };
    let is_private = || is_phrase(text) || is_pem(text) || has_extended_key(bytes, &PRIVATE_MARKS);
    if has_private_part || is_private() {
        return Some(Fault::PrivateKey);
    }
    has_extended_key(bytes, &PUBLIC_MARKS).then_some(Fault::ExtendedPublicKey)
}

/// Returns whether a word is a private key by itself.
fn is_private_word(word: &str) -> bool {
    match word.len() {
        28..=31 => is_xrp_seed(word),
        51..=52 => is_wif(word),
        56 => is_stellar_seed(word.as_bytes()),
        58 => is_encrypted_key(word),
        87..=88 => is_solana_keypair(word),
        _ => false,
    }
}

/// Wallet import format: a version, 32 bytes, and 01 for a compressed key.
fn is_wif(text: &str) -> bool {
    base58check::decode(text, Alphabet::BITCOIN).is_some_and(|decoded| {
        let payload = decoded.payload();
        matches!(payload.len(), 33 | 34) && WIF_VERSIONS.contains(&payload[0])
    })
}

/// A private key under a passphrase: `6P…`.
fn is_encrypted_key(text: &str) -> bool {
    text.starts_with("6P")
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

/// A Stellar seed: `S` and 55 more letters and digits of base 32.
fn is_stellar_seed(text: &[u8]) -> bool {
    text.starts_with(b"S")
        && text
            .iter()
            .all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'))
}

/// 64 bytes in base 58: a Solana key pair, or a transaction's signature,
/// which looks the same and is no address either.
fn is_solana_keypair(text: &str) -> bool {
    five8::decode_64(text, &mut [0; 64]).is_ok()
}

/// A key file: `-----BEGIN … PRIVATE KEY-----`.
fn is_pem(text: &str) -> bool {
    text.starts_with("-----BEGIN") && text.contains("PRIVATE KEY")
}

/// Words and nothing else, as many as a seed phrase has. Real words vary by
/// language and word list, so none is looked up.
fn is_phrase(text: &str) -> bool {
    let is_word = |word: &str| match word.is_ascii() {
        true => {
            (3..=12).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphabetic())
        }
        false => word.chars().all(char::is_alphabetic),
    };
    // Most addresses are shorter than twelve short words, and end here.
    text.len() >= PHRASE_BYTES_MIN
        && text.contains(char::is_whitespace)
        && PHRASE_WORDS.contains(&text.split_whitespace().count())
        && text.split_whitespace().all(is_word)
}

/// Returns whether an extended key with one of the marks stands anywhere in a
/// text: alone, or within an output descriptor.
fn has_extended_key(text: &[u8], marks: &[&[u8; 4]]) -> bool {
    if text.len() < EXTENDED_KEY_CHARS_MIN {
        return false;
    }
    text.windows(4 + EXTENDED_KEY_CHARS_MIN).any(|window| {
        let (mark, rest) = window.split_at(4);
        marks.iter().any(|known| known.as_slice() == mark)
            && rest.iter().all(u8::is_ascii_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;

    #[track_caller]
    fn refused(text: &str, fault: Fault) {
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
            "-----BEGIN EC PRIVATE KEY-----",
        ] {
            refused(text, Fault::PrivateKey);
        }
        refused(
            "\n5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf ",
            Fault::PrivateKey,
        );
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
        ] {
            refused(text, Fault::PrivateKey);
        }
    }

    #[test]
    fn seed_phrases_are_refused() {
        let twelve = "legal winner thank year wave sausage worth useful legal winner thank yellow";
        refused(twelve, Fault::PrivateKey);
        refused(&twelve.replace(' ', "  "), Fault::PrivateKey);
        refused(&twelve.replace(' ', "\n"), Fault::PrivateKey);
        refused(&twelve.to_uppercase(), Fault::PrivateKey);
        refused(&format!("{twelve} {twelve}"), Fault::PrivateKey);
        refused(&"あいこくしん ".repeat(12), Fault::PrivateKey);
        assert_ne!(parse("legal winner thank").fault, Some(Fault::PrivateKey));
    }

    #[test]
    fn extended_keys_are_refused_wherever_they_stand() {
        // BIP-32, test vector 1.
        let public = "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8";
        let private = "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi";
        refused(public, Fault::ExtendedPublicKey);
        refused(&public.replace("xpub", "zpub"), Fault::ExtendedPublicKey);
        refused(private, Fault::PrivateKey);
        refused(
            &format!("wpkh([d34db33f/84h/0h/0h]{private}/0/*)"),
            Fault::PrivateKey,
        );
        refused(&format!("wpkh({public}/0/*)"), Fault::ExtendedPublicKey);
    }
}
