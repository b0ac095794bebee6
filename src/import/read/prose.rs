//! Wallet addresses in free text.
//!
//! Some authorities have no field for a wallet: its address stands in a
//! remark, a statement of reasons, a press release. [`find`] returns every
//! stretch of a text that is an address beyond doubt, exactly as it stands
//! there, and every one that only looks like an address, so that somebody
//! compares it with the publication instead of it being lost.
//!
//! A text is no list: most of its words are words, and its numbers are
//! passports, telephones, accounts at banks. Only what carries a checksum, or
//! has a form that nothing else has (`0x` and 40 hex digits, a Solana account
//! in Base58), is taken; of 32 bytes in hex nobody can say whether they are an
//! account or a transaction, so they are reported. An address that the
//! publisher broke over two lines, or with a mark of the page, is put together
//! again if its checksum then holds, and reported if none can; so are the ends
//! of one that was shortened. Every word is looked at a bounded number of
//! times.
//!
//! Names and short numbers of accounts (EOS, NEAR, Hedera, Filecoin's ids) are
//! words and numbers, and not found. What an address means, and whose it is,
//! is left to the readers.

use crate::address::{self, AddressKey, Candidate, Fault, Networks, Reading};

use super::fault::RowFault;
use super::row::Excerpt;

mod breaks;
mod label;
mod look;
mod mentions;
#[cfg(test)]
mod real;
mod words;

pub(super) use mentions::{Mentions, TooMany};

use breaks::Gap;
use words::{Word, Words, prefixed, start_of_prefix, ton_at};

/// Fewest bytes of a word that can be an address.
const WORD_BYTES_MIN: usize = 20;

/// Most bytes of a word that can be an address: a Zcash unified address of
/// every receiver has about 500.
const WORD_BYTES_MAX: usize = 512;

/// Most words that one broken address is put together from.
const PARTS_MAX: usize = 3;

/// Bytes at the end of a text in which its last address begins.
const TAIL_BYTES: usize = 2 * WORD_BYTES_MAX;

/// Something found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Find<'t> {
    /// The stretch of text.
    pub(super) text: &'t str,
    /// The address itself, where something that is no blank breaks it.
    pub(super) joined: Option<String>,
    /// The byte it begins at.
    pub(super) at: usize,
    /// The ticker or chain that the text puts before it.
    pub(super) ticker: Option<&'t str>,
    /// Its canonical form; none if it is no address. Two spellings of one
    /// address have the same.
    pub(super) canonical: Option<String>,
    /// What is odd about an address, or why it is not taken for one.
    pub(super) fault: Option<RowFault>,
}

/// Returns the addresses in a text, and what only looks like them, in order.
pub(super) fn find(text: &str) -> impl Iterator<Item = Find<'_>> {
    Finder {
        words: Words { text, at: 0 },
        taken: 0,
        before: None,
    }
}

/// Returns whether a text ends, without a new line, within what looks like the
/// beginning of an address. A whole address there is no reason to think that
/// anything is missing.
pub(super) fn ends_within_address(text: &str) -> bool {
    let from = text.floor_char_boundary(text.len().saturating_sub(TAIL_BYTES));
    let tail = &text[from..];
    let is_word = |c: &char| look::is_word_character(*c);
    let word_chars = tail.chars().rev().take_while(is_word);
    let word_bytes: usize = word_chars.map(char::len_utf8).sum();
    let word = &tail[tail.len() - word_bytes..];
    let ends_whole =
        |found: Find<'_>| found.canonical.is_some() && found.at + found.text.len() == tail.len();
    look::begins_address(word) && !find(tail).any(ends_whole)
}

/// A way through a text.
struct Finder<'t> {
    words: Words<'t>,
    /// Where the last find ended: nothing before belongs to another.
    taken: usize,
    /// Where the last address ended and which ticker it has: a ticker stands
    /// for all addresses of the list that follows it.
    before: Option<(usize, &'t str)>,
}

impl<'t> Iterator for Finder<'t> {
    type Item = Find<'t>;

