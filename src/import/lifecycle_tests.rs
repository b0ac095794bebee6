//! What people's words reach, and what they must not: rollbacks, approvals,
//! exemptions, and questions about the past.

use jiff::civil::{Date, date};

use super::tests::{Bench, act, evm, lines, request};
use super::*;
use crate::list::{Category, Tier};
use crate::screening::Moment;
use crate::verdict::{Action, Verdict};

fn word(digest: &str) -> Approval {
    Approval {
        digest: digest.to_owned(),
        act: act("Ada"),
    }
}

/// A list of our own, with its end.
fn own_lines(source: &str, on: &str, entries: &[String]) -> String {
    let mut text = format!(
        "{{\"interdict\":\"entries\",\"version\":1,\"source\":\"{source}\",\"published_on\":\"{on}\"}}\n"
    );
    for entry in entries {
        text += entry;
        text += "\n";
    }
    text + &format!("{{\"entries\":{}}}\n", entries.len())
}

fn on(day: Date) -> Moment {
    Moment {
        as_of: Some(day),
        ..Moment::default()
    }
}

fn exempt(address: &str) -> OperatorChange {
    OperatorChange {
        list: OperatorList::Exemption,
        what: What::Add(Particulars {
            category: Category::Other,
            subject: None,
            note: None,
            expires_on: None,
        }),
        address: address.to_owned(),
        network: String::new(),
        act: act("Ada"),
    }
}

fn no_more(change: &OperatorChange) -> OperatorChange {
    OperatorChange {
        what: What::Remove,
        ..change.clone()
    }
}

#[test]
fn a_rollback_asks_before_a_sanctions_list_loses_what_others_still_name() {
    let bench = Bench::new();
    bench
        .import(
            &request("ofac-sdn", Tier::Sanctions, Format::Text),
            &lines(0..1),
        )
        .expect("1");
    bench
        .import(
            &request("researchers", Tier::Attributed, Format::Text),
            &lines(0..50),
        )
        .expect("2");
    bench
        .import(
            &request("ofac-sdn", Tier::Sanctions, Format::Text),
            &lines(0..50),
        )
        .expect("3");
    let s = "ofac-sdn".parse().expect("it is there");
    assert_eq!(bench.screen(&evm(9)).action, Action::Block);
    let done = bench
        .importer
        .roll_back(GenerationNumber(2), Some(&s), &word(""));
    assert!(done.is_err(), "{done:?} {:?}", bench.screen(&evm(9)).action);
}

#[test]
fn what_waits_is_told_apart_by_how_it_is_read() {
    let bench = Bench::new();
    let text = request("ours", Tier::Sanctions, Format::Text);
    let csv = request("ours", Tier::Sanctions, Format::Csv);
    bench
        .import(
            &csv,
            &format!(
                "address,note\n{}",
                (0..100).map(|n| evm(n) + ",x\n").collect::<String>()
            ),
        )
        .expect("1");
    let file = format!(
        "address,note\n{}",
        (0..80).map(|n| evm(n) + ",x\n").collect::<String>()
    );
    assert!(bench.import_or_keep(&csv, &file).is_err());
    let pending = Pending::of(bench.store.data_dir());
    let one = pending.list().expect("it is there").remove(0);
    let lost1 = pending.lost(&one.id).expect("it is there").len();
    let second = bench.import_or_keep(&text, &file);
    let two = pending.list().expect("it is there").remove(0);
    let lost2 = pending.lost(&two.id).expect("it is there").len();
    assert_ne!(
        one.id,
        two.id,
        "lost {lost1} {lost2} {:?}",
        second.map_err(|e| e.to_string())
    );
}

#[test]
fn a_word_for_one_reading_of_a_file_passes_no_other() {
    let bench = Bench::new();
    let csv = request("ours", Tier::Sanctions, Format::Csv);
    let text = request("ours", Tier::Sanctions, Format::Text);
    bench
        .import(
            &csv,
            &format!(
                "address,note\n{}",
                (0..100).map(|n| evm(n) + ",x\n").collect::<String>()
            ),
        )
        .expect("1");
    let file = format!(
        "address,note\n{}",
        (0..80).map(|n| evm(n) + ",x\n").collect::<String>()
    );
    let Err(ImportError::Refused(r)) = bench.import(&csv, &file) else {
        panic!()
    };
    let other = Request {
        approval: Some(word(&r.confirm_with)),
        ..text
    };
    let got = bench.import(&other, &file);
    assert!(
        got.is_err(),
        "{:?} of 0: {:?}",
        got.map(|r| (r.accepted, r.removed, r.opaque)),
        bench.screen(&evm(0)).verdict
    );
}

