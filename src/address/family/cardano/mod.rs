//! Cardano addresses: `addr1…`, `stake1…`, those bytes in hex, and Byron's.
//!
//! An address of the Shelley era is a header, a payment credential and, by
//! its type, a stake credential or a pointer to one. Who may spend is said by
//! the payment credential alone, so that is the key, under which the base,
//! enterprise and pointer addresses of one wallet meet. Anybody may put a
//! stranger's stake credential into an address of their own: it is kept in
//! the candidate and is no key. A reward address is keyed by its stake
//! credential.
//!
//! Wallets hand out the bytes in hex ([CIP-30]). Hex has no checksum, so only
//! the exact lengths with a fitting header are read; 32 bytes are left to
//! others, because no pointer on the main network is that short.
//!
//! Specification: [CIP-19].
//!
//! [CIP-19]: https://github.com/cardano-foundation/CIPs/blob/master/CIP-0019/README.md
//! [CIP-30]: https://github.com/cardano-foundation/CIPs/blob/master/CIP-0030/README.md

mod byron;
mod shelley;

use super::{Family, evm};
use crate::address::candidate::Checksum;
use crate::address::encoding::bech32::{self, Variant};
use crate::address::{Draft, Fault, Kind, Network, Networks};
use shelley::{Address, BASE_BYTES, IS_SCRIPT, POINTER_BYTES_MAX, SHORT_BYTES};

/// Fewest bytes of a pointer address in hex: see the module's words.
const HEX_POINTER_BYTES_MIN: usize = 33;

/// Symbols of an enterprise address in bech32, less a few that a slip lost.
const SYMBOLS_MIN: usize = 44;

/// Symbols of a base address in bech32 and of the checksum.
const SYMBOLS_MAX: usize = (BASE_BYTES * 8).div_ceil(5) + 6;

/// Fewest characters: a Byron address without attributes has 59, an
/// enterprise address in hex 58.
const CHARS_MIN: usize = 54;

/// Digits of the longest address in hex, which is a Byron one.
const HEX_DIGITS_MAX: usize = 320;

/// The types of the shortest addresses, without that bit.
const ENTERPRISE: u8 = 6;
const REWARD: u8 = 14;

const NETWORKS: Networks = Networks::of(&[Network::Cardano, Network::CardanoTestnet]);

const PAYMENT_PREFIXES: [(&str, Network); 2] = [
    ("addr", Network::Cardano),
    ("addr_test", Network::CardanoTestnet),
];

const STAKE_PREFIXES: [(&str, Network); 2] = [
    ("stake", Network::Cardano),
    ("stake_test", Network::CardanoTestnet),
];

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    chars: (CHARS_MIN, HEX_DIGITS_MAX),
    read,
};

/// Reads a Cardano address.
fn read(text: &str, reading: &mut Draft) {
    if text.len() < CHARS_MIN {
        return;
    }
    if let Some((prefix, network)) = prefix_of(text) {
        return read_bech32(text, prefix, network, reading);
    }
    let (prefix, digits) = evm::split_prefix(text.as_bytes());
    let mut buffer = [0; HEX_DIGITS_MAX / 2];
    let length = digits.len() / 2;
    let is_hex = buffer
        .get_mut(..length)
        .is_some_and(|bytes| const_hex::decode_to_slice(digits, bytes).is_ok());
    if is_hex {
        read_hex(&buffer[..length], !prefix.is_empty(), reading);
    } else {
        byron::read(text, reading);
    }
}

/// Writes the address in `extra`, or if there is none that fits, the shortest
/// one of a credential. Returns whether there is such an address.
pub(in crate::address) fn write(
    kind: Kind,
    networks: Networks,
    payload: &[u8],
    extra: &[u8],
    out: &mut String,
) -> bool {
    if kind == Kind::CardanoByron {
        byron::write(payload, out);
        return true;
    }
    let fits = payload.len() == SHORT_BYTES && payload[0] <= IS_SCRIPT;
    if !fits || !networks.intersects(NETWORKS) {
        return false;
    }
    let given = Address::of(extra).filter(|given| {
        let is_meant = given.network().is_some_and(|of| networks.contains(of));
        given.kind == kind && given.payload == *payload && is_meant
    });
    if given.is_some() {
        write_bytes(kind, extra, out);
    } else {
        let of_kind = match kind {
            Kind::CardanoStake => REWARD,
            _ => ENTERPRISE,
        };
        let is_main = networks.contains(Network::Cardano);
        let mut bytes = [0; SHORT_BYTES];
        bytes.copy_from_slice(payload);
        bytes[0] = (of_kind | payload[0]) << 4 | u8::from(is_main);
        write_bytes(kind, &bytes, out);
    }
    true
}

