//! The same counts and spans for HTTP: a layer around a router.

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http::StatusCode;
use tonic::Code;
use tracing::Instrument as _;

use crate::access::Caller;
use crate::telemetry;

/// Counts every call of a router, by the route that matched.
pub fn observe(router: Router) -> Router {
    router.layer(from_fn(count))
}

async fn count(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = match route {
        // The method is one of the route's own: axum refuses others.
        Some(path) => format!("{} {}", verb(&request), path.as_str()),
        None => "other".to_owned(),
    };
    let mut call = super::calls().begin_route(&route);
    let caller = request.extensions().get::<Caller>();
    let caller = caller.map_or("", Caller::name);
    let span = telemetry::calls::begin_route(&route, request.headers(), caller);
    call.within(span.clone());
    let response = next.run(request).instrument(span).await;
    call.ended(code(response.status()));
    response
}

/// Methods can be made up, and labels must not.
fn verb(request: &Request) -> &'static str {
    match request.method().as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}

/// The gRPC code that an HTTP status stands for, as the API maps them.
fn code(status: StatusCode) -> Code {
    match status.as_u16() {
        200..=399 => Code::Ok,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 | 405 => Code::NotFound,
        408 | 504 => Code::DeadlineExceeded,
        409 => Code::Aborted,
        412 => Code::FailedPrecondition,
        429 => Code::ResourceExhausted,
        400..=499 => Code::InvalidArgument,
        501 => Code::Unimplemented,
        503 => Code::Unavailable,
        _ => Code::Internal,
    }
}
