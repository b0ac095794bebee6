//! Lists that the daemon fetches by itself, from a real server on loopback.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use super::harness::{Daemon, Home, Reply, Upload, Web, eventually, evm, good_file, v1};
use v1::Verdict;

/// The SDN list of a day, in the classic schema.
pub const SDN: &[u8] = include_bytes!("../fixtures/lists/sdn_2026-08-20.xml");

/// Ronin's address, which it lists.
pub const RONIN: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";

/// Longest that a sync of the tests may take.
pub const SOON: Duration = Duration::from_secs(30);

/// A configuration that fetches one source, with waits fit for a test.
pub fn fetching(id: &str, more: &str) -> String {
    format!(
        "[sync]\nidle_timeout = \"2s\"\nconnect_timeout = \"2s\"\n\
         [[sources]]\nid = \"{id}\"\ntier = \"SANCTIONS\"\ninterval = \"1h\"\n{more}\n"
    )
}

/// Runs `interdict sync`, and returns its exit code and the sources' results.
#[track_caller]
pub fn sync(daemon: &Daemon, sources: &[&str]) -> (i32, Vec<Value>) {
    let mut arguments = vec!["--output", "json"];
    arguments.extend(sources);
    let ran = daemon.command("sync", &arguments);
    let results = ran.json()["sources"].as_array().cloned();
    (ran.code, results.unwrap_or_else(|| panic!("{ran:?}")))
}

/// Runs `interdict sync` for one source, and returns code, outcome, and the
/// name of the trouble.
#[track_caller]
pub fn sync_one(daemon: &Daemon, source: &str) -> (i32, String, String) {
    let (code, results) = sync(daemon, &[source]);
    assert_eq!(results.len(), 1, "{results:?}");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = text(&results[0]["trouble"]["name"]);
    (code, text(&results[0]["outcome"]), name)
}

/// Waits until the daemon has made its first attempts.
#[track_caller]
pub fn until_tried(daemon: &Daemon) {
    eventually("every source is tried", SOON, || {
        let ran = daemon.command("sync", &["--status", "--output", "json"]);
        let statuses = ran.json()["sources"].as_array().cloned();
        let tried =
            |status: &Value| status["last_attempt"].is_string() && status["phase"].is_null();
        statuses.expect("a list").iter().all(tried)
    });
}

fn retrieved_at(daemon: &Daemon, source: &str) -> String {
    let held = daemon.sources().sources;
    let held = held.iter().find(|held| held.id == source);
    held.expect("it is held").retrieved_at.clone()
}

#[test]
fn a_source_is_fetched_at_start_and_answers() {
    let web = Web::start();
    web.file("/SDN.XML", SDN);
    let url = format!("url = \"{}\"\nformat = \"ofac-xml\"", web.url("/SDN.XML"));
    let daemon = Daemon::empty().config(&fetching("ofac-sdn", &url)).start();
    until_tried(&daemon);
    assert_eq!(daemon.screen(RONIN).verdict(), Verdict::Listed);
    assert_eq!(daemon.screen(&evm(1)).verdict(), Verdict::NotListed);
    let asked = &web.asked()[0];
    let user_agent = asked.header("user-agent").unwrap_or_default();
    assert!(user_agent.starts_with("Mozilla/5.0") && user_agent.contains("interdict"));
    let raw = daemon.home().files_ending("SDN.XML");
    assert_eq!(raw.len(), 1);
    assert_eq!(fs::read(&raw[0]).expect("it is kept"), SDN);
    let note = fs::read_to_string(raw[0].with_file_name("publication.json"));
    assert!(note.expect("it is noted").contains("\"sha256\""));
}

/// 304 and the same bytes anew are the same answer: what is held is current.
#[test]
fn what_did_not_change_makes_the_list_fresh_and_no_generation() {
    for tagged in [true, false] {
        let web = Web::start();
        web.answer("/list.txt", move |asked| match tagged {
            true => good_file(asked, format!("{RONIN}\n").as_bytes()),
            false => Reply::new(200, format!("{RONIN}\n")),
        });
        let url = format!("url = \"{}\"", web.url("/list.txt"));
        let daemon = Daemon::empty().config(&fetching("ours", &url)).start();
        until_tried(&daemon);
        let first = retrieved_at(&daemon, "ours");
        std::thread::sleep(Duration::from_millis(1100));
        let (code, outcome, _) = sync_one(&daemon, "ours");
        assert_eq!((code, outcome.as_str()), (0, "UNCHANGED"));
        assert!(retrieved_at(&daemon, "ours") > first, "it is fresh again");
        assert_eq!(daemon.live().0, 1);
        assert_eq!(daemon.home().files_ending("list.txt").len(), 1, "kept once");
        let last = web.asked().pop().expect("it was asked");
        assert_eq!(last.header("if-none-match").is_some(), tagged);
    }
}