#[test]
fn a_rollback_takes_nothing_off_before_its_own_day() {
    let bench = Bench::new();
    let r = request("ours", Tier::Attributed, Format::Ndjson);
    let e = |n: u32| format!("{{\"address\":\"{}\",\"category\":\"THEFT\"}}", evm(n));
    let r1 = Request {
        retrieved_at: "2026-01-11T00:00:00Z".parse().expect("it is there"),
        ..r.clone()
    };
    bench
        .import(&r1, &own_lines("ours", "2026-01-10", &[e(0)]))
        .expect("1");
    let r2 = Request {
        retrieved_at: "2026-03-02T00:00:00Z".parse().expect("it is there"),
        ..r
    };
    bench
        .import(&r2, &own_lines("ours", "2026-03-01", &[e(0), e(1)]))
        .expect("2");
    assert!(bench.screen_at(&on(date(2026, 6, 1)), &evm(1)).is_listed());
    let Err(ImportError::Refused(x)) =
        bench
            .importer
            .roll_back(GenerationNumber(1), None, &word(""))
    else {
        panic!()
    };
    bench
        .importer
        .roll_back(GenerationNumber(1), None, &word(&x.confirm_with))
        .expect("rolls back");
    let out = bench.screen_at(&on(date(2026, 6, 1)), &evm(1));
    assert!(
        out.is_listed(),
        "{:?} off {:?}",
        out.verdict,
        out.matches
            .iter()
            .map(|m| m.delisted_on)
            .collect::<Vec<_>>()
    );
}

#[test]
fn what_a_cut_edition_lacked_is_not_taken_for_new() {
    let bench = Bench::new();
    let r = request("ours", Tier::Sanctions, Format::Ndjson);
    let e = |n: u32| {
        format!(
            "{{\"address\":\"{}\",\"category\":\"THEFT\",\"designation\":{{\"subjects\":[\"x\"],\"designated_on\":\"2020-01-01\"}}}}",
            evm(n)
        )
    };
    let whole = own_lines("ours", "2026-03-01", &[e(0), e(1)]);
    let cut: String = whole.lines().take(2).map(|l| l.to_owned() + "\n").collect();
    let r1 = Request {
        retrieved_at: "2026-01-11T00:00:00Z".parse().expect("it is there"),
        ..r.clone()
    };
    let cut = cut.replace("2026-03-01", "2026-01-10");
    let got = bench.import(&r1, &cut);
    let Err(ImportError::Refused(x)) = got else {
        panic!("{got:?}")
    };
    bench
        .import(
            &Request {
                approval: Some(word(&x.confirm_with)),
                ..r1
            },
            &cut,
        )
        .expect("word");
    bench.import(&r, &whole).expect("2");
    let out = bench.screen_at(&on(date(2026, 2, 1)), &evm(1));
    assert_ne!(
        out.verdict,
        Verdict::NotListed,
        "{:?} {:?}",
        out.reasons,
        out.action
    );
}

#[test]
fn law_10_nothing_but_the_list_of_exemptions_exempts() {
    let bench = Bench::new().with_second_person();
    bench
        .import(
            &request("researchers", Tier::LawEnforcement, Format::Text),
            &lines(0..5),
        )
        .expect("1");
    let e = format!(
        "{{\"address\":\"{}\",\"category\":\"OTHER\",\"act\":{{\"author\":\"A\",\"reason\":\"b\"}},\"effect\":\"EXEMPTS\"}}",
        evm(1)
    );
    let r = request("handy", Tier::Operator, Format::Ndjson);
    bench
        .import(
            &r,
            &own_lines("handy", "2026-01-01", std::slice::from_ref(&e)),
        )
        .ok();
    assert_eq!(bench.screen(&evm(1)).action, Action::Block);
}

#[test]
fn an_exemption_on_one_network_does_not_hold_on_another() {
    let bench = Bench::new();
    bench
        .import(
            &request("researchers", Tier::LawEnforcement, Format::Text),
            "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy\n",
        )
        .expect("1");
    let mut c = exempt("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy");
    c.network = "LTC".to_owned();
    bench.importer.change(&c).expect("exempts");
    assert_eq!(
        bench.screen("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy").action,
        Action::Block
    );
}

