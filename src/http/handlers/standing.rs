//! How the daemon stands, and who asks.

use serde_json::json;

use crate::grpc::v1;
use v1::status_service_server::StatusService as _;

use super::super::Services;
use super::super::asked::Asked;
use super::super::refusal::Refusal;
use super::super::route::Answer;

/// `GET /v1/status`
pub(in super::super) async fn status(services: Services, asked: Asked) -> Result<Answer, Refusal> {
    let question = asked.put(v1::GetStatusRequest {});
    let status = services.operations.get_status(question).await?.into_inner();
    let stale: Vec<&str> = status
        .sources
        .iter()
        .filter(|source| source.required && (source.stale || !source.present))
        .map(|source| source.id.as_str())
        .collect();
    let reasons: Vec<&str> = status
        .causes
        .iter()
        .map(|cause| cause.message.as_str())
        .collect();
    let caller = status.caller.clone().unwrap_or_default();
    Ok(Answer::Json(json!({
        "version": status.version,
        "started_at": status.started_at,
        "health": health(status.readiness()),
        "reasons": reasons,
        "generation": status.generation,
        "generation_digest": const_hex::encode(&status.generation_digest),
        "entries": status.entries,
        "sources_stale": stale,
        "caller": { "name": caller.name, "roles": caller.roles },
    })))
}

fn health(readiness: v1::Readiness) -> &'static str {
    match readiness {
        v1::Readiness::Ready => "ready",
        v1::Readiness::Degraded => "degraded",
        // What is not said is not to be taken for ready.
        v1::Readiness::Failing | v1::Readiness::Unspecified => "failing",
    }
}
