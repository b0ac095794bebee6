//! gRPC-Web: the same services as messages of the API, for browsers and for
//! clients behind fronts that speak HTTP/1.1 only.
//!
//! What may be called and by whom is decided by the same table as for gRPC,
//! and only what the public listener serves is served here. A request is
//! taken in whole, within the bounds of a batch: browsers send no streams.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body as AxumBody;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use tonic::Status;
use tonic::body::Body;
use tonic::service::Routes;
use tonic_web::{GrpcWebLayer, GrpcWebService};
use tower::{Layer as _, Service, ServiceExt as _};

use crate::access::{Caller, Denied, Standing, Surface, method};
use crate::grpc::{WhileStanding, denied};

use super::asked::{BATCH_BYTES_MAX, whole};
use super::json;

/// Returns the routes of all methods; the table knows which are public.
pub(super) fn router(services: Routes, body_within: Duration) -> Router {
    let judged = Judged {
        services: services.prepare(),
    };
    let service = GrpcWebLayer::new().layer(judged);
    let mut router = Router::new();
    for each in json::pool().services() {
        let service = service.clone();
        let answer = move |request| answer(service.clone(), request, body_within);
        let path = format!("/{}/{{method}}", each.full_name());
        router = router.route(&path, post(answer));
    }
    router
}

async fn answer(
    service: GrpcWebService<Judged>,
    request: Request,
    body_within: Duration,
) -> Response {
    let (parts, body) = request.into_parts();
    let request = http::Request::from_parts(parts, ());
    // Who may not is told before a byte of the body is waited for.
    if judge(&request).is_err() {
        // By the very layer that says it to those whose body has come.
        let nothing = request.map(|()| Body::empty());
        return match service.oneshot(nothing).await {
            Ok(response) => response.map(AxumBody::new),
            Err(never) => match never {},
        };
    }
    let (parts, ()) = request.into_parts();
    let body = match whole(body, BATCH_BYTES_MAX, body_within).await {
        Ok(bytes) => Body::new(http_body_util::Full::new(bytes)),
        Err(refusal) => return refusal.into_response(),
    };
    let request = http::Request::from_parts(parts, body);
    match service.oneshot(request).await {
        Ok(response) => response.map(AxumBody::new),
        Err(never) => match never {},
    }
}

/// The services behind the table of who may ask for what.
#[derive(Clone)]
struct Judged {
    services: Routes,
}

/// Tells whether a call may be made, and for as long as what.
fn judge<B>(request: &http::Request<B>) -> Result<Option<Standing>, Status> {
    let path = request.uri().path();
    let rule = method::rule(path).ok_or_else(|| Denied::NoSuchMethod(path.to_owned()));
    let rule = rule.map_err(|error| denied(&error))?;
    // The front names the caller of every request.
    let caller = request.extensions().get::<Caller>();
    let caller = caller.ok_or_else(|| Status::unauthenticated("nobody says who asks"))?;
    rule.check(caller, Surface::Public)
        .map_err(|error| denied(&error))?;
    Ok(rule.rests_on(caller))
}

impl Service<http::Request<Body>> for Judged {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        match judge(&request) {
            Ok(standing) => {
                let answer = self.services.call(request);
                Box::pin(async move {
                    let response = answer.await?.map(Body::new);
                    Ok(response.map(|body| match standing {
                        Some(standing) => Body::new(WhileStanding::new(body, standing)),
                        None => body,
                    }))
                })
            }
            Err(status) => Box::pin(async move { Ok(status.into_http()) }),
        }
    }
}
