//! Asking about another moment: an earlier generation, a day in the past.

use tonic::Code;

use super::harness::{Answer, Daemon, Upload, evm, evms, own_csv, v1};
use v1::{Action, Flag, Reason, Verdict};

fn generation(number: u64) -> v1::Moment {
    v1::Moment {
        generation: number,
        ..v1::Moment::default()
    }
}

fn on(day: &str) -> v1::Moment {
    v1::Moment {
        as_of: day.to_owned(),
        ..v1::Moment::default()
    }
}

fn at_least(number: u64) -> v1::Moment {
    v1::Moment {
        min_generation: number,
        ..v1::Moment::default()
    }
}

/// What must be the same when the same generation is asked again.
fn reproducible(answer: &Answer) -> (Verdict, Action, Vec<v1::Match>, u64, Vec<u8>) {
    let outcome = &answer.outcome;
    (
        outcome.verdict(),
        outcome.action(),
        outcome.matches.clone(),
        answer.basis.generation,
        answer.basis.generation_digest.clone(),
    )
}

/// Four generations come and go; after each, every address is asked about
/// live, and at the end all of these answers are asked for again.
#[test]
fn law_5_an_answer_is_reproduced_as_of_its_generation() {
    let mut daemon = Daemon::empty().start();
    let rows = |rows: &[String]| {
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        Upload::of("ours").file("ours.csv", own_csv("address,note,category", &rows))
    };
    let row = |number, note| format!("{},{note},THEFT", evm(number));
    let addresses = evms(0..5);
    let mut told = Vec::new();
    for publication in [
        vec![row(0, "first"), row(1, "first")],
        vec![row(0, "amended"), row(2, "first")],
        vec![row(1, "back again"), row(2, "first"), row(3, "new")],
        vec![row(1, "back again"), row(0, "back too")],
    ] {
        daemon.import(&rows(&publication));
        let asked = addresses.iter().map(|address| daemon.screen(address));
        told.push(asked.collect::<Vec<_>>());
    }
    for _ in 0..2 {
        for (before, number) in told.iter().zip(1..) {
            for (answer, address) in before.iter().zip(&addresses) {
                let again = daemon.screen_at_generation(address, number);
                assert_eq!(
                    reproducible(&again),
                    reproducible(answer),
                    "{address} at {number}"
                );
                let is_past = number < 4;
                assert_eq!(again.has_flag(Flag::Historical), is_past);
            }
        }
        daemon.restart();
    }
}

#[test]
fn min_generation_is_waited_for_by_the_caller_and_never_passed_over() {
    let daemon = Daemon::with_bundled_lists().start();
    let (live, _) = daemon.live();
    for number in [1, live] {
        let answer = daemon
            .try_screen_at(&evm(0), at_least(number))
            .expect("reached");
        assert_eq!(answer.basis.generation, live);
    }
    let refused = daemon
        .try_screen_at(&evm(0), at_least(live + 1))
        .expect_err("not reached");
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    daemon.import_text("ours", &[evm(1)]);
    let answer = daemon
        .try_screen_at(&evm(0), at_least(live + 1))
        .expect("reached");
    assert_eq!(answer.basis.generation, live + 1);
}

#[test]
fn moments_that_cannot_be_spoken_about_are_refused() {
    let daemon = Daemon::with_bundled_lists().start();
    let (live, _) = daemon.live();
    for moment in [
        generation(live + 1),
        generation(u64::MAX),
        on("2999-01-01"),
        on("yesterday"),
        on("2026-02-30"),
        on("2026-1-1"),
    ] {
        let refused = daemon
            .try_screen_at(&evm(0), moment.clone())
            .expect_err("is refused");
        assert_eq!(
            refused.code(),
            Code::InvalidArgument,
            "{moment:?}: {refused}"
        );
    }
}

#[test]
fn law_2_an_absence_before_the_history_held_is_not_vouched_for() {
    let daemon = Daemon::with_bundled_lists().start();
    let answer = daemon.screen_on(&evm(0), "2020-01-01");
    assert_eq!(answer.both(), (Verdict::Indeterminate, Action::Review));
    assert_eq!(answer.reasons(), [Reason::BeforeHistory]);
    assert_eq!(answer.basis.as_of, "2020-01-01");
    assert!(answer.has_flag(Flag::Historical));
}

/// The Ronin exploiter's subject was designated on 2019-09-13.
#[test]
fn a_designation_holds_from_its_day_and_not_before() {
    let daemon = Daemon::with_bundled_lists().start();
    let ronin = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";
    for (day, verdict) in [
        ("2019-09-12", Verdict::Indeterminate),
        ("2019-09-13", Verdict::Listed),
        ("2023-01-01", Verdict::Listed),
    ] {
        let answer = daemon.screen_on(ronin, day);
        assert_eq!(answer.verdict(), verdict, "{day}");
        let is_listed = verdict == Verdict::Listed;
        assert_eq!(
            answer
                .outcome
                .matches
                .iter()
                .any(|found| found.source == "ofac-sdn"),
            is_listed
        );
    }
}

/// A source whose history is held from long ago can vouch for absences, too:
/// `listed_on` and `delisted_on` then bound the days in both directions.
#[test]
fn a_listing_holds_between_its_own_dates() {
    let daemon = Daemon::empty().start();
    let row = format!("{},2022-03-01,2023-03-01,SANCTIONS", evm(0));
    let list = own_csv("address,listed_on,delisted_on,category", &[&row]);
    let upload = Upload::of("dated").file("dated.csv", list);
    daemon.import(&upload.retrieved_at("2021-01-01T00:00:00Z"));
    for (day, verdict, action, matches) in [
        ("2022-02-28", Verdict::NotListed, Action::Allow, 0),
        ("2022-03-01", Verdict::Listed, Action::Review, 1),
        ("2023-02-28", Verdict::Listed, Action::Review, 1),
        ("2023-03-01", Verdict::NotListed, Action::Allow, 1),
        ("2024-01-01", Verdict::NotListed, Action::Allow, 1),
    ] {
        let answer = daemon.screen_on(&evm(0), day);
        assert_eq!(answer.both(), (verdict, action), "{day}: {answer:?}");
        assert_eq!(answer.outcome.matches.len(), matches, "{day}");
    }
    let today = daemon.screen(&evm(0));
    assert_eq!(
        (today.verdict(), today.reasons()),
        (Verdict::NotListed, vec![Reason::Delisted])
    );
    assert_eq!(today.match_on("dated").delisted_on, "2023-03-01");
}

#[test]
fn a_batch_is_about_the_moment_it_names() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &[evm(0)]);
    daemon.import_text_confirmed("ours", &[evm(1)]);
    let verdicts = |number| {
        let request = v1::ScreenAddressesRequest {
            queries: super::harness::queries(&evms(0..2)),
            moment: Some(generation(number)),
            ..v1::ScreenAddressesRequest::default()
        };
        let answered = super::harness::block_on(daemon.screening().screen_addresses(request));
        let answered = answered.expect("answered").into_inner();
        assert_eq!(answered.basis.expect("a basis").generation, number);
        answered
            .outcomes
            .iter()
            .map(v1::Outcome::verdict)
            .collect::<Vec<_>>()
    };
    assert_eq!(verdicts(1), [Verdict::Listed, Verdict::NotListed]);
    assert_eq!(verdicts(2), [Verdict::NotListed, Verdict::Listed]);
}