/// Writes the bytes of an address whose network is known.
fn write_bytes(kind: Kind, bytes: &[u8], out: &mut String) {
    let [main, test] = prefixes_of(kind);
    let (prefix, _) = if bytes[0] & 15 == 1 { main } else { test };
    bech32::encode(prefix, bech32::unpack(bytes), Variant::Bech32, out);
}

/// Returns the prefix a text begins with, and its network.
fn prefix_of(text: &str) -> Option<(&'static str, Network)> {
    let known = |prefix: &str| {
        let mut prefixes = PAYMENT_PREFIXES.iter().chain(&STAKE_PREFIXES);
        prefixes
            .find(|(name, _)| name.eq_ignore_ascii_case(prefix))
            .copied()
    };
    matches!(text.as_bytes().first(), Some(b'a' | b's' | b'A' | b'S'))
        .then(|| bech32::prefix_of(text).and_then(known))
        .flatten()
}

/// Returns what an address of a kind begins with: on the main network, and on
/// the others.
fn prefixes_of(kind: Kind) -> [(&'static str, Network); 2] {
    match kind {
        Kind::CardanoStake => STAKE_PREFIXES,
        _ => PAYMENT_PREFIXES,
    }
}

fn read_bech32(text: &str, prefix: &str, network: Network, reading: &mut Draft) {
    let mut symbols = [0; SYMBOLS_MAX];
    let Some(decoded) = bech32::decode(text, &mut symbols) else {
        return;
    };
    let Some(variant) = decoded.variant else {
        if decoded.data.len() >= SYMBOLS_MIN {
            reading.reject(Fault::Checksum);
        }
        return;
    };
    let mut bytes = [0; BASE_BYTES];
    let Some(length) = bech32::pack(decoded.data, &mut bytes) else {
        return;
    };
    let bytes = &bytes[..length];
    let Some(address) = Address::of(bytes) else {
        return;
    };
    let is_of_kind = prefixes_of(address.kind)
        .iter()
        .any(|(name, _)| *name == prefix);
    let fault = if variant != Variant::Bech32 {
        Some(Fault::ChecksumKind)
    } else if decoded.is_mixed_case {
        Some(Fault::MixedCase)
    } else if !is_of_kind {
        Some(Fault::NotAddressForm)
    } else {
        (address.network() != Some(network)).then_some(Fault::NetworkContradicts)
    };
    // What says two networks may be meant for either.
    let said = address.network().into_iter().chain([network]).collect();
    address
        .add(bytes, said, fault, reading)
        .checked(Checksum::Strong);
}

/// Reads the bytes of an address. With `0x` no wallet writes them.
fn read_hex(bytes: &[u8], is_prefixed: bool, reading: &mut Draft) {
    if byron::read_bytes(bytes, reading) {
        return;
    }
    let may_be = matches!(bytes.len(), SHORT_BYTES | BASE_BYTES)
        || (HEX_POINTER_BYTES_MIN..=POINTER_BYTES_MAX).contains(&bytes.len());
    let Some(address) = Address::of(bytes).filter(|_| may_be) else {
        return;
    };
    if let Some(network) = address.network() {
        let fault = is_prefixed.then_some(Fault::NotAddressForm);
        address.add(bytes, network.into(), fault, reading);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Flags, KeyClass, parse};

    // The addresses of CIP-19.
    const BASE: &str = "addr1qx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgse35a3x";
    const POINTER: &str = "addr1gx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer5pnz75xxcrzqf96k";
    const ENTERPRISE: &str = "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8";
    const OF_SCRIPT: &str = "addr128phkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gtupnz75xxcrtw79hu";
    const REWARDS: &str = "stake178phkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gtcccycj5";
    const TEST: &str = "addr_test1qz2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgs68faae";
    const CREDENTIAL: &str = "9493315cd92eb5d8c4304e67b7e16ae36d61d34502694657811a2c8e";

    fn in_hex(text: &str) -> String {
        let candidate = &parse(text).candidates[0];
        const_hex::encode(candidate.extra.as_deref().expect("the bytes"))
    }

    #[test]
    fn addresses_of_one_payment_credential_meet() {
        for text in [BASE, POINTER, ENTERPRISE] {
            let reading = parse(text);
            assert!(reading.is_strict(), "{text}");
            let candidate = &reading.candidates[0];
            assert_eq!(candidate.kind, Kind::Cardano);
            assert_eq!(candidate.key.class(), KeyClass::CardanoPayment);
            let payload = const_hex::encode(candidate.key.payload());
            assert_eq!(payload, format!("00{CREDENTIAL}"));
            assert_eq!(candidate.canonical(), text);
        }
        let script = &parse(OF_SCRIPT).candidates[0];
        assert_eq!(script.key.payload()[0], 1);
        assert_eq!(script.canonical(), OF_SCRIPT);
    }

    #[test]
    fn a_reward_address_is_keyed_by_its_stake_credential() {
        let reading = parse(REWARDS);
        assert!(reading.is_strict());
        assert_eq!(reading.candidates[0].kind, Kind::CardanoStake);
        assert_eq!(reading.candidates[0].key.payload()[0], 1);
        assert_eq!(reading.candidates[0].canonical(), REWARDS);
    }

    #[test]
    fn case_and_hex_are_only_spellings() {
        for text in [BASE, POINTER, ENTERPRISE, OF_SCRIPT, REWARDS, TEST] {
            let expected = parse(text).candidates;
            assert_eq!(parse(&text.to_uppercase()).candidates, expected);
            for digits in [in_hex(text), in_hex(text).to_uppercase()] {
                let reading = parse(&digits);
                assert!(reading.is_strict(), "{digits}");
                assert_eq!(reading.candidates[0].key, expected[0].key);
                assert_eq!(reading.candidates[0].canonical(), text);
            }
            let prefixed = parse(&format!("0x{}", in_hex(text)));
            assert_eq!(prefixed.fault, Some(Fault::NotAddressForm));
            assert_eq!(prefixed.candidates[0].key, expected[0].key);
        }
        assert!(parse(TEST).flags.contains(Flags::TESTNET));
    }

    #[test]
    fn other_hex_is_declined() {
        for digits in [
            format!("62{CREDENTIAL}"),
            format!("81{CREDENTIAL}"),
            format!("01{CREDENTIAL}"),
            format!("41{CREDENTIAL}818283"),
            format!("41{CREDENTIAL}0102038182"),
            format!("41{CREDENTIAL}010203"),
            format!("61{CREDENTIAL}00"),
        ] {
            let candidates = parse(&digits).candidates;
            assert!(
                candidates.iter().all(|one| one.kind != Kind::Cardano),
                "{digits}"
            );
        }
    }

    #[test]
    fn slips_are_noticed_and_lesser_faults_are_lenient() {
        let slipped = parse(&ENTERPRISE.replace("hrl8", "hrl9"));
        assert_eq!(slipped.fault, Some(Fault::Checksum));
        assert_eq!(slipped.candidates[0].kind, Kind::Opaque);
        let key = &parse(ENTERPRISE).candidates[0].key;
        let mixed = parse(&ENTERPRISE.replace("addr1vx2", "Addr1VX2"));
        assert_eq!(mixed.fault, Some(Fault::MixedCase));
        assert_eq!(mixed.candidates[0].key, *key);
        let bytes = const_hex::decode(in_hex(ENTERPRISE)).expect("hex");
        for (prefix, variant, fault) in [
            ("addr", Variant::Bech32m, Fault::ChecksumKind),
            ("addr_test", Variant::Bech32, Fault::NetworkContradicts),
            ("stake", Variant::Bech32, Fault::NotAddressForm),
        ] {
            let mut text = String::new();
            bech32::encode(prefix, bech32::unpack(&bytes), variant, &mut text);
            let reading = parse(&text);
            assert_eq!(reading.fault, Some(fault), "{text}");
            assert_eq!(reading.candidates[0].key, *key);
            assert_eq!(reading.candidates[0].canonical(), ENTERPRISE);
        }
    }

    #[test]
    fn without_its_bytes_a_credential_is_written_in_the_shortest_form() {
        let payload = [&[0][..], &const_hex::decode(CREDENTIAL).expect("hex")].concat();
        let mut text = String::new();
        assert!(write(
            Kind::Cardano,
            Network::Cardano.into(),
            &payload,
            &[],
            &mut text
        ));
        assert_eq!(text, ENTERPRISE);
        for (kind, start) in [
            (Kind::Cardano, "addr_test1v"),
            (Kind::CardanoStake, "stake_test1u"),
        ] {
            let mut text = String::new();
            assert!(write(
                kind,
                Network::CardanoTestnet.into(),
                &payload,
                &[],
                &mut text
            ));
            assert!(text.starts_with(start), "{text}");
            assert_eq!(parse(&text).candidates[0].key.payload(), payload);
        }
        assert!(!write(
            Kind::Cardano,
            Network::Monero.into(),
            &payload,
            &[],
            &mut text
        ));
    }
}
