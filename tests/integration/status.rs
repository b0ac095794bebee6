//! How the daemon stands, as people and machines see it, and what it does at
//! this moment.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use v1::status_service_client::StatusServiceClient;

use crate::harness::{Daemon, block_on, evm, evms, interdict, program, v1};

const RONIN: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";

fn status(daemon: &Daemon) -> v1::GetStatusResponse {
    let mut client = StatusServiceClient::new(daemon.channel());
    let answer = block_on(client.get_status(v1::GetStatusRequest {}));
    answer.expect("the daemon answers").into_inner()
}

#[test]
fn a_status_says_what_the_other_services_say() {
    let daemon = Daemon::with_bundled_lists().start();
    daemon.screen(RONIN);
    daemon.screen(&evm(1));
    let status = status(&daemon);
    assert_eq!(status.readiness(), v1::Readiness::Ready);
    assert_eq!(status.causes, []);
    let (live, digest) = daemon.live();
    assert_eq!(
        (status.generation, status.generation_digest.clone()),
        (live, digest)
    );
    let held = daemon.sources().sources;
    let ids = |sources: &[v1::SourceStatus]| -> Vec<(String, u64)> {
        let facts = sources
            .iter()
            .map(|source| (source.id.clone(), source.entries));
        facts.collect()
    };
    let expected: Vec<_> = held.iter().map(|it| (it.id.clone(), it.entries)).collect();
    assert_eq!(ids(&status.sources), expected);
    assert!(status.sources.iter().all(|source| source.bundled));
    let screened = status.screenings.expect("it is counted");
    assert_eq!(
        (screened.answered, screened.listed, screened.block),
        (2, 1, 1)
    );
    let log = status.audit_log.expect("there is one");
    assert!(log.records >= 4 && !log.refusing && log.durability == "process");
    assert!(log.disk_free_bytes > 0);
    let filter = status.filter.expect("a generation is live");
    assert!(filter.keys > 0 && filter.absent >= 1);
    let caller = status.caller.expect("the daemon knows who asks");
    assert_eq!(caller.name, "anonymous");
    assert_eq!(caller.roles.len(), 5);
    assert!(!status.version.is_empty() && !status.started_at.is_empty());
}

#[test]
fn the_command_says_by_its_code_how_the_daemon_stands() {
    let ready = Daemon::with_bundled_lists().start();
    let ran = interdict(["status", "--server", ready.url()]).expect_code(0);
    for shown in ["READY", "generation", "ofac-sdn", "audit log", "anonymous"] {
        assert!(ran.stdout.contains(shown), "{shown} in\n{}", ran.stdout);
    }
    assert!(ran.stdout.lines().count() < 30, "{}", ran.stdout);
    let empty = Daemon::empty().start();
    let ran = interdict(["status", "--server", empty.url(), "--output", "json"]).expect_code(20);
    let said = ran.json();
    assert_eq!(said["readiness"], "FAILING");
    assert_eq!(said["causes"][0]["name"], "NO_GENERATION");
    interdict(["status", "--server", "http://127.0.0.1:1"]).expect_code(4);
}

#[test]
fn a_source_that_ages_is_told_by_the_code_ten() {
    let config =
        "[[sources]]\nid = \"ours\"\ntier = \"SANCTIONS\"\nrequired = true\nmax_age = \"10d\"\n";
    let daemon = Daemon::empty().config(config).start();
    let then = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * 9);
    let upload = crate::harness::Upload::of("ours").lines(&evms(0..3));
    daemon.import(&upload.retrieved_at(&then.to_string()));
    let ran = interdict(["status", "--server", daemon.url()]).expect_code(10);
    assert!(ran.stdout.contains("DEGRADED"), "{}", ran.stdout);
    assert!(ran.stdout.contains("aging, required"), "{}", ran.stdout);
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let daemon = Daemon::with_bundled_lists().start();
    let plain = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.extend(["--server", daemon.url()]);
        let mut command = program();
        // Only that nobody looks keeps the colours away.
        let ran = command.env_remove("NO_COLOR").args(&all).output();
        String::from_utf8(ran.expect("it runs").stdout).expect("it is text")
    };
    for arguments in [
        &["status"][..],
        &["lists"],
        &["generations"],
        &["incidents"],
        &["screen", RONIN],
    ] {
        assert!(!plain(arguments).contains('\x1b'), "{arguments:?}");
    }
    assert!(plain(&["status", "--color", "always"]).contains("\x1b[32mREADY\x1b[0m"));
}

