//! The address rules against published vectors and an independent reader.
//!
//! The vectors are collected from specifications and real lists; where they
//! come from is in `fixtures/addresses/README.md` and in each row. They are
//! scoped by family: a text that is invalid as Bitcoin may be a fine Litecoin
//! address. The independent reader is the `bitcoin` crate, which must agree
//! on every text whether it is a Bitcoin address, and of which script.

use std::collections::BTreeMap;

use interdict::address::{Candidate, Fault, Flags, Kind, Network, Networks, Reading, parse};
use proptest::prelude::*;
use serde_json::Value;

const VECTORS: &str = include_str!("fixtures/addresses/vectors.jsonl");

struct Vector {
    family: String,
    input: String,
    valid: bool,
    kind: String,
    payload_hex: String,
    lenient_hex: String,
}

fn vectors() -> Vec<Vector> {
    let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    let rows = VECTORS
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a JSON object a line"));
    rows.map(|row| Vector {
        family: text(&row, "family"),
        input: text(&row, "input"),
        valid: row["valid"].as_bool().expect("`valid` is a boolean"),
        kind: text(&row, "kind"),
        payload_hex: text(&row, "canonical_hex"),
        lenient_hex: text(&row, "lenient_hex"),
    })
    .collect()
}

/// The networks whose addresses a family's rows are about.
fn networks_of(family: &str) -> Networks {
    let main = Networks::from_hint(family);
    match family {
        "evm" => Networks::EVM,
        "btc" => Networks::of(&[Network::Bitcoin, Network::BitcoinTestnet]),
        "zec" => Networks::of(&[Network::Zcash, Network::ZcashTestnet]),
        "xmr" => Networks::of(&[
            Network::Monero,
            Network::MoneroTestnet,
            Network::MoneroStagenet,
        ]),
        _ => main.expect("the family is a network's name"),
    }
}

/// The kind a row's own words stand for, where they name one.
fn kind_of(vector: &Vector) -> Option<Kind> {
    let word = vector.kind.split('_').next().unwrap_or_default();
    Some(match word {
        "p2pkh" => Kind::P2pkh,
        "p2sh" => Kind::P2sh,
        "p2sh32" => Kind::P2sh32,
        "p2wpkh" => Kind::P2wpkh,
        "p2wsh" => Kind::P2wsh,
        "p2tr" => Kind::Taproot,
        "witness" => Kind::Witness,
        "address" | "eip1191" | "fevm" | "evm" => Kind::Evm,
        "base58check" | "hex41" => Kind::Tron,
        "classic" => Kind::Xrp,
        "pubkey" | "program" | "ata" => Kind::Solana,
        "standard" => Kind::Monero,
        "subaddress" => Kind::MoneroSubaddress,
        "integrated" => Kind::MoneroIntegrated,
        _ => return None,
    })
}

