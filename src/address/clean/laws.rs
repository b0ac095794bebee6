//! Laws of the way from a text to its reading, tried on random noise.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::address::{Fault, Flags, Kind, Reading, TEXT_BYTES_MAX, parse};

/// Addresses with a checksum inside.
const CHECKED: &[&str] = &[
    "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC",
    "rPEPPER7kfTD9w2To4CQk6UCfuHM9c6GDY",
    "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
    "LVuDpNCSSj6pQ7t9Pv6d6sUkLKoqDEVUnJ",
    "DFpN6QqFfUm3gKNaxN6tNcab1FArL9cZLE",
    "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
    "XE7338O073KYGTWWZN0F2WZ0R8PX5ZPPZS",
    "41tQrTUaj2L93qVeWLaaUG3S2PP2rkaRB2woVf23r1tq3fbyCp36LmSWeMGiaLScUk6tB8f4SonDtRozPJq22i46JS1ZmLt",
];

/// Addresses without.
const UNCHECKED: &[&str] = &[
    "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf",
    "2gVkYWexTHR5Hb2aLeQN3tnngvWzisFKXDUPrgMHpdST",
    "417e5f4552091a69125d5dfcb7b8c2659029395bdf",
];

const INVISIBLE: &[char] = &[
    '\u{200b}',
    '\u{200d}',
    '\u{2060}',
    '\u{feff}',
    '\u{202e}',
    '\u{ad}',
    '\u{e0041}',
    '\0',
];

const SPACES: &[&str] = &[" ", "\n", "\r\n", "\t", "\u{a0}", "\u{3000}", "  "];

const QUOTES: &[(&str, &str)] = &[
    ("\"", "\""),
    ("“", "”"),
    ("«", "»"),
    ("(", ")"),
    ("<", ">"),
    ("", "."),
    ("", " *"),
    (" [", "], "),
];

const LOOK_ALIKES: &[(char, char)] = &[
    ('a', 'а'),
    ('c', 'с'),
    ('e', 'е'),
    ('p', 'р'),
    ('x', 'х'),
    ('T', 'Т'),
    ('H', 'Η'),
    ('M', 'М'),
];

/// Texts of everything that means something to somebody on the way.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        select(CHECKED).prop_map(str::to_owned),
        select(UNCHECKED).prop_map(str::to_owned),
        select(SPACES).prop_map(str::to_owned),
        select(INVISIBLE).prop_map(String::from),
        select(vec![
            "bitcoin:",
            "ethereum:",
            "solana:",
            "ton://transfer/",
            "eip155:1:",
            "web+stellar:pay?destination=",
            "?",
            "&",
            "=",
            "%",
            "%3A",
            "%zz",
            "@",
            "@1",
            "#",
            ":",
            "-",
            "/",
            "(tag 1)",
            " memo: x",
            "pay-",
            "address=",
            "bc=",
            "lightning=",
            "\u{fdfa}",
            "ﬁ",
            "é",
            "Н",
            "с",
            "０",
            "“",
            "”",
            "(",
            ")",
            "*",
            "xdc",
            "XE",
            "0x0001",
            "ms1",
            "[",
            "1,",
            ".eth",
            "$",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn full_width(c: char) -> char {
    match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c),
        _ => c,
    }
}

fn has_key(reading: &Reading, address: &str) -> bool {
    let key = &parse(address).candidates[0].key;
    reading.candidates.iter().any(|found| found.key == *key)
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic_and_a_fault_tells_whether_it_clears(text in prop_oneof![soup(), any::<String>()]) {
        let reading = parse(&text);
        for destination in 0..=reading.candidates.iter().map(|found| found.destination).max().unwrap_or(0) {
            let mut own = reading.candidates.iter().filter(|found| found.destination == destination);
            prop_assert!(!reading.is_strict() || own.any(|found| found.strict), "{text:?} {reading:?}");
        }
        if reading.flags.contains(Flags::LOOK_ALIKE_FOLDED) {
            prop_assert!(!reading.is_strict(), "{text:?} {reading:?}");
        }
        prop_assert!(text.len() > TEXT_BYTES_MAX || reading.fault != Some(Fault::TooLong));
    }

    #[test]
    fn what_nobody_reads_is_keyed_the_same_from_its_canonical_form(text in soup()) {
        let reading = parse(&text);
        let [only] = reading.candidates.as_slice() else { return Ok(()) };
        let canonical = only.canonical();
        if only.kind == Kind::Opaque && !canonical.starts_with("blake3:") {
            prop_assert!(has_key(&reading, &canonical), "{text:?} {canonical:?}");
        }
    }

    #[test]
    fn a_checksum_vouches_for_what_was_altered(
        address in select(CHECKED), at in any::<Index>(), mark in select(INVISIBLE), space in select(SPACES), quote in select(QUOTES),
    ) {
        let at = 1 + at.index(address.len() - 1);
        let (start, end) = address.split_at(at);
        let (open, close) = quote;
        for (text, flags) in [
            (format!("{start}{mark}{end}"), Flags::INVISIBLE_REMOVED.union(Flags::SUSPICIOUS)),
            (format!("{address}{mark}"), Flags::INVISIBLE_REMOVED),
            (format!("{start}{space}{end}"), Flags::SPACES_REMOVED.union(Flags::SUSPICIOUS)),
            (format!("{space}{address}{space}"), Flags::TRIMMED),
            (format!("{open}{address}{close}"), Flags::UNQUOTED),
            (format!("{}{end}", start.chars().map(full_width).collect::<String>()), Flags::COMPATIBILITY_FOLDED.union(Flags::SUSPICIOUS)),
        ] {
            let reading = parse(&text);
            prop_assert!(reading.is_strict(), "{text:?} {reading:?}");
            prop_assert!(has_key(&reading, address), "{text:?} {reading:?}");
            prop_assert!(reading.flags.contains(flags), "{text:?} {reading:?}");
        }
    }

    #[test]
    fn without_a_checksum_nothing_altered_clears(
        address in select(UNCHECKED), at in any::<Index>(), mark in select(INVISIBLE), space in select(SPACES),
    ) {
        let (start, end) = address.split_at(1 + at.index(address.len() - 1));
        for text in [
            format!("{start}{mark}{end}"),
            format!("{start}{space}{end}"),
            format!("{}{end}", start.chars().map(full_width).collect::<String>()),
        ] {
            let reading = parse(&text);
            prop_assert!(!reading.is_strict(), "{text:?} {reading:?}");
            prop_assert!(has_key(&reading, address), "{text:?} {reading:?}");
            prop_assert!(reading.flags.contains(Flags::SUSPICIOUS), "{text:?} {reading:?}");
        }
    }

    #[test]
    fn a_look_alike_matches_and_never_clears(address in select(CHECKED), which in select(LOOK_ALIKES)) {
        let (latin, other) = which;
        if !address.contains(latin) {
            return Ok(());
        }
        let reading = parse(&address.replace(latin, &other.to_string()));
        prop_assert!(has_key(&reading, address), "{reading:?}");
        prop_assert_eq!(reading.fault, Some(Fault::LookAlike));
    }

    #[test]
    fn an_address_among_words_matches_and_never_clears(address in select(CHECKED), before in "[a-z]{1,9}( [a-z]{1,9}){0,3}", after in "[a-z]{2,9}") {
        for text in [format!("{before} {address}"), format!("{address} {after}"), format!("{before} ({address}), {after}")] {
            let reading = parse(&text);
            prop_assert!(has_key(&reading, address), "{text:?} {reading:?}");
            prop_assert!(!reading.is_strict(), "{text:?} {reading:?}");
        }
    }
}
