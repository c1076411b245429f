//! The OpenAPI description of a set of routes: what each reads, from its own
//! mapping, and the refusals that all of them share.

use std::collections::BTreeMap;

use app::Effect;
use domain::limits;
use serde_json::{Value, json};

use super::{about, bodies};
use crate::routes::Route;

/// Describes routes.
pub(super) fn description(routes: &[Route]) -> Value {
    let mut paths: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for route in routes {
        let methods = paths.entry(plain(route.path)).or_default();
        methods.insert(route.method.to_ascii_lowercase(), operation(route));
    }
    let mut doors: Vec<_> = routes.iter().map(|route| route.door).collect();
    doors.sort_unstable();
    doors.dedup();
    let tags = doors
        .iter()
        .map(|door| json!({ "name": door, "description": about(door) }));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Guildhall",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "One market, one ledger and one identity behind several doors. One key works at all of them.",
        },
        "tags": tags.collect::<Vec<_>>(),
        "paths": paths,
        "components": components(),
    })
}

fn operation(route: &Route) -> Value {
    let questions = bodies::questions(route);
    let text = || json!({ "type": "string" });
    let in_path = parameters(route.path)
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": text() }));
    let in_query = questions.query.iter();
    let in_query = in_query.map(|name| json!({ "name": name, "in": "query", "schema": text() }));
    let repeatable = (route.effect == Effect::Writes)
        .then(|| json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    let parameters: Vec<_> = in_path.chain(in_query).chain(repeatable).collect();
    let mut operation = json!({
        "operationId": format!("{}.{}.{}", route.door, route.operation, id(route)),
        "summary": route.operation.replace(['.', '_'], " "),
        "tags": [route.door],
        "parameters": parameters,
        "responses": responses(route, questions.body.is_some()),
    });
    if route.needs.needs_credential() {
        operation["security"] = json!([{ "key": [] }]);
    }
    if let Some(wanted) = questions.body {
        operation["requestBody"] = bodies::described(wanted);
    }
    operation
}

/// Answers that every call may give, by status: its name among the components
/// and what it says.
const ANSWERS: [(&str, &str, &str); 10] = [
    (
        "400",
        "Invalid",
        "Something about the request is wrong: the answer names it.",
    ),
    (
        "401",
        "Unauthenticated",
        "There is no key, or nobody bears it.",
    ),
    (
        "403",
        "Forbidden",
        "The bearer of this key may not do this.",
    ),
    (
        "404",
        "NotFound",
        "There is no such thing, or none that the caller may see.",
    ),
    (
        "409",
        "Conflict",
        "It is in another state than this needs, or somebody was faster.",
    ),
    ("413", "TooLarge", "The body is too large."),
    (
        "422",
        "Unprocessable",
        "What was sent does not satisfy what it must, or the Idempotency-Key was used for another request.",
    ),
    (
        "429",
        "RateLimited",
        "Too much was asked for: try again after Retry-After seconds.",
    ),
    (
        "500",
        "Internal",
        "A defect of the server, noted in its log.",
    ),
    (
        "503",
        "Unavailable",
        "Something that is needed is away: try again after Retry-After seconds.",
    ),
];

/// What a call answers.
fn responses(route: &Route, has_body: bool) -> Value {
    let may = |status: &str| match status {
        "401" | "403" => route.needs.needs_credential(),
        "404" => parameters(route.path).next().is_some(),
        "409" | "422" => route.effect == Effect::Writes,
        "413" => has_body,
        _ => true,
    };
    let mut responses = json!({
        "2XX": { "description": "It was done, or here it is." },
        "4XX": { "description": "Another refusal: what was wrong and what to do next." },
    });
    for (status, name, _) in ANSWERS.iter().filter(|(status, _, _)| may(status)) {
        responses[*status] = json!({ "$ref": format!("#/components/responses/{name}") });
    }
    responses
}

/// What the operations refer to.
fn components() -> Value {
    let mut responses = json!({});
    for (status, name, says) in ANSWERS {
        let mut response = json!({
            "description": says,
            "content": { "application/json": { "schema": { "type": "object" } } },
        });
        if matches!(status, "429" | "503") {
            let seconds = json!({ "schema": { "type": "integer", "minimum": 0 } });
            response["headers"] = json!({ "Retry-After": seconds });
        }
        responses[name] = response;
    }
    let key = json!({
        "name": "Idempotency-Key",
        "in": "header",
        "description": "With it, a request that is sent again is done once and gets the first answer.",
        "schema": { "type": "string", "minLength": 1, "maxLength": limits::IDEMPOTENCY_KEY_BYTES },
    });
    json!({
        "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } },
        "parameters": { "IdempotencyKey": key },
        "responses": responses,
    })
}

/// A path as OpenAPI writes it, which knows no parameter for the rest of one.
fn plain(path: &str) -> String {
    path.replace("{*", "{")
}

/// Tells apart the routes of one operation.
fn id(route: &Route) -> String {
    let path = route.path.replace(['{', '}', '*'], "");
    format!(
        "{}{}",
        route.method.to_ascii_lowercase(),
        path.replace(['/', '-'], "_")
    )
}

pub(super) fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| name.trim_start_matches('*'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::super::bodies::questions;
    use super::super::{DESCRIPTION, ROUTES};
    use super::{parameters, plain};
    use crate::input::Wanted;

    #[test]
    fn every_route_is_described_once() {
        let mut ids = BTreeSet::new();
        for route in ROUTES.iter() {
            let path = &DESCRIPTION["paths"][plain(route.path)];
            let operation = &path[route.method.to_ascii_lowercase()];
            let id = operation["operationId"].as_str().expect("an id");
            assert!(ids.insert(id.to_owned()), "{id} is there twice");
            let described = operation["parameters"].as_array().expect("a list");
            let in_path = described.iter().filter(|one| one["in"] == "path");
            assert_eq!(in_path.count(), parameters(route.path).count(), "{id}");
            let asks = operation.get("security").is_some();
            assert_eq!(asks, route.needs.needs_credential(), "{id}");
        }
    }

    /// Calls that change something by their path alone.
    const BODYLESS: &[&str] = &[
        "POST /api/auth/verify",
        "POST /api/auth/rotate",
        "POST /api/tasks/{id}/commit",
        "POST /api/tasks/{id}/uncommit",
        "POST /api/tasks/{id}/renew",
        "POST /api/moderation/unban/{agent_id}",
        "POST /api/tasks/{id}/mark-paid",
        "POST /api/agent/v1/me/rotate-key",
        "POST /api/agent/v1/projects/{id}/leave",
        "POST /api/agent/v1/applications/{id}/withdraw",
        "POST /api/agent/v1/webhooks/{id}/deliveries/{delivery}/replay",
        "POST /api/v1/agent/keys/rotate",
        "POST /api/v1/agent/bind-codes",
        "POST /api/v1/human/logout",
        "POST /api/v1/human/delegated-agents/{id}/rotate",
        "POST /api/v1/admin/subjects/{id}/unsuspend",
        "POST /api/v1/agent/tasks/{taskId}/claim",
        "POST /api/v1/agent/tasks/{taskId}/release",
        "POST /api/v1/agent/tasks/{taskId}/cancel",
        "POST /api/v1/human/tasks/{taskId}/cancel",
        "POST /api/v1/agent/tasks/{taskId}/secret-access",
        "POST /api/v1/agent/tasks/{taskId}/secret-access/{requestId}/revoke",
        "POST /api/v1/human/tasks/{taskId}/secret-access/{requestId}/revoke",
        "POST /api/v1/agents/{name}/wallet/collect",
        "POST /api/v1/keys/rotate",
        "POST /api/v1/missions/{id}/abort",
        "POST /api/v1/missions/{id}/checkpoints/{name}/resume",
        "POST /api/v1/notifications/send",
        "POST /api/v1/tasks/{id}/retry",
        "POST /api/v1/tasks/{id}/kill",
        "POST /api/v1/tasks/{id}/reassess",
        "POST /api/v1/tasks/{id}/queue",
        "POST /api/v1/tasks/{id}/force-fail",
        "POST /api/v1/skills/add",
        "POST /api/v1/skills/orchestrator/add",
    ];

    #[test]
    fn every_body_is_described_to_its_end() {
        let mut bodyless = Vec::new();
        for route in ROUTES.iter() {
            let call = format!("{} {}", route.method, route.path);
            match questions(route).body {
                Some(Wanted::Json { schema, .. }) => {
                    let schema = schema.unwrap_or_else(|unknown| panic!("{call}: {unknown:?}"));
                    assert_eq!(schema["type"], "object", "{call}");
                }
                Some(Wanted::Form | Wanted::Anything) => {}
                None if route.method == "GET" || route.method == "DELETE" => {}
                // The other side of a door, with the same mappings.
                None if route.door == "polpo-v1" => {}
                None => bodyless.push(call),
            }
        }
        assert_eq!(bodyless, BODYLESS, "a body that nobody asked for");
    }

    fn operation(method: &str, path: &str) -> &'static Value {
        &DESCRIPTION["paths"][path][method]
    }

    fn schema(method: &str, path: &str) -> &'static Value {
        &operation(method, path)["requestBody"]["content"]["application/json"]["schema"]
    }

    #[test]
    fn fields_are_those_that_are_read() {
        let publish = schema("post", "/api/tasks");
        let required = json!(["description", "payout_display", "project_id", "title"]);
        assert_eq!(publish["required"], required);
        assert_eq!(
            publish["properties"]["deadline"]["type"],
            json!(["integer", "null"])
        );
        let job = schema("post", "/v1/tasks");
        assert_eq!(job["required"], json!(["assignTo", "description", "title"]));
        assert_eq!(job["additionalProperties"], json!({}));
        let join = schema("post", "/api/agent/v1/register");
        assert_eq!(
            join["properties"]["capabilities"]["items"]["type"],
            "string"
        );
        assert_eq!(join["properties"]["tools"]["items"]["type"], "string");
        let submit = &schema("post", "/api/v1/agent/tasks/{taskId}/submit")["properties"];
        assert_eq!(submit["summary"], submit["summaryText"]);
        assert!(submit["output"].is_object());
    }

    #[test]
    fn refusals_and_queries_are_described() {
        let list = operation("get", "/api/tasks");
        let names = list["parameters"].as_array().expect("a list").iter();
        let names: BTreeSet<_> = names.filter_map(|one| one["name"].as_str()).collect();
        assert_eq!(
            names,
            [
                "difficulty",
                "limit",
                "page",
                "project_id",
                "sort",
                "status"
            ]
            .into()
        );
        assert!(list["responses"].get("409").is_none() && list["responses"].get("401").is_none());
        let claim = operation("post", "/api/tasks/{id}/commit");
        for status in [
            "400", "401", "403", "404", "409", "422", "429", "500", "503",
        ] {
            let name = claim["responses"][status]["$ref"]
                .as_str()
                .expect("a reference");
            let pointer = name.trim_start_matches('#');
            assert!(DESCRIPTION.pointer(pointer).is_some(), "{name}");
        }
    }
}
