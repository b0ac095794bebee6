//! `interdict::client` against the real daemon: what a program that asks
//! before it pays gets to see.

use std::fs;
use std::time::{Duration, Instant};

use interdict::access::ApiKey as Key;
use interdict::client::{ApiKey, Blocked, Cause, Client, Decision, Patience, Query, Target};
use interdict::verdict::Action;
use tokio_stream::iter;
use tonic::Code;

use crate::harness::{
    Authority, Daemon, Home, block_on, bundled_addresses, eventually, evms, runtime, v1,
};

const LISTED: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";
const UNLISTED: &str = "0x00000000000000000000000000000000deadc0de";

fn client_of(daemon: &Daemon) -> Client {
    let _entered = runtime().enter();
    Client::new(&Target::at(daemon.public_url())).expect("the daemon prints a URL")
}

/// Tests share two cores: a withdrawal's half a second is for daemons that are
/// at peace.
fn patient(client: Client) -> Client {
    client.with_patience(Patience {
        deadline: Duration::from_secs(20),
        ..Patience::WITHDRAWAL
    })
}

#[test]
fn each_answer_of_the_daemon_becomes_the_decision_that_it_is() {
    let daemon = Daemon::with_bundled_lists().start();
    let client = patient(client_of(&daemon));
    let decide = |text: &str| {
        let query = Query::of(text).network("ETH").reference("withdrawal 1");
        block_on(client.screen(&query))
    };
    let Decision::Block(Blocked::Advised(evidence)) = decide(LISTED) else {
        panic!("it is on OFAC's list");
    };
    assert_eq!(evidence.outcome().verdict(), v1::Verdict::Listed);
    assert_eq!(evidence.outcome().matches[0].source, "ofac-sdn");
    assert_eq!(evidence.basis().generation, daemon.live().0);
    assert_eq!(evidence.screening_id().len(), 36);
    assert!(matches!(
        decide(&LISTED.to_lowercase()),
        Decision::Block(Blocked::Advised(_))
    ));
    assert!(matches!(decide(UNLISTED), Decision::Allow(_)));
    assert!(matches!(decide("not an address"), Decision::Review(_)));
    // A private key is held, and nothing of it comes back.
    let secret = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn";
    let decision = decide(secret);
    assert!(matches!(decision, Decision::Review(_)));
    assert!(!format!("{decision:?}").contains(&secret[..8]));
}

/// The daemon's own readings of every bundled address, and of made ones, are
/// those of the client: none is taken for another's.
#[test]
fn no_good_answer_is_taken_for_one_about_another_address() {
    let daemon = Daemon::with_bundled_lists().start();
    let client = client_of(&daemon).with_batch_patience(Patience {
        deadline: Duration::from_secs(60),
        ..Patience::BATCH
    });
    let bundled = bundled_addresses()
        .into_iter()
        .map(|one| one.address.to_owned());
    let texts: Vec<String> = bundled.chain(evms(0..500)).collect();
    let mut asked = 0;
    for some in texts.chunks(1_000) {
        let queries: Vec<_> = some.iter().map(Query::of).collect();
        for (text, decision) in some.iter().zip(block_on(client.screen_many(&queries))) {
            assert!(decision.evidence().is_some(), "{text}: {decision}");
            asked += 1;
        }
    }
    assert_eq!(asked, texts.len());
}

#[test]
fn a_rescreen_tells_who_is_held_and_then_that_the_others_may_pass() {
    let daemon = Daemon::with_bundled_lists().start();
    let client = client_of(&daemon);
    let mut texts = evms(0..5_000);
    texts[17] = LISTED.to_owned();
    texts[4_999] = "not an address".to_owned();
    let queries: Vec<_> = texts.iter().map(Query::of).collect();
    let mut held = Vec::new();
    let finished =
        block_on(
            client.rescreen(iter(queries), ("run 1", None), |position, decision| {
                held.push((position, decision.action()));
            }),
        );
    let finished = finished.expect("it is whole");
    assert_eq!(held, [(17, Action::Block), (4_999, Action::Review)]);
    assert_eq!(finished.allowed(), 4_998);
    assert_eq!(finished.summary().generation, daemon.live().0);
}

#[test]
fn a_generation_that_is_not_there_yet_is_waited_for_by_nobody_and_blocks() {
    let daemon = Daemon::with_bundled_lists().start();
    let client = patient(client_of(&daemon));
    let live = daemon.live().0;
    let at_least =
        |generation| block_on(client.screen(&Query::of(UNLISTED).min_generation(generation)));
    assert!(matches!(at_least(live), Decision::Allow(_)));
    let decision = at_least(live + 1);
    assert!(
        matches!(decision.cause(), Some(Cause::Refused { .. })),
        "{decision}"
    );
}

