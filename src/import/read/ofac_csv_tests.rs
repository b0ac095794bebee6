//! OFAC's CSV against real publications, and against files that were cut.

use std::collections::HashSet;
use std::path::Path;

use super::super::{Rows, open};
use super::*;
use crate::list::{Category, ListEntry};

fn fixture(name: &str) -> InputFile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/lists")
        .join(name);
    let content =
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    memory(name, &content)
}

fn memory(name: &str, content: &[u8]) -> InputFile {
    InputFile::of_bytes(name, content.to_vec())
}

fn begin(files: Vec<InputFile>) -> Result<Rows, ReadError> {
    open(Format::OfacCsv, Category::Other, files, Limits::default())
}

/// Reads to the end: entries, faults by code, facts.
fn read(files: Vec<InputFile>) -> Result<(Vec<ListEntry>, Vec<RowFault>, Facts), ReadError> {
    let mut rows = begin(files)?;
    let (mut entries, mut faults) = (Vec::new(), Vec::new());
    for row in &mut rows {
        let row = row?;
        entries.extend(row.entry);
        faults.extend(row.fault);
    }
    Ok((entries, faults, rows.facts().clone()))
}

fn addresses(entries: &[ListEntry]) -> HashSet<&str> {
    entries.iter().map(|entry| entry.address.as_str()).collect()
}

fn cut_uids(facts: &Facts) -> Vec<&str> {
    let cut = facts.warnings.iter().filter_map(|warning| match warning {
        Warning::RemarksCut { uid, .. } => Some(uid.as_str()),
        _ => None,
    });
    cut.collect()
}

/// What remains of an address where the publisher cut it.
const FRAGMENTS: [&str; 6] = [
    "1Gq",
    "1B64QRxf",
    "3",
    "1B11Ezqg3AXj",
    "3F6bbvS1krsc1qR8FsbTDfYQyvkMm",
    "1N6XqS",
];

#[test]
fn the_pair_of_2021_yields_every_wallet_in_either_order() {
    for reversed in [false, true] {
        let mut files = vec![
            fixture("SDN_2021-07.CSV"),
            fixture("SDN_COMMENTS_2021-07.CSV"),
        ];
        if reversed {
            files.reverse();
        }
        let (entries, faults, facts) = read(files).expect("is whole");
        assert_eq!((addresses(&entries).len(), faults.len()), (95, 0));
        assert_eq!(
            facts,
            Facts {
                records: 8_976,
                ..Facts::default()
            }
        );
        let listed = addresses(&entries);
        assert!(
            listed.contains("1GqChmWqGtsaLrGbHfgdrV5Nkvahtjjuxr"),
            "joined without a separator"
        );
        assert!(
            listed.contains("0x8576acc5c05d6ce88f4e49bf65bdf0c62f91353c"),
            "joined within the words"
        );
        assert!(FRAGMENTS.iter().all(|fragment| !listed.contains(fragment)));
    }
}

/// In 2021 the list had this address without its last digit.
#[test]
fn oddity_4_an_address_one_digit_short_is_taken_as_published() {
    let files = vec![
        fixture("SDN_2021-07.CSV"),
        fixture("SDN_COMMENTS_2021-07.CSV"),
    ];
    let (entries, faults, _) = read(files).expect("is whole");
    let short = "0xa7e5d5a720f06526557c513402f2e6b5fa20b00";
    assert!(addresses(&entries).contains(short));
    assert_eq!(faults, []);
}

#[test]
fn oddity_9_one_address_stands_with_two_subjects() {
    let (entries, _, _) = read(vec![fixture("SDN_2024-05-03.CSV")]).expect("is whole");
    let address = "1H939dom7i4WDLCKyGbXUp3fs9CSTNRzgL";
    let both = entries.iter().filter(|entry| entry.address == address);
    let names: Vec<_> = both
        .map(|entry| entry.designation.subjects[0].as_str())
        .collect();
    assert_eq!(
        names,
        ["KHATIBI AGHADA, Ahmad", "NIKAEEN RAVARI, Amir Hossein"]
    );
}

