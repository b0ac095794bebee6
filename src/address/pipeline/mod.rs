//! The whole way from a text to its reading, in order.
//!
//! A text of nothing but visible ASCII that a family reads strictly is done
//! at once. Any other goes the long way: clean, unwrap, close up, split off
//! the tag, read. What the long way alters is flagged, and can only clear an
//! address when a checksum vouches for the result; letters folded because
//! they look like others never can.
//!
//! Secrets are looked for before anything else and again whenever the text
//! has changed, so that none can hide behind an invisible character.

use super::candidate::Checksum;
use super::explain::Trace;
use super::reading::{DESTINATIONS_MAX, Draft};
use super::wrapping::Wrapped;
use super::{Candidate, Fault, Flags, KeyClass, Networks, Reading, TEXT_BYTES_MAX};
use super::{clean, family, names, secret, wrapping};

mod words;

/// How often a text is unwrapped: a URI in a chain-qualified form in a URI.
const UNWRAPPINGS_MAX: u8 = 3;

/// Reads a text. `hint` are the networks its sender names.
pub(super) fn read(text: &str, hint: Networks, trace: &mut impl Trace) -> Reading {
    if text.len() > TEXT_BYTES_MAX {
        return Reading::refused(Fault::TooLong);
    }
    if let Some(fault) = secret_in(text.trim()) {
        return Reading::refused(fault);
    }
    let mut draft = Draft::new(hint);
    if clean::is_clean(text) {
        family::read(text, &mut draft);
        if draft.has_strict_address() {
            keep_what_the_hint_alone_reads(text, &mut draft);
            return draft.finish();
        }
    }
    read_the_long_way(text, hint, trace)
}

fn read_the_long_way(text: &str, hint: Networks, trace: &mut impl Trace) -> Reading {
    let cleaned = clean::clean(text, trace);
    let text = cleaned.text.as_str();
    if text.is_empty() {
        return Reading::refused(Fault::Empty);
    }
    let mut draft = Draft::new(hint);
    draft.flag(cleaned.flags);
    let mut way = Way {
        hint,
        cleaned: cleaned.flags,
        unwrappings: 0,
        trace,
    };
    if let Err(Secret(fault)) = way.read(text, &mut draft) {
        return Reading::refused(fault);
    }
    if draft.is_unread() {
        draft.keep_text(text);
    } else {
        keep_what_the_hint_alone_reads(text, &mut draft);
    }
    draft.finish()
}

/// A name that only its network's hint made readable must still be found by
/// who asks without the hint.
fn keep_what_the_hint_alone_reads(text: &str, draft: &mut Draft) {
    if draft.current().iter().any(|found| found.kind.is_name()) {
        draft.keep_text(text);
    }
}

/// A text that must not be kept, or any part of it.
struct Secret(Fault);

/// The long way of one text.
struct Way<'t, T> {
    hint: Networks,
    /// What cleaning did to the whole text.
    cleaned: Flags,
    unwrappings: u8,
    trace: &'t mut T,
}

