//! Unified addresses: several receivers of one wallet in one text.
//!
//! A text is bech32m of F4Jumble of the items and 16 bytes of padding, which
//! repeat the prefix and so check the whole. An item is typecode, length and
//! data. A receiver that is known here is a candidate of its own, because a
//! sender may pay to any of them.
//!
//! ZIP-316 says which items may stand together. Revision 0 (`u1…`) wants a
//! shielded receiver and no item that must be understood. Revision 2 tells
//! `zu1…`, which has no transparent receiver, from `tu1…`, which may have
//! one, and knows when an address expires. What breaks these rules and has
//! its padding is read leniently: its receivers are beyond doubt.
//!
//! Specification: [ZIP-316](https://zips.z.cash/zip-0316).

use super::f4jumble;
use crate::address::candidate::Checksum;
use crate::address::encoding::bech32::{self, Variant};
use crate::address::{Draft, Fault, Kind, Network, TEXT_BYTES_MAX};

/// Bytes behind the items: the prefix, filled with zeros.
const PADDING_BYTES: usize = 16;

/// Most bytes that a text can hold.
const BYTES_MAX: usize = TEXT_BYTES_MAX * 5 / 8;

/// Largest number that Zcash writes as a CompactSize.
const COMPACT_MAX: u32 = 0x0200_0000;

const P2PKH: u32 = 0x00;
const P2SH: u32 = 0x01;
const SAPLING: u32 = 0x02;
const ORCHARD: u32 = 0x03;

/// Typecodes of items that are no receivers.
const METADATA: std::ops::RangeInclusive<u32> = 0xc0..=0xfc;

/// The first of those that nobody may pass over.
const MUST_UNDERSTAND: u32 = 0xe0;

/// When the address expires, by height and by time; since revision 2.
const EXPIRY_HEIGHT: u32 = 0xe0;
const EXPIRY_TIME: u32 = 0xe1;

/// Which rules a prefix stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rules {
    /// Revision 0.
    First,
    /// Revision 2 without a transparent receiver.
    Shielded,
    /// Revision 2 with or without one.
    Mixed,
}

/// What an address begins with, before the `1`.
const PREFIXES: &[(&str, Network, Rules)] = &[
    ("u", Network::Zcash, Rules::First),
    ("utest", Network::ZcashTestnet, Rules::First),
    ("zu", Network::Zcash, Rules::Shielded),
    ("zutest", Network::ZcashTestnet, Rules::Shielded),
    ("tu", Network::Zcash, Rules::Mixed),
    ("tutest", Network::ZcashTestnet, Rules::Mixed),
];

/// One item, as it stands.
struct Item<'b> {
    typecode: u32,
    data: &'b [u8],
}

impl Item<'_> {
    /// Returns the kind of a receiver known here that has its length.
    fn kind(&self) -> Option<Kind> {
        match (self.typecode, self.data.len()) {
            (P2PKH, 20) => Some(Kind::P2pkh),
            (P2SH, 20) => Some(Kind::P2sh),
            (SAPLING, 43) => Some(Kind::ZcashSapling),
            (ORCHARD, 43) => Some(Kind::ZcashOrchard),
            _ => None,
        }
    }

    fn is_transparent(&self) -> bool {
        matches!(self.typecode, P2PKH | P2SH)
    }

    fn is_receiver(&self) -> bool {
        !METADATA.contains(&self.typecode)
    }

    /// Returns whether the item may stand in an address at all.
    fn is_allowed(&self, rules: Rules) -> bool {
        let is_unknown = || self.typecode > ORCHARD && self.is_receiver();
        let is_revised = rules != Rules::First;
        match (self.typecode, self.data.len()) {
            (P2PKH | P2SH, _) if rules == Rules::Shielded => false,
            (EXPIRY_HEIGHT, 4) | (EXPIRY_TIME, 8) => is_revised,
            (typecode, _) if METADATA.contains(&typecode) => typecode < MUST_UNDERSTAND,
            _ => self.kind().is_some() || is_unknown(),
        }
    }
}

