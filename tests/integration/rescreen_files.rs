//! `rescreen`: files in, the same rows with an outcome each out.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::harness::{Daemon, Home, Ran, bundled_addresses, evm, interdict};

/// An address that OFAC lists, and the key under which it is `BLOCK`.
const LISTED: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";

/// A private key that somebody put into an address book.
const SECRET: &str = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn";

/// A home with a data directory of the bundled lists.
fn home() -> Home {
    let home = Home::new();
    let data_dir = home.data_dir();
    interdict(["init".as_ref(), "--data-dir".as_ref(), data_dir.as_os_str()]).expect_code(0);
    home
}

/// Rescreens a file with the data directory of a home.
fn rescreen(home: &Home, file: &Path, out: &Path, more: &[&str]) -> Ran {
    let data_dir = home.data_dir();
    let mut arguments = vec![
        "rescreen".as_ref(),
        file.as_os_str(),
        "--data-dir".as_ref(),
        data_dir.as_os_str(),
        "-o".as_ref(),
        out.as_os_str(),
    ];
    arguments.extend(more.iter().map(AsRef::<std::ffi::OsStr>::as_ref));
    interdict(arguments)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("it was written")
}

/// The values of a CSV file, the header first.
fn records(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_path(path)
        .expect("it was written");
    let records = reader.records().map(|record| record.expect("whole"));
    records
        .map(|record| record.iter().map(str::to_owned).collect())
        .collect()
}

fn nothing_beside(out: &Path) {
    for ending in [".partial", ".progress", ".hits", ".partial.0"] {
        let mut name = out.as_os_str().to_owned();
        name.push(ending);
        assert!(!PathBuf::from(&name).exists(), "{}", name.display());
    }
}

#[test]
fn every_row_of_a_csv_file_has_its_outcome_and_everything_else_passes_through() {
    let home = home();
    let file = home.write(
        "book.csv",
        format!(
            "id,\"the, address\",note\r\n1,{LISTED},\"a \"\"b\"\", c\"\r\n2,{},\r\n3,\"{}\n\",x\n4,{SECRET},y\n5\n6,,\n\n7,not an address,\"two\nlines\"\n8,\u{fffd},last",
            evm(1),
            evm(2),
        )
        .replace('\u{fffd}', "\u{20ac}"),
    );
    let out = home.path("out.csv");
    let ran = rescreen(&home, &file, &out, &["--column", "the, address"]).expect_code(20);
    nothing_beside(&out);
    let rows = records(&out);
    assert_eq!(rows.len(), 9, "{rows:?}");
    assert_eq!(rows[0][..3], ["id", "the, address", "note"]);
    assert_eq!(rows[0][3..5], ["interdict_verdict", "interdict_action"]);
    let told = |row: usize| {
        (
            rows[row][3].as_str(),
            rows[row][4].as_str(),
            rows[row][5].as_str(),
        )
    };
    assert_eq!(told(1), ("LISTED", "BLOCK", "LISTED"));
    assert_eq!(rows[1][2], "a \"b\", c");
    assert!(rows[1].iter().any(|cell| cell.contains("ofac-sdn")));
    assert_eq!(told(2), ("NOT_LISTED", "ALLOW", ""));
    assert_eq!(told(3), ("NOT_LISTED", "ALLOW", ""));
    assert_eq!(told(4), ("INDETERMINATE", "REVIEW", "PRIVATE_KEY"));
    assert_eq!(told(5), ("INDETERMINATE", "REVIEW", "EMPTY"));
    assert_eq!(told(6), ("INDETERMINATE", "REVIEW", "EMPTY"));
    assert_eq!(told(7), ("INDETERMINATE", "REVIEW", "UNKNOWN_FORMAT"));
    assert_eq!(told(8), ("INDETERMINATE", "REVIEW", "UNKNOWN_FORMAT"));
    // The row stands as it stood, to its line end.
    let text = read(&out);
    assert!(
        text.contains(&format!("\r\n2,{},,NOT_LISTED,ALLOW,,,,,,,,,\r\n", evm(1))),
        "{text}"
    );
    // The key passes through in its own column, and is nowhere else.
    assert_eq!(text.matches(SECRET).count(), 1);
    assert!(!ran.stdout.contains(SECRET) && !ran.stderr.contains(SECRET));
}

/// Every bundled address and as many others, screened by file and one by one.
fn book() -> Vec<String> {
    let listed = bundled_addresses();
    let mangled = |number: usize, address: &str| match number % 9 {
        1 => format!(" {address}"),
        2 => address.to_uppercase(),
        3 => address.chars().skip(1).collect(),
        _ => address.to_owned(),
    };
    let listed = listed.iter().step_by(3).enumerate();
    let mut book: Vec<String> = listed
        .map(|(number, row)| mangled(number, row.address))
        .collect();
    book.extend((0..500).map(evm));
    book.extend(["", "17", "vitalik.eth", SECRET, "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8"].map(str::to_owned));
    book
}

