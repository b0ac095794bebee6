//! Other ways to write an EVM address: ICAP, ERC-7930, XDC's own prefix.
//!
//! [ICAP] writes the 20 bytes in base 36 behind an IBAN's check digits, `XE`,
//! in groups of four or without: 30 characters in the direct form, 31 in the
//! basic one. The indirect form names a client of an institution, which only
//! a registry can resolve: it is refused. [ERC-7930] writes type and number of
//! the chain before the address, all in hex; a Solana account can stand there
//! as well. The XDC network writes `xdc` for `0x`.
//!
//! [ERC-7930]: https://eips.ethereum.org/EIPS/eip-7930
//! [ICAP]: https://ethereum.github.io/yellowpaper/paper.pdf

use super::{Family, evm};
use crate::address::candidate::Checksum;
use crate::address::{Draft, Fault, Kind, Network, Networks};

const ADDRESS_BYTES: usize = 20;

/// Characters of `XE`, two check digits and an address in base 36.
const ICAP_DIRECT_CHARS: usize = 34;
const ICAP_BASIC_CHARS: usize = 35;

/// Characters of an ICAP that names a client of an institution.
const ICAP_INDIRECT_CHARS: usize = 20;

/// Characters of `xdc` and an address in hex.
const XDC_CHARS: usize = 43;

/// What an interoperable address begins with: `0x` and its version.
const INTEROPERABLE: &[u8] = b"0x0001";

/// Bytes of the longest: version, type, two lengths and what they count.
const INTEROPERABLE_BYTES_MAX: usize = 2 + 2 + 1 + 255 + 1 + 255;

/// Types of chain.
const TYPE_EIP155: [u8; 2] = [0x00, 0x00];
const TYPE_SOLANA: [u8; 2] = [0x00, 0x02];

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "xX0",
    chars: (14, 2 + 2 * INTEROPERABLE_BYTES_MAX),
    read,
};

/// Reads any of the forms.
fn read(text: &str, reading: &mut Draft) {
    let bytes = text.as_bytes();
    match bytes {
        [b'0', b'x' | b'X', ..] => read_interoperable(bytes, reading),
        [b'x' | b'X', b'e' | b'E', b'0'..=b'9', b'0'..=b'9', ..] => read_icap(bytes, reading),
        [b'x' | b'X', b'd' | b'D', b'c' | b'C', ..] => read_xdc(text, reading),
        _ => {}
    }
}

/// Reads `XE`, check digits, and an address in base 36.
fn read_icap(text: &[u8], reading: &mut Draft) {
    let fits = matches!(
        text.len(),
        ICAP_INDIRECT_CHARS | ICAP_DIRECT_CHARS | ICAP_BASIC_CHARS
    );
    if !fits || !text.iter().all(u8::is_ascii_alphanumeric) {
        return;
    }
    let has_upper = text.iter().any(u8::is_ascii_uppercase);
    let is_mixed = has_upper && text.iter().any(u8::is_ascii_lowercase);
    let holds = iban_remainder(text) == 1;
    // A Dash address can begin so, and has letters of both cases.
    if is_mixed && !holds {
        return;
    }
    if text.len() == ICAP_INDIRECT_CHARS {
        reading.reject(Fault::NotAddressForm);
        return;
    }
    let Some(address) = from_base36(&text[4..]) else {
        return;
    };
    if !holds {
        reading.accept_leniently(Kind::Evm, Networks::EVM, &address, Fault::Checksum);
    } else if is_mixed {
        reading.accept_leniently(Kind::Evm, Networks::EVM, &address, Fault::MixedCase);
    } else {
        reading
            .accept(Kind::Evm, Networks::EVM, &address)
            .checked(Checksum::Weak);
    }
}

/// Returns the remainder that the check digits of an IBAN make 1: that of the
/// text as a number, its first four characters last and letters from 10 on.
fn iban_remainder(text: &[u8]) -> u32 {
    let (head, body) = text.split_at(4);
    let digits = body
        .iter()
        .chain(head)
        .filter_map(|&byte| char::from(byte).to_digit(36));
    digits.fold(0, |remainder, digit| {
        let shift = if digit < 10 { 10 } else { 100 };
        (remainder * shift + digit) % 97
    })
}

