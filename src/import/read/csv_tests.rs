//! interdict's own CSV: what each column means, what is refused, what is kept.

use jiff::civil::date;
use proptest::prelude::*;

use super::super::{RowFault, open};
use super::*;
use crate::list::{Confidence, Designation, Incident, ListEntry};

fn read(text: &str) -> Result<(Vec<Row>, Facts), ReadError> {
    let file = InputFile::of_bytes("own.csv", text.to_owned());
    let mut rows = open(Format::Csv, Category::Scam, vec![file], Limits::default())?;
    let all = rows.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((all, rows.facts().clone()))
}

fn refused(text: &str) -> ReadError {
    read(text).expect_err("is refused")
}

fn codes(rows: &[Row]) -> Vec<Option<&'static str>> {
    rows.iter()
        .map(|row| row.fault.as_ref().map(RowFault::code))
        .collect()
}

#[test]
fn every_column_arrives_in_any_order() {
    let text = "\u{feff}# published: 2026-08-20\r\n\
        note,address,ticker,category,subjects,programs,subject_id,designated_on,incident,incident_name,\
        incident_date,incident_loss_usd,incident_attributed_to,role,confidence,listed_on,delisted_on,reference\r\n\
        \"a, \"\"b\"\"\", 0xab ,ETH,theft,Doe\\; Jr.; Roe ;,A;B,7,2020-01-02,x,X 2024,2024-05-31,308000000,\
        Them,holding,medium,2021-01-02,2022-01-02,https://a\r\n";
    let (rows, facts) = read(text).expect("is whole");
    assert_eq!(
        (facts.published_on, facts.records),
        (Some(date(2026, 8, 20)), 1)
    );
    let expected = ListEntry {
        address: "0xab".to_owned(),
        ticker: Some("ETH".to_owned()),
        category: Category::Theft,
        designation: Designation {
            subjects: vec!["Doe; Jr.".to_owned(), "Roe".to_owned()],
            programs: vec!["A".to_owned(), "B".to_owned()],
            subject_id: Some("7".to_owned()),
            designated_on: Some(date(2020, 1, 2)),
        },
        incident: Some(Incident {
            id: "x".to_owned(),
            name: "X 2024".to_owned(),
            date: Some(date(2024, 5, 31)),
            loss_usd: Some(308_000_000),
            attributed_to: Some("Them".to_owned()),
        }),
        role: Some("holding".to_owned()),
        confidence: Some(Confidence::Medium),
        listed_on: Some(date(2021, 1, 2)),
        delisted_on: Some(date(2022, 1, 2)),
        reference: Some("https://a".to_owned()),
        note: Some("a, \"b\"".to_owned()),
        act: None,
        effect: crate::list::Effect::Lists,
    };
    assert_eq!(rows[0].entry.as_ref(), Some(&expected));
    assert_eq!((rows[0].fault.as_ref(), rows[0].locator.line), (None, 3));
}

#[test]
fn an_address_alone_is_enough() {
    let (rows, _) = read("address\n1a\n\n# c\n1b").expect("is whole");
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.locator.line, row.entry.clone()))
        .collect();
    let bare = |address: &str| Some(ListEntry::bare(address, Category::Scam));
    assert_eq!(found, [(2, bare("1a")), (5, bare("1b"))]);
}

#[test]
fn a_bad_value_is_left_out_and_the_entry_kept() {
    for (column, value, code) in [
        ("listed_on", "20/08/2026", "BAD_DATE"),
        ("delisted_on", "2026-02-30", "BAD_DATE"),
        ("designated_on", "2026-08-20T00:00:00", "BAD_DATE"),
        ("category", "MURDER", "BAD_CATEGORY"),
        ("confidence", "90%", "BAD_CONFIDENCE"),
        ("incident_loss_usd", "1.5M", "BAD_NUMBER"),
        ("incident_name", "X", "INCIDENT_UNNAMED"),
        ("note", &"x".repeat(4_097), "FIELD_TOO_LONG"),
    ] {
        let (rows, _) = read(&format!("address,{column}\n1a,{value}\n")).expect("is whole");
        assert_eq!(codes(&rows), [Some(code)], "{column}");
        assert_eq!(
            rows[0].entry,
            Some(ListEntry::bare("1a", Category::Scam)),
            "{column}"
        );
    }
    let (rows, _) = read(&format!("address,note\n1a,{}\n", "x".repeat(4_096))).expect("is whole");
    assert_eq!(codes(&rows), [None]);
}

#[test]
fn a_ragged_row_keeps_its_address() {
    let (rows, _) = read("address,note\n1a\n1b,x,y\n,x\n1c,x\n").expect("is whole");
    assert_eq!(
        codes(&rows),
        [Some("COLUMNS"), Some("COLUMNS"), Some("NO_ADDRESS"), None]
    );
    let kept: Vec<_> = rows.iter().map(|row| row.entry.is_some()).collect();
    assert_eq!(kept, [true, true, false, true]);
    let (rows, _) = read("note,address\nx\ny,1b\n").expect("is whole");
    assert_eq!(
        (codes(&rows)[0], rows[0].entry.as_ref()),
        (Some("COLUMNS"), None)
    );
}

