//! Bech32 and bech32m: a prefix, the digit `1`, symbols of five bits, and a
//! checksum of six of them.
//!
//! [BIP-173] and [BIP-350] limit a text to 90 characters because the code
//! guarantees nothing beyond; Cardano, Zcash and Litecoin's MWEB use it for
//! longer ones, so the limit is the caller's. Both cases are read, and a text
//! that mixes them is reported as doing so.
//!
//! [BIP-173]: https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki
//! [BIP-350]: https://github.com/bitcoin/bips/blob/master/bip-0350.mediawiki

/// The 32 symbols, in the order of their values.
pub(in crate::address) const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

const CHECKSUM_SYMBOLS: usize = 6;

/// What a character can be, besides a value in the low five bits.
const LOWER: u8 = 0x20;
const UPPER: u8 = 0x40;
const NO_SYMBOL: u8 = 0x80;

/// Value and case of every character.
const CHARACTERS: [u8; 256] = {
    let mut characters = [NO_SYMBOL; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        let letter = ALPHABET[value];
        let is_digit = letter.is_ascii_digit();
        characters[letter as usize] = value as u8 | if is_digit { 0 } else { LOWER };
        if !is_digit {
            characters[letter.to_ascii_uppercase() as usize] = value as u8 | UPPER;
        }
        value += 1;
    }
    characters
};

/// What the ten bits that leave the register with two symbols do to it.
static REMAINDERS: [u32; 1024] = {
    const GENERATORS: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    let mut table = [0; 1024];
    let mut top = 0;
    while top < 1024 {
        let mut remainder = (top as u32) << 20;
        let mut symbol = 0;
        while symbol < 2 {
            let leaving = remainder >> 25;
            remainder = (remainder & 0x01ff_ffff) << 5;
            let mut bit = 0;
            while bit < 5 {
                if leaving >> bit & 1 == 1 {
                    remainder ^= GENERATORS[bit];
                }
                bit += 1;
            }
            symbol += 1;
        }
        table[top] = remainder;
        top += 1;
    }
    table
};

/// Which constant the checksum ends in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::address) enum Variant {
    /// BIP-173.
    Bech32,
    /// BIP-350.
    Bech32m,
}

