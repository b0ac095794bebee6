//! Bitcoin and its relatives against the `bitcoin` and `bech32` crates, which
//! were written by others and must agree on every text.

use bitcoin::hashes::Hash;
use bitcoin::{Network as Chain, WitnessProgram, WitnessVersion};
use interdict::address::{Flags, Kind, Network, Reading, parse};
use proptest::prelude::*;

use crate::typos::typo;
use crate::vectors::vectors;

/// What the independent reader does not do: take an address out of what is
/// around it.
pub fn is_bare(reading: &Reading) -> bool {
    let around = [
        Flags::TRIMMED,
        Flags::UNQUOTED,
        Flags::INVISIBLE_REMOVED,
        Flags::COMPATIBILITY_FOLDED,
        Flags::LOOK_ALIKE_FOLDED,
        Flags::SPACES_REMOVED,
        Flags::UNWRAPPED,
        Flags::TAG_PRESENT,
    ];
    !around.iter().any(|&flag| reading.flags.contains(flag))
}

/// The script an independent reader finds in a Bitcoin main network address.
fn script_by_oracle(text: &str) -> Option<Vec<u8>> {
    let address: bitcoin::Address<bitcoin::address::NetworkUnchecked> = text.parse().ok()?;
    let address = address.require_network(Chain::Bitcoin).ok()?;
    Some(address.script_pubkey().into_bytes())
}

/// The script of the strict Bitcoin candidate of a text.
fn script_by_us(text: &str) -> Option<Vec<u8>> {
    let reading = parse(text);
    let mut on_bitcoin = reading
        .candidates
        .iter()
        .filter(|candidate| candidate.strict && candidate.networks.contains(Network::Bitcoin));
    let candidate = on_bitcoin.next().filter(|_| is_bare(&reading))?;
    assert!(
        on_bitcoin.next().is_none(),
        "one Bitcoin reading at most: {text}"
    );
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

/// The witness version and program an independent reader finds behind one of
/// the prefixes we know.
fn program_by_oracle(text: &str) -> Option<(Network, u8, Vec<u8>)> {
    let (hrp, version, program) = bech32::segwit::decode(text).ok()?;
    let network = match hrp.to_lowercase().as_str() {
        "bc" => Network::Bitcoin,
        "ltc" => Network::Litecoin,
        "btg" => Network::BitcoinGold,
        _ => return None,
    };
    Some((network, version.to_u8(), program))
}

fn program_by_us(text: &str) -> Option<(Network, u8, Vec<u8>)> {
    let reading = parse(text);
    let candidate = reading
        .candidates
        .iter()
        .find(|one| one.strict && is_bare(&reading))?;
    let payload = candidate.key.payload();
    let (version, program) = match candidate.kind {
        Kind::P2wpkh | Kind::P2wsh => (0, payload),
        Kind::Taproot => (1, payload),
        Kind::Witness => (payload[0], &payload[1..]),
        _ => return None,
    };
    let mut networks = candidate.networks.iter();
    let network = networks.find(|one| {
        matches!(
            one,
            Network::Bitcoin | Network::Litecoin | Network::BitcoinGold
        )
    })?;
    Some((network, version, program.to_vec()))
}

#[test]
fn an_independent_reader_agrees_on_every_vector() {
    let (mut scripts, mut programs) = (0, 0);
    for vector in vectors() {
        let text = vector.input.trim();
        let script = script_by_oracle(text);
        scripts += usize::from(script.is_some());
        assert_eq!(script_by_us(text), script, "{text}");
        let program = program_by_oracle(text);
        programs += usize::from(program.is_some());
        assert_eq!(program_by_us(text), program, "{text}");
    }
    assert!(
        scripts >= 30,
        "the fixture holds Bitcoin addresses: {scripts}"
    );
    assert!(
        programs >= 20,
        "the fixture holds witness addresses: {programs}"
    );
}

proptest! {
    #[test]
    fn an_independent_reader_agrees_on_any_program(
        version in 0_u8..=16,
        program in prop::collection::vec(any::<u8>(), 2..=40),
        hash in any::<[u8; 20]>(),
    ) {
        let mut texts = vec![
            bitcoin::Address::p2pkh(bitcoin::PubkeyHash::from_byte_array(hash), Chain::Bitcoin).to_string(),
            bitcoin::Address::p2sh_from_hash(bitcoin::ScriptHash::from_byte_array(hash), Chain::Bitcoin).to_string(),
        ];
        let version = WitnessVersion::try_from(version).expect("0 to 16");
        if let Ok(program) = WitnessProgram::new(version, &program) {
            let address = bitcoin::Address::from_witness_program(program, Chain::Bitcoin).to_string();
            texts.extend([address.to_uppercase(), address]);
        }
        for text in texts {
            let script = script_by_us(&text);
            prop_assert!(script.is_some(), "{text}");
            prop_assert_eq!(script, script_by_oracle(&text));
        }
    }

    #[test]
    fn an_independent_reader_agrees_on_any_relatives_program(
        hrp in prop_oneof![Just("ltc"), Just("btg"), Just("bc")],
        version in 0_u8..=16,
        program in prop::collection::vec(any::<u8>(), 2..=40),
        slip in typo(),
    ) {
        let hrp = bech32::Hrp::parse(hrp).expect("a prefix");
        let version = bech32::Fe32::try_from(version).expect("0 to 16");
        if let Ok(text) = bech32::segwit::encode(hrp, version, &program) {
            prop_assert!(program_by_us(&text).is_some(), "{text}");
            for text in [slip.make_in(&text), text] {
                prop_assert_eq!(program_by_us(&text), program_by_oracle(&text), "{}", text);
            }
        }
    }

    #[test]
    fn an_independent_reader_agrees_on_slips(row in any::<prop::sample::Index>(), slip in typo()) {
        let bitcoin: Vec<_> = vectors().into_iter().filter(|vector| vector.family == "btc" && vector.input.is_ascii()).collect();
        let text = slip.make_in(row.get(&bitcoin).input.trim());
        prop_assert_eq!(script_by_us(&text), script_by_oracle(&text), "{}", text);
    }
}
