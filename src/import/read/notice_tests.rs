//! A notice as it is pasted, whole and cut, well and badly headed.

use proptest::prelude::*;

use super::super::ReadError;
use super::*;
use crate::list::ListEntry;

/// Twelve addresses of a real announcement in a made text.
const FBI: &str = include_str!("../../../tests/fixtures/lists/made_fbi_notice.txt");

const EVM: &str = "0x51E9d833Ecae4E8D9D8Be17300AEE6D3398C135D";
const OTHER: &str = "0x96244D83DC15d36847C35209bBDc5bdDE9bEc3D8";

fn read_all(texts: &[&[u8]]) -> Result<(Vec<Row>, Facts), ReadError> {
    let file = |(at, text): (usize, &&[u8])| InputFile::of_bytes(format!("n{at}"), text.to_vec());
    let files = texts.iter().enumerate().map(file).collect();
    let mut rows = super::super::open(Format::Notice, Category::Theft, files, Limits::default())?;
    let all = rows.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((all, rows.facts().clone()))
}

fn read(text: &str) -> Result<Vec<Row>, ReadError> {
    Ok(read_all(&[text.as_bytes()])?.0)
}

fn entries(rows: &[Row]) -> Vec<(u64, &ListEntry)> {
    let entry = |row: &'_ Row| row.entry.as_ref().map(|_| row.locator.line);
    let lines = rows.iter().filter_map(entry);
    lines
        .zip(rows.iter().filter_map(|row| row.entry.as_ref()))
        .collect()
}

fn addresses(rows: &[Row]) -> Vec<(u64, &str)> {
    entries(rows)
        .into_iter()
        .map(|(line, entry)| (line, entry.address.as_str()))
        .collect()
}

#[test]
fn a_pasted_notice_gives_its_addresses_and_what_its_header_says() {
    let (rows, facts) = read_all(&[FBI.as_bytes()]).expect("is whole");
    let date = jiff::civil::date(2025, 2, 26);
    assert_eq!((facts.records, facts.published_on), (12, Some(date)));
    assert_eq!(facts.warnings, []);
    assert!(rows.iter().all(|row| row.fault.is_none()), "{rows:?}");
    assert_eq!(rows.len(), 12);
    let (line, first) = entries(&rows)[0];
    let at = FBI.lines().position(|text| text.contains(EVM));
    assert_eq!(
        (line as usize, first.address.as_str()),
        (at.expect("is there") + 1, EVM)
    );
    assert_eq!(
        first.designation.subjects,
        ["TraderTraitor", "Lazarus Group"]
    );
    assert_eq!(
        (first.listed_on, first.category),
        (Some(date), Category::Theft)
    );
    let reference = first.reference.as_deref();
    assert_eq!(reference, Some("https://www.ic3.gov/psa/2025/psa250226"));
    let incident = first.incident.as_ref().expect("is named");
    assert_eq!(
        (incident.id.as_str(), incident.name.as_str()),
        ("bybit-2025", "Bybit 2025")
    );
    assert_eq!(incident.loss_usd, Some(1_500_000_000));
}

#[test]
fn every_address_comes_once_and_what_is_none_is_reported() {
    let text = format!(
        "# any comment: of the operator\n\nSee <a href=\"https://etherscan.io/address/{EVM}\">{EVM}</a>;\n\
         {}\n{OTHER} and {EVM}.\n0x96244D83DC15d36847C35209bBDc5bdDE9bEc3D 0x46deef0f52e3a983b67abf47\n\
         \u{2022}\u{a0}0x83c7678492D623fb98834F0fbcb2E7b7f5Af8950\u{a0}(held by Alice)\n",
        EVM.to_lowercase()
    );
    let (rows, facts) = read_all(&[text.as_bytes()]).expect("reads");
    assert_eq!(
        addresses(&rows),
        [
            (3, EVM),
            (5, OTHER),
            (7, "0x83c7678492D623fb98834F0fbcb2E7b7f5Af8950")
        ]
    );
    let faults: Vec<_> = rows
        .iter()
        .filter_map(|row| Some((row.locator.line, row.fault.as_ref()?.code())))
        .collect();
    assert_eq!(faults, [(6, "ADDRESS_LIKE"), (6, "ADDRESS_LIKE")]);
    assert_eq!(facts.warnings, [Warning::NoPublishDate]);
    assert_eq!(facts.records, 3);
}

