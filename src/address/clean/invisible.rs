//! Characters that nobody sees.

/// Returns whether a character leaves no trace on paper: control characters
/// that are no white space, and what Unicode calls [default ignorable]
/// (zero-width characters, marks of direction, the soft hyphen, fillers,
/// variation selectors, tags), besides the marks of annotations, the blank
/// of braille, and marks that enclose or join what stands beside them and
/// that many fonts leave blank.
///
/// [default ignorable]: https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
pub(super) fn is_invisible(c: char) -> bool {
    match c {
        ' '..='~' => false,
        _ if c.is_whitespace() => false,
        _ => {
            c.is_control()
                || matches!(c,
                    '\u{ad}'
                    | '\u{34f}'
                    | '\u{61c}'
                    | '\u{6dd}'
                    | '\u{115f}'..='\u{1160}'
                    | '\u{17b4}'..='\u{17b5}'
                    | '\u{180b}'..='\u{180f}'
                    | '\u{200b}'..='\u{200f}'
                    | '\u{202a}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}'
                    | '\u{20e3}'
                    | '\u{2800}'
                    | '\u{3164}'
                    | '\u{fe00}'..='\u{fe0f}'
                    | '\u{feff}'
                    | '\u{ffa0}'
                    | '\u{fff0}'..='\u{fffb}'
                    | '\u{110bd}'
                    | '\u{13430}'..='\u{1343f}'
                    | '\u{1bca0}'..='\u{1bca3}'
                    | '\u{1d159}'
                    | '\u{1d173}'..='\u{1d17a}'
                    | '\u{e0000}'..='\u{e0fff}')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_letters_are_seen() {
        for c in [
            '\0',
            '\u{1b}',
            '\u{7f}',
            '\u{9f}',
            '\u{200b}',
            '\u{2069}',
            '\u{6dd}',
            '\u{20e3}',
            '\u{110bd}',
            '\u{13430}',
            '\u{1343f}',
            '\u{1d159}',
            '\u{e0041}',
        ] {
            assert!(is_invisible(c), "{c:?}");
        }
        for c in [
            'a', ' ', '\t', '\n', '\u{85}', '\u{a0}', '\u{2028}', 'я', 'א', '-', '\u{301}',
        ] {
            assert!(!is_invisible(c), "{c:?}");
        }
    }
}
