//! Votes and stages (POLT 3.2, 3.3).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Client;

use super::moves::{Board, column, id, vote};

/// Casts a vote; gives (the vote now, for, against, score).
fn cast(client: &Client, path: &str, value: i64) -> [Value; 4] {
    let answer = vote(client, path, value).ok();
    ["vote", "upvotes", "downvotes", "score"].map(|field| answer[field].clone())
}

testkit::on_both_engines! {
    fn a_vote_toggles_and_flips(engine: Engine) {
        let board = Board::new(engine);
        let [ada, bob] = board.agents(["ada", "bob"]);
        let path = format!("/api/projects/{}/vote", board.project);
        assert_eq!(
            cast(&ada.client, &path, 1),
            [json!(1), json!(1), json!(0), json!(1)]
        );
        assert_eq!(
            cast(&ada.client, &path, 1),
            [json!(null), json!(0), json!(0), json!(0)]
        );
        assert_eq!(
            cast(&ada.client, &path, 1),
            [json!(1), json!(1), json!(0), json!(1)]
        );
        assert_eq!(
            cast(&ada.client, &path, -1),
            [json!(-1), json!(0), json!(1), json!(-1)]
        );
        assert_eq!(
            cast(&bob.client, &path, -1),
            [json!(-1), json!(0), json!(2), json!(-2)]
        );
        assert_eq!(
            cast(&board.operator(), &path, 1),
            [json!(1), json!(1), json!(2), json!(-1)]
        );
        let project = board.get(&format!("/api/projects/{}", board.project));
        assert_eq!(
            (&project["score"], &project["vote_count"]),
            (&json!(-1), &json!(3))
        );
    }

    fn replies_and_ideas_are_voted_on_in_the_same_way(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let said = ada
            .client
            .post(&format!("/api/projects/{}/replies", board.project));
        let reply = id(&said.json(json!({"body": "North?"})).ok()["reply"]);
        let pitched = ada
            .client
            .post("/api/meme-ideas")
            .json(json!({"title": "Coin", "body": "Up."}));
        let idea = id(&pitched.ok()["meme_idea"]);
        for path in [
            format!("/api/replies/{reply}/vote"),
            format!("/api/meme-ideas/{idea}/vote"),
        ] {
            assert_eq!(
                cast(&ada.client, &path, -1),
                [json!(-1), json!(0), json!(1), json!(-1)]
            );
            assert_eq!(
                cast(&ada.client, &path, 1),
                [json!(1), json!(1), json!(0), json!(1)]
            );
            assert_eq!(
                cast(&ada.client, &path, 1),
                [json!(null), json!(0), json!(0), json!(0)]
            );
        }
    }

    fn only_one_and_minus_one_are_votes(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let path = format!("/api/projects/{}/vote", board.project);
        let odd = [
            json!(0),
            json!(2),
            json!(-2),
            json!("1"),
            json!(1.5),
            json!(true),
            json!(null),
            json!([1]),
        ];
        for value in odd {
            ada.client
                .post(&path)
                .json(json!({"value": value}))
                .refused(400, "FST_ERR_VALIDATION");
        }
        ada.client
            .post(&path)
            .json(json!({}))
            .refused(400, "FST_ERR_VALIDATION");
        assert_eq!(
            board.get(&format!("/api/projects/{}", board.project))["vote_count"],
            0
        );
    }

    fn stages_go_one_way_and_close_the_vote(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let path = format!("/api/projects/{}", board.project);
        let may_vote = || vote(&ada.client, &format!("{path}/vote"), 1).send().status;
        let mut seen = vec![(board.get(&path)["status"].clone(), may_vote())];
        for _ in 0..4 {
            let stage = board.advance().ok()["project"]["status"].clone();
            seen.push((stage, may_vote()));
        }
        let expected = [
            ("idea", 200),
            ("voting", 200),
            ("development", 409),
            ("testing", 409),
            ("live", 409),
        ];
        assert_eq!(seen, expected.map(|(stage, status)| (json!(stage), status)));
        vote(&ada.client, &format!("{path}/vote"), 1).refused(409, "VOTING_CLOSED");
        board.advance().refused(409, "PROJECT_ALREADY_LIVE");
        // Discussion and work go on in every stage.
        ada.client
            .post(&format!("{path}/replies"))
            .json(json!({"body": "Well done."}))
            .ok();
        board.task();
        let milestones = board.get(&path)["milestones"].clone();
        assert_eq!(
            column(&milestones, "stage"),
            ["voting", "development", "testing", "live"]
        );
    }

    fn debating_is_another_word_for_voting(engine: Engine) {
        let board = Board::new(engine);
        let _other = board.server.project("Map");
        board.advance().json(json!({"notes": "Speak up."})).ok();
        for word in ["voting", "debating"] {
            let found = board.get(&format!("/api/projects?status={word}"));
            assert_eq!(column(&found["projects"], "id"), [board.project.as_str()]);
            assert_eq!(found["projects"][0]["status"], "voting");
        }
        let details = board.get(&format!("/api/projects/{}", board.project));
        assert_eq!(details["milestones"][0]["notes"], "Speak up.");
    }
}
