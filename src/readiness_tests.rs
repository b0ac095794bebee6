use super::*;

const DAY: Duration = Duration::from_hours(24);

fn source(age: Duration) -> SourceStanding {
    SourceStanding {
        source: "ofac-sdn".parse().expect("a source id"),
        tier: Tier::Sanctions,
        required: true,
        present: true,
        entries: 1,
        age,
        current_at: Some(0),
        max_age: Some(DAY * 10),
        stale: age > DAY * 10,
        incomplete: false,
        origin: Some(Origin::Imported),
    }
}

fn facts(sources: &[SourceStanding]) -> Facts<'_> {
    Facts {
        stopping: false,
        live: true,
        doubtful: sources.iter().any(|source| source.stale),
        sources,
        log_refuses: false,
        log_disk_bytes: Some(DISK_LOW_BYTES),
    }
}

fn judged(facts: Facts<'_>) -> (Standing, Vec<&'static str>) {
    let readiness = Readiness::of(facts);
    let names = readiness.causes.iter().map(|cause| cause.name).collect();
    (readiness.standing, names)
}

#[test]
fn a_required_source_degrades_at_four_fifths_and_fails_past_its_age() {
    let at = |age| judged(facts(&[source(age)]));
    let second = Duration::from_secs(1);
    assert_eq!(at(DAY * 8 - second), (Standing::Ready, vec![]));
    assert_eq!(at(DAY * 8), (Standing::Degraded, vec!["SOURCE_AGING"]));
    assert_eq!(at(DAY * 10), (Standing::Degraded, vec!["SOURCE_AGING"]));
    let past = at(DAY * 10 + second);
    assert_eq!(past, (Standing::Failing, vec!["SOURCE_STALE"]));
}

#[test]
fn a_source_that_nothing_depends_on_may_age_and_be_missing() {
    let mut aged = source(DAY * 99);
    aged.required = false;
    let mut missing = aged.clone();
    missing.present = false;
    let mut facts_ = facts(&[]);
    let sources = [aged, missing];
    facts_.sources = &sources;
    assert_eq!(judged(facts_), (Standing::Ready, vec![]));
}

#[test]
fn a_source_of_any_age_never_ages() {
    let mut any = source(DAY * 9_999);
    (any.max_age, any.stale) = (None, false);
    assert_eq!(judged(facts(&[any])), (Standing::Ready, vec![]));
}

#[test]
fn whatever_ends_answers_fails() {
    let sources = [source(DAY)];
    let well = facts(&sources);
    let stopping = Facts {
        stopping: true,
        ..well
    };
    assert_eq!(judged(stopping), (Standing::Failing, vec!["STOPPING"]));
    let refuses = Facts {
        log_refuses: true,
        ..well
    };
    assert_eq!(
        judged(refuses),
        (Standing::Failing, vec!["AUDIT_LOG_REFUSES"])
    );
    let empty = Facts {
        live: false,
        doubtful: true,
        sources: &[],
        ..well
    };
    assert_eq!(judged(empty), (Standing::Failing, vec!["NO_GENERATION"]));
    let behind = Facts {
        doubtful: true,
        ..well
    };
    assert_eq!(judged(behind), (Standing::Failing, vec!["CLOCK_BEHIND"]));
}

#[test]
fn a_disk_that_nears_full_is_told_before_it_is() {
    let sources = [source(DAY)];
    let low = Facts {
        log_disk_bytes: Some(DISK_LOW_BYTES - 1),
        ..facts(&sources)
    };
    assert_eq!(judged(low), (Standing::Degraded, vec!["AUDIT_DISK_LOW"]));
    let unknown = Facts {
        log_disk_bytes: None,
        ..low
    };
    assert_eq!(judged(unknown), (Standing::Ready, vec![]));
}

#[test]
fn the_worst_cause_comes_first_and_decides() {
    let mut missing = source(Duration::ZERO);
    missing.present = false;
    let sources = [source(DAY * 9), missing];
    let all = Facts {
        doubtful: true,
        log_disk_bytes: Some(0),
        ..facts(&sources)
    };
    let (standing, names) = judged(all);
    assert_eq!(standing, Standing::Failing);
    assert_eq!(names, ["SOURCE_MISSING", "SOURCE_AGING", "AUDIT_DISK_LOW"]);
}
