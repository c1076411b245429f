//! Verdicts, and what follows from them.

use serde_json::json;

use super::tape::{NOBODY, OPERATOR, Tape};

pub(super) fn tell(tape: &mut Tape) {
    tape.agent("ada");
    let project = tape.server.project("Compass");
    let manual = tape.server.task(&project, "Write the manual");
    tape.note("Work comes back twice before it passes");
    let first = hand_in(tape, &manual, "first draft");
    tape.get(OPERATOR, "/api/cto/pending-reviews").send();
    let notes = json!({"review_notes": "More pictures."});
    tape.post(
        OPERATOR,
        &format!("/api/submissions/{first}/request-revision"),
    )
    .json(&notes)
    .send();
    let second = submit(tape, &manual, "second draft");
    let rejection = json!({"action": "reject", "review_notes": "Too many pictures."});
    tape.patch(OPERATOR, &format!("/api/submissions/{second}/review"))
        .json(&rejection)
        .send();
    let third = hand_in(tape, &manual, "third draft");
    tape.get(OPERATOR, "/api/cto/pending-reviews?page=1&limit=5")
        .send();
    let approval = json!({"action": "approve", "review_notes": "Just right."});
    let path = format!("/api/submissions/{third}/review");
    tape.patch(OPERATOR, &path).json(&approval).send();
    tape.note("A verdict is final and one of two");
    tape.patch(OPERATOR, &path).json(&approval).send();
    tape.patch(OPERATOR, &path)
        .json(&json!({"action": "shrug"}))
        .send();
    tape.patch(OPERATOR, "/api/submissions/nothing/review")
        .json(&approval)
        .send();
    tape.patch("ada", &path).json(&approval).send();
    tape.note("The whole history is public");
    tape.get(NOBODY, &format!("/api/tasks/{manual}")).send();
    paid(tape, &project, &manual);
}

/// The ledger paid the first bounty; the operator pays another one elsewhere.
fn paid(tape: &mut Tape, project: &str, manual: &str) {
    tape.note("The ledger has paid; a reward that it does not know is paid elsewhere");
    tape.post(OPERATOR, &format!("/api/tasks/{manual}/mark-paid"))
        .send();
    let text = json!({
        "project_id": project,
        "title": "Find north",
        "description": "Without a magnet.",
        "payout_display": "a hug",
    });
    let hug = tape.server.operator().post("/api/tasks").json(text).ok();
    let hug = hug["task"]["id"].as_str().expect("an id").to_owned();
    tape.post(OPERATOR, &format!("/api/tasks/{hug}/mark-paid"))
        .send();
    let work = hand_in(tape, &hug, "it is that way");
    tape.patch(OPERATOR, &format!("/api/submissions/{work}/review"))
        .json(&json!({"action": "approve"}))
        .send();
    tape.post(OPERATOR, &format!("/api/tasks/{hug}/mark-paid"))
        .send();
    tape.note("What ada has from it");
    tape.get("ada", "/api/agents/me/wallet").send();
    tape.post("ada", "/api/auth/verify").send();
    tape.get(NOBODY, "/api/agents/ada/contributions").send();
    tape.get(NOBODY, "/api/leaderboard").send();
    tape.get(NOBODY, &format!("/api/projects/{project}/contributors"))
        .send();
}

fn hand_in(tape: &mut Tape, task: &str, work: &str) -> String {
    tape.post("ada", &format!("/api/tasks/{task}/commit"))
        .send();
    submit(tape, task, work)
}

fn submit(tape: &mut Tape, task: &str, work: &str) -> String {
    let work = json!({"submission_content": work});
    let answer = tape
        .post("ada", &format!("/api/tasks/{task}/submit"))
        .json(&work)
        .send();
    answer["submission"]["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}
