//! Texts that no family reads, kept as they are.
//!
//! Real lists hold entries that are no address of any known sort. Such an
//! entry is keyed by its text, so that the same text finds it. Two spellings
//! count as the same: white space at the ends is gone before we get here, and
//! a text of nothing but hex digits is keyed in lower case and without `0x`.
//! A text of more than 64 bytes is keyed by its BLAKE3-256, under a class of
//! its own so that it cannot be mistaken for a text.

use super::{AddressKey, KeyClass};

/// Returns the key of a text.
pub(super) fn key(text: &str) -> AddressKey {
    let digits = hex_digits(text);
    let kept = digits.as_deref().unwrap_or(text);
    if kept.len() <= KeyClass::OPAQUE_BYTES_MAX {
        AddressKey::new(KeyClass::Opaque, kept.as_bytes())
    } else {
        AddressKey::new(
            KeyClass::OpaqueDigest,
            blake3::hash(kept.as_bytes()).as_bytes(),
        )
    }
}

/// Writes the text a key was made of. Of a long text only the digest is left.
pub(super) fn write(key: &AddressKey, out: &mut String) {
    match key.class() {
        KeyClass::OpaqueDigest => {
            out.push_str("blake3:");
            out.push_str(&const_hex::encode(key.payload()));
        }
        _ => out.push_str(&String::from_utf8_lossy(key.payload())),
    }
}

/// Returns the digits of a hex text in lower case, without `0x`.
fn hex_digits(text: &str) -> Option<String> {
    let digits = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .unwrap_or(text);
    let is_hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| digits.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Kind, parse};

    #[test]
    fn hex_is_one_text_in_either_case() {
        let digits = "5be5543ff73456ab9f2d207887e2af87322c651ea1a873c5b25b7ffae456c320";
        for text in [
            digits.to_uppercase(),
            format!("0x{digits}"),
            format!("0X{digits}"),
        ] {
            assert_eq!(key(&text), key(digits), "{text}");
        }
        assert_ne!(key("Wallet"), key("wallet"));
        assert_eq!(key("0x").payload(), b"0x");
    }

    #[test]
    fn a_long_text_is_kept_as_its_digest() {
        let longest = "y".repeat(KeyClass::OPAQUE_BYTES_MAX);
        assert_eq!(key(&longest).class(), KeyClass::Opaque);
        let longer = "y".repeat(KeyClass::OPAQUE_BYTES_MAX + 1);
        assert_eq!(key(&longer).class(), KeyClass::OpaqueDigest);
        assert_eq!(key(&longer), key(&longer));
        assert_ne!(key(&longer), key(&format!("{longer}y")));
        let reading = parse(&longer);
        assert_eq!(reading.candidates[0].kind, Kind::Opaque);
        assert!(reading.candidates[0].canonical().starts_with("blake3:"));
    }

    #[test]
    fn the_text_comes_back() {
        let reading = parse(" кошелёк 17 ");
        assert_eq!(reading.candidates[0].canonical(), "кошелёк 17");
    }
}
