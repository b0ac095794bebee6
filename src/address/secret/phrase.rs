//! Seed phrases.

/// How many words a phrase has: BIP-39, Electrum, SLIP-39, Monero, Algorand.
const PHRASE_WORDS: [usize; 10] = [12, 13, 14, 15, 18, 20, 21, 24, 25, 33];

/// Fewest words of a phrase.
const PHRASE_WORDS_MIN: usize = 12;

/// Most digits that number a word.
const NUMBER_CHARS_MAX: usize = 2;

/// Most letters of the words that nearly every list keeps to.
const SHORT_CHARS_MAX: usize = 8;

/// Most letters of a word of any list.
const WORD_CHARS_MAX: usize = 12;

/// A word between what is no letter and no digit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    /// Of as many letters as the words of nearly every list have.
    Short,
    /// Of as many as those of some lists have.
    Long,
    /// A number, which says which word comes next.
    Number,
    /// What stands in no list.
    Other,
}

/// Returns whether a text holds a seed phrase: twelve short words behind each
/// other, whatever is between them and around them; or nothing but words, as
/// many as a phrase has. Words vary by language and word list, so none is
/// looked up: prose of short words is taken for a phrase, and is no address.
pub(super) fn is_phrase(text: &str) -> bool {
    let gaps = text.bytes().filter(|byte| !byte.is_ascii_alphanumeric());
    if gaps.count() < PHRASE_WORDS_MIN - 1 {
        return false;
    }
    let (mut words, mut others, mut run, mut longest) = (0, 0, 0, 0);
    for word in text.split(is_between).filter(|word| !word.is_empty()) {
        match kind_of(word) {
            Word::Short => {
                run += 1;
                words += 1;
            }
            Word::Long => {
                run = 0;
                words += 1;
            }
            Word::Number => {}
            Word::Other => {
                run = 0;
                others += 1;
            }
        }
        longest = longest.max(run);
    }
    longest >= PHRASE_WORDS_MIN || others == 0 && PHRASE_WORDS.contains(&words)
}

/// Returns whether a word is a seed phrase with a capital for every word:
/// `AbandonAbilityAble…`.
pub(super) fn is_camel_case(text: &str) -> bool {
    // Most addresses have a digit among their first characters.
    if text.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let (mut run, mut longest, mut letters) = (0, 0, 0);
    for byte in text.bytes().chain([b'A']) {
        if byte.is_ascii_uppercase() {
            run = match letters {
                3..=SHORT_CHARS_MAX => run + 1,
                _ => 0,
            };
            longest = longest.max(run);
            letters = 0;
        }
        letters += 1;
    }
    longest >= PHRASE_WORDS_MIN
}

fn kind_of(word: &str) -> Word {
    let is_digit = |c: char| c.is_ascii_digit();
    let letters = word.trim_start_matches(is_digit);
    let numbering = word.len() - letters.len();
    if letters.is_empty() {
        return match numbering {
            0..=NUMBER_CHARS_MAX => Word::Number,
            _ => Word::Other,
        };
    }
    if numbering > NUMBER_CHARS_MAX || letters.contains(is_digit) {
        return Word::Other;
    }
    // One sign can be a word in Chinese, and a syllable many in Japanese.
    let fewest = if letters.is_ascii() { 3 } else { 1 };
    match letters.chars().count() {
        chars if chars < fewest => Word::Other,
        chars if chars <= SHORT_CHARS_MAX => Word::Short,
        chars if chars <= WORD_CHARS_MAX => Word::Long,
        _ if !letters.is_ascii() => Word::Long,
        _ => Word::Other,
    }
}

/// Returns whether a character stands between words. What nobody sees counts
/// as white space here, and what goes on top of a letter as a letter.
fn is_between(c: char) -> bool {
    let is_mark = matches!(c, '\u{300}'..='\u{36f}' | '\u{3099}' | '\u{309a}');
    let is_blank = matches!(
        c,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'
    );
    match c.is_ascii() {
        true => !c.is_ascii_alphanumeric(),
        false => !is_mark && !c.is_alphanumeric() || is_blank,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::refused;
    use crate::address::{Fault, parse};

    const TWELVE: &str =
        "legal winner thank year wave sausage worth useful legal winner thank yellow";

    fn numbered(before: &str, between: &str) -> String {
        let words = TWELVE.split(' ').enumerate();
        words
            .map(|(index, word)| format!("{before}{}{between}{word} ", index + 1))
            .collect()
    }

    #[test]
    fn seed_phrases_are_refused() {
        refused(TWELVE, Fault::PrivateKey);
        refused(&TWELVE.replace(' ', "  "), Fault::PrivateKey);
        refused(&TWELVE.replace(' ', "\n"), Fault::PrivateKey);
        refused(&TWELVE.to_uppercase(), Fault::PrivateKey);
        refused(&format!("{TWELVE} {TWELVE}"), Fault::PrivateKey);
        refused(&"あいこくしん ".repeat(12), Fault::PrivateKey);
        refused(&TWELVE.replace(' ', ", "), Fault::PrivateKey);
        // Monero's have longer words, and one more of them.
        let longer = TWELVE.replace("wave", "waveguides");
        refused(&format!("{longer} legal"), Fault::PrivateKey);
        assert_ne!(parse("legal winner thank").fault, Some(Fault::PrivateKey));
    }

    #[test]
    fn whatever_joins_or_numbers_the_words_hides_none() {
        for joint in [
            "|", "-", "_", ".", "+", "/", "\\", ":", "\",\"", "\u{200b}", "\u{2060}", "\u{ad}",
            "\u{feff}", "\u{3164}", "\u{3000}", " – ", "%20", "&#32;",
        ] {
            refused(&TWELVE.replace(' ', joint), Fault::PrivateKey);
            refused(
                &TWELVE.to_uppercase().replace(' ', joint),
                Fault::PrivateKey,
            );
        }
        refused(
            &format!("[\"{}\"]", TWELVE.replace(' ', "\",\"")),
            Fault::PrivateKey,
        );
        for between in ["", " ", ".", ". ", "-", "- ", "=", ") ", ": "] {
            refused(&numbered("", between), Fault::PrivateKey);
        }
        refused(&numbered("#", "="), Fault::PrivateKey);
        let capitals: String = TWELVE
            .split(' ')
            .map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..]))
            .collect();
        refused(&capitals, Fault::PrivateKey);
    }

    #[test]
    fn whatever_stands_around_the_words_hides_none() {
        for text in [
            format!("seed: {TWELVE}"),
            format!("my seed is {TWELVE}"),
            format!("{TWELVE} passphrase: x1"),
            format!("{{\"mnemonic\":\"{TWELVE}\"}}"),
            format!("wallet:{TWELVE}"),
            format!("0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf {TWELVE}"),
        ] {
            refused(&text, Fault::PrivateKey);
        }
    }

    #[test]
    fn prose_with_an_address_is_read() {
        for text in [
            "please send to bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 thank you very much my friend",
            "Binance hot wallet, see the note of last week: 1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH is it",
            "https://www.blockchain.com/explorer/addresses/btc/1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
        ] {
            let reading = parse(text);
            assert_ne!(reading.fault, Some(Fault::PrivateKey), "{text}");
            assert!(!reading.candidates.is_empty(), "{text}");
        }
    }
}
