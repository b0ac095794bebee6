//! What a publisher puts into an address to break it.

use super::look;

/// Most bytes at a break: a new line and its indentation, or a tag.
pub(super) const GAP_BYTES_MAX: usize = 32;

/// What a page has where a long word may be broken, or was.
const MARKS: &[&str] = &[
    "<wbr>", "<wbr/>", "<wbr />", "</wbr>", "<br>", "<br/>", "<br />", "&shy;", "&#8203;",
];

/// What stands for the middle of an address that is shortened.
const DOTS: &[&str] = &["...", "\u{2026}"];

/// A stretch of a text that may break an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    /// Where it ends.
    pub(super) end: usize,
    /// It has only blanks: the parts are put together by whoever reads them.
    pub(super) is_blank: bool,
    /// It breaks a line, or says where one may be broken.
    pub(super) is_line: bool,
    /// Something was left out.
    pub(super) is_cut: bool,
}

/// Returns the break that follows a word.
pub(super) fn after(text: &str, at: usize) -> Option<Gap> {
    let mut gap = Gap {
        end: at,
        is_blank: true,
        is_line: false,
        is_cut: false,
    };
    loop {
        let rest = &text[gap.end..];
        let next = rest.chars().next()?;
        if look::is_letter_or_digit(next) {
            return (gap.end > at).then_some(gap);
        }
        let taken = if next.is_whitespace() {
            gap.is_line |= next == '\n';
            next.len_utf8()
        } else {
            gap.is_blank = false;
            if let Some(mark) = starts_with_one(rest, MARKS) {
                gap.is_line = true;
                mark
            } else if let Some(dots) = starts_with_one(rest, DOTS) {
                gap.is_cut = true;
                dots
            } else if is_hyphen(rest, next) || look::is_word_character(next) {
                next.len_utf8()
            } else {
                return None;
            }
        };
        gap.end += taken;
        if gap.end - at > GAP_BYTES_MAX {
            return None;
        }
    }
}

/// Tells a hyphen that a line was broken with.
fn is_hyphen(rest: &str, first: char) -> bool {
    let behind = rest[first.len_utf8()..].trim_start_matches([' ', '\t', '\r']);
    let ends_line = behind.starts_with('\n') || starts_with_one(behind, MARKS).is_some();
    matches!(first, '-' | '\u{2010}' | '\u{2011}') && ends_line
}

/// Returns the length of the first of several beginnings that a text has.
fn starts_with_one(text: &str, beginnings: &[&str]) -> Option<usize> {
    let has = |beginning: &&&str| {
        let head = text.get(..beginning.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(beginning))
    };
    beginnings.iter().find(has).map(|beginning| beginning.len())
}
