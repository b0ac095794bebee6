use jiff::civil::date;

use super::*;
use crate::import::read::detect;
use crate::import::read::facts::Warning;
use crate::import::read::fault::RowFault;
use crate::list::ListEntry;

const MADE: &str = include_str!("../../../tests/fixtures/lists/made_entities.ftm.json");
const NESTED: &str = include_str!("../../../tests/fixtures/lists/made_targets.nested.json");

fn read(text: &str) -> Result<(Vec<Row>, Facts), ReadError> {
    let files = vec![InputFile::of_bytes("entities", text.as_bytes().to_vec())];
    let limits = Limits::default();
    let mut rows = super::super::open(Format::FollowTheMoney, Category::Scam, files, limits)?;
    let all = rows.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((all, rows.facts().clone()))
}

fn of<'a>(rows: &'a [Row], address: &str) -> &'a ListEntry {
    let mut entries = rows.iter().filter_map(|row| row.entry.as_ref());
    let found = entries.find(|entry| entry.address.starts_with(address));
    found.unwrap_or_else(|| panic!("{address} is not listed"))
}

#[test]
fn wallets_get_their_holders_and_orders_from_any_line() {
    let (rows, facts) = read(MADE).expect("is whole");
    // Counted with another reader of JSON: 8 addresses that are no digits, on
    // 7 of the 10 wallets; one wallet has nothing.
    assert_eq!(rows.iter().filter(|row| row.entry.is_some()).count(), 8);
    assert_eq!(facts.records, 9);
    assert_eq!(facts.licence.as_deref(), Some(LICENCE));

    let ronin = of(&rows, "0x098B716B8Aaf21512996dC57EB0615e2383E2f96");
    assert_eq!(ronin.ticker.as_deref(), Some("ETH"));
    assert_eq!(ronin.category, Category::Sanctions);
    assert_eq!(
        ronin.designation.subjects,
        ["Lazarus Group", "APPLEWORM", "الاسم"]
    );
    assert_eq!(ronin.designation.programs, ["DPRK3", "US-DPRK"]);
    assert_eq!(
        ronin.designation.subject_id.as_deref(),
        Some("made-lazarus")
    );
    assert_eq!(ronin.designation.designated_on, Some(date(2019, 9, 13)));
    assert_eq!((ronin.listed_on, ronin.delisted_on), (None, None));
    assert_eq!(
        ronin.reference.as_deref(),
        Some("https://sanctionssearch.ofac.treas.gov/")
    );
    assert_eq!(
        ronin.note.as_deref(),
        Some("listed by Office of Foreign Assets Control")
    );
    assert_eq!(rows[0].locator.to_string(), "entities:2");
}

#[test]
fn oddity_1_a_tron_address_keeps_the_ticker_it_was_published_with() {
    let (rows, _) = read(MADE).expect("is whole");
    let wang = of(&rows, "TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq");
    assert_eq!(wang.ticker.as_deref(), Some("XBT"));
    assert_eq!(wang.designation.designated_on, Some(date(2023, 10, 3)));
}

#[test]
fn a_wallet_is_delisted_when_its_last_order_ends_and_only_then() {
    let (rows, _) = read(MADE).expect("is whole");
    let unaccused = MADE.replace("\"crime.terror\"", "\"fin.bank\"");
    let ahead = read(&unaccused).expect("is whole").0;
    let ahead = of(&ahead, "TWB9");
    assert_eq!(ahead.category, Category::Sanctions, "by its order");
    assert_eq!(
        (ahead.listed_on, ahead.delisted_on),
        (Some(date(2026, 7, 1)), Some(date(2028, 7, 1)))
    );
    let lifted = of(&rows, "TPQr");
    assert_eq!(lifted.category, Category::Sanctions, "by its orders");
    assert_eq!(
        (lifted.listed_on, lifted.delisted_on),
        (Some(date(2021, 6, 30)), Some(date(2025, 6, 29)))
    );
    assert_eq!(of(&rows, "TJTf").delisted_on, None, "one order is open");

    // An order against the holder keeps it listed as well.
    let held = MADE.replace(
        "\"publicKey\":[\"TPQrYqxT2ss3BSq5VrAdX9FyrC11Sb4PH2\"]",
        "\"publicKey\":[\"TPQrYqxT2ss3BSq5VrAdX9FyrC11Sb4PH2\"],\"holder\":[\"made-lazarus\"]",
    );
    assert_eq!(
        of(&read(&held).expect("is whole").0, "TPQr").delisted_on,
        None
    );
}

