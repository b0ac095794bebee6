//! Rescreens that are not what they should be.

use super::*;

/// What a rescreen of four addresses says, of which the second is to be held.
fn rescreened() -> Vec<v1::rescreen_addresses_response::Part> {
    use v1::rescreen_addresses_response::Part;

    let covering = |first_position, queries, held: &[u64]| {
        let outcomes = held.iter().map(|position| v1::PositionedOutcome {
            position: *position,
            outcome: Some(outcome(v1::Action::Review)),
        });
        Part::Outcomes(v1::RescreenOutcomes {
            first_position,
            queries,
            outcomes: outcomes.collect(),
        })
    };
    let summary = v1::RescreenSummary {
        queries: 4,
        listed: 1,
        not_listed: 3,
        review: 1,
        generation: 7,
        generation_digest: vec![1; 32],
        ..v1::RescreenSummary::default()
    };
    vec![
        Part::Basis(basis()),
        covering(0, 3, &[1]),
        covering(3, 1, &[]),
        Part::Summary(summary),
    ]
}

async fn rescreen(parts: Rescreened) -> (Result<Finished, Cause>, Vec<u64>) {
    let parts = std::sync::Mutex::new(Some(parts));
    let mut fake = Fake::failing(|| Status::internal("not asked"));
    fake.rescreened = Arc::new(move || {
        let mut parts = parts.lock().expect("nobody panics with it");
        parts.take().expect("it is asked once")
    });
    let client = fake.serve().await;
    let queries = iter(vec![Query::of(ADDRESS); 4]);
    let mut held = Vec::new();
    let ended = client
        .rescreen(queries, ("run 1", None), |position, decision| {
            assert_ne!(decision.action(), Action::Allow);
            held.push(position);
        })
        .await;
    (ended, held)
}

fn replies(parts: Vec<v1::rescreen_addresses_response::Part>) -> Rescreened {
    let message = |part| Ok(v1::RescreenAddressesResponse { part: Some(part) });
    parts.into_iter().map(message).collect()
}

#[tokio::test]
async fn a_whole_rescreen_says_who_is_held_and_how_many_pass() {
    let (ended, held) = rescreen(replies(rescreened())).await;
    let finished = ended.expect("it is whole");
    assert_eq!(finished.allowed(), 3);
    assert_eq!(finished.basis().generation, 7);
    assert_eq!(held, [1]);
}

#[tokio::test]
async fn a_rescreen_without_any_one_of_its_parts_is_not_finished() {
    for left_out in 0..4 {
        let mut parts = rescreened();
        parts.remove(left_out);
        let (ended, _) = rescreen(replies(parts)).await;
        assert!(ended.is_err(), "without part {left_out}");
    }
    for length in 0..4 {
        let mut parts = rescreened();
        parts.truncate(length);
        let (ended, _) = rescreen(replies(parts)).await;
        assert!(ended.is_err(), "the first {length}");
        let mut parts = rescreened();
        parts.truncate(length);
        let mut broken = replies(parts);
        broken.push(Err(Status::unavailable("stopping")));
        assert!(rescreen(broken).await.0.is_err(), "broken after {length}");
    }
    for doubled in 0..4 {
        let mut parts = rescreened();
        parts.insert(doubled, parts[doubled].clone());
        let (ended, _) = rescreen(replies(parts)).await;
        assert!(ended.is_err(), "part {doubled} twice");
    }
}

#[tokio::test]
async fn a_rescreen_whose_summary_does_not_fit_is_not_finished() {
    use v1::rescreen_addresses_response::Part;

    type Spoil = fn(&mut v1::RescreenSummary);
    let spoils: [Spoil; 9] = [
        |summary| summary.queries = 3,
        |summary| summary.queries = 5,
        |summary| summary.review = 0,
        |summary| summary.block = 1,
        |summary| summary.listed = 2,
        |summary| summary.not_listed = u64::MAX,
        |summary| summary.generation = 8,
        |summary| summary.generation_digest.clear(),
        |summary| *summary = v1::RescreenSummary::default(),
    ];
    for (index, spoil) in spoils.into_iter().enumerate() {
        let mut parts = rescreened();
        match parts.last_mut() {
            Some(Part::Summary(summary)) => spoil(summary),
            other => panic!("{other:?}"),
        }
        let (ended, _) = rescreen(replies(parts)).await;
        assert!(ended.is_err(), "{index}");
    }
}

#[tokio::test]
async fn an_allow_among_what_is_to_be_held_ends_the_rescreen() {
    use v1::rescreen_addresses_response::Part;

    let mut parts = rescreened();
    match &mut parts[1] {
        Part::Outcomes(outcomes) => {
            outcomes.outcomes[0].outcome = Some(outcome(v1::Action::Allow));
        }
        other => panic!("{other:?}"),
    }
    let (ended, held) = rescreen(replies(parts)).await;
    assert!(ended.is_err());
    assert!(held.is_empty());
}

#[tokio::test]
async fn a_rescreen_that_stands_still_ends() {
    let mut fake = Fake::failing(|| Status::internal("not asked"));
    fake.rescreened = Arc::new(|| replies(rescreened()));
    let client = fake
        .serve()
        .await
        .with_rescreen_step(Duration::from_millis(100));
    let never = once(Query::of(ADDRESS)).chain(tokio_stream::pending());
    let ended = client.rescreen(never, ("", None), |_, _| {}).await;
    let cause = ended.expect_err("nothing came");
    assert_eq!(cause, Cause::Deadline(Duration::from_millis(100)));
}
