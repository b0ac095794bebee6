//! What is asked over HTTP is answered as over gRPC.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::harness::{Daemon, eventually, evm, evms, records};
use super::{RONIN, encoded, get, post};

#[test]
fn one_address_is_answered_alike_by_every_road() {
    let daemon = Daemon::with_bundled_lists().start();
    let over_grpc = daemon.screen(RONIN);
    let by_get = get(&daemon, &format!("/v1/addresses/{RONIN}")).ok();
    let by_post = post(&daemon, "/v1/screenings", &json!({ "address": RONIN })).ok();
    let batch = json!({ "queries": [{ "address": RONIN }, { "address": evm(7) }] });
    let batch = post(&daemon, "/v1/screenings", &batch).ok();
    for outcome in [
        &by_get["outcome"],
        &by_post["outcome"],
        &batch["outcomes"][0],
    ] {
        assert_eq!(outcome["verdict"], "LISTED");
        assert_eq!(outcome["action"], "BLOCK");
        let matches = outcome["matches"].as_array().expect("a list");
        assert_eq!(matches.len(), over_grpc.outcome.matches.len());
        for (found, sent) in matches.iter().zip(&over_grpc.outcome.matches) {
            assert_eq!(found["entry_id"], sent.entry_id);
            assert_eq!(found["subjects"], json!(sent.subjects));
        }
    }
    assert_eq!(batch["outcomes"].as_array().map(Vec::len), Some(2));
    assert_eq!(batch["outcomes"][1]["verdict"], "NOT_LISTED");
    assert_eq!(batch["outcomes"][1]["action"], "ALLOW");
    assert_eq!(by_get["basis"]["generation"], over_grpc.basis.generation);
}

/// A slash, a question mark, a percent sign: all of it is the address.
#[test]
fn an_address_in_a_path_is_read_in_whole() {
    let daemon = Daemon::with_bundled_lists().start();
    let uri = format!("ethereum:{RONIN}@1/transfer?address={RONIN}&uint256=1");
    for text in [
        uri.as_str(),
        &format!(" {RONIN} "),
        &format!("{RONIN}\u{200b}"),
        &format!("ethereum:{RONIN}"),
    ] {
        let path = format!("/v1/addresses/{}", encoded(text));
        let answer = get(&daemon, &path).ok();
        assert_eq!(answer["outcome"]["verdict"], "LISTED", "{text}");
        let over_grpc = daemon.screen(text);
        let canonical = &over_grpc.outcome.candidates[0].canonical;
        assert_eq!(answer["outcome"]["candidates"][0]["canonical"], *canonical);
    }
    // A plus sign is a plus sign, and not a space.
    let plus = get(&daemon, &format!("/v1/addresses/{RONIN}+")).ok();
    assert_ne!(plus["outcome"]["verdict"], "NOT_LISTED");
    // What is cut at an unwritten slash is no address that was asked about.
    assert_eq!(
        get(&daemon, &format!("/v1/addresses/{RONIN}/x")).status,
        404
    );
    assert_eq!(get(&daemon, "/v1/addresses/").status, 404);
    assert_eq!(
        get(&daemon, "/v1/addresses/%ff%fe").refused(400).0,
        "INVALID_ARGUMENT"
    );
}

#[test]
fn what_the_query_says_is_taken_or_refused() {
    let daemon = Daemon::with_bundled_lists().start();
    let path = format!("/v1/addresses/{RONIN}");
    let past = get(
        &daemon,
        &format!("{path}?as_of=2022-01-01&purpose=INVESTIGATION"),
    )
    .ok();
    let over_grpc = daemon.screen_on(RONIN, "2022-01-01");
    let verdict = over_grpc.verdict().as_str_name();
    let said = past["outcome"]["verdict"].as_str().expect("a verdict");
    assert_eq!(verdict, format!("VERDICT_{said}"));
    let flags = &past["outcome"]["flags"];
    assert!(
        flags
            .as_array()
            .is_some_and(|all| all.contains(&json!("HISTORICAL")))
    );
    assert_eq!(past["basis"]["as_of"], "2022-01-01");
    for (query, words) in [
        ("min_generation=99", "generation"),
        ("generation=99", "generation"),
        ("as_of=yesterday", "as_of"),
        ("purpose=FUN", "purpose"),
        ("generation=x", "generation"),
        ("generation=-1", "generation"),
        ("adress=x", "adress"),
        ("network=ETH&network=BTC", "twice"),
    ] {
        let answer = get(&daemon, &format!("{path}?{query}"));
        assert!(
            matches!(answer.status, 400 | 409),
            "{query}: {}",
            answer.status
        );
        let message = answer.json()["error"]["message"].to_string();
        assert!(message.contains(words), "{query}: {message}");
    }
    let ahead = get(&daemon, &format!("{path}?min_generation=99"));
    assert_eq!(ahead.refused(409).0, "FAILED_PRECONDITION");
}

