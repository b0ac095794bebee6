use jiff::civil::date;

use super::*;
use crate::import::read::detect;

const REAL: &[u8] = include_bytes!("../../../tests/fixtures/lists/ransomwhere_2021-09-22.json");

fn read(bytes: &[u8]) -> Result<Vec<Row>, ReadError> {
    let files = vec![InputFile::of_bytes("export", bytes.to_vec())];
    let limits = Limits {
        text_bytes_max: 1_000,
        ..Limits::default()
    };
    super::super::open(Format::Ransomwhere, Category::Other, files, limits)?.collect()
}

#[test]
fn the_published_addresses_are_read() {
    assert_eq!(detect(REAL, "x"), Some(Format::Ransomwhere));
    let rows = read(REAL).expect("is whole");
    assert!(rows.iter().all(|row| row.fault.is_none()));
    assert_eq!(rows.len(), 3);
    let mut first = ListEntry::bare("17TMc2UkVRSga2yYvuxSD9Q1XyB2EPRjTF", Category::Ransomware);
    first.ticker = Some("bitcoin".to_owned());
    first.designation.subjects = vec!["Netwalker (Mailto)".to_owned()];
    first.listed_on = Some(date(2021, 7, 8));
    assert_eq!(rows[0].entry.as_ref(), Some(&first));
    assert_eq!(rows[0].locator.to_string(), "export:3");
    assert_eq!(rows[1].locator.line, 26);
}

#[test]
fn a_cut_export_is_refused_wherever_it_is_cut() {
    for cut in 0..REAL.trim_ascii_end().len() {
        assert!(read(&REAL[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn transactions_are_never_held() {
    // Far beyond what a value may be here.
    let transactions = "{\"hash\":\"aa\"},".repeat(100_000);
    let text = format!(
        "{{\"more\":\"{}\",\"result\":[{{\"transactions\":[{transactions}{{}}],\"address\":\"1a\"}}],\"x\":[1]}}",
        "y".repeat(1 << 20)
    );
    let rows = read(text.as_bytes()).expect("is whole");
    assert_eq!(
        rows[0].entry.as_ref().map(|entry| &*entry.address),
        Some("1a")
    );
}

#[test]
fn rows_without_an_address_are_faults() {
    let text = b"{\"result\":[{\"address\":\"1a\"},\n{\"family\":\"x\"},\n{\"address\":7},\n\"1b\",\n{\"address\":null},\n{\"address\":\"1c\",\"createdAt\":\"yesterday\"}]}";
    let rows = read(text).expect("is whole");
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
            (4, false, Some("NO_ADDRESS")),
            (5, false, Some("NO_ADDRESS")),
            (6, true, Some("BAD_DATE")),
        ]
    );
}

#[test]
fn what_came_instead_of_the_export_is_refused() {
    for (bytes, said) in [
        (&b"{\"error\":\"rate limited\"}"[..], "no `result`"),
        (b"{\"result\":{}}", "not an array"),
        (b"[]", "not an object"),
        (b"{\"result\":[],\"result\":[]}", "twice"),
        (
            b"{\"result\":[{\"address\":\"1a\",\"address\":\"1b\"}]}",
            "twice",
        ),
        (b"{\"result\":[]}", "no entries"),
        (b"", "no entries"),
    ] {
        let error = read(bytes).expect_err("is no export").to_string();
        assert!(error.contains(said), "{error}");
    }
}
