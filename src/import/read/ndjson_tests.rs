use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::import::read::detect;
use crate::list::{Act, Confidence, Designation, Effect, Incident, Tier};

const WHOLE: &str = "\
{\"interdict\":\"entries\",\"version\":1,\"source\":\"mine\",\"tier\":\"OPERATOR\",\"published_on\":\"2026-08-20\",\"licence\":\"CC0\"}
{\"address\":\"1Abc\",\"ticker\":\"XBT\",\"category\":\"THEFT\",\"designation\":{\"subjects\":[\"Doe; Jane\"]},\"note\":\"seen\"}
{\"address\":\"0xDef\",\"effect\":\"EXEMPTS\",\"act\":{\"author\":\"ann\",\"reason\":\"ours\"},\"incident\":{\"id\":\"x\"}}
{\"entries\":2}
";

fn read_with(bytes: &[u8], limits: Limits) -> Result<(Vec<Row>, Facts), ReadError> {
    let files = vec![InputFile::of_bytes("mine.ndjson", bytes.to_vec())];
    let mut rows = super::super::open(Format::Ndjson, Category::Scam, files, limits)?;
    let all = rows.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((all, rows.facts().clone()))
}

fn read(text: &str) -> Result<(Vec<Row>, Facts), ReadError> {
    read_with(text.as_bytes(), Limits::default())
}

fn with_entry(entry: &str) -> String {
    format!("{{\"interdict\":\"entries\",\"version\":1}}\n{entry}\n{{\"entries\":1}}\n")
}

#[test]
fn the_documented_form_is_read() {
    let (rows, facts) = read(WHOLE).expect("is whole");
    assert_eq!(
        facts,
        Facts {
            published_on: Some(date(2026, 8, 20)),
            records: 2,
            source: Some("mine".to_owned()),
            tier: Some(Tier::Operator),
            licence: Some("CC0".to_owned()),
            ..Facts::default()
        }
    );
    assert_eq!(rows[0].locator.to_string(), "mine.ndjson:2");
    let mut first = ListEntry::bare("1Abc", Category::Theft);
    first.ticker = Some("XBT".to_owned());
    first.designation.subjects = vec!["Doe; Jane".to_owned()];
    first.note = Some("seen".to_owned());
    assert_eq!(rows[0].entry, Some(first));
    let second = rows[1].entry.as_ref().expect("has an entry");
    assert_eq!(second.category, Category::Scam, "the import's own");
    assert_eq!(second.effect, Effect::Exempts);
    assert_eq!(
        second.incident.as_ref().map(|i| &*i.name),
        Some("x"),
        "the id"
    );
    assert_eq!(detect(WHOLE.as_bytes(), "x"), Some(Format::Ndjson));
}

#[test]
fn a_cut_list_is_refused_wherever_it_is_cut() {
    // All but the last newline: the end object says that the list is whole.
    for cut in 0..WHOLE.len() - 1 {
        let result = read_with(&WHOLE.as_bytes()[..cut], Limits::default());
        assert!(result.is_err(), "cut at {cut}: {result:?}");
    }
    let lost = WHOLE.replacen("{\"address\":\"1Abc\"", "\n{\"address\":\"1Abc\"", 1);
    assert!(read(&lost).is_ok(), "blank lines say nothing");
    let lost: Vec<&str> = WHOLE
        .lines()
        .filter(|line| !line.contains("1Abc"))
        .collect();
    let error = read(&lost.join("\n")).expect_err("a line is missing");
    assert!(
        matches!(
            error,
            ReadError::RecordCount {
                declared: 2,
                found: 1,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn what_is_not_understood_is_refused_and_not_lost() {
    for (entry, said) in [
        (
            "{\"address\":\"1a\",\"colour\":1}",
            "unknown field `colour`",
        ),
        ("{\"address\":\"1a\",\"address\":\"1b\"}", "duplicate field"),
        ("{\"address\":\"1a\",\"category\":\"BAD\"}", "TERRORIST"),
        ("{\"address\":\"1a\",\"confidence\":\"SURE\"}", "MEDIUM"),
        ("{\"address\":\"1a\",\"effect\":\"HIDES\"}", "EXEMPTS"),
        (
            "{\"address\":\"1a\",\"listed_on\":\"2026-02-30\"}",
            "not a date",
        ),
        (
            "{\"address\":\"1a\",\"listed_on\":\"2026-02-03T00:00\"}",
            "not a date",
        ),
        ("{\"address\":\"1a\",\"incident\":{}}", "missing field `id`"),
        (
            "{\"address\":\"1a\",\"act\":{\"author\":\"x\"}}",
            "missing field `reason`",
        ),
        (
            "{\"address\":\"1a\",\"designation\":{\"names\":[]}}",
            "unknown field `names`",
        ),
        ("{\"address\":\"1a\",\"entries\":1}", "and an entry"),
        ("{\"ticker\":\"XBT\"}", "neither"),
        ("{\"address\":\"1a\"} {}", "trailing characters"),
        ("{\"address\":\"\\ud800\"}", "hex escape"),
        ("{\"address\":7}", "expected a"),
        ("[]", "expected an object"),
        (
            "{\"address\":\"1a\",\"incident\":{\"id\":\"x\",\"loss_usd\":1e99}}",
            "loss",
        ),
    ] {
        let error = read(&with_entry(entry)).expect_err(entry);
        let told = error.to_string();
        let expected = if said == "loss" { "invalid type" } else { said };
        assert!(told.contains(expected), "{entry}: {told}");
        assert!(told.contains("line 2"), "{told}");
    }
    let after = format!("{WHOLE}{{\"address\":\"1z\"}}\n");
    let error = read(&after).expect_err("goes on");
    assert!(error.to_string().contains("after the one"), "{error}");
}

#[test]
fn another_header_is_refused_with_what_to_do() {
    for (header, said) in [
        (
            "{\"interdict\":\"entries\",\"version\":2,\"new\":1}",
            "newer",
        ),
        ("{\"interdict\":\"audit\",\"version\":1}", "header"),
        ("{\"interdict\":\"entries\"}", "header"),
        ("{\"address\":\"1a\"}", "header"),
        (
            "{\"interdict\":\"entries\",\"version\":1,\"x\":1}",
            "unknown field `x`",
        ),
        (
            "{\"interdict\":\"entries\",\"version\":1,\"tier\":\"BEST\"}",
            "LAW_ENFORCEMENT",
        ),
        (
            "{\"interdict\":\"entries\",\"version\":1,\"source\":\"A B\"}",
            "source id",
        ),
    ] {
        let error = read(&format!("{header}\n{{\"entries\":0}}\n")).expect_err(header);
        assert!(error.to_string().contains(said), "{header}: {error}");
    }
    for nothing in ["", "\n \n"] {
        let error = read(nothing).expect_err("is empty");
        assert!(matches!(error, ReadError::Empty { .. }), "{error}");
    }
}

#[test]
fn a_list_that_declares_no_entries_is_whole() {
    let (rows, facts) = read("{\"interdict\":\"entries\",\"version\":1}\n{\"entries\":0}")
        .expect("is whole and empty");
    assert_eq!((rows.len(), facts.records), (0, 0));
}

#[test]
fn an_address_that_is_none_is_a_fault() {
    let (rows, _) = read(&with_entry("{\"address\":\" \"}")).expect("reads");
    assert_eq!(rows[0].fault, Some(RowFault::NoAddress));
    assert_eq!(rows[0].entry, None);
    let (rows, _) = read(&with_entry("{\"address\":\"1a, 1b\"}")).expect("reads");
    assert_eq!(
        rows[0].fault.as_ref().map(RowFault::code),
        Some("SEVERAL_FIELDS")
    );
    assert!(rows[0].entry.is_some());
}

#[test]
fn nothing_larger_than_a_reader_keeps_is_taken() {
    let limits = Limits {
        line_bytes_max: 4,
        field_bytes_max: 3,
        names_max: 1,
        ids_max: 1,
        ..Limits::default()
    };
    for good in [
        "{\"address\":\"1234\",\"note\":\"123\"}",
        "{\"address\":\"1\",\"designation\":{\"subjects\":[\"123\"],\"programs\":[\"123\"]}}",
    ] {
        read_with(with_entry(good).as_bytes(), limits.clone()).expect(good);
    }
    for bad in [
        "{\"address\":\"12345\"}",
        "{\"address\":\"1\",\"note\":\"1234\"}",
        "{\"address\":\"1\",\"incident\":{\"id\":\"1234\"}}",
        "{\"address\":\"1\",\"act\":{\"author\":\"1\",\"reason\":\"1234\"}}",
        "{\"address\":\"1\",\"designation\":{\"subjects\":[\"1\",\"2\"]}}",
        "{\"address\":\"1\",\"designation\":{\"programs\":[\"1\",\"2\"]}}",
        "{\"address\":\"1\",\"designation\":{\"programs\":[\"1234\"]}}",
    ] {
        let error = read_with(with_entry(bad).as_bytes(), limits.clone()).expect_err(bad);
        assert!(matches!(error, ReadError::Limit { line: 2, .. }), "{error}");
    }
}

#[test]
fn a_writer_that_was_not_finished_leaves_no_list() {
    let source = "mine".parse().expect("is a source id");
    let header = Header {
        source: &source,
        tier: Tier::Operator,
        published_on: None,
        licence: None,
    };
    let mut bytes = Vec::new();
    let mut writer = Writer::begin(&mut bytes, &header).expect("a Vec takes it");
    let entry = ListEntry::bare("1a", Category::Scam);
    writer.write(&entry).expect("a Vec takes it");
    assert!(matches!(
        read_with(&bytes, Limits::default()),
        Err(ReadError::Truncated { .. })
    ));
}

#[test]
fn a_real_list_survives_the_way_out_and_back() {
    const SDN: &[u8] = include_bytes!("../../../tests/fixtures/lists/sdn_2026-08-20.xml");
    let list = InputFile::of_bytes("SDN.XML", SDN);
    let rows = super::super::open(
        Format::OfacXml,
        Category::Sanctions,
        vec![list],
        Limits::default(),
    );
    let entries: Vec<ListEntry> = rows
        .expect("opens")
        .filter_map(|row| row.expect("is whole").entry)
        .collect();
    let source = "ofac-sdn".parse().expect("is a source id");
    let header = Header {
        source: &source,
        tier: Tier::Sanctions,
        published_on: Some(date(2026, 8, 20)),
        licence: Some("public domain"),
    };
    let bytes = write(Vec::new(), &header, &entries).expect("a Vec takes it");
    let (back, facts) = read_with(&bytes, Limits::default()).expect("is whole");
    // One entry per wallet and currency: 974 in the fixture's own account.
    assert_eq!((entries.len(), facts.records), (974, 974));
    assert!(back.iter().all(|row| row.fault.is_none()));
    assert!(back.into_iter().filter_map(|row| row.entry).eq(entries));
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,20}",
        any::<String>(),
        Just("\u{2028}\"\\\r\n\0ä".to_owned()),
    ]
}

fn some_text() -> impl Strategy<Value = Option<String>> {
    prop::option::of(text())
}

fn day() -> impl Strategy<Value = Option<jiff::civil::Date>> {
    let days = (-9999i16..=9999, 1i8..=12, 1i8..=28);
    prop::option::of(days.prop_map(|(y, m, d)| date(y, m, d)))
}

fn designation() -> impl Strategy<Value = Designation> {
    let several = || prop::collection::vec(text(), 0..4);
    (several(), several(), some_text(), day()).prop_map(
        |(subjects, programs, subject_id, designated_on)| Designation {
            subjects,
            programs,
            subject_id,
            designated_on,
        },
    )
}

fn incident() -> impl Strategy<Value = Incident> {
    (text(), text(), day(), any::<Option<u64>>(), some_text()).prop_map(
        |(id, name, date, loss_usd, attributed_to)| Incident {
            id,
            name,
            date,
            loss_usd,
            attributed_to,
        },
    )
}

fn act() -> impl Strategy<Value = Act> {
    (text(), text(), some_text(), some_text()).prop_map(|(author, reason, ticket, approver)| Act {
        author,
        reason,
        ticket,
        approver,
    })
}

fn entry() -> impl Strategy<Value = ListEntry> {
    let address = text().prop_filter("is an address", |text| !text.trim().is_empty());
    let what = (
        address,
        some_text(),
        prop::sample::select(Category::ALL),
        designation(),
        prop::option::of(incident()),
        some_text(),
    );
    let how = (
        prop::option::of(prop::sample::select(Confidence::ALL)),
        day(),
        day(),
        some_text(),
        some_text(),
        prop::option::of(act()),
        any::<bool>(),
    );
    (what, how).prop_map(|(what, how)| {
        let (address, ticker, category, designation, incident, role) = what;
        let (confidence, listed_on, delisted_on, reference, note, act, exempts) = how;
        ListEntry {
            address,
            ticker,
            category,
            designation,
            incident,
            role,
            confidence,
            listed_on,
            delisted_on,
            reference,
            note,
            act,
            effect: if exempts {
                Effect::Exempts
            } else {
                Effect::Lists
            },
        }
    })
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_back_exactly(
        entries in prop::collection::vec(entry(), 0..8),
        tier in prop::sample::select(&Tier::ALL[..]),
        published_on in day(),
        licence in some_text(),
    ) {
        let source = "a-source".parse().expect("is a source id");
        let header = Header { source: &source, tier, published_on, licence: licence.as_deref() };
        let bytes = write(Vec::new(), &header, &entries).expect("a Vec takes it");
        let (rows, facts) = read_with(&bytes, Limits::default()).expect("is whole");
        let back: Vec<_> = rows.into_iter().filter_map(|row| row.entry).collect();
        let records = entries.len() as u64;
        prop_assert_eq!(back, entries);
        let source = Some("a-source".to_owned());
        let tier = Some(tier);
        prop_assert_eq!(facts, Facts { published_on, records, source, tier, licence, ..Facts::default() });
    }
}
