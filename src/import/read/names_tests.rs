use super::*;
use crate::address::{self, Kind};
use crate::import::read::{detect, open};

const LINES: &[u8] = include_bytes!("../../../tests/fixtures/lists/named_addresses_TRX.txt");
const ARRAY: &[u8] = include_bytes!("../../../tests/fixtures/lists/named_addresses_LTC.json");

fn read_files(files: &[&[u8]]) -> Result<Vec<Row>, ReadError> {
    let file = |bytes: &&[u8]| InputFile::of_bytes("f", bytes.to_vec());
    let files = files.iter().map(file).collect();
    open(Format::Names, Category::Sanctions, files, Limits::default())?.collect()
}

fn read(text: &str) -> Vec<Row> {
    read_files(&[text.as_bytes()]).expect("is a list")
}

fn refused(bytes: &[u8]) -> ReadError {
    read_files(&[bytes]).expect_err("is refused")
}

/// Returns each row's line, address and names.
fn told(rows: &[Row]) -> Vec<(u64, &str, Vec<&str>)> {
    let entries = rows
        .iter()
        .filter_map(|row| Some((row.locator.line, row.entry.as_ref()?)));
    entries
        .map(|(line, entry)| {
            let names = entry.designation.subjects.iter().map(String::as_str);
            (line, entry.address.as_str(), names.collect())
        })
        .collect()
}

fn codes(rows: &[Row]) -> Vec<Option<&'static str>> {
    rows.iter()
        .map(|row| row.fault.as_ref().map(RowFault::code))
        .collect()
}

/// The numbers were counted by other means: lines, and a JSON reader.
#[test]
fn the_lists_in_hand_are_read_whole() {
    for (bytes, entries, kind) in [(LINES, 29, Kind::Tron), (ARRAY, 10, Kind::P2pkh)] {
        let rows = read_files(&[bytes]).expect("is whole");
        assert_eq!(rows.len(), entries);
        assert!(rows.iter().all(|row| row.fault.is_none()));
        for row in &rows {
            let entry = row.entry.as_ref().expect("is listed");
            let reading = address::parse(&entry.address);
            assert!(reading.is_strict() && !entry.designation.subjects.is_empty());
            let is_of_kind = |kind: Kind| reading.candidates.iter().any(|read| read.kind == kind);
            assert!(
                is_of_kind(kind) || is_of_kind(Kind::P2sh),
                "{}",
                entry.address
            );
        }
    }
    assert_eq!(read_files(&[LINES, ARRAY]).expect("are whole").len(), 39);
}

#[test]
fn names_in_every_script_are_told_apart_whether_quoted_or_not() {
    let rows = read_files(&[LINES]).expect("is whole");
    let told = told(&rows);
    assert_eq!(
        told[23],
        (
            24,
            "TSxAAo67VTDgKT537EVXxdogkJtk9c6ojz",
            vec![
                "DERAKHSHAN Alireza درخشان علیرضا",
                "DERAKHSHAN Alireza Mohammad Javad"
            ]
        )
    );
    assert_eq!(told[3].2, ["Sokolovski Rolan"]);
    assert_eq!(told[2].2.len(), 7);
}

#[test]
fn an_element_stands_on_its_line() {
    let rows = read_files(&[ARRAY]).expect("is whole");
    let told = told(&rows);
    assert_eq!(told[0].0, 2);
    assert_eq!(told[1].0, 6);
    assert_eq!(told[2].2, ["Secondeye Solution", "Forwarderz"]);
}

#[test]
fn quotes_blanks_comments_and_a_header_are_read_for_what_they_are() {
    let rows = read(
        "# \"mine\r\n\r\naddress;name\r\na1 ; \"x\" ;y;;\r\n\"a2\";\"the \"\"X\"\";y\"\r\na3\r\n#a4;z\r\na5;O\"Neill\r\n",
    );
    assert_eq!(
        told(&rows),
        [
            (4, "a1", vec!["\"x\"", "y"]),
            (5, "a2", vec!["the \"X\"", "y"]),
            (6, "a3", vec![]),
            (8, "a5", vec!["O\"Neill"]),
        ]
    );
    let later = read("a1;x\naddress;y\n");
    assert_eq!(told(&later)[1], (2, "address", vec!["y"]));
}

