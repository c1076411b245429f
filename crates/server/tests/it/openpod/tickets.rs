//! Tickets: written, moved, handed in, judged (OpenPod 2.9 to 2.12, 3.1, 3.2).

use serde_json::{Value, json};
use testkit::engine::Engine;

use super::office::{Office, Person, data, text};

fn path(ticket: &str) -> String {
    format!("/tickets/{ticket}")
}

#[track_caller]
fn to(person: &Person, ticket: &str, status: &str) -> Value {
    data(
        person
            .patch(&path(ticket), json!({ "status": status }))
            .ok(),
    )
}

fn bad_tickets() -> Vec<Value> {
    vec![
        json!({ "title": " " }),
        json!({ "title": 4 }),
        json!({ "project_id": "x" }),
        json!({ "priority": "asap" }),
        json!({ "ticket_type": "wish" }),
        json!({ "description": "too short" }),
        json!({ "ticket_type": "story" }),
        json!({ "ticket_type": "story", "acceptance_criteria": [] }),
        json!({ "acceptance_criteria": "one" }),
        json!({ "labels": [""] }),
        json!({ "assignee_agent_key_id": "x" }),
        json!({ "assignee_agent_key_id": "01890a5d-ac96-774b-bcce-b302099a8057" }),
        json!({ "parent_ticket_id": "01890a5d-ac96-774b-bcce-b302099a8057" }),
        json!({ "bounty_cents": 0 }),
        json!({ "bounty_cents": 10_000_001 }),
        json!({ "story_points": -1 }),
    ]
}

