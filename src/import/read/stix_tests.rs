use jiff::civil::date;

use super::*;
use crate::import::read::detect;
use crate::import::read::facts::Warning;
use crate::import::read::fault::RowFault;
use crate::list::{Confidence, ListEntry};

const MADE: &str = include_str!("../../../tests/fixtures/lists/made_stix_bundle.json");

fn read(files: &[&str]) -> Result<(Vec<Row>, Facts), ReadError> {
    let files = files.iter().enumerate();
    let files = files
        .map(|(at, text)| InputFile::of_bytes(format!("bundle-{at}"), text.as_bytes().to_vec()));
    let limits = Limits {
        // The descriptions in the bundle are longer.
        text_bytes_max: 4_000,
        ..Limits::default()
    };
    let mut rows = super::super::open(Format::Stix, Category::Scam, files.collect(), limits)?;
    let all = rows.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((all, rows.facts().clone()))
}

fn entries(rows: &[Row]) -> Vec<&ListEntry> {
    rows.iter().filter_map(|row| row.entry.as_ref()).collect()
}

fn of<'a>(rows: &'a [Row], address: &str) -> Vec<&'a ListEntry> {
    let mut entries = entries(rows);
    entries.retain(|entry| entry.address.starts_with(address));
    entries
}

#[test]
fn a_wallet_and_its_indicator_are_one_row_with_its_subject() {
    let (rows, _) = read(&[MADE]).expect("is whole");
    let both = of(&rows, "17TM");
    assert_eq!(both.len(), 1);
    assert_eq!(both[0].category, Category::Ransomware);
    assert_eq!(both[0].designation.subjects, ["Netwalker", "Mailto"]);
    assert_eq!(both[0].ticker.as_deref(), Some("BTC"), "the wallet's");
    assert_eq!(both[0].listed_on, Some(date(2021, 7, 8)));
    assert_eq!(both[0].confidence, Some(Confidence::High));
    assert_eq!(both[0].note.as_deref(), Some("Indicator 10"));
    assert_eq!(
        both[0].reference.as_deref(),
        Some("indicator--00000000-0000-4000-8000-000000000010")
    );
    // A wallet that an indicator does not name has its subject all the same.
    let through = of(&rows, "1Kcw");
    assert_eq!(through[0].designation.subjects, ["Netwalker", "Mailto"]);
    assert_eq!(through[0].category, Category::Ransomware);
    assert_eq!(rows[0].locator.to_string(), "bundle-0:37");
}

#[test]
fn what_is_revoked_is_delisted_and_what_is_no_longer_valid_is_not() {
    let (rows, _) = read(&[MADE]).expect("is whole");
    let revoked = of(&rows, "1GuP");
    assert_eq!(revoked[0].delisted_on, Some(date(2022, 3, 4)));
    assert_eq!(
        revoked[0].reference.as_deref(),
        Some("https://example.org/report")
    );
    let old = of(&rows, "12t9")[0];
    assert_eq!(old.delisted_on, None);
    assert_eq!(
        old.note.as_deref(),
        Some("Indicator 12; valid until 2031-01-02")
    );
    // The indicator of this wallet was revoked, but does not name it.
    assert_eq!(of(&rows, "115p")[0].delisted_on, None);
    assert_eq!(of(&rows, "17TM")[0].delisted_on, None);

    let undated = MADE.replace(
        "\"modified\": \"2022-03-04T00:00:00Z\"",
        "\"modified\": \"\"",
    );
    let (rows, _) = read(&[&undated]).expect("is whole");
    assert_eq!(of(&rows, "1GuP")[0].delisted_on, None);
    let faults = rows
        .iter()
        .filter_map(|row| row.fault.as_ref().map(RowFault::code));
    assert_eq!(faults.filter(|&code| code == "BAD_DATE").count(), 2);
}

#[test]
fn a_holder_is_a_note_and_a_revoked_relationship_is_nothing() {
    let (rows, _) = read(&[MADE]).expect("is whole");
    let lazarus = of(&rows, "0x098B");
    // By a revoked indicator, and as a wallet that is related to nothing else.
    assert_eq!(lazarus.len(), 2);
    let wallet = lazarus.iter().find(|entry| entry.delisted_on.is_none());
    let wallet = wallet.expect("the wallet is listed");
    assert_eq!(wallet.designation.subjects, ["Lazarus Group"]);
    assert_eq!(wallet.note.as_deref(), Some("held by An Exchange"));
    assert_eq!(wallet.category, Category::Scam, "the import's own");
}

