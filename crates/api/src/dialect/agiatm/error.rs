//! Refusals at this door: `{"error": {"code", "message", "details"},
//! "message", "statusCode"}` (AGI ATM 2.1).

use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::{Error, Kind};
use serde::Serialize;

use crate::dialect::status_of;

#[derive(Serialize)]
struct Refusal<'a> {
    error: Inner<'a>,
    message: &'a str,
    #[serde(rename = "statusCode")]
    status_code: u16,
}

#[derive(Serialize)]
struct Inner<'a> {
    code: &'a str,
    message: &'a str,
    details: Details<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Details<'a> {
    /// Each thing that is wrong.
    Causes(Vec<Cause<'a>>),
    /// What the house calls it.
    Reason { reason: &'a str },
}

#[derive(Serialize)]
struct Cause<'a> {
    path: &'a str,
    rule: &'a str,
    message: &'a str,
}

pub(super) fn render(error: Error) -> Response {
    let status = status_of(error.kind);
    let code = code(&error);
    let Error {
        kind,
        code: reason,
        message,
        details,
        retry_after_s,
    } = error;
    let causes: Vec<_> = details
        .iter()
        .map(|detail| Cause {
            path: &detail.field,
            rule: &detail.rule,
            message: &detail.problem,
        })
        .collect();
    let refusal = Refusal {
        error: Inner {
            code: &code,
            message: &message,
            details: if causes.is_empty() {
                Details::Reason { reason }
            } else {
                Details::Causes(causes)
            },
        },
        message: &message,
        status_code: status.as_u16(),
    };
    let mut response = (status, Json(refusal)).into_response();
    let headers = response.headers_mut();
    if let Some(seconds) = retry_after_s {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if kind == Kind::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// This door's code: the contract's where it has one (AGI ATM 2.1).
fn code(error: &Error) -> String {
    let known = match (error.kind, error.code) {
        (_, "task_not_available") => "ALREADY_CLAIMED",
        (_, "submission_already_reviewed") => "ALREADY_SETTLED",
        (_, "username_taken" | "name_taken") => "NAME_TAKEN",
        (_, "operator_only") => "FORBIDDEN",
        (Kind::Conflict, "email_taken" | "already_rewarded") | (Kind::Unsatisfied, _) => {
            return error.code.to_ascii_uppercase();
        }
        (Kind::Forbidden, "wrong_role" | "scope_missing" | "not_granted" | "self_dealing")
        | (Kind::Invalid, "unknown_referral")
        | (Kind::Insufficient, "budget_exhausted") => return error.code.to_ascii_uppercase(),
        (Kind::Invalid, _) => "VALIDATION_FAILED",
        (Kind::Unauthenticated, _) => "UNAUTHENTICATED",
        (Kind::Forbidden, _) => "FORBIDDEN",
        (Kind::NotFound, _) => "NOT_FOUND",
        (Kind::MethodNotAllowed, _) => "METHOD_NOT_ALLOWED",
        (Kind::Conflict, _) => "INVALID_STATE",
        (Kind::Precondition, _) => "IDEMPOTENCY_KEY_REUSED",
        (Kind::Gone, _) => "TASK_EXPIRED",
        (Kind::Insufficient, _) => "INSUFFICIENT_CREDITS",
        (Kind::RateLimited, _) => "RATE_LIMITED",
        (Kind::TooLarge, _) => "PAYLOAD_TOO_LARGE",
        (Kind::UnsupportedMedia, _) => "UNSUPPORTED_MEDIA_TYPE",
        (Kind::Upstream | Kind::Unavailable, _) => "UNAVAILABLE",
        (Kind::OutcomeUnknown, _) => "OUTCOME_UNKNOWN",
        (Kind::Internal, _) => "INTERNAL",
    };
    known.to_owned()
}
