//! The networks an address can belong to: one table of names.
//!
//! A text rarely names its network, so a candidate carries a set of them.
//! Reading a publisher's or a caller's name for a network is `hint`'s part.

mod table;

use std::fmt;

use table::Facts;
pub(super) use table::NETWORKS;

/// A network that addresses belong to.
///
/// The number is its bit in [`Networks`]: fixed for ever, never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Network {
    /// Bitcoin, and the Omni tokens on it.
    Bitcoin = 0,
    /// Bitcoin Cash.
    BitcoinCash = 1,
    /// Bitcoin SV.
    BitcoinSv = 2,
    /// Litecoin.
    Litecoin = 3,
    /// Bitcoin Gold.
    BitcoinGold = 4,
    /// Dash.
    Dash = 5,
    /// Dogecoin.
    Dogecoin = 6,
    /// Verge.
    Verge = 7,
    /// Zcash.
    Zcash = 8,
    /// Ethereum.
    Ethereum = 9,
    /// Ethereum Classic.
    EthereumClassic = 10,
    /// BNB Smart Chain, once Binance Smart Chain.
    BnbSmartChain = 11,
    /// Arbitrum One.
    Arbitrum = 12,
    /// Polygon PoS.
    Polygon = 13,
    /// Base.
    Base = 14,
    /// OP Mainnet.
    Optimism = 15,
    /// Avalanche's C-Chain.
    Avalanche = 16,
    /// Any other network with Ethereum's addresses.
    OtherEvm = 17,
    /// Tron.
    Tron = 18,
    /// The XRP Ledger.
    XrpLedger = 19,
    /// Solana.
    Solana = 20,
    /// Monero.
    Monero = 21,
    /// Bitcoin's test networks, whose addresses do not tell them apart.
    BitcoinTestnet = 22,
    /// Zcash's test network.
    ZcashTestnet = 23,
    /// Monero's test network.
    MoneroTestnet = 24,
    /// Monero's staging network.
    MoneroStagenet = 25,
    /// eCash.
    ECash = 26,
    /// DigiByte.
    DigiByte = 27,
    /// Komodo.
    Komodo = 28,
    /// Stratis.
    Stratis = 29,
    /// The Liquid sidechain of Bitcoin.
    Liquid = 30,
    /// Liquid's test network.
    LiquidTestnet = 31,
    /// Stellar.
    Stellar = 32,
    /// TON, The Open Network.
    Ton = 33,
    /// Cardano.
    Cardano = 34,
    /// Cardano's test networks.
    CardanoTestnet = 35,
    /// Polkadot.
    Polkadot = 36,
    /// Kusama.
    Kusama = 37,
    /// Any other network with Substrate's addresses.
    OtherSubstrate = 38,
    /// The Cosmos Hub.
    CosmosHub = 39,
    /// Osmosis.
    Osmosis = 40,
    /// Celestia.
    Celestia = 41,
    /// THORChain.
    Thorchain = 42,
    /// Kava, on both its sides.
    Kava = 43,
    /// Injective.
    Injective = 44,
    /// Sei.
    Sei = 45,
    /// BNB Beacon Chain, closed in 2024.
    BnbBeacon = 46,
    /// Any other network with Cosmos' addresses.
    OtherCosmos = 47,
    /// Algorand.
    Algorand = 48,
    /// NEAR.
    Near = 49,
    /// Aptos.
    Aptos = 50,
    /// Sui.
    Sui = 51,
    /// Starknet.
    Starknet = 52,
    /// Filecoin.
    Filecoin = 53,
    /// Filecoin's test networks.
    FilecoinTestnet = 54,
    /// Tezos.
    Tezos = 55,
    /// EOS, now Vaulta, and networks that share its account names.
    Eos = 56,
    /// Hedera.
    Hedera = 57,
    /// Bitcoin Cash' test networks.
    BitcoinCashTestnet = 58,
    /// Litecoin's test network.
    LitecoinTestnet = 59,
    /// The XRP Ledger's test network.
    XrpTestnet = 60,
}

impl Network {
    /// Returns the name people know it by.
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// Returns the ticker of its own coin.
    pub const fn ticker(self) -> &'static str {
        self.facts().ticker
    }

    /// Returns its [CAIP-2] id; the namespace alone (`eip155`) for the rest of
    /// a family, and nothing where no id is known.
    ///
    /// [CAIP-2]: https://github.com/ChainAgnostic/CAIPs/blob/main/CAIPs/caip-2.md
    pub const fn caip2(self) -> &'static str {
        self.facts().caip2
    }

    const fn facts(self) -> &'static Facts {
        &NETWORKS[self as usize]
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of networks.
///
/// ```
/// use interdict::address::{Network, Networks};
///
/// let networks = Networks::from_hint("XBT").unwrap();
/// assert!(networks.contains(Network::Bitcoin));
/// assert!(!networks.intersects(Networks::EVM));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Networks(u128);

impl Networks {
    /// No network.
    pub const NONE: Self = Self(0);

