//! The client against daemons that misbehave in every way: whatever they do,
//! nothing but a whole answer is an ALLOW.

mod rescreening;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_stream::wrappers::TcpListenerStream;
use tokio_stream::{Stream, StreamExt as _, iter, once};
use tonic::transport::Server;
use tonic::{Response, Streaming};

use super::*;
use crate::verdict::Action;
use v1::screening_service_server::{ScreeningService, ScreeningServiceServer};

const ADDRESS: &str = "0x00000000000000000000000000000000DEAdc0De";

/// Far more than a test needs, far less than a person waits.
const HANGS: Duration = Duration::from_secs(3600);

fn basis() -> v1::Basis {
    v1::Basis {
        generation: 7,
        generation_digest: vec![1; 32],
        ..v1::Basis::default()
    }
}

fn outcome(action: v1::Action) -> v1::Outcome {
    v1::Outcome {
        screening_id: "01a0b2c3-0000-7000-8000-000000000001".to_owned(),
        verdict: v1::Verdict::NotListed.into(),
        action: action.into(),
        candidates: vec![v1::Candidate {
            canonical: ADDRESS.to_owned(),
            ..v1::Candidate::default()
        }],
        ..v1::Outcome::default()
    }
}

fn good() -> v1::ScreenAddressResponse {
    v1::ScreenAddressResponse {
        outcome: Some(outcome(v1::Action::Allow)),
        basis: Some(basis()),
    }
}

type Replies<T> = Result<T, Status>;
type Script = dyn Fn(u32) -> (Duration, Replies<v1::ScreenAddressResponse>) + Send + Sync;
type Rescreened = Vec<Replies<v1::RescreenAddressesResponse>>;

/// A daemon that does as it is told.
#[derive(Clone)]
struct Fake {
    asked: Arc<AtomicU32>,
    script: Arc<Script>,
    batch: Option<v1::ScreenAddressesResponse>,
    rescreened: Arc<dyn Fn() -> Rescreened + Send + Sync>,
}

impl Fake {
    /// Answers the n-th call (from 1) after a while as the script says.
    fn new(
        script: impl Fn(u32) -> (Duration, Replies<v1::ScreenAddressResponse>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            asked: Arc::default(),
            script: Arc::new(script),
            batch: None,
            rescreened: Arc::new(Vec::new),
        }
    }