impl<T: Trace> Way<'_, T> {
    /// Reads a cleaned text, or a destination inside one.
    fn read(&mut self, text: &str, draft: &mut Draft) -> Result<(), Secret> {
        refuse_secrets(text)?;
        family::read(text, draft);
        if !draft.has_strict_address()
            && self.unwrappings < UNWRAPPINGS_MAX
            && let Some(wrapped) = wrapping::unwrap(text)
        {
            return self.read_wrapped(wrapped, draft);
        }
        if !draft.has_strict_address() {
            self.read_tagged(text, draft);
        }
        doubt_altered(self.cleaned, draft);
        if !draft.has_strict_address() {
            self.read_closed_up(text, draft)?;
        }
        if !draft.has_strict_address() {
            words::read(text, draft)?;
        }
        if !draft.has_strict_address() {
            if self.cleaned.contains(Flags::LOOK_ALIKE_FOLDED) {
                draft.reject(Fault::LookAlike);
            }
            if let Some(fault) = names::find(text) {
                draft.reject(fault);
            }
        }
        Ok(())
    }

    /// Reads every destination that a wrapped text names.
    fn read_wrapped(&mut self, wrapped: Wrapped, draft: &mut Draft) -> Result<(), Secret> {
        self.unwrappings += 1;
        draft.flag(Flags::UNWRAPPED);
        let inside: Vec<_> = wrapped.destinations.iter().map(|one| &*one.text).collect();
        self.trace.step(wrapped.form, &inside.join("  "));
        for (index, destination) in wrapped.destinations.into_iter().enumerate() {
            let networks = match destination.networks {
                Networks::NONE => self.hint,
                named => named,
            };
            if index == 0 {
                draft.name_networks(networks);
            } else if index < usize::from(DESTINATIONS_MAX) {
                draft.next_destination(networks);
            } else {
                draft.give_up(Fault::UnknownFormat);
                break;
            }
            if let Some(fault) = destination.fault {
                draft.reject(fault);
                continue;
            }
            self.read(&destination.text, draft)?;
            draft.narrow(destination.networks);
            if destination.is_guess {
                draft.doubt(Fault::NotAddressForm, Some(Checksum::Weak));
            }
            if let Some(fault) = destination.doubt {
                draft.doubt(fault, None);
            }
            if let Some(tag) = destination.tag {
                draft.tag(&tag);
            }
        }
        self.unwrappings -= 1;
        Ok(())
    }

    /// Reads a text without the tag that stands behind the address.
    fn read_tagged(&mut self, text: &str, draft: &mut Draft) {
        let Some((address, tag)) = wrapping::split_tag(text) else {
            return;
        };
        let before = draft.current().len();
        family::read(address, draft);
        if draft.current().len() > before {
            self.trace.step("tag split off", address);
            draft.tag(&tag);
        }
    }

    /// Reads a text without the white space inside it.
    fn read_closed_up(&mut self, text: &str, draft: &mut Draft) -> Result<(), Secret> {
        let Some(closed) = clean::close_up(text) else {
            return Ok(());
        };
        if words::are_addresses(text) {
            return Ok(());
        }
        // What only looks like a mistyped secret was looked for in the pieces.
        if let Some(fault) = secret::find(&closed, |_, _| true) {
            // An address by its checksum is no part of a secret.
            let mut words = text.split_whitespace();
            let is_prose = words.any(|word| is_vouched(word, Checksum::Weak));
            return if is_prose { Ok(()) } else { Err(Secret(fault)) };
        }
        let before = draft.current().len();
        // A name that only its network's hint makes readable has no checksum,
        // and two words are no name.
        let networks = draft.networks();
        draft.name_networks(Networks::NONE);
        family::read(&closed, draft);
        if !draft.has_strict_address() {
            self.read_tagged(&closed, draft);
        }
        draft.name_networks(networks);
        if draft.current().len() > before {
            self.trace.step("spaces inside removed", &closed);
            let altered = Flags::SPACES_REMOVED.union(Flags::SUSPICIOUS);
            draft.flag(altered);
            doubt_altered(altered.union(self.cleaned), draft);
            // A part of a long Monero address is a Solana account by chance.
            let is_monero = |found: &Candidate| found.kind.class() == KeyClass::Monero;
            let is_whole = draft.current().iter().any(is_monero);
            if !is_whole && words::hold_another(text, draft.current()) {
                draft.doubt(Fault::NotAddressForm, None);
            }
        }
        Ok(())
    }
}

/// Refuses a text that holds a secret, in plain or with its characters coded
/// as in a URI, and those of the code again.
fn refuse_secrets(text: &str) -> Result<(), Secret> {
    let in_code = || secret::decodings(text).find_map(|decoded| secret_in(&decoded));
    let found = secret_in(text).or_else(in_code);
    found.map_or(Ok(()), |fault| Err(Secret(fault)))
}

/// Returns why a text must not be kept. A part of an address that was wrapped
/// can look like a secret; what is an address by its checksum once it is put
/// together is none.
fn secret_in(text: &str) -> Option<Fault> {
    let is_address = |word: &str, least| {
        is_vouched(word, least) || word != text && is_vouched(&together(text), Checksum::Weak)
    };
    secret::find(text, is_address).filter(|_| !is_address_in_pieces(text))
}

fn is_address_in_pieces(text: &str) -> bool {
    let whole = together(text);
    let mut draft = Draft::new(Networks::NONE);
    (family::ton::FAMILY.read)(text, &mut draft);
    if whole.len() < text.len() {
        // Not any: a generic format would take a whole secret for one.
        (family::monero::FAMILY.read)(&whole, &mut draft);
        (family::algorand::FAMILY.read)(&whole, &mut draft);
    }
    draft.has_strict()
}

fn together(text: &str) -> String {
    let mut whole = clean::clean(text, &mut ()).text;
    whole.retain(|c| c.is_ascii_alphanumeric());
    whole
}

/// Returns whether a text is an address, by a checksum that is as sure.
fn is_vouched(text: &str, least: Checksum) -> bool {
    let mut draft = Draft::new(Networks::NONE);
    family::read(text, &mut draft);
    let is_sure = |found: &Candidate| found.strict && found.checksum >= least;
    draft.current().iter().any(is_sure)
}

