//! Orders however they are written: none may hold for another's wallets.

use jiff::civil::date;

use super::*;

const HEADER: &str = "שם מלא,תעודת זהות,דרכון,תאריך לידה,מספר זיהוי הארנק האלקטרוני/ יוזר,מטבע\r\n";

const OLD: &str = "TWB9xgNG9nmJuwW4etsQEb9RRnrnVnoNnJ";
const NEW: &str = "TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq";

/// Reads an order that ended, then one begun by `heading`, and orders of
/// which the newer one's last day is `until`.
fn read(heading: &str, until: &str) -> (Vec<Row>, Facts) {
    let wallets = format!("{HEADER}צ.ת 1/20\r\n,,,,{OLD},\r\n{heading}\r\n,,,,{NEW},\r\n");
    let releases = format!(
        "סוג,תאריך עדכון,תוקף הצו\r\nצ.ת 1/20 של שר הביטחון,01.07.2020,01.07.2022\r\n\
         \u{200f}צ.ת 18/\u{200f}26 של שר הביטחון,01.07.2026,{until}\r\n"
    );
    let files = [wallets, releases].map(|text| InputFile::of_bytes("f", text));
    let mut rows = super::super::open(
        Format::Nbctf,
        Category::Other,
        files.into(),
        Limits::default(),
    )
    .expect("opens");
    let all = rows
        .by_ref()
        .collect::<Result<Vec<_>, _>>()
        .expect("is whole");
    (all, rows.facts().clone())
}

fn entry_of<'r>(rows: &'r [Row], address: &str) -> &'r ListEntry {
    let mut entries = rows.iter().filter_map(|row| row.entry.as_ref());
    entries
        .find(|entry| entry.address == address)
        .expect("is listed")
}

#[test]
fn an_order_is_begun_however_its_row_is_written() {
    for heading in [
        "צ.ת 18/26",
        "\u{200f}צ.ת 18/26",
        "\u{202b}צ.ת 18/\u{200f}26\u{202c}",
        "\"צ\"\"ת 18/26\"",
        "צ. ת 18/26",
        "צו 18/26",
        "18/26",
        "צ.ת 18/26,-,-,-,-,-",
        "צ.ת 18/26,,,01.07.2026,,",
    ] {
        let (rows, facts) = read(heading, "01.07.2028");
        assert_eq!(facts.warnings, [], "{heading}");
        let old = entry_of(&rows, OLD);
        assert_eq!(old.delisted_on, Some(date(2022, 7, 2)));
        let new = entry_of(&rows, NEW);
        let order = new.designation.subject_id.as_deref();
        assert_eq!(order, Some("18/26"), "{heading}");
        assert_eq!(new.delisted_on, Some(date(2028, 7, 2)), "{heading}");
    }
}

#[test]
fn an_order_with_its_first_wallet_beside_it_begins_with_it() {
    let beside = "TA1hsikRfsgGiW9nEBpT4tEXEySTNYLr2d";
    let (rows, _) = read(&format!("צ.ת 18/26,,,,{beside},"), "01.07.2028");
    for address in [beside, NEW] {
        let entry = entry_of(&rows, address);
        assert_eq!(entry.delisted_on, Some(date(2028, 7, 2)), "{address}");
        assert!(entry.designation.subjects.is_empty(), "{address}");
    }
}

#[test]
fn an_order_that_cannot_be_read_lets_nothing_expire() {
    for heading in ["צ.ת 18/2026", "צ.ת 18-26", "צו 18/2026", "צו: 18 / 26,-,-"] {
        let (rows, facts) = read(heading, "01.07.2028");
        let new = entry_of(&rows, NEW);
        assert_eq!(new.delisted_on, None, "{heading}");
        assert_ne!(new.designation.subject_id.as_deref(), Some("1/20"));
        let is_said = |warning: &Warning| matches!(warning, Warning::OrderUnknown { .. });
        assert!(facts.warnings.iter().any(is_said), "{heading}");
    }
}

#[test]
fn a_person_is_no_order() {
    let (rows, _) = read("EID AHMAD\r\nצתאר 7,,,,,\r\n,,,,a1,", "01.07.2028");
    let codes: Vec<_> = rows
        .iter()
        .filter_map(|row| row.fault.as_ref().map(RowFault::code))
        .collect();
    assert_eq!(codes[0], "COLUMNS");
    assert_eq!(
        entry_of(&rows, "a1").designation.subject_id.as_deref(),
        Some("1/20")
    );
}

#[test]
fn a_year_of_two_digits_ends_no_order() {
    let (rows, facts) = read("צ.ת 18/26", "01.07.28");
    let new = entry_of(&rows, NEW);
    assert_eq!(new.delisted_on, None);
    let warning = Warning::OrderValidityUnknown {
        order: "18/26".to_owned(),
        given: "01.07.28".to_owned(),
    };
    assert_eq!(facts.warnings, [warning]);
}
