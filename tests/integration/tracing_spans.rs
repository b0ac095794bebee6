//! Traces by OTLP, against a collector of our own; and logs as JSON.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use prost::Message;
use serde_json::Value;
use tokio::net::TcpListener;
use tonic::Request;

use crate::harness::{Daemon, block_on, eventually, evm, evms, runtime, v1};

const RONIN: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";
const KEY: &str = "5KJvsngHeMpm884wtkJNzQGaCErckhHJBGFsvd3VyK5qMZXj3hS";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// As much of OTLP as is looked at.
#[derive(Clone, PartialEq, Message)]
struct Export {
    #[prost(message, repeated, tag = "1")]
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceSpans {
    #[prost(message, repeated, tag = "2")]
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeSpans {
    #[prost(message, repeated, tag = "2")]
    spans: Vec<Span>,
}

#[derive(Clone, PartialEq, Message)]
struct Span {
    #[prost(bytes = "vec", tag = "1")]
    trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    parent_span_id: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<Attribute>,
}

#[derive(Clone, PartialEq, Message)]
struct Attribute {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, optional, tag = "1")]
    text: Option<String>,
    #[prost(int64, optional, tag = "3")]
    number: Option<i64>,
}

impl Span {
    fn attribute(&self, key: &str) -> String {
        let found = self.attributes.iter().find(|it| it.key == key);
        let value = found.and_then(|it| it.value.clone()).unwrap_or_default();
        let number = value.number.map(|number| number.to_string());
        value.text.or(number).unwrap_or_default()
    }
}

/// What a collector got, as it came.
#[derive(Clone, Default)]
struct Collected(Arc<Mutex<Vec<Vec<u8>>>>);

impl Collected {
    fn spans(&self) -> Vec<Span> {
        let bodies = self.0.lock().expect("nobody panics with it").clone();
        let exports = bodies.iter().map(|body| {
            // One byte says whether it is compressed, four how long it is.
            assert_eq!(body[0], 0);
            Export::decode(&body[5..]).expect("it is OTLP")
        });
        exports
            .flat_map(|export| export.resource_spans)
            .flat_map(|of| of.scope_spans)
            .flat_map(|of| of.spans)
            .collect()
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("nobody panics with it").concat()
    }
}

/// Starts a collector and returns its address.
fn collector(answers: bool) -> (String, Collected) {
    let collected = Collected::default();
    let into = collected.clone();
    let listener = block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
    let address = listener.local_addr().expect("it has one");
    runtime().spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(collect(socket, into.clone(), answers));
        }
    });
    (format!("http://{address}"), collected)
}

async fn collect(socket: tokio::net::TcpStream, into: Collected, answers: bool) {
    let Ok(mut connection) = h2::server::handshake(socket).await else {
        return;
    };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let into = into.clone();
        tokio::spawn(async move {
            let path = request.uri().path().to_owned();
            assert_eq!(
                path,
                "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
            );
            let mut incoming = request.into_body();
            let mut body = Vec::new();
            while let Some(Ok(bytes)) = incoming.data().await {
                let _ = incoming.flow_control().release_capacity(bytes.len());
                body.extend_from_slice(&bytes);
            }
            into.0.lock().expect("nobody panics with it").push(body);
            if !answers {
                return std::future::pending().await;
            }
            let head = http::Response::builder()
                .header("content-type", "application/grpc")
                .body(())
                .expect("it is well formed");
            let Ok(mut send) = respond.send_response(head, false) else {
                return;
            };
            let _ = send.send_data(vec![0; 5].into(), false);
            let mut trailers = http::HeaderMap::new();
            trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
            let _ = send.send_trailers(trailers);
        });
    }
}

fn traced(endpoint: &str, ratio: &str) -> String {
    format!("[tracing]\notlp_endpoint = \"{endpoint}\"\nsample_ratio = {ratio}\n")
}

fn screen_under(daemon: &Daemon, address: &str, parent: &'static str) {
    let mut request = Request::new(v1::ScreenAddressRequest {
        address: address.to_owned(),
        ..v1::ScreenAddressRequest::default()
    });
    let value = parent.parse().expect("a header");
    request.metadata_mut().insert("traceparent", value);
    block_on(daemon.screening().screen_address(request)).expect("the daemon answers");
}

fn screen_over_http(daemon: &Daemon, address: &str) {
    let host = daemon.http_url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).expect("the daemon listens");
    write!(
        stream,
        "GET /v1/addresses/{address} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .expect("it is taken");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.contains("LISTED"), "{answer}");
}