impl Variant {
    const fn constant(self) -> u32 {
        match self {
            Self::Bech32 => 1,
            Self::Bech32m => 0x2bc8_30a3,
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

/// A text split into its prefix and its symbols, checksum and all.
pub(super) struct Split<'t, 'b> {
    pub(super) prefix: &'t [u8],
    pub(super) symbols: &'b [u8],
    pub(super) is_mixed_case: bool,
}

/// Returns the prefix of a text: what stands before its last `1`.
pub(in crate::address) fn prefix_of(text: &str) -> Option<&str> {
    let (prefix, rest) = text.rsplit_once('1')?;
    (!prefix.is_empty() && rest.len() >= CHECKSUM_SYMBOLS).then_some(prefix)
}

/// Takes a text apart whose prefix ends before the last `1`. `None` if it is
/// not bech32 by its characters, or longer than the buffer.
pub(in crate::address) fn decode<'b>(text: &str, buffer: &'b mut [u8]) -> Option<Decoded<'b>> {
    let split = split(text, buffer)?;
    let data_symbols = split.symbols.len().checked_sub(CHECKSUM_SYMBOLS)?;
    let remainder = remainder_of(prefix_remainder(split.prefix), split.symbols);
    let variant = [Variant::Bech32, Variant::Bech32m]
        .into_iter()
        .find(|variant| variant.constant() == remainder);
    Some(Decoded {
        data: &split.symbols[..data_symbols],
        variant,
        is_mixed_case: split.is_mixed_case,
    })
}

/// Splits a text at its last `1` and turns what follows into symbols.
pub(super) fn split<'t, 'b>(text: &'t str, buffer: &'b mut [u8]) -> Option<Split<'t, 'b>> {
    let text = text.as_bytes();
    let separator = text.iter().rposition(|&byte| byte == b'1')?;
    let (prefix, symbols) = (&text[..separator], &text[separator + 1..]);
    let buffer = buffer.get_mut(..symbols.len())?;
    let mut seen = values_of(symbols, buffer);
    for &byte in prefix {
        seen |= match byte {
            b'a'..=b'z' => LOWER,
            b'A'..=b'Z' => UPPER,
            b'!'..=b'~' => 0,
            _ => NO_SYMBOL,
        };
    }
    let is_bech32 = !prefix.is_empty() && seen & NO_SYMBOL == 0;
    is_bech32.then_some(Split {
        prefix,
        symbols: buffer,
        is_mixed_case: seen & (LOWER | UPPER) == LOWER | UPPER,
    })
}

/// Turns a text of symbols alone into their values, in either case. `None` if
/// another character is among them, or if the buffer is too small.
pub(in crate::address) fn values(text: &str, buffer: &mut [u8]) -> Option<()> {
    let buffer = buffer.get_mut(..text.len())?;
    (values_of(text.as_bytes(), buffer) & NO_SYMBOL == 0).then_some(())
}

/// Turns characters into values, and returns what they are besides, together.
fn values_of(text: &[u8], buffer: &mut [u8]) -> u8 {
    let mut seen = 0;
    for (slot, &byte) in buffer.iter_mut().zip(text) {
        let character = CHARACTERS[usize::from(byte)];
        seen |= character;
        *slot = character & 31;
    }
    seen
}

/// Packs symbols of five bits into bytes and returns how many there are.
/// `None` if the bits left over are five or more, or not all zero, or if the
/// buffer is too small.
pub(in crate::address) fn pack(symbols: &[u8], bytes: &mut [u8]) -> Option<usize> {
    /// Symbols and bytes that 40 bits are.
    const GROUP_SYMBOLS: usize = 8;
    const GROUP_BYTES: usize = 5;
    let length = symbols.len() * 5 / 8;
    let bytes = bytes.get_mut(..length)?;
    let gather = |symbols: &[u8]| {
        symbols
            .iter()
            .fold(0_u64, |bits, &symbol| bits << 5 | u64::from(symbol))
    };
    let mut groups = symbols.chunks_exact(GROUP_SYMBOLS);
    let mut out = bytes.chunks_exact_mut(GROUP_BYTES);
    for (group, out) in (&mut groups).zip(&mut out) {
        out.copy_from_slice(&gather(group).to_be_bytes()[3..]);
    }
    let (group, out) = (groups.remainder(), out.into_remainder());
    let padding_bits = group.len() * 5 - out.len() * 8;
    let bits = gather(group);
    let whole = (bits >> padding_bits).to_be_bytes();
    out.copy_from_slice(&whole[whole.len() - out.len()..]);
    let padding_is_zero = padding_bits < 5 && bits & ((1 << padding_bits) - 1) == 0;
    padding_is_zero.then_some(length)
}

/// Unpacks bytes into symbols of five bits, the last one filled with zeros.
pub(in crate::address) fn unpack(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let total = (bytes.len() * 8).div_ceil(5);
    (0..total).map(move |index| {
        let at = index * 5;
        let high = u16::from(bytes[at / 8]) << 8;
        let low = bytes.get(at / 8 + 1).copied().map_or(0, u16::from);
        ((high | low) << (at % 8) >> 11) as u8
    })
}

/// Appends prefix, symbols and checksum. The prefix is in lower case.
pub(in crate::address) fn encode(
    prefix: &str,
    symbols: impl Iterator<Item = u8>,
    variant: Variant,
    out: &mut String,
) {
    let mut remainder = prefix_remainder(prefix.as_bytes());
    out.push_str(prefix);
    out.push('1');
    for symbol in symbols {
        remainder = step(remainder, symbol);
        out.push(char::from(ALPHABET[usize::from(symbol & 31)]));
    }
    for _ in 0..CHECKSUM_SYMBOLS {
        remainder = step(remainder, 0);
    }
    let checksum = remainder ^ variant.constant();
    for index in (0..CHECKSUM_SYMBOLS).rev() {
        let symbol = checksum >> (5 * index) & 31;
        out.push(char::from(ALPHABET[symbol as usize]));
    }
}

/// Returns the remainder after a prefix in either case: its high bits, zero,
/// its low bits.
fn prefix_remainder(prefix: &[u8]) -> u32 {
    let high = prefix.iter().map(|byte| byte.to_ascii_lowercase() >> 5);
    let low = prefix.iter().map(|byte| byte & 31);
    high.chain([0]).chain(low).fold(1, step)
}

/// Takes symbols into the remainder, two at a time: each look-up waits for
/// the one before, and this halves how many there are.
fn remainder_of(remainder: u32, symbols: &[u8]) -> u32 {
    let (pairs, last) = symbols.as_chunks::<2>();
    let remainder = pairs.iter().fold(remainder, |remainder, &[first, second]| {
        let top = (remainder >> 20) as usize;
        let entering = u32::from(first) << 5 | u32::from(second);
        (remainder & 0x000f_ffff) << 10 ^ entering ^ REMAINDERS[top & 1023]
    });
    last.iter().copied().fold(remainder, step)
}

/// Takes one symbol into the remainder of the code's polynomial.
#[inline]
fn step(remainder: u32, symbol: u8) -> u32 {
    // A top of five bits is one of ten bits of which the first five are zero.
    let top = (remainder >> 25) as usize;
    (remainder & 0x01ff_ffff) << 5 ^ u32::from(symbol) ^ REMAINDERS[top & 31]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SYMBOLS_MAX: usize = 1024;

    fn variant_of(text: &str) -> Option<Option<Variant>> {
        decode(text, &mut [0; SYMBOLS_MAX]).map(|decoded| decoded.variant)
    }

    #[test]
    fn the_specifications_examples_hold() {
        for text in [
            "A12UEL5L",
            "a12uel5l",
            "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
            "?1ezyfcl",
        ] {
            assert_eq!(variant_of(text), Some(Some(Variant::Bech32)), "{text}");
        }
        for text in [
            "A1LQFN3A",
            "a1lqfn3a",
            "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
            "?1v759aa",
        ] {
            assert_eq!(variant_of(text), Some(Some(Variant::Bech32m)), "{text}");
        }
        for text in ["1nwldj5", "x1b4n0q5v", "li1dgmt3", "pzry9x0s0muk"] {
            assert_eq!(variant_of(text).flatten(), None, "{text}");
        }
        let mixed = decode("A12uEL5L", &mut [0; 16])
            .expect("bech32 by its characters")
            .is_mixed_case;
        assert!(mixed);
    }

    proptest! {
        #[test]
        fn it_agrees_with_another_implementation(prefix in "[a-z]{1,10}", bytes in prop::collection::vec(any::<u8>(), 0..=40)) {
            let hrp = ::bech32::Hrp::parse(&prefix).expect("letters");
            let by_variant = [
                (Variant::Bech32, ::bech32::encode::<::bech32::Bech32>(hrp, &bytes)),
                (Variant::Bech32m, ::bech32::encode::<::bech32::Bech32m>(hrp, &bytes)),
            ];
            for (variant, expected) in by_variant {
                let expected = expected.expect("short enough");
                let mut text = String::new();
                encode(&prefix, unpack(&bytes), variant, &mut text);
                prop_assert_eq!(&text, &expected);
                let mut buffer = [0; SYMBOLS_MAX];
                let decoded = decode(&text, &mut buffer).expect("just encoded");
                prop_assert_eq!(decoded.variant, Some(variant));
                let mut packed = [0; 64];
                let length = pack(decoded.data, &mut packed).expect("zero padding");
                prop_assert_eq!(&packed[..length], &bytes[..]);
            }
        }
    }
}
