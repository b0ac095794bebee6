use super::*;
use v1::{Action, Reason, Relation, Tier, Verdict};

const ADDRESS: &str = "0x00000000000000000000000000000000DEAdc0De";

fn query() -> Query {
    Query::of(ADDRESS.to_lowercase()).network("ETH")
}

fn basis() -> v1::Basis {
    v1::Basis {
        generation: 7,
        generation_digest: vec![1; 32],
        ..v1::Basis::default()
    }
}

fn candidate(canonical: &str) -> v1::Candidate {
    v1::Candidate {
        canonical: canonical.to_owned(),
        strict: true,
        ..v1::Candidate::default()
    }
}

/// The answer about an address on no list.
fn good() -> v1::Outcome {
    v1::Outcome {
        screening_id: "01a0b2c3-0000-7000-8000-000000000001".to_owned(),
        verdict: Verdict::NotListed.into(),
        action: Action::Allow.into(),
        candidates: vec![candidate(ADDRESS)],
        ..v1::Outcome::default()
    }
}

fn matched(tier: Tier, relation: Relation, active: bool) -> v1::Match {
    v1::Match {
        tier: tier.into(),
        relation: relation.into(),
        active,
        action: Action::Allow.into(),
        ..v1::Match::default()
    }
}

fn listed(found: v1::Match) -> v1::Outcome {
    v1::Outcome {
        verdict: Verdict::Listed.into(),
        reasons: vec![Reason::Listed.into(), Reason::Exempted.into()],
        matches: vec![found],
        matches_total: 1,
        ..good()
    }
}

fn decide(outcome: v1::Outcome) -> Decision {
    weigh(&query(), None, Some(outcome), Some(&basis()))
}

#[track_caller]
fn unanswered(decision: &Decision) -> Cause {
    assert_eq!(decision.action(), crate::verdict::Action::Block);
    decision.cause().expect("no answer to rely on").clone()
}

#[test]
fn a_whole_answer_is_taken_at_its_word() {
    assert!(matches!(decide(good()), Decision::Allow(_)));
    let with = |action: Action| v1::Outcome {
        action: action.into(),
        ..good()
    };
    assert!(matches!(decide(with(Action::Review)), Decision::Review(_)));
    let blocked = decide(with(Action::Block));
    assert!(matches!(blocked, Decision::Block(Blocked::Advised(_))));
    let evidence = blocked.evidence().expect("it has evidence");
    assert_eq!(evidence.basis().generation, 7);
    // What only researchers say may pass if the policy lets it, and so may
    // what came off a sanctions list or is only related to it.
    for found in [
        matched(Tier::Attributed, Relation::Direct, true),
        matched(Tier::Operator, Relation::SameKey, true),
    ] {
        assert!(matches!(decide(listed(found)), Decision::Allow(_)));
    }
    for found in [
        matched(Tier::Sanctions, Relation::Direct, false),
        matched(Tier::Sanctions, Relation::Related, true),
    ] {
        let outcome = v1::Outcome {
            matches: vec![found],
            matches_total: 1,
            ..good()
        };
        assert!(matches!(decide(outcome), Decision::Allow(_)));
    }
}

#[test]
fn every_number_that_is_not_known_blocks() {
    for number in [-1, 0, 4, 99, i32::MIN, i32::MAX] {
        let unknown = |field| Cause::Unknown { field, number };
        let action = v1::Outcome {
            action: number,
            ..good()
        };
        assert_eq!(unanswered(&decide(action)), unknown("action"));
        let verdict = v1::Outcome {
            verdict: number,
            ..good()
        };
        assert_eq!(unanswered(&decide(verdict)), unknown("verdict"));
    }
    for number in [-1, 0, 8, 99] {
        let reason = v1::Outcome {
            reasons: vec![Reason::Delisted.into(), number],
            ..good()
        };
        let field = "reason";
        assert_eq!(
            unanswered(&decide(reason)),
            Cause::Unknown { field, number }
        );
        let mut tier = matched(Tier::Attributed, Relation::Direct, true);
        tier.tier = number;
        let field = "tier";
        assert_eq!(
            unanswered(&decide(listed(tier))),
            Cause::Unknown { field, number }
        );
        let mut relation = matched(Tier::Sanctions, Relation::Direct, true);
        relation.relation = number;
        let field = "relation";
        assert_eq!(
            unanswered(&decide(listed(relation))),
            Cause::Unknown { field, number }
        );
    }
}

#[test]
fn what_is_missing_blocks() {
    let missing = |decision| matches!(unanswered(&decision), Cause::Missing(_));
    assert!(missing(weigh(&query(), None, None, Some(&basis()))));
    assert!(missing(weigh(&query(), None, Some(good()), None)));
    assert!(missing(weigh(&query(), None, None, None)));
    let of = |basis: v1::Basis| weigh(&query(), None, Some(good()), Some(&basis));
    assert!(missing(of(v1::Basis {
        generation: 0,
        ..basis()
    })));
    for digest in [vec![], vec![0; 32]] {
        assert!(missing(of(v1::Basis {
            generation_digest: digest,
            ..basis()
        })));
    }
    for id in ["", "x"] {
        assert!(missing(decide(v1::Outcome {
            screening_id: id.to_owned(),
            ..good()
        })));
    }
}