/// Goal: the victims of a table are not listed because its header has words.
#[test]
fn a_table_with_a_long_header_is_no_notice() {
    let detected = |text: &str| super::super::detect(text.as_bytes(), "x");
    for header in [
        "Case Number,Name of the Owner,Wallet of the Victim,Wallet of the Suspect",
        "Case Number, Name of the Owner, Wallet of the Victim, Wallet of the Suspect",
        "Name of the Owner of it, Wallet of the Victim and the Suspect",
    ] {
        let row = match header.matches(',').count() {
            1 => format!("A, {EVM} {OTHER}"),
            _ => format!("1, A, {EVM}, {OTHER}"),
        };
        let text = format!("{header}\n{row}\n");
        assert_ne!(detected(&text), Some(Format::Notice), "{header}");
    }
    for sentence in [
        "The Bureau, together with others, has found these wallets:",
        "The Bureau found that 1,500 wallets hold what was stolen:",
    ] {
        let text = format!("{sentence}\n{EVM}\n{OTHER}\n");
        assert_eq!(detected(&text), Some(Format::Notice), "{sentence}");
    }
}

#[test]
fn a_line_that_begins_with_a_number_sign_below_the_header_is_text() {
    let rows = read(&format!("Wallets:\n#1 {EVM}\n# {OTHER}\n")).expect("reads");
    assert_eq!(addresses(&rows), [(2, EVM), (3, OTHER)]);
}

#[test]
fn a_header_that_cannot_be_meant_is_refused_with_its_line() {
    for (header, wanted) in [
        ("# subjct: X", "unknown header `subjct`"),
        ("# address: 0x1", "unknown header `address`"),
        ("# published: 26/02/2025", "is not a date"),
        ("# records: many", "is not a number"),
        ("# records: 1\n# records: 1", "`records` is there twice"),
        ("# subject: X\n# subjects: Y", "`subjects` is there twice"),
        (
            "# incident: a\n# incident_date: soon",
            "incident_date `soon`",
        ),
        ("# incident_loss_usd: 5", "without an id"),
        ("# category: BAD", "category `BAD` is unknown"),
    ] {
        let error = read(&format!("\n{header}\n{EVM}\n")).expect_err(header);
        let message = error.to_string();
        assert!(message.contains(wanted), "{header}: {message}");
        let line = 1 + header.lines().count();
        assert!(
            message.contains(&format!("line {line} ")),
            "{header}: {message}"
        );
    }
    let fine = format!("# see https://x.org: there\n#\n# Note: mine\n# https://x.org\n{EVM}\n");
    assert_eq!(read(&fine).expect("reads").len(), 1);
}

#[test]
fn a_value_may_hold_quotes_commas_and_colons() {
    let text = format!("# note: \"a\", b: c\n# category: RANSOMWARE\n{EVM}\n");
    let rows = read(&text).expect("reads");
    let entry = entries(&rows)[0].1;
    assert_eq!(entry.note.as_deref(), Some("\"a\", b: c"));
    assert_eq!(entry.category, Category::Ransomware);
}

/// Goal: with a count, no cut passes. Method: cut the fixture at every byte.
/// What follows the last address may be missing: nothing is lost by it.
#[test]
fn a_cut_notice_that_counts_is_refused() {
    let last = "0x23Db729908137cb60852f2936D2b5c6De0e1c887";
    let end = FBI.find(last).expect("is there") + last.len();
    for cut in 0..end {
        assert!(read_all(&[&FBI.as_bytes()[..cut]]).is_err(), "cut at {cut}");
    }
    assert_eq!(read(&FBI[..end]).expect("names all").len(), 12);
}

#[test]
fn without_a_count_a_cut_within_an_address_is_refused() {
    let broken = "TNZxGWCwvsHr6JxQxzoeDXV5\n97Yf7Zb7nV";
    for address in [EVM, "bc1qwtz3zv95x2flu4w26kgfepf529z50r2sqc5zml"] {
        let text = format!("Wallets: {OTHER} and {address}");
        let start = text.len() - address.len();
        for cut in start + 3..text.len() {
            let error = read(&text[..cut]).expect_err("cut");
            assert!(matches!(error, ReadError::Truncated { .. }), "{error}");
        }
        assert_eq!(read(&text).expect("is whole").len(), 2);
    }
    assert_eq!(
        read(&format!("{OTHER} {broken}")).expect("is whole").len(),
        2
    );
    assert!(read(&format!("{OTHER}, see psa250226")).is_ok());
}

#[test]
fn a_wrong_count_and_an_empty_notice_are_refused() {
    let error = read(&format!("# records: 2\n{EVM}\n")).expect_err("one");
    assert!(matches!(
        error,
        ReadError::RecordCount {
            declared: 2,
            found: 1,
            ..
        }
    ));
    for empty in [
        "",
        "\n",
        "# published: 2025-01-01\n",
        "no wallets here\n",
        "0x51E9d833Ecae4E8D9D8B\n",
    ] {
        let error = read(empty).expect_err(empty);
        assert!(matches!(error, ReadError::Empty { .. }), "{error}");
    }
    let error = read_all(&[EVM.as_bytes(), b"nothing\n"]).expect_err("second is empty");
    assert!(matches!(error, ReadError::Empty { .. }), "{error}");
}

