//! Refusals at this door: `{"data": null, "error": "...", "code": "..."}`
//! (OpenPod 2.0).

use std::collections::BTreeMap;

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Error;
use serde::Serialize;

use crate::dialect::status_of;

#[derive(Serialize)]
struct Refusal<'a> {
    data: (),
    error: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<Cause<'a>>,
    /// What is to be paid, how and to whom (OpenPod 2.14).
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_details: Option<BTreeMap<&'a str, &'a str>>,
}

#[derive(Serialize)]
struct Cause<'a> {
    field: &'a str,
    problem: &'a str,
}

/// Renders a refusal.
pub(super) fn render(error: Error) -> Response {
    let status = status(&error);
    written(status, error, None)
}

/// Renders a refusal of a deliverable: what is no pull request of the project
/// is a bad request there, and every refusal says that the deliverable is not
/// valid (OpenPod 2.0, 2.14).
pub(super) fn render_invalid(error: Error) -> Response {
    let status = match error.code {
        "repository_not_linked" | "pull_request_not_found" => StatusCode::BAD_REQUEST,
        _ => status(&error),
    };
    written(status, error, Some(false))
}

fn written(status: StatusCode, error: Error, valid: Option<bool>) -> Response {
    let Error {
        kind: _,
        code,
        message,
        details,
        retry_after_s,
    } = error;
    let is_price = code == "payment_required";
    let facts = details
        .iter()
        .map(|d| (d.field.as_ref(), d.problem.as_ref()));
    let causes = facts.clone().filter(|_| !is_price);
    let causes = causes.map(|(field, problem)| Cause { field, problem });
    let refusal = Refusal {
        data: (),
        error: &message,
        code,
        details: causes.collect(),
        payment_details: is_price.then(|| facts.collect()),
        valid,
    };
    let mut response = (status, Json(refusal)).into_response();
    let headers = response.headers_mut();
    if let Some(seconds) = retry_after_s {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        let remaining = HeaderName::from_static("x-ratelimit-remaining");
        headers.insert(remaining, HeaderValue::from(0));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// Where this contract has another status than the house: what a ticket, a
/// position or an application does not allow now is a 400 (OpenPod 2.8, 2.10,
/// 2.12).
fn status(error: &Error) -> StatusCode {
    match error.code {
        "invalid_transition"
        | "ticket_not_handed_in"
        | "ticket_rejected"
        | "ticket_without_assignee"
        | "position_not_open"
        | "application_decided"
        | "task_not_claimed" => StatusCode::BAD_REQUEST,
        _ => status_of(error.kind),
    }
}

#[cfg(test)]
mod tests {
    use domain::Kind;

    use super::{Error, StatusCode, status};

    #[test]
    fn what_is_not_allowed_now_is_a_bad_request() {
        let refused = |code| status(&Error::new(Kind::Conflict, code, "x"));
        assert_eq!(refused("invalid_transition"), StatusCode::BAD_REQUEST);
        assert_eq!(refused("already_approved"), StatusCode::CONFLICT);
    }
}
