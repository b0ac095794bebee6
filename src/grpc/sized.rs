//! A smaller message limit for unary calls than for batches and streams.
//!
//! tonic sets one decoding limit per service. [`Sized`] holds the same
//! service twice, once with each limit, and chooses by the method's path.

use std::convert::Infallible;
use std::task::{Context, Poll};

use http::Request;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;

/// Which method takes the smaller messages.
pub trait UnaryLimit {
    /// Path of the method.
    const UNARY_PATH: &'static str;
}

/// One service under two message limits.
#[derive(Clone)]
pub struct Sized<S> {
    unary: S,
    rest: S,
}

impl<S: UnaryLimit> Sized<S> {
    /// Serves the unary method with one instance and the rest with the other.
    pub fn new(unary: S, rest: S) -> Self {
        Self { unary, rest }
    }
}

impl<S: NamedService> NamedService for Sized<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for Sized<S>
where
    S: UnaryLimit + Service<Request<Body>, Error = Infallible>,
{
    type Response = S::Response;
    type Error = Infallible;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Generated services are always ready.
        self.rest.poll_ready(context)
    }

    #[inline]
    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if request.uri().path() == S::UNARY_PATH {
            self.unary.call(request)
        } else {
            self.rest.call(request)
        }
    }
}