#[test]
fn accounts_at_exchanges_are_counted_and_are_no_addresses() {
    let (rows, facts) = read(MADE).expect("is whole");
    let digits = |row: &Row| {
        let entry = row.entry.as_ref();
        entry.is_some_and(|entry| entry.address.bytes().all(|byte| byte.is_ascii_digit()))
    };
    assert!(!rows.iter().any(digits));
    assert!(
        matches!(&facts.warnings[..], [Warning::NotListed { count: 2, first, .. }] if first.line == 16),
        "{facts:?}"
    );
    let only: Vec<&str> = MADE
        .lines()
        .filter(|line| line.contains("made-w-account"))
        .collect();
    let error = read(&(only.join("\n") + "\n")).expect_err("lists nothing");
    assert!(matches!(error, ReadError::Empty { .. }), "{error}");
}

#[test]
fn a_wallet_of_several_addresses_is_several_rows() {
    let (rows, _) = read(MADE).expect("is whole");
    for address in ["TPz3", "TL94"] {
        let entry = of(&rows, address);
        assert_eq!(entry.ticker.as_deref(), Some("tron"));
        assert_eq!(entry.category, Category::Other);
        assert_eq!(
            entry.note.as_deref(),
            Some("held at Binance; topics crime.cyber")
        );
        assert_eq!(entry.reference.as_deref(), Some("https://example.org/case"));
        assert_eq!(entry.designation.subject_id.as_deref(), Some("made-w-two"));
    }
    let family = of(&rows, "17TM");
    assert_eq!(family.category, Category::Theft);
    assert_eq!(family.designation.subjects, ["Netwalker (Mailto)"]);
    let last = rows.last().expect("there are rows");
    assert_eq!(
        (&last.entry, &last.fault),
        (&None, &Some(RowFault::NoAddress))
    );
}

#[test]
fn an_address_that_is_lost_is_a_row_beside_those_that_are_not() {
    let long = "a".repeat(2_049);
    let text = format!(
        "{{\"id\":\"w\",\"schema\":\"CryptoWallet\",\"properties\":\
         {{\"publicKey\":[\"1a\",\" \",\"{long}\",\"1b 1c\"]}}}}\n"
    );
    let (rows, _) = read(&text).expect("is whole");
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.entry.is_some(), row.fault.as_ref().map(RowFault::code)))
        .collect();
    assert_eq!(
        told,
        [
            (false, Some("NO_ADDRESS")),
            (false, Some("FIELD_TOO_LONG")),
            (true, None),
            (true, Some("SEVERAL_FIELDS")),
        ]
    );
}

#[test]
fn the_nested_form_says_the_same() {
    let (flat, _) = read(MADE).expect("is whole");
    let (nested, _) = read(NESTED).expect("is whole");
    assert_eq!(nested.len(), 3);
    for row in &nested {
        let entry = row.entry.as_ref().expect("is listed");
        assert_eq!(entry, of(&flat, &entry.address));
    }
}

#[test]
fn a_file_that_was_cut_is_refused_unless_between_two_lines() {
    for percent in 0..100 {
        let mut cut = MADE.len() * percent / 100;
        while !MADE.is_char_boundary(cut) {
            cut -= 1;
        }
        let is_between_lines = cut > 0 && MADE.as_bytes()[cut - 1] == b'\n';
        assert!(
            is_between_lines || read(&MADE[..cut]).is_err(),
            "{percent} %"
        );
    }
    let without_newline = MADE.trim_end();
    let error = read(without_newline).expect_err("may lack a line");
    assert!(matches!(error, ReadError::Truncated { .. }), "{error}");
}

#[test]
fn what_is_no_entity_is_refused() {
    let deep = "{\"id\":\"a\",\"schema\":\"Person\",\"properties\":{\"holder\":[".repeat(1_000);
    for bad in [
        "{\"id\":\"a\"}",
        "{\"schema\":\"CryptoWallet\"}",
        "[]",
        "{\"id\":\"a\",\"schema\":\"CryptoWallet\",\"properties\":[[\"1a\"]]}",
        "{\"id\":\"a\",\"schema\":\"CryptoWallet\",\"properties\":{\"publicKey\":\"1a\"}}",
        "{\"id\":\"a\",\"schema\":\"CryptoWallet\",\"properties\":{\"publicKey\":[1]}}",
        "{\"id\":\"a\",\"schema\":\"CryptoWallet\",\"properties\":{\"publicKey\":[],\"publicKey\":[]}}",
        "{\"id\":\"a\",\"id\":\"b\",\"schema\":\"CryptoWallet\"}",
        &deep,
    ] {
        let error = read(&format!("{bad}\n")).expect_err(&bad[..20.min(bad.len())]);
        assert!(
            matches!(error, ReadError::Malformed { line: 1, .. }),
            "{error}"
        );
    }
    for nothing in [
        "",
        "\n",
        "{\"id\":\"a\",\"schema\":\"Person\",\"properties\":{}}\n",
    ] {
        let error = read(nothing).expect_err("lists nothing");
        assert!(matches!(error, ReadError::Empty { .. }), "{error}");
    }
}

