//! What an address is: from any spelling to one key.
//!
//! [`parse`] turns the text someone sent into a [`Reading`]: every
//! [`Candidate`] the text can stand for, each with the [`AddressKey`] that is
//! stored, filtered and compared. One account has many spellings (an EVM
//! address in lower case or with a checksum, a Bitcoin Cash address old or
//! new) and one spelling may belong to many chains; both end in the same key.
//!
//! The rule throughout is *strict to clear, lenient to match*. A candidate is
//! strict when its specification would accept the text; only a reading made
//! wholly of strict candidates can end in `NOT_LISTED`. A text that breaks its
//! specification and still yields bytes gives a candidate that can match and
//! never clears. A text nobody can read is kept as an opaque candidate, so
//! that a list entry nobody can read is still found by the same text.
//!
//! Everything here is pure and bounded: no I/O, no clock, no panic. What a
//! match means is left to [`same_account`]'s callers, and what to do about it
//! to the policy.
//!
//! # Adding a family
//!
//! A family is a file in `family/` with a `read` that adds what it finds, a
//! `write` that undoes it, and a line in the table there. When the key of any
//! text changes by it, [`RULES_VERSION`] goes up.
//!
//! ```
//! use interdict::address::{Fault, Kind, Network, parse};
//!
//! // The case of an EVM address is only its checksum: one account, one key.
//! let lower = parse("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed");
//! let mixed = parse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
//! assert!(lower.is_strict() && mixed.is_strict());
//! assert_eq!(lower.candidates[0].key, mixed.candidates[0].key);
//! assert_eq!(lower.candidates[0].canonical(), "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
//!
//! // A `1…` address is the same text on several chains: one candidate says so.
//! let reading = parse("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH");
//! assert_eq!(reading.candidates[0].kind, Kind::P2pkh);
//! let networks: Vec<_> = reading.candidates[0].networks.iter().collect();
//! assert_eq!(networks[..2], [Network::Bitcoin, Network::BitcoinCash]);
//!
//! // A wrong checksum can still match, and can no longer clear.
//! let typo = parse("0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
//! assert_eq!(typo.candidates[0].key, lower.candidates[0].key);
//! assert_eq!(typo.fault, Some(Fault::Checksum));
//! assert!(!typo.is_strict());
//!
//! // What nobody can read is kept as text.
//! let opaque = parse("wallet 17");
//! assert_eq!(opaque.candidates[0].kind, Kind::Opaque);
//! assert_eq!(opaque.fault, Some(Fault::UnknownFormat));
//!
//! // A secret is refused, and nothing of it is kept.
//! let secret = parse("KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn");
//! assert_eq!(secret.fault, Some(Fault::PrivateKey));
//! assert!(secret.candidates.is_empty());
//! ```

// What a reading is made of.
mod candidate;
mod fault;
mod flags;
mod key;
mod kind;
mod network;
mod reading;
mod tag;

// What the sender or a list says the network is.
mod hint;

// From a text to its reading.
mod clean;
mod names;
mod opaque;
mod pipeline;
mod secret;
mod wrapping;

// How networks write addresses.
mod encoding;
mod family;

// What a key leads to.
mod derive;
mod explain;
mod relation;
pub mod shown;

#[cfg(test)]
mod properties;

pub use candidate::Candidate;
pub use derive::{Depth, Derivation, Linked, Rule, linked};
pub use explain::{Explanation, Step, explain};
pub use fault::Fault;
pub use flags::Flags;
pub use hint::UnknownNetwork;
pub use key::{AddressKey, KeyClass};
pub use kind::Kind;
pub use network::{Network, Networks};
pub use reading::{Candidates, Reading};
pub use relation::{Account, Kinship, Sameness, TagScope, same_account};
pub use tag::Tag;

use reading::Draft;

/// Which edition of the address rules this is.
///
/// It goes up whenever the key of any text changes. A data directory records
/// the edition its keys were made by, because keys of two editions must not
/// be compared.
pub const RULES_VERSION: u32 = 2;

/// Longest text in bytes that is read at all.
///
/// The longest address known, a Zcash unified address of every receiver, has
/// about 500 characters; the rest is room for URIs.
pub const TEXT_BYTES_MAX: usize = 2048;

