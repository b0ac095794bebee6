//! `rescreen` that is killed and goes on, and rows in Parquet.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use arrow_array::builder::{StringBuilder, StringDictionaryBuilder};
use arrow_array::cast::AsArray as _;
use arrow_array::types::Int32Type;
use arrow_array::{Array as _, ArrayRef, BinaryArray, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;

use super::harness::{Home, Ran, Random, bundled_addresses, evm, interdict, program};

fn home() -> Home {
    let home = Home::new();
    let data_dir = home.data_dir();
    interdict(["init".as_ref(), "--data-dir".as_ref(), data_dir.as_os_str()]).expect_code(0);
    home
}

fn arguments(home: &Home, file: &Path, out: &Path, more: &[&str]) -> Vec<String> {
    let text = |path: &Path| path.to_str().expect("text").to_owned();
    let mut arguments = vec![
        "rescreen".to_owned(),
        text(file),
        "--data-dir".to_owned(),
        text(&home.data_dir()),
        "-o".to_owned(),
        text(out),
        "--column".to_owned(),
        "address".to_owned(),
    ];
    arguments.extend(more.iter().map(|word| (*word).to_owned()));
    arguments
}

/// A row of the book: mostly unlisted, some listed, some nonsense.
fn address(number: u64) -> String {
    let listed = bundled_addresses();
    match number % 500 {
        7 => listed[usize::try_from(number).expect("small") % listed.len()]
            .address
            .to_owned(),
        13 => format!("nonsense \"{number}\""),
        _ => evm(number),
    }
}

fn addresses(rows: u64) -> Vec<String> {
    let some: Vec<String> = (0..2_000).map(address).collect();
    (0..rows)
        .map(|number| some[usize::try_from(number).expect("small") % some.len()].clone())
        .collect()
}

/// Starts the same run again and again, and kills it, until it ends by itself.
/// Returns how often it was killed.
fn run_killed(arguments: &[String], random: &mut Random) -> u32 {
    let mut kills = 0;
    loop {
        let mut child = program()
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program can be run");
        // Longer and longer, so that it comes to an end.
        let patience = 30 + random.below(60 + u64::from(kills) * 12);
        thread::sleep(Duration::from_millis(patience));
        if let Some(status) = child.try_wait().expect("our own child") {
            assert_eq!(status.code(), Some(20));
            return kills;
        }
        child.kill().expect("our own child can be killed");
        child.wait().expect("our own child can be waited for");
        kills += 1;
    }
}

fn nothing_beside(out: &Path) {
    let folder = out.parent().expect("a folder");
    let name = out
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let found = entry
            .expect("an entry")
            .file_name()
            .to_string_lossy()
            .into_owned();
        assert!(
            found == name || !found.starts_with(&name),
            "{found} is left"
        );
    }
}

#[test]
fn a_run_that_is_killed_again_and_again_writes_what_an_undisturbed_one_writes() {
    let home = home();
    let quoted = |text: &String| format!("\"{}\"", text.replace('"', "\"\""));
    let rows = addresses(200_000);
    let csv: String = rows
        .iter()
        .enumerate()
        .map(|(n, text)| format!("{n},{}\n", quoted(text)))
        .collect();
    let file = home.write("book.csv", format!("n,address\n{csv}"));
    let packed = home.write(
        "book.csv.zst",
        zstd::encode_all(csv_with_header(&csv).as_slice(), 1).expect("packed"),
    );
    for (file, more) in [
        (&file, vec![]),
        (&file, vec!["--hits-only"]),
        (&packed, vec!["--report", "REPORT"]),
    ] {
        let report = home.path("report.html");
        let more: Vec<&str> = more
            .into_iter()
            .map(|word| {
                if word == "REPORT" {
                    report.to_str().expect("text")
                } else {
                    word
                }
            })
            .collect();
        let whole = home.path("whole.csv");
        let whole_run = interdict(arguments(&home, file, &whole, &more)).expect_code(20);
        let whole_report = fs::read_to_string(&report).unwrap_or_default();
        let seed = 20_261_122;
        let mut random = Random::seeded(seed);
        let out = home.path("out.csv");
        let mut words = arguments(&home, file, &out, &more);
        words.extend(["--checkpoint", "0"].map(str::to_owned));
        let kills = run_killed(&words, &mut random);
        assert!(kills > 3, "seed {seed}: it was killed {kills} times");
        assert!(
            fs::read(&out).expect("written") == fs::read(&whole).expect("written"),
            "seed {seed}, {more:?}, {kills} kills"
        );
        nothing_beside(&out);
        if !whole_report.is_empty() {
            let hits = |html: &str| {
                html.split("Hits and their evidence")
                    .nth(1)
                    .map(str::to_owned)
            };
            let resumed = fs::read_to_string(&report).expect("written");
            assert_eq!(hits(&resumed), hits(&whole_report));
        }
        assert!(
            whole_run.stdout.contains("200000 rows screened"),
            "{whole_run:?}"
        );
    }
}

