//! Tron addresses: `T…` in Base58Check, and `41…` in hex.
//!
//! A Tron account is the same 20 bytes an EVM account of the same public key
//! would be, and shares its key class. Tron's logs write those bytes with
//! `0x` and without the version: that text is read as EVM, and meets the Tron
//! address on the key. Base58 in lower case is lost: it cannot be undone.
//!
//! Specification: [TRON accounts](https://developers.tron.network/docs/account).

use super::{Family, evm};
use crate::address::candidate::Checksum;
use crate::address::encoding::base58check::{self, Alphabet};
use crate::address::{Draft, Fault, Kind, Network};

/// The version byte of main network accounts.
const VERSION: u8 = 0x41;

const TEXT_CHARS: usize = 34;

/// Digits of version and account in hex.
const HEX_DIGITS: usize = 42;

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "T40",
    chars: (34, 44),
    read,
};

/// Reads a Tron address.
fn read(text: &str, reading: &mut Draft) {
    let (_, digits) = evm::split_prefix(text.as_bytes());
    if text.len() == TEXT_CHARS && text.starts_with('T') {
        read_base58(text, reading);
    } else if digits.len() == HEX_DIGITS && digits.starts_with(b"41") {
        read_hex(digits, reading);
    }
}

/// Writes an account as `T…`.
pub(in crate::address) fn write(account: &[u8], out: &mut String) {
    base58check::encode(&[VERSION], account, Alphabet::BITCOIN, out);
}

fn read_base58(text: &str, reading: &mut Draft) {
    let Some(decoded) = base58check::decode(text, Alphabet::BITCOIN) else {
        return;
    };
    match decoded.payload() {
        [VERSION, account @ ..] if account.len() == 20 => {
            if decoded.checksum_holds() {
                reading
                    .accept(Kind::Tron, Network::Tron.into(), account)
                    .checked(Checksum::Strong);
            } else {
                reading.reject(Fault::Checksum);
            }
        }
        _ => {}
    }
}

fn read_hex(digits: &[u8], reading: &mut Draft) {
    let mut bytes = [0; HEX_DIGITS / 2];
    if const_hex::decode_to_slice(digits, &mut bytes).is_ok() {
        reading.accept(Kind::Tron, Network::Tron.into(), &bytes[1..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;

    const ADDRESS: &str = "TUrMmF9Gd4rzrXsQ34ui3Wou94E7HFuJQh";

    #[test]
    fn base58_and_hex_are_one_account() {
        let expected = parse(ADDRESS);
        assert!(expected.is_strict());
        assert_eq!(expected.candidates[0].canonical(), ADDRESS);
        for text in [
            "41cf1ecacaf90a04bb0297f9991ae1262d0a3399e1",
            "41CF1ECACAF90A04BB0297F9991AE1262D0A3399E1",
            "0x41cf1ecacaf90a04bb0297f9991ae1262d0a3399e1",
        ] {
            let reading = parse(text);
            assert!(reading.is_strict(), "{text}");
            assert_eq!(
                reading.candidates[0].key, expected.candidates[0].key,
                "{text}"
            );
        }
    }

    #[test]
    fn the_form_in_logs_meets_it_on_the_key() {
        let logged = parse("0xcf1ecacaf90a04bb0297f9991ae1262d0a3399e1");
        assert_eq!(logged.candidates[0].kind, Kind::Evm);
        assert_eq!(logged.candidates[0].key, parse(ADDRESS).candidates[0].key);
    }

    #[test]
    fn a_slip_is_noticed_and_lower_case_is_lost() {
        let slipped = parse("TUrMmF9Gd4rzrXsQ34ui3Wou94E7HFuJQi");
        assert_eq!(slipped.fault, Some(Fault::Checksum));
        assert_eq!(slipped.candidates[0].kind, Kind::Opaque);
        assert_eq!(
            parse(&ADDRESS.to_lowercase()).candidates[0].kind,
            Kind::Opaque
        );
    }
}
