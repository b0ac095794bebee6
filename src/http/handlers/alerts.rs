//! Alerts and portfolios.

use serde_json::json;
use tokio_stream::StreamExt as _;

use crate::grpc::v1;
use v1::monitor_service_server::MonitorService as _;

use super::super::Services;
use super::super::asked::Asked;
use super::super::json;
use super::super::refusal::Refusal;
use super::super::route::Answer;
use super::lists::cut_short;

/// `GET /v1/alerts`
pub(in super::super) async fn alerts(services: Services, asked: Asked) -> Result<Answer, Refusal> {
    let limit = asked.limit()?;
    let question = v1::StreamAlertsRequest {
        after_sequence: asked.number("after")?,
        unacknowledged_only: asked.flag("unacknowledged")?,
        ..v1::StreamAlertsRequest::default()
    };
    let answer = services
        .monitoring
        .stream_alerts(asked.put(question))
        .await?;
    let mut messages = answer.into_inner();
    let mut kept: Vec<v1::Alert> = Vec::new();
    while let Some(message) = messages.next().await {
        let message = message?;
        let room = limit - kept.len();
        let is_all = message.alerts.len() <= room;
        kept.extend(message.alerts.into_iter().take(room));
        if message.complete && is_all {
            return Ok(answered(kept, None));
        }
        if kept.len() == limit {
            let last = kept.last().map(|alert| alert.sequence);
            return Ok(answered(kept, last));
        }
    }
    Err(cut_short())
}

fn answered(alerts: Vec<v1::Alert>, next_after: Option<u64>) -> Answer {
    Answer::long(move || {
        json!({
            "alerts": json::write_all(&alerts),
            "next_after": next_after,
        })
    })
}

/// `POST /v1/alerts/acknowledgements`
pub(in super::super) async fn acknowledge(
    services: Services,
    asked: Asked,
) -> Result<Answer, Refusal> {
    let word: v1::AcknowledgeAlertsRequest = asked.message()?;
    let answer = services
        .monitoring
        .acknowledge_alerts(asked.put(word))
        .await?;
    Ok(Answer::Json(json::write(answer.get_ref())))
}

/// `GET /v1/portfolios`
pub(in super::super) async fn portfolios(
    services: Services,
    asked: Asked,
) -> Result<Answer, Refusal> {
    let question = asked.put(v1::ListPortfoliosRequest {});
    let answer = services.monitoring.list_portfolios(question).await?;
    Ok(Answer::Json(json::write(answer.get_ref())))
}
