//! What load balancers and service managers ask.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::harness::{Daemon, Upload, eventually, evms, get, try_get};

fn ready(daemon: &Daemon) -> (u16, Value) {
    let page = get(&daemon.beside_metrics("/readyz"), "*/*");
    assert!(page.head.contains("content-type: application/json"));
    let said = serde_json::from_str(&page.body).expect("it is JSON");
    (page.status, said)
}

fn codes(said: &Value) -> Vec<&str> {
    let reasons = said["reasons"].as_array().expect("a list");
    let codes = reasons.iter().map(|reason| reason["code"].as_str());
    codes.map(|code| code.expect("a code")).collect()
}

/// A list that was taken from its publisher so many days ago.
fn aged(days: i64) -> Daemon {
    let config =
        "[[sources]]\nid = \"ours\"\ntier = \"SANCTIONS\"\nrequired = true\nmax_age = \"10d\"\n";
    let daemon = Daemon::empty().config(config).start();
    let then = Timestamp::now() - SignedDuration::from_hours(24 * days);
    let upload = Upload::of("ours").lines(&evms(0..3));
    daemon.import(&upload.retrieved_at(&then.to_string()));
    daemon
}

#[test]
fn a_daemon_that_turns_is_alive_and_one_with_lists_is_ready() {
    let daemon = Daemon::with_bundled_lists().start();
    let alive = get(&daemon.beside_metrics("/healthz"), "*/*");
    assert_eq!(alive.status, 200, "{alive:?}");
    let (status, said) = ready(&daemon);
    assert_eq!((status, &said["status"]), (200, &Value::from("ready")));
    assert_eq!(codes(&said), Vec::<&str>::new());
}

#[test]
fn without_a_list_it_is_alive_and_not_ready() {
    let daemon = Daemon::empty().start();
    assert_eq!(get(&daemon.beside_metrics("/healthz"), "*/*").status, 200);
    let (status, said) = ready(&daemon);
    assert_eq!((status, codes(&said)), (503, vec!["NO_GENERATION"]));
    daemon.import_text("ours", &evms(0..2));
    assert_eq!(ready(&daemon).0, 200);
}

#[test]
fn a_required_source_that_nears_its_age_degrades_and_past_it_fails() {
    let (status, said) = ready(&aged(1));
    assert_eq!((status, codes(&said)), (200, vec![]));
    let (status, said) = ready(&aged(9));
    assert_eq!(status, 200);
    assert_eq!(said["status"], "degraded");
    assert_eq!(codes(&said), ["SOURCE_AGING"]);
    let (status, said) = ready(&aged(11));
    assert_eq!(status, 503);
    assert_eq!(said["status"], "failing");
    assert_eq!(codes(&said), ["SOURCE_STALE"]);
}

#[test]
fn a_required_source_that_is_not_there_fails() {
    let config = "[[sources]]\nid = \"ofac-sdn\"\ntier = \"SANCTIONS\"\nrequired = true\n";
    let daemon = Daemon::empty().config(config).start();
    daemon.import_text("ours", &evms(0..2));
    let (status, said) = ready(&daemon);
    assert_eq!((status, codes(&said)), (503, vec!["SOURCE_MISSING"]));
}

#[test]
fn a_daemon_that_stops_says_so_for_as_long_as_it_can() {
    let mut daemon = Daemon::with_bundled_lists().start();
    let probe = daemon.beside_metrics("/readyz");
    daemon.ask_to_stop();
    eventually("it is not ready any more", Duration::from_secs(10), || {
        // No answer takes it out of a balancer as well.
        try_get(&probe, "*/*").map_or(true, |page| page.status == 503)
    });
    daemon.wait(Duration::from_secs(30));
}

#[test]
fn nothing_else_is_served_beside_the_metrics() {
    let daemon = Daemon::with_bundled_lists().start();
    for path in ["/", "/v1/status", "/metrics/../v1/sources", "/debug"] {
        assert_eq!(
            get(&daemon.beside_metrics(path), "*/*").status,
            404,
            "{path}"
        );
    }
}

/// On loopback the metrics are open to whoever is on the machine, and so is a
/// browser.
#[test]
fn a_page_whose_name_was_made_to_lead_here_reads_no_metrics() {
    let daemon = Daemon::with_bundled_lists().start();
    let address = daemon.metrics_url().trim_start_matches("http://");
    let address = address.trim_end_matches("/metrics");
    let status = |head: &str| {
        let mut stream = TcpStream::connect(address).expect("the daemon listens");
        write!(stream, "GET /metrics {head}\r\n\r\n").expect("it is taken");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let status = answer.split(' ').nth(1).expect("a status");
        status.parse::<u16>().expect("a number")
    };
    let close = "Connection: close";
    assert_eq!(
        status(&format!("HTTP/1.1\r\nHost: evil.example\r\n{close}")),
        421
    );
    for host in [address, "localhost:50090"] {
        assert_eq!(status(&format!("HTTP/1.1\r\nHost: {host}\r\n{close}")), 200);
    }
    assert_eq!(status("HTTP/1.0"), 200, "a probe that names nobody");
}
