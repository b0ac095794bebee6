//! `interdict rescreen` over 10,000,000 rows, beside DuckDB on the same files
//! in the same run.
//!
//! ```text
//! cargo bench --bench rescreen
//! INTERDICT_BENCH_DUCKDB=/path/to/python3 cargo bench --bench rescreen
//! INTERDICT_BENCH_ROWS=1000000 cargo bench --bench rescreen
//! ```
//!
//! The file is made from real forms of addresses, each with the checksum its
//! network wants; one row in a thousand is a bundled address that is listed,
//! as published or in another spelling. Both programs get the same threads.
//! Ours is timed from the start of its process to its end, with opening and
//! verifying the data directory and syncing what it wrote; DuckDB is timed for
//! the query alone, without the start of its process. Files are read from the
//! page cache.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use interdict::address::parse;
use interdict::filter::FalsePositiveRate;
use interdict::freshness::Requirements;
use interdict::generation::{self, LiveGeneration};
use interdict::policy::Policy;
use interdict::screening::{Moment, Screener};
use interdict::verdict::Verdict;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use sha2::{Digest as _, Sha256};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROWS: u64 = 10_000_000;

/// One row in so many is listed.
const LISTED_EVERY: u64 = 1_000;

const ROUNDS: usize = 3;

const THREADS: usize = 2;

fn main() {
    // `cargo test --benches` only asks whether it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let rows = std::env::var("INTERDICT_BENCH_ROWS")
        .map_or(ROWS, |rows| rows.parse().expect("a number of rows"));
    let folder = tempfile::Builder::new()
        .prefix("interdict-bench-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a folder");
    let bed = Bed::new(folder.path(), rows);
    let duckdb = std::env::var("INTERDICT_BENCH_DUCKDB").ok();
    if duckdb.is_none() {
        say("DuckDB is left out: INTERDICT_BENCH_DUCKDB names no python3 that has it");
    }
    let mut jobs = Vec::new();
    for (format, file) in [("CSV", &bed.csv), ("Parquet", &bed.parquet)] {
        for writes in [false, true] {
            jobs.push(Job::new(format, file, writes, None));
            jobs.extend(
                duckdb
                    .as_ref()
                    .map(|python| Job::new(format, file, writes, Some(python.clone()))),
            );
        }
    }
    for round in 0..=ROUNDS {
        for job in &mut jobs {
            let ran = job.run(&bed);
            // The first round warms the page cache.
            if round > 0 {
                job.ran.push(ran);
            }
        }
    }
    say(&format!(
        "{rows} rows, {THREADS} threads, {ROUNDS} interleaved rounds: median [least..most]"
    ));
    jobs.iter().for_each(|job| job.report(rows));
}

fn say(words: &str) {
    let _ = writeln!(std::io::stdout(), "{words}");
}

/// The files that all jobs share.
struct Bed {
    data_dir: PathBuf,
    csv: PathBuf,
    parquet: PathBuf,
    listed_file: PathBuf,
    folder: PathBuf,
    hits: u64,
}

impl Bed {
    fn new(folder: &Path, rows: u64) -> Self {
        let bed = Self {
            data_dir: folder.join("data"),
            csv: folder.join("book.csv"),
            parquet: folder.join("book.parquet"),
            listed_file: folder.join("listed.csv"),
            folder: folder.to_owned(),
            hits: rows.div_ceil(LISTED_EVERY),
        };
        let init = Command::new(env!("CARGO_BIN_EXE_interdict"))
            .arg("init")
            .arg("--data-dir")
            .arg(&bed.data_dir)
            .stdout(Stdio::null())
            .status()
            .expect("the program runs");
        assert!(init.success());
        let (published, spellings) = bed.listed();
        fs::write(
            &bed.listed_file,
            format!("address\n{}\n", published.join("\n")),
        )
        .expect("written");
        let begun = Instant::now();
        bed.write(rows, &spellings);
        let bytes = |path: &Path| fs::metadata(path).expect("it is there").len() >> 20;
        say(&format!(
            "made in {:.0?}: CSV of {} MiB, Parquet of {} MiB, {} listed rows in {} spellings of {} addresses",
            begun.elapsed(),
            bytes(&bed.csv),
            bytes(&bed.parquet),
            bed.hits,
            spellings.len(),
            published.len(),
        ));
        bed
    }

