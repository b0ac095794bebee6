//! Unary screening over gRPC beside a handler that does nothing, in one run.
//!
//! The bench starts itself again as the server, once for each variant, on the
//! first core, and drives it from the second with raw HTTP/2, so that the
//! client is not the limit. Rounds are interleaved; figures are medians with
//! least and most. Two ratios are printed: requests a second, and the
//! server's processor time for a request, which a busy machine disturbs less.
//!
//! | variant | handler |
//! |---|---|
//! | `no-op` | returns an answer of the usual size, made beforehand |
//! | `empty` | returns an empty answer |
//! | `tonic` | as `no-op`, behind tonic's own listener |
//! | `screen` | screens an unlisted address against 10^6 listed, and records it |
//! | `strict` | the same, answering once the record is on the disk |
//! | `stealing` | the same on tokio's multi-threaded runtime |

#![allow(clippy::print_stdout, reason = "a bench reports on standard output")]

mod common;

use std::env;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::client::SendRequest;
use interdict::audit::{AuditLog, Durability};
use interdict::config::{Config, Listen, Runtime};
use interdict::generation::open;
use interdict::grpc::v1;
use interdict::grpc::v1::screening_service_server::{ScreeningService, ScreeningServiceServer};
use interdict::server::{
    self, ConnectionLimits, Front, Listener, Listeners, Protocol, ReloadSignal, Reloading,
};
use prost::Message as _;
use tokio::net::TcpStream;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

use common::{UNLISTED, evm, listed};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const KEYS: u64 = 1_000_000;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(1500);

/// Connections and calls open at once on each.
const SHAPES: [(usize, usize); 2] = [(4, 32), (50, 1)];

const VARIANTS: [&str; 6] = ["no-op", "empty", "tonic", "screen", "strict", "stealing"];

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let [_, role, variant, folder] = arguments.as_slice()
        && role == "serve"
    {
        return serve(variant, Path::new(folder));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("data");
    drop(listed(&path, KEYS));
    let servers: Vec<Server> = VARIANTS
        .iter()
        .map(|variant| Server::start(variant, &path))
        .collect();
    servers.iter().for_each(Server::settle);
    for (connections, streams) in SHAPES {
        let mut rounds: Vec<Vec<Figures>> = VARIANTS.map(|_| Vec::new()).into();
        for _ in 0..ROUNDS {
            for (server, rounds) in servers.iter().zip(&mut rounds) {
                rounds.push(server.load(connections, streams));
            }
        }
        report(connections, streams, &rounds);
    }
}

fn report(connections: usize, streams: usize, rounds: &[Vec<Figures>]) {
    println!(
        "\n{connections} connections × {streams} calls, {ROUNDS} rounds of {ROUND:?}: median [least..most]"
    );
    let column = |rounds: &[Figures], of: fn(&Figures) -> f64| {
        let mut figures: Vec<f64> = rounds.iter().map(of).collect();
        figures.sort_by(f64::total_cmp);
        (
            figures[figures.len() / 2],
            figures[0],
            figures[figures.len() - 1],
        )
    };
    let per_second = |rounds: &[Figures]| column(rounds, |figures| figures.per_second);
    let cpu = |rounds: &[Figures]| column(rounds, |figures| figures.cpu_us);
    for (variant, rounds) in VARIANTS.iter().zip(rounds) {
        let (rate, least, most) = per_second(rounds);
        let (spent, spent_least, spent_most) = cpu(rounds);
        println!(
            "  {variant:<9} {rate:>8.0} [{least:.0}..{most:.0}] calls/s   {spent:>6.2} [{spent_least:.2}..{spent_most:.2}] µs of server CPU a call"
        );
    }
    let ratio = |a: usize, b: usize| {
        let rate = per_second(&rounds[a]).0 / per_second(&rounds[b]).0;
        let spent = cpu(&rounds[b]).0 / cpu(&rounds[a]).0;
        format!("{rate:.3} by calls/s, {spent:.3} by CPU")
    };
    println!("  screen ÷ no-op: {}", ratio(3, 0));
    println!("  screen ÷ empty: {}", ratio(3, 1));
    println!("  screen ÷ no-op behind tonic's listener: {}", ratio(3, 2));
    println!("  strict ÷ process: {}", ratio(4, 3));
    println!("  per core ÷ work-stealing: {}", ratio(3, 5));
}

struct Figures {
    per_second: f64,
    cpu_us: f64,
}

/// A server in a process of its own, on the first core.
struct Server {
    child: Child,
    address: SocketAddr,
    expected: Expected,
}

#[derive(Clone, Copy, PartialEq)]
enum Expected {
    NotListed,
    Nothing,
}

