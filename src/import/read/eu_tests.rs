//! Three real entities, whole and cut, and made ones that are odd.

use proptest::prelude::*;

use super::super::Row;
use super::*;

/// Three entities of the list of 22 September 2026.
const REAL: &str =
    include_str!("../../../tests/fixtures/lists/eu_sanctions_2026-09-22_excerpt.xml");

/// Made: odd texts, attributes and dates.
const ODD: &str = include_str!("../../../tests/fixtures/lists/made_eu_odd.xml");

const TRON: &str = "TA1hsikRfsgGiW9nEBpT4tEXEySTNYLr2d";

fn read_within(bytes: &[u8], limits: Limits) -> Result<(Vec<Row>, Facts), ReadError> {
    let file = InputFile::of_bytes("eu", bytes.to_vec());
    let mut rows = super::super::open(Format::EuSanctions, Category::Other, vec![file], limits)?;
    let all = rows.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((all, rows.facts().clone()))
}

fn read(text: &str) -> Result<(Vec<Row>, Facts), ReadError> {
    read_within(text.as_bytes(), Limits::default())
}

/// Subject, ticker, address, note and fault of each row.
fn told(rows: &[Row]) -> Vec<(u64, String, &str, Option<&'static str>)> {
    let tell = |row: &'_ Row| {
        let entry = row.entry.as_ref();
        entry.map_or_else(String::new, |entry| {
            let id = entry.designation.subject_id.as_deref().unwrap_or("?");
            let ticker = entry.ticker.as_deref().unwrap_or("-");
            format!("{id} {ticker} {}", entry.address)
        })
    };
    rows.iter()
        .map(|row| {
            let note = row.entry.as_ref().and_then(|entry| entry.note.as_deref());
            let fault = row.fault.as_ref().map(|fault| fault.code());
            (row.locator.line, tell(row), note.unwrap_or_default(), fault)
        })
        .collect()
}

/// All nine that the list of that day names.
#[test]
fn wallets_in_the_remarks_of_real_entities_are_found() {
    let (rows, _) = read(REAL).expect("is whole");
    let alias = "named in nameAlias/remark";
    let address = "named in address/remark";
    let garantex = |ticker: &str, wallet: &str| format!("EU.12747.39 {ticker} {wallet}");
    assert_eq!(
        told(&rows),
        [
            (
                11,
                garantex("ETH", "0x002471b8A185f9980708d0eAEC5B289714F56f8d"),
                alias,
                None
            ),
            (
                12,
                garantex("BTC", "bc1qwtz3zv95x2flu4w26kgfepf529z50r2sqc5zml"),
                alias,
                None
            ),
            (
                13,
                garantex("BTC", "bc1qwxqxd25yk2dtw2ml04vxj9atq3huv4rdytf6vt"),
                alias,
                None
            ),
            (
                14,
                garantex("BTC", "3My1ffQr5qQzmq4aBFgRqwRYqfB5zPAt8t"),
                alias,
                None
            ),
            (
                15,
                garantex("BSC", "0x3051Ca7cB7f6C599fA2f27385AD75010cf0f2bbF"),
                alias,
                None
            ),
            (16, garantex("TRX", TRON), alias, None),
            (
                39,
                "EU.13770.38 - TNZxGWCwvsHr6JxQxzoeDXV5\n97Yf7Zb7nV".into(),
                address,
                Some("BROKEN")
            ),
            (
                45,
                "EU.13770.38 - TEcuHDQthTmULe8fFLUccBPpjfXaTmJuuD".into(),
                address,
                None
            ),
            (
                50,
                "EU.13770.38 - TC8axQvzJEVR3NKN6mZnJtGy7537GEmh38".into(),
                address,
                None
            ),
        ]
    );
}

#[test]
fn a_row_says_what_the_list_says_of_the_subject() {
    let (rows, facts) = read(REAL).expect("is whole");
    assert_eq!(facts.records, 3);
    assert_eq!(facts.published_on, Some(jiff::civil::date(2026, 9, 22)));
    let grinex = rows[8].entry.as_ref().expect("an address");
    assert_eq!(grinex.category, Category::Sanctions);
    assert_eq!(grinex.designation.subjects, ["Grinex", "Гринекс"]);
    assert_eq!(grinex.designation.programs, ["UKR"]);
    assert_eq!(
        grinex.designation.designated_on,
        Some(jiff::civil::date(2025, 10, 23))
    );
    assert_eq!(grinex.listed_on, None);
    assert_eq!(
        grinex.reference.as_deref(),
        Some("https://eur-lex.europa.eu/legal-content/EN/TXT/PDF/?uri=OJ:L_202502035")
    );
}

