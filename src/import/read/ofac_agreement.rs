//! OFAC's three forms of one list say the same.
//!
//! The facts are those of the list of 2026-08-20. They are written out as
//! classic XML, as advanced XML and as CSV with its comments file, and read
//! back by three readers that share little code. The oddities are real; their
//! numbers only tell them apart.

#[path = "../../../benches/common/sdn_advanced.rs"]
mod sdn_advanced;

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use sdn_advanced::{Subject, UNKNOWN_SUBJECT};

use super::{Facts, Format, InputFile, Limits, Row, open};
use crate::address::{Kind, parse};
use crate::list::{Category, ListEntry};

/// The length at which OFAC cuts remarks in its CSV.
const REMARKS_CUT_AT: usize = 1_000;

/// The subjects that are known; the addresses without one are not OFAC's to
/// agree on.
fn subjects() -> Vec<Subject> {
    let all = sdn_advanced::subjects().into_iter();
    all.filter(|subject| subject.uid != UNKNOWN_SUBJECT)
        .collect()
}

/// Splits a name into the last name and the rest.
fn split(name: &str) -> (&str, &str) {
    name.split_once(' ').unwrap_or((name, ""))
}

fn classic(subjects: &[Subject]) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\"?>\n<sdnList xmlns=\"x\"><publshInformation><Publish_Date>08/20/2026</Publish_Date>\
         <Record_Count>{}</Record_Count></publshInformation>\n",
        subjects.len()
    );
    for subject in subjects {
        let (last, first) = split(&subject.name);
        write!(
            text,
            "<sdnEntry><uid>{}</uid><lastName>{last}</lastName>",
            subject.uid
        )
        .expect("writes");
        if !first.is_empty() {
            write!(text, "<firstName>{first}</firstName>").expect("writes");
        }
        text.push_str("<programList>");
        for program in &subject.programs {
            write!(text, "<program>{program}</program>").expect("writes");
        }
        text.push_str("</programList><idList>\n");
        for (ticker, address) in &subject.wallets {
            writeln!(
                text,
                "<id><idType>Digital Currency Address - {ticker}</idType><idNumber>{address}</idNumber></id>"
            )
            .expect("writes");
        }
        text.push_str("</idList></sdnEntry>\n");
    }
    text + "</sdnList>\n"
}

fn advanced(subjects: &[Subject], others: usize) -> String {
    let mut bytes = Vec::new();
    sdn_advanced::write(&mut bytes, subjects, others).expect("is written");
    String::from_utf8(bytes).expect("is UTF-8")
}

/// Returns the list and its comments; every subject's remarks begin with
/// another number of words, so that the cut falls anywhere.
fn csv(subjects: &[Subject]) -> (String, String) {
    let (mut list, mut comments) = (String::new(), String::new());
    for (at, subject) in subjects.iter().enumerate() {
        let wallets = subject
            .wallets
            .iter()
            .enumerate()
            .map(|(at, (ticker, address))| {
                let alt = if at == 0 { "" } else { "alt. " };
                format!("{alt}Digital Currency Address - {ticker} {address}; ")
            });
        let remarks = format!(
            "{}{}Secondary sanctions risk: none.",
            "DOB 1 Jan 1990; ".repeat(at % 70),
            wallets.collect::<String>()
        );
        let (kept, rest) = remarks.split_at(remarks.len().min(REMARKS_CUT_AT));
        let (uid, programs) = (&subject.uid, subject.programs.join("] ["));
        let name = match split(&subject.name) {
            (last, "") => last.to_owned(),
            (last, first) => format!("{last}, {first}"),
        };
        write!(
            list,
            "{uid},\"{name}\",-0- ,\"{programs}\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"{kept}\"\r\n"
        )
        .expect("writes");
        if !rest.is_empty() {
            write!(comments, "{uid},\"{rest}\"\r\n").expect("writes");
        }
    }
    (list + "\u{1a}\r\n", comments)
}

fn read(format: Format, files: &[&str]) -> (Vec<Row>, Facts) {
    let files = files
        .iter()
        .map(|text| InputFile::of_bytes("f", text.to_string()));
    let mut rows =
        open(format, Category::Other, files.collect(), Limits::default()).expect("opens");
    let all = rows
        .by_ref()
        .collect::<Result<Vec<_>, _>>()
        .expect("is whole");
    (all, rows.facts().clone())
}

/// Reads the three forms of a list.
fn read_all(subjects: &[Subject]) -> [(Format, Vec<ListEntry>); 3] {
    let (list, comments) = csv(subjects);
    let read = |format: Format, files: &[&str]| {
        let (rows, facts) = read(format, files);
        assert_eq!(facts.warnings, [], "{format}");
        assert_eq!(facts.records, subjects.len() as u64, "{format}");
        let entries = rows.into_iter().map(|row| {
            assert_eq!(row.fault, None, "{format}");
            row.entry.expect("every row is an entry")
        });
        (format, entries.collect::<Vec<_>>())
    };
    [
        read(Format::OfacXml, &[&classic(subjects)]),
        read(Format::OfacAdvanced, &[&advanced(subjects, 0)]),
        read(Format::OfacCsv, &[&list, &comments]),
    ]
}

