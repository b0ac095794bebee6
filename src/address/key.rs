//! The address key: class byte ‖ payload, the only form that is compared.
//!
//! Chain and kind are not part of it, so that one point read finds every
//! entry for the same bytes on every chain. Class bytes are fixed for ever:
//! they are on disk.

use std::fmt;
use std::hash::{Hash, Hasher};

use smallvec::SmallVec;

/// The only form in which an address is stored, filtered and compared.
///
/// Keys order as their bytes do. `Display` writes the bytes in hex and is
/// meant for tools that hold the lists; `Debug` hides what an opaque key was
/// made of, because that is text someone sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressKey(SmallVec<[u8; INLINE_BYTES]>);

/// Longest key that needs no allocation: TON's has 37 bytes.
const INLINE_BYTES: usize = 40;

impl Hash for AddressKey {
    /// One write of the bytes: the filter hashes every key that is screened,
    /// and a length in front, as slices have it, would tell it nothing.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.0);
    }
}

impl AddressKey {
    /// Returns the key of a payload that fits its class.
    #[inline]
    pub(super) fn new(class: KeyClass, payload: &[u8]) -> Self {
        debug_assert!(
            class.admits(payload),
            "a payload of {} bytes does not fit {class:?}",
            payload.len()
        );
        if payload.len() < INLINE_BYTES {
            // All at once: pushing first and extending then takes as long as
            // the rest of reading an address.
            let mut bytes = [0; INLINE_BYTES];
            bytes[0] = class.code();
            bytes[1..=payload.len()].copy_from_slice(payload);
            return Self(SmallVec::from_buf_and_len(bytes, 1 + payload.len()));
        }
        let mut bytes = SmallVec::with_capacity(1 + payload.len());
        bytes.push(class.code());
        bytes.extend_from_slice(payload);
        Self(bytes)
    }

    /// Returns the key stored under the given bytes.
    ///
    /// A class this edition does not know, or a payload its class does not
    /// allow, gives `None`: such a row is damaged or was written by a newer
    /// edition, and guessing at it could hide a listed address.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&code, payload) = bytes.split_first()?;
        let class = KeyClass::from_code(code)?;
        class.admits(payload).then(|| Self::new(class, payload))
    }

    /// Returns the class: what the payload is.
    pub fn class(&self) -> KeyClass {
        KeyClass::from_code(self.0[0]).expect("a key is only made of a known class")
    }

    /// Returns the bytes after the class byte.
    pub fn payload(&self) -> &[u8] {
        &self.0[1..]
    }

    /// Returns the bytes as they are stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for AddressKey {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Display for AddressKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&const_hex::encode(self.as_bytes()))
    }
}

impl fmt::Debug for AddressKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class() {
            KeyClass::Opaque => write!(f, "AddressKey(opaque, {} bytes)", self.payload().len()),
            _ => write!(f, "AddressKey({self})"),
        }
    }
}

