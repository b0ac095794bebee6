//! Avalanche's X- and P-Chain: `X-avax1…`, `P-avax1…`.
//!
//! The letter says on which chain of the network the address is meant; the
//! account is the same on all, and often written without. The C-Chain has
//! these addresses too, for transfers between the chains: they are a key
//! hash, and not the EVM account of the same key.
//!
//! Specification: [Avalanche addresses](https://build.avax.network/docs/api-reference/standards/cryptographic-primitives).

use super::{ACCOUNT_BYTES, ACCOUNT_SYMBOLS, CHECKSUM_SYMBOLS, SYMBOLS_SLIPPED};
use crate::address::candidate::Checksum;
use crate::address::encoding::bech32::{self, Variant};
use crate::address::{Draft, Fault, Kind, Network};

/// What addresses begin with: the main network's, the test network's.
const PREFIXES: [&str; 2] = ["avax", "fuji"];

/// Symbols of an account with a checksum, and room for a slip.
const SYMBOLS_MAX: usize = ACCOUNT_SYMBOLS + SYMBOLS_SLIPPED + CHECKSUM_SYMBOLS;

/// Reads an address. Returns whether the text has the prefix of one.
pub(super) fn read(text: &str, reading: &mut Draft) -> bool {
    let (letter, rest) = split_letter(text);
    let Some(prefix) = bech32::prefix_of(rest).and_then(known) else {
        return false;
    };
    let mut symbols = [0; SYMBOLS_MAX];
    let mut account = [0; ACCOUNT_BYTES];
    let Some(decoded) = bech32::decode(rest, &mut symbols) else {
        return true;
    };
    if decoded.data.len().abs_diff(ACCOUNT_SYMBOLS) > SYMBOLS_SLIPPED {
        return true;
    }
    let packed = bech32::pack(decoded.data, &mut account);
    let (Some(variant), Some(ACCOUNT_BYTES)) = (decoded.variant, packed) else {
        reading.reject(Fault::Checksum);
        return true;
    };
    let fault = if variant != Variant::Bech32 {
        Some(Fault::ChecksumKind)
    } else {
        let is_small = letter.is_some_and(|letter| letter.is_ascii_lowercase());
        (decoded.is_mixed_case || is_small).then_some(Fault::MixedCase)
    };
    let networks = Network::Avalanche.into();
    let candidate = match fault {
        None => reading.accept(Kind::Avalanche, networks, &account),
        Some(fault) => reading.accept_leniently(Kind::Avalanche, networks, &account, fault),
    };
    let extra = match letter {
        Some(letter) => format!("{}-{prefix}", letter.to_ascii_uppercase()),
        None => prefix.to_owned(),
    };
    candidate
        .checked(Checksum::Strong)
        .with_extra(extra.as_bytes());
    true
}

/// Writes an account as `extra` begins: letter and prefix, or prefix alone.
pub(super) fn write(account: &[u8], extra: &[u8], out: &mut String) -> bool {
    if account.len() != ACCOUNT_BYTES {
        return false;
    }
    let (letter, rest) = split_letter(std::str::from_utf8(extra).unwrap_or_default());
    if let Some(letter) = letter {
        out.push(letter);
        out.push('-');
    }
    let prefix = known(rest).unwrap_or(PREFIXES[0]);
    bech32::encode(prefix, bech32::unpack(account), Variant::Bech32, out);
    true
}

fn known(prefix: &str) -> Option<&'static str> {
    PREFIXES
        .into_iter()
        .find(|name| name.eq_ignore_ascii_case(prefix))
}

/// Splits the letter of a chain off, if there is one.
fn split_letter(text: &str) -> (Option<char>, &str) {
    text.split_once('-')
        .filter(|(letter, _)| matches!(*letter, "X" | "P" | "C" | "x" | "p" | "c"))
        .map_or((None, text), |(letter, rest)| (letter.chars().next(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;

    const BARE: &str = "avax1a5h6v9weng8guuah6aamagea0xhsd04mvs2zun";

    #[test]
    fn an_account_is_one_on_all_chains() {
        let bare = parse(BARE);
        assert!(bare.is_strict());
        assert_eq!(bare.candidates[0].kind, Kind::Avalanche);
        assert_eq!(bare.candidates[0].canonical(), BARE);
        for letter in ["X", "P", "C"] {
            let text = format!("{letter}-{BARE}");
            for spelling in [&text, &text.to_uppercase()] {
                let reading = parse(spelling);
                assert!(reading.is_strict(), "{spelling}");
                assert_eq!(reading.candidates[0].key, bare.candidates[0].key);
                assert_eq!(reading.candidates[0].canonical(), text);
            }
        }
    }

    #[test]
    fn slips_are_noticed_and_lesser_faults_are_lenient() {
        let slipped = parse(&format!("X-{}", BARE.replace("zun", "zuq")));
        assert_eq!(slipped.fault, Some(Fault::Checksum));
        for text in [format!("x-{BARE}"), BARE.replace("avax1a5", "avax1A5")] {
            let reading = parse(&text);
            assert_eq!(reading.fault, Some(Fault::MixedCase), "{text}");
            assert_eq!(reading.candidates[0].key, parse(BARE).candidates[0].key);
        }
        for text in [
            format!("Z-{BARE}"),
            format!("XX-{BARE}"),
            format!("-{BARE}"),
        ] {
            assert!(!parse(&text).is_strict(), "{text}");
        }
    }

    #[test]
    fn the_test_network_reads_back() {
        for extra in ["P-fuji", "fuji", "avax", "C-avax"] {
            let mut text = String::new();
            assert!(write(&[0x5a; 20], extra.as_bytes(), &mut text));
            assert!(text.starts_with(extra), "{text}");
            let reading = parse(&text);
            assert!(reading.is_strict(), "{text}");
            assert_eq!(reading.candidates[0].canonical(), text);
        }
        let mut text = String::new();
        assert!(write(&[0x5a; 20], &[0xff], &mut text));
        assert!(text.starts_with("avax1"));
        assert!(!write(&[0x5a; 21], &[], &mut text));
    }
}
