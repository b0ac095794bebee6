//! Connections: how many, how long without a word, and from whom.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use super::harness::{Daemon, block_on, eventually, evm, queries, v1};
use v1::Verdict;
use v1::screening_service_client::ScreeningServiceClient;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn connect(daemon: &Daemon) -> TcpStream {
    let stream = TcpStream::connect(daemon.host_and_port()).expect("the daemon listens");
    let patience = Some(Duration::from_secs(10));
    stream
        .set_read_timeout(patience)
        .expect("a timeout can be set");
    stream
}

/// Reads until the daemon closes; returns how long that took, or `None` if it
/// did not.
fn closed_after(stream: &mut TcpStream) -> Option<Duration> {
    let asked_at = Instant::now();
    let mut bytes = [0; 1024];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return Some(asked_at.elapsed()),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return None;
            }
            Err(_) => return Some(asked_at.elapsed()),
        }
    }
}

fn answers(daemon: &Daemon) -> bool {
    let request = v1::ScreenAddressRequest {
        address: evm(0),
        ..v1::ScreenAddressRequest::default()
    };
    let mut client = ScreeningServiceClient::new(daemon.public_channel());
    block_on(client.screen_address(request)).is_ok()
}

#[test]
fn law_7_a_socket_that_says_nothing_is_closed() {
    let config = "[limits]\npreface_timeout = \"300ms\"";
    let daemon = Daemon::with_bundled_lists().config(config).start();
    for said in [&b""[..], b"P", &PREFACE[..23], b"PRI * HTTP/2.0\r\n"] {
        let mut stream = connect(&daemon);
        stream.write_all(said).expect("taken");
        let after = closed_after(&mut stream).expect("it is closed");
        assert!(
            after >= Duration::from_millis(200) && after < Duration::from_secs(3),
            "{after:?}"
        );
    }
    assert!(answers(&daemon));
}

/// One byte now and then does not buy time: the deadline is for the whole.
#[test]
fn law_7_a_preface_that_drips_is_cut_off() {
    let config = "[limits]\npreface_timeout = \"300ms\"";
    let daemon = Daemon::with_bundled_lists().config(config).start();
    let mut stream = connect(&daemon);
    let begun_at = Instant::now();
    let refused = PREFACE.iter().take(23).any(|byte| {
        thread::sleep(Duration::from_millis(100));
        stream.write_all(&[*byte]).is_err()
    });
    let cut =
        refused || closed_after(&mut stream).is_some_and(|after| after < Duration::from_secs(1));
    assert!(cut, "still open after {:?}", begun_at.elapsed());
    assert!(begun_at.elapsed() < Duration::from_secs(4));
}

#[test]
fn law_7_what_is_no_http2_is_closed_at_once() {
    let daemon = Daemon::with_bundled_lists().start();
    for said in [
        &b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..],
        &[0x16; 64],
        &[0xff; 4096],
    ] {
        let mut stream = connect(&daemon);
        let _ = stream.write_all(said);
        let after = closed_after(&mut stream).expect("it is closed");
        assert!(after < Duration::from_secs(2), "{after:?}");
    }
    assert!(answers(&daemon));
}

/// As many as allowed are served, the next is closed at once, and a place
/// that becomes free is given away again.
fn cap_holds(config: &str, cap: usize) {
    let daemon = Daemon::with_bundled_lists().config(config).start();
    let mut held: Vec<TcpStream> = (0..cap).map(|_| connect(&daemon)).collect();
    thread::sleep(Duration::from_millis(200));
    let after = closed_after(&mut connect(&daemon)).expect("one too many is closed");
    assert!(after < Duration::from_secs(1), "{after:?}");
    assert!(!answers(&daemon));
    held.pop();
    eventually("the place is free again", Duration::from_secs(5), || {
        answers(&daemon)
    });
    drop(held);
    eventually("all places are", Duration::from_secs(5), || {
        answers(&daemon)
    });
}

#[test]
fn law_7_connections_in_all_are_capped() {
    cap_holds(
        "[limits]\nconnections_max = 3\npreface_timeout = \"30s\"",
        3,
    );
}

#[test]
fn law_7_connections_of_one_peer_are_capped() {
    cap_holds(
        "[limits]\nconnections_per_peer_max = 2\npreface_timeout = \"30s\"",
        2,
    );
}

