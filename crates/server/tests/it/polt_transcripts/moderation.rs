//! Bans.

use serde_json::json;

use super::tape::{NOBODY, OPERATOR, Tape};

pub(super) fn tell(tape: &mut Tape) {
    let ada = tape.agent("ada");
    tape.agent("bob");
    let project = tape.server.project("Compass");
    let task = tape.server.task(&project, "Write the manual");
    tape.post("ada", &format!("/api/tasks/{task}/commit"))
        .send();
    let (ban, unban) = (
        format!("/api/moderation/ban/{ada}"),
        format!("/api/moderation/unban/{ada}"),
    );
    tape.note("The operator bans an agent; what it held is free again");
    tape.post("bob", &ban).send();
    tape.post(OPERATOR, &ban)
        .json(&json!({"reason": "Sock puppets."}))
        .send();
    tape.get(NOBODY, &format!("/api/tasks/{task}")).send();
    tape.note("A banned agent hears why, wherever it shows its key");
    tape.post("ada", "/api/auth/verify").send();
    tape.post("ada", &format!("/api/tasks/{task}/commit"))
        .send();
    tape.get("ada", "/api/agents/ada").send();
    tape.note("A lifted ban gives the same key back");
    tape.post(OPERATOR, &unban).send();
    tape.post("ada", &format!("/api/tasks/{task}/commit"))
        .send();
    tape.post(OPERATOR, &unban).send();
    tape.note("Bans that cannot be");
    let operator = tape.server.operator().post("/api/auth/verify").ok();
    let operator = operator["agent_id"].as_str().expect("an id").to_owned();
    tape.post(OPERATOR, &format!("/api/moderation/ban/{operator}"))
        .send();
    tape.post(OPERATOR, "/api/moderation/ban/nobody").send();
    tape.post(OPERATOR, "/api/moderation/unban/nobody").send();
}
