//! A text of several words.
//!
//! It can be one address that was wrapped, or hold addresses among other
//! things. What the rest of it means nobody knows.

use super::refuse_secrets;
use crate::address::reading::Draft;
use crate::address::{Candidate, Fault, Flags, Networks, clean, family, wrapping};

/// Most words of a text that are read one by one.
const WORDS_MAX: usize = 64;

/// Fewest bytes of a word that is read: no address with a checksum is shorter.
const WORD_BYTES_MIN: usize = 20;

/// Looks for addresses among the words of a text. They can match, and
/// never clear: what the rest of the text means nobody knows.
pub(super) fn read(text: &str, draft: &mut Draft) -> Result<(), super::Secret> {
    let words = words_of(text).filter(|word| word.len() < text.len());
    let read_whole = draft.current().len();
    for word in words.take(WORDS_MAX) {
        let folded = clean::fold_word(word);
        let word = folded.as_deref().unwrap_or(word);
        refuse_secrets(word)?;
        let before = draft.current().len();
        family::read(word, draft);
        if draft.current().len() == before {
            let inside = wrapping::unwrap(word).map(|wrapped| wrapped.destinations);
            for destination in inside.into_iter().flatten() {
                refuse_secrets(&destination.text)?;
                family::read(&destination.text, draft);
            }
        }
        if folded.is_some() && draft.current().len() > before {
            draft.flag(Flags::LOOK_ALIKE_FOLDED.union(Flags::SUSPICIOUS));
        }
    }
    if draft.current().is_empty() {
        // Whatever stands between letters and digits: `TRX-T…`, `1A…/3B…`.
        let runs = text.split(|c: char| !c.is_ascii_alphanumeric());
        let runs = runs.filter(|run| run.len() >= WORD_BYTES_MIN && run.len() < text.len());
        for run in runs.take(WORDS_MAX) {
            refuse_secrets(run)?;
            family::read(run, draft);
        }
    }
    if draft.current().len() > read_whole {
        draft.doubt(Fault::NotAddressForm, None);
    }
    Ok(())
}

/// Returns the words of a text that are long enough to be addresses.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    // Elsewhere a slash is a digit of base 64.
    let is_link = text.contains("://");
    let is_between = move |c: char| {
        c.is_whitespace() || ",;|=()[]{}<>\"'&".contains(c) || is_link && "/?#".contains(c)
    };
    let bare = |word| {
        let word: &str = word;
        let word = word.trim_end_matches(['!', '?', ':']);
        clean::unquote(word).unwrap_or(word)
    };
    text.split(is_between)
        .map(bare)
        .filter(|word| word.len() >= WORD_BYTES_MIN)
}

/// Returns whether a word of a text is an address by itself, and another than
/// those that the whole was read as. The whole may then be forged: a few
/// characters behind a listed address make another one whose checksum holds.
pub(super) fn hold_another(text: &str, whole: &[Candidate]) -> bool {
    let is_another = |found: &Candidate| !whole.iter().any(|other| other.key == found.key);
    text.split_whitespace().any(|word| {
        let draft = read_word(word);
        draft.has_strict() && draft.current().iter().any(is_another)
    })
}

/// Returns whether every word of a text is an address by itself.
pub(super) fn are_addresses(text: &str) -> bool {
    text.split_whitespace()
        .all(|word| read_word(word).has_strict())
}

fn read_word(word: &str) -> Draft {
    let mut draft = Draft::new(Networks::NONE);
    if word.len() >= WORD_BYTES_MIN {
        family::read(word, &mut draft);
    }
    draft
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;

    const BITCOIN: &str = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH";
    const TRON: &str = "TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC";
    const SOLANA: &str = "2gVkYWexTHR5Hb2aLeQN3tnngvWzisFKXDUPrgMHpdST";

    #[track_caller]
    fn finds(text: &str, address: &str, fault: Fault) {
        let reading = parse(text);
        let key = &parse(address).candidates[0].key;
        assert!(
            reading.candidates.iter().any(|found| found.key == *key),
            "{text:?} {reading:?}"
        );
        assert_eq!(reading.fault, Some(fault), "{text:?} {reading:?}");
    }

    #[test]
    fn words_of_a_longer_text_can_match_and_never_clear() {
        for text in [
            format!("{TRON} {BITCOIN}"),
            format!("please pay {BITCOIN} and not {TRON}!"),
            format!("[{BITCOIN}, {TRON}]"),
            format!("to={TRON};cc=\"{BITCOIN}\""),
            format!("1. bitcoin:{BITCOIN}?amount=1 2. tron:{TRON}"),
            format!("кошелёк TMVQGm1qAQYVdetСeGRRkTWYYrLXuHK2HC, {BITCOIN}"),
        ] {
            finds(&text, TRON, Fault::NotAddressForm);
            finds(&text, BITCOIN, Fault::NotAddressForm);
        }
        let page = format!("https://example.com/address/{TRON}?to={BITCOIN}#top");
        finds(&page, TRON, Fault::NotAddressForm);
        finds(&page, BITCOIN, Fault::NotAddressForm);
        // Two accounts in a cell are as long as a key pair, and are none.
        finds(&format!("{SOLANA} {SOLANA}"), SOLANA, Fault::NotAddressForm);
        // Closing up a short word gives another account of that length.
        let short = "4QUZQ4c7bZuJ4o4L8tYAEGnePFV27SUFEVmC7BYfsXRp";
        let (start, end) = short.split_at(43);
        finds(&format!("{start} {end}"), short, Fault::Altered);
    }

    /// Somebody who has a listed account without a checksum can find four
    /// characters that make the two a clean address of another network.
    #[test]
    fn a_listed_account_and_a_few_characters_are_not_another_account() {
        let forged = format!("{SOLANA} J2B1");
        let reading = parse(&forged);
        let solana = &parse(SOLANA).candidates[0].key;
        assert!(!reading.is_strict(), "{reading:?}");
        assert!(reading.candidates.iter().any(|found| found.key == *solana));
        assert!(parse(&forged.replace(' ', "")).is_strict());
    }

    #[test]
    fn addresses_are_found_whatever_stands_around_them() {
        for text in [
            format!("TRX-{TRON}"),
            format!("{TRON}/{TRON}"),
            format!("{TRON}#x"),
            format!("\u{2192}{TRON}"),
            format!("https://tronscan.org/#/address/{TRON}"),
            format!("{BITCOIN}\u{2022}{TRON}"),
        ] {
            finds(&text, TRON, Fault::NotAddressForm);
        }
    }

    /// The words together have the length of a private key and begin as one.
    #[test]
    fn an_address_after_a_few_words_is_no_secret() {
        let text = format!("cfaaaa aa aaaaaa aaaa {TRON}");
        finds(&text, TRON, Fault::NotAddressForm);
    }
}
