//! Law 7: each limit at its edge, and one past it.

use prost::Message as _;
use tonic::{Code, Status};

use super::harness::{Daemon, Rescreened, Upload, block_on, evm, evms, queries, v1};
use v1::rescreen_addresses_request::Part;
use v1::{Reason, Verdict};

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Result<T, Status>, code: Code) -> String {
    let status = outcome.expect_err("it is over the limit");
    assert_eq!(status.code(), code, "{status}");
    status.message().to_owned()
}

#[test]
fn law_7_a_batch_is_taken_up_to_its_limit() {
    let daemon = Daemon::with_bundled_lists()
        .config("[limits]\nbatch_addresses_max = 5")
        .start();
    assert_eq!(
        daemon
            .try_screen_all(&evms(0..5))
            .expect("at the edge")
            .outcomes
            .len(),
        5
    );
    let words = refused(daemon.try_screen_all(&evms(0..6)), Code::InvalidArgument);
    assert!(words.contains('6') && words.contains('5'), "{words}");
    let daemon = Daemon::with_bundled_lists().start();
    assert_eq!(
        daemon
            .try_screen_all(&evms(0..1_000))
            .expect("at the edge")
            .outcomes
            .len(),
        1_000
    );
    refused(
        daemon.try_screen_all(&evms(0..1_001)),
        Code::InvalidArgument,
    );
}

fn rescreen_chunk(daemon: &Daemon, queries: Vec<v1::Query>) -> Result<Rescreened, Status> {
    let header = Part::Header(v1::RescreenHeader {
        hits_only: true,
        ..v1::RescreenHeader::default()
    });
    daemon.rescreen(vec![header, Part::Chunk(v1::RescreenChunk { queries })])
}

#[test]
fn law_7_a_chunk_is_taken_up_to_its_count() {
    let daemon = Daemon::with_bundled_lists().start();
    let all = rescreen_chunk(&daemon, queries(&evms(0..10_000))).expect("at the edge");
    assert_eq!(all.summary.expect("a summary").queries, 10_000);
    refused(
        rescreen_chunk(&daemon, queries(&evms(0..10_001))),
        Code::InvalidArgument,
    );
}

/// Returns queries whose chunk message has exactly so many bytes.
fn queries_of(bytes: usize) -> Vec<v1::Query> {
    let mut all: Vec<v1::Query> = queries(&vec!["x".repeat(1_000); bytes / 1_010]);
    all.push(v1::Query::default());
    let size = |queries: &[v1::Query]| {
        let chunk = v1::RescreenChunk {
            queries: queries.to_vec(),
        };
        v1::RescreenAddressesRequest {
            part: Some(Part::Chunk(chunk)),
        }
        .encoded_len()
    };
    while size(&all) < bytes {
        let missing = bytes - size(&all);
        let last = all.last_mut().expect("there is one");
        let more = if missing > 8 { missing - 8 } else { 1 };
        last.address.push_str(&"y".repeat(more));
    }
    assert_eq!(size(&all), bytes);
    all
}

#[test]
fn law_7_a_chunk_is_taken_up_to_its_bytes() {
    let daemon = Daemon::with_bundled_lists().start();
    let all = rescreen_chunk(&daemon, queries_of(1 << 20)).expect("at the edge");
    assert!(all.summary.expect("a summary").queries > 1_000);
    refused(
        rescreen_chunk(&daemon, queries_of((1 << 20) + 1)),
        Code::OutOfRange,
    );
}

/// Clients of every language take four mebibytes unless told otherwise.
#[test]
fn the_largest_chunk_is_answered_in_messages_that_any_client_takes() {
    let daemon = Daemon::with_bundled_lists().start();
    let ronin = vec!["0x098B716B8Aaf21512996dC57EB0615e2383E2f96"; 10_000];
    let header = Part::Header(v1::RescreenHeader::default());
    let chunk = Part::Chunk(v1::RescreenChunk {
        queries: queries(&ronin),
    });
    let all = daemon.rescreen(vec![header, chunk]).expect("answered");
    assert_eq!(all.summary.expect("a summary").listed, 10_000);
    let largest = all.chunks.iter().map(prost::Message::encoded_len).max();
    assert!(largest <= Some(4 << 20), "{largest:?} bytes in one message");
}

/// The withdrawal call takes small messages only; a batch of that size is
/// fine.
#[test]
fn law_7_a_unary_message_is_taken_up_to_its_bytes() {
    let daemon = Daemon::with_bundled_lists().start();
    let sized = |bytes: usize| {
        let request = |length| v1::ScreenAddressRequest {
            address: "x".repeat(length),
            ..v1::ScreenAddressRequest::default()
        };
        let request = request(bytes - (request(bytes - 16).encoded_len() - (bytes - 16)));
        assert_eq!(request.encoded_len(), bytes);
        request
    };
    let answer = daemon.ask(sized(64 << 10)).expect("at the edge");
    assert_eq!(answer.reasons(), [Reason::TooLong]);
    refused(daemon.ask(sized((64 << 10) + 1)), Code::OutOfRange);
    let batch = daemon
        .try_screen_all(&vec!["x".repeat(2_000); 100])
        .expect("a batch may be larger");
    assert_eq!(batch.outcomes.len(), 100);
}

