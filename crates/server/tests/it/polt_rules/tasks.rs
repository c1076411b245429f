//! Taking, giving back, handing in, withdrawing (POLT 3.1).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::server::{Agent, Server};

use super::moves::{Board, commit, hand_in, submit, uncommit};

/// The deadline of the contract's own example, in February 2024.
const LONG_AGO: i64 = 1_707_350_400;
const FAR_AWAY: i64 = 4_102_444_800;

testkit::on_both_engines! {
    fn the_whole_way(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let task = board.task();
        assert_eq!(board.of_task(&task, "status"), "available");
        assert_eq!(commit(&ada, &task).ok()["task"]["status"], "committed");
        assert_eq!(board.of_task(&task, "committed_username"), "ada");
        let submission = hand_in(&ada, &task);
        assert_eq!(board.of_task(&task, "status"), "in_review");
        assert_eq!(
            board.review(&submission, "approve").ok()["task"]["status"],
            "completed"
        );
        assert_eq!(board.of_agent("ada", "completed_tasks"), 1);
        let project = board.get(&format!("/api/projects/{}", board.project));
        assert_eq!(
            (&project["progress"], &project["completed_task_count"]),
            (&json!(100), &json!(1))
        );
    }

    fn an_agent_holds_three_at_once(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let [first, second, third, fourth] = board.tasks();
        for task in [&first, &second, &third] {
            commit(&ada, task).ok();
        }
        commit(&ada, &fourth).refused(409, "CLAIM_LIMIT_REACHED");
        assert_eq!(board.of_task(&fourth, "status"), "available");
        // What waits for its review does not count.
        hand_in(&ada, &first);
        commit(&ada, &fourth).ok();
        assert_eq!(board.of_agent("ada", "committed_tasks"), 3);
    }

    fn a_revision_may_make_a_fourth(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let [first, second, third, fourth, fifth] = board.tasks();
        commit(&ada, &first).ok();
        let submission = hand_in(&ada, &first);
        for task in [&second, &third, &fourth] {
            commit(&ada, task).ok();
        }
        board.request_revision(&submission).ok();
        assert_eq!(board.of_agent("ada", "committed_tasks"), 4);
        commit(&ada, &fifth).refused(409, "CLAIM_LIMIT_REACHED");
        // Giving one back leaves three, which is still the limit.
        uncommit(&ada, &second).ok();
        commit(&ada, &second).refused(409, "CLAIM_LIMIT_REACHED");
        hand_in(&ada, &first);
        commit(&ada, &second).ok();
    }

    fn a_task_has_one_agent(engine: Engine) {
        let board = Board::new(engine);
        let [ada, bob] = board.agents(["ada", "bob"]);
        let task = board.task();
        commit(&ada, &task).ok();
        commit(&bob, &task).refused(409, "TASK_NOT_AVAILABLE");
        commit(&ada, &task).refused(409, "TASK_NOT_AVAILABLE");
        submit(&bob, &task).refused(403, "NOT_THE_ASSIGNEE");
        uncommit(&bob, &task).refused(403, "NOT_THE_ASSIGNEE");
        assert_eq!(board.of_task(&task, "committed_username"), "ada");
    }

    fn giving_back_is_for_the_holder_before_handing_in(engine: Engine) {
        let board = Board::new(engine);
        let [ada, bob] = board.agents(["ada", "bob"]);
        let task = board.task();
        uncommit(&ada, &task).refused(403, "NOT_THE_ASSIGNEE");
        commit(&ada, &task).ok();
        assert_eq!(uncommit(&ada, &task).ok()["task"]["status"], "available");
        assert_eq!(board.of_task(&task, "committed_agent_id"), json!(null));
        commit(&bob, &task).ok();
        let submission = hand_in(&bob, &task);
        uncommit(&bob, &task).refused(409, "TASK_NOT_CLAIMED");
        board.review(&submission, "approve").ok();
        uncommit(&bob, &task).refused(409, "TASK_NOT_CLAIMED");
    }

    fn work_is_handed_in_once_until_its_verdict(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let task = board.task();
        submit(&ada, &task).refused(403, "NOT_THE_ASSIGNEE");
        commit(&ada, &task).ok();
        hand_in(&ada, &task);
        submit(&ada, &task).refused(409, "TASK_NOT_CLAIMED");
        assert_eq!(
            board.get(&format!("/api/tasks/{task}/submissions"))["total"],
            1
        );
    }

    fn withdrawing_frees_the_holder_and_closes_what_waits(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let [held, waiting] = board.tasks();
        commit(&ada, &waiting).ok();
        let submission = hand_in(&ada, &waiting);
        commit(&ada, &held).ok();
        for task in [&held, &waiting] {
            assert_eq!(board.cancel(task).ok()["task"]["status"], "cancelled");
            assert_eq!(board.of_task(task, "committed_agent_id"), json!(null));
        }
        assert_eq!(board.of_agent("ada", "committed_tasks"), 0);
        assert_eq!(
            board.of_task(&waiting, "submissions")[0]["status"],
            "cancelled"
        );
        assert_eq!(
            board.operator().get("/api/cto/pending-reviews").ok()["total"],
            0
        );
        board
            .review(&submission, "approve")
            .refused(409, "SUBMISSION_ALREADY_REVIEWED");
        commit(&ada, &held).refused(409, "TASK_NOT_AVAILABLE");
    }

    fn what_is_final_stays_as_it_is(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let [done, withdrawn] = board.tasks();
        board.complete(&ada, &done);
        board.cancel(&withdrawn).ok();
        for task in [&done, &withdrawn] {
            board.cancel(task).refused(409, "TASK_IS_FINAL");
            let edit = board.operator().patch(&format!("/api/tasks/{task}"));
            edit.json(json!({"title": "Another"}))
                .refused(409, "TASK_IS_FINAL");
            commit(&ada, task).refused(409, "TASK_NOT_AVAILABLE");
        }
        // A withdrawn task does not count against the progress.
        let project = board.get(&format!("/api/projects/{}", board.project));
        assert_eq!(project["progress"], 100);
    }

    fn a_deadline_in_the_past_is_a_mark_and_nothing_else(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let late = board.task_with(json!({"deadline": LONG_AGO}));
        let timely = board.task_with(json!({"deadline": FAR_AWAY}));
        for (task, mark) in [(&late, true), (&timely, false)] {
            assert_eq!(board.of_task(task, "is_overdue"), mark);
            commit(&ada, task).ok();
            assert_eq!(submit(&ada, task).ok()["submission"]["is_late"], mark);
        }
        assert_eq!(board.of_task(&late, "deadline"), LONG_AGO);
        let submission = board.of_task(&late, "submissions")[0]["id"].clone();
        board
            .review(submission.as_str().expect("an id"), "approve")
            .ok();
        assert_eq!(board.of_task(&late, "is_overdue"), false);
    }

    fn a_commitment_with_a_lease_is_renewed_by_its_holder(engine: Engine) {
        let board = Board::of(Server::start_with(engine, |settings| {
            settings.polt.lease_hours = Some(2);
        }));
        let [ada, bob] = board.agents(["ada", "bob"]);
        let task = board.task();
        let taken = commit(&ada, &task).ok()["task"].clone();
        let lasts = |task: &Value, since: &str| {
            task["lease_ends_at"].as_i64().expect("a lease") - task[since].as_i64().expect("a time")
        };
        assert_eq!(lasts(&taken, "committed_at"), 2 * 3600);
        let renew = |agent: &Agent| agent.client.post(&format!("/api/tasks/{task}/renew"));
        renew(&bob).refused(403, "NOT_THE_ASSIGNEE");
        assert_eq!(lasts(&renew(&ada).ok()["task"], "updated_at"), 2 * 3600);
        hand_in(&ada, &task);
        renew(&ada).refused(409, "TASK_NOT_CLAIMED");
        assert_eq!(board.of_task(&task, "lease_ends_at"), json!(null));
    }

    fn without_a_lease_there_is_nothing_to_renew(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let task = board.task();
        let taken = commit(&ada, &task).ok();
        assert_eq!(taken["task"].get("lease_ends_at"), None);
        ada.client
            .post(&format!("/api/tasks/{task}/renew"))
            .refused(409, "TASK_HAS_NO_LEASE");
    }
}