#[test]
fn a_new_publication_becomes_a_generation() {
    let web = Web::start();
    web.file("/list.txt", format!("{}\n", evm(1)));
    let url = format!("url = \"{}\"", web.url("/list.txt"));
    let daemon = Daemon::empty().config(&fetching("ours", &url)).start();
    until_tried(&daemon);
    web.file("/list.txt", format!("{}\n{}\n", evm(1), evm(2)));
    let (code, results) = sync(&daemon, &[]);
    assert_eq!((code, results[0]["outcome"].as_str()), (0, Some("UPDATED")));
    assert_eq!(results[0]["report"]["added"], 1);
    assert_eq!(daemon.screen(&evm(2)).verdict(), Verdict::Listed);
}

#[test]
fn the_schedule_fetches_without_being_asked() {
    let web = Web::start();
    web.file("/list.txt", format!("{}\n", evm(1)));
    let url = format!("url = \"{}\"", web.url("/list.txt"));
    let config = fetching("ours", &url).replace("1h", "1s");
    let daemon = Daemon::empty().config(&config).start();
    until_tried(&daemon);
    web.file("/list.txt", format!("{}\n{}\n", evm(1), evm(2)));
    eventually("the new edition is live", SOON, || {
        daemon.screen(&evm(2)).verdict() == Verdict::Listed
    });
}

/// What a person imported in place of what was fetched, or went back to, is
/// not undone by the schedule; asked to, the daemon takes the publisher's
/// list, and what the publisher has next it takes by itself.
#[test]
fn the_schedule_does_not_undo_what_a_person_did() {
    let web = Web::start();
    web.file("/list.txt", format!("{}\n", evm(1)));
    let url = format!("url = \"{}\"", web.url("/list.txt"));
    let config = fetching("ours", &url).replace("1h", "1s");
    let daemon = Daemon::empty().config(&config).start();
    until_tried(&daemon);
    // The schedule may be importing at that moment.
    let by_hand = Upload::of("ours").lines(&[evm(1), evm(2)]);
    let import = || eventually("it is taken", SOON, || daemon.try_import(&by_hand).is_ok());
    import();
    let asked = web.asked().len();
    eventually("it is asked again", SOON, || web.asked().len() > asked + 1);
    assert_eq!(daemon.screen(&evm(2)).verdict(), Verdict::Listed);
    let ran = daemon.command("lists", &[]).expect_code(0);
    assert!(ran.stdout.contains("interdict sync ours"), "{ran:?}");

    web.file("/list.txt", format!("{}\n{}\n", evm(1), evm(3)));
    eventually("the next edition is live", SOON, || {
        daemon.screen(&evm(3)).verdict() == Verdict::Listed
    });
    import();
    assert_eq!(sync_one(&daemon, "ours").0, 0);
    assert_eq!(daemon.screen(&evm(3)).verdict(), Verdict::Listed);
}

/// Of several files some may change: those are fetched, and read with the
/// others.
#[test]
fn a_publication_of_several_files_is_joined_from_what_changed_and_what_did_not() {
    let list = include_bytes!("../fixtures/lists/SDN_2021-07.CSV");
    let comments = include_bytes!("../fixtures/lists/SDN_COMMENTS_2021-07.CSV");
    let web = Web::start();
    web.file("/SDN.CSV", &list[..]);
    web.file("/SDN_COMMENTS.CSV", &comments[..]);
    let urls = format!(
        "urls = [\"{}\", \"{}\"]\nformat = \"ofac-csv\"",
        web.url("/SDN.CSV"),
        web.url("/SDN_COMMENTS.CSV")
    );
    let daemon = Daemon::empty().config(&fetching("ofac-sdn", &urls)).start();
    until_tried(&daemon);
    let before = daemon.sources().sources[0].entries;
    assert_eq!(before, 97);
    let fewer = String::from_utf8_lossy(list).replacen("XBT 1", "XBT 3", 1);
    web.file("/SDN.CSV", fewer);
    let (code, results) = sync(&daemon, &["ofac-sdn"]);
    assert_eq!(
        (code, results[0]["outcome"].as_str()),
        (0, Some("UPDATED")),
        "{results:?}"
    );
    assert_eq!(results[0]["report"]["accepted"], before);
    assert_eq!(web.count("/SDN.CSV"), 2, "each file is asked for each time");
    assert_eq!(web.count("/SDN_COMMENTS.CSV"), 2);
    assert_eq!(daemon.home().files_ending("SDN_COMMENTS.CSV").len(), 2);
}

#[test]
fn a_publisher_s_hash_is_checked() {
    let list = format!("{RONIN}\n");
    let sha256 = |content: &str| {
        use sha2::Digest as _;
        const_hex::encode(sha2::Sha256::digest(content.as_bytes()))
    };
    let web = Web::start();
    web.file("/list.txt", list.clone());
    web.file("/hashes", format!("{}  list.txt\n", sha256("another list")));
    let urls = format!(
        "url = \"{}\"\nhash_url = \"{}\"",
        web.url("/list.txt"),
        web.url("/hashes")
    );
    let daemon = Daemon::empty().config(&fetching("ours", &urls)).start();
    until_tried(&daemon);
    let failed = (4, "FAILED".to_owned(), "HASH".to_owned());
    assert_eq!(sync_one(&daemon, "ours"), failed);
    assert_eq!(daemon.live().0, 0, "nothing was taken");
    web.file("/hashes", format!("{}  other.txt\n", sha256(&list)));
    assert_eq!(sync_one(&daemon, "ours"), failed);
    web.reply("/hashes", Reply::new(404, ""));
    assert_eq!(sync_one(&daemon, "ours").2, "GONE");
    web.file("/hashes", format!("{}  list.txt\n", sha256(&list)));
    assert_eq!(sync_one(&daemon, "ours").1, "UPDATED");
    assert_eq!(daemon.screen(RONIN).verdict(), Verdict::Listed);
}

