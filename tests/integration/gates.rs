//! What a list may not lose without a person's word.

use tonic::Code;

use super::harness::{Daemon, Home, Upload, confirmation, evm, evms, own_csv, v1, word_for};
use v1::Verdict;

#[test]
fn a_shrink_is_refused_with_a_digest_and_taken_with_it() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(0..100));
    let before = daemon.live();
    let home = Home::new();
    let path = home
        .write("shrunk.txt", evms(0..50).join("\n"))
        .to_string_lossy()
        .into_owned();
    let refused = daemon
        .command("import", &["--source", "ours", &path])
        .expect_code(5);
    assert!(
        refused.stderr.contains("would lose 50 of 100 addresses"),
        "{}",
        refused.stderr
    );
    assert_eq!(daemon.live(), before);
    assert_eq!(daemon.screen(&evm(99)).verdict(), Verdict::Listed);

    let digest = word_for(&refused.stderr);
    let digest = digest.as_str();
    let by = [
        "--author",
        "Ada Byron",
        "--reason",
        "the publisher meant it",
    ];
    for wrong in [
        "0",
        "0123456789abcdef0123456789abcdef",
        &digest.to_uppercase(),
        &digest[1..],
    ] {
        if wrong != digest {
            let again = ["--source", "ours", "--approve", wrong, &path];
            let again: Vec<&str> = again.into_iter().chain(by).collect();
            daemon.command("import", &again).expect_code(5);
        }
    }
    assert_eq!(daemon.live(), before);
    let confirmed = [
        "--source",
        "ours",
        "--approve",
        digest,
        "--output",
        "json",
        &path,
    ];
    daemon.command("import", &confirmed).expect_code(2);
    let confirmed: Vec<&str> = confirmed.into_iter().chain(by).collect();
    let report = daemon.command("import", &confirmed).expect_code(0).json();
    assert_eq!(
        (&report["removed"], &report["unchanged"]),
        (&50.into(), &50.into())
    );
    assert_eq!(daemon.screen(&evm(99)).verdict(), Verdict::NotListed);
}

#[test]
fn a_word_given_for_one_change_lets_no_other_pass() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(0..100));
    let (half, less) = (
        Upload::of("ours").lines(&evms(0..50)),
        Upload::of("ours").lines(&evms(0..10)),
    );
    let word = confirmation(&daemon.try_import(&half).expect_err("it shrinks"));
    let other = daemon
        .try_import(&less.approve(&word))
        .expect_err("another list");
    assert_eq!(other.code(), Code::FailedPrecondition);
    // The set has moved on: the word was about another one.
    daemon.import_text("theirs", &[evm(0)]);
    let late = daemon
        .try_import(&half.clone().approve(&word))
        .expect_err("another set");
    let word = confirmation(&late);
    assert!(daemon.import(&half.approve(&word)).changed);
}

/// A tenth may go without a word, and of a short list nine, but no more than
/// half of it, nor all.
#[test]
fn law_7_the_gate_stands_where_it_says() {
    for (listed, kept, passes) in [
        (100, 90, true),
        (100, 89, false),
        (99, 89, false),
        (1_000, 900, true),
        (1_000, 899, false),
        (20, 11, true),
        (20, 10, false),
        (9, 5, true),
        (9, 4, false),
        (4, 2, true),
        (4, 1, false),
        (2, 1, true),
        (1, 0, false),
    ] {
        let daemon = Daemon::empty().start();
        daemon.import_text("ours", &evms(0..listed));
        let outcome = daemon.try_import(&Upload::of("ours").lines(&evms(0..kept)));
        assert_eq!(outcome.is_ok(), passes, "{kept} of {listed}: {outcome:?}");
    }
}

#[test]
fn a_list_that_swaps_its_addresses_has_lost_the_old_ones() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(0..100));
    let refused = daemon.try_import(&Upload::of("ours").lines(&evms(100..300)));
    assert!(
        refused
            .expect_err("it loses all")
            .message()
            .contains("would lose 100 of 100")
    );
    assert_eq!(daemon.screen(&evm(0)).verdict(), Verdict::Listed);
}

#[test]
fn a_ticker_that_vanishes_needs_a_word() {
    let daemon = Daemon::empty().start();
    let with = |last: &str| {
        let rows: Vec<String> = (0..30)
            .map(|number| format!("{},ETH", evm(number)))
            .collect();
        let mut rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        rows.push(last);
        Upload::of("ours").file("list.csv", own_csv("address,ticker", &rows))
    };
    daemon.import(&with("TUrMmF9Gd4rzrXsQ34ui3Wou94E7HFuJQh,TRX"));
    let upload = with("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH,XBT");
    let refused = daemon.try_import(&upload).expect_err("TRX is gone");
    assert!(refused.message().contains("TRX"), "{refused}");
    assert!(
        daemon
            .import(&upload.approve(&confirmation(&refused)))
            .changed
    );
}

/// A publisher that prints the same addresses in another case has taken
/// nothing off.
#[test]
fn a_respelt_list_has_lost_nothing() {
    let daemon = Daemon::empty().start();
    let lower = evms(0..100);
    let upper: Vec<String> = lower
        .iter()
        .map(|address| format!("0x{}", address[2..].to_uppercase()))
        .collect();
    daemon.import_text("ours", &lower);
    let report = daemon.import_text("ours", &upper);
    assert_eq!((report.added, report.removed), (100, 100));
    assert_eq!(daemon.not_listed_of(&lower), [] as [&str; 0]);
}

#[test]
fn another_source_is_no_shrink() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(0..100));
    assert!(daemon.import_text("theirs", &evms(0..1)).changed);
    assert_eq!(daemon.not_listed_of(&evms(0..100)), [] as [&str; 0]);
}