#[test]
fn it_is_told_from_other_json() {
    for (text, format) in [
        (MADE, Some(Format::FollowTheMoney)),
        (NESTED, Some(Format::FollowTheMoney)),
        (
            "{\"id\":\"a\",\"schema\":\"x\",\"referents\":[",
            Some(Format::FollowTheMoney),
        ),
        ("{\"id\":\"a\",\"schema\":\"x\"}", None),
        ("{\"properties\":{}}", None),
    ] {
        assert_eq!(
            detect(&text.as_bytes()[..text.len().min(4_096)], "x"),
            format
        );
    }
}

const WALLET_OF_P: &str = "{\"id\":\"w\",\"schema\":\"CryptoWallet\",\"properties\":{\
    \"publicKey\":[\"0x098b716b8aaf21512996dc57eb0615e2383e2f96\"],\"holder\":[\"p\"]TOPICS}}\n\
    {\"id\":\"p\",\"schema\":\"Person\",\"properties\":{\"name\":[\"X\"]THEIRS}}\n";

#[test]
fn a_topic_overrules_the_end_of_every_order() {
    let end = "{\"id\":\"s\",\"schema\":\"Sanction\",\"properties\":\
               {\"entity\":[\"p\"],\"endDate\":[\"2020-01-01\"]}}\n";
    let sanction = ",\"topics\":[\"sanction\"]";
    for (own, theirs, delisted) in [
        ("", "", Some(date(2020, 1, 1))),
        (sanction, "", None),
        ("", sanction, None),
    ] {
        let text = WALLET_OF_P.replace("TOPICS", own).replace("THEIRS", theirs) + end;
        let (rows, _) = read(&text).expect("is whole");
        let entry = of(&rows, "0x");
        assert_eq!(entry.delisted_on, delisted, "{own} {theirs}");
        let note = delisted.is_none().then_some("an order ends on 2020-01-01");
        assert_eq!(entry.note.as_deref(), note);
    }
    let (rows, _) = read(MADE).expect("is whole");
    let ahead = of(&rows, "TWB9");
    assert_eq!(ahead.category, Category::TerroristFinancing);
    assert_eq!(
        (ahead.listed_on, ahead.delisted_on),
        (Some(date(2026, 7, 1)), None)
    );
}

#[test]
fn a_wallet_of_an_office_holder_is_counted_and_not_listed() {
    let pep = WALLET_OF_P
        .replace("TOPICS", "")
        .replace("THEIRS", ",\"topics\":[\"role.pep\"]");
    let (rows, facts) = read(&(pep.clone() + MADE)).expect("is whole");
    let is_theirs = |row: &&Row| row.locator.line == 1;
    assert_eq!(rows.iter().filter(is_theirs).count(), 0);
    assert!(
        matches!(&facts.warnings[0], Warning::NotListed { count: 1, first, .. } if first.line == 1),
        "{facts:?}"
    );
    // A topic that accuses, an order, and nothing at all leave it listed.
    let order = "{\"id\":\"s\",\"schema\":\"Risk\",\"properties\":{\"entity\":[\"p\"]}}\n";
    for text in [
        pep.replace("role.pep", "role.pep\",\"debarment"),
        pep.replace("\"role.pep\"", ""),
        pep.clone() + order,
    ] {
        assert_eq!(read(&text).expect("is whole").0.len(), 1, "{text}");
    }
}

#[test]
fn what_is_held_of_wallets_is_bounded() {
    let wallet = "{\"id\":\"ID\",\"schema\":\"CryptoWallet\",\"properties\":{\
                  \"publicKey\":[\"aID\"],\"holder\":[\"p\",\"p\"]}}\n";
    let many: String = (0..1_000)
        .map(|id| wallet.replace("ID", &id.to_string()))
        .collect();
    let holders = format!(
        "{{\"id\":\"w\",\"schema\":\"CryptoWallet\",\"properties\":{{\"publicKey\":[\"1a\"],\
         \"holder\":[{}\"p\"]}}}}\n",
        "\"p\",".repeat(10_000)
    );
    for text in [many, holders] {
        let with = |held_bytes_max| {
            let files = vec![InputFile::of_bytes("e", text.as_bytes().to_vec())];
            let limits = Limits {
                held_bytes_max,
                ..Limits::default()
            };
            super::super::open(Format::FollowTheMoney, Category::Scam, files, limits)
                .expect("opens")
                .collect::<Result<Vec<_>, _>>()
        };
        let error = with(100_000).expect_err("is too much");
        assert!(
            matches!(error, ReadError::Limit { max: 100_000, .. }),
            "{error}"
        );
        with(2 << 20).expect("fits");
    }
}
