//! A screening in process: text in, verdict out, 10^6 addresses listed.

mod common;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use interdict::freshness::Requirements;
use interdict::policy::Policy;
use interdict::screening::{Moment, Screener};
use interdict::verdict::Verdict;

use common::{UNLISTED, evm, listed};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const KEYS: u64 = 1_000_000;
const SAMPLE: u64 = 1 << 16;

fn measure(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, live) = listed(folder.path(), KEYS);
    let screener = Screener::new(live, Requirements::default(), Policy::default());
    let mut group = criterion.benchmark_group("screening, 10^6 addresses listed");
    group.throughput(Throughput::Elements(1));

    let evm_of = |from: u64| (from..from + SAMPLE).map(evm).collect::<Vec<_>>();
    let cases = [
        ("EVM lower case, miss", evm_of(UNLISTED), Verdict::NotListed),
        ("EVM lower case, hit", evm_of(0), Verdict::Listed),
        (
            "P2PKH, miss",
            vec!["1BoatSLRHtKNngkdXEeobR76b53LETtpyT".to_owned()],
            Verdict::NotListed,
        ),
        (
            "P2WPKH, miss",
            vec!["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4".to_owned()],
            Verdict::NotListed,
        ),
        (
            "EVM with checksum, miss",
            vec!["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed".to_owned()],
            Verdict::NotListed,
        ),
    ];
    for (name, texts, expected) in cases {
        let mut turn = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                turn = (turn + 1) % texts.len();
                let pinned = screener.pin(&Moment::default()).expect("is live");
                let outcome = pinned.screen(&texts[turn], "");
                assert_eq!(outcome.verdict, expected);
                outcome
            });
        });
    }
    group.finish();
}

criterion_group!(benches, measure);
criterion_main!(benches);