/// Reads a unified address. Returns whether the text has such a prefix.
pub(super) fn read(text: &str, prefix: &str, reading: &mut Draft) -> bool {
    let named = PREFIXES
        .iter()
        .find(|(name, ..)| name.eq_ignore_ascii_case(prefix));
    let Some(&(prefix, network, rules)) = named else {
        return false;
    };
    let mut symbols = [0; TEXT_BYTES_MAX];
    let Some(decoded) = bech32::decode(text, &mut symbols) else {
        return true;
    };
    let mut bytes = [0; BYTES_MAX];
    let Some(length) = bech32::pack(decoded.data, &mut bytes) else {
        return true;
    };
    if length < f4jumble::BYTES_MIN {
        return true;
    }
    let message = &mut bytes[..length];
    f4jumble::unjumble(message);
    let (items, padding) = message.split_at(length - PADDING_BYTES);
    if padding != padding_of(prefix) {
        reading.reject(Fault::Checksum);
        return true;
    }
    let fault = match decoded.variant {
        None => Some(Fault::Checksum),
        Some(Variant::Bech32) => Some(Fault::ChecksumKind),
        _ if decoded.is_mixed_case => Some(Fault::MixedCase),
        _ => (!obeys(items, rules)).then_some(Fault::NotAddressForm),
    };
    add_receivers(items, network, fault, reading);
    true
}

/// Writes an address that holds one Orchard receiver, in the one form of
/// revision 0 that every wallet reads.
pub(super) fn write(network: Network, receiver: &[u8], out: &mut String) -> bool {
    let named = PREFIXES
        .iter()
        .find(|(_, of, rules)| *of == network && *rules == Rules::First);
    let (Some(&(prefix, ..)), 43) = (named, receiver.len()) else {
        return false;
    };
    let mut message = [0; 2 + 43 + PADDING_BYTES];
    message[..2].copy_from_slice(&[ORCHARD as u8, 43]);
    message[2..45].copy_from_slice(receiver);
    message[45..].copy_from_slice(&padding_of(prefix));
    f4jumble::jumble(&mut message);
    bech32::encode(prefix, bech32::unpack(&message), Variant::Bech32m, out);
    true
}

fn add_receivers(items: &[u8], network: Network, fault: Option<Fault>, reading: &mut Draft) {
    for item in Items(items).flatten() {
        let Some(kind) = item.kind() else { continue };
        match fault {
            None => reading.accept(kind, network.into(), item.data),
            Some(fault) => reading.accept_leniently(kind, network.into(), item.data, fault),
        }
        .checked(Checksum::Strong);
    }
    if let Some(fault) = fault {
        reading.reject(fault);
    }
}

/// Returns whether the items may stand together in an address.
fn obeys(items: &[u8], rules: Rules) -> bool {
    let (mut last, mut has_receiver, mut has_shielded) = (None, false, false);
    for item in Items(items) {
        let Some(item) = item else { return false };
        let is_ascending = last.is_none_or(|last| last < item.typecode);
        let are_both = last == Some(P2PKH) && item.typecode == P2SH;
        if !is_ascending || are_both || !item.is_allowed(rules) {
            return false;
        }
        has_receiver |= item.is_receiver();
        has_shielded |= item.is_receiver() && !item.is_transparent();
        last = Some(item.typecode);
    }
    has_shielded || rules != Rules::First && has_receiver
}

fn padding_of(prefix: &str) -> [u8; PADDING_BYTES] {
    let mut padding = [0; PADDING_BYTES];
    for (slot, byte) in padding.iter_mut().zip(prefix.bytes()) {
        *slot = byte;
    }
    padding
}

/// The items one by one; `None` for the first that cannot be taken apart,
/// which is then the last.
struct Items<'b>(&'b [u8]);

impl<'b> Iterator for Items<'b> {
    type Item = Option<Item<'b>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let item = split_item(self.0);
        self.0 = item.as_ref().map_or(&[], |(_, rest)| rest);
        Some(item.map(|(item, _)| item))
    }
}

