//! What sort of account an address names.
//!
//! The kind is stored beside a key, never in it: P2PKH and P2WPKH of one
//! public key share a key and are two kinds.

use std::fmt;

use super::KeyClass;

/// What sort of account an address names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Kind {
    /// An account or contract of the Ethereum family.
    Evm = 1,
    /// A Tron account.
    Tron = 2,
    /// Pay to public key hash, in any Bitcoin-like chain.
    P2pkh = 3,
    /// Pay to script hash ([BIP-13], [BIP-16]).
    ///
    /// [BIP-13]: https://github.com/bitcoin/bips/blob/master/bip-0013.mediawiki
    /// [BIP-16]: https://github.com/bitcoin/bips/blob/master/bip-0016.mediawiki
    P2sh = 4,
    /// Pay to witness public key hash ([BIP-141]).
    ///
    /// [BIP-141]: https://github.com/bitcoin/bips/blob/master/bip-0141.mediawiki
    P2wpkh = 5,
    /// Pay to witness script hash.
    P2wsh = 6,
    /// Pay to taproot ([BIP-341]).
    ///
    /// [BIP-341]: https://github.com/bitcoin/bips/blob/master/bip-0341.mediawiki
    Taproot = 7,
    /// A witness program that no rule gives a meaning to yet.
    Witness = 8,
    /// Pay to 32-byte script hash, on Bitcoin Cash.
    P2sh32 = 9,
    /// An XRP Ledger account.
    Xrp = 10,
    /// A Solana account.
    Solana = 11,
    /// A Monero account's standard address.
    Monero = 12,
    /// A Monero subaddress: not linkable to its account without the view key.
    MoneroSubaddress = 13,
    /// A Monero standard address with a payment id inside.
    MoneroIntegrated = 14,
    /// A text that no family reads.
    Opaque = 15,
}

impl Kind {
    /// Every kind, in order.
    pub const ALL: [Self; 15] = [
        Self::Evm,
        Self::Tron,
        Self::P2pkh,
        Self::P2sh,
        Self::P2wpkh,
        Self::P2wsh,
        Self::Taproot,
        Self::Witness,
        Self::P2sh32,
        Self::Xrp,
        Self::Solana,
        Self::Monero,
        Self::MoneroSubaddress,
        Self::MoneroIntegrated,
        Self::Opaque,
    ];

    /// Returns the name shown to people and used on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Evm => "EVM",
            Self::Tron => "TRON",
            Self::P2pkh => "P2PKH",
            Self::P2sh => "P2SH",
            Self::P2wpkh => "P2WPKH",
            Self::P2wsh => "P2WSH",
            Self::Taproot => "TAPROOT",
            Self::Witness => "WITNESS",
            Self::P2sh32 => "P2SH32",
            Self::Xrp => "XRP",
            Self::Solana => "SOLANA",
            Self::Monero => "MONERO",
            Self::MoneroSubaddress => "MONERO_SUBADDRESS",
            Self::MoneroIntegrated => "MONERO_INTEGRATED",
            Self::Opaque => "OPAQUE",
        }
    }

    /// Returns the number it is stored under; fixed for ever.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Returns the kind stored under a number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Returns the class under which a payload of this kind is keyed. A long
    /// opaque text is the exception: it goes under its digest's own class.
    pub const fn class(self) -> KeyClass {
        match self {
            Self::Evm | Self::Tron => KeyClass::Evm20,
            Self::P2pkh | Self::P2wpkh | Self::Xrp => KeyClass::KeyHash160,
            Self::P2sh => KeyClass::ScriptHash160,
            Self::P2wsh => KeyClass::WitnessScript,
            Self::Taproot => KeyClass::TaprootKey,
            Self::Witness => KeyClass::WitnessOther,
            Self::P2sh32 => KeyClass::ScriptHash256,
            Self::Solana => KeyClass::Ed32,
            Self::Monero | Self::MoneroSubaddress | Self::MoneroIntegrated => KeyClass::Monero,
            Self::Opaque => KeyClass::Opaque,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_numbers_round_trip_and_names_differ() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(Kind::from_code(0), None);
        let mut names = Kind::ALL.map(Kind::name);
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
