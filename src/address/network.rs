//! The networks an address can belong to: one table of names.
//!
//! A text rarely names its network, so a candidate carries a set of them.
//! Reading a publisher's or a caller's name for a network is `hint`'s part.

use std::fmt;

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
}

/// What a network is called.
pub(super) struct Facts {
    pub(super) network: Network,
    pub(super) name: &'static str,
    pub(super) ticker: &'static str,
    /// Further names and tickers that lists write, upper case, without
    /// blanks, `-` and `_`.
    pub(super) also: &'static [&'static str],
    pub(super) caip2: &'static str,
}

const fn facts(
    network: Network,
    name: &'static str,
    ticker: &'static str,
    also: &'static [&'static str],
    caip2: &'static str,
) -> Facts {
    Facts {
        network,
        name,
        ticker,
        also,
        caip2,
    }
}

/// Every network, in the order of their numbers.
///
/// CAIP-2 ids are the registered ones. Where none is registered (Bitcoin SV,
/// Bitcoin Gold, Verge, Monero, test networks) the namespace's own rule is
/// applied: the first 32 hex digits of the genesis or fork block's hash.
#[rustfmt::skip]
pub(super) const NETWORKS: &[Facts] = &[
    facts(Network::Bitcoin, "Bitcoin", "BTC", &["XBT", "OMNI"], "bip122:000000000019d6689c085ae165831e93"),
    facts(Network::BitcoinCash, "Bitcoin Cash", "BCH", &["BCC", "BCHN", "BCHABC"], "bip122:000000000000000000651ef99cb9fcbe"),
    facts(Network::BitcoinSv, "Bitcoin SV", "BSV", &["BCHSV", "BITCOINSATOSHIVISION"], "bip122:000000000000000001d956714215d96f"),
    facts(Network::Litecoin, "Litecoin", "LTC", &[], "bip122:12a765e31ffd4059bada1e25190f6e98"),
    facts(Network::BitcoinGold, "Bitcoin Gold", "BTG", &[], "bip122:000000000000000000e5438564434eda"),
    facts(Network::Dash, "Dash", "DASH", &["DRK"], "bip122:00000ffd590b1485b3caadc19b22e637"),
    facts(Network::Dogecoin, "Dogecoin", "DOGE", &["XDG"], "bip122:1a91e3dace36e2be3bf030a65679fe82"),
    facts(Network::Verge, "Verge", "XVG", &[], "bip122:00000fc63692467faeb20cdb3b53200d"),
    facts(Network::Zcash, "Zcash", "ZEC", &[], "bip122:00040fe8ec8471911baa1db1266ea15d"),
    facts(Network::Ethereum, "Ethereum", "ETH", &["ETHER"], "eip155:1"),
    facts(Network::EthereumClassic, "Ethereum Classic", "ETC", &[], "eip155:61"),
    facts(Network::BnbSmartChain, "BNB Smart Chain", "BNB", &["BSC", "BEP20", "BINANCE", "BINANCESMARTCHAIN"], "eip155:56"),
    facts(Network::Arbitrum, "Arbitrum", "ARB", &["ARBITRUMONE", "ARBONE"], "eip155:42161"),
    facts(Network::Polygon, "Polygon", "POL", &["MATIC", "POLYGONPOS"], "eip155:137"),
    facts(Network::Base, "Base", "BASE", &[], "eip155:8453"),
    facts(Network::Optimism, "Optimism", "OP", &["OPMAINNET", "OPTIMISTICETHEREUM"], "eip155:10"),
    facts(Network::Avalanche, "Avalanche", "AVAX", &["AVAXC", "AVALANCHECCHAIN", "CCHAIN"], "eip155:43114"),
    facts(Network::OtherEvm, "other EVM network", "EVM", &[
        "FTM", "FANTOM", "SONIC", "CRO", "CRONOS", "XDAI", "GNOSIS", "CELO", "LINEA", "SCROLL", "BLAST",
        "MANTLE", "MNT", "ZKSYNC", "ZKSYNCERA", "RONIN", "RON", "KAIA", "KLAY", "MOONBEAM", "GLMR",
        "RSK", "RBTC", "ROOTSTOCK", "HECO", "XDC", "BERACHAIN", "UNICHAIN",
    ], "eip155"),
    facts(Network::Tron, "Tron", "TRX", &["TRC20", "TRC10"], "tron:0x2b6653dc"),
    facts(Network::XrpLedger, "XRP Ledger", "XRP", &["XRPL", "RIPPLE"], "xrpl:0"),
    facts(Network::Solana, "Solana", "SOL", &["SPL"], "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"),
    facts(Network::Monero, "Monero", "XMR", &[], "monero:418015bb9ae982a1975da7d79277c270"),
    facts(Network::BitcoinTestnet, "Bitcoin testnet", "tBTC", &[], "bip122:000000000933ea01ad0ee984209779ba"),
    facts(Network::ZcashTestnet, "Zcash testnet", "TAZ", &[], "bip122:05a60a92d99d85997cce3b87616c089f"),
    facts(Network::MoneroTestnet, "Monero testnet", "tXMR", &[], "monero:48ca7cd3c8de5b6a4d53d2861fbdaedc"),
    facts(Network::MoneroStagenet, "Monero stagenet", "sXMR", &[], "monero:76ee3cc98646292206cd3e86f74d88b4"),
];

impl Network {
    /// Returns the name people know it by.
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// Returns the ticker of its own coin.
    pub const fn ticker(self) -> &'static str {
        self.facts().ticker
    }

    /// Returns its [CAIP-2] id; `eip155` alone for [`Network::OtherEvm`].
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
pub struct Networks(u64);

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

    const TEST: Self = Self::of(&[
        Network::BitcoinTestnet,
        Network::ZcashTestnet,
        Network::MoneroTestnet,
        Network::MoneroStagenet,
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
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Returns the set stored as the given bits. Bits of networks this
    /// edition does not know are kept, and are never iterated.
    pub const fn from_bits(bits: u64) -> Self {
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

    /// Returns the network with the lowest number.
    pub(super) fn first(self) -> Option<Network> {
        self.iter().next()
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
        assert!(NETWORKS.len() <= 64);
    }

    #[test]
    fn names_tickers_and_ids_are_told_apart() {
        for read in [Network::name, Network::ticker, Network::caip2] {
            let mut texts: Vec<_> = NETWORKS
                .iter()
                .map(|facts| read(facts.network).to_lowercase())
                .collect();
            texts.sort_unstable();
            texts.dedup();
            assert_eq!(texts.len(), NETWORKS.len());
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