/// Takes away what makes candidates strict if the text was altered before it
/// could be read. A checksum vouches for what was closed up or folded to its
/// plain form; letters that only look like others nobody vouches for.
fn doubt_altered(altered: Flags, draft: &mut Draft) {
    if altered.contains(Flags::LOOK_ALIKE_FOLDED) {
        draft.doubt(Fault::LookAlike, None);
    } else if altered.contains(Flags::SUSPICIOUS) {
        draft.doubt(Fault::Altered, Some(Checksum::Weak));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Kind, Tag, parse, parse_hinted};

    const BITCOIN: &str = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH";
    const TRON: &str = "TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC";
    const EVM: &str = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf";
    const SOLANA: &str = "2gVkYWexTHR5Hb2aLeQN3tnngvWzisFKXDUPrgMHpdST";

    #[track_caller]
    fn finds(text: &str, address: &str, fault: Option<Fault>) -> Reading {
        let reading = parse(text);
        let key = &parse(address).candidates[0].key;
        assert!(
            reading.candidates.iter().any(|found| found.key == *key),
            "{text:?} {reading:?}"
        );
        assert_eq!(reading.fault, fault, "{text:?} {reading:?}");
        reading
    }

    /// Rows of published lists, and what people paste.
    #[test]
    fn noise_is_seen_through_and_flagged() {
        for (text, address, fault) in [
            ("\"1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH\"", BITCOIN, None),
            ("1BgGZ9tcN4rm9KBzD\nn7KprQz87SZ26SAMH", BITCOIN, None),
            ("１BgGZ９tcN４rm９KBzDn７KprQz８７SZ２６SAMH", BITCOIN, None),
            (
                "\u{202a}1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH\u{202c}",
                BITCOIN,
                None,
            ),
            ("<0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf>", EVM, None),
            ("0x7E5F4552091A69125d5 DfCb7b8C2659029395Bdf", EVM, None),
            (
                "0x7E5F4552091A69125d5\u{200b}DfCb7b8C2659029395Bdf",
                EVM,
                None,
            ),
            ("TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC.", TRON, None),
            ("TMVQGm1qAQYVdetCe\u{ad}GRRkTWYYrLXuHK2HC", TRON, None),
            // Without a checksum nothing vouches for what was closed up.
            (
                "0x7e5f4552091a69125d5 dfcb7b8c2659029395bdf",
                EVM,
                Some(Fault::Altered),
            ),
            (
                "0x7e5f4552091a69125d5\u{200b}dfcb7b8c2659029395bdf",
                EVM,
                Some(Fault::Altered),
            ),
            (
                "2gVkYWexTHR5Hb2aLe\nQN3tnngvWzisFKXDUPrgMHpdST",
                SOLANA,
                Some(Fault::Altered),
            ),
            (
                "<2gVkYWexTHR5Hb2aLeQN3tnngvWzisFKXDUPrgMHpdST>",
                SOLANA,
                None,
            ),
            // Letters that look Latin never clear, with whatever checksum.
            (
                "TMVQGm1qAQYVdetСeGRRkTWYYrLXuHK2HC",
                TRON,
                Some(Fault::LookAlike),
            ),
            (
                "0x7Е5F4552091A69125d5DfCb7b8C2659029395Bdf",
                EVM,
                Some(Fault::LookAlike),
            ),
            (
                "bitcoin:1BgGZ9tсN4rm9KBzDn7KprQz87SZ26SAMH",
                BITCOIN,
                Some(Fault::LookAlike),
            ),
        ] {
            assert!(!finds(text, address, fault).flags.is_empty(), "{text:?}");
        }
        let listed = "TН96tFMn8KGiYSLiwсV3E2UiaJc8jmcbz3";
        let reading = finds(
            listed,
            "TH96tFMn8KGiYSLiwcV3E2UiaJc8jmcbz3",
            Some(Fault::LookAlike),
        );
        assert!(
            reading
                .flags
                .contains(Flags::LOOK_ALIKE_FOLDED.union(Flags::SUSPICIOUS))
        );
    }

    #[test]
    fn the_gravest_fault_is_told() {
        let typo = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMJ";
        for (text, fault) in [
            (typo.replace('c', "с"), Fault::Checksum),
            ("vitаlik.eth".to_owned(), Fault::LookAlike),
            (format!("bitcoin:{typo}?lightning=lnbc1"), Fault::Checksum),
            (
                format!("bitcoin:?lightning=lnbc1&bc={typo}"),
                Fault::Checksum,
            ),
            (
                "bitcoin:?lightning=lnbc1&sp=sp1".to_owned(),
                Fault::Lightning,
            ),
            ("alice.eth".to_owned(), Fault::Name),
            ("wallet 17".to_owned(), Fault::UnknownFormat),
        ] {
            assert_eq!(parse(&text).fault, Some(fault), "{text}");
        }
    }

    #[test]
    fn a_tag_behind_a_wrapped_line_is_split_off_and_the_line_is_flagged() {
        let reading = parse("rEb8TK3gBgk5auZkwc6s HnwrGVJH8DuaLh:123");
        assert!(reading.is_strict(), "{reading:?}");
        assert_eq!(reading.candidates[0].tag, Some(Tag::number(123)));
        assert!(
            reading
                .flags
                .contains(Flags::SPACES_REMOVED.union(Flags::SUSPICIOUS))
        );
        let tagged = parse("rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh (tag 123)");
        assert!(!tagged.flags.contains(Flags::SUSPICIOUS));
    }

    #[test]
    fn two_words_are_no_name_of_a_hinted_network() {
        let reading = parse_hinted("alice bob", Networks::from_hint("NEAR").expect("a network"));
        assert!(
            reading
                .candidates
                .iter()
                .all(|found| found.kind == Kind::Opaque)
        );
    }
}
