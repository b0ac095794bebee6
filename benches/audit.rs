//! The audit log: what an append costs in each mode, and how fast a log of
//! two million records is verified, sealed, searched and proved.
//!
//! Not a criterion bench: a log is made once and measured as a whole. Median
//! and spread of a few rounds.

#![allow(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use interdict::audit::record::record::Event;
use interdict::audit::record::{Reading, Record, Screening};
use interdict::audit::{AuditLog, Durability, Reader, Settings, verify};
use prost::Message as _;
use tokio::runtime::Builder;
use uuid::Uuid;

/// As the daemon does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RECORDS: u64 = 2_000_000;
const ROUNDS: usize = 5;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    println!("a typical record: {} bytes", record(0).len());
    sync_alone(folder.path());
    for durability in [Durability::Process, Durability::Strict] {
        for tasks in [1, 32, 256] {
            appends(folder.path(), durability, tasks);
        }
    }
    let log = folder.path().join("large").join("audit");
    make(&log);
    seal(&log);
    verify_whole(&log);
    search(&log);
}

/// A record of an unlisted address, as most are.
fn record(number: u64) -> Vec<u8> {
    let reading = Reading {
        canonical: format!("0x{number:040x}"),
        kind: "EVM".to_owned(),
        strict: true,
        ..Reading::default()
    };
    let screening = Screening {
        caller: "10.20.30.40".to_owned(),
        call: "ScreenAddress".to_owned(),
        readings: vec![reading],
        verdict: "NOT_LISTED".to_owned(),
        action: "ALLOW".to_owned(),
        generation: 4711,
        generation_digest: vec![7; 32].into(),
        policy_version: vec![8; 8].into(),
        oldest_publication_age_s: 5400,
        ..Screening::default()
    };
    Record {
        id: Uuid::now_v7().as_bytes().to_vec().into(),
        wall_ns: 1_795_000_000_000_000_000 + number as i64 * 1_000,
        monotonic_ns: number * 1_000,
        build: "interdict 0.1.0".to_owned(),
        event: Some(Event::Screening(screening)),
    }
    .encode_to_vec()
}

/// What the disk does on its own.
fn sync_alone(folder: &Path) {
    let mut file = File::create(folder.join("alone")).expect("a file");
    let bytes = record(0);
    let micros = rounds(200, |_| {
        file.write_all(&bytes).expect("writes");
        file.sync_data().expect("syncs");
    });
    println!(
        "one record and fdatasync, nothing else, µs: {}",
        spread(micros, 1e6)
    );
}

fn open(log: &Path, settings: Settings) -> AuditLog {
    if !log.exists() {
        fs::create_dir_all(log.parent().expect("has one")).expect("a folder");
        AuditLog::create(log, Some("bench")).expect("creates");
    }
    AuditLog::open(log, settings).expect("opens").0
}

/// Tasks that each append a record, wait for it, and go on.
fn appends(folder: &Path, durability: Durability, tasks: u64) {
    let path = folder
        .join(format!("{}-{tasks}", durability.name()))
        .join("audit");
    let log = open(&path, Settings::default());
    let each = match durability {
        Durability::Process => 400_000 / tasks,
        Durability::Strict => (2_000 / tasks).max(60),
    };
    let bytes = record(0);
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut rates = Vec::new();
    let mut waits = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let of_round = runtime.block_on(async {
            let tasks: Vec<_> = (0..tasks)
                .map(|_| {
                    let (log, bytes) = (log.clone(), bytes.clone());
                    tokio::spawn(async move {
                        let mut waits = Vec::with_capacity(each as usize);
                        for _ in 0..each {
                            let began = Instant::now();
                            let ticket = log.append(&bytes).expect("takes it");
                            log.written(ticket, durability).await.expect("writes it");
                            waits.push(began.elapsed().as_secs_f64());
                        }
                        waits
                    })
                })
                .collect();
            let mut all = Vec::new();
            for task in tasks {
                all.extend(task.await.expect("ends"));
            }
            all
        });
        rates.push((tasks * each) as f64 / began.elapsed().as_secs_f64());
        waits.extend(of_round);
    }
    let size = log.size();
    assert!(
        size >= tasks * each * ROUNDS as u64,
        "every record is there"
    );
    log.close();
    waits.sort_by(f64::total_cmp);
    let at = |part: f64| waits[(waits.len() as f64 * part) as usize] * 1e6;
    println!(
        "{} × {tasks}: records/s {}; waited µs: median {:.1}, 99 % {:.1}, most {:.0}",
        durability.name(),
        spread(rates, 1.0),
        at(0.5),
        at(0.99),
        waits[waits.len() - 1] * 1e6,
    );
}

