//! URIs of the form `scheme:address?name=value&…`: those of every coin, and
//! short names of EVM chains in front of an address ([ERC-3770]).
//!
//! One reader serves all. The scheme names the networks where it is a name
//! or ticker we know; a scheme nobody knows names none. Of the parameters,
//! those that name a destination count wherever they stand: a wallet that
//! knows one of them pays there. `bitcoincash:` and its like belong to the
//! address and stay in front of it.
//!
//! [ERC-3770]: https://eips.ethereum.org/EIPS/eip-3770

use smallvec::{SmallVec, smallvec};

use super::hidden::is_meant_as_address;
use super::parameter::{Meaning, meaning_of};
use super::parts::{decode_percent, parameters, split_query, strip_prefix_any_case};
use super::scheme::{is_cash_body, networks_of, with_cash_prefix};
use super::{ADDRESS_CHARS_MIN, Destination, Wrapped};
use crate::address::{Fault, Network, Networks, Tag};

/// Schemes behind which there is a Lightning payment.
const LIGHTNING_SCHEMES: [&str; 7] = [
    "lightning",
    "lnurl",
    "lnurlp",
    "lnurlw",
    "lnurlc",
    "lnurla",
    "keyauth",
];

/// Pages of wallets behind which there is an address.
const WALLET_PAGES: [&str; 4] = [
    "app.tonkeeper.com/transfer/",
    "tonhub.com/transfer/",
    "tonkeeper.com/transfer/",
    "test.tonhub.com/transfer/",
];

/// Paths that say what is to be done and not with whom.
const ACTIONS: [&str; 4] = ["pay", "transfer", "send", "payment"];

/// Unwraps a URI of which scheme, in lower case, and rest are given.
pub(super) fn unwrap(text: &str, scheme: &str, rest: &str) -> Option<Wrapped> {
    if LIGHTNING_SCHEMES.contains(&scheme) {
        return Some(Wrapped {
            form: "Lightning URI",
            destinations: smallvec![Destination::beyond_reading(Fault::Lightning)],
        });
    }
    if matches!(scheme, "http" | "https") {
        return unwrap_page(rest);
    }
    let known = networks_of(scheme);
    let networks = known.unwrap_or_default();
    let (path, query) = split_query(rest);
    let path = address_in(path);
    let mut destinations = SmallVec::new();
    if path.starts_with("http:") || path.starts_with("https:") {
        // A page that will say what to sign.
        destinations.push(Destination::beyond_reading(Fault::NotAddressForm));
    } else if !path.is_empty() {
        let is_word = !path.contains(|c: char| c.is_whitespace() || c == ':');
        let can_be_address = known.is_some() || is_word && path.len() >= ADDRESS_CHARS_MIN;
        if !can_be_address {
            return None;
        }
        // The prefix of a cashaddr is under its checksum: another one in front
        // of it is a slip, if it is no name of a network.
        let is_slip = known.is_none() && is_cash_body(&path);
        let kept = with_cash_prefix(text, scheme, path);
        if kept == text {
            return None;
        }
        destinations.push(Destination {
            doubt: is_slip.then_some(Fault::Checksum),
            // An address with a slip may look like a scheme and its rest; but
            // `0x` begins no part of another format.
            is_guess: known.is_none() && strip_prefix_any_case(&kept, "0x").is_none(),
            ..Destination::new(kept, networks)
        });
    }
    read_parameters(scheme, query, networks, &mut destinations);
    (!destinations.is_empty()).then_some(Wrapped {
        form: form_of(scheme),
        destinations,
    })
}

/// Unwraps an address that has parameters behind it and no scheme in front, or
/// the slash or question mark of the text it stood in.
pub(super) fn unwrap_bare(text: &str) -> Option<Wrapped> {
    let (path, query) = split_query(text);
    let behind = text.get(path.len()..)?.trim_start_matches('/');
    // Behind a hash there may be a tag.
    let is_tagged = behind.starts_with('#');
    if path.len() < ADDRESS_CHARS_MIN
        || path.len() == text.len()
        || is_tagged
        || !is_meant_as_address(path)
    {
        return None;
    }
    let mut destinations = smallvec![Destination::new(path, Networks::NONE)];
    read_parameters("", query, Networks::NONE, &mut destinations);
    Some(Wrapped {
        form: "address with parameters",
        destinations,
    })
}

/// Unwraps a wallet's page, which names a TON account.
fn unwrap_page(rest: &str) -> Option<Wrapped> {
    let page = rest.strip_prefix("//")?;
    let rest = WALLET_PAGES
        .iter()
        .find_map(|known| page.strip_prefix(known))?;
    let (path, query) = split_query(rest);
    let networks = Network::Ton.into();
    let mut destinations = smallvec![Destination::new(decode_percent(path), networks)];
    read_parameters("ton", query, networks, &mut destinations);
    Some(Wrapped {
        form: "wallet's link",
        destinations,
    })
}