fn split_item(bytes: &[u8]) -> Option<(Item<'_>, &[u8])> {
    let (typecode, rest) = split_compact(bytes)?;
    let (length, rest) = split_compact(rest)?;
    let (data, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some((Item { typecode, data }, rest))
}

/// Splits off a CompactSize, which is only valid in its shortest form.
fn split_compact(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let (number, least, rest) = match first {
        0xfd => {
            let (number, rest) = rest.split_first_chunk::<2>()?;
            (u32::from(u16::from_le_bytes(*number)), 0xfd, rest)
        }
        0xfe => {
            let (number, rest) = rest.split_first_chunk::<4>()?;
            (u32::from_le_bytes(*number), 0x1_0000, rest)
        }
        0xff => return None,
        number => (u32::from(number), 0, rest),
    };
    (least..=COMPACT_MAX)
        .contains(&number)
        .then_some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Reading, parse};
    use proptest::prelude::*;
    use zcash_address::ZcashAddress;

    /// P2PKH and Sapling, from the reference implementation's test vectors.
    const ADDRESS: &str = "u1l8xunezsvhq8fgzfl7404m450nwnd76zshscn6nfys7vyz2ywyh4cc5daaq0c7q2su5lqfh23sp7fkf3kt27ve5948mzpfdvckzaect2jtte308mkwlycj2u0eac077wu70vqcetkxf";

    fn encode(prefix: &str, items: &[(u32, usize)], variant: Variant) -> String {
        let mut message = Vec::new();
        for &(typecode, length) in items {
            for number in [typecode, length as u32] {
                match number {
                    0..=0xfc => message.push(number as u8),
                    0xfd..=0xffff => {
                        message.push(0xfd);
                        message.extend((number as u16).to_le_bytes());
                    }
                    _ => {
                        message.push(0xfe);
                        message.extend(number.to_le_bytes());
                    }
                }
            }
            message.extend((0..length).map(|at| at as u8 ^ typecode as u8));
        }
        message.extend(padding_of(prefix));
        f4jumble::jumble(&mut message);
        let mut text = String::new();
        bech32::encode(prefix, bech32::unpack(&message), variant, &mut text);
        text
    }

    fn kinds(reading: &Reading) -> Vec<Kind> {
        let of_address = |kind: &Kind| *kind != Kind::Opaque;
        let kinds = reading.candidates.iter().map(|one| one.kind);
        kinds.filter(of_address).collect()
    }

    #[test]
    fn every_receiver_is_a_candidate_of_one_destination() {
        let reading = parse(ADDRESS);
        assert!(reading.is_strict());
        assert_eq!(kinds(&reading), [Kind::P2pkh, Kind::ZcashSapling]);
        assert_eq!(
            const_hex::encode(reading.candidates[0].key.payload()),
            "7bb83570b8fae146e03c5331a020b1e0892f631d"
        );
        assert!(reading.candidates[1].canonical().starts_with("zs1"));
        for candidate in &reading.candidates {
            assert_eq!(candidate.destination, 0);
            assert_eq!(candidate.networks, Network::Zcash.into());
            let again = parse(&candidate.canonical());
            assert!(again.is_strict());
            assert_eq!(again.candidates[0].key, candidate.key);
        }
    }

    #[test]
    fn capitals_are_read_and_mixed_case_is_lenient() {
        let upper = parse(&ADDRESS.to_uppercase());
        assert!(upper.is_strict());
        assert_eq!(upper.candidates, parse(ADDRESS).candidates);
        let mixed = parse(&ADDRESS.replace("u1l8x", "u1L8X"));
        assert_eq!(mixed.fault, Some(Fault::MixedCase));
        assert_eq!(kinds(&mixed), [Kind::P2pkh, Kind::ZcashSapling]);
    }

    #[test]
    fn a_slip_is_noticed_and_the_other_checksum_is_lenient() {
        let slipped = parse(&ADDRESS.replace("unezsv", "unezsw"));
        assert_eq!(slipped.fault, Some(Fault::Checksum));
        assert_eq!(kinds(&slipped), []);
        let old = encode("u", &[(ORCHARD, 43)], Variant::Bech32);
        assert_eq!(parse(&old).fault, Some(Fault::ChecksumKind));
        assert_eq!(kinds(&parse(&old)), [Kind::ZcashOrchard]);
        // The padding vouches for what a slip in the checksum itself left.
        let end = parse(&ADDRESS.replace("etkxf", "etkxq"));
        assert_eq!(end.fault, Some(Fault::Checksum));
        assert_eq!(kinds(&end), [Kind::P2pkh, Kind::ZcashSapling]);
    }

    #[test]
    fn unknown_receivers_are_passed_over() {
        let text = encode("u", &[(ORCHARD, 43), (0xfffc, 9)], Variant::Bech32m);
        let reading = parse(&text);
        assert!(reading.is_strict());
        assert_eq!(kinds(&reading), [Kind::ZcashOrchard]);
        // Nobody here knows where such a payment goes.
        let text = encode("u", &[(0xfffc, 43)], Variant::Bech32m);
        assert!(!parse(&text).is_strict());
    }

    #[test]
    fn what_breaks_the_rules_is_lenient() {
        for items in [
            &[(P2PKH, 20)][..],
            &[(P2PKH, 20), (P2SH, 20), (SAPLING, 43)],
            &[(SAPLING, 43), (P2PKH, 20)],
            &[(SAPLING, 43), (SAPLING, 43)],
            &[(P2PKH, 20), (ORCHARD, 42)],
            &[(ORCHARD, 43), (EXPIRY_HEIGHT, 4)],
        ] {
            let reading = parse(&encode("u", items, Variant::Bech32m));
            assert_eq!(reading.fault, Some(Fault::NotAddressForm), "{items:?}");
            assert!(!kinds(&reading).is_empty(), "{items:?}");
        }
    }

    #[test]
    fn revision_2_knows_expiry_and_where_transparent_receivers_go() {
        let both = &[(P2PKH, 20), (ORCHARD, 43), (EXPIRY_TIME, 8)];
        let mixed = parse(&encode("tu", both, Variant::Bech32m));
        assert!(mixed.is_strict());
        assert_eq!(kinds(&mixed), [Kind::P2pkh, Kind::ZcashOrchard]);
        let misplaced = parse(&encode("zu", both, Variant::Bech32m));
        assert_eq!(misplaced.fault, Some(Fault::NotAddressForm));
        let transparent = parse(&encode("tu", &[(P2SH, 20)], Variant::Bech32m));
        assert_eq!(kinds(&transparent), [Kind::P2sh]);
        assert!(transparent.is_strict());
    }

    fn item() -> impl Strategy<Value = (u32, usize)> {
        prop_oneof![
            4 => prop::sample::select(vec![(P2PKH, 20), (P2SH, 20), (SAPLING, 43), (ORCHARD, 43)]),
            1 => prop::sample::select(vec![(0xc0, 3), (0xdf, 0), (EXPIRY_HEIGHT, 4), (EXPIRY_TIME, 8), (0xfc, 1)]),
            1 => (0_u32..0x1_0100, 0_usize..300),
            1 => (0_u32..6, 19_usize..45),
        ]
    }

    proptest! {
        #[test]
        fn the_rules_agree_with_another_implementation(mut items in prop::collection::vec(item(), 1..5), ordered in any::<bool>(), at in 0..PREFIXES.len()) {
            if ordered {
                items.sort_unstable();
            }
            let (prefix, ..) = PREFIXES[at];
            let text = encode(prefix, &items, Variant::Bech32m);
            let oracle: Result<ZcashAddress, _> = text.parse();
            let reading = parse(&text);
            let has_known = !kinds(&reading).is_empty();
            prop_assume!(text.len() <= TEXT_BYTES_MAX && text.len() > 69);
            prop_assert_eq!(reading.is_strict(), oracle.is_ok() && has_known, "{} {:?} {:?}", prefix, items, oracle);
        }
    }
}