/// Reads a text as an address, in every way it can be read.
///
/// White space at both ends is ignored and flagged. The reading depends on
/// the text alone, so the same text always finds what was stored under it.
///
/// ```
/// use interdict::address::{Kind, parse};
///
/// // OFAC printed this one under the ticker XBT; it is a Tron address.
/// let tron = parse("TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq");
/// assert_eq!(tron.candidates[0].kind, Kind::Tron);
///
/// // Tron and EVM hash a public key alike: one key, two kinds of account.
/// let evm = parse("0xc807c718738a6d6e7a6a0c5a4d0c9c3c4c5a6b7d");
/// assert_eq!(evm.candidates[0].key.class(), tron.candidates[0].key.class());
///
/// // Bitcoin Cash, as OFAC prints it: without the prefix.
/// let cash = parse("qpf2cphc5dkuclkqur7lhj2yuqq9pk3hmukle77vhq");
/// assert!(cash.candidates[0].canonical().starts_with("bitcoincash:qpf2"));
/// ```
pub fn parse(text: &str) -> Reading {
    pipeline::read(text, Networks::NONE, &mut ())
}

/// Reads a text as [`parse`] does, knowing what its sender says the network
/// is.
///
/// The hint never takes a reading away. It adds those that nobody should
/// guess at: account names of EOS and NEAR, which ordinary words fit. Such a
/// text is kept as text besides, so that who asks without the hint finds it.
///
/// ```
/// use interdict::address::{Kind, Network, parse, parse_hinted};
///
/// assert_eq!(parse("eosio.token").candidates[0].kind, Kind::Opaque);
/// let hinted = parse_hinted("eosio.token", Network::Eos.into());
/// assert_eq!(hinted.candidates[0].kind, Kind::EosName);
/// assert!(hinted.is_strict());
/// ```
pub fn parse_hinted(text: &str, hint: Networks) -> Reading {
    pipeline::read(text, hint, &mut ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_at_the_limit_is_read_and_one_past_it_is_not() {
        let longest = "z".repeat(TEXT_BYTES_MAX);
        assert_eq!(parse(&longest).fault, Some(Fault::UnknownFormat));
        assert_eq!(parse(&longest).candidates.len(), 1);
        let longer = "z".repeat(TEXT_BYTES_MAX + 1);
        assert_eq!(parse(&longer).fault, Some(Fault::TooLong));
        assert!(parse(&longer).candidates.is_empty());
    }

    #[test]
    fn nothing_is_not_an_address() {
        for text in ["", " ", "\t\r\n", "\u{a0}\u{2003}"] {
            let reading = parse(text);
            assert_eq!(reading.fault, Some(Fault::Empty));
            assert!(reading.candidates.is_empty());
            assert!(!reading.is_strict());
        }
    }

    #[test]
    fn white_space_at_the_ends_is_flagged_and_changes_nothing() {
        let bare = parse("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH");
        let spaced = parse("\u{a0}1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH\r\n");
        assert!(spaced.is_strict());
        assert_eq!(spaced.candidates, bare.candidates);
        assert!(spaced.flags.contains(Flags::TRIMMED));
        assert!(!bare.flags.contains(Flags::TRIMMED));
    }

    /// An exchange's own ids stand in the address column of real lists.
    #[test]
    fn a_short_number_is_only_text() {
        for text in ["102334770", "17", "hello", "0x12", "1111"] {
            let reading = parse(text);
            assert_eq!(reading.candidates.len(), 1, "{text}");
            assert_eq!(reading.candidates[0].kind, Kind::Opaque, "{text}");
            assert_eq!(reading.fault, Some(Fault::UnknownFormat), "{text}");
        }
    }

    /// Rows of published lists that a hasty reader gets wrong.
    #[test]
    fn oddities_of_real_lists_are_read_for_what_they_are() {
        let kind = |text: &str| parse(text).candidates[0].kind;
        // Begins like a testnet bech32 address in capitals.
        assert_eq!(kind("TB1Bcv3x8mg7PVV4nVM48pgHJKcYboTypU"), Kind::Tron);
        assert!(parse("TB1Bcv3x8mg7PVV4nVM48pgHJKcYboTypU").is_strict());
        // One hex digit short.
        assert_eq!(
            kind("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae"),
            Kind::Opaque
        );
        // 64 hex digits under XMR, which could be an account on NEAR.
        assert_eq!(
            kind("5be5543ff73456ab9f2d207887e2af87322c651ea1a873c5b25b7ffae456c320"),
            Kind::NearImplicit
        );
        // `l` is in no base58 alphabet.
        assert_eq!(
            kind(
                "4l9qitRzdnhYjgTEAhgGpCfsjdTeMbUTU6cyR4JV1R7k2Eej9rGT8JpFiYDa4tZM6RZiFrHmMzgSrhHEqpDYKBe5B2ufNsL"
            ),
            Kind::Opaque,
        );
    }
}
