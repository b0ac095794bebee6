//! Going back to an earlier generation, and the history that remembers it.

use tonic::Code;

use super::harness::{Daemon, Random, act, block_on, evm, evms, v1, word_for};
use v1::{Cause, Verdict};

fn roll_back(
    daemon: &Daemon,
    to: u64,
    source: &str,
    approve: &str,
) -> Result<v1::RollBackResponse, tonic::Status> {
    let request = v1::RollBackRequest {
        to,
        source: source.to_owned(),
        act: Some(act("Ada Byron", "bad publication")),
        approve: approve.to_owned(),
    };
    Ok(block_on(daemon.history().roll_back(request))?.into_inner())
}

#[track_caller]
fn roll_back_confirmed(daemon: &Daemon, to: u64, source: &str) -> v1::RollBackResponse {
    match roll_back(daemon, to, source, "") {
        Ok(done) => done,
        Err(refused) => {
            let word = word_for(refused.message());
            roll_back(daemon, to, source, &word).expect("it was confirmed")
        }
    }
}

#[test]
fn law_5_a_rollback_is_a_new_generation_with_the_digest_of_the_old() {
    const SEED: u64 = 7;
    let mut daemon = Daemon::empty().start();
    let mut random = Random::seeded(SEED);
    let mut sets = Vec::new();
    for _ in 0..6 {
        let some: Vec<String> = (0..40).filter(|_| random.below(3) > 0).map(evm).collect();
        daemon.import_text_confirmed("ours", &some);
        sets.push(some);
    }
    let generations = |daemon: &Daemon| {
        let request = v1::ListGenerationsRequest::default();
        let answer = block_on(daemon.lists().list_generations(request)).expect("answers");
        answer.into_inner().generations
    };
    for to in [2_u64, 5, 1] {
        let target = generations(&daemon)
            .into_iter()
            .find(|one| one.number == to)
            .expect("is there");
        let done = roll_back_confirmed(&daemon, to, "");
        assert_eq!(done.generation_digest, target.digest, "seed {SEED}");
        let live = &generations(&daemon)[0];
        assert_eq!(
            (live.number, live.cause(), live.rolled_back_to),
            (done.generation, Cause::Rollback, to)
        );
        assert_eq!(
            live.act.clone().expect("says who").reason,
            "bad publication"
        );
        let expected = &sets[to as usize - 1];
        for number in 0..40 {
            let listed = daemon.screen(&evm(number)).verdict() == Verdict::Listed;
            assert_eq!(
                listed,
                expected.contains(&evm(number)),
                "{number} after {to}, seed {SEED}"
            );
        }
        daemon.restart();
    }
}

#[test]
fn one_source_goes_back_and_the_others_stay() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(0..5));
    daemon.import_text("theirs", &evms(10..15));
    daemon.import_text("ours", &evms(0..8));
    daemon.import_text("theirs", &evms(10..18));
    let done = roll_back_confirmed(&daemon, 2, "ours");
    assert_eq!((done.added, done.removed), (0, 3));
    assert_eq!(daemon.screen(&evm(7)).verdict(), Verdict::NotListed);
    assert_eq!(daemon.not_listed_of(&evms(10..18)), Vec::<&str>::new());
    // The same file again is again a change.
    assert!(daemon.import_text("ours", &evms(0..8)).changed);
}

#[test]
fn addresses_come_off_only_with_a_word_for_that_very_change() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(0..5));
    daemon.import_text("ours", &evms(0..8));
    let refused = roll_back(&daemon, 1, "", "").expect_err("three come off");
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().contains("would lose 3 of"), "{refused}");
    let word = word_for(refused.message());
    daemon.import_text("theirs", &[evm(50)]);
    roll_back(&daemon, 1, "", &word).expect_err("the set has changed since");
    for wrong in [0, 3, 99] {
        let refused = roll_back(&daemon, wrong, "", "").expect_err("no such generation");
        assert_eq!(refused.code(), Code::InvalidArgument, "{wrong}");
    }
    assert_eq!(daemon.not_listed_of(&evms(0..8)), Vec::<&str>::new());
}

#[test]
fn the_history_of_an_address_tells_every_change() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(0..3));
    daemon.import_text("ours", &evms(0..2));
    daemon.import_text("ours", &evms(0..3));
    let events = daemon
        .command(
            "history",
            &[
                "--output",
                "json",
                &evm(2).to_uppercase().replacen("0X", "0x", 1),
            ],
        )
        .expect_code(0)
        .json();
    let told: Vec<(String, u64)> = events["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| {
            let kind = event["kind"].as_str().expect("a kind").to_owned();
            (kind, event["generation"].as_u64().expect("a number"))
        })
        .collect();
    let expected = [("LISTED", 1), ("DELISTED", 2), ("LISTED", 3)];
    assert_eq!(
        told,
        expected.map(|(kind, number)| (kind.to_owned(), number))
    );
    let text = daemon.command("history", &[&evm(2)]).expect_code(0).stdout;
    assert!(text.contains("DELISTED") && text.contains("ours"), "{text}");
    let none = daemon.command("history", &[&evm(77)]).expect_code(0).stdout;
    assert!(none.contains("no entry was ever held"), "{none}");
}

#[test]
fn incidents_are_counted_by_source_and_shown_with_their_addresses() {
    let daemon = Daemon::with_bundled_lists().start();
    let all = daemon
        .command("incidents", &["--output", "json"])
        .expect_code(0)
        .json();
    let incidents = all["incidents"].as_array().expect("incidents");
    let dmm = incidents
        .iter()
        .find(|one| one["incident"]["id"] == "dmm-bitcoin")
        .expect("is bundled");
    assert_eq!(dmm["incident"]["loss_usd"], 308_000_000);
    // Counted by hand from the bundled files.
    let by_hand = super::harness::bundled_rows_naming("dmm-bitcoin");
    let shown = daemon
        .command("incident", &["--output", "json", "dmm-bitcoin"])
        .expect_code(0)
        .json();
    assert_eq!(shown["entries"].as_array().expect("entries").len(), by_hand);
    assert_eq!(dmm["addresses"], by_hand);
    let text = daemon
        .command("incident", &["dmm-bitcoin"])
        .expect_code(0)
        .stdout;
    assert!(
        text.contains("DMM Bitcoin 2024") && text.contains("$308.0 million"),
        "{text}"
    );
    daemon
        .command("incident", &["no-such-thing"])
        .expect_code(5);
}