impl Server {
    fn start(variant: &str, folder: &Path) -> Self {
        let program = env::current_exe().expect("our own path");
        let copy = folder.with_file_name(variant);
        // One process may hold a data directory.
        if ["screen", "strict", "stealing"].contains(&variant) {
            copy_folder(folder, &copy);
        }
        let mut child = Command::new("taskset")
            .args(["-c", "0"])
            .arg(program)
            .args(["serve", variant])
            .arg(&copy)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("taskset is there");
        let mut line = String::new();
        let output = child.stdout.take().expect("is piped");
        BufReader::new(output)
            .read_line(&mut line)
            .expect("says its address");
        Self {
            child,
            address: line.trim().parse().expect("an address"),
            expected: if variant == "empty" {
                Expected::Nothing
            } else {
                Expected::NotListed
            },
        }
    }

    /// Waits until it has nothing of its own to do: the sweep after a start.
    fn settle(&self) {
        let mut before = self.cpu();
        loop {
            std::thread::sleep(Duration::from_millis(500));
            let now = self.cpu();
            if now - before < 0.005 {
                return;
            }
            before = now;
        }
    }

    /// Drives it for one round, from the second core.
    fn load(&self, connections: usize, streams: usize) -> Figures {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let spent = self.cpu();
        let began = Instant::now();
        let (address, expected) = (self.address, self.expected);
        let calls: u64 = runtime.block_on(async {
            let until = began + ROUND;
            let tasks: Vec<_> = (0..connections)
                .map(|seed| tokio::spawn(drive(address, streams, seed as u64, until, expected)))
                .collect();
            let mut calls = 0;
            for task in tasks {
                calls += task.await.expect("no panic");
            }
            calls
        });
        let seconds = began.elapsed().as_secs_f64();
        Figures {
            per_second: calls as f64 / seconds,
            cpu_us: (self.cpu() - spent) * 1e6 / calls as f64,
        }
    }

    /// Processor time the server has used, in seconds.
    fn cpu(&self) -> f64 {
        let all = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("is running");
        let of_task = |entry: std::fs::DirEntry| {
            let text = std::fs::read_to_string(entry.path().join("schedstat")).unwrap_or_default();
            text.split(' ')
                .next()
                .and_then(|ns| ns.parse::<f64>().ok())
                .unwrap_or_default()
        };
        all.flatten().map(of_task).sum::<f64>() / 1e9
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("is there").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copies");
        }
    }
}

/// Keeps `streams` calls open on one connection, and checks each answer.
async fn drive(
    address: SocketAddr,
    streams: usize,
    seed: u64,
    until: Instant,
    expected: Expected,
) -> u64 {
    let socket = TcpStream::connect(address).await.expect("connects");
    socket.set_nodelay(true).expect("sets");
    let (client, connection) = h2::client::handshake(socket).await.expect("shakes hands");
    let connection = tokio::spawn(connection);
    let callers: Vec<_> = (0..streams)
        .map(|stream| {
            tokio::spawn(call_on(
                client.clone(),
                seed * 1000 + stream as u64,
                until,
                expected,
            ))
        })
        .collect();
    let mut calls = 0;
    for caller in callers {
        calls += caller.await.expect("no panic");
    }
    connection.abort();
    calls
}

async fn call_on(client: SendRequest<Bytes>, seed: u64, until: Instant, expected: Expected) -> u64 {
    let requests: Vec<Bytes> = (0..64)
        .map(|number| {
            let message = v1::ScreenAddressRequest {
                address: evm(UNLISTED + seed * 64 + number),
                ..v1::ScreenAddressRequest::default()
            };
            let mut framed = vec![0; 5];
            message.encode(&mut framed).expect("encodes");
            let length = u32::try_from(framed.len() - 5).expect("is short");
            framed[1..5].copy_from_slice(&length.to_be_bytes());
            framed.into()
        })
        .collect();
    let mut calls = 0;
    while Instant::now() < until {
        let mut client = client.clone().ready().await.expect("is open");
        let request =
            http::Request::post("http://bench/interdict.v1.ScreeningService/ScreenAddress")
                .header("content-type", "application/grpc")
                .header("te", "trailers")
                .body(())
                .expect("a request");
        let (response, mut body) = client.send_request(request, false).expect("sends");
        body.send_data(requests[calls as usize % 64].clone(), true)
            .expect("sends");
        let mut answer = response.await.expect("answers").into_body();
        let mut framed = Vec::with_capacity(256);
        while let Some(bytes) = answer.data().await {
            let bytes = bytes.expect("is whole");
            let _ = answer.flow_control().release_capacity(bytes.len());
            framed.extend_from_slice(&bytes);
        }
        let status = answer
            .trailers()
            .await
            .expect("ends")
            .expect("has trailers");
        assert_eq!(status["grpc-status"], "0");
        if expected == Expected::NotListed {
            let answer = v1::ScreenAddressResponse::decode(&framed[5..]).expect("decodes");
            assert_eq!(
                answer.outcome.expect("has one").verdict(),
                v1::Verdict::NotListed
            );
        }
        calls += 1;
    }
    calls
}