/// Returns the address in a path: `transfer/<address>`, or all of it.
fn address_in(path: &str) -> String {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let is_action = ACTIONS
        .iter()
        .any(|action| first.eq_ignore_ascii_case(action));
    let left = match rest {
        _ if !is_action => path,
        version if is_version(version) => "",
        rest => rest,
    };
    decode_percent(left.trim())
}

/// Returns whether a part of a path is the version of a format: `pay/v1`.
fn is_version(part: &str) -> bool {
    let number = part.strip_prefix('v').unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn read_parameters(
    scheme: &str,
    query: &str,
    networks: Networks,
    destinations: &mut SmallVec<[Destination; 1]>,
) {
    let mut customer = None;
    // No URI has a blank: somebody wrote on behind it.
    let is_prose = query.contains(char::is_whitespace);
    for (name, value) in parameters(query) {
        let (name, is_required) = match name.strip_prefix("req-") {
            Some(name) => (name, true),
            None => (name.as_str(), false),
        };
        match meaning_of(scheme, name, is_required) {
            Meaning::Destination => destinations.push(Destination::new(value, networks)),
            Meaning::Lightning => destinations.push(Destination::beyond_reading(Fault::Lightning)),
            Meaning::Unreadable(fault) => {
                destinations.push(Destination::beyond_reading(fault));
                destinations.extend(Destination::hidden_in(&value));
            }
            Meaning::Customer => {
                customer = customer.or(Tag::text(&value));
                others_in(&value, is_prose, destinations);
            }
            Meaning::Nothing => others_in(&value, is_prose, destinations),
            Meaning::Unknown => others_in(&value, true, destinations),
        }
    }
    if let (Some(first), Some(tag)) = (destinations.first_mut(), customer) {
        first.tag = Some(tag);
    }
}

/// Adds the addresses in a value that nobody or only a person reads.
fn others_in(value: &str, is_read: bool, destinations: &mut SmallVec<[Destination; 1]>) {
    if is_read {
        destinations.extend(Destination::hidden_in(value));
    }
}

fn form_of(scheme: &str) -> &'static str {
    match scheme {
        "bitcoin" => "BIP-21 URI",
        "zcash" => "ZIP-321 URI",
        "solana" => "Solana Pay URI",
        "web+stellar" => "SEP-7 URI",
        _ => "URI",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::inside;
    use super::*;
    use crate::address::{Flags, parse};

    const BITCOIN: &str = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH";
    const TRON: &str = "TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC";
    const EVM: &str = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf";
    const CASH: &str = "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a";

    #[track_caller]
    fn leads_to(text: &str, address: &str) {
        let reading = parse(text);
        assert!(reading.is_strict(), "{text} {reading:?}");
        assert_eq!(
            reading.candidates[0].key,
            parse(address).candidates[0].key,
            "{text}"
        );
        assert!(reading.flags.contains(Flags::UNWRAPPED), "{text}");
    }

    #[test]
    fn the_address_is_taken_out_of_any_coins_uri() {
        for text in [
            "bitcoin:",
            "BITCOIN:",
            "bitcoin://",
            "btc:",
            "wallet:",
            "web+bitcoin:",
        ] {
            leads_to(&format!("{text}{BITCOIN}"), BITCOIN);
            leads_to(
                &format!("{text}{BITCOIN}?amount=20.3&label=Luke-Jr#top"),
                BITCOIN,
            );
            leads_to(&format!("{text}%31{}", &BITCOIN[1..]), BITCOIN);
        }
        for text in ["tron:", "trx:", "USDT:", "trc20:"] {
            leads_to(&format!("{text}{TRON}"), TRON);
        }
        for text in [
            "eth:", "arb1:", "oeth:", "matic:", "bnb:", "avax:", "base:", "gno:", "zora:", "ronin:",
        ] {
            leads_to(&format!("{text}{EVM}"), EVM);
        }
        leads_to("ronin:7e5f4552091a69125d5dfcb7b8c2659029395bdf", EVM);
        leads_to("litecoin:LVuDpNCSSj6pQ7t9Pv6d6sUkLKoqDEVUnJ", BITCOIN);
        leads_to("dogecoin:DFpN6QqFfUm3gKNaxN6tNcab1FArL9cZLE", BITCOIN);
        leads_to(
            "iban:XE7338O073KYGTWWZN0F2WZ0R8PX5ZPPZS",
            "0x00c5496aEe77C1bA1f0854206A26DdA82a81D6D8",
        );
    }

    #[test]
    fn the_scheme_names_the_networks() {
        let networks = |text: &str| parse(text).candidates[0].networks;
        assert_eq!(
            networks(&format!("bitcoin:{BITCOIN}")),
            Network::Bitcoin.into()
        );
        assert_eq!(networks(&format!("arb1:{EVM}")), Network::Arbitrum.into());
        assert_eq!(
            networks(&format!("bnb:{EVM}")),
            Network::BnbSmartChain.into()
        );
        assert_eq!(networks(&format!("zora:{EVM}")), Networks::EVM);
        let contradiction = parse(&format!("litecoin:{TRON}"));
        assert_eq!(contradiction.fault, Some(Fault::NetworkContradicts));
    }

    #[test]
    fn the_prefix_of_a_cash_address_stays() {
        leads_to(&format!("{CASH}?amount=1"), CASH);
        leads_to(&format!("{}?amount=1", CASH.to_uppercase()), CASH);
        leads_to(&CASH.replace(':', "://"), CASH);
        leads_to("bitcoincash:1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu", CASH);
        let mixed = "bitcoincash:QPM2QSZNHKS23Z7629MMS6S4CWEF74VCWVY22GDX6A";
        for text in [mixed.to_owned(), format!("{mixed}?amount=1")] {
            let reading = parse(&text);
            assert_eq!(reading.fault, Some(Fault::MixedCase), "{text}");
        }
        for prefix in ["b1tcoincash:", "wallet:"] {
            let reading = parse(&CASH.replace("bitcoincash:", prefix));
            assert_eq!(reading.fault, Some(Fault::Checksum), "{prefix}");
        }
    }

    #[test]
    fn every_destination_counts() {
        let witness = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
        leads_to(&format!("bitcoin:?bc={witness}"), witness);
        leads_to(&format!("bitcoin:?req-bc={witness}"), witness);
        let both = parse(&format!("bitcoin:{BITCOIN}?bc={witness}&bc={witness}"));
        assert!(both.is_strict());
        assert_eq!(both.candidates.len(), 3);
        for (rest, fault) in [
            ("lightning=lnbc1qqq", Fault::Lightning),
            ("lno=lno1qqq", Fault::Lightning),
            ("sp=sp1qqq", Fault::UnknownFormat),
            ("r=https://example.com/", Fault::NotAddressForm),
            ("req-somethingyoudontunderstand=50", Fault::UnknownFormat),
            (
                "bc=bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
                Fault::Checksum,
            ),
        ] {
            for text in [
                format!("bitcoin:{BITCOIN}?{rest}"),
                format!("bitcoin:?{rest}&bc={witness}"),
            ] {
                let reading = parse(&text);
                assert_eq!(reading.fault, Some(fault), "{text}");
                assert!(
                    reading.candidates.iter().any(|found| found.strict),
                    "{text}"
                );
            }
        }
        let many = format!("bitcoin:?{}", format!("bc={witness}&").repeat(9));
        assert_eq!(parse(&many).fault, Some(Fault::UnknownFormat));
    }

    #[test]
    fn what_names_the_customer_is_a_tag() {
        for (text, tag) in [
            (
                "ripple:rPEPPER7kfTD9w2To4CQk6UCfuHM9c6GDY?amount=1&dt=0123",
                "123",
            ),
            ("xrpl:rPEPPER7kfTD9w2To4CQk6UCfuHM9c6GDY:123", "123"),
            (
                "solana:2gVkYWexTHR5Hb2aLeQN3tnngvWzisFKXDUPrgMHpdST?memo=a%20b",
                "a b",
            ),
        ] {
            let reading = parse(text);
            assert!(reading.is_strict(), "{text} {reading:?}");
            assert_eq!(
                reading.candidates[0].tag.as_ref().map(Tag::as_str),
                Some(tag)
            );
            assert!(reading.flags.contains(Flags::TAG_PRESENT));
        }
    }

    #[test]
    fn requests_of_other_networks_are_unwrapped() {
        let account = "EQAs9VlT6S776tq3unJcP5Ogsj-ELLunLXuOb1EKcOQi4wJB";
        let stellar = "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ";
        for (text, expected) in [
            (format!("ton://transfer/{account}?amount=1"), account),
            (
                format!("https://app.tonkeeper.com/transfer/{account}?text=7"),
                account,
            ),
            (
                format!("web+stellar:pay?destination={stellar}&memo=7"),
                stellar,
            ),
            (format!("algorand://{stellar}?amount=1"), stellar),
            ("near:alice.near".to_owned(), "alice.near"),
        ] {
            assert_eq!(inside(&text), [(expected.to_owned(), None)], "{text}");
        }
        let token = "solana:A?spl-token=B&reference=C";
        assert_eq!(
            inside(token),
            [("A".to_owned(), None), ("B".to_owned(), None)]
        );
        for (text, fault) in [
            ("solana:https%3A%2F%2Fexample.com", Fault::NotAddressForm),
            ("solana:https://example.com/pay?x=1", Fault::NotAddressForm),
            ("lightning:lnbc1qqq", Fault::Lightning),
        ] {
            assert_eq!(inside(text), [(String::new(), Some(fault))], "{text}");
        }
        assert_eq!(
            inside("web+stellar:tx?xdr=AAAA"),
            [
                ("tx".to_owned(), None),
                (String::new(), Some(Fault::NotAddressForm))
            ]
        );
    }

    /// One character of a Byron address became a colon, and what is behind it
    /// is 32 bytes in base 58.
    #[test]
    fn a_slip_that_makes_a_scheme_of_an_address_does_not_clear() {
        let slip = "Ae2tdPwUPEZFRby:z3cpfC2CumGzNkFBN2L42rcUc2yjQpEkxDbkPodpMAi";
        assert_eq!(parse(slip).fault, Some(Fault::NotAddressForm));
    }
}