#[test]
fn odd_texts_and_attributes_lose_no_address() {
    let (rows, facts) = read(ODD).expect("is whole");
    let first = "EU.1.1 - 0x002471b8A185f9980708d0eAEC5B289714F56f8d".to_owned();
    assert_eq!(
        told(&rows),
        [
            (4, first, "named in sanctionEntity@designationDetails", None),
            (
                5,
                "EU.1.1 - 3My1ffQr5qQzmq4aBFgRqwRYqfB5zPAt8t".into(),
                "named in remark",
                None
            ),
            (
                8,
                "EU.1.1 Tron TEcuHDQthTmULe8fFLUccBPpjfXaTmJuuD".into(),
                "named in nameAlias@function",
                None
            ),
            (
                12,
                format!("EU.1.1 - {TRON}"),
                "named in nameAlias/remark",
                None
            ),
            (16, String::new(), "", Some("ADDRESS_LIKE")),
            (
                18,
                "EU.1.1 - TC8axQvzJEVR3NKN6mZnJtGy7537GEmh38".into(),
                "named in identification@number",
                None
            ),
            (
                23,
                format!("logicalId 2 - {TRON}"),
                "named in new/part",
                Some("BAD_DATE")
            ),
        ]
    );
    let reference = |at: usize| {
        let entry = rows[at].entry.as_ref().expect("an address");
        entry.reference.clone().unwrap_or_default()
    };
    assert_eq!(reference(1), "https://eur-lex.europa.eu/first");
    assert_eq!(reference(3), "https://eur-lex.europa.eu/summary");
    assert_eq!(reference(6), "");
    let entry = rows[1].entry.as_ref().expect("an address");
    assert_eq!(entry.designation.subjects, ["Ivan \"I.\" Petrov", "Петров"]);
    assert_eq!(entry.designation.programs, ["UKR", "RUS"]);
    assert_eq!(facts.warnings, [Warning::NoPublishDate]);
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
        assert!(read_within(&bytes[..bytes.len() - 1], Limits::default()).is_err());
    }
}

#[test]
fn what_is_no_eu_list_is_refused_with_a_reason() {
    for (text, wanted) in [
        ("", "holds no entries"),
        ("<export/>", "holds no entries"),
        ("<export generationDate='today'/>", "generationDate `today`"),
        ("<Designations/>", "begins with <Designations>"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><export/>", "DOCTYPE"),
        (
            "<export><sanctionEntity>&b;</sanctionEntity></export>",
            "unknown entity",
        ),
        (
            "<export><sanctionEntity logicalId='1' logicalId='2'/></export>",
            "is there twice",
        ),
        ("fileGenerationDate;Entity_LogicalId\n", "outside the root"),
    ] {
        let error = read(text).expect_err(text).to_string();
        assert!(error.contains(wanted), "{text}: {error}");
    }
}

#[test]
fn hostile_documents_are_stopped() {
    let entity =
        |inside: &str| format!("<export><sanctionEntity>{inside}</sanctionEntity></export>");
    let deep = "<a>".repeat(100) + &"</a>".repeat(100);
    let error = read(&entity(&deep)).expect_err("deep");
    assert!(matches!(error, ReadError::Limit { max: 64, .. }), "{error}");
    let attributes: String = (0..65).map(|number| format!(" a{number}='x'")).collect();
    let error = read(&entity(&format!("<nameAlias{attributes}/>"))).expect_err("many");
    assert!(matches!(error, ReadError::Limit { max: 64, .. }), "{error}");
    let long = "x".repeat(1 << 20);
    let error = read(&entity(&format!("<nameAlias function='{long}'/>"))).expect_err("long");
    assert!(matches!(error, ReadError::Limit { .. }), "{error}");
    let limits = Limits {
        ids_max: 1,
        ..Limits::default()
    };
    let two = entity(&format!(
        "<remark>{TRON}</remark><remark>3My1ffQr5qQzmq4aBFgRqwRYqfB5zPAt8t</remark>"
    ));
    let error = read_within(two.as_bytes(), limits).expect_err("too many");
    assert!(matches!(error, ReadError::Limit { max: 1, .. }), "{error}");
}

/// Goal: a subject of very many programmes and regulations costs no more than
/// its length. Method: as many as would take minutes if each were held
/// against all.
#[test]
fn many_programmes_and_regulations_take_linear_time() {
    let programmes: String = (0..100_000)
        .map(|at| format!("<regulation programme=\"P{at}\"/>"))
        .collect();
    let summaries = "<regulationSummary publicationUrl=\"u\"/>".repeat(200_000);
    let key = |at: u32| format!("0x{at:040x} ");
    let wallets: String = (1 << 20..(1 << 20) + 9_000).map(key).collect();
    let text = format!(
        "<export><sanctionEntity><nameAlias wholeName=\"N\"><remark>{wallets}</remark>{summaries}\
         </nameAlias>{programmes}</sanctionEntity></export>"
    );
    let begun = std::time::Instant::now();
    let (rows, _) = read(&text).expect("is whole");
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    let entry = rows[0].entry.as_ref().expect("is listed");
    assert_eq!(entry.designation.programs.len(), PROGRAMMES_MAX);
    let referred = |row: &Row| {
        row.entry
            .as_ref()
            .is_some_and(|entry| entry.reference.is_some())
    };
    assert!(rows.len() == 9_000 && rows.iter().all(referred));
}

proptest! {
    /// Goal: no single corrupted byte panics. Method: change one anywhere.
    #[test]
    fn one_changed_byte_does_no_harm(at in any::<prop::sample::Index>(), byte: u8) {
        for text in [REAL, ODD] {
            let mut bytes = text.as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = read_within(&bytes, Limits::default());
        }
    }
}
