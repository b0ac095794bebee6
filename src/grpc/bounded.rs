//! Bounds that differ by method: the size of a message, and its time.
//!
//! tonic sets one decoding limit per service, and no limit on how long a
//! request's body may take: a peer that sends half of one and answers pings
//! would hold it for ever. [`Bounded`] holds the same service twice, once
//! with each message limit, and ends calls whose body stands still. Streams
//! bound each of their waits themselves.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use tokio::time::{Sleep, sleep};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;

/// Which methods are bounded how.
pub trait Bounds {
    /// Path of the method that takes the smaller messages.
    const SMALL: &'static str;
    /// Paths of the methods that take many addresses in one message.
    const BATCHES: &'static [&'static str];
    /// Paths of the methods that stream, and bound their own time.
    const STREAMS: &'static [&'static str];
}

/// One service under two message limits and a deadline.
#[derive(Clone)]
pub struct Bounded<S> {
    small: S,
    rest: S,
    body_timeout: Duration,
}

impl<S: Bounds> Bounded<S> {
    /// Serves the small method with one instance and the rest with the other.
    pub fn new(small: S, rest: S, body_timeout: Duration) -> Self {
        Self {
            small,
            rest,
            body_timeout,
        }
    }
}

impl<S: NamedService> NamedService for Bounded<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for Bounded<S>
where
    S: Bounds + Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Unpin,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Generated services are always ready.
        self.rest.poll_ready(context)
    }

    #[inline]
    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let path = request.uri().path();
        let streams = S::STREAMS.contains(&path);
        let answer = if path == S::SMALL {
            self.small.call(request)
        } else {
            self.rest.call(request)
        };
        Answer {
            answer,
            limit: (!streams).then_some(self.body_timeout),
            deadline: None,
        }
    }
}

/// An answer under way. Nearly every call is answered when first polled, and
/// then costs no timer.
pub struct Answer<F> {
    answer: F,
    limit: Option<Duration>,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<F> Future for Answer<F>
where
    F: Future<Output = Result<Response<Body>, Infallible>> + Unpin,
{
    type Output = F::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(answer) = Pin::new(&mut self.answer).poll(context) {
            return Poll::Ready(answer);
        }
        let Some(limit) = self.limit else {
            return Poll::Pending;
        };
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(limit)));
        deadline.as_mut().poll(context).map(|()| {
            let status = Status::deadline_exceeded("the request took too long to come");
            Ok(status.into_http())
        })
    }
}
