use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;

use super::*;
use crate::address::{Fault, Kind};

const WALLETS: &[u8] = include_bytes!("../../../tests/fixtures/lists/nbctf/wallets.csv");
const RELEASES: &[u8] = include_bytes!("../../../tests/fixtures/lists/nbctf/releases.csv");

const HEADER: &str = "שם מלא,תעודת זהות,דרכון,תאריך לידה,מספר זיהוי הארנק האלקטרוני/ יוזר,מטבע\r\n";

fn read_files(files: &[&[u8]]) -> Result<(Vec<Row>, Facts), ReadError> {
    let file = |(at, bytes): (usize, &&[u8])| InputFile::of_bytes(format!("f{at}"), bytes.to_vec());
    let files = files.iter().enumerate().map(file).collect();
    let mut rows = super::super::open(Format::Nbctf, Category::Other, files, Limits::default())?;
    let all = rows.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((all, rows.facts().clone()))
}

fn rows_of(text: &str) -> Vec<Row> {
    let text = format!("{HEADER}{text}");
    read_files(&[text.as_bytes()]).expect("is a table").0
}

fn real() -> Vec<ListEntry> {
    let (rows, _) = read_files(&[WALLETS, RELEASES]).expect("is whole");
    rows.into_iter().filter_map(|row| row.entry).collect()
}

fn addresses(rows: &[Row]) -> Vec<&str> {
    let entries = rows.iter().filter_map(|row| row.entry.as_ref());
    entries.map(|entry| entry.address.as_str()).collect()
}

/// Goal: every cell of the real table is an entry or a named reason. The
/// numbers were counted by a script with another CSV reader: 889 cells, one
/// of them with two addresses, and 15 persons without one.
#[test]
fn every_wallet_of_the_table_is_listed_or_its_reason_named() {
    let (rows, facts) = read_files(&[RELEASES, WALLETS]).expect("is whole");
    let mut outcome = BTreeMap::new();
    for row in &rows {
        let kind = row.entry.as_ref().map(|entry| {
            let reading = address::parse(&entry.address);
            if reading.candidates[0].kind == Kind::Tron {
                "TRON"
            } else {
                "OTHER"
            }
        });
        let reason = || row.fault.as_ref().map(RowFault::code);
        *outcome.entry(kind.or_else(reason)).or_insert(0) += 1;
    }
    let expected = [
        (Some("TRON"), 404),
        (Some("OTHER"), 97),
        (Some("EXCHANGE_USER_ID"), 389),
        (Some("NO_ADDRESS"), 15),
    ];
    assert_eq!(outcome, BTreeMap::from(expected));
    assert_eq!(facts.records, rows.len() as u64);
    let categories: BTreeSet<_> = real().iter().map(|entry| entry.category).collect();
    assert_eq!(categories, BTreeSet::from([Category::TerroristFinancing]));
}

#[test]
fn what_reads_as_an_address_is_never_a_customers_number() {
    let (rows, _) = read_files(&[WALLETS]).expect("is whole");
    for row in &rows {
        if let Some(RowFault::ExchangeUserId(given)) = &row.fault {
            assert!(!address::parse(&given.to_string()).is_strict());
            assert_eq!(row.entry, None);
        }
    }
    // An address of digits alone is rare, and possible: it stays listed. So
    // does a Lisk account, and a number longer than any customer's.
    let digits = "1".repeat(21);
    let rows = rows_of(&format!(
        "צ.ת 1/26\r\n,,,,12154055877559948854L,LSK\r\n,,,,{digits},\r\n,,,,99999999999999999999,\r\n"
    ));
    assert_eq!(addresses(&rows), ["12154055877559948854L", &digits]);
    assert_eq!(
        rows[2].fault.as_ref().map(RowFault::code),
        Some("EXCHANGE_USER_ID")
    );
}

