//! What the rows' families and payloads are in terms of candidates.

use interdict::address::{
    Account, AddressKey, Candidate, Depth, Derivation, KeyClass, Kind, Network, Networks, Reading,
    Sameness, linked, same_account,
};

use crate::vectors::Vector;

/// Whether a candidate is of the family that a row is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Belongs {
    Here,
    Elsewhere,
}

/// Families of chains that spell EVM accounts in bech32.
const BRANDED_EVM: [&str; 9] = [
    "canto",
    "cronos",
    "dymension",
    "evmos",
    "harmony",
    "injective",
    "iotex",
    "kava_evm",
    "okc",
];

/// Returns whether a candidate is of the family that a row is about.
pub fn belongs(vector: &Vector, candidate: &Candidate) -> Belongs {
    let kind = candidate.kind;
    let is_evm = kind.class() == KeyClass::Evm20;
    let is_here = match vector.family.as_str() {
        "evm" => kind == Kind::Evm,
        family if BRANDED_EVM.contains(&family) => is_evm,
        // Tron's logs write its accounts as EVM addresses; the key meets.
        "tron" => kind == Kind::Tron || (vector.kind == "evm_form" && is_evm),
        "hedera" if vector.valid => is_evm || matches!(kind, Kind::Hedera | Kind::HederaKey),
        "hedera" => matches!(kind, Kind::Hedera | Kind::HederaKey),
        "near" if vector.valid => is_evm || matches!(kind, Kind::NearImplicit | Kind::NearNamed),
        "near" => matches!(kind, Kind::NearImplicit | Kind::NearNamed),
        "xrp" => kind == Kind::Xrp,
        "xmr" => matches!(
            kind,
            Kind::Monero | Kind::MoneroSubaddress | Kind::MoneroIntegrated
        ),
        "solana" => kind == Kind::Solana,
        "stellar" => matches!(kind, Kind::Stellar | Kind::StellarObject),
        "ton" => kind == Kind::Ton,
        "cardano" => matches!(
            kind,
            Kind::Cardano | Kind::CardanoStake | Kind::CardanoByron
        ),
        // 64 hex digits are an account of several networks at once.
        "ss58" if vector.kind == "hex32" => kind.class() == KeyClass::Ed32,
        "ss58" => kind == Kind::Substrate,
        "cosmos" => matches!(kind, Kind::Cosmos | Kind::CosmosContract),
        "avax" => kind == Kind::Avalanche,
        "algorand" => kind == Kind::Algorand,
        "aptos" => kind == Kind::Aptos,
        "sui" => kind == Kind::Sui,
        "starknet" => kind == Kind::Starknet,
        "filecoin" => kind == Kind::Filecoin || (vector.kind == "f410" && is_evm),
        "tezos" => kind == Kind::Tezos,
        "eos" => matches!(kind, Kind::EosName | Kind::EosKey),
        "base58check_generic" => kind.class() != KeyClass::Opaque,
        "lightning" | "none" => kind.class() != KeyClass::Opaque,
        "liquid" => candidate
            .networks
            .intersects(Networks::of(&[Network::Liquid, Network::LiquidTestnet])),
        family => is_of_bitcoin_kind(family, candidate) && kind_agrees(vector, kind),
    };
    if is_here {
        Belongs::Here
    } else {
        Belongs::Elsewhere
    }
}

/// Bitcoin and its relatives: the network tells them apart.
fn is_of_bitcoin_kind(family: &str, candidate: &Candidate) -> bool {
    let networks = match family {
        "btc" => Networks::of(&[Network::Bitcoin, Network::BitcoinTestnet]),
        "bch" => Network::BitcoinCash.into(),
        "ltc" => Networks::of(&[Network::Litecoin, Network::LitecoinTestnet]),
        "zec" => Networks::of(&[Network::Zcash, Network::ZcashTestnet]),
        name => Networks::from_hint(name).expect("the family is a network's name"),
    };
    candidate.networks.intersects(networks)
}

/// Returns whether a kind is the one a row's own words stand for, where they
/// stand for one.
fn kind_agrees(vector: &Vector, kind: Kind) -> bool {
    let word = vector.kind.split('_').next().unwrap_or_default();
    let expected = match word {
        "p2pkh" | "tex" => Kind::P2pkh,
        "p2sh" => Kind::P2sh,
        "p2sh32" => Kind::P2sh32,
        "p2wpkh" => Kind::P2wpkh,
        "p2wsh" => Kind::P2wsh,
        "p2tr" => Kind::Taproot,
        "witness" => Kind::Witness,
        "mweb" => Kind::Mweb,
        "sapling" => Kind::ZcashSapling,
        "sprout" => Kind::ZcashSprout,
        _ => return true,
    };
    kind == expected
}

