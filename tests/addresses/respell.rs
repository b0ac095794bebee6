//! Other spellings of an address, made from its canonical form.
//!
//! [`formal`] gives those that some specification accepts, [`noisy`] those
//! that copying and pasting makes of them, and [`spellings`] both: whatever
//! spelling is sent, the key must be the same. Nothing of the project is used
//! here, so that a mistake there cannot be repeated here.

use sha2::{Digest, Sha256};

// Named in full because other crates include this file from elsewhere.
#[path = "respell/accounts.rs"]
mod accounts;
#[path = "respell/bitcoin.rs"]
mod bitcoin;
#[path = "respell/evm.rs"]
mod evm;

/// Returns every spelling that leads to the key of an address, by its
/// canonical form and the name of its kind. The canonical form is not among
/// them.
pub fn spellings(canonical: &str, kind: &str) -> Vec<String> {
    let mut spellings = formal(canonical, kind);
    spellings.extend(noisy(canonical, kind));
    spellings
}

/// Returns the spellings that a specification accepts: each reads strictly.
pub fn formal(canonical: &str, kind: &str) -> Vec<String> {
    let mut spellings = match kind {
        "EVM" => evm::account(canonical),
        "TRON" => evm::tron(canonical),
        "P2PKH" | "P2SH" | "P2SH32" | "P2WPKH" | "P2WSH" | "TAPROOT" | "WITNESS" | "MWEB" => {
            bitcoin::address(canonical, kind)
        }
        "ZCASH_SAPLING" | "ZCASH_ORCHARD" => {
            vec![canonical.to_uppercase(), format!("zcash:{canonical}")]
        }
        "XRP" => accounts::xrp(canonical),
        "SOLANA" => accounts::solana(canonical),
        "MONERO" => accounts::monero(canonical),
        "MONERO_SUBADDRESS" | "MONERO_INTEGRATED" => vec![format!("monero:{canonical}")],
        "STELLAR" => accounts::stellar(canonical),
        "TON" => accounts::ton(canonical),
        "CARDANO" | "CARDANO_STAKE" => accounts::cardano(canonical),
        "SUBSTRATE" => accounts::substrate(canonical),
        "COSMOS" | "COSMOS_CONTRACT" => vec![canonical.to_uppercase()],
        "AVALANCHE" => accounts::avalanche(canonical),
        "ALGORAND" => vec![
            format!("algorand://{canonical}"),
            format!("algorand:wGHE2Pwdvd7S12BL5FaOP20EGYesN73k:{canonical}"),
        ],
        "FILECOIN" => accounts::filecoin(canonical),
        "TEZOS" => accounts::tezos(canonical),
        "HEDERA" => vec![format!("hedera:mainnet:{canonical}")],
        _ => Vec::new(),
    };
    spellings.retain(|spelling| spelling != canonical);
    spellings
}

/// Returns what quotes, mail programs, PDF files and keyboards make of an
/// address. A format without a checksum does not read strictly any more when
/// its inside was touched; the key is found all the same.
pub fn noisy(canonical: &str, kind: &str) -> Vec<String> {
    // A name is not told from other text once quotes are around it.
    if matches!(kind, "OPAQUE" | "NEAR_NAMED" | "EOS_NAME") {
        return Vec::new();
    }
    let mut texts = around(canonical);
    texts.extend(inside(canonical));
    texts
}

/// What stands before or behind.
pub fn around(canonical: &str) -> Vec<String> {
    const PAIRS: [(&str, &str); 19] = [
        (" ", ""),
        ("", "\r\n"),
        ("\t", "\n"),
        ("\u{a0}", "\u{a0}"),
        ("\u{3000}", ""),
        ("", "\u{200b}"),
        ("\u{2060}", ""),
        ("\u{feff}", ""),
        ("\u{202a}", "\u{202c}"),
        ("\u{2066}", "\u{2069}"),
        ("\u{200e}", "\u{200f}"),
        ("\"", "\""),
        ("'", "'"),
        ("\u{201c}", "\u{201d}"),
        ("\u{2018}", "\u{2019}"),
        ("<", ">"),
        ("(", ")"),
        ("[", "]"),
        ("", "."),
    ];
    let mut texts: Vec<_> = PAIRS
        .iter()
        .map(|(before, behind)| format!("{before}{canonical}{behind}"))
        .collect();
    texts.push(format!("{canonical},"));
    texts.push(format!("{canonical};"));
    texts.push(format!(" \"{canonical}\" "));
    texts
}

