//! Zcash beyond `t1…` and `t3…`: TEX, Sapling, Sprout and unified addresses.
//!
//! A TEX address is a `t1…` address that asks to be paid from transparent
//! funds only ([ZIP-320]): the same key hash, and the same account. Sapling
//! and Sprout addresses are keyed whole: nobody without the viewing key can
//! link two diversified addresses of one wallet. A [unified] address is each
//! of its receivers.
//!
//! Bech32 and bech32m may be in either case alone, unified addresses too.
//! Liquid's test network has the prefix `tex` as well, for witness programs,
//! which never have the length of a bare key hash.
//!
//! Specifications: [protocol specification], section 5.6, and ZIP-316.
//!
//! [protocol specification]: https://zips.z.cash/protocol/protocol.pdf
//! [ZIP-320]: https://zips.z.cash/zip-0320

mod f4jumble;
mod unified;

use super::Family;
use crate::address::candidate::Checksum;
use crate::address::encoding::base58check::{self, Alphabet};
use crate::address::encoding::bech32::{self, Variant};
use crate::address::{Draft, Fault, Kind, Network, Networks, TEXT_BYTES_MAX};

/// An address in bech32 that is one hash or receiver.
struct Single {
    /// What stands before the `1`.
    prefix: &'static str,
    kind: Kind,
    network: Network,
    variant: Variant,
    bytes: usize,
}

const fn single(
    prefix: &'static str,
    kind: Kind,
    network: Network,
    variant: Variant,
    bytes: usize,
) -> Single {
    Single {
        prefix,
        kind,
        network,
        variant,
        bytes,
    }
}

#[rustfmt::skip]
const SINGLES: &[Single] = &[
    single("tex", Kind::P2pkh, Network::Zcash, Variant::Bech32m, 20),
    single("textest", Kind::P2pkh, Network::ZcashTestnet, Variant::Bech32m, 20),
    single("zs", Kind::ZcashSapling, Network::Zcash, Variant::Bech32, 43),
    single("ztestsapling", Kind::ZcashSapling, Network::ZcashTestnet, Variant::Bech32, 43),
];

/// Most bytes of a [`Single`], and symbols of five bits.
const SINGLE_BYTES_MAX: usize = 43;
const SINGLE_SYMBOLS_MAX: usize = (SINGLE_BYTES_MAX * 8).div_ceil(5);
const CHECKSUM_SYMBOLS: usize = 6;

/// Version bytes of Sprout addresses.
const SPROUT_VERSIONS: &[([u8; 2], Network)] = &[
    ([0x16, 0x9a], Network::Zcash),
    ([0x16, 0xb6], Network::ZcashTestnet),
];

/// Bytes of a Sprout address after the version: two keys.
const SPROUT_BYTES: usize = 64;

/// Characters of any 70 bytes that begin with one of the versions.
const SPROUT_CHARS: usize = 95;

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "tuzTUZ",
    chars: (42, TEXT_BYTES_MAX),
    read,
};

/// Reads a Zcash address.
fn read(text: &str, reading: &mut Draft) {
    if text.len() == SPROUT_CHARS && text.starts_with('z') {
        read_sprout(text, reading);
    }
    let Some(prefix) = bech32::prefix_of(text) else {
        return;
    };
    if unified::read(text, prefix, reading) {
        return;
    }
    let named = SINGLES
        .iter()
        .find(|single| single.prefix.eq_ignore_ascii_case(prefix));
    if let Some(single) = named {
        read_single(text, single, reading);
    }
}

/// Writes a receiver as the address of its own kind on its first network: an
/// Orchard receiver, which has none, as a unified address of nothing else.
/// Returns whether there is such an address.
pub(in crate::address) fn write(
    kind: Kind,
    networks: Networks,
    payload: &[u8],
    out: &mut String,
) -> bool {
    let Some(network) = networks.first() else {
        return false;
    };
    match kind {
        Kind::ZcashOrchard => unified::write(network, payload, out),
        Kind::ZcashSprout => write_sprout(network, payload, out),
        _ => write_single(kind, network, payload, out),
    }
}

fn read_single(text: &str, single: &Single, reading: &mut Draft) {
    let mut symbols = [0; SINGLE_SYMBOLS_MAX + CHECKSUM_SYMBOLS];
    let Some(decoded) = bech32::decode(text, &mut symbols) else {
        return;
    };
    if decoded.data.len() != (single.bytes * 8).div_ceil(5) {
        return;
    }
    let Some(variant) = decoded.variant else {
        return reading.reject(Fault::Checksum);
    };
    let mut bytes = [0; SINGLE_BYTES_MAX];
    if bech32::pack(decoded.data, &mut bytes) != Some(single.bytes) {
        return;
    }
    let payload = &bytes[..single.bytes];
    let networks = single.network.into();
    if variant != single.variant {
        reading.accept_leniently(single.kind, networks, payload, Fault::ChecksumKind);
    } else if decoded.is_mixed_case {
        reading.accept_leniently(single.kind, networks, payload, Fault::MixedCase);
    } else {
        reading
            .accept(single.kind, networks, payload)
            .checked(Checksum::Strong);
    }
}

fn write_single(kind: Kind, network: Network, payload: &[u8], out: &mut String) -> bool {
    let single = SINGLES
        .iter()
        .find(|single| single.kind == kind && single.network == network);
    let Some(single) = single.filter(|single| single.bytes == payload.len()) else {
        return false;
    };
    bech32::encode(single.prefix, bech32::unpack(payload), single.variant, out);
    true
}

