//! XRP Ledger accounts in their classic form: `r…`.
//!
//! Base58Check in the ledger's own alphabet, version 0, 20 bytes. An account
//! id is HASH160 of a public key, so a secp256k1 account shares its key with
//! Bitcoin addresses of the same public key.
//!
//! Specification: [XRPL addresses](https://xrpl.org/docs/concepts/accounts/addresses).

use super::base58check::{self, Alphabet};
use super::{Fault, Kind, Network, Reading};

const VERSION: u8 = 0;

/// Reads a classic XRP Ledger address.
pub(super) fn read(text: &str, reading: &mut Reading) {
    if !(25..=35).contains(&text.len()) || !text.starts_with('r') {
        return;
    }
    let Some(decoded) = base58check::decode(text, Alphabet::RIPPLE) else {
        return;
    };
    match decoded.payload() {
        [VERSION, account @ ..] if account.len() == 20 => {
            if decoded.checksum_holds() {
                reading.accept(Kind::Xrp, Network::XrpLedger.into(), account);
            } else {
                reading.reject(Fault::Checksum);
            }
        }
        _ => {}
    }
}

/// Writes an account as `r…`.
pub(super) fn write(account: &[u8], out: &mut String) {
    base58check::encode(&[VERSION], account, Alphabet::RIPPLE, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;

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
        let reading = parse("rPEPPER7kfTD9w2To4CQk6UCfuHM9c6GDZ");
        assert_eq!(reading.fault, Some(Fault::Checksum));
        assert_eq!(reading.candidates[0].kind, Kind::Opaque);
    }
}
