//! The classic XML against real and made publications, and hostile ones.

use std::collections::HashSet;
use std::path::Path;

use super::super::{RowFault, Rows, open};
use super::*;
use crate::list::{Category, ListEntry};

fn begin(bytes: &[u8], limits: Limits) -> Rows {
    let file = InputFile::of_bytes("sdn.xml", bytes.to_vec());
    open(Format::OfacXml, Category::Other, vec![file], limits).expect("opens")
}

fn read(bytes: &[u8]) -> Result<(Vec<Row>, Facts), ReadError> {
    let mut rows = begin(bytes, Limits::default());
    let all = rows.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((all, rows.facts().clone()))
}

fn refused(text: &str) -> ReadError {
    read(text.as_bytes()).expect_err("is refused")
}

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/lists")
        .join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn entries(rows: &[Row]) -> Vec<&ListEntry> {
    rows.iter().filter_map(|row| row.entry.as_ref()).collect()
}

/// A list of one subject with two names, two wallets and a passport.
const SMALL: &str = r#"<?xml version="1.0" standalone="yes"?>
<sdnList xmlns="http://tempuri.org/sdnList.xsd">
  <publshInformation><Publish_Date>05/03/2024</Publish_Date><Record_Count>1</Record_Count></publshInformation>
  <sdnEntry><uid>7</uid><firstName>Jane &amp; J&#111;</firstName><lastName>DOE</lastName>
    <programList><program>DPRK3</program><program>CYBER2</program></programList>
    <idList>
      <id><uid>90</uid><idType>Passport</idType><idNumber>123</idNumber></id>
      <id>
        <uid>91</uid><idType>Digital Currency Address - ETH</idType>
        <idNumber>0xab</idNumber>
      </id>
      <id><uid>92</uid><idNumber><![CDATA[0xab]]></idNumber><idType>Digital Currency Address - NEWCOIN</idType></id>
    </idList>
    <akaList><aka><uid>93</uid><lastName>ROE</lastName><firstName>J.</firstName></aka></akaList>
  </sdnEntry>
</sdnList>
"#;

#[test]
fn every_identifier_is_an_entry_with_its_subject_and_line() {
    let (rows, facts) = read(SMALL.as_bytes()).expect("is whole");
    let lines: Vec<u64> = rows.iter().map(|row| row.locator.line).collect();
    assert_eq!(lines, [10, 12]);
    let found = entries(&rows);
    let tickers: Vec<_> = found.iter().map(|entry| entry.ticker.as_deref()).collect();
    assert_eq!(tickers, [Some("ETH"), Some("NEWCOIN")]);
    for entry in found {
        assert_eq!(
            (entry.address.as_str(), entry.category),
            ("0xab", Category::Sanctions)
        );
        assert_eq!(entry.designation.subjects, ["Jane & Jo DOE", "J. ROE"]);
        assert_eq!(entry.designation.programs, ["DPRK3", "CYBER2"]);
        assert_eq!(entry.designation.subject_id.as_deref(), Some("7"));
        let url = "https://sanctionssearch.ofac.treas.gov/Details.aspx?id=7";
        assert_eq!(entry.reference.as_deref(), Some(url));
    }
    assert_eq!(
        (facts.published_on, facts.records),
        (Some(jiff::civil::date(2024, 5, 3)), 1)
    );
    let ticker = Excerpt::of("NEWCOIN");
    assert_eq!(facts.warnings, [Warning::NewTicker { ticker, count: 1 }]);
}

#[test]
fn the_list_of_2026_yields_every_wallet() {
    let (rows, facts) = read(&fixture("sdn_2026-08-20.xml")).expect("is whole");
    assert!(rows.iter().all(|row| row.fault.is_none()));
    let found = entries(&rows);
    let addresses: HashSet<_> = found.iter().map(|entry| &entry.address).collect();
    assert_eq!(
        (found.len(), addresses.len(), facts.records),
        (974, 961, 94)
    );
    assert_eq!(facts.published_on, Some(jiff::civil::date(2026, 8, 20)));
    assert_eq!(facts.warnings, []);
    // What it says of each is what the bundled list says.
    let pairs: HashSet<_> = found
        .iter()
        .map(|entry| (&entry.address, &entry.ticker))
        .collect();
    assert_eq!(pairs.len(), 974);
}

