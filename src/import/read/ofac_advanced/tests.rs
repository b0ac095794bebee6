//! The advanced XML: what it says, how it is put together, and hostile ones.

use jiff::civil::date;

use super::super::{RowFault, Rows, detect, open};
use super::*;
use crate::list::{Category, ListEntry};

const TODAY: &str =
    "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/ADVANCED_XML";
const BEFORE_2024: &str = "http://www.un.org/sanctions/1.0";

/// One person with two wallets in three features, one company without, and
/// what stands between them; its namespace is yet to be put in.
const SMALL: &str = include_str!("../../../../tests/fixtures/lists/made_sdn_advanced_small.xml");

pub(super) fn small() -> String {
    SMALL.replace("NAMESPACE", TODAY)
}

pub(super) fn begin(bytes: &[u8], limits: Limits) -> Rows {
    let file = InputFile::of_bytes("SDN_ADVANCED.XML", bytes.to_vec());
    open(Format::OfacAdvanced, Category::Other, vec![file], limits).expect("opens")
}

pub(super) fn read(text: &str) -> Result<(Vec<Row>, Facts), ReadError> {
    let mut rows = begin(text.as_bytes(), Limits::default());
    let all = rows.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((all, rows.facts().clone()))
}

pub(super) fn refused(text: &str) -> ReadError {
    read(text).expect_err("is refused")
}

pub(super) fn entry(row: &Row) -> &ListEntry {
    row.entry.as_ref().expect("the row is an entry")
}

fn pairs(rows: &[Row]) -> Vec<(&str, &str)> {
    let told = rows.iter().map(entry);
    told.map(|entry| {
        (
            entry.ticker.as_deref().unwrap_or_default(),
            entry.address.as_str(),
        )
    })
    .collect()
}

pub(super) fn codes(rows: &[Row]) -> Vec<Option<&'static str>> {
    let codes = rows
        .iter()
        .map(|row| row.fault.as_ref().map(RowFault::code));
    codes.collect()
}

/// Returns the line on which a text first stands.
fn line_of(text: &str) -> u64 {
    let at = SMALL.find(text).expect("it is there");
    SMALL[..at].matches('\n').count() as u64 + 1
}

pub(super) const XBT: (&str, &str) = ("XBT", "1Q6saNmqKkyFB9mFR68Ck8F7Dp7dTopF2W");
const ETH: (&str, &str) = ("ETH", "0xd882cfc20f52f2599d84b8e8d58c7fb62cfe344b");

#[test]
fn a_wallet_comes_with_all_that_the_document_says_of_its_subject() {
    let (rows, facts) = read(&small()).expect("is whole");
    assert_eq!(pairs(&rows), [XBT, ETH]);
    assert_eq!(codes(&rows), [None, None]);
    let lines: Vec<u64> = rows.iter().map(|row| row.locator.line).collect();
    assert_eq!(
        lines,
        [
            line_of("1Q6saNm"),
            line_of("<VersionDetail DetailTypeID=\"1432\">\n")
        ]
    );
    for row in &rows {
        let entry = entry(row);
        assert_eq!(
            entry.designation.subjects,
            ["KARASAVIDI Dmitrii", "Dima", "КАРАСАВИДИ Дмитрий"]
        );
        assert_eq!(entry.designation.programs, ["CYBER2", "RUSSIA-EO14024"]);
        assert_eq!(entry.designation.subject_id.as_deref(), Some("29585"));
        assert_eq!(entry.designation.designated_on, Some(date(2020, 9, 16)));
        assert_eq!((entry.listed_on, entry.delisted_on), (None, None));
        assert_eq!(entry.category, Category::Sanctions);
        let url = "https://sanctionssearch.ofac.treas.gov/Details.aspx?id=29585";
        assert_eq!(entry.reference.as_deref(), Some(url));
    }
    assert_eq!(
        (facts.published_on, facts.records),
        (Some(date(2026, 8, 20)), 2)
    );
    assert_eq!(facts.warnings, []);
}

