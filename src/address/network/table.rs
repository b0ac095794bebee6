//! What networks are called: the one table of names, tickers and ids.

use super::Network;

/// What a network is called.
pub(in crate::address) struct Facts {
    pub(in crate::address) network: Network,
    pub(in crate::address) name: &'static str,
    pub(in crate::address) ticker: &'static str,
    /// Further names and tickers that lists write, upper case, without
    /// blanks, `-` and `_`.
    pub(in crate::address) also: &'static [&'static str],
    pub(in crate::address) caip2: &'static str,
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
/// applied: the first 32 hex digits of the genesis or fork block's hash. An
/// empty one is not known; a bare namespace stands for all its networks.
#[rustfmt::skip]
pub(in crate::address) const NETWORKS: &[Facts] = &[
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
    facts(Network::BnbSmartChain, "BNB Smart Chain", "BNB", &["BSC", "BEP20", "BINANCESMARTCHAIN"], "eip155:56"),
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
    facts(Network::ECash, "eCash", "XEC", &["BCHA"], ""),
    facts(Network::DigiByte, "DigiByte", "DGB", &[], "bip122:7497ea1b465eb39f1c8f507bc877078f"),
    facts(Network::Komodo, "Komodo", "KMD", &[], "bip122:027e3758c3a65b12aa1046462b486d0a"),
    facts(Network::Stratis, "Stratis", "STRAT", &["STRAX"], ""),
    facts(Network::Liquid, "Liquid", "L-BTC", &["LBTC", "LIQUIDNETWORK", "LIQUIDBITCOIN"], "bip122:1466275836220db2944ca059a3a10ef6"),
    facts(Network::LiquidTestnet, "Liquid testnet", "tL-BTC", &[], ""),
    facts(Network::Stellar, "Stellar", "XLM", &["STR"], "stellar:pubnet"),
    facts(Network::Ton, "TON", "TON", &["TONCOIN", "THEOPENNETWORK"], "tvm:-239"),
    facts(Network::Cardano, "Cardano", "ADA", &[], "cip34:1-764824073"),
    facts(Network::CardanoTestnet, "Cardano testnet", "tADA", &[], "cip34:0-1"),
    facts(Network::Polkadot, "Polkadot", "DOT", &["ASSETHUB", "STATEMINT"], "polkadot:91b171bb158e2d3848fa23a9f1c25182"),
    facts(Network::Kusama, "Kusama", "KSM", &[], "polkadot:b0a8d493285c2df73290dfb7e61f870f"),
    facts(Network::OtherSubstrate, "other Substrate network", "SUBSTRATE", &["ASTAR", "ASTR", "ACALA", "ACA", "BITTENSOR", "TAO", "PHA", "KILT", "HDX"], "polkadot"),
    facts(Network::CosmosHub, "Cosmos Hub", "ATOM", &["COSMOS"], "cosmos:cosmoshub-4"),
    facts(Network::Osmosis, "Osmosis", "OSMO", &[], "cosmos:osmosis-1"),
    facts(Network::Celestia, "Celestia", "TIA", &[], "cosmos:celestia"),
    facts(Network::Thorchain, "THORChain", "RUNE", &["THOR"], "cosmos:thorchain-1"),
    facts(Network::Kava, "Kava", "KAVA", &[], "cosmos:kava_2222-10"),
    facts(Network::Injective, "Injective", "INJ", &[], "cosmos:injective-1"),
    facts(Network::Sei, "Sei", "SEI", &[], "cosmos:pacific-1"),
    facts(Network::BnbBeacon, "BNB Beacon Chain", "BEP2", &["BEACONCHAIN"], "cosmos:Binance-Chain-Tigris"),
    facts(Network::OtherCosmos, "other Cosmos network", "IBC", &["NOBLE", "JUNO", "STARGAZE", "STARS", "SECRET", "SCRT", "TERRA", "LUNA", "LUNC", "AKASH", "AKT", "DYDX", "INIT", "INITIA", "NEUTRON", "NTRN", "AXL", "AXELAR"], "cosmos"),
    facts(Network::Algorand, "Algorand", "ALGO", &[], "algorand:wGHE2Pwdvd7S12BL5FaOP20EGYesN73k"),
    facts(Network::Near, "NEAR", "NEAR", &["NEARPROTOCOL"], "near:mainnet"),
    facts(Network::Aptos, "Aptos", "APT", &[], "aptos:1"),
    facts(Network::Sui, "Sui", "SUI", &[], "sui:mainnet"),
    facts(Network::Starknet, "Starknet", "STRK", &[], "starknet:SN_MAIN"),
    facts(Network::Filecoin, "Filecoin", "FIL", &[], "fil:f"),
    facts(Network::FilecoinTestnet, "Filecoin testnet", "tFIL", &[], "fil:t"),
    facts(Network::Tezos, "Tezos", "XTZ", &["TEZ"], "tezos:NetXdQprcVkpaWU"),
    facts(Network::Eos, "EOS", "EOS", &["VAULTA", "ANTELOPE", "WAX", "WAXP", "TELOS"], "antelope:aca376f206b8fc25a6ed44dbdc66547c"),
    facts(Network::Hedera, "Hedera", "HBAR", &[], "hedera:mainnet"),
    facts(Network::BitcoinCashTestnet, "Bitcoin Cash testnet", "tBCH", &[], ""),
    facts(Network::LitecoinTestnet, "Litecoin testnet", "tLTC", &[], "bip122:4966625a4b2851d9fdee139e56211a0d"),
    facts(Network::XrpTestnet, "XRP Ledger testnet", "tXRP", &[], "xrpl:1"),
];
