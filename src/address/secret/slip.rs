//! Secrets with a slip in them.
//!
//! A character too many, too few or mistaken for another hides a private key
//! from whoever decodes it, and most of the key is still there. What is left
//! to go by is how many characters it has and how random they are.

use super::{is_base58, is_private_word, is_stellar_seed};
use crate::address::candidate::Checksum;
use crate::address::encoding::base58;
use crate::address::encoding::base58check::{self, Alphabet};
use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest};

/// Most characters of a secret that are none of its alphabet.
const STRANGE_CHARS_MAX: usize = 3;

/// What a public key of EOS begins with, which has 53 characters.
const EOS_MARK: &str = "EOS";

/// Fewest and most of what is left of any secret in pieces.
const PIECES_CHARS: std::ops::RangeInclusive<usize> = 28..=111;

/// Fewest characters of a piece that can be an address by itself.
const ADDRESS_CHARS_MIN: usize = 20;

/// Returns whether a word looks like a mistyped private key.
pub(super) fn is_mistyped(word: &str) -> bool {
    match word.len() {
        28..=31 => word.starts_with('s') && is_random_base58(word),
        50..=53 => is_random_base58(word) && !word.starts_with(EOS_MARK) && !has_checksum(word),
        55..=57 => is_mistyped_stellar_seed(word),
        _ => false,
    }
}

/// Returns whether a text is a private key in pieces: of two or four letters,
/// of a line each, with a hyphen where a line ended.
pub(super) fn is_in_pieces(text: &str, is_address: impl Fn(&str, Checksum) -> bool) -> bool {
    let is_between = |c: char| c.is_whitespace() || matches!(c, '-' | ',') || is_unseen(c);
    if !text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || is_between(c))
    {
        return false;
    }
    let whole: String = text.chars().filter(|&c| !is_between(c)).collect();
    if !PIECES_CHARS.contains(&whole.len()) {
        return false;
    }
    let is_likely =
        is_private_word(&whole) || is_mistyped(&whole) && !is_address(&whole, Checksum::None);
    let pieces = || text.split(is_between).filter(|piece| !piece.is_empty());
    // A piece that decodes to 32 bytes may still be one of a secret.
    let is_other = |piece: &str| {
        let rest = || whole.replacen(piece, "", 1);
        piece.len() >= ADDRESS_CHARS_MIN
            && (is_address(piece, Checksum::Weak)
                || is_address(piece, Checksum::None) && !is_random(&rest()))
    };
    is_likely && !pieces().any(is_other) && !pieces().all(|piece| is_address(piece, Checksum::None))
}

fn is_unseen(c: char) -> bool {
    !c.is_ascii() && !c.is_alphanumeric()
}

/// Letters of both cases and digits without order, nearly all of base 58.
fn is_random_base58(word: &str) -> bool {
    let strange = word.bytes().filter(|byte| !is_base58(byte)).count();
    strange <= STRANGE_CHARS_MAX
        && word.bytes().any(|byte| byte.is_ascii_uppercase())
        && word.bytes().any(|byte| byte.is_ascii_lowercase())
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && is_random(word)
}

/// Returns whether capitals, small letters and digits change as often as they
/// do at random, which they do at three of five characters.
fn is_random(word: &str) -> bool {
    let class = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    let bytes = word.as_bytes();
    let changes = bytes
        .windows(2)
        .filter(|pair| class(pair[0]) != class(pair[1]));
    changes.count() * 3 > bytes.len()
}

/// Returns whether the checksum of another form holds: that of Aeternity's
/// accounts, or of Ergo's, which have as many characters as a private key.
fn has_checksum(word: &str) -> bool {
    let mut bytes = [0; base58::BYTES_MAX];
    let decoded = base58::decode(word, Alphabet::BITCOIN, &mut bytes);
    let Some((content, checksum)) = decoded
        .and_then(|decoded_bytes| bytes.get(..decoded_bytes))
        .and_then(|bytes| bytes.split_last_chunk::<4>())
    else {
        return false;
    };
    Blake2b::<U32>::digest(content).starts_with(checksum)
        || base58check::decode(word, Alphabet::BITCOIN)
            .is_some_and(|decoded| decoded.checksum_holds())
}

