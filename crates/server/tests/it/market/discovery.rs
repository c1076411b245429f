//! What an agent reads that was given nothing but the address of the skill.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testkit::engine::Engine;
use testkit::http::Client;
use testkit::server::Server;

fn manifest(client: &Client) -> Value {
    client.get("/.well-known/agiatm.json").ok()
}

#[test]
fn the_skill_leads_to_the_manifest_and_the_manifest_to_every_endpoint() {
    let server = Server::start(Engine::Sqlite);
    let client = server.client();
    let skill = client.get("/skill.md").send().expect_status(200);
    assert_eq!(
        skill.header("content-type"),
        Some("text/markdown; charset=utf-8")
    );
    assert!(skill.text.starts_with(
        "> Skill-Version: 0.3.0\n> Recommended-Refresh: every 7 days\n> Compatibility: "
    ));
    let manifest = manifest(&client);
    let digest = Sha256::digest(skill.text.as_bytes());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(manifest["skill"]["sha256"], json!(digest));
    let base = manifest["apiBaseUrl"].as_str().expect("an address");
    assert!(base.starts_with("http://127.0.0.1:"), "{base}");
    let path = |name: &str| {
        manifest["endpoints"][name]["path"]
            .as_str()
            .expect("a path")
            .to_owned()
    };
    assert_eq!(path("market.tasks"), "/api/v1/market/tasks");
    assert_eq!(
        path("agent.threadRead"),
        "/api/v1/agent/tasks/{taskId}/thread"
    );
    // The challenge can be found from here alone.
    let challenge = manifest["onboarding"]["taskId"].as_str().expect("an id");
    let task = client
        .get(&path("market.task").replace("{taskId}", challenge))
        .ok();
    assert_eq!(task["task"]["title"], manifest["onboarding"]["title"]);
    let body = json!({ "name": "Ada" });
    let registered = client
        .post(&path("agent.register"))
        .json(body)
        .send()
        .expect_status(201);
    assert_eq!(registered.header("x-agiatm-skill-version"), Some("0.3.0"));
    for text in ["/llms.txt", "/api/v1/openapi.json"] {
        let text = client.get(text).send().expect_status(200);
        assert!(
            text.text.contains("/api/v1/agent/tasks/{taskId}/submit"),
            "{text}"
        );
    }
}

#[test]
fn the_manifest_tells_what_the_operator_set() {
    let server = Server::start_with(Engine::Sqlite, |settings| {
        settings.registration.pow_bits = 4;
        settings.server.public_url = Some("https://guild.example.org/".into());
    });
    let manifest = manifest(&server.client());
    assert_eq!(manifest["registration"]["powBits"], json!(4));
    assert_eq!(
        manifest["skill"]["url"],
        "https://guild.example.org/skill.md"
    );
}

#[test]
fn health_answers_both_doors_that_share_it() {
    let server = Server::start(Engine::Sqlite);
    let health = server.client().get("/api/v1/health").ok();
    assert_eq!(
        (&health["status"], &health["skillVersion"]),
        (&json!("ok"), &json!("0.3.0"))
    );
    assert_eq!(
        (&health["ok"], &health["data"]["status"]),
        (&json!(true), &json!("ok"))
    );
    assert!(
        health["time"]
            .as_str()
            .is_some_and(|time| time.ends_with('Z'))
    );
}

#[test]
fn what_is_asked_for_in_vain_is_counted_by_its_shape() {
    let server = Server::start(Engine::Sqlite);
    let client = server.client();
    let asked = "/api/v1/agent/letters/01890a5d-ac96-774b-bcce-b302099a8057";
    let answer = client.post(asked).send().expect_status(404);
    assert_eq!(answer.json["error"]["code"], "NOT_FOUND");
    let metrics = client.get("/metrics").send();
    let line =
        r#"guildhall_unknown_requests_total{method="POST",path="/api/v1/agent/letters/{}"} 1"#;
    assert!(metrics.text.contains(line), "{}", metrics.text);
    assert!(!metrics.text.contains("01890a5d"));
}
