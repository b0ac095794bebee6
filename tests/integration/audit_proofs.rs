//! What the log proves to somebody who was not there: verify, show, receipts,
//! exports, and screenings done again.

use std::fs;
use std::path::Path;

use super::harness::{Daemon, Ran, eventually, evm, evms, interdict, v1};

const LISTED: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";

/// Runs `audit` on a data directory that nobody serves.
#[track_caller]
fn audit(data_dir: &Path, words: &[&str]) -> Ran {
    let (word, rest) = words.split_first().expect("a word");
    let head: [&std::ffi::OsStr; 4] = [
        "audit".as_ref(),
        word.as_ref(),
        "--data-dir".as_ref(),
        data_dir.as_os_str(),
    ];
    interdict(head.into_iter().chain(rest.iter().map(AsRef::as_ref)))
}

/// A daemon that was asked about a few addresses and stopped; the ids of the
/// listed one and of the first absent one.
fn asked() -> (Daemon, String, String) {
    let mut daemon = Daemon::with_bundled_lists().start();
    let listed = daemon.screen(LISTED).outcome.screening_id;
    let absent = daemon
        .ask(v1::ScreenAddressRequest {
            address: evm(1),
            reference: "customer 7".to_owned(),
            purpose: v1::Purpose::Withdrawal.into(),
            ..v1::ScreenAddressRequest::default()
        })
        .expect("answered");
    daemon.screen("garbage");
    daemon.stop();
    (daemon, listed, absent.outcome.screening_id)
}

#[test]
fn a_receipt_proves_an_absence_with_nothing_but_the_public_key() {
    let (daemon, listed, absent) = asked();
    let data_dir = daemon.home().data_dir();
    let key = fs::read_to_string(data_dir.join("audit/key.pub")).expect("the key is there");
    let path = |name: &str| daemon.home().path(name).display().to_string();
    for (id, name, words) in [
        (&absent, "absent", ["NOT_LISTED", &evm(1).to_lowercase()]),
        (&listed, "listed", ["LISTED", &LISTED.to_lowercase()]),
    ] {
        let file = path(name);
        audit(&data_dir, &["receipt", id, "-o", &file]).expect_code(0);
        let check = |key: &str| interdict(["audit", "check-receipt", &file, "--key", key]);
        let said = check(key.trim()).expect_code(0).stdout;
        for word in words {
            assert!(said.to_lowercase().contains(&word.to_lowercase()), "{said}");
        }
        assert!(said.contains("generation"), "{said}");
        // Any other content is not what was signed.
        let text = fs::read_to_string(&file).expect("it is there");
        let forged = path("forged");
        let bytes = text.into_bytes();
        let mut refused = 0;
        for at in (0..bytes.len()).step_by(bytes.len() / 40) {
            let mut other = bytes.clone();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            fs::write(&forged, other).expect("written");
            let ran = interdict(["audit", "check-receipt", &forged, "--key", key.trim()]);
            // Blanks between the fields mean nothing.
            refused += u32::from(ran.code == 5);
        }
        assert!(refused >= 36, "{refused} of 41 alterations were refused");
    }
    // Nor does another log's key vouch for it.
    let (other, ..) = asked();
    let other_key = fs::read_to_string(other.home().data_dir().join("audit/key.pub"));
    let other_key = other_key.expect("the key is there");
    let file = path("absent");
    interdict(["audit", "check-receipt", &file, "--key", other_key.trim()]).expect_code(5);
}

#[test]
fn a_running_daemon_hands_out_records_receipts_and_exports() {
    let daemon = Daemon::with_bundled_lists().start();
    let answer = daemon.screen(LISTED);
    let id = answer.outcome.screening_id;
    let shown = daemon
        .command("audit", &["show", &id])
        .expect_code(0)
        .stdout;
    assert!(
        shown.contains("LISTED") && shown.contains(LISTED),
        "{shown}"
    );
    let file = daemon.home().path("receipt.json").display().to_string();
    eventually(
        "a checkpoint covers it",
        std::time::Duration::from_secs(10),
        || daemon.command("audit", &["receipt", &id, "-o", &file]).code == 0,
    );
    let key = daemon
        .home()
        .data_dir()
        .join("audit/key.pub")
        .display()
        .to_string();
    interdict(["audit", "check-receipt", &file, "--key", &key]).expect_code(0);
    let options = ["export", "--format", "ndjson", "--verdict", "LISTED"];
    let exported = daemon.command("audit", &options).expect_code(0).stdout;
    assert_eq!(exported.lines().count(), 1, "{exported}");
    assert!(exported.contains(&id), "{exported}");
}

#[test]
fn an_altered_log_does_not_verify_and_the_record_is_named() {
    let (mut daemon, ..) = asked();
    let data_dir = daemon.home().data_dir();
    let verified = audit(&data_dir, &["verify", "--output", "json"])
        .expect_code(0)
        .json();
    let records = verified["records"].as_u64().expect("a number");
    assert!(records >= 6, "{verified}");
    let segment = daemon
        .home()
        .files_ending(".open")
        .pop()
        .expect("a segment");
    let mut bytes = fs::read(&segment).expect("it can be read");
    let at = bytes.windows(10).position(|some| some == b"NOT_LISTED");
    let at = at.expect("the absence is recorded");
    bytes.splice(at..at + 10, *b"not_listed");
    fs::write(&segment, bytes).expect("written");
    let refused = audit(&data_dir, &["verify"]).expect_code(5);
    assert!(
        format!("{}{}", refused.stdout, refused.stderr).contains("record"),
        "{refused:?}"
    );
    // What was altered is not gone on with.
    let refused = daemon.try_start_again().expect_err("it is refused");
    assert_eq!(refused.code, 6, "{}", refused.stderr);
}

