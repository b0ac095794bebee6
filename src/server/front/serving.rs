//! Connections from accept to close.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::io;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use tower::{Service, ServiceExt as _};
use tracing::debug;

use crate::metrics::{self, Cut, Refusal};

use super::accept::{self, Place};
use super::guarded::Guarded;
use super::pace::Pace;
use super::socket::{Listener, Socket};
use super::stall::Stalls;
use super::tls::{self, Tls};
use super::turn::{InTurn, Turn};
use super::{Front, Peer, Protocol};

/// "PRI * HTTP/2.0" and so on: nothing is served before it.
const PREFACE_BYTES: usize = 24;

/// The shortest request line there is, nearly; the rest of the head has
/// hyper's own deadline.
const REQUEST_BYTES: usize = 4;

/// Answers that wait for one stream's reader.
const SEND_BUFFER_BYTES: usize = 64 << 10;

/// For what an HTTP client still sends when it was refused: enough to read
/// the refusal of a body twice as large as any that is taken.
const LINGER: (Duration, usize) = (Duration::from_secs(1), 4 << 20);

type BoxError = Box<dyn StdError + Send + Sync>;

/// Accepts and serves until told to stop; then lets what is under way finish.
/// It is for the caller to say how long that may take.
pub async fn serve<S, B>(
    listener: Listener,
    service: S,
    front: Front,
    stop: impl Future<Output = ()>,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (closing, ends) = watch::channel(false);
    {
        let mut stop = pin!(stop);
        loop {
            let (socket, place) = tokio::select! {
                biased;
                () = &mut stop => break,
                admitted = accept::next(&listener, &front.connections) => admitted,
            };
            let (front, service, ends) = (front.clone(), service.clone(), ends.clone());
            tokio::spawn(connection(socket, place, service, front, ends));
        }
    }
    // A socket that listens while nobody accepts would keep callers waiting.
    drop(listener);
    drop(ends);
    closing.send_replace(true);
    closing.closed().await;
}

/// Serves one connection from accept to close; its place is given back at the
/// end.
async fn connection<S, B>(
    socket: Socket,
    _place: Place,
    service: S,
    front: Front,
    ends: watch::Receiver<bool>,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (from, is_unix) = (socket.from(), socket.is_unix());
    let counted_as = socket.counted_as().to_string().into();
    let Some(tls) = front.tls.clone().filter(|_| !is_unix) else {
        let peer = Peer::new((from, counted_as), is_unix, Vec::new());
        return speak(socket, peer, service, &front, ends).await;
    };
    match handshake(socket, &tls, &front).await {
        Ok(stream) => {
            let (_, session) = stream.get_ref();
            let shown = session.peer_certificates().and_then(<[_]>::first);
            let names = shown.map(tls::names).unwrap_or_default();
            // A certificate without a name is somebody we cannot know.
            let certified = match shown {
                Some(_) if names.is_empty() => vec![String::new()],
                _ => names,
            };
            let peer = Peer::new((from, counted_as), false, certified);
            speak(stream, peer, service, &front, ends).await;
        }
        Err(error) => {
            metrics::edge().refused(Refusal::Handshake);
            debug!(%error, %from, "no TLS session came about");
        }
    }
}