fn csv_with_header(rows: &str) -> Vec<u8> {
    format!("n,address\n{rows}").into_bytes()
}

/// Interrupts a run by making what it would go on with impossible to end.
fn interrupted(home: &Home, file: &Path, out: &Path) -> Vec<String> {
    let mut words = arguments(home, file, out, &["--checkpoint", "0"]);
    for patience in (20..2_000).step_by(20) {
        let mut child = program()
            .args(&words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program can be run");
        thread::sleep(Duration::from_millis(patience));
        child.kill().expect("our own child can be killed");
        child.wait().expect("our own child can be waited for");
        let mut progress = out.as_os_str().to_owned();
        progress.push(".progress");
        if PathBuf::from(progress).exists() {
            words.truncate(words.len() - 2);
            return words;
        }
        assert!(!out.exists(), "it ended before it was killed");
    }
    panic!("it never began");
}

#[test]
fn only_the_very_same_run_goes_on() {
    let home = home();
    let csv: String = addresses(400_000)
        .iter()
        .map(|text| format!("\"{}\"\n", text.replace('"', "\"\"")))
        .collect();
    let file = home.write("book.csv", format!("address\n{csv}"));
    let out = home.path("out.csv");
    let words = interrupted(&home, &file, &out);
    let also = |more: &[&str]| -> Ran {
        let more = more.iter().map(|word| (*word).to_owned());
        interdict(words.iter().cloned().chain(more))
    };
    let refused = also(&["--as-of", "2026-01-01"]).expect_code(5);
    assert!(
        refused.stderr.contains("`as-of` was null") && refused.stderr.contains("--restart"),
        "{refused:?}"
    );
    let refused = also(&["--hits-only"]).expect_code(5);
    assert!(refused.stderr.contains("hits-only"), "{refused:?}");

    // What was written is gone.
    let mut partial = out.as_os_str().to_owned();
    partial.push(".partial");
    let rows = fs::read(&partial).expect("it is there");
    fs::write(&partial, &rows[..5]).expect("written");
    let refused = also(&[]).expect_code(5);
    assert!(refused.stderr.contains("are gone"), "{refused:?}");
    fs::write(&partial, &rows).expect("written");

    // The policy is another.
    let config = home.write("other.toml", "[policy.operator]\ndirect = \"REVIEW\"\n");
    let refused = also(&["--config", config.to_str().expect("text")]).expect_code(5);
    assert!(refused.stderr.contains("config"), "{refused:?}");

    // The input is another.
    fs::write(&file, format!("address\n{csv}17\n")).expect("written");
    let refused = also(&[]).expect_code(5);
    assert!(
        refused.stderr.contains("book.csv has changed"),
        "{refused:?}"
    );
    let ended = also(&["--restart"]).expect_code(20);
    assert!(ended.stdout.contains("400001 rows screened"), "{ended:?}");
    nothing_beside(&out);
}

/// Writes a book in Parquet: the addresses as text, as a dictionary and as
/// bytes, with a null now and then.
fn parquet(path: &Path, addresses: &[Option<&str>]) {
    let mut dictionary = StringDictionaryBuilder::<Int32Type>::new();
    addresses
        .iter()
        .for_each(|text| dictionary.append_option(*text));
    let bytes: Vec<Option<&[u8]>> = addresses
        .iter()
        .map(|text| text.map(str::as_bytes))
        .collect();
    let numbers = Int64Array::from_iter_values((0..).take(addresses.len()));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("n", Arc::new(numbers)),
        (
            "address",
            Arc::new(addresses.iter().copied().collect::<StringArray>()),
        ),
        ("as_dictionary", Arc::new(dictionary.finish())),
        ("as_bytes", Arc::new(BinaryArray::from(bytes))),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, column)| (name, column, true)),
    )
    .expect("of one length");
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(30_000))
        .build();
    let file = fs::File::create(path).expect("created");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("begun");
    writer.write(&batch).expect("written");
    writer.close().expect("ended");
}

