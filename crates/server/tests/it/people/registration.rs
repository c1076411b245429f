//! Agents register, look at themselves and change what may be changed
//! (AGI ATM 2.4, 8).

use serde_json::json;
use sha2::{Digest, Sha256};
use testkit::engine::Engine;
use testkit::parallel;

use super::folk::{Town, and, person, text};

testkit::on_both_engines! {
    fn an_agent_registers_and_is_given_credits_once(engine: Engine) {
        let town = Town::new(engine);
        let body = json!({ "name": "Ada Of Town", "description": "Counts.", "unknown": [1] });
        let answer = town.client().post("/api/v1/agent/register").json(&body).send().expect_status(201);
        assert_eq!(answer.header("x-agiatm-skill-version"), Some("0.3.0"));
        let made = &answer.json;
        let agent = &made["agent"];
        assert_eq!((&agent["name"], &agent["role"]), (&json!("Ada Of Town"), &json!("autonomous-agent")));
        assert_eq!(agent["skills"], json!(["generalist"]));
        assert!(text(&made["apiKey"]).starts_with("agiatm_"));
        assert_eq!(made["wallet"]["available"], 1_000);
        let ada = town.client().with_key(&text(&made["apiKey"]));
        assert_eq!(ada.get("/api/v1/agent/me").ok()["agent"], *agent);
        let by_header = town.client().get("/api/v1/agent/me").header("x-api-key", &text(&made["apiKey"]));
        assert_eq!(by_header.ok()["agent"], *agent);
        // The same name, in any letter case, and the same agent at the other doors.
        let again = town.client().post("/api/v1/agent/register").json(json!({ "agentName": "ADA of town" }));
        again.refused(409, "NAME_TAKEN");
        ada.post("/api/auth/verify").ok();
        let listed = town.client().get("/api/agent/v1/agents?capability=generalist").ok();
        assert_eq!(listed["data"][0]["name"], "Ada Of Town");
        town.is_sound();
    }

    fn spellings_of_a_registration(engine: Engine) {
        let town = Town::new(engine);
        let referrer = town.agent("First");
        for (name, body) in [
            ("One", json!({ "agentName": "One", "ref": referrer.code })),
            ("Two", json!({ "displayName": "Two", "referral": referrer.code.to_lowercase() })),
            ("Three", json!({ "name": "Three", "displayName": "Other", "skills": [] })),
            ("Four", json!({ "name": " Four ", "skills": [" Testing ", ""] })),
        ] {
            let made = town.client().post("/api/v1/agent/register").json(&body).ok();
            assert_eq!(made["agent"]["name"], name);
        }
        assert_eq!(referrer.get("/referrals")["referred"].as_array().map(Vec::len), Some(2));
        let tested = town.client().get("/api/agent/v1/agents?capability=testing").ok();
        assert_eq!(tested["data"][0]["name"], "Four");
    }

    fn bad_registrations_create_nothing(engine: Engine) {
        let town = Town::new(engine);
        for body in [
            json!({}),
            json!({ "name": "" }),
            json!({ "name": "x" }),
            json!({ "name": "x".repeat(101) }),
            json!({ "name": 7 }),
            json!({ "name": "Ada", "skills": "testing" }),
            json!({ "name": "Ada", "skills": vec!["x"; 21] }),
            json!({ "name": "Ada", "skills": ["x".repeat(51)] }),
            json!({ "name": "Ada", "description": "x".repeat(5_001) }),
        ] {
            let answer = town.client().post("/api/v1/agent/register").json(&body);
            answer.refused(400, "VALIDATION_FAILED");
        }
        let unknown = json!({ "name": "Ada", "referralCode": "0000000000000000000000000A" });
        let answer = town.client().post("/api/v1/agent/register").json(unknown);
        answer.refused(400, "UNKNOWN_REFERRAL");
        assert_eq!(town.client().get("/api/agent/v1/agents").ok()["data"], json!([]));
        town.agent("Ada");
    }

    fn an_agent_changes_its_skills_and_not_its_referrer(engine: Engine) {
        let town = Town::new(engine);
        let (ada, bob) = (town.agent("Ada"), town.agent("Bob"));
        let change = json!({ "skills": ["Maps"], "description": "Draws.", "referralCode": bob.code });
        let changed = ada.client.patch("/api/v1/agent/me").json(change).ok();
        assert_eq!(changed["agent"]["skills"], json!(["Maps"]));
        assert_eq!(changed["agent"]["description"], "Draws.");
        assert_eq!(bob.get("/referrals")["referred"], json!([]));
        let found = |skill: &str| {
            let listed = town.client().get(&format!("/api/agent/v1/agents?capability={skill}")).ok();
            listed["data"].as_array().map(Vec::len)
        };
        assert_eq!((found("maps"), found("generalist")), (Some(1), Some(1)));
        // One of the bounty board has no profile until it says something.
        let eve = town.server.register("eve").client;
        assert_eq!(eve.get("/api/v1/agent/me").ok()["agent"]["skills"], json!(["generalist"]));
        eve.patch("/api/v1/agent/me").json(json!({ "skills": ["maps"] })).ok();
        assert_eq!(found("maps"), Some(2));
        assert_eq!(eve.get("/api/v1/agent/wallet").ok()["wallet"]["total"], 0);
    }

    fn a_key_is_exchanged(engine: Engine) {
        let town = Town::new(engine);
        let ada = town.agent("Ada");
        let fresh = text(&ada.post("/keys/rotate", json!({})).ok()["apiKey"]);
        assert!(fresh.starts_with("agiatm_"));
        ada.read("/me").refused(401, "UNAUTHENTICATED");
        town.client().with_key(&fresh).get("/api/v1/agent/me").ok();
    }

    fn a_name_is_given_to_one_of_many(engine: Engine) {
        let town = Town::new(engine);
        let answers = parallel(12, |_| {
            let register = town.client().post("/api/v1/agent/register");
            register.json(json!({ "name": "Ada" })).send().status
        });
        assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| [201, 409].contains(status)), "{answers:?}");
        town.is_sound();
    }

    fn a_repeated_registration_is_one(engine: Engine) {
        let town = Town::new(engine);
        let register = || {
            let request = town.client().post("/api/v1/agent/register").header("idempotency-key", "k");
            request.json(json!({ "name": "Ada" })).ok()
        };
        assert_eq!(register(), register());
        town.is_sound();
    }
}

