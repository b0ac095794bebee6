//! The front under load and under attack: what is counted, what is cut, and
//! who is still served. The floods in earnest are in `tests/attacks`.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tonic::Code;
use tonic_types::StatusExt as _;

use super::harness::{Daemon, block_on, eventually, evm, queries, v1};
use v1::screening_service_client::ScreeningServiceClient;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Frame types, RFC 9113.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
    let mut bytes = length[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// A connection that has said hello.
fn connect(daemon: &Daemon) -> TcpStream {
    let mut stream = TcpStream::connect(daemon.host_and_port()).expect("it listens");
    let patience = Some(Duration::from_secs(20));
    stream.set_read_timeout(patience).expect("it can be set");
    stream.set_write_timeout(patience).expect("it can be set");
    stream.write_all(PREFACE).expect("taken");
    stream
        .write_all(&frame(SETTINGS, 0, 0, &[]))
        .expect("taken");
    stream
}

/// Reads until the end; returns what came.
fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut bytes = [0; 4096];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return all,
            Ok(read) => all.extend(&bytes[..read]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("it was not cut");
            }
            Err(_) => return all,
        }
    }
}

fn kinds(bytes: &[u8]) -> Vec<u8> {
    let (mut kinds, mut at) = (Vec::new(), 0);
    while let Some(header) = bytes.get(at..at + 9) {
        let length = u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize;
        kinds.push(header[3]);
        at += 9 + length;
    }
    kinds
}

fn is_served(daemon: &Daemon) -> bool {
    let request = v1::ScreenAddressRequest {
        address: evm(0),
        ..v1::ScreenAddressRequest::default()
    };
    let mut client = ScreeningServiceClient::new(daemon.public_channel());
    block_on(client.screen_address(request)).is_ok()
}

/// Goal: what is beside calls has a budget. Method: each frame type that
/// costs the sender nothing, sent until the connection ends; an honest client
/// is served after.
#[test]
fn law_7_floods_beside_calls_are_cut() {
    let daemon = Daemon::with_bundled_lists().start();
    let swing = [0, 4, 0, 0, 0, 0];
    for (what, one) in [
        ("pings", frame(PING, 0, 0, &[7; 8])),
        ("settings", frame(SETTINGS, 0, 0, &swing)),
        ("priorities", frame(2, 0, 1, &[0, 0, 0, 3, 1])),
        ("frames that nobody knows", frame(77, 0, 0, &[1; 16])),
        ("window updates", frame(8, 0, 0, &[0, 0, 0, 1])),
    ] {
        let mut stream = connect(&daemon);
        let mut reader = stream.try_clone().expect("it can be shared");
        let read = std::thread::spawn(move || read_to_end(&mut reader));
        let many = one.repeat(1_000);
        // The system takes some of it whether or not the daemon does; what
        // counts is that the connection ends.
        let _all_taken = (0..200).all(|_| stream.write_all(&many).is_ok());
        read.join().expect("it is cut");
        assert!(is_served(&daemon), "after {what}");
    }
}

#[test]
fn law_7_what_is_begun_and_not_ended_is_cut() {
    let daemon = Daemon::with_bundled_lists()
        .config("[limits]\npreface_timeout = \"500ms\"\nkeepalive_interval = \"1h\"")
        .start();
    let whole = frame(PING, 0, 0, &[7; 8]);
    // A header block that is never ended: 0x82 is `:method: GET`.
    let open_block = frame(HEADERS, 0, 1, &[0x82]);
    for begun in [&whole[..3], &whole[..9], &whole[..12], &open_block] {
        let mut stream = connect(&daemon);
        stream.write_all(begun).expect("taken");
        let began = Instant::now();
        read_to_end(&mut stream);
        let after = began.elapsed();
        assert!(after >= Duration::from_millis(300), "{after:?}");
    }
    // One that is whole may be followed by silence.
    let mut stream = connect(&daemon);
    stream.write_all(&whole).expect("taken");
    stream
        .set_read_timeout(Some(Duration::from_millis(1500)))
        .expect("it can be set");
    let mut bytes = [0; 4096];
    let quiet = loop {
        match stream.read(&mut bytes) {
            Ok(0) => break false,
            Ok(_) => {}
            Err(error) => {
                break matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
            }
        }
    };
    assert!(quiet, "it was cut");
}

#[test]
fn law_7_a_peer_that_does_not_answer_is_gone() {
    let config = "[limits]\nkeepalive_interval = \"300ms\"\nkeepalive_timeout = \"300ms\"";
    let daemon = Daemon::with_bundled_lists().config(config).start();
    let mut stream = connect(&daemon);
    let came = read_to_end(&mut stream);
    assert!(kinds(&came).contains(&PING), "it was asked first");
}

