//! Every way in which a secret can be sent to the daemon.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use tokio_stream::iter;
use tonic::Request;
use tonic::metadata::MetadataMap;

use super::super::harness::{Daemon, Upload, block_on, evm, queries, v1};
use super::Written;
use v1::audit_service_client::AuditServiceClient;
use v1::history_service_client::HistoryServiceClient;
use v1::import_portfolio_request::Part as PortfolioPart;
use v1::rescreen_addresses_request::Part as RescreenPart;
use v1::screening_service_client::ScreeningServiceClient;

/// Sends a private key in every place of the API where a text is taken.
pub(super) fn send_everywhere(daemon: &Daemon, name: &str, secret: &str, written: &mut Written) {
    send_beside(daemon, (name, secret), written);
    send_as_address(daemon, (name, secret), written);
    send_lists(daemon, (name, secret), written);
    let host = daemon.http_url().trim_start_matches("http://");
    let metrics = host_of(daemon.metrics_url());
    for host in [host, metrics, daemon.host_and_port()] {
        send_in_path(host, (name, secret), written);
        send_in_body(host, (name, secret), written);
    }
}

/// Sends it beside an address: as reference, network, header.
pub(super) fn send_beside(daemon: &Daemon, (name, secret): (&str, &str), written: &mut Written) {
    let sink = |place: &str| format!("the answer to {place} with {name}");
    for (network, reference) in [
        (secret.to_owned(), secret.to_owned()),
        (format!("x{secret}"), format!("order {secret}")),
    ] {
        let request = v1::ScreenAddressRequest {
            address: evm(1),
            network,
            reference,
            ..v1::ScreenAddressRequest::default()
        };
        let answer = block_on(daemon.screening().screen_address(request));
        let answer = answer.map(tonic::Response::into_inner);
        written.answer(&sink("ScreenAddress, beside"), answer);
    }
    let header = v1::RescreenHeader {
        reference: secret.to_owned(),
        ..v1::RescreenHeader::default()
    };
    let mut query = queries(&[evm(1)]);
    secret.clone_into(&mut query[0].network);
    let chunk = v1::RescreenChunk { queries: query };
    let parts = vec![RescreenPart::Header(header), RescreenPart::Chunk(chunk)];
    written.answer(&sink("RescreenAddresses, beside"), daemon.rescreen(parts));
    for host in [host_of(daemon.http_url()), host_of(daemon.metrics_url())] {
        for head in ["GET /v1/status", "GET /metrics"] {
            let answer = asked_by_http(host, head, secret, "");
            written.take(sink(&format!("{head} at {host}")), answer);
        }
    }
}

/// Sends it where an address is asked about.
pub(super) fn send_as_address(
    daemon: &Daemon,
    (name, secret): (&str, &str),
    written: &mut Written,
) {
    let sink = |place: &str| format!("the answer to {place} with {name}");
    for address in [
        secret.to_owned(),
        format!("pay to {secret} please"),
        format!("bitcoin:{secret}?amount=1"),
    ] {
        let request = v1::ScreenAddressRequest {
            address,
            ..v1::ScreenAddressRequest::default()
        };
        let answer = block_on(daemon.screening().screen_address(request));
        let answer = answer.map(tonic::Response::into_inner);
        written.answer(&sink("ScreenAddress"), answer);
    }
    let batch = daemon.try_screen_all(&[secret, &evm(1)]);
    written.answer(&sink("ScreenAddresses"), batch);
    let chunk = v1::RescreenChunk {
        queries: queries(&[secret]),
    };
    let header = RescreenPart::Header(v1::RescreenHeader::default());
    let parts = vec![header, RescreenPart::Chunk(chunk)];
    written.answer(&sink("RescreenAddresses"), daemon.rescreen(parts));
    let request = v1::GetAddressHistoryRequest {
        address: secret.to_owned(),
        ..v1::GetAddressHistoryRequest::default()
    };
    let mut client = HistoryServiceClient::new(daemon.channel());
    let answer = block_on(client.get_address_history(request));
    written.answer(&sink("GetAddressHistory"), answer);
}

pub(super) fn host_of(url: &str) -> &str {
    let host = url.rsplit("://").next().expect("a host");
    host.split('/').next().expect("a host")
}