#[test]
fn a_proof_of_work_is_asked_for() {
    let town = Town::with(Engine::Sqlite, |settings| {
        settings.registration.pow_bits = 8
    });
    let nonce = |subject: &str| {
        let proves = |nonce: &u32| Sha256::digest(format!("{subject}:{nonce}"))[0] == 0;
        (0..).find(proves).expect("one in 256")
    };
    let register = |body| town.client().post("/api/v1/agent/register").json(body);
    let agent = json!({ "name": "Ada" });
    let refused = register(agent.clone()).refused(400, "VALIDATION_FAILED");
    assert!(
        text(&refused.json["message"]).contains("8 zero bits"),
        "{refused}"
    );
    let others = json!({ "proofOfWork": { "nonce": nonce("Somebody else") } });
    register(and(agent.clone(), others)).refused(400, "VALIDATION_FAILED");
    register(and(
        agent,
        json!({ "proofOfWork": { "nonce": nonce("Ada") } }),
    ))
    .ok();
    let human = person("grace");
    let register = |body| town.client().post("/api/v1/human/register").json(body);
    register(human.clone()).refused(400, "VALIDATION_FAILED");
    let proof = json!({ "proofOfWork": { "nonce": nonce("grace@example.org").to_string() } });
    register(and(human, proof)).ok();
}

#[test]
fn registrations_and_logins_are_limited_per_address() {
    let town = Town::with(Engine::Sqlite, |settings| {
        settings.limits.enabled = true;
        settings.limits.registrations_per_hour = 3;
    });
    town.agent("Ada");
    town.human("grace");
    let login = |password: &str| {
        let body = json!({ "email": "grace@example.org", "password": password });
        town.client().post("/api/v1/human/login").json(body)
    };
    login("wrong password").refused(401, "UNAUTHENTICATED");
    let refused = login("wrong password").refused(429, "RATE_LIMITED");
    assert!(refused.header("retry-after").is_some(), "{refused}");
    let register = town.client().post("/api/v1/agent/register");
    register
        .json(json!({ "name": "Bob" }))
        .refused(429, "RATE_LIMITED");
}
