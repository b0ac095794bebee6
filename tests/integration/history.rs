//! What becomes of entries from one generation to the next, and the record
//! of it.

use std::collections::BTreeSet;

use tonic::{Code, Status};

use super::harness::{Daemon, Random, Upload, block_on, evm, evms, own_csv, v1};
use v1::diff_generations_response::Part;
use v1::{Action, ChangeKind, Reason, Verdict};

fn own(source: &str, header: &str, rows: &[String]) -> Upload {
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    Upload::of(source).file("list.csv", own_csv(header, &rows))
}

fn diff(daemon: &Daemon, from: u64, to: u64) -> Result<(Vec<v1::Change>, v1::DiffSummary), Status> {
    let request = v1::DiffGenerationsRequest { from, to };
    let mut lists = daemon.lists();
    block_on(async {
        let mut stream = lists.diff_generations(request).await?.into_inner();
        let mut changes = Vec::new();
        while let Some(message) = stream.message().await? {
            match message.part.expect("a part is never absent") {
                Part::Changes(some) => changes.extend(some.changes),
                Part::Summary(summary) => return Ok((changes, summary)),
            }
        }
        panic!("a difference closes with a summary");
    })
}

#[test]
fn a_delisted_address_is_not_listed_and_keeps_its_evidence() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(0..3));
    daemon.import_text("ours", &evms(0..2));
    let gone = daemon.screen(&evm(2));
    assert_eq!(gone.both(), (Verdict::NotListed, Action::Allow));
    assert_eq!(gone.reasons(), [Reason::Delisted]);
    let found = gone.match_on("ours");
    assert!(!found.active && found.action() == Action::Allow);
    assert!(
        found.delisted_on[..] >= found.first_seen_at[..10],
        "{found:?}"
    );
    let earlier = daemon.screen_at_generation(&evm(2), 1);
    assert_eq!(earlier.verdict(), Verdict::Listed);
    assert!(earlier.match_on("ours").active && earlier.match_on("ours").delisted_on.is_empty());
}

/// Off the list and on again: what counts is that it is on it now.
#[test]
fn law_1_an_address_that_comes_back_is_listed_again() {
    let mut daemon = Daemon::empty().start();
    for addresses in [evms(0..3), evms(0..2), evms(0..3)] {
        daemon.import_text("ours", &addresses);
    }
    for _ in 0..2 {
        let back = daemon.screen(&evm(2));
        assert_eq!(back.both(), (Verdict::Listed, Action::Review), "{back:?}");
        assert_eq!(
            daemon.screen_at_generation(&evm(2), 3).verdict(),
            Verdict::Listed
        );
        assert_eq!(
            daemon.screen_at_generation(&evm(2), 2).verdict(),
            Verdict::NotListed
        );
        assert_eq!(
            daemon.screen_at_generation(&evm(2), 1).verdict(),
            Verdict::Listed
        );
        daemon.restart();
    }
}

/// The same, with other particulars on the way back.
#[test]
fn law_1_an_address_that_comes_back_amended_is_listed_again() {
    let daemon = Daemon::empty().start();
    for (note, numbers) in [
        ("one", 0..3),
        ("two", 0..2),
        ("three", 0..3),
        ("four", 0..3),
    ] {
        let rows: Vec<String> = numbers
            .map(|number| format!("{},{note}", evm(number)))
            .collect();
        daemon.import(&own("ours", "address,note", &rows));
    }
    let back = daemon.screen(&evm(2));
    assert_eq!(back.verdict(), Verdict::Listed, "{back:?}");
    let active: Vec<_> = back
        .outcome
        .matches
        .iter()
        .filter(|found| found.active)
        .collect();
    assert_eq!(active.len(), 1);
    assert_eq!(active[0].note, "four");
}

