//! Bitcoin and its relatives, in Base58Check: `1…`, `3…`, `L…`, `t1…`.
//!
//! One table of version bytes serves reading and writing. A version that
//! several chains share (`1…` on Bitcoin, Bitcoin Cash, Bitcoin SV and eCash;
//! `3…` on Litecoin and DigiByte besides; `D…` on Dogecoin, Verge and
//! DigiByte) is one candidate with all of them. `S…` is a script on DigiByte
//! and a key on Stratis: two candidates. Witness addresses are `segwit`'s
//! part, cashaddr `cashaddr`'s, Liquid's confidential ones `liquid`'s.
//!
//! Versions come from each chain's `chainparams.cpp` and [BIP-13]; Zcash has
//! two-byte versions ([protocol specification], section 5.6.1).
//!
//! [BIP-13]: https://github.com/bitcoin/bips/blob/master/bip-0013.mediawiki
//! [protocol specification]: https://zips.z.cash/protocol/protocol.pdf

use super::{Family, cashaddr};
use crate::address::candidate::Checksum;
use crate::address::encoding::base58check::{self, Alphabet};
use crate::address::{Draft, Fault, Kind, Network, Networks};

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
/// one listed first: Litecoin scripts as `M…`, which nothing else uses. Rows
/// with the same first byte stand next to each other.
#[rustfmt::skip]
const VERSIONS: &[Version] = &[
    version(&[0x00], Kind::P2pkh, &[Network::Bitcoin, Network::BitcoinCash, Network::BitcoinSv, Network::ECash]),
    version(&[0x32], Kind::P2sh, &[Network::Litecoin]),
    version(&[0x3f], Kind::P2sh, &[Network::DigiByte]),
    version(&[0x3f], Kind::P2pkh, &[Network::Stratis]),
    version(&[0x05], Kind::P2sh, &[
        Network::Bitcoin, Network::Litecoin, Network::BitcoinCash, Network::BitcoinSv, Network::ECash, Network::DigiByte,
    ]),
    version(&[0x30], Kind::P2pkh, &[Network::Litecoin]),
    version(&[0x26], Kind::P2pkh, &[Network::BitcoinGold]),
    version(&[0x17], Kind::P2sh, &[Network::BitcoinGold]),
    version(&[0x4c], Kind::P2pkh, &[Network::Dash]),
    version(&[0x10], Kind::P2sh, &[Network::Dash]),
    version(&[0x1e], Kind::P2pkh, &[Network::Dogecoin, Network::Verge, Network::DigiByte]),
    version(&[0x16], Kind::P2sh, &[Network::Dogecoin]),
    version(&[0x21], Kind::P2sh, &[Network::Verge]),
    version(&[0x3c], Kind::P2pkh, &[Network::Komodo]),
    version(&[0x55], Kind::P2sh, &[Network::Komodo]),
    version(&[0x7d], Kind::P2sh, &[Network::Stratis]),
    version(&[0x39], Kind::P2pkh, &[Network::Liquid]),
    version(&[0x27], Kind::P2sh, &[Network::Liquid]),
    version(&[0x1c, 0xb8], Kind::P2pkh, &[Network::Zcash]),
    version(&[0x1c, 0xbd], Kind::P2sh, &[Network::Zcash]),
    version(&[0x1c, 0xba], Kind::P2sh, &[Network::ZcashTestnet]),
    version(&[0x6f], Kind::P2pkh, &[Network::BitcoinTestnet, Network::BitcoinCashTestnet, Network::LitecoinTestnet]),
    version(&[0x3a], Kind::P2sh, &[Network::LitecoinTestnet]),
    version(&[0xc4], Kind::P2sh, &[Network::BitcoinTestnet, Network::BitcoinCashTestnet, Network::LitecoinTestnet]),
    version(&[0x24], Kind::P2pkh, &[Network::LiquidTestnet]),
    version(&[0x13], Kind::P2sh, &[Network::LiquidTestnet]),
    version(&[0x1d, 0x25], Kind::P2pkh, &[Network::ZcashTestnet]),
];

/// For every first byte, the index of the first row that begins with it, or
/// the number of rows.
const FIRST_ROWS: [u8; 256] = {
    let mut rows = [VERSIONS.len() as u8; 256];
    let mut row = VERSIONS.len();
    while row > 0 {
        row -= 1;
        rows[VERSIONS[row].bytes[0] as usize] = row as u8;
    }
    rows
};

