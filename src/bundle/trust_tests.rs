use super::super::manifest::OriginId;
use super::super::tamper_tests::{made, manifest, now, open, policy, secret};
use super::*;

fn word(digest: &str) -> Word {
    Word {
        digests: vec!["another".to_owned(), digest.to_owned()],
        act: Act {
            author: "M. Ruiz".to_owned(),
            reason: "the courier was late".to_owned(),
            ticket: None,
            approver: None,
        },
    }
}

/// A policy that lets people decide.
fn lenient() -> TrustPolicy {
    TrustPolicy {
        overrides: true,
        ..policy(&[&secret(1)])
    }
}

/// What is doubted, and what would resolve it.
#[track_caller]
fn doubts(refused: Result<Accepted, Refusal>) -> (Vec<Doubt>, String) {
    match refused {
        Err(Refusal::Doubtful {
            doubts,
            confirm_with,
        }) => (doubts, confirm_with),
        other => panic!("not doubtful: {other:?}"),
    }
}

fn imported(manifest: &Manifest) -> Ledger {
    let archive = made(&secret(1), manifest);
    let accepted = lenient()
        .judge(&archive, &Ledger::default(), manifest.created_at, None)
        .expect("accepted");
    Ledger::default().after(manifest, &accepted, None, manifest.created_at)
}

#[test]
fn a_bundle_of_a_trusted_key_is_accepted() {
    let archive = made(&secret(1), &manifest(&["a", "b"]));
    let policy = policy(&[&secret(2), &secret(1)]);
    let accepted = policy
        .judge(&archive, &Ledger::default(), now(), None)
        .expect("accepted");
    assert_eq!(accepted.signed_by, Some(secret(1).public().id()));
    assert_eq!((accepted.overridden, accepted.warnings), (vec![], vec![]));
}

#[test]
fn an_unknown_key_and_no_key_are_doubts() {
    let ledger = Ledger::default();
    let stranger = made(&secret(3), &manifest(&["a"]));
    let (found, confirm_with) = doubts(lenient().judge(&stranger, &ledger, now(), None));
    assert_eq!(found, [Doubt::UnknownKey(secret(3).public().id())]);
    // The word for one does not let another pass.
    let mut other = manifest(&["a"]);
    other.sequence += 1;
    let other = made(&secret(3), &other);
    let word = word(&confirm_with);
    doubts(lenient().judge(&other, &ledger, now(), Some(&word)));
    let accepted = lenient().judge(&stranger, &ledger, now(), Some(&word));
    let accepted = accepted.expect("accepted by a person's word");
    assert_eq!((accepted.signed_by, accepted.overridden), (None, found));

    let output = std::io::Cursor::new(Vec::new());
    let manifest = manifest(&["a"]);
    let mut writer = super::super::ArchiveWriter::begin(output, &manifest, None).expect("begun");
    let content = vec![0; manifest.sources[0].part.bytes as usize];
    writer
        .part(&manifest.sources[0], content.as_slice())
        .expect("written");
    let unsigned = writer.finish().expect("written").into_inner();
    let unsigned = open(&unsigned).expect("opens");
    let (found, _) = doubts(lenient().judge(&unsigned, &ledger, now(), None));
    assert_eq!(found, [Doubt::Unsigned]);
}

/// A stranger may claim any key's id; only the key itself can sign.
#[test]
fn a_forged_signature_is_no_doubt_but_refused_for_good() {
    let forger = SecretKeyOf::claiming(1);
    let archive = made(&forger, &manifest(&["a"]));
    let refused = lenient().judge(&archive, &Ledger::default(), now(), Some(&word("any")));
    assert!(
        matches!(refused, Err(Refusal::Forged { .. })),
        "{refused:?}"
    );
}

struct SecretKeyOf;

impl SecretKeyOf {
    fn claiming(number: u8) -> super::super::SecretKey {
        super::super::SecretKey::from_seed(&[99; 32], secret(number).public().id())
    }
}