    /// Bundled addresses that are listed now, and spellings of them that a
    /// screening finds as well.
    fn listed(&self) -> (Vec<String>, Vec<String>) {
        let (_, generation) =
            generation::open_read_only(&self.data_dir, FalsePositiveRate::DEFAULT)
                .expect("the directory opens");
        let live = Arc::new(LiveGeneration::default());
        live.publish(generation.expect("it holds lists"));
        let screener = Screener::new(live, Requirements::default(), Policy::default());
        let pinned = screener.pin(&Moment::default()).expect("is live");
        let rows = interdict::bundled::LISTS.iter().flat_map(|list| {
            list.csv
                .lines()
                .filter(|line| !line.starts_with('#'))
                .skip(1)
        });
        let is_listed = |text: &String| pinned.screen(text, "").verdict == Verdict::Listed;
        let is_simple = |text: &String| !text.contains([',', '"']);
        let mut published: Vec<String> = rows
            .filter_map(|row| Some(row.split(',').next()?.to_owned()))
            .filter(|text| is_simple(text) && is_listed(text))
            .collect();
        published.sort();
        published.dedup();
        let mut spellings = published.clone();
        for text in &published {
            let canonical = parse(text).candidates[0].canonical();
            let odd = [
                text.to_lowercase(),
                text.to_uppercase(),
                canonical,
                format!(" {text}"),
                text.trim_start_matches("0x").to_owned(),
            ];
            spellings.extend(
                odd.into_iter()
                    .filter(|odd| is_simple(odd) && is_listed(odd)),
            );
        }
        spellings.sort();
        spellings.dedup();
        (published, spellings)
    }

    /// Writes both files, the same rows in each.
    fn write(&self, rows: u64, spellings: &[String]) {
        const BATCH: u64 = 1 << 16;
        let mut csv = BufWriter::with_capacity(1 << 20, File::create(&self.csv).expect("created"));
        writeln!(csv, "id,address,amount").expect("written");
        let schema = Arc::new(Schema::new(vec![
            Field::new("id", DataType::Int64, false),
            Field::new("address", DataType::Utf8, false),
            Field::new("amount", DataType::Float64, false),
        ]));
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(122_880))
            .build();
        let file = File::create(&self.parquet).expect("created");
        let mut parquet =
            ArrowWriter::try_new(file, schema.clone(), Some(properties)).expect("begun");
        let mut at = 0;
        while at < rows {
            let numbers = at..(at + BATCH).min(rows);
            let address = |number: u64| match number % LISTED_EVERY {
                0 => {
                    let turn = usize::try_from(number / LISTED_EVERY).expect("small");
                    spellings[turn % spellings.len()].clone()
                }
                _ => unlisted(number),
            };
            let addresses: Vec<String> = numbers.clone().map(address).collect();
            let amounts: Vec<f64> = numbers
                .clone()
                .map(|number| (number % 99_991) as f64 / 8.0)
                .collect();
            for ((number, address), amount) in numbers.clone().zip(&addresses).zip(&amounts) {
                writeln!(csv, "{number},{address},{amount}").expect("written");
            }
            let ids = numbers
                .clone()
                .map(|number| i64::try_from(number).expect("small"));
            let batch = RecordBatch::try_new(
                schema.clone(),
                vec![
                    Arc::new(Int64Array::from_iter_values(ids)),
                    Arc::new(StringArray::from_iter_values(&addresses)),
                    Arc::new(Float64Array::from(amounts)),
                ],
            );
            parquet
                .write(&batch.expect("of one length"))
                .expect("written");
            at = numbers.end;
        }
        csv.flush().expect("written");
        parquet.close().expect("written");
    }
}

/// A made address: 35 % EVM in lower case, 15 % with a checksum, 10 % Bitcoin
/// in base 58, 15 % in bech32, 15 % Tron, 5 % Solana, 5 % of others.
fn unlisted(number: u64) -> String {
    let digest = *blake3::hash(&number.to_le_bytes()).as_bytes();
    let hash: [u8; 20] = digest[..20].try_into().expect("it has 32 bytes");
    let evm = || format!("0x{}", const_hex::encode(hash));
    match u64::from(digest[31]) * 100 / 256 {
        0..35 => evm(),
        35..50 => parse(&evm()).candidates[0].canonical(),
        50..57 => base58(&[0x00], &hash, bs58::Alphabet::BITCOIN),
        57..60 => base58(&[0x05], &hash, bs58::Alphabet::BITCOIN),
        60..75 => {
            let hrp = bech32::Hrp::parse("bc").expect("a prefix");
            bech32::segwit::encode_v0(hrp, &hash).expect("a program")
        }
        75..90 => base58(&[0x41], &hash, bs58::Alphabet::BITCOIN),
        90..95 => bs58::encode(digest).into_string(),
        95..97 => base58(&[0x30], &hash, bs58::Alphabet::BITCOIN),
        97..99 => base58(&[0x00], &hash, bs58::Alphabet::RIPPLE),
        _ => base58(&[0x1e], &hash, bs58::Alphabet::BITCOIN),
    }
}

