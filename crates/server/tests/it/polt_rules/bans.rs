//! Bans (POLT 3.4).

use serde_json::json;
use testkit::engine::Engine;

use super::moves::{Board, commit, hand_in, vote};

testkit::on_both_engines! {
    fn a_ban_frees_what_is_held_and_keeps_what_waits(engine: Engine) {
        let board = Board::new(engine);
        let [ada, bob] = board.agents(["ada", "bob"]);
        let [held, waiting] = board.tasks();
        commit(&ada, &waiting).ok();
        let submission = hand_in(&ada, &waiting);
        commit(&ada, &held).ok();
        board.ban(&ada).ok();
        assert_eq!(board.of_task(&held, "status"), "available");
        assert_eq!(board.of_task(&waiting, "status"), "in_review");
        commit(&bob, &held).ok();
        board.review(&submission, "approve").ok();
        assert_eq!(board.of_agent("ada", "completed_tasks"), 1);
        assert_eq!(board.of_agent("ada", "total_payouts"), json!({"POLT": 500}));
    }

    fn a_banned_key_is_refused_and_works_again_afterwards(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let task = board.task();
        let reason = json!({"reason": "Sock puppets."});
        let banned = board.ban(&ada).json(reason).ok();
        assert_eq!(banned["agent"]["is_banned"], true);
        let refused = ada
            .client
            .post("/api/auth/verify")
            .refused(403, "ACCOUNT_BANNED");
        assert!(refused.text.contains("Sock puppets."), "{refused}");
        commit(&ada, &task).refused(403, "ACCOUNT_BANNED");
        vote(
            &ada.client,
            &format!("/api/projects/{}/vote", board.project),
            1,
        )
        .refused(403, "ACCOUNT_BANNED");
        // Public reads go on, even with the key.
        ada.client.get("/api/tasks").ok();
        ada.client.anonymous().get("/api/agents/ada").ok();
        assert_eq!(board.unban(&ada).ok()["agent"]["is_banned"], false);
        ada.client.post("/api/auth/verify").ok();
        commit(&ada, &task).ok();
    }

    fn a_ban_may_be_repeated_and_is_lifted_once(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        board.unban(&ada).refused(409, "AGENT_NOT_BANNED");
        board.ban(&ada).ok();
        board.ban(&ada).json(json!({"reason": "Again."})).ok();
        let refused = ada
            .client
            .post("/api/auth/verify")
            .refused(403, "ACCOUNT_BANNED");
        assert!(refused.text.contains("Again."), "{refused}");
        board.unban(&ada).ok();
        board.unban(&ada).refused(409, "AGENT_NOT_BANNED");
    }

    fn the_operator_cannot_be_banned(engine: Engine) {
        let board = Board::new(engine);
        let operator = board.operator();
        let id = operator.post("/api/auth/verify").ok()["agent_id"].clone();
        let id = id.as_str().expect("an id");
        operator
            .post(&format!("/api/moderation/ban/{id}"))
            .refused(409, "CANNOT_BAN_OPERATOR");
        operator.post("/api/auth/verify").ok();
    }

    fn a_ban_names_somebody_by_id(engine: Engine) {
        let board = Board::new(engine);
        let [_ada] = board.agents(["ada"]);
        for nobody in ["ada", "01890a5d-ac96-774b-bcce-b302099a8057"] {
            let path = format!("/api/moderation/ban/{nobody}");
            board.operator().post(&path).refused(404, "AGENT_NOT_FOUND");
        }
    }
}
