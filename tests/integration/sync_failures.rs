//! Fetches that go wrong: whatever comes, the list that is held stays, ages,
//! and the reason is shown.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::harness::{Daemon, Home, Reply, Web, eventually, evm, good_file, v1};
use super::sync::{RONIN, SDN, SOON, fetching, sync, sync_one, until_tried};
use v1::{Reason, Verdict};

/// A daemon that holds a list of one address, and the server it is from.
fn holding(more: &str) -> (Daemon, Web) {
    let web = Web::start();
    web.file("/list.txt", format!("{RONIN}\n"));
    let source = format!("url = \"{}\"\n{more}", web.url("/list.txt"));
    let daemon = Daemon::empty().config(&fetching("ours", &source)).start();
    until_tried(&daemon);
    assert_eq!(
        daemon.screen(RONIN).verdict(),
        Verdict::Listed,
        "{}",
        daemon.logs()
    );
    (daemon, web)
}

fn retrieved_at(daemon: &Daemon) -> String {
    daemon.sources().sources[0].retrieved_at.clone()
}

/// Whatever is answered instead of the list is told for what it is, and
/// changes nothing.
#[test]
fn what_is_not_the_list_is_never_taken_for_it() {
    let (daemon, web) = holding("");
    let first = retrieved_at(&daemon);
    let list = || format!("{}\n", evm(1));
    let page = "<!doctype html><html><body>Access denied</body></html>";
    let answers = [
        ("FORBIDDEN", Reply::new(403, page)),
        ("GONE", Reply::new(404, page)),
        ("GONE", Reply::new(410, "")),
        ("LATER", Reply::new(429, "").header("retry-after", "120")),
        ("LATER", Reply::new(503, "")),
        ("BAD_STATUS", Reply::new(204, "")),
        (
            "PAGE",
            Reply::new(200, page).header("content-type", "text/html"),
        ),
        ("EMPTY", Reply::new(200, "")),
        (
            "ENCODED",
            Reply::new(200, list()).header("content-encoding", "gzip"),
        ),
        ("NO_LENGTH", Reply::new(200, list()).without_length()),
        ("CUT_SHORT", Reply::new(200, list()).cut_after(20)),
        ("CUT_SHORT", Reply::new(200, list()).announcing(1000)),
        ("CUT_SHORT", Reply::new(200, list()).chunked().cut_after(20)),
        (
            "TOO_SLOW",
            Reply::new(200, list()).dripping(10, Duration::from_secs(60)),
        ),
        (
            "HOST_NOT_ALLOWED",
            Reply::redirect(web.url_by_name("/other")),
        ),
        (
            "HOST_NOT_ALLOWED",
            Reply::redirect("https://evil.example.net/list.txt"),
        ),
        ("BAD_REDIRECT", Reply::redirect(web.url("/list.txt"))),
        ("BAD_REDIRECT", Reply::new(302, "")),
    ];
    for (name, reply) in answers {
        let what = format!("{reply:?}");
        web.reply("/list.txt", reply);
        let (code, outcome, trouble) = sync_one(&daemon, "ours");
        assert_eq!(
            (code, outcome.as_str(), trouble.as_str()),
            (4, "FAILED", name),
            "{what}"
        );
    }
    assert_eq!(daemon.live().0, 1, "no generation came of any of it");
    assert_eq!(daemon.screen(RONIN).verdict(), Verdict::Listed);
    assert_eq!(
        retrieved_at(&daemon),
        first,
        "and none of it confirms what is held"
    );
}

#[test]
fn a_failed_fetch_lets_the_list_age() {
    let (daemon, web) = holding("max_age = \"2s\"");
    web.reply("/list.txt", Reply::new(500, ""));
    assert_eq!(sync_one(&daemon, "ours").0, 4);
    eventually("the list is stale", SOON, || {
        daemon.screen(&evm(1)).reasons() == [Reason::SourceStale]
    });
    assert_eq!(daemon.screen(RONIN).verdict(), Verdict::Listed);
    web.file("/list.txt", format!("{RONIN}\n"));
    assert_eq!(sync_one(&daemon, "ours").1, "UNCHANGED");
    assert_eq!(daemon.screen(&evm(1)).verdict(), Verdict::NotListed);
}

/// A wrong length that is too small cuts the file where only its own end mark
/// can tell.
#[test]
fn a_file_cut_by_a_length_that_is_too_small_is_refused() {
    let web = Web::start();
    web.reply("/SDN.XML", Reply::new(200, &SDN[..SDN.len() / 2]));
    let source = format!("url = \"{}\"\nformat = \"ofac-xml\"", web.url("/SDN.XML"));
    let daemon = Daemon::empty()
        .config(&fetching("ofac-sdn", &source))
        .start();
    until_tried(&daemon);
    let (code, outcome, _) = sync_one(&daemon, "ofac-sdn");
    assert_eq!((code, outcome.as_str()), (5, "REFUSED"));
    assert_eq!(daemon.live().0, 0);
    assert_eq!(
        daemon.home().files_ending("SDN.XML").len(),
        1,
        "somebody may look at it"
    );
}