#[test]
fn the_namespace_does_not_matter() {
    let today = read(&small()).expect("is whole");
    let prefixed = small()
        .replace("xmlns=", "xmlns:o=")
        .replace("</", "</o:")
        .replace('<', "<o:")
        .replace("<o:/", "</")
        .replace("<o:?", "<?")
        .replace("</o:o:", "</o:");
    for other in [&SMALL.replace("NAMESPACE", BEFORE_2024), &prefixed] {
        assert_eq!(detect(other.as_bytes(), "x"), Some(Format::OfacAdvanced));
        assert_eq!(read(other).expect("is whole"), today);
    }
}

/// Goal: no number decides what a feature is. Method: give the two wallet
/// types each other's numbers, and numbers never used.
#[test]
fn kinds_are_told_by_their_text_never_by_their_number() {
    let swapped = small()
        .replace("<FeatureType ID=\"344\"", "<FeatureType ID=\"x\"")
        .replace("<FeatureType ID=\"345\"", "<FeatureType ID=\"344\"")
        .replace("<FeatureType ID=\"x\"", "<FeatureType ID=\"345\"");
    let (rows, _) = read(&swapped).expect("is whole");
    assert_eq!(pairs(&rows), [("ETH", XBT.1), ("XBT", ETH.1)]);
    let renumbered = small().replace("ID=\"344\"", "ID=\"90344\"");
    let (rows, _) = read(&renumbered).expect("is whole");
    assert_eq!(pairs(&rows), [XBT, ETH]);
}

#[test]
fn a_currency_never_seen_is_taken_and_reported() {
    let (rows, facts) = read(&small().replace("- ETH<", "- NEWCOIN<")).expect("is whole");
    assert_eq!(pairs(&rows), [XBT, ("NEWCOIN", ETH.1)]);
    let ticker = Excerpt::of("NEWCOIN");
    assert_eq!(facts.warnings, [Warning::NewTicker { ticker, count: 1 }]);
}

/// A type that was renamed, or that the reference values forgot, must not
/// let an address pass unseen; words that are no address stay unseen.
#[test]
fn an_address_under_another_kind_is_listed_and_reported() {
    for (from, to, kind) in [
        ("<FeatureType ID=\"344\"", "<FeatureType ID=\"343\"", "344"),
        (
            "Digital Currency Address - XBT",
            "Virtual Asset - XBT",
            "Virtual Asset - XBT",
        ),
    ] {
        let (rows, _) = read(&small().replace(from, to)).expect("is whole");
        assert_eq!(pairs(&rows), [("", XBT.1), ETH]);
        assert_eq!(codes(&rows), [Some("UNMARKED_ADDRESS"), None]);
        let said = rows[0].fault.as_ref().expect("is a fault").to_string();
        assert!(said.contains(XBT.1) && said.contains(kind), "{said}");
    }
    // What a renamed kind of wallet holds may be as odd as ever.
    let odd = "5be5543ff73456ab9f2d207887e2af87322c651ea1a873c5b25b7ffae456cl20";
    let text = small()
        .replace("Digital Currency Address - XBT", "Digital Currency Wallet")
        .replace(XBT.1, odd);
    assert_eq!(pairs(&read(&text).expect("is whole").0), [("", odd), ETH]);
    let text = small().replace("<FeatureType ID=\"14\"", "<FeatureType ID=\"13\"");
    let (rows, _) = read(&text).expect("is whole");
    assert_eq!(
        pairs(&rows),
        [XBT, ETH],
        "a website of unknown kind is none"
    );
    // So may what stands under a kind that nobody explains, or of another word.
    for odd in [odd, "0xa7e5d5a720f06526557c513402f2e6b5fa20b00"] {
        for (from, to) in [
            ("<FeatureType ID=\"344\"", "<FeatureType ID=\"343\""),
            (
                "Digital Currency Address - XBT",
                "Virtual Asset Address - XMR",
            ),
            ("Digital Currency Address - XBT", "Blockchain Account"),
        ] {
            let text = small()
                .replace(from, to)
                .replace(XBT.1, &format!("XMR {odd}."));
            let (rows, _) = read(&text).expect("is whole");
            assert_eq!(pairs(&rows), [("", odd), ETH], "{to}");
            assert_eq!(codes(&rows), [Some("UNMARKED_ADDRESS"), None]);
        }
    }
    for word in [
        "RU0204452560040702810412345678901",
        "40702810500000000000000000",
        "NonSDNMenuBasedSanctionsListed",
        "Subject to Secondary Sanctions",
        "someone.with.a.long.name@example.invalid",
    ] {
        let text = small().replace("www.an-example-with-a-long-name.invalid", word);
        assert_eq!(
            pairs(&read(&text).expect("is whole").0),
            [XBT, ETH],
            "{word}"
        );
    }
}