fn make(path: &Path) {
    let log = open(
        path,
        Settings {
            segment_bytes_max: 1 << 40,
            ..Settings::default()
        },
    );
    let mut took = Duration::ZERO;
    for batch in 0..RECORDS / 1000 {
        let records: Vec<Vec<u8>> = (0..1000).map(|n| record(batch * 1000 + n)).collect();
        let began = Instant::now();
        let ticket = log
            .append_all(records.iter().map(|r| &r[..]))
            .expect("takes them");
        log.written_blocking(ticket, Durability::Process)
            .expect("writes them");
        took += began.elapsed();
    }
    println!(
        "batches of 1,000, process: {:.0} records/s",
        RECORDS as f64 / took.as_secs_f64()
    );
    log.close();
}

/// The open log verified, then closed in parts and sealed.
fn seal(path: &Path) {
    let rates = verify_rates(path, 1);
    println!(
        "verify, not sealed, one thread: records/s {}",
        spread(rates, 1.0)
    );
    let bytes: u64 = sizes(path, "open").iter().sum();
    let began = Instant::now();
    let log = open(
        path,
        Settings {
            segment_bytes_max: 1 << 20,
            ..Settings::default()
        },
    );
    let opened = began.elapsed();
    println!(
        "opened after checking {RECORDS} records: {:.2} s",
        opened.as_secs_f64()
    );
    let began = Instant::now();
    while sizes(path, "seg").is_empty() {
        sleep(Duration::from_millis(5));
    }
    let took = began.elapsed().as_secs_f64();
    let packed: u64 = sizes(path, "seg").iter().sum();
    println!(
        "sealed and read back: {:.0} MB/s, {:.0} records/s, to {:.1} % of its size",
        bytes as f64 / 1e6 / took,
        RECORDS as f64 / took,
        packed as f64 / bytes as f64 * 100.0
    );
    log.close();
    // A second half, so that two threads have something each.
    let log = open(path, Settings::default());
    for batch in 0..RECORDS / 1000 {
        let records: Vec<Vec<u8>> = (0..1000).map(|n| record(batch * 1000 + n)).collect();
        let ticket = log
            .append_all(records.iter().map(|r| &r[..]))
            .expect("takes them");
        log.written_blocking(ticket, Durability::Process)
            .expect("writes them");
    }
    log.close();
    let log = open(
        path,
        Settings {
            segment_bytes_max: 1 << 20,
            ..Settings::default()
        },
    );
    while sizes(path, "open").len() > 1 || sizes(path, "open")[0] > 1 << 20 {
        sleep(Duration::from_millis(5));
    }
    log.close();
}

fn sizes(path: &Path, ending: &str) -> Vec<u64> {
    let files = fs::read_dir(path).expect("lists");
    files
        .filter_map(|file| {
            let file = file.ok()?;
            let named = file.path().extension().is_some_and(|e| e == ending);
            named
                .then(|| file.metadata().ok())
                .flatten()
                .map(|m| m.len())
        })
        .collect()
}

fn verify_rates(path: &Path, threads: usize) -> Vec<f64> {
    (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            let report = verify(path, None, None, threads, |_| {}).expect("is whole");
            assert_eq!(report.signed, report.records);
            report.records as f64 / began.elapsed().as_secs_f64()
        })
        .collect()
}

fn verify_whole(path: &Path) {
    for threads in [1, 2] {
        let rates = verify_rates(path, threads);
        println!(
            "verify, sealed, {threads} threads: records/s {}",
            spread(rates, 1.0)
        );
    }
}

fn search(path: &Path) {
    let reader = Reader::open(path).expect("opens");
    let size = reader.checkpoint().0.size;
    let seconds = rounds(20, |_| {
        Reader::open(path).expect("opens");
    });
    println!("opened for reading, ms: {}", spread(seconds, 1e3));
    let seconds = rounds(50, |round| {
        let index = size / 50 * round as u64;
        let receipt = reader.receipt(index).expect("is proved");
        assert_eq!(receipt.check(reader.key()).expect("holds").index, index);
    });
    println!("a receipt among {size}, ms: {}", spread(seconds, 1e3));
    let ids: Vec<(u64, Uuid)> = (0..50)
        .map(|n| {
            let index = size / 50 * n;
            let read = reader.records(index..index + 1).next().expect("is there");
            let record = Record::decode(&read.expect("reads").1[..]).expect("decodes");
            (index, Uuid::from_slice(&record.id).expect("an id"))
        })
        .collect();
    let seconds = rounds(50, |round| {
        let (index, id) = ids[round];
        assert_eq!(reader.find(id).expect("reads").expect("is found").0, index);
    });
    println!("a record by its id, ms: {}", spread(seconds, 1e3));
}

fn rounds(count: usize, mut work: impl FnMut(usize)) -> Vec<f64> {
    (0..count)
        .map(|round| {
            let began = Instant::now();
            work(round);
            began.elapsed().as_secs_f64()
        })
        .collect()
}

fn spread(mut figures: Vec<f64>, scale: f64) -> String {
    figures.sort_by(f64::total_cmp);
    let at = |index: usize| figures[index] * scale;
    let median = at(figures.len() / 2);
    let digits = if median < 100.0 { 2 } else { 0 };
    format!(
        "{median:.digits$} [{:.digits$}..{:.digits$}]",
        at(0),
        at(figures.len() - 1)
    )
}
