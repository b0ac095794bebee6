//! Pages of other sites, and whoever else means harm.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::super::harness::{Daemon, evm};
use super::{RONIN, ask, connect, encoded, get, host, post, raw, read};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A page whose name was made to lead here asks under its own name.
#[test]
fn a_name_that_was_rebound_gets_nothing() {
    let daemon = Daemon::with_bundled_lists().start();
    for path in ["/", "/v1/status", "/v1/openapi.json", "/nothing"] {
        for host in [
            "evil.example",
            "localhost.evil.example:80",
            "127.0.0.1.nip.io",
        ] {
            let answer = ask(&daemon, ("GET", path), &[("Host", host)], None);
            let (code, _) = answer.refused(421);
            assert_eq!(code, "PERMISSION_DENIED");
        }
    }
    let config = "[http]\nhosts = [\"interdict.example\"]";
    let named = Daemon::with_bundled_lists().config(config).start();
    let host = [("Host", "interdict.example")];
    assert_eq!(ask(&named, ("GET", "/v1/status"), &host, None).status, 200);
}

#[test]
fn a_page_of_another_site_can_neither_ask_nor_read() {
    let daemon = Daemon::with_bundled_lists().start();
    let body = json!({ "address": RONIN }).to_string();
    for (name, value) in [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        let headers = [JSON, (name, value)];
        let answer = ask(
            &daemon,
            ("POST", "/v1/screenings"),
            &headers,
            Some(body.as_bytes()),
        );
        assert_eq!(answer.refused(403).0, "PERMISSION_DENIED");
        let answer = ask(&daemon, ("GET", "/v1/sources"), &[(name, value)], None);
        assert_eq!(answer.status, 403);
        assert!(answer.header("access-control-allow-origin").is_none());
    }
    // What a form can send without being asked.
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
        "application/jsonp",
    ] {
        let headers = [("Content-Type", kind)];
        let answer = ask(
            &daemon,
            ("POST", "/v1/screenings"),
            &headers,
            Some(body.as_bytes()),
        );
        assert_eq!(answer.status, 415, "{kind}");
    }
    let none = ask(
        &daemon,
        ("POST", "/v1/screenings"),
        &[],
        Some(body.as_bytes()),
    );
    assert_eq!(none.status, 415);
    // A browser asks for leave first, and gets none.
    let preflight = [
        ("Origin", "https://evil.example"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type"),
    ];
    let answer = ask(&daemon, ("OPTIONS", "/v1/screenings"), &preflight, None);
    assert!(answer.status >= 400);
    assert!(answer.header("access-control-allow-origin").is_none());

    let own = format!("http://{}", host(&daemon));
    let headers = [
        JSON,
        ("Origin", own.as_str()),
        ("Sec-Fetch-Site", "same-origin"),
    ];
    let answer = ask(
        &daemon,
        ("POST", "/v1/screenings"),
        &headers,
        Some(body.as_bytes()),
    );
    assert_eq!(answer.ok()["outcome"]["verdict"], "LISTED");
}

#[test]
fn paths_and_methods_that_are_none_are_refused_in_json() {
    let daemon = Daemon::with_bundled_lists().start();
    assert_eq!(get(&daemon, "/v1/nothing").refused(404).0, "NOT_FOUND");
    assert_eq!(get(&daemon, "/v2/sources").refused(404).0, "NOT_FOUND");
    for (method, path, allowed) in [
        ("GET", "/v1/screenings", "POST"),
        ("POST", "/v1/sources", "GET"),
        ("DELETE", "/v1/portfolios", "GET"),
        ("PUT", "/v1/screenings", "POST"),
    ] {
        let answer = ask(&daemon, (method, path), &[JSON], Some(b"{}"));
        assert_eq!(answer.refused(405).0, "UNIMPLEMENTED");
        let allow = answer.header("allow").unwrap_or_default();
        assert!(allow.contains(allowed), "{method} {path}: {allow}");
    }
    // A method that a header asks for is not the method.
    let over = [JSON, ("X-HTTP-Method-Override", "POST")];
    assert_eq!(
        ask(&daemon, ("GET", "/v1/screenings"), &over, None).status,
        405
    );
    // Without a body there is no verdict, and 200 would look like one.
    let path = format!("/v1/addresses/{RONIN}");
    assert_eq!(ask(&daemon, ("HEAD", &path), &[], None).status, 405);
    let path = format!("/api/v1/address/{RONIN}");
    assert_eq!(ask(&daemon, ("HEAD", &path), &[], None).status, 405);
    assert_eq!(ask(&daemon, ("HEAD", "/v1/sources"), &[], None).status, 200);
}

