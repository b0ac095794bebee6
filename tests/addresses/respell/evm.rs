//! Spellings of EVM accounts and Tron accounts, which share 20 bytes.

use bech32::{Bech32, Hrp};

use super::{base58check, hex, to_base58check};

/// Prefixes of networks that write EVM accounts in bech32.
const BRANDS: [&str; 8] = ["inj", "evmos", "canto", "dym", "crc", "one", "io", "ex"];

/// Spellings of an EVM account, `0x` and 40 digits.
pub fn account(canonical: &str) -> Vec<String> {
    let Some(digits) = canonical.strip_prefix("0x").map(str::to_lowercase) else {
        return Vec::new();
    };
    let bytes = bytes_of(&digits);
    let upper = digits.to_uppercase();
    let mut spellings = vec![
        format!("0x{digits}"),
        format!("0x{upper}"),
        format!("0X{upper}"),
        digits.clone(),
        upper,
        format!("eth:0x{digits}"),
        format!("eip155:1:{canonical}"),
        format!("eip155:56:0x{digits}"),
        format!("{canonical}@eip155:1"),
        format!("ethereum:{canonical}"),
        format!("ethereum:pay-{canonical}@1?value=2.014e18"),
        format!("ethereum:{canonical}@137"),
        format!("0x000100000014{digits}"),
        format!("ronin:{digits}"),
        format!("xdc{digits}"),
    ];
    spellings.extend(icap(&bytes));
    spellings.extend(BRANDS.iter().filter_map(|brand| {
        let hrp = Hrp::parse(brand).ok()?;
        bech32::encode::<Bech32>(hrp, &bytes).ok()
    }));
    spellings
}

/// Spellings of a Tron account, whose key is an EVM account's too.
pub fn tron(canonical: &str) -> Vec<String> {
    let Some(payload) = base58check(canonical, bs58::Alphabet::BITCOIN) else {
        return Vec::new();
    };
    let digits = hex(&payload);
    vec![
        digits.clone(),
        digits.to_uppercase(),
        format!("0x{digits}"),
        format!("0x{}", &digits[2..]),
        format!("tron:{canonical}"),
        format!("tron:0x2b6653dc:{canonical}"),
        to_base58check(&payload, bs58::Alphabet::BITCOIN),
    ]
}

/// ICAP, an IBAN of country `XE`: the address as a number of base 36, direct
/// where 30 digits hold it and basic where it takes 31.
fn icap(bytes: &[u8]) -> Vec<String> {
    let mut number = base36(bytes);
    while number.len() < 30 {
        number.insert(0, '0');
    }
    let moved = number.chars().chain("XE00".chars());
    let remainder = moved.fold(0, |remainder, c| {
        let value = c.to_digit(36).unwrap_or_default();
        let shift = if value < 10 { 10 } else { 100 };
        (remainder * shift + value) % 97
    });
    let iban = format!("XE{:02}{number}", 98 - remainder);
    let groups: Vec<_> = (0..iban.len())
        .step_by(4)
        .map(|at| &iban[at..iban.len().min(at + 4)])
        .collect();
    vec![
        groups.join(" "),
        format!("iban:{iban}"),
        iban.to_lowercase(),
        iban,
    ]
}

fn base36(bytes: &[u8]) -> String {
    let mut digits: Vec<u32> = Vec::new();
    for &byte in bytes {
        let mut carry = u32::from(byte);
        for digit in &mut digits {
            carry += *digit << 8;
            *digit = carry % 36;
            carry /= 36;
        }
        while carry > 0 {
            digits.push(carry % 36);
            carry /= 36;
        }
    }
    let letters = digits
        .iter()
        .rev()
        .filter_map(|&digit| char::from_digit(digit, 36));
    letters.map(|letter| letter.to_ascii_uppercase()).collect()
}

fn bytes_of(digits: &str) -> Vec<u8> {
    let pairs = (0..digits.len() / 2).map(|at| digits.get(2 * at..2 * at + 2));
    pairs
        .filter_map(|pair| u8::from_str_radix(pair?, 16).ok())
        .collect()
}
