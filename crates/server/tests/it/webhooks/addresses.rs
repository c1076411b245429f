//! What the server does not call, whatever is registered.

use serde_json::json;
use server::Clock;
use testkit::engine::Engine;
use testkit::receiver::Receiver;
use testkit::server::Server;

use super::world::{WEBHOOKS, World, approved};

testkit::on_both_engines! {
    fn loopback_is_called_only_where_it_is_allowed(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada");
        let hook = world.hook(&ada.client, "/", &["*"]);
        // The same database under a server that does not allow it.
        let World { server, receiver, clock } = world;
        let scratch = server.scratch();
        drop(server);
        let server = Server::start_at(scratch, clock.clone(), |_| {});
        let ada_now = server.client().with_key(&ada.key);
        ada_now.post(WEBHOOKS)
            .json(json!({"url": receiver.url("/"), "events": ["*"]}))
            .refused(400, "invalid_field");
        let world = World { server, receiver, clock };
        world.happen(&[approved(&ada.id, 1)]);
        let log = || ada_now.get(&format!("{}/deliveries", hook.path())).ok();
        crate::program::eventually("it was tried", || log()["data"][0]["attempts"] == 1);
        let newest = log()["data"][0].clone();
        assert_eq!((&newest["status"], &newest["response_status"]), (&json!("pending"), &json!(null)));
        let why = newest["response_body"].as_str().expect("a reason");
        assert!(why.starts_with("not called: "), "{why}");
        assert!(world.receiver.received().is_empty());
    }
}

/// Nothing listens there: the log says so, and the next attempt comes later.
#[test]
fn an_endpoint_that_is_not_there() {
    let clock = Clock::system();
    let scratch = std::sync::Arc::new(Engine::Sqlite.scratch());
    let server = Server::start_at(scratch, clock.clone(), super::world::allowed);
    let receiver = Receiver::start();
    let world = World {
        server,
        receiver,
        clock,
    };
    let ada = world.server.register("ada");
    let hook = super::world::hook(&ada.client, "http://127.0.0.1:1/", &["*"]);
    world.happen(&[approved(&ada.id, 1)]);
    hook.wait_for_attempts(1);
    let why = hook.log()[0]["response_body"].as_str().map(str::to_owned);
    assert!(why.is_some_and(|why| why.starts_with("not reached: ")));
}