/// What all three can say of an entry: the CSV and the XML write a name in
/// another order, and only one dates the subject.
fn common(entry: &ListEntry) -> (String, String, Vec<String>, ListEntry) {
    let mut told = entry.clone();
    told.designation.designated_on = None;
    told.designation.subjects.clear();
    let name = &entry.designation.subjects[0];
    let mut words: Vec<String> = name.split([' ', ',']).map(str::to_owned).collect();
    words.retain(|word| !word.is_empty());
    words.sort_unstable();
    let ticker = entry.ticker.clone().unwrap_or_default();
    (entry.address.clone(), ticker, words, told)
}

#[test]
fn the_three_forms_of_one_list_give_the_same_entries() {
    let subjects = subjects();
    let (list, comments) = csv(&subjects);
    assert!(comments.lines().count() > 20, "many remarks are cut");
    let within_a_word = |line: &&str| {
        line.strip_suffix('"')
            .is_some_and(|line| line.ends_with(char::is_alphanumeric))
    };
    assert!(list.lines().filter(within_a_word).count() > 15);
    let told = read_all(&subjects).map(|(format, entries)| {
        let mut told: Vec<_> = entries.iter().map(common).collect();
        told.sort_by(|a, b| (&a.0, &a.1, &a.2).cmp(&(&b.0, &b.1, &b.2)));
        (format, told)
    });
    let (_, first) = &told[0];
    assert_eq!(first.len(), 974);
    for (format, entries) in &told[1..] {
        assert_eq!(entries.len(), first.len(), "{format}");
        for (entry, other) in entries.iter().zip(first) {
            assert_eq!(entry, other, "{format}");
        }
    }
    // And it is what was written.
    let written: HashSet<_> = subjects
        .iter()
        .flat_map(|subject| &subject.wallets)
        .collect();
    let read: HashSet<_> = first
        .iter()
        .map(|(address, ticker, ..)| (ticker.clone(), address.clone()))
        .collect();
    assert_eq!(read.iter().collect::<HashSet<_>>(), written);
}

#[test]
fn a_list_among_other_parties_gives_the_same_entries() {
    let subjects = subjects();
    let (alone, _) = read(Format::OfacAdvanced, &[&advanced(&subjects, 0)]);
    let (among, facts) = read(Format::OfacAdvanced, &[&advanced(&subjects, 200)]);
    assert_eq!(facts.records, subjects.len() as u64 + 200);
    let entries = |rows: Vec<Row>| rows.into_iter().map(|row| row.entry).collect::<Vec<_>>();
    assert_eq!(entries(alone), entries(among));
}

/// Goal: no cut list passes for the list. Method: cut at every hundredth.
#[test]
fn a_full_list_is_refused_wherever_it_is_cut() {
    let subjects = subjects();
    let (list, _) = csv(&subjects);
    for (format, text) in [
        (Format::OfacXml, classic(&subjects)),
        (Format::OfacAdvanced, advanced(&subjects, 100)),
        (Format::OfacCsv, list),
    ] {
        for percent in 0..100 {
            let file =
                InputFile::of_bytes("f", text.as_bytes()[..text.len() * percent / 100].to_vec());
            let rows = open(format, Category::Other, vec![file], Limits::default());
            let error = rows.map_or_else(Some, |rows| rows.filter_map(Result::err).next());
            assert!(error.is_some(), "{format} cut at {percent} %");
        }
    }
}

#[test]
fn the_subjects_date_is_never_the_addresses() {
    let [_, (_, entries), _] = read_all(&subjects());
    assert!(entries.iter().all(|entry| entry.listed_on.is_none()));
    assert!(
        entries
            .iter()
            .all(|entry| entry.designation.designated_on.is_some())
    );
    // Listed in July 2026 under a subject of 2015.
    let uid = Some("18647");
    let khorasan = entries
        .iter()
        .filter(|entry| entry.designation.subject_id.as_deref() == uid);
    let day = Some(jiff::civil::date(2015, 9, 29));
    let days: Vec<_> = khorasan
        .map(|entry| entry.designation.designated_on)
        .collect();
    assert_eq!(days, [day; 134]);
}

/// Returns the tickers of every address, as one form of the list gives them.
fn tickers(entries: &[ListEntry]) -> BTreeMap<&str, Vec<&str>> {
    let mut tickers = BTreeMap::<&str, Vec<&str>>::new();
    for entry in entries {
        let ticker = entry.ticker.as_deref().expect("OFAC names a currency");
        tickers.entry(&entry.address).or_default().push(ticker);
    }
    for tickers in tickers.values_mut() {
        tickers.sort_unstable();
    }
    tickers
}

