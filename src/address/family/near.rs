//! NEAR accounts: 64 hex digits of a public key, or a name.
//!
//! A name is an account of its own, and nothing resolves it: it is its own
//! key. Ordinary words fit the rules of names, so a name is read where it ends
//! as NEAR's registrars end theirs, or where NEAR is said to be the network.
//! Accounts have no capitals; a text that has some is read leniently. Accounts
//! of the form `0x…` are EVM addresses by text and meaning, and left to `evm`.
//!
//! Specification: [NEAR account ids](https://nomicon.io/DataStructures/Account).

use super::{Family, hex32};
use crate::address::{Draft, Fault, Flags, Kind, Network};

const KEY_BYTES: usize = 32;
const KEY_DIGITS: usize = 2 * KEY_BYTES;

const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=64;

const SUFFIXES: [&str; 2] = [".near", ".tg"];

const TEST_SUFFIX: &str = ".testnet";

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    chars: (*NAME_CHARS.start(), *NAME_CHARS.end()),
    read,
};

/// Reads an account.
fn read(text: &str, reading: &mut Draft) {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if text.len() == KEY_DIGITS && is_hex(text) {
        return read_implicit(text, reading);
    }
    // What the registrars' names end in, which most other texts do not.
    let may_be_registrars = matches!(
        text.as_bytes().last(),
        Some(b'r' | b'R' | b'g' | b'G' | b't' | b'T')
    );
    if !may_be_registrars && !reading.networks().are_only(Network::Near) {
        return;
    }
    let is_evm = text.len() == 42 && text.starts_with("0x") && is_hex(&text[2..]);
    if NAME_CHARS.contains(&text.len()) && text.is_ascii() && !is_evm {
        read_name(text, reading);
    }
}

/// Writes an account.
pub(in crate::address) fn write(kind: Kind, payload: &[u8], out: &mut String) -> bool {
    match (kind, std::str::from_utf8(payload)) {
        (Kind::NearImplicit, _) if payload.len() == KEY_BYTES => {
            out.push_str(&const_hex::encode(payload));
            true
        }
        (Kind::NearNamed, Ok(name)) if is_name(name) => {
            out.push_str(name);
            true
        }
        _ => false,
    }
}

fn read_implicit(text: &str, reading: &mut Draft) {
    let mut key = [0; KEY_BYTES];
    if const_hex::decode_to_slice(text, &mut key).is_err() {
        return;
    }
    let is_spelt_right = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    let networks = Network::Near.into();
    if is_spelt_right && !hex32::is_padded_address(&key) {
        reading.accept(Kind::NearImplicit, networks, &key);
    } else {
        reading.accept_leniently(Kind::NearImplicit, networks, &key, Fault::NotAddressForm);
    }
}

fn read_name(text: &str, reading: &mut Draft) {
    let ends_in = |suffix: &str| {
        let start = text.len().saturating_sub(suffix.len());
        text.as_bytes()[start..].eq_ignore_ascii_case(suffix.as_bytes())
    };
    let is_test = ends_in(TEST_SUFFIX);
    let is_registrars = is_test || SUFFIXES.into_iter().any(ends_in);
    let is_hinted = reading.networks().are_only(Network::Near);
    if !is_registrars && (!is_hinted || reading.has_strict()) {
        return;
    }
    let name = text.to_ascii_lowercase();
    let is_spelt_right = name == text;
    if !is_name(&name) || !(is_registrars || is_spelt_right) {
        return;
    }
    if is_test {
        reading.flag(Flags::TESTNET);
    }
    let networks = Network::Near.into();
    if !is_spelt_right {
        let fault = Fault::NotAddressForm;
        reading.accept_leniently(Kind::NearNamed, networks, name.as_bytes(), fault);
    } else if reading.has_failed_checksum() {
        // A mistyped address in small letters would pass for a name.
        reading.accept_leniently(Kind::NearNamed, networks, name.as_bytes(), Fault::Checksum);
    } else {
        reading.accept(Kind::NearNamed, networks, name.as_bytes());
    }
}

/// Returns whether a text is parts of small letters and digits with a single
/// `.`, `_` or `-` between them.
fn is_name(text: &str) -> bool {
    let is_part = |part: &str| {
        let mut bytes = part.bytes();
        !part.is_empty() && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    NAME_CHARS.contains(&text.len()) && text.split(['.', '_', '-']).all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Networks, parse, parse_hinted};
    use proptest::prelude::*;

    const IMPLICIT: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

    fn is_name_of(text: &str, hint: Networks) -> bool {
        let reading = parse_hinted(text, hint);
        let is_name = |kind, strict| kind == Kind::NearNamed && strict;
        let mut candidates = reading.candidates.iter();
        candidates.any(|found| is_name(found.kind, found.strict))
    }

    #[test]
    fn an_implicit_account_is_its_key() {
        let reading = parse(IMPLICIT);
        assert!(reading.is_strict());
        assert_eq!(reading.candidates[0].kind, Kind::NearImplicit);
        assert_eq!(reading.candidates[0].canonical(), IMPLICIT);
        let upper = parse(&IMPLICIT.to_uppercase());
        assert_eq!(upper.candidates[0].key, reading.candidates[0].key);
        assert_eq!(upper.fault, Some(Fault::NotAddressForm));
        let prefixed = parse(&format!("0x{IMPLICIT}"));
        let is_implicit = |kind| kind == Kind::NearImplicit;
        assert!(
            !prefixed
                .candidates
                .iter()
                .any(|found| is_implicit(found.kind))
        );
    }

    #[test]
    fn names_are_read_by_their_ending_or_where_near_is_named() {
        for text in [
            "illia.cheapaccounts.near",
            "a.near",
            "user-1_x.tg",
            "dev-1.testnet",
        ] {
            assert!(is_name_of(text, Networks::NONE), "{text}");
            assert_eq!(parse(text).candidates[0].canonical(), text);
            let is_test = parse(text).flags.contains(Flags::TESTNET);
            assert_eq!(is_test, text.ends_with(TEST_SUFFIX), "{text}");
        }
        let near = Networks::from_hint("near").expect("a known network");
        let token = Networks::from_hint("usdt").expect("a known token");
        for text in ["blah.com", "wrap", "10-4.8-2"] {
            assert!(is_name_of(text, near), "{text}");
            assert!(!is_name_of(text, Networks::NONE), "{text}");
            assert!(!is_name_of(text, token), "{text}");
        }
    }

    #[test]
    fn a_capital_in_a_name_can_only_match() {
        let reading = parse("Alice.near");
        assert_eq!(
            reading.candidates[0].key,
            parse("alice.near").candidates[0].key
        );
        assert_eq!(reading.fault, Some(Fault::NotAddressForm));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "a..near",
            ".near",
            "near",
            "a_-b.near",
            "a@b.near",
            "неар.near",
        ] {
            assert!(!is_name_of(text, Networks::NONE), "{text}");
        }
        assert!(!is_name_of(
            &format!("{}.near", "a".repeat(60)),
            Networks::NONE
        ));
    }

    #[test]
    fn an_address_of_another_network_is_not_a_name() {
        let near = Network::Near.into();
        for text in [
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
            "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        ] {
            assert!(!is_name_of(text, near), "{text}");
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_another_implementation(text in "[a-z0-9]{0,3}([._-]{1,2}[a-zA-Z0-9]{0,4}){0,4}|[a-z.]{60,66}") {
            let theirs = near_account_id::AccountIdRef::new(&text).is_ok();
            prop_assert_eq!(is_name(&text), theirs);
        }
    }
}
