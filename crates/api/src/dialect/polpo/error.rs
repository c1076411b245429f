//! Refusals at this door, in its three shapes (Polpo 2.2, 2.6).

use app::{Content, Headers, Reply};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Error, Kind};
use serde_json::{Value, json};

use crate::dialect::status_of;

/// `{"ok": false, "error", "code", "details"?}`, codes in capitals.
pub(super) fn enveloped(error: Error) -> Response {
    let mut body = json!({ "ok": false, "error": error.message, "code": code(&error) });
    put_details(&mut body, &error);
    finish(status(&error), body, &error)
}

/// `{"error", "code", "details"?}`, codes in small letters.
pub(super) fn bare(error: Error) -> Response {
    let mut body = json!({ "error": error.message, "code": bare_code(&error) });
    put_details(&mut body, &error);
    finish(status(&error), body, &error)
}

/// `{"error": {"message", "type", "code"}}`.
pub(super) fn openai(error: Error) -> Response {
    finish(status(&error), openai_body(&error), &error)
}

/// A refusal as OpenAI clients read it, also inside a stream.
pub(super) fn openai_body(error: &Error) -> Value {
    let (code, message) = match error.kind {
        Kind::Unauthenticated => ("invalid_api_key", "Invalid API key"),
        _ => (error.code, &*error.message),
    };
    let mut body = openai_parts(error.kind, code, message);
    let field = error.details.first().map(|detail| &*detail.field);
    if let Some(field) = field.filter(|field| !field.is_empty()) {
        body["error"]["param"] = field.into();
    }
    body
}

/// As [`openai_body`], of what is known of an error.
pub(super) fn openai_parts(kind: Kind, code: &str, message: &str) -> Value {
    let what = match kind {
        Kind::RateLimited => "rate_limit_error",
        Kind::Insufficient => "insufficient_quota",
        Kind::Upstream => "upstream_error",
        Kind::Unavailable | Kind::OutcomeUnknown | Kind::Internal => "server_error",
        _ => "invalid_request_error",
    };
    json!({ "error": { "message": message, "type": what, "code": code } })
}

/// As [`openai`], where an answer was begun: with these headers.
pub(super) fn openai_reply(error: &Error, mut headers: Headers) -> Reply {
    headers.extend(
        error
            .retry_after_s
            .map(|seconds| ("retry-after".into(), seconds.to_string())),
    );
    Reply {
        status: status(error).as_u16(),
        headers,
        content: Content::Json(openai_body(error).to_string().into()),
    }
}

fn finish(status: StatusCode, body: Value, error: &Error) -> Response {
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    if let Some(seconds) = error.retry_after_s {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if error.kind == Kind::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

fn status(error: &Error) -> StatusCode {
    match error.kind {
        Kind::Unsatisfied => StatusCode::BAD_REQUEST,
        kind => status_of(kind),
    }
}

fn put_details(body: &mut Value, error: &Error) {
    let causes = error
        .details
        .iter()
        .map(|detail| match detail.field.is_empty() {
            true => detail.problem.to_string(),
            false => format!("{}: {}", detail.field, detail.problem),
        });
    let causes: Vec<_> = causes.collect();
    if !causes.is_empty() {
        body["details"] = json!(causes);
    }
}

/// The code of the SDK (Polpo 2.2); the house's own where it says more.
fn code(error: &Error) -> String {
    let known = match (error.kind, error.code) {
        (Kind::Conflict | Kind::NotFound, "invalid_state") => "INVALID_STATE",
        (
            Kind::Invalid
            | Kind::NotFound
            | Kind::Conflict
            | Kind::RateLimited
            | Kind::Unavailable
            | Kind::Gone,
            code,
        ) if SPOKEN.contains(&code) => {
            return code.to_ascii_uppercase();
        }
        (Kind::Invalid | Kind::Unsatisfied | Kind::TooLarge | Kind::UnsupportedMedia, _) => {
            "VALIDATION_ERROR"
        }
        (Kind::Unauthenticated, _) => "AUTH_REQUIRED",
        (Kind::Forbidden, _) => "FORBIDDEN",
        (Kind::NotFound | Kind::Gone, _) => "NOT_FOUND",
        (Kind::MethodNotAllowed, _) => "METHOD_NOT_ALLOWED",
        (Kind::Conflict, _) => "CONFLICT",
        (Kind::Precondition, _) => "IDEMPOTENCY_KEY_REUSED",
        (Kind::Insufficient, _) => "BUDGET_EXHAUSTED",
        (Kind::RateLimited, _) => "RATE_LIMITED",
        (Kind::Upstream, _) => "UPSTREAM_ERROR",
        (Kind::Unavailable, _) => "UNAVAILABLE",
        (Kind::OutcomeUnknown, _) => "OUTCOME_UNKNOWN",
        (Kind::Internal, _) => "INTERNAL_ERROR",
    };
    known.to_owned()
}

/// Codes of the house that the contract has, too.
const SPOKEN: &[&str] = &[
    "no_filter",
    "not_configured",
    "not_available",
    "invalid_expression",
    "bad_request",
    "run_not_found",
    "run_not_active",
    "run_not_accepting_steering",
    "run_cursor_conflict",
    "run_cursor_ahead",
    "run_cursor_expired",
    "invalid_run_cursor",
    "run_delivery_unavailable",
    "steering_queue_full",
    "idempotency_key_in_flight",
    "answer_not_kept",
];

/// The code of the documentation.
fn bare_code(error: &Error) -> String {
    let known = match error.kind {
        Kind::Unauthenticated if error.code == "missing_credential" => "unauthorized",
        Kind::Unauthenticated => "invalid_api_key",
        Kind::Invalid | Kind::Unsatisfied | Kind::TooLarge | Kind::UnsupportedMedia => {
            "bad_request"
        }
        Kind::Conflict => "conflict",
        Kind::NotFound | Kind::Gone => "not_found",
        Kind::Internal => "internal_error",
        _ => return code(error).to_ascii_lowercase(),
    };
    known.to_owned()
}
