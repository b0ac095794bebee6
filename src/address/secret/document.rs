//! Secrets in the files and notes that hold them.

/// Fewest numbers of a key file: a private key.
const KEY_FILE_NUMBERS_MIN: usize = 32;

/// Groups of six digits that a seed of Xaman is.
const DIGIT_GROUPS: usize = 8;

/// Hexadecimal digits of a private key.
const KEY_DIGITS: usize = 64;

/// Fewest hexadecimal digits of an encoded key: 32 bytes and what says so.
const ENCODED_DIGITS_MIN: usize = 78;

/// Bytes of an encoded key that tell it from anything else.
const ENCODED_START_BYTES: usize = 12;

/// What the word before a private key holds, in lower case.
const LABELS_WITHIN: [&str; 3] = ["priv", "secret", "mnemonic"];

/// Whole words before one, in lower case.
const LABELS: [&str; 5] = ["seed", "seeds", "seedphrase", "seedhex", "hexseed"];

/// Returns whether a text is a file or a note with a private key in it.
pub(super) fn holds_key(text: &str) -> bool {
    let gaps = text.bytes().filter(|byte| !byte.is_ascii_alphanumeric());
    let gaps = gaps.count();
    gaps > KEY_FILE_NUMBERS_MIN - 2 && has_byte_numbers(text)
        || gaps > DIGIT_GROUPS - 2 && (has_digit_groups(text) || is_pem(text) || is_keystore(text))
        || is_encoded_base64(text)
        || has_labelled_hex(text)
}

/// A key file: `-----BEGIN … PRIVATE KEY-----`, whatever is before it.
fn is_pem(text: &str) -> bool {
    text.contains("PRIVATE KEY--") || text.contains("--BEGIN") && text.contains("PRIVATE KEY")
}

/// A file of Ethereum's wallets: a private key under a passphrase.
fn is_keystore(text: &str) -> bool {
    let lower = || text.to_ascii_lowercase();
    text.contains('{') && {
        let text = lower();
        text.contains("\"ciphertext\"") && text.contains("\"kdf\"")
    }
}

/// Words between what is no letter and no digit.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty())
}

/// The numbers of a key file: `[174,47,154,…]`, whatever is between them.
fn has_byte_numbers(text: &str) -> bool {
    let mut run = 0;
    words_of(text).any(|word| {
        run = match word.parse::<u8>() {
            Ok(_) => run + 1,
            Err(_) => 0,
        };
        run == KEY_FILE_NUMBERS_MIN
    })
}

/// The secret numbers of Xaman: eight groups of six digits, each perhaps with
/// its letter.
fn has_digit_groups(text: &str) -> bool {
    let is_group = |word: &str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    let mut run = 0;
    words_of(text).any(|word| {
        if is_group(word) {
            run += 1;
        } else if word.len() > 1 {
            run = 0;
        }
        run == DIGIT_GROUPS
    })
}

