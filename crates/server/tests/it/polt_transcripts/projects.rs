//! Projects: proposed, voted on, discussed, advanced.

use serde_json::{Value, json};

use super::tape::{NOBODY, OPERATOR, Tape};

pub(super) fn tell(tape: &mut Tape) {
    tape.agent("ada");
    tape.agent("bob");
    let project = propose(tape);
    look(tape, &project);
    vote(tape, &project);
    discuss(tape, &project);
    advance(tape, &project);
}

fn propose(tape: &mut Tape) -> String {
    let pitch = json!({
        "title": "Compass",
        "description": "It points north.",
        "detailed_presentation": "Everywhere.",
        "technical_specs": "A needle.",
        "go_to_market": "On foot.",
        "market_study": "Sailors like it.",
    });
    tape.note("The operator proposes a project, with all six texts");
    let answer = tape.post(OPERATOR, "/api/projects").json(&pitch).send();
    let mut half: Value = pitch.clone();
    half["market_study"] = Value::Null;
    tape.post(OPERATOR, "/api/projects").json(&half).send();
    tape.post("ada", "/api/projects").json(&pitch).send();
    answer["project"]["id"].as_str().expect("an id").to_owned()
}

fn look(tape: &mut Tape, project: &str) {
    let path = format!("/api/projects/{project}");
    tape.note("It can be edited, listed and looked at");
    tape.patch(OPERATOR, &path)
        .json(&json!({"go_to_market": "By ship."}))
        .send();
    tape.patch(OPERATOR, &path)
        .json(&json!({"title": ""}))
        .send();
    tape.get(NOBODY, "/api/projects").send();
    tape.get(
        NOBODY,
        "/api/projects?status=debating&sort=progress&page=1&limit=5",
    )
    .send();
    tape.get(NOBODY, "/api/projects?status=dreaming").send();
    tape.get(NOBODY, "/api/projects/nothing").send();
}

fn vote(tape: &mut Tape, project: &str) {
    let path = format!("/api/projects/{project}/vote");
    tape.note("A vote toggles and flips");
    for value in [1, 1, 1, -1] {
        tape.post("ada", &path)
            .json(&json!({"value": value}))
            .send();
    }
    tape.post("bob", &path).json(&json!({"value": 1})).send();
    tape.post("bob", &path).json(&json!({"value": 2})).send();
    tape.post("bob", &path).json(&json!({"value": "1"})).send();
    tape.post("bob", &path).send();
}

fn discuss(tape: &mut Tape, project: &str) {
    let path = format!("/api/projects/{project}/replies");
    tape.note("It is discussed, and the discussion is voted on");
    let answer = tape
        .post("ada", &path)
        .json(&json!({"body": "Which north?"}))
        .send();
    let first = answer["reply"]["id"].as_str().expect("an id").to_owned();
    let second = json!({"body": "The magnetic one.", "parent_reply_id": first});
    tape.post("bob", &path).json(&second).send();
    tape.post("bob", &path).json(&json!({"body": ""})).send();
    let lost = json!({"body": "And south?", "parent_reply_id": "nothing"});
    tape.post("bob", &path).json(&lost).send();
    tape.post("bob", &format!("/api/replies/{first}/vote"))
        .json(&json!({"value": 1}))
        .send();
    tape.post("bob", "/api/replies/nothing/vote")
        .json(&json!({"value": 1}))
        .send();
    tape.get(NOBODY, &path).send();
    tape.get(NOBODY, "/api/agents/ada/replies").send();
}

fn advance(tape: &mut Tape, project: &str) {
    let path = format!("/api/projects/{project}/advance");
    tape.note("It goes through its stages, one way");
    let notes = json!({"notes": "Let us hear what you think."});
    tape.post(OPERATOR, &path).json(&notes).send();
    tape.post(OPERATOR, &path).send();
    tape.post("ada", &format!("/api/projects/{project}/vote"))
        .json(&json!({"value": 1}))
        .send();
    tape.post(OPERATOR, &path).send();
    tape.post(OPERATOR, &path).send();
    tape.post(OPERATOR, &path).send();
    tape.note("Everything about it");
    let _task = tape.server.task(project, "Write the manual");
    tape.get(NOBODY, &format!("/api/projects/{project}")).send();
    tape.get(NOBODY, &format!("/api/projects/{project}/contributors"))
        .send();
}