#[test]
fn calls_and_imports_are_traced_and_nothing_that_was_sent_is() {
    let (endpoint, collected) = collector(true);
    let mut daemon = Daemon::with_bundled_lists()
        .config(&traced(&endpoint, "1.0"))
        .start();
    screen_under(&daemon, RONIN, PARENT);
    daemon.screen(KEY);
    daemon.screen(&evm(3));
    screen_over_http(&daemon, RONIN);
    let (live, _) = daemon.live();
    daemon.import_text("ours", &evms(0..3));
    daemon.stop();
    // What was under way is sent before the process ends.
    let spans = collected.spans();
    let named =
        |name: &str| -> Vec<&Span> { spans.iter().filter(|span| span.name == name).collect() };
    let calls = named("interdict.v1.ScreeningService/ScreenAddress");
    assert_eq!(calls.len(), 3, "{spans:?}");
    let listed: Vec<_> = calls
        .iter()
        .filter(|span| span.attribute("verdict") == "LISTED")
        .collect();
    assert_eq!(listed.len(), 1);
    let hit = listed[0];
    assert_eq!(const_hex::encode(&hit.trace_id), &PARENT[3..35]);
    assert_eq!(const_hex::encode(&hit.parent_span_id), &PARENT[36..52]);
    assert_eq!(hit.attribute("action"), "BLOCK");
    assert_eq!(hit.attribute("code"), "OK");
    assert_eq!(hit.attribute("caller"), "anonymous");
    assert_eq!(hit.attribute("generation"), live.to_string());
    let over_http = named("GET /v1/addresses/{address}");
    assert_eq!(over_http.len(), 1, "{spans:?}");
    assert_eq!(over_http[0].attribute("verdict"), "LISTED");
    assert_eq!(over_http[0].attribute("code"), "OK");
    let imports = named("import");
    assert_eq!(imports.len(), 1, "{spans:?}");
    assert_eq!(imports[0].attribute("source"), "ours");
    let sent = String::from_utf8_lossy(&collected.bytes()).to_lowercase();
    for secret in [RONIN, KEY, &evm(3), &evm(0)] {
        assert!(!sent.contains(&secret.to_lowercase()), "{secret}");
    }
}

#[test]
fn a_caller_decides_whether_its_call_is_traced() {
    let (endpoint, collected) = collector(true);
    let mut daemon = Daemon::with_bundled_lists()
        .config(&traced(&endpoint, "0.0"))
        .start();
    daemon.screen(RONIN);
    screen_under(&daemon, RONIN, PARENT);
    let unsampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    screen_under(&daemon, RONIN, unsampled);
    screen_under(&daemon, RONIN, "nonsense");
    daemon.stop();
    let spans = collected.spans();
    let calls = spans
        .iter()
        .filter(|span| span.name.contains("ScreenAddress"));
    assert_eq!(calls.count(), 1, "{spans:?}");
}

#[test]
fn a_collector_that_is_gone_or_hangs_holds_up_nothing() {
    let (hanging, collected) = collector(false);
    for endpoint in ["http://127.0.0.1:1", hanging.as_str()] {
        let mut daemon = Daemon::with_bundled_lists()
            .config(&traced(endpoint, "1.0"))
            .start();
        let began = Instant::now();
        for _ in 0..300 {
            daemon.screen(RONIN);
        }
        let each = began.elapsed() / 300;
        assert!(each < Duration::from_millis(50), "{endpoint}: {each:?}");
        // More than the queue holds: they are dropped, and nobody waits.
        daemon.try_screen_all(&evms(0..1_000)).expect("it answers");
        let began = Instant::now();
        daemon.stop();
        assert!(began.elapsed() < Duration::from_secs(10), "{endpoint}");
    }
    assert!(!collected.bytes().is_empty(), "the hanging one was asked");
}

#[test]
fn logs_are_one_json_object_a_line_with_what_they_were_about() {
    let config = "[log]\nformat = \"json\"\nfilter = \"interdict=debug\"\n";
    let daemon = Daemon::with_bundled_lists().config(config).start();
    daemon.screen(RONIN);
    daemon.screen(KEY);
    daemon.import_text("ours", &evms(0..3));
    let lines = || -> Vec<Value> {
        let logs = daemon.logs();
        let whole = logs.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let parse = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
        };
        whole.lines().map(parse).collect()
    };
    eventually("the import is told of", Duration::from_secs(10), || {
        lines()
            .iter()
            .any(|line| line["spans"][0]["name"] == "import")
    });
    for line in lines() {
        for member in ["timestamp", "level", "target"] {
            assert!(line[member].is_string(), "{line}");
        }
        assert!(line["fields"].is_object(), "{line}");
    }
    let all = lines();
    let import = all.iter().find(|line| line["spans"][0]["name"] == "import");
    let import = import.expect("it is there");
    assert_eq!(import["spans"][0]["source"], "ours");
    let screened = |line: &&Value| line["fields"]["message"] == "screened";
    let hit = all.iter().find(screened).expect("it is there");
    assert_eq!(hit["fields"]["verdict"], "LISTED");
    assert!(!daemon.logs().contains(KEY));
}
