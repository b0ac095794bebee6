//! What is no bundle, or not to be trusted, and who may import it all the
//! same.

use std::fs;

use tonic::Code;

use super::super::harness::{Daemon, Random, Upload, block_on, confirmation, evm, evms, v1};
use super::{Key, messages, read, send, take, text, try_take};
use v1::import_bundle_request::Part;
use v1::{OriginComparison, Verdict};

/// What an operator added on the spot must not go because an origin knows
/// nothing of it.
#[test]
fn a_list_kept_by_hand_here_is_not_replaced_without_a_word() {
    let key = Key::new();
    let origin = Daemon::empty().start();
    let sink = Daemon::empty().config(&key.trusted("")).start();
    let add = |daemon: &Daemon, number| {
        let arguments = [
            "add",
            &evm(number),
            "--author",
            "Ada Byron",
            "--reason",
            "a case",
        ];
        daemon.command("operator", &arguments).expect_code(0);
    };
    add(&origin, 1);
    take(&sink, &read(&key.bundle(&origin, "1", &[])));
    add(&origin, 2);
    // Nothing was changed here since.
    take(&sink, &read(&key.bundle(&origin, "2", &[])));
    add(&sink, 7);
    add(&origin, 3);
    let third = read(&key.bundle(&origin, "3", &[]));
    let refused = try_take(&sink, &third, &[]).expect_err("would take 7 off");
    assert!(refused.message().contains("changed by hand"), "{refused}");
    assert_eq!(sink.screen(&evm(7)).verdict(), Verdict::Listed);
    try_take(&sink, &third, &[&confirmation(&refused)]).expect("with a word");
    assert_eq!(sink.not_listed_of(&evms(1..4)), [] as [&str; 0]);
    assert_eq!(sink.screen(&evm(7)).verdict(), Verdict::NotListed);
}

#[test]
fn what_is_unsigned_or_of_an_unknown_key_needs_a_persons_word() {
    let (key, stranger) = (Key::new(), Key::new());
    let origin = Daemon::empty().start();
    origin.import_text("first", &evms(0..5));
    let unsigned = key.home.path("unsigned");
    origin
        .command("bundle", &["create", "--unsigned", "-o", text(&unsigned)])
        .expect_code(0);
    let strange = stranger.bundle(&origin, "strange", &[]);
    for (file, words) in [
        (&unsigned, "not signed"),
        (&strange, "not in `bundles.trusted_keys`"),
    ] {
        let sink = Daemon::empty().config(&key.trusted("")).start();
        let ran = sink
            .command("bundle", &["import", text(file)])
            .expect_code(5);
        assert!(ran.stderr.contains(words), "{ran:?}");
        assert_eq!(sink.live().0, 0);
        let refused = try_take(&sink, &read(file), &[]).expect_err("refused");
        assert_eq!(refused.code(), Code::FailedPrecondition);
        let digest = confirmation(&refused);
        let ran = sink.command(
            "bundle",
            &[
                "import",
                "--approve",
                &digest,
                "--author",
                "Ada Byron",
                "--reason",
                "mine",
                text(file),
            ],
        );
        ran.expect_code(0);
        let made = &sink.generations()[0];
        assert!(made.overridden[0].contains(words), "{made:?}");
        assert_eq!(made.act.as_ref().expect("an act").author, "Ada Byron");
        // And the configuration can forbid that.
        let strict = Daemon::empty()
            .config(&key.trusted("require_signed = true"))
            .start();
        let refused = try_take(&strict, &read(file), &[&digest]).expect_err("refused");
        assert!(refused.message().contains("bundles.overrides"), "{refused}");
        assert_eq!(strict.live().0, 0);
    }
}

#[test]
fn unsigned_sources_can_be_forbidden() {
    let key = Key::new();
    let origin = Daemon::empty().start();
    origin.import_text("first", &evms(0..5));
    let bundle = read(&key.bundle(&origin, "all", &[]));
    let one = "[[sources]]\nid = \"first\"\ntier = \"ATTRIBUTED\"\nsigned = true";
    for (more, rule) in [
        ("require_signed = true", "bundles.require_signed"),
        (one, "signed = true"),
    ] {
        let sink = Daemon::empty().config(&key.trusted(more)).start();
        let refused = sink.try_import(&Upload::of("first").lines(&evms(0..5)));
        let refused = refused.expect_err("must be signed");
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert!(refused.message().contains(rule), "{refused}");
        let other = sink.try_import(&Upload::of("other").lines(&evms(7..9)));
        assert_eq!(other.is_ok(), more == one);
        take(&sink, &bundle);
        assert_eq!(sink.not_listed_of(&evms(0..5)), [] as [&str; 0]);
    }
}

