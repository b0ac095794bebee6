//! Law 2: an absence counts only if the lists are there and fresh.

use jiff::{SignedDuration, Timestamp};

use super::harness::{Daemon, Upload, evm, v1};
use v1::{Action, Reason, Tier, Verdict};

const RONIN: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";

fn hours_ago(hours: i64) -> String {
    (Timestamp::now() - SignedDuration::from_hours(hours)).to_string()
}

fn required(max_age: &str) -> String {
    format!(
        "[[sources]]\nid = \"ours\"\ntier = \"SANCTIONS\"\nrequired = true\nmax_age = \"{max_age}\"\n"
    )
}

#[test]
fn law_2_a_stale_source_vouches_for_nothing_and_lists_all_the_same() {
    let daemon = Daemon::empty().config(&required("36h")).start();
    let upload = Upload::of("ours").lines(&[evm(0)]);
    daemon.import(&upload.clone().retrieved_at(&hours_ago(40)));
    let absent = daemon.screen(&evm(1));
    assert_eq!(absent.both(), (Verdict::Indeterminate, Action::Review));
    assert_eq!(absent.reasons(), [Reason::SourceStale]);
    assert!(absent.basis.stale && absent.basis.oldest_source == "ours");
    let age = absent.basis.oldest_publication_age_seconds;
    assert!((40 * 3600..40 * 3600 + 60).contains(&age), "{age}");
    let listed = daemon.screen(&evm(0));
    assert_eq!(listed.both(), (Verdict::Listed, Action::Block));
    let held = &daemon.sources().sources[0];
    assert!(held.stale && held.required && held.max_age_seconds == 36 * 3600);
}

/// Seeing the same publication again makes it fresh, and that outlives the
/// process; seeing it earlier does not make it stale.
#[test]
fn the_same_publication_seen_again_is_fresh_again() {
    let mut daemon = Daemon::empty().config(&required("36h")).start();
    let upload = Upload::of("ours").lines(&[evm(0)]);
    daemon.import(&upload.clone().retrieved_at(&hours_ago(40)));
    assert_eq!(daemon.screen(&evm(1)).verdict(), Verdict::Indeterminate);
    let again = daemon.import(&upload.clone().retrieved_at(&hours_ago(1)));
    assert!(!again.changed);
    daemon.import(&upload.retrieved_at(&hours_ago(99)));
    for _ in 0..2 {
        let answer = daemon.screen(&evm(1));
        assert_eq!(
            (answer.verdict(), answer.basis.generation),
            (Verdict::NotListed, 1)
        );
        assert!(!answer.basis.stale);
        daemon.kill();
        daemon.start_again();
    }
}

#[test]
fn an_older_file_does_not_make_a_source_fresh() {
    let daemon = Daemon::empty().config(&required("36h")).start();
    daemon.import(
        &Upload::of("ours")
            .lines(&[evm(0)])
            .retrieved_at(&hours_ago(1)),
    );
    daemon.import(
        &Upload::of("ours")
            .lines(&[evm(0), evm(2)])
            .retrieved_at(&hours_ago(50)),
    );
    assert_eq!(daemon.screen(&evm(1)).reasons(), [Reason::SourceStale]);
}

#[test]
fn law_2_a_missing_source_vouches_for_nothing() {
    let daemon = Daemon::with_bundled_lists()
        .config(&required("36h"))
        .start();
    let absent = daemon.screen(&evm(1));
    assert_eq!(absent.both(), (Verdict::Indeterminate, Action::Review));
    assert_eq!(absent.reasons(), [Reason::SourceMissing]);
    assert!(absent.basis.stale);
    assert_eq!(
        daemon.screen(RONIN).both(),
        (Verdict::Listed, Action::Block)
    );
    let held = daemon.sources().sources;
    let missing = held
        .iter()
        .find(|source| source.id == "ours")
        .expect("it is shown");
    assert!(missing.required && !missing.present);
    daemon.import_text("ours", &[evm(0)]);
    assert_eq!(
        daemon.screen(&evm(1)).both(),
        (Verdict::NotListed, Action::Allow)
    );
}

#[test]
fn the_bundled_snapshot_is_stale_for_who_does_not_accept_it() {
    let config = "[freshness]\naccept_bundled = false";
    let daemon = Daemon::with_bundled_lists().config(config).start();
    let absent = daemon.screen(&evm(1));
    assert_eq!(absent.both(), (Verdict::Indeterminate, Action::Review));
    assert_eq!(absent.reasons(), [Reason::SourceStale]);
    assert_eq!(
        daemon.screen(RONIN).both(),
        (Verdict::Listed, Action::Block)
    );
    daemon.import(&Upload::of("ofac-sdn").fixture("sdn_2026-08-20.xml"));
    assert_eq!(
        daemon.screen(&evm(1)).both(),
        (Verdict::NotListed, Action::Allow)
    );
}

#[test]
fn an_operator_may_block_what_cannot_be_told() {
    let config = format!("{}[policy]\nindeterminate = \"BLOCK\"", required("36h"));
    let daemon = Daemon::with_bundled_lists().config(&config).start();
    for text in [evm(1).as_str(), "garbage", ""] {
        assert_eq!(
            daemon.screen(text).both(),
            (Verdict::Indeterminate, Action::Block)
        );
    }
}

#[test]
fn a_sanctions_source_ages_without_being_named() {
    let config = "[freshness]\nsanctions_max_age = \"2d\"";
    let daemon = Daemon::empty().config(config).start();
    let upload = Upload::of("any").tier(Tier::Sanctions).lines(&[evm(0)]);
    daemon.import(&upload.clone().retrieved_at(&hours_ago(50)));
    assert_eq!(daemon.screen(&evm(1)).reasons(), [Reason::SourceStale]);
    daemon.import(&upload.retrieved_at(&hours_ago(47)));
    assert_eq!(daemon.screen(&evm(1)).verdict(), Verdict::NotListed);
}

/// Ages run on while the daemon runs: nobody needs to touch it.
#[test]
fn law_2_an_answer_turns_when_its_source_does() {
    let daemon = Daemon::empty().config(&required("3s")).start();
    daemon.import(&Upload::of("ours").lines(&[evm(0)]));
    assert_eq!(daemon.screen(&evm(1)).verdict(), Verdict::NotListed);
    super::harness::eventually("it is stale", std::time::Duration::from_secs(15), || {
        daemon.screen(&evm(1)).reasons() == [Reason::SourceStale]
    });
    assert_eq!(daemon.screen(&evm(0)).verdict(), Verdict::Listed);
}

/// The clock is the daemon's own; a publication from tomorrow is an error of
/// somebody's clock and would stay fresh too long.
#[test]
fn a_publication_from_the_future_is_refused() {
    let daemon = Daemon::empty().config(&required("36h")).start();
    let upload = Upload::of("ours").lines(&[evm(0)]);
    let refused = daemon.try_import(&upload.clone().retrieved_at(&hours_ago(-1)));
    assert_eq!(
        refused.expect_err("not yet").code(),
        tonic::Code::InvalidArgument
    );
    daemon.import(&upload);
    let again = daemon.try_import(&upload.retrieved_at(&hours_ago(-1)));
    assert_eq!(
        again.expect_err("nor again").code(),
        tonic::Code::InvalidArgument
    );
}