/// Returns the number that digits of base 36 write, if it fits an address.
fn from_base36(digits: &[u8]) -> Option<[u8; ADDRESS_BYTES]> {
    let mut number = [0; ADDRESS_BYTES];
    for &digit in digits {
        let mut carry = char::from(digit).to_digit(36)?;
        for byte in number.iter_mut().rev() {
            carry += u32::from(*byte) * 36;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        if carry > 0 {
            return None;
        }
    }
    Some(number)
}

/// Reads an address with `xdc` for `0x`: everything else is as there.
fn read_xdc(text: &str, reading: &mut Draft) {
    if text.len() != XDC_CHARS || !text.as_bytes()[3..].iter().all(u8::is_ascii_hexdigit) {
        return;
    }
    let before = reading.current().len();
    let mut hex = [0; XDC_CHARS - 1];
    hex[..2].copy_from_slice(b"0x");
    hex[2..].copy_from_slice(&text.as_bytes()[3..]);
    if let Ok(hex) = std::str::from_utf8(&hex) {
        (evm::FAMILY.read)(hex, reading);
    }
    for found in &mut reading.current_mut()[before..] {
        found.networks = Network::OtherEvm.into();
    }
}

/// Reads version, chain and address in hex.
fn read_interoperable(text: &[u8], reading: &mut Draft) {
    let is_version = text.get(2..INTEROPERABLE.len()) == Some(&INTEROPERABLE[2..]);
    let mut bytes = [0; INTEROPERABLE_BYTES_MAX];
    let Some(digits) = text.get(2..).filter(|_| is_version) else {
        return;
    };
    let Some(bytes) = bytes.get_mut(..digits.len() / 2) else {
        return;
    };
    if const_hex::decode_to_slice(digits, bytes).is_err() {
        return;
    }
    let Some((chain_type, reference, address)) = parts_of(bytes) else {
        return;
    };
    if address.is_empty() {
        reading.reject(Fault::NotAddressForm);
        return;
    }
    match (chain_type, address.len()) {
        (TYPE_EIP155, ADDRESS_BYTES) if reference.first() == Some(&0) => {
            reading.accept_leniently(Kind::Evm, Networks::EVM, address, Fault::NotAddressForm);
        }
        (TYPE_EIP155, ADDRESS_BYTES) => {
            reading.accept(Kind::Evm, networks_of(reference), address);
        }
        (TYPE_SOLANA, 32) => {
            reading.accept(Kind::Solana, Network::Solana.into(), address);
        }
        _ => {}
    }
}

/// Returns the type of chain, its reference and the address, if the lengths
/// add up.
fn parts_of(bytes: &[u8]) -> Option<([u8; 2], &[u8], &[u8])> {
    let (head, rest) = bytes.split_at_checked(5)?;
    let (reference, rest) = rest.split_at_checked(usize::from(head[4]))?;
    let (&address_bytes, address) = rest.split_first()?;
    let adds_up = address.len() == usize::from(address_bytes);
    adds_up.then_some(([head[2], head[3]], reference, address))
}

/// Returns the networks of a chain's number; all if there is none.
fn networks_of(reference: &[u8]) -> Networks {
    if reference.is_empty() {
        return Networks::EVM;
    }
    let known = || {
        let mut number = [0; 8];
        let start = number.len().checked_sub(reference.len())?;
        number[start..].copy_from_slice(reference);
        let number = u64::from_be_bytes(number);
        Networks::from_hint(&format!("eip155:{number}")).ok()
    };
    known().unwrap_or(Network::OtherEvm.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;

    #[track_caller]
    fn strictly(text: &str, address: &str) -> Networks {
        let reading = parse(text);
        assert!(reading.is_strict(), "{text} {reading:?}");
        let key = &parse(address).candidates[0].key;
        let found = reading.candidates.iter().find(|found| found.key == *key);
        found
            .unwrap_or_else(|| panic!("{text} {reading:?}"))
            .networks
    }

    #[test]
    fn icap_is_read_in_every_spelling() {
        let direct = "0x00c5496aEe77C1bA1f0854206A26DdA82a81D6D8";
        strictly("XE7338O073KYGTWWZN0F2WZ0R8PX5ZPPZS", direct);
        strictly("xe7338o073kygtwwzn0f2wz0r8px5zppzs", direct);
        strictly("XE73 38O0 73KY GTWW ZN0F 2WZ0 R8PX 5ZPP ZS", direct);
        strictly(
            "XE1222Q908LN1QBBU6XUQSO1OHWJIOS46OO",
            "0x11c5496aee77c1ba1f0854206a26dda82a81d6d8",
        );
        strictly(
            "XE96ALC63SZ321UA5GPT42T9M6PT9FDD3AL",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        );
    }

    #[test]
    fn a_slip_in_icap_is_noticed_and_still_matches() {
        let reading = parse("XE7438O073KYGTWWZN0F2WZ0R8PX5ZPPZS");
        assert_eq!(reading.fault, Some(Fault::Checksum));
        assert_eq!(
            reading.candidates[0].key,
            parse("XE7338O073KYGTWWZN0F2WZ0R8PX5ZPPZS").candidates[0].key
        );
        let mixed = parse("XE7338O073KYGTWWZN0F2WZ0R8PX5ZPPZs");
        assert_eq!(mixed.fault, Some(Fault::MixedCase));
    }

    #[test]
    fn icap_of_an_institution_and_of_too_great_a_number_is_refused() {
        assert_eq!(
            parse("XE81ETHXREGGAVOFYORK").fault,
            Some(Fault::NotAddressForm)
        );
        for text in [
            format!("XE00{}", "Z".repeat(31)),
            "XE7338O073".to_owned(),
            format!("XE73{}", "é".repeat(15)),
        ] {
            let reading = parse(&text);
            assert_eq!(reading.fault, Some(Fault::UnknownFormat), "{text}");
        }
    }

    #[test]
    fn interoperable_addresses_name_their_chain() {
        let account = "d8da6bf26964af9d7eed9e03e53415d37aa96045";
        let address = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";
        for (head, networks) in [
            ("0x00010000010114", Network::Ethereum.into()),
            ("0x00010000018914", Network::Polygon.into()),
            ("0x000100000302acde14", Network::OtherEvm.into()),
            ("0x000100000014", Networks::EVM),
        ] {
            assert_eq!(
                strictly(&format!("{head}{account}"), address),
                networks,
                "{head}"
            );
        }
        let solana = "0x000100022045296998a6f8e2a784db5d9f95e18fc23f70441a1039446801089879b08c7ef02005333498d5aea4ae009585c43f7b8c30df8e70187d4a713d134f977fc8dfe0b5";
        assert_eq!(parse(solana).candidates[0].kind, Kind::Solana);
        assert!(parse(solana).is_strict());
    }

    #[test]
    fn interoperable_addresses_of_no_account_are_refused() {
        let account = "d8da6bf26964af9d7eed9e03e53415d37aa96045";
        let padded = parse(&format!("0x0001000002000114{account}"));
        assert_eq!(padded.fault, Some(Fault::NotAddressForm));
        assert_eq!(padded.candidates[0].key, parse(account).candidates[0].key);
        assert_eq!(
            parse("0x000100000101 00".replace(' ', "").as_str()).fault,
            Some(Fault::NotAddressForm)
        );
        for text in [
            format!("0x00010000010113{account}"),
            format!("0x0001000001011400{account}"),
            format!("0x00020000010114{account}"),
            format!("0x00010009010114{account}"),
            "0x0001".to_owned() + &"0".repeat(1100),
        ] {
            let reading = parse(&text);
            assert_eq!(reading.fault, Some(Fault::UnknownFormat), "{text}");
            assert_eq!(reading.candidates[0].kind, Kind::Opaque, "{text}");
        }
    }

    #[test]
    fn the_prefix_of_xdc_stands_for_0x() {
        let address = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf";
        for text in [
            "xdc7e5f4552091a69125d5dfcb7b8c2659029395bdf",
            "XDC7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
        ] {
            assert_eq!(strictly(text, address), Network::OtherEvm.into());
        }
        let slipped = parse("xdc7e5F4552091A69125d5DfCb7b8C2659029395Bdf");
        assert_eq!(slipped.fault, Some(Fault::Checksum));
        assert_eq!(
            parse("xdc0x5f4552091a69125d5dfcb7b8c2659029395bdf").fault,
            Some(Fault::UnknownFormat)
        );
    }
}
