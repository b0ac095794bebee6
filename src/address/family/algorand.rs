//! Algorand accounts: 58 characters of base 32.
//!
//! An Ed25519 public key, a multisignature's or a program's hash, and the last
//! four bytes of its SHA-512/256. Capitals are part of the form; small letters
//! lose nothing and are read leniently. Stellar's claimable balances are as
//! long and fail the checksum.
//!
//! Specification: [Algorand keys and addresses](https://dev.algorand.co/concepts/accounts/keys-and-signing/).

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha512_256};

use super::Family;
use crate::address::candidate::Checksum;
use crate::address::encoding::base32;
use crate::address::{Draft, Fault, Kind, Network};

const ACCOUNT_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 4;
const TEXT_CHARS: usize = 58;

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz234567",
    chars: (TEXT_CHARS, TEXT_CHARS),
    read,
};

/// Reads an account.
fn read(text: &str, reading: &mut Draft) {
    let mut bytes = [0; ACCOUNT_BYTES + CHECKSUM_BYTES];
    let decoded = match text.len() {
        TEXT_CHARS => base32::decode(text, &mut bytes),
        _ => return,
    };
    if decoded != Some(bytes.len()) {
        return;
    }
    let (account, checksum) = bytes.split_at(ACCOUNT_BYTES);
    let is_spelt_right = !text.bytes().any(|byte| byte.is_ascii_lowercase());
    let networks = Network::Algorand.into();
    if !Sha512_256::digest(account).ends_with(checksum) {
        if is_spelt_right {
            reading.reject(Fault::Checksum);
        }
    } else if is_spelt_right {
        reading
            .accept(Kind::Algorand, networks, account)
            .checked(Checksum::Strong);
    } else {
        reading
            .accept_leniently(Kind::Algorand, networks, account, Fault::NotAddressForm)
            .checked(Checksum::Strong);
    }
}

/// Writes an account.
pub(in crate::address) fn write(account: &[u8], out: &mut String) -> bool {
    if account.len() != ACCOUNT_BYTES {
        return false;
    }
    let mut bytes = [0; ACCOUNT_BYTES + CHECKSUM_BYTES];
    let digest = Sha512_256::digest(account);
    bytes[..ACCOUNT_BYTES].copy_from_slice(account);
    bytes[ACCOUNT_BYTES..].copy_from_slice(&digest[digest.len() - CHECKSUM_BYTES..]);
    BASE32_NOPAD.encode_append(&bytes, out);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;

    const ADDRESS: &str = "JBCQYJ2FREG667NAN7BFKH4RFIKPT7CYDQJNW3SNN5Z7F7ILFLKQ346TSU";

    #[test]
    fn accounts_are_read_and_written_back() {
        for text in [
            ADDRESS,
            "7777777777777777777777777777777777777777777777777774MSJUVU",
            "25NJQAMCWEFLPVKL73J4SZAHHIHOC4XT3KTCGJNPAINGR5YHKENMEF5QTE",
        ] {
            let reading = parse(text);
            assert!(reading.is_strict(), "{text}");
            assert_eq!(reading.candidates.len(), 1);
            assert_eq!(reading.candidates[0].kind, Kind::Algorand);
            assert_eq!(reading.candidates[0].canonical(), text);
        }
    }

    #[test]
    fn small_letters_can_match_and_never_clear() {
        let reading = parse(&ADDRESS.to_lowercase());
        assert_eq!(reading.candidates[0].key, parse(ADDRESS).candidates[0].key);
        assert_eq!(reading.fault, Some(Fault::NotAddressForm));
    }

    #[test]
    fn a_slip_is_noticed_and_so_are_bits_left_over() {
        let slipped = parse(&ADDRESS.replace("TSU", "TTU"));
        assert_eq!(slipped.fault, Some(Fault::Checksum));
        // The last character has three bits that say something and two that
        // must be zero: `U` is 20, `V` is 21.
        let left_over = parse(&ADDRESS.replace("TSU", "TSV"));
        assert_eq!(left_over.fault, Some(Fault::UnknownFormat));
        let stellar = parse("GABQHYQOY22KHGTCTAK24AWAUE4TXERF4O4JBSXELNM7IL5CTPUWM3SC");
        let is_ours = |kind| kind == Kind::Algorand;
        assert!(!stellar.candidates.iter().any(|found| is_ours(found.kind)));
    }
}
