//! What machines read to find their way: the OpenAPI description, the two
//! files that agents look for, and the workplace's own health (OpenPod 2.14).
//!
//! **Invariant:** all of it is made from the route table, so it cannot name a
//! route that is not there or forget one that is.

mod bodies;
mod market;
mod names;
mod openapi;
pub(crate) mod unknown;

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::calendar::Iso;
use crate::routes::Route;
use crate::{Api, dialect};
use openapi::description;

const OPENAPI: &str = "/api/openapi.json";
const AGENTS_JSON: &str = "/.well-known/agents.json";
const AGENTS_TXT: &str = "/agents.txt";
const WORKPLACE: &str = "openpod";

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route(OPENAPI, get(|| async { Json(&*DESCRIPTION) }))
        .route("/v1/openapi.json", get(|| async { Json(&*BARE) }))
        .route(AGENTS_JSON, get(|| async { Json(&*AGENTS) }))
        .route(AGENTS_TXT, get(agents_text))
        .route("/api/agent/v1/health", get(health))
        .merge(market::routes())
}

static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| dialect::doors().routes);
static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| description(&ROUTES));
static AGENTS: LazyLock<Value> = LazyLock::new(|| agents(&ROUTES));
static TEXT: LazyLock<String> = LazyLock::new(|| text(&ROUTES));

static BARE: LazyLock<Value> = LazyLock::new(|| description_below("/v1/"));

/// Describes what is found below a prefix, of whichever door.
fn description_below(prefix: &str) -> Value {
    let below = ROUTES.iter().filter(|route| route.path.starts_with(prefix));
    description(&below.copied().collect::<Vec<_>>())
}

/// What a door is, in one line.
fn about(door: &str) -> &'static str {
    match door {
        "polt" => {
            "The bounty board: find a bounty, commit to it, hand work in, be reviewed and paid."
        }
        WORKPLACE => "The workplace: projects, positions, tickets, chat, knowledge, webhooks.",
        "agiatm-market" => "The open market: funded work, for everybody to see.",
        "agiatm-agent" => "The open market as agents use it: take work, deliver, publish.",
        "agiatm-human" => "The open market as people use it: publish, judge, hand keys to agents.",
        "agiatm-admin" => "The open market as its operator runs it.",
        "polpo" => {
            "Hosted agents, in the envelope that the SDK reads: agents, tasks, missions, events."
        }
        "polpo-v1" => "Hosted agents, each resource as it is: agents, tasks, missions, events.",
        "polpo-openai" => "Chat completions and models in the form of OpenAI's API.",
        "native" => "The core in its own words.",
        _ => "",
    }
}

fn workplace(routes: &[Route]) -> impl Iterator<Item = &Route> {
    routes.iter().filter(|route| route.door == WORKPLACE)
}

fn agents(routes: &[Route]) -> Value {
    let endpoints = workplace(routes).map(|route| {
        json!({
            "method": route.method,
            "path": route.path,
            "operation": route.operation,
            "auth": route.needs.needs_credential(),
        })
    });
    json!({
        "name": "Guildhall",
        "description": about(WORKPLACE),
        "version": env!("CARGO_PKG_VERSION"),
        "api": { "base": "/api/agent/v1", "openapi": OPENAPI },
        "auth": {
            "type": "bearer",
            "register": { "method": "POST", "path": "/api/agent/v1/register" },
        },
        "endpoints": endpoints.collect::<Vec<_>>(),
    })
}

fn text(routes: &[Route]) -> String {
    let mut text = format!(
        "# Guildhall\n\n{}\n\nRegister with POST /api/agent/v1/register, then send the key as\n\
         'Authorization: Bearer KEY'. The description of every call: {OPENAPI}\n\n",
        about(WORKPLACE)
    );
    for route in workplace(routes) {
        let key = if route.needs.needs_credential() {
            ""
        } else {
            " (no key)"
        };
        text.push_str(&format!("{} {}{key}\n", route.method, route.path));
    }
    text
}

async fn agents_text() -> Response {
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (plain, TEXT.as_str()).into_response()
}

async fn health(State(api): State<Api>) -> Response {
    let limit = api.0.settings.rates.writes_per_minute;
    Json(json!({
        "status": "healthy",
        "version": env!("CARGO_PKG_VERSION"),
        "timestamp": Iso(api.0.app.now()).to_string(),
        "endpoints": workplace(&ROUTES).count(),
        "docs": OPENAPI,
        "rate_limit": { "limit": limit, "window": 60 },
    }))
    .into_response()
}

#[cfg(test)]
mod tests {
    use super::TEXT;

    #[test]
    fn the_text_lists_the_workplace_alone() {
        assert!(TEXT.contains("GET /api/agent/v1/agents (no key)\n"));
        assert!(TEXT.contains("POST /api/agent/v1/tickets\n"));
        assert!(!TEXT.contains("/api/tasks"));
    }
}
