//! Percent codes, as in URIs ([RFC 3986], section 2.1).
//!
//! [RFC 3986]: https://www.rfc-editor.org/rfc/rfc3986#section-2.1

/// Returns the bytes of a text with every `%XX` replaced; `None` if it has no
/// `%`. What is not such a code is left, and the bytes need not be text.
pub(in crate::address) fn decode(text: &str) -> Option<Vec<u8>> {
    if !text.contains('%') {
        return None;
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let mut byte = [bytes[index]];
        let digits = bytes.get(index + 1..index + 3).unwrap_or_default();
        let is_coded = byte == *b"%" && const_hex::decode_to_slice(digits, &mut byte).is_ok();
        decoded.push(byte[0]);
        index += if is_coded { 3 } else { 1 };
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_replaced_once_and_the_rest_is_left() {
        assert_eq!(decode("a%3Ab%253a"), Some(b"a:b%3a".to_vec()));
        assert_eq!(decode("%+1%4"), Some(b"%+1%4".to_vec()));
        assert_eq!(decode("%ff"), Some(vec![0xff]));
        assert_eq!(decode("plain"), None);
    }
}