fn read_sprout(text: &str, reading: &mut Draft) {
    let Some(decoded) = base58check::decode(text, Alphabet::BITCOIN) else {
        return;
    };
    let Some((version, keys)) = decoded.payload().split_first_chunk::<2>() else {
        return;
    };
    let network = SPROUT_VERSIONS.iter().find(|(bytes, _)| bytes == version);
    let (Some(&(_, network)), SPROUT_BYTES) = (network, keys.len()) else {
        return;
    };
    if decoded.checksum_holds() {
        reading
            .accept(Kind::ZcashSprout, network.into(), keys)
            .checked(Checksum::Strong);
    } else {
        reading.reject(Fault::Checksum);
    }
}

fn write_sprout(network: Network, keys: &[u8], out: &mut String) -> bool {
    let version = SPROUT_VERSIONS.iter().find(|(_, of)| *of == network);
    let (Some((version, _)), SPROUT_BYTES) = (version, keys.len()) else {
        return false;
    };
    base58check::encode(version, keys, Alphabet::BITCOIN, out);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Flags, parse};

    const SAPLING: &str =
        "zs1wkejr23wqa9ptpvv73ch3wr96lh8gnyx3689skmyttljy4nyfj69eyclukwkxrhr3rrkgxvnur0";
    const SPROUT: &str = "zc8E5gYid86n4bo2Usdq1cpr7PpfoJGzttwBHEEgGhGkLUg7SPPVFNB2AkRFXZ7usfphup5426dt1buMmY3fkYeRrQGLa8y";
    const TEX: &str = "tex1w508d6qejxtdg4y5r3zarvary0c5xw7kccm6wm";

    #[test]
    fn a_tex_address_is_its_transparent_address() {
        let tex = parse(TEX);
        assert!(tex.is_strict());
        assert_eq!(tex.candidates[0].kind, Kind::P2pkh);
        assert_eq!(tex.candidates[0].networks, Network::Zcash.into());
        let canonical = tex.candidates[0].canonical();
        assert_eq!(canonical, "t1UYsZVJkLPeMjxEtACvSxfWuNmddpWfxzs");
        assert_eq!(parse(&canonical).candidates, tex.candidates);
        assert_eq!(parse(&TEX.to_uppercase()).candidates, tex.candidates);
    }

    #[test]
    fn shielded_addresses_are_written_as_they_were() {
        for (text, kind) in [(SAPLING, Kind::ZcashSapling), (SPROUT, Kind::ZcashSprout)] {
            let reading = parse(text);
            assert!(reading.is_strict(), "{text}");
            assert_eq!(reading.candidates.len(), 1);
            assert_eq!(reading.candidates[0].kind, kind);
            assert_eq!(reading.candidates[0].canonical(), text);
        }
        let upper = parse(&SAPLING.to_uppercase());
        assert_eq!(upper.candidates, parse(SAPLING).candidates);
    }

    #[test]
    fn every_form_reads_back_on_both_networks() {
        for network in [Network::Zcash, Network::ZcashTestnet] {
            for (kind, bytes) in [
                (Kind::ZcashSapling, 43),
                (Kind::ZcashOrchard, 43),
                (Kind::ZcashSprout, 64),
            ] {
                for fill in [0, 0x5a, 0xff] {
                    let payload = vec![fill; bytes];
                    let mut text = String::new();
                    assert!(write(kind, network.into(), &payload, &mut text));
                    let reading = parse(&text);
                    assert!(reading.is_strict(), "{text}");
                    assert_eq!(reading.candidates[0].kind, kind);
                    assert_eq!(reading.candidates[0].key.payload(), payload);
                    assert_eq!(reading.candidates[0].canonical(), text);
                    let is_test = reading.flags.contains(Flags::TESTNET);
                    assert_eq!(is_test, network == Network::ZcashTestnet);
                    let oracle: zcash_address::ZcashAddress = text.parse().expect("an address");
                    assert_eq!(oracle.encode(), text);
                }
            }
        }
    }

    #[test]
    fn slips_are_noticed() {
        for text in [
            &TEX.replace("wm", "wn"),
            &SAPLING.replace("ur0", "ur1"),
            &SAPLING.replace("ur0", "ur9"),
            &SPROUT.replace("La8y", "La8z"),
        ] {
            let reading = parse(text);
            assert!(!reading.is_strict(), "{text}");
            assert!(reading.candidates.iter().all(|one| !one.strict), "{text}");
        }
        assert_eq!(parse(&TEX.replace("wm", "wn")).fault, Some(Fault::Checksum));
        let mixed = parse(&SAPLING.replace("zs1wkejr", "zs1WKEJR"));
        assert_eq!(mixed.fault, Some(Fault::MixedCase));
        assert_eq!(mixed.candidates[0].key, parse(SAPLING).candidates[0].key);
    }

    #[test]
    fn the_other_checksum_is_lenient() {
        let mut text = String::new();
        let hash = [0x5a; 20];
        bech32::encode("tex", bech32::unpack(&hash), Variant::Bech32, &mut text);
        let reading = parse(&text);
        assert_eq!(reading.fault, Some(Fault::ChecksumKind));
        assert_eq!(reading.candidates[0].key.payload(), hash);
    }

    /// Liquid's test network has the prefix too.
    #[test]
    fn a_witness_program_under_the_same_prefix_is_declined() {
        for (version, bytes, variant) in [
            (0, 20, Variant::Bech32),
            (0, 32, Variant::Bech32),
            (1, 32, Variant::Bech32m),
        ] {
            let mut text = String::new();
            let program = vec![7; bytes];
            let symbols = std::iter::once(version).chain(bech32::unpack(&program));
            bech32::encode("tex", symbols, variant, &mut text);
            let mut draft = Draft::new(Networks::NONE);
            read(&text, &mut draft);
            assert!(draft.current().is_empty(), "{text}");
            assert!(!draft.has_failed_checksum(), "{text}");
        }
    }
}
