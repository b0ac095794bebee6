//! Accounts with their chain beside them: `eip155:1:0x…` ([CAIP-10]), the old
//! `0x…@eip155:1`, and `0x…@ethereum#80B12379` ([ERC-7828]).
//!
//! The tag that XRP and Stellar accounts have behind a hyphen stays in the
//! text: it is split off as the tag of a bare address is.
//!
//! [CAIP-10]: https://github.com/ChainAgnostic/CAIPs/blob/main/CAIPs/caip-10.md
//! [ERC-7828]: https://eips.ethereum.org/EIPS/eip-7828

use sha3::{Digest, Keccak256};
use smallvec::{SmallVec, smallvec};

use super::hidden::is_meant_as_address;
use super::parts::decode_percent;
use super::{ADDRESS_CHARS_MIN, Destination, Wrapped};
use crate::address::{Fault, Network, Networks};

/// What a namespace stands for when its chain is none we know.
const NAMESPACES: &[(&str, Networks)] = &[
    ("eip155", Networks::EVM),
    ("bip122", Networks::NONE),
    ("cosmos", Networks::COSMOS),
    ("polkadot", Networks::SUBSTRATE),
    ("solana", Networks::of(&[Network::Solana])),
    ("tron", Networks::of(&[Network::Tron])),
    ("stellar", Networks::of(&[Network::Stellar])),
    (
        "xrpl",
        Networks::of(&[Network::XrpLedger, Network::XrpTestnet]),
    ),
    ("hedera", Networks::of(&[Network::Hedera])),
    ("near", Networks::of(&[Network::Near])),
    ("starknet", Networks::of(&[Network::Starknet])),
    ("antelope", Networks::of(&[Network::Eos])),
    ("eosio", Networks::of(&[Network::Eos])),
    ("tezos", Networks::of(&[Network::Tezos])),
    (
        "cip34",
        Networks::of(&[Network::Cardano, Network::CardanoTestnet]),
    ),
    ("tvm", Networks::of(&[Network::Ton])),
    ("ton", Networks::of(&[Network::Ton])),
    (
        "fil",
        Networks::of(&[Network::Filecoin, Network::FilecoinTestnet]),
    ),
    ("algorand", Networks::of(&[Network::Algorand])),
    ("aptos", Networks::of(&[Network::Aptos])),
    ("sui", Networks::of(&[Network::Sui])),
    (
        "monero",
        Networks::of(&[
            Network::Monero,
            Network::MoneroTestnet,
            Network::MoneroStagenet,
        ]),
    ),
];

/// Schemes of URIs that have colons of their own.
const NOT_NAMESPACES: [&str; 8] = [
    "http",
    "https",
    "urn",
    "mailto",
    "ripple",
    "xrp",
    "bitcoin",
    "lightning",
];

/// Lengths of a namespace and a reference.
const NAMESPACE_CHARS: std::ops::RangeInclusive<usize> = 3..=8;
const REFERENCE_CHARS: std::ops::RangeInclusive<usize> = 1..=32;

/// Digits of the checksum of ERC-7828.
const CHECKSUM_DIGITS: usize = 8;

/// Unwraps `namespace:reference:address`.
pub(super) fn unwrap(text: &str) -> Option<Wrapped> {
    let (namespace, rest) = text.split_once(':')?;
    let (reference, address) = rest.split_once(':')?;
    let namespace = namespace.to_ascii_lowercase();
    let is_word = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let has_shape = NAMESPACE_CHARS.contains(&namespace.len())
        && REFERENCE_CHARS.contains(&reference.len())
        && is_word(&namespace)
        && is_word(reference)
        && !address.is_empty()
        && !NOT_NAMESPACES.contains(&namespace.as_str())
        && !NOT_NAMESPACES.contains(&reference);
    if !has_shape {
        return None;
    }
    let known = NAMESPACES.iter().find(|(name, _)| *name == namespace);
    // `xrpl:r…:123` is an address with its tag, and no chain.
    let is_address = address.len() >= ADDRESS_CHARS_MIN;
    let chain = Networks::from_hint(&format!("{namespace}:{reference}"));
    let is_chain = chain.is_ok() || reference.len() < ADDRESS_CHARS_MIN;
    if !is_address && (known.is_none() || !is_chain) {
        return None;
    }
    let networks = chain.unwrap_or(known.map_or(Networks::NONE, |&(_, networks)| networks));
    let mut destinations = smallvec![Destination::new(decode_percent(address), networks)];
    doubt_hidden(reference, &mut destinations);
    Some(Wrapped {
        form: "CAIP-10 account",
        destinations,
    })
}