/// What gets in between, and what letters and digits turn into.
pub fn inside(canonical: &str) -> Vec<String> {
    let middle = canonical.len() / 2;
    let (left, right) = canonical.split_at(middle);
    let mut texts: Vec<_> = [
        "\u{200b}", "\u{200d}", "\u{2060}", "\u{feff}", "\u{ad}", " ", "\n", "\r\n", "\u{a0}",
    ]
    .iter()
    .map(|between| format!("{left}{between}{right}"))
    .collect();
    texts.push(canonical.chars().map(full_width).collect());
    let digits_only = |wide: fn(char) -> char| -> String {
        let widened = canonical
            .chars()
            .map(|c| if c.is_ascii_digit() { wide(c) } else { c });
        widened.collect()
    };
    texts.push(digits_only(full_width));
    texts.push(digits_only(mathematical));
    texts.retain(|text| text != canonical);
    texts
}

fn full_width(c: char) -> char {
    match c {
        '!'..='~' => shifted(c, '!', '\u{ff01}'),
        other => other,
    }
}

/// The bold digits of mathematics; only called on digits.
fn mathematical(c: char) -> char {
    shifted(c, '0', '\u{1d7ce}')
}

fn shifted(c: char, from: char, to: char) -> char {
    char::from_u32(to as u32 + (c as u32 - from as u32)).unwrap_or(c)
}

/// Returns an address in letters of other alphabets that look like its own,
/// as many as there are; `None` if it has no such letter. Nobody can pay to
/// it: it must be looked up, and never cleared.
pub fn look_alike(canonical: &str) -> Option<String> {
    const TWINS: [(char, char); 19] = [
        ('a', '\u{430}'),
        ('c', '\u{441}'),
        ('e', '\u{435}'),
        ('o', '\u{43e}'),
        ('p', '\u{440}'),
        ('x', '\u{445}'),
        ('y', '\u{443}'),
        ('A', '\u{410}'),
        ('B', '\u{412}'),
        ('C', '\u{421}'),
        ('E', '\u{395}'),
        ('H', '\u{41d}'),
        ('K', '\u{39a}'),
        ('M', '\u{41c}'),
        ('N', '\u{39d}'),
        ('P', '\u{420}'),
        ('T', '\u{422}'),
        ('X', '\u{425}'),
        ('Z', '\u{396}'),
    ];
    let twin = |c: char| {
        TWINS
            .iter()
            .find(|(latin, _)| *latin == c)
            .map_or(c, |(_, twin)| *twin)
    };
    let text: String = canonical.chars().map(twin).collect();
    (text != canonical).then_some(text)
}

/// The bytes in hex, lower case.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Appends the checksum of Base58Check.
fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    let hash = Sha256::digest(Sha256::digest(&bytes));
    bytes.extend_from_slice(&hash[..4]);
    bytes
}

/// Reads Base58Check in an alphabet; `None` if it is none.
fn base58check(text: &str, alphabet: &bs58::Alphabet) -> Option<Vec<u8>> {
    let mut bytes = bs58::decode(text).with_alphabet(alphabet).into_vec().ok()?;
    let payload = bytes.len().checked_sub(4)?;
    let is_right = with_checksum(bytes[..payload].to_vec()) == bytes;
    bytes.truncate(payload);
    is_right.then_some(bytes)
}

/// Writes Base58Check in an alphabet.
fn to_base58check(payload: &[u8], alphabet: &bs58::Alphabet) -> String {
    let bytes = with_checksum(payload.to_vec());
    bs58::encode(bytes).with_alphabet(alphabet).into_string()
}

/// CRC-16 of XModem, which Stellar and TON use.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
            let shifted = crc << 1;
            if crc & 0x8000 == 0 {
                shifted
            } else {
                shifted ^ 0x1021
            }
        })
    })
}
