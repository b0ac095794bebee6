//! Bitcoin and its relatives, in Base58Check: `1…`, `3…`, `L…`, `t1…`.
//!
//! One table of version bytes serves reading and writing. A version that
//! several chains share (`1…` on Bitcoin, Bitcoin Cash and Bitcoin SV; `3…`
//! on Litecoin besides; `D…` on Dogecoin and Verge) is one candidate with all
//! of them. Witness addresses are `segwit`'s part, cashaddr `cashaddr`'s.
//!
//! Versions come from each chain's `chainparams.cpp` and [BIP-13]; Zcash has
//! two-byte versions ([protocol specification], section 5.6.1).
//!
//! [BIP-13]: https://github.com/bitcoin/bips/blob/master/bip-0013.mediawiki
//! [protocol specification]: https://zips.z.cash/protocol/protocol.pdf

use super::base58check::{self, Alphabet};
use super::{Fault, Kind, Network, Networks, Reading};

/// Bytes of a HASH160.
const HASH_BYTES: usize = 20;

struct Version {
    bytes: &'static [u8],
    kind: Kind,
    networks: Networks,
}

const fn version(bytes: &'static [u8], kind: Kind, networks: &[Network]) -> Version {
    Version {
        bytes,
        kind,
        networks: Networks::of(networks),
    }
}

/// Every version. A chain with two versions for one kind is written by the
/// one listed first: Litecoin scripts as `M…`, which nothing else uses.
#[rustfmt::skip]
const VERSIONS: &[Version] = &[
    version(&[0x00], Kind::P2pkh, &[Network::Bitcoin, Network::BitcoinCash, Network::BitcoinSv]),
    version(&[0x32], Kind::P2sh, &[Network::Litecoin]),
    version(&[0x05], Kind::P2sh, &[Network::Bitcoin, Network::Litecoin, Network::BitcoinCash, Network::BitcoinSv]),
    version(&[0x30], Kind::P2pkh, &[Network::Litecoin]),
    version(&[0x26], Kind::P2pkh, &[Network::BitcoinGold]),
    version(&[0x17], Kind::P2sh, &[Network::BitcoinGold]),
    version(&[0x4c], Kind::P2pkh, &[Network::Dash]),
    version(&[0x10], Kind::P2sh, &[Network::Dash]),
    version(&[0x1e], Kind::P2pkh, &[Network::Dogecoin, Network::Verge]),
    version(&[0x16], Kind::P2sh, &[Network::Dogecoin]),
    version(&[0x21], Kind::P2sh, &[Network::Verge]),
    version(&[0x1c, 0xb8], Kind::P2pkh, &[Network::Zcash]),
    version(&[0x1c, 0xbd], Kind::P2sh, &[Network::Zcash]),
    version(&[0x6f], Kind::P2pkh, &[Network::BitcoinTestnet]),
    version(&[0xc4], Kind::P2sh, &[Network::BitcoinTestnet]),
    version(&[0x1d, 0x25], Kind::P2pkh, &[Network::ZcashTestnet]),
    version(&[0x1c, 0xba], Kind::P2sh, &[Network::ZcashTestnet]),
];

/// Reads a Base58Check address of the Bitcoin family.
pub(super) fn read(text: &str, reading: &mut Reading) {
    if !has_shape(text.as_bytes()) {
        return;
    }
    let Some(decoded) = base58check::decode(text, Alphabet::BITCOIN) else {
        return;
    };
    let Some(version) = version_of(decoded.payload()) else {
        return;
    };
    if decoded.checksum_holds() {
        let hash = &decoded.payload()[version.bytes.len()..];
        reading.accept(version.kind, version.networks, hash);
    } else {
        reading.reject(Fault::Checksum);
    }
}

/// Writes a hash as the address of its first network. Returns whether there
/// is such an address.
pub(super) fn write(kind: Kind, networks: Networks, hash: &[u8], out: &mut String) -> bool {
    let Some(network) = networks.first() else {
        return false;
    };
    // A set that includes Bitcoin was read from a text all its chains share.
    let version = VERSIONS
        .iter()
        .find(|version| version.kind == kind && version.networks.contains(network));
    if let Some(version) = version {
        base58check::encode(version.bytes, hash, Alphabet::BITCOIN, out);
    }
    version.is_some()
}

/// Returns every network on which addresses of a kind are written this way.
pub(super) fn networks_of(kind: Kind) -> Networks {
    let of_kind = VERSIONS.iter().filter(|version| version.kind == kind);
    of_kind.fold(Networks::NONE, |all, version| all.union(version.networks))
}

/// Returns whether a text can be 25 or 26 bytes that begin with a version we
/// know. Longer `t…` and `X…` texts are other families' addresses.
fn has_shape(text: &[u8]) -> bool {
    let first = b"12379ADEGLMXmnt";
    (25..=36).contains(&text.len()) && first.contains(&text[0])
}

