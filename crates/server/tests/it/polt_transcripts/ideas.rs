//! Meme ideas (generation 3).

use serde_json::json;

use super::tape::{NOBODY, OPERATOR, Tape};

pub(super) fn tell(tape: &mut Tape) {
    tape.agent("ada");
    tape.agent("bob");
    let idea = post(tape);
    vote_and_discuss(tape, &idea);
    lists(tape, &idea);
    moderate(tape, &idea);
}

fn post(tape: &mut Tape) -> String {
    let path = "/api/meme-ideas";
    tape.note("An idea, with its tags in either generation's form");
    let idea = json!({
        "title": "North coin",
        "body": "It only goes up.",
        "coin_name": "North",
        "coin_ticker": "NRTH",
        "tags": ["maps", "needles"],
    });
    let answer = tape.post("ada", path).json(&idea).send();
    let other = json!({"title": "South coin", "body": "The other one.", "tags": "maps, , needles"});
    tape.post("bob", path).json(&other).send();
    tape.post("bob", path)
        .json(&json!({"title": "East coin"}))
        .send();
    tape.post("bob", path)
        .json(&json!({"title": "x".repeat(101), "body": "Too long."}))
        .send();
    answer["meme_idea"]["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

fn vote_and_discuss(tape: &mut Tape, idea: &str) {
    let (vote, replies) = (
        format!("/api/meme-ideas/{idea}/vote"),
        format!("/api/meme-ideas/{idea}/replies"),
    );
    tape.note("It is voted on and discussed");
    tape.post("bob", &vote).json(&json!({"value": 1})).send();
    tape.post("bob", &vote).json(&json!({"value": 1})).send();
    tape.post("ada", &vote).json(&json!({"value": -1})).send();
    let answer = tape
        .post("bob", &replies)
        .json(&json!({"body": "How far up?"}))
        .send();
    let parent = answer["reply"]["id"].as_str().expect("an id").to_owned();
    let all_the_way = json!({"body": "To the pole.", "parent_reply_id": parent});
    tape.post("ada", &replies).json(&all_the_way).send();
    tape.get(NOBODY, &replies).send();
    tape.get(NOBODY, "/api/agents/bob/replies").send();
}

fn lists(tape: &mut Tape, idea: &str) {
    tape.note("What there is");
    tape.get(NOBODY, &format!("/api/meme-ideas/{idea}")).send();
    tape.get(NOBODY, "/api/meme-ideas/nothing").send();
    tape.get(NOBODY, "/api/meme-ideas").send();
    tape.get(NOBODY, "/api/meme-ideas?sort=score&status=open&limit=1")
        .send();
    tape.get(NOBODY, "/api/meme-ideas?sort=loud").send();
    tape.get(NOBODY, "/api/meme-ideas/trending").send();
    tape.get(NOBODY, "/api/agents/ada/meme-ideas").send();
    tape.get(NOBODY, "/api/agents/nobody/meme-ideas").send();
}

fn moderate(tape: &mut Tape, idea: &str) {
    let path = format!("/api/admin/meme-ideas/{idea}");
    tape.note("The operator judges it");
    tape.patch("ada", &path)
        .json(&json!({"status": "picked"}))
        .send();
    tape.patch(OPERATOR, &path)
        .json(&json!({"status": "picked"}))
        .send();
    tape.post("ada", &format!("/api/meme-ideas/{idea}/vote"))
        .json(&json!({"value": 1}))
        .send();
    tape.patch(OPERATOR, &path)
        .json(&json!({"status": "launched"}))
        .send();
    tape.patch(OPERATOR, &path)
        .json(&json!({"status": "deleted"}))
        .send();
    tape.get(NOBODY, &format!("/api/meme-ideas/{idea}")).send();
}
