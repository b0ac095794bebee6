//! Cleaning: what a text goes through before it is read.
//!
//! In this order: white space and invisible characters at the ends, quotes,
//! brackets and closing punctuation around the text, invisible characters
//! inside it, compatibility forms (Unicode [NFKC]) and letters of other
//! alphabets that look like Latin ones. Each step says in a flag that it
//! changed something.
//!
//! Cleaning a cleaned text changes nothing. A text that no family reads is
//! keyed as it stands after cleaning, so that two spellings of it meet.
//!
//! [NFKC]: https://www.unicode.org/reports/tr15/

use unicode_normalization::UnicodeNormalization;

use super::explain::Trace;
use super::{Flags, TEXT_BYTES_MAX};

mod invisible;
mod look_alike;
mod quotes;

#[cfg(test)]
mod laws;

pub(super) use look_alike::fold_word;
pub(super) use quotes::unquote;

use invisible::is_invisible;

/// Most gaps that are closed up. Wallets print addresses in groups of four:
/// nine of an ICAP address, 16 of a taproot address, 24 of a Monero address.
/// A text of more words than that is prose.
const GAPS_MAX: usize = 24;

/// Most layers that are taken off: quotes in brackets in quotes.
const LAYERS_MAX: usize = 8;

/// A text after cleaning.
pub(super) struct Cleaned {
    /// The text that is left.
    pub(super) text: String,
    /// What was done to it.
    pub(super) flags: Flags,
}

/// Returns whether a text is nothing but visible ASCII, which is all that an
/// address is ever written in.
pub(super) fn is_clean(text: &str) -> bool {
    // Every byte without an early end: a few instructions for 16 of them.
    text.bytes()
        .fold(true, |clean, byte| clean & byte.is_ascii_graphic())
}

/// Cleans a text, one step after the other.
pub(super) fn clean(text: &str, trace: &mut impl Trace) -> Cleaned {
    let mut flags = Flags::NONE;
    let mut text = take_off_the_ends(text, &mut flags, trace).to_owned();
    if text.contains(is_invisible) {
        text.retain(|c| !is_invisible(c));
        flags = flags
            .union(Flags::INVISIBLE_REMOVED)
            .union(Flags::SUSPICIOUS);
        trace.step("invisible characters inside removed", &text);
    }
    if !text.is_ascii() {
        if let Some(folded) = compose(&text) {
            flags = flags.union(Flags::COMPATIBILITY_FOLDED);
            // Only what ends as an address could have been disguised as one.
            if folded.is_ascii() && !differs_in_space_only(&text, &folded) {
                flags = flags.union(Flags::SUSPICIOUS);
            }
            trace.step("compatibility forms replaced", &folded);
            text = folded;
        }
        if let Some(folded) = look_alike::fold(&text) {
            flags = flags
                .union(Flags::LOOK_ALIKE_FOLDED)
                .union(Flags::SUSPICIOUS);
            trace.step("look-alike letters replaced", &folded);
            text = folded;
        }
        // What was replaced may have become a space or a full stop.
        text = take_off_the_ends(&text, &mut flags, trace).to_owned();
    }
    Cleaned { text, flags }
}

/// Removes the white space inside a text, as a line that was wrapped has it.
/// `None` if there is none, or so much that the text is prose.
pub(super) fn close_up(text: &str) -> Option<String> {
    let gaps = text.split_whitespace().count().saturating_sub(1);
    let is_wrapped = (1..=GAPS_MAX).contains(&gaps);
    is_wrapped.then(|| text.split_whitespace().collect())
}

/// Takes white space, invisible characters, quotes and punctuation off both
/// ends, in whatever order they stand there.
fn take_off_the_ends<'t>(text: &'t str, flags: &mut Flags, trace: &mut impl Trace) -> &'t str {
    let mut left = text;
    for _ in 0..LAYERS_MAX {
        let before = left;
        left = trim(left, flags);
        if left.len() < before.len() {
            trace.step("ends trimmed", left);
        }
        if let Some(inside) = unquote(left) {
            left = inside;
            *flags = flags.union(Flags::UNQUOTED);
            trace.step("quotes and punctuation taken off", left);
        }
        if left.len() == before.len() {
            break;
        }
    }
    left
}

/// Trims white space and invisible characters.
fn trim<'t>(text: &'t str, flags: &mut Flags) -> &'t str {
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c));
    let start = text.len()
        - text
            .trim_start_matches(|c: char| c.is_whitespace() || is_invisible(c))
            .len();
    let (before, after) = match trimmed {
        "" => (text, ""),
        _ => (&text[..start], &text[start + trimmed.len()..]),
    };
    for c in before.chars().chain(after.chars()) {
        let what = if c.is_whitespace() {
            Flags::TRIMMED
        } else {
            Flags::INVISIBLE_REMOVED
        };
        *flags = flags.union(what);
    }
    trimmed
}