#[test]
fn a_key_speaks_only_for_its_sources() {
    let mut policy = lenient();
    policy.keys[0].sources = Some(BTreeSet::from(["a".parse().expect("an id")]));
    let ledger = Ledger::default();
    let allowed = made(&secret(1), &manifest(&["a"]));
    assert!(policy.judge(&allowed, &ledger, now(), None).is_ok());
    let more = made(&secret(1), &manifest(&["a", "b"]));
    let (found, _) = doubts(policy.judge(&more, &ledger, now(), None));
    let expected = Doubt::NotForKey {
        key: secret(1).public().id(),
        sources: vec!["b".parse().expect("an id")],
    };
    assert_eq!(found, [expected]);
}

#[test]
fn an_expired_bundle_is_a_doubt_from_its_last_instant_on() {
    let manifest = manifest(&["a"]);
    let archive = made(&secret(1), &manifest);
    let before = manifest.expires_at - SignedDuration::from_millis(1);
    let ledger = Ledger::default();
    assert!(lenient().judge(&archive, &ledger, before, None).is_ok());
    let (found, _) = doubts(lenient().judge(&archive, &ledger, manifest.expires_at, None));
    assert_eq!(found, [Doubt::Expired(manifest.expires_at)]);
}

#[test]
fn a_bundle_from_the_future_is_refused() {
    let manifest = manifest(&["a"]);
    let archive = made(&secret(1), &manifest);
    let ledger = Ledger::default();
    let early = manifest.created_at - SKEW;
    assert!(lenient().judge(&archive, &ledger, early, None).is_ok());
    let refused = lenient().judge(
        &archive,
        &ledger,
        early - SignedDuration::from_secs(1),
        None,
    );
    assert!(
        matches!(refused, Err(Refusal::NotMadeYet { .. })),
        "{refused:?}"
    );
}

#[test]
fn an_older_bundle_cannot_be_replayed() {
    let newest = manifest(&["a", "b"]);
    let ledger = imported(&newest);
    // The same again is no step back.
    let again = made(&secret(1), &newest);
    assert!(lenient().judge(&again, &ledger, now(), None).is_ok());
    let mut older = manifest(&["b"]);
    older.sequence -= 1;
    let archive = made(&secret(1), &older);
    let (found, _) = doubts(lenient().judge(&archive, &ledger, now(), None));
    let expected = Doubt::Rollback {
        source: "b".parse().expect("an id"),
        imported: 12,
        given: 11,
    };
    assert_eq!(found, [expected]);
    // Also when another trusted key signed it.
    let mut policy = lenient();
    policy
        .keys
        .extend(super::super::tamper_tests::policy(&[&secret(2)]).keys);
    let archive = made(&secret(2), &older);
    assert_eq!(
        doubts(policy.judge(&archive, &ledger, now(), None)).0,
        found
    );
    // What it does not take back is not its business.
    let mut elsewhere = manifest(&["c"]);
    elsewhere.sequence = 3;
    let archive = made(&secret(1), &elsewhere);
    assert!(lenient().judge(&archive, &ledger, now(), None).is_ok());
}

#[test]
fn another_generation_of_the_same_number_is_a_doubt() {
    let ledger = imported(&manifest(&["a"]));
    let mut forked = manifest(&["a"]);
    forked.generation_digest = Digest([77; 32]);
    let archive = made(&secret(1), &forked);
    let (found, _) = doubts(lenient().judge(&archive, &ledger, now(), None));
    assert!(
        matches!(found[..], [Doubt::Forked { sequence: 12, .. }]),
        "{found:?}"
    );
}

#[test]
fn a_bundle_of_another_origin_is_held_against_the_clock() {
    let first = manifest(&["a"]);
    let ledger = imported(&first);
    let mut other = manifest(&["a"]);
    other.origin = OriginId([42; 16]);
    other.sequence = 1;
    let archive = made(&secret(1), &other);
    assert!(lenient().judge(&archive, &ledger, now(), None).is_ok());
    other.created_at -= SignedDuration::from_secs(1);
    let archive = made(&secret(1), &other);
    let (found, _) = doubts(lenient().judge(&archive, &ledger, now(), None));
    assert!(
        matches!(found[..], [Doubt::OlderThanImported { .. }]),
        "{found:?}"
    );
}