/// Returns the payload as the vectors give it: without a witness version.
fn payload_hex(candidate: &Candidate) -> String {
    let payload = candidate.key.payload();
    let payload = if candidate.kind == Kind::Witness {
        &payload[1..]
    } else {
        payload
    };
    payload.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Judges one row; the error says what is wrong.
fn judge(vector: &Vector) -> Result<(), String> {
    let reading = parse(&vector.input);
    if reading.is_strict() != reading.fault.is_none() {
        return Err("a fault must be present exactly when the reading is not strict".to_owned());
    }
    if vector.valid {
        judge_valid(vector, &reading)
    } else {
        judge_invalid(vector, &reading)
    }
}

fn judge_valid(vector: &Vector, reading: &Reading) -> Result<(), String> {
    if !reading.is_strict() {
        return Err(format!(
            "must read strictly, and has fault {:?}",
            reading.fault
        ));
    }
    let keyed = |candidate: &&Candidate| payload_hex(candidate) == vector.payload_hex;
    let candidate = reading
        .candidates
        .iter()
        .find(keyed)
        .ok_or("no candidate has the payload")?;
    if kind_of(vector).is_some_and(|kind| kind != candidate.kind) {
        return Err(format!("is read as {}", candidate.kind));
    }
    // Tron's logs write its accounts as EVM addresses; the key is what meets.
    let is_of_family = candidate.networks.intersects(networks_of(&vector.family));
    if !is_of_family && vector.kind != "evm_form" {
        return Err(format!("belongs to {:?}", candidate.networks));
    }
    let was_trimmed = vector.input.trim() != vector.input;
    if reading.flags.contains(Flags::TRIMMED) != was_trimmed {
        return Err("must flag white space exactly when there is some".to_owned());
    }
    let again = parse(&candidate.canonical());
    if again
        .candidates
        .iter()
        .any(|other| other.key == candidate.key && other.strict)
    {
        Ok(())
    } else {
        Err(format!(
            "the canonical form {} does not read back",
            candidate.canonical()
        ))
    }
}

fn judge_invalid(vector: &Vector, reading: &Reading) -> Result<(), String> {
    let family = networks_of(&vector.family);
    if reading
        .candidates
        .iter()
        .any(|candidate| candidate.strict && candidate.networks.intersects(family))
    {
        return Err("must not read strictly as this family".to_owned());
    }
    let wanted =
        |candidate: &Candidate| !candidate.strict && payload_hex(candidate) == vector.lenient_hex;
    if !vector.lenient_hex.is_empty() && !reading.candidates.iter().any(wanted) {
        return Err("no lenient candidate has the payload".to_owned());
    }
    let fault = match vector.kind.as_str() {
        "wif_private_key" => Some(Fault::PrivateKey),
        "secret_or_xkey" => Some(Fault::ExtendedPublicKey),
        _ => None,
    };
    match fault {
        Some(fault) if reading.fault != Some(fault) => Err(format!("must be refused as {fault}")),
        Some(_) if !reading.candidates.is_empty() => Err("must give no candidates".to_owned()),
        _ => Ok(()),
    }
}

#[test]
fn every_vector_is_read_as_its_source_says() {
    let mut tally: BTreeMap<String, (usize, Vec<String>)> = BTreeMap::new();
    for vector in vectors() {
        let (right, wrong) = tally.entry(vector.family.clone()).or_default();
        match judge(&vector) {
            Ok(()) => *right += 1,
            Err(reason) => wrong.push(format!("{:?}: {reason}", vector.input)),
        }
    }
    for (family, (right, wrong)) in &tally {
        let total = right + wrong.len();
        eprintln!(
            "{family:8} right {right:3}  wrong {:3}  total {total:3}",
            wrong.len()
        );
    }
    let wrong: Vec<_> = tally.into_values().flat_map(|(_, wrong)| wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The script an independent reader finds in a Bitcoin main network address.
fn script_by_oracle(text: &str) -> Option<Vec<u8>> {
    let address: bitcoin::Address<bitcoin::address::NetworkUnchecked> = text.parse().ok()?;
    let address = address.require_network(bitcoin::Network::Bitcoin).ok()?;
    Some(address.script_pubkey().into_bytes())
}

/// The script of the strict Bitcoin candidate of a text.
fn script_by_us(text: &str) -> Option<Vec<u8>> {
    let reading = parse(text);
    let mut on_bitcoin = reading
        .candidates
        .iter()
        .filter(|candidate| candidate.strict && candidate.networks.contains(Network::Bitcoin));
    let candidate = on_bitcoin.next()?;
    assert!(on_bitcoin.next().is_none(), "one Bitcoin reading at most");
    let payload = candidate.key.payload();
    Some(match candidate.kind {
        Kind::P2pkh => [&[0x76, 0xa9, 20], payload, &[0x88, 0xac]].concat(),
        Kind::P2sh => [&[0xa9, 20], payload, &[0x87]].concat(),
        Kind::P2wpkh => [&[0x00, 20], payload].concat(),
        Kind::P2wsh => [&[0x00, 32], payload].concat(),
        Kind::Taproot => [&[0x51, 32], payload].concat(),
        Kind::Witness => {
            let length = u8::try_from(payload.len() - 1).expect("at most 40 bytes");
            [&[0x50 + payload[0], length], &payload[1..]].concat()
        }
        other => panic!("{other} is no Bitcoin address"),
    })
}

#[test]
fn an_independent_reader_agrees_on_every_vector() {
    let mut accepted = 0;
    for vector in vectors() {
        let text = vector.input.trim();
        let expected = script_by_oracle(text);
        accepted += usize::from(expected.is_some());
        assert_eq!(script_by_us(text), expected, "{text}");
    }
    assert!(
        accepted >= 30,
        "the fixture holds Bitcoin addresses: {accepted}"
    );
}

proptest! {
    #[test]
    fn an_independent_reader_agrees_on_any_program(
        version in 0_u8..=16,
        program in prop::collection::vec(any::<u8>(), 2..=40),
        hash in any::<[u8; 20]>(),
    ) {
        use bitcoin::hashes::Hash;
        let mut texts = vec![
            bitcoin::Address::p2pkh(bitcoin::PubkeyHash::from_byte_array(hash), bitcoin::Network::Bitcoin).to_string(),
            bitcoin::Address::p2sh_from_hash(bitcoin::ScriptHash::from_byte_array(hash), bitcoin::Network::Bitcoin)
                .to_string(),
        ];
        let version = bitcoin::WitnessVersion::try_from(version).expect("0 to 16");
        if let Ok(program) = bitcoin::WitnessProgram::new(version, &program) {
            let address = bitcoin::Address::from_witness_program(program, bitcoin::Network::Bitcoin).to_string();
            texts.extend([address.to_uppercase(), address]);
        }
        for text in texts {
            let script = script_by_us(&text);
            prop_assert!(script.is_some(), "{text}");
            prop_assert_eq!(script, script_by_oracle(&text));
        }
    }

    #[test]
    fn an_independent_reader_agrees_on_slips(row in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), to in "[0-9A-Za-z:]") {
        let bitcoin: Vec<_> = vectors().into_iter().filter(|vector| vector.family == "btc" && vector.input.is_ascii()).collect();
        let mut text = row.get(&bitcoin).input.trim().to_owned();
        let at = at.index(text.len());
        text.replace_range(at..=at, &to);
        prop_assert_eq!(script_by_us(&text), script_by_oracle(&text), "{}", text);
    }
}
