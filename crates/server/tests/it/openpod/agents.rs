//! Registration, the directory, oneself (OpenPod 2.1 to 2.3).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::server::Server;

use super::office::{at, data, register, text};

fn bad_registrations() -> Vec<(&'static str, Value)> {
    let base = |more: Value| {
        let mut body = json!({ "name": "someone", "capabilities": ["testing"] });
        let fields = body.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        body
    };
    vec![
        ("no name", json!({ "capabilities": ["x"] })),
        ("no skills", json!({ "name": "someone" })),
        ("empty skills", base(json!({ "capabilities": [] }))),
        ("short name", base(json!({ "name": " a " }))),
        ("name is a number", base(json!({ "name": 7 }))),
        ("name is null", base(json!({ "name": null }))),
        (
            "a long skill",
            base(json!({ "capabilities": ["x".repeat(51)] })),
        ),
        ("21 skills", base(json!({ "capabilities": vec!["x"; 21] }))),
        ("provider", base(json!({ "llm_provider": "acme" }))),
        ("price", base(json!({ "hourly_rate_cents": -1 }))),
        ("dear", base(json!({ "pricing_cents": 10_000_001 }))),
        (
            "link",
            base(json!({ "website_url": "javascript:alert(1)" })),
        ),
        ("wallet", base(json!({ "wallet_address": "0x12" }))),
        ("autonomy", base(json!({ "autonomy_level": "total" }))),
        ("tools", base(json!({ "tools": [""] }))),
        ("context", base(json!({ "context_window": "large" }))),
        ("tagline", base(json!({ "tagline": "x".repeat(201) }))),
    ]
}

testkit::on_both_engines! {
    fn the_seeds_registration(engine: Engine) {
        let server = Server::start(engine);
        let body = json!({
            "name": "my-agent",
            "capabilities": ["code-generation", "code-review"],
            "llm_provider": "cohere",
            "description": "A full-stack coding agent",
            "hourly_rate_cents": 500,
            "website_url": "https://example.org",
        });
        let answer = server.client().post(&at("/register")).json(&body);
        let agent = data(answer.send().expect_status(201).json);
        assert_eq!((&agent["slug"], &agent["name"]), (&json!("my-agent"), &json!("my-agent")));
        assert!(text(&agent["api_key"]).starts_with("opk_"));
        assert_eq!(agent["id"], agent["agent_id"]);
        let key = text(&agent["api_key"]);
        let me = data(server.client().with_key(&key).get(&at("/me")).ok());
        assert_eq!(me["agent_key"]["id"], agent["id"]);
        assert_eq!(me["registry"]["hourly_rate_cents"], 500);
        assert_eq!(me["registry"]["llm_provider"], "cohere");
        // The same key works at the bounty board.
        let verified = server.client().with_key(&key).post("/api/auth/verify").send();
        assert!(verified.status < 300, "{verified}");
    }

    fn names_are_unique_in_any_case_and_slugs_are_free(engine: Engine) {
        let server = Server::start(engine);
        assert_eq!(register(&server, "My Agent").slug, "my-agent");
        let body = json!({ "name": "MY AGENT", "capabilities": ["x"] });
        let again = server.client().post(&at("/register")).json(&body);
        again.refused(409, "name_taken");
        // Another name with the same slug, a name without letters, and one
        // with the wildcards of the original's search.
        let other = register(&server, "my_agent");
        assert!(other.slug.starts_with("my-agent-"), "{}", other.slug);
        assert!(register(&server, "\u{4f60}\u{597d}").slug.starts_with("agent-"));
        assert_eq!(register(&server, "a_b").slug, "a-b");
        assert_ne!(register(&server, "axb").slug, "a-b");
    }

    fn bad_registrations_are_refused(engine: Engine) {
        let server = Server::start(engine);
        for (what, body) in bad_registrations() {
            let answer = server.client().post(&at("/register")).json(&body).send();
            assert_eq!(answer.status, 400, "{what}\n{answer}");
            assert!(answer.json["error"].is_string() && answer.json["data"].is_null());
        }
        let listed = data(server.client().get(&at("/agents")).ok());
        assert_eq!(listed, json!([]), "nothing was kept");
    }

    fn the_directory_filters(engine: Engine) {
        let server = Server::start(engine);
        for (name, skill, provider, price) in [
            ("one", "Testing", "openai", 100),
            ("two", "writing", "meta", 200),
            ("three", "testing", "meta", 300),
        ] {
            let body = json!({
                "name": name,
                "capabilities": [skill],
                "llm_provider": provider,
                "pricing_cents": price,
            });
            server.client().post(&at("/register")).json(&body).send().expect_status(201);
        }
        let names = |query: &str| -> Vec<String> {
            let found = data(server.client().get(&at(&format!("/agents{query}"))).ok());
            found.as_array().expect("an array").iter().map(|a| text(&a["name"])).collect()
        };
        assert_eq!(names(""), ["one", "two", "three"]);
        assert_eq!(names("?capability=testing"), ["one", "three"]);
        assert_eq!(names("?capabilities=writing,testing&llm_provider=meta"), ["two", "three"]);
        assert_eq!(names("?max_price_cents=200&limit=1&offset=1"), ["two"]);
        assert_eq!(names("?min_rating=4"), Vec::<String>::new());
        assert_eq!(names("?limit=many&offset=-1").len(), 3, "nonsense is the default");
        server.client().get(&at("/agents?min_rating=six")).refused(400, "invalid_field");
    }

    fn a_profile_is_changed(engine: Engine) {
        let server = Server::start(engine);
        let ada = register(&server, "Ada");
        let wallet = format!("0x{}", "a1".repeat(20));
        let change = json!({ "tagline": "Fast", "website": "https://a.example", "wallet_address": wallet });
        let changed = data(ada.patch("/me", change).ok());
        assert_eq!(changed["updated"], json!(["wallet_address", "tagline", "website"]));
        assert_eq!(ada.get("/me")["registry"]["tagline"], "Fast");
        assert_eq!(ada.get("/me/balance")["wallet_address"], json!(wallet));
        ada.patch("/me", json!({ "wallet_address": "" })).ok();
        assert_eq!(ada.get("/me/balance")["wallet_address"], Value::Null);
        ada.patch("/me", json!({})).refused(400, "nothing_to_update");
        ada.patch("/me", json!({ "name": "Eve" })).refused(400, "nothing_to_update");
        ada.patch("/me", json!({ "tagline": 5 })).refused(400, "invalid_body");
        // An agent of the bounty board has no profile until it says something.
        let bob = server.register("bob");
        let said = bob.client.patch(&at("/me")).json(json!({ "tagline": "From the board" }));
        said.ok();
        let me = data(bob.client.get(&at("/me")).ok());
        assert_eq!(me["registry"]["name"], "bob");
    }

    fn a_key_is_exchanged(engine: Engine) {
        let server = Server::start(engine);
        let ada = register(&server, "Ada");
        let fresh = data(ada.post("/me/rotate-key", json!({})).ok());
        ada.read("/me").refused(401, "invalid_key");
        let key = text(&fresh["api_key"]);
        assert!(key.starts_with("opk_"));
        server.client().with_key(&key).get(&at("/me")).ok();
    }
}
