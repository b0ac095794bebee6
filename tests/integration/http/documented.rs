//! The OpenAPI document says what is served, and nothing else is.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::harness::{Daemon, eventually, evm, evms, queries, v1};
use super::{Answer, RONIN, ask, get};

/// Holds a value against a schema; says where it does not fit.
fn misfits(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(to) = schema["$ref"].as_str() {
        let pointer = to.strip_prefix('#').expect("within the document");
        let target = document
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{to} leads nowhere"));
        return misfits(document, target, value, at);
    }
    if let Some(several) = schema["oneOf"].as_array() {
        let fits = several
            .iter()
            .filter(|one| misfits(document, one, value, at).is_empty());
        return match fits.count() {
            1 => Vec::new(),
            count => vec![format!("{at} fits {count} of oneOf: {value}")],
        };
    }
    let fits = match schema["type"].as_str().expect("every schema has a type") {
        "object" => return object_misfits(document, schema, value, at),
        "array" => {
            let Some(items) = value.as_array() else {
                return vec![format!("{at} is no list")];
            };
            let each = items.iter().enumerate().flat_map(|(index, item)| {
                misfits(document, &schema["items"], item, &format!("{at}[{index}]"))
            });
            return each.collect();
        }
        "string" => value.as_str().is_some_and(|text| {
            let known = schema["enum"].as_array();
            let is_hex = |text: &str| {
                text.len().is_multiple_of(2)
                    && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            };
            known.is_none_or(|names| names.contains(value))
                && schema.get("pattern").is_none_or(|_| is_hex(text))
        }),
        "integer" => {
            let least = schema["minimum"].as_u64();
            let most = schema["maximum"].as_u64();
            value
                .as_i64()
                .is_some_and(|number| least.is_none() || number >= 0)
                && value
                    .as_u64()
                    .is_none_or(|number| most.is_none_or(|most| number <= most))
        }
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other} is new"),
    };
    if fits {
        Vec::new()
    } else {
        vec![format!("{at} is {value}, which is not {schema}")]
    }
}

fn object_misfits(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let Some(members) = value.as_object() else {
        return vec![format!("{at} is no object")];
    };
    let mut found = Vec::new();
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().expect("a name");
        if !members.contains_key(name) {
            found.push(format!("{at}.{name} is missing"));
        }
    }
    for (name, member) in members {
        match schema["properties"].get(name) {
            Some(schema) => {
                found.extend(misfits(document, schema, member, &format!("{at}.{name}")))
            }
            None if schema["additionalProperties"] == json!(false) => {
                found.push(format!("{at}.{name} is not documented"));
            }
            None => {}
        }
    }
    found
}

/// What each documented route is asked, so that its answer holds something.
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn questions(
    screening_id: &str,
    incident: &str,
) -> Vec<(&'static str, &'static str, String, Value)> {
    let plain = |path: &'static str| ("get", path, path.to_owned(), Value::Null);
    vec![
        (
            "get",
            "/v1/addresses/{address}",
            format!("/v1/addresses/{RONIN}"),
            Value::Null,
        ),
        (
            "post",
            "/v1/screenings",
            "/v1/screenings".into(),
            json!({ "address": RONIN }),
        ),
        (
            "post",
            "/v1/screenings",
            "/v1/screenings".into(),
            json!({ "queries": [{ "address": RONIN }, { "address": "x" }] }),
        ),
        (
            "post",
            "/v1/explanations",
            "/v1/explanations".into(),
            json!({ "text": format!(" {RONIN}") }),
        ),
        (
            "post",
            "/v1/explanations",
            "/v1/explanations".into(),
            json!({ "text": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "network": "BTC" }),
        ),
        (
            "get",
            "/v1/addresses/{address}/history",
            format!("/v1/addresses/{RONIN}/history"),
            Value::Null,
        ),
        (
            "post",
            "/v1/histories",
            "/v1/histories".into(),
            json!({ "address": RONIN }),
        ),
        plain("/v1/sources"),
        plain("/v1/generations"),
        (
            "get",
            "/v1/generations/{from}/difference/{to}",
            "/v1/generations/1/difference/2".into(),
            Value::Null,
        ),
        plain("/v1/incidents"),
        (
            "get",
            "/v1/incidents/{id}",
            format!("/v1/incidents/{incident}"),
            Value::Null,
        ),
        plain("/v1/alerts"),
        (
            "get",
            "/v1/alerts",
            "/v1/alerts?limit=1".into(),
            Value::Null,
        ),
        (
            "post",
            "/v1/alerts/acknowledgements",
            "/v1/alerts/acknowledgements".into(),
            json!({ "up_to_sequence": 1, "author": "Ada Byron" }),
        ),
        plain("/v1/portfolios"),
        (
            "get",
            "/v1/records",
            "/v1/records?limit=1000".into(),
            Value::Null,
        ),
        (
            "get",
            "/v1/records/{id}",
            format!("/v1/records/{screening_id}"),
            Value::Null,
        ),
        (
            "get",
            "/v1/records/{id}/receipt",
            format!("/v1/records/{screening_id}/receipt"),
            Value::Null,
        ),
        plain("/v1/rescreens"),
        plain("/v1/status"),
        plain("/v1/openapi.json"),
        (
            "get",
            "/api/v1/address/{address}",
            format!("/api/v1/address/{RONIN}"),
            Value::Null,
        ),
    ]
}

