//! Lists: filters, orders, pages (POLT 2.2, 2.3, 2.5).

use serde_json::{Value, json};
use testkit::engine::Engine;

use super::moves::{Board, column, commit, hand_in, vote};

/// A board whose tasks are told apart by their titles.
fn board_with(engine: Engine, tasks: &[(&str, Value)]) -> Board {
    let board = Board::new(engine);
    for (title, fields) in tasks {
        let mut fields = fields.clone();
        fields["title"] = json!(title);
        board.task_with(fields);
    }
    board
}

fn titles(board: &Board, query: &str) -> Vec<String> {
    column(&board.get(&format!("/api/tasks?{query}"))["tasks"], "title")
}

/// The envelope's numbers: page, limit, total, total_pages; they stand there twice.
fn paging(list: &Value) -> [Value; 4] {
    let numbers =
        |of: &Value| ["page", "limit", "total", "total_pages"].map(|name| of[name].clone());
    assert_eq!(numbers(list), numbers(&list["pagination"]));
    numbers(list)
}

testkit::on_both_engines! {
    fn tasks_are_filtered(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let other = board.server.project("Map");
        let easy = json!({"difficulty": "easy"});
        let task = |title: &str| {
            let mut fields = easy.clone();
            fields["title"] = json!(title);
            board.task_with(fields)
        };
        let _available = task("available");
        commit(&ada, &task("committed")).ok();
        let in_review = task("in_review");
        commit(&ada, &in_review).ok();
        hand_in(&ada, &in_review);
        board.complete(&ada, &task("completed"));
        board.cancel(&task("cancelled")).ok();
        board.task_with(json!({"title": "elsewhere", "project_id": other, "difficulty": "expert"}));
        for status in ["committed", "in_review", "completed", "cancelled"] {
            assert_eq!(titles(&board, &format!("status={status}")), [status]);
        }
        assert_eq!(
            titles(&board, "status=available"),
            ["elsewhere", "available"]
        );
        assert_eq!(titles(&board, "difficulty=expert"), ["elsewhere"]);
        assert_eq!(
            titles(&board, &format!("project_id={other}")),
            ["elsewhere"]
        );
        assert_eq!(
            titles(
                &board,
                &format!(
                    "difficulty=easy&status=available&project_id={}",
                    board.project
                )
            ),
            ["available"]
        );
        assert_eq!(
            titles(&board, &format!("difficulty=easy&project_id={other}")),
            Vec::<String>::new()
        );
        assert_eq!(
            titles(&board, "status=&difficulty=&sort=&project_id=").len(),
            6
        );
        let of_project = board.get(&format!("/api/projects/{other}/tasks?status=available"));
        assert_eq!(column(&of_project["tasks"], "title"), ["elsewhere"]);
    }

    fn totals_follow_the_filter(engine: Engine) {
        let board = board_with(
            engine,
            &[
                ("a", json!({"difficulty": "easy"})),
                ("b", json!({"difficulty": "hard"})),
                ("c", json!({"difficulty": "hard"})),
            ],
        );
        let [ada] = board.agents(["ada"]);
        let total = |query: &str| board.get(&format!("/api/tasks?{query}"))["total"].clone();
        assert_eq!(
            [
                total("difficulty=hard"),
                total("difficulty=easy"),
                total("")
            ],
            [json!(2), json!(1), json!(3)]
        );
        let newest = board.get("/api/tasks?limit=1")["tasks"][0]["id"].clone();
        commit(&ada, newest.as_str().expect("an id")).ok();
        assert_eq!(total("status=available&difficulty=hard"), 1);
        assert_eq!(
            total(&format!("status=committed&project_id={}", board.project)),
            1
        );
        // An edit moves a task from one count to another.
        let edit = board
            .operator()
            .patch(&format!("/api/tasks/{}", newest.as_str().expect("an id")));
        edit.json(json!({"difficulty": "easy"})).ok();
        assert_eq!(
            [
                total("difficulty=hard"),
                total("difficulty=easy&status=committed")
            ],
            [json!(1), json!(1)]
        );
    }

    fn tasks_are_sorted(engine: Engine) {
        let board = board_with(
            engine,
            &[
                (
                    "half a coin",
                    json!({"payout_display": "0.5 SOL", "deadline": 3_000_000_000_i64}),
                ),
                (
                    "many",
                    json!({"payout_display": "1,500 POLT", "deadline": 1_000_000_000}),
                ),
                ("a hug", json!({"payout_display": "a hug"})),
                (
                    "some",
                    json!({"payout_display": "about 20 USD", "deadline": 2_000_000_000}),
                ),
                ("some more", json!({"payout_display": "20 USD"})),
            ],
        );
        let newest_first = ["some more", "some", "a hug", "many", "half a coin"];
        assert_eq!(titles(&board, ""), newest_first);
        assert_eq!(titles(&board, "sort=new"), newest_first);
        // By the first number, whatever its unit, then the newest.
        assert_eq!(
            titles(&board, "sort=payout"),
            ["many", "some more", "some", "half a coin", "a hug"]
        );
        // The soonest first; without a deadline last, in the order of publication.
        assert_eq!(
            titles(&board, "sort=deadline"),
            ["many", "some", "half a coin", "a hug", "some more"]
        );
        let path = format!("/api/projects/{}/tasks?sort=payout&limit=1", board.project);
        assert_eq!(column(&board.get(&path)["tasks"], "title"), ["many"]);
    }

    fn recent_are_the_five_newest_available(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let tasks: [String; 7] = board.tasks();
        commit(&ada, &tasks[6]).ok();
        let recent = board.get("/api/tasks/recent")["tasks"].clone();
        let newest: Vec<_> = tasks[1..6].iter().rev().cloned().collect();
        assert_eq!(column(&recent, "id"), newest);
    }

    fn pages_cut_a_list_without_gaps(engine: Engine) {
        let board = Board::new(engine);
        let tasks: [String; 7] = board.tasks();
        let page = |n: usize| board.get(&format!("/api/tasks?page={n}&limit=3"));
        assert_eq!(paging(&page(1)), [1, 3, 7, 3].map(|n| json!(n)));
        let all: Vec<_> = (1..=3)
            .flat_map(|n| column(&page(n)["tasks"], "id"))
            .collect();
        let newest_first: Vec<_> = tasks.iter().rev().cloned().collect();
        assert_eq!(all, newest_first);
        assert_eq!(page(3)["tasks"].as_array().map(Vec::len), Some(1));
        // Beyond the end there is nothing, but it is still known how much there is.
        for n in [4, 1_000_000] {
            assert_eq!(
                (page(n)["tasks"].clone(), paging(&page(n))),
                (json!([]), [n, 3, 7, 3].map(|n| json!(n)))
            );
        }
    }

    fn limits_are_clamped_and_nonsense_is_refused(engine: Engine) {
        let board = Board::new(engine);
        for path in [
            "/api/tasks",
            "/api/projects",
            "/api/meme-ideas",
            "/api/activity",
            "/api/launches",
        ] {
            let limit = |query: &str| board.get(&format!("{path}{query}"))["limit"].clone();
            assert_eq!(
                [
                    limit(""),
                    limit("?limit=100"),
                    limit("?limit=101"),
                    limit("?limit=5000000000")
                ],
                [20, 100, 100, 100].map(|n| json!(n)),
                "{path}"
            );
            for nonsense in [
                "page=0",
                "page=-1",
                "limit=0",
                "limit=-1",
                "page=x",
                "limit=1.5",
                "limit=NaN",
            ] {
                board
                    .server
                    .client()
                    .get(&format!("{path}?{nonsense}"))
                    .refused(400, "FST_ERR_VALIDATION");
            }
        }
        board.get("/api/leaderboard?limit=5000000000");
    }

    fn projects_are_sorted_by_age_or_progress(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["ada"]);
        let (half, none) = (board.server.project("Half"), board.server.project("None"));
        board.complete(&ada, &board.task());
        board.complete(&ada, &board.task_with(json!({"project_id": half})));
        board.task_with(json!({"project_id": half}));
        let order = |query: &str| {
            column(
                &board.get(&format!("/api/projects?{query}"))["projects"],
                "id",
            )
        };
        assert_eq!(
            order("sort=new"),
            [none.clone(), half.clone(), board.project.clone()]
        );
        assert_eq!(
            order("sort=progress"),
            [board.project.clone(), half.clone(), none]
        );
        let progress = board.get(&format!("/api/projects/{half}"))["progress"].clone();
        assert_eq!(progress, 50);
    }

    fn the_feed_is_filtered_by_actor_and_kind(engine: Engine) {
        let board = Board::new(engine);
        let [ada, bob] = board.agents(["ada", "bob"]);
        let project = format!("/api/projects/{}", board.project);
        for agent in [&ada, &bob] {
            vote(&agent.client, &format!("{project}/vote"), 1).ok();
            agent
                .client
                .post(&format!("{project}/replies"))
                .json(json!({"body": "North?"}))
                .ok();
        }
        ada.client
            .post("/api/meme-ideas")
            .json(json!({"title": "Coin", "body": "Up."}))
            .ok();
        board.complete(&ada, &board.task());
        let kinds = |query: &str| {
            column(
                &board.get(&format!("/api/activity?{query}"))["activity"],
                "type",
            )
        };
        assert_eq!(
            kinds("actor=ada"),
            [
                "task_committed",
                "meme_idea_posted",
                "comment_posted",
                "vote_cast"
            ]
        );
        assert_eq!(kinds("actor=BOB&type=vote_cast"), ["vote_cast"]);
        assert_eq!(
            kinds("actor=openpolt"),
            ["bounty_paid", "task_completed", "project_created"]
        );
        let counts = [
            ("vote_cast", 2),
            ("comment_posted", 2),
            ("bounty_paid", 1),
            ("task_completed", 1),
        ];
        for (kind, count) in counts {
            assert_eq!(
                board.get(&format!("/api/activity?type={kind}"))["total"],
                count,
                "{kind}"
            );
        }
        assert_eq!(board.get("/api/activity")["total"], 9);
        let second = board.get("/api/activity?actor=ada&limit=3&page=2");
        assert_eq!(column(&second["activity"], "type"), ["vote_cast"]);
    }

    fn an_agents_lists_are_public(engine: Engine) {
        let board = Board::new(engine);
        let [ada] = board.agents(["Ada"]);
        let [done, held] = board.tasks();
        board.complete(&ada, &done);
        commit(&ada, &held).ok();
        // Names are compared without letter case.
        let contributions = board.get("/api/agents/ada/contributions");
        assert_eq!(column(&contributions["contributions"], "id"), [done]);
        assert_eq!(
            contributions["contributions"][0]["payout_display"],
            "500 POLT"
        );
        let committed = board.get("/api/agents/ADA/committed-tasks");
        assert_eq!(
            (column(&committed["tasks"], "id"), &committed["total"]),
            (vec![held], &json!(1))
        );
        for list in [
            "",
            "/contributions",
            "/committed-tasks",
            "/meme-ideas",
            "/replies",
        ] {
            board
                .server
                .client()
                .get(&format!("/api/agents/nobody{list}"))
                .refused(404, "AGENT_NOT_FOUND");
        }
    }
}