#[test]
fn an_official_file_without_wallets_is_read_to_its_end() {
    let (rows, facts) = read(&fixture("CONSOLIDATED_nonSDN_2026-01-08.xml")).expect("is whole");
    assert_eq!((rows.len(), facts.records), (0, 442));
    assert_eq!(facts.published_on, Some(jiff::civil::date(2026, 1, 8)));
}

#[test]
fn a_wallet_without_a_number_is_a_fault() {
    let text = SMALL.replace("<idNumber>0xab</idNumber>", "<idNumber/>");
    let (rows, _) = read(text.as_bytes()).expect("is whole");
    let codes: Vec<_> = rows
        .iter()
        .map(|row| row.fault.as_ref().map(RowFault::code))
        .collect();
    assert_eq!(codes, [Some("NO_ADDRESS"), None]);
    assert_eq!(entries(&rows).len(), 1);
}

#[test]
fn a_list_that_is_not_whole_is_refused() {
    let missing = SMALL.replace("<Record_Count>1</Record_Count>", "");
    assert!(matches!(
        refused(&missing),
        ReadError::RecordCountMissing { .. }
    ));
    let other = SMALL.replace("<Record_Count>1<", "<Record_Count>2<");
    assert!(matches!(
        refused(&other),
        ReadError::RecordCount {
            declared: 2,
            found: 1,
            ..
        }
    ));
    let twice = SMALL.replace(
        "</publshInformation>",
        "<Record_Count>1</Record_Count></publshInformation>",
    );
    assert!(refused(&twice).to_string().contains("second record count"));
    assert!(matches!(refused(""), ReadError::Empty { .. }));
    assert!(matches!(refused(" \n"), ReadError::Empty { .. }));
    let undated = SMALL.replace("<Publish_Date>05/03/2024</Publish_Date>", "");
    let (_, facts) = read(undated.as_bytes()).expect("is whole");
    assert!(facts.warnings.contains(&Warning::NoPublishDate));
    let misdated = SMALL.replace("05/03/2024", "2024-05-03");
    assert!(
        refused(&misdated)
            .to_string()
            .contains("Publish_Date `2024-05-03`")
    );
}

#[test]
fn other_documents_are_refused() {
    assert!(matches!(
        refused("<Sanctions/>"),
        ReadError::WrongRoot { .. }
    ));
    assert!(matches!(
        refused("<html><body>503</body></html>"),
        ReadError::WrongRoot { .. }
    ));
    assert!(matches!(
        refused("<!DOCTYPE html><html/>"),
        ReadError::Doctype { .. }
    ));
    for text in [
        "{\"error\":1}",
        &format!("{SMALL}x"),
        &format!("{SMALL}<sdnList/>"),
    ] {
        assert!(
            refused(text).to_string().contains("outside the root"),
            "{text}"
        );
    }
    assert!(
        refused(&SMALL.replace("&amp;", "&bomb;"))
            .to_string()
            .contains("`&bomb;`")
    );
    assert!(matches!(
        refused(&SMALL.replace("</uid>", "</udi>")),
        ReadError::Malformed { .. }
    ));
    let latin = SMALL
        .as_bytes()
        .iter()
        .map(|&byte| if byte == b'&' { 0xe9 } else { byte });
    let error = read(&latin.collect::<Vec<_>>()).expect_err("is not UTF-8");
    assert!(error.to_string().contains("not UTF-8"), "{error}");
}

#[test]
fn a_document_type_bomb_is_refused_before_it_is_read() {
    let bomb = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE sdnList [<!ENTITY a \"{}\">]>{SMALL}",
        "&a;".repeat(1_000)
    );
    assert!(matches!(refused(&bomb), ReadError::Doctype { .. }));
}

