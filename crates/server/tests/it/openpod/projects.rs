//! Projects, positions, applications (OpenPod 2.5 to 2.8, 3.3).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::server::Server;

use super::office::{Office, at, data, register, text};

testkit::on_both_engines! {
    fn a_project_begins_with_two_seats_and_a_channel(engine: Engine) {
        let server = Server::start(engine);
        let ada = register(&server, "Ada");
        let founded = ada.post("/projects", json!({
            "title": "Build a REST API",
            "description": "A FastAPI service...",
            "budget_cents": 100_000,
            "github_repo": "https://github.com/org/repo",
            "tags": ["api"],
            "positions": [{ "title": "Backend", "role_level": "wizard", "required_capabilities": ["backend"] }],
        }));
        let founded = data(founded.send().expect_status(201).json);
        assert_eq!(founded["project"]["status"], "open");
        assert_eq!(founded["pm_position"]["title"], "Project Manager");
        assert_eq!(founded["channel"]["name"], "general");
        assert_eq!(founded["project_id"], founded["project"]["id"]);
        let listed = ada.get("/projects?capability=backend&min_budget=100000");
        let project = &listed[0];
        assert_eq!(project["id"], founded["project_id"]);
        assert_eq!(project["github_repo"], "https://github.com/org/repo");
        let levels: Vec<_> = project["positions"].as_array().expect("positions")
            .iter().map(|p| text(&p["role_level"])).collect();
        assert_eq!(levels, ["pm", "lead", "worker"]);
        assert_eq!(project["total_position_count"], 3);
        assert_eq!(ada.get("/projects?capability=cooking"), json!([]));
        assert_eq!(ada.get("/projects?max_budget=99999"), json!([]));
        assert_eq!(ada.get("/projects?status=completed"), json!([]));
        // The board shows the project too.
        let board = server.client().get("/api/projects").ok();
        assert_eq!(board["projects"][0]["id"], founded["project_id"]);
    }

    fn bad_projects_are_refused(engine: Engine) {
        let server = Server::start(engine);
        let ada = register(&server, "Ada");
        let good = json!({ "title": "Good title", "description": "Long enough, this is." });
        for more in [
            json!({ "title": "x" }),
            json!({ "title": null }),
            json!({ "description": "short" }),
            json!({ "description": 12 }),
            json!({ "budget_cents": -1 }),
            json!({ "budget_cents": 1.5 }),
            json!({ "github_repo": "not a link" }),
            json!({ "tags": vec!["t"; 21] }),
            json!({ "positions": [{ "title": "" }] }),
            json!({ "positions": [{ "title": "x", "max_agents": 0 }] }),
            json!({ "positions": vec![json!({ "title": "x" }); 21] }),
        ] {
            let mut body = good.clone();
            let fields = body.as_object_mut().expect("an object");
            fields.extend(more.as_object().expect("an object").clone());
            let answer = ada.post("/projects", body).send();
            assert_eq!(answer.status, 400, "{more}\n{answer}");
        }
        assert_eq!(ada.get("/projects"), json!([]));
    }

    fn positions_are_an_array_over_all_projects(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.register("Ada");
        office.position("worker", 1, &["React", "typescript"]);
        let found = ada.get("/positions?capability=react&role_level=worker");
        let position = &found.as_array().expect("an array")[0];
        assert_eq!(position["project"]["title"], "Build a REST API");
        assert!(position.get("budget_cap_cents").is_some());
        let leads = ada.get("/positions?role_level=project_manager");
        assert_eq!(leads[0]["role_level"], "pm");
        let of_project = ada.get(&format!("/positions?project_id={}&capability=REACT", office.project));
        assert_eq!(of_project.as_array().map(Vec::len), Some(1));
        ada.read("/positions?role_level=king").refused(400, "invalid_field");
        ada.read("/positions?project_id=7").refused(400, "invalid_field");
        let body = json!({ "project_id": office.project, "title": "Mine" });
        ada.post("/positions", body).refused(403, "managers_only");
    }

    fn an_application_is_made_once_and_decided_once(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.register("Ada");
        let position = office.position("worker", 1, &[]);
        let body = json!({ "position_id": position });
        ada.post("/apply", body).refused(400, "invalid_field");
        ada.post("/apply", json!({ "position_id": "x", "cover_letter": "y" })).refused(400, "invalid_field");
        let nobody = "01890a5d-ac96-774b-bcce-b302099a8057";
        ada.post("/apply", json!({ "position_id": nobody, "cover_letter": "y" }))
            .refused(404, "position_not_found");
        let body = json!({ "position_id": position, "cover_message": "The other spelling" });
        let applied = data(ada.post("/apply", body.clone()).send().expect_status(201).json);
        assert_eq!((&applied["status"], &applied["agent_key_id"]), (&json!("pending"), &json!(ada.id)));
        ada.post("/apply", body).refused(409, "already_applied");
        let application = text(&applied["id"]);
        let own = ada.post(&format!("/applications/{application}"), json!({ "action": "accept" }));
        own.refused(403, "managers_only");
        office.decide(&application, "maybe").refused(400, "invalid_field");
        office.decide(&application, "accept").ok();
        office.decide(&application, "reject").refused(400, "application_decided");
        assert_eq!(ada.get("/apply?status=accepted")[0]["id"], json!(application));
        assert_eq!(ada.get("/me")["memberships"][0]["project_id"], json!(office.project));
        office.audit();
    }

    fn the_last_seat_refuses_the_others(engine: Engine) {
        let office = Office::new(engine);
        let (ada, bob, eve) = (office.register("Ada"), office.register("Bob"), office.register("Eve"));
        let position = office.position("worker", 1, &[]);
        let first = office.apply(&ada, &position);
        office.apply(&bob, &position);
        // The path that people use takes the owner's key as well.
        let path = format!("/api/projects/{}/applications/{first}", office.project);
        office.owner.client.post(&path).json(json!({ "action": "accept" })).ok();
        assert_eq!(bob.get("/apply")[0]["status"], "rejected");
        let late = eve.post("/apply", json!({ "position_id": position, "cover_letter": "late" }));
        late.refused(400, "position_not_open");
        // An application of another project is not found on this path.
        let foreign = format!("/api/projects/01890a5d-ac96-774b-bcce-b302099a8057/applications/{first}");
        let asked = office.owner.client.post(&foreign).json(json!({ "action": "accept" }));
        asked.refused(404, "application_not_found");
        office.audit();
    }

    fn applications_are_withdrawn_and_projects_left(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.register("Ada");
        let position = office.position("worker", 1, &[]);
        let application = office.apply(&ada, &position);
        let withdraw = format!("/applications/{application}/withdraw");
        office.owner.post(&withdraw, json!({})).refused(403, "not_your_application");
        assert_eq!(data(ada.post(&withdraw, json!({})).ok())["status"], "withdrawn");
        office.decide(&application, "accept").refused(400, "application_decided");
        let bob = office.member("Bob", "worker");
        let ticket = office.ticket(json!({ "assignee_agent_key_id": bob.id }));
        let leave = format!("/projects/{}/leave", office.project);
        ada.post(&leave, json!({})).refused(404, "not_a_member");
        bob.post(&leave, json!({})).ok();
        let after = office.see(&text(&ticket["id"]));
        assert_eq!((&after["status"], &after["assignee_agent_key_id"]), (&json!("todo"), &Value::Null));
        bob.read(&format!("/tickets?project_id={}", office.project)).refused(403, "not_a_member");
        let open = office.owner.get(&format!("/positions?project_id={}&role_level=worker", office.project));
        assert_eq!(open.as_array().map(Vec::len), Some(2), "his seat is offered again");
        office.audit();
    }

    fn what_a_project_keeps_to_itself(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.register("Ada");
        let ticket = text(&office.ticket(json!({}))["id"]);
        for path in [
            format!("/tickets?project_id={}", office.project),
            format!("/tickets/{ticket}"),
        ] {
            ada.read(&path).refused(403, "not_a_member");
        }
        ada.read(&format!("/applications?project_id={}", office.project)).refused(403, "managers_only");
        let seen = ada.get(&format!("/projects/{}", office.project));
        assert_eq!(seen["members"], json!([]));
        let bob = office.member("Bob", "lead");
        assert_eq!(bob.get(&format!("/projects/{}", office.project))["members"][0]["role_level"], "lead");
        // A private ticket does not exist at the board.
        office.server.client().get(&format!("/api/tasks/{ticket}")).refused(404, "TASK_NOT_FOUND");
        let commit = ada.client.post(&format!("/api/tasks/{ticket}/commit"));
        commit.refused(404, "TASK_NOT_FOUND");
        assert_eq!(office.server.client().get("/api/tasks").ok()["total"], 0);
        let unknown = at("/tickets/01890a5d-ac96-774b-bcce-b302099a8057");
        ada.client.get(&unknown).refused(404, "ticket_not_found");
        ada.client.get(&at("/tickets/7")).refused(400, "invalid_field");
    }
}
