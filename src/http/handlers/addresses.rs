//! Addresses: screened, explained, their history told.

use serde_json::{Map, Value, json};

use crate::address::{self, Networks, shown};
use crate::grpc::v1;
use v1::history_service_server::HistoryService as _;
use v1::screening_service_server::ScreeningService as _;

use super::super::Services;
use super::super::asked::Asked;
use super::super::json;
use super::super::json::Place;
use super::super::refusal::Refusal;
use super::super::route::Answer;

/// `GET /v1/addresses/{address}`
pub(in super::super) async fn one(services: Services, asked: Asked) -> Result<Answer, Refusal> {
    let moment = json!({
        "as_of": asked.text("as_of"),
        "generation": asked.number("generation")?,
        "min_generation": asked.number("min_generation")?,
    });
    let mut question = Map::new();
    question.insert("address".to_owned(), json!(asked.part("address")));
    question.insert("moment".to_owned(), moment);
    for name in ["network", "purpose", "reference"] {
        let text = asked.text(name);
        if !text.is_empty() {
            question.insert(name.to_owned(), json!(text));
        }
    }
    screened(&services, &asked, json::read(&Value::Object(question))?).await
}

/// `POST /v1/screenings`
pub(in super::super) async fn several(services: Services, asked: Asked) -> Result<Answer, Refusal> {
    let has = |name: &str| asked.body().get(name).is_some_and(|value| !value.is_null());
    match (has("address"), has("queries")) {
        (true, false) => screened(&services, &asked, asked.message()?).await,
        (false, true) => {
            let batch: v1::ScreenAddressesRequest = asked.message()?;
            let question = asked.put(batch);
            let answer = services.screening.screen_addresses(question).await?;
            Ok(Answer::long_message(answer))
        }
        _ => {
            // What is wrong besides is told first.
            if let Err(refusal) = asked.message::<v1::ScreenAddressRequest>()
                && asked.message::<v1::ScreenAddressesRequest>().is_err()
            {
                return Err(refusal);
            }
            Err(Refusal::invalid(
                "give either `address` or `queries`: one address, or a list of them",
            ))
        }
    }
}

async fn screened(
    services: &Services,
    asked: &Asked,
    question: v1::ScreenAddressRequest,
) -> Result<Answer, Refusal> {
    let answer = services
        .screening
        .screen_address(asked.put(question))
        .await?;
    Ok(Answer::Json(json::write(answer.get_ref())))
}

/// `GET /v1/addresses/{address}/history`, `POST /v1/histories`
pub(in super::super) async fn history(services: Services, asked: Asked) -> Result<Answer, Refusal> {
    let question = if asked.body().is_null() {
        v1::GetAddressHistoryRequest {
            address: asked.part("address").to_owned(),
            network: asked.text("network").to_owned(),
        }
    } else {
        asked.message()?
    };
    let answer = services
        .history
        .get_address_history(asked.put(question))
        .await?;
    Ok(Answer::long_message(answer))
}

/// `POST /v1/explanations`
pub(in super::super) async fn explained(asked: Asked) -> Result<Answer, Refusal> {
    let top = Place::default();
    let body = asked.body().as_object();
    let body = body.ok_or_else(|| top.must_be("an object"))?;
    let known = ["text", "network"];
    for name in body.keys() {
        if !known.contains(&name.as_str()) {
            return Err(json::unknown(known.map(str::to_owned).into_iter(), name, &top).into());
        }
    }
    let text_of = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(_) => Err(Place::top(name).must_be("a text")),
    };
    let (text, network) = (text_of("text")?, text_of("network")?);
    let hint = match network {
        "" => Networks::NONE,
        // What it says of a name it does not know repeats the name.
        named => Networks::from_hint(named)
            .map_err(|_| Refusal::invalid("`network` names no network that is known"))?,
    };
    Ok(Answer::Json(shown::json(
        text,
        &address::explain(text, hint),
    )))
}