#[test]
fn a_question_that_is_neither_one_nor_many_is_refused() {
    let daemon = Daemon::with_bundled_lists().start();
    for body in [
        json!({}),
        json!({ "address": RONIN, "queries": [] }),
        json!({ "address": null }),
        json!({ "addresses": [RONIN] }),
        json!([RONIN]),
        json!(RONIN),
        json!({ "address": [RONIN] }),
        json!({ "queries": [RONIN] }),
    ] {
        let (code, _) = post(&daemon, "/v1/screenings", &body).refused(400);
        assert_eq!(code, "INVALID_ARGUMENT", "{body}");
    }
    let many: Vec<Value> = evms(0..1001)
        .iter()
        .map(|address| json!({ "address": address }))
        .collect();
    let (_, message) = post(&daemon, "/v1/screenings", &json!({ "queries": many })).refused(400);
    assert!(message.contains("1001"), "{message}");
}

/// Law 6: what was answered is in the log, under the name of the call.
#[test]
fn law_6_an_answer_over_http_is_in_the_log_and_can_be_proved() {
    let mut daemon = Daemon::with_bundled_lists().start();
    let body = json!({ "address": RONIN, "reference": "w-1", "purpose": "WITHDRAWAL" });
    let answer = post(&daemon, "/v1/screenings", &body).ok();
    let id = answer["outcome"]["screening_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    post(&daemon, "/v1/screenings", &json!({ "address": evm(3) })).ok();

    let record = get(&daemon, &format!("/v1/records/{id}")).ok();
    assert_eq!(record["kind"], "SCREENING");
    assert_eq!(record["call"], "ScreenAddress");
    assert_eq!(record["caller"], "127.0.0.1");
    assert_eq!(record["verdict"], "LISTED");
    assert_eq!(record["record"]["purpose"], "WITHDRAWAL");
    let receipt = format!("/v1/records/{id}/receipt");
    eventually(
        "a checkpoint covers the record",
        Duration::from_secs(10),
        || get(&daemon, &receipt).status == 200,
    );
    let text = get(&daemon, &receipt).text();
    let path = daemon.home().write("receipt", text);
    let key = daemon.home().data_dir().join("audit/key.pub");
    assert!(key.exists(), "the key is beside the log");
    let receipt = std::fs::read_to_string(path).expect("it was written");
    let receipt = interdict::audit::Receipt::from_text(&receipt).expect("a receipt");
    let key = std::fs::read_to_string(key).expect("a key");
    receipt
        .check(&key.trim().parse().expect("a key"))
        .expect("it proves the record");

    daemon.stop();
    let kept = records(daemon.home());
    let screened = kept.iter().filter(|(_, record)| {
        matches!(
            record.event,
            Some(interdict::audit::record::record::Event::Screening(_))
        )
    });
    assert_eq!(screened.count(), 2);
}

#[test]
fn records_are_shown_newest_first_page_by_page() {
    let daemon = Daemon::with_bundled_lists().start();
    for number in 0..30 {
        daemon.screen(&evm(number));
        if number % 10 == 0 {
            daemon.screen(RONIN);
        }
    }
    let all = get(&daemon, "/v1/records?limit=1000").ok();
    let all = all["records"].as_array().expect("a list").clone();
    let numbers: Vec<u64> = all
        .iter()
        .map(|one| one["sequence"].as_u64().expect("a number"))
        .collect();
    assert!(
        numbers.windows(2).all(|pair| pair[0] == pair[1] + 1),
        "{numbers:?}"
    );
    assert_eq!(numbers.last(), Some(&0));

    let (mut paged, mut before) = (Vec::new(), 0);
    loop {
        let page = get(&daemon, &format!("/v1/records?limit=7&before={before}")).ok();
        let records = page["records"].as_array().expect("a list");
        assert!(records.len() <= 7);
        paged.extend(records.iter().cloned());
        match page["next_before"].as_u64() {
            Some(next) => before = next,
            None => break,
        }
    }
    // Records of the log's own may have come meanwhile, at the front.
    let from = paged
        .iter()
        .position(|one| one["sequence"] == all[0]["sequence"]);
    assert_eq!(&paged[from.expect("all of them")..], all);

    let hits = get(&daemon, "/v1/records?hits_only=true").ok();
    let hits = hits["records"].as_array().expect("a list");
    assert_eq!(hits.len(), 3);
    for hit in hits {
        assert_eq!(hit["verdict"], "LISTED");
        assert_eq!(hit["canonical"], RONIN);
        assert!(
            hit["sources"]
                .as_array()
                .is_some_and(|sources| !sources.is_empty())
        );
    }
    for wrong in ["limit=1001", "limit=-1", "hits_only=yes", "before=x"] {
        get(&daemon, &format!("/v1/records?{wrong}")).refused(400);
    }
}

#[test]
fn a_difference_and_an_incident_are_whole_or_say_that_they_are_not() {
    let daemon = Daemon::with_bundled_lists().start();
    let before = daemon.live().0;
    daemon.import_text("own", &evms(0..50));
    let after = daemon.live().0;
    let whole = get(
        &daemon,
        &format!("/v1/generations/{before}/difference/{after}"),
    )
    .ok();
    assert_eq!(
        (&whole["total"], &whole["listed"]),
        (&json!(50), &json!(50))
    );
    assert_eq!(whole["truncated"], false);
    assert_eq!(whole["changes"].as_array().map(Vec::len), Some(50));
    let part = format!("/v1/generations/{before}/difference/0?limit=10");
    let part = get(&daemon, &part).ok();
    assert_eq!(part["total"], 50);
    assert_eq!(part["truncated"], true);
    assert_eq!(part["changes"].as_array().map(Vec::len), Some(10));
    get(&daemon, "/v1/generations/2/difference/1").refused(400);
    get(&daemon, "/v1/generations/x/difference/1").refused(400);

    let incidents = get(&daemon, "/v1/incidents").ok();
    let first = &incidents["incidents"][0];
    let id = first["incident"]["id"].as_str().expect("an id");
    let one = get(&daemon, &format!("/v1/incidents/{id}?limit=1")).ok();
    assert_eq!(one["incident"]["incident"]["id"], id);
    assert_eq!(one["addresses"].as_array().map(Vec::len), Some(1));
    let total = one["total"].as_u64().expect("a number");
    assert_eq!(one["truncated"], total > 1);
    assert_eq!(
        get(&daemon, "/v1/incidents/none").refused(404).0,
        "NOT_FOUND"
    );
}

#[test]
fn a_text_is_explained_as_by_the_command() {
    let daemon = Daemon::with_bundled_lists().start();
    let text = format!(" “{RONIN}” ");
    let body = json!({ "text": text, "network": "ETH" });
    let explained = post(&daemon, "/v1/explanations", &body).ok();
    let printed = super::super::harness::interdict([
        "explain",
        "--output",
        "json",
        "--network",
        "ETH",
        &text,
    ]);
    let printed: Value = serde_json::from_str(&printed.stdout).expect("JSON");
    assert_eq!(explained, printed[0]);
    let body = json!({ "text": "x", "network": "no such network" });
    post(&daemon, "/v1/explanations", &body).refused(400);
    post(&daemon, "/v1/explanations", &json!({ "txt": "x" })).refused(400);
}

#[test]
fn nothing_is_screened_while_nothing_is_live() {
    let daemon = Daemon::empty().start();
    for answer in [
        get(&daemon, &format!("/v1/addresses/{RONIN}")),
        post(&daemon, "/v1/screenings", &json!({ "address": RONIN })),
        post(
            &daemon,
            "/v1/screenings",
            &json!({ "queries": [{ "address": RONIN }] }),
        ),
    ] {
        assert_eq!(answer.refused(503).0, "UNAVAILABLE");
    }
    let status = get(&daemon, "/v1/status").ok();
    assert_eq!(status["generation"], 0);
    assert_eq!(status["health"], "failing");
}