#[test]
fn what_is_sent_is_never_told_again_as_a_page() {
    let daemon = Daemon::with_bundled_lists().start();
    let script = "<script>alert(1)</script>";
    for answer in [
        get(&daemon, &format!("/v1/{}", encoded(script))),
        get(&daemon, &format!("/v1/sources?{}=1", encoded(script))),
        get(&daemon, &format!("/v1/incidents/{}", encoded(script))),
        get(&daemon, &format!("/v1/records/{}", encoded(script))),
        get(&daemon, &format!("/v1/addresses/{}", encoded(script))),
        get(&daemon, &format!("/api/v1/address/{}", encoded(script))),
        post(&daemon, "/v1/screenings", &json!({ script: 1 })),
    ] {
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(answer.header("content-security-policy").is_some());
    }
}

/// Law 8: a private key that somebody pastes goes nowhere from here.
#[test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn law_8_a_private_key_comes_back_from_no_route_and_is_in_no_log() {
    let mut daemon = Daemon::with_bundled_lists()
        .config("[log]\nfilter = \"trace\"")
        .start();
    let secrets = [
        "L1aW4aubDFB7yfras2S1mN3bqg9nwySY8nkoLmJebSLD5BWv3ENZ",
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
    ];
    let mut said = String::new();
    for secret in secrets {
        let path = encoded(secret);
        for answer in [
            get(&daemon, &format!("/v1/addresses/{path}")),
            get(&daemon, &format!("/v1/addresses/{path}/history")),
            get(&daemon, &format!("/api/v1/address/{path}")),
            get(&daemon, &format!("/v1/addresses/{}?as_of={path}", evm(1))),
            get(&daemon, &format!("/v1/addresses/{}?purpose={path}", evm(1))),
            get(
                &daemon,
                &format!("/v1/addresses/{}?generation={path}", evm(1)),
            ),
            get(&daemon, &format!("/v1/addresses/{}?{path}=1", evm(1))),
            get(&daemon, &format!("/v1/incidents/{path}")),
            get(&daemon, &format!("/v1/records/{path}")),
            get(&daemon, &format!("/v1/records/{path}/receipt")),
            get(&daemon, &format!("/{path}")),
            get(&daemon, &format!("/v1/records?limit={path}")),
            get(&daemon, &format!("/v1/generations/{path}/difference/1")),
            post(&daemon, "/v1/screenings", &json!({ "address": secret })),
            post(
                &daemon,
                "/v1/screenings",
                &json!({ "queries": [{ "address": secret, "network": secret }] }),
            ),
            post(
                &daemon,
                "/v1/screenings",
                &json!({ "address": evm(1), "network": secret }),
            ),
            post(
                &daemon,
                "/v1/screenings",
                &json!({ "address": evm(1), "reference": secret }),
            ),
            post(
                &daemon,
                "/v1/screenings",
                &json!({ "address": evm(1), "purpose": secret }),
            ),
            post(
                &daemon,
                "/v1/screenings",
                &json!({ "address": evm(1), "moment": { "as_of": secret } }),
            ),
            post(&daemon, "/v1/screenings", &json!({ secret: 1 })),
            post(&daemon, "/v1/explanations", &json!({ "text": secret })),
            post(
                &daemon,
                "/v1/explanations",
                &json!({ "text": evm(1), "network": secret }),
            ),
            post(&daemon, "/v1/explanations", &json!({ secret: 1 })),
            post(&daemon, "/v1/histories", &json!({ "address": secret })),
            ask(
                &daemon,
                ("POST", "/v1/screenings"),
                &[JSON],
                Some(secret.as_bytes()),
            ),
        ] {
            said += &answer.text();
        }
    }
    daemon.stop();
    said += &daemon.logs();
    for secret in secrets {
        let part = &secret[..24];
        assert!(!said.contains(part), "{}", around(&said, part));
        assert!(
            !said.contains(&encoded(part)),
            "{}",
            around(&said, &encoded(part))
        );
    }
}