#[test]
fn a_pattern_that_is_not_understood_is_a_fault() {
    let (rows, facts) = read(&[MADE]).expect("is whole");
    let codes: Vec<_> = rows.iter().filter_map(|row| row.fault.as_ref()).collect();
    assert_eq!(codes.len(), 1);
    assert_eq!(codes[0].code(), "BAD_PATTERN");
    // Counted with another reader of JSON: 4 wallets, of which one has an
    // indicator of its own, and 3 indicators of 4 addresses, and 1 unclear.
    assert_eq!((facts.records, entries(&rows).len()), (8, 7));
}

#[test]
fn a_wallet_that_says_more_than_its_indicator_is_a_row_too() {
    let more = |relation: &str| {
        format!(
            "{{\"objects\":[{{\"type\":\"cryptocurrency-wallet\",\"id\":\"w\",\"value\":\"1a\"}},\
             {{\"type\":\"indicator\",\"id\":\"i\",\"pattern\":\"[cryptocurrency-wallet:value = '1a']\"}},\
             {{\"type\":\"relationship\",\"source_ref\":\"i\",\"target_ref\":\"w\"}},\
             {{\"type\":\"campaign\",\"id\":\"c\",\"name\":\"C\"}}{relation}]}}"
        )
    };
    assert_eq!(read(&[&more("")]).expect("is whole").0.len(), 1);
    let relation = ",{\"type\":\"relationship\",\"source_ref\":\"c\",\"target_ref\":\"w\"}";
    let (rows, _) = read(&[&more(relation)]).expect("is whole");
    let subjects: Vec<_> = entries(&rows)
        .iter()
        .map(|entry| entry.designation.subjects.join(""))
        .collect();
    assert_eq!(subjects, ["C", ""]);
}

#[test]
fn of_several_versions_the_last_one_counts() {
    let version = |modified: &str, revoked: bool| {
        format!(
            "{{\"type\":\"indicator\",\"id\":\"i\",\"modified\":\"{modified}\",\"revoked\":{revoked},\
             \"pattern\":\"[cryptocurrency-wallet:value = '1a']\"}}"
        )
    };
    let (old, new) = (
        version("2021-01-01T00:00:00Z", false),
        version("2022-01-01T00:00:00Z", true),
    );
    for objects in [format!("{old},{new}"), format!("{new},{old}")] {
        let (rows, _) = read(&[&format!("{{\"objects\":[{objects}]}}")]).expect("is whole");
        assert_eq!(rows.len(), 1);
        assert_eq!(entries(&rows)[0].delisted_on, Some(date(2022, 1, 1)));
    }
}

#[test]
fn a_cut_bundle_is_refused() {
    for percent in 0..100 {
        let cut = MADE.trim_end().len() * percent / 100;
        assert!(read(&[&MADE[..cut]]).is_err(), "{percent} %");
    }
}

#[test]
fn what_is_no_bundle_is_refused() {
    for (text, said) in [
        ("{\"type\":\"indicator\",\"objects\":[]}", "not `bundle`"),
        ("{\"title\":\"Unauthorized\"}", "no `objects`"),
        ("{\"objects\":{}}", "not an array"),
        ("[]", "not a bundle"),
        ("{\"objects\":[]} {}", "after the end"),
        ("{\"objects\":[]}", "no entries"),
        (
            "{\"objects\":[{\"type\":\"malware\",\"type\":\"x\"}]}",
            "twice",
        ),
    ] {
        let error = read(&[text]).expect_err(text).to_string();
        assert!(error.contains(said), "{text}: {error}");
    }
    let without_wallets = "{\"type\":\"bundle\",\"objects\":[{\"type\":\"malware\"}]}";
    assert_eq!(
        read(&[without_wallets, MADE]).expect("is whole").1.records,
        8
    );
    assert!(read(&[without_wallets]).is_err());
}

