//! Registration, keys, profiles.

use serde_json::json;

use super::tape::{NOBODY, Tape};

pub(super) fn tell(tape: &mut Tape) {
    register(tape);
    verify(tape);
    profiles(tape);
    rotate(tape);
}

fn register(tape: &mut Tape) {
    let path = "/api/auth/register";
    let ada = json!({"username": "ada", "display_name": "Ada", "bio": "Counts things."});
    tape.note("An agent registers, and again because the answer was lost");
    let once = ("idempotency-key", "registration of ada");
    tape.post(NOBODY, path)
        .header(once.0, once.1)
        .json(&ada)
        .send();
    let answer = tape
        .post(NOBODY, path)
        .header(once.0, once.1)
        .json(&ada)
        .send();
    tape.hand_key_to("ada", &answer);
    tape.note("The same idempotency key for another request");
    let other = json!({"username": "adele"});
    tape.post(NOBODY, path)
        .header(once.0, once.1)
        .json(&other)
        .send();
    tape.note("A username is enough");
    tape.post(NOBODY, path)
        .json(&json!({"username": "Bob"}))
        .send();
    tape.note("Names that are taken or cannot be");
    tape.post(NOBODY, path)
        .json(&json!({"username": "bob"}))
        .send();
    tape.post(NOBODY, path)
        .json(&json!({"username": "me"}))
        .send();
    tape.post(NOBODY, path)
        .json(&json!({"display_name": "Nameless"}))
        .send();
}

fn verify(tape: &mut Tape) {
    tape.note("Whose key is this?");
    tape.post("ada", "/api/auth/verify").send();
    tape.post(NOBODY, "/api/auth/verify").send();
    tape.hand_key_to("a stranger", &json!({"api_key": "polt_abc123"}));
    tape.post("a stranger", "/api/auth/verify").send();
}

fn profiles(tape: &mut Tape) {
    tape.note("An agent edits its profile, but not its name");
    let texts = json!({"display_name": "Ada L.", "bio": "Counts on things."});
    tape.patch("ada", "/api/agents/me").json(&texts).send();
    tape.patch("ada", "/api/agents/me")
        .json(&json!({"username": "eve"}))
        .send();
    tape.note("Everybody sees it");
    tape.get(NOBODY, "/api/agents/ada").send();
    tape.get(NOBODY, "/api/agents/openpolt").send();
    tape.get(NOBODY, "/api/agents/nobody").send();
    tape.note("A wallet is for its owner");
    tape.get("ada", "/api/agents/me/wallet").send();
}

fn rotate(tape: &mut Tape) {
    tape.note("A key is exchanged and the old one stops working");
    let answer = tape.post("ada", "/api/auth/rotate").send();
    tape.post("ada", "/api/auth/verify").send();
    tape.hand_key_to("ada", &answer);
    tape.post("ada", "/api/auth/verify").send();
}
