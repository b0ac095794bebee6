//! What a request asks, once the front and the guard have let it in: the
//! right role, parameters that are known, a body that is JSON and small.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::{FromRequestParts as _, Query, RawPathParams, Request};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::Value;
use tokio::time::timeout;
use tonic::Code;

use crate::access::{Allowance, Caller, Roles, Surface, method};

use super::json;
use super::refusal::Refusal;
use super::route::{Place, Route, Takes};

/// Bytes of a body that holds one question.
const SMALL_BYTES_MAX: usize = 64 << 10;

/// Bytes of a body that may hold many.
pub(super) const BATCH_BYTES_MAX: usize = 1 << 20;

/// A request with a body up to this is answered where it came in.
const INLINE_BYTES_MAX: usize = 4 << 10;

/// A request that was let in and has come whole.
pub(super) struct Received {
    asked: Asked,
    bytes: Option<Bytes>,
}

/// What a request asks.
pub(super) struct Asked {
    route: &'static Route,
    caller: Caller,
    allowance: Option<Arc<Allowance>>,
    path: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: Value,
}

impl Received {
    /// Lets a request in and waits for its body, or says why not.
    pub(super) async fn of(
        route: &'static Route,
        request: Request,
        body_within: Duration,
    ) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let caller = caller(&parts);
        let allowance = parts.extensions.get::<Arc<Allowance>>().cloned();
        if let Some(path) = route.stands_for {
            let rule =
                method::rule(path).ok_or_else(|| method::Denied::NoSuchMethod(path.to_owned()))?;
            rule.check(&caller, Surface::Public)?;
        }
        if parts.method == http::Method::HEAD && route.is_screening() {
            return Err(Refusal::new(
                StatusCode::METHOD_NOT_ALLOWED,
                Code::Unimplemented,
                "ask with GET: without its body an answer says nothing of the address",
            ));
        }
        let path = path_of(&mut parts).await?;
        let query = query_of(route, &mut parts).await?;
        let bytes_max = match route.takes {
            Takes::Nothing => None,
            Takes::Small(_) => Some(SMALL_BYTES_MAX),
            Takes::Batch(_) => Some(BATCH_BYTES_MAX),
        };
        let mut bytes = None;
        if let Some(bytes_max) = bytes_max {
            check_json(&parts.headers)?;
            bytes = Some(whole(body, bytes_max, body_within).await?);
        }
        let asked = Asked {
            route,
            caller,
            allowance,
            path,
            query,
            body: Value::Null,
        };
        Ok(Self { asked, bytes })
    }

    /// Tells whether those who wait for one address should not wait for its
    /// answer.
    pub(super) fn is_long(&self) -> bool {
        let bytes = self.bytes.as_ref().map_or(0, Bytes::len);
        matches!(self.asked.route.takes, Takes::Batch(_)) && bytes > INLINE_BYTES_MAX
    }

    /// Reads the body.
    pub(super) fn read(self) -> Result<Asked, Refusal> {
        let body = self.bytes.as_deref().map(json::parse).transpose()?;
        Ok(Asked {
            body: body.unwrap_or_default(),
            ..self.asked
        })
    }
}

impl Asked {
    /// Returns the body; null where the route takes none.
    pub(super) fn body(&self) -> &Value {
        &self.body
    }

    /// Reads the body as a message.
    pub(super) fn message<M: json::Named>(&self) -> Result<M, Refusal> {
        Ok(json::read(&self.body)?)
    }

