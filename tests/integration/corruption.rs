//! A damaged data directory never answers NOT_LISTED for a listed address: it
//! is refused, or it goes on answering truly.

use std::fs;
use std::path::{Path, PathBuf};

use super::harness::{Daemon, Home, Random, evms, v1};
use v1::Verdict;

/// Enough to be written as table files, and a few more that are in the log.
const IN_TABLES: u64 = 20_500;
const IN_LOG: u64 = 400;

/// A data directory to be damaged, and what it lists.
struct Whole {
    home: Home,
    addresses: Vec<String>,
}

impl Whole {
    fn new() -> Self {
        let daemon = Daemon::empty().start();
        let addresses = evms(0..IN_TABLES + IN_LOG);
        let (tables, log) = addresses.split_at(IN_TABLES as usize);
        daemon.import_text("in-tables", tables);
        for (number, some) in log.chunks(100).enumerate() {
            daemon.import_text(&format!("in-log-{number}"), some);
        }
        let home = daemon.into_home();
        assert!(!home.files_ending(".log").is_empty() && !home.files_ending(".sst").is_empty());
        Self { home, addresses }
    }

    /// Damages a copy and starts a daemon on it.
    fn damaged(&self, damage: impl FnOnce(&Home)) -> Outcome {
        let copy = self.home.copy();
        damage(&copy);
        match Daemon::at(copy).try_start() {
            Err(refused) => {
                assert!(refused.code > 0 && refused.stderr.len() > 20, "{refused:?}");
                Outcome::Refused(refused.code, refused.stderr)
            }
            Ok(daemon) => Outcome::of_started(&daemon, &self.addresses),
        }
    }
}

/// What came of a damage.
#[derive(Debug)]
enum Outcome {
    /// It would not start: exit code and words.
    Refused(i32, String),
    /// It lists everything as before.
    Unharmed,
    /// It answers errors or INDETERMINATE for some, and NOT_LISTED for none.
    Doubtful,
    /// It says NOT_LISTED of an address that is listed.
    Lost(String),
}

impl Outcome {
    fn of_started(daemon: &Daemon, addresses: &[String]) -> Self {
        let mut doubtful = false;
        for some in addresses.chunks(1_000) {
            let Ok(answered) = daemon.try_screen_all(some) else {
                doubtful = true;
                continue;
            };
            for (address, outcome) in some.iter().zip(&answered.outcomes) {
                if outcome.verdict() == Verdict::NotListed {
                    return Self::Lost(address.clone());
                }
                doubtful |= outcome.verdict() != Verdict::Listed;
            }
        }
        if doubtful {
            Self::Doubtful
        } else {
            Self::Unharmed
        }
    }

    #[track_caller]
    fn expect_refused(self) -> String {
        match self {
            Self::Refused(6, words) => words,
            other => panic!("not refused with code 6: {other:?}"),
        }
    }

    #[track_caller]
    fn expect_unharmed(self) {
        assert!(matches!(self, Self::Unharmed), "{self:?}");
    }
}

/// Flips one random bit of one random file of a kind, many times, each on a
/// fresh copy.
fn flip_bits(seed: u64, rounds: u64, kind: &str, files: impl Fn(&Home) -> Vec<PathBuf>) {
    let whole = Whole::new();
    let mut random = Random::seeded(seed);
    let (mut refused, mut unharmed, mut doubtful) = (0, 0, 0);
    for round in 0..rounds {
        let mut place = String::new();
        let outcome = whole.damaged(|home| {
            let files = files(home);
            let file = &files[random.below(files.len() as u64) as usize];
            let bit = flip(file, &mut random);
            place = format!(
                "seed {seed}, round {round}: bit {bit} of {}",
                file.display()
            );
        });
        match outcome {
            Outcome::Refused(..) => refused += 1,
            Outcome::Unharmed => unharmed += 1,
            Outcome::Doubtful => doubtful += 1,
            Outcome::Lost(address) => panic!("{place}: {address} was lost in silence"),
        }
    }
    eprintln!(
        "{rounds} bits flipped in {kind}: {refused} refused, {unharmed} without harm, {doubtful} doubtful, 0 lost in silence"
    );
}

fn flip(file: &Path, random: &mut Random) -> u64 {
    let mut bytes = fs::read(file).expect("the file can be read");
    let bit = random.below(bytes.len() as u64 * 8);
    bytes[(bit / 8) as usize] ^= 1 << (bit % 8);
    fs::write(file, bytes).expect("the file can be written");
    bit
}

#[test]
fn law_1_a_flipped_bit_in_the_log_loses_nothing_in_silence() {
    flip_bits(7_001, 25, "the write-ahead log", |home| {
        home.files_ending(".log")
    });
}

#[test]
fn law_1_a_flipped_bit_in_a_table_loses_nothing_in_silence() {
    flip_bits(7_002, 25, "the tables", |home| home.files_ending(".sst"));
}

#[test]
fn law_1_a_flipped_bit_in_the_filter_loses_nothing_in_silence() {
    flip_bits(7_003, 25, "the filter", |home| home.files_ending("/filter"));
}

#[test]
fn law_1_a_flipped_bit_in_the_floor_loses_nothing_in_silence() {
    flip_bits(7_004, 25, "the floor", |home| home.files_ending("/FLOOR"));
}

