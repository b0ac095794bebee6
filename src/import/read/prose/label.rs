//! The ticker or chain that a text puts before an address.
//!
//! `ETH: 0x…`, `XBT 12Qt…`, `Bitcoin addresses: 1…, 3…`. It is a hint and no
//! more; a word is only taken for one if it names a network.

use crate::address::Networks;

/// Most bytes of a text that are looked at before an address.
const LOOK_BACK_BYTES: usize = 48;

/// Longest name of a ticker or chain.
const LABEL_BYTES_MAX: usize = 24;

/// Most bytes between two addresses of one list.
const BETWEEN_BYTES_MAX: usize = 16;

/// Words that stand between a chain and its addresses.
const NOUNS: &[&str] = &["address", "addresses", "wallet", "wallets", "account"];

/// Returns the ticker that stands before the address at `start`.
pub(super) fn before(text: &str, start: usize) -> Option<&str> {
    let from = text.floor_char_boundary(start.saturating_sub(LOOK_BACK_BYTES));
    let head = &text[from..start];
    // A word that the look back begins within is no whole word.
    let head = match from {
        0 => head,
        _ => head.split_once(char::is_whitespace)?.1,
    };
    let (mark, word, head) = last_word(head)?;
    if NOUNS.iter().any(|noun| noun.eq_ignore_ascii_case(word)) {
        let (_, chain, head) = last_word(head)?;
        if NOUNS.iter().any(|noun| noun.eq_ignore_ascii_case(chain)) {
            let (_, chain, _) = last_word(head)?;
            return capital(chain).filter(|chain| is_network(chain));
        }
        return capital(chain).filter(|chain| is_network(chain));
    }
    // Without a colon, only what is written like a ticker: `near` is a word.
    let is_marked = mark.contains([':', '-', '–', '=', ')']);
    let is_ticker = word
        .bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    ((is_marked || is_ticker) && is_network(word)).then_some(word)
}

/// Returns the ticker of the address before, if this one is the next of the
/// same list and can have it.
pub(super) fn carried<'t>(
    text: &str,
    before: Option<(usize, &'t str)>,
    start: usize,
    networks: Networks,
) -> Option<&'t str> {
    let (end, ticker) = before?;
    let between = text
        .get(end..start)
        .filter(|between| between.len() <= BETWEEN_BYTES_MAX)?;
    let is_list = between
        .split(|c: char| c.is_whitespace() || ",;&•".contains(c))
        .all(|word| matches!(word, "" | "and" | "or" | "-" | "–" | "*"));
    let named = Networks::from_hint(ticker).unwrap_or(Networks::NONE);
    let can_have_it = !named.intersection(networks).is_empty();
    (is_list && can_have_it).then_some(ticker)
}

/// Splits the last word off a text: what stands behind it, it, what stands
/// before it.
fn last_word(head: &str) -> Option<(&str, &str, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '-';
    let end = head.trim_end_matches(|c: char| !c.is_alphanumeric()).len();
    let (rest, mark) = head.split_at(end);
    let start = rest.trim_end_matches(is_part).len();
    let word = rest[start..].trim_matches('-');
    let is_near = mark.chars().all(|c| !matches!(c, '.' | ';' | ','));
    let fits = (1..=LABEL_BYTES_MAX).contains(&word.len());
    (is_near && fits).then_some((mark, word, &rest[..start]))
}

fn capital(word: &str) -> Option<&str> {
    word.starts_with(|c: char| c.is_uppercase()).then_some(word)
}

fn is_network(word: &str) -> bool {
    Networks::from_hint(word).is_ok()
}
