//! Quotes, brackets and punctuation around a text.

/// What opens and what closes. Quotes are used in more than one direction.
const PAIRS: &[(char, char)] = &[
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('´', '´'),
    ('`', '´'),
    ('`', '\''),
    ('“', '”'),
    ('„', '“'),
    ('„', '”'),
    ('”', '”'),
    ('“', '“'),
    ('‘', '’'),
    ('‚', '‘'),
    ('‚', '’'),
    ('’', '’'),
    ('«', '»'),
    ('»', '«'),
    ('‹', '›'),
    ('›', '‹'),
    ('「', '」'),
    ('『', '』'),
    ('【', '】'),
    ('〈', '〉'),
    ('《', '》'),
    ('＂', '＂'),
    ('＇', '＇'),
    ('(', ')'),
    ('[', ']'),
    ('{', '}'),
    ('<', '>'),
    ('（', '）'),
    ('［', '］'),
    ('｛', '｝'),
    ('＜', '＞'),
];

/// Punctuation that closes a sentence or an item of a list, and the star that
/// points to a footnote.
const CLOSING: &[char] = &['.', ',', ';', '*', '。', '，', '、', '．', '；', '＊'];

/// Takes one layer of quotes or brackets off a text, or the punctuation that
/// stands behind it. `None` if there is neither, or nothing would be left.
pub(in crate::address) fn unquote(text: &str) -> Option<&str> {
    let bare = text.trim_end_matches(CLOSING);
    if bare.len() < text.len() {
        return (!bare.is_empty()).then_some(bare);
    }
    let (first, last) = (text.chars().next()?, text.chars().next_back()?);
    let inside = text.get(first.len_utf8()..text.len() - last.len_utf8())?;
    let is_pair = PAIRS.contains(&(first, last)) && belong_together(first, last, inside);
    (is_pair && !inside.is_empty()).then_some(inside)
}

/// Returns whether the first and the last character of a text belong to each
/// other, and not to others between them as in `(a) or (b)`.
fn belong_together(open: char, close: char, inside: &str) -> bool {
    if open == close {
        return !inside.trim_matches(open).contains(open);
    }
    let mut depth = 0_u32;
    for c in inside.chars() {
        if c == open {
            depth += 1;
        } else if c == close {
            let Some(outer) = depth.checked_sub(1) else {
                return false;
            };
            depth = outer;
        }
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_layer_is_taken_off() {
        for text in [
            "\"a\"", "“a”", "„a“", "«a»", "‹a›", "「a」", "<a>", "[a]", "(a)", "{a}", "`a`", "'a'",
            "a.", "a;,", "a*",
        ] {
            assert_eq!(unquote(text), Some("a"), "{text}");
        }
        assert_eq!(unquote("\"\"a\"\""), Some("\"a\""));
        assert_eq!(unquote("((a) b)"), Some("(a) b"));
    }

    #[test]
    fn what_does_not_belong_together_stays() {
        for text in [
            "(a) or (b)",
            "\"a\" and \"b\"",
            "\"a",
            "a)",
            "(a]",
            "\"",
            "\"\"",
            "()",
            "...",
            "",
            "-",
        ] {
            assert_eq!(unquote(text), None, "{text}");
        }
    }
}
