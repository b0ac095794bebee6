//! The end: what is under way finishes, what stands still is cut.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::harness::{
    Daemon, Upload, block_on, eventually, evm, evms, import, queries, runtime, v1,
};
use v1::rescreen_addresses_request::Part;
use v1::rescreen_addresses_response::Part as Answered;

/// A rescreen that is open and answered so far.
struct OpenRescreen {
    sender: mpsc::Sender<v1::RescreenAddressesRequest>,
    answers: tonic::Streaming<v1::RescreenAddressesResponse>,
}

impl OpenRescreen {
    fn begin(daemon: &Daemon) -> Self {
        let (sender, receiver) = mpsc::channel(4);
        let mut client =
            v1::screening_service_client::ScreeningServiceClient::new(daemon.own_channel());
        let header = Part::Header(v1::RescreenHeader::default());
        let message = v1::RescreenAddressesRequest { part: Some(header) };
        block_on(sender.send(message)).expect("there is room");
        let opened = block_on(client.rescreen_addresses(ReceiverStream::new(receiver)));
        let mut open = Self {
            sender,
            answers: opened.expect("served").into_inner(),
        };
        assert!(matches!(open.next(), Some(Answered::Basis(_))));
        open
    }

    fn send(&self, addresses: &[String]) {
        let chunk = Part::Chunk(v1::RescreenChunk {
            queries: queries(addresses),
        });
        let message = v1::RescreenAddressesRequest { part: Some(chunk) };
        block_on(self.sender.send(message)).expect("the stream is open");
    }

    fn next(&mut self) -> Option<Answered> {
        block_on(self.answers.message())
            .expect("answered")
            .and_then(|answer| answer.part)
    }
}

#[test]
fn an_idle_daemon_stops_at_once_on_either_signal() {
    for signal in ["TERM", "INT"] {
        let mut daemon = Daemon::with_bundled_lists().start();
        daemon.screen(&evm(0));
        let asked_at = Instant::now();
        daemon.signal(signal);
        assert_eq!(daemon.wait(Duration::from_secs(10)), 0);
        assert!(
            asked_at.elapsed() < Duration::from_secs(2),
            "{:?}",
            asked_at.elapsed()
        );
    }
}

#[test]
fn a_call_under_way_finishes_within_the_drain() {
    let mut daemon = Daemon::with_bundled_lists()
        .config("drain = \"20s\"")
        .start();
    let mut open = OpenRescreen::begin(&daemon);
    daemon.ask_to_stop();
    let address = daemon.host_and_port().to_owned();
    eventually("nobody new is let in", Duration::from_secs(5), || {
        TcpStream::connect(&address).is_err()
    });
    for round in 0..3 {
        open.send(&evms(0..100));
        let Some(Answered::Outcomes(some)) = open.next() else {
            panic!("outcomes follow a chunk");
        };
        assert_eq!((some.first_position, some.queries), (100 * round, 100));
        std::thread::sleep(Duration::from_millis(200));
    }
    let OpenRescreen {
        sender,
        mut answers,
    } = open;
    drop(sender);
    let closing = block_on(answers.message())
        .expect("answered")
        .and_then(|answer| answer.part);
    assert!(matches!(closing, Some(Answered::Summary(summary)) if summary.queries == 300));
    let ended_at = Instant::now();
    drop(answers);
    assert_eq!(daemon.wait(Duration::from_secs(10)), 0);
    assert!(
        ended_at.elapsed() < Duration::from_secs(2),
        "{:?}",
        ended_at.elapsed()
    );
}

#[test]
fn law_7_a_call_that_stands_still_is_cut_at_the_end_of_the_drain() {
    let mut daemon = Daemon::with_bundled_lists()
        .config("drain = \"1s\"")
        .start();
    let mut open = OpenRescreen::begin(&daemon);
    let asked_at = Instant::now();
    daemon.ask_to_stop();
    assert_eq!(daemon.wait(Duration::from_secs(15)), 0);
    let took = asked_at.elapsed();
    assert!(
        took >= Duration::from_millis(900) && took < Duration::from_secs(3),
        "{took:?}"
    );
    let cut = block_on(open.answers.message());
    assert!(!matches!(
        cut,
        Ok(Some(v1::RescreenAddressesResponse {
            part: Some(Answered::Summary(_))
        }))
    ));
}