#[test]
fn a_wallet_without_an_address_is_a_fault() {
    let text = "{\"objects\":[{\"type\":\"cryptocurrency-wallet\",\"value\":\"1a\"},\n\
                {\"type\":\"cryptocurrency-wallet\"},\n{\"type\":\"cryptocurrency-wallet\",\"value\":1},\n\
                {\"type\":\"indicator\",\"pattern\":\"[cryptocurrency-wallet:value = 'a b']\",\"pattern_type\":\"yara\"},\n\
                {\"type\":\"indicator\",\"pattern\":\"[cryptocurrency-wallet:value != '1z']\"},7]}";
    let (rows, _) = read(&[text]).expect("is whole");
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            let code = row.fault.as_ref().map(RowFault::code);
            (row.locator.line, row.entry.is_some(), code)
        })
        .collect();
    assert_eq!(
        told,
        [
            (1, true, None),
            (2, false, Some("NO_ADDRESS")),
            (3, false, Some("NOT_TEXT")),
            (4, false, Some("BAD_PATTERN")),
            (4, true, Some("SEVERAL_FIELDS")),
        ]
    );
}

#[test]
fn bundles_are_told_from_other_json() {
    let start = &MADE.as_bytes()[..4_096];
    assert_eq!(detect(start, "x"), Some(Format::Stix));
    let other_order = b"{\"objects\":[{\"type\":\"x\",\"spec_version\":\"2.1\"";
    assert_eq!(detect(other_order, "x"), Some(Format::Stix));
    assert_eq!(
        detect(b"{\"type\":\"FeatureCollection\",\"objects\":[", "x"),
        None
    );
}

const WALLET: &str =
    "{\"type\":\"cryptocurrency-wallet\",\"id\":\"w\",\"value\":\"1a\",\"holder_ref\":\"h\"}";
const INDICATOR: &str = "{\"type\":\"indicator\",\"id\":\"i\",\"pattern\":\"[cryptocurrency-wallet:value = '1a']\",\
    \"modified\":\"2024-05-01T00:00:00Z\"}";
const ACTOR: &str = "{\"type\":\"threat-actor\",\"id\":\"t\",\"name\":\"T\"}";
const VICTIM: &str = "{\"type\":\"identity\",\"id\":\"identity--v\",\"name\":\"V\"}";

fn related(kind: &str, from: &str, to: &str) -> String {
    format!(
        "{{\"type\":\"relationship\",\"relationship_type\":\"{kind}\",\"source_ref\":\"{from}\",\
         \"target_ref\":\"{to}\"}}"
    )
}

fn bundle(objects: &[&str]) -> (Vec<Row>, Facts) {
    read(&[&format!("{{\"objects\":[{}]}}", objects.join(","))]).expect("is whole")
}

#[test]
fn only_revoked_indicators_that_name_a_wallet_delist_it_and_none_with_a_subject() {
    let revoked = INDICATOR.replace("\"modified\"", "\"revoked\":true,\"modified\"");
    let other = revoked.replace("'1a'", "'1b'");
    let expired = INDICATOR.replace(
        "\"modified\"",
        "\"valid_until\":\"2024-06-01T00:00:00Z\",\"modified\"",
    );
    let based = related("based-on", "i", "w");
    let owns = related("related-to", "t", "w");
    for (objects, delisted) in [
        (&[WALLET, &revoked, &based][..], true),
        (&[WALLET, &other, &based], false),
        (&[WALLET, &expired, &based], false),
        (&[WALLET, &revoked, &based, ACTOR, &owns], false),
    ] {
        let (rows, _) = bundle(objects);
        let wallet = rows
            .iter()
            .find(|row| row.locator.line == 1)
            .expect("is listed");
        let wallet = wallet.entry.as_ref().expect("is listed");
        let day = delisted.then_some(date(2024, 5, 1));
        assert_eq!(wallet.delisted_on, day, "{objects:?}");
    }
}

#[test]
fn versions_are_compared_by_time_and_a_revoked_relationship_by_its_version() {
    let early = INDICATOR.replace("\"modified\"", "\"revoked\":true,\"modified\"");
    let late = INDICATOR.replace("00Z", "00.500Z");
    for objects in [[&*early, &*late], [&*late, &*early]] {
        assert_eq!(entries(&bundle(&objects).0)[0].delisted_on, None);
    }
    let link = |id: &str| related("indicates", "i", "t").replacen('{', &format!("{{{id},"), 1);
    let old = link("\"id\":\"r\",\"modified\":\"2024-01-01T00:00:00Z\"");
    let gone = link("\"id\":\"r\",\"modified\":\"2024-02-01T00:00:00Z\",\"revoked\":true");
    for objects in [
        [INDICATOR, ACTOR, &old, &gone],
        [INDICATOR, ACTOR, &gone, &old],
    ] {
        let (rows, _) = bundle(&objects);
        assert!(entries(&rows)[0].designation.subjects.is_empty());
    }
    let (rows, _) = bundle(&[INDICATOR, ACTOR, &old]);
    assert_eq!(entries(&rows)[0].designation.subjects, ["T"]);
}