    fn failing(status: impl Fn() -> Status + Send + Sync + 'static) -> Self {
        Self::new(move |_| (Duration::ZERO, Err(status())))
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    async fn serve(&self) -> Client {
        let (listener, address) = listen().await;
        self.serve_at(listener);
        client_of(address)
    }

    fn serve_at(&self, listener: TcpListener) {
        let server = Server::builder().add_service(ScreeningServiceServer::new(self.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    }

    async fn decide(&self) -> Decision {
        self.serve().await.screen(&Query::of(ADDRESS)).await
    }
}

#[tonic::async_trait]
impl ScreeningService for Fake {
    async fn screen_address(
        &self,
        _: Request<v1::ScreenAddressRequest>,
    ) -> Result<Response<v1::ScreenAddressResponse>, Status> {
        let nth = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let (after, answer) = (self.script)(nth);
        sleep(after).await;
        answer.map(Response::new)
    }

    async fn screen_addresses(
        &self,
        _: Request<v1::ScreenAddressesRequest>,
    ) -> Result<Response<v1::ScreenAddressesResponse>, Status> {
        let batch = self.batch.clone();
        batch
            .map(Response::new)
            .ok_or_else(|| Status::internal("none"))
    }

    type RescreenAddressesStream =
        std::pin::Pin<Box<dyn Stream<Item = Replies<v1::RescreenAddressesResponse>> + Send>>;

    async fn rescreen_addresses(
        &self,
        request: Request<Streaming<v1::RescreenAddressesRequest>>,
    ) -> Result<Response<Self::RescreenAddressesStream>, Status> {
        let mut incoming = request.into_inner();
        while incoming.message().await?.is_some() {}
        Ok(Response::new(Box::pin(iter((self.rescreened)()))))
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    (listener, address)
}

fn client_of(address: SocketAddr) -> Client {
    Client::new(&Target::at(format!("http://{address}"))).expect("a target")
}

#[track_caller]
fn unanswered(decision: &Decision) -> &Cause {
    assert_eq!(decision.action(), Action::Block, "{decision:?}");
    decision.cause().expect("no answer to rely on")
}

#[tokio::test]
async fn a_good_answer_is_an_allow() {
    let decision = Fake::new(|_| (Duration::ZERO, Ok(good()))).decide().await;
    assert!(matches!(decision, Decision::Allow(_)), "{decision}");
}

#[tokio::test]
async fn one_that_hangs_or_is_slow_is_a_block_in_time() {
    for after in [HANGS, Duration::from_millis(900)] {
        let fake = Fake::new(move |_| (after, Ok(good())));
        let began = Instant::now();
        let decision = fake.decide().await;
        assert_eq!(
            unanswered(&decision),
            &Cause::Deadline(Duration::from_millis(500))
        );
        assert!(
            began.elapsed() < Duration::from_millis(800),
            "{:?}",
            began.elapsed()
        );
        assert_eq!(fake.asked(), 1);
    }
}

#[tokio::test]
async fn one_that_recovers_is_asked_again() {
    for codes in [[Code::Unavailable; 2], [Code::ResourceExhausted; 2]] {
        let fake = Fake::new(move |nth| match codes.get(nth as usize - 1) {
            Some(code) => (Duration::ZERO, Err(Status::new(*code, "not yet"))),
            None => (Duration::ZERO, Ok(good())),
        });
        let decision = fake.decide().await;
        assert!(matches!(decision, Decision::Allow(_)), "{decision}");
        assert_eq!(fake.asked(), 3);
    }
}

#[tokio::test]
async fn one_that_never_recovers_is_left_alone_after_a_few_attempts() {
    let fake = Fake::failing(|| Status::unavailable("starting"));
    let decision = fake.decide().await;
    let expected = Cause::Unavailable {
        attempts: 3,
        code: Code::Unavailable,
        message: "starting".to_owned(),
    };
    assert_eq!(unanswered(&decision), &expected);
    assert_eq!(fake.asked(), 3);
}

#[tokio::test]
async fn what_is_refused_is_not_asked_again() {
    for code in 1..=16 {
        let code = Code::from(code);
        if matches!(code, Code::Unavailable | Code::ResourceExhausted) {
            continue;
        }
        let fake = Fake::failing(move || Status::new(code, "no"));
        let decision = fake.decide().await;
        let _cause = unanswered(&decision);
        assert_eq!(fake.asked(), 1, "{code:?}");
    }
}

#[tokio::test]
async fn a_wish_that_ends_after_the_deadline_is_told_at_once() {
    let fake = Fake::failing(|| {
        let mut status = Status::resource_exhausted("later");
        let value = "60000".parse().expect("a value");
        status
            .metadata_mut()
            .insert("grpc-retry-pushback-ms", value);
        status
    });
    let began = Instant::now();
    let decision = fake.decide().await;
    assert!(matches!(
        unanswered(&decision),
        Cause::Unavailable { attempts: 1, .. }
    ));
    assert!(began.elapsed() < Duration::from_millis(400));
}

/// What a daemon says that must never be a yes, in an otherwise good answer.
#[tokio::test]
async fn answers_that_are_not_whole_are_blocks() {
    type Spoil = fn(&mut v1::ScreenAddressResponse);
    fn of(answer: &mut v1::ScreenAddressResponse) -> &mut v1::Outcome {
        answer.outcome.as_mut().expect("it has one")
    }
    let spoils: [Spoil; 9] = [
        |answer| *answer = v1::ScreenAddressResponse::default(),
        |answer| answer.outcome = None,
        |answer| answer.basis = None,
        |answer| answer.basis = Some(v1::Basis::default()),
        |answer| *of(answer) = v1::Outcome::default(),
        |answer| of(answer).action = 0,
        |answer| of(answer).action = 9,
        |answer| of(answer).verdict = 9,
        |answer| of(answer).candidates.clear(),
    ];
    for (index, spoil) in spoils.into_iter().enumerate() {
        let fake = Fake::new(move |_| {
            let mut answer = good();
            spoil(&mut answer);
            (Duration::ZERO, Ok(answer))
        });
        let decision = fake.decide().await;
        let cause = unanswered(&decision);
        assert_eq!(fake.asked(), 1, "{index}: {cause}");
    }
}

#[tokio::test]
async fn nobody_there_is_a_block() {
    let (listener, address) = listen().await;
    drop(listener);
    let decision = client_of(address).screen(&Query::of(ADDRESS)).await;
    assert!(matches!(
        unanswered(&decision),
        Cause::Unavailable { attempts: 3, .. }
    ));
}

/// What a peer that is no daemon does with each connection.
#[derive(Debug, Clone, Copy)]
enum Peer {
    Closes,
    ClosesAfterTheQuestion,
    Hangs,
    SaysGarbage,
    SpeaksHttp1,
}

impl Peer {
    async fn meet(self, mut stream: TcpStream) {
        let mut question = [0; 4096];
        match self {
            Self::Closes => {}
            Self::ClosesAfterTheQuestion => {
                let _ = stream.read(&mut question).await;
            }
            Self::Hangs => sleep(HANGS).await,
            Self::SaysGarbage => {
                let _ = stream.write_all(&[0xff; 4096]).await;
                let _ = stream.read(&mut question).await;
            }
            Self::SpeaksHttp1 => {
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.read(&mut question).await;
            }
        }
    }
}

#[tokio::test]
async fn peers_that_are_no_daemon_are_blocks() {
    for peer in [
        Peer::Closes,
        Peer::ClosesAfterTheQuestion,
        Peer::Hangs,
        Peer::SaysGarbage,
        Peer::SpeaksHttp1,
    ] {
        let (listener, address) = listen().await;
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(peer.meet(stream));
            }
        });
        let began = Instant::now();
        let decision = client_of(address).screen(&Query::of(ADDRESS)).await;
        let cause = unanswered(&decision);
        assert!(
            began.elapsed() < Duration::from_millis(800),
            "{peer:?}: {cause}"
        );
    }
}

#[tokio::test]
async fn a_connection_that_was_lost_is_made_again() {
    let (listener, address) = listen().await;
    let fake = Fake::new(|_| (Duration::ZERO, Ok(good())));
    let serves = fake.clone();
    tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.expect("a caller");
        // In the middle of the first call: the question came, and no answer.
        let _ = first.read(&mut [0; 4096]).await;
        drop(first);
        serves.serve_at(listener);
    });
    let decision = client_of(address).screen(&Query::of(ADDRESS)).await;
    assert!(matches!(decision, Decision::Allow(_)), "{decision}");
}

