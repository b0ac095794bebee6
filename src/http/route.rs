//! What a route is: the row of the table that is served, documented and
//! tested.

use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde_json::Value;
use tonic::Status;

use crate::access::Taken;
use crate::rescreen::Pool;

use super::Services;
use super::asked::Asked;
use super::json::{self, Named};
use super::refusal::Refusal;

/// A row of the table.
pub(super) struct Route {
    /// How it is asked.
    pub(super) verb: Verb,
    /// Its path, as OpenAPI and the router write it.
    pub(super) path: &'static str,
    /// The gRPC method whose role it asks for; none: anybody may.
    pub(super) stands_for: Option<&'static str>,
    /// In a few words.
    pub(super) summary: &'static str,
    /// What else one should know.
    pub(super) text: &'static str,
    /// What the path and the query may say.
    pub(super) parameters: &'static [Parameter],
    /// What the body is.
    pub(super) takes: Takes,
    /// What comes back.
    pub(super) gives: Gives,
    /// Answers it.
    pub(super) handle: fn(Services, Asked) -> Answering,
}

/// An answer under way.
pub(super) type Answering = Pin<Box<dyn Future<Output = Result<Answer, Refusal>> + Send>>;

/// How a route is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
}

/// Something that the path or the query says.
pub(super) struct Parameter {
    /// Its name.
    pub(super) name: &'static str,
    /// Where it stands.
    pub(super) place: Place,
    /// What it is.
    pub(super) kind: Kind,
    /// What it says.
    pub(super) text: &'static str,
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
}

/// What a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Flag,
    /// A name of an enum of the API.
    Enum(&'static str),
    /// How many at most: unless said otherwise, and ever.
    Limit(usize, usize),
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    /// One question, up to 64 KiB.
    Small(Shape),
    /// Many, up to 1 MiB.
    Batch(Shape),
}

/// What comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    Json(Shape),
    Text,
}

/// What some JSON looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A message of the API.
    Message(&'static str),
    /// A shape of this edge's own, by its name in `openapi`.
    Own(&'static str),
    /// One of two.
    Either(&'static Shape, &'static Shape),
}

impl Route {
    /// Tells whether its answer is a verdict.
    pub(super) fn is_screening(&self) -> bool {
        self.stands_for == Some(super::routes::SCREEN)
    }

    /// Returns how many are given unless said otherwise, and at most.
    pub(super) fn limit(&self) -> (usize, usize) {
        let mut limits = self.parameters.iter().filter_map(|one| match one.kind {
            Kind::Limit(default, max) => Some((default, max)),
            _ => None,
        });
        limits.next().unwrap_or((1, 1))
    }
}

/// What is answered.
pub(super) enum Answer {
    Json(Value),
    /// JSON that is always the same.
    Written(&'static str),
    /// What may be long: it is written where it holds nobody up.
    Long(Long),
    Text(String),
}

/// An answer that is still to be written.
pub(super) struct Long {
    write: Box<dyn FnOnce() -> String + Send>,
    /// Room that is in use until the answer is taken.
    taken: Option<Arc<Vec<Taken>>>,
}

impl Answer {
    /// Leaves the writing to the pool.
    pub(super) fn long(write: impl FnOnce() -> Value + Send + 'static) -> Self {
        Self::Long(Long {
            write: Box::new(move || text_of(&write())),
            taken: None,
        })
    }

    /// The same for a message, with what its service took for it.
    pub(super) fn long_message<M: Named + 'static>(response: tonic::Response<M>) -> Self {
        let (_, message, mut extensions) = response.into_parts();
        Self::Long(Long {
            write: Box::new(move || json::write_text(&message)),
            taken: extensions.remove(),
        })
    }

    /// Writes it.
    pub(super) async fn written(self, pool: &Pool) -> Result<Response, Refusal> {
        let (kind, body, taken) = match self {
            Self::Json(value) => (JSON, Body::from(text_of(&value)), None),
            Self::Written(text) => (JSON, Body::from(text), None),
            Self::Text(text) => ("text/plain; charset=utf-8", Body::from(text), None),
            Self::Long(Long { write, taken }) => {
                let written = pool.run(write).await;
                let text = written.map_err(|stopped| Status::internal(stopped.to_string()))?;
                (JSON, Body::from(text), taken)
            }
        };
        let mut response = body.into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Some(taken) = taken {
            // The front gives it back once the body is gone.
            response.extensions_mut().insert(taken);
        }
        Ok(response)
    }
}

const JSON: &str = "application/json";

fn text_of(value: &Value) -> String {
    format!("{value}\n")
}
