//! Reading OFAC's `SDN_ADVANCED.XML` at the size it is published in.
//!
//! Not a criterion bench: a read is one event of a good part of a second. The
//! list is made, written to a folder of its own and read several times: median
//! and spread. Peak memory is what `/usr/bin/time -v` says of the whole run.

#![allow(clippy::print_stdout, reason = "a bench reports on standard output")]

#[path = "common/sdn_advanced.rs"]
mod sdn_advanced;

use std::collections::HashSet;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::time::Instant;

use interdict::import::read::{Format, InputFile, Limits, open};
use interdict::list::Category;

/// As many as the list had in September 2026, with its subjects.
const OTHERS: usize = 19_000;
const ROUNDS: usize = 5;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("SDN_ADVANCED.XML");
    let subjects = sdn_advanced::subjects();
    let mut out = BufWriter::new(File::create(&path).expect("a file"));
    sdn_advanced::write(&mut out, &subjects, OTHERS).expect("is written");
    drop(out);
    let megabytes = std::fs::metadata(&path).expect("is there").len() as f64 / 1e6;

    let mut seconds = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let (entries, addresses, parties) = read(&path);
        seconds.push(began.elapsed().as_secs_f64());
        // 961 addresses stand with their subjects, some under several
        // tickers: 974 entries. Twenty more are known without theirs.
        assert_eq!((entries, addresses), (994, 981));
        assert_eq!(parties, (OTHERS + subjects.len()) as u64);
    }
    seconds.sort_by(f64::total_cmp);
    let median = seconds[ROUNDS / 2];
    println!("SDN_ADVANCED.XML, {megabytes:.1} MB, {ROUNDS} rounds: median [least..most]");
    println!(
        "  seconds  {median:.3} [{:.3}..{:.3}]",
        seconds[0],
        seconds[ROUNDS - 1]
    );
    println!("  MB/s     {:.0}", megabytes / median);
    println!(
        "  994 entries, 981 addresses, {} parties",
        OTHERS + subjects.len()
    );
}

/// Returns how many entries, distinct addresses and parties there are.
fn read(path: &Path) -> (usize, usize, u64) {
    let file = InputFile::at("SDN_ADVANCED.XML", path);
    let limits = Limits::default();
    let mut rows = open(
        Format::OfacAdvanced,
        Category::Sanctions,
        vec![file],
        limits,
    )
    .expect("opens");
    let mut entries = 0;
    let mut addresses = HashSet::new();
    for row in rows.by_ref() {
        let row = row.expect("is whole");
        assert_eq!(row.fault, None);
        entries += 1;
        addresses.insert(row.entry.expect("every row is an entry").address);
    }
    (entries, addresses.len(), rows.facts().records)
}