#[test]
fn a_file_a_stream_and_single_screenings_agree() {
    let daemon = Daemon::with_bundled_lists().start();
    let book = book();
    let lines: String = book.iter().map(|text| format!("\"{text}\"\n")).collect();
    let file = daemon.home().write("book.csv", format!("address\n{lines}"));
    let ndjson: String = book
        .iter()
        .map(|text| format!("{}\n", serde_json::json!({ "n": 1, "address": text })))
        .collect();
    let other = daemon.home().write("book.ndjson", ndjson);
    let (local, remote) = (
        daemon.home().path("local.csv"),
        daemon.home().path("remote.csv"),
    );
    let column = ["--column", "address"];
    rescreen(daemon.home(), &file, &local, &column).expect_code(20);
    let url = daemon.url();
    let ask = |file: &Path, out: &Path| {
        let paths = [file, out].map(|path| path.to_str().expect("text"));
        let arguments = [
            "rescreen", paths[0], "-o", paths[1], "--column", "address", "--server", url,
        ];
        interdict(arguments).expect_code(20)
    };
    ask(&file, &remote);
    assert!(
        read(&local) == read(&remote),
        "a file read here and by the daemon"
    );
    let rows = records(&local);
    assert_eq!(rows.len(), book.len() + 1);
    let verdicts = daemon.verdicts(&book);
    for ((row, text), verdict) in rows[1..].iter().zip(&book).zip(verdicts) {
        assert_eq!(row[0], *text);
        assert_eq!(
            format!("VERDICT_{}", row[1]),
            verdict.as_str_name(),
            "{text}"
        );
    }
    let answered = daemon.home().path("remote.ndjson");
    ask(&other, &answered);
    for (line, row) in read(&answered).lines().zip(&rows[1..]) {
        let value: Value = serde_json::from_str(line).expect("JSON");
        for (name, cell) in rows[0].iter().zip(row) {
            assert_eq!(value[name], cell.as_str(), "{line}");
        }
    }
    assert_eq!(read(&answered).lines().count(), book.len());
}

#[test]
fn packed_files_and_several_files_are_one_book() {
    use std::io::Write as _;

    let home = home();
    let text: String = (0..3_000)
        .map(|number| format!("{},{number}\n", evm(number)))
        .collect();
    let text = format!("\u{feff}address,n\n{text}{LISTED},x\n");
    let plain = home.write("a.csv", &text);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).expect("packed");
    let gzip = home.write("b.csv.gz", gzip.finish().expect("packed"));
    let zstd = home.write(
        "c.csv.zst",
        zstd::encode_all(text.as_bytes(), 1).expect("packed"),
    );
    let out = home.path("out.csv");
    let paths = [&gzip, &zstd].map(|path| path.to_str().expect("text"));
    rescreen(
        &home,
        &plain,
        &out,
        &[paths[0], paths[1], "--column", "address"],
    )
    .expect_code(20);
    let rows = records(&out);
    assert_eq!(rows.len(), 1 + 3 * 3_001);
    assert_eq!(rows[1..3_002], rows[3_002..6_003]);
    assert_eq!(rows[1..3_002], rows[6_003..]);
}

#[test]
fn hits_only_and_summary_leave_out_rows_and_never_counts() {
    let home = home();
    let rows = (0..2_000).map(|number| match number % 100 {
        37 => format!("{number},{LISTED}\n"),
        91 => format!("{number},nonsense\n"),
        _ => format!("{number},{}\n", evm(number)),
    });
    let file = home.write("book.csv", format!("n,to\n{}", rows.collect::<String>()));
    let out = home.path("hits.csv");
    rescreen(&home, &file, &out, &["--column", "to", "--hits-only"]).expect_code(20);
    let hits = records(&out);
    assert_eq!(hits.len(), 41);
    assert_eq!(hits[0].last().map(String::as_str), Some("interdict_row"));
    for hit in &hits[1..] {
        let number: u64 = hit[0].parse().expect("a number");
        assert_eq!(hit.last(), Some(&(number + 1).to_string()));
    }
    let data_dir = home.data_dir();
    let paths = [&file, &data_dir].map(|path| path.to_str().expect("text"));
    let arguments = [
        "rescreen",
        paths[0],
        "--data-dir",
        paths[1],
        "--column",
        "2",
        "--no-header",
        "--summary",
        "--output",
        "json",
    ];
    let totals = interdict(arguments).expect_code(20).json();
    // Without a header its line is a row as well.
    assert_eq!(totals["rows"], 2_001);
    assert_eq!(totals["listed"], 20);
    assert_eq!(totals["not_listed"], 1_960);
    assert_eq!(totals["unscreened"]["UNKNOWN_FORMAT"]["rows"], 21);
    assert_eq!(totals["unscreened"]["UNKNOWN_FORMAT"]["examples"][1], 93);
    assert!(totals["sources"]["ofac-sdn"] == 20, "{totals}");
}