#[test]
fn a_key_trusted_for_some_sources_speaks_for_no_others() {
    let key = Key::new();
    let origin = Daemon::empty().start();
    origin.import_text("first", &evms(0..5));
    origin.import_text("second", &evms(5..9));
    let config = format!(
        "[bundles]\ntrusted_keys = [{{ key = \"{}\", sources = [\"first\"] }}]",
        key.public
    );
    let sink = Daemon::empty().config(&config).start();
    let refused = try_take(&sink, &read(&key.bundle(&origin, "all", &[])), &[]);
    let refused = refused.expect_err("not for `second`");
    assert!(refused.message().contains("`second`"), "{refused}");
    take(
        &sink,
        &read(&key.bundle(&origin, "first", &["--source", "first"])),
    );
}

#[test]
fn an_older_bundle_cannot_be_replayed_even_after_a_restart() {
    let key = Key::new();
    let origin = Daemon::empty().start();
    origin.import_text("first", &evms(0..5));
    let older = read(&key.bundle(&origin, "older", &[]));
    origin.import_text("first", &evms(0..6));
    let newer = read(&key.bundle(&origin, "newer", &[]));
    let mut sink = Daemon::empty().config(&key.trusted("")).start();
    take(&sink, &older);
    take(&sink, &newer);
    for _ in 0..2 {
        let refused = try_take(&sink, &older, &[]).expect_err("takes back");
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert!(
            refused.message().contains("generation 2 was imported"),
            "{refused}"
        );
        assert_eq!(sink.screen(&evm(5)).verdict(), Verdict::Listed);
        sink.kill();
        sink.start_again();
    }
    let ledger = sink.home().data_dir().join("BUNDLES");
    let mut damaged = fs::read(&ledger).expect("there is a ledger");
    damaged[40] ^= 1;
    fs::write(&ledger, damaged).expect("written");
    let refused = try_take(&sink, &newer, &[]).expect_err("cannot be told");
    assert!(refused.message().contains("BUNDLES"), "{refused}");
}

#[test]
fn an_expired_bundle_is_refused() {
    let key = Key::new();
    let origin = Daemon::empty().start();
    origin.import_text("first", &evms(0..5));
    let expired = key.bundle(
        &origin,
        "expired",
        &["--created", "2026-01-01T00:00:00Z", "--expires-in", "7d"],
    );
    let sink = Daemon::empty().config(&key.trusted("")).start();
    let refused = try_take(&sink, &read(&expired), &[]).expect_err("expired");
    assert!(
        refused.message().contains("expired at 2026-01-08"),
        "{refused}"
    );
    let future = key.bundle(&origin, "future", &["--created", "2100-01-01T00:00:00Z"]);
    let refused = try_take(&sink, &read(&future), &[]).expect_err("not yet");
    assert!(refused.message().contains("clocks"), "{refused}");
    for wrong in ["0s", "367d", "soon"] {
        let file = text(&key.home.path("wrong")).to_owned();
        let ran = origin.command(
            "bundle",
            &[
                "create",
                "--key",
                &key.path(),
                "--expires-in",
                wrong,
                "-o",
                &file,
            ],
        );
        assert!(ran.code == 5 || ran.code == 2, "{ran:?}");
    }
}

