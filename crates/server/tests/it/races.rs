//! Many at once: what must happen once happens once, and afterwards the audit
//! finds nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Answer;
use testkit::server::{Agent, Server};
use testkit::{parallel, process};

const MANY: usize = 64;

#[track_caller]
fn audit(server: &Server) {
    let binary = env!("CARGO_BIN_EXE_guildhall");
    process::run(binary, &["audit", "--database", server.database_url()], &[]).ok();
}

fn agents(server: &Server, count: usize) -> Vec<Agent> {
    (0..count)
        .map(|n| server.register(&format!("agent-{n}")))
        .collect()
}

fn tasks(server: &Server, count: usize) -> Vec<String> {
    let project = server.project("Compass");
    (0..count)
        .map(|n| server.task(&project, &format!("Task {n}")))
        .collect()
}

fn commit(agent: &Agent, task: &str) -> Answer {
    agent
        .client
        .post(&format!("/api/tasks/{task}/commit"))
        .send()
}

/// How often each outcome occurred: the code of a refusal, `ok` otherwise.
fn outcomes(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        assert!(answer.status < 500, "{answer}");
        let outcome = if answer.status < 300 {
            "ok"
        } else {
            answer.code().unwrap_or("?")
        };
        *counts.entry(outcome.to_owned()).or_insert(0) += 1;
    }
    counts
}

fn counted<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected
        .map(|(outcome, count)| (outcome.to_owned(), count))
        .into()
}

fn get(server: &Server, path: &str) -> Value {
    server.client().get(path).ok()
}

