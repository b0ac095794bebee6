//! Witness addresses: `bc1…`, `ltc1…`, `ex1…`, in bech32 and bech32m.
//!
//! Version 0 is written in bech32 ([BIP-173]), later versions in bech32m
//! ([BIP-350]); a text is all lower or all upper case. Two slips still give
//! bytes and are read leniently: the other checksum, which old software wrote
//! for taproot and which bech32's insertion weakness makes unsafe to trust,
//! and mixed case, which is lower-cased first.
//!
//! What programs mean is [BIP-141] and [BIP-341]. Liquid's confidential form
//! is `liquid`'s part. Litecoin's MWEB addresses are no witness programs and
//! look like them: a version, and two public keys ([LIP-0004]).
//!
//! [BIP-141]: https://github.com/bitcoin/bips/blob/master/bip-0141.mediawiki
//! [BIP-173]: https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki
//! [BIP-341]: https://github.com/bitcoin/bips/blob/master/bip-0341.mediawiki
//! [BIP-350]: https://github.com/bitcoin/bips/blob/master/bip-0350.mediawiki
//! [LIP-0004]: https://github.com/litecoin-project/lips/blob/master/lip-0004.mediawiki

use super::Family;
use crate::address::candidate::Checksum;
use crate::address::encoding::bech32::{self, Variant};
use crate::address::encoding::witness::Program;
use crate::address::{Draft, Fault, Kind, Network, Networks};

/// Longest witness address in characters that BIP-173 allows.
const WITNESS_CHARS_MAX: usize = 90;

/// Characters of an MWEB address after its prefix and the `1`.
const MWEB_SYMBOLS: usize = 1 + (8 * MWEB_BYTES).div_ceil(5) + 6;

/// Scan key and spend key.
const MWEB_BYTES: usize = 66;

/// Longest text of the family: an MWEB address.
const TEXT_CHARS_MAX: usize = "ltcmweb1".len() + MWEB_SYMBOLS;

/// Symbols of 20 bytes in bech32 without a version, as Zcash's `tex1…` and
/// the Cosmos chain OKC's `ex1…` have them. Only 19 bytes make a program of
/// as many, and no rule gives those a meaning.
const VERSIONLESS_SYMBOLS: usize = 32;

/// What an address of each network begins with, before the `1`. A network is
/// written with the first of its prefixes.
const PREFIXES: &[(&str, Network)] = &[
    ("bc", Network::Bitcoin),
    ("ltc", Network::Litecoin),
    ("btg", Network::BitcoinGold),
    ("dgb", Network::DigiByte),
    ("ex", Network::Liquid),
    ("tb", Network::BitcoinTestnet),
    ("bcrt", Network::BitcoinTestnet),
    ("tltc", Network::LitecoinTestnet),
    ("rltc", Network::LitecoinTestnet),
    ("tex", Network::LiquidTestnet),
    ("ert", Network::LiquidTestnet),
];

/// What an MWEB address of each network begins with, before the `1`.
const MWEB_PREFIXES: &[(&str, Network)] = &[
    ("ltcmweb", Network::Litecoin),
    ("tmweb", Network::LitecoinTestnet),
];

/// The networks that have witness addresses.
pub(in crate::address) const MAIN_NETWORKS: Networks = Networks::of(&[
    Network::Bitcoin,
    Network::Litecoin,
    Network::BitcoinGold,
    Network::DigiByte,
    Network::Liquid,
]);

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "bdelrtBDELRT",
    chars: (8, TEXT_CHARS_MAX),
    read,
};

/// Reads a witness address, or an MWEB address.
fn read(text: &str, reading: &mut Draft) {
    if text.len() > TEXT_CHARS_MAX {
        return;
    }
    let Some(prefix) = bech32::prefix_of(text) else {
        return;
    };
    let network_of = |prefixes: &[(&str, Network)]| {
        let found = prefixes
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(prefix));
        found.map(|&(_, network)| network)
    };
    if let Some(network) = network_of(PREFIXES) {
        read_witness(text, network, reading);
    } else if let Some(network) = network_of(MWEB_PREFIXES) {
        read_mweb(text, network, reading);
    }
}

