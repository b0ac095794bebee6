//! The rules by which one address leads to another.

use std::fmt;

use crate::address::relation::Sameness;

/// By which rule an address leads to another key.
///
/// The number is stored with rows that were derived: fixed for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Rule {
    /// P2SH of the P2WPKH of a public key hash ([BIP-141]).
    ///
    /// [BIP-141]: https://github.com/bitcoin/bips/blob/master/bip-0141.mediawiki
    WrappedKeyHash = 1,
    /// P2SH of a P2WSH.
    WrappedWitnessScript = 2,
    /// P2SH of the script whose SHA-256 a P2WSH shows.
    LegacyScript = 3,
    /// P2SH32, on Bitcoin Cash, of that script.
    LongScript = 4,
    /// An EVM account on a Substrate network with `pallet-revive`: the 20
    /// bytes and twelve of 0xEE.
    ReviveAccount = 5,
    /// An EVM account on a Substrate network with Frontier's hashed mapping:
    /// BLAKE2b-256 of `evm:` and the 20 bytes.
    FrontierAccount = 6,
    /// A Filecoin actor id and its masked EVM address.
    FilecoinMaskedId = 7,
    /// A Hedera account number and its long-zero EVM address.
    HederaLongZero = 8,
    /// The stake part of a Cardano address. Anybody can attach a stranger's.
    StakeCredential = 9,
    /// The token account of a Solana owner for a well-known token.
    TokenAccount = 10,
    /// 20 bytes under a version or prefix that nobody here knows: hardly
    /// anything but a public key hash or a script hash.
    UnknownPrefix = 11,
}

impl Rule {
    /// Every rule, in order.
    pub const ALL: [Self; 11] = [
        Self::WrappedKeyHash,
        Self::WrappedWitnessScript,
        Self::LegacyScript,
        Self::LongScript,
        Self::ReviveAccount,
        Self::FrontierAccount,
        Self::FilecoinMaskedId,
        Self::HederaLongZero,
        Self::StakeCredential,
        Self::TokenAccount,
        Self::UnknownPrefix,
    ];

    /// Returns the number it is stored under; fixed for ever.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Returns the rule stored under a number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.code() == code)
    }

    /// Returns how the addresses at its two ends relate, at best.
    pub const fn sameness(self) -> Sameness {
        match self {
            Self::FilecoinMaskedId | Self::HederaLongZero => Sameness::Same,
            Self::WrappedKeyHash
            | Self::ReviveAccount
            | Self::FrontierAccount
            | Self::UnknownPrefix => Sameness::SameKey,
            Self::WrappedWitnessScript | Self::LegacyScript | Self::LongScript => {
                Sameness::SameScript
            }
            Self::StakeCredential | Self::TokenAccount => Sameness::Related,
        }
    }

    /// Returns what ties the two ends together, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrappedKeyHash => "same public key hash, wrapped as P2SH-P2WPKH",
            Self::WrappedWitnessScript => "same script, wrapped as P2SH-P2WSH",
            Self::LegacyScript => "same script, as P2SH",
            Self::LongScript => "same script, as P2SH32",
            Self::ReviveAccount => "same EVM account on a revive network",
            Self::FrontierAccount => "same EVM account on a Frontier network",
            Self::FilecoinMaskedId => "same actor, by its masked id",
            Self::HederaLongZero => "same account, by its long-zero address",
            Self::StakeCredential => "same stake credential, which anybody can attach",
            Self::TokenAccount => "token account of the owner",
            Self::UnknownPrefix => "same 20 bytes, under a prefix that is not known",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_numbers_round_trip() {
        for rule in Rule::ALL {
            assert_eq!(Rule::from_code(rule.code()), Some(rule));
        }
        assert_eq!(Rule::from_code(0), None);
    }
}