/// A task that this agent has handed in; gives the submission's id.
fn handed_in(agent: &Agent, task: &str) -> String {
    commit(agent, task).ok();
    let submit = agent.client.post(&format!("/api/tasks/{task}/submit"));
    let submission = submit.json(json!({"submission_content": "done"})).ok();
    submission["submission"]["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

testkit::on_both_engines! {
    fn many_agents_on_one_task_have_one_winner(engine: Engine) {
        let server = Server::start(engine);
        let (agents, tasks) = (agents(&server, MANY), tasks(&server, 1));
        let answers = parallel(MANY, |n| commit(&agents[n], &tasks[0]));
        assert_eq!(
            outcomes(&answers),
            counted([("TASK_NOT_AVAILABLE", MANY - 1), ("ok", 1)])
        );
        let winner = answers
            .iter()
            .find(|answer| answer.status == 200)
            .expect("a winner");
        let task = get(&server, &format!("/api/tasks/{}", tasks[0]));
        assert_eq!(
            task["committed_agent_id"],
            winner.json["task"]["committed_agent_id"]
        );
        assert_eq!(
            get(&server, "/api/activity?type=task_committed")["total"],
            1
        );
        audit(&server);
    }

    fn one_agent_on_many_tasks_gets_three(engine: Engine) {
        let server = Server::start(engine);
        let (ada, tasks) = (server.register("ada"), tasks(&server, MANY));
        let answers = parallel(MANY, |n| commit(&ada, &tasks[n]));
        assert_eq!(
            outcomes(&answers),
            counted([("CLAIM_LIMIT_REACHED", MANY - 3), ("ok", 3)])
        );
        assert_eq!(get(&server, "/api/agents/ada/committed-tasks")["total"], 3);
        assert_eq!(get(&server, "/api/tasks?status=committed")["total"], 3);
        audit(&server);
    }

    fn votes_of_one_key_leave_one_of_two_states(engine: Engine) {
        let server = Server::start(engine);
        let (ada, project) = (server.register("ada"), server.project("Compass"));
        let path = format!("/api/projects/{project}");
        let vote = |_| {
            ada.client
                .post(&format!("{path}/vote"))
                .json(json!({"value": 1}))
                .send()
        };
        assert_eq!(outcomes(&parallel(50, vote)), counted([("ok", 50)]));
        // Each of them toggled, so an even number leaves none, and one more leaves one.
        let counts =
            || ["upvotes", "downvotes", "score"].map(|field| get(&server, &path)[field].clone());
        assert_eq!(counts(), [0, 0, 0].map(|n| json!(n)));
        vote(0).ok();
        assert_eq!(counts(), [1, 0, 1].map(|n| json!(n)));
        audit(&server);
    }

    fn votes_of_many_keys_all_count(engine: Engine) {
        let server = Server::start(engine);
        let (agents, project) = (agents(&server, 32), server.project("Compass"));
        let path = format!("/api/projects/{project}");
        let value = |n: usize| if n.is_multiple_of(4) { -1 } else { 1 };
        let answers = parallel(32, |n| {
            agents[n]
                .client
                .post(&format!("{path}/vote"))
                .json(json!({"value": value(n)}))
                .send()
        });
        assert_eq!(outcomes(&answers), counted([("ok", 32)]));
        let project = get(&server, &path);
        assert_eq!(
            ["upvotes", "downvotes", "score"].map(|field| project[field].clone()),
            [24, 8, 16].map(|n| json!(n))
        );
        audit(&server);
    }

    fn whoever_asks_sees_every_reply_that_was_acknowledged(engine: Engine) {
        const EACH: usize = 10;
        let server = Server::start(engine);
        let (agents, project) = (agents(&server, 16), server.project("Compass"));
        let (path, acknowledged) = (format!("/api/projects/{project}"), AtomicU64::new(0));
        parallel(agents.len(), |n| {
            for reply in 0..EACH {
                agents[n]
                    .client
                    .post(&format!("{path}/replies"))
                    .json(json!({"body": format!("{reply} of {n}")}))
                    .send()
                    .ok();
                acknowledged.fetch_add(1, Ordering::SeqCst);
                // What many ask for, and what nobody has asked for before.
                for asked in [path.clone(), format!("{path}?anew={n}-{reply}")] {
                    let least = acknowledged.load(Ordering::SeqCst);
                    let seen = get(&server, &asked)["reply_count"].as_u64();
                    assert!(seen >= Some(least), "{seen:?} of {least}");
                }
            }
        });
    }

    fn a_submission_approved_by_many_pays_once(engine: Engine) {
        let server = Server::start(engine);
        let (ada, tasks) = (server.register("ada"), tasks(&server, 1));
        let path = format!("/api/submissions/{}/review", handed_in(&ada, &tasks[0]));
        let answers = parallel(32, |_| {
            server
                .operator()
                .patch(&path)
                .json(json!({"action": "approve"}))
                .send()
        });
        assert_eq!(
            outcomes(&answers),
            counted([("SUBMISSION_ALREADY_REVIEWED", 31), ("ok", 1)])
        );
        let profile = get(&server, "/api/agents/ada");
        assert_eq!(
            (&profile["completed_tasks"], &profile["total_payouts"]),
            (&json!(1), &json!({"POLT": 500}))
        );
        assert_eq!(
            ada.client.get("/api/agents/me/wallet").ok()["wallet"][0]["amount"],
            "500"
        );
        assert_eq!(get(&server, "/api/activity?type=bounty_paid")["total"], 1);
        audit(&server);
    }

    fn one_of_many_different_verdicts_holds(engine: Engine) {
        let server = Server::start(engine);
        let (ada, tasks) = (server.register("ada"), tasks(&server, 1));
        let submission = handed_in(&ada, &tasks[0]);
        let operator = server.operator();
        let answers = parallel(32, |n| match n % 4 {
            0 => operator
                .patch(&format!("/api/submissions/{submission}/review"))
                .json(json!({"action": "approve"}))
                .send(),
            1 => operator
                .patch(&format!("/api/submissions/{submission}/review"))
                .json(json!({"action": "reject"}))
                .send(),
            2 => operator
                .post(&format!("/api/submissions/{submission}/request-revision"))
                .send(),
            _ => operator.delete(&format!("/api/tasks/{}", tasks[0])).send(),
        });
        let (withdrawals, verdicts): (Vec<_>, Vec<_>) = answers
            .into_iter()
            .enumerate()
            .partition(|(n, _)| n % 4 == 3);
        let succeeded = |answers: &[(usize, Answer)]| {
            answers
                .iter()
                .filter(|(_, answer)| answer.status == 200)
                .count()
        };
        for (_, answer) in withdrawals.iter().chain(&verdicts) {
            assert!([200, 409].contains(&answer.status), "{answer}");
        }
        // A withdrawal may follow a verdict that left the task open.
        assert!(succeeded(&verdicts) <= 1 && succeeded(&withdrawals) <= 1);
        assert!(succeeded(&verdicts) + succeeded(&withdrawals) >= 1);
        audit(&server);
    }

    fn registrations_of_one_name_make_one_account(engine: Engine) {
        let server = Server::start(engine);
        let register = |n: usize| {
            let username = if n.is_multiple_of(2) { "ada" } else { "ADA" };
            server
                .client()
                .post("/api/auth/register")
                .json(json!({"username": username}))
                .send()
        };
        assert_eq!(
            outcomes(&parallel(32, register)),
            counted([("USERNAME_TAKEN", 31), ("ok", 1)])
        );
        audit(&server);
    }

    fn a_key_rotated_by_many_has_one_successor(engine: Engine) {
        let server = Server::start(engine);
        let ada = server.register("ada");
        let answers = parallel(16, |_| ada.client.post("/api/auth/rotate").send());
        assert_eq!(
            outcomes(&answers),
            counted([("INVALID_KEY", 15), ("ok", 1)])
        );
        let rotated = answers
            .iter()
            .find(|answer| answer.status == 200)
            .expect("a successor");
        let key = rotated.json["api_key"].as_str().expect("a key");
        ada.client.with_key(key).post("/api/auth/verify").ok();
        ada.client
            .post("/api/auth/verify")
            .refused(401, "INVALID_KEY");
    }

    fn a_ban_outruns_the_commitments_of_its_agent(engine: Engine) {
        let server = Server::start(engine);
        let (agents, tasks) = (agents(&server, 16), tasks(&server, 8));
        for agent in &agents {
            let ban = format!("/api/moderation/ban/{}", agent.id);
            let answers = parallel(9, |n| match tasks.get(n) {
                Some(task) => commit(agent, task),
                None => server.operator().post(&ban).send(),
            });
            outcomes(&answers);
            let profile = get(&server, &format!("/api/agents/{}", agent.username));
            assert_eq!(
                (&profile["is_banned"], &profile["committed_tasks"]),
                (&json!(true), &json!(0))
            );
        }
        assert_eq!(get(&server, "/api/tasks?status=available")["total"], 8);
        audit(&server);
    }

    fn a_ban_outruns_the_revisions_asked_of_its_agent(engine: Engine) {
        let server = Server::start(engine);
        let (agents, tasks) = (agents(&server, 16), tasks(&server, 16));
        for (agent, task) in agents.iter().zip(&tasks) {
            let revision = format!(
                "/api/submissions/{}/request-revision",
                handed_in(agent, task)
            );
            let ban = format!("/api/moderation/ban/{}", agent.id);
            let operator = server.operator();
            let answers = parallel(2, |n| operator.post([&revision, &ban][n]).send());
            outcomes(&answers);
            let profile = get(&server, &format!("/api/agents/{}", agent.username));
            assert_eq!(
                (&profile["is_banned"], &profile["committed_tasks"]),
                (&json!(true), &json!(0))
            );
        }
        audit(&server);
    }

    fn nobody_who_is_banned_holds_anything_afterwards(engine: Engine) {
        let server = Server::start(engine);
        let (agents, tasks) = (agents(&server, 24), tasks(&server, 24));
        let operator = server.operator();
        let answers: Vec<_> = parallel(24, |n| {
            let (agent, next) = (&agents[n], (n + 1) % 24);
            let mut answers = vec![commit(agent, &tasks[n]), commit(agent, &tasks[next])];
            answers.push(match n % 3 {
                0 => operator
                    .post(&format!("/api/moderation/ban/{}", agents[next].id))
                    .send(),
                1 => operator
                    .delete(&format!("/api/tasks/{}", tasks[next]))
                    .send(),
                _ => agent
                    .client
                    .post(&format!("/api/tasks/{}/uncommit", tasks[n]))
                    .send(),
            });
            let submit = agent
                .client
                .post(&format!("/api/tasks/{}/submit", tasks[n]));
            answers.push(submit.json(json!({"submission_content": "done"})).send());
            answers.push(commit(agent, &tasks[(n + 2) % 24]));
            answers
        })
        .concat();
        outcomes(&answers);
        for agent in &agents {
            let profile = get(&server, &format!("/api/agents/{}", agent.username));
            if profile["is_banned"] == true {
                assert_eq!(profile["committed_tasks"], 0, "{profile}");
            }
        }
        audit(&server);
    }
}
