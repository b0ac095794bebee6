//! Alerts: told when the lists change, in order, at least once, over kills
//! and restarts; read from the stream and the command line, and dealt with.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use tonic::{Code, Streaming};

use super::harness::{Daemon, Random, Upload, block_on, eventually, evm, evms, v1};
use super::portfolios::{import, rows};
use v1::AlertKind;

/// Returns the alerts after one as they are now.
pub fn now(daemon: &Daemon, after_sequence: u64) -> Vec<v1::Alert> {
    let request = v1::StreamAlertsRequest {
        after_sequence,
        ..v1::StreamAlertsRequest::default()
    };
    block_on(async {
        let mut stream = daemon
            .monitor()
            .stream_alerts(request)
            .await
            .expect("answers")
            .into_inner();
        let (mut alerts, mut complete) = (Vec::new(), false);
        while let Some(message) = stream.message().await.expect("goes on") {
            assert!(!complete, "nothing follows the end");
            alerts.extend(message.alerts);
            complete = message.complete;
        }
        assert!(complete, "a stream ends as it should");
        alerts
    })
}

/// Returns the alerts after one, once every portfolio is where the lists are.
pub fn all(daemon: &Daemon, after: u64) -> Vec<v1::Alert> {
    let (live, _) = daemon.live();
    eventually(
        "the portfolios are where the lists are",
        Duration::from_secs(30),
        || {
            let request = v1::ListPortfoliosRequest {};
            let answer = block_on(daemon.monitor().list_portfolios(request)).expect("answers");
            answer
                .into_inner()
                .portfolios
                .iter()
                .all(|one| one.generation == live)
        },
    );
    // Telling follows writing: two in a row that agree are all.
    let mut found = now(daemon, after);
    loop {
        thread::sleep(Duration::from_millis(30));
        let again = now(daemon, after);
        if again == found {
            return found;
        }
        found = again;
    }
}

fn said(alerts: &[v1::Alert]) -> Vec<(AlertKind, &str, u64)> {
    alerts
        .iter()
        .map(|alert| {
            let generation = alert.after.as_ref().map_or(0, |side| side.generation);
            (alert.kind(), alert.reference.as_str(), generation)
        })
        .collect()
}

async fn follow(daemon: &Daemon, after: u64) -> Streaming<v1::StreamAlertsResponse> {
    let request = v1::StreamAlertsRequest {
        after_sequence: after,
        follow: true,
        ..v1::StreamAlertsRequest::default()
    };
    daemon
        .monitor()
        .stream_alerts(request)
        .await
        .expect("answers")
        .into_inner()
}

#[test]
fn what_comes_goes_and_changes_is_told_with_its_evidence() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &[evm(1), evm(2), evm(50), evm(51)]);
    import(&daemon, "retail", &rows(&evms(0..5)));
    let first = all(&daemon, 0);
    assert_eq!(
        said(&first),
        [
            (AlertKind::Listed, "customer-1", 1),
            (AlertKind::Listed, "customer-2", 1)
        ]
    );
    assert!(first[0].before.is_none());

    daemon.import_text("ours", &[evm(1), evm(3), evm(50), evm(51)]);
    let second = all(&daemon, 2);
    let mut told = said(&second);
    told.sort_by_key(|one| one.1);
    assert_eq!(
        told,
        [
            (AlertKind::Delisted, "customer-2", 2),
            (AlertKind::Listed, "customer-3", 2)
        ]
    );
    let listed = second
        .iter()
        .find(|alert| alert.reference == "customer-3")
        .expect("is there");
    let (before, after) = (
        listed.before.clone().expect("a side"),
        listed.after.clone().expect("a side"),
    );
    assert_eq!(
        (before.generation, before.verdict()),
        (1, v1::Verdict::NotListed)
    );
    assert_eq!(
        (after.verdict(), after.action()),
        (v1::Verdict::Listed, v1::Action::Review)
    );
    assert_eq!(after.generation_digest, daemon.live().1);
    let found = listed.r#match.clone().expect("the evidence");
    assert_eq!(found, daemon.screen(&evm(3)).match_on("ours").clone());
    assert_eq!(listed.address.to_lowercase(), evm(3));

    // An exemption changes what is advised and not what is listed.
    let by = ["--author", "Ada", "--reason", "ours"];
    let address = evm(3);
    let exempt: Vec<&str> = ["add", &address].into_iter().chain(by).collect();
    daemon.command("exempt", &exempt).expect_code(0);
    let third = all(&daemon, 4);
    assert_eq!(said(&third), [(AlertKind::Amended, "customer-3", 3)]);
    let after = third[0].after.clone().expect("a side");
    assert_eq!(
        (after.verdict(), after.action()),
        (v1::Verdict::Listed, v1::Action::Allow)
    );

    // All of it is there after a restart, under the same numbers and ids.
    let everything = now(&daemon, 0);
    let mut daemon = daemon;
    daemon.restart();
    assert_eq!(now(&daemon, 0), everything);
    let ids: BTreeSet<_> = everything.iter().map(|alert| alert.id.clone()).collect();
    assert_eq!(ids.len(), everything.len());
}

