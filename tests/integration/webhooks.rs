//! Webhooks against a real web server: signed, in order, until they are
//! taken, over failures, silence and kills.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::harness::{Asked, Daemon, Home, Reply, Web, block_on, eventually, evm, evms, v1};
use super::portfolios::{import, rows};

const SECRET: &[u8] = b"a secret of the two of us";
const SOON: Duration = Duration::from_secs(30);

/// A configuration with one webhook; the home keeps its secret.
fn configured(secrets: &Home, url: &str, more: &str) -> String {
    let secret = secrets.write("secret", SECRET);
    format!(
        "[[webhooks]]\nname = \"desk\"\nurl = \"{url}\"\nsecret_file = \"{}\"\n{more}\n",
        secret.display()
    )
}

/// A daemon that watches the addresses 0 to 9, and whose first list names
/// others.
fn watching(config: &str) -> Daemon {
    let daemon = Daemon::empty().config(config).start();
    daemon.import_text("base", &evms(900..903));
    import(&daemon, "retail", &rows(&evms(0..10)));
    daemon
}

/// HMAC by its definition (RFC 2104), and not by the library under test.
fn hmac(secret: &[u8], message: &[u8]) -> String {
    let mut key = [0_u8; 64];
    if secret.len() > 64 {
        key[..32].copy_from_slice(&Sha256::digest(secret));
    } else {
        key[..secret.len()].copy_from_slice(secret);
    }
    let inner = Sha256::new()
        .chain_update(key.map(|byte| byte ^ 0x36))
        .chain_update(message)
        .finalize();
    let outer = Sha256::new()
        .chain_update(key.map(|byte| byte ^ 0x5c))
        .chain_update(inner)
        .finalize();
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks a request as its receiver must, and returns the alert.
#[track_caller]
fn verified(asked: &Asked) -> Value {
    let signature = asked.header("interdict-signature").expect("is signed");
    let (at, code) = signature.split_once(',').expect("two parts");
    let at = at.strip_prefix("t=").expect("the time");
    let code = code.strip_prefix("v1=").expect("the code");
    let message = [at.as_bytes(), b".", &asked.body].concat();
    assert_eq!(code, hmac(SECRET, &message));
    let age = jiff::Timestamp::now().as_second() - at.parse::<i64>().expect("seconds");
    assert!((0..60).contains(&age), "{age}");
    let alert: Value = serde_json::from_slice(&asked.body).expect("JSON");
    assert_eq!(asked.method, "POST");
    assert_eq!(asked.header("content-type"), Some("application/json"));
    assert_eq!(asked.header("idempotency-key"), alert["id"].as_str());
    let sequence = alert["sequence"].to_string();
    assert_eq!(asked.header("interdict-sequence"), Some(sequence.as_str()));
    alert
}

fn sequences(web: &Web) -> Vec<u64> {
    let asked = web.asked();
    asked
        .iter()
        .map(|asked| verified(asked)["sequence"].as_u64().expect("a number"))
        .collect()
}

fn status(daemon: &Daemon) -> v1::Webhook {
    let answer = block_on(daemon.monitor().list_webhooks(v1::ListWebhooksRequest {}));
    answer.expect("answers").into_inner().webhooks.remove(0)
}

#[test]
fn each_alert_is_posted_once_signed_and_in_order() {
    let (web, secrets) = (Web::start(), Home::new());
    web.reply("/alerts?of=us", Reply::new(204, ""));
    let mut daemon = watching(&configured(&secrets, &web.url("/alerts?of=us"), ""));
    daemon.import_text("ours", &evms(0..5));
    eventually("all are posted", SOON, || web.asked().len() == 5);
    assert_eq!(sequences(&web), [1, 2, 3, 4, 5]);
    let first = verified(&web.asked()[0]);
    assert_eq!(
        (&first["schema"], &first["kind"]),
        (&1.into(), &"LISTED".into())
    );
    assert_eq!(
        (&first["portfolio"], &first["reference"]),
        (&"retail".into(), &"customer-0".into())
    );
    assert_eq!(
        (&first["before"]["verdict"], &first["after"]["action"]),
        (&"NOT_LISTED".into(), &"REVIEW".into())
    );
    assert_eq!(
        (&first["match"]["source"], &first["match"]["relation"]),
        (&"ours".into(), &"DIRECT".into())
    );
    // What was delivered is not sent again, and what comes after is.
    eventually("it is noted", SOON, || status(&daemon).delivered == 5);
    daemon.restart();
    daemon.import_text("ours", &evms(0..6));
    eventually("the next is posted", SOON, || web.asked().len() == 6);
    assert_eq!(sequences(&web), [1, 2, 3, 4, 5, 6]);
    let said = daemon
        .command("alerts", &["webhooks"])
        .expect_code(0)
        .stdout;
    assert!(said.contains("desk") && said.contains("well"), "{said}");
    assert!(
        !said.contains("of=us"),
        "what may be a secret of the URL is not shown"
    );
    assert!(!daemon.logs().contains("a secret of the two"));
}

#[test]
fn one_that_fails_is_tried_again_under_the_same_key_and_nothing_overtakes() {
    let (web, secrets) = (Web::start(), Home::new());
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = tries.clone();
    web.answer("/", move |_| {
        match counted.fetch_add(1, Ordering::Relaxed) {
            0 => Reply::new(500, "a very long excuse ".repeat(10_000)),
            1 => Reply::redirect("/elsewhere"),
            2 => Reply::new(429, "").header("retry-after", "1"),
            _ => Reply::new(200, "thanks"),
        }
    });
    let daemon = watching(&configured(&secrets, &web.url("/"), ""));
    daemon.import_text("ours", &evms(0..2));
    eventually("it says what is wrong", SOON, || {
        !status(&daemon).last_error.is_empty()
    });
    let held = status(&daemon);
    assert!(
        held.failures > 0 && held.delivered == 0 && !held.next_try_at.is_empty(),
        "{held:?}"
    );
    eventually("both are taken", SOON, || status(&daemon).delivered == 2);
    assert_eq!(sequences(&web), [1, 1, 1, 1, 2]);
    let keys: Vec<_> = web
        .asked()
        .iter()
        .map(|asked| asked.headers["idempotency-key"].clone())
        .collect();
    assert!(keys[..4].iter().all(|key| *key == keys[0]) && keys[4] != keys[0]);
    assert_eq!(web.count("/elsewhere"), 0, "a redirect is not followed");
    let well = status(&daemon);
    assert_eq!((well.failures, well.last_error.as_str()), (0, ""));
}

#[test]
fn one_that_is_silent_is_given_up_and_tried_again() {
    let (web, secrets) = (Web::start(), Home::new());
    let tries = AtomicUsize::new(0);
    web.answer("/", move |_| match tries.fetch_add(1, Ordering::Relaxed) {
        0 => {
            std::thread::sleep(Duration::from_secs(4));
            Reply::new(200, "")
        }
        _ => Reply::new(200, ""),
    });
    let daemon = watching(&configured(&secrets, &web.url("/"), "timeout = \"500ms\""));
    daemon.import_text("ours", &evms(0..1));
    eventually("it is taken", SOON, || status(&daemon).delivered == 1);
    assert_eq!(sequences(&web), [1, 1]);
}

#[test]
fn one_that_is_gone_is_left_alone_until_the_next_start() {
    let (web, secrets) = (Web::start(), Home::new());
    let gone = Arc::new(Mutex::new(true));
    let is_gone = gone.clone();
    web.answer("/", move |_| match *is_gone.lock().expect("no panic") {
        true => Reply::new(410, ""),
        false => Reply::new(200, ""),
    });
    let mut daemon = watching(&configured(&secrets, &web.url("/"), ""));
    daemon.import_text("ours", &evms(0..1));
    eventually("it is left alone", SOON, || status(&daemon).disabled);
    daemon.import_text("ours", &evms(0..2));
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(sequences(&web), [1]);
    assert!(daemon.logs().contains("a webhook is gone"));
    *gone.lock().expect("no panic") = false;
    daemon.restart();
    eventually("both are taken", SOON, || status(&daemon).delivered == 2);
    assert_eq!(sequences(&web), [1, 1, 2]);
}

#[test]
fn a_daemon_killed_between_sending_and_noting_sends_again_under_the_same_key() {
    let (web, secrets) = (Web::start(), Home::new());
    let (came, coming) = mpsc::channel();
    let came = Mutex::new(came);
    web.answer("/", move |asked| {
        let _ = came
            .lock()
            .expect("no panic")
            .send(asked.headers["idempotency-key"].clone());
        // Time to be killed in.
        std::thread::sleep(Duration::from_millis(400));
        Reply::new(200, "")
    });
    let mut daemon = watching(&configured(&secrets, &web.url("/"), ""));
    daemon.import_text("ours", &evms(0..1));
    let first = coming.recv_timeout(SOON).expect("it is sent");
    daemon.kill();
    daemon.start_again();
    let again = coming.recv_timeout(SOON).expect("it is sent again");
    assert_eq!(first, again);
    eventually("it is taken", SOON, || status(&daemon).delivered == 1);
    daemon.restart();
    std::thread::sleep(Duration::from_millis(300));
    assert!(coming.try_recv().is_err(), "and not once more");
}

#[test]
fn one_that_cannot_be_reached_holds_up_nobody_and_says_so() {
    let (web, secrets) = (Web::start(), Home::new());
    web.reply("/", Reply::new(200, ""));
    let mut config = configured(&secrets, "http://127.0.0.1:9/", "");
    let secret = secrets.path("secret");
    config += &format!(
        "[[webhooks]]\nname = \"other\"\nurl = \"{}\"\nsecret_file = \"{}\"\n",
        web.url("/"),
        secret.display()
    );
    let daemon = watching(&config);
    daemon.import_text("ours", &evms(0..3));
    eventually("the other is told", SOON, || web.asked().len() == 3);
    eventually("it says what is wrong", SOON, || {
        !status(&daemon).last_error.is_empty()
    });
    assert!(
        status(&daemon).last_error.contains("cannot be reached"),
        "{:?}",
        status(&daemon)
    );
}

#[test]
fn only_what_was_asked_for_is_posted() {
    let (web, secrets) = (Web::start(), Home::new());
    web.reply("/", Reply::new(200, ""));
    let only = "kinds = [\"DELISTED\"]\nportfolios = [\"retail\"]";
    let daemon = watching(&configured(&secrets, &web.url("/"), only));
    import(&daemon, "desk", &rows(&evms(0..10)));
    let address = evm(0);
    let by = ["--author", "Ada", "--reason", "a case"];
    for word in ["add", "remove"] {
        let arguments: Vec<&str> = [word, &address].into_iter().chain(by).collect();
        daemon.command("operator", &arguments).expect_code(0);
    }
    eventually("it has gone past the rest", SOON, || {
        status(&daemon).delivered == 4
    });
    let posted: Vec<_> = web.asked().iter().map(verified).collect();
    assert_eq!(posted.len(), 1);
    assert_eq!(
        (&posted[0]["kind"], &posted[0]["portfolio"]),
        (&"DELISTED".into(), &"retail".into())
    );
}

#[test]
fn https_is_spoken_and_a_stranger_is_not_told() {
    let (web, secrets) = (Web::start_tls(), Home::new());
    web.reply("/", Reply::new(200, ""));
    let strange = watching(&configured(&secrets, &web.url("/"), ""));
    strange.import_text("ours", &evms(0..1));
    eventually("it says what is wrong", SOON, || {
        !status(&strange).last_error.is_empty()
    });
    assert_eq!(
        web.asked().len(),
        0,
        "nothing is said to who cannot prove who they are"
    );
    let ca = secrets.write("ca.pem", web.ca());
    let known = format!(
        "[monitoring]\nca_file = \"{}\"\n{}",
        ca.display(),
        configured(&secrets, &web.url("/"), "")
    );
    let daemon = watching(&known);
    daemon.import_text("ours", &evms(0..1));
    eventually("it is taken", SOON, || status(&daemon).delivered == 1);
    assert_eq!(sequences(&web), [1]);
}