/// A bundle that shrinks a list much waits for a person, as any list does.
#[test]
fn a_gate_stands_before_a_bundle_too() {
    let key = Key::new();
    let origin = Daemon::empty().start();
    let sink = Daemon::empty().config(&key.trusted("")).start();
    for source in ["first", "second"] {
        origin.import_text(source, &evms(0..40));
    }
    take(&sink, &read(&key.bundle(&origin, "1", &[])));
    for source in ["first", "second"] {
        origin.import_text_confirmed(source, &evms(0..5));
    }
    let smaller = read(&key.bundle(&origin, "2", &[]));
    let first = confirmation(&try_take(&sink, &smaller, &[]).expect_err("shrinks"));
    let second = confirmation(&try_take(&sink, &smaller, &[&first]).expect_err("so does it"));
    assert_ne!(first, second);
    assert_eq!(sink.live().0, 1, "all or nothing");
    let report = try_take(&sink, &smaller, &[&first, &second]).expect("approved");
    assert_eq!(report.origin(), OriginComparison::Same);
    assert_eq!(sink.generations()[0].overridden.len(), 4);
}

#[test]
fn a_bundle_refused_by_a_gate_leaves_the_ledger_as_it_was() {
    let key = Key::new();
    let origin = Daemon::empty().start();
    let sink = Daemon::empty().config(&key.trusted("")).start();
    origin.import_text("first", &evms(0..40));
    take(&sink, &read(&key.bundle(&origin, "1", &[])));
    let ledger = || fs::read(sink.home().data_dir().join("BUNDLES")).expect("there");
    let before = ledger();
    origin.import_text("first", &evms(0..41));
    let middle = read(&key.bundle(&origin, "2", &[]));
    origin.import_text_confirmed("first", &evms(0..5));
    try_take(&sink, &read(&key.bundle(&origin, "3", &[])), &[]).expect_err("shrinks");
    assert_eq!(ledger(), before);
    take(&sink, &middle);
}

#[test]
fn a_damaged_cut_or_foreign_bundle_changes_nothing() {
    const SEED: u64 = 8_001;
    let key = Key::new();
    let origin = Daemon::with_bundled_lists().start();
    let whole = read(&key.bundle(&origin, "all", &[]));
    let sink = Daemon::empty().config(&key.trusted("")).start();
    let refused = |bytes: &[u8], what: &str| {
        let refused = try_take(&sink, bytes, &[]).expect_err(what);
        assert_eq!(refused.code(), Code::InvalidArgument, "{what}: {refused}");
        assert_eq!(sink.live().0, 0, "{what}");
    };
    let mut random = Random::seeded(SEED);
    for _ in 0..60 {
        let bit = random.below(whole.len() as u64 * 8);
        let mut bytes = whole.clone();
        bytes[(bit / 8) as usize] ^= 1 << (bit % 8);
        refused(&bytes, &format!("seed {SEED}: bit {bit}"));
    }
    for percent in 0..100 {
        let cut = &whole[..whole.len() * percent / 100];
        refused(cut, &format!("cut at {percent} %"));
    }
    refused(&[&whole[..], b"\0"].concat(), "a byte more");
    refused(b"address,category\n", "a list");
    assert!(!sink.home().data_dir().join("BUNDLES").exists());
    take(&sink, &whole);
}

#[test]
fn an_upload_that_is_not_in_order_is_refused() {
    let key = Key::new();
    let origin = Daemon::empty().start();
    origin.import_text("first", &evms(0..5));
    let bundle = read(&key.bundle(&origin, "all", &[]));
    let sink = Daemon::empty().config(&key.trusted("")).start();
    let whole = messages(&bundle, &[]);
    let [header, content, end] = &whole[..] else {
        panic!("a small bundle is one message");
    };
    let mut short = end.clone();
    short.part = Some(Part::End(v1::BundleEnd { content_bytes: 1 }));
    let none = v1::ImportBundleRequest::default();
    for wrong in [
        vec![],
        vec![content.clone(), end.clone()],
        vec![header.clone(), content.clone()],
        vec![header.clone(), end.clone()],
        vec![header.clone(), header.clone(), content.clone(), end.clone()],
        vec![header.clone(), content.clone(), end.clone(), end.clone()],
        vec![header.clone(), content.clone(), short],
        vec![header.clone(), none, content.clone(), end.clone()],
    ] {
        let refused = block_on(send(sink.channel(), wrong.clone())).expect_err("refused");
        assert_eq!(
            refused.code(),
            Code::InvalidArgument,
            "{wrong:?}: {refused}"
        );
    }
    assert_eq!(sink.live().0, 0);
    take(&sink, &bundle);
}