#[test]
fn a_wallet_without_an_address_is_a_fault() {
    let text = small().replace(XBT.1, " ");
    let (rows, _) = read(&text).expect("is whole");
    assert_eq!(codes(&rows), [Some("NO_ADDRESS"), None]);
    let line = line_of("<Feature ID=\"2\"");
    assert_eq!((rows[0].locator.line, &rows[0].entry), (line, &None));
    let text = small().replace(XBT.1, "1a, 1b");
    let (rows, _) = read(&text).expect("is whole");
    assert_eq!(codes(&rows), [Some("SEVERAL_FIELDS"), None]);
}

#[test]
fn every_profile_and_version_of_a_party_is_read() {
    let version = "<FeatureVersion ID=\"9\" ReliabilityID=\"1\"><VersionDetail DetailTypeID=\"1432\">1a</VersionDetail><VersionDetail DetailTypeID=\"1432\">1b</VersionDetail></FeatureVersion><IdentityReference ";
    let profile = "</Profile><Profile ID=\"17\"><Feature FeatureTypeID=\"345\"><FeatureVersion><VersionDetail>0xab</VersionDetail></FeatureVersion></Feature></Profile></DistinctParty>";
    let text = small()
        .replacen("<IdentityReference ", version, 1)
        .replacen("</Profile>\n    </DistinctParty>", profile, 1);
    let (rows, facts) = read(&text).expect("is whole");
    assert_eq!(
        pairs(&rows),
        [XBT, ("XBT", "1a"), ("XBT", "1b"), ETH, ("ETH", "0xab")]
    );
    let uid = entry(&rows[4]).designation.subject_id.as_deref();
    assert_eq!(uid, Some("29585"));
    let told = facts
        .warnings
        .iter()
        .map(Warning::to_string)
        .collect::<Vec<_>>();
    assert!(told.len() == 1 && told[0].contains("29585"), "{told:?}");
}

#[test]
fn a_subject_without_a_sanctions_entry_is_listed_and_named() {
    let (rows, facts) =
        read(&small().replace("ProfileID=\"7\"", "ProfileID=\"6\"")).expect("is whole");
    assert_eq!(pairs(&rows), [XBT, ETH]);
    assert_eq!(entry(&rows[0]).designation.programs, [""; 0]);
    assert_eq!(entry(&rows[0]).designation.designated_on, None);
    let warning = Warning::SubjectWithoutEntry {
        uid: Excerpt::of("29585"),
        name: Excerpt::of("KARASAVIDI Dmitrii"),
    };
    assert_eq!(facts.warnings, [warning]);
}

#[test]
fn several_entries_of_a_profile_are_taken_together() {
    let text = small().replace("ProfileID=\"8\"", "ProfileID=\"7\"");
    let (rows, _) = read(&text).expect("is whole");
    let designation = &entry(&rows[0]).designation;
    assert_eq!(designation.programs, ["CYBER2", "RUSSIA-EO14024", "SDGT"]);
    assert_eq!(designation.designated_on, Some(date(2001, 1, 1)));
}

