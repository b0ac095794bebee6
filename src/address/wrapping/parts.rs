//! The parts of a URI: scheme, path, parameters ([RFC 3986]).
//!
//! [RFC 3986]: https://www.rfc-editor.org/rfc/rfc3986

use super::ADDRESS_CHARS_MIN;
use super::hidden::is_meant_as_address;
use crate::address::encoding::percent;

/// Characters of an account of TON.
const BASE64_ACCOUNT_CHARS: usize = 48;

/// Longest scheme in bytes.
const SCHEME_BYTES_MAX: usize = 32;

/// Splits off a scheme, in lower case.
pub(super) fn split_scheme(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = (2..=SCHEME_BYTES_MAX).contains(&scheme.len())
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte));
    is_scheme.then(|| (scheme.to_ascii_lowercase(), rest))
}

/// What stands between parameters. Besides `&` some readers split at `;`, some
/// writers put a second `?`, and a fragment is read as one more parameter.
const BETWEEN_PARAMETERS: [char; 4] = ['&', ';', '?', '#'];

/// Splits the part after the scheme into path and parameters, among them a
/// fragment that is more than a place in a page. Both slashes in front are
/// left out, and one behind that is no digit of base 64.
pub(super) fn split_query(rest: &str) -> (&str, &str) {
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (path, query) = rest.split_at(end);
    let query = match query.split_once('#') {
        Some((query, place)) if !place.contains('=') && place.len() < ADDRESS_CHARS_MIN => query,
        _ => query,
    };
    let path = match path.strip_suffix('/') {
        Some(_) if is_base64_account(path) => path,
        Some(bare) => bare,
        None => path,
    };
    (path, query)
}

/// Returns whether the last part of a path with a slash behind it is an
/// account of TON in base 64, which the slash belongs to.
fn is_base64_account(path: &str) -> bool {
    let start = path.len().checked_sub(BASE64_ACCOUNT_CHARS);
    start
        .and_then(|start| path.get(start..))
        .is_some_and(is_meant_as_address)
}

/// Returns the parameters of a query, with their names in lower case and
/// their values decoded. A name as long as an address is its value too.
pub(super) fn parameters(query: &str) -> impl Iterator<Item = (String, String)> {
    let pairs = query.split(BETWEEN_PARAMETERS);
    pairs.filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = match pair.split_once('=') {
            // So long a name may itself be an address.
            _ if pair.find('=').unwrap_or(pair.len()) >= ADDRESS_CHARS_MIN => (pair, pair),
            Some(both) => both,
            None => (pair, ""),
        };
        (
            decode_percent(name).trim().to_ascii_lowercase(),
            decode_percent(value),
        )
    })
}

/// Replaces `%XX`. A text that would be none afterwards is left.
pub(super) fn decode_percent(text: &str) -> String {
    let decoded = percent::decode(text).and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.unwrap_or_else(|| text.to_owned())
}

/// Takes off a prefix of ASCII, in any case.
pub(super) fn strip_prefix_any_case<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_is_a_word_that_begins_with_a_letter() {
        assert_eq!(
            split_scheme("BitCoin:x:y"),
            Some(("bitcoin".to_owned(), "x:y"))
        );
        for text in ["bitcoin", ":x", "a:x", "0x:y", "-1:x", "a b:x", "é:x"] {
            assert_eq!(split_scheme(text), None, "{text}");
        }
    }

    #[test]
    fn path_and_parameters_are_told_apart() {
        assert_eq!(split_query("//a/?b=c&d#e"), ("a", "?b=c&d"));
        assert_eq!(split_query("a#b=c?d"), ("a", "#b=c?d"));
        assert_eq!(split_query("a"), ("a", ""));
        let given: Vec<_> = parameters("?A=b%3ac&&d").collect();
        assert_eq!(
            given,
            [("a".into(), "b:c".into()), ("d".into(), String::new())]
        );
    }

    #[test]
    fn percents_are_decoded_once_and_never_to_what_is_no_text() {
        assert_eq!(decode_percent("a%3Ab%253a"), "a:b%3a");
        for text in ["%", "%3", "%zz", "%ff", "%é%%", "100%"] {
            assert_eq!(decode_percent(text), text);
        }
        assert_eq!(decode_percent("%+1%41"), "%+1A");
    }
}
