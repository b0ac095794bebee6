//! Calls of many addresses, answered behind those that wait for one.
//!
//! A thread that serves unpacks a thousand queries, packs a thousand outcomes
//! and frees them again in milliseconds, and every withdrawal on that thread
//! waits for it. [`Behind`] leaves the whole of such a call to the pool; what
//! the serving thread still does is to move bytes.
//!
//! What is small by its bytes stays where it came in: the way to another
//! thread and back would cost more than the answer.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::sync::mpsc;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;

use crate::rescreen::{Pool, Stopped};

use super::bounded::Bounds;

/// A request up to this is answered where it came in: what 64 addresses come
/// to, or a few more.
const INLINE_BYTES_MAX: usize = 4 << 10;

/// Pieces of an answer that may wait for the thread that sends them.
const PIECES_WAITING_MAX: usize = 1;

/// A service whose larger calls are answered on the pool.
#[derive(Clone)]
pub struct Behind<S> {
    service: S,
    pool: Pool,
}

impl<S> Behind<S> {
    /// Leaves the larger batches to the pool, and all that streams.
    pub fn new(service: S, pool: Pool) -> Self {
        Self { service, pool }
    }
}

impl<S: NamedService> NamedService for Behind<S> {
    const NAME: &'static str = S::NAME;
}

impl<S: Bounds> Bounds for Behind<S> {
    const SMALL: &'static str = S::SMALL;
    const BATCHES: &'static [&'static str] = S::BATCHES;
    const STREAMS: &'static [&'static str] = S::STREAMS;
}

type Answered = Result<Response<Body>, Infallible>;

/// Here, or behind.
pub enum Answer<F> {
    /// By whoever asked for it.
    Here(F),
    /// Elsewhere, or here once it has turned out to be small.
    Elsewhere(Pin<Box<dyn Future<Output = Answered> + Send>>),
}

impl<F: Future<Output = Answered> + Unpin> Future for Answer<F> {
    type Output = Answered;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answered> {
        match self.get_mut() {
            Self::Here(answer) => Pin::new(answer).poll(context),
            Self::Elsewhere(answer) => answer.as_mut().poll(context),
        }
    }
}

impl<S> Service<Request<Body>> for Behind<S>
where
    S: Bounds
        + Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Unpin + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(context)
    }

    #[inline]
    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let path = request.uri().path();
        let (is_batch, is_stream) = (S::BATCHES.contains(&path), S::STREAMS.contains(&path));
        if !is_batch && !is_stream {
            return Answer::Here(self.service.call(request));
        }
        let (mut service, pool) = (self.service.clone(), self.pool.clone());
        Answer::Elsewhere(Box::pin(async move {
            if is_stream {
                return Ok(elsewhere(service, request, &pool).await);
            }
            let (parts, body) = request.into_parts();
            let (body, is_small) = begun(body).await;
            let request = Request::from_parts(parts, body);
            if is_small {
                return service.call(request).await;
            }
            Ok(elsewhere(service, request, &pool).await)
        }))
    }
}

/// Takes in the beginning of a body, and tells whether that is all there is.
/// It is copied: a piece of a few bytes may be part of a buffer of many.
async fn begun(mut body: Body) -> (Body, bool) {
    let mut first = BytesMut::new();
    let (other, is_small) = loop {
        match body.frame().await {
            None => break (None, true),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => first.extend_from_slice(&data),
                Err(trailers) => break (Some(Ok(trailers)), true),
            },
            Some(Err(error)) => break (Some(Err(error)), true),
        }
        if first.len() > INLINE_BYTES_MAX {
            break (None, false);
        }
        if body.is_end_stream() {
            break (None, true);
        }
    };
    let first = (!first.is_empty()).then(|| Ok(Frame::data(first.freeze())));
    let first = first.into_iter().chain(other).collect();
    (Body::new(Begun { first, rest: body }), is_small)
}

/// A body of which some was taken in already.
struct Begun {
    first: VecDeque<Result<Frame<Bytes>, Status>>,
    rest: Body,
}

impl http_body::Body for Begun {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match self.first.pop_front() {
            Some(frame) => Poll::Ready(Some(frame)),
            None => Pin::new(&mut self.rest).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_empty() && self.rest.is_end_stream()
    }
}

/// Has the pool answer a call and pack the answer.
async fn elsewhere<S>(mut service: S, request: Request<Body>, pool: &Pool) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Send + 'static,
    S::Future: Send + 'static,
{
    let work = async move { service.call(request).await };
    let (parts, body) = match pool.handle(work).await {
        Ok(Ok(response)) => response.into_parts(),
        Ok(Err(never)) => match never {},
        Err(error) => return stopped(error).into_http(),
    };
    let (pieces, taken) = mpsc::channel(PIECES_WAITING_MAX);
    if let Err(error) = pool.spawn(hand_on(body, pieces)) {
        return stopped(error).into_http();
    }
    let has_ended = false;
    Response::from_parts(parts, Body::new(Pieces { taken, has_ended }))
}

type Piece = Option<Result<Frame<Bytes>, Status>>;

/// Packs an answer piece by piece, for as long as somebody takes them. The
/// last piece says that it is the last.
async fn hand_on(mut body: Body, pieces: mpsc::Sender<Piece>) {
    loop {
        let piece = tokio::select! {
            () = pieces.closed() => return,
            piece = body.frame() => piece,
        };
        let is_last = piece.is_none();
        if pieces.send(piece).await.is_err() || is_last {
            return;
        }
    }
}

fn stopped(error: Stopped) -> Status {
    Status::internal(error.to_string())
}