/// Law 9, as a client sees it: no lists, no yes.
#[test]
fn law_9_a_daemon_without_lists_is_a_block() {
    let daemon = Daemon::empty().start();
    let decision = block_on(patient(client_of(&daemon)).screen(&Query::of(UNLISTED)));
    let cause = decision.cause().expect("nothing is live");
    assert!(
        matches!(cause, Cause::Unavailable { attempts: 3, .. }),
        "{cause}"
    );
}

/// A stop reaches a process's threads one by one.
fn stands_still(pid: u32) -> bool {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let mut states = tasks.filter_map(|task| {
        let stat = fs::read_to_string(task.ok()?.path().join("stat")).ok()?;
        Some(stat.rsplit_once(") ")?.1.starts_with('T'))
    });
    states.all(|is_stopped| is_stopped)
}

/// A daemon that hangs, one that goes on, and one that is gone.
#[test]
fn a_daemon_that_stops_answering_is_a_block_in_time() {
    let mut daemon = Daemon::with_bundled_lists().start();
    let client = client_of(&daemon);
    let ask = |client: &Client| block_on(client.screen(&Query::of(UNLISTED)));
    let is_allow = |decision: &Decision| matches!(decision, Decision::Allow(_));
    assert!(is_allow(&ask(&patient(client.clone()))));

    daemon.signal("STOP");
    eventually("every thread stands still", Duration::from_secs(10), || {
        stands_still(daemon.pid())
    });
    let began = Instant::now();
    let decision = ask(&client);
    let took = began.elapsed();
    daemon.signal("CONT");
    assert!(
        matches!(decision.cause(), Some(Cause::Deadline(_))),
        "{decision}"
    );
    assert!(took < Duration::from_secs(5), "{took:?}");

    let decision = ask(&patient(client.clone()));
    assert!(is_allow(&decision), "{decision}");
    daemon.kill();
    for _ in 0..5 {
        let decision = ask(&client);
        assert!(matches!(decision, Decision::Block(Blocked::Unanswered(_))));
    }
}

/// Goal: over TLS, a key with the role screens, and every other credential is
/// a BLOCK that says why. A key is never sent to a daemon that nobody vouches
/// for.
#[test]
fn only_who_may_screen_gets_an_answer() {
    let authority = Authority::new();
    let certified = authority.server();
    let files = Home::new();
    let certificate = files.write("server.pem", &certified.certificate);
    let key = files.write("server.key", &certified.key);
    let (screens, rescreens) = (new_key(), new_key());
    let known = |name: &str, key: &Key, role: &str| {
        format!(
            "[[access.keys]]\nname = \"{name}\"\nhash = \"{}\"\nroles = [\"{role}\"]\n",
            key.hash()
        )
    };
    let config = format!(
        "[tls]\ncertificate = \"{}\"\nkey = \"{}\"\n{}{}",
        certificate.display(),
        key.display(),
        known("withdrawals", &screens, "screen"),
        known("books", &rescreens, "rescreen"),
    );
    let daemon = Daemon::with_bundled_lists().config(&config).start();
    let decide = |ca: &Authority, key: Option<&Key>| {
        let target = Target {
            ca: Some(ca.pem().as_bytes().to_vec()),
            api_key: key.map(|key| ApiKey::new(key.reveal()).expect("a key")),
            ..Target::at(daemon.public_url())
        };
        let _entered = runtime().enter();
        let client = patient(Client::new(&target).expect("it goes together"));
        block_on(client.screen(&Query::of(UNLISTED)))
    };
    let refused = |decision: Decision| match decision.cause() {
        Some(Cause::Refused { code, .. }) => *code,
        other => panic!("{other:?}"),
    };
    let decision = decide(&authority, Some(&screens));
    assert!(matches!(decision, Decision::Allow(_)), "{decision}");
    let wrong = decide(&authority, Some(&rescreens));
    assert_eq!(refused(wrong), Code::PermissionDenied);
    let unknown = decide(&authority, Some(&new_key()));
    assert_eq!(refused(unknown), Code::Unauthenticated);
    let nobody = refused(decide(&authority, None));
    assert!(matches!(
        nobody,
        Code::Unauthenticated | Code::PermissionDenied
    ));
    let elsewhere = decide(&Authority::new(), Some(&screens));
    assert!(
        matches!(elsewhere.cause(), Some(Cause::Unavailable { .. })),
        "{elsewhere}"
    );
    for secret in [&screens, &rescreens] {
        let secret = secret.reveal().rsplit('_').next().expect("it ends with it");
        assert!(!daemon.logs().contains(secret));
    }
}

fn new_key() -> Key {
    Key::generate().expect("this machine has randomness")
}
