//! One slip of the hand: it must never clear an address that a checksum
//! protects.

use interdict::address::{Candidate, Kind, Reading, parse};
use proptest::prelude::*;

use crate::lists::listed;
use crate::vectors::{told, vectors};

/// One slip: what is done, where, and with which character.
#[derive(Clone, Debug)]
pub struct Typo {
    what: What,
    at: prop::sample::Index,
    to: char,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Replace,
    Insert,
    Drop,
    Swap,
    FlipCase,
}

/// Any slip.
pub fn typo() -> impl Strategy<Value = Typo> {
    let what = prop_oneof![
        4 => Just(What::Replace),
        1 => Just(What::Insert),
        1 => Just(What::Drop),
        1 => Just(What::Swap),
        1 => Just(What::FlipCase),
    ];
    (
        what,
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
    )
        .prop_map(|(what, at, to)| {
            const TO: &[u8] =
                b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:-_/+=.%";
            Typo {
                what,
                at,
                to: char::from(*to.get(TO)),
            }
        })
}

impl Typo {
    /// Makes the slip in a text of ASCII that is not empty.
    pub fn make_in(&self, text: &str) -> String {
        let mut chars: Vec<_> = text.chars().collect();
        let at = self.at.index(chars.len());
        match self.what {
            What::Replace => chars[at] = self.to,
            What::Insert => chars.insert(at, self.to),
            What::Drop => drop(chars.remove(at)),
            What::Swap => chars.swap(at, (at + 1) % text.len()),
            What::FlipCase if chars[at].is_ascii_lowercase() => {
                chars[at] = chars[at].to_ascii_uppercase()
            }
            What::FlipCase => chars[at] = chars[at].to_ascii_lowercase(),
        }
        chars.into_iter().collect()
    }

    /// Replaces one character and nothing else.
    fn replace_in(&self, text: &str) -> String {
        Self {
            what: What::Replace,
            ..self.clone()
        }
        .make_in(text)
    }
}

/// Whether one changed character is certain to break the canonical form.
///
/// A BCH code (bech32, cashaddr) detects every single error, and so does a
/// CRC where a character has no more bits than the CRC. A cut hash does with
/// 2^-32. Left out: SS58 (2^-16), EVM (no checksum in digits), formats
/// without any.
fn is_protected(candidate: &Candidate) -> bool {
    match candidate.kind {
        Kind::Tron
        | Kind::P2pkh
        | Kind::P2sh
        | Kind::P2wpkh
        | Kind::P2wsh
        | Kind::Taproot
        | Kind::Witness
        | Kind::P2sh32
        | Kind::Xrp
        | Kind::Monero
        | Kind::MoneroSubaddress
        | Kind::MoneroIntegrated
        | Kind::Cosmos
        | Kind::CosmosContract
        | Kind::Avalanche
        | Kind::Stellar
        | Kind::StellarObject
        | Kind::Ton
        | Kind::Cardano
        | Kind::CardanoStake
        | Kind::CardanoByron
        | Kind::Algorand
        | Kind::Tezos
        | Kind::EosKey
        | Kind::ZcashSapling
        | Kind::ZcashOrchard
        | Kind::ZcashSprout
        | Kind::Mweb
        | Kind::Base58Check
        | Kind::Bech32 => true,
        // An actor's number has none.
        Kind::Filecoin => candidate.key.payload()[0] != 0,
        _ => false,
    }
}

/// Whether a changed text may read strictly: only where it still is the same
/// account. Letters in front that name a chain change freely: `t` for `f` on
/// Filecoin's test networks, `X-` for `P-` on Avalanche's chains.
fn is_same_account(form: &str, changed: &Reading) -> bool {
    let keys = |reading: &Reading| -> Vec<_> {
        reading
            .candidates
            .iter()
            .map(|one| one.key.clone())
            .collect()
    };
    keys(&parse(form)) == keys(changed)
}

/// The canonical form of every protected address there is: of the vectors and
/// a few hundred of the lists.
fn protected() -> Vec<String> {
    let texts = vectors()
        .into_iter()
        .filter(|vector| vector.valid)
        .map(|vector| vector.input)
        .chain(listed().into_iter().step_by(23).map(|row| row.address));
    let candidates = texts.flat_map(|text| parse(&text).candidates);
    let strict = candidates.filter(|one| one.strict && is_protected(one));
    let mut forms: Vec<_> = strict.map(|candidate| candidate.canonical()).collect();
    forms.sort();
    forms.dedup();
    forms
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Each run tries one slip in every address.
    #[test]
    fn one_changed_character_never_clears(slips in prop::collection::vec(typo(), 64)) {
        for (form, slip) in protected().iter().zip(slips.iter().cycle()) {
            let text = slip.replace_in(form);
            let reading = parse(&text);
            prop_assert!(!reading.is_strict() || is_same_account(form, &reading), "{form} {text}: {}", told(&reading));
        }
    }
}

/// All other characters at all places, in one address a kind.
#[test]
fn no_changed_character_at_any_place_clears() {
    let mut forms: Vec<_> = protected();
    forms.sort_by_key(|form| parse(form).candidates[0].kind);
    forms.dedup_by_key(|form| parse(form).candidates[0].kind);
    assert!(
        forms.len() > 10,
        "most kinds have a checksum: {}",
        forms.len()
    );
    let mut cleared = Vec::new();
    for form in &forms {
        for at in 0..form.len() {
            for to in (b'0'..=b'9').chain(b'a'..=b'z').chain(b'A'..=b'Z') {
                let mut text = form.clone();
                text.replace_range(at..=at, &char::from(to).to_string());
                let reading = parse(&text);
                if reading.is_strict() && !is_same_account(form, &reading) {
                    cleared.push(format!("{form} {text}: {}", told(&reading)));
                }
            }
        }
    }
    assert!(
        cleared.is_empty(),
        "{} cleared: {cleared:#?}",
        cleared.len()
    );
}
