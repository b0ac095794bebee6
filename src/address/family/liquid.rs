//! Liquid's confidential addresses: `VT…` in Base58Check, `lq1…` in blech32.
//!
//! A confidential address is an address and the key that blinds its amounts.
//! Whoever makes one chooses the key, so one account has as many spellings as
//! there are keys: the key is stripped, and what is left is the account. The
//! bare forms are read with the rest of their kind, `Q…` and `G…` by
//! `bitcoin` and `ex1…` by `segwit`.
//!
//! Specifications: versions and prefixes in [`chainparams.cpp`], the layouts
//! in [`key_io.cpp`] of Elements.
//!
//! [`chainparams.cpp`]: https://github.com/ElementsProject/elements/blob/master/src/chainparams.cpp
//! [`key_io.cpp`]: https://github.com/ElementsProject/elements/blob/master/src/key_io.cpp

use super::{Family, bitcoin, segwit};
use crate::address::candidate::Checksum;
use crate::address::encoding::base58check::{self, Alphabet};
use crate::address::encoding::bech32;
use crate::address::encoding::blech32::{self, Variant};
use crate::address::encoding::witness::Program;
use crate::address::{Draft, Fault, Kind, Network, Networks};

/// Bytes of a compressed public key.
const BLINDING_KEY_BYTES: usize = 33;

/// Characters of two versions, blinding key, hash and checksum in base 58.
const BASE58_CHARS: usize = 80;

/// What the blinded versions begin with: the blinding version, and the bare
/// version that `bitcoin` knows.
const BLINDED: &[(u8, u8, Kind, Network)] = &[
    (12, 57, Kind::P2pkh, Network::Liquid),
    (12, 39, Kind::P2sh, Network::Liquid),
    (23, 36, Kind::P2pkh, Network::LiquidTestnet),
    (23, 19, Kind::P2sh, Network::LiquidTestnet),
];

/// What a blech32 address of each network begins with, before the `1`.
const PREFIXES: &[(&str, Network)] = &[
    ("lq", Network::Liquid),
    ("tlq", Network::LiquidTestnet),
    ("el", Network::LiquidTestnet),
];

/// Most symbols: a version, blinding key and program of 40 bytes, checksum.
const SYMBOLS_MAX: usize = 1 + (8 * PAYLOAD_BYTES_MAX).div_ceil(5) + 12;

const PAYLOAD_BYTES_MAX: usize = BLINDING_KEY_BYTES + 40;

/// Characters of the shortest and the longest text in blech32: the shortest
/// program has two bytes.
const BLECH32_CHARS_MIN: usize = "lq1".len() + 1 + (8 * (BLINDING_KEY_BYTES + 2)).div_ceil(5) + 12;
const BLECH32_CHARS_MAX: usize = "tlq1".len() + SYMBOLS_MAX;

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "VvlLtTeE",
    chars: (BLECH32_CHARS_MIN, BLECH32_CHARS_MAX),
    read,
};

/// Reads a confidential address.
fn read(text: &str, reading: &mut Draft) {
    if text.len() == BASE58_CHARS && text.starts_with(['V', 'v']) {
        read_base58(text, reading);
    } else if (BLECH32_CHARS_MIN..=BLECH32_CHARS_MAX).contains(&text.len()) {
        read_blech32(text, reading);
    }
}

/// Returns whether an address of these networks is written by this module.
pub(in crate::address) fn is_meant(networks: Networks) -> bool {
    networks == Network::Liquid.into() || networks == Network::LiquidTestnet.into()
}

/// Writes a hash as a bare address: nobody but its owner knows the blinding
/// key. Returns whether there is such an address.
pub(in crate::address) fn write(
    kind: Kind,
    networks: Networks,
    hash: &[u8],
    out: &mut String,
) -> bool {
    bitcoin::write(kind, networks, hash, out)
}

fn read_base58(text: &str, reading: &mut Draft) {
    let Some(decoded) = base58check::decode(text, Alphabet::BITCOIN) else {
        return;
    };
    let [blinding, bare, rest @ ..] = decoded.payload() else {
        return;
    };
    let version = BLINDED
        .iter()
        .find(|(known, inner, ..)| known == blinding && inner == bare);
    let (Some(&(.., kind, network)), Some((key, hash))) =
        (version, rest.split_at_checked(BLINDING_KEY_BYTES))
    else {
        return;
    };
    if hash.len() != 20 || !is_public_key(key) {
        return;
    }
    if decoded.checksum_holds() {
        let candidate = reading.accept(kind, network.into(), hash);
        candidate.checked(Checksum::Strong);
    } else {
        reading.reject(Fault::Checksum);
    }
}

fn read_blech32(text: &str, reading: &mut Draft) {
    let prefix = bech32::prefix_of(text).unwrap_or_default();
    let network = PREFIXES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(prefix));
    let Some(&(_, network)) = network else {
        return;
    };
    let mut buffer = [0; SYMBOLS_MAX];
    let Some(decoded) = blech32::decode(text, &mut buffer) else {
        return;
    };
    let Some((&version @ 0..=16, symbols)) = decoded.data.split_first() else {
        return;
    };
    let Some(variant) = decoded.variant else {
        return reading.reject(Fault::Checksum);
    };
    let mut payload = [0; PAYLOAD_BYTES_MAX];
    let program = bech32::pack(symbols, &mut payload).and_then(|length| {
        let (key, program) = payload[..length].split_at_checked(BLINDING_KEY_BYTES)?;
        is_public_key(key).then(|| Program::new(version, program))?
    });
    if let Some(program) = program {
        let fits_version = (version == 0) == (variant == Variant::Blech32);
        segwit::add(
            program.keyed(),
            network,
            fits_version,
            decoded.is_mixed_case,
            reading,
        );
    }
}

