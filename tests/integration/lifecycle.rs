//! From the first start to the next: readiness, health, reflection, and what
//! outlives the process.

use std::collections::BTreeSet;
use std::time::Duration;

use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use super::harness::{Daemon, block_on, bundled_addresses, eventually, evm, evms, v1};
use v1::Verdict;

const SCREENING: &str = "interdict.v1.ScreeningService";
const LISTS: &str = "interdict.v1.ListService";

/// Nothing is answered before the first list is live; then everything is,
/// and after a restart at once.
#[test]
fn law_9_not_loaded_is_not_clean() {
    let mut daemon = Daemon::empty().start();
    for service in ["", SCREENING] {
        let health = daemon.health(service).expect("the service is known");
        assert_eq!(health, ServingStatus::NotServing, "{service:?}");
    }
    assert_eq!(daemon.health(LISTS).expect("known"), ServingStatus::Serving);
    let unary = daemon.try_screen(&evm(0)).expect_err("nothing is live");
    let batch = daemon
        .try_screen_all(&evms(0..3))
        .expect_err("nothing is live");
    let header = v1::rescreen_addresses_request::Part::Header(v1::RescreenHeader::default());
    let stream = daemon.rescreen(vec![header]).expect_err("nothing is live");
    for refused in [unary, batch, stream] {
        assert_eq!(refused.code(), Code::Unavailable, "{refused}");
    }
    assert_eq!((daemon.live().0, daemon.generations().len()), (0, 0));

    daemon.import_text("ours", &[evm(0)]);
    assert_eq!(daemon.screen(&evm(0)).verdict(), Verdict::Listed);
    assert_eq!(daemon.screen(&evm(1)).verdict(), Verdict::NotListed);
    let serves = |daemon: &Daemon| {
        ["", SCREENING].iter().all(|service| {
            daemon
                .health(service)
                .is_ok_and(|health| health == ServingStatus::Serving)
        })
    };
    eventually("health follows", Duration::from_secs(5), || serves(&daemon));
    for _ in 0..3 {
        daemon.restart();
        assert!(serves(&daemon), "ready means ready");
    }
}

#[test]
fn a_service_nobody_knows_has_no_health() {
    let daemon = Daemon::with_bundled_lists().start();
    assert_eq!(
        daemon
            .health("no.such.Service")
            .expect_err("unknown")
            .code(),
        Code::NotFound
    );
}

#[test]
fn reflection_names_every_service() {
    let daemon = Daemon::empty().start();
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut client = ServerReflectionClient::new(daemon.channel());
    let answered = block_on(async {
        let asked = tokio_stream::iter([request]);
        let mut answers = client
            .server_reflection_info(asked)
            .await
            .expect("served")
            .into_inner();
        answers
            .message()
            .await
            .expect("answered")
            .expect("one answer")
    });
    let Some(MessageResponse::ListServicesResponse(list)) = answered.message_response else {
        panic!("{answered:?}");
    };
    let named: BTreeSet<String> = list
        .service
        .into_iter()
        .map(|service| service.name)
        .collect();
    for service in [SCREENING, LISTS, "grpc.health.v1.Health"] {
        assert!(named.contains(service), "{service} in {named:?}");
    }
}

#[test]
fn the_starter_set_is_the_same_on_every_machine() {
    let (here, there) = (
        Daemon::with_bundled_lists().start(),
        Daemon::with_bundled_lists().start(),
    );
    assert_eq!(here.live(), there.live());
    let sources = here.sources().sources;
    let held: Vec<_> = sources
        .iter()
        .map(|source| (source.id.as_str(), source.entries))
        .collect();
    assert_eq!(
        held,
        [
            ("fbi-doj", 119),
            ("heists", 195),
            ("ofac-sdn", 974),
            ("ofac-sdn-reported", 20)
        ]
    );
    assert!(
        sources
            .iter()
            .all(|source| source.bundled && source.present && source.age_seconds > 0)
    );
}

/// Stopped or killed, what was acknowledged comes back as it was.
#[test]
fn law_4_what_was_acknowledged_outlives_the_process() {
    let mut daemon = Daemon::with_bundled_lists().start();
    daemon.import_text("ours", &evms(0..50));
    let before = (
        daemon.live(),
        daemon.generations(),
        daemon.screen(&evm(7)).outcome.matches,
    );
    for kill in [true, false, true, false] {
        if kill {
            daemon.kill();
        } else {
            daemon.stop();
        }
        daemon.start_again();
        let after = (
            daemon.live(),
            daemon.generations(),
            daemon.screen(&evm(7)).outcome.matches,
        );
        assert_eq!(after, before);
        assert_eq!(
            daemon.screen(bundled_addresses()[0].address).verdict(),
            Verdict::Listed
        );
        assert_eq!(daemon.screen(&evm(50)).verdict(), Verdict::NotListed);
    }
}

/// Both ways of sharing work among threads serve the same answers.
#[test]
fn either_runtime_answers_alike() {
    for runtime in ["per-core", "work-stealing"] {
        let config = format!("runtime = \"{runtime}\"\nworkers = 3\ndrain = \"2s\"");
        let mut daemon = Daemon::with_bundled_lists().config(&config).start();
        for row in bundled_addresses().iter().step_by(100) {
            assert_eq!(
                daemon.screen(row.address).verdict(),
                Verdict::Listed,
                "{runtime}"
            );
        }
        daemon.import_text("ours", &[evm(0)]);
        assert_eq!(
            daemon.screen(&evm(0)).verdict(),
            Verdict::Listed,
            "{runtime}"
        );
        daemon.stop();
    }
}

#[test]
fn logs_are_lines_of_json_where_asked_and_follow_an_import() {
    let mut daemon = Daemon::empty().config("[log]\nformat = \"json\"").start();
    daemon.import_text("ours", &[evm(0)]);
    daemon.stop();
    let logs = daemon.logs();
    let lines: Vec<serde_json::Value> = logs
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect();
    let committed = lines
        .iter()
        .find(|line| line["fields"]["message"] == "generation committed");
    let fields = &committed.expect("it is logged")["fields"];
    assert!(
        fields["added"] == 1 && fields["generation"].as_str() == Some("1"),
        "{fields}"
    );
    assert!(
        !logs.contains(&evm(0)[2..]),
        "an address is logged above debug"
    );
}