/// A private key in hexadecimal that is called one. One that is called
/// nothing may be a transaction.
fn has_labelled_hex(text: &str) -> bool {
    if text.len() <= KEY_DIGITS {
        return false;
    }
    let is_hex = |word: &str| {
        let digits = word.strip_prefix("0x").or(word.strip_prefix("0X"));
        let digits = digits.unwrap_or(word);
        digits.len() >= KEY_DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let is_label = |word: &str| {
        let is_letters = word.bytes().all(|byte| byte.is_ascii_alphabetic());
        is_letters && {
            let word = word.to_ascii_lowercase();
            LABELS.contains(&word.as_str())
                || LABELS_WITHIN.iter().any(|label| word.contains(label))
        }
    };
    words_of(text).any(is_hex) && words_of(text).any(is_label)
}

/// Returns whether a word is a private key of [PKCS#8] or [SEC 1] in
/// hexadecimal.
///
/// [PKCS#8]: https://www.rfc-editor.org/rfc/rfc5958
/// [SEC 1]: https://www.rfc-editor.org/rfc/rfc5915
pub(super) fn is_encoded_hex(word: &str) -> bool {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    let mut start = [0; ENCODED_START_BYTES];
    digits.len() >= ENCODED_DIGITS_MIN
        && digits.starts_with("30")
        && const_hex::decode_to_slice(&digits[..2 * ENCODED_START_BYTES], &mut start).is_ok()
        && is_encoded(&start)
}

/// The same in base 64, anywhere in a text.
fn is_encoded_base64(text: &str) -> bool {
    let chars = ENCODED_START_BYTES / 3 * 4;
    let text = text.as_bytes();
    let begins = |at: usize| text[at] == b'M' && (at == 0 || !text[at - 1].is_ascii_alphanumeric());
    text.len() >= ENCODED_DIGITS_MIN * 2 / 3
        && (0..text.len()).filter(|&at| begins(at)).any(|at| {
            let word = text.get(at..at + chars);
            let start = word.and_then(|word| data_encoding::BASE64.decode(word).ok());
            start.is_some_and(|start| is_encoded(&start))
        })
}

/// A sequence of a version and what a private key has next: what it is a key
/// of, or 32 bytes.
fn is_encoded(start: &[u8]) -> bool {
    let rest = match start {
        [0x30, 0x82, _, _, rest @ ..] | [0x30, 0x81, _, rest @ ..] => rest,
        [0x30, 0x20..=0x7f, rest @ ..] => rest,
        _ => return false,
    };
    matches!(
        rest,
        [0x02, 0x01, 0x00 | 0x01, 0x30, ..] | [0x02, 0x01, 0x01, 0x04, ..]
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::refused;
    use crate::address::{Fault, parse};

    const HEX: &str = "c5338cd251c22daa8c9c9cc94f498cc8a5c7e1d2e75287a5dda91096fe64efa5";

    #[test]
    fn key_files_are_refused() {
        let numbers: Vec<_> = (100..164_u8).map(|byte| byte.to_string()).collect();
        for joint in [",", ", ", " ", "\n", ";", "-"] {
            refused(&numbers.join(joint), Fault::PrivateKey);
            refused(&numbers[..32].join(joint), Fault::PrivateKey);
            refused(
                &format!("key: [{}]", numbers.join(joint)),
                Fault::PrivateKey,
            );
            assert_ne!(
                parse(&numbers[..20].join(joint)).fault,
                Some(Fault::PrivateKey)
            );
        }
    }

    #[test]
    fn files_of_keys_are_refused_wherever_they_begin() {
        for text in [
            "-----BEGIN EC PRIVATE KEY-----".to_owned(),
            "my key\n-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw".to_owned(),
            format!("{{\"crypto\":{{\"ciphertext\":\"{HEX}\",\"kdf\":\"scrypt\"}}}}"),
            "{\"Crypto\": {\"CipherText\": \"d172\", \"KDF\": \"pbkdf2\"}}".to_owned(),
        ] {
            refused(&text, Fault::PrivateKey);
        }
    }

    #[test]
    fn encoded_keys_are_refused() {
        // Ed25519 in PKCS#8, ECDSA as Hedera writes it, SEC 1.
        for start in [
            "302e020100300506032b657004220420",
            "3030020100300706052b8104000a04220420",
            "30740201010420",
        ] {
            let hex = format!("{start}{HEX}");
            refused(&hex, Fault::PrivateKey);
            refused(&format!("0x{hex}"), Fault::PrivateKey);
            refused(&format!("key {hex}"), Fault::PrivateKey);
            let bytes = const_hex::decode(&hex).expect("hexadecimal");
            let base64 = data_encoding::BASE64.encode(&bytes);
            refused(&base64, Fault::PrivateKey);
            refused(&format!("key={base64}"), Fault::PrivateKey);
        }
    }

    #[test]
    fn hexadecimal_that_is_called_a_private_key_is_refused() {
        for label in [
            "private key: ",
            "privkey=",
            "PRIVATE_KEY=",
            "secret=",
            "mnemonic ",
            "seed:",
            "my Seed is ",
            "{\"privateKey\":\"",
        ] {
            refused(&format!("{label}{HEX}"), Fault::PrivateKey);
            refused(&format!("{label}0x{HEX}"), Fault::PrivateKey);
        }
        refused(&format!("{HEX} (private key)"), Fault::PrivateKey);
        for text in [HEX.to_owned(), format!("0x{HEX}"), format!("tx: {HEX}")] {
            assert!(!parse(&text).candidates.is_empty(), "{text}");
        }
    }

    #[test]
    fn groups_of_digits_are_refused() {
        let groups = "554872 394230 209376 323698 140250 387423 652803 258676";
        refused(groups, Fault::PrivateKey);
        refused(&groups.replace(' ', "-"), Fault::PrivateKey);
        let lettered: String = groups
            .split(' ')
            .zip('A'..)
            .map(|(group, letter)| format!("{letter}: {group}\n"))
            .collect();
        refused(&lettered, Fault::PrivateKey);
        assert_ne!(parse(&groups[..48]).fault, Some(Fault::PrivateKey));
    }
}
