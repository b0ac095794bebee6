use jiff::civil::date;

use super::*;
use crate::import::read::detect;
use crate::import::read::facts::Warning;
use crate::import::read::fault::RowFault;
use crate::list::ListEntry;

const MADE: &str = include_str!("../../../tests/fixtures/lists/made_misp_event.json");

fn read(files: &[&str]) -> Result<(Vec<Row>, Facts), ReadError> {
    let files = files.iter().enumerate();
    let files = files
        .map(|(at, text)| InputFile::of_bytes(format!("event-{at}"), text.as_bytes().to_vec()));
    let limits = Limits {
        // The attachment in the event is larger.
        text_bytes_max: 4_000,
        ..Limits::default()
    };
    let mut rows = super::super::open(Format::Misp, Category::Scam, files.collect(), limits)?;
    let all = rows.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((all, rows.facts().clone()))
}

fn entries(rows: &[Row]) -> Vec<&ListEntry> {
    rows.iter().filter_map(|row| row.entry.as_ref()).collect()
}

#[test]
fn an_event_lists_its_wallets_with_what_comes_after_them() {
    let (rows, facts) = read(&[MADE]).expect("is whole");
    assert!(rows.iter().all(|row| row.fault.is_none()), "{rows:?}");
    let entries = entries(&rows);
    assert_eq!(entries.len(), 3);
    let first = ListEntry {
        ticker: Some("btc".to_owned()),
        listed_on: Some(date(2017, 5, 12)),
        reference: Some(
            "MISP event 00000000-0000-4000-8000-000000000001, \
             MISP attribute 00000000-0000-4000-8000-000000000011"
                .to_owned(),
        ),
        note: Some("WannaCry ransomware: payment addresses; in the binary".to_owned()),
        designation: crate::list::Designation {
            subjects: vec!["WannaCry".to_owned()],
            ..Default::default()
        },
        ..ListEntry::bare("13AM4VW2dhxYgXeQepoHkHSQuy6NgaEb94", Category::Ransomware)
    };
    assert_eq!(entries[0], &first);
    assert_eq!(rows[0].locator.to_string(), "event-0:17");
    let coin = entries[2];
    assert_eq!(coin.address, "0x098B716B8Aaf21512996dC57EB0615e2383E2f96");
    assert_eq!(coin.ticker.as_deref(), Some("ETH"));
    assert_eq!(coin.designation.subjects, ["Lazarus Group", "WannaCry"]);
    assert_eq!(
        coin.note.as_deref(),
        Some("WannaCry ransomware: payment addresses; first seen 2022-03-23T13:29:09.000000+00:00")
    );
    assert_eq!(facts.records, 3);
}

