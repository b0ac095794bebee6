//! Output scripts in hex, as block explorers print them: lenient only.
//!
//! A script leads to one address for certain, and is not an address: people
//! paste it from an explorer. It says nothing about its network, so the
//! candidate names every network that has such scripts.
//!
//! Public keys in hex are left out: they would need RIPEMD-160.

use super::{Fault, Kind, Network, Reading, bitcoin, evm, segwit};

/// Longest script that is read: P2WSH and taproot are 34 bytes, P2SH32 35.
const SCRIPT_BYTES_MAX: usize = 35;

/// Shortest script that is read: P2WPKH.
const SCRIPT_BYTES_MIN: usize = 22;

/// Reads an output script.
pub(super) fn read(text: &str, reading: &mut Reading) {
    let (_, digits) = evm::split_prefix(text.as_bytes());
    let length = digits.len() / 2;
    if !digits.len().is_multiple_of(2) || !(SCRIPT_BYTES_MIN..=SCRIPT_BYTES_MAX).contains(&length) {
        return;
    }
    let mut script = [0; SCRIPT_BYTES_MAX];
    let script = &mut script[..length];
    if const_hex::decode_to_slice(digits, script).is_err() {
        return;
    }
    if let Some((kind, payload)) = template_of(script) {
        let networks = match kind {
            Kind::P2pkh | Kind::P2sh => bitcoin::networks_of(kind),
            Kind::P2sh32 => Network::BitcoinCash.into(),
            _ => segwit::MAIN_NETWORKS,
        };
        reading.accept_leniently(kind, networks, payload, Fault::NotAddressForm);
    }
}

/// Returns what a script pays to, if it is of a standard form.
fn template_of(script: &[u8]) -> Option<(Kind, &[u8])> {
    match script {
        [0x76, 0xa9, 20, hash @ .., 0x88, 0xac] if hash.len() == 20 => Some((Kind::P2pkh, hash)),
        [0xa9, 20, hash @ .., 0x87] if hash.len() == 20 => Some((Kind::P2sh, hash)),
        [0xaa, 32, hash @ .., 0x87] if hash.len() == 32 => Some((Kind::P2sh32, hash)),
        [0x00, 20, program @ ..] if program.len() == 20 => Some((Kind::P2wpkh, program)),
        [0x00, 32, program @ ..] if program.len() == 32 => Some((Kind::P2wsh, program)),
        [0x51, 32, program @ ..] if program.len() == 32 => Some((Kind::Taproot, program)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;

    #[test]
    fn a_script_can_match_and_never_clears() {
        for (script, address) in [
            (
                "76a914751e76e8199196d454941c45d1b3a323f1433bd688ac",
                "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
            ),
            (
                "0x0014751E76E8199196D454941C45D1B3A323F1433BD6",
                "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            ),
            (
                "a914113ca1afeb49ff3abf176ffa19c2a2b4df19712a87",
                "33GA3ZXbw5o5HeUrBEaqkWXFYYZmdxGRRP",
            ),
            (
                "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
                "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            ),
        ] {
            let reading = parse(script);
            assert_eq!(
                reading.candidates[0].key,
                parse(address).candidates[0].key,
                "{script}"
            );
            assert_eq!(reading.candidates[0].canonical(), address);
            assert_eq!(reading.fault, Some(Fault::NotAddressForm));
            assert!(!reading.is_strict());
        }
    }

    #[test]
    fn other_scripts_are_only_text() {
        for script in [
            "6a24aa21a9ed00000000000000000000000000000000000000000000",
            "76a914751e88ac",
        ] {
            assert_eq!(parse(script).candidates[0].kind, Kind::Opaque, "{script}");
        }
    }
}
