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
    /// An account of a Cosmos chain, or the Beacon chain: 20 bytes.
    Cosmos = 16,
    /// A contract or group of a Cosmos chain: 32 bytes, of no key.
    CosmosContract = 17,
    /// An account of Avalanche's X- and P-Chain.
    Avalanche = 18,
    /// A Stellar account, muxed ones included ([SEP-23]).
    ///
    /// [SEP-23]: https://github.com/stellar/stellar-protocol/blob/master/ecosystem/sep-0023.md
    Stellar = 19,
    /// A Stellar contract, muxed ones included, liquidity pool or claimable
    /// balance.
    StellarObject = 20,
    /// A TON account: workchain and hash.
    Ton = 21,
    /// A Cardano address of the Shelley era, by its payment credential.
    Cardano = 22,
    /// A Cardano reward address, by its stake credential.
    CardanoStake = 23,
    /// A Cardano address of the Byron era.
    CardanoByron = 24,
    /// A Substrate account in SS58: Polkadot, Kusama and their relatives.
    Substrate = 25,
    /// An Algorand account.
    Algorand = 26,
    /// A NEAR account named by its public key.
    NearImplicit = 27,
    /// A NEAR account with a name of its own.
    NearNamed = 28,
    /// An Aptos account or object.
    Aptos = 29,
    /// A Sui account or object.
    Sui = 30,
    /// A Starknet contract, which every account is.
    Starknet = 31,
    /// A Filecoin actor.
    Filecoin = 32,
    /// A Tezos account or contract.
    Tezos = 33,
    /// An EOS account name.
    EosName = 34,
    /// An EOS public key.
    EosKey = 35,
    /// A Hedera account by its number.
    Hedera = 36,
    /// A Hedera account by its Ed25519 public key.
    HederaKey = 37,
    /// A Sapling receiver ([ZIP-32], protocol specification 5.6.3).
    ///
    /// [ZIP-32]: https://zips.z.cash/zip-0032
    ZcashSapling = 38,
    /// An Orchard receiver ([ZIP-316]).
    ///
    /// [ZIP-316]: https://zips.z.cash/zip-0316
    ZcashOrchard = 39,
    /// A Sprout address.
    ZcashSprout = 40,
    /// A Litecoin MWEB stealth address.
    Mweb = 41,
    /// Base58Check of a version that nobody here knows.
    Base58Check = 42,
    /// Bech32 of a prefix that nobody here knows.
    Bech32 = 43,
}

impl Kind {
    /// Every kind, in order.
    pub const ALL: [Self; 43] = [
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
        Self::Cosmos,
        Self::CosmosContract,
        Self::Avalanche,
        Self::Stellar,
        Self::StellarObject,
        Self::Ton,
        Self::Cardano,
        Self::CardanoStake,
        Self::CardanoByron,
        Self::Substrate,
        Self::Algorand,
        Self::NearImplicit,
        Self::NearNamed,
        Self::Aptos,
        Self::Sui,
        Self::Starknet,
        Self::Filecoin,
        Self::Tezos,
        Self::EosName,
        Self::EosKey,
        Self::Hedera,
        Self::HederaKey,
        Self::ZcashSapling,
        Self::ZcashOrchard,
        Self::ZcashSprout,
        Self::Mweb,
        Self::Base58Check,
        Self::Bech32,
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
            Self::Cosmos => "COSMOS",
            Self::CosmosContract => "COSMOS_CONTRACT",
            Self::Avalanche => "AVALANCHE",
            Self::Stellar => "STELLAR",
            Self::StellarObject => "STELLAR_OBJECT",
            Self::Ton => "TON",
            Self::Cardano => "CARDANO",
            Self::CardanoStake => "CARDANO_STAKE",
            Self::CardanoByron => "CARDANO_BYRON",
            Self::Substrate => "SUBSTRATE",
            Self::Algorand => "ALGORAND",
            Self::NearImplicit => "NEAR_IMPLICIT",
            Self::NearNamed => "NEAR_NAMED",
            Self::Aptos => "APTOS",
            Self::Sui => "SUI",
            Self::Starknet => "STARKNET",
            Self::Filecoin => "FILECOIN",
            Self::Tezos => "TEZOS",
            Self::EosName => "EOS_NAME",
            Self::EosKey => "EOS_KEY",
            Self::Hedera => "HEDERA",
            Self::HederaKey => "HEDERA_KEY",
            Self::ZcashSapling => "ZCASH_SAPLING",
            Self::ZcashOrchard => "ZCASH_ORCHARD",
            Self::ZcashSprout => "ZCASH_SPROUT",
            Self::Mweb => "MWEB",
            Self::Base58Check => "BASE58CHECK",
            Self::Bech32 => "BECH32",
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

    /// Returns whether addresses of this kind are names, which ordinary words
    /// and addresses of other networks fit.
    pub const fn is_name(self) -> bool {
        matches!(self, Self::EosName | Self::NearNamed)
    }

    /// Returns whether accounts of this kind are shared by customers who are
    /// told apart by a tag. A word beside any other address is a comment.
    pub const fn has_tags(self) -> bool {
        matches!(
            self,
            Self::Xrp
                | Self::Stellar
                | Self::StellarObject
                | Self::Ton
                | Self::Cosmos
                | Self::EosName
                | Self::Hedera
                | Self::Algorand
                | Self::MoneroIntegrated
        )
    }

    /// Returns the class under which a payload of this kind is keyed. A long
    /// opaque text is the exception: it goes under its digest's own class.
    pub const fn class(self) -> KeyClass {
        match self {
            Self::Evm | Self::Tron => KeyClass::Evm20,
            Self::P2pkh | Self::P2wpkh | Self::Xrp | Self::Cosmos | Self::Avalanche => {
                KeyClass::KeyHash160
            }
            Self::P2sh => KeyClass::ScriptHash160,
            Self::P2wsh => KeyClass::WitnessScript,
            Self::Taproot => KeyClass::TaprootKey,
            Self::Witness => KeyClass::WitnessOther,
            Self::P2sh32 => KeyClass::ScriptHash256,
            Self::Solana
            | Self::Stellar
            | Self::Substrate
            | Self::Algorand
            | Self::NearImplicit
            | Self::HederaKey => KeyClass::Ed32,
            Self::Monero | Self::MoneroSubaddress | Self::MoneroIntegrated => KeyClass::Monero,
            Self::Opaque => KeyClass::Opaque,
            Self::CosmosContract => KeyClass::Cosmos32,
            Self::StellarObject => KeyClass::StellarObject,
            Self::Ton => KeyClass::Ton,
            Self::Cardano => KeyClass::CardanoPayment,
            Self::CardanoStake => KeyClass::CardanoStake,
            Self::CardanoByron => KeyClass::CardanoByron,
            Self::NearNamed => KeyClass::NearName,
            Self::Aptos | Self::Sui | Self::Starknet => KeyClass::Hex32,
            Self::Filecoin => KeyClass::Filecoin,
            Self::Tezos => KeyClass::Tezos,
            Self::EosName | Self::EosKey => KeyClass::Eos,
            Self::Hedera => KeyClass::Hedera,
            Self::ZcashSapling => KeyClass::ZcashSapling,
            Self::ZcashOrchard => KeyClass::ZcashOrchard,
            Self::ZcashSprout => KeyClass::ZcashSprout,
            Self::Mweb => KeyClass::Mweb,
            Self::Base58Check => KeyClass::Base58Check,
            Self::Bech32 => KeyClass::Bech32,
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