/// An answer that is packed elsewhere.
struct Pieces {
    taken: mpsc::Receiver<Piece>,
    has_ended: bool,
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        let piece = ready!(self.taken.poll_recv(context));
        // Without a last piece it is not whole, and must not look like it.
        let piece = piece.unwrap_or_else(|| Some(Err(stopped(Stopped))));
        self.has_ended = !matches!(piece, Some(Ok(_)));
        Poll::Ready(piece)
    }

    fn is_end_stream(&self) -> bool {
        self.has_ended
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;
    use std::time::Duration;

    use http::{HeaderMap, HeaderValue};
    use http_body_util::{Full, StreamBody};
    use tokio::sync::Notify;
    use tokio::time::timeout;
    use tokio_stream::StreamExt as _;

    use super::*;

    const BATCH: &str = "/of/batch";
    const STREAM: &str = "/of/stream";

    /// Answers with what it was sent, in two pieces and a trailer that names
    /// its thread. What begins with `!` is answered otherwise.
    #[derive(Clone)]
    struct Echo {
        ended: Arc<Notify>,
    }

    impl Bounds for Echo {
        const SMALL: &'static str = "/of/one";
        const BATCHES: &'static [&'static str] = &[BATCH];
        const STREAMS: &'static [&'static str] = &[STREAM];
    }

    struct Ending(Arc<Notify>);

    impl Drop for Ending {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }

    impl Service<Request<Body>> for Echo {
        type Response = Response<Body>;
        type Error = Infallible;
        type Future = Pin<Box<dyn Future<Output = Answered> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request<Body>) -> Self::Future {
            let ending = Ending(self.ended.clone());
            Box::pin(async move {
                let body = request.into_body().collect().await.expect("it comes");
                let body = body.to_bytes();
                assert!(!body.starts_with(b"!panic"), "on purpose");
                if body.starts_with(b"!wait") {
                    std::future::pending::<()>().await;
                }
                let is_broken = body.starts_with(b"!break");
                let mut trailers = HeaderMap::new();
                let name = thread::current().name().unwrap_or("none").to_owned();
                trailers.insert("on", HeaderValue::from_str(&name).expect("a name"));
                let (first, second) = body.split_at(body.len() / 2);
                let frames = [
                    Frame::data(Bytes::copy_from_slice(first)),
                    Frame::data(Bytes::copy_from_slice(second)),
                    Frame::trailers(trailers),
                ];
                let frames = tokio_stream::iter(frames).map(move |frame| {
                    let _until_the_last = &ending;
                    assert!(!is_broken || !frame.is_trailers(), "on purpose");
                    Ok::<_, Status>(frame)
                });
                Ok(Response::new(Body::new(StreamBody::new(frames))))
            })
        }
    }

    fn behind() -> (Behind<Echo>, Arc<Notify>) {
        let ended = Arc::new(Notify::new());
        let pool = Pool::new(1, 1).expect("a runtime can be had");
        let echo = Echo {
            ended: ended.clone(),
        };
        (Behind::new(echo, pool), ended)
    }

    fn request(path: &str, body: &[u8]) -> Request<Body> {
        let body = Body::new(Full::new(Bytes::copy_from_slice(body)));
        let request = Request::builder().uri(path).body(body);
        request.expect("a request")
    }

    async fn asked(path: &str, body: &[u8]) -> (Bytes, String) {
        let (mut behind, _) = behind();
        let response = behind.call(request(path, body)).await;
        let response = response.unwrap_or_else(|never| match never {});
        let whole = response.into_body().collect().await.expect("it is whole");
        let on = whole.trailers().expect("they came")["on"].to_str();
        let on = on.expect("a name").to_owned();
        (whole.to_bytes(), on)
    }

    #[tokio::test]
    async fn what_is_large_is_answered_elsewhere_and_comes_whole() {
        let here = thread::current().name().expect("a test has one").to_owned();
        let there = "interdict-rescreen".to_owned();
        let large = vec![7; 3 * INLINE_BYTES_MAX];
        let small = vec![7; INLINE_BYTES_MAX];
        for (path, body, on) in [
            (BATCH, &large, &there),
            (BATCH, &small, &here),
            (BATCH, &Vec::new(), &here),
            (STREAM, &small, &there),
            ("/of/one", &large, &here),
        ] {
            let (answer, answered_on) = asked(path, body).await;
            assert_eq!(answer, body, "{path}");
            assert_eq!(&answered_on, on, "{path} with {} bytes", body.len());
        }
    }

    #[tokio::test]
    async fn whoever_gives_up_ends_the_work() {
        let (mut behind, ended) = behind();
        let moment = Duration::from_millis(50);
        let waiting = behind.call(request(STREAM, b"!wait"));
        assert!(timeout(moment, waiting).await.is_err());
        ended.notified().await;
        // And so does whoever takes only some of the answer.
        let response = behind.call(request(STREAM, b"1234")).await;
        let mut body = response.expect("it answers").into_body();
        assert!(body.frame().await.is_some());
        assert!(timeout(moment, ended.notified()).await.is_err());
        drop(body);
        ended.notified().await;
    }

    #[tokio::test]
    async fn what_breaks_off_is_an_error_and_not_an_end() {
        let (mut behind, _) = behind();
        let response = behind.call(request(STREAM, b"!panic")).await;
        let response = response.expect("it answers");
        assert_eq!(response.headers()["grpc-status"], "13");
        let response = behind.call(request(STREAM, b"!break")).await;
        let body = response.expect("it answers").into_body();
        let broken = body.collect().await.expect_err("it is not whole");
        assert_eq!(broken.code(), tonic::Code::Internal);
    }
}
