//! Ethereum payment requests: `ethereum:[pay-]<address>[@chain][/function]?…`
//! ([ERC-681]).
//!
//! In a token transfer the path is the token's contract, and the money goes to
//! the account in the parameter `address`. Both are destinations.
//!
//! [ERC-681]: https://eips.ethereum.org/EIPS/eip-681

use smallvec::{SmallVec, smallvec};

use super::parts::{decode_percent, parameters, split_query, strip_prefix_any_case};
use super::{ADDRESS_CHARS_MIN, Destination, Wrapped};
use crate::address::{Fault, Networks};

/// Parameters that are numbers, flags or texts, or for people.
const HARMLESS: [&str; 7] = [
    "value", "gas", "gaslimit", "gasprice", "amount", "label", "message",
];

/// Types of a function's arguments that name no account.
const HARMLESS_TYPES: [&str; 4] = ["bool", "string", "uint", "int"];

/// Parameters that name an account besides those of type `address`.
const ACCOUNTS: [&str; 4] = ["to", "recipient", "receiver", "contractaddress"];

/// Unwraps what follows `ethereum:`.
pub(super) fn unwrap(rest: &str) -> Option<Wrapped> {
    let (path, query) = split_query(rest);
    let path = decode_percent(path);
    let (target, call) = path.split_once('/').unwrap_or((&path, ""));
    let (target, chain) = match target.split_once('@') {
        Some((target, chain)) => (target, Some(chain)),
        None => (target, None),
    };
    let networks = chain.map_or(Networks::EVM, networks_of);
    let target = strip_prefix_any_case(target, "pay-").unwrap_or(target);
    if target.is_empty() {
        return None;
    }
    let mut destinations = smallvec![Destination::new(target, networks)];
    if !chain.is_none_or(is_number) || !is_function(call) {
        destinations.push(Destination::beyond_reading(Fault::NotAddressForm));
        destinations.extend(chain.into_iter().flat_map(Destination::hidden_in));
        destinations.extend(Destination::hidden_in(call));
    }
    // No URI has a blank: somebody wrote on behind it.
    if query.contains(char::is_whitespace) {
        destinations.extend(Destination::hidden_in(&decode_percent(query)));
    }
    for (name, value) in parameters(query) {
        read_parameter(&name, &value, networks, &mut destinations);
    }
    Some(Wrapped {
        form: "ERC-681 URI",
        destinations,
    })
}

/// Reads a parameter. What is on no list keeps the whole from clearing: what a
/// contract does with it nobody can tell from here.
fn read_parameter(
    name: &str,
    value: &str,
    networks: Networks,
    destinations: &mut SmallVec<[Destination; 1]>,
) {
    if name.starts_with("address") || ACCOUNTS.contains(&name) {
        let accounts = value.trim_matches(['[', ']']).split(',');
        destinations.extend(accounts.map(|account| Destination::new(account, networks)));
        return;
    }
    let is_type = |known: &&str| name.starts_with(*known);
    if !HARMLESS.contains(&name) && !HARMLESS_TYPES.iter().any(is_type) {
        destinations.push(Destination::beyond_reading(Fault::NotAddressForm));
    }
    if !matches!(name, "label" | "message") {
        destinations.extend(Destination::hidden_in(value));
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether what stands behind the target is a function's name, or
/// nothing.
fn is_function(call: &str) -> bool {
    call.len() < ADDRESS_CHARS_MIN && !call.contains('/')
}

/// Returns the networks of a chain id, or of all of the family if it is none.
fn networks_of(chain: &str) -> Networks {
    Networks::from_hint(&format!("eip155:{chain}")).unwrap_or(Networks::EVM)
}

#[cfg(test)]
mod tests {
    use super::super::tests::inside;
    use super::*;
    use crate::address::{Flags, Network, parse};

    const TOKEN: &str = "0x89205a3a3b2a69de6dbf7f01ed13b2108b2c43e7";
    const RECIPIENT: &str = "0x8e23ee67d1332ad560396262c48ffbb01f93d052";

    #[test]
    fn a_transfer_names_the_contract_and_the_recipient() {
        let text = format!("ethereum:{TOKEN}/transfer?address={RECIPIENT}&uint256=1");
        let reading = parse(&text);
        assert!(reading.is_strict());
        assert!(
            reading
                .flags
                .contains(Flags::UNWRAPPED.union(Flags::SEVERAL_DESTINATIONS))
        );
        for (index, expected) in [TOKEN, RECIPIENT].into_iter().enumerate() {
            let candidate = &reading.candidates[index];
            assert_eq!(candidate.key, parse(expected).candidates[0].key);
            assert_eq!(usize::from(candidate.destination), index);
        }
        // A transfer from one account to another names two besides.
        let text = format!("ethereum:{TOKEN}/transferFrom?address={RECIPIENT}&address={TOKEN}");
        assert_eq!(parse(&text).candidates.len(), 3);
    }

    #[test]
    fn the_chain_is_told_by_its_number() {
        let text = format!("ethereum:pay-{RECIPIENT}@137?value=2.014e18");
        let reading = parse(&text);
        assert!(reading.is_strict());
        assert_eq!(reading.candidates[0].networks, Network::Polygon.into());
        let any = parse(&format!("ETHEREUM:{RECIPIENT}"));
        assert_eq!(any.candidates[0].networks, Networks::EVM);
    }

    #[test]
    fn a_recipient_that_cannot_be_read_keeps_the_whole_from_clearing() {
        for (rest, fault) in [
            ("/transfer?address=alice.eth", Fault::Name),
            ("/transfer?address=", Fault::UnknownFormat),
            ("/transfer?address=0x12", Fault::UnknownFormat),
            ("/execute?bytes=0xa9059cbb", Fault::NotAddressForm),
        ] {
            let reading = parse(&format!("ethereum:{TOKEN}{rest}"));
            assert_eq!(reading.fault, Some(fault), "{rest}");
            assert_eq!(reading.candidates[0].key, parse(TOKEN).candidates[0].key);
        }
        assert_eq!(parse("ethereum:alice.eth").fault, Some(Fault::Name));
        assert!(inside("ethereum:").is_empty());
    }
}
