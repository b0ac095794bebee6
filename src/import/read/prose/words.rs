//! The words of a text, and what around a word can belong to an address.

use super::{WORD_BYTES_MIN, look};

/// Characters of a TON address in base 64, where `-` and `_` are digits.
const TON_CHARS: usize = 48;

/// Most bytes of what stands before a colon and belongs to the address.
const PREFIX_BYTES_MAX: usize = 16;

/// A stretch of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Word {
    pub(super) fn of(self, text: &str) -> &str {
        &text[self.start..self.end]
    }
}

/// The words of a text: runs of characters that an address can be written
/// in, well or badly.
pub(super) struct Words<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        let rest = &self.text[self.at..];
        let start = self.at + rest.find(look::is_letter_or_digit)?;
        let run = &self.text[start..];
        let run = &run[..run
            .find(|c| !look::is_word_character(c))
            .unwrap_or(run.len())];
        let run = run.trim_end_matches(|c| !look::is_letter_or_digit(c));
        let end = start + run.len();
        self.at = end;
        Some(Word { start, end })
    }
}

/// Returns the text of a TON address' length that begins a run of base 64.
pub(super) fn ton_at(text: &str, start: usize) -> Option<Word> {
    let [url_safe, standard] = [['-', '_'], ['+', '/']].map(|extra| {
        let is_digit = |c: char| c.is_ascii_alphanumeric() || extra.contains(&c);
        let is_first = !text[..start].ends_with(is_digit);
        let run = text.as_bytes()[start..].iter().take(TON_CHARS + 1);
        let run = run.take_while(|byte| is_digit(char::from(**byte))).count();
        let end = start + TON_CHARS;
        (is_first && run == TON_CHARS && text[start..end].contains(extra))
            .then_some(Word { start, end })
    });
    url_safe.or(standard)
}

/// Returns a word with what stands before it and a colon: the checksum of
/// some addresses includes it.
pub(super) fn prefixed(text: &str, word: Word) -> Option<Word> {
    let before = text[..word.start].strip_suffix(':')?;
    let prefix_bytes = before
        .bytes()
        .rev()
        .take(PREFIX_BYTES_MAX + 1)
        .take_while(u8::is_ascii_alphanumeric)
        .count();
    let fits = (1..=PREFIX_BYTES_MAX).contains(&prefix_bytes);
    let is_long = word.end - word.start >= WORD_BYTES_MIN;
    (fits && is_long).then(|| Word {
        start: before.len() - prefix_bytes,
        end: word.end,
    })
}

/// Returns where a certain prefix before a word begins, if it is there.
pub(super) fn start_of_prefix(text: &str, start: usize, prefix: &str) -> Option<usize> {
    let at = start.checked_sub(prefix.len() + 1)?;
    let before = text.get(at..start)?.strip_suffix(':')?;
    let is_whole = !text[..at].ends_with(|c: char| c.is_alphanumeric());
    (is_whole && before.eq_ignore_ascii_case(prefix)).then_some(at)
}
