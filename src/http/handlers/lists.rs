//! The lists: sources, generations and their differences, incidents.

use serde_json::json;
use tokio_stream::StreamExt as _;

use crate::grpc::v1;
use v1::history_service_server::HistoryService as _;
use v1::list_service_server::ListService as _;

use super::super::Services;
use super::super::asked::Asked;
use super::super::json;
use super::super::refusal::Refusal;
use super::super::route::Answer;

/// `GET /v1/sources`
pub(in super::super) async fn sources(services: Services, asked: Asked) -> Result<Answer, Refusal> {
    let question = asked.put(v1::ListSourcesRequest {});
    let answer = services.lists.list_sources(question).await?;
    Ok(Answer::Json(json::write(answer.get_ref())))
}

/// `GET /v1/generations`
pub(in super::super) async fn generations(
    services: Services,
    asked: Asked,
) -> Result<Answer, Refusal> {
    let question = v1::ListGenerationsRequest {
        limit: u32::try_from(asked.limit()?).unwrap_or(u32::MAX),
        before: asked.number("before")?,
    };
    let answer = services.lists.list_generations(asked.put(question)).await?;
    Ok(Answer::long_message(answer))
}

/// `GET /v1/generations/{from}/difference/{to}`
pub(in super::super) async fn difference(
    services: Services,
    asked: Asked,
) -> Result<Answer, Refusal> {
    use v1::diff_generations_response::Part;

    let limit = asked.limit()?;
    let question = v1::DiffGenerationsRequest {
        from: asked.part_number("from")?,
        to: asked.part_number("to")?,
    };
    let answer = services.lists.diff_generations(asked.put(question)).await?;
    let mut messages = answer.into_inner();
    let mut kept: Vec<v1::Change> = Vec::new();
    while let Some(message) = messages.next().await {
        match message?.part {
            Some(Part::Changes(changes)) => {
                let room = limit - kept.len();
                kept.extend(changes.changes.into_iter().take(room));
            }
            Some(Part::Summary(summary)) => {
                let total = summary.listed + summary.delisted + summary.amended;
                return Ok(Answer::long(move || {
                    json!({
                        "from": summary.from,
                        "to": summary.to,
                        "listed": summary.listed,
                        "delisted": summary.delisted,
                        "amended": summary.amended,
                        "total": total,
                        "truncated": total > kept.len() as u64,
                        "changes": json::write_all(&kept),
                    })
                }));
            }
            None => {}
        }
    }
    Err(cut_short())
}

/// `GET /v1/incidents`
pub(in super::super) async fn incidents(
    services: Services,
    asked: Asked,
) -> Result<Answer, Refusal> {
    let question = asked.put(v1::ListIncidentsRequest {});
    let answer = services.history.list_incidents(question).await?;
    Ok(Answer::long_message(answer))
}

/// `GET /v1/incidents/{id}`
pub(in super::super) async fn incident(
    services: Services,
    asked: Asked,
) -> Result<Answer, Refusal> {
    let limit = asked.limit()?;
    let question = v1::GetIncidentRequest {
        id: asked.part("id").to_owned(),
    };
    let answer = services.history.get_incident(asked.put(question)).await?;
    let mut messages = answer.into_inner();
    let (mut kept, mut total, mut totals) = (Vec::<v1::IncidentEntry>::new(), 0, None);
    while let Some(message) = messages.next().await {
        let message = message?;
        totals = totals.or(message.totals);
        total += message.entries.len();
        let room = limit - kept.len();
        kept.extend(message.entries.into_iter().take(room));
        if message.complete {
            return Ok(Answer::long(move || {
                json!({
                    "incident": totals.as_ref().map(json::write),
                    "total": total,
                    "truncated": total > kept.len(),
                    "addresses": json::write_all(&kept),
                })
            }));
        }
    }
    Err(cut_short())
}

/// A stream without its last message is a part that must not pass for the
/// whole.
pub(super) fn cut_short() -> Refusal {
    Refusal::unavailable("the answer broke off: ask again")
}
