//! A start with 10^6 entries: open, verify the whole set, load the filter.
//!
//! Not a criterion bench: a start is one event of a good part of a second.
//! Several in a row, median and spread.

#![allow(clippy::print_stdout, reason = "a bench reports on standard output")]

mod common;

use std::time::Instant;

use interdict::filter::FalsePositiveRate;
use interdict::generation::open;

use common::{evm_key, listed};

/// As the daemon does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const KEYS: u64 = 1_000_000;
const ROUNDS: usize = 7;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("data");
    drop(listed(&path, KEYS));
    let mut ready = Vec::new();
    for round in 0..ROUNDS {
        let began = Instant::now();
        let (store, generation) = open(&path, FalsePositiveRate::DEFAULT).expect("opens");
        let generation = generation.expect("is there");
        ready.push(began.elapsed().as_secs_f64() * 1e3);
        assert_eq!(generation.record.rows, KEYS);
        let key = evm_key(round as u64);
        drop(store);
        assert_eq!(generation.rows(&key).expect("reads").len(), 1);
    }
    println!("start with {KEYS} entries, {ROUNDS} rounds, ms: median [least..most]");
    println!("  ready to answer      {}", spread(ready));
}

fn spread(mut figures: Vec<f64>) -> String {
    figures.sort_by(f64::total_cmp);
    let median = figures[figures.len() / 2];
    format!(
        "{median:.0} [{:.0}..{:.0}]",
        figures[0],
        figures[figures.len() - 1]
    )
}
