//! Records of the audit log, newest first.

use prost::Message as _;
use serde_json::{Value, json};

use crate::audit::record::record::Event;
use crate::audit::record::{Record, Screening};
use crate::audit::shown;
use crate::grpc::v1;
use v1::audit_service_server::AuditService as _;

use super::super::Services;
use super::super::asked::Asked;
use super::super::refusal::Refusal;
use super::super::route::Answer;

/// `GET /v1/records`
pub(in super::super) async fn newest(services: Services, asked: Asked) -> Result<Answer, Refusal> {
    let (limit, before) = (asked.limit()?, asked.number("before")?);
    let hits_only = asked.flag("hits_only")?;
    let wanted = move |record: &Record| !hits_only || is_hit(record);
    let page = services.audit.newest(before, limit, wanted).await?;
    Ok(Answer::long(move || {
        let found = page.found.iter();
        let records: Value = found
            .map(|(number, record)| short(*number, record))
            .collect();
        json!({ "records": records, "next_before": page.next_before })
    }))
}

/// `GET /v1/records/{id}`
pub(in super::super) async fn record(services: Services, asked: Asked) -> Result<Answer, Refusal> {
    let question = v1::GetRecordRequest {
        id: asked.part("id").to_owned(),
    };
    let answer = services.audit.get_record(asked.put(question)).await?;
    let found = answer.into_inner().record.unwrap_or_default();
    let decoded = Record::decode(found.record.as_slice()).map_err(|_| {
        Refusal::unavailable("the record does not decode: run `interdict audit verify`")
    })?;
    let mut answer = short(found.number, &decoded);
    answer["record"] = shown::json(&decoded);
    Ok(Answer::Json(answer))
}

/// `GET /v1/records/{id}/receipt`
pub(in super::super) async fn receipt(services: Services, asked: Asked) -> Result<Answer, Refusal> {
    let question = v1::GetReceiptRequest {
        id: asked.part("id").to_owned(),
    };
    let answer = services.audit.get_receipt(asked.put(question)).await?;
    Ok(Answer::Text(answer.into_inner().receipt))
}

/// `GET /v1/rescreens`
pub(in super::super) async fn rescreens(
    services: Services,
    asked: Asked,
) -> Result<Answer, Refusal> {
    let (limit, before) = (asked.limit()?, asked.number("before")?);
    let wanted = |record: &Record| matches!(record.event, Some(Event::Rescreened(_)));
    let page = services.audit.newest(before, limit, wanted).await?;
    Ok(Answer::long(move || {
        let found = page.found.iter();
        let ends: Value = found
            .map(|(number, record)| end_of(*number, record))
            .collect();
        json!({ "rescreens": ends, "next_before": page.next_before })
    }))
}

/// What somebody may have to look at.
fn is_hit(record: &Record) -> bool {
    match &record.event {
        Some(Event::Screening(it)) => it.verdict == "LISTED" || it.action != "ALLOW",
        _ => false,
    }
}

/// What a list of records shows of one.
fn short(number: u64, record: &Record) -> Value {
    let all = shown::json(record);
    let screening = match &record.event {
        Some(Event::Screening(screening)) => Some(screening),
        _ => None,
    };
    let said = |of: fn(&Screening) -> &str| screening.map_or("", of);
    let mut sources: Vec<&str> = Vec::new();
    for found in screening.into_iter().flat_map(|it| &it.matches) {
        if !sources.contains(&found.source.as_str()) {
            sources.push(&found.source);
        }
    }
    let canonical = screening.and_then(|it| {
        let mut named = it.readings.iter().filter(|one| !one.canonical.is_empty());
        named.next()
    });
    let no_reasons = Vec::new();
    json!({
        "sequence": number,
        "id": all["id"],
        "at": all["at"],
        "kind": all["event"],
        "sentence": shown::sentence(record),
        "caller": all.get("caller").cloned().unwrap_or_else(|| json!("")),
        "call": all.get("call").cloned().unwrap_or_else(|| json!("")),
        "generation": all.get("generation").cloned().unwrap_or_else(|| json!(0)),
        "screening_id": if screening.is_some() { all["id"].clone() } else { json!("") },
        "verdict": said(|it| &it.verdict),
        "action": said(|it| &it.action),
        "canonical": canonical.map_or("", |reading| &reading.canonical),
        "reasons": screening.map_or(&no_reasons, |it| &it.reasons),
        "sources": sources,
        "matches_total": screening.map_or(0, |it| it.matches_total),
    })
}

fn end_of(number: u64, record: &Record) -> Value {
    let Some(Event::Rescreened(end)) = &record.event else {
        return Value::Null;
    };
    let shown = shown::json(record);
    json!({
        "sequence": number,
        "at": shown["at"],
        "caller": end.caller,
        "queries": end.queries,
        "listed": end.listed,
        "not_listed": end.not_listed,
        "indeterminate": end.indeterminate,
        "review": end.review,
        "block": end.block,
        "generation": end.generation,
        "generation_digest": const_hex::encode(&end.generation_digest),
        "complete": end.complete,
    })
}