#[test]
fn who_follows_is_told_within_a_second_and_goes_on_where_it_was() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(1_000..1_010));
    import(&daemon, "retail", &rows(&evms(0..50)));
    let up_to = block_on(async {
        let mut stream = follow(&daemon, 0).await;
        let first = stream
            .message()
            .await
            .expect("goes on")
            .expect("says that it is there");
        assert_eq!((first.alerts.len(), first.complete), (0, false));
        let upload = Upload::of("more").lines(&evms(0..20));
        let channel = daemon.channel();
        super::harness::import(channel, upload)
            .await
            .expect("is taken");
        let published = Instant::now();
        let (mut told, mut up_to) = (0, 0);
        while told < 20 {
            let message = stream.message().await.expect("goes on").expect("is there");
            told += message.alerts.len();
            up_to = message.up_to;
        }
        assert!(
            published.elapsed() < Duration::from_secs(1),
            "{:?}",
            published.elapsed()
        );
        up_to
    });
    assert_eq!(up_to, 20);
    daemon.import_text("more-still", &evms(30..33));
    let rest = all(&daemon, up_to);
    assert_eq!(
        rest.iter().map(|alert| alert.sequence).collect::<Vec<_>>(),
        [21, 22, 23]
    );
}

#[test]
fn a_stream_on_which_nothing_happens_says_so_and_never_holds_up_a_stop() {
    let mut daemon = Daemon::empty().config("drain = \"20s\"").start();
    daemon.import_text("ours", &evms(0..3));
    import(&daemon, "retail", &rows(&evms(0..1)));
    all(&daemon, 0);
    let mut stream = block_on(follow(&daemon, 1));
    let message = |stream: &mut Streaming<_>| block_on(stream.message());
    message(&mut stream)
        .expect("goes on")
        .expect("says that it is there");
    let began = Instant::now();
    let idle: v1::StreamAlertsResponse = message(&mut stream).expect("goes on").expect("is there");
    assert_eq!((idle.alerts.len(), idle.up_to), (0, 1));
    assert!(began.elapsed() < Duration::from_secs(15));
    let began = Instant::now();
    daemon.stop();
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    let ended = message(&mut stream).expect_err("the end is told");
    assert_eq!(ended.code(), Code::Unavailable);
}