/// Goal: each limit holds at its edge and one past it. Method: a list that is
/// whole but for one thing that grows.
#[test]
fn limits_hold_at_the_edge_and_one_past_it() {
    let nest = |depth: usize| {
        let inner = "<x>".repeat(depth) + &"</x>".repeat(depth);
        SMALL.replace("</sdnList>", &format!("{inner}</sdnList>"))
    };
    let attributes = |count: usize| {
        let all: String = (0..count).map(|at| format!(" a{at}='1'")).collect();
        SMALL.replace("<sdnEntry>", &format!("<sdnEntry{all}>"))
    };
    let text = |bytes: usize| SMALL.replace(">ROE<", &format!(">{}<", "x".repeat(bytes)));
    let address = |bytes: usize| SMALL.replace("[0xab]", &format!("[{}]", "x".repeat(bytes)));

    assert!(read(nest(63).as_bytes()).is_ok());
    assert!(matches!(
        refused(&nest(64)),
        ReadError::Limit { max: 64, .. }
    ));
    assert!(read(attributes(64).as_bytes()).is_ok());
    assert!(matches!(
        refused(&attributes(65)),
        ReadError::Limit { max: 64, .. }
    ));
    assert!(read(text(1 << 20).as_bytes()).is_ok());
    assert!(matches!(
        refused(&text((1 << 20) + 1)),
        ReadError::Limit { .. }
    ));
    assert!(matches!(refused(&text(8 << 20)), ReadError::Limit { .. }));
    let (rows, _) = read(address(2_048).as_bytes()).expect("is whole");
    assert_eq!(rows[1].fault, None);
    let (rows, _) = read(address(2_049).as_bytes()).expect("is whole");
    assert_eq!(
        rows[1].fault.as_ref().map(RowFault::code),
        Some("FIELD_TOO_LONG")
    );
    assert_eq!(rows[1].entry, None);
}

#[test]
fn one_designation_cannot_hold_wallets_without_end() {
    let limits = || Limits {
        ids_max: 2,
        ..Limits::default()
    };
    assert!(begin(SMALL.as_bytes(), limits()).all(|row| row.is_ok()));
    let third =
        "<id><idType>Digital Currency Address - ETH</idType><idNumber>c</idNumber></id></idList>";
    let text = SMALL.replace("</idList>", third);
    let last = begin(text.as_bytes(), limits()).last();
    assert!(
        matches!(last, Some(Err(ReadError::Limit { max: 2, .. }))),
        "{last:?}"
    );
}

#[test]
fn names_are_bounded_in_number_and_length() {
    let akas = "<aka><lastName>X</lastName></aka>".repeat(40) + "</akaList>";
    let long = "é".repeat(4_000);
    let text = SMALL
        .replace("</akaList>", &akas)
        .replace(">DOE<", &format!(">{long}<"));
    let (rows, _) = read(text.as_bytes()).expect("is whole");
    let subjects = &entries(&rows)[0].designation.subjects;
    assert_eq!(subjects.len(), Limits::default().names_max);
    assert!(subjects[0].len() <= 2 * Limits::default().field_bytes_max);
}

/// Goal: a type that is renamed does not empty the list in silence.
#[test]
fn an_address_under_a_renamed_type_is_listed_and_reported() {
    let address = "12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h";
    let odd = "0xa7e5d5a720f06526557c513402f2e6b5fa20b00";
    let list = |id_type: &str, number: &str| {
        format!(
            "<sdnList><publshInformation><Publish_Date>05/03/2024</Publish_Date>\
             <Record_Count>1</Record_Count></publshInformation><sdnEntry><uid>7</uid>\
             <lastName>D</lastName><idList><id>{id_type}<idNumber>{number}</idNumber></id>\
             </idList></sdnEntry></sdnList>"
        )
    };
    for (id_type, number, is_listed) in [
        (
            "<idType>Virtual Currency Address - XBT</idType>",
            address,
            true,
        ),
        ("<idType>Virtual Asset Wallet</idType>", odd, true),
        ("<idType>Passport</idType>", address, true),
        ("", odd, true),
        ("<idType>Passport</idType>", odd, false),
        (
            "<idType>Email Address</idType>",
            "someone.long2@example.invalid",
            false,
        ),
        (
            "<idType>Registration Number</idType>",
            "RU0204452560040702810412345678901",
            false,
        ),
    ] {
        let file = InputFile::of_bytes("f", list(id_type, number));
        let rows = super::super::open(
            Format::OfacXml,
            Category::Other,
            vec![file],
            Limits::default(),
        );
        let rows: Vec<Row> = rows
            .expect("opens")
            .collect::<Result<_, _>>()
            .expect("is whole");
        let told: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row.entry.as_ref().map(|entry| &*entry.address),
                    row.fault.as_ref().map(RowFault::code),
                )
            })
            .collect();
        let expected = is_listed.then_some((Some(number), Some("UNMARKED_ADDRESS")));
        assert_eq!(told, Vec::from_iter(expected), "{id_type} {number}");
    }
}
