//! Witness addresses: `bc1…`, `ltc1…`, `btg1…`, in bech32 and bech32m.
//!
//! Version 0 is written in bech32 ([BIP-173]), later versions in bech32m
//! ([BIP-350]); a text is all lower or all upper case. Two slips still give
//! bytes and are read leniently: the other checksum, which old software wrote
//! for taproot and which bech32's insertion weakness makes unsafe to trust,
//! and mixed case, which is lower-cased first.
//!
//! What programs mean is [BIP-141] and [BIP-341].
//!
//! [BIP-141]: https://github.com/bitcoin/bips/blob/master/bip-0141.mediawiki
//! [BIP-173]: https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki
//! [BIP-341]: https://github.com/bitcoin/bips/blob/master/bip-0341.mediawiki
//! [BIP-350]: https://github.com/bitcoin/bips/blob/master/bip-0350.mediawiki

use bech32::primitives::decode::UncheckedHrpstring;
use bech32::{Bech32, Bech32m, Fe32, Hrp, segwit};

use super::{Fault, Kind, Network, Networks, Reading};

/// Longest address in characters that BIP-173 allows.
const TEXT_CHARS_MAX: usize = 90;

/// Longest witness program in bytes that BIP-141 allows.
const PROGRAM_BYTES_MAX: usize = 40;

/// What an address of each network begins with, before the `1`.
const PREFIXES: &[(&str, Network)] = &[
    ("bc", Network::Bitcoin),
    ("ltc", Network::Litecoin),
    ("btg", Network::BitcoinGold),
    ("tb", Network::BitcoinTestnet),
];

/// The networks that have witness addresses.
pub(super) const MAIN_NETWORKS: Networks =
    Networks::of(&[Network::Bitcoin, Network::Litecoin, Network::BitcoinGold]);

/// A witness program, with its version in front.
struct Program {
    /// Version ‖ program, as class 05 keys them.
    bytes: [u8; 1 + PROGRAM_BYTES_MAX],
    length: usize,
    /// Whether the checksum is the one its version calls for.
    checksum_fits_version: bool,
}

/// Reads a witness address.
pub(super) fn read(text: &str, reading: &mut Reading) {
    let Some((prefix, network)) = network_of(text) else {
        return;
    };
    let mut buffer = [0; TEXT_CHARS_MAX];
    let (text, one_case) = in_one_case(text, &mut buffer);
    let program = match decode(text, prefix) {
        Ok(program) => program,
        Err(Some(fault)) => return reading.reject(fault),
        Err(None) => return,
    };
    let (kind, payload) = program.keyed();
    if !program.checksum_fits_version {
        reading.accept_leniently(kind, network.into(), payload, Fault::ChecksumKind);
    } else if one_case {
        reading.accept(kind, network.into(), payload);
    } else {
        reading.accept_leniently(kind, network.into(), payload, Fault::MixedCase);
    }
}

/// Writes a witness program as the address of its first network. Returns
/// whether there is such an address.
pub(super) fn write(kind: Kind, networks: Networks, payload: &[u8], out: &mut String) -> bool {
    let (version, program) = match (kind, payload) {
        (Kind::P2wpkh | Kind::P2wsh, program) => (0, program),
        (Kind::Taproot, program) => (1, program),
        (Kind::Witness, [version, program @ ..]) => (*version, program),
        _ => return false,
    };
    let prefix = PREFIXES
        .iter()
        .find(|(_, network)| networks.contains(*network));
    let written = prefix.and_then(|(prefix, _)| {
        let prefix = Hrp::parse(prefix).ok()?;
        let version = Fe32::try_from(version).ok()?;
        segwit::encode_lower_to_fmt_unchecked(out, prefix, version, program).ok()
    });
    written.is_some()
}

/// Returns the prefix a text begins with, in any case, and its network.
fn network_of(text: &str) -> Option<(&'static str, Network)> {
    if text.len() > TEXT_CHARS_MAX {
        return None;
    }
    let begins_with = |prefix: &str| {
        let start = text.as_bytes().get(..=prefix.len());
        start.is_some_and(|start| {
            start[prefix.len()] == b'1'
                && start[..prefix.len()].eq_ignore_ascii_case(prefix.as_bytes())
        })
    };
    PREFIXES
        .iter()
        .copied()
        .find(|(prefix, _)| begins_with(prefix))
}

/// Returns a text in one case, and whether it was so already.
fn in_one_case<'t>(text: &'t str, buffer: &'t mut [u8; TEXT_CHARS_MAX]) -> (&'t str, bool) {
    let has_upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
    let has_lower = text.bytes().any(|byte| byte.is_ascii_lowercase());
    if !(has_upper && has_lower) {
        return (text, true);
    }
    let lower = &mut buffer[..text.len()];
    lower.copy_from_slice(text.as_bytes());
    lower.make_ascii_lowercase();
    // Lower-casing ASCII letters leaves UTF-8 what it was.
    (std::str::from_utf8(lower).unwrap_or(text), false)
}