#[test]
fn law_7_silent_sockets_keep_no_place() {
    let config = "[limits]\nconnections_max = 40\npreface_timeout = \"300ms\"";
    let daemon = Daemon::with_bundled_lists().config(config).start();
    for _ in 0..3 {
        let held: Vec<TcpStream> = (0..60).map(|_| connect(&daemon)).collect();
        eventually(
            "an honest client is served again",
            Duration::from_secs(5),
            || answers(&daemon),
        );
        drop(held);
    }
}

/// Streams over the limit of one connection wait; on another one, or when
/// one has ended, they go on.
#[test]
fn law_7_streams_of_one_connection_are_capped() {
    let config = "[limits]\nstreams_per_connection_max = 2";
    let daemon = Daemon::with_bundled_lists().config(config).start();
    let channel = daemon.public_channel();
    let open = || {
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        let header = v1::rescreen_addresses_request::Part::Header(v1::RescreenHeader::default());
        let message = v1::RescreenAddressesRequest { part: Some(header) };
        block_on(sender.send(message)).expect("there is room");
        let mut client = ScreeningServiceClient::new(channel.clone());
        let opening =
            client.rescreen_addresses(tokio_stream::wrappers::ReceiverStream::new(receiver));
        let opened =
            block_on(async { tokio::time::timeout(Duration::from_secs(1), opening).await });
        opened.map(|opened| (sender, opened.expect("served").into_inner()))
    };
    let first = open().expect("the first is served");
    let second = open().expect("the second is served");
    assert!(open().is_err(), "the third waits");
    assert!(answers(&daemon), "on another connection there is room");
    drop(first);
    let _third = open().expect("there is room again");
    drop(second);
}

/// A client that sends and never reads must not be answered for ever.
#[test]
fn law_7_a_reader_that_stands_still_is_ended() {
    let config = "[limits]\nstream_idle_timeout = \"300ms\"";
    let daemon = Daemon::with_bundled_lists().config(config).start();
    let ronin = ["0x098B716B8Aaf21512996dC57EB0615e2383E2f96"; 200];
    let (sender, receiver) = tokio::sync::mpsc::channel(100);
    let send = |part| {
        let message = v1::RescreenAddressesRequest { part: Some(part) };
        block_on(sender.send(message)).expect("there is room");
    };
    send(v1::rescreen_addresses_request::Part::Header(
        v1::RescreenHeader::default(),
    ));
    for _ in 0..60 {
        let queries = queries(&ronin);
        send(v1::rescreen_addresses_request::Part::Chunk(
            v1::RescreenChunk { queries },
        ));
    }
    let mut client =
        ScreeningServiceClient::new(daemon.public_channel()).max_decoding_message_size(64 << 20);
    let opened =
        block_on(client.rescreen_addresses(tokio_stream::wrappers::ReceiverStream::new(receiver)));
    let mut answers = opened.expect("served").into_inner();
    thread::sleep(Duration::from_secs(2));
    let ended = block_on(async {
        loop {
            match answers.message().await {
                Ok(Some(answer)) => {
                    let is_summary = matches!(
                        answer.part,
                        Some(v1::rescreen_addresses_response::Part::Summary(_))
                    );
                    assert!(!is_summary, "it was answered to the end");
                }
                Ok(None) => panic!("a stream without a summary ends with an error"),
                Err(error) => return error,
            }
        }
    });
    assert_eq!(ended.code(), tonic::Code::DeadlineExceeded, "{ended}");
    assert_eq!(daemon.screen(&evm(0)).verdict(), Verdict::NotListed);
    drop(sender);
}

#[test]
fn law_7_a_reader_of_a_difference_that_stands_still_is_ended() {
    let config = "[limits]\nstream_idle_timeout = \"300ms\"";
    let daemon = Daemon::empty().config(config).start();
    daemon.import_text("ours", &super::harness::evms(0..30_000));
    let mut client = v1::list_service_client::ListServiceClient::new(daemon.public_channel());
    let request = v1::DiffGenerationsRequest { from: 0, to: 1 };
    let mut changes = block_on(client.diff_generations(request))
        .expect("served")
        .into_inner();
    thread::sleep(Duration::from_secs(2));
    let ended = block_on(async {
        loop {
            match changes.message().await {
                Ok(Some(_)) => {}
                Ok(None) => return None,
                Err(error) => return Some(error.code()),
            }
        }
    });
    assert_eq!(ended, Some(tonic::Code::DeadlineExceeded));
}
