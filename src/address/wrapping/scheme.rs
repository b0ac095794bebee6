//! Schemes of URIs and the networks they name.

use crate::address::{Network, Networks};

/// Schemes that are no name of a network, or stand for more than the network
/// of that name.
const SCHEMES: &[(&str, Networks)] = &[
    (
        "bitcoin",
        Networks::of(&[Network::Bitcoin, Network::BitcoinTestnet]),
    ),
    (
        "bitcoincash",
        Networks::of(&[Network::BitcoinCash, Network::BitcoinCashTestnet]),
    ),
    ("bchtest", Networks::of(&[Network::BitcoinCashTestnet])),
    ("bchreg", Networks::of(&[Network::BitcoinCashTestnet])),
    (
        "litecoin",
        Networks::of(&[Network::Litecoin, Network::LitecoinTestnet]),
    ),
    (
        "zcash",
        Networks::of(&[Network::Zcash, Network::ZcashTestnet]),
    ),
    (
        "monero",
        Networks::of(&[
            Network::Monero,
            Network::MoneroTestnet,
            Network::MoneroStagenet,
        ]),
    ),
    (
        "cardano",
        Networks::of(&[Network::Cardano, Network::CardanoTestnet]),
    ),
    ("liquidnetwork", Networks::of(&[Network::Liquid])),
    ("liquidtestnet", Networks::of(&[Network::LiquidTestnet])),
    (
        "ripple",
        Networks::of(&[Network::XrpLedger, Network::XrpTestnet]),
    ),
    (
        "xrpl",
        Networks::of(&[Network::XrpLedger, Network::XrpTestnet]),
    ),
    (
        "xrp",
        Networks::of(&[Network::XrpLedger, Network::XrpTestnet]),
    ),
    (
        "filecoin",
        Networks::of(&[
            Network::Filecoin,
            Network::FilecoinTestnet,
            Network::OtherEvm,
        ]),
    ),
    ("iban", Networks::EVM),
    // ERC-3770.
    ("arb1", Networks::of(&[Network::Arbitrum])),
    ("oeth", Networks::of(&[Network::Optimism])),
    ("gno", Networks::of(&[Network::OtherEvm])),
    ("rsk", Networks::of(&[Network::OtherEvm])),
];

/// Schemes that are a part of the address.
const CASH_SCHEMES: [&str; 5] = ["bitcoincash", "bchtest", "bchreg", "ecash", "ectest"];

/// Lengths of what follows those.
const CASH_CHARS: [usize; 2] = [42, 61];

/// Returns the networks of a scheme, in lower case, if it is known.
pub(super) fn networks_of(scheme: &str) -> Option<Networks> {
    let name = scheme.strip_prefix("web+").unwrap_or(scheme);
    let row = SCHEMES.iter().find(|(known, _)| *known == name);
    row.map(|&(_, networks)| networks)
        .or_else(|| Networks::from_hint(name).ok())
}

/// Puts the prefix of a cashaddr back in front of it, as it was written: its
/// case counts.
pub(super) fn with_cash_prefix(text: &str, scheme: &str, path: String) -> String {
    let is_cash = CASH_SCHEMES.contains(&scheme) && is_cash_body(&path);
    match text.get(..=scheme.len()) {
        Some(prefix) if is_cash => format!("{prefix}{path}"),
        _ => path,
    }
}

/// Returns whether a text has the shape of a cashaddr without its prefix.
pub(super) fn is_cash_body(text: &str) -> bool {
    CASH_CHARS.contains(&text.len())
        && text.starts_with(['q', 'p', 'z', 'r', 'Q', 'P', 'Z', 'R'])
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