#[test]
fn law_1_a_flipped_bit_in_the_manifest_loses_nothing_in_silence() {
    flip_bits(7_005, 25, "manifest and CURRENT", |home| {
        let files = home.files_ending("");
        let named = |path: &PathBuf| {
            let name = path
                .file_name()
                .expect("a file has a name")
                .to_string_lossy();
            name.starts_with("MANIFEST") || name == "CURRENT"
        };
        files.into_iter().filter(named).collect()
    });
}

#[test]
fn a_floor_that_is_missing_or_cut_is_refused() {
    let whole = Whole::new();
    let floor = |home: &Home| home.data_dir().join("FLOOR");
    let words = whole
        .damaged(|home| fs::remove_file(floor(home)).expect("removed"))
        .expect_refused();
    assert!(
        words.contains("FLOOR") && words.contains("backup"),
        "{words}"
    );
    for length in [0, 1, 40, 100] {
        let cut = |home: &Home| {
            let bytes = fs::read(floor(home)).expect("read");
            fs::write(floor(home), &bytes[..length]).expect("written");
        };
        whole.damaged(cut).expect_refused();
    }
}

/// RocksDB opens without its log, and without the end of it, as if nothing
/// were amiss.
#[test]
fn law_4_a_log_that_is_missing_or_cut_is_refused() {
    const SEED: u64 = 7_006;
    let whole = Whole::new();
    let all_gone = |home: &Home| {
        for log in home.files_ending(".log") {
            fs::remove_file(log).expect("removed");
        }
    };
    whole.damaged(all_gone).expect_refused();
    let mut random = Random::seeded(SEED);
    for _ in 0..12 {
        let mut what = String::new();
        let outcome = whole.damaged(|home| {
            let logs = home.files_ending(".log");
            let log = logs.last().expect("there is one");
            let bytes = fs::read(log).expect("read");
            let length = random.below(bytes.len() as u64) as usize;
            what = format!("seed {SEED}: {length} of {}", bytes.len());
            fs::write(log, &bytes[..length]).expect("written");
        });
        assert!(
            matches!(outcome, Outcome::Refused(6, _)),
            "{what}: {outcome:?}"
        );
    }
}

#[test]
fn a_table_that_is_missing_or_cut_is_refused() {
    let whole = Whole::new();
    for index in 0..whole.home.files_ending(".sst").len() {
        let table = |home: &Home| home.files_ending(".sst").swap_remove(index);
        whole
            .damaged(|home| fs::remove_file(table(home)).expect("removed"))
            .expect_refused();
        let cut = |home: &Home| {
            let bytes = fs::read(table(home)).expect("read");
            fs::write(table(home), &bytes[..bytes.len() / 2]).expect("written");
        };
        whole.damaged(cut).expect_refused();
    }
}

/// The filter can always be built again from the tables, and is.
#[test]
fn law_1_a_filter_that_is_missing_cut_or_foreign_is_built_anew() {
    let whole = Whole::new();
    let filter = |home: &Home| home.data_dir().join("filter");
    whole
        .damaged(|home| fs::remove_file(filter(home)).expect("removed"))
        .expect_unharmed();
    for part in 0..8 {
        let cut = |home: &Home| {
            let bytes = fs::read(filter(home)).expect("read");
            fs::write(filter(home), &bytes[..part * bytes.len() / 8]).expect("written");
        };
        whole.damaged(cut).expect_unharmed();
    }
    let foreign = Daemon::empty().start();
    for number in 0..5 {
        foreign.import_text(
            &format!("other-{number}"),
            &evms(5_000_000 + number..5_000_100),
        );
    }
    let foreign = foreign.into_home();
    let swapped = |home: &Home| {
        fs::copy(filter(&foreign), filter(home)).expect("copied");
    };
    whole.damaged(swapped).expect_unharmed();
}

/// A database restored from yesterday's copy beside today's floor has lost a
/// day of listings.
#[test]
fn law_4_a_database_older_than_its_floor_is_refused() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(0..10));
    let yesterday = daemon.into_home();
    let daemon = Daemon::at(yesterday.copy()).start();
    daemon.import_text("theirs", &evms(10..20));
    let today = daemon.into_home();
    let floor = |home: &Home| home.data_dir().join("FLOOR");
    fs::copy(floor(&today), floor(&yesterday)).expect("copied");
    let refused = Daemon::at(yesterday)
        .try_start()
        .err()
        .expect("it has gone back");
    assert!(
        refused.code == 6 && refused.stderr.contains("generation 1"),
        "{refused:?}"
    );
}

/// Table files are handed to RocksDB by a link and then unlinked. A kill in
/// between leaves one file under two names; the next import must not write
/// into what is listed.
#[test]
fn law_4_a_table_left_linked_by_a_kill_is_not_written_over() {
    let whole = Whole::new();
    let copy = whole.home.copy();
    let tables = copy.files_ending(".sst");
    let largest = tables
        .iter()
        .max_by_key(|path| fs::metadata(path).expect("facts").len());
    let largest = largest.expect("there are tables");
    fs::hard_link(largest, copy.data_dir().join("stage-entries.sst")).expect("linked");
    let mut daemon = Daemon::at(copy).start();
    let more = evms(6_000_000..6_000_000 + IN_TABLES);
    daemon.import_text("more", &more);
    assert_eq!(daemon.not_listed_of(&whole.addresses), [] as [&str; 0]);
    daemon.restart();
    assert_eq!(daemon.not_listed_of(&whole.addresses), [] as [&str; 0]);
    assert_eq!(daemon.not_listed_of(&more), [] as [&str; 0]);
}
