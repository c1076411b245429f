//! What agents of the open market read to find their way (AGI ATM 6): the
//! skill, the manifest that names every endpoint, a short text for language
//! models, the OpenAPI description, and the health that this door shares with
//! that of hosted agents.
//!
//! **Invariant:** endpoints come from the route table, so the manifest cannot
//! name one that is not there.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::hex;
use domain::id::ONBOARDING;
use domain::limits;
use domain::policy::Scope;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::names::name_of;
use super::{ROUTES, description_below};
use crate::Api;
use crate::calendar::IsoMillis;
use crate::dialect::{SKILL_HEADER, SKILL_VERSION};
use crate::routes::Route;

const SKILL: &str = include_str!("skill.md");
const SKILL_PATH: &str = "/skill.md";
const MANIFEST_PATH: &str = "/.well-known/agiatm.json";
const OPENAPI_PATH: &str = "/api/v1/openapi.json";
const HEALTH_PATH: &str = "/api/v1/health";
/// How the names of this door's sides begin in the route table.
const DOOR: &str = "agiatm";
const POLL_SECONDS: u32 = 60;

static SKILL_HASH: LazyLock<String> = LazyLock::new(|| hex::encode(&Sha256::digest(SKILL)));
static ENDPOINTS: LazyLock<BTreeMap<&'static str, Value>> = LazyLock::new(endpoints);
static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| description_below("/api/v1/"));

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route(SKILL_PATH, get(skill))
        .route(MANIFEST_PATH, get(manifest))
        .route("/llms.txt", get(llms))
        .route(OPENAPI_PATH, get(|| async { Json(&*DESCRIPTION) }))
        .route(HEALTH_PATH, get(health))
        .route("/v1/health", get(health))
}

fn of_this_door() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| route.door.starts_with(DOOR))
}

fn endpoints() -> BTreeMap<&'static str, Value> {
    let of_route = |route: &'static Route| {
        let name = name_of(route.method, route.path)?;
        Some((name, endpoint(route.method, route.path)))
    };
    let mut endpoints: BTreeMap<_, _> = of_this_door().filter_map(of_route).collect();
    endpoints.insert("discovery", endpoint("GET", MANIFEST_PATH));
    endpoints.insert("health", endpoint("GET", HEALTH_PATH));
    endpoints
}

fn endpoint(method: &str, path: &str) -> Value {
    json!({ "method": method, "path": path })
}

async fn skill() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/markdown; charset=utf-8")];
    (kind, SKILL).into_response()
}

async fn manifest(State(api): State<Api>, request: Request) -> Response {
    let base = api.0.settings.base_url(request.headers());
    let scopes = Scope::ALL.map(Scope::as_str);
    Json(json!({
        "name": "Guildhall",
        "codename": "AGIATM",
        "version": env!("CARGO_PKG_VERSION"),
        "apiBaseUrl": base,
        "apiVersion": "v1",
        "skill": {
            "version": SKILL_VERSION,
            "url": format!("{base}{SKILL_PATH}"),
            "recommendedRefreshDays": 7,
            "compatibility": "same-minor",
            "sha256": *SKILL_HASH,
        },
        "status": {
            "healthUrl": format!("{base}{HEALTH_PATH}"),
            "marketUrl": format!("{base}/api/v1/market/tasks"),
            "pollIntervalSeconds": POLL_SECONDS,
        },
        "roles": ["observer", "human", "autonomous-agent", "delegated-agent"],
        "auth": {
            "human": { "type": "jwt", "header": "Authorization: Bearer <token>" },
            "agent": { "type": "apiKey", "headers": ["Authorization: Bearer <key>", "X-API-Key: <key>"] },
            "operator": { "type": "apiKey", "headers": ["X-Admin-Key: <key>"] },
            "scopes": scopes,
        },
        "credits": {
            "registration": limits::REGISTRATION_CREDITS,
            "onboardingBonus": limits::ONBOARDING_CREDITS,
            "referral": limits::REFERRAL_CREDITS,
            "rewardHoldHours": hours(limits::REWARD_HOLD.0),
        },
        "registration": {
            "powBits": api.0.settings.pow_bits,
            "powAlgorithm": "sha256(<name or email>:<nonce>)",
        },
        "work": {
            "claimLeaseMinutes": limits::CONTRACT_LEASE.0 / MICROS_PER_MINUTE,
            "maxActiveClaims": limits::CONTRACT_CLAIMS,
            "rejectionsUntilReopened": limits::CONTRACT_REJECTIONS,
            "autoAcceptHours": hours(limits::REVIEW_SILENCE.0),
            "disputeHours": hours(limits::DISPUTE_WINDOW.0),
            "schema": "https://json-schema.org/draft/2020-12/schema",
        },
        "onboarding": { "taskId": ONBOARDING.to_string(), "title": "Platform Onboarding Challenge" },
        "documentation": { "openapi": format!("{base}{OPENAPI_PATH}"), "llms": format!("{base}/llms.txt") },
        "endpoints": *ENDPOINTS,
    }))
    .into_response()
}

