//! A large list comes in while the daemon goes on answering.
//!
//! The full size is for the release profile:
//!
//! ```text
//! cargo test --release --test integration large -- --ignored --nocapture
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tonic::transport::Channel;

use super::harness::{Daemon, Upload, block_on, evm, import, queries, runtime, v1};
use v1::Verdict;
use v1::screening_service_client::ScreeningServiceClient;

const RONIN: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";
const NEVER_LISTED: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
const RESIDENT_MAX: u64 = 1 << 30;

/// Asks about a listed address, an unlisted one and one that is being
/// imported, until told to end. Returns how often, and the longest wait.
async fn keep_asking(
    channel: Channel,
    coming: String,
    before: u64,
    done: Arc<AtomicBool>,
) -> (u64, Duration) {
    let mut client = ScreeningServiceClient::new(channel);
    let (mut answers, mut longest) = (0, Duration::ZERO);
    while !done.load(Ordering::Acquire) {
        let request = v1::ScreenAddressesRequest {
            queries: queries(&[RONIN, NEVER_LISTED, &coming]),
            ..v1::ScreenAddressesRequest::default()
        };
        let asked_at = Instant::now();
        let answer = client
            .screen_addresses(request)
            .await
            .expect("no screening fails")
            .into_inner();
        longest = longest.max(asked_at.elapsed());
        let is_in = answer.basis.expect("a basis").generation > before;
        let verdicts: Vec<Verdict> = answer.outcomes.iter().map(v1::Outcome::verdict).collect();
        let third = if is_in {
            Verdict::Listed
        } else {
            Verdict::NotListed
        };
        assert_eq!(verdicts, [Verdict::Listed, Verdict::NotListed, third]);
        answers += 1;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    (answers, longest)
}

fn import_while_asking(entries: u64) {
    let mut daemon = Daemon::with_bundled_lists().start();
    let before = daemon.live().0;
    let text: String = (0..entries).map(|number| evm(number) + "\n").collect();
    let upload = Upload::of("large").format("text").file("large.txt", text);
    let done = Arc::new(AtomicBool::new(false));
    let coming = evm(entries / 2);
    let asking = runtime().spawn(keep_asking(
        daemon.own_channel(),
        coming,
        before,
        done.clone(),
    ));
    let started_at = Instant::now();
    let report = runtime()
        .block_on(import(daemon.own_channel(), upload))
        .expect("taken");
    let took = started_at.elapsed();
    assert_eq!(
        (report.accepted, report.added, report.generation),
        (entries, entries, before + 1)
    );
    std::thread::sleep(Duration::from_millis(300));
    done.store(true, Ordering::Release);
    let (answers, longest) = block_on(asking).expect("every answer is right");

    let sample: Vec<String> = (0..entries)
        .step_by((entries / 5_000) as usize)
        .map(evm)
        .collect();
    assert_eq!(daemon.not_listed_of(&sample), [] as [&str; 0]);
    let resident = daemon.most_resident();
    assert!(resident < RESIDENT_MAX, "{} MiB", resident >> 20);
    daemon.kill();
    daemon.start_again();
    let again = daemon.started_in();
    assert_eq!(daemon.not_listed_of(&sample), [] as [&str; 0]);
    let resident_again = daemon.most_resident();
    eprintln!(
        "{entries} entries: imported in {took:?}; {answers} screenings meanwhile, the longest {longest:?}; \
         most memory {} MiB; started again in {again:?} with {} MiB",
        resident >> 20,
        resident_again >> 20
    );
}

#[test]
fn two_hundred_thousand_entries_come_in_while_screening_goes_on() {
    import_while_asking(200_000);
}

#[test]
#[ignore = "a quarter of a minute and half a gigabyte; its command is at the head of this file"]
fn a_million_entries_come_in_while_screening_goes_on() {
    import_while_asking(1_000_000);
}