/// Every row of a Parquet file as text.
fn rows(path: &Path) -> Vec<Vec<String>> {
    let file = fs::File::open(path).expect("it was written");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
    let mut rows = Vec::new();
    for batch in reader.build().expect("readable") {
        let batch = batch.expect("readable");
        for row in 0..batch.num_rows() {
            let cell = |column: &ArrayRef| match column.data_type() {
                _ if column.is_null(row) => String::new(),
                arrow_schema::DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
                arrow_schema::DataType::UInt64 => column
                    .as_primitive::<arrow_array::types::UInt64Type>()
                    .value(row)
                    .to_string(),
                arrow_schema::DataType::Dictionary(..) => {
                    let dictionary = column.as_dictionary::<Int32Type>();
                    let key = usize::try_from(dictionary.keys().value(row)).expect("in range");
                    dictionary.values().as_string::<i32>().value(key).to_owned()
                }
                other => format!("{other} {:?}", column.slice(row, 1)),
            };
            rows.push(batch.columns().iter().map(cell).collect());
        }
    }
    rows
}

#[test]
fn rows_of_parquet_pass_through_with_their_outcomes() {
    let home = home();
    let all = addresses(70_000);
    let texts: Vec<Option<&str>> = all
        .iter()
        .enumerate()
        .map(|(number, text)| (number % 777 != 5).then_some(text.as_str()))
        .collect();
    let (one, two) = (home.path("one.parquet"), home.path("two.parquet"));
    parquet(&one, &texts);
    parquet(&two, &texts[..1_000]);
    let out = home.path("out.parquet");
    let ran =
        interdict(arguments(&home, &one, &out, &[two.to_str().expect("text")])).expect_code(20);
    assert!(ran.stdout.contains("71000 rows screened"), "{ran:?}");
    nothing_beside(&out);
    let found = rows(&out);
    let given = rows(&one).into_iter().chain(rows(&two));
    assert_eq!(found.len(), 71_000);
    for ((row, given), text) in found
        .iter()
        .zip(given)
        .zip(texts.iter().chain(&texts[..1_000]))
    {
        assert_eq!(row[..4], given[..]);
        match text {
            None => assert_eq!(row[4..7], ["INDETERMINATE", "REVIEW", "EMPTY"]),
            Some(text) if text.starts_with("nonsense") => assert_eq!(row[4], "INDETERMINATE"),
            Some(text) if text.starts_with("0x") && *text == text.to_lowercase() => {}
            Some(_) => assert_ne!(row[4], "", "{row:?}"),
        }
    }
}

