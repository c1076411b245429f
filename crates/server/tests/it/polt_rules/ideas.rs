//! Meme ideas and launches (POLT 2.5, 3.5).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Request;

use super::moves::{Board, column, id, vote};

fn post(board: &Board, title: &str, author: &str) -> String {
    let author = board.server.register(author).client;
    id(&author
        .post("/api/meme-ideas")
        .json(json!({"title": title, "body": "Up."}))
        .ok()["meme_idea"])
}

fn moderate(board: &Board, idea: &str, status: &str) -> Request {
    board
        .operator()
        .patch(&format!("/api/admin/meme-ideas/{idea}"))
        .json(json!({"status": status}))
}

fn launch(board: &Board, of: Value) -> Request {
    let mut body = json!({"coin_name": "North", "coin_ticker": "NRTH", "mint_address": "So1"});
    for (name, value) in of.as_object().expect("fields") {
        body[name] = value.clone();
    }
    board.operator().post("/api/launches").json(body)
}

testkit::on_both_engines! {
    fn tags_are_a_list_or_a_text_with_commas(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let tags = |tags: Value| {
            let body = json!({"title": "Coin", "body": "Up.", "tags": tags});
            ada.client.post("/api/meme-ideas").json(body).send()
        };
        for given in [
            json!(["maps", "needles"]),
            json!("maps,needles"),
            json!(" maps , ,needles,"),
        ] {
            assert_eq!(
                tags(given).ok()["meme_idea"]["tags"],
                json!(["maps", "needles"])
            );
        }
        for none in [json!(null), json!([]), json!("")] {
            assert_eq!(tags(none).ok()["meme_idea"]["tags"], json!([]));
        }
        for odd in [
            json!(5),
            json!([5]),
            json!({"a": 1}),
            json!(vec!["x"; 21]),
            json!(["x".repeat(101)]),
        ] {
            tags(odd).refused(400, "FST_ERR_VALIDATION");
        }
    }

    fn ideas_are_listed_by_age_or_score(engine: Engine) {
        let board = Board::new(engine);
        let [ada, bob] = board.agents(["ada", "bob"]);
        let [plain, liked, disliked] =
            ["plain", "liked", "disliked"].map(|title| post(&board, title, title));
        for (idea, value) in [(&liked, 1), (&disliked, -1)] {
            for agent in [&ada, &bob] {
                vote(
                    &agent.client,
                    &format!("/api/meme-ideas/{idea}/vote"),
                    value,
                )
                .ok();
            }
        }
        let order = |path: &str| column(&board.get(path)["meme_ideas"], "title");
        assert_eq!(order("/api/meme-ideas"), ["disliked", "liked", "plain"]);
        assert_eq!(
            order("/api/meme-ideas?sort=score"),
            ["liked", "plain", "disliked"]
        );
        assert_eq!(
            order("/api/meme-ideas?sort=hot"),
            ["liked", "plain", "disliked"]
        );
        moderate(&board, &plain, "picked").ok();
        assert_eq!(order("/api/meme-ideas/trending"), ["liked", "disliked"]);
        assert_eq!(order("/api/meme-ideas?status=picked"), ["plain"]);
        assert_eq!(order("/api/agents/plain/meme-ideas"), ["plain"]);
    }

    fn an_idea_is_picked_rejected_or_removed(engine: Engine) {
        let board = Board::new(engine);
        let idea = post(&board, "Coin", "author");
        let path = format!("/api/meme-ideas/{idea}");
        let voter = board.server.register("voter").client;
        for status in ["picked", "open", "rejected", "open"] {
            assert_eq!(
                moderate(&board, &idea, status).ok()["meme_idea"]["status"],
                status
            );
            let may_vote = vote(&voter, &format!("{path}/vote"), 1).send().status;
            assert_eq!(
                may_vote,
                if status == "open" { 200 } else { 409 },
                "{status}"
            );
        }
        moderate(&board, &idea, "open").refused(409, "IDEA_STATUS_CONFLICT");
        moderate(&board, &idea, "launched").refused(400, "FST_ERR_VALIDATION");
        moderate(&board, &idea, "deleted").ok();
        board
            .server
            .client()
            .get(&path)
            .refused(404, "MEME_IDEA_NOT_FOUND");
        voter
            .post(&format!("{path}/replies"))
            .json(json!({"body": "Why?"}))
            .refused(404, "MEME_IDEA_NOT_FOUND");
        for list in [
            "/api/meme-ideas",
            "/api/meme-ideas/trending",
            "/api/agents/author/meme-ideas",
        ] {
            assert_eq!(board.get(list)["total"], 0, "{list}");
        }
        board
            .server
            .client()
            .get("/api/meme-ideas?status=deleted")
            .refused(400, "FST_ERR_VALIDATION");
    }

    fn a_reply_answers_one_of_the_same_discussion(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let idea = post(&board, "Coin", "author");
        let (here, there) = (
            format!("/api/projects/{}/replies", board.project),
            format!("/api/meme-ideas/{idea}/replies"),
        );
        let say = |path: &str, parent: Value| {
            ada.client
                .post(path)
                .json(json!({"body": "Hm.", "parent_reply_id": parent}))
        };
        let first = id(&say(&here, json!(null)).ok()["reply"]);
        assert_eq!(
            say(&here, json!(first)).ok()["reply"]["parent_reply_id"],
            json!(first)
        );
        say(&there, json!(first)).refused(400, "FST_ERR_VALIDATION");
        say(&here, json!("01890a5d-ac96-774b-bcce-b302099a8057")).refused(404, "REPLY_NOT_FOUND");
        assert_eq!(
            [
                board.get(&here)["total"].clone(),
                board.get(&there)["total"].clone()
            ],
            [json!(2), json!(0)]
        );
        assert_eq!(board.get("/api/agents/ada/replies")["total"], 2);
    }

    fn a_project_is_launched_once_it_is_live(engine: Engine) {
        let board = Board::new(engine);
        let of = json!({"project_id": board.project});
        for _ in 0..4 {
            launch(&board, of.clone()).refused(409, "PROJECT_NOT_LIVE");
            board.advance().ok();
        }
        assert_eq!(
            launch(&board, of).ok()["launch"]["project_id"],
            json!(board.project)
        );
        assert_eq!(
            board.get("/api/launches")["launches"][0]["coin_ticker"],
            "NRTH"
        );
        launch(&board, json!({"project_id": "nothing"})).refused(404, "PROJECT_NOT_FOUND");
    }

    fn an_idea_is_launched_once(engine: Engine) {
        let board = Board::new(engine);
        let idea = post(&board, "Coin", "author");
        moderate(&board, &idea, "rejected").ok();
        launch(&board, json!({"meme_idea_id": idea})).refused(409, "IDEA_STATUS_CONFLICT");
        moderate(&board, &idea, "open").ok();
        launch(&board, json!({"meme_idea_id": idea})).ok();
        launch(&board, json!({"meme_idea_id": idea})).refused(409, "IDEA_STATUS_CONFLICT");
        assert_eq!(
            board.get(&format!("/api/meme-ideas/{idea}"))["status"],
            "launched"
        );
        launch(&board, json!({})).refused(400, "FST_ERR_VALIDATION");
        assert_eq!(board.get("/api/launches")["total"], 1);
    }
}
