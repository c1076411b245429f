//! Pull requests with their statistics, and deliverables with their checks.

use domain::limits;
use serde_json::{Value, json};
use testkit::engine::Engine;

use super::world::{REPOSITORY, World, pulls, verify};

const SEVEN: &str = "https://github.com/acme/web/pull/7";

#[test]
fn pull_requests_have_statistics() {
    let world = World::linked(Engine::Sqlite);
    world.github.pull(REPOSITORY, 7, false);
    world.github.pull(REPOSITORY, 8, true);
    let owner = &world.owner.client;
    let answer = pulls(owner, &world.project, "all").ok();
    assert_eq!(
        (&answer["repo"], &answer["state"], &answer["count"]),
        (&json!(REPOSITORY), &json!("all"), &json!(2))
    );
    let expected = json!({
        "number": 8, "title": "Change 8", "state": "closed", "merged": true, "draft": false,
        "url": "https://github.com/acme/web/pull/8", "author": "octocat", "head_branch": "branch-8",
        "base_branch": "main", "head_sha": format!("{:040x}", 8), "additions": 80, "deletions": 8,
        "changed_files": 2, "created_at": "2026-03-01T00:00:00Z", "updated_at": "2026-03-02T00:00:00Z",
        "merged_at": "2026-03-02T00:00:00Z",
    });
    assert_eq!(answer["pull_requests"][0], expected);
    assert_eq!(answer["pull_requests"][1]["merged"], false);
    for (state, number) in [("open", 7), ("closed", 8), ("", 7)] {
        let answer = pulls(owner, &world.project, state).ok();
        assert_eq!(answer["count"], 1, "{state}");
        assert_eq!(answer["pull_requests"][0]["number"], number, "{state}");
    }
    pulls(owner, &world.project, "merged").refused(400, "invalid_field");
}

#[test]
fn many_pull_requests_are_asked_for_together_and_within_bounds() {
    let world = World::linked(Engine::Sqlite);
    for number in 1..=40 {
        world.github.pull(REPOSITORY, number, false);
    }
    let answer = pulls(&world.owner.client, &world.project, "open").ok();
    assert_eq!(answer["count"], limits::PULL_REQUESTS);
    let numbers = answer["pull_requests"].as_array().expect("a list");
    let numbers: Vec<_> = numbers.iter().map(|it| it["number"].as_u64()).collect();
    assert!(numbers.is_sorted_by(|a, b| a > b), "{numbers:?}");
    let at_once = world.github.most_asked_at_once();
    assert!((2..=limits::GITHUB_AT_ONCE).contains(&at_once), "{at_once}");
}

#[test]
fn who_may_not_read() {
    let world = World::linked(Engine::Sqlite);
    let stranger = world.server.register("stranger").client;
    pulls(&stranger, &world.project, "open").refused(403, "not_a_member");
    let unlinked = world.found(&world.owner, None);
    pulls(&world.owner.client, &unlinked, "open").refused(404, "repository_not_linked");
    pulls(&world.owner.client, "1", "open").refused(400, "invalid_field");
}

#[test]
fn a_deliverable_is_looked_at() {
    let world = World::linked(Engine::Sqlite);
    world.github.pull(REPOSITORY, 7, false);
    world
        .github
        .runs(REPOSITORY, &[("completed", Some("success"))]);
    world.github.statuses(REPOSITORY, &["pending"]);
    let answer = verify(&world.owner.client, &world.project, SEVEN).ok();
    let expected = json!({
        "valid": true, "pr_number": 7, "pr_title": "Change 7", "pr_state": "open", "pr_url": SEVEN,
        "merged": false, "draft": false, "head_branch": "branch-7", "base_branch": "main",
        "head_sha": format!("{:040x}", 7), "additions": 70, "deletions": 7, "changed_files": 2,
        "checks_summary": "pending",
        "checks_detail": {"total": 2, "passed": 1, "failed": 0, "pending": 1},
        "checks": [
            {"name": "run 0", "status": "completed", "conclusion": "success", "url": "https://github.com/acme/web/runs/0"},
            {"name": "status 0", "status": "pending", "conclusion": null, "url": null},
        ],
    });
    assert_eq!(answer, expected);
    // In any letter case, with or without a slash at the end.
    for link in [
        "https://github.com/ACME/Web/pull/7",
        "https://github.com/acme/web/pull/7/",
    ] {
        let answer = verify(&world.owner.client, &world.project, link).ok();
        assert_eq!(answer["valid"], true, "{link}");
    }
}