/// Returns a candidate's payload as the rows may give it, in hex: without
/// what the key puts in front to tell apart what the bytes alone do not.
pub fn payloads(candidate: &Candidate) -> Vec<String> {
    let payload = candidate.key.payload();
    let has_mark = matches!(
        candidate.kind.class(),
        KeyClass::WitnessOther
            | KeyClass::Hex32
            | KeyClass::Tezos
            | KeyClass::Eos
            | KeyClass::StellarObject
            | KeyClass::Base58Check
    );
    let mut payloads = vec![const_hex::encode(payload)];
    if has_mark {
        payloads.push(const_hex::encode(&payload[1..]));
    }
    if candidate.kind.class() == KeyClass::Evm20 {
        // A delegated Filecoin address (`f410f…`) is an EVM account.
        payloads.push(format!("040a{}", const_hex::encode(payload)));
    }
    payloads
}

/// Returns the strict candidates that together are a valid row's payload;
/// none if they are not all there.
pub fn with_payload<'r>(vector: &Vector, reading: &'r Reading) -> Vec<&'r Candidate> {
    let strict = || {
        reading
            .candidates
            .iter()
            .filter(|candidate| candidate.strict)
    };
    match (vector.family.as_str(), vector.kind.as_str()) {
        ("zec", "unified") => receivers(&vector.payload_hex, reading),
        ("cardano", kind) if kind != "byron" => strict()
            .filter(|candidate| is_cardano_of(&vector.payload_hex, candidate))
            .collect(),
        _ => {
            let keyed: Vec<_> = strict()
                .filter(|candidate| payloads(candidate).contains(&vector.payload_hex))
                .collect();
            let here = |one: &&Candidate| belongs(vector, one) == Belongs::Here;
            let of_family: Vec<_> = keyed.iter().copied().filter(here).collect();
            if of_family.is_empty() {
                keyed
            } else {
                of_family
            }
        }
    }
}

/// The candidates of a unified address' receivers (ZIP-316), all or none.
fn receivers<'r>(tlvs_hex: &str, reading: &'r Reading) -> Vec<&'r Candidate> {
    let bytes = const_hex::decode(tlvs_hex).expect("the payload is hex");
    let mut rest = bytes.as_slice();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let typecode = compact(&mut rest);
        let length = usize::try_from(compact(&mut rest)).expect("a short item");
        let (data, after) = rest.split_at(length);
        rest = after;
        let class = match typecode {
            0 => KeyClass::KeyHash160,
            1 => KeyClass::ScriptHash160,
            2 => KeyClass::ZcashSapling,
            3 => KeyClass::ZcashOrchard,
            _ => continue,
        };
        let is_receiver =
            |one: &&Candidate| one.strict && one.key.class() == class && one.key.payload() == data;
        match reading.candidates.iter().find(is_receiver) {
            Some(candidate) => found.push(candidate),
            None => return Vec::new(),
        }
    }
    if found.len() == reading.candidates.len() {
        found
    } else {
        Vec::new()
    }
}

/// Takes Bitcoin's CompactSize number off the front.
fn compact(rest: &mut &[u8]) -> u64 {
    let (&first, mut after) = rest.split_first().expect("a number");
    let mut number = u64::from(first);
    if first >= 0xfd {
        let (bytes, left) = after.split_at(1 << (first - 0xfc));
        number = bytes
            .iter()
            .rev()
            .fold(0, |number, &byte| number << 8 | u64::from(byte));
        after = left;
    }
    *rest = after;
    number
}

