//! The route for clients of Chainalysis' free sanctions API.

use serde_json::{Value, json};

use super::super::harness::{Daemon, Upload, evm, v1};
use super::{Answer, RONIN, encoded, get};

fn asked(daemon: &Daemon, text: &str) -> Answer {
    get(daemon, &format!("/api/v1/address/{}", encoded(text)))
}

/// What their clients take for "no".
fn is_no(answer: &Answer) -> bool {
    answer.status == 200 && answer.json()["identifications"] == json!([])
}

#[track_caller]
fn identifications(answer: &Answer) -> Vec<Value> {
    let body = answer.ok();
    let names: Vec<&String> = body.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["identifications"]);
    body["identifications"].as_array().expect("a list").clone()
}

#[test]
fn law_1_what_is_listed_is_identified_and_what_is_not_is_an_empty_list() {
    let daemon = Daemon::with_bundled_lists().start();
    let found = identifications(&asked(&daemon, RONIN));
    assert!(!found.is_empty());
    assert_eq!(found[0]["category"], "sanctions");
    for one in &found {
        let names: Vec<&String> = one.as_object().expect("an object").keys().collect();
        assert_eq!(names, ["category", "description", "name", "url"]);
        assert!(names.iter().all(|name| one[name.as_str()].is_string()));
    }
    let lower = identifications(&asked(&daemon, &RONIN.to_lowercase()));
    assert_eq!(lower.len(), found.len());
    assert!(is_no(&asked(&daemon, &evm(1))));
}

#[test]
fn law_1_what_cannot_be_told_is_never_an_empty_list() {
    let daemon = Daemon::with_bundled_lists().start();
    let mistyped = RONIN.replace("0x098B716B8A", "0x098B716B8a");
    for text in [
        "hello",
        "vitalik.eth",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
        "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8",
        "L1aW4aubDFB7yfras2S1mN3bqg9nwySY8nkoLmJebSLD5BWv3ENZ",
        " ",
        &"a".repeat(3000),
    ] {
        let answer = asked(&daemon, text);
        assert_eq!(answer.refused(400).0, "INVALID_ARGUMENT", "{text}");
    }
    let answer = asked(&daemon, &mistyped);
    assert!(!is_no(&answer), "{}", answer.text());
    assert_eq!(asked(&daemon, "").status, 404);
}

#[test]
fn law_9_lists_that_are_missing_or_old_are_an_error_and_no_empty_list() {
    let empty = Daemon::empty().start();
    assert_eq!(asked(&empty, &evm(1)).refused(503).0, "UNAVAILABLE");

    let config = "[freshness]\naccept_bundled = false\nsanctions_max_age = \"1d\"\n";
    let stale = Daemon::with_bundled_lists().config(config).start();
    assert_eq!(stale.screen(&evm(1)).verdict(), v1::Verdict::Indeterminate);
    let answer = asked(&stale, &evm(1));
    let (code, message) = answer.refused(503);
    assert_eq!(code, "UNAVAILABLE");
    assert!(message.contains("SOURCE_STALE"), "{message}");
    assert!(answer.header("retry-after").is_some());
    // What is listed is so however old the list is.
    assert!(!identifications(&asked(&stale, RONIN)).is_empty());
}

/// The shape has no word for "let a person look": it is no "no".
#[test]
fn law_1_an_entry_for_review_is_identified_too() {
    let daemon = Daemon::with_bundled_lists().start();
    let upload = Upload::of("researchers").tier(v1::Tier::Attributed);
    daemon.import(&upload.lines(&[evm(5)]));
    let over_grpc = daemon.screen(&evm(5));
    assert_eq!(over_grpc.both(), (v1::Verdict::Listed, v1::Action::Review));
    let found = identifications(&asked(&daemon, &evm(5)));
    assert_eq!(found.len(), 1);
    assert_ne!(found[0]["category"], "sanctions", "nobody said so");
    assert!(
        found[0]["description"]
            .as_str()
            .is_some_and(|text| text.contains("REVIEW"))
    );
}
