//! Wrapping: URIs and chain-qualified forms, and the destinations inside.
//!
//! One text may name several destinations, and a payment may go to any of
//! them: each is returned, and each has to be cleared. What a wrapped text
//! says beyond addresses is kept where it names a network or a customer.
//!
//! | form | file |
//! |---|---|
//! | [BIP-21], [BIP-321], [ZIP-321], [Solana Pay], TON, Stellar ([SEP-7]) and every other `scheme:address?…`, [ERC-3770] among them | `uri` |
//! | [ERC-681] | `erc681` |
//! | [CAIP-10] in its present and its old form, [ERC-7828] | `caip` |
//! | a tag or memo behind an address | `tag` |
//! | an address where none belongs | `hidden` |
//!
//! [BIP-21]: https://github.com/bitcoin/bips/blob/master/bip-0021.mediawiki
//! [BIP-321]: https://github.com/bitcoin/bips/blob/master/bip-0321.mediawiki
//! [CAIP-10]: https://github.com/ChainAgnostic/CAIPs/blob/main/CAIPs/caip-10.md
//! [ERC-681]: https://eips.ethereum.org/EIPS/eip-681
//! [ERC-3770]: https://eips.ethereum.org/EIPS/eip-3770
//! [ERC-7828]: https://eips.ethereum.org/EIPS/eip-7828
//! [SEP-7]: https://github.com/stellar/stellar-protocol/blob/master/ecosystem/sep-0007.md
//! [Solana Pay]: https://docs.solanapay.com/spec
//! [ZIP-321]: https://zips.z.cash/zip-0321

use smallvec::SmallVec;

use super::{Fault, Networks, Tag};

mod caip;
#[cfg(test)]
mod disguise;
mod erc681;
mod hidden;
mod parameter;
mod parts;
mod scheme;
mod tag;
mod uri;

pub(super) use tag::split_tag;

/// Fewest characters of an address that stands behind a word which we do not
/// know, so that `Note: paid` names no destination.
const ADDRESS_CHARS_MIN: usize = 20;

/// What a wrapped text names.
pub(super) struct Wrapped {
    /// The form it is in, for people: `BIP-21 URI`.
    pub(super) form: &'static str,
    /// Every destination, in the order they are named.
    pub(super) destinations: SmallVec<[Destination; 1]>,
}

/// A destination that a wrapped text names.
pub(super) struct Destination {
    /// The address, as it stands inside.
    pub(super) text: String,
    /// The networks the wrapping names for it; none if it names none.
    pub(super) networks: Networks,
    /// The customer behind the account.
    pub(super) tag: Option<Tag>,
    /// Why it cannot be screened at all, as a Lightning invoice cannot.
    pub(super) fault: Option<Fault>,
    /// Why it cannot clear although it can be read: the checksum of the
    /// wrapping is wrong.
    pub(super) doubt: Option<Fault>,
    /// Nobody knows what the wrapping means; only a checksum of its own tells
    /// that what is inside is an address.
    pub(super) is_guess: bool,
}

impl Destination {
    /// Returns a destination that is to be read.
    fn new(text: impl Into<String>, networks: Networks) -> Self {
        Self {
            text: text.into(),
            networks,
            tag: None,
            fault: None,
            doubt: None,
            is_guess: false,
        }
    }

    /// Returns the addresses that stand where none belongs.
    fn hidden_in(text: &str) -> impl Iterator<Item = Self> {
        let found = hidden::addresses_in(text).into_iter();
        found.map(|address| Self::new(address, Networks::NONE))
    }

    /// Returns a destination that cannot be read.
    fn beyond_reading(fault: Fault) -> Self {
        Self {
            fault: Some(fault),
            ..Self::new("", Networks::NONE)
        }
    }
}

/// Unwraps a text once; `None` if it is of no wrapped form.
pub(super) fn unwrap(text: &str) -> Option<Wrapped> {
    let bare = parts::strip_prefix_any_case(text, "did:pkh:").unwrap_or(text);
    if let Some((scheme, rest)) = parts::split_scheme(bare) {
        if scheme == "ethereum" {
            return erc681::unwrap(rest);
        }
        let written = &bare[..scheme.len()];
        if !hidden::addresses_in(written).is_empty() {
            return unwrap_two_addresses(written, rest);
        }
        return caip::unwrap(bare).or_else(|| uri::unwrap(bare, &scheme, rest));
    }
    caip::unwrap_at(bare).or_else(|| uri::unwrap_bare(bare))
}

/// Unwraps two addresses with a colon between them, the first of which has the
/// shape of a scheme. Which of them is meant nobody knows.
fn unwrap_two_addresses(first: &str, second: &str) -> Option<Wrapped> {
    // What is short is the tag of the first.
    if second.len() < ADDRESS_CHARS_MIN {
        return None;
    }
    let mut destinations: SmallVec<[Destination; 1]> = Destination::hidden_in(first).collect();
    destinations.push(Destination::new(second, Networks::NONE));
    for destination in &mut destinations {
        destination.doubt = Some(Fault::NotAddressForm);
    }
    Some(Wrapped {
        form: "two addresses",
        destinations,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The destinations of a text, with what is wrong with them.
    pub(super) fn inside(text: &str) -> Vec<(String, Option<Fault>)> {
        let Some(wrapped) = unwrap(text) else {
            return Vec::new();
        };
        let pairs = wrapped.destinations.into_iter();
        pairs
            .map(|one| (one.text, one.fault.or(one.doubt)))
            .collect()
    }

    #[test]
    fn what_is_no_wrapped_form_is_left() {
        for text in [
            "",
            ":",
            "hello",
            "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
            "0:8a8627861a5dd96c9db3ce0807b122da5ed473934ce7568a5b4b1c361cbb28ae",
            "X-avax1w508d6qejxtdg4y5r3zarvary0c5xw7k0l6nk9",
            "rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf:276",
            "Note: paid",
            "note:paid",
            "user@example.com",
            "https://example.com/5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        ] {
            assert!(unwrap(text).is_none(), "{text}");
        }
    }

    #[test]
    fn unwrapping_ends() {
        for text in [
            "a:a:a:a:a:a:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "bitcoin:bitcoin:bitcoin:bitcoin:1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
        ] {
            let mut text = text.to_owned();
            for _ in 0..8 {
                let Some((inner, _)) = inside(&text).into_iter().next() else {
                    break;
                };
                assert!(inner.len() < text.len());
                text = inner;
            }
        }
    }
}