testkit::on_both_engines! {
    fn the_whole_way(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.member("Ada", "worker");
        let ticket = office.ticket(json!({
            "priority": "high",
            "ticket_type": "story",
            "acceptance_criteria": ["User can login"],
            "labels": ["auth"],
            "assignee_agent_key_id": ada.id,
        }));
        assert_eq!((&ticket["ticket_number"], &ticket["status"]), (&json!(1), &json!("todo")));
        assert_eq!(ticket["approval_status"], Value::Null);
        let id = text(&ticket["id"]);
        assert_eq!(to(&ada, &id, "in_progress")["status"], "in_progress");
        let said = ada.post(&format!("/tickets/{id}/comments"), json!({ "content": "Started" }));
        said.send().expect_status(201);
        let handed_in = json!({
            "status": "done",
            "deliverables": [{
                "type": "pull_request",
                "url": "https://github.com/org/repo/pull/42",
                "label": "Auth PR",
                "content_hash": "a1".repeat(32),
            }],
            "branch_name": "feature/auth",
        });
        let after = data(ada.patch(&path(&id), handed_in).ok());
        assert_eq!((&after["status"], &after["approval_status"]), (&json!("done"), &json!("pending")));
        assert_eq!((&after["branch"], &after["branch_name"]), (&json!("feature/auth"), &json!("feature/auth")));
        let approve = json!({ "action": "approve", "payout_cents": 5_000, "comment": "Great work!" });
        let judged = data(office.owner.judge(&id, approve.clone()).ok());
        assert_eq!(judged["ticket"]["approval_status"], "approved");
        assert_eq!(judged["transaction"]["amount_cents"], 5_000);
        assert_eq!(judged["transaction"]["commission_cents"], 500);
        assert_eq!((&judged["action"], &judged["verified_hashes"]), (&json!("approved"), &json!(1)));
        office.owner.judge(&id, approve).refused(409, "already_approved");
        let seen = ada.get(&path(&id));
        assert_eq!((&seen["payout_cents"], &seen["comments"][0]["author_name"]), (&json!(5_000), &json!("Ada")));
        assert_eq!(ada.get("/me")["registry"]["total_jobs"], 1);
        office.audit();
    }

    fn bad_tickets_are_refused_and_leave_no_gap(engine: Engine) {
        let office = Office::new(engine);
        for more in bad_tickets() {
            let mut body = json!({
                "project_id": office.project,
                "title": "A title",
                "description": "A description that is long enough.",
            });
            let fields = body.as_object_mut().expect("an object");
            fields.extend(more.as_object().expect("an object").clone());
            let answer = office.owner.post("/tickets", body).send();
            assert_eq!(answer.status, 400, "{more}\n{answer}");
        }
        assert_eq!(office.ticket(json!({ "ticket_type": "epic", "description": "" }))["ticket_number"], 1);
        office.audit();
    }

    fn workers_do_what_workers_may(engine: Engine) {
        let office = Office::new(engine);
        let (ada, bob) = (office.member("Ada", "worker"), office.member("Bob", "worker"));
        let body = json!({ "project_id": office.project, "title": "x", "description": "y".repeat(30) });
        ada.post("/tickets", body).refused(403, "planners_only");
        let id = text(&office.ticket(json!({}))["id"]);
        ada.patch(&path(&id), json!({ "status": "in_progress" })).refused(403, "not_the_assignee");
        ada.patch(&path(&id), json!({ "assignee_agent_key_id": bob.id })).refused(403, "not_the_assignee");
        ada.patch(&path(&id), json!({ "assignee_agent_key_id": ada.id })).ok();
        bob.patch(&path(&id), json!({ "assignee_agent_key_id": bob.id })).refused(403, "not_the_assignee");
        ada.patch(&path(&id), json!({ "assignee_agent_key_id": bob.id })).refused(403, "planners_only");
        ada.patch(&path(&id), json!({ "title": "Mine now" })).refused(403, "planners_only");
        ada.patch(&path(&id), json!({ "status": "cancelled" })).refused(403, "transition_not_allowed");
        ada.patch(&path(&id), json!({})).refused(400, "nothing_to_update");
        ada.patch(&path(&id), json!({ "colour": "red" })).refused(400, "nothing_to_update");
        to(&ada, &id, "in_review");
        ada.judge(&id, json!({ "action": "approve", "payout_cents": 1 })).refused(403, "managers_only");
        office.audit();
    }

    fn columns_and_roles(engine: Engine) {
        let office = Office::new(engine);
        let (ada, lead) = (office.member("Ada", "worker"), office.member("Lea", "lead"));
        let id = text(&office.ticket(json!({ "assignee_agent_key_id": ada.id }))["id"]);
        to(&ada, &id, "in_progress");
        to(&ada, &id, "in_review");
        lead.patch(&path(&id), json!({ "status": "done" })).refused(403, "transition_not_allowed");
        assert_eq!(to(&office.owner, &id, "done")["status"], "done");
        assert_eq!(to(&office.owner, &id, "in_review")["approval_status"], "pending");
        // Taken back into work, nothing waits for a verdict any more.
        assert_eq!(to(&lead, &id, "in_progress")["approval_status"], Value::Null);
        let early = office.owner.judge(&id, json!({ "action": "approve", "payout_cents": 5 }));
        early.refused(400, "ticket_not_handed_in");
        to(&lead, &id, "todo");
        to(&lead, &id, "cancelled");
        office.owner.patch(&path(&id), json!({ "status": "done" })).refused(400, "invalid_transition");
        let reopened = to(&office.owner, &id, "todo");
        assert_eq!(reopened["assignee_agent_key_id"], Value::Null);
        // Whoever starts a ticket that nobody has, has it.
        assert_eq!(to(&lead, &id, "in_progress")["assignee_agent_key_id"], json!(lead.id));
        office.owner.patch(&path(&id), json!({ "status": "gone" })).refused(400, "invalid_field");
        office.audit();
    }

    fn refused_work_is_done_again(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.member("Ada", "worker");
        let id = office.handed_in(&ada);
        let reject = json!({ "action": "reject", "comment": "No tests" });
        let judged = data(office.owner.judge(&id, reject).ok());
        assert_eq!((&judged["action"], &judged["transaction"]), (&json!("rejected"), &Value::Null));
        let seen = office.see(&id);
        assert_eq!((&seen["status"], &seen["approval_status"]), (&json!("done"), &json!("rejected")));
        assert_eq!(seen["assignee_agent_key_id"], json!(ada.id), "it stays hers");
        let approve = json!({ "action": "approve", "payout_cents": 100 });
        office.owner.judge(&id, approve.clone()).refused(400, "ticket_rejected");
        assert_eq!(to(&ada, &id, "done")["approval_status"], "pending");
        office.owner.judge(&id, json!({ "action": "revise" })).ok();
        let seen = office.see(&id);
        assert_eq!((&seen["status"], &seen["approval_status"]), (&json!("in_progress"), &json!("revision_requested")));
        assert_eq!(to(&ada, &id, "in_review")["approval_status"], "pending");
        office.owner.judge(&id, approve).ok();
        // What was paid for does not change any more.
        for change in [
            json!({ "deliverables": [] }),
            json!({ "branch": "other" }),
            json!({ "assignee_agent_key_id": null }),
            json!({ "status": "in_review" }),
        ] {
            office.owner.patch(&path(&id), change).refused(409, "already_approved");
        }
        office.owner.patch(&path(&id), json!({ "labels": ["paid"] })).ok();
        office.audit();
    }

    fn verdicts_are_checked(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.member("Ada", "pm");
        let id = office.handed_in(&ada);
        for body in [
            json!({}),
            json!({ "action": "praise" }),
            json!({ "action": "approve" }),
            json!({ "action": "approve", "payout_cents": 0 }),
            json!({ "action": "approve", "payout_cents": -5 }),
            json!({ "action": "approve", "payout_cents": 12.5 }),
            json!({ "action": "approve", "payout_cents": 10_000_001 }),
            json!({ "action": "approve", "payout_cents": "12" }),
        ] {
            let answer = office.owner.judge(&id, body.clone()).send();
            assert_eq!(answer.status, 400, "{body}\n{answer}");
        }
        ada.judge(&id, json!({ "action": "approve", "payout_cents": 5 })).refused(403, "own_ticket");
        let outsider = office.register("Eve");
        outsider.judge(&id, json!({ "action": "reject" })).refused(403, "managers_only");
        assert_eq!(office.see(&id)["approval_status"], "pending");
        office.audit();
    }

    fn deliverables_are_checked(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.member("Ada", "worker");
        let id = text(&office.ticket(json!({ "assignee_agent_key_id": ada.id }))["id"]);
        for deliverables in [
            json!("x"),
            json!([{}]),
            json!([{ "url": "javascript:alert(1)" }]),
            json!([{ "url": "https://a.b", "content_hash": "abc" }]),
            json!([{ "url": "https://a.b", "type": "" }]),
            json!(vec![json!({ "url": "https://a.b" }); 51]),
        ] {
            let body = json!({ "status": "done", "deliverables": deliverables });
            let answer = ada.patch(&path(&id), body).send();
            assert_eq!(answer.status, 400, "{deliverables}\n{answer}");
        }
        assert_eq!(office.see(&id)["status"], "todo", "nothing changed");
    }

    fn labels_must_fit_the_seat(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.register("Ada");
        let position = office.position("worker", 1, &["backend"]);
        let application = office.apply(&ada, &position);
        office.decide(&application, "accept").ok();
        let body = json!({
            "project_id": office.project,
            "title": "Paint it",
            "description": "The whole wall, in a colour of your choice.",
            "labels": ["frontend"],
            "assignee_agent_key_id": ada.id,
        });
        let refused = office.owner.post("/tickets", body).refused(400, "invalid_field");
        assert_eq!(refused.json["details"][0]["field"], "labels");
        office.ticket(json!({ "labels": ["Backend"], "assignee_agent_key_id": ada.id }));
    }

    fn lists_filter_and_go_on(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.member("Ada", "worker");
        office.ticket(json!({ "priority": "high" }));
        office.ticket(json!({ "ticket_type": "bug", "assignee_agent_key_id": ada.id }));
        office.handed_in(&ada);
        let numbers = |query: &str| -> Vec<i64> {
            let found = ada.get(&format!("/tickets?project_id={}{query}", office.project));
            found.as_array().expect("an array").iter().filter_map(|t| t["ticket_number"].as_i64()).collect()
        };
        assert_eq!(numbers(""), [1, 2, 3]);
        assert_eq!(numbers("&status=todo"), [1, 2]);
        assert_eq!(numbers("&status=done"), [3]);
        assert_eq!(numbers("&priority=high"), [1]);
        assert_eq!(numbers("&ticket_type=bug&assignee=me"), [2]);
        assert_eq!(numbers(&format!("&assignee={}", ada.id)), [2, 3]);
        assert_eq!(numbers("&after=1&limit=1"), [2]);
        ada.read("/tickets").refused(400, "invalid_field");
        let bad = format!("/tickets?project_id={}&status=lost", office.project);
        ada.read(&bad).refused(400, "invalid_field");
    }

    fn parents_stay_in_the_project_and_above(engine: Engine) {
        let office = Office::new(engine);
        let epic = text(&office.ticket(json!({ "ticket_type": "epic" }))["id"]);
        let story = text(&office.ticket(json!({ "parent_ticket_id": epic }))["id"]);
        assert_eq!(office.see(&story)["parent_ticket_id"], json!(epic));
        let cycle = office.owner.patch(&path(&epic), json!({ "parent_ticket_id": story }));
        cycle.refused(400, "invalid_field");
        let itself = office.owner.patch(&path(&epic), json!({ "parent_ticket_id": epic }));
        itself.refused(400, "invalid_field");
        office.owner.patch(&path(&story), json!({ "parent_ticket_id": null })).ok();
        assert_eq!(office.see(&story)["parent_ticket_id"], Value::Null);
        let other = Office::new(office.server.engine());
        let foreign = office.owner.patch(&path(&story), json!({ "parent_ticket_id": text(&other.ticket(json!({}))["id"]) }));
        foreign.refused(400, "invalid_field");
    }
}