/// What the payload of a key is.
///
/// The numbers are on disk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum KeyClass {
    /// HASH160 of a public key: P2PKH, P2WPKH, an XRP account.
    KeyHash160 = 0x01,
    /// HASH160 of a script: P2SH.
    ScriptHash160 = 0x02,
    /// SHA-256 of a script: P2WSH.
    WitnessScript = 0x03,
    /// A taproot output key.
    TaprootKey = 0x04,
    /// Witness version ‖ program, for programs without a meaning yet.
    WitnessOther = 0x05,
    /// HASH256 of a script: Bitcoin Cash P2SH32.
    ScriptHash256 = 0x06,
    /// The last 20 bytes of a public key's Keccak-256: EVM, Tron.
    Evm20 = 0x07,
    /// A 32-byte account that is, or looks like, an Ed25519 key: Solana,
    /// Stellar, Substrate, Algorand, NEAR.
    Ed32 = 0x08,
    /// Which of three (1 Aptos, 2 Sui, 3 Starknet) ‖ a 32-byte account.
    Hex32 = 0x09,
    /// TON: workchain (i32, big endian) ‖ hash.
    Ton = 0x10,
    /// Monero: public spend key ‖ public view key.
    Monero = 0x11,
    /// Cardano: 0 for a key and 1 for a script ‖ hash of the payment part.
    CardanoPayment = 0x12,
    /// The same of the stake part.
    CardanoStake = 0x13,
    /// Cardano, Byron era: the CBOR inside the address, without its CRC.
    CardanoByron = 0x14,
    /// Filecoin: protocol ‖ payload.
    Filecoin = 0x15,
    /// Tezos: which prefix ‖ hash.
    Tezos = 0x16,
    /// Hedera: shard (u32) ‖ realm (u64) ‖ number (u64), big endian.
    Hedera = 0x17,
    /// EOS: a name (u64, big endian), or which curve ‖ a public key.
    Eos = 0x18,
    /// A Sapling receiver: diversifier ‖ transmission key.
    ZcashSapling = 0x19,
    /// An Orchard receiver.
    ZcashOrchard = 0x1a,
    /// Sprout: paying key ‖ transmission key.
    ZcashSprout = 0x1b,
    /// Litecoin MWEB: scan key ‖ spend key.
    Mweb = 0x1c,
    /// A NEAR account's name.
    NearName = 0x1d,
    /// A Cosmos address that is no key's.
    Cosmos32 = 0x1e,
    /// Stellar: strkey version ‖ payload.
    StellarObject = 0x1f,
    /// BLAKE3-256 of a text too long to be its own key.
    OpaqueDigest = 0x7b,
    /// Base58Check of an unknown version: everything before the checksum.
    Base58Check = 0x7d,
    /// Bech32 of an unknown prefix: prefix ‖ zero ‖ symbols of five bits.
    Bech32 = 0x7e,
    /// A text that no family reads.
    Opaque = 0x7f,
}

impl KeyClass {
    /// Every class, in order.
    pub const ALL: [Self; 29] = [
        Self::KeyHash160,
        Self::ScriptHash160,
        Self::WitnessScript,
        Self::TaprootKey,
        Self::WitnessOther,
        Self::ScriptHash256,
        Self::Evm20,
        Self::Ed32,
        Self::Hex32,
        Self::Ton,
        Self::Monero,
        Self::CardanoPayment,
        Self::CardanoStake,
        Self::CardanoByron,
        Self::Filecoin,
        Self::Tezos,
        Self::Hedera,
        Self::Eos,
        Self::ZcashSapling,
        Self::ZcashOrchard,
        Self::ZcashSprout,
        Self::Mweb,
        Self::NearName,
        Self::Cosmos32,
        Self::StellarObject,
        Self::OpaqueDigest,
        Self::Base58Check,
        Self::Bech32,
        Self::Opaque,
    ];

    /// Longest payload in bytes of the formats that set no length themselves.
    pub const LONG_BYTES_MAX: usize = 255;

    /// Longest text in bytes that is its own opaque key.
    pub const OPAQUE_BYTES_MAX: usize = 64;

