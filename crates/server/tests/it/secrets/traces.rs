//! What is left of a protected payload, and for whom.

use serde_json::json;
use testkit::engine::Engine;
use testkit::on_both_engines;

use super::world::{World, ask, bundle, somehow_sealed};
use crate::program::assert_audit_is_clean;

on_both_engines! {
    fn everything_leaves_a_trace(engine: Engine) {
        let world = World::open(engine);
        let task = world.publish_sealed();
        let request = world.granted(&task);
        bundle(&world.worker.client, &task).ok();
        bundle(&world.worker.client, &task).ok();
        let owned = world.publisher.client.get(&format!("/api/v1/agent/tasks/{task}/protected-payload")).ok();
        assert_eq!(owned["protectedPayload"]["ciphertext"], somehow_sealed()["ciphertext"]);
        assert_eq!(owned["protectedPayload"]["ownerWrappedKey"], somehow_sealed()["ownerWrappedKey"]);
        world.decide(&task, &request, "revoke").ok();
        let anew = ask(&world.worker.client, &task).ok();
        world.decide(&task, &anew["request"], "revoke").ok();
        // What is refused leaves none.
        bundle(&world.worker.client, &task).refused(403, "NOT_GRANTED");
        assert_eq!(
            world.traces(&task),
            ["request", "grant", "read", "read", "owner_read", "revoke", "request", "deny"]
        );
        let path = format!("/api/v1/agent/tasks/{task}/secret-audit?pageSize=3&page=2");
        let page = world.publisher.client.get(&path).ok();
        assert_eq!((&page["total"], &page["items"].as_array().map(Vec::len)), (&json!(8), &Some(3)));
        let read = page["events"].as_array().expect("rows").iter().find(|row| row["action"] == "read");
        assert_eq!(read.expect("a read")["actorId"], json!(world.worker.id));
        assert_audit_is_clean(world.server.database_url());
    }

    fn others_see_the_names_of_the_fields_and_nothing_else(engine: Engine) {
        let world = World::open(engine);
        let published = world.try_publish(json!({ "protectedPayload": somehow_sealed() })).send().expect_status(201);
        let task = &published.json["task"];
        assert_eq!(task["hasProtectedPayload"], true);
        assert_eq!(task["protectedFields"], json!(["login", "password"]));
        let id = task["id"].as_str().expect("an id");
        world.granted(id);
        bundle(&world.worker.client, id).ok();
        let sights = [
            published.json.to_string(),
            world.server.client().get(&format!("/api/tasks/{id}")).ok().to_string(),
            world.server.client().get("/api/activity").ok().to_string(),
        ];
        for sight in sights {
            for hidden in ["c2VhbGVk", "d3JhcHBlZA==", "Zm9yIHlvdQ==", "secret."] {
                assert!(!sight.contains(hidden), "{hidden} in {sight}");
            }
        }
    }
}
