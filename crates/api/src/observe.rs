//! What is seen of every request: an id in its answer, one line in the log,
//! one observation in the metrics. Never a credential, a body or a query.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::Response;

use crate::Api;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of a caller's own request id.
const REQUEST_ID_MAX: usize = 64;

/// What the handler tells the log.
#[derive(Clone, Copy)]
pub(crate) struct Noted {
    pub(crate) operation: &'static str,
    pub(crate) code: Option<&'static str>,
}

pub(crate) fn layer(router: Router<Api>) -> Router<Api> {
    router.layer(from_fn(observe))
}

#[expect(
    clippy::disallowed_methods,
    reason = "durations of requests are measured here and decide nothing"
)]
async fn observe(request: Request, next: Next) -> Response {
    let started = std::time::Instant::now();
    let id = request_id(&request);
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let path = if matched.is_none() {
        Some(request.uri().path().to_owned())
    } else {
        None
    };
    let mut response = next.run(request).await;
    let route = matched.as_ref().map_or("unknown", |m| m.as_str());
    let shown = path.as_deref().unwrap_or(route);
    record(&method, route, shown, &id, &response, started.elapsed());
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// The caller's own id when it is a plain word, else a fresh one.
fn request_id(request: &Request) -> HeaderValue {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if let Some(given) = request.headers().get(REQUEST_ID) {
        let bytes = given.as_bytes();
        if (1..=REQUEST_ID_MAX).contains(&bytes.len()) && bytes.iter().all(plain) {
            return given.clone();
        }
    }
    let id = format!(
        "{:x}-{:x}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("none"))
}

fn record(
    method: &Method,
    route: &str,
    path: &str,
    id: &HeaderValue,
    response: &Response,
    took: Duration,
) {
    let status = response.status();
    let noted = response.extensions().get::<Noted>();
    let labels = [
        ("method", word(method)),
        ("route", route.to_owned().into()),
        ("status", status_word(status)),
    ];
    metrics::histogram!("guildhall_request_seconds", &labels).record(took.as_secs_f64());
    tracing::info!(
        target: "guildhall::request",
        id = id.to_str().unwrap_or_default(),
        method = method.as_str(),
        path,
        operation = noted.map_or("", |n| n.operation),
        status = status.as_u16(),
        code = noted.and_then(|n| n.code).unwrap_or(""),
        us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "request"
    );
}

fn word(method: &Method) -> metrics::SharedString {
    match *method {
        Method::GET => "GET".into(),
        Method::POST => "POST".into(),
        Method::PATCH => "PATCH".into(),
        Method::DELETE => "DELETE".into(),
        _ => "other".into(),
    }
}

fn status_word(status: StatusCode) -> metrics::SharedString {
    match status.as_u16() {
        200 => "200".into(),
        201 => "201".into(),
        other => other.to_string().into(),
    }
}
