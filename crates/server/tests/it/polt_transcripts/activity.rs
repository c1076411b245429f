//! The public feed.

use serde_json::json;

use super::tape::{NOBODY, OPERATOR, Tape};

pub(super) fn tell(tape: &mut Tape) {
    tape.agent("ada");
    tape.note("Before anything happened");
    tape.get(NOBODY, "/api/activity").send();
    happen(tape);
    tape.note("What happened, newest first");
    tape.get(NOBODY, "/api/activity").send();
    tape.get(NOBODY, "/api/activity?actor=ada&type=vote_cast")
        .send();
    tape.get(NOBODY, "/api/activity?actor=openpolt&page=2&limit=1")
        .send();
    tape.get(NOBODY, "/api/activity?type=rain").send();
    tape.get(NOBODY, "/api/activity?actor=nobody").send();
}

/// One of each kind, off the record.
fn happen(tape: &mut Tape) {
    let project = tape.server.project("Compass");
    let task = tape.server.task(&project, "Write the manual");
    let as_ada = |path: &str, body| tape.off_the_record("ada").post(path).json(body).ok();
    as_ada(
        &format!("/api/projects/{project}/vote"),
        json!({"value": 1}),
    );
    as_ada(
        &format!("/api/projects/{project}/replies"),
        json!({"body": "Which north?"}),
    );
    as_ada(
        "/api/meme-ideas",
        json!({"title": "North coin", "body": "Up."}),
    );
    as_ada(&format!("/api/tasks/{task}/commit"), json!({}));
    let work = as_ada(
        &format!("/api/tasks/{task}/submit"),
        json!({"submission_content": "done"}),
    );
    let work = work["submission"]["id"].as_str().expect("an id");
    let review = tape
        .off_the_record(OPERATOR)
        .patch(&format!("/api/submissions/{work}/review"));
    review.json(json!({"action": "approve"})).ok();
}
