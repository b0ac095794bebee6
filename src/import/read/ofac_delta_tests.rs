//! Delta files, made by the form: what they say, and cut or unknown ones.

use super::*;
use crate::list::{Category, Designation};

/// Made by the form: a subject added, one removed, and one whose wallets
/// changed in each of the ways there are.
const SMALL: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<sanctionsData xmlns="https://www.treasury.gov/ofac/DeltaFile/1.0">
  <publicationInfo><datePublished>2026-08-07T00:00:00-04:00</datePublished><publicationType>Standard Action</publicationType></publicationInfo>
  <entities>
    <entity id="1" action="add">
      <features>
        <feature id="1"><type featureTypeId="344">Digital Currency Address - XBT</type><value>1a</value></feature>
        <feature id="2"><type featureTypeId="8">Birthdate</type><value>1970</value></feature>
      </features>
    </entity>
    <entity id="2" action="remove">
      <features><feature id="3"><type featureTypeId="345">Digital Currency Address - ETH</type><value>0xab</value></feature></features>
    </entity>
    <entity id="3">
      <generalInfo><remarks action="update" oldValue="x">y</remarks></generalInfo>
      <features>
        <feature id="4" action="add"><type>Digital Currency Address - SOL</type><value>5a</value></feature>
        <feature id="5"><type>Digital Currency Address - TRX</type><value action="update" oldValue=" Told ">Tnew</value></feature>
        <feature id="6" action="remove"><value>0xcd</value><type>Digital Currency Address - ARB</type></feature>
        <feature id="7"><type>Digital Currency Address - XMR</type><value>4unchanged</value></feature>
      </features>
    </entity>
  </entities>
</sanctionsData>
"#;

fn read(text: &str) -> Result<OfacDelta, ReadError> {
    let file = InputFile::of_bytes("delta.xml", text.to_owned());
    read_delta(file, &Limits::default())
}

fn told(changes: &[OfacChange]) -> Vec<(&str, &str, &str)> {
    changes.iter().map(OfacChange::identity).collect()
}

fn entry(subject: &str, ticker: &str, address: &str) -> ListEntry {
    ListEntry {
        ticker: Some(ticker.to_owned()),
        designation: Designation {
            subject_id: Some(subject.to_owned()),
            ..Designation::default()
        },
        ..ListEntry::bare(address, Category::Sanctions)
    }
}

#[test]
fn an_action_holds_for_all_inside_it() {
    let delta = read(SMALL).expect("is whole");
    assert_eq!(delta.published_on, Some(jiff::civil::date(2026, 8, 7)));
    assert_eq!(
        told(&delta.added),
        [("1", "XBT", "1a"), ("3", "SOL", "5a"), ("3", "TRX", "Tnew")]
    );
    assert_eq!(
        told(&delta.removed),
        [
            ("2", "ETH", "0xab"),
            ("3", "TRX", "Told"),
            ("3", "ARB", "0xcd")
        ]
    );
    assert_eq!(delta.removed_subjects, ["2"]);
    assert_eq!(delta.added[0].locator.to_string(), "delta.xml:7");
}

#[test]
fn a_list_that_disagrees_with_its_delta_is_contradicted() {
    let delta = read(SMALL).expect("is whole");
    let list = [
        entry("1", "XBT", "1a"),
        entry("3", "SOL", "5a"),
        entry("3", "TRX", "Tnew"),
    ];
    assert_eq!(delta.contradictions(&list), []);
    assert_eq!(
        delta.contradictions(&list[1..]),
        [Contradiction::Lacks(&delta.added[0])]
    );
    let stale = [entry("3", "ARB", "0xcd"), entry("2", "XBT", "1z")];
    let found = delta.contradictions(list.iter().chain(&stale));
    assert_eq!(
        found,
        [
            Contradiction::Keeps(&delta.removed[2]),
            Contradiction::KeepsSubject("2")
        ]
    );
}

#[test]
fn a_delta_that_is_not_whole_or_not_understood_is_refused() {
    let end = SMALL.trim_end().len();
    for cut in 0..end {
        assert!(read(&SMALL[..cut]).is_err(), "cut at {cut}");
    }
    for (from, to, reason) in [
        (
            "action=\"update\" oldValue=\" T",
            "action=\"amend\" oldValue=\" T",
            "`amend`",
        ),
        ("2026-08-07T", "soon T", "datePublished"),
        ("entities>", "entries>", "it has no entities"),
        ("<entities>", "<!DOCTYPE a><entities>", "DOCTYPE"),
        ("sanctionsData", "sdnList", "<sdnList>, not <sanctionsData>"),
    ] {
        let error = read(&SMALL.replace(from, to)).expect_err(to).to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_delta_cannot_hold_wallets_without_end() {
    let limits = |ids_max| Limits {
        ids_max,
        ..Limits::default()
    };
    let file = || InputFile::of_bytes("delta.xml", SMALL);
    assert!(read_delta(file(), &limits(6)).is_ok());
    assert!(read_delta(file(), &limits(5)).is_err());
}
