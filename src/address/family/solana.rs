//! Solana accounts: 32 bytes in base 58, without any checksum.
//!
//! Any 32 bytes are an account, so a typing error is another valid address
//! and cannot be noticed. One thing can: real keys mix upper and lower case
//! evenly. A text all but in one case is more likely a mistyped bech32 address
//! or a key that lost its case on the way: it may match and never clears, and
//! is dropped when a family with a checksum has read the text.
//!
//! Specification: [Solana accounts](https://solana.com/docs/core/accounts).

use super::Family;
use crate::address::encoding::base58::{self, Alphabet};
use crate::address::{Draft, Fault, Kind, Network};

/// Fewest and most characters of 32 bytes in base 58.
const TEXT_CHARS: std::ops::RangeInclusive<usize> = 32..=44;

/// Fewest characters of 32 bytes of which the first three are not zero.
const USUAL_CHARS_MIN: usize = 42;

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    chars: (32, 44),
    read,
};

/// Reads a Solana account.
fn read(text: &str, reading: &mut Draft) {
    // Each leading `1` is a zero byte, and nothing else makes a text short.
    let fits = TEXT_CHARS.contains(&text.len())
        && (text.len() >= USUAL_CHARS_MIN || text.starts_with("111"));
    let mut account = [0; 32];
    if !fits || base58::decode(text, Alphabet::BITCOIN, &mut account) != Some(account.len()) {
        return;
    }
    let is_doubtful = is_all_but_one_case(text) || reading.has_failed_checksum();
    if !is_doubtful {
        reading.accept(Kind::Solana, Network::Solana.into(), &account);
    } else if !reading.has_strict() {
        reading.accept_leniently(
            Kind::Solana,
            Network::Solana.into(),
            &account,
            Fault::UnknownFormat,
        );
    }
}

/// Writes an account in base 58.
pub(in crate::address) fn write(account: &[u8], out: &mut String) -> bool {
    let Ok(account) = account.try_into() else {
        return false;
    };
    let mut text = [0; 44];
    let length = usize::from(five8::encode_32(account, &mut text));
    out.extend(text[..length].iter().copied().map(char::from));
    true
}

/// Returns whether the letters of a text are in one case, or would be but for
/// a few slips. One key in a million is so by chance. Names of programs, such
/// as `ComputeBudget111…`, have too few letters to tell.
fn is_all_but_one_case(text: &str) -> bool {
    const LETTERS_TELLING: u8 = 20;
    const SLIPS_MAX: u8 = 3;
    let mut letters = [0; TEXT_CHARS.end().next_multiple_of(16)];
    letters[..text.len()].copy_from_slice(text.as_bytes());
    // Counted without a branch, and in bytes, which no text here overflows.
    let (upper, lower) = letters.iter().fold((0_u8, 0_u8), |(upper, lower), byte| {
        let is_upper = u8::from(byte.is_ascii_uppercase());
        let is_lower = u8::from(byte.is_ascii_lowercase());
        (upper + is_upper, lower + is_lower)
    });
    match upper.min(lower) {
        0 => upper + lower > 0,
        slips => slips <= SLIPS_MAX && upper + lower >= LETTERS_TELLING,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;

    #[test]
    fn accounts_of_any_length_are_read() {
        for text in [
            "2gVkYWexTHR5Hb2aLeQN3tnngvWzisFKXDUPrgMHpdST",
            "11111111111111111111111111111111",
            "ComputeBudget111111111111111111111111111111",
            "SysvarRecentB1ockHashes11111111111111111111",
            "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
            "SysvarRent111111111111111111111111111111111",
            "1111111QLbz7JHiBTspS962RLKV8GndWFwiEaqKM",
        ] {
            let reading = parse(text);
            assert!(reading.is_strict(), "{text}: {reading:?}");
            assert_eq!(reading.candidates[0].kind, Kind::Solana);
            assert_eq!(reading.candidates[0].canonical(), text);
        }
    }

    #[test]
    fn other_lengths_are_not_accounts() {
        for text in [
            "111111111111111111111111111111111",
            "1111111111111111111111111111111",
            "CNR8RPMxjY28VsPA6KFq3B8PUdZnrTSC5HSFwKPBR290",
            "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        ] {
            assert!(!parse(text).is_strict(), "{text}");
        }
    }

    /// 43 characters without `0` and `l` are base 58, and 32 bytes.
    #[test]
    fn a_mistyped_witness_address_is_not_a_clean_solana_account() {
        for (text, fault) in [
            (
                "btg1qw5x8d6qejxtdg4y5r3zarvaryxc5xw7k6wx57a",
                Fault::Checksum,
            ),
            (
                "btg1qw5x8d6qejxtdg4y5R3zarvaryxc5xw7k6wx57a",
                Fault::Checksum,
            ),
            (
                "btg1qw5x8d6qejxtdg4y5B3zarvaryxc5xw7k6wx57a",
                Fault::UnknownFormat,
            ),
        ] {
            assert!(five8::decode_32(text, &mut [0; 32]).is_ok());
            let reading = parse(text);
            assert!(!reading.is_strict(), "{text}");
            assert_eq!(reading.fault, Some(fault), "{text}");
        }
    }

    #[test]
    fn folding_the_case_of_an_account_is_noticed() {
        let lower = parse("2gvkywexthr5hb2aeqn3tnngvwzisfkxduprgmhpdstx");
        assert!(!lower.is_strict());
    }
}
