//! `/metrics`, `/healthz` and `/readyz`.
//!
//! `/healthz` says whether the serving threads turn: what restarts a daemon.
//! `/readyz` says whether it deserves traffic: what takes it out of a load
//! balancer. Neither says anything of addresses or callers.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use serde_json::json;
use tokio::task::spawn_blocking;

use crate::overview::Overview;
use crate::readiness::Standing;

use super::exposition::Format;
use super::{Pulses, Source};

/// Returns the routes of the metrics listener.
pub fn router(overview: Overview, pulses: Pulses) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .with_state(Source { overview, pulses })
}

async fn metrics(State(source): State<Source>, headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT);
    let accept = accept.and_then(|accept| accept.to_str().ok());
    let format = Format::of(accept.unwrap_or_default());
    let written = spawn_blocking(move || {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(source));
        let mut page = String::new();
        encode(&mut page, &registry).map(|()| format.write(page))
    });
    match written.await {
        Ok(Ok(page)) => ([(header::CONTENT_TYPE, format.content_type())], page).into_response(),
        // Half a page would read as if the rest had gone away.
        Ok(Err(_)) | Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn alive(State(source): State<Source>) -> Response {
    let (threads, stuck) = (source.pulses)();
    if stuck == 0 {
        return answer(StatusCode::OK, &json!({"status": "alive"}));
    }
    let stuck = json!({"status": "stuck", "threads": threads, "stuck": stuck});
    answer(StatusCode::SERVICE_UNAVAILABLE, &stuck)
}

async fn ready(State(source): State<Source>) -> Response {
    let Ok(readiness) = spawn_blocking(move || source.overview.readiness()).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let status = match readiness.standing {
        Standing::Ready | Standing::Degraded => StatusCode::OK,
        Standing::Failing => StatusCode::SERVICE_UNAVAILABLE,
    };
    let reasons = readiness.causes.iter().map(|cause| {
        json!({
            "state": cause.standing.name(),
            "code": cause.name,
            "message": cause.message,
        })
    });
    let reasons: serde_json::Value = reasons.collect();
    let said = json!({"status": readiness.standing.name(), "reasons": reasons});
    answer(status, &said)
}

fn answer(status: StatusCode, said: &serde_json::Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, format!("{said}\n")).into_response()
}