/// Returns whether bytes have the form of a compressed public key.
fn is_public_key(key: &[u8]) -> bool {
    matches!(key, [2 | 3, rest @ ..] if rest.len() == BLINDING_KEY_BYTES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Flags, parse};

    const P2PKH: &str = "Q7wegLt2qMGhm28vch6VTzvpzs8KXvs4X7";
    const P2SH: &str = "GzQqaEugGVFJWw7E2P8LxN363S8NWdL9ce";
    const P2WPKH: &str = "ex1qw508d6qejxtdg4y5r3zarvary0c5xw7kxw5fx4";

    #[test]
    fn the_blinding_key_makes_no_other_account() {
        for (confidential, bare, kind) in [
            (
                "VTpwKsrwasw7VnNf4GHMmcjNY3MR2Q81GaxDv7EyhVS8rzj5exX5b5PF6g29Szb4jrMqKSUwP2ZGnXt4",
                P2PKH,
                Kind::P2pkh,
            ),
            (
                "VJL8r24A8tovW2f1hmFsHNXPTqBU1rp77hFp7wwj6pkkEboKYUb1qqsf2ZT8P5MCsiZTsnS7Eh4y6Z67",
                P2SH,
                Kind::P2sh,
            ),
            (
                "lq1qqfumuen7l8wthtz45p3ftn58pvrs9xlumvkuu2xet8egzkcklqtesag7wm5pnyvk632fg8z96xe6xgl3gvaavrxls8dj42vva",
                P2WPKH,
                Kind::P2wpkh,
            ),
            (
                "LQ1QQFUMUEN7L8WTHTZ45P3FTN58PVRS9XLUMVKUU2XET8EGZKCKLQTESAG7WM5PNYVK632FG8Z96XE6XGL3GVAAVRXLS8DJ42VVA",
                P2WPKH,
                Kind::P2wpkh,
            ),
        ] {
            let reading = parse(confidential);
            assert!(reading.is_strict(), "{confidential}: {reading:?}");
            assert_eq!(reading.candidates, parse(bare).candidates);
            assert_eq!(reading.candidates[0].kind, kind);
            assert_eq!(reading.candidates[0].networks, Network::Liquid.into());
            assert_eq!(reading.candidates[0].canonical(), bare);
        }
    }

    /// A confidential address of a network, blinded by a key of sevens.
    fn blinded(prefix: &str, version: u8, program: &[u8], variant: Variant) -> String {
        let payload = [&[2], &[7; 32][..], program].concat();
        let symbols = std::iter::once(version).chain(bech32::unpack(&payload));
        blech32::encode(prefix, symbols, variant)
    }

    #[test]
    fn every_version_is_read_with_its_own_checksum() {
        for (version, length, kind) in [
            (0, 20, Kind::P2wpkh),
            (0, 32, Kind::P2wsh),
            (1, 32, Kind::Taproot),
            (2, 40, Kind::Witness),
        ] {
            let (fitting, other) = match version {
                0 => (Variant::Blech32, Variant::Blech32m),
                _ => (Variant::Blech32m, Variant::Blech32),
            };
            let program = vec![9; length];
            let reading = parse(&blinded("lq", version, &program, fitting));
            assert!(reading.is_strict(), "{version}: {reading:?}");
            assert_eq!(reading.candidates[0].kind, kind);
            let again = parse(&reading.candidates[0].canonical());
            assert_eq!(again.candidates, reading.candidates);
            let old = parse(&blinded("lq", version, &program, other));
            assert_eq!(old.candidates[0].key, reading.candidates[0].key);
            assert_eq!(old.fault, Some(Fault::ChecksumKind));
        }
    }

    #[test]
    fn what_holds_no_key_and_program_is_refused() {
        for text in [
            // Programs of a length that version 0 does not have.
            blinded("lq", 0, &[9; 21], Variant::Blech32),
            blinded("lq", 17, &[9; 20], Variant::Blech32m),
            blinded("lx", 0, &[9; 20], Variant::Blech32),
            // A wrong checksum.
            "lq1qqfumuen7l8wthtz45p3ftn58pvrs9xlumvkuu2xet8egzkcklqtesag7wm5pnyvk632fg8z96xe6xgl3gvaavrxls8dj42vvq".to_owned(),
            "VTpwKsrwasw7VnNf4GHMmcjNY3MR2Q81GaxDv7EyhVS8rzj5exX5b5PF6g29Szb4jrMqKSUwP2ZGnXt5".to_owned(),
        ] {
            let reading = parse(&text);
            assert!(!reading.is_strict(), "{text}");
            assert_eq!(reading.candidates[0].kind, Kind::Opaque, "{text}");
        }
    }

    #[test]
    fn the_test_networks_are_flagged() {
        for text in [
            blinded("tlq", 0, &[9; 20], Variant::Blech32),
            blinded("el", 1, &[9; 32], Variant::Blech32m),
        ] {
            let reading = parse(&text);
            assert!(reading.is_strict(), "{text}");
            assert_eq!(
                reading.candidates[0].networks,
                Network::LiquidTestnet.into()
            );
            assert!(reading.flags.contains(Flags::TESTNET));
        }
    }
}