#[test]
fn objects_may_say_more_and_say_it_in_lists() {
    let rows = read(
        r#"[{"name":["x","y;z"],"aka":"w","address":" a1 ","program":{"a":[1]}}, "a2",
{"address":"a\u0033","name":null}]"#,
    );
    assert_eq!(
        told(&rows),
        [
            (1, "a1", vec!["x", "y", "z", "w"]),
            (1, "a2", vec![]),
            (2, "a3", vec![]),
        ]
    );
}

#[test]
fn an_array_on_one_long_line_is_an_array() {
    let element = r#"{"address":"a1","name":"x"},"#.repeat(1_000);
    let rows = read(&format!("\n [{}]", element.trim_end_matches(',')));
    assert_eq!(rows.len(), 1_000);
    assert!(rows.iter().all(|row| row.locator.line == 2));
}

#[test]
fn a_bad_row_is_said_and_the_rest_is_read() {
    let long = "n".repeat(4_097);
    let rows = read(&format!(
        ";x\na b;x\n{};x\na1;{long}\na2;{long}{long}\na3;{}\nlast;x\n",
        "a".repeat(2_049),
        "n".repeat(1 << 20)
    ));
    assert_eq!(
        codes(&rows),
        [
            Some("NO_ADDRESS"),
            Some("SEVERAL_FIELDS"),
            Some("FIELD_TOO_LONG"),
            Some("FIELD_TOO_LONG"),
            Some("FIELD_TOO_LONG"),
            Some("LINE_TOO_LONG"),
            None,
        ]
    );
    let invalid = read_files(&[b"a1;\xff\na2;x\n"]).expect("is read");
    assert_eq!(codes(&invalid), [Some("NOT_UTF8"), None]);
    let numbers = read(r#"[{"address":123},{"name":"x"},{"address":"a1"}]"#);
    assert_eq!(
        codes(&numbers),
        [Some("NO_ADDRESS"), Some("NO_ADDRESS"), None]
    );
    let nul = read("a1\0;x\n");
    assert_eq!(codes(&nul), [Some("CONTROL_CHARACTER")]);
}

/// Subjects of sanctions have up to three hundred names.
#[test]
fn an_address_with_very_many_names_keeps_its_row() {
    let address = "TCu5onCzXuqxjvVzdB2tR4FLuF66d4yRqf";
    let names: String = (0..300)
        .map(|at| format!(";Sokolovski Rolan the {at}th of his name"))
        .collect();
    for names in [
        names.clone(),
        format!(";\"{}\"", &names[1..]),
        format!("{names};\"x;y\"{}", ";".repeat(100_000)),
    ] {
        let rows = read(&format!("{address}{names}\nlast;x\n"));
        assert_eq!(codes(&rows), [None, None]);
        let first = rows[0].entry.as_ref().expect("is listed");
        assert_eq!(first.address, address);
        assert_eq!(first.designation.subjects.len(), 16);
    }
    // A quote that is not closed shows a cut, wherever it stands.
    let error = refused(format!("{address}{names};\"x\n").as_bytes());
    assert!(matches!(error, ReadError::Truncated { .. }), "{error}");
}

#[test]
fn names_beyond_the_limit_are_left_out() {
    let rows = read(&format!("a1{}\n", ";n".repeat(17)));
    assert_eq!(told(&rows)[0].2.len(), 16);
}

/// The case of a Bitcoin address is part of it; that of an EVM one is only a
/// checksum, which forks get wrong.
#[test]
fn oddity_14_case_is_kept_as_published() {
    let miscased = "0x098B716B8aaf21512996dc57eb0615e2383e2f96";
    let rows = read(&format!("{miscased};Lazarus Group\n"));
    let entry = rows[0].entry.as_ref().expect("is listed");
    assert_eq!(entry.address, miscased);
    let kinds = |text: &str| {
        let candidates = address::parse(text).candidates;
        candidates.iter().map(|read| read.key.clone()).next()
    };
    let right = kinds("0x098B716B8Aaf21512996dC57EB0615e2383E2f96");
    assert_eq!(kinds(miscased), right);
    let rows = read_files(&[LINES]).expect("is whole");
    let published = std::str::from_utf8(LINES).expect("is UTF-8");
    for (row, line) in rows.iter().zip(published.lines()) {
        let entry = row.entry.as_ref().expect("is listed");
        assert!(line.starts_with(&entry.address));
    }
}

/// An aggregator files Dogecoin as Solana: here no ticker stands beside an
/// address, so none is made up, and both readings are found.
#[test]
fn oddity_10_no_network_is_guessed_for_an_address() {
    let doge = "D5hkVKXQvJnw9nEvd36eRipxJgu1ts8ydx";
    let rows = read(&format!("{doge};x\n"));
    let entry = rows[0].entry.as_ref().expect("is listed");
    assert_eq!((entry.address.as_str(), &entry.ticker), (doge, &None));
    assert!(address::parse(doge).is_strict());
}

#[test]
fn a_cut_list_is_refused() {
    for cut in 0..ARRAY.len() {
        assert!(read_files(&[&ARRAY[..cut]]).is_err(), "cut at {cut}");
    }
    for cut in 0..LINES.len() {
        if let Ok(rows) = read_files(&[&LINES[..cut]]) {
            let lines = LINES[..cut].iter().filter(|&&byte| byte == b'\n').count();
            assert!(LINES[..cut].ends_with(b"\n"), "cut at {cut}");
            assert_eq!(rows.len(), lines);
        }
    }
}

#[test]
fn a_list_without_an_address_is_refused() {
    for empty in [
        "",
        "\n",
        "# c\n",
        "address;name\n",
        ";x\n",
        "[]",
        "[ ]\n",
        "[{}]",
    ] {
        let error = refused(empty.as_bytes());
        assert!(matches!(error, ReadError::Empty { .. }), "{empty}: {error}");
    }
    let error = read_files(&[LINES, b""]).expect_err("one is empty");
    assert!(matches!(error, ReadError::Empty { .. }), "{error}");
}

#[test]
fn hostile_json_is_refused() {
    for text in [
        "[1]",
        "[null]",
        "[[]]",
        "[{}{}]",
        "[{},]",
        "[,{}]",
        "[\"a1\"] x",
        "[\"a1\"][]",
        "[{\"address\":\"a1\",\"address\":\"a2\"}]",
        "[{\"address\":\"a1\",\"name\":1}]",
        "[{\"address\":\"a1\"]}",
        "[\"\\ud800\"]",
        "[\"a\u{1}\"]",
    ] {
        let error = refused(text.as_bytes());
        assert!(
            matches!(error, ReadError::Malformed { .. }),
            "{text}: {error}"
        );
    }
    let invalid = refused(b"[{\"address\":\"a\xff\"}]");
    assert!(matches!(invalid, ReadError::Malformed { .. }), "{invalid}");
    for text in [
        format!("[{{\"a\":{}", "[".repeat(10_000)),
        format!("[{{\"address\":\"{}\"}}]", "a".repeat(10 << 20)),
        format!("[{{\"address\":{}}}]", "9".repeat(10 << 20)),
    ] {
        let error = refused(text.as_bytes());
        assert!(matches!(error, ReadError::Limit { .. }), "{error}");
    }
    let number = format!("[{{\"address\":\"a1\",\"n\":{}}}]", "9".repeat(400));
    assert!(read_files(&[number.as_bytes()]).is_ok());
}

#[test]
fn names_are_told_from_plain_lists_and_other_tables() {
    for (bytes, expected) in [
        (&LINES[..1_000], Some(Format::Names)),
        (ARRAY, Some(Format::Names)),
        (b"# c\naddress;name\n", Some(Format::Names)),
        (
            b"0x098B716B8Aaf21512996dC57EB0615e2383E2f96;Lazarus\n",
            Some(Format::Names),
        ),
        (
            b"0x098B716B8Aaf21512996dC57EB0615e2383E2f96\n",
            Some(Format::Text),
        ),
        (b"fileGenerationDate;Entity_logical_id\n", None),
        (b"a name that is a sentence, of 2026; and more\n", None),
        (b"<address;name>", None),
    ] {
        let text = String::from_utf8_lossy(bytes);
        assert_eq!(detect(bytes, "x"), expected, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn no_likely_text_panics(
        begins in proptest::sample::select(vec!["", "[", "[{\"address\":", "a1;\""]),
        text in "[a-z0\",;:\\[\\]{}\\\\#\n\r é-]{0,120}",
    ) {
        let _ = read_files(&[format!("{begins}{text}").as_bytes()]);
    }
}
