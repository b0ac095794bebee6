//! Encodings and hashes that several of the others share: base 32, base 58,
//! bech32 and blech32 with their checksums, witness programs, LEB128, percent
//! codes, HASH160, and the hash behind EIP-55.
//!
//! Each works in buffers its caller lends or of its own fixed size, and
//! leaves it to the families to say which prefixes, versions and lengths
//! there are.

pub(super) mod base32;
pub(super) mod base58;
pub(super) mod base58check;
pub(super) mod bech32;
pub(super) mod blech32;
pub(super) mod crc16;
pub(super) mod hash160;
pub(super) mod keccak;
pub(super) mod leb128;
pub(super) mod percent;
pub(super) mod witness;