    fn next(&mut self) -> Option<Find<'t>> {
        loop {
            let word = self.words.next()?;
            let Some((word, judged)) = self.judge_around(word) else {
                continue;
            };
            self.words.at = word.end;
            self.taken = word.end;
            return Some(self.found(word, judged));
        }
    }
}

impl<'t> Finder<'t> {
    /// Looks at a word, with what stands around it where that can belong to
    /// an address.
    fn judge_around(&self, word: Word) -> Option<(Word, Judged)> {
        let text = self.words.text;
        if look::is_host(text, word.end) {
            return None;
        }
        let ton = ton_at(text, word.start).and_then(|ton| Some((ton, judge(ton.of(text))?)));
        if let Some((ton, judged @ Judged::Address { .. })) = ton {
            return Some((ton, judged));
        }
        let judged = judge(word.of(text));
        if let Some(Judged::Address { canonical, .. }) = &judged {
            let start = canonical
                .split_once(':')
                .and_then(|(prefix, _)| start_of_prefix(text, word.start, prefix))
                .filter(|&start| start >= self.taken);
            let start = start.unwrap_or(word.start);
            return judged.map(|judged| (Word { start, ..word }, judged));
        }
        let prefixed = prefixed(text, word)
            .filter(|whole| whole.start >= self.taken)
            .and_then(|whole| Some((whole, judge(whole.of(text))?)));
        if let Some((whole, judged @ Judged::Address { .. })) = prefixed {
            return Some((whole, judged));
        }
        self.judge_broken(word)
            .or_else(|| judged.map(|judged| (word, judged)))
            .or_else(|| self.like_broken(word))
    }

    /// Puts a word and those behind it together, if that makes an address
    /// whose checksum holds.
    fn judge_broken(&self, first: Word) -> Option<(Word, Judged)> {
        let text = self.words.text;
        let begins = first.of(text);
        if !look::may_begin_address(begins) {
            return None;
        }
        let mut together = begins.to_owned();
        let mut last = first;
        let mut is_blank = true;
        for _ in 1..PARTS_MAX {
            let (next, gap) = self.part_after(last)?;
            let part = next.of(text);
            let fits = together.len() + part.len() <= WORD_BYTES_MAX && part.is_ascii();
            if gap.is_cut || !fits || matches!(judge(part), Some(Judged::Address { .. })) {
                return None;
            }
            together.push_str(part);
            last = next;
            is_blank &= gap.is_blank;
            let Some(Judged::Address {
                key,
                canonical,
                networks,
                fault: None,
                is_vouched: true,
                joined: None,
            }) = judge(&together)
            else {
                continue;
            };
            let whole = Word {
                start: first.start,
                end: last.end,
            };
            // What is listed is the published text: it must lead to the key.
            // Marks of a page are no part of it.
            let joined = (!is_blank).then(|| together.clone());
            let reading = address::parse(joined.as_deref().unwrap_or(whole.of(text)));
            if reading.candidates.iter().any(|found| found.key == key) {
                let fault = Some(RowFault::Broken(Excerpt::of(whole.of(text))));
                let judged = Judged::Address {
                    key,
                    canonical,
                    networks,
                    fault,
                    is_vouched: true,
                    joined,
                };
                return Some((whole, judged));
            }
        }
        None
    }

    /// Returns the word behind another that may belong to the same address,
    /// and what stands between them.
    fn part_after(&self, word: Word) -> Option<(Word, Gap)> {
        let text = self.words.text;
        let gap = breaks::after(text, word.end)?;
        let mut words = Words { text, at: gap.end };
        Some((words.next()?, gap))
    }

    /// Reports two words that look like the parts of an address, if nothing
    /// but the break says that they belong together.
    fn like_broken(&self, first: Word) -> Option<(Word, Judged)> {
        let text = self.words.text;
        let (next, gap) = self.part_after(first)?;
        let (begins, part) = (first.of(text), next.of(text));
        let is_break = gap.is_line || gap.is_cut;
        if !is_break || !look::are_parts(begins, part, gap.is_cut) {
            return None;
        }
        let is_other = matches!(judge(part), Some(Judged::Address { .. }));
        if is_other || self.judge_broken(next).is_some() {
            return None;
        }
        let whole = Word {
            start: first.start,
            end: next.end,
        };
        Some((whole, like(whole.of(text), None)))
    }