/// A Stellar seed that is a character longer or shorter than it should be, or
/// has some that base 32 lacks. Only one that is random has a few digits.
fn is_mistyped_stellar_seed(word: &str) -> bool {
    let is_strange = |byte: &u8| matches!(byte, b'0' | b'1' | b'8' | b'9');
    let strange = word.bytes().filter(is_strange).count();
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let plain: Vec<u8> = word
        .bytes()
        .map(|byte| if is_strange(&byte) { b'2' } else { byte })
        .collect();
    strange < STRANGE_CHARS_MAX && digits > 1 && is_stellar_seed(&plain)
}

#[cfg(test)]
mod tests {
    use super::super::tests::refused;
    use crate::address::{Fault, parse};

    const WIF: &str = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn";
    const UNCOMPRESSED: &str = "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf";

    #[test]
    fn a_slip_hides_no_private_key() {
        for key in [WIF, UNCOMPRESSED] {
            for at in [0, 1, 2, 10, 24, 30, 43, 44, key.len() - 1] {
                let (start, end) = key.split_at(at);
                for slip in ["O", "0", "l", "I", "x", "7"] {
                    refused(&format!("{start}{slip}{end}"), Fault::PrivateKey);
                    refused(&format!("{start}{slip}{}", &end[1..]), Fault::PrivateKey);
                }
                for slip in ["-", ", ", "\u{200b}", " ", "\n"] {
                    refused(&format!("{start}{slip}{end}"), Fault::PrivateKey);
                }
                refused(&format!("{start}{}", &end[1..]), Fault::PrivateKey);
                refused(&format!("key={start}{}", &end[1..]), Fault::PrivateKey);
            }
        }
    }

    #[test]
    fn pieces_hide_no_private_key() {
        for key in [
            WIF,
            UNCOMPRESSED,
            &WIF[1..],
            "snoPBrXtMeMyMHUVTgbuqAfg1SUTb",
            "SBGWSG6BTNCKCOB3DIFBGCVMUPQFYPA2G4O34RMTB343OYPXU5DJDVMN",
        ] {
            for chars in [2, 4, 5, 10] {
                for joint in [" ", "-", ", ", " - "] {
                    let letters: Vec<char> = key.chars().collect();
                    let pieces: Vec<String> = letters
                        .chunks(chars)
                        .map(|piece| piece.iter().collect())
                        .collect();
                    refused(&pieces.join(joint), Fault::PrivateKey);
                }
            }
        }
    }

    #[test]
    fn a_slip_hides_no_seed() {
        for text in [
            "sn0PBrXtMeMyMHUVTgbuqAfg1SUTb",
            "sEdTM1uX8pu2do5XvTnutH6HsouMa0M",
            "SBGWSG6BTNCKCOB3DIFBGCVMUPQFYPA2G4O34RMTB343OYPXU5DJDVM",
            "SBGWSG6BTNCKCOB3DIFBGCVMUPQFYPA2G4034RMTB343OYPXU5DJDVMN",
            "sbgwsg6btnckcob3difbgcvmupqfypa2g4o34rmtb343oypxu5djdvm",
        ] {
            refused(text, Fault::PrivateKey);
            refused(&format!("seed {text}"), Fault::PrivateKey);
        }
    }

    #[test]
    fn what_has_as_many_characters_and_another_checksum_is_read() {
        for text in [
            // Ergo and Aeternity, from their documentation.
            "9fRAWhdxEsTcdb8PhGNrZfwqa65zfkuYHAMmkQLcic1gdLSV5vA",
            "ak_2swhLkgBPeeADxVTAVCJnZLY5NZtCFiM93JxsEaMuC59euuFRQ",
            "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH Binance hot wallet",
            "2gVkYWexTHR5Hb2aLeQN3tnngvWzisFKXDUPrgMHpdST, hotwallet",
            "please send to Alice on Monday 25 at noon, thank you all",
        ] {
            assert!(!parse(text).candidates.is_empty(), "{text}");
        }
    }
}
