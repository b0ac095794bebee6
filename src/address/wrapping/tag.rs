//! Tags and memos that are written behind an address.
//!
//! `r…:123`, `r…?dt=123`, `r…-123` and `G…-memo` (CAIP-10),
//! `r… (Address tag 123)`, `G…, memo: 123`. What is split off is short: a
//! longer text behind an address may name another one.

use super::hidden::addresses_in;
use super::parts::parameters;
use crate::address::Tag;

/// Fewest characters in front of a tag.
const ADDRESS_CHARS_MIN: usize = 20;

/// Most bytes of a tag: those of a Stellar text memo.
const TAG_BYTES_MAX: usize = 28;

/// Digits of a memo that is a hash.
const HASH_DIGITS: usize = 64;

/// Most digits of a number: those of 64 bits.
const NUMBER_DIGITS_MAX: usize = 20;

/// Words that say that a tag follows.
const KEYWORDS: [&str; 5] = ["tag", "memo", "dt", "comment", "pid"];

/// Words that stand before those, and after.
const BEFORE: [&str; 9] = [
    "address",
    "destination",
    "dest",
    "deposit",
    "xrp",
    "xlm",
    "stellar",
    "payment",
    "with",
];
const AFTER: [&str; 5] = ["id", "no", "number", "text", "is"];

/// Splits off a tag or memo that is written behind an address.
pub(in crate::address) fn split_tag(text: &str) -> Option<(&str, Tag)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric())?;
    let (address, behind) = text.split_at(end);
    if address.len() < ADDRESS_CHARS_MIN {
        return None;
    }
    let tag = if let Some(number) = behind.strip_prefix(':') {
        number_in(number)
    } else if let Some(query) = behind.strip_prefix('?') {
        number_among(query)
    } else if let Some(memo) = behind.strip_prefix('-') {
        // Only these two write it so; elsewhere a hyphen means something else.
        address
            .starts_with(['r', 'G', 'M'])
            .then(|| memo_in(memo))?
    } else {
        memo_in(tag_in_words(behind)?)
    };
    Some((address, tag?))
}

fn number_in(text: &str) -> Option<Tag> {
    let is_number = (1..=NUMBER_DIGITS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { Tag::text(text) } else { None }
}

/// Returns the number among parameters; `None` if one of them may be more than
/// a tag.
fn number_among(query: &str) -> Option<Tag> {
    let mut number = None;
    for (name, value) in parameters(query) {
        match name.as_str() {
            "dt" | "tag" | "memo" | "memoid" => number = number.or_else(|| number_in(&value)),
            "amount" => {}
            _ => return None,
        }
    }
    number
}

fn memo_in(text: &str) -> Option<Tag> {
    let is_hash = text.len() == HASH_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_short = text.len() <= TAG_BYTES_MAX && !text.contains(char::is_whitespace);
    let is_tag = is_hash || is_short && addresses_in(text).is_empty();
    if is_tag { Tag::text(text) } else { None }
}

/// Returns the one word behind a word that says that a tag follows.
fn tag_in_words(behind: &str) -> Option<&str> {
    let is_around = |c: char| c.is_whitespace() || ",;/|()[]*".contains(c);
    let is_between = |c: char| is_around(c) || ":=#".contains(c);
    let mut left = behind.trim_matches(is_around);
    let mut is_announced = false;
    loop {
        left = left.trim_start_matches(is_between);
        let end = left.find(is_between).unwrap_or(left.len());
        let (word, rest) = left.split_at(end);
        let word = word.trim_end_matches('.');
        let is_one_of = |words: &[&str]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
        let is_known = match is_announced {
            true => is_one_of(&AFTER),
            false => is_one_of(&BEFORE),
        };
        if !is_announced && is_one_of(&KEYWORDS) {
            is_announced = true;
        } else if !is_known || rest.is_empty() {
            break;
        }
        left = rest;
    }
    is_announced.then_some(left).filter(|tag| !tag.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Flags, parse};

    const XRP: &str = "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh";

    #[test]
    fn every_way_to_write_a_tag_is_known() {
        for behind in [
            ":123",
            "?dt=123",
            "-123",
            " (Address tag 123)",
            " (Address tag 123) *",
            " (Address tag 123)*",
            " (tag 123)",
            " (memo: 123)",
            " [Memo 123]",
            " memo 123",
            ", tag: 123",
            ", Destination Tag #123",
            " / Memo ID 123",
            " dt=00123",
        ] {
            let text = format!("{XRP}{behind}");
            assert_eq!(
                split_tag(text.trim_end_matches('*')),
                Some((XRP, Tag::number(123))),
                "{text}"
            );
            let reading = parse(&text);
            assert!(reading.is_strict(), "{text} {reading:?}");
            assert_eq!(reading.candidates[0].tag, Some(Tag::number(123)), "{text}");
            assert_eq!(
                reading.candidates[0].key,
                parse(XRP).candidates[0].key,
                "{text}"
            );
            assert!(reading.flags.contains(Flags::TAG_PRESENT), "{text}");
        }
        let memo = split_tag("GDQP2KPQGKIHYJGXNUIYOMHARUARCA7DJT5FO2FFOOKY3B2WSQHG4W37-a%20b")
            .expect("a memo");
        assert_eq!(memo.1.as_str(), "a%20b");
    }

    #[test]
    fn what_is_no_tag_is_left() {
        for text in [
            "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
            "0:8a8627861a5dd96c9db3ce0807b122da5ed473934ce7568a5b4b1c361cbb28ae",
            "X-avax1w508d6qejxtdg4y5r3zarvary0c5xw7k0l6nk9",
            "EQAs9VlT6S776tq3unJcP5Ogsj-ELLunLXuOb1EKcOQi4wJB",
            "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh",
            "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh:x",
            "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh:",
            "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh?amount=1",
            "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh tag",
            "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh memo to rPEPPER7kfTD9w2To4CQk6UCfuHM9c6GDY",
            "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh memo rPEPPER7kfTD9w2To4CQk6UCfuHM9c6GDY",
            "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh 123",
            "hello tag 123",
            "",
        ] {
            assert_eq!(split_tag(text), None, "{text}");
        }
    }
}