/// The gates hold for what is fetched; and "not modified" of a publication
/// that was refused confirms nothing.
#[test]
fn a_list_that_shrinks_is_refused_and_the_old_one_answers() {
    let web = Web::start();
    let lines = |count| (0..count).map(|n| evm(n) + "\n").collect::<String>();
    web.file("/list.txt", lines(100));
    let source = format!("url = \"{}\"", web.url("/list.txt"));
    let daemon = Daemon::empty().config(&fetching("ours", &source)).start();
    until_tried(&daemon);
    let first = retrieved_at(&daemon);
    web.file("/list.txt", lines(50));
    let refused = (5, "REFUSED".to_owned(), "GATE".to_owned());
    assert_eq!(sync_one(&daemon, "ours"), refused);
    assert_eq!(daemon.screen(&evm(99)).verdict(), Verdict::Listed);
    let (_, results) = sync(&daemon, &["ours"]);
    let words = results[0]["trouble"]["message"]
        .as_str()
        .unwrap_or_default();
    assert!(words.contains("would lose 50 of 100"), "{words}");
    let last = web.asked().pop().expect("it was asked");
    assert!(last.header("if-none-match").is_some(), "and answered 304");
    assert_eq!(
        retrieved_at(&daemon),
        first,
        "what is held is not what they have"
    );
    for command in [&["sync", "--status"][..], &["lists"]] {
        let shown = daemon.command(command[0], &command[1..]).expect_code(0);
        assert!(shown.stdout.contains("would lose"), "{shown:?}");
    }
    web.file("/list.txt", lines(101));
    assert_eq!(sync_one(&daemon, "ours").1, "UPDATED");
}

#[test]
fn a_list_with_fewer_entries_than_expected_is_refused() {
    let web = Web::start();
    web.file("/list.txt", format!("{RONIN}\n"));
    let source = format!("url = \"{}\"\nentries_min = 2", web.url("/list.txt"));
    let daemon = Daemon::empty().config(&fetching("ours", &source)).start();
    until_tried(&daemon);
    let refused = (5, "REFUSED".to_owned(), "GATE".to_owned());
    assert_eq!(sync_one(&daemon, "ours"), refused);
    assert_eq!(daemon.live().0, 0);
}

