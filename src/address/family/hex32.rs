//! Aptos, Sui and Starknet accounts: `0x` and 32 bytes in hex.
//!
//! Nothing in such a text says which of them is meant, so it is an account of
//! each, and of Substrate, whose tools print accounts so too. Leading zeros
//! may be left out where the network's own tools do so: Starknet's at will,
//! Aptos' and Sui's of the sixteen accounts with a single digit ([AIP-40]).
//! Without `0x` it can match and never clears.
//!
//! A 20-byte address padded to 32 bytes, as event logs have it, is no account
//! here: one in 2^96 looks so by chance.
//!
//! [AIP-40]: https://github.com/aptos-foundation/AIPs/blob/main/aips/aip-40.md

use super::{Family, evm};
use crate::address::{Draft, Fault, Kind, Network, Networks};

const ACCOUNT_BYTES: usize = 32;
const ACCOUNT_DIGITS: usize = 2 * ACCOUNT_BYTES;

/// Fewest digits that are read with leading zeros left out; fewer are left
/// once in a million accounts.
const STRIPPED_DIGITS_MIN: usize = 60;

/// What Tron writes before the 20 bytes.
const TRON_VERSION: u8 = 0x41;

/// Zeros in front of a 20-byte address that fills 32 bytes.
const PADDING_BYTES: usize = 12;

/// 2^251 + 17 * 2^192 + 1: the prime that Starknet counts modulo.
const STARKNET_PRIME: [u8; ACCOUNT_BYTES] = {
    let mut prime = [0; ACCOUNT_BYTES];
    prime[0] = 0x08;
    prime[7] = 0x11;
    prime[31] = 0x01;
    prime
};

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "0123456789abcdefABCDEF",
    chars: (3, 2 + ACCOUNT_DIGITS),
    read,
};

/// Reads an account, in every network it can be one of.
fn read(text: &str, reading: &mut Draft) {
    let (prefix, digits) = evm::split_prefix(text.as_bytes());
    let has_prefix = !prefix.is_empty();
    let (is_whole, is_single) = (digits.len() == ACCOUNT_DIGITS, digits.len() == 1);
    let is_stripped = (STRIPPED_DIGITS_MIN..ACCOUNT_DIGITS).contains(&digits.len());
    if !(is_whole || has_prefix && (is_single || is_stripped)) {
        return;
    }
    let mut padded = [b'0'; ACCOUNT_DIGITS];
    padded[ACCOUNT_DIGITS - digits.len()..].copy_from_slice(digits);
    let mut account = [0; ACCOUNT_BYTES];
    if const_hex::decode_to_slice(padded, &mut account).is_err() {
        return;
    }
    let is_account = has_prefix && !is_padded_address(&account);
    let mut add = |kind, networks, payload: &[u8], is_strict| {
        if is_strict {
            reading.accept(kind, networks, payload);
        } else {
            reading.accept_leniently(kind, networks, payload, Fault::NotAddressForm);
        }
    };
    let is_spelt_out = is_account && !is_stripped;
    for (kind, network) in [(Kind::Aptos, Network::Aptos), (Kind::Sui, Network::Sui)] {
        add(kind, network.into(), &payload(kind, account), is_spelt_out);
    }
    if !is_single && account < STARKNET_PRIME {
        let payload = payload(Kind::Starknet, account);
        add(
            Kind::Starknet,
            Network::Starknet.into(),
            &payload,
            is_account,
        );
    }
    if is_whole && has_prefix {
        add(Kind::Substrate, Networks::SUBSTRATE, &account, is_account);
    }
}

/// Writes an account with all its digits.
pub(in crate::address) fn write(payload: &[u8], out: &mut String) -> bool {
    let [_, account @ ..] = payload else {
        return false;
    };
    if account.len() != ACCOUNT_BYTES {
        return false;
    }
    out.push_str("0x");
    out.push_str(&const_hex::encode(account));
    true
}

/// Returns whether 32 bytes look like a 20-byte address in a word of a log,
/// and not like one of the accounts that a single digit names.
pub(super) fn is_padded_address(account: &[u8; ACCOUNT_BYTES]) -> bool {
    let is_zero = |bytes: &[u8]| bytes.iter().all(|&byte| byte == 0);
    let (rest, last) = account.split_at(ACCOUNT_BYTES - 1);
    let is_single_digit = is_zero(rest) && last[0] < 16;
    let (padding, version) = (&account[..PADDING_BYTES - 1], account[PADDING_BYTES - 1]);
    is_zero(padding) && matches!(version, 0 | TRON_VERSION) && !is_single_digit
}