/// Connections come again before they are too old, not all at once, and what
/// is under way goes on to its end.
#[test]
fn connections_have_an_age() {
    let daemon = Daemon::with_bundled_lists()
        .config("[limits]\nconnection_age = \"1s\"\npreface_timeout = \"10s\"")
        .start();
    let mut ages = Vec::new();
    let mut streams: Vec<_> = (0..12).map(|_| connect(&daemon)).collect();
    let began = Instant::now();
    for stream in &mut streams {
        let came = read_to_end(stream);
        assert!(kinds(&came).contains(&GOAWAY), "{came:?}");
        ages.push(began.elapsed());
    }
    let last = ages.iter().max().expect("there are some");
    assert!(ages[0] >= Duration::from_millis(700), "{ages:?}");
    assert!(*last < Duration::from_secs(10), "{ages:?}");
    let channel = daemon.public_channel();
    for _ in 0..30 {
        let request = v1::ScreenAddressRequest {
            address: evm(0),
            ..v1::ScreenAddressRequest::default()
        };
        let mut client = ScreeningServiceClient::new(channel.clone());
        let answer = block_on(client.screen_address(request));
        assert!(answer.is_ok(), "{answer:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn law_7_a_caller_has_a_rate_and_is_told_when_to_come_again() {
    let config = "[access.quota]\ncalls_per_second = 5";
    let daemon = Daemon::with_bundled_lists().config(config).start();
    let mut client = ScreeningServiceClient::new(daemon.public_channel());
    let request = || v1::ScreenAddressRequest {
        address: evm(0),
        ..v1::ScreenAddressRequest::default()
    };
    let refused = (0..20).find_map(|_| block_on(client.screen_address(request())).err());
    let refused = refused.expect("twenty at once are too many");
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    let told = refused
        .get_details_retry_info()
        .and_then(|info| info.retry_delay);
    let told = told.expect("it is told");
    assert!(
        told > Duration::ZERO && told <= Duration::from_millis(250),
        "{told:?}"
    );
    let pushback = refused.metadata().get("grpc-retry-pushback-ms");
    assert!(pushback.is_some());
    std::thread::sleep(told + Duration::from_millis(50));
    assert!(block_on(client.screen_address(request())).is_ok());
}

/// Goal: many addresses cannot be piled up. Method: batches whose answers
/// nobody takes use up the room of their caller; the next is refused, and
/// withdrawals go on. Room comes back when they are given up.
#[test]
fn law_7_addresses_under_way_have_their_room_and_withdrawals_go_on() {
    let config = "[access.quota]\nrescreens_max = 2\naddresses_max = 100";
    let daemon = Daemon::with_bundled_lists().config(config).start();
    let channel = daemon.public_channel();
    let open = || {
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        let header = v1::rescreen_addresses_request::Part::Header(v1::RescreenHeader::default());
        let message = v1::RescreenAddressesRequest { part: Some(header) };
        block_on(sender.send(message)).expect("there is room");
        let mut client = ScreeningServiceClient::new(channel.clone());
        let incoming = tokio_stream::wrappers::ReceiverStream::new(receiver);
        block_on(client.rescreen_addresses(incoming)).map(|opened| (sender, opened.into_inner()))
    };
    let (first, second) = (open().expect("room"), open().expect("room"));
    let refused = open().expect_err("no room for a third");
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    assert!(refused.get_details_retry_info().is_some());
    assert!(is_served(&daemon), "withdrawals go on");
    drop(first);
    eventually("there is room again", Duration::from_secs(10), || {
        open().is_ok()
    });
    drop(second);

    // A batch that is larger than all the room goes alone.
    let addresses: Vec<String> = (0..500).map(evm).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let request = v1::ScreenAddressesRequest {
        queries: queries(&addresses),
        ..v1::ScreenAddressesRequest::default()
    };
    let mut client = ScreeningServiceClient::new(channel.clone());
    let answered = block_on(client.screen_addresses(request)).expect("alone");
    assert_eq!(answered.into_inner().outcomes.len(), 500);
}

/// A call as it stands on the wire.
fn call(path: &str, message: &impl prost::Message) -> Vec<u8> {
    let mut head = vec![0x83, 0x86]; // :method: POST, :scheme: http
    let mut literal = |name: &str, value: &str| {
        head.push(0);
        for text in [name, value] {
            head.push(u8::try_from(text.len()).expect("short"));
            head.extend(text.as_bytes());
        }
    };
    literal(":path", path);
    literal(":authority", "localhost");
    literal("content-type", "application/grpc");
    literal("te", "trailers");
    let encoded = message.encode_to_vec();
    let mut body = vec![0];
    body.extend(u32::try_from(encoded.len()).expect("short").to_be_bytes());
    body.extend(encoded);
    let mut frames = frame(HEADERS, 4, 1, &head);
    let mut parts = body.chunks(16_384).peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        frames.extend(frame(DATA, u8::from(is_last), 1, part));
    }
    frames
}

/// A connection whose streams may be sent nothing.
fn without_window(daemon: &Daemon) -> TcpStream {
    let mut stream = TcpStream::connect(daemon.host_and_port()).expect("it listens");
    let patience = Some(Duration::from_secs(20));
    stream.set_read_timeout(patience).expect("it can be set");
    stream.write_all(PREFACE).expect("taken");
    // SETTINGS_INITIAL_WINDOW_SIZE = 0.
    let no_window = frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    stream.write_all(&no_window).expect("taken");
    stream
}

/// A client that reads its socket and answers pings, but takes nothing of
/// what it asked for.
#[test]
fn law_7_an_answer_that_nobody_takes_ends_its_connection() {
    let daemon = Daemon::with_bundled_lists()
        .config("[limits]\nstall_timeout = \"800ms\"\nkeepalive_interval = \"1h\"")
        .start();
    let mut stream = without_window(&daemon);
    let request = v1::ScreenAddressRequest {
        address: evm(0),
        ..v1::ScreenAddressRequest::default()
    };
    let asked = call("/interdict.v1.ScreeningService/ScreenAddress", &request);
    let began = Instant::now();
    stream.write_all(&asked).expect("taken");
    let came = read_to_end(&mut stream);
    let (kinds, after) = (kinds(&came), began.elapsed());
    assert!(kinds.contains(&HEADERS), "it was answered: {kinds:?}");
    assert!(
        !kinds.contains(&DATA) && !kinds.contains(&RST_STREAM),
        "{kinds:?}"
    );
    assert!(
        after >= Duration::from_millis(600) && after < Duration::from_secs(10),
        "{after:?}"
    );
    assert!(is_served(&daemon));
}

/// A byte now and then is not taking an answer either: a large one would be
/// held for days.
#[test]
fn law_7_an_answer_that_is_taken_by_the_byte_ends_its_connection() {
    let daemon = Daemon::with_bundled_lists()
        .config("[limits]\nstall_timeout = \"800ms\"\nkeepalive_interval = \"1h\"")
        .start();
    let mut stream = without_window(&daemon);
    let ronin = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";
    let request = v1::ScreenAddressesRequest {
        queries: queries(&[ronin; 200]),
        ..v1::ScreenAddressesRequest::default()
    };
    let asked = call("/interdict.v1.ScreeningService/ScreenAddresses", &request);
    stream.write_all(&asked).expect("taken");
    let mut writer = stream.try_clone().expect("it can be shared");
    let one_byte = frame(8, 0, 1, &[0, 0, 0, 1]);
    std::thread::spawn(move || {
        while writer.write_all(&one_byte).is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let came = read_to_end(&mut stream);
    assert!(kinds(&came).contains(&DATA), "some of it was taken");
    assert!(is_served(&daemon));
}

/// Requests of a mebibyte whose last byte does not come have their room, and
/// whoever asks for one address is served beside them.
#[test]
fn law_7_large_requests_that_do_not_come_whole_have_their_room() {
    let config = "[access.quota]\nbodies_max = 1\n[limits]\nrequest_timeout = \"2s\"";
    let daemon = Daemon::with_bundled_lists().config(config).start();
    let request = v1::ScreenAddressesRequest {
        queries: queries(&[&evm(0)]),
        ..v1::ScreenAddressesRequest::default()
    };
    let whole = call("/interdict.v1.ScreeningService/ScreenAddresses", &request);
    let ask = || {
        let mut client = ScreeningServiceClient::new(daemon.public_channel());
        block_on(client.screen_addresses(request.clone())).map_err(|status| status.code())
    };
    // One that comes while we ask is refused itself: then it is sent again.
    let mut held = Vec::new();
    eventually("there is no room", Duration::from_secs(20), || {
        let mut stream = connect(&daemon);
        stream.write_all(&whole[..whole.len() - 1]).expect("taken");
        held.push(stream);
        std::thread::sleep(Duration::from_millis(50));
        ask().is_err_and(|code| code == Code::ResourceExhausted)
    });
    assert!(is_served(&daemon), "withdrawals go on");
    // Its time is over after two seconds.
    eventually("there is room again", Duration::from_secs(20), || {
        ask().is_ok()
    });
}

/// A page in somebody's browser sends what it likes to this machine, with the
/// certificate of whoever sits before it.
#[test]
fn a_page_cannot_call_the_grpc_listeners() {
    let daemon = Daemon::with_bundled_lists().start();
    let ask = |header: &'static str| {
        let mut request = tonic::Request::new(v1::ScreenAddressRequest {
            address: evm(0),
            ..v1::ScreenAddressRequest::default()
        });
        let value = "cross-site".parse().expect("plain letters");
        request.metadata_mut().insert(header, value);
        let mut client = ScreeningServiceClient::new(daemon.public_channel());
        block_on(client.screen_address(request)).map_err(|status| status.code())
    };
    assert!(ask("x-anything").is_ok());
    for header in ["origin", "sec-fetch-site"] {
        assert_eq!(ask(header).err(), Some(Code::PermissionDenied), "{header}");
    }
}

/// Whoever fills the public listeners does not keep the operator out.
#[test]
fn the_operator_has_places_of_its_own() {
    let config = "[limits]\nconnections_max = 3\npreface_timeout = \"30s\"";
    let daemon = Daemon::with_bundled_lists().config(config).start();
    let held: Vec<_> = (0..3)
        .map(|_| TcpStream::connect(daemon.host_and_port()).expect("it listens"))
        .collect();
    eventually("the places are taken", Duration::from_secs(10), || {
        !is_served(&daemon)
    });
    daemon.command("lists", &[]).expect_code(0);
    drop(held);
}