#[test]
fn redirects_to_allowed_hosts_are_followed_over_tls() {
    let web = Web::start_tls();
    let home = Home::new();
    let ca_file = home.write("ca.pem", web.ca());
    web.file("/signed?X-Amz-Signature=secret", SDN);
    let signed = web.url_by_name("/signed?X-Amz-Signature=secret");
    web.reply("/SDN.XML", Reply::redirect(signed));
    let source = format!(
        "url = \"{}\"\nformat = \"ofac-xml\"\nallowed_hosts = [\"localhost\"]\nca_file = \"{}\"",
        web.url("/SDN.XML"),
        ca_file.display()
    );
    let daemon = Daemon::empty()
        .config(&fetching("ofac-sdn", &source))
        .start();
    until_tried(&daemon);
    assert_eq!(
        daemon.screen(RONIN).verdict(),
        Verdict::Listed,
        "{}",
        daemon.logs()
    );
    let note = &daemon.home().files_ending("publication.json")[0];
    let note = fs::read_to_string(note).expect("it is noted");
    assert!(note.contains("localhost"), "{note}");
    assert!(!note.contains("secret") && !daemon.logs().contains("secret"));
}

/// The variables are read by the daemon, and `NO_PROXY` is heeded.
#[test]
fn proxies_come_from_the_environment() {
    let (web, proxy) = (Web::start_tls(), Web::start());
    let home = Home::new();
    let ca_file = home.write("ca.pem", web.ca());
    web.file("/list.txt", format!("{RONIN}\n"));
    let source = format!(
        "url = \"{}\"\nca_file = \"{}\"",
        web.url("/list.txt"),
        ca_file.display()
    );
    let daemon = Daemon::empty()
        .config(&fetching("ours", &source))
        .env("HTTPS_PROXY", &proxy.url(""))
        .start();
    until_tried(&daemon);
    assert_eq!(
        daemon.screen(RONIN).verdict(),
        Verdict::Listed,
        "{}",
        daemon.logs()
    );
    let asked = proxy.asked();
    let host = web.url("").replace("https://", "");
    assert_eq!(
        (asked[0].method.as_str(), asked[0].target.as_str()),
        ("CONNECT", host.as_str())
    );
    let direct = Daemon::empty()
        .config(&fetching("ours", &source))
        .env("HTTPS_PROXY", &proxy.url(""))
        .env("NO_PROXY", "127.0.0.1")
        .start();
    until_tried(&direct);
    assert_eq!(direct.screen(RONIN).verdict(), Verdict::Listed);
    assert_eq!(
        proxy.asked().len(),
        asked.len(),
        "the proxy was not asked again"
    );
}

#[test]
fn only_what_is_configured_can_be_synced() {
    let web = Web::start();
    web.file("/list.txt", format!("{RONIN}\n"));
    let url = format!("url = \"{}\"", web.url("/list.txt"));
    let daemon = Daemon::empty().config(&fetching("ours", &url)).start();
    let ran = daemon.command("sync", &["other"]).expect_code(5);
    assert!(
        ran.stderr.contains("`other`") && ran.stderr.contains("preset"),
        "{ran:?}"
    );
    let ran = daemon.command("sync", &["NOT AN ID"]);
    assert_eq!(ran.code, 2);
    let none = Daemon::empty().start();
    let ran = none.command("sync", &[]).expect_code(5);
    assert!(ran.stderr.contains("configuration"), "{ran:?}");
    none.command("sync", &["--status"]).expect_code(0);
}

#[test]
fn people_get_a_table_and_the_reason() {
    let web = Web::start();
    web.file("/list.txt", format!("{RONIN}\n"));
    let url = format!("url = \"{}\"", web.url("/list.txt?key=secret"));
    let daemon = Daemon::empty().config(&fetching("ours", &url)).start();
    until_tried(&daemon);
    let ran = daemon.command("sync", &["ours"]).expect_code(4);
    assert!(
        ran.stdout.contains("FAILED") && ran.stdout.contains("404"),
        "{ran:?}"
    );
    let ran = daemon.command("sync", &["--status"]).expect_code(0);
    assert!(
        ran.stdout.contains("in a row") && ran.stdout.contains("/list.txt"),
        "{ran:?}"
    );
    assert!(!ran.stdout.contains("secret") && !daemon.logs().contains("secret"));
}
