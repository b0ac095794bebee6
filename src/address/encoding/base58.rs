//! Base 58, in any alphabet: the number a text writes, as big-endian bytes.
//!
//! Ten digits at a time fit in 64 bits, so a text is a few multiplications
//! of 64-bit limbs. Each leading zero digit is a zero byte, which the number
//! itself does not show.

/// Most characters that are decoded: a Daedalus address has 104.
const TEXT_CHARS_MAX: usize = 160;

/// Most bytes those can be.
pub(in crate::address) const BYTES_MAX: usize = 160;

/// Digits that are taken at once, and what they multiply by.
const CHUNK_CHARS: usize = 10;
const CHUNK_BASE: u64 = 58_u64.pow(CHUNK_CHARS as u32);
const HALF_BASE: u64 = 58_u64.pow(CHUNK_CHARS as u32 / 2);

const LIMB_BYTES: usize = 8;
const LIMBS_MAX: usize = BYTES_MAX.div_ceil(LIMB_BYTES);

const NO_DIGIT: u8 = 0xff;

/// The digits of base 58 in one of their orders.
pub(in crate::address) struct Alphabet {
    letters: [u8; 58],
    values: [u8; 256],
}

impl Alphabet {
    /// Bitcoin's, which almost everybody uses.
    pub(in crate::address) const BITCOIN: &'static Self =
        &Self::new(b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz");

    /// The XRP Ledger's.
    pub(in crate::address) const RIPPLE: &'static Self =
        &Self::new(b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz");

    const fn new(letters: &[u8; 58]) -> Self {
        let mut values = [NO_DIGIT; 256];
        let mut value = 0;
        while value < letters.len() {
            values[letters[value] as usize] = value as u8;
            value += 1;
        }
        Self {
            letters: *letters,
            values,
        }
    }
}

/// Limbs of a text of up to 50 digits, as nearly every address is.
const SHORT_LIMBS: usize = 5;
const SHORT_CHARS: usize = 50;

/// Decodes a text into the start of a buffer and returns how many bytes it
/// is; `None` for another character, and for more bytes than the buffer has.
#[inline]
pub(in crate::address) fn decode(
    text: &str,
    alphabet: &Alphabet,
    bytes: &mut [u8],
) -> Option<usize> {
    let text = text.as_bytes();
    let zeros = text
        .iter()
        .take_while(|&&byte| byte == alphabet.letters[0])
        .count();
    match text.len() {
        0..=SHORT_CHARS => write_out(zeros, &limbs_of::<SHORT_LIMBS>(text, alphabet)?, bytes),
        _ => decode_long(text, zeros, alphabet, bytes),
    }
}

fn decode_long(text: &[u8], zeros: usize, alphabet: &Alphabet, bytes: &mut [u8]) -> Option<usize> {
    if text.len() > TEXT_CHARS_MAX {
        return None;
    }
    write_out(zeros, &limbs_of::<LIMBS_MAX>(text, alphabet)?, bytes)
}

/// Returns the number a text writes, its lowest limb first. `None` for a
/// character that is no digit, and for a number of more limbs.
#[inline]
fn limbs_of<const LIMBS: usize>(text: &[u8], alphabet: &Alphabet) -> Option<[u64; LIMBS]> {
    // The short chunk comes first, so that the rest multiply by one number.
    let (first, chunks) = text.split_at(text.len() % CHUNK_CHARS);
    let (chunks, _) = chunks.as_chunks::<CHUNK_CHARS>();
    let mut seen = 0;
    let mut digit_of = |byte: u8| {
        let digit = alphabet.values[usize::from(byte)];
        seen |= digit;
        u64::from(digit)
    };
    let mut limbs = [0; LIMBS];
    limbs[0] = first.iter().fold(0_u64, |value, &byte| {
        value.wrapping_mul(58).wrapping_add(digit_of(byte))
    });
    let mut used = 1;
    for chunk in chunks {
        // Two halves, neither of which waits for the other.
        let [a, b, c, d, e, f, g, h, i, j] = chunk.map(&mut digit_of);
        let high = (((a * 58 + b) * 58 + c) * 58 + d) * 58 + e;
        let low = (((f * 58 + g) * 58 + h) * 58 + i) * 58 + j;
        let mut carry = high * HALF_BASE + low;
        for limb in &mut limbs[..used] {
            let wide = u128::from(*limb) * u128::from(CHUNK_BASE) + u128::from(carry);
            *limb = wide as u64;
            carry = (wide >> 64) as u64;
        }
        if carry > 0 {
            *limbs.get_mut(used)? = carry;
            used += 1;
        }
    }
    // Digits end at 57; only the mark of no digit has the top bit.
    (seen & 0x80 == 0).then_some(limbs)
}

/// Writes zero bytes and a number, and returns how many bytes they are.
#[inline]
fn write_out(zeros: usize, limbs: &[u64], bytes: &mut [u8]) -> Option<usize> {
    let top = limbs.iter().rposition(|&limb| limb != 0);
    let top_bytes = top.map_or(0, |top| {
        LIMB_BYTES - limbs[top].leading_zeros() as usize / 8
    });
    let number_bytes = top.map_or(0, |top| top * LIMB_BYTES + top_bytes);
    let length = zeros + number_bytes;
    let out = bytes.get_mut(..length)?;
    let (zeros, number) = out.split_at_mut(zeros);
    zeros.fill(0);
    let (high, whole) = number.split_at_mut(top_bytes);
    for (slot, byte) in high.iter_mut().rev().zip(0..) {
        *slot = (limbs[top.unwrap_or(0)] >> (8 * byte)) as u8;
    }
    let (whole, _) = whole.as_chunks_mut::<LIMB_BYTES>();
    for (chunk, limb) in whole.iter_mut().rev().zip(limbs) {
        *chunk = limb.to_be_bytes();
    }
    Some(length)
}

/// Appends bytes in base 58.
pub(in crate::address) fn encode(bytes: &[u8], alphabet: &Alphabet, out: &mut String) {
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    // The digits, the lowest first.
    let mut digits: smallvec::SmallVec<[u8; 64]> = smallvec::SmallVec::new();
    for &byte in &bytes[zeros..] {
        let mut carry = u32::from(byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    let zeros = std::iter::repeat_n(&0, zeros);
    out.extend(
        zeros
            .chain(digits.iter().rev())
            .map(|&digit| char::from(alphabet.letters[usize::from(digit)])),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn oracle(alphabet: &Alphabet) -> bs58::Alphabet {
        bs58::Alphabet::new(&alphabet.letters).expect("58 letters")
    }

    proptest! {
        #[test]
        fn it_agrees_with_another_implementation(bytes in prop::collection::vec(any::<u8>(), 0..=100), zeros in 0_usize..8) {
            let bytes = [vec![0; zeros], bytes].concat();
            for alphabet in [Alphabet::BITCOIN, Alphabet::RIPPLE] {
                let expected = bs58::encode(&bytes).with_alphabet(&oracle(alphabet)).into_string();
                let mut text = String::new();
                encode(&bytes, alphabet, &mut text);
                prop_assert_eq!(&text, &expected);
                let mut decoded = [0xaa; BYTES_MAX];
                let length = decode(&text, alphabet, &mut decoded);
                prop_assert_eq!(length, Some(bytes.len()));
                prop_assert_eq!(&decoded[..bytes.len()], &bytes[..]);
            }
        }

        #[test]
        fn it_refuses_what_another_implementation_refuses(text in "[ -~]{0,40}|[1-9A-HJ-NP-Za-km-z]{0,60}") {
            let mut decoded = [0; BYTES_MAX];
            let ours = decode(&text, Alphabet::BITCOIN, &mut decoded).map(|length| decoded[..length].to_vec());
            prop_assert_eq!(ours, bs58::decode(&text).into_vec().ok());
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut small = [0; 4];
        assert_eq!(decode("11111", Alphabet::BITCOIN, &mut small), None);
        assert_eq!(decode("1111", Alphabet::BITCOIN, &mut small), Some(4));
        let longest = "z".repeat(TEXT_CHARS_MAX);
        assert!(decode(&longest, Alphabet::BITCOIN, &mut [0; BYTES_MAX]).is_some());
        let longer = "1".repeat(TEXT_CHARS_MAX + 1);
        assert_eq!(decode(&longer, Alphabet::BITCOIN, &mut [0; 200]), None);
        assert_eq!(decode("é", Alphabet::BITCOIN, &mut small), None);
    }
}