    fn found(&mut self, word: Word, judged: Judged) -> Find<'t> {
        let text = self.words.text;
        let find = Find {
            text: word.of(text),
            joined: None,
            at: word.start,
            ticker: None,
            canonical: None,
            fault: None,
        };
        match judged {
            Judged::Like(fault) => Find {
                fault: Some(fault),
                ..find
            },
            Judged::Address {
                canonical,
                networks,
                fault,
                joined,
                ..
            } => {
                let ticker = label::before(text, word.start)
                    .or_else(|| label::carried(text, self.before, word.start, networks));
                self.before = ticker.map(|ticker| (word.end, ticker));
                Find {
                    ticker,
                    canonical: Some(canonical),
                    fault,
                    joined,
                    ..find
                }
            }
        }
    }
}

/// What a word turned out to be.
#[derive(Debug)]
enum Judged {
    Address {
        key: AddressKey,
        /// Its canonical form, and the customer it names.
        canonical: String,
        networks: Networks,
        /// What is odd about how it is written.
        fault: Option<RowFault>,
        /// Its checksum holds.
        is_vouched: bool,
        /// Its text, where something that is no blank breaks it.
        joined: Option<String>,
    },
    /// It may be one, and nothing in it tells.
    Like(RowFault),
}

/// Looks at a word by itself.
fn judge(word: &str) -> Option<Judged> {
    if word.len() > WORD_BYTES_MAX {
        return look::has_hex_address(word).then(|| like(word, None));
    }
    if !look::is_worth_reading(word) {
        return None;
    }
    let reading = address::parse(word);
    if let Some(found) = evident(word, &reading) {
        let mut canonical = found.canonical();
        if let Some(tag) = &found.tag {
            canonical.push_str(&format!("#{tag:?}"));
        }
        return Some(Judged::Address {
            key: found.key.clone(),
            canonical,
            networks: found.networks,
            fault: oddity(word, reading.fault),
            is_vouched: reading.is_strict() && look::has_checksum(found.kind, word),
            joined: None,
        });
    }
    look::is_like(word, reading.fault).then(|| like(word, reading.fault))
}

/// Returns the reading of a word that nobody can doubt, if there is one.
fn evident<'r>(word: &str, reading: &'r Reading) -> Option<&'r Candidate> {
    reading.candidates.iter().find(|found| {
        let canonical;
        // Of a disguised address only the bare form has the right look.
        let bare = if word.is_ascii() {
            word
        } else {
            canonical = found.canonical();
            &canonical
        };
        let is_readable = found.strict
            || look::is_hex_address(bare)
            || matches!(
                reading.fault,
                Some(Fault::LookAlike | Fault::Altered | Fault::MixedCase | Fault::ChecksumKind)
            );
        is_readable && look::is_evident(found.kind, bare)
    })
}

/// Says what is odd about how an address is written.
fn oddity(word: &str, fault: Option<Fault>) -> Option<RowFault> {
    match fault {
        _ if !word.is_ascii() => Some(RowFault::NotAscii(Excerpt::of(word))),
        Some(_) => Some(RowFault::Misspelt(Excerpt::of(word))),
        None => None,
    }
}

/// Says that a word looks like an address. Of what may be a secret, only the
/// beginning is repeated.
fn like(word: &str, fault: Option<Fault>) -> Judged {
    let is_secret = matches!(fault, Some(Fault::PrivateKey | Fault::ExtendedPublicKey));
    let excerpt = if is_secret {
        Excerpt::of(&format!("{}…", word.chars().take(10).collect::<String>()))
    } else {
        Excerpt::of(word)
    };
    Judged::Like(RowFault::AddressLike(excerpt))
}

#[cfg(test)]
#[path = "prose_tests.rs"]
mod tests;

#[cfg(test)]
mod broken_tests;
