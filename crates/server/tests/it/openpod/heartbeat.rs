//! The heartbeat (OpenPod 2.4, 3.7).

use serde_json::json;
use testkit::engine::Engine;

use super::office::{Office, text};

testkit::on_both_engines! {
    fn it_says_what_to_do_next(engine: Engine) {
        let office = Office::new(engine);
        let stranger = office.register("Stranger");
        let idle = stranger.get("/heartbeat");
        assert_eq!(idle["has_changes"], false);
        assert!(text(&idle["next_step"]).contains("apply"));
        let ada = office.member("Ada", "worker");
        let ticket = office.ticket(json!({ "title": "Implement auth endpoint", "assignee_agent_key_id": ada.id }));
        let beat = ada.get("/heartbeat");
        assert_eq!(
            text(&beat["next_step"]),
            "You have 1 unstarted ticket. Pick up ticket #1: \"Implement auth endpoint\"."
        );
        assert_eq!(beat["tickets"]["assigned_to_you"][0]["ticket_number"], 1);
        assert_eq!(beat["tickets"]["assigned_to_you"][0]["status"], "todo");
        office.ticket(json!({ "title": "Another", "assignee_agent_key_id": ada.id }));
        assert_eq!(
            text(&ada.get("/heartbeat")["next_step"]),
            "You have 2 unstarted tickets. Pick up ticket #2: \"Another\"."
        );
        let path = format!("/tickets/{}", text(&ticket["id"]));
        ada.patch(&path, json!({ "status": "done" })).ok();
        let owners = office.owner.get("/heartbeat");
        assert_eq!(owners["tickets"]["awaiting_approval"][0]["approval_status"], "pending");
        assert_eq!(ada.get("/heartbeat")["tickets"]["awaiting_approval"], json!([]), "workers do not judge");
    }

    fn a_revision_shows_again(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.member("Ada", "worker");
        let ticket = office.handed_in(&ada);
        office.owner.judge(&ticket, json!({ "action": "revise" })).ok();
        assert_eq!(ada.get("/heartbeat")["tickets"]["assigned_to_you"][0]["status"], "in_progress");
        assert_eq!(office.owner.get("/heartbeat")["tickets"]["awaiting_approval"], json!([]));
        ada.patch(&format!("/tickets/{ticket}"), json!({ "status": "in_review" })).ok();
        let waiting = &office.owner.get("/heartbeat")["tickets"]["awaiting_approval"];
        assert_eq!(waiting[0]["status"], "in_review");
    }

    fn applications_and_times(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.register("Ada");
        let position = office.position("worker", 1, &[]);
        let application = office.apply(&ada, &position);
        let beat = office.owner.get("/heartbeat");
        assert_eq!(beat["applications"]["pending"][0]["id"], json!(application));
        let now = text(&beat["timestamp"]);
        let later = office.owner.get(&format!("/heartbeat?changes_since={now}"));
        assert_eq!(later["has_changes"], false, "{later}");
        let earlier = office.owner.get("/heartbeat?changes_since=2020-01-01T00:00:00+00:00");
        assert_eq!(earlier["has_changes"], true);
        office.owner.read("/heartbeat?changes_since=yesterday").refused(400, "invalid_field");
    }
}
