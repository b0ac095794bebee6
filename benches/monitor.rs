//! From a publication to the last alert, with books of two sizes.
//!
//! Not a criterion bench: a publication is one event. Members are made
//! addresses, EVM and Bitcoin in turn; each round publishes a delta of a set
//! size of which some are in the book, and times three moments from there:
//! the monitor is done, and the last alert has come through a gRPC stream.
//! The number of alerts is checked each time. The gRPC part needs the real
//! daemon and is in the integration tests; here the monitor runs in process,
//! on a thread of its own that watches the live generation as the daemon's.

#![allow(clippy::print_stdout, reason = "a bench reports on standard output")]

mod common;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use interdict::filter::FalsePositiveRate;
use interdict::freshness::Requirements;
use interdict::generation::LiveGeneration;
use interdict::import::read::{Format, InputFile};
use interdict::import::{Bounds, Importer, Request};
use interdict::list::{Origin, PublicationDigest, Tier};
use interdict::monitor::{ImportRequest, Monitor, Row, Terms};
use interdict::policy::Policy;
use interdict::screening::Screener;
use interdict::store::Store;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use common::{UNLISTED, evm};

/// As the daemon does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Addresses that one publication brings.
const DELTA: u64 = 1_000;
/// Those of them that are in the book.
const HITS: u64 = 100;
/// Addresses that are listed before.
const LISTED: u64 = 20_000;
const ROUNDS: u64 = 7;
const BOOKS: [u64; 2] = [1_000_000, 10_000_000];

/// Returns an address: one of Bitcoin for each odd number.
fn address(number: u64) -> String {
    if number.is_multiple_of(2) {
        return evm(number);
    }
    let hash = blake3::hash(&number.to_le_bytes());
    let mut payload = vec![0_u8];
    payload.extend_from_slice(&hash.as_bytes()[..20]);
    let checksum = Sha256::digest(Sha256::digest(&payload));
    payload.extend_from_slice(&checksum[..4]);
    bs58::encode(payload).into_string()
}

struct Bench {
    importer: Importer,
    live: Arc<LiveGeneration>,
    monitor: Arc<Monitor>,
    listed: String,
}

impl Bench {
    fn new(folder: &std::path::Path) -> Self {
        let store = Arc::new(Store::create(folder).expect("creates"));
        let live = Arc::new(LiveGeneration::default());
        let bounds = Bounds {
            entries_max: usize::MAX,
            bytes_max: u64::MAX,
        };
        let rate = FalsePositiveRate::DEFAULT;
        let importer = Importer::new(store.clone(), live.clone(), rate, bounds);
        let screener = Screener::new(live.clone(), Requirements::default(), Policy::default());
        let record = Arc::new(|_: &[interdict::alert::Alert]| Ok(()));
        let terms = Terms::default();
        let monitor = Monitor::open(store, live.clone(), screener, record, terms).expect("opens");
        let mut bench = Self {
            importer,
            live,
            monitor: Arc::new(monitor),
            listed: String::new(),
        };
        bench.publish("base", (0..LISTED).map(|number| UNLISTED + number));
        bench
    }

    /// Publishes a list of its own; nothing of the others changes.
    fn publish(&mut self, source: &str, numbers: impl Iterator<Item = u64>) {
        self.listed.clear();
        for number in numbers {
            let _ = writeln!(self.listed, "{}", address(number));
        }
        let request = Request {
            source: source.parse().expect("a source id"),
            tier: Some(Tier::Sanctions),
            format: Format::Text,
            category: None,
            approval: None,
            retrieved_at: Timestamp::now(),
            origin: Origin::Imported,
            digest: PublicationDigest::of_text(&self.listed),
        };
        let file = InputFile::of_bytes("list.txt", self.listed.clone());
        self.importer.run(&request, vec![file]).expect("imports");
    }

    fn fill(&self, members: u64) -> Duration {
        let began = Instant::now();
        let request = ImportRequest {
            name: "book".parse().expect("a name"),
            adds: false,
            first_screening: true,
        };
        let mut import = self.monitor.begin_import(request).expect("begins");
        for number in 0..members {
            let reference = format!("customer-{number}");
            let address = address(number);
            let row = Row {
                address: &address,
                network: "",
                reference: &reference,
            };
            import.row(&row).expect("goes on");
        }
        let report = import.finish(members).expect("is whole");
        assert_eq!((report.taken, report.matched), (members, 0));
        self.monitor.advance(|| false).expect("gets on");
        began.elapsed()
    }
}

fn main() {
    println!(
        "delta of {DELTA}, {HITS} of them in the book; {ROUNDS} rounds, ms: median [least..most]"
    );
    for members in BOOKS {
        let folder = tempfile::tempdir().expect("a folder");
        let mut bench = Bench::new(&folder.path().join("data"));
        let filled = bench.fill(members);
        println!(
            "  book of {members}: imported in {:.1} s ({:.0} rows/s), {} MB on disk, {} MB resident at most",
            filled.as_secs_f64(),
            members as f64 / filled.as_secs_f64(),
            folder_bytes(&folder.path().join("data/book")) >> 20,
            most_resident() >> 20,
        );
        let mut told = Vec::new();
        for round in 0..ROUNDS {
            told.push(publish_and_wait(&mut bench, members, round));
        }
        println!("    published to last alert readable  {}", spread(told));
    }
}

/// Publishes a delta while a thread watches, and returns the time from the
/// moment it is live to the last alert.
fn publish_and_wait(bench: &mut Bench, members: u64, round: u64) -> f64 {
    let before = *bench.monitor.told().borrow();
    let (monitor, live) = (bench.monitor.clone(), bench.live.clone());
    let watching = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        let mut published = live.watch();
        published.borrow_and_update();
        runtime.block_on(published.changed()).expect("is published");
        let began = Instant::now();
        monitor.advance(|| false).expect("gets on");
        let alerts = monitor.alerts_after(before, usize::MAX).expect("reads");
        (began.elapsed(), alerts)
    });
    // The thread has to be there first.
    std::thread::sleep(Duration::from_millis(50));
    let step = members / (ROUNDS * HITS);
    let hits = (0..HITS).map(|hit| (round * HITS + hit) * step);
    let misses = (0..DELTA - HITS).map(|miss| 2 * UNLISTED + round * DELTA + miss);
    bench.publish(&format!("delta-{round}"), hits.chain(misses));
    let (took, alerts) = watching.join().expect("it ends");
    assert_eq!(alerts.len() as u64, HITS, "one alert for each");
    assert!(
        alerts
            .iter()
            .all(|alert| alert.reference.starts_with("customer-"))
    );
    took.as_secs_f64() * 1e3
}

fn folder_bytes(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let sizes = entries.filter_map(|entry| entry.ok()?.metadata().ok());
    sizes
        .filter(std::fs::Metadata::is_file)
        .map(|facts| facts.len())
        .sum()
}

fn most_resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}

fn spread(mut figures: Vec<f64>) -> String {
    figures.sort_by(f64::total_cmp);
    let median = figures[figures.len() / 2];
    format!(
        "{median:.1} [{:.1}..{:.1}]",
        figures[0],
        figures[figures.len() - 1]
    )
}