fn read_witness(text: &str, network: Network, reading: &mut Draft) {
    let mut buffer = [0; WITNESS_CHARS_MAX];
    let decoded = match text.len() {
        0..=WITNESS_CHARS_MAX => bech32::decode(text, &mut buffer),
        _ => None,
    };
    let Some(decoded) = decoded else {
        return;
    };
    let Some(&version @ 0..=16) = decoded.data.first() else {
        return;
    };
    let Some(variant) = decoded.variant else {
        return reading.reject(Fault::Checksum);
    };
    let is_liquid = matches!(network, Network::Liquid | Network::LiquidTestnet);
    if is_liquid && decoded.data.len() == VERSIONLESS_SYMBOLS {
        return;
    }
    if let Some(program) = Program::unpack(version, &decoded.data[1..]) {
        let fits_version = (version == 0) == (variant == Variant::Bech32);
        add(
            program.keyed(),
            network,
            fits_version,
            decoded.is_mixed_case,
            reading,
        );
    }
}

fn read_mweb(text: &str, network: Network, reading: &mut Draft) {
    let mut buffer = [0; MWEB_SYMBOLS];
    let Some(decoded) = bech32::decode(text, &mut buffer) else {
        return;
    };
    let [0, symbols @ ..] = decoded.data else {
        return;
    };
    if symbols.len() + 1 + 6 != MWEB_SYMBOLS {
        return;
    }
    let Some(variant) = decoded.variant else {
        return reading.reject(Fault::Checksum);
    };
    let mut keys = [0; MWEB_BYTES];
    if bech32::pack(symbols, &mut keys).is_some() {
        let is_fitting = variant == Variant::Bech32;
        add(
            (Kind::Mweb, &keys),
            network,
            is_fitting,
            decoded.is_mixed_case,
            reading,
        );
    }
}

/// Adds kind and payload as a candidate of a network, strict if nothing is
/// wrong with the text.
pub(super) fn add(
    (kind, payload): (Kind, &[u8]),
    network: Network,
    checksum_fits_version: bool,
    is_mixed_case: bool,
    reading: &mut Draft,
) {
    if !checksum_fits_version {
        reading.accept_leniently(kind, network.into(), payload, Fault::ChecksumKind);
    } else if is_mixed_case {
        reading.accept_leniently(kind, network.into(), payload, Fault::MixedCase);
    } else {
        let candidate = reading.accept(kind, network.into(), payload);
        candidate.checked(Checksum::Strong);
    }
}

/// Writes a witness program as the address of its first network. Returns
/// whether there is such an address.
pub(in crate::address) fn write(
    kind: Kind,
    networks: Networks,
    payload: &[u8],
    out: &mut String,
) -> bool {
    let (version, program) = match (kind, payload) {
        (Kind::P2wpkh | Kind::P2wsh, program) => (0, program),
        (Kind::Taproot, program) => (1, program),
        (Kind::Witness, [version, program @ ..]) => (*version, program),
        _ => return false,
    };
    let variant = match version {
        0 => Variant::Bech32,
        _ => Variant::Bech32m,
    };
    write_versioned(PREFIXES, networks, (version, program), variant, out)
}

/// Writes a stealth address of Litecoin's MWEB. Returns whether there is such
/// an address.
pub(in crate::address) fn write_mweb(networks: Networks, keys: &[u8], out: &mut String) -> bool {
    keys.len() == MWEB_BYTES
        && write_versioned(MWEB_PREFIXES, networks, (0, keys), Variant::Bech32, out)
}

