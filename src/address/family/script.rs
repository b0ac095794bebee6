//! Output scripts and public keys in hex, as block explorers print them:
//! lenient only.
//!
//! A script leads to one address for certain, and is not an address: people
//! paste it from an explorer. It says nothing about its network, so the
//! candidate names every network that has such scripts.
//!
//! A public key leads to several: HASH160 of its compressed form and of its
//! uncompressed one are two P2PKH addresses, and Keccak-256 of its coordinates
//! is an EVM account. All that follow without finding a coordinate that the
//! text leaves out are looked up.

use sha3::{Digest, Keccak256};

use super::{Family, bitcoin, evm, segwit};
use crate::address::encoding::hash160::hash160;
use crate::address::{Draft, Fault, Kind, Network, Networks};

/// Longest script that is read: P2WSH and taproot are 34 bytes, P2SH32 35.
const SCRIPT_BYTES_MAX: usize = 35;

/// Shortest script that is read: P2WPKH.
const SCRIPT_BYTES_MIN: usize = 22;

/// A mark and both coordinates of a public key.
const UNCOMPRESSED_KEY_BYTES: usize = 65;

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    // What scripts and keys begin with: 00, 02 to 04, 51, 76, a9, aa.
    first: "057aA",
    chars: (2 * SCRIPT_BYTES_MIN, 2 + 2 * UNCOMPRESSED_KEY_BYTES),
    read,
};

/// Reads an output script, or a public key.
fn read(text: &str, reading: &mut Draft) {
    let (_, digits) = evm::split_prefix(text.as_bytes());
    let length = digits.len() / 2;
    let fits =
        (SCRIPT_BYTES_MIN..=SCRIPT_BYTES_MAX).contains(&length) || length == UNCOMPRESSED_KEY_BYTES;
    let begins_well = matches!(digits.first(), Some(b'0' | b'5' | b'7' | b'a' | b'A'));
    if !digits.len().is_multiple_of(2) || !fits || !begins_well {
        return;
    }
    let mut bytes = [0; UNCOMPRESSED_KEY_BYTES];
    let bytes = &mut bytes[..length];
    if const_hex::decode_to_slice(digits, bytes).is_err() {
        return;
    }
    if let Some((kind, payload)) = template_of(bytes) {
        let networks = match kind {
            Kind::P2pkh | Kind::P2sh => bitcoin::networks_of(kind),
            Kind::P2sh32 => Network::BitcoinCash.into(),
            _ => segwit::MAIN_NETWORKS,
        };
        reading.accept_leniently(kind, networks, payload, Fault::NotAddressForm);
        return;
    }
    let bytes = &*bytes;
    match bytes {
        [2 | 3, x @ ..] if x.len() == 32 => add_key_hash(bytes, reading),
        [4, coordinates @ ..] if length == UNCOMPRESSED_KEY_BYTES => {
            let (x, y) = coordinates.split_at(32);
            let mut compressed = [2; 33];
            compressed[0] |= y.last().map_or(0, |byte| byte & 1);
            compressed[1..].copy_from_slice(x);
            add_key_hash(bytes, reading);
            add_key_hash(&compressed, reading);
            let account = &Keccak256::digest(coordinates)[12..];
            reading.accept_leniently(Kind::Evm, Networks::EVM, account, Fault::NotAddressForm);
        }
        _ => {}
    }
}

/// Adds the address of a public key in one of its forms.
fn add_key_hash(key: &[u8], reading: &mut Draft) {
    let hash = hash160(key);
    let networks = bitcoin::networks_of(Kind::P2pkh);
    reading.accept_leniently(Kind::P2pkh, networks, &hash, Fault::NotAddressForm);
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

    /// The generator of secp256k1, which is the public key of 1.
    #[test]
    fn a_public_key_leads_to_its_addresses() {
        let x = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
        let y = "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";
        let compressed = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH";
        let uncompressed = "1EHNa6Q4Jz2uvNExL497mE43ikXhwF6kZm";
        let evm = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf";
        for (text, addresses) in [
            (format!("02{x}"), [compressed].as_slice()),
            (format!("0x02{x}"), &[compressed]),
            (format!("04{x}{y}"), &[uncompressed, compressed, evm]),
            (
                format!("0x04{x}{y}").to_uppercase(),
                &[uncompressed, compressed, evm],
            ),
        ] {
            let reading = parse(&text);
            for address in addresses {
                let key = &parse(address).candidates[0].key;
                let found = reading.candidates.iter().find(|found| found.key == *key);
                let found = found.expect("one of its addresses");
                assert!(!found.strict);
                assert_eq!(found.canonical(), *address);
            }
            assert_eq!(reading.fault, Some(Fault::NotAddressForm), "{text}");
        }
    }

    #[test]
    fn other_scripts_are_only_text() {
        for script in [
            "6a24aa21a9ed00000000000000000000000000000000000000000000",
            "76a914751e88ac",
            // No mark of a public key.
            "0579be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
            // The mark of an uncompressed key, and half of one.
            "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
            "040000000000000000000000000000000000000000000000",
        ] {
            assert_eq!(parse(script).candidates[0].kind, Kind::Opaque, "{script}");
        }
    }
}