/// The address and the ticker are the publisher's own, however odd: whether
/// they fit is not for a reader to say.
#[test]
fn oddities_1_2_3_7_8_12_are_taken_as_published() {
    for (format, entries) in read_all(&subjects()) {
        let tickers = tickers(&entries);
        for (address, ticker) in [
            ("TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq", "XBT"),
            (
                "5be5543ff73456ab9f2d207887e2af87322c651ea1a873c5b25b7ffae456c320",
                "XMR",
            ),
            (
                "45ezvPejNsKYntjhyyeb7fbfzilsxYQozc5Ffseh8jPGW4JZQQVXykNTfK5uGFiij7Hp3qPv3T5HCR7F3Fnmz2mzE1aKQwo",
                "XMR",
            ),
            ("18M8bJWMzWHDBMxoLqjHHAffdRy4SrzkfB", "BCH"),
            ("qpf2cphc5dkuclkqur7lhj2yuqq9pk3hmukle77vhq", "BCH"),
            ("12sjrrhoFEsedNRhtgwvvRqjFTh8fZTDX9", "BSV"),
            ("TB1Bcv3x8mg7PVV4nVM48pgHJKcYboTypU", "TRX"),
            ("bnb136ns6lfw4zs5hg4n85vdthaad7hq5m4gtkgf23", "BNB"),
        ] {
            assert_eq!(
                tickers.get(address),
                Some(&vec![ticker]),
                "{format} {address}"
            );
        }
    }
}

#[test]
fn oddity_5_usdt_stands_beside_three_kinds_of_address() {
    for (format, entries) in read_all(&subjects()) {
        let mut kinds = BTreeMap::<&str, usize>::new();
        for entry in entries
            .iter()
            .filter(|entry| entry.ticker.as_deref() == Some("USDT"))
        {
            let kind = match parse(&entry.address).candidates[0].kind {
                Kind::Tron => "Tron",
                Kind::Evm => "EVM",
                Kind::P2pkh | Kind::P2sh | Kind::P2wpkh | Kind::P2wsh => "Bitcoin",
                other => panic!("{format}: {} is {other:?}", entry.address),
            };
            *kinds.entry(kind).or_default() += 1;
        }
        assert_eq!(
            kinds,
            BTreeMap::from([("Bitcoin", 7), ("EVM", 8), ("Tron", 78)]),
            "{format}"
        );
    }
}

#[test]
fn oddity_6_an_address_of_several_currencies_is_an_entry_for_each() {
    for (format, entries) in read_all(&subjects()) {
        let tickers = tickers(&entries);
        let arb = &tickers["0x4f47bc496083c727c5fbe3ce9cdf2b0f6496270c"];
        assert_eq!(arb, &["ARB", "BSC", "ETH"], "{format}");
        let etc = &tickers["0xd882cfc20f52f2599d84b8e8d58c7fb62cfe344b"];
        assert_eq!(etc, &["ETC", "ETH"], "{format}");
        let several = tickers.values().filter(|tickers| tickers.len() > 1).count();
        assert_eq!(several, 10, "{format}");
    }
}

/// The real pair: one address, KHATIBI AGHADA's and NIKAEEN RAVARI's.
#[test]
fn oddity_9_an_address_of_two_subjects_is_an_entry_for_each() {
    let address = "1H939dom7i4WDLCKyGbXUp3fs9CSTNRzgL";
    let mut subjects = subjects();
    let nikaeen = subjects.iter_mut().find(|subject| subject.uid == "38420");
    let wallets = &mut nikaeen.expect("is on the list").wallets;
    wallets.push(("XBT".to_owned(), address.to_owned()));
    for (format, entries) in read_all(&subjects) {
        let both = entries.iter().filter(|entry| entry.address == address);
        let mut uids: Vec<_> = both
            .map(|entry| entry.designation.subject_id.as_deref())
            .collect();
        uids.sort_unstable();
        assert_eq!(uids, [Some("38419"), Some("38420")], "{format}");
    }
}

#[test]
fn oddities_11_15_no_letter_changes_its_case() {
    for (format, entries) in read_all(&subjects()) {
        let tickers = tickers(&entries);
        let has_upper = |address: &&str| address.contains(|c: char| c.is_ascii_uppercase());
        let (evm, others): (Vec<&str>, Vec<&str>) = tickers
            .keys()
            .copied()
            .partition(|address| address.starts_with("0x"));
        let mixed = evm.iter().copied().filter(has_upper).count();
        assert_eq!((mixed, evm.len() - mixed), (56, 48), "{format}");
        let mixed = others.iter().copied().filter(has_upper).count();
        assert_eq!(mixed, 705, "{format}");
        let scripts = others
            .iter()
            .filter(|address| address.starts_with("bc1") && address.len() == 62);
        assert_eq!(scripts.count(), 10, "{format}");
    }
}
