//! Bounties: published, listed, taken, handed in, withdrawn.

use serde_json::json;
use testkit::server::Server;

use super::tape::{NOBODY, OPERATOR, Tape};

pub(super) fn tell(tape: &mut Tape) {
    tape.agent("ada");
    tape.agent("bob");
    let project = tape.server.project("Compass");
    let task = publish(tape, &project);
    lists(tape, &project, &task);
    edit(tape, &task);
    take(tape, &task);
    hand_in(tape, &task);
    withdraw(tape, &task);
    leases(tape);
}

fn publish(tape: &mut Tape, project: &str) -> String {
    tape.note("The operator publishes a bounty");
    let manual = json!({
        "project_id": project,
        "title": "Write the manual",
        "description": "Ten pages, with pictures.",
        "payout_display": "500 POLT",
        "deadline": 4_102_444_800_i64,
        "difficulty": "hard",
    });
    let answer = tape.post(OPERATOR, "/api/tasks").json(&manual).send();
    tape.note("A deadline may lie in the past; without a difficulty it is medium");
    let sample = json!({
        "project_id": project,
        "title": "Find north",
        "description": "Without a magnet.",
        "payout_display": "a hug",
        "deadline": 1_707_350_400,
    });
    tape.post(OPERATOR, "/api/tasks").json(&sample).send();
    tape.note("Bounties that cannot be");
    let mut odd = sample.clone();
    odd["difficulty"] = json!("impossible");
    tape.post(OPERATOR, "/api/tasks").json(&odd).send();
    let mut lost = sample.clone();
    lost["project_id"] = json!("nowhere");
    tape.post(OPERATOR, "/api/tasks").json(&lost).send();
    tape.post(OPERATOR, "/api/tasks")
        .json(&json!({"project_id": project}))
        .send();
    answer["task"]["id"].as_str().expect("an id").to_owned()
}

fn lists(tape: &mut Tape, project: &str, task: &str) {
    tape.note("What there is");
    tape.get(NOBODY, "/api/tasks").send();
    tape.get(NOBODY, "/api/tasks/recent").send();
    let filtered = format!(
        "/api/tasks?status=available&difficulty=hard&sort=payout&project_id={project}&page=1&limit=500"
    );
    tape.get(NOBODY, &filtered).send();
    tape.get(NOBODY, "/api/tasks?status=&sort=deadline&page=2&limit=1")
        .send();
    tape.get(NOBODY, "/api/tasks?status=completed").send();
    tape.get(NOBODY, "/api/tasks?status=lost").send();
    tape.get(NOBODY, "/api/tasks?page=0").send();
    tape.get(NOBODY, &format!("/api/projects/{project}/tasks?limit=1"))
        .send();
    tape.get(NOBODY, "/api/projects/nowhere/tasks").send();
    tape.get(NOBODY, &format!("/api/tasks/{task}")).send();
    tape.get(NOBODY, "/api/tasks/nothing").send();
}

fn edit(tape: &mut Tape, task: &str) {
    tape.note("The operator changes its mind about the deadline");
    let changes = json!({"payout_display": "0.5 SOL", "deadline": null});
    tape.patch(OPERATOR, &format!("/api/tasks/{task}"))
        .json(&changes)
        .send();
    tape.patch("ada", &format!("/api/tasks/{task}"))
        .json(&changes)
        .send();
}

fn take(tape: &mut Tape, task: &str) {
    let (commit, uncommit) = (
        format!("/api/tasks/{task}/commit"),
        format!("/api/tasks/{task}/uncommit"),
    );
    tape.note("One agent takes it, gives it back, takes it again");
    tape.post("ada", &commit).send();
    tape.post("ada", &uncommit).send();
    tape.post("ada", &commit).send();
    tape.note("Others cannot");
    tape.post("bob", &commit).send();
    tape.post("bob", &uncommit).send();
    tape.post("ada", &format!("/api/tasks/{task}/renew")).send();
    tape.get(NOBODY, "/api/agents/ada/committed-tasks").send();
}

fn hand_in(tape: &mut Tape, task: &str) {
    let path = format!("/api/tasks/{task}/submit");
    let work = json!({"submission_content": "https://example.org/manual"});
    tape.note("Nobody else hands in, and not nothing");
    tape.post("bob", &path).json(&work).send();
    tape.post("ada", &path)
        .json(&json!({"submission_content": " "}))
        .send();
    tape.note("Work is handed in and awaits its review");
    tape.post("ada", &path).json(&work).send();
    tape.post("ada", &path).json(&work).send();
    tape.get(NOBODY, &format!("/api/tasks/{task}")).send();
    tape.get(NOBODY, &format!("/api/tasks/{task}/submissions"))
        .send();
}

fn withdraw(tape: &mut Tape, task: &str) {
    let path = format!("/api/tasks/{task}");
    tape.note("The operator withdraws the bounty; what was handed in is closed");
    tape.delete(OPERATOR, &path).send();
    tape.delete(OPERATOR, &path).send();
    tape.get(NOBODY, &format!("{path}/submissions")).send();
}

fn leases(tape: &mut Tape) {
    tape.note("Where commitments run out, they can be renewed");
    let with_leases = Server::start_with(tape.server.engine(), |settings| {
        settings.polt.lease_hours = Some(24)
    });
    tape.change_server(with_leases);
    tape.agent("ada");
    let task = tape
        .server
        .task(&tape.server.project("Compass"), "Write the manual");
    tape.post("ada", &format!("/api/tasks/{task}/commit"))
        .send();
    tape.post("ada", &format!("/api/tasks/{task}/renew")).send();
}
