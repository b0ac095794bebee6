//! Spellings of Bitcoin addresses and those of its relatives.

use bech32::{Bech32m, Hrp};

use super::{base58check, to_base58check};

/// Which other versions of Base58Check name the same account: kind, version,
/// the other's version. Litecoin's scripts have an old and a new one.
const TWINS: [(&str, u8, u8); 2] = [("P2SH", 0x32, 0x05), ("P2SH", 0x05, 0x32)];

/// How a URI begins, by how an address does.
const SCHEMES: [(&str, &str); 9] = [
    ("bc1", "bitcoin"),
    ("1", "bitcoin"),
    ("3", "bitcoin"),
    ("ltc1", "litecoin"),
    ("L", "litecoin"),
    ("M", "litecoin"),
    ("D", "dogecoin"),
    ("X", "dash"),
    ("t1", "zcash"),
];

/// Spellings of an address of Bitcoin's family.
pub fn address(canonical: &str, kind: &str) -> Vec<String> {
    let mut spellings = Vec::new();
    if let Some((prefix, data)) = canonical.split_once(':') {
        spellings.extend(cashaddr(prefix, data));
    } else if canonical.contains('1')
        && bech32::primitives::decode::UncheckedHrpstring::new(canonical).is_ok()
        && canonical.to_lowercase() == canonical
    {
        spellings.push(canonical.to_uppercase());
    }
    if let Some(payload) = base58check(canonical, bs58::Alphabet::BITCOIN) {
        spellings.extend(of_payload(kind, &payload));
    }
    for (start, scheme) in SCHEMES {
        if canonical.starts_with(start) && !canonical.contains(':') {
            spellings.push(format!("{scheme}:{canonical}"));
            spellings.push(format!("{scheme}:{canonical}?amount=0.1&label=x"));
        }
    }
    if canonical.starts_with("bc1") {
        spellings.push(format!("BITCOIN:{}", canonical.to_uppercase()));
        spellings.push(format!("bitcoin:?bc={canonical}"));
    }
    if ["bc1", "1", "3"]
        .iter()
        .any(|start| canonical.starts_with(start))
    {
        spellings.push(format!(
            "bip122:000000000019d6689c085ae165831e93:{canonical}"
        ));
    }
    spellings
}

/// Other spellings of what Base58Check holds.
fn of_payload(kind: &str, payload: &[u8]) -> Vec<String> {
    let mut spellings = Vec::new();
    if let [version, hash @ ..] = payload {
        let hash: Option<[u8; 20]> = hash.try_into().ok();
        for (twin_kind, from, to) in TWINS {
            if let (true, Some(hash)) = (twin_kind == kind && *version == from, hash) {
                spellings.push(to_base58check(
                    &[&[to], hash.as_slice()].concat(),
                    bs58::Alphabet::BITCOIN,
                ));
            }
        }
        // `1…` and `3…` are Bitcoin Cash' old spelling.
        if let (0x00 | 0x05, Some(hash)) = (*version, hash) {
            let script = u8::from(kind == "P2SH");
            for token_aware in [0, 2] {
                let data = to_cashaddr("bitcoincash", (script + token_aware) << 3, &hash);
                spellings.extend(cashaddr("bitcoincash", &data));
                spellings.push(format!("bitcoincash:{data}"));
            }
        }
    }
    // Zcash, `t1…`: the same key hash for senders of transparent coins only.
    if let ([0x1c, 0xb8, hash @ ..], Ok(hrp)) = (payload, Hrp::parse("tex")) {
        let text = bech32::encode::<Bech32m>(hrp, hash).unwrap_or_default();
        spellings.push(text.to_uppercase());
        spellings.push(text);
    }
    spellings
}

/// Spellings of a cash address: without its prefix, and in capitals.
fn cashaddr(prefix: &str, data: &str) -> Vec<String> {
    let mut spellings = vec![format!("{prefix}:{data}").to_uppercase()];
    if prefix == "bitcoincash" {
        spellings.push(data.to_owned());
        spellings.push(data.to_uppercase());
        spellings.push(format!("bitcoincash:{data}?amount=1"));
    }
    spellings
}

/// Writes what follows the prefix of a cash address.
pub fn to_cashaddr(prefix: &str, version: u8, hash: &[u8]) -> String {
    const CHARSET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let bytes = [&[version], hash].concat();
    let mut symbols = Vec::new();
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        held = (held << 8 | u32::from(byte)) & 0xfff;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            symbols.push(u8::try_from(held >> bits & 31).unwrap_or_default());
        }
    }
    if bits > 0 {
        symbols.push(u8::try_from(held << (5 - bits) & 31).unwrap_or_default());
    }
    let lead: Vec<_> = prefix.bytes().map(|byte| byte & 31).chain([0]).collect();
    let checksum = polymod(&[lead.as_slice(), &symbols, &[0; 8]].concat());
    symbols.extend(
        (0..8)
            .rev()
            .map(|at| u8::try_from(checksum >> (5 * at) & 31).unwrap_or_default()),
    );
    symbols
        .iter()
        .map(|&symbol| char::from(CHARSET[usize::from(symbol)]))
        .collect()
}

/// The checksum of a cash address.
fn polymod(symbols: &[u8]) -> u64 {
    const GENERATORS: [u64; 5] = [
        0x98_f2bc_8e61,
        0x79_b76d_99e2,
        0xf3_3e5f_b3c4,
        0xae_2eab_e2a8,
        0x1e_4f43_e470,
    ];
    let sum = symbols.iter().fold(1, |sum: u64, &symbol| {
        let top = sum >> 35;
        let next = (sum & 0x07_ffff_ffff) << 5 ^ u64::from(symbol);
        GENERATORS
            .iter()
            .enumerate()
            .fold(next, |next, (bit, generator)| {
                if top >> bit & 1 == 1 {
                    next ^ generator
                } else {
                    next
                }
            })
    });
    sum ^ 1
}