/// Replaces compatibility forms; `None` if there are none. One character can
/// become 18, and no address does: a text that outgrows the limit is left.
fn compose(text: &str) -> Option<String> {
    let mut composed = String::with_capacity(text.len());
    for c in text.nfkc() {
        composed.push(c);
        if composed.len() > TEXT_BYTES_MAX {
            return None;
        }
    }
    (composed != text).then_some(composed)
}

/// Returns whether two texts are the same but for the sort of white space.
fn differs_in_space_only(one: &str, other: &str) -> bool {
    let plain = |c: char| if c.is_whitespace() { ' ' } else { c };
    one.chars().map(plain).eq(other.chars().map(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRON: &str = "TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC";

    #[track_caller]
    fn cleans(text: &str, expected: &str, flags: &[Flags]) {
        let cleaned = clean(text, &mut ());
        assert_eq!(cleaned.text, expected, "{text:?}");
        let expected = flags.iter().copied().fold(Flags::NONE, Flags::union);
        assert_eq!(cleaned.flags, expected, "{text:?}");
        let again = clean(&cleaned.text, &mut ());
        assert_eq!(again.text, cleaned.text, "{text:?}");
        assert!(again.flags.is_empty(), "{text:?} {:?}", again.flags);
    }

    #[test]
    fn the_ends_are_trimmed_and_told_apart() {
        cleans(&format!("\u{a0}{TRON}\r\n"), TRON, &[Flags::TRIMMED]);
        for mark in [
            '\u{200b}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{202a}', '\u{ad}', '\0', '\u{85}',
        ] {
            let flag = if mark.is_whitespace() {
                Flags::TRIMMED
            } else {
                Flags::INVISIBLE_REMOVED
            };
            cleans(&format!("{mark}{TRON}{mark}"), TRON, &[flag]);
        }
        cleans("", "", &[]);
        cleans(" \u{200b}", "", &[Flags::TRIMMED, Flags::INVISIBLE_REMOVED]);
    }

    #[test]
    fn invisible_characters_inside_are_suspicious() {
        cleans(
            "TMVQGm1qAQYVdetCe\u{ad}GRRkTWYYrLXuHK2HC",
            TRON,
            &[Flags::INVISIBLE_REMOVED, Flags::SUSPICIOUS],
        );
    }

    #[test]
    fn compatibility_forms_are_replaced() {
        cleans(
            "TMVQGm１qAQYVdetCeGRRkTWYYrLXuHK２HC",
            TRON,
            &[Flags::COMPATIBILITY_FOLDED, Flags::SUSPICIOUS],
        );
        cleans(
            "𝟎x𝟕E",
            "0x7E",
            &[Flags::COMPATIBILITY_FOLDED, Flags::SUSPICIOUS],
        );
        cleans("a\u{a0}b", "a b", &[Flags::COMPATIBILITY_FOLDED]);
        cleans(
            "a\u{3000}b\u{2003}c",
            "a b c",
            &[Flags::COMPATIBILITY_FOLDED],
        );
        // A colon, and the full stop that a number brings along.
        cleans(
            "bitcoin：１⒈",
            "bitcoin:11",
            &[
                Flags::COMPATIBILITY_FOLDED,
                Flags::SUSPICIOUS,
                Flags::UNQUOTED,
            ],
        );
    }

    #[test]
    fn what_would_outgrow_the_limit_is_left() {
        let text = "\u{fdfa}".repeat(600);
        cleans(&text, &text, &[]);
    }

    #[test]
    fn letters_of_other_alphabets_are_folded() {
        cleans(
            "TН96tFMn8KGiYSLiwсV3E2UiaJc8jmcbz3",
            "TH96tFMn8KGiYSLiwcV3E2UiaJc8jmcbz3",
            &[Flags::LOOK_ALIKE_FOLDED, Flags::SUSPICIOUS],
        );
    }

    #[test]
    fn a_text_in_another_alphabet_stays_as_it_is() {
        for text in [
            "кошелёк 17",
            "СССР 17",
            "ארנק",
            "财布",
            "Ποσό",
            "Müller",
            "оса",
        ] {
            cleans(text, text, &[]);
        }
    }

    #[test]
    fn every_step_is_told_once() {
        let mut steps = Vec::new();
        clean("TMVQ", &mut steps);
        assert!(steps.is_empty());
        clean(" “T\u{200b}Н９”. ", &mut steps);
        let left: Vec<_> = steps.iter().map(|step| step.left.as_str()).collect();
        assert_eq!(
            left,
            [
                "“T\u{200b}Н９”.",
                "“T\u{200b}Н９”",
                "T\u{200b}Н９",
                "TН９",
                "TН9",
                "TH9"
            ]
        );
    }

    #[test]
    fn a_wrapped_line_is_closed_up_and_prose_is_not() {
        assert_eq!(close_up("XE73 38O0\n073K").as_deref(), Some("XE7338O0073K"));
        assert_eq!(close_up("a b  ").as_deref(), Some("ab"));
        assert_eq!(close_up("ab"), None);
        assert_eq!(close_up(""), None);
        assert!(close_up(&"word ".repeat(GAPS_MAX + 1)).is_some());
        assert_eq!(close_up(&"word ".repeat(GAPS_MAX + 2)), None);
    }
}