#[test]
fn a_book_has_the_same_outcomes_however_it_is_kept() {
    let home = home();
    let all = addresses(20_000);
    let texts: Vec<Option<&str>> = all
        .iter()
        .enumerate()
        .map(|(number, text)| (number % 777 != 5).then_some(text.as_str()))
        .collect();
    let (one, out) = (home.path("one.parquet"), home.path("out.parquet"));
    parquet(&one, &texts);
    interdict(arguments(&home, &one, &out, &[])).expect_code(20);
    let found = rows(&out);
    assert_eq!(found.len(), texts.len());
    // The same by another column, and by the rows of a CSV file.
    let csv: String = texts
        .iter()
        .map(|text| format!("\"{}\"\n", text.unwrap_or_default().replace('"', "\"\"")))
        .collect();
    let csv_file = home.write("book.csv", format!("address\n{csv}"));
    let csv_out = home.path("out.csv");
    interdict(arguments(&home, &csv_file, &csv_out, &[])).expect_code(20);
    let mut reader = csv::Reader::from_path(&csv_out).expect("written");
    for (row, record) in found.iter().zip(reader.records()) {
        let record = record.expect("whole");
        assert!(
            record
                .iter()
                .skip(1)
                .eq(row[4..].iter().map(String::as_str)),
            "{row:?} {record:?}"
        );
    }
    for column in ["as_dictionary", "as_bytes"] {
        let other = home.path("other.parquet");
        let mut words = arguments(&home, &one, &other, &[]);
        let place = words
            .iter()
            .position(|word| word == "address")
            .expect("it is there");
        words[place] = column.to_owned();
        interdict(words).expect_code(20);
        assert!(
            rows(&other)
                .iter()
                .zip(&found)
                .all(|(other, row)| other == row),
            "{column}"
        );
    }
    // Hits only, with the numbers of their rows.
    let hits = home.path("hits.parquet");
    interdict(arguments(&home, &one, &hits, &["--hits-only"])).expect_code(20);
    let expected: Vec<Vec<String>> = found
        .iter()
        .enumerate()
        .filter(|(_, row)| row[5] != "ALLOW")
        .map(|(number, row)| {
            let mut row = row.clone();
            row.push((number + 1).to_string());
            row
        })
        .collect();
    assert!(expected.len() > 100);
    assert_eq!(rows(&hits), expected);
}

#[test]
fn a_run_over_parquet_that_is_killed_again_and_again_writes_every_row_once() {
    let home = home();
    let all = addresses(150_000);
    let texts: Vec<Option<&str>> = all.iter().map(|text| Some(text.as_str())).collect();
    let file = home.path("book.parquet");
    parquet(&file, &texts);
    let whole = home.path("whole.parquet");
    interdict(arguments(&home, &file, &whole, &[])).expect_code(20);
    let seed = 20_261_123;
    let out = home.path("out.parquet");
    let words = arguments(&home, &file, &out, &["--checkpoint", "0"]);
    let kills = run_killed(&words, &mut Random::seeded(seed));
    assert!(kills > 2, "seed {seed}: it was killed {kills} times");
    nothing_beside(&out);
    let (found, expected) = (rows(&out), rows(&whole));
    assert_eq!(found.len(), expected.len());
    let other = found
        .iter()
        .zip(&expected)
        .position(|(found, expected)| found != expected);
    assert_eq!(other, None, "seed {seed}, {kills} kills");
}

#[test]
fn columns_that_hold_no_text_are_refused() {
    let home = home();
    let file = home.path("book.parquet");
    parquet(&file, &[Some("x")]);
    let mut words = arguments(&home, &file, &home.path("out.parquet"), &[]);
    let place = words
        .iter()
        .position(|word| word == "address")
        .expect("it is there");
    words[place] = "n".to_owned();
    let refused = interdict(words).expect_code(5);
    assert!(
        refused.stderr.contains("holds Int64, and no text"),
        "{refused:?}"
    );
    let mut strings = StringBuilder::new();
    strings.append_value("x");
    let taken: ArrayRef = Arc::new(strings.finish());
    let batch =
        RecordBatch::try_from_iter([("address", taken.clone()), ("interdict_verdict", taken)])
            .expect("a batch");
    let mut writer = ArrowWriter::try_new(
        fs::File::create(&file).expect("created"),
        batch.schema(),
        None,
    )
    .expect("begun");
    writer.write(&batch).expect("written");
    writer.close().expect("ended");
    let refused = interdict(arguments(&home, &file, &home.path("out.parquet"), &[])).expect_code(5);
    assert!(
        refused.stderr.contains("`interdict_verdict` already"),
        "{refused:?}"
    );
}