#[test]
fn law_7_a_text_is_read_up_to_its_limit() {
    let daemon = Daemon::with_bundled_lists().start();
    let reasons = |length| {
        let answer = daemon.screen(&"z".repeat(length));
        assert_eq!(answer.verdict(), Verdict::Indeterminate);
        answer.reasons()
    };
    assert_eq!(reasons(2_048), [Reason::UnknownFormat]);
    assert_eq!(reasons(2_049), [Reason::TooLong]);
}

#[test]
fn law_7_a_reference_is_taken_up_to_its_limit() {
    let daemon = Daemon::with_bundled_lists().start();
    let with = |length| v1::ScreenAddressRequest {
        address: evm(0),
        reference: "r".repeat(length),
        ..v1::ScreenAddressRequest::default()
    };
    assert!(daemon.ask(with(256)).is_ok());
    refused(daemon.ask(with(257)), Code::InvalidArgument);
    let batch = |length| v1::ScreenAddressesRequest {
        reference: "r".repeat(length),
        ..v1::ScreenAddressesRequest::default()
    };
    assert!(block_on(daemon.screening().screen_addresses(batch(256))).is_ok());
    refused(
        block_on(daemon.screening().screen_addresses(batch(257))),
        Code::InvalidArgument,
    );
    let header = |length| {
        vec![Part::Header(v1::RescreenHeader {
            reference: "r".repeat(length),
            ..v1::RescreenHeader::default()
        })]
    };
    assert!(daemon.rescreen(header(256)).is_ok());
    refused(daemon.rescreen(header(257)), Code::InvalidArgument);
}

#[test]
fn law_7_a_publication_is_taken_up_to_its_entries() {
    let daemon = Daemon::empty()
        .config("[limits]\nimport_entries_max = 50")
        .start();
    let upload = |entries| Upload::of("ours").lines(&evms(0..entries));
    let words = refused(daemon.try_import(&upload(51)), Code::ResourceExhausted);
    assert!(words.contains("import_entries_max"), "{words}");
    assert_eq!(daemon.live().0, 0);
    assert_eq!(daemon.import(&upload(50)).accepted, 50);
}

#[test]
fn law_7_a_file_is_taken_up_to_its_bytes() {
    let daemon = Daemon::empty()
        .config("[limits]\nimport_file_bytes_max = 4300")
        .start();
    // Forty-two digits and a newline: a hundred lines are 4,300 bytes.
    let upload = |entries| Upload::of("ours").lines(&evms(0..entries));
    let words = refused(daemon.try_import(&upload(101)), Code::ResourceExhausted);
    assert!(words.contains("import_file_bytes_max"), "{words}");
    assert_eq!(daemon.live().0, 0);
    assert_eq!(daemon.import(&upload(100)).accepted, 100);
}

#[test]
fn law_7_a_publication_is_taken_up_to_its_files() {
    let daemon = Daemon::empty().start();
    let upload = |files: u64| {
        (0..files).fold(Upload::of("ours").format("text"), |upload, number| {
            upload.file("list.txt", evm(number))
        })
    };
    refused(daemon.try_import(&upload(17)), Code::ResourceExhausted);
    assert_eq!(daemon.live().0, 0);
    assert_eq!(daemon.import(&upload(16)).accepted, 16);
}

#[test]
fn law_7_a_message_of_an_upload_is_taken_up_to_its_bytes() {
    let daemon = Daemon::empty()
        .config("[limits]\nchunk_bytes_max = 65536")
        .start();
    // The harness sends a quarter of a mebibyte at once.
    let large = Upload::of("ours").lines(&evms(0..3_000));
    refused(daemon.try_import(&large), Code::OutOfRange);
    assert_eq!(daemon.live().0, 0);
    assert!(
        daemon
            .import(&Upload::of("ours").lines(&evms(0..1_000)))
            .changed
    );
}

#[test]
fn law_7_headers_are_taken_up_to_their_limit() {
    let daemon = Daemon::with_bundled_lists().start();
    let with = |bytes: usize| {
        let mut request = tonic::Request::new(v1::ScreenAddressRequest {
            address: evm(0),
            ..v1::ScreenAddressRequest::default()
        });
        let value = "v".repeat(bytes).parse().expect("plain letters");
        request.metadata_mut().insert("x-large", value);
        let mut client =
            v1::screening_service_client::ScreeningServiceClient::new(daemon.own_channel());
        block_on(client.screen_address(request))
    };
    assert!(with(7_000).is_ok());
    with(9_000).expect_err("the list of headers is too large");
    assert_eq!(daemon.screen(&evm(0)).verdict(), Verdict::NotListed);
}

#[test]
fn a_page_of_generations_has_a_limit() {
    let daemon = Daemon::empty().start();
    for number in 0..60 {
        daemon.import_text(&format!("list-{number}"), &[evm(number)]);
    }
    let page = |limit| {
        let request = v1::ListGenerationsRequest { limit, before: 0 };
        let answered = block_on(daemon.lists().list_generations(request)).expect("answered");
        answered.into_inner().generations.len()
    };
    assert_eq!(
        (page(0), page(1), page(60), page(u32::MAX)),
        (50, 1, 60, 60)
    );
}
