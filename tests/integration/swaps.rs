//! Law 3: every answer comes from one generation, whole, while a thousand
//! others come and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tonic::transport::Channel;

use super::harness::{Daemon, Random, Upload, block_on, evm, import, queries, runtime, v1};
use v1::Verdict;
use v1::screening_service_client::ScreeningServiceClient;

const SWAPS: u64 = 1_000;
const READERS: u64 = 3;

/// How far around the newest generation a reader looks.
const WINDOW: u64 = 4;

/// The two addresses that generation `number` lists and no other does.
fn pair(number: u64) -> [String; 2] {
    [evm(2 * number), evm(2 * number + 1)]
}

/// On the list in every generation.
fn always() -> String {
    evm(u64::MAX)
}

struct Reader {
    channel: Channel,
    newest: Arc<AtomicU64>,
    random: Random,
}

impl Reader {
    /// Asks until all swaps are done; returns how often, and from how many
    /// generations the answers came.
    async fn read(mut self) -> (u64, u64) {
        let mut client = ScreeningServiceClient::new(self.channel.clone());
        let (mut answers, mut distinct, mut last) = (0, 0, 0);
        while self.newest.load(Ordering::Acquire) < SWAPS {
            let around = self.newest.load(Ordering::Acquire);
            let asks_back = answers % 8 == 7;
            let asked = if asks_back {
                1 + self.random.below(around)
            } else {
                0
            };
            let center = if asks_back { asked } else { around };
            let numbers: Vec<u64> =
                (center.saturating_sub(WINDOW).max(1)..=center + WINDOW).collect();
            let mut addresses: Vec<String> =
                numbers.iter().flat_map(|number| pair(*number)).collect();
            addresses.push(always());
            let request = v1::ScreenAddressesRequest {
                queries: queries(&addresses),
                moment: Some(v1::Moment {
                    generation: asked,
                    ..v1::Moment::default()
                }),
                ..v1::ScreenAddressesRequest::default()
            };
            let answer = client
                .screen_addresses(request)
                .await
                .expect("answered")
                .into_inner();
            let from = answer.basis.expect("a basis").generation;
            let verdicts: Vec<Verdict> = answer.outcomes.iter().map(v1::Outcome::verdict).collect();
            assert_eq!(
                verdicts.last(),
                Some(&Verdict::Listed),
                "always on the list, generation {from}"
            );
            for (number, both) in numbers.iter().zip(verdicts.chunks(2)) {
                let expected = if *number == from {
                    Verdict::Listed
                } else {
                    Verdict::NotListed
                };
                assert_eq!(
                    both,
                    [expected, expected],
                    "pair {number} as of generation {from}"
                );
            }
            if asks_back {
                assert_eq!(from, asked);
            } else {
                assert!(from >= last, "generation {from} after {last}");
                distinct += u64::from(from > last);
                last = from;
            }
            answers += 1;
        }
        (answers, distinct)
    }
}

#[test]
fn law_3_every_answer_comes_from_one_generation_during_a_thousand_swaps() {
    let daemon = Daemon::empty().start();
    let list = |number: u64| {
        let [first, second] = pair(number);
        Upload::of("swapped").lines(&[always(), first, second])
    };
    daemon.import(&list(1));
    let newest = Arc::new(AtomicU64::new(1));
    let readers: Vec<_> = (0..READERS)
        .map(|seed| {
            let reader = Reader {
                channel: daemon.own_channel(),
                newest: newest.clone(),
                random: Random::seeded(seed),
            };
            runtime().spawn(reader.read())
        })
        .collect();
    let channel = daemon.own_channel();
    block_on(async {
        for number in 2..=SWAPS {
            let report = import(channel.clone(), list(number)).await.expect("taken");
            assert_eq!(report.generation, number);
            newest.store(number, Ordering::Release);
        }
    });
    let (mut answers, mut distinct) = (0, 0);
    for reader in readers {
        let (more, generations) = block_on(reader).expect("every answer is whole");
        answers += more;
        distinct += generations;
    }
    assert!(
        answers > 500 && distinct > 100,
        "{answers} answers from {distinct} generations"
    );
    assert_eq!(daemon.live().0, SWAPS);
    eprintln!(
        "{SWAPS} swaps: {answers} batches, each from one generation; {distinct} times a newer one"
    );
}

/// The sweep asks for every listed key after each swap; it must find all.
#[test]
fn every_generation_is_swept_and_none_is_withdrawn() {
    let daemon = Daemon::with_bundled_lists().start();
    for number in 0..20 {
        daemon.import_text(&format!("list-{number}"), &[evm(number)]);
    }
    let swept = || daemon.logs().contains("every listed key is found");
    super::harness::eventually("the newest is swept", Duration::from_secs(20), swept);
    assert!(!daemon.logs().contains("sweep failed"), "{}", daemon.logs());
    assert_eq!(daemon.screen(&evm(19)).verdict(), Verdict::Listed);
}
