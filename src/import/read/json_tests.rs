use super::*;
use crate::import::read::detect;

const ETH: &[u8] = include_bytes!("../../../tests/fixtures/lists/sanctioned_addresses_ETH.json");
const USDT: &[u8] = include_bytes!("../../../tests/fixtures/lists/sanctioned_addresses_USDT.json");
const ETH_TEXT: &str = include_str!("../../../tests/fixtures/lists/sanctioned_addresses_ETH.txt");

fn read(files: &[&[u8]]) -> Result<Vec<Row>, ReadError> {
    let files = files.iter().enumerate();
    let files = files.map(|(at, bytes)| InputFile::of_bytes(format!("list-{at}"), bytes.to_vec()));
    super::super::open(
        Format::Json,
        Category::Sanctions,
        files.collect(),
        Limits::default(),
    )?
    .collect()
}

fn addresses(rows: &[Row]) -> Vec<&str> {
    let entries = rows.iter().filter_map(|row| row.entry.as_ref());
    entries.map(|entry| &*entry.address).collect()
}

#[test]
fn a_real_list_gives_what_its_text_form_gives() {
    assert_eq!(detect(ETH, "x"), Some(Format::Json));
    let rows = read(&[ETH, USDT]).expect("is whole");
    assert!(rows.iter().all(|row| row.fault.is_none()));
    let read = addresses(&rows);
    let text: Vec<&str> = ETH_TEXT.lines().collect();
    // Counted with another reader: 152 and 26.
    assert_eq!((read.len(), text.len()), (178, 152));
    assert_eq!(read[..152], text);
    assert_eq!(rows[0].locator.to_string(), "list-0:2");
    assert_eq!(rows[152].locator.to_string(), "list-1:2");
}

#[test]
fn a_list_cut_anywhere_is_refused() {
    for cut in 0..ETH.trim_ascii_end().len() {
        let error = read(&[&ETH[..cut]]).expect_err("is cut");
        assert!(
            matches!(error, ReadError::Truncated { .. } | ReadError::Empty { .. }),
            "{cut}: {error}"
        );
    }
}

#[test]
fn an_object_lists_its_keys() {
    let text = b"{\"0x098b716b8aaf21512996dc57eb0615e2383e2f96\": [\"a.example\", \"b.example\"],\n\"x1aaaaaaaaaaaaaaaaaaaaaaaaaaaa\": []}";
    let rows = read(&[text]).expect("is whole");
    assert_eq!(
        addresses(&rows),
        [
            "0x098b716b8aaf21512996dc57eb0615e2383e2f96",
            "x1aaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        ]
    );
    let first = rows[0].entry.as_ref().expect("is listed");
    assert_eq!(first.note.as_deref(), Some("a.example, b.example"));
    assert_eq!(rows[1].locator.line, 2);
}

#[test]
fn what_came_instead_of_a_list_is_refused() {
    for (bytes, said) in [
        (
            &b"{\"message\": \"Not Found\"}"[..],
            "keys are not addresses",
        ),
        (
            b"[{\"address\": \"1a\", \"name\": \"x\"}]",
            "read it as `names`",
        ),
        (b"\"1a\"", "should begin"),
        (b"[\"1a\"] [\"1b\"]", "after the end"),
        (b"[\"\xff\"]", "UTF-8"),
        (b"<!DOCTYPE html>", "should begin"),
    ] {
        let error = read(&[bytes]).expect_err("is no list").to_string();
        assert!(error.contains(said), "{error}");
    }
    for files in [
        &[&b"[]"[..]][..],
        &[b"{}"],
        &[b"[\"1a\"]", b"[]"],
        &[b"[7]"],
    ] {
        let error = read(files).expect_err("is empty");
        assert!(matches!(error, ReadError::Empty { .. }), "{error}");
    }
}

#[test]
fn what_is_no_address_is_a_fault_with_its_line() {
    let long = "a".repeat(2_049);
    let text =
        format!("[\"1a\",\n7,\n[\"1b\"],\nnull,\n\" \",\n\"1c; 1d\",\n\"a\\u0000b\",\n\"{long}\"]");
    let rows = read(&[text.as_bytes()]).expect("is whole");
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
            (2, false, Some("NOT_TEXT")),
            (3, false, Some("NOT_TEXT")),
            (4, false, Some("NOT_TEXT")),
            (5, false, Some("NO_ADDRESS")),
            (6, true, Some("SEVERAL_FIELDS")),
            (7, true, Some("CONTROL_CHARACTER")),
            (8, false, Some("FIELD_TOO_LONG")),
        ]
    );
}

#[test]
fn a_key_that_does_not_read_as_an_address_is_a_fault_and_no_entry() {
    let text = b"{\"0x098b716b8aaf21512996dc57eb0615e2383e2f96\": [\"a\"],\n\"updated\": \"2024\",\n\"version\": {\"a\": [1]}}";
    let rows = read(&[text]).expect("is whole");
    assert_eq!(
        addresses(&rows),
        ["0x098b716b8aaf21512996dc57eb0615e2383e2f96"]
    );
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.locator.line, row.fault.as_ref().map(RowFault::code)))
        .collect();
    assert_eq!(
        told,
        [
            (1, None),
            (2, Some("NOT_AN_ADDRESS")),
            (3, Some("NOT_AN_ADDRESS"))
        ]
    );
}