/// A daemon that has something to say to every question.
fn lively() -> (Daemon, String) {
    let daemon = Daemon::with_bundled_lists().start();
    daemon.import_text("own", &evms(0..20));
    let book = daemon.home().write(
        "book.csv",
        format!("address\n{}\n{}\n{RONIN}\n", evm(1), evm(2)),
    );
    let book = book.to_str().expect("plain letters");
    daemon
        .command(
            "portfolio",
            &["import", "book", book, "--column", "address"],
        )
        .expect_code(0);
    let header = v1::rescreen_addresses_request::Part::Header(v1::RescreenHeader::default());
    let chunk = v1::rescreen_addresses_request::Part::Chunk(v1::RescreenChunk {
        queries: queries(&[evm(1), evm(50)]),
    });
    daemon.rescreen(vec![header, chunk]).expect("it ends");
    let id = daemon.screen(RONIN).outcome.screening_id;
    (daemon, id)
}

fn asked(daemon: &Daemon, verb: &str, path: &str, body: &Value) -> Answer {
    let text = body.to_string();
    let json = [("Content-Type", "application/json")];
    match verb {
        "get" => get(daemon, path),
        _ => ask(daemon, ("POST", path), &json, Some(text.as_bytes())),
    }
}

#[test]
fn every_documented_route_answers_as_documented() {
    let (daemon, id) = lively();
    let document = get(&daemon, "/v1/openapi.json").ok();
    assert_eq!(document["openapi"], "3.1.0");
    let receipt = format!("/v1/records/{id}/receipt");
    eventually(
        "a checkpoint covers the record",
        Duration::from_secs(10),
        || get(&daemon, &receipt).status == 200,
    );
    let incidents = get(&daemon, "/v1/incidents").ok();
    let incident = incidents["incidents"][0]["incident"]["id"]
        .as_str()
        .expect("an id");
    let questions = questions(&id, incident);

    let paths = document["paths"].as_object().expect("paths");
    let documented: BTreeSet<(&str, &str)> = paths
        .iter()
        .flat_map(|(path, verbs)| {
            let verbs = verbs.as_object().expect("verbs");
            verbs.keys().map(move |verb| (verb.as_str(), path.as_str()))
        })
        .collect();
    let answered: BTreeSet<(&str, &str)> = questions
        .iter()
        .map(|(verb, path, ..)| (*verb, *path))
        .collect();
    assert_eq!(
        documented, answered,
        "the document and this test name the same routes"
    );

    for (verb, path, concrete, body) in &questions {
        let operation = &document["paths"][path][verb];
        let answer = asked(&daemon, verb, concrete, body);
        assert_eq!(answer.status, 200, "{concrete}: {}", answer.text());
        let content = operation["responses"]["200"]["content"]
            .as_object()
            .expect("content");
        let (kind, said) = content.iter().next().expect("one");
        let given = answer.header("content-type").expect("a type");
        assert!(given.starts_with(kind.as_str()), "{concrete}: {given}");
        if kind == "application/json" {
            let found = misfits(&document, &said["schema"], &answer.json(), "");
            assert!(found.is_empty(), "{concrete}: {found:#?}");
        }
        if !body.is_null() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let found = misfits(&document, schema, body, "");
            assert!(found.is_empty(), "what is asked of {concrete}: {found:#?}");
        }
    }
    for list in [
        ("/v1/alerts", "alerts"),
        ("/v1/portfolios", "portfolios"),
        ("/v1/rescreens", "rescreens"),
        ("/v1/incidents", "incidents"),
    ] {
        let answer = get(&daemon, list.0).ok();
        assert!(
            answer[list.1].as_array().is_some_and(|all| !all.is_empty()),
            "{list:?} shows nothing"
        );
    }
}

#[test]
fn refusals_are_as_documented_too() {
    let (daemon, id) = lively();
    let document = get(&daemon, "/v1/openapi.json").ok();
    let error = json!({ "$ref": "#/components/schemas/Error" });
    for (verb, path, status, body) in [
        ("get", "/v1/nothing", 404, json!(null)),
        ("get", "/v1/screenings", 405, json!(null)),
        ("get", "/v1/incidents/none", 404, json!(null)),
        ("get", "/v1/records/x", 400, json!(null)),
        (
            "get",
            &format!(
                "/v1/records/{}",
                id.replace(|c: char| c.is_ascii_digit(), "0")
            ),
            404,
            json!(null),
        ),
        ("post", "/v1/screenings", 400, json!({})),
        (
            "post",
            "/v1/alerts/acknowledgements",
            400,
            json!({ "up_to_sequence": 1 }),
        ),
        ("get", "/api/v1/address/x", 400, json!(null)),
    ] {
        let answer = asked(&daemon, verb, path, &body);
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        let found = misfits(&document, &error, &answer.json(), "");
        assert!(found.is_empty(), "{path}: {found:#?}");
    }
}

/// The check is worth what it refuses.
#[test]
fn what_is_not_as_documented_is_found() {
    let (daemon, _) = lively();
    let document = get(&daemon, "/v1/openapi.json").ok();
    let schema = json!({ "$ref": "#/components/schemas/ScreenAddressResponse" });
    let good = get(&daemon, &format!("/v1/addresses/{RONIN}")).ok();
    assert!(misfits(&document, &schema, &good, "").is_empty());
    let mut bad = [(); 6].map(|()| good.clone());
    bad[0]["outcome"]["verdict"] = json!("CLEAN");
    bad[1]["outcome"]
        .as_object_mut()
        .expect("an object")
        .remove("flags");
    bad[2]["more"] = json!(1);
    bad[3]["basis"]["generation"] = json!("1");
    bad[4]["basis"]["generation_digest"] = json!("XY");
    bad[5]["outcome"]["matches"][0]["active"] = json!(null);
    for bad in &bad {
        assert!(!misfits(&document, &schema, bad, "").is_empty(), "{bad}");
    }
}