fn write_versioned(
    prefixes: &[(&str, Network)],
    networks: Networks,
    (version, payload): (u8, &[u8]),
    variant: Variant,
    out: &mut String,
) -> bool {
    let prefix = prefixes
        .iter()
        .find(|(_, network)| networks.contains(*network));
    if let Some((prefix, _)) = prefix {
        let symbols = std::iter::once(version).chain(bech32::unpack(payload));
        bech32::encode(prefix, symbols, variant, out);
    }
    prefix.is_some()
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
            "bc1gmk9yu",
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
            let prefix = ::bech32::Hrp::parse(prefix).expect("a prefix");
            let text = ::bech32::segwit::encode_v0(prefix, &[7; 20]).expect("a program");
            let reading = parse(&text);
            assert_eq!(reading.candidates.len(), 1, "{text}");
            assert_eq!(reading.candidates[0].kind, Kind::Opaque, "{text}");
        }
    }

    /// Bech32 of 20 bytes without a version: Zcash's TEX addresses and OKC's
    /// accounts, which share Liquid's prefixes.
    #[test]
    fn what_has_no_version_is_not_liquids() {
        for (prefix, variant) in [("tex", Variant::Bech32m), ("ex", Variant::Bech32)] {
            // As a program it would be of version 1, with zeros for padding.
            let mut text = String::new();
            bech32::encode(prefix, bech32::unpack(&[0x08; 20]), variant, &mut text);
            let of_liquid = |candidate: &crate::address::Candidate| {
                candidate.networks.contains(Network::Liquid)
                    || candidate.networks.contains(Network::LiquidTestnet)
            };
            assert!(!parse(&text).candidates.iter().any(of_liquid), "{text}");
        }
        let liquid = parse("ex1qw508d6qejxtdg4y5r3zarvary0c5xw7kxw5fx4");
        assert_eq!(liquid.candidates[0].networks, Network::Liquid.into());
    }

    #[test]
    fn mweb_addresses_are_two_keys() {
        let text = "ltcmweb1qq20e2arnhvxw97katjkmsd35agw3capxjkrkh7dk8d30rczm8ypxuq329nwh2twmchhqn3jqh7ua4ps539f6aazh79jy76urqht4qa59ts3at6gf";
        let reading = parse(text);
        assert!(reading.is_strict());
        assert_eq!(reading.candidates[0].kind, Kind::Mweb);
        assert_eq!(reading.candidates[0].networks, Network::Litecoin.into());
        assert_eq!(reading.candidates[0].canonical(), text);
        assert_eq!(parse(&text.to_uppercase()), reading);
        let mixed = parse(&text.replace("ltcmweb", "Ltcmweb"));
        assert_eq!(mixed.fault, Some(Fault::MixedCase));
        assert_eq!(mixed.candidates[0].key, reading.candidates[0].key);
        assert_eq!(
            parse(&text.replace("at6gf", "at6gq")).fault,
            Some(Fault::Checksum)
        );
        assert!(!parse("Ltcmweb1qqqqqqqqqq").is_strict());
    }

    /// What is refused is from the test data of Bitcoin Core and Litecoin Core.
    #[test]
    fn every_network_has_its_prefix() {
        for (prefix, network) in PREFIXES {
            let mut text = String::new();
            let symbols = std::iter::once(0).chain(bech32::unpack(&[7; 20]));
            bech32::encode(prefix, symbols, Variant::Bech32, &mut text);
            let reading = parse(&text);
            assert!(reading.is_strict(), "{text}");
            assert_eq!(reading.candidates[0].networks, (*network).into());
        }
        for text in [
            "bcrt1qdwttaw38uf42wxw40kwk3u8nguyTQH3hx6jmqp",
            "rltc1qnv2uheg45ns07mv6f0h82xz48xzahaemlvxczexnl74jglwvetqp73s7wn",
            "tltc1qnmrmqt9d459t7yed75t97w85rvhpm2lu",
            "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j",
        ] {
            assert!(!parse(text).is_strict(), "{text}");
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
