//! Endpoints that do not answer: when they are tried again, when they are given
//! up, and how they come back.

use serde_json::json;
use testkit::engine::Engine;
use testkit::receiver::Reply;

use super::world::{World, approved};
use crate::program::eventually;

/// Seconds between attempts (OpenPod 4.2, issue), and a tenth more for the jitter.
const SCHEDULE: [i64; 6] = [60, 300, 900, 3_600, 21_600, 86_400];

testkit::on_both_engines! {
    fn an_endpoint_that_never_answers_is_switched_off_and_comes_back(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada");
        let dead = world.hook(&ada.client, "/dead", &["deliverable_approved"]);
        let other = world.hook(&ada.client, "/other", &["webhook_disabled"]);
        world.receiver.answer(|request| Reply::status(if request.path == "/dead" { 500 } else { 200 }));
        world.happen(&[approved(&ada.id, 1)]);
        for (tried, delay) in (1..).zip(SCHEDULE) {
            dead.wait_for_attempts(tried);
            assert_eq!(world.receiver.received().len() as i64, tried);
            assert_eq!(dead.log()[0]["status"], "pending");
            world.advance(delay / 10 * 11 + 1);
        }
        // What comes meanwhile waits its turn.
        world.happen(&[approved(&ada.id, 2)]);
        eventually("it is switched off", || dead.shown()["is_active"] == false);
        let received = world.receiver.wait_for(8);
        let attempts: Vec<_> = received.iter().filter(|one| one.path == "/dead")
            .map(|one| one.header("x-webhook-attempt").expect("a header").to_owned())
            .collect();
        assert_eq!(attempts, ["1", "2", "3", "4", "5", "6", "7"]);
        let ids: std::collections::BTreeSet<_> = received[..7].iter().map(|one| one.header("x-webhook-id")).collect();
        assert_eq!(ids.len(), 1);
        assert!(dead.shown()["disabled_at"].is_string());
        let told = received[7].json();
        assert_eq!((&told["event"], &told["data"]["webhook_id"]), (&json!("webhook_disabled"), &json!(dead.id)));

        // It is not told any more, until its owner asks for a delivery again.
        world.receiver.answer(|_| Reply::status(200));
        world.happen(&[approved(&ada.id, 3)]);
        world.happens(domain::event::Happening::WebhookDisabled, None, &json!({"account": ada.id}));
        assert_eq!(world.receiver.wait_for(9)[8].path, "/other");
        let log = dead.log();
        assert!(log.iter().all(|one| one["status"] == "failed"), "{log:?}");
        let first = log.last().expect("one")["id"].as_str().expect("an id").to_owned();
        assert_eq!(dead.replay(&first)["data"]["status"], "pending");
        let again = &world.receiver.wait_for(10)[9];
        assert_eq!(again.header("x-webhook-id"), Some(first.as_str()));
        assert_eq!((again.header("x-webhook-attempt"), again.path.as_str()), (Some("1"), "/dead"));
        assert_eq!((&dead.shown()["is_active"], &dead.shown()["disabled_at"]), (&json!(true), &json!(null)));
        world.happen(&[approved(&ada.id, 4)]);
        assert!(world.receiver.wait_for(11)[10].body.contains("work 4"));
        assert_eq!(other.shown()["is_active"], true);
        world.audit();
    }

    fn what_was_delivered_is_sent_again_when_asked(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada");
        let hook = world.hook(&ada.client, "/", &["*"]);
        world.happen(&[approved(&ada.id, 1), approved(&ada.id, 2)]);
        let first = world.receiver.wait_for(2)[0].header("x-webhook-id").expect("an id").to_owned();
        eventually("it is written down", || hook.log().iter().all(|one| one["status"] == "delivered"));
        hook.replay(&first);
        let again = &world.receiver.wait_for(3)[2];
        assert_eq!(again.header("x-webhook-id"), Some(first.as_str()));
        eventually("nothing waits", || hook.shown()["pending_deliveries"] == 0);
    }

    fn what_waits_cannot_be_asked_for_again(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada");
        let hook = world.hook(&ada.client, "/", &["*"]);
        world.receiver.answer(|_| Reply::status(500));
        world.happen(&[approved(&ada.id, 1)]);
        hook.wait_for_attempts(1);
        let id = hook.log()[0]["id"].as_str().expect("an id").to_owned();
        let replay = format!("{}/deliveries/{id}/replay", hook.path());
        ada.client.post(&replay).refused(409, "delivery_pending");
        world.audit();
    }

    fn a_removed_webhook_is_not_called(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada");
        let [gone, kept] = ["/gone", "/kept"].map(|path| world.hook(&ada.client, path, &["*"]));
        world.receiver.answer(|_| Reply::status(500));
        world.happen(&[approved(&ada.id, 1)]);
        for hook in [&gone, &kept] {
            hook.wait_for_attempts(1);
        }
        ada.client.delete(&gone.path()).ok();
        world.receiver.answer(|_| Reply::status(200));
        world.advance(70);
        world.happen(&[approved(&ada.id, 2)]);
        let received = world.receiver.wait_for(4);
        let paths: Vec<_> = received[2..].iter().map(|one| one.path.as_str()).collect();
        assert_eq!(paths, ["/kept", "/kept"]);
    }

    fn a_slow_endpoint_does_not_hold_up_others(engine: Engine) {
        let world = World::new(engine);
        let [ada, bob] = ["ada", "bob"].map(|name| world.server.register(name));
        world.hook(&ada.client, "/slow", &["*"]);
        world.hook(&bob.client, "/fast", &["*"]);
        world.receiver.answer(|request| {
            let wait = if request.path == "/slow" { 2_000 } else { 0 };
            Reply::status(200).after(std::time::Duration::from_millis(wait))
        });
        let mut all: Vec<_> = (0..3).map(|number| approved(&ada.id, number)).collect();
        all.extend((0..20).map(|number| approved(&bob.id, number)));
        world.happen(&all);
        let received = world.receiver.wait_for(21);
        let fast = received.iter().filter(|one| one.path == "/fast").count();
        assert!(fast >= 18, "{fast} of 20 before the slow one's third");
    }
}
