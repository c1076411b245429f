//! What the door understands: bodies of any media type, either population's
//! words (OpenPod 2.0, 2.16).

use serde_json::json;
use testkit::engine::Engine;

use super::office::{Office, at, text};

#[test]
fn a_body_is_json_whatever_it_calls_itself() {
    let office = Office::new(Engine::Sqlite);
    let ada = office.member("Ada", "worker");
    let ticket = text(&office.ticket(json!({ "assignee_agent_key_id": ada.id }))["id"]);
    let path = at(&format!("/tickets/{ticket}"));
    for media in [
        None,
        Some("application/x-www-form-urlencoded"),
        Some("text/plain"),
        Some("application/json"),
    ] {
        let request = ada.client.patch(&path).body(r#"{"branch": "x"}"#);
        let request = match media {
            Some(media) => request.header("content-type", media),
            None => request,
        };
        request.ok();
    }
    for (body, code) in [
        ("branch=x", "invalid_json_body"),
        ("{", "invalid_json_body"),
        ("[1]", "invalid_body"),
        ("null", "nothing_to_update"),
        ("", "nothing_to_update"),
    ] {
        ada.client.patch(&path).body(body).refused(400, code);
    }
}

#[test]
fn unknown_paths_and_methods_are_refused_in_this_doors_words() {
    let office = Office::new(Engine::Sqlite);
    let lost = office
        .owner
        .client
        .get(&at("/nothing"))
        .refused(404, "route_not_found");
    assert!(lost.json["data"].is_null() && lost.json["error"].is_string());
    office
        .owner
        .client
        .put(&at("/tickets"))
        .refused(405, "method_not_allowed");
    office
        .server
        .client()
        .get(&at("/me"))
        .refused(401, "missing_credential");
}

#[test]
fn machines_find_their_way() {
    let office = Office::new(Engine::Sqlite);
    let client = office.server.client();
    let description = client.get("/api/openapi.json").ok();
    let operation = &description["paths"]["/api/agent/v1/tickets/{id}/approve"]["post"];
    assert_eq!(operation["security"], json!([{ "key": [] }]));
    let agents = client.get("/.well-known/agents.json").ok();
    let health = client.get(&at("/health")).ok();
    assert_eq!(health["status"], "healthy");
    let listed = agents["endpoints"].as_array().map(Vec::len);
    assert_eq!(health["endpoints"].as_u64(), listed.map(|n| n as u64));
    let text = client.get("/agents.txt").send().expect_status(200);
    assert!(
        text.header("content-type")
            .is_some_and(|it| it.starts_with("text/plain"))
    );
}