#[test]
fn what_is_deleted_or_not_for_detection_is_counted() {
    let (_, facts) = read(&[MADE]).expect("is whole");
    let counted: Vec<_> = facts
        .warnings
        .iter()
        .map(|warning| match warning {
            Warning::NotListed { what, count, .. } => (*what, *count),
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(
        counted,
        [
            ("attribute(s) that are not for detection (to_ids)", 1),
            ("deleted attribute(s)", 1),
            ("attribute(s) of deleted objects", 1),
        ]
    );
    let older = MADE.replace("\"to_ids\": true", "\"to_ids\": \"0\"");
    let (rows, _) = read(&[&older]).expect("is whole");
    assert_eq!(
        entries(&rows).len(),
        1,
        "a text is an address whatever its to_ids"
    );
}

#[test]
fn every_answer_of_the_api_is_read() {
    let attribute =
        "{\"type\":\"xmr\",\"value\":\"4abc\",\"Event\":{\"info\":\"i\",\"uuid\":\"u\"}}";
    for (text, count) in [
        (format!("[{MADE}, {MADE}]"), 6),
        (format!("{{\"response\": [{MADE}]}}"), 3),
        (format!("{{\"response\": {MADE}}}"), 3),
        (
            format!("{{\"response\": {{\"Attribute\": [{attribute}]}}}}"),
            1,
        ),
    ] {
        let (rows, _) = read(&[&text]).expect("is whole");
        assert_eq!(entries(&rows).len(), count);
        assert_eq!(
            detect(&text.as_bytes()[..text.len().min(4_096)], "x"),
            Some(Format::Misp)
        );
    }
    let text = format!("{{\"response\": {{\"Attribute\": [{attribute}]}}}}");
    let (rows, _) = read(&[&text]).expect("is whole");
    let entry = entries(&rows)[0];
    assert_eq!(entry.reference.as_deref(), Some("MISP event u"));
    assert_eq!(
        (entry.note.as_deref(), entry.ticker.as_deref()),
        (Some("i"), Some("xmr"))
    );
}

#[test]
fn an_event_without_wallets_is_fine_beside_one_that_has_some() {
    let none = "{\"Event\": {\"info\": \"none\"}}";
    assert_eq!(read(&[none, MADE, none]).expect("is whole").1.records, 3);
    for files in [&[none][..], &[none, none], &["[]"]] {
        assert!(read(files).is_err());
    }
    let error = read(&[none, none]).expect_err("lists nothing");
    assert!(matches!(error, ReadError::Empty { .. }), "{error}");
}

#[test]
fn a_cut_document_is_refused() {
    for percent in 0..100 {
        let cut = MADE.trim_end().len() * percent / 100;
        assert!(read(&[&MADE[..cut]]).is_err(), "{percent} %");
    }
}

#[test]
fn what_is_no_event_is_refused() {
    for (text, said) in [
        (
            "{\"5a3c\": {\"info\": \"x\", \"date\": \"2017-01-01\"}}",
            "manifest.json",
        ),
        ("{\"name\": \"Authentication failed\"}", "no event"),
        ("{\"Event\": 7}", "should begin"),
        ("{\"Event\": []}", "not an object"),
        ("{\"Event\": {\"Attribute\": {}}}", "not an array"),
        ("{\"Event\": {}} {}", "after the end"),
        (
            "{\"Event\": {\"Attribute\": [{\"type\":\"btc\",\"value\":\"1a\",\"value\":\"1b\"}]}}",
            "twice",
        ),
        (
            "{\"Event\": {\"Attribute\": [{\"type\":\"btc\",\"value\":\"1a\"}],\"Attribute\": []}}",
            "twice",
        ),
        (
            "{\"Event\": {\"Object\": [{\"Attribute\": [{\"type\":\"btc\",\"value\":\"1a\"}],\"Attribute\": []}]}}",
            "twice",
        ),
        ("{\"Event\": {\"info\": \"a\", \"info\": \"b\"}}", "twice"),
    ] {
        let error = read(&[text]).expect_err(text).to_string();
        assert!(error.contains(said), "{text}: {error}");
    }
}

#[test]
fn an_attribute_without_an_address_is_a_fault() {
    let text = "{\"Event\": {\"date\": \"12.05.2017\", \"Attribute\": [{\"type\":\"btc\"},\n\
                {\"type\":\"btc\",\"value\":7},\n{\"type\":\"btc\",\"value\":\" \"},\n\
                {\"type\":\"btc\",\"value\":\"1a\"}]}}";
    let (rows, _) = read(&[text]).expect("is whole");
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.locator.line, row.fault.as_ref().map(RowFault::code)))
        .collect();
    assert_eq!(
        told,
        [
            (1, Some("NO_ADDRESS")),
            (2, Some("NOT_TEXT")),
            (3, Some("NO_ADDRESS")),
            (4, Some("BAD_DATE")),
        ]
    );
    assert_eq!(entries(&rows).len(), 1);
}

#[test]
fn what_is_held_of_an_event_is_bounded() {
    let attributes = "{\"type\":\"btc\"},".repeat(2_000);
    let text = format!(
        "{{\"Event\": {{\"Attribute\": [{attributes}{{\"type\":\"btc\",\"value\":\"1a\"}}]}}}}"
    );
    let with = |held_bytes_max| {
        let files = vec![InputFile::of_bytes("e", text.as_bytes().to_vec())];
        let limits = Limits {
            held_bytes_max,
            ..Limits::default()
        };
        super::super::open(Format::Misp, Category::Scam, files, limits)
            .expect("opens")
            .collect::<Result<Vec<_>, _>>()
    };
    let error = with(100_000).expect_err("is too much");
    assert!(
        matches!(error, ReadError::Limit { max: 100_000, .. }),
        "{error}"
    );
    assert_eq!(with(2 << 20).expect("fits").len(), 2_001);
}