    /// Returns the class byte; fixed for ever.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Returns the class of a class byte.
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0x01 => Self::KeyHash160,
            0x02 => Self::ScriptHash160,
            0x03 => Self::WitnessScript,
            0x04 => Self::TaprootKey,
            0x05 => Self::WitnessOther,
            0x06 => Self::ScriptHash256,
            0x07 => Self::Evm20,
            0x08 => Self::Ed32,
            0x09 => Self::Hex32,
            0x10 => Self::Ton,
            0x11 => Self::Monero,
            0x12 => Self::CardanoPayment,
            0x13 => Self::CardanoStake,
            0x14 => Self::CardanoByron,
            0x15 => Self::Filecoin,
            0x16 => Self::Tezos,
            0x17 => Self::Hedera,
            0x18 => Self::Eos,
            0x19 => Self::ZcashSapling,
            0x1a => Self::ZcashOrchard,
            0x1b => Self::ZcashSprout,
            0x1c => Self::Mweb,
            0x1d => Self::NearName,
            0x1e => Self::Cosmos32,
            0x1f => Self::StellarObject,
            0x7b => Self::OpaqueDigest,
            0x7d => Self::Base58Check,
            0x7e => Self::Bech32,
            0x7f => Self::Opaque,
            _ => return None,
        })
    }

    /// Returns whether a payload can belong to the class.
    fn admits(self, payload: &[u8]) -> bool {
        match self {
            Self::KeyHash160 | Self::ScriptHash160 | Self::Evm20 => payload.len() == 20,
            Self::WitnessScript
            | Self::TaprootKey
            | Self::ScriptHash256
            | Self::Ed32
            | Self::Cosmos32
            | Self::OpaqueDigest => payload.len() == 32,
            Self::Hex32 => payload.len() == 33 && (1..=3).contains(&payload[0]),
            Self::Ton => payload.len() == 36,
            Self::CardanoPayment | Self::CardanoStake => payload.len() == 29 && payload[0] <= 1,
            Self::CardanoByron => (1..=Self::LONG_BYTES_MAX).contains(&payload.len()),
            Self::Filecoin => {
                (2..=Self::LONG_BYTES_MAX).contains(&payload.len()) && payload[0] <= 4
            }
            Self::Tezos => payload.len() == 21,
            Self::Hedera => payload.len() == 20,
            Self::Eos => matches!(payload.len(), 8 | 34),
            Self::ZcashSapling | Self::ZcashOrchard => payload.len() == 43,
            Self::Mweb => payload.len() == 66,
            Self::NearName => (2..=64).contains(&payload.len()),
            Self::StellarObject => (33..=34).contains(&payload.len()),
            Self::Base58Check | Self::Bech32 => (2..=Self::LONG_BYTES_MAX).contains(&payload.len()),
            // A version, and the 2 to 40 bytes of BIP-141.
            Self::WitnessOther => {
                (3..=41).contains(&payload.len()) && (1..=16).contains(&payload[0])
            }
            Self::Monero | Self::ZcashSprout => payload.len() == 64,
            Self::Opaque => (1..=Self::OPAQUE_BYTES_MAX).contains(&payload.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_bytes_round_trip() {
        for class in KeyClass::ALL {
            assert_eq!(KeyClass::from_code(class.code()), Some(class));
        }
        let known = (0..=u8::MAX)
            .filter(|&code| KeyClass::from_code(code).is_some())
            .count();
        assert_eq!(known, KeyClass::ALL.len());
    }

    #[test]
    fn keys_round_trip_through_bytes_and_keep_their_order() {
        let low = AddressKey::new(KeyClass::KeyHash160, &[1; 20]);
        let high = AddressKey::new(KeyClass::Evm20, &[0; 20]);
        assert!(low < high);
        assert!(low.as_bytes() < high.as_bytes());
        assert_eq!(AddressKey::from_bytes(low.as_bytes()), Some(low.clone()));
        assert_eq!(low.to_string(), format!("01{}", "01".repeat(20)));
        assert_eq!(low.class(), KeyClass::KeyHash160);
        assert_eq!(low.payload(), [1; 20]);
    }

    #[test]
    fn damaged_keys_are_refused() {
        assert_eq!(AddressKey::from_bytes(&[]), None);
        assert_eq!(AddressKey::from_bytes(&[0x01; 20]), None);
        assert_eq!(AddressKey::from_bytes(&[0x01; 22]), None);
        assert_eq!(AddressKey::from_bytes(&[0x42; 21]), None);
        assert_eq!(AddressKey::from_bytes(&[0x7f]), None);
        assert_eq!(AddressKey::from_bytes(&[0x05, 0, 1, 2]), None);
    }

    #[test]
    fn debug_output_hides_what_someone_sent() {
        let key = AddressKey::new(KeyClass::Opaque, b"hunter2");
        assert_eq!(format!("{key:?}"), "AddressKey(opaque, 7 bytes)");
    }
}