fn version_of(payload: &[u8]) -> Option<&'static Version> {
    VERSIONS.iter().find(|version| {
        payload.len() == version.bytes.len() + HASH_BYTES && payload.starts_with(version.bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;

    #[track_caller]
    fn only(text: &str) -> (Kind, Vec<Network>) {
        let reading = parse(text);
        assert!(reading.is_strict(), "{text}: {reading:?}");
        assert_eq!(reading.candidates.len(), 1, "{text}");
        let candidate = &reading.candidates[0];
        (candidate.kind, candidate.networks.iter().collect())
    }

    #[test]
    fn versions_that_chains_share_name_all_of_them() {
        use Network::{Bitcoin, BitcoinCash, BitcoinSv, Dogecoin, Litecoin, Verge};
        assert_eq!(
            only("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"),
            (Kind::P2pkh, vec![Bitcoin, BitcoinCash, BitcoinSv])
        );
        assert_eq!(
            only("33RnhMkqZhRmHtLTtvCwtC9k2vL1ti7tEo"),
            (Kind::P2sh, vec![Bitcoin, BitcoinCash, BitcoinSv, Litecoin])
        );
        assert_eq!(
            only("DFpN6QqFfUm3gKNaxN6tNcab1FArL9cZLE"),
            (Kind::P2pkh, vec![Dogecoin, Verge])
        );
    }

    #[test]
    fn versions_that_begin_alike_are_told_apart() {
        assert_eq!(
            only("AQRA16uKrFpxzR17yidYtJDn2t287dc1XY"),
            (Kind::P2sh, vec![Network::BitcoinGold])
        );
        assert_eq!(
            only("AF8ekvSf6eiSBRspJjnfzK6d1EM6pnPq3G"),
            (Kind::P2sh, vec![Network::Dogecoin])
        );
        assert_eq!(
            only("t1UYsZVJkLPeMjxEtACvSxfWuNmddpWfxzs"),
            (Kind::P2pkh, vec![Network::Zcash])
        );
        assert_eq!(
            only("t3JZcvsuaXE6ygokL4XUiZSTrQBUoPYFnXJ"),
            (Kind::P2sh, vec![Network::Zcash])
        );
        assert_eq!(
            only("MQMcJhpWHYVeQArcZR3sBgyPZxxRtnH441"),
            (Kind::P2sh, vec![Network::Litecoin])
        );
    }

    #[test]
    fn both_litecoin_spellings_of_a_script_meet() {
        let new = parse("M9dw1FAoWpHC6PcMzoCHhqQ9McvTyG5Ywj");
        let old = parse("33RnhMkqZhRmHtLTtvCwtC9k2vL1ti7tEo");
        assert_eq!(new.candidates[0].key, old.candidates[0].key);
        assert_eq!(
            new.candidates[0].canonical(),
            "M9dw1FAoWpHC6PcMzoCHhqQ9McvTyG5Ywj"
        );
        assert_eq!(
            old.candidates[0].canonical(),
            "33RnhMkqZhRmHtLTtvCwtC9k2vL1ti7tEo"
        );
    }

    #[test]
    fn an_extra_leading_one_is_not_the_same_address() {
        let reading = parse("11BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH");
        assert!(!reading.is_strict());
        assert_eq!(reading.candidates[0].kind, Kind::Opaque);
    }

    /// The example that BIP-21 itself prints has a wrong checksum.
    #[test]
    fn a_wrong_checksum_is_named_and_gives_no_address() {
        let reading = parse("175tWpb8K1S7NmH4Zx6rewF9WQrcZv245W");
        assert_eq!(reading.fault, Some(Fault::Checksum));
        assert_eq!(reading.candidates.len(), 1);
        assert_eq!(reading.candidates[0].kind, Kind::Opaque);
    }

    /// The gate in front of the decoder lets every version through, whatever
    /// the hash, and every written address reads back.
    #[test]
    fn every_version_passes_the_gate_and_reads_back() {
        for version in VERSIONS {
            for fill in [0x00, 0x01, 0x7f, 0xff] {
                let hash = [fill; HASH_BYTES];
                let mut text = String::new();
                base58check::encode(version.bytes, &hash, Alphabet::BITCOIN, &mut text);
                let reading = parse(&text);
                assert!(reading.is_strict(), "{text}");
                assert_eq!(reading.candidates[0].kind, version.kind);
                assert_eq!(reading.candidates[0].networks, version.networks);
                assert_eq!(reading.candidates[0].key.payload(), hash);
                assert_eq!(reading.candidates[0].canonical(), text);
            }
        }
    }
}
