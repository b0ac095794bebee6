//! Writes that fail in the middle of an import. A folder where a file should
//! be is as good as a full disk, and comes at exactly the wanted moment.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tonic::Code;

use super::harness::{Daemon, Upload, eventually, evm, evms, v1};
use v1::Verdict;

/// Puts a folder where the daemon wants to write a file.
fn block(daemon: &Daemon, name: &str) -> PathBuf {
    let path = daemon.home().data_dir().join(name);
    fs::create_dir_all(path.join("in-the-way")).expect("made");
    path
}

fn unblock(path: &PathBuf) {
    fs::remove_dir_all(path).expect("removed");
}

/// Holds that every listed address is found and every absence is one, now
/// and after a restart.
#[track_caller]
fn answers_truly(daemon: &mut Daemon, listed: &[String], absent: &[String]) {
    for _ in 0..2 {
        assert_eq!(daemon.not_listed_of(listed), [] as [&str; 0]);
        let verdicts = daemon.verdicts(absent);
        assert!(
            verdicts
                .iter()
                .all(|verdict| *verdict == Verdict::NotListed),
            "{verdicts:?}"
        );
        std::thread::sleep(Duration::from_millis(100));
        assert!(!daemon.logs().contains("sweep failed"), "{}", daemon.logs());
        daemon.restart();
    }
}

/// The commit is on disk and its floor is not: the import was not
/// acknowledged, and the ones that follow must not build on half of it.
#[test]
fn law_1_an_import_behind_one_whose_floor_failed_loses_nothing() {
    let mut daemon = Daemon::empty().start();
    daemon.import_text("first", &evms(0..10));
    let floor = block(&daemon, "FLOOR.new");
    let failed = daemon.try_import(&Upload::of("second").lines(&evms(10..20)));
    assert_eq!(
        failed.expect_err("its floor cannot be written").code(),
        Code::Unavailable
    );
    assert_eq!(daemon.not_listed_of(&evms(0..10)), [] as [&str; 0]);
    unblock(&floor);

    let report = daemon.try_import(&Upload::of("third").lines(&evms(20..30)));
    // To refuse until the next start would be fine, too.
    let taken = report.is_ok();
    let said = daemon.verdicts(&evms(10..20));
    assert!(
        said.iter()
            .all(|verdict| *verdict == said[0] && *verdict != Verdict::Indeterminate),
        "{said:?}"
    );
    let second = daemon
        .sources()
        .sources
        .iter()
        .any(|source| source.id == "second");
    assert_eq!(
        second,
        said[0] == Verdict::Listed,
        "a source without its rows, or rows without their source"
    );
    if !taken {
        daemon.restart();
        daemon.import_text("third", &evms(20..30));
    }
    daemon.import_text("second", &evms(10..20));
    answers_truly(&mut daemon, &evms(0..30), &evms(30..40));
}

#[test]
fn law_4_a_commit_whose_floor_failed_is_whole_after_a_restart() {
    let mut daemon = Daemon::empty().start();
    daemon.import_text("first", &evms(0..10));
    let floor = block(&daemon, "FLOOR.new");
    daemon
        .try_import(&Upload::of("second").lines(&evms(10..20)))
        .expect_err("no floor");
    unblock(&floor);
    daemon.restart();
    let (generation, _) = daemon.live();
    let verdicts = daemon.verdicts(&evms(10..20));
    let expected = if generation == 2 {
        Verdict::Listed
    } else {
        Verdict::NotListed
    };
    assert!(
        verdicts.iter().all(|verdict| *verdict == expected),
        "generation {generation}: {verdicts:?}"
    );
    daemon.import_text("second", &evms(10..20));
    answers_truly(&mut daemon, &evms(0..20), &evms(20..30));
}

#[test]
fn a_filter_that_cannot_be_saved_is_built_at_the_next_start() {
    let mut daemon = Daemon::empty().start();
    daemon.import_text("first", &evms(0..10));
    let filter = block(&daemon, "filter.new");
    for number in 1..4 {
        let from = 10 * number;
        daemon.import_text(&format!("list-{number}"), &evms(from..from + 10));
    }
    answers_truly(&mut daemon, &evms(0..40), &evms(40..50));
    unblock(&filter);
    answers_truly(&mut daemon, &evms(0..40), &evms(40..50));
}

#[test]
fn law_4_a_table_that_cannot_be_written_leaves_the_set_as_it_was() {
    let mut daemon = Daemon::empty().start();
    daemon.import_text("first", &evms(0..10));
    let before = daemon.live();
    for name in ["stage-entries.sst", "stage-changes.sst"] {
        let table = block(&daemon, name);
        let failed = daemon.try_import(&Upload::of("large").lines(&evms(1_000..22_000)));
        assert_eq!(failed.expect_err("no table").code(), Code::Unavailable);
        assert_eq!(daemon.live(), before);
        unblock(&table);
    }
    daemon.import_text("second", &evms(10..20));
    answers_truly(&mut daemon, &evms(0..20), &evms(1_000..1_100));
    daemon.import_text("large", &evms(1_000..22_000));
    answers_truly(&mut daemon, &evms(1_000..22_000), &evms(20..30));
}

#[test]
fn law_4_an_upload_that_cannot_be_kept_changes_nothing() {
    let mut daemon = Daemon::empty().start();
    daemon.import_text("first", &evms(0..10));
    let before = daemon.live();
    let incoming = daemon.home().data_dir().join("incoming");
    let _ = fs::remove_dir_all(&incoming);
    fs::write(&incoming, "in the way").expect("written");
    let failed = daemon.try_import(&Upload::of("second").lines(&[evm(10)]));
    assert_eq!(failed.expect_err("no room").code(), Code::Unavailable);
    assert_eq!(daemon.live(), before);
    fs::remove_file(&incoming).expect("removed");
    daemon.import_text("second", &[evm(10)]);
    answers_truly(&mut daemon, &evms(0..11), &evms(11..20));
}

/// The words that go to the caller say nothing of paths and causes inside.
#[test]
fn a_failure_inside_is_logged_with_its_cause_and_told_without() {
    let daemon = Daemon::empty().start();
    let floor = block(&daemon, "FLOOR.new");
    let failed = daemon
        .try_import(&Upload::of("first").lines(&[evm(0)]))
        .expect_err("no floor");
    assert!(!failed.message().contains("os error"), "{failed}");
    eventually("the cause is logged", Duration::from_secs(5), || {
        daemon.logs().contains("Is a directory")
    });
    unblock(&floor);
}
