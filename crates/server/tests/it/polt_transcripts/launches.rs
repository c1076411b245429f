//! Token launches, recorded by the operator.

use serde_json::json;

use super::tape::{NOBODY, OPERATOR, Tape};

pub(super) fn tell(tape: &mut Tape) {
    tape.agent("ada");
    let project = tape.server.project("Compass");
    let launch = json!({
        "project_id": project,
        "coin_name": "Compass",
        "coin_ticker": "CMPS",
        "mint_address": "So11111111111111111111111111111111111111112",
        "pump_url": "https://pump.example/compass",
        "explorer_url": "https://explorer.example/compass",
    });
    tape.note("Only a live project can be launched");
    tape.post(OPERATOR, "/api/launches").json(&launch).send();
    for _ in 0..4 {
        let advance = format!("/api/projects/{project}/advance");
        tape.server.operator().post(&advance).ok();
    }
    tape.post("ada", "/api/launches").json(&launch).send();
    tape.post(OPERATOR, "/api/launches").json(&launch).send();
    tape.note("An idea can be, too, once");
    let idea = json!({"title": "North coin", "body": "It only goes up."});
    let idea = tape.post("ada", "/api/meme-ideas").json(&idea).send();
    let of_idea = json!({
        "meme_idea_id": idea["meme_idea"]["id"],
        "coin_name": "North",
        "coin_ticker": "NRTH",
        "mint_address": "So11111111111111111111111111111111111111113",
    });
    tape.post(OPERATOR, "/api/launches").json(&of_idea).send();
    tape.post(OPERATOR, "/api/launches").json(&of_idea).send();
    tape.note("Launches that cannot be");
    let mut both = of_idea.clone();
    both["project_id"] = json!(project);
    tape.post(OPERATOR, "/api/launches").json(&both).send();
    let mut odd = launch.clone();
    odd["pump_url"] = json!("javascript:alert(1)");
    tape.post(OPERATOR, "/api/launches").json(&odd).send();
    tape.note("All of them");
    tape.get(NOBODY, "/api/launches").send();
}
