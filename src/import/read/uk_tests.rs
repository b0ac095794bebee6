//! Three real designations, whole and cut, and made ones that are odd.

use proptest::prelude::*;

use super::super::{Facts, ReadError, Row};
use super::*;
use crate::list::Category;

/// Three designations of the list of 2 October 2026.
const REAL: &str =
    include_str!("../../../tests/fixtures/lists/uk_sanctions_2026-10-02_excerpt.xml");

/// Made: odd texts, names and dates.
const ODD: &str = include_str!("../../../tests/fixtures/lists/made_uk_odd.xml");

/// Made from the columns of the CSV and the facts of the XML.
const CSV: &str = include_str!("../../../tests/fixtures/lists/made_uk_sanctions.csv");

const TRON: &str = "TA1hsikRfsgGiW9nEBpT4tEXEySTNYLr2d";

fn read_within(bytes: &[u8], limits: Limits) -> Result<(Vec<Row>, Facts), ReadError> {
    let file = InputFile::of_bytes("uk", bytes.to_vec());
    let mut rows = super::super::open(Format::UkSanctions, Category::Other, vec![file], limits)?;
    let all = rows.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((all, rows.facts().clone()))
}

fn read(text: &str) -> Result<(Vec<Row>, Facts), ReadError> {
    read_within(text.as_bytes(), Limits::default())
}

/// Subject, ticker, address and fault of each row.
fn told(rows: &[Row]) -> Vec<(u64, String, Option<&'static str>)> {
    let tell = |row: &Row| {
        let entry = row.entry.as_ref();
        let text = entry.map_or_else(String::new, |entry| {
            let id = entry.designation.subject_id.as_deref().unwrap_or("?");
            let ticker = entry.ticker.as_deref().unwrap_or("-");
            format!("{id} {ticker} {}", entry.address)
        });
        (
            row.locator.line,
            text,
            row.fault.as_ref().map(|fault| fault.code()),
        )
    };
    rows.iter().map(tell).collect()
}

fn xml(inside: &str) -> String {
    format!(
        "<Designations><Designation><UniqueID>X1</UniqueID>{inside}</Designation></Designations>"
    )
}

/// 40 and 3 of them, counted by a script with a Base58Check of its own.
#[test]
fn wallets_in_the_free_text_of_real_designations_are_found() {
    let (rows, facts) = read(REAL).expect("is whole");
    assert_eq!((rows.len(), facts.records), (43, 3));
    assert!(rows.iter().all(|row| row.fault.is_none()), "{rows:?}");
    assert_eq!(facts.published_on, Some(jiff::civil::date(2026, 10, 2)));
    let entries: Vec<_> = rows.iter().filter_map(|row| row.entry.as_ref()).collect();
    let of = |id: &str| {
        let is_of =
            |entry: &&&crate::list::ListEntry| entry.designation.subject_id.as_deref() == Some(id);
        entries.iter().filter(is_of).count()
    };
    assert_eq!((of("GHR0190"), of("RUS3602"), of("AFG0001")), (40, 3, 0));
    for (row, line) in REAL.lines().enumerate().flat_map(|(at, line)| {
        let on_line = rows
            .iter()
            .filter(move |row| row.locator.line == at as u64 + 1);
        on_line.map(move |row| (row, line))
    }) {
        let address = &row.entry.as_ref().expect("an address").address;
        assert!(
            line.contains(address.as_str()),
            "{address} is not on {}",
            row.locator
        );
    }
    let exmo = entries.last().expect("there are 43");
    assert_eq!(exmo.address, "TCQqA58EmX6AnUZKPCogL2Q441B4ThbJGN");
    assert_eq!(exmo.category, Category::Sanctions);
    let designation = &exmo.designation;
    assert_eq!(
        designation.subjects,
        ["EXMO EXCHANGE LIMITED", "EXMO", "EXMO PAYMENTS LTD."]
    );
    assert_eq!(
        designation.programs,
        ["The Russia (Sanctions) (EU Exit) Regulations 2019"]
    );
    assert_eq!(
        designation.designated_on,
        Some(jiff::civil::date(2026, 5, 26))
    );
    assert_eq!(exmo.listed_on, None);
    assert_eq!(exmo.note.as_deref(), Some("named in OtherInformation"));
    assert_eq!(
        exmo.reference.as_deref(),
        Some("https://search-uk-sanctions-list.service.gov.uk/designations/RUS3602/Entity")
    );
}