    /// Every network with Ethereum's addresses.
    pub const EVM: Self = Self::of(&[
        Network::Ethereum,
        Network::EthereumClassic,
        Network::BnbSmartChain,
        Network::Arbitrum,
        Network::Polygon,
        Network::Base,
        Network::Optimism,
        Network::Avalanche,
        Network::OtherEvm,
    ]);

    /// Every network with Cosmos' addresses.
    pub const COSMOS: Self = Self::of(&[
        Network::CosmosHub,
        Network::Osmosis,
        Network::Celestia,
        Network::Thorchain,
        Network::Kava,
        Network::Injective,
        Network::Sei,
        Network::BnbBeacon,
        Network::OtherCosmos,
    ]);

    /// Every network with Substrate's addresses.
    pub const SUBSTRATE: Self =
        Self::of(&[Network::Polkadot, Network::Kusama, Network::OtherSubstrate]);

    const TEST: Self = Self::of(&[
        Network::BitcoinTestnet,
        Network::ZcashTestnet,
        Network::MoneroTestnet,
        Network::MoneroStagenet,
        Network::LiquidTestnet,
        Network::CardanoTestnet,
        Network::FilecoinTestnet,
        Network::BitcoinCashTestnet,
        Network::LitecoinTestnet,
        Network::XrpTestnet,
    ]);

    /// Returns the set of the networks given.
    pub const fn of(networks: &[Network]) -> Self {
        let mut bits = 0;
        let mut index = 0;
        while index < networks.len() {
            bits |= 1 << networks[index] as u8;
            index += 1;
        }
        Self(bits)
    }

    /// Returns the set as it is stored: one bit a network.
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// Returns the set stored as the given bits. Bits of networks this
    /// edition does not know are kept, and are never iterated.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// Returns whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns whether a network is in the set.
    pub const fn contains(self, network: Network) -> bool {
        self.0 & (1 << network as u8) != 0
    }

    /// Returns whether any network is in both sets.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Returns the networks in both sets.
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns the networks in either set.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the networks one by one, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = Network> {
        NETWORKS
            .iter()
            .map(|facts| facts.network)
            .filter(move |&network| self.contains(network))
    }

    /// Returns whether the set is one network and no other but its EVM side. A
    /// token's ticker stands for many networks, and makes no word an account
    /// name of any.
    pub(super) fn are_only(self, network: Network) -> bool {
        self.contains(network) && self.union(Self::EVM) == Self::EVM.union(network.into())
    }

    /// Returns the network with the lowest number.
    pub(super) fn first(self) -> Option<Network> {
        let index = usize::try_from(self.0.trailing_zeros()).ok()?;
        NETWORKS.get(index).map(|facts| facts.network)
    }

    /// Returns whether the set holds test networks and nothing else.
    pub(super) const fn is_test_only(self) -> bool {
        self.0 != 0 && self.0 & !Self::TEST.0 == 0
    }
}

impl From<Network> for Networks {
    fn from(network: Network) -> Self {
        Self::of(&[network])
    }
}

impl FromIterator<Network> for Networks {
    fn from_iter<I: IntoIterator<Item = Network>>(networks: I) -> Self {
        networks
            .into_iter()
            .fold(Self::NONE, |set, network| set.union(network.into()))
    }
}

impl fmt::Debug for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_numbers() {
        for (index, facts) in NETWORKS.iter().enumerate() {
            assert_eq!(facts.network as usize, index, "{}", facts.name);
        }
        assert!(NETWORKS.len() <= 128);
    }

    #[test]
    fn names_tickers_and_ids_are_told_apart() {
        for read in [Network::name, Network::ticker, Network::caip2] {
            let mut texts: Vec<_> = NETWORKS
                .iter()
                .map(|facts| read(facts.network).to_lowercase())
                .filter(|text| !text.is_empty())
                .collect();
            texts.sort_unstable();
            let known = texts.len();
            texts.dedup();
            assert_eq!(texts.len(), known);
        }
    }

    #[test]
    fn sets_behave_as_sets() {
        let pair = Networks::of(&[Network::Dogecoin, Network::Verge]);
        assert_eq!(
            pair.iter().collect::<Vec<_>>(),
            [Network::Dogecoin, Network::Verge]
        );
        assert_eq!(pair.iter().collect::<Networks>(), pair);
        assert_eq!(Networks::from_bits(pair.bits()), pair);
        assert!(pair.contains(Network::Verge) && !pair.contains(Network::Dash));
        assert!(!pair.intersects(Networks::EVM));
        assert_eq!(
            pair.intersection(Network::Verge.into()),
            Networks::from(Network::Verge)
        );
        assert_eq!(pair.first(), Some(Network::Dogecoin));
        assert_eq!(Networks::NONE.first(), None);
        assert!(Networks::from(Network::MoneroStagenet).is_test_only());
        assert!(!pair.is_test_only() && !Networks::NONE.is_test_only());
    }
}
