//! Letters of other alphabets that look like Latin ones.
//!
//! Unicode's NFKC leaves them alone: to it a Cyrillic `Н` is no form of a
//! Latin `H`. An official list has printed an address with such letters, so
//! what they look like is looked up. It never clears: nobody can pay to the
//! text as it stands.
//!
//! The table is our own: letters whose usual glyph is that of a letter or
//! digit an address can hold.

/// Each letter and what it looks like.
#[rustfmt::skip]
const LOOK_ALIKES: &[(char, char)] = &[
    // Cyrillic capitals.
    ('А', 'A'), ('В', 'B'), ('Е', 'E'), ('Ё', 'E'), ('З', '3'), ('І', 'I'), ('Ј', 'J'), ('К', 'K'),
    ('М', 'M'), ('Н', 'H'), ('О', 'O'), ('Р', 'P'), ('С', 'C'), ('Т', 'T'), ('У', 'Y'), ('Х', 'X'),
    ('Ѕ', 'S'), ('Ү', 'Y'), ('Ԍ', 'G'), ('Ԛ', 'Q'), ('Ԝ', 'W'), ('Ѵ', 'V'), ('Ӏ', 'l'), ('Ь', 'b'),
    // Cyrillic small letters.
    ('а', 'a'), ('в', 'B'), ('г', 'r'), ('е', 'e'), ('ё', 'e'), ('з', '3'), ('і', 'i'), ('ј', 'j'),
    ('к', 'k'), ('м', 'M'), ('н', 'H'), ('о', 'o'), ('п', 'n'), ('р', 'p'), ('с', 'c'), ('т', 'T'),
    ('у', 'y'), ('х', 'x'), ('ѕ', 's'), ('һ', 'h'), ('ԁ', 'd'), ('ԛ', 'q'), ('ԝ', 'w'), ('ӏ', 'l'),
    ('ѵ', 'v'), ('ү', 'y'), ('б', '6'), ('ь', 'b'),
    // Greek capitals.
    ('Α', 'A'), ('Β', 'B'), ('Ε', 'E'), ('Ζ', 'Z'), ('Η', 'H'), ('Ι', 'I'), ('Κ', 'K'), ('Μ', 'M'),
    ('Ν', 'N'), ('Ο', 'O'), ('Ρ', 'P'), ('Τ', 'T'), ('Υ', 'Y'), ('Χ', 'X'), ('Ϲ', 'C'), ('Ϳ', 'J'),
    // Greek small letters.
    ('α', 'a'), ('γ', 'y'), ('η', 'n'), ('ι', 'i'), ('κ', 'k'), ('ν', 'v'), ('ο', 'o'), ('ρ', 'p'),
    ('τ', 't'), ('υ', 'u'), ('χ', 'x'), ('ϲ', 'c'), ('ϳ', 'j'), ('ω', 'w'),
    // Armenian.
    ('օ', 'o'), ('հ', 'h'), ('ո', 'n'), ('ս', 'u'), ('ց', 'g'), ('զ', 'q'), ('յ', 'j'), ('Տ', 'S'),
    ('Լ', 'L'), ('Օ', 'O'), ('Ս', 'U'),
    // Latin letters of other languages and of phonetics.
    ('ı', 'i'), ('ȷ', 'j'), ('ɑ', 'a'), ('ɡ', 'g'), ('ɩ', 'i'), ('ꞵ', 'B'), ('ƽ', '5'), ('ᴠ', 'v'),
    ('ᴡ', 'w'), ('ᴢ', 'z'), ('ꜱ', 's'), ('ᴄ', 'c'), ('ᴏ', 'o'),
    // Cherokee and Lisu capitals.
    ('Ꭺ', 'A'), ('Ᏼ', 'B'), ('Ꮯ', 'C'), ('Ꭼ', 'E'), ('Ꮐ', 'G'), ('Ꮋ', 'H'), ('Ꭻ', 'J'), ('Ꮶ', 'K'),
    ('Ꮮ', 'L'), ('Ꮇ', 'M'), ('Ꮲ', 'P'), ('Ꭲ', 'T'), ('Ꮩ', 'V'), ('Ꮃ', 'W'), ('Ꮓ', 'Z'),
    // The sign of multiplication, and colons.
    ('×', 'x'),
    ('ː', ':'), ('˸', ':'), ('։', ':'), ('׃', ':'), ('∶', ':'), ('꞉', ':'),
];

/// Folds a text if that makes it ASCII throughout, and if a letter that looks
/// Latin stands in one word with letters or digits that are: a name written
/// in another alphabet is left alone. `None` if nothing is to be folded.
pub(super) fn fold(text: &str) -> Option<String> {
    let is_mixed =
        |word: &str| !word.is_ascii() && word.contains(|c: char| c.is_ascii_alphanumeric());
    if !text.split_whitespace().any(is_mixed) {
        return None;
    }
    text.chars().map(looks_like).collect()
}

/// Folds one word of a text that as a whole is not to be folded.
pub(in crate::address) fn fold_word(word: &str) -> Option<String> {
    if word.is_ascii() { None } else { fold(word) }
}

/// Returns the ASCII character that a character is or looks like.
fn looks_like(c: char) -> Option<char> {
    if c.is_ascii() {
        return Some(c);
    }
    LOOK_ALIKES
        .iter()
        .find(|(other, _)| *other == c)
        .map(|&(_, latin)| latin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_leads_to_letters_digits_and_the_colon_and_has_no_letter_twice() {
        let mut others: Vec<_> = LOOK_ALIKES.iter().map(|&(other, _)| other).collect();
        others.sort_unstable();
        assert!(others.windows(2).all(|pair| pair[0] != pair[1]));
        for &(other, latin) in LOOK_ALIKES {
            assert!(!other.is_ascii());
            assert!(latin.is_ascii_alphanumeric() || latin == ':', "{other}");
        }
    }

    #[test]
    fn a_text_is_folded_as_a_whole_or_not_at_all() {
        assert_eq!(fold("bс1q").as_deref(), Some("bc1q"));
        assert_eq!(fold("0×5A").as_deref(), Some("0x5A"));
        assert_eq!(fold("0х5Ае").as_deref(), Some("0x5Ae"));
        assert_eq!(fold("bс1q кошелёк"), None);
        assert_eq!(fold_word("bс1q").as_deref(), Some("bc1q"));
        for text in ["оса", "СССР 17", "bc1q", ""] {
            assert_eq!(fold(text), None, "{text}");
        }
    }
}
