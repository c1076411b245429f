//! What is served beside the doors: the front page for people and the probes
//! for machines.

use std::sync::Arc;

use app::ops::server::Ready;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use domain::policy::Actor;

use crate::{Api, discovery};

/// What the probes ask of the process around the doors.
#[derive(Clone)]
pub struct Probes {
    /// The metrics in Prometheus' text form.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

const FRONT_PAGE: &str = include_str!("front_page.html");

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/", get(|| async { Html(FRONT_PAGE) }))
        .route("/healthz", get(health))
        .route("/api/health", get(health))
        .route("/health", get(health))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .merge(discovery::routes())
}

fn json(status: StatusCode, body: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Whether the server lives; asks nobody else.
async fn health() -> Response {
    json(StatusCode::OK, r#"{"status":"ok"}"#)
}

async fn ready(State(api): State<Api>) -> Response {
    match api.0.app.call(&Actor::System, Ready).await {
        Ok(_) => json(
            StatusCode::OK,
            r#"{"status":"ready","database":"ok","migrations":"applied"}"#,
        ),
        Err(_) => json(
            StatusCode::SERVICE_UNAVAILABLE,
            r#"{"status":"not ready","database":"unreachable"}"#,
        ),
    }
}

async fn metrics(State(api): State<Api>) -> Response {
    let text = (api.0.probes.metrics)();
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        text,
    )
        .into_response()
}
