//! HTTP and JSON: the same answers as over gRPC, in a shape that is written
//! down, and nothing for whoever means harm.

mod answers;
mod compatible;
mod console;
mod documented;
mod hostile;
mod roles;
mod web;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::harness::Daemon;

/// Listed by OFAC for the theft from the Ronin bridge.
const RONIN: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";

/// What came back.
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"));
        let body = self.text();
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("UTF-8")
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(given, _)| given == name);
        found.next().map(|(_, value)| value.as_str())
    }

    /// Returns the JSON of an answer that is one.
    #[track_caller]
    fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }

    /// Returns the code and the words of a refusal with a status.
    #[track_caller]
    fn refused(&self, status: u16) -> (String, String) {
        assert_eq!(self.status, status, "{}", self.text());
        let error = &self.json()["error"];
        let text = |name: &str| error[name].as_str().expect(name).to_owned();
        (text("code"), text("message"))
    }
}

fn host(daemon: &Daemon) -> &str {
    daemon.http_url().trim_start_matches("http://")
}

fn connect(daemon: &Daemon) -> TcpStream {
    let stream = TcpStream::connect(host(daemon)).expect("the daemon listens");
    let patience = Some(Duration::from_secs(30));
    stream.set_read_timeout(patience).expect("it can be set");
    stream
}

/// Sends bytes as they are, and reads until the daemon closes.
fn raw(daemon: &Daemon, bytes: &[u8]) -> Answer {
    let mut stream = connect(daemon);
    stream.write_all(bytes).expect("the daemon takes it");
    read(&mut stream)
}

fn read(stream: &mut TcpStream) -> Answer {
    let mut all = Vec::new();
    let _reset_after_the_answer = stream.read_to_end(&mut all);
    let end = all.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no head: {}", String::from_utf8_lossy(&all)));
    let head = String::from_utf8(all[..end].to_vec()).expect("a head is ASCII");
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let body = all[end + 4..].to_vec();
    let is_chunked = headers
        .iter()
        .any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    Answer {
        status: status.expect("a status").parse().expect("a number"),
        headers,
        body: if is_chunked { joined(&body) } else { body },
    }
}

/// Joins the chunks of a body.
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = chunks.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&chunks[..end]).expect("a size");
        let size = usize::from_str_radix(size, 16).expect("hexadecimal");
        let begin = end + 2;
        body.extend_from_slice(&chunks[begin..begin + size]);
        chunks = &chunks[(begin + size + 2).min(chunks.len())..];
        if size == 0 {
            break;
        }
    }
    body
}

fn ask(
    daemon: &Daemon,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
) -> Answer {
    let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    if !headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("host"))
    {
        head += &format!("Host: {}\r\n", host(daemon));
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    if let Some(body) = body {
        head += &format!("Content-Length: {}\r\n", body.len());
    }
    let mut bytes = (head + "\r\n").into_bytes();
    bytes.extend_from_slice(body.unwrap_or_default());
    raw(daemon, &bytes)
}

fn get(daemon: &Daemon, path: &str) -> Answer {
    ask(daemon, ("GET", path), &[], None)
}

fn post(daemon: &Daemon, path: &str, body: &Value) -> Answer {
    let json = ("Content-Type", "application/json");
    ask(
        daemon,
        ("POST", path),
        &[json],
        Some(body.to_string().as_bytes()),
    )
}

/// Writes a text as one segment of a path.
fn encoded(text: &str) -> String {
    let mut segment = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                segment.push(byte.into());
            }
            _ => segment += &format!("%{byte:02X}"),
        }
    }
    segment
}