/// Sends it as a row of whatever takes rows.
fn send_lists(daemon: &Daemon, (name, secret): (&str, &str), written: &mut Written) {
    let sink = |place: &str| format!("the answer to {place} with {name}");
    let upload = Upload::of("pasted").lines(&[secret, &evm(7)]);
    written.answer(&sink("ImportPublication"), daemon.try_import(&upload));
    let csv = format!("address,note\n{},fine\n{secret},oops\n", evm(7));
    let upload = Upload::of("pasted-csv").format("csv").file("a.csv", csv);
    written.answer(&sink("ImportPublication, CSV"), daemon.try_import(&upload));
    let upload = Upload::of("pasted-raw").file("list.txt", secret);
    written.answer(
        &sink("ImportPublication, no format"),
        daemon.try_import(&upload),
    );
    let row = |address: &str, network: &str| v1::PortfolioRow {
        address: address.to_owned(),
        network: network.to_owned(),
        reference: "customer".to_owned(),
    };
    let rows = vec![row(secret, ""), row(&evm(1), secret), row(&evm(2), "ETH")];
    let parts = [
        PortfolioPart::Header(v1::ImportPortfolioHeader {
            name: "customers".to_owned(),
            ..v1::ImportPortfolioHeader::default()
        }),
        PortfolioPart::Rows(v1::PortfolioRows { rows }),
        PortfolioPart::End(v1::ImportPortfolioEnd { rows: 3 }),
    ];
    let messages = parts.map(|part| v1::ImportPortfolioRequest { part: Some(part) });
    let answer = block_on(daemon.monitor().import_portfolio(iter(messages)));
    written.answer(&sink("ImportPortfolio"), answer);
    let request = v1::AddAddressRequest {
        address: secret.to_owned(),
        ..v1::AddAddressRequest::default()
    };
    let answer = block_on(daemon.operator().add_address(request));
    written.answer(&sink("AddAddress"), answer);
    let request = v1::GetRecordRequest {
        id: secret.to_owned(),
    };
    let answer = block_on(AuditServiceClient::new(daemon.channel()).get_record(request));
    written.answer(&sink("GetRecord"), answer);
}

/// Sends it in paths and queries, and in headers beside them.
fn send_in_path(host: &str, (name, secret): (&str, &str), written: &mut Written) {
    let plain = secret.replace(' ', "%20");
    for head in [
        format!("GET /v1/addresses/{plain}"),
        format!("GET /v1/addresses/{plain}/history"),
        format!("GET /v1/addresses/x?reference={plain}&network={plain}"),
        format!("GET /v1/records/{plain}"),
        format!("GET /api/v1/address/{plain}"),
        format!("GET /{plain}"),
        format!("POST /interdict.v1.ScreeningService/{plain}"),
    ] {
        let answer = asked_by_http(host, &head, secret, "");
        let place = head.replace(&plain, "…");
        written.take(
            format!("the answer to {place} at {host} with {name}"),
            answer,
        );
    }
}

/// Sends it in bodies, whole and broken.
fn send_in_body(host: &str, (name, secret): (&str, &str), written: &mut Written) {
    let json = format!("{{\"address\":\"{secret}\",\"reference\":\"{secret}\"}}");
    let text = format!("{{\"text\":\"{secret}\"}}");
    let broken = format!("{{\"address\":\"{secret}\",\"adress\":");
    let unknown = format!("{{\"{secret}\":\"{secret}\"}}");
    let wrong = format!("{{\"moment\":\"{secret}\",\"queries\":\"{secret}\"}}");
    for body in [json, text, broken, unknown, wrong] {
        for path in ["/v1/screenings", "/v1/explanations", "/v1/histories"] {
            let head = format!("POST {path}");
            let answer = asked_by_http(host, &head, secret, &body);
            written.take(
                format!("the answer to {head} at {host} with {name}"),
                answer,
            );
        }
    }
}

/// Asks with a secret in every header.
fn asked_by_http(host: &str, head: &str, secret: &str, body: &str) -> Vec<u8> {
    let request = format!(
        "{head} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         X-Other: {secret}\r\nCookie: session={secret}\r\nUser-Agent: {secret}\r\n\
         Referer: http://{host}/{secret}\r\nTraceparent: {secret}\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut all = exchange(host, request.as_bytes());
    for credentials in ["Authorization: Bearer ", "X-Api-Key: "] {
        let request = request.replacen("Cookie: session=", credentials, 1);
        all.extend(exchange(host, request.as_bytes()));
    }
    all
}

pub(super) fn exchange(host: &str, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(host).expect("it listens");
    let wait = Some(Duration::from_secs(10));
    stream.set_read_timeout(wait).expect("it can");
    stream.write_all(request).expect("it is taken");
    let mut answer = Vec::new();
    // Whoever speaks the wrong protocol may be cut off.
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// Sends it as credentials of every kind; returns whether it was let in.
pub(super) fn send_as_credentials(
    daemon: &Daemon,
    (name, secret): (&str, &str),
    written: &mut Written,
) -> bool {
    let mut let_in = true;
    for header in ["authorization", "x-api-key", "x-other", "x-other-bin"] {
        let mut request = Request::new(v1::ScreenAddressRequest {
            address: evm(3),
            ..v1::ScreenAddressRequest::default()
        });
        put(request.metadata_mut(), header, secret);
        let mut client = ScreeningServiceClient::new(daemon.own_channel());
        let answer = block_on(client.screen_address(request));
        let_in &= answer.is_ok() || header.starts_with("x-other");
        let sink = format!("the answer to {header} with {name}");
        written.answer(&sink, answer);
    }
    let_in
}

fn put(metadata: &mut MetadataMap, header: &'static str, secret: &str) {
    if header.ends_with("-bin") {
        let value = tonic::metadata::MetadataValue::from_bytes(secret.as_bytes());
        metadata.insert_bin(header, value);
        return;
    }
    let text = match header {
        "authorization" => format!("Bearer {secret}"),
        _ => secret.to_owned(),
    };
    metadata.insert(header, text.parse().expect("it is a header"));
}
