use std::collections::BTreeMap;

use super::*;
use crate::address::{self, Flags};
use crate::list::Confidence;

macro_rules! pack {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("../../../tests/fixtures/lists/tagpacks/", $name)),
        )
    };
}

/// The packs in hand, as published.
const PACKS: [(&str, &[u8]); 12] = [
    pack!("binance_hack.yaml"),
    pack!("blender_io.yaml"),
    pack!("hacks.yaml"),
    pack!("hydra.yaml"),
    pack!("lazarus.yaml"),
    pack!("lockbit_tattoos.yaml"),
    pack!("ofac.yaml"),
    pack!("plustoken.yaml"),
    pack!("ransomware.yaml"),
    pack!("ronin_bridge.yaml"),
    pack!("tornado_cash.yaml"),
    pack!("usdt_blacklist.yaml"),
];

pub(super) const PACK: &str = "title: T\ncreator: C\nlabel: L\nsource: https://example.org\n\
currency: BTC\nconfidence: forensic\nabuse: scam\nlastmod: 2021-11-12\ntags:\n";

pub(super) fn named(name: &str) -> &'static [u8] {
    let found = PACKS.into_iter().find(|(known, _)| *known == name);
    found.expect("is in hand").1
}

pub(super) fn read_with(bytes: &[u8], limits: Limits) -> Result<(Vec<Row>, Facts), ReadError> {
    let file = InputFile::of_bytes("pack.yaml", bytes.to_vec());
    let mut rows = super::super::open(Format::TagPack, Category::Other, vec![file], limits)?;
    let all = rows.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((all, rows.facts().clone()))
}

pub(super) fn read(bytes: &[u8]) -> Result<(Vec<Row>, Facts), ReadError> {
    read_with(bytes, Limits::default())
}

pub(super) fn rows(text: &str) -> Vec<Row> {
    read(text.as_bytes()).expect("is a pack").0
}

pub(super) fn refused(text: &[u8]) -> ReadError {
    read(text).expect_err("is refused")
}

/// Counts rows by what became of them: a category's name, or a fault's code.
fn outcome(rows: &[Row]) -> BTreeMap<&'static str, usize> {
    let mut outcome = BTreeMap::new();
    for row in rows {
        let what = match (&row.entry, &row.fault) {
            (Some(entry), None) => entry.category.name(),
            (_, Some(fault)) => fault.code(),
            (None, None) => "NOTHING",
        };
        *outcome.entry(what).or_default() += 1;
    }
    outcome
}