#[test]
fn one_source_that_fails_keeps_no_other_back() {
    let web = Web::start();
    web.file("/good.txt", format!("{RONIN}\n"));
    let mut config = fetching("bad", &format!("url = \"{}\"", web.url("/bad.txt")));
    config += &format!(
        "[[sources]]\nid = \"good\"\ntier = \"OPERATOR\"\nurl = \"{}\"\n",
        web.url("/good.txt")
    );
    let daemon = Daemon::empty().config(&config).start();
    until_tried(&daemon);
    assert_eq!(daemon.screen(RONIN).verdict(), Verdict::Listed);
    let (code, results) = sync(&daemon, &[]);
    let outcomes: Vec<_> = results
        .iter()
        .map(|result| (result["source"].as_str(), result["outcome"].as_str()))
        .collect();
    assert_eq!(code, 4);
    let expected = [
        (Some("bad"), Some("FAILED")),
        (Some("good"), Some("UNCHANGED")),
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(daemon.screen(&evm(1)).reasons(), [Reason::SourceMissing]);
}

#[test]
fn tls_that_nobody_vouches_for_is_refused() {
    let web = Web::start_tls();
    web.file("/list.txt", format!("{RONIN}\n"));
    let source = format!("url = \"{}\"", web.url("/list.txt"));
    let daemon = Daemon::empty().config(&fetching("ours", &source)).start();
    until_tried(&daemon);
    assert_eq!(sync_one(&daemon, "ours").2, "UNREACHABLE");
    assert_eq!(web.asked().len(), 0);
    let (_, results) = sync(&daemon, &["ours"]);
    let words = results[0]["trouble"]["message"]
        .as_str()
        .unwrap_or_default();
    assert!(words.to_lowercase().contains("certificate"), "{words}");
}

#[test]
fn encryption_is_not_left_by_a_redirect() {
    let (web, plain) = (Web::start_tls(), Web::start());
    let home = Home::new();
    let ca_file = home.write("ca.pem", web.ca());
    plain.file("/list.txt", format!("{RONIN}\n"));
    web.reply("/list.txt", Reply::redirect(plain.url("/list.txt")));
    let source = format!(
        "url = \"{}\"\nallow_http = true\nca_file = \"{}\"",
        web.url("/list.txt"),
        ca_file.display()
    );
    let daemon = Daemon::empty().config(&fetching("ours", &source)).start();
    until_tried(&daemon);
    assert_eq!(sync_one(&daemon, "ours").2, "DOWNGRADE");
    assert_eq!(plain.asked().len(), 0);
}

/// A stop does not wait for a slow publisher.
#[test]
fn a_slow_body_does_not_hold_up_a_stop() {
    let web = Web::start();
    let drip = Duration::from_millis(50);
    web.reply("/list.txt", Reply::new(200, SDN).dripping(2000, drip));
    let source = format!("url = \"{}\"", web.url("/list.txt"));
    let mut daemon = Daemon::empty().config(&fetching("ours", &source)).start();
    eventually("the download is under way", SOON, || {
        !web.asked().is_empty()
    });
    thread::sleep(Duration::from_millis(300));
    let asked_at = Instant::now();
    daemon.stop();
    assert!(
        asked_at.elapsed() < Duration::from_secs(5),
        "{:?}",
        asked_at.elapsed()
    );
}

/// Killed while the list comes, the daemon holds what it held, and goes on
/// where the download stopped.
#[test]
fn a_kill_during_a_download_costs_at_most_the_download() {
    let held = [format!("{RONIN}\n")];
    let big: String = (0..400_000).map(|n| evm(n) + "\n").chain(held).collect();
    let (mut daemon, web) = holding("format = \"text\"");
    let content = big.clone();
    let drip = Duration::from_millis(20);
    web.answer("/list.txt", move |asked| {
        good_file(asked, content.as_bytes()).dripping(256 << 10, drip)
    });
    let url = daemon.url().to_owned();
    let waiting =
        thread::spawn(move || super::harness::interdict(["sync", "ours", "--server", &url]));
    // Eight megabytes are synced at a time.
    eventually("some of it is noted", SOON, || {
        !daemon.home().files_ending(".part.json").is_empty()
    });
    daemon.kill();
    assert_eq!(
        waiting.join().expect("it ends").code,
        4,
        "an end without a result is no success"
    );
    daemon.start_again();
    assert_eq!(daemon.live().0, 1);
    assert_eq!(daemon.screen(RONIN).verdict(), Verdict::Listed);
    assert_eq!(sync_one(&daemon, "ours").1, "UPDATED", "{}", daemon.logs());
    let resumed = web
        .asked()
        .into_iter()
        .filter_map(|asked| asked.header("range").map(str::to_owned));
    let resumed: Vec<String> = resumed.collect();
    assert_eq!(resumed.len(), 1, "{resumed:?}");
    assert_ne!(resumed[0], "bytes=0-");
    assert_eq!(daemon.screen(&evm(399_999)).verdict(), Verdict::Listed);
    assert_eq!(daemon.sources().sources[0].entries, 400_001);
}

/// Killed at any moment of a sync, a daemon holds the one generation or the
/// other, and the next sync ends it.
#[test]
fn a_kill_during_a_sync_leaves_one_generation_or_the_other() {
    let list = |edition: u64| -> String {
        let kept = (0..2000).map(|n| evm(n) + "\n");
        kept.chain([evm(10_000 + edition) + "\n"]).collect()
    };
    let web = Web::start();
    web.file("/list.txt", list(0));
    let source = format!("url = \"{}\"", web.url("/list.txt"));
    let mut daemon = Daemon::empty().config(&fetching("ours", &source)).start();
    until_tried(&daemon);
    for edition in 1..8 {
        web.file("/list.txt", list(edition));
        let before = daemon.live().0;
        let url = daemon.url().to_owned();
        let waiting = thread::spawn(move || {
            super::harness::interdict(["sync", "--server", &url]);
        });
        thread::sleep(Duration::from_millis(edition * 12));
        daemon.kill();
        waiting.join().expect("it ends");
        daemon.start_again();
        let after = daemon.live().0;
        assert!(
            (before..=before + 1).contains(&after),
            "{before} became {after}"
        );
        assert_eq!(daemon.screen(&evm(1)).verdict(), Verdict::Listed);
        let (code, _) = sync(&daemon, &["ours"]);
        assert_eq!(
            (code, daemon.live().0),
            (0, before + 1),
            "{}",
            daemon.logs()
        );
        assert_eq!(
            daemon.screen(&evm(10_000 + edition)).verdict(),
            Verdict::Listed
        );
    }
}

/// What sync remembers may be lost or damaged; it costs a question.
#[test]
fn a_damaged_memory_of_sync_costs_a_fetch_and_no_more() {
    let (mut daemon, web) = holding("");
    daemon.stop();
    for path in daemon.home().files_ending("ours.json") {
        fs::write(path, "{\"last").expect("writes");
    }
    for path in daemon.home().files_ending("list.txt") {
        fs::write(path, "damaged").expect("writes");
    }
    let asked = web.asked().len();
    daemon.start_again();
    assert_eq!(daemon.screen(RONIN).verdict(), Verdict::Listed);
    eventually("it is asked at once", SOON, || web.asked().len() > asked);
    assert_eq!(
        web.asked()[asked].header("if-none-match"),
        None,
        "nothing good is kept"
    );
    assert_eq!(sync_one(&daemon, "ours").1, "UNCHANGED");
}
