//! Packs that are odd, and packs that are made to do harm.

use super::tests::{PACK, named, read, read_with, refused, rows, rows_of};
use super::*;

#[test]
fn what_is_wrong_with_a_tag_is_said_and_the_rest_is_read() {
    let long = "a".repeat(2_049);
    let note = "n".repeat(4_097);
    let rows = rows_of(&format!(
        "- label: no address\n- address: ''\n- address: [a, b]\n- tx_hash: '0xab'\n\
         - address: {long}\n- address: 'a1;a2'\n- address: a1\n  confidence: sure\n\
         - address: a1\n  context: {note}\n- address: last\n"
    ));
    let codes: Vec<_> = rows
        .iter()
        .map(|row| (row.entry.is_some(), row.fault.as_ref().map(RowFault::code)))
        .collect();
    assert_eq!(
        codes,
        [
            (false, Some("NO_ADDRESS")),
            (false, Some("NO_ADDRESS")),
            (false, Some("NOT_TEXT")),
            (false, Some("NOT_A_LISTING")),
            (false, Some("FIELD_TOO_LONG")),
            (true, Some("SEVERAL_FIELDS")),
            (true, Some("BAD_CONFIDENCE")),
            (true, Some("FIELD_TOO_LONG")),
            (true, None),
        ]
    );
}

/// Goal: the robbed are not listed for having been robbed, and an accusation
/// that names its service stays.
#[test]
fn a_theft_beside_a_kind_of_service_accuses_nobody() {
    let outcome = |concepts: &str| {
        let text = format!(
            "label: L\ncurrency: BTC\nsource: s\ntags:\n- address: a0\n  abuse: scam\n\
             - address: a1\n  {concepts}\n"
        );
        let row = rows(&text).remove(1);
        (
            row.entry.map(|entry| entry.category),
            row.fault.map(|fault| fault.to_string()),
        )
    };
    let said = "not a listing: concepts exchange, hack".to_owned();
    assert_eq!(outcome("concepts: [exchange, hack]"), (None, Some(said)));
    let said = "not a listing: category exchange".to_owned();
    let robbed = "category: exchange\n  concepts: [service_hack]";
    assert_eq!(outcome(robbed), (None, Some(said)));
    for (claim, category) in [
        ("concepts: [hack]", Category::Theft),
        ("concepts: [exchange, sanction]", Category::Sanctions),
        (
            "concepts: [exchange, hack, ransomware]",
            Category::Ransomware,
        ),
        ("concepts: [mixing_service, hack]", Category::Mixer),
        ("category: exchange\n  abuse: service_hack", Category::Theft),
    ] {
        assert_eq!(outcome(claim), (Some(category), None), "{claim}");
    }
}

/// Goal: an abuse that is not written as the schema has it takes nothing
/// back.
#[test]
fn an_abuse_that_is_no_text_is_said_and_does_not_delist() {
    for abuse in ["{id: sanction}", "\n    id: sanction", "[{id: sanction}]"] {
        let tag = format!("- address: a1\n  abuse: {abuse}\n- address: a2\n");
        let under_header = rows_of(&tag);
        let entry = under_header[0].entry.as_ref().expect("is listed");
        assert_eq!(entry.category, Category::Scam);
        let fault = Some(RowFault::NotText { column: "abuse" });
        assert_eq!(under_header[0].fault, fault);
        assert_eq!(under_header[1].fault, None);
        let header = "label: L\ncurrency: BTC\nsource: s\n";
        let alone = rows(&format!("{header}tags:\n{tag}"));
        let entry = alone[0].entry.as_ref().expect("is listed");
        assert_eq!(entry.category, Category::Other);
        assert_eq!(entry.note.as_deref(), Some("abuse: not a text"));
        let above = rows(&format!("{header}abuse: {abuse}\ntags:\n- address: a1\n"));
        assert_eq!((above[0].entry.is_some(), &above[0].fault), (true, &fault));
    }
    let category = rows_of("- address: a1\n  abuse: null\n  category: {a: b}\n- address: a2\n");
    let fault = RowFault::NotText { column: "category" };
    assert_eq!(
        (&category[0].entry, &category[0].fault),
        (&None, &Some(fault))
    );
}