/// Adds the addresses that stand where the name of a chain belongs. Which
/// account is meant nobody knows then.
fn doubt_hidden(text: &str, destinations: &mut SmallVec<[Destination; 1]>) {
    let named = destinations.len();
    destinations.extend(Destination::hidden_in(text));
    if destinations.len() > named {
        for destination in destinations {
            destination.doubt = Some(Fault::NotAddressForm);
        }
    }
}

/// Unwraps `address@chain`, with or without a checksum behind it.
pub(super) fn unwrap_at(text: &str) -> Option<Wrapped> {
    let (account, checksum) = match text.split_once('#') {
        Some((account, checksum)) => (account, Some(checksum)),
        None => (text, None),
    };
    let (address, chain) = account.rsplit_once('@')?;
    if chain.contains(char::is_whitespace) {
        return None;
    }
    // A short word before an `@` is somebody's name.
    let can_be_address = address.len() >= ADDRESS_CHARS_MIN || address.contains('.');
    if !can_be_address {
        return None;
    }
    let networks = networks_of(chain);
    if networks.is_none() && !is_meant_as_address(address) {
        return None;
    }
    let doubt = match checksum {
        _ if networks.is_none() => Some(Fault::NotAddressForm),
        Some(checksum) => fault_of(address, chain, checksum),
        None => None,
    };
    let mut destinations = smallvec![Destination {
        doubt,
        ..Destination::new(decode_percent(address), networks.unwrap_or_default())
    }];
    doubt_hidden(chain, &mut destinations);
    doubt_hidden(checksum.unwrap_or_default(), &mut destinations);
    Some(Wrapped {
        form: "account with its chain",
        destinations,
    })
}

/// Returns what is wrong with a checksum over chain and address. That of an
/// address that is no EVM address is not computed: the address has its own,
/// and nothing else fits in so few digits.
fn fault_of(address: &str, chain: &str, checksum: &str) -> Option<Fault> {
    let has_shape =
        checksum.len() == CHECKSUM_DIGITS && checksum.bytes().all(|byte| byte.is_ascii_hexdigit());
    match checksum_holds(address, chain, checksum) {
        Some(true) => None,
        Some(false) => Some(Fault::Checksum),
        None if has_shape && digits_of(address).is_none() => None,
        None => Some(Fault::NotAddressForm),
    }
}

/// Returns the networks a chain's id, name or number stands for.
fn networks_of(chain: &str) -> Option<Networks> {
    let is_number = !chain.is_empty() && chain.bytes().all(|byte| byte.is_ascii_digit());
    let found = match is_number {
        true => Networks::from_hint(&format!("eip155:{chain}")),
        false => Networks::from_hint(chain),
    };
    let of_namespace = || {
        let (namespace, _) = chain.split_once(':')?;
        let known = NAMESPACES.iter().find(|(name, _)| *name == namespace);
        known.map(|&(_, networks)| networks)
    };
    found.ok().or_else(of_namespace)
}

/// Returns the bytes of an EVM address in hex.
fn digits_of(address: &str) -> Option<[u8; 20]> {
    let mut bytes = [0; 20];
    let digits = address
        .strip_prefix("0x")
        .or_else(|| address.strip_prefix("0X"))?;
    const_hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(bytes)
}

/// Returns whether a checksum is that of an EVM address on its chain: the
/// first four bytes of the Keccak-256 of chain and address as ERC-7930 writes
/// them, without its version. `None` if the chain's number is not known.
fn checksum_holds(address: &str, chain: &str, given: &str) -> Option<bool> {
    let address = digits_of(address)?;
    let number: u64 = match chain.rsplit_once(':') {
        Some((_, number)) => number.parse().ok()?,
        None => match chain.parse() {
            Ok(number) => number,
            Err(_) => number_of(chain)?,
        },
    };
    let reference = number.to_be_bytes();
    let zeros = reference.iter().take_while(|&&byte| byte == 0).count();
    let reference = &reference[zeros..];
    let reference_bytes = u8::try_from(reference.len()).ok()?;
    let hash = Keccak256::new()
        .chain_update([0, 0, reference_bytes])
        .chain_update(reference)
        .chain_update([20])
        .chain_update(address)
        .finalize();
    let expected = const_hex::encode(&hash[..CHECKSUM_DIGITS / 2]);
    Some(expected.eq_ignore_ascii_case(given))
}