#[test]
fn what_is_benign_and_whose_it_may_be_as_a_victim_is_counted_and_not_listed() {
    let other = "{\"type\":\"cryptocurrency-wallet\",\"value\":\"1z\"}";
    let benign = INDICATOR.replace(
        "\"modified\"",
        "\"indicator_types\":[\"benign\"],\"modified\"",
    );
    let owns = related("owns", "identity--v", "w");
    for objects in [&[other, &benign][..], &[other, WALLET, VICTIM, &owns]] {
        let (rows, facts) = bundle(objects);
        assert_eq!(entries(&rows).len(), 1);
        assert_eq!(entries(&rows)[0].address, "1z");
        assert!(
            matches!(&facts.warnings[..], [Warning::NotListed { count: 1, .. }]),
            "{facts:?}"
        );
    }
    // With an actor or an indicator it is listed.
    let actor = related("uses", "t", "w");
    let based = related("based-on", "i", "w");
    assert_eq!(
        of(&bundle(&[WALLET, VICTIM, &owns, ACTOR, &actor]).0, "1a").len(),
        1
    );
    assert_eq!(
        of(&bundle(&[WALLET, VICTIM, &owns, INDICATOR, &based]).0, "1a").len(),
        2
    );
}

#[test]
fn whom_an_indicator_targets_is_not_its_subject() {
    let targets = related("targets", "i", "identity--v");
    let created = related("created-by", "i", "identity--v");
    let (rows, _) = bundle(&[INDICATOR, VICTIM, &targets, &created]);
    assert!(entries(&rows)[0].designation.subjects.is_empty());
}

#[test]
fn each_address_of_an_indicator_has_the_ticker_of_its_own_wallet() {
    let both = INDICATOR.replace("= '1a'", "IN ('1a', '1b', '1c')");
    let symbol = |id: &str, address: &str, symbol: &str| {
        format!(
            "{{\"type\":\"cryptocurrency-wallet\",\"id\":\"{id}\",\"value\":\"{address}\",\"symbol\":\"{symbol}\"}}"
        )
    };
    let (a, b) = (symbol("wa", "1a", "BTC"), symbol("wb", "1b", "ETH"));
    let (to_a, to_b) = (related("x", "i", "wa"), related("x", "i", "wb"));
    let (rows, _) = bundle(&[&both, &a, &b, &to_a, &to_b]);
    let told: Vec<_> = entries(&rows)
        .iter()
        .map(|entry| (&*entry.address, entry.ticker.as_deref()))
        .collect();
    assert_eq!(
        told,
        [("1a", Some("BTC")), ("1b", Some("ETH")), ("1c", None)]
    );
}

#[test]
fn an_indicator_of_many_wallets_takes_no_more_than_they_do() {
    let mut objects = vec![INDICATOR.replace("'1a'", "'1z'")];
    for id in 0..5_000 {
        let wallet = WALLET.replace("\"w\"", &format!("\"w{id}\""));
        objects.push(wallet.replace("\"1a\"", &format!("\"a{id}\"")));
        for _ in 0..3 {
            objects.push(related("x", "i", &format!("w{id}")));
        }
    }
    let text = format!("{{\"objects\":[{}]}}", objects.join(","));
    let with = |held_bytes_max| {
        let files = vec![InputFile::of_bytes("b", text.as_bytes().to_vec())];
        let limits = Limits {
            held_bytes_max,
            ..Limits::default()
        };
        super::super::open(Format::Stix, Category::Scam, files, limits)
            .expect("opens")
            .collect::<Result<Vec<_>, _>>()
    };
    assert_eq!(with(8 << 20).expect("fits").len(), 5_001);
    let error = with(100_000).expect_err("is too much");
    assert!(
        matches!(error, ReadError::Limit { max: 100_000, .. }),
        "{error}"
    );
}