#[test]
fn a_currency_never_seen_is_taken_and_reported() {
    let row = "7,\"X\",-0- ,\"P\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Digital Currency Address - NEWCOIN 9zz.\"\r\n\x1a";
    let (entries, faults, facts) = read(vec![memory("a", row.as_bytes())]).expect("is whole");
    assert_eq!(
        (addresses(&entries), faults),
        (HashSet::from(["9zz"]), vec![])
    );
    let ticker = Excerpt::of("NEWCOIN");
    assert_eq!(facts.warnings, [Warning::NewTicker { ticker, count: 1 }]);
}

#[test]
fn the_list_of_2021_without_comments_names_what_is_missing() {
    let (entries, faults, facts) = read(vec![fixture("SDN_2021-07.CSV")]).expect("is whole");
    assert_eq!((entries.len(), addresses(&entries).len()), (80, 79));
    assert!(
        FRAGMENTS
            .iter()
            .all(|fragment| !addresses(&entries).contains(fragment))
    );
    assert_eq!(cut_uids(&facts), ["28263", "28264", "29703", "30518"]);
    assert!(faults.iter().all(|fault| fault.code() == "CUT_REMARK"));
    assert_eq!(faults.len(), 4);
    assert!(faults[3].to_string().contains("XBT 1Gq`"), "{}", faults[3]);
}

#[test]
fn the_list_of_2024_rejects_every_fragment_and_names_every_cut_subject() {
    let (entries, faults, facts) = read(vec![fixture("SDN_2024-05-03.CSV")]).expect("is whole");
    assert_eq!((entries.len(), addresses(&entries).len()), (288, 280));
    assert!(
        FRAGMENTS
            .iter()
            .all(|fragment| !addresses(&entries).contains(fragment))
    );
    assert_eq!(facts.records, 14_965);
    assert_eq!(cut_uids(&facts).len(), 16);
    assert_eq!(faults.len(), 16);
    let others = Warning::OtherRemarksCut {
        rows: 2,
        first_uid: "17018".to_owned(),
    };
    assert_eq!(facts.warnings.last(), Some(&others));
    let names: String = facts.warnings.iter().map(Warning::to_string).collect();
    for name in [
        "HYDRA MARKET",
        "TORNADO CASH",
        "LAZARUS GROUP",
        "SUEX OTC, S.R.O.",
        "GRIMM, Matthew Simon",
    ] {
        assert!(names.contains(name), "{name}");
    }
}

#[test]
fn comments_that_miss_a_cut_row_leave_it_reported() {
    let comments = std::fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lists/SDN_COMMENTS_2021-07.CSV"),
    )
    .expect("the fixture is there");
    let last = comments
        .windows(6)
        .position(|window| window == b"30518,")
        .expect("is the last row");
    let files = vec![
        fixture("SDN_2021-07.CSV"),
        memory("comments", &comments[..last]),
    ];
    let (entries, faults, facts) = read(files).expect("the list is whole");
    assert_eq!(cut_uids(&facts), ["30518"]);
    assert_eq!(faults.len(), 1);
    assert!(!addresses(&entries).contains("1Gq"));
}

const NULLS: &str = ",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,";

fn designation(uid: u32, remarks: &str) -> String {
    format!("{uid},\"DOE, Jane\",\"individual\",\"SDGT] [IRGC\"{NULLS}\"{remarks}\"\r\n")
}

#[test]
fn a_row_says_who_and_where() {
    let text = designation(1, "DOB 1990.")
        + &designation(
            7,
            "Digital Currency Address - ETH 0xab; alt. Digital Currency Address - ETH 0xcd.",
        )
        + "\u{1a}";
    let rows: Result<Vec<_>, _> = begin(vec![memory("sdn", text.as_bytes())])
        .expect("opens")
        .collect();
    let rows = rows.expect("is whole");
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1].locator.to_string(), "sdn:2");
    let entry = rows[1].entry.as_ref().expect("has an address");
    assert_eq!(
        (entry.address.as_str(), entry.ticker.as_deref()),
        ("0xcd", Some("ETH"))
    );
    assert_eq!(entry.category, Category::Sanctions);
    assert_eq!(entry.designation.subjects, ["DOE, Jane"]);
    assert_eq!(entry.designation.programs, ["SDGT", "IRGC"]);
    let url = "https://sanctionssearch.ofac.treas.gov/Details.aspx?id=7";
    assert_eq!(entry.reference.as_deref(), Some(url));
}

