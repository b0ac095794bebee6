//! Extended keys of BIP-32 and SLIP-132.

use super::is_base58;
use crate::address::Fault;

const PRIVATE_MARKS: [&[u8; 4]; 14] = [
    b"xprv", b"yprv", b"zprv", b"Yprv", b"Zprv", b"tprv", b"uprv", b"vprv", b"Uprv", b"Vprv",
    b"Ltpv", b"Mtpv", b"ttpv", b"dgpv",
];

const PUBLIC_MARKS: [&[u8; 4]; 14] = [
    b"xpub", b"ypub", b"zpub", b"Ypub", b"Zpub", b"tpub", b"upub", b"vpub", b"Upub", b"Vpub",
    b"Ltub", b"Mtub", b"ttub", b"dgub",
];

/// Fewest characters after the mark for a text to count as an extended key: a
/// whole one has 107, and a part of one is too much. An account of 44
/// characters may begin as one does.
const EXTENDED_KEY_CHARS_MIN: usize = 48;

/// Characters after the mark of a whole extended key.
const EXTENDED_KEY_CHARS: usize = 107;

/// Returns what an extended key is that stands anywhere in a text: alone,
/// within an output descriptor, or glued to other words. Inside a word it must
/// be whole and of base 58, because long addresses have four such letters
/// somewhere by chance.
pub(super) fn find(text: &[u8], is_one_word: bool) -> Option<Fault> {
    let mut found = None;
    let mut look = |start| {
        if let Some(fault) = find_at(text, start) {
            found = found.max(Some(fault == Fault::PrivateKey));
        }
    };
    if !is_one_word {
        (0..text.len()).for_each(look);
    } else {
        look(0);
        // Elsewhere only a whole one counts.
        let last = text.len().saturating_sub(EXTENDED_KEY_CHARS + 3);
        (1..last).for_each(look);
    }
    found.map(|is_private| match is_private {
        true => Fault::PrivateKey,
        false => Fault::ExtendedPublicKey,
    })
}

fn find_at(text: &[u8], start: usize) -> Option<Fault> {
    let (mark, rest) = text.get(start..)?.split_first_chunk()?;
    if rest.len() < EXTENDED_KEY_CHARS_MIN
        || !matches!(mark, [_, b'p' | b't' | b'g', _, b'v' | b'b'])
    {
        return None;
    }
    let fault = if PRIVATE_MARKS.contains(&mark) {
        Fault::PrivateKey
    } else if PUBLIC_MARKS.contains(&mark) {
        Fault::ExtendedPublicKey
    } else {
        return None;
    };
    let begins_word = start == 0 || !text[start - 1].is_ascii_alphanumeric();
    let run = |is_of: fn(&u8) -> bool| rest.iter().take_while(|&byte| is_of(byte)).count();
    let is_key = match begins_word {
        true => run(u8::is_ascii_alphanumeric) >= EXTENDED_KEY_CHARS_MIN,
        false => run(is_base58) >= EXTENDED_KEY_CHARS,
    };
    is_key.then_some(fault)
}

#[cfg(test)]
mod tests {
    use super::super::tests::refused;
    use crate::address::Fault;

    #[test]
    fn extended_keys_are_refused_wherever_they_stand() {
        // BIP-32, test vector 1.
        let public = "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8";
        let private = "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi";
        refused(public, Fault::ExtendedPublicKey);
        refused(&public.replace("xpub", "zpub"), Fault::ExtendedPublicKey);
        refused(private, Fault::PrivateKey);
        refused(
            &format!("wpkh([d34db33f/84h/0h/0h]{private}/0/*)"),
            Fault::PrivateKey,
        );
        refused(&format!("wpkh({public}/0/*)"), Fault::ExtendedPublicKey);
    }

    #[test]
    fn a_part_of_an_extended_key_is_too_much() {
        let private = "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi";
        for chars in [60, 80, 93, 110] {
            refused(&private[..chars], Fault::PrivateKey);
            refused(&format!("key {}", &private[..chars]), Fault::PrivateKey);
        }
    }
}