#[test]
fn an_order_gives_its_number_its_day_and_its_end() {
    let all = real();
    let first = &all[0];
    assert_eq!(first.address, "TWB9xgNG9nmJuwW4etsQEb9RRnrnVnoNnJ");
    assert_eq!(first.designation.programs, ["צ.ת 18/26"]);
    assert_eq!(first.designation.subject_id.as_deref(), Some("18/26"));
    assert_eq!(first.listed_on, Some(date(2026, 7, 1)));
    // In force until 1 July 2028, and on that day.
    assert_eq!(first.delisted_on, Some(date(2028, 7, 2)));
    let forfeited = all
        .iter()
        .find(|entry| entry.designation.subject_id.as_deref() == Some("44/21"))
        .expect("is there");
    assert_eq!(forfeited.listed_on, Some(date(2021, 7, 1)));
    assert_eq!(forfeited.delisted_on, None);
    assert_eq!(forfeited.note.as_deref(), Some("צו חילוט (צח 15/22)"));
    assert_eq!(
        forfeited.designation.subjects,
        ["ALI ISMAIL SHAFIQ ABUALKAS"]
    );
    assert_eq!(forfeited.ticker.as_deref(), Some("BTC"));
    let (_, facts) = read_files(&[WALLETS, RELEASES]).expect("is whole");
    assert_eq!(facts.published_on, Some(date(2026, 7, 1)));
}