#[test]
fn two_addresses_in_a_cell_are_reported_and_kept_whole() {
    let (rows, _) = read("address\n\"0xc8fe, TR2nTb\"\n").expect("is whole");
    assert_eq!(codes(&rows), [Some("SEVERAL_FIELDS")]);
    assert_eq!(
        rows[0].entry.as_ref().map(|entry| entry.address.as_str()),
        Some("0xc8fe, TR2nTb")
    );
}

#[test]
fn a_header_that_would_lose_something_is_refused() {
    assert!(
        refused("address,tiker\n1a,ETH\n")
            .to_string()
            .contains("unknown column `tiker`")
    );
    assert!(
        refused("note,ticker\n1a,ETH\n")
            .to_string()
            .contains("no `address` column")
    );
    assert!(
        refused("address,note,note\n1a,,\n")
            .to_string()
            .contains("there twice")
    );
    assert!(refused("1a,ETH\n").to_string().contains("unknown column"));
}

#[test]
fn a_list_that_counts_itself_is_held_to_it() {
    assert!(read("# records: 2\naddress\n1a\n1b\n").is_ok());
    let wrong = refused("# records: 2\naddress\n1a\n");
    assert!(matches!(
        wrong,
        ReadError::RecordCount {
            declared: 2,
            found: 1,
            ..
        }
    ));
    assert!(matches!(
        refused("# records: 1\naddress\n1a"),
        ReadError::Truncated { .. }
    ));
    assert!(
        refused("# records: 1\n# records: 1\naddress\n1a\n")
            .to_string()
            .contains("second")
    );
    assert!(
        refused("# records: many\naddress\n1a\n")
            .to_string()
            .contains("not a number")
    );
    assert!(
        refused("# published: May\naddress\n1a\n")
            .to_string()
            .contains("not a date")
    );
    let dates = "# published: 2026-01-01\n# published: 2026-01-02\naddress\n1a\n";
    assert!(refused(dates).to_string().contains("two publication dates"));
    // An operator may say that a list is empty; silence is not saying it.
    assert!(read("# records: 0\naddress\n").is_ok());
    for empty in [
        "",
        "\n",
        "# c\n",
        "address\n",
        "address\n,\n",
        "address,note\n,x\n",
    ] {
        assert!(
            matches!(refused(empty), ReadError::Empty { .. }),
            "{empty:?}"
        );
    }
}

/// Writes several values into one cell, the other way round from reading.
fn join_several(values: &[String]) -> String {
    let escaped = values
        .iter()
        .map(|value| value.replace('\\', "\\\\").replace(';', "\\;"));
    escaped.collect::<Vec<_>>().join(";")
}

proptest! {
    /// Goal: what a person can write comes back as written. Method: write
    /// with the `csv` crate, read with ours, compare.
    #[test]
    fn entries_survive_a_round_trip(
        rows in prop::collection::vec(
            (
                "[a-zA-Z0-9:]{1,40}",
                prop::collection::vec("[a-z;\\\\\",é]{1,8}", 0..4),
                "([!-~é][ -~\né]{0,20}[!-~é])?",
                prop::option::of(any::<u64>()),
                prop::option::of((1990i16..2100, 1i8..=12, 1i8..=28)),
            ),
            1..6,
        )
    ) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        let header = ["address", "subjects", "note", "incident", "incident_loss_usd", "listed_on"];
        writer.write_record(header).expect("writes to memory");
        let mut expected = Vec::new();
        for (address, subjects, note, loss_usd, day) in rows {
            let listed_on = day.map(|(year, month, day)| date(year, month, day));
            let loss_text = loss_usd.map(|loss| loss.to_string()).unwrap_or_default();
            let day_text = listed_on.map(|day| day.to_string()).unwrap_or_default();
            let cells = [&address, &join_several(&subjects), &note, "i", &loss_text, &day_text];
            writer.write_record(cells).expect("writes to memory");
            let mut entry = ListEntry::bare(address, Category::Scam);
            entry.designation.subjects = subjects;
            entry.note = Some(note).filter(|note| !note.is_empty());
            let (id, name) = ("i".to_owned(), "i".to_owned());
            entry.incident = Some(Incident { id, name, date: None, loss_usd, attributed_to: None });
            entry.listed_on = listed_on;
            expected.push(entry);
        }
        let bytes = writer.into_inner().expect("flushes to memory");
        let (rows, _) = read(&String::from_utf8(bytes).expect("is text")).expect("is whole");
        prop_assert!(rows.iter().all(|row| row.fault.is_none()), "{rows:?}");
        let found: Vec<_> = rows.into_iter().filter_map(|row| row.entry).collect();
        prop_assert_eq!(found, expected);
    }
}