/// Who watches health sees it turn before the process ends, and a watch alone
/// does not hold up the end.
#[test]
fn health_turns_when_a_stop_is_asked_for() {
    let mut daemon = Daemon::with_bundled_lists()
        .config("drain = \"4s\"")
        .start();
    let _under_way = OpenRescreen::begin(&daemon);
    let mut client = HealthClient::new(daemon.own_channel());
    let mut watch = block_on(client.watch(HealthCheckRequest::default()))
        .expect("served")
        .into_inner();
    let mut next = || {
        block_on(watch.message())
            .expect("watched")
            .map(|health| health.status())
    };
    assert_eq!(next(), Some(ServingStatus::Serving));
    let asked_at = Instant::now();
    daemon.ask_to_stop();
    assert_eq!(next(), Some(ServingStatus::NotServing));
    assert!(
        asked_at.elapsed() < Duration::from_secs(1),
        "{:?}",
        asked_at.elapsed()
    );
    assert_eq!(daemon.wait(Duration::from_secs(15)), 0);
}

#[test]
fn a_watch_on_health_does_not_hold_up_the_end() {
    let mut daemon = Daemon::with_bundled_lists()
        .config("drain = \"8s\"")
        .start();
    let mut client = HealthClient::new(daemon.own_channel());
    let mut watch = block_on(client.watch(HealthCheckRequest::default()))
        .expect("served")
        .into_inner();
    assert!(block_on(watch.message()).expect("watched").is_some());
    let asked_at = Instant::now();
    daemon.ask_to_stop();
    assert_eq!(daemon.wait(Duration::from_secs(20)), 0);
    assert!(
        asked_at.elapsed() < Duration::from_secs(4),
        "{:?}",
        asked_at.elapsed()
    );
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut daemon = Daemon::with_bundled_lists()
        .config("drain = \"60s\"")
        .start();
    let _open = OpenRescreen::begin(&daemon);
    daemon.ask_to_stop();
    eventually("the first is taken", Duration::from_secs(5), || {
        daemon.logs().contains("stopping")
    });
    let asked_at = Instant::now();
    daemon.ask_to_stop();
    assert_ne!(daemon.wait(Duration::from_secs(5)), 0);
    assert!(asked_at.elapsed() < Duration::from_secs(2));
}

/// An import at the moment of a stop is finished or never was.
#[test]
fn law_4_a_stop_during_an_import_leaves_all_of_it_or_nothing() {
    let mut daemon = Daemon::empty().config("drain = \"5s\"").start();
    daemon.import_text("ours", &[evm(0)]);
    for round in 1..6_u64 {
        let before = daemon.live().0;
        let addresses = evms(1_000_000 * round..1_000_000 * round + 15_000);
        let upload = Upload::of(&format!("list-{round}")).lines(&addresses);
        let importing = runtime().spawn(import(daemon.own_channel(), upload));
        std::thread::sleep(Duration::from_millis(60 * round));
        daemon.stop();
        let said = block_on(importing).expect("no panic");
        daemon.start_again();
        let after = daemon.live().0;
        assert!(
            after == before || after == before + 1,
            "{before} became {after}"
        );
        assert!(
            said.is_err() || after == before + 1,
            "an acknowledged import was lost"
        );
        let listed = addresses.len() - daemon.not_listed_of(&addresses).len();
        assert_eq!(listed, if after > before { addresses.len() } else { 0 });
    }
}

/// A sweep of a large set takes longer than a stop may.
#[test]
fn a_stop_does_not_wait_for_a_sweep() {
    let mut daemon = Daemon::empty().config("drain = \"1s\"").start();
    daemon.import_text("large", &evms(0..60_000));
    let asked_at = Instant::now();
    daemon.ask_to_stop();
    assert_eq!(daemon.wait(Duration::from_secs(10)), 0);
    assert!(
        asked_at.elapsed() < Duration::from_secs(2),
        "{:?}",
        asked_at.elapsed()
    );
}