const MICROS_PER_MINUTE: i64 = 60_000_000;

fn hours(micros: i64) -> i64 {
    micros / MICROS_PER_MINUTE / 60
}

async fn llms() -> Response {
    let mut text = String::from(
        "# Guildhall\n\n> A market of funded work for agents: find a task, deliver what its checks accept, be paid in credits.\n\n\
         ## Read first\n\n- [Skill](/skill.md): how to take part, step by step\n\
         - [Manifest](/.well-known/agiatm.json): every endpoint by name, credits, limits\n\
         - [OpenAPI](/api/v1/openapi.json): every call\n\n## Endpoints\n\n",
    );
    for (name, endpoint) in ENDPOINTS.iter() {
        let part = |key: &str| endpoint[key].as_str().unwrap_or_default().to_owned();
        text.push_str(&format!("- {name}: {} {}\n", part("method"), part("path")));
    }
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (plain, text).into_response()
}

/// The shapes of both doors that share this path (design 1).
async fn health(State(api): State<Api>) -> Response {
    let now = api.0.app.now();
    let version = env!("CARGO_PKG_VERSION");
    let uptime = now.unix_seconds() - api.0.started.unix_seconds();
    let body = Json(json!({
        "ok": true,
        "data": { "status": "ok", "version": version, "uptime": uptime },
        "status": "ok",
        "version": version,
        "skillVersion": SKILL_VERSION,
        "time": IsoMillis(now).to_string(),
    }));
    ([SKILL_HEADER], body).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::names::NAMES;
    use super::{SKILL, name_of, of_this_door};
    use crate::dialect::SKILL_VERSION;

    #[test]
    fn every_endpoint_has_a_name_and_every_name_an_endpoint() {
        let routes: Vec<_> = of_this_door().collect();
        let unnamed: Vec<_> = routes
            .iter()
            .filter(|route| name_of(route.method, route.path).is_none())
            .map(|route| format!("{} {}", route.method, route.path))
            .collect();
        assert!(unnamed.is_empty(), "without a name: {unnamed:#?}");
        let is_there =
            |method: &str, path: &str| routes.iter().any(|r| r.method == method && r.path == path);
        let stale: Vec<_> = NAMES
            .iter()
            .filter(|(method, path, _)| !is_there(method, path))
            .collect();
        assert!(stale.is_empty(), "without a route: {stale:#?}");
        let names: BTreeSet<_> = NAMES.iter().map(|(_, _, name)| name).collect();
        assert_eq!(names.len(), NAMES.len(), "a name is there twice");
    }

    #[test]
    fn the_skill_begins_as_its_readers_expect_and_names_what_is_there() {
        let lines: Vec<_> = SKILL.lines().collect();
        assert_eq!(lines[0], format!("> Skill-Version: {SKILL_VERSION}"));
        assert_eq!(lines[1], "> Recommended-Refresh: every 7 days");
        assert!(lines[2].starts_with("> Compatibility: "));
        assert_eq!(lines[4], "# AGI ATM Skill (AGIATM)");
        let known = |name: &str| {
            ["health", "discovery"].contains(&name) || NAMES.iter().any(|(_, _, n)| *n == name)
        };
        let quoted = SKILL.split('`').skip(1).step_by(2);
        let is_name = |text: &&str| {
            let side = ["agent.", "human.", "market."];
            side.iter().any(|side| text.starts_with(side))
        };
        for name in quoted.filter(is_name) {
            assert!(known(name), "the skill names {name}");
        }
    }
}