#[test]
fn a_removal_from_one_source_leaves_the_other_standing() {
    let daemon = Daemon::empty().start();
    daemon.import(
        &Upload::of("first")
            .tier(v1::Tier::Operator)
            .lines(&evms(0..3)),
    );
    daemon.import_text("second", &evms(1..4));
    daemon.import_text("first", &evms(0..1));
    let both = daemon.screen(&evm(1));
    assert_eq!(both.both(), (Verdict::Listed, Action::Review));
    assert!(both.match_on("second").active && !both.match_on("first").active);
    assert_eq!(
        both.outcome.matches[0].source, "second",
        "what lists it comes first"
    );
    daemon.import_text("second", &evms(3..4));
    assert_eq!(
        daemon.screen(&evm(1)).both(),
        (Verdict::NotListed, Action::Allow)
    );
}

#[test]
fn an_amended_entry_shows_its_new_particulars_and_its_old_ones_in_the_past() {
    let daemon = Daemon::empty().start();
    for note in ["first", "second"] {
        daemon.import(&own(
            "ours",
            "address,note",
            &[format!("{},{note}", evm(0))],
        ));
    }
    let now = daemon.screen(&evm(0));
    let then = daemon.screen_at_generation(&evm(0), 1);
    assert_eq!(
        (now.verdict(), now.outcome.matches.len()),
        (Verdict::Listed, 1)
    );
    assert_eq!(now.match_on("ours").note, "second");
    assert_eq!(
        (then.verdict(), then.outcome.matches.len()),
        (Verdict::Listed, 1)
    );
    assert_eq!(then.match_on("ours").note, "first");
    assert_eq!(
        now.match_on("ours").entry_id,
        then.match_on("ours").entry_id
    );
}

/// "When this daemon first held it" does not change when a note does.
#[test]
fn an_amended_entry_keeps_the_time_it_was_first_seen() {
    let daemon = Daemon::empty().start();
    daemon.import(&own("ours", "address,note", &[format!("{},one", evm(0))]));
    let first = daemon
        .screen(&evm(0))
        .match_on("ours")
        .first_seen_at
        .clone();
    // The wire has seconds.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    daemon.import(&own("ours", "address,note", &[format!("{},two", evm(0))]));
    assert_eq!(daemon.screen(&evm(0)).match_on("ours").first_seen_at, first);
}

#[test]
fn one_address_under_two_parties_is_two_matches() {
    let daemon = Daemon::empty().start();
    let rows = ["Doe,17", "Roe,18"].map(|party| format!("{},{party}", evm(0)));
    daemon.import(&own("ours", "address,subjects,subject_id", &rows));
    let answer = daemon.screen(&evm(0));
    let subjects: BTreeSet<_> = answer
        .outcome
        .matches
        .iter()
        .map(|found| &found.subjects[0])
        .collect();
    assert_eq!(subjects.len(), 2);
    daemon.import(&own("ours", "address,subjects,subject_id", &rows[..1]));
    let answer = daemon.screen(&evm(0));
    assert_eq!(answer.verdict(), Verdict::Listed);
    assert_eq!(
        answer
            .outcome
            .matches
            .iter()
            .filter(|found| found.active)
            .count(),
        1
    );
}

#[test]
fn generations_are_recorded_newest_first_with_what_they_changed() {
    let daemon = Daemon::empty().start();
    let first = daemon.import(&own(
        "ours",
        "address,note",
        &[format!("{},a", evm(0)), format!("{},a", evm(1))],
    ));
    let second = daemon.import(&own(
        "ours",
        "address,note",
        &[format!("{},b", evm(0)), format!("{},a", evm(2))],
    ));
    let held = daemon.generations();
    let figures = |generation: &v1::Generation| {
        (
            generation.number,
            generation.entries,
            generation.added,
            generation.amended,
            generation.removed,
        )
    };
    assert_eq!(
        held.iter().map(figures).collect::<Vec<_>>(),
        [(2, 2, 1, 1, 1), (1, 2, 2, 0, 0)]
    );
    assert_eq!(held[0].digest, second.generation_digest);
    assert_eq!(held[1].digest, first.generation_digest);
    assert_eq!(held[1].publication_digest, first.publication_digest);
    assert!(held.iter().all(|generation| generation.source == "ours"));
    let request = v1::ListGenerationsRequest {
        limit: 1,
        before: 2,
    };
    let page = block_on(daemon.lists().list_generations(request))
        .expect("answered")
        .into_inner();
    assert_eq!(page.generations, [held[1].clone()]);
}

