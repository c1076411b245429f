//! Verdicts (POLT 3.1).

use serde_json::json;
use testkit::engine::Engine;

use super::moves::{Board, column, commit, hand_in, id, submit};

testkit::on_both_engines! {
    fn a_rejection_reopens_the_task_with_its_notes_in_public(engine: Engine) {
        let board = Board::new(engine);
        let [ada, bob] = board.agents(["ada", "bob"]);
        let task = board.task();
        commit(&ada, &task).ok();
        let submission = hand_in(&ada, &task);
        assert_eq!(
            board.review(&submission, "reject").ok()["task"]["status"],
            "available"
        );
        let history = board.of_task(&task, "submissions");
        assert_eq!(
            (&history[0]["status"], &history[0]["review_notes"]),
            (&json!("rejected"), &json!("Noted."))
        );
        submit(&ada, &task).refused(403, "NOT_THE_ASSIGNEE");
        // For everybody, including the same agent.
        commit(&ada, &task).ok();
        board.review(&hand_in(&ada, &task), "reject").ok();
        commit(&bob, &task).ok();
        board.review(&hand_in(&bob, &task), "approve").ok();
        assert_eq!(
            board.get(&format!("/api/tasks/{task}/submissions"))["total"],
            3
        );
        let completed = ["ada", "bob"].map(|name| board.of_agent(name, "completed_tasks"));
        assert_eq!(completed, [json!(0), json!(1)]);
    }

    fn a_revision_is_a_new_submission_beside_the_old_one(engine: Engine) {
        let board = Board::new(engine);
        let [ada, bob] = board.agents(["ada", "bob"]);
        let task = board.task();
        commit(&ada, &task).ok();
        let first = hand_in(&ada, &task);
        let back = board.request_revision(&first).ok();
        assert_eq!(
            (&back["submission"]["status"], &back["task"]["status"]),
            (&json!("needs_revision"), &json!("committed"))
        );
        assert_eq!(back["task"]["committed_username"], "ada");
        commit(&bob, &task).refused(409, "TASK_NOT_AVAILABLE");
        let second = hand_in(&ada, &task);
        let history = board.of_task(&task, "submissions");
        assert_eq!(column(&history, "id"), [second.clone(), first.clone()]);
        assert_eq!(column(&history, "status"), ["pending", "needs_revision"]);
        board
            .review(&first, "approve")
            .refused(409, "SUBMISSION_ALREADY_REVIEWED");
        board.review(&second, "approve").ok();
    }

    fn a_verdict_is_final(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        for verdict in ["approve", "reject"] {
            let task = board.task();
            commit(&ada, &task).ok();
            let submission = hand_in(&ada, &task);
            board.review(&submission, verdict).ok();
            board
                .review(&submission, "approve")
                .refused(409, "SUBMISSION_ALREADY_REVIEWED");
            board
                .review(&submission, "reject")
                .refused(409, "SUBMISSION_ALREADY_REVIEWED");
            board
                .request_revision(&submission)
                .refused(409, "SUBMISSION_ALREADY_REVIEWED");
        }
        assert_eq!(board.of_agent("ada", "completed_tasks"), 1);
    }

    fn what_waits_is_listed_oldest_first_with_its_context(engine: Engine) {
        let board = Board::new(engine);
        let [ada, bob] = board.agents(["ada", "bob"]);
        let [first, second] = board.tasks();
        commit(&ada, &first).ok();
        let draft = hand_in(&ada, &first);
        commit(&bob, &second).ok();
        let other = hand_in(&bob, &second);
        let queue = board.operator().get("/api/cto/pending-reviews").ok();
        assert_eq!(
            column(&queue["pending_reviews"], "id"),
            [draft.clone(), other.clone()]
        );
        assert_eq!(queue["submissions"], queue["pending_reviews"]);
        board.request_revision(&draft).ok();
        let again = hand_in(&ada, &first);
        let queue = board
            .operator()
            .get("/api/cto/pending-reviews?limit=1&page=2")
            .ok();
        let waiting = &queue["pending_reviews"][0];
        assert_eq!((&queue["total"], id(waiting)), (&json!(2), again));
        assert_eq!(
            (id(&waiting["task"]), id(&waiting["project"])),
            (first, board.project.clone())
        );
        assert_eq!(waiting["agent"]["username"], "ada");
        assert_eq!(column(&waiting["previous_submissions"], "id"), [draft]);
    }

    fn a_revision_cannot_be_asked_of_somebody_who_is_banned(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let task = board.task();
        commit(&ada, &task).ok();
        let submission = hand_in(&ada, &task);
        board.ban(&ada).ok();
        board
            .request_revision(&submission)
            .refused(409, "AUTHOR_IS_BANNED");
        assert_eq!(
            board.review(&submission, "reject").ok()["task"]["status"],
            "available"
        );
    }
}
