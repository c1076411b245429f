//! Refusals at this door: RFC 9457.

use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::{Error, Kind};
use serde_json::json;

use crate::dialect::status_of;

pub(super) fn render(error: Error) -> Response {
    let status = status_of(error.kind);
    let causes = error
        .details
        .iter()
        .map(|detail| json!({ "field": detail.field, "problem": detail.problem }));
    let mut body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("Refused"),
        "status": status.as_u16(),
        "detail": error.message,
        "code": error.code,
    });
    if !error.details.is_empty() {
        body["causes"] = causes.collect();
    }
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if let Some(seconds) = error.retry_after_s {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if error.kind == Kind::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}