#[test]
fn a_ragged_row_still_gives_up_its_wallet() {
    let text =
        designation(1, "x") + "2,\"DOE\",Digital Currency Address - ETH 0xab; y\n3,z\n\u{1a}\n";
    let (entries, faults, _) = read(vec![memory("sdn", text.as_bytes())]).expect("is whole");
    assert!(addresses(&entries).contains("0xab"));
    let codes: Vec<_> = faults.iter().map(RowFault::code).collect();
    assert_eq!(codes, ["COLUMNS", "COLUMNS"]);
}

#[test]
fn names_may_be_latin_1_but_an_address_may_not() {
    let mut text = b"1,\"P\xc9REZ\",-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,".to_vec();
    text.extend_from_slice(b"\"Digital Currency Address - XBT 1a\xe9b.\"\r\n\x1a");
    let (entries, faults, _) = read(vec![memory("sdn", &text)]).expect("is whole");
    assert_eq!(entries[0].designation.subjects, ["PÉREZ"]);
    assert_eq!(faults[0].code(), "NOT_ASCII");
}

#[test]
fn files_that_are_not_a_list_and_its_comments_are_refused() {
    let list = designation(1, "x.") + "\u{1a}";
    let comments = "1,\"more.\"\r\n";
    let file = |text: &str| memory("f", text.as_bytes());
    let refused = |texts: &[&str]| {
        let files = texts.iter().map(|text| file(text)).collect();
        read(files).expect_err("is refused").to_string()
    };
    assert!(refused(&[&list, &list]).contains("both lists"));
    assert!(refused(&[comments, comments]).contains("both comments"));
    assert!(refused(&[comments]).contains("without its list"));
    assert!(refused(&[&list, &list, comments]).contains("3 file(s)"));
    assert!(refused(&[""]).contains("no entries"));
    assert!(refused(&["\u{1a}"]).contains("no entries"));
    assert!(refused(&[&list, ""]).contains("no entries"));
    assert!(refused(&["a,b,c\n"]).contains("3 columns"));
    assert!(refused(&[&(list.clone() + "\r\n" + &list)]).contains("after the end mark"));
    assert!(refused(&[&list, "1,\"more"]).contains("was cut"));
    assert!(refused(&[&list, "1,\"more\""]).contains("was cut"));
    assert!(refused(&[&list, "1,\"more\"\nx,y\n"]).contains("comments record"));

    let files = vec![file(&list), file("1,\"more.\"\n9,\"z.\"\n\u{1a}\n")];
    let (_, _, facts) = read(files).expect("is whole");
    assert_eq!(
        facts.warnings,
        [Warning::CommentUnmatched {
            uid: "9".to_owned()
        }]
    );
}

#[test]
fn comments_larger_than_the_limit_are_refused() {
    let list = designation(1, "x.") + "\u{1a}";
    let comments = "1,\"more.\"\r\n".repeat(10);
    let limits = Limits {
        comments_bytes_max: 50,
        ..Limits::default()
    };
    let files = vec![
        memory("l", list.as_bytes()),
        memory("c", comments.as_bytes()),
    ];
    let error = open(Format::OfacCsv, Category::Other, files, limits).expect_err("too large");
    assert!(matches!(error, ReadError::Limit { max: 50, .. }), "{error}");
}

/// The publisher may move the cut. Then the last wallet may be a fragment:
/// it stays, because it may be whole, and its subject is named.
#[test]
fn a_wallet_that_nothing_ends_is_kept_and_its_subject_named() {
    let text = designation(7, "DOB 1990; Digital Currency Address - ETH 0xab") + "\u{1a}";
    let (entries, faults, facts) = read(vec![memory("sdn", text.as_bytes())]).expect("is whole");
    assert!(addresses(&entries).contains("0xab"));
    assert_eq!((faults.len(), cut_uids(&facts)), (0, vec!["7"]));
}