/// Within the time for the first bytes, and few at once.
async fn handshake(socket: Socket, tls: &Tls, front: &Front) -> io::Result<TlsStream<Socket>> {
    let work = async {
        // Whoever says nothing waits by itself: a turn is for what costs a
        // signature.
        let hello = LazyConfigAcceptor::new(Acceptor::default(), socket).await?;
        let _turn = front.handshakes.acquire().await.map_err(io::Error::other)?;
        hello.into_stream(tls.config(front.protocol)).await
    };
    match timeout(front.first_bytes_within, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Speaks the protocol on a stream until its end.
async fn speak<IO, S, B>(
    stream: IO,
    peer: Peer,
    service: S,
    front: &Front,
    ends: watch::Receiver<bool>,
) where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let stalls = peer.stalls().clone();
    let service = service.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        request
    });
    let service = TowerToHyperService::new(service);
    let first_bytes = match front.protocol {
        Protocol::Grpc => PREFACE_BYTES,
        Protocol::Http => REQUEST_BYTES,
    };
    let first = (first_bytes, front.first_bytes_within);
    let turn = Turn::default();
    let stream = InTurn::new(stream, turn.clone());
    let guarded = Guarded::new(stream, first, front.stall_timeout);
    let ended = match front.protocol {
        Protocol::Grpc => {
            let guarded = guarded.with_frames(front.first_bytes_within);
            let connection = http2(front).serve_connection(TokioIo::new(guarded), service);
            let open = until_closed(connection, |it| it.graceful_shutdown(), front, ends);
            let open = unless_stalled(open, &stalls, front.stall_timeout);
            turn.taken_by(open).await
        }
        Protocol::Http => {
            let guarded = guarded.lingering(LINGER.0, LINGER.1);
            let connection = http1(front).serve_connection(TokioIo::new(guarded), service);
            let open = until_closed(connection, |it| it.graceful_shutdown(), front, ends);
            turn.taken_by(open).await
        }
    };
    if let Err(error) = ended {
        if let Some(why) = cut_for(&error) {
            metrics::edge().cut(why);
        }
        debug!(%error, "a connection ended");
    }
}

/// Why we ended a connection; `None`: its client did.
fn cut_for(error: &hyper::Error) -> Option<Cut> {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            match io.kind() {
                io::ErrorKind::TimedOut => return Some(Cut::Late),
                io::ErrorKind::InvalidData => return Some(Cut::Protocol),
                io::ErrorKind::Other => {}
                _ => return None,
            }
        }
        cause = error.source();
    }
    let by_them = error.is_incomplete_message() || error.is_canceled() || error.is_closed();
    (!by_them).then_some(Cut::Protocol)
}

/// hyper's defaults leave several of HTTP/2's limits open or wide; each is set
/// here, and the figures behind them are in `DESIGN.md`.
fn http2(front: &Front) -> http2::Builder<Pace> {
    let mut builder = http2::Builder::new(Pace::default());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(front.streams_per_connection_max)
        .max_local_error_reset_streams(128)
        .max_pending_accept_reset_streams(20)
        .max_header_list_size(8 * 1024)
        .max_frame_size(16 * 1024)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .keep_alive_interval(Some(front.keepalive.0))
        .keep_alive_timeout(front.keepalive.1);
    builder
}

fn http1(front: &Front) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(front.first_bytes_within)
        .max_headers(64)
        .max_buf_size(16 * 1024);
    builder
}

/// Cuts a connection whose client takes nothing of its answers.
async fn unless_stalled<E>(
    connection: impl Future<Output = Result<(), E>>,
    stalls: &Stalls,
    allowed: Duration,
) -> Result<(), E> {
    tokio::select! {
        ended = connection => ended,
        () = stalls.too_long(allowed) => {
            metrics::edge().cut(Cut::Stalled);
            debug!("a client took nothing of its answers: cut");
            Ok(())
        }
    }
}

/// Waits for the end of a connection; asks it to finish when it is old or
/// the daemon stops. Streams that are open then may go on to their end, for as
/// long again: whoever was let in once is not let in for ever.
async fn until_closed<C, E>(
    connection: C,
    finish: impl Fn(std::pin::Pin<&mut C>),
    front: &Front,
    mut ends: watch::Receiver<bool>,
) -> Result<(), E>
where
    C: Future<Output = Result<(), E>>,
{
    let mut connection = pin!(connection);
    let mut age = pin!(sleep(jittered(front.connection_age)));
    tokio::select! {
        ended = connection.as_mut() => return ended,
        _ = ends.wait_for(|closing| *closing) => {}
        () = &mut age => metrics::edge().cut(Cut::Age),
    }
    finish(connection.as_mut());
    // The stop has its own deadline, and does not wait for this one.
    let ended = timeout(front.connection_age, connection.as_mut()).await;
    ended.unwrap_or(Ok(()))
}

/// Within a fifth of the time, so that connections that were opened together
/// do not all come back together.
fn jittered(age: Duration) -> Duration {
    let fraction = f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX);
    age.mul_f64(0.8 + 0.4 * fraction)
}