/// Returns whether a candidate is a Shelley address, by its payment part or
/// its only part, and its canonical form holds all the address' bytes.
fn is_cardano_of(address_hex: &str, candidate: &Candidate) -> bool {
    let bytes = const_hex::decode(address_hex).expect("the payload is hex");
    let header = bytes[0];
    let is_script = header >> 4 & 1;
    let is_stake = header >> 4 >= 14;
    let network = if header & 1 == 1 {
        Network::Cardano
    } else {
        Network::CardanoTestnet
    };
    let kind = if is_stake {
        Kind::CardanoStake
    } else {
        Kind::Cardano
    };
    let text = candidate.canonical();
    // Longer than the 90 characters that the crate's checked reader allows.
    let decoded = bech32::primitives::decode::UncheckedHrpstring::new(&text)
        .map(|text| text.remove_checksum::<bech32::Bech32>());
    candidate.kind == kind
        && candidate.key.payload() == [&[is_script], &bytes[1..29]].concat()
        && candidate.networks == network.into()
        && decoded.is_ok_and(|decoded| decoded.byte_iter().eq(bytes.iter().copied()))
}

/// The key of the stake part of a Shelley address that has one.
pub fn stake_key(address_hex: &str) -> Option<(KeyClass, Vec<u8>)> {
    let bytes = const_hex::decode(address_hex).ok()?;
    let (&header, parts) = bytes.split_first()?;
    let stake = parts.get(28..56).filter(|_| header >> 4 < 4)?;
    Some((KeyClass::CardanoStake, [&[header >> 5 & 1], stake].concat()))
}

/// Every key that a reading's candidates are or lead to.
pub fn keys(reading: &Reading) -> Vec<(KeyClass, Vec<u8>)> {
    let mut keys = Vec::new();
    for candidate in &reading.candidates {
        keys.push((candidate.key.class(), candidate.key.payload().to_vec()));
        for other in linked(candidate, Depth::Import) {
            keys.push((other.key.class(), other.key.payload().to_vec()));
        }
    }
    keys
}

/// Returns whether two readings have a key in common, or a candidate of one
/// leads to a key of the other.
pub fn meet(one: &Reading, other: &Reading) -> bool {
    let leads = |from: &Reading, to: &Reading| {
        let keys = keys(from);
        let reached = |candidate: &Candidate| {
            let key = (candidate.key.class(), candidate.key.payload().to_vec());
            keys.contains(&key)
        };
        to.candidates.iter().any(reached)
    };
    leads(one, other) || leads(other, one)
}

/// Returns whether two accounts of one key can be seen to be so. What an
/// Ed25519 key is on Tezos, Aptos, Sui and Cardano is a hash of it, which is
/// not derived: wallets give each network a key of its own, and Aptos' change.
pub fn can_meet(one: &Reading, other: &Reading) -> bool {
    let hides_the_key = |reading: &Reading| {
        reading.candidates.iter().any(|candidate| {
            matches!(
                candidate.kind.class(),
                KeyClass::Tezos | KeyClass::Hex32 | KeyClass::CardanoPayment
            )
        })
    };
    !hides_the_key(one) && !hides_the_key(other)
}

/// Returns whether two readings are of different sorts of account throughout.
/// A Bitcoin Cash address and its old form, an EVM account and its bech32 on
/// another network are one sort, and one account by those networks' rules.
pub fn differ_in_kind(one: &Reading, other: &Reading) -> bool {
    let has = |kind| {
        other
            .candidates
            .iter()
            .any(|candidate| candidate.kind == kind)
    };
    !one.candidates.iter().any(|candidate| has(candidate.kind))
}

/// Returns how closely two readings relate that meet on a key, as a screening
/// judges it: what is listed is stored under all that it leads to, what is
/// asked is looked up under all that it leads to.
pub fn closest(asked: &Reading, listed: &Reading) -> Option<Sameness> {
    let asked = sides(asked, Depth::Query);
    let listed = sides(listed, Depth::Import);
    let met = asked.iter().flat_map(|(key, asked)| {
        let same_key = listed.iter().filter(move |(other, _)| other == key);
        same_key.map(move |(_, listed)| (asked, listed))
    });
    met.filter(|(asked, listed)| asked.derived.is_none() || listed.derived.is_none())
        .map(|(asked, listed)| same_account(asked, listed).sameness)
        .min()
}

/// Every key of a reading with the account that stands there.
fn sides(reading: &Reading, depth: Depth) -> Vec<(AddressKey, Account<'_>)> {
    let mut sides = Vec::new();
    for candidate in &reading.candidates {
        let own = candidate.account();
        sides.push((candidate.key.clone(), own));
        for link in linked(candidate, depth) {
            let account = Account {
                kind: link.kind,
                networks: link.networks,
                extra: &[],
                derived: Some(Derivation {
                    rule: link.rule,
                    from: candidate.kind,
                }),
                ..own
            };
            sides.push((link.key, account));
        }
    }
    sides
}
