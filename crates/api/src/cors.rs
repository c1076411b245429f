//! Pages of other origins: which may call this server from a browser, and what
//! of an answer they may see (Polpo 2.4).
//!
//! **Invariant:** an origin that is not listed is answered as if there were no
//! browsers: nothing here refuses anything, the browser does.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;

use crate::Api;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
/// What clients read of answers, beside their bodies.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "x-session-id, x-session-version, x-polpo-run-id, x-polpo-run-terminal, x-loop, x-request-id, \
     x-ratelimit-limit, x-ratelimit-remaining, retry-after, idempotent-replayed",
);
/// Seconds for which a browser need not ask again.
const REMEMBERED: HeaderValue = HeaderValue::from_static("3600");

type Origins = Arc<[String]>;

/// Lets pages of these origins call every route.
pub(crate) fn layer(router: Router<Api>, origins: &[String]) -> Router<Api> {
    if origins.is_empty() {
        return router;
    }
    let origins: Origins = origins.into();
    router.layer(from_fn_with_state(origins, cors))
}

async fn cors(State(origins): State<Origins>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_listed = |origin: &&HeaderValue| origins.iter().any(|known| *origin == known.as_str());
    let Some(origin) = headers.get(ORIGIN).filter(is_listed).cloned() else {
        return next.run(request).await;
    };
    let is_preflight =
        request.method() == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_preflight {
        preflight(headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned())
    } else {
        next.run(request).await
    };
    let sent = response.headers_mut();
    sent.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    sent.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    sent.append(VARY, HeaderValue::from_static("origin"));
    response
}

/// The answer to a browser that asks whether it may ask.
fn preflight(wanted: Option<HeaderValue>) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let sent = response.headers_mut();
    sent.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    sent.insert(ACCESS_CONTROL_MAX_AGE, REMEMBERED);
    if let Some(wanted) = wanted {
        sent.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted);
    }
    response
}