fn base58(version: &[u8], hash: &[u8], alphabet: &bs58::Alphabet) -> String {
    let mut bytes = [version, hash].concat();
    let check = Sha256::digest(Sha256::digest(&bytes));
    bytes.extend_from_slice(&check[..4]);
    bs58::encode(bytes).with_alphabet(alphabet).into_string()
}

/// One thing that is timed, again and again.
struct Job {
    name: String,
    file: PathBuf,
    writes: bool,
    python: Option<String>,
    ran: Vec<Ran>,
}

struct Ran {
    took: Duration,
    hits: u64,
    peak_mib: u64,
}

impl Job {
    fn new(format: &str, file: &Path, writes: bool, python: Option<String>) -> Self {
        let (program, does) = match (&python, writes) {
            (None, false) => ("interdict", "summary"),
            (None, true) => ("interdict", "every row with its outcome"),
            (Some(_), false) => ("DuckDB", "semi-join, count"),
            (Some(_), true) => ("DuckDB", "every row with a flag"),
        };
        Self {
            name: format!("{format}, {program}: {does}"),
            file: file.to_owned(),
            writes,
            python,
            ran: Vec::new(),
        }
    }

    fn run(&self, bed: &Bed) -> Ran {
        let ending = self.file.extension().expect("it has one").to_string_lossy();
        let out = bed.folder.join(format!("out.{ending}"));
        let ran = match &self.python {
            None => self.ours(bed, &out),
            Some(python) => self.theirs(python, bed, &out),
        };
        let _ = fs::remove_file(&out);
        ran
    }

    fn ours(&self, bed: &Bed, out: &Path) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_interdict"));
        command
            .arg("rescreen")
            .arg(&self.file)
            .args(["--column", "address"]);
        command.arg("--data-dir").arg(&bed.data_dir);
        command.args(["--threads", &THREADS.to_string(), "--output", "json"]);
        match self.writes {
            true => command.arg("-o").arg(out),
            false => command.arg("--summary"),
        };
        let begun = Instant::now();
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let status = format!("/proc/{}/status", child.id());
        let mut peak_kib = 0;
        let code = loop {
            let facts = fs::read_to_string(&status).unwrap_or_default();
            let peak = facts.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = peak.and_then(|words| words.split_whitespace().next()?.parse().ok());
            peak_kib = peak_kib.max(kib.unwrap_or(0));
            if let Some(ended) = child.try_wait().expect("our own child") {
                break ended.code();
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let took = begun.elapsed();
        let said =
            std::io::read_to_string(child.stdout.take().expect("it is piped")).expect("text");
        let totals: serde_json::Value = serde_json::from_str(&said).expect("JSON");
        assert_eq!(code, Some(20));
        // By chance a made account of Solana has the shape of another network's
        // address, whose checksum does not hold.
        let doubted = totals["indeterminate"].as_u64().expect("a number");
        assert!(doubted <= 1 + bed.hits / 100, "{totals}");
        let hits = totals["listed"].as_u64().expect("a number");
        assert_eq!(hits, bed.hits, "every listed row is found, and no other");
        Ran {
            took,
            hits,
            peak_mib: peak_kib >> 10,
        }
    }

    fn theirs(&self, python: &str, bed: &Bed, out: &Path) -> Ran {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/duckdb/rescreen.py");
        let job = if self.writes { "rows" } else { "count" };
        let answer = Command::new(python)
            .arg(script)
            .arg(job)
            .args([&self.file, &bed.listed_file])
            .arg(out)
            .arg(THREADS.to_string())
            .output()
            .expect("python runs");
        let said = String::from_utf8_lossy(&answer.stdout).into_owned();
        let numbers: Vec<f64> = said
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        let [took, _, hits, peak] = numbers[..] else {
            panic!(
                "DuckDB said {said:?}, {}",
                String::from_utf8_lossy(&answer.stderr)
            );
        };
        Ran {
            took: Duration::from_secs_f64(took),
            hits: hits as u64,
            peak_mib: peak as u64 >> 10,
        }
    }

    fn report(&self, rows: u64) {
        let mut rates: Vec<f64> = self
            .ran
            .iter()
            .map(|ran| rows as f64 / ran.took.as_secs_f64() / 1e6)
            .collect();
        rates.sort_by(f64::total_cmp);
        let peak = self
            .ran
            .iter()
            .map(|ran| ran.peak_mib)
            .max()
            .unwrap_or_default();
        let hits = self.ran.first().map_or(0, |ran| ran.hits);
        let (least, most) = (rates[0], rates[rates.len() - 1]);
        let median = rates[rates.len() / 2];
        say(&format!(
            "| {} | {median:.2} [{least:.2}..{most:.2}] million rows/s | {peak} MiB | {hits} hits |",
            self.name
        ));
    }
}
