//! What travels in a bundle, and what it is there.

use std::fs;

use serde_json::Value;

use super::super::harness::{
    Daemon, Home, Upload, bundled_addresses, evm, evms, interdict, own_csv, program, v1,
};
use super::{Key, read, said_of, take, text, try_take};
use v1::{OriginComparison, Verdict};

#[test]
fn a_whole_generation_travels_to_an_empty_daemon() {
    let key = Key::new();
    let origin = Daemon::with_bundled_lists().start();
    let rows = [
        &format!("{},XBT,Doe; Jane,2024-02-03", evm(1)),
        &format!("{},,Ωmega,", evm(2)),
    ];
    let rows: Vec<&str> = rows.iter().map(|row| row.as_str()).collect();
    let list = own_csv("address,ticker,subjects,listed_on", &rows);
    origin.import(&Upload::of("ours").file("ours.csv", list));
    let person = ["--author", "Ada Byron", "--reason", "a case"];
    let add = |which: &str, number| {
        let address = evm(number);
        let arguments = [&["add", &address][..], &person].concat();
        origin.command(which, &arguments).expect_code(0);
    };
    add("operator", 3);
    add("exempt", 1);

    let file = key.bundle(&origin, "all.bundle", &[]);
    let air_gapped = Daemon::empty().config(&key.trusted("")).start();
    let ran = air_gapped
        .command("bundle", &["import", "--output", "json", text(&file)])
        .expect_code(0)
        .json();
    assert_eq!(ran["origin"], "SAME", "{ran}");
    assert_eq!(ran["generation"], 1);
    assert_eq!(air_gapped.live().1, origin.live().1, "the digests");
    assert_eq!(said_of(&air_gapped), said_of(&origin));
    let asked: Vec<&str> = bundled_addresses().iter().map(|row| row.address).collect();
    assert_eq!(air_gapped.verdicts(&asked), origin.verdicts(&asked));
    for number in 0..5 {
        let (here, there) = (air_gapped.screen(&evm(number)), origin.screen(&evm(number)));
        assert_eq!(here.both(), there.both(), "{number}");
    }
    // What the origin knows of an entry, who answers for it included.
    let of = |daemon: &Daemon| daemon.screen(&evm(3)).match_on("operator").act.clone();
    assert!(of(&air_gapped).is_some_and(|act| act.author == "Ada Byron"));
    assert_eq!(of(&air_gapped), of(&origin));
    let made = &air_gapped.generations()[0];
    assert_eq!(made.cause(), v1::Cause::Bundle, "{made:?}");
}

#[test]
fn the_next_bundle_brings_what_came_and_takes_what_went() {
    let key = Key::new();
    let origin = Daemon::empty().start();
    let mut sink = Daemon::empty().config(&key.trusted("")).start();
    origin.import_text("first", &evms(0..50));
    take(&sink, &read(&key.bundle(&origin, "1.bundle", &[])));
    origin.import_text("first", &evms(3..60));
    origin.import_text("second", &evms(100..110));
    let first = key.home.path("1.bundle");
    let second = key.bundle(&origin, "2.bundle", &["--previous", text(&first)]);
    let report = take(&sink, &read(&second));
    assert_eq!(report.origin(), OriginComparison::Same, "{report:?}");
    assert_eq!(report.warnings, [] as [&str; 0]);
    let changes: Vec<_> = report
        .reports
        .iter()
        .map(|one| (one.source.as_str(), one.added, one.removed))
        .collect();
    assert_eq!(changes, [("first", 10, 3), ("second", 10, 0)]);
    // One generation for all of it.
    assert_eq!(sink.live().0, 2);
    // The same again changes nothing, and is no step back.
    let again = take(&sink, &read(&second));
    assert_eq!(
        (again.generation, again.origin()),
        (2, OriginComparison::Same)
    );
    assert!(again.reports.iter().all(|one| !one.changed));
    sink.restart();
    assert_eq!(sink.live().1, origin.live().1);
}

