//! EVM checksums against `alloy-primitives`.
//!
//! It is asked only about `0x` and mixed case, which is what it judges as
//! EIP-55 has it; what it gets wrong is in `crate_defects`.

use alloy_primitives::Address;
use interdict::address::{Kind, parse};
use proptest::prelude::*;

use crate::lists::listed;
use crate::oracle_bitcoin::is_bare;
use crate::vectors::vectors;

/// No chain, and the two of EIP-1191.
const CHAINS: [Option<u64>; 3] = [None, Some(30), Some(31)];

/// The address an independent reader finds by one of the checksums.
fn by_oracle(text: &str) -> Option<[u8; 20]> {
    let read = |chain| Address::parse_checksummed(text, chain).ok();
    CHAINS
        .into_iter()
        .find_map(read)
        .map(|address| address.into_array())
}

fn by_us(text: &str) -> Option<[u8; 20]> {
    let reading = parse(text);
    let is_account = |one: &&interdict::address::Candidate| one.strict && one.kind == Kind::Evm;
    let candidate = reading
        .candidates
        .iter()
        .find(is_account)
        .filter(|_| is_bare(&reading))?;
    candidate.key.payload().try_into().ok()
}

/// What the independent reader is asked about.
fn is_mixed(text: &str) -> bool {
    let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 40);
    let has = |digits: &str, letter: fn(&u8) -> bool| digits.bytes().any(|byte| letter(&byte));
    digits.is_some_and(|digits| {
        digits.bytes().all(|byte| byte.is_ascii_hexdigit())
            && has(digits, u8::is_ascii_lowercase)
            && has(digits, u8::is_ascii_uppercase)
    })
}

#[test]
fn an_independent_reader_agrees_on_every_vector_and_listed_address() {
    let vectors = vectors().into_iter().map(|vector| vector.input);
    let listed = listed().into_iter().map(|row| row.address);
    let mixed: Vec<_> = vectors
        .chain(listed)
        .filter(|text| is_mixed(text))
        .collect();
    assert!(
        mixed.len() > 100,
        "the fixtures hold mixed case: {}",
        mixed.len()
    );
    for text in mixed {
        assert_eq!(by_us(&text), by_oracle(&text), "{text}");
    }
}

proptest! {
    #[test]
    fn an_independent_reader_agrees_on_any_account(bytes in any::<[u8; 20]>(), chain in 0..3_usize, flips in any::<u64>()) {
        let text = Address::from(bytes).to_checksum(CHAINS[chain]);
        prop_assert_eq!(by_us(&text), Some(bytes), "{}", &text);
        // Its letters in any other case: right only where the checksum says so.
        let flipped: String = text
            .chars()
            .enumerate()
            .map(|(at, c)| match flips >> at & 1 {
                1 if at >= 2 && c.is_ascii_lowercase() => c.to_ascii_uppercase(),
                1 if at >= 2 => c.to_ascii_lowercase(),
                _ => c,
            })
            .collect();
        if is_mixed(&flipped) {
            prop_assert_eq!(by_us(&flipped), by_oracle(&flipped), "{}", &flipped);
        }
        // Whatever its case, the bytes are looked up.
        prop_assert!(parse(&flipped).candidates.iter().any(|one| one.kind == Kind::Evm && one.key.payload() == bytes));
    }
}
