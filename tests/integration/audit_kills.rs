//! Law 6 under `kill -9`: whatever was answered is in the log afterwards.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::harness::{Daemon, Random, evm, interdict, records, runtime, v1};
use v1::screening_service_client::ScreeningServiceClient;

/// Clients that ask at once.
const CLIENTS: u64 = 8;

/// Screens until the daemon is killed at a random moment, again and again,
/// and holds that the log has every screening that was answered.
fn kill_while_screening(durability: &str, kills: u64, seed: u64) {
    let mut random = Random::seeded(seed);
    let config = format!("[audit]\ndurability = \"{durability}\"\nsegment_bytes_max = 100_000\n");
    let mut daemon = Daemon::with_bundled_lists().config(&config).start();
    let answered: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    for kill in 0..kills {
        let tasks: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let mut service = ScreeningServiceClient::new(daemon.own_channel());
                let answered = answered.clone();
                runtime().spawn(async move {
                    for number in 0.. {
                        let request = v1::ScreenAddressRequest {
                            address: evm(kill << 32 | client << 24 | number),
                            ..v1::ScreenAddressRequest::default()
                        };
                        let Ok(answer) = service.screen_address(request).await else {
                            return;
                        };
                        let outcome = answer.into_inner().outcome.expect("an outcome");
                        answered
                            .lock()
                            .expect("no panic")
                            .insert(outcome.screening_id);
                    }
                })
            })
            .collect();
        thread::sleep(Duration::from_micros(2_000 + random.below(40_000)));
        daemon.kill();
        for task in tasks {
            super::harness::block_on(task).expect("no client panics");
        }
        daemon.start_again();
    }
    daemon.stop();
    let kept: BTreeSet<String> = records(daemon.home())
        .iter()
        .filter_map(|(_, record)| uuid::Uuid::from_slice(&record.id).ok())
        .map(|id| id.to_string())
        .collect();
    let answered = answered.lock().expect("no panic");
    let missing: Vec<_> = answered.difference(&kept).collect();
    assert!(
        missing.is_empty(),
        "seed {seed}: {} of {} missing: {missing:?}",
        missing.len(),
        answered.len()
    );
    assert!(
        answered.len() as u64 > kills,
        "screenings were answered: {}",
        answered.len()
    );
    let data_dir = daemon.home().data_dir();
    interdict([
        "audit".as_ref(),
        "verify".as_ref(),
        "--data-dir".as_ref(),
        data_dir.as_os_str(),
    ])
    .expect_code(0);
    eprintln!(
        "{durability}: {kills} kills, {} screenings answered, all in the log",
        answered.len()
    );
}

#[test]
fn law_6_a_hundred_kills_lose_nothing_that_was_answered_under_strict() {
    kill_while_screening("strict", 100, 0x51ec);
}

#[test]
fn law_6_the_end_of_the_process_loses_nothing_that_was_answered() {
    kill_while_screening("process", 25, 0x9e1d);
}
