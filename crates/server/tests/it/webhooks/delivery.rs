//! What arrives: its shape, its signatures, its order.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use testkit::engine::Engine;
use testkit::receiver::{Received, Reply};

use super::world::{WEBHOOKS, World, approved};
use crate::program::eventually;

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Both signatures, as receivers check them.
#[track_caller]
pub fn assert_signed(received: &Received, secret: &str, standard_key: &[u8]) {
    let hex: String = hmac(secret.as_bytes(), &received.body)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let expected = format!("sha256={hex}");
    assert_eq!(
        received.header("x-webhook-signature"),
        Some(expected.as_str())
    );
    let header = |name| received.header(name).expect("a header");
    let (id, sent) = (header("webhook-id"), header("webhook-timestamp"));
    let signed = hmac(standard_key, &format!("{id}.{sent}.{}", received.body));
    let expected = format!("v1,{}", STANDARD.encode(signed));
    assert_eq!(
        received.header("webhook-signature"),
        Some(expected.as_str())
    );
}

/// The numbers of the works that were told of, in order.
fn numbers(received: &[Received], path: &str) -> Vec<usize> {
    let here = received.iter().filter(|one| one.path == path);
    let titles = here.map(|one| {
        one.json()["data"]["title"]
            .as_str()
            .expect("a title")
            .to_owned()
    });
    titles
        .map(|title| title.trim_start_matches("work ").parse().expect("a number"))
        .collect()
}

testkit::on_both_engines! {
    fn an_approval_arrives_signed(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada");
        let made = world.hook(&ada.client, "/made", &["deliverable_approved"]);
        let own = json!({
            "url": world.receiver.url("/own?a=b"), "events": ["*"], "secret": "not base64!",
        });
        ada.client.post(WEBHOOKS).json(own).send().expect_status(201);
        let task = world.server.task(&world.server.project("Atlas"), "Map");
        ada.client.post(&format!("/api/tasks/{task}/commit")).ok();
        let work = json!({"submission_content": "done"});
        let handed = ada.client.post(&format!("/api/tasks/{task}/submit")).json(work).ok();
        let submission = handed["submission"]["id"].as_str().expect("an id");
        let review = json!({"action": "approve"});
        world.server.operator().patch(&format!("/api/submissions/{submission}/review")).json(review).ok();

        let mut received = world.receiver.wait_for(2);
        received.sort_by(|a, b| a.path.cmp(&b.path));
        for one in &received {
            assert_eq!(one.header("content-type"), Some("application/json"));
            assert_eq!(one.header("x-webhook-event"), Some("deliverable_approved"));
            assert_eq!(one.header("x-webhook-attempt"), Some("1"));
            assert_eq!(one.header("x-webhook-id"), one.header("webhook-id"));
            let body = one.json();
            let names: Vec<_> = body.as_object().expect("an object").keys().cloned().collect();
            assert_eq!(names, ["data", "event", "payload", "timestamp"]);
            assert_eq!(body["event"], "deliverable_approved");
            assert_eq!(body["data"], body["payload"]);
            assert_eq!(body["data"]["ticket_id"], json!(task));
            assert!(body["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{body}");
        }
        assert_ne!(received[0].header("x-webhook-id"), received[1].header("x-webhook-id"));
        let key = STANDARD.decode(made.secret.trim_start_matches("whsec_")).expect("base64");
        assert_signed(&received[0], &made.secret, &key);
        assert_signed(&received[1], "not base64!", b"not base64!");

        eventually("it is written down", || made.log()[0]["status"] == "delivered");
        let logged = &made.log()[0];
        assert_eq!(logged["id"].as_str(), received[0].header("x-webhook-id"));
        assert_eq!((&logged["attempts"], &logged["response_status"]), (&json!(1), &json!(200)));
        assert_eq!(logged["response_body"], "answer 200");
        assert_eq!(logged["data"]["ticket_id"], json!(task));
    }

    fn each_endpoint_is_told_in_order_also_when_it_fails(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada");
        let hooks = ["/steady", "/shaky"].map(|path| world.hook(&ada.client, path, &["*"]));
        // Refuses the hundredth at its first attempt.
        world.receiver.answer(|request| {
            let is_first = request.header("x-webhook-attempt") == Some("1");
            let fails = request.path == "/shaky" && is_first && request.body.contains("\"work 100\"");
            Reply::status(if fails { 503 } else { 204 }).body("")
        });
        let all: Vec<_> = (0..200).map(|number| approved(&ada.id, number)).collect();
        world.happen(&all);
        let received = world.receiver.wait_for(200 + 101);
        let whole: Vec<_> = (0..200).collect();
        assert_eq!(numbers(&received, "/steady"), whole);
        assert_eq!(numbers(&received, "/shaky"), whole[..=100]);
        eventually("the failure is written down", || hooks[1].shown()["consecutive_failures"] == 1);
        world.advance(70);
        let received = world.receiver.wait_for(200 + 101 + 100);
        let mut repeated = whole[..=100].to_vec();
        repeated.extend(100..200);
        assert_eq!(numbers(&received, "/shaky"), repeated);
        let hundredth: Vec<_> = received.iter()
            .filter(|one| one.path == "/shaky" && one.body.contains("\"work 100\""))
            .collect();
        assert_eq!(hundredth[0].header("x-webhook-id"), hundredth[1].header("x-webhook-id"));
        assert_eq!(hundredth[1].header("x-webhook-attempt"), Some("2"));
        assert_eq!(hundredth[0].body, hundredth[1].body);
        for hook in &hooks {
            eventually("nothing waits", || hook.shown()["pending_deliveries"] == 0);
            assert_eq!(hook.shown()["consecutive_failures"], 0);
        }
    }

    fn what_was_before_a_webhook_is_not_told(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada");
        world.happen(&[approved(&ada.id, 1)]);
        world.hook(&ada.client, "/", &["*"]);
        world.happen(&[approved(&ada.id, 2)]);
        assert_eq!(numbers(&world.receiver.wait_for(1), "/"), [2]);
    }

    fn a_redirect_is_not_followed(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada");
        let hook = world.hook(&ada.client, "/from", &["*"]);
        let to = world.receiver.url("/to");
        world.receiver.answer(move |_| Reply::redirect(&to));
        world.happen(&[approved(&ada.id, 1)]);
        hook.wait_for_attempts(1);
        let newest = &hook.log()[0];
        assert_eq!((&newest["status"], &newest["response_status"]), (&json!("pending"), &json!(307)));
        let paths: Vec<_> = world.receiver.received().into_iter().map(|one| one.path).collect();
        assert_eq!(paths, ["/from"]);
    }

    fn a_long_answer_is_cut(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada");
        let hook = world.hook(&ada.client, "/", &["*"]);
        world.receiver.answer(|_| Reply::status(200).body(&"\u{fc}\0".repeat(50_000)));
        world.happen(&[approved(&ada.id, 1), approved(&ada.id, 2)]);
        eventually("both are written down", || {
            let log = hook.log();
            log.len() == 2 && log.iter().all(|one| one["status"] == "delivered")
        });
        let excerpt = Value::String("\u{fc} ".repeat(250));
        assert_eq!(hook.log()[0]["response_body"], excerpt);
    }
}