#[test]
fn what_checks_come_to() {
    let world = World::linked(Engine::Sqlite);
    world.github.pull(REPOSITORY, 7, false);
    let ended = |conclusion| ("completed", Some(conclusion));
    type Runs<'a> = &'a [(&'a str, Option<&'a str>)];
    let table: [(Runs<'_>, &[&str], &str); 12] = [
        (&[], &[], "no_checks"),
        (&[ended("success")], &[], "all_passed"),
        (&[ended("neutral")], &[], "all_passed"),
        (&[ended("skipped"), ended("success")], &[], "all_passed"),
        (&[ended("cancelled")], &[], "some_failed"),
        (&[ended("timed_out")], &[], "some_failed"),
        (&[ended("action_required")], &[], "some_failed"),
        (&[ended("failure"), ("queued", None)], &[], "some_failed"),
        (&[ended("success"), ("in_progress", None)], &[], "pending"),
        (&[ended("success")], &["success"], "all_passed"),
        (&[ended("success")], &["error"], "some_failed"),
        (&[], &["pending"], "pending"),
    ];
    for (runs, statuses, expected) in table {
        world.github.runs(REPOSITORY, runs);
        world.github.statuses(REPOSITORY, statuses);
        let answer = verify(&world.owner.client, &world.project, SEVEN).ok();
        assert_eq!(answer["checks_summary"], expected, "{runs:?} {statuses:?}");
    }
}

#[test]
fn a_failure_behind_the_first_pages_is_seen() {
    let world = World::linked(Engine::Sqlite);
    world.github.pull(REPOSITORY, 7, false);
    let mut runs = vec![("completed", Some("success")); 130];
    runs[129] = ("completed", Some("failure"));
    world.github.runs(REPOSITORY, &runs);
    let answer = verify(&world.owner.client, &world.project, SEVEN).ok();
    assert_eq!(answer["checks_summary"], "some_failed");
    assert_eq!(answer["checks_detail"]["total"], 130);
}

#[test]
fn every_refusal_of_a_deliverable_says_that_it_is_not_valid() {
    let world = World::linked(Engine::Sqlite);
    let owner = &world.owner.client;
    let stranger = world.server.register("stranger").client;
    let unlinked = world.found(&world.owner, None);
    let project = world.project.as_str();
    let other = "https://github.com/acme/other/pull/7";
    let table = [
        (verify(owner, project, SEVEN), 400, "pull_request_not_found"),
        (verify(owner, project, other), 400, "other_repository"),
        (
            verify(owner, project, "http://github.com/acme/web/pull/7"),
            400,
            "invalid_pull_request",
        ),
        (
            verify(owner, &unlinked, SEVEN),
            400,
            "repository_not_linked",
        ),
        (verify(owner, "1", SEVEN), 400, "invalid_field"),
        (verify(owner, project, ""), 400, "invalid_field"),
        (verify(&stranger, project, SEVEN), 403, "not_a_member"),
        (
            verify(&world.server.client(), project, SEVEN),
            401,
            "missing_credential",
        ),
    ];
    for (answer, status, code) in table {
        let answer = answer.refused(status, code);
        assert_eq!(answer.json["valid"], false, "{answer}");
        assert_eq!(answer.json["data"], Value::Null, "{answer}");
        assert!(answer.json["error"].is_string(), "{answer}");
    }
}
