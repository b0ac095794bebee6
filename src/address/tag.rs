//! The customer behind an account: a destination tag, a memo, a payment id.
//!
//! Exchanges take deposits of all their customers in one account and tell
//! them apart by a tag. A list entry with a tag is about that customer; the
//! same account with another tag is, perhaps, somebody else. What follows
//! from it is decided in `relation` and by the policy.

use std::fmt;

/// The customer behind an account, as a text that can be compared.
///
/// A number is written without leading zeros, a payment id in lower-case hex,
/// any other memo as it was given. `Debug` hides it: it is text someone sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(Box<str>);

impl Tag {
    /// Longest tag in bytes: the 64 of a text memo in hex.
    pub const BYTES_MAX: usize = 128;

    /// Returns a number as a tag.
    pub fn number(number: u64) -> Self {
        Self(number.to_string().into())
    }

    /// Returns bytes as a tag: a Monero payment id.
    pub fn bytes(bytes: &[u8]) -> Self {
        Self(const_hex::encode(bytes).into())
    }

    /// Returns a text as a tag; `None` if it is empty or too long.
    ///
    /// ```
    /// use interdict::address::Tag;
    ///
    /// assert_eq!(Tag::text(" 0042 "), Some(Tag::number(42)));
    /// assert_eq!(Tag::text(""), None);
    /// ```
    pub fn text(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = !text.is_empty() && text.len() <= Self::BYTES_MAX;
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let kept = match text.trim_start_matches('0') {
            "" if is_number => "0",
            digits if is_number => digits,
            _ => text,
        };
        fits.then(|| Self(kept.into()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_as_numbers_and_other_memos_as_text() {
        assert_eq!(Tag::text("007"), Some(Tag::number(7)));
        assert_eq!(Tag::text("000"), Some(Tag::number(0)));
        assert_eq!(Tag::text("memo 7").expect("a memo").as_str(), "memo 7");
        assert_eq!(Tag::bytes(&[0, 0xab]).as_str(), "00ab");
        assert_eq!(Tag::text(&"7".repeat(Tag::BYTES_MAX + 1)), None);
        assert_eq!(format!("{:?}", Tag::number(123)), "Tag(3 bytes)");
    }
}