/// What the texts of every version begin with.
const FIRST: &str = "123789ADEFGHLMPQRSXbmnst";

/// Fewest and most characters of 25 or 26 bytes.
const TEXT_CHARS: (usize, usize) = (25, 36);

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: FIRST,
    chars: TEXT_CHARS,
    read,
};

/// Reads a Base58Check address of the Bitcoin family.
fn read(text: &str, reading: &mut Draft) {
    // Longer `t…` and `X…` texts are other families' addresses.
    let fits = (TEXT_CHARS.0..=TEXT_CHARS.1).contains(&text.len());
    let begins_well = |byte: &u8| FIRST.as_bytes().contains(byte);
    if !fits || !text.as_bytes().first().is_some_and(begins_well) {
        return;
    }
    let Some(decoded) = base58check::decode(text, Alphabet::BITCOIN) else {
        return;
    };
    let payload = decoded.payload();
    let mut versions = versions_of(payload).peekable();
    if versions.peek().is_none() {
        return;
    }
    if !decoded.checksum_holds() {
        return reading.reject(Fault::Checksum);
    }
    for version in versions {
        let hash = &payload[version.bytes.len()..];
        let candidate = reading.accept(version.kind, version.networks, hash);
        candidate.checked(Checksum::Strong);
    }
}

/// Writes a hash as the address of its first network. Returns whether there
/// is such an address.
pub(in crate::address) fn write(
    kind: Kind,
    networks: Networks,
    hash: &[u8],
    out: &mut String,
) -> bool {
    if cashaddr::is_meant(networks) {
        return cashaddr::write(kind, networks, hash, out);
    }
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
pub(in crate::address) fn networks_of(kind: Kind) -> Networks {
    let of_kind = VERSIONS.iter().filter(|version| version.kind == kind);
    of_kind.fold(Networks::NONE, |all, version| all.union(version.networks))
}

/// Returns the versions that bytes can be of.
fn versions_of(payload: &[u8]) -> impl Iterator<Item = &'static Version> {
    let first_row = match payload.first() {
        Some(&byte) => usize::from(FIRST_ROWS[usize::from(byte)]),
        None => VERSIONS.len(),
    };
    VERSIONS[first_row..]
        .iter()
        .take_while(|version| version.bytes.first() == payload.first())
        .filter(|version| {
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
        use Network::{
            Bitcoin, BitcoinCash, BitcoinSv, DigiByte, Dogecoin, ECash, Litecoin, Verge,
        };
        assert_eq!(
            only("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"),
            (Kind::P2pkh, vec![Bitcoin, BitcoinCash, BitcoinSv, ECash])
        );
        assert_eq!(
            only("33RnhMkqZhRmHtLTtvCwtC9k2vL1ti7tEo"),
            (
                Kind::P2sh,
                vec![Bitcoin, BitcoinCash, BitcoinSv, Litecoin, ECash, DigiByte]
            )
        );
        assert_eq!(
            only("DFpN6QqFfUm3gKNaxN6tNcab1FArL9cZLE"),
            (Kind::P2pkh, vec![Dogecoin, Verge, DigiByte])
        );
        // From a published list, under KMD.
        assert_eq!(
            only("RPW95tQG7y47QTqS6cNA4EQ5mBmATrG91o"),
            (Kind::P2pkh, vec![Network::Komodo])
        );
    }

    /// From a published list, under STRAT.
    #[test]
    fn a_version_of_two_meanings_gives_two_candidates() {
        let text = "SNwdHP6Qpkk6exSAqMG4GdTRkQRAu28SSS";
        let reading = parse(text);
        assert!(reading.is_strict());
        let found: Vec<_> = reading
            .candidates
            .iter()
            .map(|candidate| (candidate.kind, candidate.networks))
            .collect();
        assert_eq!(
            found,
            [
                (Kind::P2sh, Network::DigiByte.into()),
                (Kind::P2pkh, Network::Stratis.into()),
            ]
        );
        for candidate in &reading.candidates {
            assert_eq!(candidate.canonical(), text);
        }
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
                let found = reading.candidates.iter().find(|candidate| {
                    candidate.kind == version.kind && candidate.networks == version.networks
                });
                let found = found.expect("the version it was written with");
                assert_eq!(found.key.payload(), hash);
                assert_eq!(found.canonical(), text);
            }
        }
    }
}
