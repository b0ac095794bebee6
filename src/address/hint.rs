//! What a publisher or a caller says the network is.
//!
//! A hint is a ticker, a name or a CAIP-2 id, in any case. It never decides
//! how a text is read: OFAC has listed a Tron address under `XBT`, and `USDT`
//! stands beside Tron, EVM and Bitcoin addresses alike. A hint is compared
//! with what the text turned out to be, and a disagreement is reported.

use thiserror::Error;

use super::network::NETWORKS;
use super::{Network, Networks};

/// A hint that names no network we know.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("cannot tell which network `{given}` is: give a ticker, a name or a CAIP-2 id")]
pub struct UnknownNetwork {
    /// What was given, shortened.
    pub given: String,
}

/// Longest part of an unknown hint in characters that the error repeats.
const GIVEN_CHARS_MAX: usize = 32;

/// Longest hint in bytes that is looked at.
const HINT_BYTES_MAX: usize = 64;

/// Networks that carry tokens of others, stablecoins among them.
const TOKEN_NETWORKS: Networks = Networks::EVM
    .union(Networks::COSMOS)
    .union(Networks::SUBSTRATE)
    .union(Networks::of(&[
        Network::Tron,
        Network::Solana,
        Network::Stellar,
        Network::Ton,
        Network::Algorand,
        Network::Near,
        Network::Aptos,
        Network::Sui,
        Network::Starknet,
        Network::Tezos,
        Network::Eos,
        Network::Hedera,
        Network::Cardano,
        Network::XrpLedger,
        Network::Filecoin,
    ]));

/// Tether: on Bitcoin as an Omni token first, on Liquid, Bitcoin Cash and
/// most other networks since.
const USDT: Networks = TOKEN_NETWORKS.union(Networks::of(&[
    Network::Bitcoin,
    Network::BitcoinCash,
    Network::Liquid,
]));

/// A network whose accounts have an EVM address besides their own.
const fn with_evm(network: Network) -> Networks {
    Networks::of(&[network, Network::OtherEvm])
}

/// Tickers of tokens, which live on many networks, words for a whole family,
/// and coins whose networks have two sorts of address.
const WORDS: &[(&str, Networks)] = &[
    ("USDT", USDT),
    ("TETHER", USDT),
    ("USDC", TOKEN_NETWORKS),
    ("USDCOIN", TOKEN_NETWORKS),
    ("TUSD", TOKEN_NETWORKS),
    ("USDD", TOKEN_NETWORKS),
    ("PYUSD", TOKEN_NETWORKS),
    ("EURC", TOKEN_NETWORKS),
    ("ERC20", Networks::EVM),
    ("DAI", TOKEN_NETWORKS),
    (
        "BUSD",
        Networks::EVM.union(Networks::of(&[Network::BnbBeacon])),
    ),
    ("WETH", TOKEN_NETWORKS),
    ("WBTC", TOKEN_NETWORKS),
    ("EVM", Networks::EVM),
    ("EIP155", Networks::EVM),
    ("SUBSTRATE", Networks::SUBSTRATE),
    (
        "POLKADOT",
        Networks::of(&[
            Network::Polkadot,
            Network::OtherSubstrate,
            Network::OtherEvm,
        ]),
    ),
    (
        "DOT",
        Networks::of(&[
            Network::Polkadot,
            Network::OtherSubstrate,
            Network::OtherEvm,
        ]),
    ),
    ("IBC", Networks::COSMOS),
    (
        "BNB",
        Networks::of(&[Network::BnbSmartChain, Network::BnbBeacon]),
    ),
    (
        "BINANCE",
        Networks::of(&[Network::BnbSmartChain, Network::BnbBeacon]),
    ),
    ("KAVA", with_evm(Network::Kava)),
    ("INJ", with_evm(Network::Injective)),
    ("INJECTIVE", with_evm(Network::Injective)),
    ("SEI", with_evm(Network::Sei)),
    ("FIL", with_evm(Network::Filecoin)),
    ("FILECOIN", with_evm(Network::Filecoin)),
    ("HBAR", with_evm(Network::Hedera)),
    ("HEDERA", with_evm(Network::Hedera)),
    ("NEAR", with_evm(Network::Near)),
    // Also a token on Ethereum, from where most of it came.
    (
        "STRK",
        Networks::EVM.union(Networks::of(&[Network::Starknet])),
    ),
];