#[test]
fn an_exemption_of_an_account_does_not_reach_a_customer_who_is_listed() {
    let bench = Bench::new();
    let acct = "rPT1Sjq2YGrBMTttX4GZHjKu9dyfzbpAYe";
    bench
        .import(
            &request("fbi", Tier::LawEnforcement, Format::Text),
            &format!("{acct}?dt=42\n"),
        )
        .expect("1");
    let b = bench.screen(&format!("{acct}?dt=42"));
    assert_eq!(b.action, Action::Block, "{:?}", b.candidates);
    bench.importer.change(&exempt(acct)).expect("exempts");
    assert_eq!(bench.screen(&format!("{acct}?dt=42")).action, Action::Block);
}

#[test]
fn a_digest_that_is_expected_is_held_although_nothing_changes() {
    let bench = Bench::new();
    let text = lines(0..5);
    let r = Request {
        digest: crate::list::PublicationDigest::of_text(&text),
        ..request("ours", Tier::Sanctions, Format::Text)
    };
    bench.import(&r, &text).expect("1");
    let file = crate::import::read::InputFile::of_bytes("list", text);
    let got = bench.importer.run_all(
        vec![(r, vec![file], None)],
        Made::default(),
        Some(crate::store::GenerationDigest([9; 32])),
    );
    assert!(got.is_err(), "{:?}", got.map(|r| r.len()));
}

#[test]
fn files_that_wait_are_held_against_their_digest_before_they_go_live() {
    let bench = Bench::new();
    let ours = request("ours", Tier::Sanctions, Format::Text);
    bench.import(&ours, &lines(0..100)).expect("imports");
    assert!(bench.import_or_keep(&ours, &lines(0..80)).is_err());
    let pending = Pending::of(bench.store.data_dir());
    let id = pending.list().expect("it is there").remove(0).id;
    let path = bench
        .store
        .data_dir()
        .join("pending")
        .join(&id)
        .join("file-0");
    std::fs::write(path, lines(0..3)).expect("it is there");
    let got = bench.importer.approve(&id, act("Ada"));
    assert!(got.is_err(), "{:?}", bench.screen(&evm(50)).verdict);
}

#[test]
fn a_rollback_never_makes_a_source_lighter() {
    let bench = Bench::new();
    let ofac = |tier| request("ofac-sdn", tier, Format::Text);
    bench
        .import(&ofac(Tier::Attributed), &lines(0..5))
        .expect("imports");
    bench
        .import(&ofac(Tier::Sanctions), &lines(0..5))
        .expect("imports");
    bench.importer.change(&exempt(&evm(1))).expect("exempts");
    let refused = bench
        .importer
        .roll_back(GenerationNumber(1), None, &word(""));
    let Err(ImportError::Refused(refusal)) = refused else {
        panic!("it takes a word");
    };
    let said = word(&refusal.confirm_with);
    bench
        .importer
        .roll_back(GenerationNumber(1), None, &said)
        .expect("it was said");
    assert_eq!(bench.screen(&evm(1)).action, Action::Block);
}

#[test]
fn a_rollback_names_the_exemptions_that_it_would_bring_back() {
    let bench = Bench::new();
    let research = request("researchers", Tier::Attributed, Format::Text);
    bench.import(&research, &lines(0..5)).expect("imports");
    let exemption = exempt(&evm(1));
    bench.importer.change(&exemption).expect("exempts");
    bench
        .importer
        .change(&no_more(&exemption))
        .expect("ends it");
    let refused = bench
        .importer
        .roll_back(GenerationNumber(2), None, &word(""));
    let words = refused.expect_err("it takes a word").to_string();
    assert!(words.contains(&evm(1)), "{words}");
    // Where a second person must approve, the operator's lists stay.
    let bench = bench.with_second_person();
    let refused = bench
        .importer
        .roll_back(GenerationNumber(2), None, &word(""));
    let Err(ImportError::Refused(refusal)) = refused else {
        panic!("it takes a word");
    };
    let said = word(&refusal.confirm_with);
    bench
        .importer
        .roll_back(GenerationNumber(2), None, &said)
        .expect("it was said");
    assert_eq!(bench.screen(&evm(1)).action, Action::Review);
}
