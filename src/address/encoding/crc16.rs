//! CRC-16/XMODEM: polynomial 0x1021, from zero, neither reflected nor
//! inverted.
//!
//! Stellar writes it little endian and TON big endian, so callers get the
//! number. Sixteen bits let one slip in 65,536 through: weak, as checksums go.

const POLYNOMIAL: u16 = 0x1021;

/// What the byte that leaves the register does to it.
const REMAINDERS: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < table.len() {
        let mut remainder = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            let overflows = remainder & 0x8000 != 0;
            remainder <<= 1;
            if overflows {
                remainder ^= POLYNOMIAL;
            }
            bit += 1;
        }
        table[byte] = remainder;
        byte += 1;
    }
    table
};

/// Returns the checksum of bytes.
pub(in crate::address) fn xmodem(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |remainder, &byte| {
        let top = (remainder >> 8) as u8;
        remainder << 8 ^ REMAINDERS[usize::from(top ^ byte)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogues_check_value_holds() {
        assert_eq!(xmodem(b"123456789"), 0x31c3);
        assert_eq!(xmodem(b""), 0);
        assert_eq!(xmodem(&[0; 40]), 0);
    }
}