#[test]
fn an_entry_that_was_amended_keeps_its_first_day() {
    let event = |year: u16| {
        format!(
            "<EntryEvent><Date><Year>{year}</Year><Month>9</Month><Day>16</Day></Date></EntryEvent><SanctionsMeasure ID=\"1\""
        )
    };
    for (year, first) in [(2024, 2020), (2019, 2019)] {
        let text = small().replace("<SanctionsMeasure ID=\"1\"", &event(year));
        let (rows, _) = read(&text).expect("is whole");
        let day = entry(&rows[0]).designation.designated_on;
        assert_eq!(day, Some(date(first, 9, 16)));
    }
}

#[test]
fn a_date_that_is_none_is_a_fault_of_one_row() {
    let text = small().replace("<Month>9<", "<Month>13<");
    let (rows, _) = read(&text).expect("is whole");
    assert_eq!(codes(&rows), [Some("BAD_DATE"), None]);
    assert_eq!(pairs(&rows), [XBT, ETH]);
    assert!(
        rows[0]
            .fault
            .as_ref()
            .is_some_and(|fault| fault.to_string().contains("`2020 13 16`"))
    );
    let error = refused(&small().replace("<Year>2026<", "<Year>soon<"));
    assert!(
        error.to_string().contains("DateOfIssue `soon 8 20`"),
        "{error}"
    );
    let (_, facts) = read(&small().replace("DateOfIssue", "DateOfPrint")).expect("is whole");
    assert_eq!(facts.warnings, [Warning::NoPublishDate]);
}

#[test]
fn where_no_measure_is_explained_every_comment_is_a_program() {
    let text = small().replace(">Program<", ">Programme<");
    let (rows, _) = read(&text).expect("is whole");
    let programs = &entry(&rows[0]).designation.programs;
    assert_eq!(programs, &["CYBER2", "RUSSIA-EO14024"]);
}

#[test]
fn the_comment_of_another_measure_is_no_program() {
    let measure = "SanctionsTypeID=\"1705\"><Comment />";
    let remark = "SanctionsTypeID=\"1705\"><Comment>see above</Comment>";
    assert!(small().contains(measure));
    let (rows, _) = read(&small().replace(measure, remark)).expect("is whole");
    let programs = &entry(&rows[0]).designation.programs;
    assert_eq!(programs, &["CYBER2", "RUSSIA-EO14024"]);
}

#[test]
fn a_weak_alias_comes_after_a_strong_one() {
    let alias = |name: &str, is_weak: bool| {
        format!(
            "<Alias Primary=\"false\" LowQuality=\"{is_weak}\"><DocumentedName><DocumentedNamePart><NamePartValue>{name}</NamePartValue></DocumentedNamePart></DocumentedName></Alias>"
        )
    };
    let more = alias("Weak", true) + &alias("Strong", false) + "<NamePartGroups />";
    let text = small().replacen("<NamePartGroups />", &more, 1);
    let (rows, _) = read(&text).expect("is whole");
    assert_eq!(
        entry(&rows[0]).designation.subjects,
        [
            "KARASAVIDI Dmitrii",
            "Strong",
            "Dima",
            "Weak",
            "КАРАСАВИДИ Дмитрий"
        ]
    );
}

#[test]
fn a_list_without_wallets_is_read_to_its_end() {
    let text = small()
        .replace(XBT.1, "none")
        .replace(ETH.1, "none")
        .replace("Digital Currency Address", "Remark");
    let (rows, facts) = read(&text).expect("is whole");
    assert_eq!((rows, facts.records, facts.warnings), (vec![], 2, vec![]));
    let cut = &text[..text.find("</SanctionsEntries>").expect("is there")];
    assert!(matches!(refused(cut), ReadError::Truncated { .. }));
}