#[test]
fn several_addresses_of_one_tag_are_known_to_be_lost() {
    let rows = rows_of("- address: [a1, a2]\n- address: {a: b}\n- address: a3\n");
    for row in &rows[..2] {
        let fault = row.fault.as_ref().expect("is said");
        assert!(row.entry.is_none() && fault.loses_addresses(), "{fault}");
    }
}

#[test]
fn hostile_yaml_is_refused() {
    let with = |tags: &str| format!("{PACK}{tags}");
    for (text, said) in [
        (with("- &a\n  address: a1\n- *a\n"), "anchor"),
        (with("- address: &a a1\n"), "anchor"),
        (with("- address: *a\n"), "Yaml"),
        (with("- address: a1\n---\ntags:\n- address: a2\n"), "Second"),
        (with("- address: a1\n  address: a2\n"), "KeyTwice"),
        (with("- address: a1\ntags:\n- address: a2\n"), "KeyTwice"),
        (with("- address: a1\0\n- address: a2\n"), "ControlCharacter"),
        (with("- address: a1\n  x: \"\u{1b}\"\n"), "ControlCharacter"),
        (with("- address: \"a1\n"), "Yaml"),
        (with(&format!("- {}\n", "- ".repeat(100))), "NotAPack"),
        (with(&format!("- x: {}\n", "[".repeat(100))), "Limit"),
        (format!("x: {}\n", "{a: ".repeat(10_000)), "Limit"),
        (format!("{}\n", "? ".repeat(10_000)), "NotAPack"),
        (format!("x: [{}]\n", "a, ".repeat(100)), "Limit"),
        (format!("x: {}\n", "x".repeat(10 << 20)), "Limit"),
        (format!("x: \"{}\"\n", "x\n ".repeat(4 << 20)), "Limit"),
        (format!("{}: x\n", "x".repeat(10 << 20)), ""),
        (format!("# {}\n{PACK}", "x".repeat(10 << 20)), "Limit"),
    ] {
        let error = format!("{:?}", refused(text.as_bytes()));
        let told = error.to_lowercase().contains(&said.to_lowercase());
        let shown: String = text.chars().skip(PACK.len()).take(40).collect();
        assert!(told, "{shown}: {error}");
    }
    let keys: String = (0..65).map(|at| format!("k{at}: v\n")).collect();
    assert!(matches!(refused(keys.as_bytes()), ReadError::Limit { .. }));
    let invalid = [PACK.as_bytes(), b"- address: a\xff\n"].concat();
    let error = refused(&invalid);
    let expected = "`pack.yaml` line 10 is not valid tagpack: it is not UTF-8";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_pack_one_byte_past_the_limit_is_refused() {
    let bytes = named("lazarus.yaml");
    let limits = |file_bytes_max| Limits {
        file_bytes_max,
        ..Limits::default()
    };
    assert!(read_with(bytes, limits(bytes.len() as u64)).is_ok());
    let error = read_with(bytes, limits(bytes.len() as u64 - 1)).expect_err("too long");
    assert!(matches!(error, ReadError::Limit { .. }), "{error}");
}

proptest::proptest! {
    #[test]
    fn no_likely_yaml_panics(
        begins in proptest::sample::select(vec!["", PACK, "tags:\n- address: a1\n  label: "]),
        text in "(tags:\n|- |address: |  |[a-z0:?|>&*!%@`#'\"\\[\\]{},\n\r\t é~-]){0,80}",
    ) {
        let _ = read(format!("{begins}{text}\n").as_bytes());
    }

    /// Goal: no changed byte makes a tag vanish unseen. Method: change one
    /// byte of a pack; if it is still read, each line that begins a tag is a
    /// row.
    #[test]
    fn one_changed_byte_loses_no_tag_in_silence(
        at in proptest::prelude::any::<proptest::sample::Index>(),
        byte: u8,
    ) {
        let mut bytes = named("ronin_bridge.yaml").to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok((rows, _)) = read(&bytes) {
            let text = String::from_utf8(bytes).expect("it was read");
            let begin = text.lines().filter(|line| line.starts_with("- ")).count();
            proptest::prop_assert_eq!(rows.len(), begin);
        }
    }
}