/// Returns the number of the one EVM chain that a name stands for.
fn number_of(name: &str) -> Option<u64> {
    let network = Networks::from_hint(name)
        .ok()?
        .intersection(Networks::EVM)
        .first()?;
    network.caip2().strip_prefix("eip155:")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::tests::inside;
    use super::*;
    use crate::address::parse;

    const ADDRESS: &str = "0xFe89cc7aBB2C4183683ab71653C4cdc9B02D44b7";

    #[track_caller]
    fn networks(text: &str) -> Networks {
        let reading = parse(text);
        assert!(reading.is_strict(), "{text} {reading:?}");
        reading.candidates[0].networks
    }

    #[test]
    fn the_chain_narrows_the_networks() {
        for (text, network) in [
            (
                "eip155:137:0x0495766cD136138Fc492Dd499B8DC87A92D6685b",
                Network::Polygon,
            ),
            (
                "EIP155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
                Network::Ethereum,
            ),
            (
                "eip155:999999:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
                Network::OtherEvm,
            ),
            (
                "did:pkh:eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
                Network::Ethereum,
            ),
            (
                "0x22227A31dd842196A246d8f3b775998560eAa61d@eip155:1",
                Network::Ethereum,
            ),
            (
                "bip122:000000000019d6689c085ae165831e93:1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
                Network::Bitcoin,
            ),
            (
                "tron:0x2b6653dc:TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC",
                Network::Tron,
            ),
            (
                "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:2gVkYWexTHR5Hb2aLeQN3tnngvWzisFKXDUPrgMHpdST",
                Network::Solana,
            ),
            (
                "xrpl:0:r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59",
                Network::XrpLedger,
            ),
        ] {
            assert_eq!(networks(text), network.into(), "{text}");
        }
    }

    #[test]
    fn a_tag_behind_the_account_is_kept() {
        let reading = parse("xrpl:0:r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59-11747");
        assert!(reading.is_strict());
        assert_eq!(
            reading.candidates[0]
                .tag
                .as_ref()
                .map(crate::address::Tag::as_str),
            Some("11747")
        );
    }

    #[test]
    fn a_chain_that_has_no_such_address_contradicts() {
        let reading = parse("eip155:1:1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH");
        assert_eq!(reading.fault, Some(Fault::NetworkContradicts));
        assert_eq!(
            reading.candidates[0].key,
            parse("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH").candidates[0].key
        );
    }

    /// The examples of ERC-7828, with the checksum it prints.
    #[test]
    fn a_checksum_over_chain_and_address_is_checked() {
        for chain in ["eip155:1", "ethereum", "1"] {
            assert_eq!(
                networks(&format!("{ADDRESS}@{chain}#80B12379")),
                Network::Ethereum.into()
            );
            let slipped = parse(&format!("{ADDRESS}@{chain}#80B12378"));
            assert_eq!(slipped.fault, Some(Fault::Checksum), "{chain}");
            assert_eq!(slipped.candidates[0].key, parse(ADDRESS).candidates[0].key);
        }
        let bitcoin = "bc1qwz2lhc40s8ty3l5jg3plpve3y3l82x9l42q7fk@bitcoin#597D21A1";
        assert_eq!(networks(bitcoin), Network::Bitcoin.into());
    }

    #[test]
    fn a_name_on_a_chain_is_a_name() {
        for text in [
            "alice.eth@ethereum#80B12379",
            "alice.eth@eip155:1",
            "eip155:1:alice.eth",
        ] {
            assert_eq!(parse(text).fault, Some(Fault::Name), "{text}");
        }
    }

    #[test]
    fn codes_in_the_account_are_decoded_once() {
        let raw = "0:8a8627861a5dd96c9db3ce0807b122da5ed473934ce7568a5b4b1c361cbb28ae";
        let expected = vec![(raw.to_owned(), None)];
        assert_eq!(inside(&format!("tvm:-239:{raw}")), expected);
        assert_eq!(
            inside(&format!("tvm:-239:{}", raw.replace(':', "%3A"))),
            expected
        );
        assert_eq!(
            inside("hedera:mainnet:0.0.1234-abcde"),
            [("0.0.1234-abcde".to_owned(), None)]
        );
    }
}