#[test]
fn exit_codes_are_those_of_screen() {
    let home = home();
    for (row, code) in [
        (evm(1), 0),
        ("nonsense".to_owned(), 10),
        (LISTED.to_owned(), 20),
    ] {
        let file = home.write("book.csv", format!("to\n{}\n{row}\n", evm(0)));
        rescreen(&home, &file, &home.path("out.csv"), &["--column", "to"]).expect_code(code);
    }
}

#[test]
fn what_cannot_be_is_refused_and_says_what_to_do() {
    let home = home();
    let file = home.write("book.csv", "to,interdict_Action\n1,2\n");
    let plain = home.write("plain.csv", "to,n\n1,2\n1,2,3\n");
    let other = home.write("other.csv", "to,m\n1,2\n");
    let out = home.path("out.csv");
    let other = other.to_str().expect("text");
    for (file, more, code, word) in [
        (&file, vec!["--column", "to"], 5, "interdict_Action"),
        (&plain, vec!["--column", "from"], 5, "there are to, n"),
        (&plain, vec!["--column", "to"], 5, "row 2: it has 3 values"),
        (
            &plain,
            vec!["--column", "to", other],
            5,
            "its header is not that of",
        ),
        (
            &plain,
            vec!["--column", "to", "--delimiter", "ab"],
            2,
            "delimiter",
        ),
        (
            &plain,
            vec!["--column", "to", "--format", "parquet"],
            2,
            "another format",
        ),
        (
            &plain,
            vec!["--column", "to", "--generation", "99"],
            5,
            "generation 99",
        ),
        (
            &plain,
            vec!["--column", "to", "--as-of", "2999-01-01"],
            5,
            "2999-01-01",
        ),
        (
            &plain,
            vec!["--column", "to", "--since-generation", "99"],
            2,
            "99",
        ),
        (
            &plain,
            vec!["--column", "3", "--no-header"],
            5,
            "from 1 to 2",
        ),
    ] {
        let ran = rescreen(&home, file, &out, &more).expect_code(code);
        assert!(ran.stderr.contains(word), "{word}: {ran:?}");
        assert!(!out.exists());
        rescreen(
            &home,
            file,
            &out,
            &["--restart", "--column", "nothing at all"],
        );
    }
}

#[test]
fn a_bad_row_is_named_and_not_repeated_and_a_missing_folder_is_no_empty_list() {
    let home = home();
    let other = home.write("other.csv", "to,m\n1,2\n");
    let other = other.to_str().expect("text");
    let lines = home.write("bad.ndjson", "{\"to\":\"x\"}\n{\"to\":KwDiBf89}\n");
    let ran = rescreen(&home, &lines, &home.path("out.ndjson"), &["--column", "to"]).expect_code(5);
    assert!(
        ran.stderr.contains("row 2: it is no JSON object"),
        "{ran:?}"
    );
    assert!(!ran.stderr.contains("KwDiBf89"), "{ran:?}");
    let missing = home.path("nowhere");
    let arguments = [
        "rescreen",
        other,
        "--column",
        "to",
        "--summary",
        "--data-dir",
        missing.to_str().expect("text"),
    ];
    interdict(arguments).expect_code(6);
}

#[test]
fn a_report_says_what_was_found_by_whom_and_until_when() {
    let home = home();
    let file = home.write(
        "book.csv",
        format!("to\n{LISTED}\n{}\n{SECRET}\n<b>x</b>\n", evm(1)),
    );
    let (out, report) = (home.path("out.csv"), home.path("report.html"));
    let more = ["--column", "to", "--report", report.to_str().expect("text")];
    rescreen(&home, &file, &out, &more).expect_code(20);
    nothing_beside(&out);
    let html = read(&report);
    for word in [
        LISTED,
        "ofac-sdn",
        "Lazarus",
        "31 CFR 501.603",
        "10 business days",
        "PRIVATE_KEY",
        "audit log",
    ] {
        assert!(html.to_lowercase().contains(&word.to_lowercase()), "{word}");
    }
    for word in [SECRET, "<b>x", "<script", "http-equiv", " src=", "clean"] {
        assert!(!html.contains(word), "{word}");
    }
}

