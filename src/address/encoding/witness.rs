//! Witness programs: a version, and the bytes that it gives a meaning.
//!
//! [BIP-141] says how many bytes there may be, and what version 0 makes of
//! them; [BIP-341] what version 1 does.
//!
//! [BIP-141]: https://github.com/bitcoin/bips/blob/master/bip-0141.mediawiki
//! [BIP-341]: https://github.com/bitcoin/bips/blob/master/bip-0341.mediawiki

use super::bech32;
use crate::address::Kind;

/// Longest program in bytes.
const PROGRAM_BYTES_MAX: usize = 40;

/// A witness program, with its version in front.
pub(in crate::address) struct Program {
    /// Version ‖ program, as class 05 keys them.
    bytes: [u8; 1 + PROGRAM_BYTES_MAX],
    length: usize,
}

impl Program {
    /// Returns the program of a version and its bytes, if there is one.
    pub(in crate::address) fn new(version: u8, program: &[u8]) -> Option<Self> {
        let mut bytes = [version; 1 + PROGRAM_BYTES_MAX];
        bytes.get_mut(1..=program.len())?.copy_from_slice(program);
        Self::checked(bytes, 1 + program.len())
    }

    /// Returns the program of a version and bytes in symbols of five bits, if
    /// there is one.
    pub(in crate::address) fn unpack(version: u8, symbols: &[u8]) -> Option<Self> {
        let mut bytes = [version; 1 + PROGRAM_BYTES_MAX];
        let length = bech32::pack(symbols, &mut bytes[1..])?;
        Self::checked(bytes, 1 + length)
    }

    fn checked(bytes: [u8; 1 + PROGRAM_BYTES_MAX], length: usize) -> Option<Self> {
        let is_program = match bytes[0] {
            0 => matches!(length - 1, 20 | 32),
            1..=16 => length > 2,
            _ => false,
        };
        is_program.then_some(Self { bytes, length })
    }

    /// Returns what the program is, and the bytes it is keyed by.
    pub(in crate::address) fn keyed(&self) -> (Kind, &[u8]) {
        let whole = &self.bytes[..self.length];
        let program = &whole[1..];
        match (whole[0], program.len()) {
            (0, 20) => (Kind::P2wpkh, program),
            (0, _) => (Kind::P2wsh, program),
            (1, 32) => (Kind::Taproot, program),
            _ => (Kind::Witness, whole),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_the_version() {
        for (version, lengths) in [(0, &[20, 32][..]), (1, &[2, 20, 32, 40]), (16, &[2, 40])] {
            for &length in lengths {
                assert!(Program::new(version, &vec![7; length]).is_some());
            }
        }
        for (version, length) in [(0, 19), (0, 40), (1, 1), (1, 0), (16, 41), (17, 20)] {
            assert!(Program::new(version, &vec![7; length]).is_none());
        }
    }

    #[test]
    fn what_a_program_is_follows_from_version_and_length() {
        for (version, length, kind, keyed_bytes) in [
            (0, 20, Kind::P2wpkh, 20),
            (0, 32, Kind::P2wsh, 32),
            (1, 32, Kind::Taproot, 32),
            (1, 20, Kind::Witness, 21),
        ] {
            let program = Program::new(version, &vec![7; length]).expect("a program");
            let (found, payload) = program.keyed();
            assert_eq!((found, payload.len()), (kind, keyed_bytes));
        }
    }
}
