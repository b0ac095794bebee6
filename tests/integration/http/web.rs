//! gRPC-Web, as a browser's client speaks it.

use std::time::Duration;
use std::{fs, thread};

use data_encoding::BASE64;
use prost::Message;

use super::super::harness::{Daemon, v1};
use super::super::reload::create_key;
use super::{Answer, RONIN, ask, host};

const SCREEN: &str = "/interdict.v1.ScreeningService/ScreenAddress";

/// A message in its frame.
fn framed(message: &impl Message) -> Vec<u8> {
    let bytes = message.encode_to_vec();
    let mut frame = vec![0];
    frame.extend_from_slice(&u32::try_from(bytes.len()).expect("small").to_be_bytes());
    frame.extend_from_slice(&bytes);
    frame
}

/// Takes an answer apart: the messages, and the trailers.
fn frames(mut bytes: &[u8]) -> (Vec<Vec<u8>>, String) {
    let (mut messages, mut trailers) = (Vec::new(), String::new());
    while bytes.len() >= 5 {
        let length = u32::from_be_bytes(bytes[1..5].try_into().expect("four")) as usize;
        let content = bytes[5..5 + length].to_vec();
        match bytes[0] & 0x80 {
            0 => messages.push(content),
            _ => trailers = String::from_utf8(content).expect("ASCII").to_lowercase(),
        }
        bytes = &bytes[5 + length..];
    }
    (messages, trailers)
}

fn sent(daemon: &Daemon, path: &str, kind: &str, body: &[u8]) -> Answer {
    let headers = [
        ("Content-Type", kind),
        ("Accept", kind),
        ("X-Grpc-Web", "1"),
    ];
    ask(daemon, ("POST", path), &headers, Some(body))
}

fn ronin() -> v1::ScreenAddressRequest {
    v1::ScreenAddressRequest {
        address: RONIN.to_owned(),
        ..v1::ScreenAddressRequest::default()
    }
}

fn status_of(answer: &Answer) -> String {
    let (_, trailers) = frames(&answer.body);
    let in_trailers = trailers
        .lines()
        .find_map(|line| line.strip_prefix("grpc-status:"));
    let in_head = answer.header("grpc-status");
    in_trailers
        .map(str::trim)
        .or(in_head)
        .expect("a status")
        .to_owned()
}

#[test]
fn a_screening_over_grpc_web_is_the_same_screening() {
    let daemon = Daemon::with_bundled_lists().start();
    let answer = sent(
        &daemon,
        SCREEN,
        "application/grpc-web+proto",
        &framed(&ronin()),
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
    let (messages, _) = frames(&answer.body);
    let answered = v1::ScreenAddressResponse::decode(messages[0].as_slice()).expect("a message");
    assert_eq!(
        answered.outcome.expect("an outcome").verdict(),
        v1::Verdict::Listed
    );
    assert_eq!(status_of(&answer), "0");

    let text = BASE64.encode(&framed(&ronin()));
    let answer = sent(
        &daemon,
        SCREEN,
        "application/grpc-web-text",
        text.as_bytes(),
    );
    assert_eq!(answer.status, 200);
    assert!(answer.body.iter().all(u8::is_ascii), "it is base64");
}

#[test]
fn what_only_the_operator_may_do_is_not_to_be_had_so() {
    let daemon = Daemon::with_bundled_lists().start();
    for path in [
        "/interdict.v1.HistoryService/RollBack",
        "/interdict.v1.OperatorService/AddAddress",
        "/interdict.v1.BackupService/CreateBackup",
        "/interdict.v1.ListService/ImportPublication",
    ] {
        let answer = sent(
            &daemon,
            path,
            "application/grpc-web+proto",
            &framed(&ronin()),
        );
        assert_eq!(status_of(&answer), "7", "{path}");
    }
    let unknown = "/interdict.v1.ScreeningService/Nothing";
    let answer = sent(
        &daemon,
        unknown,
        "application/grpc-web+proto",
        &framed(&ronin()),
    );
    assert_eq!(status_of(&answer), "12");
}

#[test]
fn a_stream_ends_when_its_caller_is_taken_out() {
    let daemon = Daemon::with_bundled_lists().start();
    let (admin_key, admin) = create_key(&daemon, "admin", "admin");
    let (desk_key, desk) = create_key(&daemon, "desk", "audit-read");
    let config = |text: &str| daemon.home().write("interdict.toml", text);
    config(&format!("{admin}{desk}"));
    daemon.command("config", &["reload"]).expect_code(0);
    let key = fs::read_to_string(desk_key).expect("it is there");
    thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let headers = [
                ("Content-Type", "application/grpc-web"),
                ("X-Api-Key", key.trim()),
            ];
            let path = "/interdict.v1.StatusService/Watch";
            let body = framed(&v1::WatchRequest::default());
            ask(&daemon, ("POST", path), &headers, Some(&body))
        });
        thread::sleep(Duration::from_millis(500));
        assert!(!watching.is_finished(), "it goes on");
        config(&admin);
        let reload = ["reload", "--api-key-file", &admin_key];
        daemon.command("config", &reload).expect_code(0);
        let answer = watching.join().expect("it ends");
        assert_eq!((answer.status, status_of(&answer)), (200, "16".to_owned()));
    });
}

#[test]
fn what_is_no_grpc_web_is_refused() {
    let daemon = Daemon::with_bundled_lists().start();
    for kind in ["application/grpc", "application/json", "text/plain"] {
        let answer = sent(&daemon, SCREEN, kind, &framed(&ronin()));
        assert!(answer.status >= 400, "{kind}: {}", answer.status);
    }
    assert_eq!(ask(&daemon, ("GET", SCREEN), &[], None).status, 405);
    let large = vec![0; (1 << 20) + 1];
    assert_eq!(
        sent(&daemon, SCREEN, "application/grpc-web", &large).status,
        413
    );
    let other = [
        ("Content-Type", "application/grpc-web"),
        ("Origin", "https://evil.example"),
    ];
    let answer = ask(&daemon, ("POST", SCREEN), &other, Some(&framed(&ronin())));
    assert_eq!(answer.status, 403);
    let own = format!("http://{}", host(&daemon));
    let own = [("Content-Type", "application/grpc-web"), ("Origin", &own)];
    let answer = ask(&daemon, ("POST", SCREEN), &own, Some(&framed(&ronin())));
    assert_eq!(answer.status, 200);
}