fn around<'s>(said: &'s str, part: &str) -> &'s str {
    let at = said.find(part).unwrap_or_default();
    said.get(at.saturating_sub(200)..(at + 60).min(said.len()))
        .unwrap_or(said)
}

#[test]
fn law_7_a_body_that_is_too_large_is_refused_before_it_is_read() {
    let daemon = Daemon::with_bundled_lists().start();
    for (path, bytes_max) in [("/v1/screenings", 1 << 20), ("/v1/explanations", 64 << 10)] {
        let announced = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            host(&daemon),
            bytes_max + 1,
        );
        let asked_at = Instant::now();
        assert_eq!(raw(&daemon, announced.as_bytes()).status, 413, "{path}");
        assert!(
            asked_at.elapsed() < Duration::from_secs(5),
            "nobody waits for the body"
        );
    }
    // Not announced, but sent.
    let mut stream = connect(&daemon);
    let head = format!(
        "POST /v1/screenings HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        host(&daemon),
    );
    stream.write_all(head.as_bytes()).expect("taken");
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    for _ in 0..40 {
        if stream.write_all(&chunk).is_err() {
            break;
        }
    }
    assert_eq!(read(&mut stream).status, 413);
}

/// A reset would take the answer from whoever is still sending.
#[test]
fn whoever_sends_too_much_is_told_so_and_not_cut_off() {
    let daemon = Daemon::with_bundled_lists().start();
    let body = vec![b' '; (2 << 20) + 1];
    for _ in 0..20 {
        for (path, status) in [("/v1/screenings", 413), ("/v1/nothing", 404)] {
            let answer = ask(&daemon, ("POST", path), &[JSON], Some(&body));
            assert_eq!(answer.status, status, "{path}");
        }
    }
}

/// One byte now and then does not buy time: the deadline is for the whole.
#[test]
fn law_7_a_body_that_drips_is_cut_off() {
    let daemon = Daemon::with_bundled_lists().start();
    let mut stream = connect(&daemon);
    let head = format!(
        "POST /v1/screenings HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n",
        host(&daemon),
    );
    stream.write_all(head.as_bytes()).expect("taken");
    let begun_at = Instant::now();
    let mut writer = stream.try_clone().expect("a socket has two ends");
    let dripping = thread::spawn(move || {
        for _ in 0..30 {
            thread::sleep(Duration::from_millis(500));
            if writer.write_all(b" ").is_err() {
                break;
            }
        }
    });
    assert_eq!(read(&mut stream).status, 408);
    assert!(
        begun_at.elapsed() < Duration::from_secs(14),
        "{:?}",
        begun_at.elapsed()
    );
    dripping.join().expect("it ends");
}

#[test]
fn two_lengths_or_two_hosts_are_no_request() {
    let daemon = Daemon::with_bundled_lists().start();
    let host = host(&daemon);
    for text in [
        format!(
            "GET /v1/status HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        ),
        "GET /v1/status HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(),
        format!(
            "POST /v1/screenings HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{{}} "
        ),
        format!(
            "GET http://evil.example/v1/status HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        ),
    ] {
        assert_eq!(raw(&daemon, text.as_bytes()).status, 400, "{text}");
    }
}