/// The process under load.
fn serve(variant: &str, folder: &Path) {
    let mut config = Config {
        workers: Some(1),
        runtime: if variant == "stealing" {
            Runtime::WorkStealing
        } else {
            Runtime::PerCore
        },
        ..Config::default()
    };
    // What is measured is asked here; nothing else is listened to.
    config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.listeners.admin = Listen::Off;
    config.listeners.http = Listen::Off;
    config.listeners.metrics = Listen::Off;
    if variant == "strict" {
        config.audit.durability = Durability::Strict;
    }
    match variant {
        "screen" | "strict" | "stealing" => {
            let opened = open(folder, config.false_positive_rate).expect("opens");
            let listeners = Listeners::bind(&config, 1).expect("binds");
            let stop = server::Stop::default();
            // Each time it is served, a log of its own.
            let place = folder.join(format!("log-{}", std::process::id()));
            std::fs::create_dir(&place).expect("makes a folder");
            let place = place.join("audit");
            AuditLog::create(&place, None).expect("makes a log");
            let (log, _) = AuditLog::open(&place, config.audit.clone()).expect("opens it");
            let reloading = Reloading {
                read: Box::new(|| Ok(None)),
                in_force: config.clone(),
                signal: ReloadSignal::default(),
            };
            server::run(
                opened,
                log,
                &config,
                listeners,
                (&stop, reloading),
                |addresses| println!("{}", addresses.public),
            )
            .expect("serves");
        }
        _ => serve_nothing(variant, config.listen),
    }
}

/// The same service and the same limits, with handlers that do nothing.
fn serve_nothing(variant: &str, address: SocketAddr) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await.expect("binds");
        println!("{}", listener.local_addr().expect("has an address"));
        let service = Nothing(if variant == "empty" {
            v1::ScreenAddressResponse::default()
        } else {
            usual_answer()
        });
        let service = ScreeningServiceServer::new(service);
        if variant == "tonic" {
            let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
            tonic::transport::Server::builder()
                .max_concurrent_streams(200)
                .http2_max_local_error_reset_streams(Some(256))
                .http2_max_header_list_size(8 * 1024)
                .add_service(service)
                .serve_with_incoming(incoming)
                .await
                .expect("serves");
        } else {
            let limits = Config::default().limits;
            let counted = ConnectionLimits::new(&limits);
            let front = Front::new(Protocol::Grpc, counted, &limits);
            let routes = tonic::service::Routes::new(service).prepare();
            server::serve(
                Listener::Tcp(listener),
                routes,
                front,
                std::future::pending(),
            )
            .await;
        }
    });
}

fn usual_answer() -> v1::ScreenAddressResponse {
    v1::ScreenAddressResponse {
        outcome: Some(v1::Outcome {
            screening_id: "019ab0f2-7f3c-7cc3-98c8-8d1b0f2a7e11".to_owned(),
            verdict: v1::Verdict::NotListed.into(),
            action: v1::Action::Allow.into(),
            candidates: vec![v1::Candidate {
                canonical: evm(UNLISTED),
                kind: "EVM".to_owned(),
                networks: interdict::address::Networks::EVM
                    .iter()
                    .map(|network| network.name().to_owned())
                    .collect(),
                strict: true,
                ..v1::Candidate::default()
            }],
            ..v1::Outcome::default()
        }),
        basis: Some(v1::Basis {
            generation: 1,
            generation_digest: vec![7; 32],
            oldest_publication_age_seconds: 60,
            oldest_source: "synthetic".to_owned(),
            screened_at: "2026-11-22T12:00:00Z".to_owned(),
            entries: KEYS,
            ..v1::Basis::default()
        }),
    }
}

struct Nothing(v1::ScreenAddressResponse);

#[tonic::async_trait]
impl ScreeningService for Nothing {
    async fn screen_address(
        &self,
        _: Request<v1::ScreenAddressRequest>,
    ) -> Result<Response<v1::ScreenAddressResponse>, Status> {
        Ok(Response::new(self.0.clone()))
    }

    async fn screen_addresses(
        &self,
        _: Request<v1::ScreenAddressesRequest>,
    ) -> Result<Response<v1::ScreenAddressesResponse>, Status> {
        Err(Status::unimplemented("not measured"))
    }

    type RescreenAddressesStream =
        tokio_stream::Empty<Result<v1::RescreenAddressesResponse, Status>>;

    async fn rescreen_addresses(
        &self,
        _: Request<Streaming<v1::RescreenAddressesRequest>>,
    ) -> Result<Response<Self::RescreenAddressesStream>, Status> {
        Err(Status::unimplemented("not measured"))
    }
}
