//! XRP Ledger accounts: classic `r…`, and X-addresses with a tag inside.
//!
//! Both are Base58Check in the ledger's own alphabet. A classic address is
//! version 0 and 20 bytes. An account id is HASH160 of a public key, so a
//! secp256k1 account shares its key with Bitcoin addresses of the same public
//! key. An X-address adds the destination tag: `X…` on the main network, `T…`
//! on the test network, where accounts look the same otherwise. Its first
//! letters are Dash's and Tron's too, at other lengths.
//!
//! Specifications: [XRPL addresses](https://xrpl.org/docs/concepts/accounts/addresses),
//! [XLS-5](https://github.com/XRPLF/XRPL-Standards/tree/master/XLS-0005-x-address).

use super::Family;
use crate::address::candidate::Checksum;
use crate::address::encoding::base58check::{self, Alphabet};
use crate::address::{Draft, Fault, Kind, Network, Networks, Tag};

const VERSION: u8 = 0;

const ACCOUNT_BYTES: usize = 20;

/// Fewest and most characters of a classic address.
const CLASSIC_CHARS: std::ops::RangeInclusive<usize> = 25..=35;

const X_CHARS: usize = 47;

/// Account, flag, and a tag of 64 bits.
const X_BYTES: usize = ACCOUNT_BYTES + 1 + 8;

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "rXT",
    chars: (25, X_CHARS),
    read,
};

/// Reads an XRP Ledger address.
fn read(text: &str, reading: &mut Draft) {
    match (text.as_bytes().first(), text.len()) {
        (Some(b'r'), chars) if CLASSIC_CHARS.contains(&chars) => read_classic(text, reading),
        (Some(b'X' | b'T'), X_CHARS) => read_x(text, reading),
        _ => {}
    }
}

/// Writes an account as `r…`, which it is on every network.
pub(in crate::address) fn write(_networks: Networks, account: &[u8], out: &mut String) -> bool {
    base58check::encode(&[VERSION], account, Alphabet::RIPPLE, out);
    true
}

fn read_classic(text: &str, reading: &mut Draft) {
    let Some(decoded) = base58check::decode(text, Alphabet::RIPPLE) else {
        return;
    };
    match decoded.payload() {
        [VERSION, account @ ..] if account.len() == ACCOUNT_BYTES => {
            if decoded.checksum_holds() {
                reading
                    .accept(Kind::Xrp, Network::XrpLedger.into(), account)
                    .checked(Checksum::Strong);
            } else {
                reading.reject(Fault::Checksum);
            }
        }
        _ => {}
    }
}

fn read_x(text: &str, reading: &mut Draft) {
    let Some(decoded) = base58check::decode(text, Alphabet::RIPPLE) else {
        return;
    };
    let (network, data) = match decoded.payload() {
        [0x05, 0x44, data @ ..] => (Network::XrpLedger, data),
        [0x04, 0x93, data @ ..] => (Network::XrpTestnet, data),
        _ => return,
    };
    if data.len() != X_BYTES {
        return;
    }
    if !decoded.checksum_holds() {
        return reading.reject(Fault::Checksum);
    }
    let (account, flag_and_tag) = data.split_at(ACCOUNT_BYTES);
    let tag = match *flag_and_tag {
        [0, 0, 0, 0, 0, 0, 0, 0, 0] => None,
        [1, a, b, c, d, 0, 0, 0, 0] => Some(u32::from_le_bytes([a, b, c, d])),
        // Reserved for tags of 64 bits, which the ledger does not have.
        _ => return,
    };
    let candidate = reading
        .accept(Kind::Xrp, network.into(), account)
        .checked(Checksum::Strong);
    if let Some(tag) = tag {
        candidate.with_tag(Tag::number(tag.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Flags, parse};

    #[test]
    fn an_account_meets_bitcoin_addresses_of_its_key() {
        let text = "rBgGZ9tc4him9KBzD8fKFiQz3fSZpaSwMH";
        let reading = parse(text);
        assert!(reading.is_strict());
        assert_eq!(reading.candidates[0].kind, Kind::Xrp);
        assert_eq!(reading.candidates[0].canonical(), text);
        let bitcoin = parse("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH");
        assert_eq!(reading.candidates[0].key, bitcoin.candidates[0].key);
    }

    #[test]
    fn the_shortest_account_is_read() {
        // The account of zeros and the account of ones, from the documentation.
        for text in ["rrrrrrrrrrrrrrrrrrrrrhoLvTp", "rrrrrrrrrrrrrrrrrrrrBZbvji"] {
            assert!(parse(text).is_strict(), "{text}");
        }
    }

    #[test]
    fn a_slip_is_noticed() {
        for text in [
            "rPEPPER7kfTD9w2To4CQk6UCfuHM9c6GDZ",
            "XVLhHMPHU98es4dbozjVtdWzVrDjtV5fdx1mHp98tDMoQXa",
        ] {
            let reading = parse(text);
            assert_eq!(reading.fault, Some(Fault::Checksum), "{text}");
            assert_eq!(reading.candidates[0].kind, Kind::Opaque);
        }
    }

    #[test]
    fn an_x_address_is_its_account_and_a_tag() {
        let classic = parse("rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf");
        for (text, tag) in [
            ("XVLhHMPHU98es4dbozjVtdWzVrDjtV5fdx1mHp98tDMoQXb", None),
            ("XVLhHMPHU98es4dbozjVtdWzVrDjtV8AqEL4xcZj5whKbmc", Some(0)),
            (
                "XVLhHMPHU98es4dbozjVtdWzVrDjtV1kAsixQTdMjbWi39u",
                Some(4_294_967_294),
            ),
            ("TVE26TYGhfLC7tQDno7G8dGtxSkYQnT2oqaCDzMEuCDAj1j", Some(32)),
        ] {
            let reading = parse(text);
            assert!(reading.is_strict(), "{text}");
            let [candidate] = &reading.candidates[..] else {
                panic!("{text} is one account");
            };
            assert_eq!(candidate.key, classic.candidates[0].key, "{text}");
            assert_eq!(candidate.tag, tag.map(Tag::number), "{text}");
            assert_eq!(candidate.canonical(), "rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf");
            let is_test = reading.flags.contains(Flags::TESTNET);
            assert_eq!(is_test, text.starts_with('T'), "{text}");
        }
    }

    #[test]
    fn reserved_flags_and_long_tags_are_refused() {
        let x_address = |flag_and_tag: [u8; 9]| {
            let data = [[0x77; ACCOUNT_BYTES].as_slice(), &flag_and_tag].concat();
            let mut text = String::new();
            base58check::encode(&[0x05, 0x44], &data, Alphabet::RIPPLE, &mut text);
            text
        };
        let is_strict = |flag_and_tag| parse(&x_address(flag_and_tag)).is_strict();
        assert!(is_strict([1, 255, 255, 255, 255, 0, 0, 0, 0]));
        assert!(!is_strict([0, 1, 0, 0, 0, 0, 0, 0, 0]));
        assert!(!is_strict([1, 0, 0, 0, 0, 1, 0, 0, 0]));
        assert!(!is_strict([2, 0, 0, 0, 0, 0, 0, 0, 0]));
        assert!(!is_strict([255, 0, 0, 0, 0, 0, 0, 0, 0]));
    }
}