fn batch_of(outcomes: usize) -> Fake {
    let mut fake = Fake::failing(|| Status::internal("not asked"));
    fake.batch = Some(v1::ScreenAddressesResponse {
        outcomes: vec![outcome(v1::Action::Allow); outcomes],
        basis: Some(basis()),
    });
    fake
}

#[tokio::test]
async fn a_batch_is_answered_one_for_one_or_not_at_all() {
    let queries = vec![Query::of(ADDRESS); 3];
    for answered in [0, 1, 2, 4, 100] {
        let client = batch_of(answered).serve().await;
        let decisions = client.screen_many(&queries).await;
        assert_eq!(decisions.len(), 3);
        for decision in &decisions {
            assert_eq!(unanswered(decision), &Cause::Count { asked: 3, answered });
        }
    }
    let client = batch_of(3).serve().await;
    let decisions = client.screen_many(&queries).await;
    assert_eq!(decisions.len(), 3);
    assert!(
        decisions
            .iter()
            .all(|one| matches!(one, Decision::Allow(_)))
    );
    assert!(client.screen_many(&[]).await.is_empty());
}

#[tokio::test]
async fn an_outcome_in_another_ones_place_blocks_that_one() {
    let queries = [
        Query::of(ADDRESS),
        Query::of("0x098B716B8Aaf21512996dC57EB0615e2383E2f96"),
    ];
    let decisions = batch_of(2).serve().await.screen_many(&queries).await;
    assert!(matches!(decisions[0], Decision::Allow(_)));
    assert_eq!(unanswered(&decisions[1]), &Cause::AnotherAddress);
}

#[tokio::test]
async fn a_batch_without_basis_or_answer_blocks_all() {
    let queries = vec![Query::of(ADDRESS); 2];
    let mut without = batch_of(2);
    if let Some(batch) = &mut without.batch {
        batch.basis = None;
    }
    let failing = Fake::failing(|| Status::internal("not asked"));
    for fake in [without, failing] {
        let decisions = fake.serve().await.screen_many(&queries).await;
        assert_eq!(decisions.len(), 2);
        for decision in &decisions {
            let _cause = unanswered(decision);
        }
    }
}
