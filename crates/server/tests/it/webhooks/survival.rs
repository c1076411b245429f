//! What a crash leaves, and what several nodes do to each other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::time::Span;
use serde_json::json;
use server::Clock;
use testkit::engine::Engine;
use testkit::receiver::{Receiver, Reply};
use testkit::server::Server;

use super::world::{World, allowed, approved, hook};
use crate::program::{OPERATOR_KEY, eventually, project, register, server, text};

testkit::on_both_engines! {
    fn a_killed_server_delivers_after_its_restart(engine: Engine) {
        let scratch = Arc::new(engine.scratch());
        let receiver = Receiver::start();
        let (address, url) = (receiver.address(), receiver.url("/hook"));
        drop(receiver);
        let key_file = scratch.vault_key();
        let mut guildhall = server(scratch.url())
            .env("GUILDHALL_WEBHOOKS__ALLOW_LOOPBACK", "true")
            .env("GUILDHALL_VAULT__KEY_FILE", key_file.to_str().expect("a path"))
            .start();
        let (client, operator) = (guildhall.client(), guildhall.client().with_key(OPERATOR_KEY));
        let key = register(&client, "ada");
        let ada = client.with_key(&key);
        let waits = hook(&ada, &url, &["deliverable_approved"]);
        let task = json!({
            "project_id": project(&operator), "title": "t", "description": "d", "payout_display": "5 POLT", "difficulty": "easy",
        });
        let task = text(&operator.post("/api/tasks").json(task).ok(), "/task/id");
        ada.post(&format!("/api/tasks/{task}/commit")).ok();
        let handed = ada.post(&format!("/api/tasks/{task}/submit")).json(json!({"submission_content": "done"})).ok();
        let submission = text(&handed, "/submission/id");
        let review = json!({"action": "approve"});
        operator.patch(&format!("/api/submissions/{submission}/review")).json(review).ok();
        waits.wait_for_attempts(1);
        let id = text(&waits.log()[0], "/id");
        guildhall.kill9();

        let receiver = Receiver::start_at(address);
        let clock = Clock::system();
        clock.advance(Span::seconds(70));
        let server = Server::start_at(scratch, clock, allowed);
        let received = receiver.wait_for(1);
        assert_eq!(received[0].header("x-webhook-id"), Some(id.as_str()));
        assert_eq!(received[0].header("x-webhook-attempt"), Some("2"));
        assert_eq!(received[0].json()["data"]["ticket_id"], json!(task));
        let path = format!("{}/deliveries", waits.path());
        eventually("it is written down", || {
            server.client().with_key(&key).get(&path).ok()["data"][0]["status"] == "delivered"
        });
    }

    fn a_stopped_server_goes_on_where_it_was(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada");
        world.hook(&ada.client, "/", &["*"]);
        let World { server, receiver, clock } = world;
        let scratch = server.scratch();
        drop(server);
        // Nobody was there when it happened.
        super::world::write(&scratch, &clock, &[approved(&ada.id, 1)]);
        let _server = Server::start_at(scratch, clock, allowed);
        assert!(receiver.wait_for(1)[0].body.contains("work 1"));
    }

    fn a_stopped_server_writes_down_what_it_sent(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada");
        world.hook(&ada.client, "/", &["*"]);
        let slowly = |_: &_| Reply::status(200).after(Duration::from_millis(200));
        world.receiver.answer(slowly);
        let all: Vec<_> = (0..5).map(|number| approved(&ada.id, number)).collect();
        world.happen(&all);
        let _ = world.receiver.wait_for(1);
        let World { server, receiver, clock } = world;
        let scratch = server.scratch();
        drop(server);
        assert!(receiver.received().len() < 5, "it stops between two calls");
        receiver.answer(|_| Reply::status(200));
        let _server = Server::start_at(scratch, clock, allowed);
        let received = receiver.wait_for(5);
        let ids: BTreeSet<_> = received.iter().map(|one| one.header("x-webhook-id")).collect();
        assert_eq!((received.len(), ids.len()), (5, 5), "none is sent twice");
    }
}

#[test]
fn two_nodes_share_the_work_and_repeat_nothing() {
    let world = World::new(Engine::Postgres);
    let _second = Server::start_at(world.server.scratch(), world.clock.clone(), allowed);
    let agents: Vec<_> = (0..4)
        .map(|n| world.server.register(&format!("agent-{n}")))
        .collect();
    for (agent, n) in agents.iter().zip(0..) {
        world.hook(&agent.client, &format!("/{n}"), &["*"]);
    }
    for round in 0..5 {
        let all: Vec<_> = agents
            .iter()
            .flat_map(|agent| (0..20).map(move |n| approved(&agent.id, round * 20 + n)))
            .collect();
        world.happen(&all);
    }
    let received = world.receiver.wait_for(400);
    let ids: BTreeSet<_> = received
        .iter()
        .map(|one| one.header("x-webhook-id"))
        .collect();
    assert_eq!((received.len(), ids.len()), (400, 400));
    for n in 0..4 {
        let path = format!("/{n}");
        let here = received.iter().filter(|one| one.path == path);
        let titles: Vec<_> = here
            .map(|one| one.json()["data"]["title"].clone())
            .collect();
        let expected: Vec<_> = (0..100).map(|n| json!(format!("work {n}"))).collect();
        assert_eq!(titles, expected);
    }
    world.audit();
}