/// Returns which network's account it is, and the account.
fn payload(kind: Kind, account: [u8; ACCOUNT_BYTES]) -> [u8; 1 + ACCOUNT_BYTES] {
    let mut payload = [0; 1 + ACCOUNT_BYTES];
    payload[0] = match kind {
        Kind::Aptos => 1,
        Kind::Sui => 2,
        _ => 3,
    };
    payload[1..].copy_from_slice(&account);
    payload
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;

    /// Kinds of the strict readings of a text, and of the others but opaque.
    fn kinds(text: &str) -> (Vec<Kind>, Vec<Kind>) {
        let candidates = parse(text).candidates.into_iter();
        let (strict, lenient): (Vec<_>, Vec<_>) = candidates
            .filter(|found| found.kind != Kind::Opaque)
            .partition(|found| found.strict);
        let kinds = |found: Vec<crate::address::Candidate>| found.iter().map(|c| c.kind).collect();
        (kinds(strict), kinds(lenient))
    }

    const ACCOUNT: &str = "0x63c5215e87770d17b9f4cd47c777e322f4eb152cfd2054c1080fd9d57c48913b";
    const FELT: &str = "0x02Fd23d9182193775423497fc0c472E156C57C69E4089A1967fb288A2d84e914";

    #[test]
    fn an_account_is_one_of_every_network() {
        let upper = format!("0x{}", ACCOUNT[2..].to_uppercase());
        for text in [ACCOUNT, &upper, &upper.to_uppercase()] {
            let (strict, lenient) = kinds(text);
            assert_eq!(strict, [Kind::Aptos, Kind::Sui, Kind::Substrate], "{text}");
            assert_eq!(lenient, []);
            for (found, expected) in parse(text).candidates.iter().zip(parse(ACCOUNT).candidates) {
                assert_eq!(found.key, expected.key);
            }
        }
        assert_eq!(parse(ACCOUNT).candidates[0].canonical(), ACCOUNT);
        assert_eq!(
            kinds(FELT).0,
            [Kind::Aptos, Kind::Sui, Kind::Starknet, Kind::Substrate]
        );
    }

    #[test]
    fn starknet_leaves_leading_zeros_out() {
        let short = format!("0x{}", &FELT[3..]);
        assert_eq!(
            kinds(&short),
            (vec![Kind::Starknet], vec![Kind::Aptos, Kind::Sui])
        );
        for found in &parse(&short).candidates {
            assert!(parse(FELT).candidates.iter().any(|c| c.key == found.key));
            assert_eq!(found.canonical(), FELT.to_lowercase());
        }
    }

    #[test]
    fn a_starknet_account_is_below_the_prime() {
        let prime = "0x0800000000000011000000000000000000000000000000000000000000000001";
        assert!(!kinds(prime).0.contains(&Kind::Starknet));
        let below = "0x0800000000000011000000000000000000000000000000000000000000000000";
        assert!(kinds(below).0.contains(&Kind::Starknet));
    }

    #[test]
    fn single_digits_are_accounts_and_other_short_texts_are_not() {
        for text in ["0x1", "0xA", "0x0"] {
            assert_eq!(kinds(text).0, [Kind::Aptos, Kind::Sui], "{text}");
        }
        let whole = format!("0x{}2", "0".repeat(63));
        assert_eq!(parse("0x2").candidates[0].canonical(), whole);
        let key = parse("0x2").candidates[0].key.clone();
        assert!(
            parse(&whole)
                .candidates
                .iter()
                .any(|found| found.key == key)
        );
        assert!(kinds(&whole).0.contains(&Kind::Aptos));
        for text in [
            "0x",
            "0x12",
            "2",
            "0xg",
            "0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "0xgggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggg",
        ] {
            assert_eq!(kinds(text), (vec![], vec![]), "{text}");
        }
    }

    #[test]
    fn without_its_prefix_it_can_only_match() {
        let (strict, lenient) = kinds(&FELT[2..].to_lowercase());
        assert!(!strict.contains(&Kind::Aptos));
        assert_eq!(lenient, [Kind::Aptos, Kind::Sui, Kind::Starknet]);
    }

    #[test]
    fn a_padded_address_can_only_match() {
        let word = "0x0000000000000000000000005aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
        for text in [word, &word[2..]] {
            assert_eq!(kinds(text).0, [], "{text}");
            assert!(kinds(text).1.contains(&Kind::Evm), "{text}");
            assert!(kinds(text).1.contains(&Kind::Aptos), "{text}");
        }
    }
}
