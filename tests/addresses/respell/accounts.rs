//! Spellings of the other networks' accounts.

use bech32::Hrp;
use blake2::{Blake2b512, Digest};
use data_encoding::{BASE32_NOPAD, BASE64, BASE64URL};
use sha3::Keccak256;

use super::{base58check, crc16, hex, to_base58check};

/// Spellings of an XRP Ledger account: with tags, as an X-address, in CAIP-10.
pub fn xrp(canonical: &str) -> Vec<String> {
    let Some(payload) = base58check(canonical, bs58::Alphabet::RIPPLE) else {
        return Vec::new();
    };
    let [0, account @ ..] = payload.as_slice() else {
        return Vec::new();
    };
    let x_address = |tag: Option<u32>| {
        let mut bytes = vec![0x05, 0x44];
        bytes.extend_from_slice(account);
        bytes.push(u8::from(tag.is_some()));
        bytes.extend_from_slice(&u64::from(tag.unwrap_or_default()).to_le_bytes());
        to_base58check(&bytes, bs58::Alphabet::RIPPLE)
    };
    vec![
        x_address(None),
        x_address(Some(0)),
        x_address(Some(u32::MAX)),
        format!("{canonical}:102334770"),
        format!("{canonical}?dt=102334770"),
        format!("xrpl:0:{canonical}"),
        format!("xrpl:0:{canonical}-102334770"),
        format!("{canonical} (Address tag 102334770)*"),
    ]
}

/// Spellings of a Solana account: in Solana Pay and CAIP-10.
pub fn solana(canonical: &str) -> Vec<String> {
    vec![
        format!("solana:{canonical}"),
        format!("solana:{canonical}?amount=1&label=x"),
        format!("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:{canonical}"),
    ]
}

/// Spellings of a Monero account: with a payment id, in a URI.
pub fn monero(canonical: &str) -> Vec<String> {
    let mut spellings = vec![
        format!("monero:{canonical}"),
        format!("monero:{canonical}?tx_amount=1.5"),
    ];
    let bytes = base58_monero::decode(canonical).unwrap_or_default();
    if let ([18, keys @ ..], 69) = (bytes.as_slice(), bytes.len()) {
        for payment_id in [[0; 8], [0xa5; 8]] {
            let mut integrated = [&[19], &keys[..64], payment_id.as_slice()].concat();
            let hash = Keccak256::digest(&integrated);
            integrated.extend_from_slice(&hash[..4]);
            spellings.extend(base58_monero::encode(&integrated).ok());
        }
    }
    spellings
}

/// Spellings of a Stellar account: muxed, in SEP-7 and CAIP-10, with a memo.
pub fn stellar(canonical: &str) -> Vec<String> {
    let Ok(bytes) = BASE32_NOPAD.decode(canonical.as_bytes()) else {
        return Vec::new();
    };
    let (Some(key), true) = (bytes.get(1..33), canonical.starts_with('G')) else {
        return Vec::new();
    };
    let muxed = |id: u64| {
        let mut bytes = [&[0x60], key, &id.to_be_bytes()].concat();
        let checksum = crc16(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        BASE32_NOPAD.encode(&bytes)
    };
    vec![
        muxed(0),
        muxed(1234),
        muxed(u64::MAX),
        format!("stellar:pubnet:{canonical}"),
        format!("web+stellar:pay?destination={canonical}&amount=1"),
        format!("{canonical} (Address tag 1051035076) *"),
    ]
}

/// Spellings of a TON account: raw, and friendly in two alphabets with every
/// flag.
pub fn ton(canonical: &str) -> Vec<String> {
    let Ok(bytes) = BASE64URL.decode(canonical.as_bytes()) else {
        return Vec::new();
    };
    let (Some(&workchain), Some(hash), true) = (bytes.get(1), bytes.get(2..34), bytes.len() == 36)
    else {
        return Vec::new();
    };
    let number = i8::from_be_bytes([workchain]);
    let raw = format!("{number}:{}", hex(hash));
    let mut spellings = vec![
        raw.to_uppercase(),
        format!("ton://transfer/{canonical}"),
        format!("ton://transfer/{canonical}?amount=1000000000&text=x"),
        format!("tvm:-239:{raw}"),
        raw,
    ];
    for flags in [0x11, 0x51, 0x91, 0xd1] {
        let mut bytes = [&[flags, workchain], hash].concat();
        let checksum = crc16(&bytes);
        bytes.extend_from_slice(&checksum.to_be_bytes());
        spellings.push(BASE64URL.encode(&bytes));
        spellings.push(BASE64.encode(&bytes));
    }
    spellings
}

/// Spellings of a Cardano address of the Shelley era: capitals, and the bytes
/// as wallets hand them over (CIP-30).
pub fn cardano(canonical: &str) -> Vec<String> {
    let unchecked = bech32::primitives::decode::UncheckedHrpstring::new(canonical);
    let Ok(unchecked) = unchecked else {
        return Vec::new();
    };
    let parts = unchecked.remove_checksum::<bech32::Bech32>();
    let bytes: Vec<u8> = parts.byte_iter().collect();
    vec![canonical.to_uppercase(), hex(&bytes)]
}

/// Spellings of a Substrate account: under other networks' prefixes, in hex.
pub fn substrate(canonical: &str) -> Vec<String> {
    let Ok(bytes) = bs58::decode(canonical).into_vec() else {
        return Vec::new();
    };
    let Some(account) = bytes
        .len()
        .checked_sub(34)
        .and_then(|from| bytes.get(from..from + 32))
    else {
        return Vec::new();
    };
    let under = |prefix: &[u8]| {
        let mut bytes = [prefix, account].concat();
        let hash = Blake2b512::new()
            .chain_update(b"SS58PRE")
            .chain_update(&bytes)
            .finalize();
        bytes.extend_from_slice(&hash[..2]);
        bs58::encode(bytes).into_string()
    };
    // Polkadot, Kusama, any; 1284, whose number takes two bytes.
    let mut spellings: Vec<_> = [&[0][..], &[2], &[42], &[0x41, 0x05]].map(under).into();
    spellings.push(format!("0x{}", hex(account)));
    spellings
}

/// Spellings of an address of Avalanche's X- and P-Chain.
pub fn avalanche(canonical: &str) -> Vec<String> {
    let bare = canonical.trim_start_matches("X-").trim_start_matches("P-");
    let is_bech32 = bare
        .split_once('1')
        .is_some_and(|(hrp, _)| Hrp::parse(hrp).is_ok());
    if !is_bech32 {
        return Vec::new();
    }
    vec![bare.to_owned(), format!("X-{bare}"), format!("P-{bare}")]
}

/// Spellings of a Filecoin address: on its test networks.
pub fn filecoin(canonical: &str) -> Vec<String> {
    canonical
        .strip_prefix('f')
        .map(|rest| format!("t{rest}"))
        .into_iter()
        .collect()
}

/// Spellings of a Tezos address: with an entry point, in CAIP-10.
pub fn tezos(canonical: &str) -> Vec<String> {
    let mut spellings = vec![format!("tezos:NetXdQprcVkpaWU:{canonical}")];
    if canonical.starts_with("KT1") {
        spellings.push(format!("{canonical}%transfer"));
    }
    spellings
}
