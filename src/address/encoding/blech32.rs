//! Blech32 and blech32m, in which Liquid writes confidential addresses: bech32
//! with a checksum of twelve symbols, strong enough for the 53 bytes and more
//! that a blinding key makes of an address.
//!
//! Specification: [`blech32.cpp`] of Elements.
//!
//! [`blech32.cpp`]: https://github.com/ElementsProject/elements/blob/master/src/blech32.cpp

use super::bech32;

const CHECKSUM_SYMBOLS: usize = 12;

/// What the five bits that leave the register do to it.
static REMAINDERS: [u64; 32] = {
    const GENERATORS: [u64; 5] = [
        0x007d_52fb_a40b_d886,
        0x005e_8dbf_1a03_950c,
        0x001c_3a3c_7407_2a18,
        0x0038_5d72_fa0e_5139,
        0x0070_93e5_a608_865b,
    ];
    let mut table = [0; 32];
    let mut top = 0;
    while top < 32 {
        let mut bit = 0;
        while bit < 5 {
            if top >> bit & 1 == 1 {
                table[top] ^= GENERATORS[bit];
            }
            bit += 1;
        }
        top += 1;
    }
    table
};

/// Which constant the checksum ends in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::address) enum Variant {
    /// For witness version 0.
    Blech32,
    /// For later versions.
    Blech32m,
}

impl Variant {
    const fn constant(self) -> u64 {
        match self {
            Self::Blech32 => 1,
            Self::Blech32m => 0x0455_972a_3350_f7a1,
        }
    }
}

/// A text taken apart.
pub(in crate::address) struct Decoded<'b> {
    /// The symbols without the checksum.
    pub(in crate::address) data: &'b [u8],
    /// Which checksum holds, if one does.
    pub(in crate::address) variant: Option<Variant>,
    /// Upper and lower case are mixed, which the format forbids.
    pub(in crate::address) is_mixed_case: bool,
}

/// Takes a text apart whose prefix ends before the last `1`. `None` if it is
/// not blech32 by its characters, or longer than the buffer.
pub(in crate::address) fn decode<'b>(text: &str, buffer: &'b mut [u8]) -> Option<Decoded<'b>> {
    let split = bech32::split(text, buffer)?;
    let data_symbols = split.symbols.len().checked_sub(CHECKSUM_SYMBOLS)?;
    let remainder = split
        .symbols
        .iter()
        .copied()
        .fold(prefix_remainder(split.prefix), step);
    let variant = [Variant::Blech32, Variant::Blech32m]
        .into_iter()
        .find(|variant| variant.constant() == remainder);
    Some(Decoded {
        data: &split.symbols[..data_symbols],
        variant,
        is_mixed_case: split.is_mixed_case,
    })
}

/// Returns the remainder after a prefix in either case: its high bits, zero,
/// its low bits.
fn prefix_remainder(prefix: &[u8]) -> u64 {
    let high = prefix.iter().map(|byte| byte.to_ascii_lowercase() >> 5);
    let low = prefix.iter().map(|byte| byte & 31);
    high.chain([0]).chain(low).fold(1, step)
}

/// Takes one symbol into the remainder of the code's polynomial.
fn step(remainder: u64, symbol: u8) -> u64 {
    let top = (remainder >> 55) as usize;
    (remainder & 0x007f_ffff_ffff_ffff) << 5 ^ u64::from(symbol) ^ REMAINDERS[top & 31]
}

/// Appends prefix, symbols and checksum, as a wallet writes them.
#[cfg(test)]
pub(in crate::address) fn encode(
    prefix: &str,
    symbols: impl Iterator<Item = u8>,
    variant: Variant,
) -> String {
    let letter = |symbol: u8| char::from(bech32::ALPHABET[usize::from(symbol & 31)]);
    let mut remainder = prefix_remainder(prefix.as_bytes());
    let mut text = format!("{prefix}1");
    for symbol in symbols {
        remainder = step(remainder, symbol);
        text.push(letter(symbol));
    }
    let checksum = (0..CHECKSUM_SYMBOLS).fold(remainder, |remainder, _| step(remainder, 0))
        ^ variant.constant();
    for index in (0..CHECKSUM_SYMBOLS).rev() {
        text.push(letter((checksum >> (5 * index) & 31) as u8));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const V0: &str = "lq1qqfumuen7l8wthtz45p3ftn58pvrs9xlumvkuu2xet8egzkcklqtesag7wm5pnyvk632fg8z96xe6xgl3gvaavrxls8dj42vva";

    fn variant_of(text: &str) -> Option<Variant> {
        decode(text, &mut [0; 200]).and_then(|decoded| decoded.variant)
    }

    #[test]
    fn an_address_of_another_implementation_holds() {
        assert_eq!(variant_of(V0), Some(Variant::Blech32));
        assert_eq!(variant_of(&V0.to_uppercase()), Some(Variant::Blech32));
        assert_eq!(variant_of(&V0.replace("vva", "vvq")), None);
    }

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        for variant in [Variant::Blech32, Variant::Blech32m] {
            for bytes in [0, 20, 53, 65] {
                let bytes = vec![0x5a; bytes];
                let text = encode("tlq", bech32::unpack(&bytes), variant);
                let mut buffer = [0; 200];
                let decoded = decode(&text, &mut buffer).expect("just encoded");
                assert_eq!(decoded.variant, Some(variant));
                let mut packed = [0; 80];
                let length = bech32::pack(decoded.data, &mut packed).expect("zero padding");
                assert_eq!(packed[..length], bytes);
            }
        }
    }

    #[test]
    fn a_text_without_room_for_a_checksum_is_refused() {
        for text in ["lq1qqqqqqqqqqq", "lq", "1", ""] {
            assert!(decode(text, &mut [0; 200]).is_none(), "{text}");
        }
    }
}