/// Decodes a text in one case. An error without a fault is a text that has no
/// more than the prefix in common with an address.
fn decode(text: &str, prefix: &str) -> Result<Program, Option<Fault>> {
    let unchecked = UncheckedHrpstring::new(text).map_err(|_| None)?;
    if unchecked.hrp().as_bytes().len() != prefix.len() {
        // The last `1` ends the prefix: this is another, longer prefix.
        return Err(None);
    }
    let version = unchecked.witness_version().ok_or(None)?;
    let checksum_fits_version = fits(&unchecked, version == Fe32::Q);
    if !checksum_fits_version && !fits(&unchecked, version != Fe32::Q) {
        return Err(Some(Fault::Checksum));
    }
    // Both checksums have six characters.
    let mut checked = unchecked.remove_checksum::<Bech32>();
    checked.remove_witness_version().ok_or(None)?;
    checked.validate_segwit_padding().map_err(|_| None)?;
    checked
        .validate_witness_program_length(version)
        .map_err(|_| None)?;

    let mut bytes = [0; 1 + PROGRAM_BYTES_MAX];
    bytes[0] = version.to_u8();
    let mut length = 1;
    for (slot, byte) in bytes[1..].iter_mut().zip(checked.byte_iter()) {
        *slot = byte;
        length += 1;
    }
    Ok(Program {
        bytes,
        length,
        checksum_fits_version,
    })
}

/// Returns whether the checksum holds as bech32, or as bech32m.
fn fits(unchecked: &UncheckedHrpstring<'_>, as_bech32: bool) -> bool {
    if as_bech32 {
        unchecked.has_valid_checksum::<Bech32>()
    } else {
        unchecked.has_valid_checksum::<Bech32m>()
    }
}

impl Program {
    /// Returns what the program is, and the bytes it is keyed by.
    fn keyed(&self) -> (Kind, &[u8]) {
        let whole = &self.bytes[..self.length];
        let program = &whole[1..];
        match (self.bytes[0], program.len()) {
            (0, 20) => (Kind::P2wpkh, program),
            (0, _) => (Kind::P2wsh, program),
            (1, 32) => (Kind::Taproot, program),
            _ => (Kind::Witness, whole),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Flags, KeyClass, parse};

    const P2WPKH: &str = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

    #[test]
    fn programs_are_keyed_by_what_they_are() {
        for (text, kind, class) in [
            (P2WPKH, Kind::P2wpkh, KeyClass::KeyHash160),
            (
                "bc1qyucykdlhp62tezs0hagqury402qwhk589q80tqs5myh3rxq34nwqhkdhv7",
                Kind::P2wsh,
                KeyClass::WitnessScript,
            ),
            (
                "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
                Kind::Taproot,
                KeyClass::TaprootKey,
            ),
            ("bc1sw50qgdz25j", Kind::Witness, KeyClass::WitnessOther),
            (
                "btg1zw508d6qejxtdg4y5r3zarvaryvl9f8z2",
                Kind::Witness,
                KeyClass::WitnessOther,
            ),
        ] {
            let reading = parse(text);
            assert!(reading.is_strict(), "{text}");
            assert_eq!(reading.candidates[0].kind, kind);
            assert_eq!(reading.candidates[0].key.class(), class);
            assert_eq!(reading.candidates[0].canonical(), text);
        }
    }

    #[test]
    fn capitals_are_the_same_address_and_mixed_case_is_lenient() {
        let lower = parse(P2WPKH);
        let upper = parse(&P2WPKH.to_uppercase());
        assert_eq!(upper.candidates, lower.candidates);

        let mixed = parse("BC1Qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
        assert_eq!(mixed.candidates[0].key, lower.candidates[0].key);
        assert_eq!(mixed.fault, Some(Fault::MixedCase));
        assert!(mixed.flags.contains(Flags::LENIENT_READING));
    }

    #[test]
    fn the_checksum_of_another_version_is_lenient() {
        // Taproot-era versions in bech32, as before BIP-350.
        let old = parse("bc1zw508d6qejxtdg4y5r3zarvaryvg6kdaj");
        let new = parse("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs");
        assert_eq!(old.candidates[0].key, new.candidates[0].key);
        assert_eq!(old.fault, Some(Fault::ChecksumKind));
        // Version 0 in bech32m.
        let reverse = parse("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh");
        assert_eq!(reverse.candidates[0].key, parse(P2WPKH).candidates[0].key);
        assert!(!reverse.is_strict());
    }

    #[test]
    fn a_typing_error_is_called_one() {
        let reading = parse("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5");
        assert_eq!(reading.fault, Some(Fault::Checksum));
        assert_eq!(reading.candidates[0].kind, Kind::Opaque);
        // Well summed, and of a length that no witness program has.
        for text in [
            "bc1pw5dgrnzv",
            "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
            "bc1",
            "bc1gmk9yu",
            "bc1q",
            "BC1",
        ] {
            let reading = parse(text);
            assert!(!reading.is_strict(), "{text}");
            assert_eq!(reading.candidates[0].kind, Kind::Opaque, "{text}");
        }
    }

    /// The last `1` of a bech32 text ends its prefix, not the first.
    #[test]
    fn a_longer_prefix_that_begins_alike_is_another_network() {
        for prefix in ["bc1x", "bc1q", "tb1"] {
            let prefix = Hrp::parse(prefix).expect("a prefix");
            let text = segwit::encode_v0(prefix, &[7; 20]).expect("a program");
            let reading = parse(&text);
            assert_eq!(reading.candidates.len(), 1, "{text}");
            assert_eq!(reading.candidates[0].kind, Kind::Opaque, "{text}");
        }
    }

    #[test]
    fn test_networks_are_flagged_and_are_not_bitcoin() {
        let reading = parse("tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy");
        assert!(reading.is_strict());
        assert!(reading.flags.contains(Flags::TESTNET));
        assert!(!reading.candidates[0].networks.contains(Network::Bitcoin));
    }
}