/// The digest says what is in the set and nothing else: not the order, not
/// the way there, not the machine.
#[test]
fn the_same_set_has_the_same_digest_whatever_the_way_there() {
    let direct = Daemon::empty().start();
    let mut reversed = evms(0..50);
    reversed.reverse();
    let straight = direct.import_text("ours", &evms(0..50)).generation_digest;
    let detour = Daemon::empty().start();
    detour.import_text("ours", &evms(40..60));
    detour.import_text_confirmed("ours", &evms(0..7));
    assert_eq!(
        detour.import_text("ours", &reversed).generation_digest,
        straight
    );
}

/// A random walk over four addresses' worth of lists; every pair of
/// generations is compared with the plain difference of two sets.
#[test]
fn a_difference_is_the_naive_set_difference() {
    const SEED: u64 = 20_261_122;
    let daemon = Daemon::empty().start();
    let mut random = Random::seeded(SEED);
    let mut sets: Vec<Noted> = vec![Noted::new()];
    while sets.len() < 9 {
        let chosen = |random: &mut Random| {
            (random.below(4) > 0).then(|| format!("note {}", random.below(2)))
        };
        let set: BTreeSet<_> = (0..40)
            .filter_map(|number| Some((evm(number), chosen(&mut random)?)))
            .collect();
        let rows: Vec<String> = set
            .iter()
            .map(|(address, note)| format!("{address},{note}"))
            .collect();
        let upload = own("ours", "address,note", &rows);
        let report = match daemon.try_import(&upload) {
            Err(refused) => daemon.import(&upload.approve(&super::harness::confirmation(&refused))),
            Ok(report) => report,
        };
        sets.push(set);
        assert_eq!(report.generation, sets.len() as u64 - 1, "seed {SEED}");
    }
    // Zero stands for the live one as the later, and for nothing at all as the
    // earlier.
    for to in 1..sets.len() {
        for from in 0..=to {
            let told = diff(&daemon, from as u64, to as u64).expect("answered");
            compare_naively(
                &told,
                &sets[from],
                &sets[to],
                &format!("{from}..{to}, seed {SEED}"),
            );
        }
    }
}

/// An address with a note: what a list holds here.
type Noted = BTreeSet<(String, String)>;

fn compare_naively(
    (changes, summary): &(Vec<v1::Change>, v1::DiffSummary),
    from: &Noted,
    to: &Noted,
    context: &str,
) {
    fn addresses(set: &Noted) -> BTreeSet<&str> {
        set.iter().map(|(address, _)| address.as_str()).collect()
    }
    let (before, after) = (addresses(from), addresses(to));
    let unchanged: Noted = from & to;
    let amended = &(&before & &after) - &addresses(&unchanged);
    let mut total = 0;
    for (kind, counted, expected) in [
        (ChangeKind::Listed, summary.listed, &after - &before),
        (ChangeKind::Delisted, summary.delisted, &before - &after),
        (ChangeKind::Amended, summary.amended, amended),
    ] {
        let of_kind = changes.iter().filter(|change| change.kind() == kind);
        let told: BTreeSet<&str> = of_kind.map(|change| change.address.as_str()).collect();
        assert_eq!(told, expected, "{kind:?}, {context}");
        assert_eq!(counted, expected.len() as u64, "{kind:?}, {context}");
        total += expected.len();
    }
    assert_eq!(changes.len(), total, "{context}");
}

#[test]
fn generations_that_cannot_be_compared_are_refused() {
    let daemon = Daemon::empty().start();
    let refused = diff(&daemon, 0, 0).expect_err("nothing is live");
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
    daemon.import_text("ours", &[evm(0)]);
    for (from, to) in [(2, 1), (0, 2), (5, 0), (u64::MAX, 0)] {
        let refused = diff(&daemon, from, to).expect_err("cannot be compared");
        assert_eq!(
            refused.code(),
            Code::InvalidArgument,
            "{from} {to}: {refused}"
        );
    }
}