#[test]
fn odd_texts_lose_no_address() {
    let (rows, facts) = read(ODD).expect("is whole");
    assert_eq!(
        told(&rows),
        [
            (
                16,
                "CTD0001 ETH 0x175d44451403Edf28469dF03A9280c1197ADb92c".into(),
                None
            ),
            (
                16,
                "CTD0001 BNB 0x175d44451403Edf28469dF03A9280c1197ADb92c".into(),
                None
            ),
            (
                17,
                "CTD0001 USDT TGJVc32ig2u8tQsYMLE7KXHT5NDQroaVNU".into(),
                None
            ),
            (18, String::new(), Some("ADDRESS_LIKE")),
            (
                19,
                "CTD0001 - TNZxGWCwvsHr6JxQxzoeDXV5\n      97Yf7Zb7nV".into(),
                Some("BROKEN")
            ),
            (
                22,
                "CTD0001 - ТН96tFMn8KGiYSLiwсV3E2UiaJc8jmcbz3".into(),
                Some("NOT_ASCII")
            ),
            (
                25,
                "CTD0001 XBT 3My1ffQr5qQzmq4aBFgRqwRYqfB5zPAt8t".into(),
                None
            ),
            (36, format!("CTD0002 - {TRON}"), Some("BAD_DATE")),
        ]
    );
    let first = rows[0].entry.as_ref().expect("an address");
    assert_eq!(
        first.designation.subjects,
        ["Anyone EXAMPLE", "Anyone EXEMPLAR & Sons", "مثال"]
    );
    let website = rows[6].entry.as_ref().expect("an address");
    assert_eq!(website.note.as_deref(), Some("named in Website"));
    let second = rows[7].entry.as_ref().expect("an address");
    assert_eq!(second.designation.designated_on, None);
    assert_eq!(second.reference, None);
    assert_eq!(facts.warnings, [super::super::Warning::NoPublishDate]);
    assert_eq!(facts.records, 2);
}

#[test]
fn the_table_says_what_the_document_says() {
    let (rows, facts) = read(CSV).expect("is whole");
    assert_eq!(
        told(&rows),
        [
            (
                3,
                "RUS3602 - TJqUC56SDZ373JYRurzXtMcor2HQvN9BaU".into(),
                None
            ),
            (
                3,
                "RUS3602 - TVa1p4aTVoHuF4EDGthn57FbKNbu4DRJkQ".into(),
                None
            ),
            (
                4,
                "RUS3602 - TCQqA58EmX6AnUZKPCogL2Q441B4ThbJGN".into(),
                None
            ),
            (
                8,
                "CTD0001 ETH 0x175d44451403Edf28469dF03A9280c1197ADb92c".into(),
                None
            ),
        ]
    );
    assert_eq!(facts.records, 3);
    assert_eq!(facts.published_on, Some(jiff::civil::date(2026, 10, 8)));
    let (document, _) = read(REAL).expect("is whole");
    let exmo = |rows: &[Row]| {
        let entries = rows.iter().filter_map(|row| row.entry.clone());
        let mut exmo = entries
            .filter(|entry| entry.designation.subject_id.as_deref() == Some("RUS3602"))
            .collect::<Vec<_>>();
        exmo.iter_mut().for_each(|entry| entry.note = None);
        exmo
    };
    assert_eq!(exmo(&rows), exmo(&document));
    let last = rows[3].entry.as_ref().expect("an address");
    assert_eq!(last.designation.subjects, ["Anyone EXAMPLE", "مثال"]);
    assert_eq!(
        last.note.as_deref(),
        Some("named in UK Statement of Reasons")
    );
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    let (rows, facts) = read(CSV).expect("is whole");
    let (other, other_facts) =
        read(&format!("\u{feff}{}", CSV.replace('\n', "\r\n"))).expect("is whole");
    assert_eq!((told(&rows), facts), (told(&other), other_facts));
}

#[test]
fn a_cut_document_is_refused() {
    for text in [REAL, ODD] {
        let bytes = text.trim_end().as_bytes();
        for hundredth in 0..100 {
            let cut = &bytes[..bytes.len() * hundredth / 100];
            assert!(
                read_within(cut, Limits::default()).is_err(),
                "{hundredth} %"
            );
        }
        let without_last = &bytes[..bytes.len() - 1];
        assert!(read_within(without_last, Limits::default()).is_err());
    }
}

/// A table that is cut between two lines looks whole: that is said in the
/// docs of the format. Every other cut is refused.
#[test]
fn a_cut_table_is_refused_but_for_a_cut_between_lines() {
    let bytes = CSV.as_bytes();
    let mut passed = 0;
    for cut in 0..bytes.len() {
        if read_within(&bytes[..cut], Limits::default()).is_ok() {
            assert_eq!(bytes[cut - 1], b'\n', "cut at {cut}");
            passed += 1;
        }
    }
    // Behind each of the rows but the last, which is the whole: the first two
    // lines are no rows, and one new line is within quotes.
    assert_eq!(passed, CSV.lines().count() - 2 - 1 - 1);
}

