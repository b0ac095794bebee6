//! Base 32 of RFC 4648 without padding, in either case.
//!
//! Capitals are the rule with Stellar and Algorand, small letters with
//! Filecoin; which of them a text keeps to is for the family to say.

use data_encoding::BASE32_NOPAD;

/// Most characters that are decoded: a Stellar signed payload has 165.
const TEXT_CHARS_MAX: usize = 165;

/// Decodes a text into the start of a buffer, and returns how many bytes it
/// is. Lengths that no bytes have, and bits left over that are not zero, give
/// `None`, so that no two texts in one case are the same bytes.
pub(in crate::address) fn decode(text: &str, bytes: &mut [u8]) -> Option<usize> {
    let mut upper = [0; TEXT_CHARS_MAX];
    let upper = upper.get_mut(..text.len())?;
    upper.copy_from_slice(text.as_bytes());
    upper.make_ascii_uppercase();
    let length = BASE32_NOPAD.decode_len(upper.len()).ok()?;
    let decoded = BASE32_NOPAD.decode_mut(upper, bytes.get_mut(..length)?);
    decoded.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_cases_are_read_and_nothing_is_left_over() {
        let mut bytes = [0; 8];
        for text in ["MZXW6", "mzxw6"] {
            assert_eq!(decode(text, &mut bytes), Some(3), "{text}");
            assert_eq!(&bytes[..3], b"foo");
        }
        for text in ["MZXW7", "MZX", "MZXW1", "mzxw6==="] {
            assert_eq!(decode(text, &mut bytes), None, "{text}");
        }
        assert_eq!(decode("MZXW6YTBOI", &mut [0; 2]), None);
    }
}