/// Three orders have their wallets in an annex, which is no part of the table.
#[test]
fn orders_without_wallets_are_named() {
    let (_, facts) = read_files(&[WALLETS, RELEASES]).expect("is whole");
    let orders: Vec<_> = facts
        .warnings
        .iter()
        .map(|warning| match warning {
            Warning::OrderWithoutWallets { order } => order.as_str(),
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(orders, ["19/25", "43/25", "56/23"]);
}

#[test]
fn wallets_without_their_orders_have_no_dates_and_a_warning() {
    let (rows, facts) = read_files(&[WALLETS]).expect("is whole");
    let entries: Vec<_> = rows.iter().filter_map(|row| row.entry.as_ref()).collect();
    assert_eq!(entries.len(), 501);
    let dated = |entry: &&ListEntry| entry.listed_on.is_some() || entry.delisted_on.is_some();
    assert!(!entries.iter().any(dated));
    assert_eq!(entries[0].designation.subject_id.as_deref(), Some("18/26"));
    assert_eq!(
        facts.warnings,
        [Warning::OrdersUndated, Warning::NoPublishDate]
    );
}

#[test]
fn two_addresses_in_a_cell_are_two_entries() {
    let (rows, _) = read_files(&[WALLETS]).expect("is whole");
    let both: Vec<_> = rows.iter().filter(|row| row.locator.line == 604).collect();
    let texts: Vec<_> = both
        .iter()
        .filter_map(|row| Some(row.entry.as_ref()?.address.as_str()))
        .collect();
    assert_eq!(
        texts,
        [
            "0xc8fe1c81e927540fcc99ebb3c880a840082293da",
            "TR2nTb64cQMx6tqFwisoC6o7barFWHhPiw"
        ]
    );
    assert!(both.iter().all(|row| row.fault.is_none()));
    let rows = rows_of("צ.ת 1/26\r\n,,,,\"a1; 129855742\",\r\n,,,,a b,\r\n");
    assert_eq!(addresses(&rows), ["a1", "a b"]);
    let codes: Vec<_> = rows
        .iter()
        .map(|row| row.fault.as_ref().map(RowFault::code))
        .collect();
    assert_eq!(
        codes,
        [None, Some("EXCHANGE_USER_ID"), Some("SEVERAL_FIELDS")]
    );
}

#[test]
fn a_tag_stays_with_its_address() {
    let all = real();
    let tagged: Vec<_> = all
        .iter()
        .filter(|entry| entry.address.contains("Address tag"))
        .collect();
    let tags: Vec<_> = tagged
        .iter()
        .map(|entry| {
            let reading = address::parse(&entry.address);
            let tag = reading.candidates[0].tag.clone();
            (
                reading.candidates[0].kind,
                tag.map(|tag| tag.as_str().to_owned()),
            )
        })
        .collect();
    let told = |kind, tag: &str| (kind, Some(tag.to_owned()));
    assert_eq!(
        tags,
        [
            told(Kind::Stellar, "1051035076"),
            told(Kind::Xrp, "102334770"),
            // An IOST account, of which nothing is known here.
            (Kind::Opaque, None),
            told(Kind::Cosmos, "104728783"),
        ]
    );
    assert_eq!(
        tagged[1].address,
        "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh (Address tag 102334770)*"
    );
}

#[test]
fn letters_of_other_alphabets_are_kept_as_published() {
    let found = "TН96tFMn8KGiYSLiwсV3E2UiaJc8jmcbz3";
    assert!(real().iter().any(|entry| entry.address == found));
    let reading = address::parse(found);
    assert_eq!(reading.fault, Some(Fault::LookAlike));
    assert_eq!(reading.candidates[0].kind, Kind::Tron);
}

#[test]
fn oddity_12_a_shared_deposit_address_is_listed_with_its_memo() {
    let shared = "bnb136ns6lfw4zs5hg4n85vdthaad7hq5m4gtkgf23 (Address tag 104728783)*";
    let all = real();
    let found = all.iter().find(|entry| entry.address == shared);
    assert_eq!(found.and_then(|entry| entry.ticker.as_deref()), Some("BNB"));
    assert!(address::parse(shared).candidates[0].tag.is_some());
}

#[test]
fn dashes_stand_for_nothing() {
    let rows =
        rows_of("צ.ת 1/26\r\n-,-,-,-,TA,-\r\nEID,,,,-,\r\n-,-,-,-,-,\r\n,,,,,\r\n,id,,,,\r\n");
    let entry = rows[0].entry.as_ref().expect("is listed");
    assert!(entry.designation.subjects.is_empty() && entry.ticker.is_none());
    let codes: Vec<_> = rows
        .iter()
        .map(|row| row.fault.as_ref().map(RowFault::code))
        .collect();
    assert_eq!(codes, [None, Some("NO_ADDRESS"), Some("NO_ADDRESS")]);
    let nameless = rows_of("צ.ת 1/26\r\nאנונימי,-,-,-,TA,BTC\r\n");
    let entry = nameless[0].entry.as_ref().expect("is listed");
    assert!(entry.designation.subjects.is_empty());
}

#[test]
fn a_row_out_of_column_keeps_the_address_it_has() {
    let tron = "TWB9xgNG9nmJuwW4etsQEb9RRnrnVnoNnJ";
    let rows = rows_of(&format!(
        "צ.ת 1/26\r\n,,{tron},\r\nEID,x\r\n,,,,{tron},\r\n"
    ));
    assert_eq!(addresses(&rows), [tron, tron]);
    let codes: Vec<_> = rows
        .iter()
        .map(|row| row.fault.as_ref().map(RowFault::code))
        .collect();
    assert_eq!(codes, [Some("COLUMNS"), Some("COLUMNS"), None]);
}

#[test]
fn an_order_that_is_not_known_or_whose_end_is_not_read_is_said() {
    let wallets = format!("{HEADER}צ.ת 1/26\r\n,,,,TA,\r\nצ.ת 2/26\r\n,,,,TB,\r\n");
    let releases = "סוג,תאריך עדכון,תוקף הצו\r\nצ.ת 1/26,02.02.2026,בוטל\r\n";
    let (rows, facts) = read_files(&[wallets.as_bytes(), releases.as_bytes()]).expect("is whole");
    assert_eq!(
        facts.warnings,
        [
            Warning::OrderValidityUnknown {
                order: "1/26".to_owned(),
                given: "בוטל".to_owned()
            },
            Warning::OrderUnknown {
                order: "2/26".to_owned()
            },
        ]
    );
    let notes: Vec<_> = rows
        .iter()
        .filter_map(|row| row.entry.as_ref()?.note.as_deref())
        .collect();
    assert_eq!(notes, ["בוטל"]);
    let bad = "סוג,תאריך עדכון,תוקף הצו\r\nצ.ת 1/26,32.02.2026,-\r\n";
    let error = read_files(&[wallets.as_bytes(), bad.as_bytes()]).expect_err("no day");
    assert!(
        matches!(error, ReadError::Malformed { line: 2, .. }),
        "{error}"
    );
}

#[test]
fn of_an_amended_order_the_first_day_and_the_last_end_count() {
    let wallets = format!("{HEADER}צ.ת 1/26\r\n,,,,TA,\r\n");
    let releases = "סוג,תאריך עדכון,תוקף הצו\r\nצ.ת 1/26 - תיקון,3.12.2026,01.01.2029\r\n\
                    צ.ת 1/26,02.02.2026,01.01.2028\r\nנספח 1/26,5.12.2026,-\r\n";
    let (rows, facts) = read_files(&[wallets.as_bytes(), releases.as_bytes()]).expect("is whole");
    let entry = rows[0].entry.as_ref().expect("is listed");
    assert_eq!(entry.listed_on, Some(date(2026, 2, 2)));
    assert_eq!(entry.delisted_on, Some(date(2029, 1, 2)));
    assert_eq!(facts.published_on, Some(date(2026, 12, 5)));
}

/// Goal: no prefix of the table passes for the table, where that can be told.
/// Method: cut at every hundredth. A cut that is taken lies between two rows,
/// and every order that is lost is named.
#[test]
fn a_cut_table_is_refused_or_its_lost_orders_are_named() {
    for percent in 0..100 {
        let cut = &WALLETS[..WALLETS.len() * percent / 100];
        let Ok((rows, facts)) = read_files(&[cut, RELEASES]) else {
            continue;
        };
        assert!(cut.ends_with(b"\n"), "cut at {percent} %");
        let last = rows.last().and_then(|row| row.entry.as_ref());
        let in_last_order =
            last.is_some_and(|entry| entry.designation.subject_id.as_deref() == Some("44/21"));
        assert!(
            in_last_order || facts.warnings.len() > 3,
            "cut at {percent} %"
        );
        let cut = &RELEASES[..RELEASES.len() * percent / 100];
        if let Ok((_, facts)) = read_files(&[WALLETS, cut]) {
            let is_unknown = |warning: &Warning| matches!(warning, Warning::OrderUnknown { .. });
            assert!(facts.warnings.iter().any(is_unknown), "cut at {percent} %");
        }
    }
    let order_last = format!("{HEADER}צ.ת 2/26\r\n,,,,TA,\r\nצ.ת 1/26\r\n");
    for cut in [
        &order_last,
        &HEADER.to_owned(),
        &format!("{HEADER}צ.ת 2/26\r\n,,,,TA,"),
    ] {
        assert!(read_files(&[cut.as_bytes()]).is_err(), "{cut}");
    }
}

#[test]
fn the_tables_are_told_apart_and_each_is_taken_once() {
    for files in [
        &[RELEASES][..],
        &[WALLETS, WALLETS],
        &[RELEASES, RELEASES],
        &[WALLETS, RELEASES, RELEASES],
    ] {
        let error = read_files(files).expect_err("wrong files");
        assert!(matches!(error, ReadError::WrongFileCount { .. }), "{error}");
    }
    let other = read_files(&[b"a,b,c\n"]).expect_err("another table");
    assert!(matches!(other, ReadError::Malformed { .. }), "{other}");
    for empty in [&b""[..], b"\xef\xbb\xbf\r\n"] {
        let error = read_files(&[empty]).expect_err("empty");
        assert!(matches!(error, ReadError::Empty { .. }), "{error}");
    }
    for table in [WALLETS, RELEASES] {
        let marked = [b"\xef\xbb\xbf", &table[..1_000]].concat();
        assert_eq!(super::super::detect(&marked, "x"), Some(Format::Nbctf));
    }
}

#[test]
fn hostile_tables_are_refused_or_said() {
    let long = "9".repeat(2_049);
    let rows = rows_of(&format!("צ.ת 1/26\r\n,,,,{long},\r\n,,,,a\0b,\r\n"));
    let codes: Vec<_> = rows
        .iter()
        .map(|row| row.fault.as_ref().map(RowFault::code))
        .collect();
    assert_eq!(codes, [Some("FIELD_TOO_LONG"), Some("CONTROL_CHARACTER")]);
    let invalid = [HEADER.as_bytes(), b",,,,TA\xff,\r\n,,,,TA,\r\n"].concat();
    let (rows, _) = read_files(&[&invalid]).expect("is read");
    assert_eq!(rows[0].fault, Some(RowFault::NotUtf8));
    let token = format!("{HEADER},,,,{},\r\n", "x".repeat(10 << 20));
    let error = read_files(&[token.as_bytes()]).expect_err("too long");
    assert!(matches!(error, ReadError::Limit { .. }), "{error}");
    let quote = format!("{HEADER},,,,\"TA,\r\n");
    let error = read_files(&[quote.as_bytes()]).expect_err("cut");
    assert!(matches!(error, ReadError::Truncated { .. }), "{error}");
}

proptest::proptest! {
    #[test]
    fn no_likely_table_panics(
        wallets in "(,,,,|צ.ת 1/26\n|[a-z0-9/,;\"\n\r -]){0,80}",
        orders in "(צ.ת 1/26,|1.2.2026|[0-9./,\"\n -]){0,60}",
    ) {
        let wallets = format!("{HEADER}{wallets}");
        let orders = format!("סוג,תאריך עדכון,תוקף הצו\n{orders}");
        let _ = read_files(&[wallets.as_bytes(), orders.as_bytes()]);
    }
}