#[test]
fn what_is_no_uk_list_is_refused_with_a_reason() {
    for (text, wanted) in [
        ("", "holds no entries"),
        ("<Designations></Designations>", "holds no entries"),
        ("<sdnList/>", "begins with <sdnList>"),
        ("<!DOCTYPE a><Designations/>", "DOCTYPE"),
        ("<Designations>&bomb;</Designations>", "unknown entity"),
        (
            "<Designations><DateGenerated>2026-10-02</DateGenerated></Designations>",
            "DateGenerated `2026-10-02`",
        ),
        ("Report Date: 08-Oct-2026\n", "holds no entries"),
        ("Report Date: soon\n", "report date `soon`"),
        (
            "Report Date: 08-Oct-2026\nName,Other Information\na,b\n",
            "no `Unique ID` column",
        ),
        (
            "Report Date: 08-Oct-2026\nUnique ID,Name 6\n",
            "holds no entries",
        ),
        ("just text\n", "no `Unique ID` column"),
    ] {
        let error = read(text).expect_err(text).to_string();
        assert!(error.contains(wanted), "{text}: {error}");
    }
}

#[test]
fn lines_of_a_table_that_are_ragged_or_no_text_are_looked_through_and_reported() {
    let table = format!("Unique ID,Other Information\nA,b,{TRON}\nB,\u{fffd}\nC\n");
    let table = table.replace('\u{fffd}', "?").into_bytes();
    let table: Vec<u8> = table
        .iter()
        .map(|&byte| if byte == b'?' { 0xff } else { byte })
        .collect();
    let (rows, facts) = read_within(&table, Limits::default()).expect("reads");
    let mut told = told(&rows);
    told.sort();
    assert_eq!(
        told,
        [
            (2, String::new(), Some("COLUMNS")),
            (2, format!("A - {TRON}"), None),
            (3, String::new(), Some("NOT_UTF8")),
            (4, String::new(), Some("COLUMNS")),
        ]
    );
    assert_eq!(facts.records, 3);
}

#[test]
fn hostile_documents_are_stopped() {
    let deep = "<a>".repeat(100) + &"</a>".repeat(100);
    let error = read(&xml(&deep)).expect_err("deep").to_string();
    assert!(error.contains("depth"), "{error}");
    let long = "x".repeat((1 << 20) + 1);
    let error = read(&xml(&format!(
        "<OtherInformation>{long}</OtherInformation>"
    )))
    .expect_err("long");
    assert!(matches!(error, ReadError::Limit { .. }), "{error}");
    let limits = Limits {
        ids_max: 1,
        ..Limits::default()
    };
    let two = format!("<a>{TRON} 3My1ffQr5qQzmq4aBFgRqwRYqfB5zPAt8t</a>");
    let error = read_within(xml(&two).as_bytes(), limits).expect_err("too many");
    assert!(matches!(error, ReadError::Limit { max: 1, .. }), "{error}");
    let nul = format!("<OtherInformation>\0{TRON}\0</OtherInformation>");
    if let Ok((rows, _)) = read(&xml(&nul)) {
        assert_eq!(rows.len(), 1);
    }
    let bytes = [
        b"<Designations><Designation><X>\xff\xfe".as_slice(),
        TRON.as_bytes(),
        b"</X></Designation></Designations>",
    ]
    .concat();
    assert!(read_within(&bytes, Limits::default()).is_err());
}

#[test]
fn names_are_bounded_and_the_primary_one_is_first() {
    let alias =
        |number: usize| format!("<Name><Name6>A{number}</Name6><NameType>Alias</NameType></Name>");
    let aliases: String = (0..50).map(alias).collect();
    let names = format!(
        "<Names>{aliases}<Name><Name1>Given</Name1><Name6>FAMILY</Name6><NameType>primary name</NameType></Name></Names>\
         <NonLatinNames><NonLatinName><NameNonLatinScript>Имя</NameNonLatinScript></NonLatinName></NonLatinNames>\
         <Other>{TRON}</Other>"
    );
    let (rows, _) = read(&xml(&names)).expect("is whole");
    let subjects = &rows[0]
        .entry
        .as_ref()
        .expect("an address")
        .designation
        .subjects;
    assert_eq!(subjects.len(), Limits::default().names_max);
    assert_eq!(subjects[0], "Given FAMILY");
    assert_eq!(subjects.last().map(String::as_str), Some("Имя"));
}

proptest! {
    /// Goal: no single corrupted byte panics. Method: change one anywhere.
    #[test]
    fn one_changed_byte_does_no_harm(at in any::<prop::sample::Index>(), byte: u8) {
        for text in [REAL, ODD, CSV] {
            let mut bytes = text.as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = read_within(&bytes, Limits::default());
        }
    }
}