#[test]
fn only_what_changed_between_two_generations_is_written() {
    let daemon = Daemon::with_bundled_lists().start();
    daemon.import_text("ours", &[evm(1), evm(2)]);
    let (before, _) = daemon.live();
    daemon.import_text_confirmed("ours", &[evm(2), evm(3), evm(4)]);
    let rows: String = (0..50).map(|number| format!("{}\n", evm(number))).collect();
    let file = daemon
        .home()
        .write("book.csv", format!("to\n{rows}{LISTED}\n"));
    let out = daemon.home().path("changed.csv");
    let since = before.to_string();
    let more = ["--column", "to", "--since-generation", &since];
    rescreen(daemon.home(), &file, &out, &more);
    let local = read(&out);
    let changed: Vec<Vec<String>> = records(&out)[1..].to_vec();
    let told: Vec<_> = changed
        .iter()
        .map(|row| (row[0].as_str(), row[12].as_str(), row[13].as_str()))
        .collect();
    let (one, three, four) = (evm(1), evm(3), evm(4));
    let expected = [
        (&*one, "DELISTED", "2"),
        (&*three, "LISTED", "4"),
        (&*four, "LISTED", "5"),
    ];
    assert_eq!(told, expected);
    let paths = [&file, &out].map(|path| path.to_str().expect("text"));
    let arguments = [
        "rescreen",
        paths[0],
        "-o",
        paths[1],
        "--column",
        "to",
        "--since-generation",
        &since,
        "--server",
        daemon.url(),
    ];
    interdict(arguments);
    assert_eq!(read(&out), local);
}

#[test]
fn law_5_a_day_is_asked_as_the_daemon_is_asked() {
    let daemon = Daemon::with_bundled_lists().start();
    daemon.import_text("ours", &[evm(1)]);
    daemon.import_text_confirmed("ours", &[evm(2)]);
    let today = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
        .to_string();
    let rows = [
        (evm(1), "2015-01-01"),
        (evm(2), today.as_str()),
        (LISTED.to_owned(), "2015-01-01"),
        (LISTED.to_owned(), "2024-05-05T10:00:00Z"),
    ];
    let lines: String = rows
        .iter()
        .map(|(text, day)| format!("{text},{day}\n"))
        .collect();
    let file = daemon.home().write(
        "paid.csv",
        format!(
            "to,paid_at\n{lines}{},soon\n{},2999-01-01\n",
            evm(7),
            evm(8)
        ),
    );
    let out = daemon.home().path("lookback.csv");
    rescreen(
        daemon.home(),
        &file,
        &out,
        &["--column", "to", "--date-column", "paid_at"],
    );
    let answers = records(&out);
    for ((text, day), answer) in rows.iter().zip(&answers[1..]) {
        let asked = daemon.screen_on(text, &day[..10]);
        assert_eq!(
            format!("VERDICT_{}", answer[2]),
            asked.verdict().as_str_name(),
            "{text} {day}"
        );
    }
    for answer in &answers[5..] {
        assert_eq!(
            (answer[2].as_str(), answer[4].as_str()),
            ("INDETERMINATE", "BAD_DATE")
        );
    }
}

#[test]
fn law_5_an_earlier_generation_is_asked_as_the_daemon_is_asked() {
    let daemon = Daemon::with_bundled_lists().start();
    daemon.import_text("ours", &[evm(1)]);
    let (first, _) = daemon.live();
    daemon.import_text_confirmed("ours", &[evm(2)]);
    let rows = [evm(1), evm(2), LISTED.to_owned()];
    let file = daemon
        .home()
        .write("paid.csv", format!("to,paid_at\n{},\n", rows.join(",\n")));
    let out = daemon.home().path("then.csv");
    let then = first.to_string();
    let more = ["--column", "to", "--generation", &then];
    rescreen(daemon.home(), &file, &out, &more);
    for (text, answer) in rows.iter().zip(&records(&out)[1..]) {
        let asked = daemon.screen_at_generation(text, first);
        assert_eq!(
            format!("VERDICT_{}", answer[2]),
            asked.verdict().as_str_name(),
            "{text}"
        );
    }
    let paths = [&file, &out].map(|path| path.to_str().expect("text"));
    let refused = interdict([
        "rescreen",
        paths[0],
        "-o",
        paths[1],
        "--column",
        "to",
        "--date-column",
        "paid_at",
        "--server",
        daemon.url(),
    ]);
    assert!(refused.expect_code(2).stderr.contains("--data-dir"));
}