/// The numbers were counted by a script with another YAML reader.
#[test]
fn the_packs_in_hand_give_the_listings_they_hold() {
    for (name, tags, expected, published) in [
        ("binance_hack.yaml", 44, &[("THEFT", 44)][..], "2021-11-12"),
        ("blender_io.yaml", 45, &[("MIXER", 45)], "2022-05-16"),
        (
            "hacks.yaml",
            608,
            &[("NOT_A_LISTING", 430), ("THEFT", 178)],
            "2021-11-12",
        ),
        ("hydra.yaml", 117, &[("SANCTIONS", 117)], "2023-05-10"),
        ("lazarus.yaml", 21, &[("SANCTIONS", 21)], "2022-04-15"),
        ("ofac.yaml", 572, &[("SANCTIONS", 572)], "2024-02-26"),
        ("plustoken.yaml", 12, &[("SCAM", 12)], "2021-11-12"),
        (
            "ransomware.yaml",
            7_178,
            &[("RANSOMWARE", 7_178)],
            "2021-11-14",
        ),
        ("ronin_bridge.yaml", 6, &[("THEFT", 6)], "2022-04-05"),
        ("tornado_cash.yaml", 39, &[("MIXER", 39)], "2022-08-10"),
        (
            "usdt_blacklist.yaml",
            774,
            &[("OTHER", 760), ("PLACEHOLDER_ADDRESS", 14)],
            "2023-02-22",
        ),
    ] {
        let (rows, facts) = read(named(name)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(rows.len(), tags, "{name}");
        assert_eq!(facts.records, tags as u64, "{name}");
        let expected: BTreeMap<_, _> = expected.iter().copied().collect();
        assert_eq!(outcome(&rows), expected, "{name}");
        let date = facts.published_on.map(|date| date.to_string());
        assert_eq!(date.as_deref(), Some(published), "{name}");
        assert_eq!(facts.warnings, [], "{name}");
    }
}

/// They were paid by LockBit, for a tattoo.
#[test]
fn a_pack_of_people_who_are_accused_of_nothing_is_refused() {
    let error = refused(named("lockbit_tattoos.yaml"));
    assert!(matches!(error, ReadError::NothingListed { .. }), "{error}");
    assert!(error.to_string().contains("category user"), "{error}");
}

#[test]
fn victims_in_a_pack_of_thieves_are_counted_and_not_listed() {
    let (rows, _) = read(named("hacks.yaml")).expect("is whole");
    let victim = &rows[0];
    assert_eq!(victim.locator.to_string(), "pack.yaml:8");
    assert_eq!(victim.entry, None);
    let fault = victim.fault.as_ref().expect("is said");
    assert_eq!(fault.to_string(), "not a listing: category exchange");
    assert!(!fault.loses_addresses());
    let thief = rows.last().and_then(|row| row.entry.clone());
    let thief = thief.expect("is listed");
    assert_eq!(thief.address, "18ywz63JuUjsQ9kWyKs48dnRd2w1Hix7FY");
    assert_eq!(thief.category, Category::Theft);
    assert_eq!(thief.confidence, Some(Confidence::Low));
    assert_eq!(thief.designation.subjects, ["Bter hack"]);
}

#[test]
fn a_tag_takes_from_the_header_what_it_does_not_say() {
    let (rows, _) = read(named("lazarus.yaml")).expect("is whole");
    let first = rows[0].entry.as_ref().expect("is listed");
    assert_eq!(first.address, "134r8iHv69xdT6p5qVKTsHrcUEuBVZAYak");
    assert_eq!(first.ticker.as_deref(), Some("BTC"));
    assert_eq!(first.designation.subjects, ["Lazarus group"]);
    assert_eq!(
        first.designation.subject_id.as_deref(),
        Some("lazarusgroup")
    );
    assert_eq!(first.confidence, Some(Confidence::High));
    assert_eq!(first.listed_on, None);
    let page =
        "https://www.treasury.gov/resource-center/sanctions/OFAC-Enforcement/Pages/20200302.aspx";
    assert_eq!(first.reference.as_deref(), Some(page));
    let last = rows[20].entry.as_ref().expect("is listed");
    assert_eq!(last.ticker.as_deref(), Some("ETH"));
    assert_eq!(rows[20].locator.line, 53);
    let own = rows_of("- address: a1\n  label: own\n  abuse: ransomware\n  network: TRX\n");
    let own = own[0].entry.as_ref().expect("is listed");
    assert_eq!(own.category, Category::Ransomware);
    assert_eq!(own.designation.subjects, ["own"]);
    assert_eq!(own.ticker.as_deref(), Some("BTC"));
}

pub(super) fn rows_of(tags: &str) -> Vec<Row> {
    rows(&format!("{PACK}{tags}"))
}

#[test]
fn a_header_field_after_the_tags_holds_for_them() {
    let text = "label: L\ncurrency: BTC\ntags:\n- address: a1\nsource: s\nabuse: scam\n";
    let rows = rows(text);
    let entry = rows[0].entry.as_ref().expect("is listed");
    assert_eq!(entry.category, Category::Scam);
    assert_eq!(entry.reference.as_deref(), Some("s"));
}

#[test]
fn a_tag_can_take_back_what_the_header_accuses_of() {
    let rows = rows_of("- address: a1\n- address: a2\n  abuse: null\n");
    assert!(rows[0].entry.is_some());
    assert_eq!(
        rows[1].fault.as_ref().map(RowFault::code),
        Some("NOT_A_LISTING")
    );
}

/// Unquoted, these are numbers to a YAML reader that guesses types.
#[test]
fn an_address_of_digits_stays_text() {
    let hex = "0x1234567890123456789012345678901234567890";
    let octal = "0o17";
    let digits = "00123456789012345678901234567890";
    let float = "1e10";
    let text = format!(
        "- address: {hex}\n- address: {octal}\n- address: {digits}\n- address: {float}\n- address: 2001-01-01\n"
    );
    let rows = rows_of(&text);
    let addresses: Vec<_> = rows
        .iter()
        .filter_map(|row| Some(row.entry.as_ref()?.address.as_str()))
        .collect();
    assert_eq!(addresses, [hex, octal, digits, float, "2001-01-01"]);
}

#[test]
fn a_blank_within_the_quotes_is_kept_and_read_past() {
    let (rows, _) = read(named("tornado_cash.yaml")).expect("is whole");
    let last = rows[38].entry.as_ref().expect("is listed");
    assert_eq!(last.address, "0x4736dCf1b7A3d580672CcE6E7c65cd5cc9cFBa9D ");
    let reading = address::parse(&last.address);
    assert!(reading.is_strict() && reading.flags.contains(Flags::TRIMMED));
}

#[test]
fn an_xmr_address_cut_by_the_scraper_is_kept_and_faulty() {
    let (rows, _) = read(named("ofac.yaml")).expect("is whole");
    let cut: Vec<_> = rows
        .iter()
        .filter_map(|row| row.entry.as_ref())
        .filter(|entry| entry.ticker.as_deref() == Some("XMR") && entry.address.len() == 67)
        .collect();
    assert_eq!(cut.len(), 2);
    for entry in cut {
        assert!(address::parse(&entry.address).fault.is_some());
    }
}

/// It has been there since 2020, and is no Monero address.
#[test]
fn oddity_2_64_hex_digits_under_xmr_are_kept_as_published() {
    let (rows, _) = read(named("ofac.yaml")).expect("is whole");
    let hex = "5be5543ff73456ab9f2d207887e2af87322c651ea1a873c5b25b7ffae456c320";
    let found = rows
        .iter()
        .filter_map(|row| row.entry.as_ref())
        .find(|entry| entry.address == hex);
    assert_eq!(found.and_then(|entry| entry.ticker.as_deref()), Some("XMR"));
}

#[test]
fn oddity_11_a_bitcoin_address_in_small_letters_is_kept_and_faulty() {
    let (rows, _) = read(named("plustoken.yaml")).expect("is whole");
    let entries: Vec<_> = rows.iter().filter_map(|row| row.entry.as_ref()).collect();
    let small = entries
        .iter()
        .find(|entry| entry.address == "14bwh6gmvol5ntwbvxqjkjdtzv4y5ebtvm");
    let small = small.expect("is kept as published");
    assert!(address::parse(&small.address).fault.is_some());
}

#[test]
fn currencies_that_are_none_are_kept_as_published() {
    let rows = rows_of("- address: a1\n  currency: BEP2\n- address: a2\n  currency: Green\n");
    let tickers: Vec<_> = rows
        .iter()
        .filter_map(|row| row.entry.as_ref()?.ticker.as_deref())
        .collect();
    assert_eq!(tickers, ["BEP2", "Green"]);
}

#[test]
fn what_no_word_covers_is_named_in_the_note() {
    let rows = rows_of("- address: a1\n  abuse: sextortion\n  context: '{\"a\": 1}'\n");
    let entry = rows[0].entry.as_ref().expect("is listed");
    assert_eq!(entry.category, Category::Other);
    assert_eq!(entry.note.as_deref(), Some("abuse: sextortion; {\"a\": 1}"));
}

#[test]
fn newer_packs_name_the_abuse_among_the_concepts() {
    let text = "label: L\ncurrency: BTC\nsource: s\ntags:\n- address: a1\n  concepts: [organization, ransomware]\n";
    let entry = rows(text)[0].entry.clone().expect("is listed");
    assert_eq!(entry.category, Category::Ransomware);
}

/// Goal: no prefix of a pack passes for the pack, where that can be told.
/// Method: cut each at every hundredth; a cut that is taken must lie between
/// two tags, or before what a tag may lack.
#[test]
fn a_cut_pack_is_refused() {
    for (name, bytes) in PACKS {
        let text = std::str::from_utf8(bytes).expect("is UTF-8");
        for percent in 0..100 {
            let cut = text.floor_char_boundary(text.len() * percent / 100);
            let Ok((rows, _)) = read(&text.as_bytes()[..cut]) else {
                continue;
            };
            assert!(text[..cut].ends_with('\n'), "{name} cut at {percent} %");
            let last = text[..cut].rfind("- address:").expect("has a tag");
            let lacks_label = name == "ransomware.yaml" && !text[last..cut].contains("label:");
            let lacks_currency = name == "ofac.yaml" && !text[last..cut].contains("currency:");
            assert!(!lacks_label && !lacks_currency, "{name} cut at {percent} %");
            assert_eq!(rows.len(), text[..cut].matches("- address:").count());
        }
    }
}

#[test]
fn a_last_tag_without_what_the_others_have_is_cut() {
    let whole = "source: s\nabuse: scam\ntags:\n- address: a1\n  label: L\n  currency: BTC\n\
                 - address: a2\n  label: L\n  currency: BTC\n";
    assert_eq!(rows(whole).len(), 2);
    for cut in ["  currency: BTC\n", "  label: L\n  currency: BTC\n"] {
        let error = refused(whole.strip_suffix(cut).expect("ends so").as_bytes());
        assert!(matches!(error, ReadError::Truncated { .. }), "{error}");
    }
    let one = "abuse: scam\ntags:\n- address: a1\n";
    assert!(matches!(
        refused(one.as_bytes()),
        ReadError::Truncated { .. }
    ));
    // Where no tag has a currency, the last one need not.
    let none = "source: s\nabuse: scam\nlabel: L\ntags:\n- address: a1\n- address: a2\n";
    assert_eq!(rows(none).len(), 2);
}

#[test]
fn a_pack_without_tags_is_no_list() {
    for text in ["", "# nothing\n", "---\n", "tags: []\n", "tags:\n"] {
        let error = refused(text.as_bytes());
        assert!(matches!(error, ReadError::Empty { .. }), "{text}: {error}");
    }
    for text in [
        "title: T\n",
        "- a\n- b\n",
        "just text\n",
        "tags:\n- a\n",
        "tags: text\n",
        "tags:\n  a: b\n",
        "[]: x\ntags:\n- address: a\n",
    ] {
        let error = refused(text.as_bytes());
        assert!(
            matches!(error, ReadError::Malformed { .. }),
            "{text}: {error}"
        );
    }
}

#[test]
fn several_packs_are_one_publication_of_the_latest_day() {
    let file = |name: &str| InputFile::of_bytes(name, named(name));
    let files = vec![
        file("lockbit_tattoos.yaml"),
        file("ronin_bridge.yaml"),
        file("binance_hack.yaml"),
    ];
    let mut rows = super::super::open(Format::TagPack, Category::Other, files, Limits::default())
        .expect("opens");
    let all: Vec<Row> = rows.by_ref().collect::<Result<_, _>>().expect("is whole");
    assert_eq!(all.len(), 18 + 6 + 44);
    assert_eq!(all[18].locator.to_string(), "ronin_bridge.yaml:11");
    let date = rows.facts().published_on.map(|date| date.to_string());
    assert_eq!(date.as_deref(), Some("2022-10-17"));
}

#[test]
fn a_pack_is_told_by_how_it_begins() {
    for (name, bytes) in PACKS {
        let start = &bytes[..bytes.len().min(4_096)];
        assert_eq!(
            super::super::detect(start, "x"),
            Some(Format::TagPack),
            "{name}"
        );
    }
}
