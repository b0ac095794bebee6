//! Addresses in places that are not for one.
//!
//! A parameter nobody knows, a scheme, the name of a chain: some wallet may
//! pay to what stands there, and a reader of the text may mean it.

use smallvec::SmallVec;

use super::ADDRESS_CHARS_MIN;
use crate::address::reading::Draft;
use crate::address::{Networks, family};

/// What stands inside an address besides letters and digits, from the most to
/// the least: a prefix and base 64, URL-safe base 64, nothing.
const INSIDE: [&[u8]; 3] = [b"-_+/=:.", b"-_", b""];

/// Returns the addresses in a text, each as long as it can be read.
pub(super) fn addresses_in(text: &str) -> SmallVec<[&str; 1]> {
    let mut found = SmallVec::new();
    collect(text, &INSIDE, &mut found);
    found
}

fn collect<'t>(text: &'t str, inside: &[&[u8]], found: &mut SmallVec<[&'t str; 1]>) {
    let Some((allowed, narrower)) = inside.split_first() else {
        return;
    };
    let is_between = |c: char| {
        let is_inside = u8::try_from(c).is_ok_and(|byte| allowed.contains(&byte));
        !c.is_ascii_alphanumeric() && !is_inside
    };
    for piece in text.split(is_between) {
        if piece.len() < ADDRESS_CHARS_MIN {
            continue;
        }
        if can_be_address(piece) {
            found.push(piece);
        } else {
            collect(piece, narrower, found);
        }
    }
}

/// Returns whether some family reads a text as an address. An amount in the
/// smallest unit is no address, however long it is.
fn can_be_address(text: &str) -> bool {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let mut draft = Draft::new(Networks::NONE);
    family::read(text, &mut draft);
    !draft.current().is_empty()
}

/// Returns whether a text is an address, or one that was mistyped.
pub(super) fn is_meant_as_address(text: &str) -> bool {
    let mut draft = Draft::new(Networks::NONE);
    family::read(text, &mut draft);
    !draft.current().is_empty() || draft.has_failed_checksum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_wherever_they_stand() {
        let evm = "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf";
        let ton = "EQAs9VlT6S776tq3unJcP5Ogsj-ELLunLXuOb1EKcOQi4wJB";
        let short = "rrrrrrrrrrrrrrrrrrrrrhoLvTp";
        for address in [evm, ton, short] {
            for text in [
                address.to_owned(),
                format!("transfer(address {address}, uint 5)"),
                format!("x:{address}"),
                format!("é{address}é"),
            ] {
                assert_eq!(addresses_in(&text).as_slice(), [address], "{text}");
            }
        }
    }

    #[test]
    fn words_amounts_and_chains_are_none() {
        for text in [
            "",
            "2014000000000000000000000000000000000000",
            "000000000019d6689c085ae165831e93",
            "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
            "91b171bb158e2d3848fa23a9f1c25182",
            "https://example.com/thank-you-for-your-payment",
        ] {
            assert!(addresses_in(text).is_empty(), "{text}");
        }
    }
}
