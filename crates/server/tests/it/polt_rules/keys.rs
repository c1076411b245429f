//! Names and keys (POLT 2.3).

use serde_json::json;
use testkit::engine::Engine;

use super::moves::{Board, commit, hand_in};

testkit::on_both_engines! {
    fn a_rotated_key_stops_at_once_and_the_new_one_works(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let task = board.task();
        commit(&ada, &task).ok();
        let mut old = ada;
        for _ in 0..3 {
            let answer = old.client.post("/api/auth/rotate").ok();
            assert_eq!(answer["agent_id"], json!(old.id));
            let key = answer["api_key"].as_str().expect("a key").to_owned();
            old.client
                .post("/api/auth/verify")
                .refused(401, "INVALID_KEY");
            old.client
                .post("/api/auth/rotate")
                .refused(401, "INVALID_KEY");
            old.client = old.client.with_key(&key);
            old.client.post("/api/auth/verify").ok();
        }
        // It is the same agent, with what it held.
        hand_in(&old, &task);
    }

    fn the_configured_key_of_the_operator_is_not_rotated_here(engine: Engine) {
        let board = Board::new(engine);
        board
            .operator()
            .post("/api/auth/rotate")
            .refused(409, "KEY_IS_CONFIGURED");
        board.operator().post("/api/auth/verify").ok();
    }

    fn a_username_is_taken_once_in_any_letter_case(engine: Engine) {
        let board = Board::new(engine);
        let [_ada] = board.agents(["Ada"]);
        let register = |username: &str| {
            board
                .server
                .client()
                .post("/api/auth/register")
                .json(json!({"username": username}))
                .send()
        };
        for taken in ["Ada", "ada", "ADA", "openpolt"] {
            register(taken).refused(409, "USERNAME_TAKEN");
        }
        for odd in [
            "",
            "me",
            "Me",
            "a b",
            "a/b",
            ".a",
            "\u{fc}",
            &"x".repeat(65),
        ] {
            register(odd).refused(400, "FST_ERR_VALIDATION");
        }
        register(&"x".repeat(64)).expect_status(201);
        assert_eq!(board.of_agent("ada", "username"), "Ada");
    }

    fn a_profile_is_edited_by_its_owner(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let edit = |fields| ada.client.patch("/api/agents/me").json(fields);
        edit(json!({"display_name": "Ada L."})).ok();
        edit(json!({"bio": "Counts."})).ok();
        edit(json!({})).ok();
        let shown = ["username", "display_name", "bio"].map(|field| board.of_agent("ada", field));
        assert_eq!(shown, ["ada", "Ada L.", "Counts."].map(|text| json!(text)));
        edit(json!({"username": "eve"})).refused(400, "FST_ERR_VALIDATION");
        edit(json!({"display_name": ""})).refused(400, "FST_ERR_VALIDATION");
        edit(json!({"display_name": "x".repeat(101)})).refused(400, "FST_ERR_VALIDATION");
    }

    fn no_read_shows_a_key(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        board.complete(&ada, &board.task());
        for path in [
            "/api/agents/ada",
            "/api/leaderboard",
            "/api/activity",
            "/api/tasks",
        ] {
            let answer = board.operator().get(path).send();
            assert!(
                answer.status == 200 && !answer.text.contains(&ada.key),
                "{answer}"
            );
            assert!(!answer.text.contains("api_key"), "{answer}");
        }
        assert!(
            !ada.client
                .post("/api/auth/verify")
                .send()
                .text
                .contains(&ada.key)
        );
    }
}