#[test]
fn one_source_travels_alone_and_leaves_the_others_be() {
    let key = Key::new();
    let origin = Daemon::empty().start();
    origin.import_text("first", &evms(0..5));
    origin.import_text("second", &evms(10..15));
    let sink = Daemon::empty().config(&key.trusted("")).start();
    sink.import_text("mine", &evms(20..25));
    let file = key.bundle(&origin, "one.bundle", &["--source", "second"]);
    let report = take(&sink, &read(&file));
    assert_eq!(report.origin(), OriginComparison::NotComparable);
    assert_eq!(sink.not_listed_of(&evms(10..15)), [] as [&str; 0]);
    assert_eq!(sink.not_listed_of(&evms(20..25)), [] as [&str; 0]);
    assert_eq!(sink.screen(&evm(0)).verdict(), Verdict::NotListed);
}

/// Lists do say several things of one address and subject. They are told
/// apart by their order alone, which a bundle must keep.
#[test]
fn entries_told_apart_by_their_order_keep_it() {
    let key = Key::new();
    let origin = Daemon::empty().start();
    let list = |notes: &[&str]| {
        let rows: Vec<String> = notes
            .iter()
            .flat_map(|note| {
                [
                    format!("{},X,{note}", evm(0)),
                    format!("{},Y,{note}", evm(0)),
                ]
            })
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        Upload::of("ours").file("ours.csv", own_csv("address,subjects,note", &rows))
    };
    let sink = Daemon::empty().config(&key.trusted("")).start();
    for (number, notes) in [
        &["on", "off", "on again"][..],
        &["off", "on again"],
        &["z", "a"],
    ]
    .into_iter()
    .enumerate()
    {
        origin.import(&list(notes));
        let file = key.bundle(&origin, &format!("{number}.bundle"), &[]);
        let report = take(&sink, &read(&file));
        assert_eq!(report.origin(), OriginComparison::Same, "{notes:?}");
    }
}

/// A daemon without a network must not take old lists for fresh ones because
/// a courier brought them today.
#[test]
fn lists_age_from_when_they_were_fetched_and_not_from_the_import() {
    let key = Key::new();
    let origin = Daemon::empty().start();
    let upload = Upload::of("ofac-sdn").tier(v1::Tier::Sanctions);
    let upload = upload
        .lines(&evms(0..5))
        .retrieved_at("2026-01-01T00:00:00Z");
    origin.import(&upload);
    let sink = Daemon::empty().config(&key.trusted("")).start();
    take(&sink, &read(&key.bundle(&origin, "old.bundle", &[])));
    let source = &sink.sources().sources[0];
    assert!(
        source.stale && source.retrieved_at.starts_with("2026-01-01"),
        "{source:?}"
    );
    let answer = sink.screen(&evm(99));
    assert_eq!(answer.verdict(), Verdict::Indeterminate);
    assert_eq!(sink.screen(&evm(0)).verdict(), Verdict::Listed);
    // Seen again at its publisher, it is fresh; so says the next bundle.
    let upload = upload.retrieved_at(&jiff::Timestamp::now().to_string());
    origin.import(&upload);
    let report = take(&sink, &read(&key.bundle(&origin, "new.bundle", &[])));
    assert!(!report.reports[0].changed);
    assert_eq!(sink.screen(&evm(99)).verdict(), Verdict::NotListed);
}

#[test]
fn an_earlier_generation_can_be_bundled() {
    let key = Key::new();
    let origin = Daemon::empty().start();
    origin.import_text("first", &evms(0..5));
    let digest = origin.live().1;
    origin.import_text("first", &evms(0..9));
    let file = key.bundle(&origin, "1.bundle", &["--generation", "1"]);
    let sink = Daemon::empty().config(&key.trusted("")).start();
    take(&sink, &read(&file));
    assert_eq!(sink.live().1, digest);
    let refused = origin.command(
        "bundle",
        &[
            "create",
            "--key",
            &key.path(),
            "--generation",
            "7",
            "-o",
            text(&key.home.path("7")),
        ],
    );
    assert!(refused.expect_code(5).stderr.contains("generation 7"));
}

