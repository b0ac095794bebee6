//! Law 4 for bundles.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tonic::Code;

use super::super::harness::{Daemon, Random, block_on, evms, runtime};
use super::{Key, messages, read, send, take, try_take};

/// Law 4 for bundles: kill -9 at random moments of their imports.
#[test]
fn law_4_kills_during_bundle_imports_lose_nothing() {
    const SEED: u64 = 8_002;
    const ROUNDS: usize = 16;
    let key = Key::new();
    let origin = Daemon::empty().start();
    let sources = ["first", "second", "third"];
    let (mut bundles, mut digests) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS as u64 {
        for (index, source) in (0..).zip(sources) {
            let first = index * 1_000_000;
            origin.import_text(source, &evms(first..first + 800 + round * 150));
        }
        bundles.push(read(&key.bundle(&origin, &format!("{round}"), &[])));
        digests.push(origin.live().1);
    }
    let mut random = Random::seeded(SEED);
    let mut sink = Daemon::empty().config(&key.trusted("")).start();
    let started_at = Instant::now();
    take(&sink, &bundles[0]);
    let mut took = started_at.elapsed();
    let (mut held, mut came, mut stayed) = (0, 0, 0);
    while held + 1 < ROUNDS {
        let next = messages(&bundles[held + 1], &[]);
        let said = Arc::new(Mutex::new(false));
        let importing = {
            let (channel, said) = (sink.own_channel(), said.clone());
            runtime().spawn(async move {
                if send(channel, next).await.is_ok() {
                    *said.lock().expect("no panic") = true;
                }
            })
        };
        thread::sleep(took.mul_f64(random.below(1_600) as f64 / 1_000.0));
        sink.kill();
        block_on(importing).expect("no panic");
        sink.start_again();
        let context = format!("seed {SEED}, bundle {}", held + 1);
        let (generation, digest) = sink.live();
        let is_next = digest == digests[held + 1];
        assert!(is_next || digest == digests[held], "{context}: a mixture");
        assert!(
            is_next || !*said.lock().expect("no panic"),
            "{context}: lost"
        );
        assert_eq!(
            generation,
            held as u64 + 1 + u64::from(is_next),
            "{context}"
        );
        if is_next {
            came += 1;
        } else {
            stayed += 1;
            // What was cut short can be done again, whatever the ledger says.
            let started_at = Instant::now();
            take(&sink, &bundles[held + 1]);
            took = started_at.elapsed();
        }
        held += 1;
        assert_eq!(sink.live().1, digests[held], "{context}");
        let refused = try_take(&sink, &bundles[held - 1], &[]).expect_err("takes back");
        assert_eq!(refused.code(), Code::FailedPrecondition, "{context}");
    }
    eprintln!("{came} kills found the bundle live, {stayed} the one before; none a mixture");
    assert_eq!(sink.not_listed_of(&evms(0..800)), [] as [&str; 0]);
    // Nothing waits for ever.
    assert!(started_at.elapsed() < Duration::from_secs(110));
}
