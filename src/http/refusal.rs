//! Whatever is no answer: one shape, and the one table from gRPC codes to
//! HTTP statuses.
//!
//! | code | status |
//! |---|---|
//! | `INVALID_ARGUMENT`, `OUT_OF_RANGE` | 400 |
//! | `UNAUTHENTICATED` | 401 |
//! | `PERMISSION_DENIED` | 403 |
//! | `NOT_FOUND` | 404 |
//! | `ABORTED`, `ALREADY_EXISTS`, `FAILED_PRECONDITION` | 409 |
//! | `RESOURCE_EXHAUSTED` | 429 |
//! | `CANCELLED` | 499 |
//! | `UNIMPLEMENTED` | 501 |
//! | `UNAVAILABLE` | 503 |
//! | `DEADLINE_EXCEEDED` | 504 |
//! | every other | 500 |
//!
//! No status but 200 ever carries a verdict.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::access::Denied;
use crate::grpc::code_name;

use super::json::Misfit;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    retry_after: Option<Duration>,
}

impl Refusal {
    /// Refuses with a status of HTTP's own.
    pub(super) fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code_name(code),
            message: message.into(),
            retry_after: None,
        }
    }

    /// What was sent can never be right.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::InvalidArgument, message)
    }

    /// Nothing can be said now.
    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable, message)
    }

    /// Says when to come again.
    pub(super) fn retry_after(self, after: Duration) -> Self {
        Self {
            retry_after: Some(after),
            ..self
        }
    }
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        let retry = status.get_details_retry_info();
        Self {
            status: http_status(status.code()),
            code: code_name(status.code()),
            message: status.message().to_owned(),
            retry_after: retry.and_then(|info| info.retry_delay),
        }
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        let words = denied.to_string();
        match denied {
            Denied::NoCredentials(_) => {
                Self::new(StatusCode::UNAUTHORIZED, Code::Unauthenticated, words)
            }
            Denied::NoSuchMethod(_) | Denied::MissingRole { .. } | Denied::AdminOnly => {
                Self::new(StatusCode::FORBIDDEN, Code::PermissionDenied, words)
            }
        }
    }
}

impl From<Misfit> for Refusal {
    fn from(misfit: Misfit) -> Self {
        Self::invalid(misfit.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(after) = self.retry_after {
            let millis = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
            error["retry_after_ms"] = json!(millis);
        }
        let body = format!("{}\n", json!({ "error": error }));
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(after) = self.retry_after {
            // In whole seconds, and never sooner than was said.
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn http_status(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        Code::InvalidArgument | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::Aborted | Code::AlreadyExists | Code::FailedPrecondition => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        // Nginx's: the client went away, and will not see it.
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::REQUEST_TIMEOUT),
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::{ErrorDetails, StatusExt};

    use super::*;

    #[test]
    fn no_error_is_a_success() {
        for number in 1..17 {
            let code = Code::from(number);
            let refusal = Refusal::from(Status::new(code, "words"));
            assert!(refusal.status.as_u16() >= 400, "{code:?}");
            assert_ne!(refusal.code, "OK");
            assert_eq!(refusal.message, "words");
        }
    }

    #[test]
    fn when_to_come_again_is_told_in_both_places() {
        let details = ErrorDetails::with_retry_info(Some(Duration::from_millis(1_200)));
        let status = Status::with_error_details(Code::ResourceExhausted, "busy", details);
        let response = Refusal::from(status).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[RETRY_AFTER], "2");
        let refusal = Refusal::invalid("no").into_response();
        assert!(!refusal.headers().contains_key(RETRY_AFTER));
    }
}