#[test]
fn an_export_has_a_row_for_each_record_that_is_asked_for() {
    let (daemon, listed, absent) = asked();
    let data_dir = daemon.home().data_dir();
    let export = |more: &[&str]| {
        let words = [&["export", "--format", "csv"], more].concat();
        let text = audit(&data_dir, &words).expect_code(0).stdout;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows = reader.deserialize::<std::collections::HashMap<String, String>>();
        rows.map(|row| row.expect("a row")).collect::<Vec<_>>()
    };
    let screenings = export(&["--screenings"]);
    assert_eq!(screenings.len(), 3);
    let ids = |rows: &[std::collections::HashMap<String, String>]| -> Vec<String> {
        rows.iter().map(|row| row["id"].clone()).collect()
    };
    assert_eq!(
        ids(&export(&["--verdict", "LISTED"])),
        std::slice::from_ref(&listed)
    );
    assert_eq!(
        ids(&export(&[
            "--address",
            &LISTED.to_uppercase().replace('X', "x")
        ])),
        [listed]
    );
    assert_eq!(ids(&export(&["--reference", "customer 7"])), [absent]);
    assert_eq!(export(&["--reference", "customer 8"]).len(), 0);
    assert_eq!(export(&["--to", "2020-01-01T00:00:00Z"]).len(), 0);
    // No record names such a text, and an empty file would look like none was
    // asked about.
    audit(&data_dir, &["export", "--address", "garbage"]).expect_code(2);
    let all = export(&[]);
    let first: Vec<_> = all.iter().take(2).map(|row| row["event"].clone()).collect();
    assert_eq!(first, ["STARTED", "CONFIGURED"]);

    // The same rows in Parquet, and as JSON.
    let file = daemon.home().path("log.parquet");
    let words = [
        "export",
        "--format",
        "parquet",
        "-o",
        &file.display().to_string(),
    ];
    audit(&data_dir, &words).expect_code(0);
    let opened = fs::File::open(&file).expect("it is there");
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(opened)
        .expect("it is Parquet")
        .build()
        .expect("it can be read");
    let rows: usize = reader.map(|batch| batch.expect("a batch").num_rows()).sum();
    assert_eq!(rows, all.len());
    let json = audit(&data_dir, &["export", "--format", "ndjson"])
        .expect_code(0)
        .stdout;
    assert_eq!(json.lines().count(), all.len());
}

#[test]
fn a_replay_on_other_lists_tells_that_they_are_others() {
    let (ours, ..) = asked();
    let mut theirs = Daemon::empty().start();
    // Another set under the same numbers.
    for number in 0..6 {
        theirs.import_text(
            &format!("list-{number}"),
            &evms(number * 10..number * 10 + 5),
        );
    }
    theirs.stop();
    let (from, to) = (ours.home().data_dir(), theirs.home().data_dir());
    fs::remove_dir_all(to.join("audit")).expect("removed");
    fs::create_dir(to.join("audit")).expect("made");
    for entry in fs::read_dir(from.join("audit")).expect("it can be read") {
        let path = entry.expect("its entries too").path();
        let name = path.file_name().expect("a name").to_owned();
        fs::copy(&path, to.join("audit").join(name)).expect("copied");
    }
    let ran = audit(&to, &["replay"]).expect_code(5);
    assert!(ran.stdout.contains("digest"), "{}", ran.stdout);
}

/// Screens a book at each of so many generations, and does all of it again.
fn screen_and_replay(generations: u64, book_of: u64) -> serde_json::Value {
    let mut daemon = Daemon::with_bundled_lists().start();
    let mut asked = 0_u64;
    for round in 0..generations {
        // What is listed at one generation is off at the next, and back.
        let listed: Vec<String> = (0..60).filter(|n| (n + round) % 3 != 0).map(evm).collect();
        daemon.import_text_confirmed("ours", &listed);
        let mut book: Vec<String> = evms(0..book_of);
        let bundled = super::harness::bundled_addresses();
        book.extend(bundled.iter().take(50).map(|one| one.address.to_owned()));
        book.extend(["garbage".to_owned(), String::new(), "0x12".to_owned()]);
        book.push(format!("eip155:1:{}", evm(round)));
        for some in book.chunks(1_000) {
            daemon.try_screen_all(some).expect("answered");
        }
        asked += book.len() as u64;
    }
    let early = v1::Moment {
        generation: 4,
        ..v1::Moment::default()
    };
    daemon.try_screen_at(&evm(5), early).expect("answered");
    let data_dir = daemon.home().data_dir();
    let mut said = serde_json::Value::Null;
    // Beside the running daemon, and without one.
    for _ in 0..2 {
        let ran = audit(&data_dir, &["replay", "--output", "json"]).expect_code(0);
        said = ran.json();
        assert_eq!(said["different"], 0, "{said}");
        let left_out: u64 = said["left_out"]
            .as_object()
            .expect("by why")
            .values()
            .map(|count| count.as_u64().expect("a number"))
            .sum();
        let replayed = said["replayed"].as_u64().expect("a number");
        assert_eq!(replayed + left_out, asked + 1, "{said}");
        assert!(left_out <= 2 * generations, "{said}");
        assert!(said["generations"].as_u64() >= Some(generations), "{said}");
        daemon.restart();
    }
    said
}

#[test]
fn law_5_recorded_screenings_done_again_give_the_same_answers() {
    screen_and_replay(20, 200);
}

#[test]
#[ignore = "takes a minute: cargo test --test integration hundred_thousand -- --ignored --nocapture"]
fn law_5_a_hundred_thousand_screenings_of_twenty_generations_hold() {
    let said = screen_and_replay(20, 5_000);
    eprintln!("{said}");
}