#[test]
fn alerts_are_shown_followed_filtered_and_acknowledged_from_the_command_line() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(0..3));
    import(&daemon, "retail", &rows(&evms(0..2)));
    import(&daemon, "desk", &rows(&evms(2..3)));
    all(&daemon, 0);
    let shown = daemon.command("alerts", &[]).expect_code(0).stdout;
    assert!(
        shown.contains("customer-1") && shown.contains("LISTED → REVIEW"),
        "{shown}"
    );
    let lines = |arguments: &[&str]| {
        let mut all = vec!["--output", "json"];
        all.extend(arguments);
        let printed = daemon.command("alerts", &all).expect_code(0).stdout;
        let parsed = printed
            .lines()
            .map(|line| serde_json::from_str(line).expect("a line of JSON"));
        parsed.collect::<Vec<serde_json::Value>>()
    };
    assert_eq!(lines(&[]).len(), 3);
    assert_eq!(lines(&["--after", "2"]).len(), 1);
    let desk = lines(&["--portfolio", "desk"]);
    assert_eq!((desk.len(), &desk[0]["portfolio"]), (1, &"desk".into()));

    daemon.command("alerts", &["ack", "2"]).expect_code(2);
    daemon
        .command("alerts", &["ack", "9", "--author", "Ada"])
        .expect_code(5);
    daemon
        .command(
            "alerts",
            &["ack", "2", "--author", "Ada", "--reason", "frozen"],
        )
        .expect_code(0);
    let left = lines(&[]);
    assert_eq!((left.len(), &left[0]["sequence"]), (1, &3.into()));
    let everything = lines(&["--all"]);
    let acknowledged: Vec<_> = everything
        .iter()
        .map(|alert| alert["acknowledged"].as_bool())
        .collect();
    assert_eq!(acknowledged, [Some(true), Some(true), Some(false)]);
    let none = daemon
        .command("alerts", &["webhooks"])
        .expect_code(0)
        .stdout;
    assert!(none.contains("no webhook"), "{none}");
}

#[test]
fn what_was_published_before_a_kill_is_told_after_it_and_once() {
    let seed = 0xa1e7;
    let mut random = Random::seeded(seed);
    let mut daemon = Daemon::empty().start();
    daemon.import_text("base", &evms(90_000..90_003));
    // Every customer four times, so that a step is more than one write.
    let members: Vec<String> = (0..4).flat_map(|_| evms(0..800)).collect();
    import(&daemon, "retail", &rows(&members));
    let mut expected = 0;
    for round in 0..10 {
        let some: Vec<String> = evms(round * 80..(round + 1) * 80);
        daemon.import_text(&format!("list-{round}"), &some);
        expected += 80 * 4;
        thread::sleep(Duration::from_millis(random.below(30)));
        daemon.kill();
        daemon.start_again();
        if random.below(2) == 0 {
            thread::sleep(Duration::from_millis(random.below(50)));
            daemon.kill();
            daemon.start_again();
        }
    }
    let told = all(&daemon, 0);
    let sequences: Vec<u64> = told.iter().map(|alert| alert.sequence).collect();
    assert_eq!(sequences, (1..=expected).collect::<Vec<_>>(), "seed {seed}");
    let each: BTreeSet<_> = told
        .iter()
        .map(|alert| {
            let source = alert.r#match.clone().expect("the evidence").source;
            (alert.reference.clone(), source)
        })
        .collect();
    assert_eq!(
        each.len() as u64,
        expected,
        "seed {seed}: nobody is told twice"
    );
}

#[test]
fn acknowledging_needs_a_name_and_an_alert() {
    let daemon = Daemon::empty().start();
    let acknowledge = |up_to_sequence, author: &str| {
        let request = v1::AcknowledgeAlertsRequest {
            up_to_sequence,
            author: author.to_owned(),
            reason: String::new(),
        };
        block_on(daemon.monitor().acknowledge_alerts(request))
            .map(|answer| answer.into_inner().up_to_sequence)
    };
    let code = |up_to, author: &str| acknowledge(up_to, author).expect_err("is refused").code();
    assert_eq!(code(1, "Ada"), Code::InvalidArgument);
    daemon.import_text("ours", &evms(0..3));
    import(&daemon, "retail", &rows(&evms(0..3)));
    all(&daemon, 0);
    for (up_to, author) in [(0, "Ada"), (4, "Ada"), (2, ""), (2, " "), (2, "a\nb")] {
        assert_eq!(
            code(up_to, author),
            Code::InvalidArgument,
            "{up_to} {author:?}"
        );
    }
    assert_eq!(acknowledge(2, "Ada").expect("is taken"), 2);
    assert_eq!(acknowledge(1, "Ada").expect("changes nothing"), 2);
}