#[test]
fn the_same_order_gives_the_same_bytes() {
    let key = Key::new();
    let origin = Daemon::with_bundled_lists().start();
    let at = ["--created", "2026-11-22T10:00:00Z"];
    let one = read(&key.bundle(&origin, "one", &at));
    assert_eq!(one, read(&key.bundle(&origin, "other", &at)));
    let made = fs::read_dir(key.home.path("")).expect("readable").count();
    assert_eq!(made, 4, "the key pair, two bundles and nothing else");
}

#[test]
fn a_bundle_shows_what_is_in_it_without_a_daemon() {
    let key = Key::new();
    let origin = Daemon::with_bundled_lists().start();
    let file = key.bundle(&origin, "all.bundle", &[]);
    let verify = |more: &[&str]| interdict([&["bundle", "verify", text(&file)], more].concat());
    let shown = verify(&["--trusted-key", &key.public])
        .expect_code(0)
        .stdout;
    for words in [
        "ofac-sdn",
        "SANCTIONS",
        "starter set",
        "signed by the trusted key",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let public_file = key.home.path("feed.key.pub");
    let json = verify(&["--trusted-key", text(&public_file), "--output", "json"]);
    let json: Value = json.expect_code(0).json();
    assert_eq!(
        (&json["trusted"], &json["manifest"]["sequence"]),
        (&true.into(), &4.into())
    );
    let stranger = Key::new();
    for more in [&[][..], &["--trusted-key", &stranger.public]] {
        let refused = verify(more).expect_code(5);
        assert!(
            refused.stderr.contains("not in `bundles.trusted_keys`"),
            "{refused:?}"
        );
    }
    let mut damaged = read(&file);
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let damaged = key.home.write("damaged", damaged);
    let refused = interdict(["bundle", "verify", text(&damaged)]).expect_code(5);
    assert!(refused.stderr.contains("checksum"), "{refused:?}");
}

/// Nothing of what passed through stays on the disk.
#[test]
fn nothing_is_left_behind() {
    let key = Key::new();
    let origin = Daemon::empty().start();
    origin.import_text("first", &evms(0..500));
    let bundle = read(&key.bundle(&origin, "all", &[]));
    let sink = Daemon::empty().config(&key.trusted("")).start();
    try_take(&sink, &bundle[..50], &[]).expect_err("cut");
    take(&sink, &bundle);
    for daemon in [&origin, &sink] {
        let left = daemon.home().files_ending("");
        let left: Vec<_> = left
            .iter()
            .filter(|path| text(path).contains("incoming"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn a_key_with_a_password_signs_only_with_it() {
    let home = Home::new();
    let (path, file) = (home.path("a.key"), home.path("a.bundle"));
    let password = home.write("password", "battery staple\n");
    let keygen = [
        "bundle",
        "keygen",
        "-o",
        text(&path),
        "--password-file",
        text(&password),
    ];
    let made = interdict(keygen).expect_code(0);
    assert!(made.stdout.contains("trusted_keys = [\"RW"), "{made:?}");
    let again = interdict(keygen).expect_code(5);
    assert!(again.stderr.contains("cannot write"), "{again:?}");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).expect("there").permissions());
    assert_eq!(mode & 0o777, 0o600);
    let origin = Daemon::empty().start();
    origin.import_text("first", &evms(0..5));
    let create = ["create", "--key", text(&path), "-o", text(&file)];
    let refused = origin.command("bundle", &create).expect_code(5);
    assert!(refused.stderr.contains("password"), "{refused:?}");
    assert!(!file.exists());
    let mut with_password = program();
    with_password
        .args(["bundle", "create", "--server", origin.url()])
        .args(&create[1..])
        .env("INTERDICT_KEY_PASSWORD", "battery staple");
    assert!(with_password.output().expect("runs").status.success());
    assert!(file.exists());
}