/// A command that goes on, and what it prints.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(url: &str, more: &[&str]) -> Self {
        let mut child = program()
            .args(["watch", "--server", url])
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let stdout = child.stdout.take().expect("it is piped");
        let mut stderr = child.stderr.take().expect("it is piped");
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
        Self { child, lines }
    }

    /// Returns the next line, asking until there is one: the watch begins at
    /// some time after the command does.
    #[track_caller]
    fn next(&self, mut act: impl FnMut()) -> String {
        for _ in 0..60 {
            act();
            if let Ok(line) = self.lines.recv_timeout(Duration::from_millis(500)) {
                return line;
            }
        }
        panic!("nothing is shown");
    }

    #[track_caller]
    fn json(&self, event: &str, mut act: impl FnMut()) -> Value {
        for _ in 0..200 {
            let line = self.next(&mut act);
            let value: Value = serde_json::from_str(&line).expect("one JSON value a line");
            if value["event"] == event {
                return value;
            }
        }
        panic!("no {event}");
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_watch_shows_what_is_recorded_and_nothing_that_was_sent_unread() {
    let key = "5KJvsngHeMpm884wtkJNzQGaCErckhHJBGFsvd3VyK5qMZXj3hS";
    let daemon = Daemon::with_bundled_lists().start();
    let all = Watching::start(daemon.url(), &["--output", "json"]);
    let hits = Watching::start(daemon.url(), &["--output", "json", "--hits"]);
    let shown = all.json("SCREENING", || drop(daemon.screen(&evm(5))));
    assert_eq!(shown["verdict"], "NOT_LISTED");
    assert_eq!(
        shown["canonical"][0].as_str().map(str::to_lowercase),
        Some(evm(5))
    );
    assert_eq!(shown["call"], "ScreenAddress");
    let hit = hits.json("SCREENING", || drop(daemon.screen(RONIN)));
    assert_eq!(
        (&hit["verdict"], &hit["action"]),
        (&"LISTED".into(), &"BLOCK".into())
    );
    assert!(
        hit["sources"]
            .as_array()
            .is_some_and(|sources| !sources.is_empty())
    );
    daemon.screen(key);
    let unread = loop {
        let line = hits.json("SCREENING", || {});
        if line["verdict"] == "INDETERMINATE" {
            break line;
        }
    };
    assert_eq!(unread["canonical"], Value::Array(Vec::new()));
    assert!(!unread.to_string().contains(key));
    daemon.import_text("ours", &evms(0..2));
    let changed = all.json("GENERATION", || {});
    assert_eq!(changed["added"], 2);
    assert_eq!(changed["sources"][0], "ours");
}

/// Passes connections on to wherever the daemon is now.
fn relay(to: Arc<Mutex<String>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has one");
    thread::spawn(move || {
        for mut near in listener.incoming().map_while(Result::ok) {
            let to = to.lock().expect("nobody panics with it").clone();
            let Ok(mut far) = TcpStream::connect(to) else {
                continue;
            };
            let (mut back_far, mut back_near) = (
                far.try_clone().expect("it can be"),
                near.try_clone().expect("it can be"),
            );
            thread::spawn(move || {
                let _ = std::io::copy(&mut near, &mut far);
                let _ = far.shutdown(std::net::Shutdown::Both);
            });
            thread::spawn(move || {
                let _ = std::io::copy(&mut back_far, &mut back_near);
                let _ = back_near.flush();
                let _ = back_near.shutdown(std::net::Shutdown::Both);
            });
        }
    });
    format!("http://{address}")
}

#[test]
fn a_watch_goes_on_when_the_daemon_comes_back() {
    let mut daemon = Daemon::with_bundled_lists().start();
    let place = |daemon: &Daemon| daemon.url().trim_start_matches("http://").to_owned();
    let to = Arc::new(Mutex::new(place(&daemon)));
    let watching = Watching::start(&relay(to.clone()), &["--output", "json"]);
    let first = watching.json("SCREENING", || drop(daemon.screen(&evm(1))));
    daemon.kill();
    daemon.start_again();
    // Nobody sees these two.
    daemon.screen(&evm(2));
    daemon.screen(&evm(3));
    *to.lock().expect("nobody panics with it") = place(&daemon);
    let missed = watching.json("MISSED", || {});
    assert!(missed["records"].as_u64() >= Some(2), "{missed}");
    let then = watching.json("SCREENING", || drop(daemon.screen(&evm(4))));
    assert!(then["number"].as_u64() > first["number"].as_u64());
}

#[test]
fn a_watcher_that_stands_still_holds_up_nobody_and_learns_what_it_missed() {
    let daemon = Daemon::with_bundled_lists().start();
    let mut client = StatusServiceClient::new(daemon.own_channel());
    let mut events = block_on(client.watch(v1::WatchRequest { hits_only: false }))
        .expect("it may be watched")
        .into_inner();
    let addresses = evms(0..1_000);
    for _ in 0..30 {
        daemon.try_screen_all(&addresses).expect("it answers");
    }
    let mut seen = 0;
    let mut missed = 0;
    let mut last = None;
    while seen + missed < 30_000 {
        let event = block_on(events.message())
            .expect("it goes on")
            .expect("it goes on");
        missed += event.missed;
        if matches!(event.event, Some(v1::watch_response::Event::Screening(_))) {
            assert!(last < Some(event.number), "in order");
            last = Some(event.number);
            seen += 1;
        }
    }
    assert!(seen > 0, "{missed} missed");
}
