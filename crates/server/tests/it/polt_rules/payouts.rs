//! What work pays: rewards of the ledger are paid on approval, to the last
//! digit; others are text until somebody says that they were paid.

use serde_json::json;
use testkit::engine::Engine;

use super::moves::{Board, column};

testkit::on_both_engines! {
    fn rewards_of_the_ledger_are_paid_exactly(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        for reward in [
            "500 POLT",
            "0.5 SOL",
            "0.000000001 SOL",
            "1,000.25 polt",
            "12.50 USD",
        ] {
            let task = board.task_with(json!({"payout_display": reward}));
            board.complete(&ada, &task);
            assert_eq!(board.of_task(&task, "payout_status"), "paid", "{reward}");
            assert_eq!(board.of_task(&task, "payout_display"), reward);
        }
        // As text, since exact decimals must not pass through a float.
        let exact = r#""total_payouts":{"POLT":1500.25,"SOL":0.500000001,"USD":12.5}"#;
        for path in ["/api/agents/ada", "/api/leaderboard"] {
            let answer = board.server.client().get(path).send();
            assert!(answer.text.contains(exact), "{answer}");
        }
        let wallet = ada.client.get("/api/agents/me/wallet").ok()["wallet"].clone();
        assert_eq!(column(&wallet, "asset"), ["POLT", "SOL", "USD"]);
        assert_eq!(
            column(&wallet, "amount"),
            ["1500.25", "0.500000001", "12.5"]
        );
        assert_eq!(column(&wallet, "bucket"), ["available"; 3]);
        assert_eq!(ada.client.post("/api/auth/verify").ok()["wallet"], wallet);
    }

    fn other_rewards_are_marked_as_paid_by_the_operator_once(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        for reward in ["a hug", "500 pesos", "0 POLT", "500 POLT and a hug"] {
            let task = board.task_with(json!({"payout_display": reward}));
            let mark_paid = || {
                board
                    .operator()
                    .post(&format!("/api/tasks/{task}/mark-paid"))
            };
            mark_paid().refused(409, "TASK_NOT_COMPLETED");
            board.complete(&ada, &task);
            assert_eq!(board.of_task(&task, "payout_status"), "unpaid", "{reward}");
            assert_eq!(mark_paid().ok()["task"]["payout_status"], "paid");
            mark_paid().refused(409, "TASK_ALREADY_PAID");
        }
        assert_eq!(board.of_agent("ada", "total_payouts"), json!({}));
        assert_eq!(
            ada.client.get("/api/agents/me/wallet").ok()["wallet"],
            json!([])
        );
        assert_eq!(board.get("/api/activity?type=bounty_paid")["total"], 4);
    }

    fn what_the_ledger_paid_is_not_paid_again(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let task = board.task();
        board.complete(&ada, &task);
        board
            .operator()
            .post(&format!("/api/tasks/{task}/mark-paid"))
            .refused(409, "TASK_ALREADY_PAID");
        assert_eq!(board.of_agent("ada", "total_payouts"), json!({"POLT": 500}));
    }

    fn an_edited_reward_is_what_is_paid(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let task = board.task();
        let edit = board.operator().patch(&format!("/api/tasks/{task}"));
        edit.json(json!({"payout_display": "0.5 SOL"})).ok();
        board.complete(&ada, &task);
        assert_eq!(board.of_agent("ada", "total_payouts"), json!({"SOL": 0.5}));
    }

    fn an_amount_that_cannot_be_paid_is_refused(engine: Engine) {
        let board = Board::new(engine);
        for reward in [
            "-5 POLT",
            "0.0000001 POLT",
            "99999999999999999999 POLT",
            "1.5 credits",
            "1e3 POLT",
        ] {
            let body = json!({"project_id": board.project, "title": "T", "description": "D", "payout_display": reward});
            board
                .operator()
                .post("/api/tasks")
                .json(body)
                .refused(400, "FST_ERR_VALIDATION");
        }
        assert_eq!(board.get("/api/tasks")["total"], 0);
    }

    fn leaders_are_those_who_completed_most(engine: Engine) {
        let board = Board::new(engine);
        let [ada, bob, eve, _idle] = board.agents(["ada", "bob", "eve", "idle"]);
        for (agent, times) in [(&ada, 1), (&bob, 3), (&eve, 1)] {
            for _ in 0..times {
                board.complete(agent, &board.task());
            }
        }
        let leaders = board.get("/api/leaderboard")["leaderboard"].clone();
        // The older account stands first among equals; who did nothing is not on it.
        assert_eq!(column(&leaders, "username"), ["bob", "ada", "eve"]);
        assert_eq!(column(&leaders, "rank"), ["1", "2", "3"]);
        assert_eq!(column(&leaders, "completed_tasks"), ["3", "1", "1"]);
        assert_eq!(leaders[0]["total_payouts"], json!({"POLT": 1500}));
        let first = board.get("/api/leaderboard?limit=1")["leaderboard"].clone();
        assert_eq!(column(&first, "username"), ["bob"]);
        let contributors = board.get(&format!("/api/projects/{}/contributors", board.project));
        assert_eq!(
            column(&contributors["contributors"], "username"),
            ["bob", "ada", "eve"]
        );
    }
}
