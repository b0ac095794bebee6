//! The filter alone, at 10^6 keys and the default rate: a miss, a hit, and
//! the measured false positive rate.
//!
//! Criterion, because its interleaved sampling and medians suit a shared
//! machine. The measured rate is asserted: within twice the configured one.

#![allow(clippy::print_stdout, reason = "a bench reports on standard output")]

mod common;

use bloomfilter::Bloom;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use interdict::address::AddressKey;
use interdict::filter::{FalsePositiveRate, Filter};
use interdict::store::GenerationDigest;

use common::{UNLISTED, evm_key};

const KEYS: u64 = 1_000_000;
const ASKED: u64 = 20_000_000;

/// More keys than fit the processor's caches, asked in turn.
const SAMPLE: usize = 1 << 16;

/// Any seed with unequal halves.
const SEED: [u8; 32] = {
    let mut seed = [1; 32];
    seed[31] = 2;
    seed
};

/// Exactly full: spare room would flatter both figures.
fn full() -> Filter {
    let mut filter = Filter::with_room_for(
        KEYS * 4 / 5,
        FalsePositiveRate::DEFAULT,
        GenerationDigest([7; 32]),
    );
    (0..KEYS).for_each(|number| filter.insert(&evm_key(number)));
    filter
}

fn asked(from: u64) -> Vec<AddressKey> {
    (from..from + SAMPLE as u64).map(evm_key).collect()
}

fn measure(criterion: &mut Criterion) {
    let filter = full();
    report_rate(&filter);
    let mut group = criterion.benchmark_group("filter, 10^6 keys at 1e-6");
    group.throughput(Throughput::Elements(1));
    for (name, keys, expected) in [("miss", asked(UNLISTED), false), ("hit", asked(0), true)] {
        let right = keys
            .iter()
            .filter(|key| filter.may_contain(key) == expected)
            .count();
        assert!(
            right + 2 >= keys.len(),
            "{name}: {right} of {} right",
            keys.len()
        );
        let mut turn = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                turn = (turn + 1) % SAMPLE;
                filter.may_contain(&keys[turn])
            });
        });
    }
    // The crate by itself, on plain bytes: what the machine allows.
    let mut bare =
        Bloom::<[u8; 21]>::new_for_fp_rate_with_seed(KEYS as usize, 1e-6, &SEED).expect("in range");
    let plain = |key: &AddressKey| <[u8; 21]>::try_from(key.as_bytes()).expect("an EVM key");
    (0..KEYS).for_each(|number| bare.set(&plain(&evm_key(number))));
    let keys: Vec<[u8; 21]> = asked(UNLISTED).iter().map(plain).collect();
    let mut turn = 0;
    group.bench_function("miss, the crate alone", |bencher| {
        bencher.iter(|| {
            turn = (turn + 1) % SAMPLE;
            bare.check(&keys[turn])
        });
    });
    group.finish();
}

fn report_rate(filter: &Filter) {
    let mut bytes = [0x07; 21];
    let mut random = blake3::Hasher::new().update(b"asked").finalize_xof();
    let mut wrong = 0_u64;
    for _ in 0..ASKED {
        random.fill(&mut bytes[1..]);
        let key = AddressKey::from_bytes(&bytes).expect("an EVM key");
        wrong += u64::from(filter.may_contain(&key));
    }
    let rate = wrong as f64 / ASKED as f64;
    println!(
        "false positives: {wrong} of {ASKED}, a rate of {rate:.2e} (configured 1e-6), {} bytes",
        filter.bytes()
    );
    assert!(rate <= 2e-6, "the false positive rate is {rate:e}");
}

criterion_group!(benches, measure);
criterion_main!(benches);