#[test]
fn each_file_has_a_header_of_its_own() {
    let first = format!("# published: 2025-02-26\n# subject: A\n{EVM}\n");
    let second = format!("# published: 2024-12-02\n# subject: B\n{OTHER}\n{EVM}\n");
    let (rows, facts) = read_all(&[first.as_bytes(), second.as_bytes()]).expect("reads");
    let said: Vec<_> = rows
        .iter()
        .map(|row| {
            let entry = row.entry.as_ref().expect("an address");
            (
                &*row.locator.file,
                entry.designation.subjects[0].as_str(),
                entry.listed_on,
            )
        })
        .collect();
    let (feb, dec) = (
        jiff::civil::date(2025, 2, 26),
        jiff::civil::date(2024, 12, 2),
    );
    assert_eq!(
        said,
        [
            ("n0", "A", Some(feb)),
            ("n1", "B", Some(dec)),
            ("n1", "B", Some(dec))
        ]
    );
    assert_eq!(facts.published_on, Some(feb));
    assert_eq!(facts.records, 3);
}

#[test]
fn bytes_that_are_no_text_are_reported_and_the_rest_is_read() {
    let text = [
        b"It\x92s\0 ".as_slice(),
        EVM.as_bytes(),
        b"\x93.\n",
        OTHER.as_bytes(),
        b"\n",
    ]
    .concat();
    let (rows, _) = read_all(&[&text]).expect("reads");
    assert_eq!(addresses(&rows), [(1, EVM), (2, OTHER)]);
    let faults: Vec<_> = rows
        .iter()
        .filter_map(|row| Some((row.locator.line, row.fault.as_ref()?.code())))
        .collect();
    assert_eq!(faults, [(1, "NOT_UTF8")]);
    let wide: Vec<u8> = EVM.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(matches!(read_all(&[&wide]), Err(ReadError::Empty { .. })));
}

#[test]
fn a_notice_is_no_longer_than_one_text() {
    let limits = Limits {
        text_bytes_max: 100,
        ids_max: 1,
        ..Limits::default()
    };
    let read = |text: String| {
        let files = vec![InputFile::of_bytes("a", text)];
        let rows = super::super::open(Format::Notice, Category::Theft, files, limits.clone());
        rows.expect("opens").collect::<Result<Vec<_>, _>>()
    };
    let padding = " ".repeat(100 - EVM.len());
    assert!(read(format!("{EVM}{padding}")).is_ok());
    let error = read(format!("{EVM}{padding} ")).expect_err("too long");
    assert!(
        matches!(error, ReadError::Limit { max: 100, .. }),
        "{error}"
    );
    let error = read(format!("{EVM} {OTHER}")).expect_err("too many");
    assert!(matches!(error, ReadError::Limit { max: 1, .. }), "{error}");
}

#[test]
fn only_sentences_with_addresses_are_taken_for_a_notice() {
    let sniff = |text: &str| {
        super::sniff(&Start {
            bytes: text.as_bytes(),
            name: "x",
        })
    };
    assert!(sniff(FBI));
    assert!(sniff(&format!(
        "The FBI found these wallets of TraderTraitor:\n{EVM}\n{OTHER}\n"
    )));
    for other in [
        format!("{EVM}\n{OTHER}\n"),
        format!("# mine\n{EVM}\n{OTHER}\n"),
        format!("address,note\n{EVM},The FBI found these wallets of one\n{OTHER},\n"),
        format!("title: FBI Identifies Cryptocurrency Funds Stolen by DPRK\n- {EVM}\n- {OTHER}\n"),
        format!("[\"{EVM}\", \"{OTHER}\"]"),
        format!("{EVM};The name of a person with words;\n{OTHER};b;c\n"),
        format!("The FBI found only one of these wallets: {EVM}\n"),
        "The FBI has found no wallets of anybody at all\n".to_owned(),
        String::new(),
    ] {
        assert!(!sniff(&other), "{other}");
    }
}

proptest! {
    /// Goal: no single corrupted byte panics or makes an address vanish
    /// unseen from a counted notice. Method: change one anywhere below the
    /// header.
    #[test]
    fn one_changed_byte_loses_no_address_in_silence(at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = FBI.as_bytes().to_vec();
        let from = FBI.find("Made for tests").expect("is there");
        let at = from + at.index(bytes.len() - from);
        bytes[at] = byte;
        if let Ok((rows, facts)) = read_all(&[&bytes]) {
            prop_assert_eq!(facts.records, 12);
            prop_assert!(rows.len() >= 12);
        }
    }
}