#[test]
fn an_allow_that_contradicts_itself_blocks() {
    let contradicts = |outcome| matches!(unanswered(&decide(outcome)), Cause::Contradiction(_));
    assert!(contradicts(v1::Outcome {
        verdict: Verdict::Indeterminate.into(),
        ..good()
    }));
    // Every reason but those that an ALLOW may have.
    for number in 10..=29 {
        if Reason::try_from(number).is_ok() {
            assert!(contradicts(v1::Outcome {
                reasons: vec![number],
                ..good()
            }));
        }
    }
    for relation in [Relation::Direct, Relation::SameKey, Relation::SameScript] {
        assert!(contradicts(listed(matched(
            Tier::Sanctions,
            relation,
            true
        ))));
    }
    for action in [Action::Review, Action::Block, Action::Unspecified] {
        let mut found = matched(Tier::Attributed, Relation::Direct, true);
        found.action = action.into();
        assert!(contradicts(listed(found)));
    }
    assert!(contradicts(v1::Outcome {
        verdict: Verdict::Listed.into(),
        ..good()
    }));
    let stale = v1::Basis {
        stale: true,
        ..basis()
    };
    let decision = weigh(&query(), None, Some(good()), Some(&stale));
    assert!(matches!(unanswered(&decision), Cause::Contradiction(_)));
}

#[test]
fn an_answer_about_another_address_blocks() {
    let about = |candidates| v1::Outcome {
        candidates,
        ..good()
    };
    let other = candidate("0x098B716B8Aaf21512996dC57EB0615e2383E2f96");
    for outcome in [about(vec![]), about(vec![other.clone()])] {
        assert_eq!(unanswered(&decide(outcome)), Cause::AnotherAddress);
    }
    // Nor is one held for another's sake.
    let listed = v1::Outcome {
        action: Action::Block.into(),
        ..about(vec![other.clone()])
    };
    assert_eq!(unanswered(&decide(listed)), Cause::AnotherAddress);
    // What may not be echoed has no readings, and is held all the same.
    let secret = v1::Outcome {
        action: Action::Review.into(),
        ..about(vec![])
    };
    assert!(matches!(decide(secret), Decision::Review(_)));
    assert!(matches!(
        decide(about(vec![other, candidate(ADDRESS)])),
        Decision::Allow(_)
    ));
}

#[test]
fn every_destination_must_have_been_answered() {
    let text = "bitcoin:1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu\
                ?bc=bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
    let read = parse_hinted(text, Networks::NONE).candidates;
    let destinations: std::collections::BTreeSet<_> =
        read.iter().map(|reading| reading.destination).collect();
    assert_eq!(destinations.len(), 2, "{read:?}");
    let answer = |count: usize| v1::Outcome {
        candidates: read
            .iter()
            .take(count)
            .map(|one| candidate(&one.canonical()))
            .collect(),
        ..good()
    };
    let decide = |outcome| weigh(&Query::of(text), None, Some(outcome), Some(&basis()));
    assert!(matches!(decide(answer(read.len())), Decision::Allow(_)));
    assert_eq!(unanswered(&decide(answer(1))), Cause::AnotherAddress);
}

#[test]
fn an_answer_about_another_moment_blocks() {
    let moment = |as_of: &str, generation, min_generation| v1::Moment {
        as_of: as_of.to_owned(),
        generation,
        min_generation,
    };
    let decide = |moment: &v1::Moment, basis: &v1::Basis| {
        weigh(&query(), Some(moment), Some(good()), Some(basis))
    };
    for fits in [moment("", 7, 0), moment("", 0, 7), moment("", 0, 6)] {
        assert!(matches!(decide(&fits, &basis()), Decision::Allow(_)));
    }
    for not in [
        moment("2022-01-01", 0, 0),
        moment("", 6, 0),
        moment("", 8, 0),
        moment("", 0, 8),
    ] {
        let cause = unanswered(&decide(&not, &basis()));
        assert!(matches!(cause, Cause::AnotherMoment(_)), "{not:?}");
    }
    let past = v1::Basis {
        as_of: "2022-01-01".to_owned(),
        ..basis()
    };
    let cause = unanswered(&weigh(&query(), None, Some(good()), Some(&past)));
    assert_eq!(cause, Cause::AnotherMoment("day"));
    assert!(matches!(
        decide(&moment("2022-01-01", 0, 0), &past),
        Decision::Allow(_)
    ));
}

#[test]
fn without_its_query_nothing_is_allowed() {
    let weighed = weigh_outcome(None, good(), &basis());
    assert_eq!(
        weighed.expect_err("not to be told from another"),
        Cause::AnotherAddress
    );
    let held = v1::Outcome {
        action: Action::Review.into(),
        ..good()
    };
    assert!(matches!(
        weigh_outcome(None, held, &basis()),
        Ok(Decision::Review(_))
    ));
}

#[test]
fn nothing_that_is_shown_repeats_the_address() {
    let shown = format!("{:?}", query());
    assert!(!shown.to_lowercase().contains("deadc0de"), "{shown}");
    let decision = Decision::from(Cause::AnotherAddress);
    assert!(decision.to_string().starts_with("BLOCK: "), "{decision}");
}