    /// Puts a question to a service in the name of whoever asks.
    pub(super) fn put<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        request.extensions_mut().insert(self.caller.clone());
        if let Some(allowance) = &self.allowance {
            request.extensions_mut().insert(allowance.clone());
        }
        request
    }

    /// Returns a part of the path.
    pub(super) fn part(&self, name: &str) -> &str {
        let part = self.path.iter().find(|(given, _)| given == name);
        part.map_or("", |(_, text)| text)
    }

    /// Returns a parameter; empty if it was not given.
    pub(super) fn text(&self, name: &str) -> &str {
        let given = self.query.iter().find(|(given, _)| given == name);
        given.map_or("", |(_, text)| text)
    }

    /// Reads a part of the path as a number.
    pub(super) fn part_number(&self, name: &str) -> Result<u64, Refusal> {
        number(self.part(name))
            .ok_or_else(|| Refusal::invalid(format!("`{name}` must be a number")))
    }

    /// Reads a parameter as a number; 0 if it was not given.
    pub(super) fn number(&self, name: &str) -> Result<u64, Refusal> {
        match self.text(name) {
            "" => Ok(0),
            text => number(text)
                .ok_or_else(|| Refusal::invalid(format!("`{name}` must be a whole number"))),
        }
    }

    /// Reads a parameter that is true or false; false if it was not given.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.text(name) {
            "" | "false" => Ok(false),
            "true" => Ok(true),
            _ => Err(Refusal::invalid(format!("`{name}` must be true or false"))),
        }
    }

    /// Reads `limit`, within what the route allows.
    pub(super) fn limit(&self) -> Result<usize, Refusal> {
        let (default, max) = self.route.limit();
        match self.number("limit")? {
            0 => Ok(default),
            given if given <= max as u64 => Ok(given as usize),
            _ => Err(Refusal::invalid(format!("`limit` may be 1 to {max}"))),
        }
    }
}

/// Digits only: no sign, no space.
fn number(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

/// The front names the caller of every request; whoever it did not name may
/// do nothing.
fn caller(parts: &Parts) -> Caller {
    let named = parts.extensions.get::<Caller>().cloned();
    named.unwrap_or_else(|| Caller::anonymous(Roles::NONE, "".into()))
}

async fn path_of(parts: &mut Parts) -> Result<Vec<(String, String)>, Refusal> {
    let refused = || Refusal::invalid("the path is no UTF-8 once its percent signs are resolved");
    let Ok(path) = RawPathParams::from_request_parts(parts, &()).await else {
        return Err(refused());
    };
    let named = path
        .iter()
        .map(|(name, text)| (name.to_owned(), text.to_owned()));
    Ok(named.collect())
}

async fn query_of(route: &Route, parts: &mut Parts) -> Result<Vec<(String, String)>, Refusal> {
    let Ok(Query(given)) = Query::<Vec<(String, String)>>::from_request_parts(parts, &()).await
    else {
        return Err(Refusal::invalid("the query cannot be read"));
    };
    let known = || {
        let named = route
            .parameters
            .iter()
            .filter(|one| one.place == Place::Query);
        named.map(|one| one.name)
    };
    for (index, (name, _)) in given.iter().enumerate() {
        if !known().any(|one| one == name) {
            let top = json::Place::top("query");
            let misfit = json::unknown(known().map(str::to_owned), name, &top);
            return Err(misfit.into());
        }
        if given[..index].iter().any(|(other, _)| other == name) {
            return Err(Refusal::invalid(format!("`{name}` is given twice")));
        }
    }
    Ok(given)
}

fn check_json(headers: &HeaderMap) -> Result<(), Refusal> {
    if is_json(headers) {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::InvalidArgument,
        "send JSON, with `Content-Type: application/json`",
    ))
}

/// Takes a body in, small and soon.
pub(super) async fn whole(
    body: Body,
    bytes_max: usize,
    within: Duration,
) -> Result<Bytes, Refusal> {
    let too_large = || {
        Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            Code::InvalidArgument,
            format!("the body may have {bytes_max} bytes: send less at once"),
        )
    };
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large());
    }
    match timeout(within, Limited::new(body, bytes_max).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Refusal::invalid("the body was cut off")),
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            Code::DeadlineExceeded,
            format!("the body was not there within {} s", within.as_secs()),
        )),
    }
}

/// A page of another site can send a form without being asked for leave, and
/// JSON only with it.
fn is_json(headers: &HeaderMap) -> bool {
    let mut given = headers.get_all(CONTENT_TYPE).iter();
    let (Some(one), None) = (given.next(), given.next()) else {
        return false;
    };
    let essence = one.to_str().unwrap_or_default().split(';').next();
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}
