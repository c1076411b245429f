//! Refusals at this door: four keys, the sentence under both names that
//! clients print (POLT 2.2), codes in capitals, and the framework's own codes
//! where the original's framework answers (POLT 2.1).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Error, Kind};
use serde::Serialize;

use crate::dialect::status_of;

#[derive(Serialize)]
struct Refusal<'a> {
    #[serde(rename = "statusCode")]
    status_code: u16,
    code: String,
    error: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<Cause<'a>>,
}

#[derive(Serialize)]
struct Cause<'a> {
    field: &'a str,
    problem: &'a str,
}

/// As successes say it.
const JSON: &str = "application/json; charset=utf-8";

pub(super) fn render(error: Error) -> Response {
    let Error {
        kind,
        code,
        message,
        details,
        retry_after_s,
    } = error;
    let status = match kind {
        // What does not pass a task's own checks is a bad request here
        // (design 5).
        Kind::Unsatisfied => StatusCode::BAD_REQUEST,
        Kind::Gone => StatusCode::CONFLICT,
        kind => status_of(kind),
    };
    let refusal = Refusal {
        status_code: status.as_u16(),
        code: spelled(code),
        error: &message,
        message: &message,
        details: details
            .iter()
            .map(|d| Cause {
                field: &d.field,
                problem: &d.problem,
            })
            .collect(),
    };
    let mut response = (status, Json(refusal)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    if let Some(seconds) = retry_after_s {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if kind == Kind::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

fn spelled(code: &'static str) -> String {
    match code {
        "empty_json_body" => "FST_ERR_CTP_EMPTY_JSON_BODY".into(),
        "invalid_json_body" => "FST_ERR_CTP_INVALID_JSON_BODY".into(),
        "unsupported_media_type" => "FST_ERR_CTP_INVALID_MEDIA_TYPE".into(),
        "body_too_large" => "FST_ERR_CTP_BODY_TOO_LARGE".into(),
        "invalid_body" | "invalid_field" | "nul_character" => "FST_ERR_VALIDATION".into(),
        code => code.to_ascii_uppercase(),
    }
}