#[test]
fn a_word_needs_a_name_and_a_reason_and_a_policy_that_lets_it() {
    let archive = made(&secret(3), &manifest(&["a"]));
    let ledger = Ledger::default();
    let (_, confirm_with) = doubts(lenient().judge(&archive, &ledger, now(), None));
    for (author, reason) in [("", "why"), ("who", " "), ("", "")] {
        let mut word = word(&confirm_with);
        word.act.author = author.to_owned();
        word.act.reason = reason.to_owned();
        let refused = lenient().judge(&archive, &ledger, now(), Some(&word));
        assert_eq!(refused, Err(Refusal::NoName));
    }
    let strict = policy(&[&secret(1)]);
    let refused = strict.judge(&archive, &ledger, now(), Some(&word(&confirm_with)));
    let refused = refused.expect_err("forbidden");
    assert!(matches!(refused, Refusal::Forbidden { .. }), "{refused}");
    assert!(
        refused.to_string().contains("bundles.overrides"),
        "{refused}"
    );
}

#[test]
fn a_refusal_names_the_evidence_and_the_command() {
    let mut manifest = manifest(&["a"]);
    manifest.expires_at = "2026-11-22T10:00:00Z".parse().expect("an instant");
    let archive = made(&secret(3), &manifest);
    let refused = lenient().judge(&archive, &Ledger::default(), now(), None);
    let words = refused.clone().expect_err("refused").to_string();
    let (_, confirm_with) = doubts(refused);
    for part in [
        "key 0303030303030303",
        "bundles.trusted_keys",
        "expired at 2026-11-22T10:00:00Z",
        &format!(
            "interdict bundle import FILE --approve {confirm_with} --author NAME --reason WHY"
        ),
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
}

#[test]
fn a_persons_word_is_kept_in_the_ledger() {
    let manifest = manifest(&["a"]);
    let archive = made(&secret(3), &manifest);
    let (_, confirm_with) = doubts(lenient().judge(&archive, &Ledger::default(), now(), None));
    let word = word(&confirm_with);
    let accepted = lenient()
        .judge(&archive, &Ledger::default(), now(), Some(&word))
        .expect("accepted");
    let ledger = Ledger::default().after(&manifest, &accepted, Some(&word), now());
    let kept = ledger.of(&manifest.sources[0].id).expect("noted");
    let overridden = kept.overridden.as_ref().expect("kept");
    assert_eq!(overridden.author, "M. Ruiz");
    assert!(overridden.doubts[0].contains("0303030303030303"));
}

#[test]
fn gaps_and_sources_left_behind_are_said() {
    let first = manifest(&["a", "b"]);
    let ledger = imported(&first);
    let mut next = manifest(&["a", "c"]);
    next.sequence = 14;
    next.previous = Some(first.digest());
    let warnings = |manifest: &Manifest| {
        let archive = made(&secret(1), manifest);
        let accepted = lenient().judge(&archive, &ledger, now(), None);
        accepted.expect("accepted").warnings
    };
    let found = warnings(&next);
    assert!(found.len() == 1 && found[0].starts_with("`b`"), "{found:?}");
    next.previous = Some(Digest([1; 32]));
    let found = warnings(&next);
    assert!(
        found.len() == 2 && found[0].contains("between generation 12 and 14"),
        "{found:?}"
    );
}

#[test]
fn what_was_changed_by_hand_here_is_not_replaced_without_a_word() {
    let manifest = manifest(&["operator"]);
    let archive = made(&secret(1), &manifest);
    let id = manifest.sources[0].id.clone();
    let judged = |ledger: &Ledger, held: Digest| {
        let here = Here {
            ledger,
            by_hand: &[(id.clone(), held)],
        };
        lenient().judge(&archive, here, now(), None)
    };
    let (none, after) = (Ledger::default(), imported(&manifest));
    let (theirs, ours) = (manifest.sources[0].publication, Digest([9; 32]));
    for ledger in [&none, &after] {
        let (found, _) = doubts(judged(ledger, ours));
        assert_eq!(found, [Doubt::ChangedByHand(id.clone())]);
        // What is held is the origin's own.
        assert!(judged(ledger, theirs).is_ok());
    }
    // Nothing was changed here since the last bundle.
    let mut next = manifest.clone();
    next.sequence += 1;
    next.sources[0].publication = Digest([8; 32]);
    let archive = made(&secret(1), &next);
    let here = Here {
        ledger: &after,
        by_hand: &[(id.clone(), theirs)],
    };
    assert!(lenient().judge(&archive, here, now(), None).is_ok());
}
