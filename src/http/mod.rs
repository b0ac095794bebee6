//! THE WIRE EDGE BESIDE gRPC: the same services as JSON over HTTP/1.1, the
//! console's files, and gRPC-Web.
//!
//! No service lives here. A request becomes a message of the API, is put to
//! the very service that answers gRPC, in the name of whoever asks, and the
//! answer is written by the one rule of `json`; so checks, bounds and audit
//! records are the same on both edges. `routes` is the one table: what is
//! served, documented (`openapi`) and tested is what stands in it, and the
//! role a route asks for is that of the gRPC method it stands for.
//!
//! Before any of it, `guard` refuses what another site makes a browser send.
//! Who calls is for the front to find out.

mod asked;
mod console;
mod guard;
mod handlers;
mod json;
mod openapi;
mod refusal;
mod route;
mod routes;
mod shapes;
mod web;

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, on};
use http::StatusCode;
use tokio::time::timeout;
use tonic::service::Routes;
use tonic::{Code, Status};

use crate::grpc;
use crate::rescreen::Pool;
use crate::server::Refused;

pub use guard::{Hosts, answer_to};
pub use openapi::document;

use asked::Received;
use refusal::Refusal;
use route::{Route, Verb};
use routes::ROUTES;

/// Time for an answer: well above what any takes that is within its bounds.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The services that answer; the same that answer gRPC.
#[derive(Clone)]
pub struct Services {
    /// Screens.
    pub screening: grpc::Screening,
    /// Knows the lists.
    pub lists: grpc::Lists,
    /// Knows what became of addresses and incidents.
    pub history: grpc::History,
    /// Reads the audit log.
    pub audit: grpc::Audit,
    /// Watches portfolios.
    pub monitoring: grpc::Monitoring,
    /// Where long work is done, so that withdrawals need not wait for it.
    pub pool: Pool,
    /// Time for a whole body: a byte a second is cut.
    pub body_within: Duration,
    /// Shows how the daemon stands.
    pub operations: grpc::Operations,
}

/// Returns everything that is served over HTTP. `web` is what gRPC-Web
/// reaches; `hosts` are the names that a browser may use for the daemon.
pub fn router(services: &Services, web: Routes, hosts: Hosts) -> Router {
    let mut router = Router::new();
    for route in &ROUTES {
        let services = services.clone();
        let answer = move |request| answer(route, services.clone(), request);
        let filter = match route.verb {
            Verb::Get => MethodFilter::GET,
            Verb::Post => MethodFilter::POST,
        };
        router = router.route(route.path, on(filter, answer));
    }
    router
        .merge(console::router())
        .merge(web::router(web, services.body_within))
        .fallback(nothing_here)
        .method_not_allowed_fallback(other_method)
        .layer(axum::middleware::from_fn_with_state(hosts, guard::guard))
}

/// Returns the answer to a call that does not come through the gate.
pub(crate) fn refusal(refused: Refused) -> Response {
    let refusal = match refused {
        Refused::Unauthenticated(error) => {
            Refusal::from(Status::unauthenticated(error.to_string()))
        }
        Refused::Denied(denied) => denied.into(),
        Refused::Exhausted(error) => grpc::exhausted(&error).into(),
    };
    let mut response = refusal.into_response();
    guard::set_headers(response.headers_mut());
    response
}

async fn answer(route: &'static Route, services: Services, request: Request) -> Response {
    let answering = async {
        let received = Received::of(route, request, services.body_within).await?;
        if !received.is_long() {
            return handled(route, services, received).await;
        }
        let pool = services.pool.clone();
        let handled = pool.handle(handled(route, services, received)).await;
        handled.map_err(|stopped| Status::internal(stopped.to_string()))?
    };
    match timeout(ANSWER_WITHIN, answering).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(refusal)) => refusal.into_response(),
        Err(_) => Refusal::from(Status::deadline_exceeded(
            "there was no answer in time: ask for less, or over gRPC",
        ))
        .into_response(),
    }
}

async fn handled(
    route: &'static Route,
    services: Services,
    received: Received,
) -> Result<Response, Refusal> {
    let pool = services.pool.clone();
    let answer = (route.handle)(services, received.read()?).await?;
    answer.written(&pool).await
}

async fn nothing_here() -> Response {
    Refusal::new(
        StatusCode::NOT_FOUND,
        Code::NotFound,
        "there is nothing at this path: GET /v1/openapi.json lists what there is; a slash within an address is written %2F",
    )
    .into_response()
}

async fn other_method() -> Response {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        Code::Unimplemented,
        "this path is asked with another method: see the `Allow` header",
    )
    .into_response()
}