impl Networks {
    /// Returns the networks a ticker, a name or a [CAIP-2] id stands for, in
    /// any case; blanks, `-` and `_` do not count.
    ///
    /// A token's ticker stands for every network the token lives on. An
    /// id in the namespace `eip155`, `cosmos` or `polkadot` without a row of its
    /// own is [`Network::OtherEvm`] and its like.
    ///
    /// ```
    /// use interdict::address::{Network, Networks};
    ///
    /// assert_eq!(Networks::from_hint("xbt"), Networks::from_hint("bitcoin"));
    /// assert_eq!(Networks::from_hint("eip155:1"), Ok(Network::Ethereum.into()));
    /// assert!(Networks::from_hint("USDT").unwrap().contains(Network::Tron));
    /// assert!(Networks::from_hint("no such coin").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`UnknownNetwork`] when the hint names nothing we know. That
    /// is no reason to refuse an address: the hint is only a hint.
    ///
    /// [CAIP-2]: https://github.com/ChainAgnostic/CAIPs/blob/main/CAIPs/caip-2.md
    pub fn from_hint(text: &str) -> Result<Self, UnknownNetwork> {
        let hint = text.trim();
        let found = if hint.len() > HINT_BYTES_MAX {
            None
        } else if hint.contains(':') {
            by_caip2(hint)
        } else {
            by_name(&folded(hint))
        };
        found.ok_or_else(|| UnknownNetwork {
            given: hint.chars().take(GIVEN_CHARS_MAX).collect(),
        })
    }
}

fn by_caip2(hint: &str) -> Option<Networks> {
    let row = NETWORKS
        .iter()
        .find(|facts| facts.caip2.eq_ignore_ascii_case(hint) && facts.caip2.contains(':'));
    if let Some(facts) = row {
        return Some(facts.network.into());
    }
    let (namespace, reference) = hint.split_once(':')?;
    let is_number = !reference.is_empty() && reference.bytes().all(|byte| byte.is_ascii_digit());
    match namespace.to_ascii_lowercase().as_str() {
        "eip155" if is_number => Some(Network::OtherEvm.into()),
        "cosmos" if !reference.is_empty() => Some(Network::OtherCosmos.into()),
        "polkadot" if !reference.is_empty() => Some(Network::OtherSubstrate.into()),
        _ => None,
    }
}

fn by_name(wanted: &str) -> Option<Networks> {
    let word = WORDS.iter().find(|(ticker, _)| *ticker == wanted);
    if let Some(&(_, networks)) = word {
        return Some(networks);
    }
    let named = NETWORKS.iter().find(|facts| {
        folded(facts.ticker) == wanted
            || facts.also.contains(&wanted)
            || folded(facts.name) == wanted
    });
    named.map(|facts| facts.network.into())
}

/// Returns a name as the tables write it: upper case, nothing but letters and
/// digits between.
fn folded(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, ' ' | '-' | '_'))
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_all_its_names() {
        for facts in NETWORKS {
            // A bare namespace is no network's id.
            let caip2 = Some(&facts.caip2).filter(|id| id.contains(':'));
            let names = [&facts.name, &facts.ticker].into_iter().chain(caip2);
            for name in names.chain(facts.also) {
                let spellings = [
                    (*name).to_owned(),
                    name.to_lowercase(),
                    name.to_uppercase().replace(' ', "_"),
                ];
                for spelling in spellings {
                    let found = Networks::from_hint(&spelling).expect("a name in the table");
                    assert!(found.contains(facts.network), "{spelling}");
                }
            }
        }
    }

    #[test]
    fn tickers_that_lists_write_are_known() {
        for (hint, network) in [
            ("XBT", Network::Bitcoin),
            ("BSC", Network::BnbSmartChain),
            ("MATIC", Network::Polygon),
            ("POL", Network::Polygon),
            ("TRC-20", Network::Tron),
            ("eip155:56", Network::BnbSmartChain),
            ("eip155:1101", Network::OtherEvm),
        ] {
            assert_eq!(Networks::from_hint(hint), Ok(network.into()), "{hint}");
        }
        assert_eq!(Networks::from_hint("eip155"), Ok(Networks::EVM));
        assert_eq!(Networks::from_hint("EVM"), Ok(Networks::EVM));
    }

    #[test]
    fn tether_lives_on_bitcoin_too() {
        let tether = Networks::from_hint("usdt").expect("a known token");
        for network in [
            Network::Bitcoin,
            Network::Ethereum,
            Network::Tron,
            Network::Solana,
        ] {
            assert!(tether.contains(network), "{network}");
        }
        assert!(
            !Networks::from_hint("USDC")
                .expect("a known token")
                .contains(Network::Bitcoin)
        );
    }

    #[test]
    fn an_unknown_hint_is_repeated_in_part() {
        let error = Networks::from_hint(&"é".repeat(500)).expect_err("no such network");
        assert_eq!(error.given.chars().count(), GIVEN_CHARS_MAX);
        for hint in ["", "eip155:", "eip155:x", "DOGGY", ":"] {
            assert!(Networks::from_hint(hint).is_err(), "{hint}");
        }
    }
}
