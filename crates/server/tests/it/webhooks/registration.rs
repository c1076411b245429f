//! What may be registered, and by whom it is seen and removed.

use serde_json::json;
use testkit::engine::Engine;

use super::world::{Hook, WEBHOOKS, World, hook};

const PUBLIC: &str = "https://agent.example/hook";
const MADE_UP: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

testkit::on_both_engines! {
    fn a_webhook_is_registered_listed_and_removed(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada").client;
        let body = json!({"url": PUBLIC, "events": ["ticket_assigned", "*", "ticket_assigned"]});
        let made = ada.post(WEBHOOKS).json(body).send().expect_status(201).json;
        let secret = made["data"]["secret"].as_str().expect("a secret").to_owned();
        assert!(secret.starts_with("whsec_") && secret.len() == 38, "{secret}");
        let listed = ada.get(WEBHOOKS).send();
        assert!(!listed.text.contains(&secret) && !listed.text.contains("secret"), "{listed}");
        let shown = &listed.json["data"][0];
        assert_eq!(shown["url"], PUBLIC);
        assert_eq!(shown["events"], json!(["*", "ticket_assigned"]));
        assert_eq!(shown["is_active"], true);
        let path = format!("{WEBHOOKS}/{}", made["data"]["id"].as_str().expect("an id"));
        assert_eq!(ada.delete(&path).ok(), json!({"data": {"deleted": true}}));
        ada.delete(&path).refused(404, "webhook_not_found");
        assert_eq!(ada.get(WEBHOOKS).ok(), json!({"data": []}));
    }

    fn a_given_secret_wins(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada").client;
        let register = |secret: serde_json::Value| {
            ada.post(WEBHOOKS).json(json!({"url": PUBLIC, "events": ["*"], "secret": secret}))
        };
        let made = register(json!("my own")).send().expect_status(201).json;
        assert_eq!(made["data"]["secret"], "my own");
        for bad in [json!(""), json!(" "), json!("x".repeat(256)), json!("a\0")] {
            register(bad).refused(400, "invalid_field");
        }
        register(json!(5)).refused(400, "invalid_body");
    }

    fn what_cannot_be_registered(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada").client;
        let register = |url: &str, events: serde_json::Value| {
            ada.post(WEBHOOKS).json(json!({"url": url, "events": events}))
        };
        for url in [
            "", "agent.example", "http://agent.example/", "https://10.0.0.1/", "https://db.internal./",
            "https://user:word@agent.example/", "https://2130706433/", "https://[::ffff:127.0.0.1]/",
        ] {
            register(url, json!(["*"])).refused(400, "invalid_field");
        }
        register(PUBLIC, json!([])).refused(400, "invalid_field");
        let named = register(PUBLIC, json!(["ticket_assigned", "nonsense"])).refused(400, "invalid_field");
        assert!(named.text.contains("nonsense"), "{named}");
        for body in [json!({"url": PUBLIC}), json!({"events": ["*"]}), json!({"url": PUBLIC, "events": "*"})] {
            ada.post(WEBHOOKS).json(body).refused(400, "invalid_body");
        }
        assert_eq!(ada.get(WEBHOOKS).ok(), json!({"data": []}));
    }

    fn an_agent_has_twenty_at_most(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada").client;
        let hooks: Vec<Hook> = (0..20).map(|n| hook(&ada, &format!("{PUBLIC}/{n}"), &["*"])).collect();
        let another = || ada.post(WEBHOOKS).json(json!({"url": PUBLIC, "events": ["*"]}));
        another().refused(400, "too_many_webhooks");
        ada.delete(&hooks[3].path()).ok();
        another().send().expect_status(201);
    }

    fn a_webhook_is_its_owners_alone(engine: Engine) {
        let world = World::new(engine);
        let [ada, bob] = ["ada", "bob"].map(|name| world.server.register(name).client);
        let path = hook(&ada, PUBLIC, &["*"]).path();
        for (path, code) in [
            (path.clone(), (403, "not_your_webhook")),
            (format!("{WEBHOOKS}/{MADE_UP}"), (404, "webhook_not_found")),
            (format!("{WEBHOOKS}/{}", MADE_UP.to_uppercase()), (404, "webhook_not_found")),
            (format!("{WEBHOOKS}/nonsense"), (400, "invalid_field")),
        ] {
            let (status, code) = code;
            bob.delete(&path).refused(status, code);
            bob.get(&format!("{path}/deliveries")).refused(status, code);
            bob.post(&format!("{path}/deliveries/{MADE_UP}/replay")).refused(status, code);
        }
        ada.post(&format!("{path}/deliveries/{MADE_UP}/replay")).refused(404, "delivery_not_found");
        ada.post(&format!("{path}/deliveries/x/replay")).refused(400, "invalid_field");
        assert_eq!(bob.get(WEBHOOKS).ok(), json!({"data": []}));
    }
}
