//! What it costs to read an address: one thread, nanoseconds an address.
//!
//! Each family has a few hundred different addresses that are read in turn,
//! so that the processor cannot learn one text by heart. Every address is
//! first read outside the clock and its key compared with the bytes it was
//! made from.
//!
//! What is aimed at, on a server core of 3 GHz: EVM in lower case 25 ns, with
//! an EIP-55 checksum 400 (one Keccak), Base58Check 250 (two SHA-256),
//! bech32 350, Solana 80.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use interdict::address::{KeyClass, parse};
use serde_json::Value;
use sha2::{Digest, Sha256};

const VECTORS: &str = include_str!("../tests/fixtures/addresses/vectors.jsonl");

/// How many different addresses of a family are read in turn.
const ADDRESSES: u32 = 512;

/// A family: its texts, each with the key that it must have.
struct Family {
    name: &'static str,
    texts: Vec<(String, KeyClass, Vec<u8>)>,
}

/// Bytes that look random and are the same in every run.
fn bytes_of(number: u32, count: usize) -> Vec<u8> {
    let hash = |part: u8| Sha256::digest([&number.to_be_bytes(), &[part][..]].concat()).to_vec();
    let mut bytes = [hash(0), hash(1)].concat();
    bytes.truncate(count);
    bytes
}

/// A family of texts that are made from bytes.
fn made(
    name: &'static str,
    class: KeyClass,
    count: usize,
    write: impl Fn(&[u8]) -> String,
) -> Family {
    let texts = (0..ADDRESSES).map(|number| {
        let bytes = bytes_of(number, count);
        (write(&bytes), class, bytes)
    });
    Family {
        name,
        texts: texts.collect(),
    }
}

fn base58check(version: &[u8], hash: &[u8], alphabet: &bs58::Alphabet) -> String {
    let mut bytes = [version, hash].concat();
    let checksum = Sha256::digest(Sha256::digest(&bytes));
    bytes.extend_from_slice(&checksum[..4]);
    bs58::encode(bytes).with_alphabet(alphabet).into_string()
}

fn bitcoin58(version: &'static [u8]) -> impl Fn(&[u8]) -> String {
    move |hash| base58check(version, hash, bs58::Alphabet::BITCOIN)
}

fn witness(version: bech32::Fe32) -> impl Fn(&[u8]) -> String {
    move |program| {
        bech32::segwit::encode(bech32::hrp::BC, version, program).expect("20 or 32 bytes")
    }
}

fn hex(bytes: &[u8]) -> String {
    const_hex::encode(bytes)
}

fn cashaddr(hash: &[u8]) -> String {
    let reading = parse(&bitcoin58(&[0x00])(hash));
    let mut candidate = reading.candidates[0].clone();
    candidate.networks = interdict::address::Network::BitcoinCash.into();
    candidate.canonical()
}

fn monero(keys: &[u8]) -> String {
    let mut bytes = [&[18], keys].concat();
    let checksum = sha3::Keccak256::digest(&bytes);
    bytes.extend_from_slice(&checksum[..4]);
    base58_monero::encode(&bytes).expect("69 bytes")
}

fn stellar(key: &[u8]) -> String {
    let key: [u8; 32] = key.try_into().expect("32 bytes");
    stellar_strkey::ed25519::PublicKey(key)
        .to_string()
        .to_string()
}

fn ton(hash: &[u8]) -> String {
    let raw = format!("0:{}", hex(hash));
    parse(&raw).candidates[0].canonical()
}

/// An enterprise address of a key, on the main network.
fn cardano(hash: &[u8]) -> String {
    let hrp = bech32::Hrp::parse("addr").expect("a prefix");
    bech32::encode::<bech32::Bech32>(hrp, &[&[0x61], hash].concat()).expect("29 bytes")
}

/// Checksummed as EIP-55 says, by an independent writer.
fn eip55(bytes: &[u8]) -> String {
    alloy_primitives::Address::from_slice(bytes).to_checksum(None)
}

/// The unified addresses among the vectors, with their first receiver.
fn unified() -> Family {
    let rows = VECTORS
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let unified = rows.filter(|row| row["kind"] == "unified" && row["valid"] == true);
    let texts = unified.map(|row| {
        let text = row["input"].as_str().expect("a text").to_owned();
        let items = const_hex::decode(row["canonical_hex"].as_str().expect("hex")).expect("hex");
        let (class, length) = match items[0] {
            0 => (KeyClass::KeyHash160, 20),
            _ => (KeyClass::ZcashSapling, 43),
        };
        (text, class, items[2..2 + length].to_vec())
    });
    Family {
        name: "Zcash unified",
        texts: texts.collect(),
    }
}

fn families() -> Vec<Family> {
    use KeyClass::{
        CardanoPayment, Ed32, Evm20, KeyHash160, Monero, ScriptHash160, TaprootKey, Ton,
    };
    let mut cardano = made("Cardano", CardanoPayment, 28, cardano);
    let mut ton = made("TON", Ton, 32, ton);
    // The key says what the bytes are: no script; workchain 0.
    cardano
        .texts
        .iter_mut()
        .for_each(|(_, _, key)| key.insert(0, 0));
    ton.texts
        .iter_mut()
        .for_each(|(_, _, key)| drop(key.splice(0..0, [0; 4])));
    vec![
        made("EVM, lower case", Evm20, 20, |bytes| {
            format!("0x{}", hex(bytes))
        }),
        made("EVM, EIP-55", Evm20, 20, eip55),
        made("P2PKH", KeyHash160, 20, bitcoin58(&[0x00])),
        made("P2SH", ScriptHash160, 20, bitcoin58(&[0x05])),
        made("P2WPKH", KeyHash160, 20, witness(bech32::segwit::VERSION_0)),
        made(
            "taproot",
            TaprootKey,
            32,
            witness(bech32::segwit::VERSION_1),
        ),
        made("Tron", Evm20, 20, bitcoin58(&[0x41])),
        made("Solana", Ed32, 32, |bytes| {
            bs58::encode(bytes).into_string()
        }),
        made("XRP", KeyHash160, 20, |hash| {
            base58check(&[0x00], hash, bs58::Alphabet::RIPPLE)
        }),
        made("cashaddr", KeyHash160, 20, cashaddr),
        made("Monero", Monero, 64, monero),
        made("Stellar", Ed32, 32, stellar),
        ton,
        cardano,
        unified(),
        made("URI", KeyHash160, 20, |hash| {
            format!("bitcoin:{}?amount=0.1", bitcoin58(&[0x00])(hash))
        }),
        made("noise", KeyHash160, 20, |hash| {
            format!("\u{feff}\u{201c}{}\u{201d} ", bitcoin58(&[0x00])(hash))
        }),
    ]
}

fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read an address");
    for family in families() {
        for (text, class, payload) in &family.texts {
            let key = &parse(text).candidates[0].key;
            assert!(
                key.class() == *class && key.payload() == payload,
                "{} {text}",
                family.name
            );
        }
        let mut texts = family
            .texts
            .iter()
            .map(|(text, _, _)| text.as_str())
            .cycle();
        group.bench_function(family.name, |bencher| {
            bencher.iter(|| {
                let text = texts.next().expect("a cycle has no end");
                black_box(parse(black_box(text)).candidates[0].key.as_bytes()[0])
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(50);
    targets = measure
}
criterion_main!(benches);
