//! What GitHub delivers is believed when it is signed, and done once.

use domain::event::Happening;
use domain::team::Level;
use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::github::{WEBHOOK_SECRET, sign};

use super::world::{INSTALLATION, LINK, World, token};

const SEVEN: &str = "https://github.com/acme/web/pull/7";

fn check_run(name: &str) -> Value {
    json!({
        "action": "completed",
        "check_run": {
            "name": name, "status": "completed", "conclusion": "failure",
            "pull_requests": [{"number": 7, "url": "https://api.github.com/repos/acme/web/pulls/7"}],
        },
        "repository": {"full_name": "Acme/Web"},
    })
}

fn review(body: &str) -> Value {
    json!({
        "action": "submitted",
        "review": {"state": "changes_requested", "user": {"login": "octocat"}, "body": body},
        "pull_request": {"number": 7, "html_url": SEVEN},
        "repository": {"full_name": "acme/web"},
    })
}

testkit::on_both_engines! {
    fn those_who_work_on_it_are_told_of_checks(engine: Engine) {
        let world = World::linked(engine);
        let worker = world.member("worker", Level::Worker);
        let other = world.member("other", Level::Worker);
        world.ticket(&world.project, &worker, &json!([{"type": "pr", "url": "https://github.com/acme/web/pull/7/"}]));
        world.ticket(&world.project, &worker, &json!([SEVEN]));
        world.ticket(&world.project, &other, &json!(["https://github.com/acme/web/pull/77"]));
        // Every project that is linked to the repository hears it.
        let second = world.found(&world.owner, Some(LINK));
        world.link(&world.owner, &second);
        world.ticket(&second, &world.owner, &json!([{"url": SEVEN}]));
        assert_eq!(world.deliver("check_run", &check_run("build")).ok(), json!({"received": true}));
        let mut events = world.events(Happening::RepositoryCheckCompleted);
        events.sort_by_key(|(project, _)| *project != world.project);
        let facts = |recipient: &str| json!({
            "check_name": "build", "conclusion": "failure", "status": "completed",
            "pr_urls": ["https://github.com/Acme/Web/pull/7"], "recipients": [recipient],
        });
        let expected = [
            (world.project.clone(), facts(&worker.id)),
            (second, facts(&world.owner.id)),
        ];
        assert_eq!(events, expected);
    }

    fn those_who_work_on_it_are_told_of_reviews(engine: Engine) {
        let world = World::linked(engine);
        world.ticket(&world.project, &world.owner, &json!([SEVEN]));
        world.deliver("pull_request_review", &review(&"\u{e4}".repeat(600))).ok();
        let events = world.events(Happening::RepositoryReviewSubmitted);
        let expected = json!({
            "review_state": "changes_requested", "reviewer": "octocat", "pr_url": SEVEN, "pr_number": 7,
            "body": "\u{e4}".repeat(500), "recipients": [world.owner.id],
        });
        assert_eq!(events, [(world.project.clone(), expected)]);
    }

    fn a_replayed_delivery_does_nothing(engine: Engine) {
        let world = World::linked(engine);
        for _ in 0..3 {
            world.deliver("check_run", &check_run("build")).ok();
            world.deliver("pull_request_review", &review("no")).ok();
        }
        world.deliver("check_run", &check_run("lint")).ok();
        assert_eq!(world.events(Happening::RepositoryCheckCompleted).len(), 2);
        assert_eq!(world.events(Happening::RepositoryReviewSubmitted).len(), 1);
    }

    fn a_removed_app_undoes_its_links(engine: Engine) {
        let world = World::linked(engine);
        let second = world.found(&world.owner, Some(LINK));
        world.link(&world.owner, &second);
        let removed = |id| json!({"action": "deleted", "installation": {"id": id}});
        world.deliver("installation", &removed(INSTALLATION + 1)).ok();
        token(&world.owner.client, &second).ok();
        for _ in 0..2 {
            world.deliver("installation", &removed(INSTALLATION)).ok();
        }
        for project in [&world.project, &second] {
            token(&world.owner.client, project).refused(404, "repository_not_linked");
        }
        assert_eq!(world.events(Happening::RepositoryUnlinked).len(), 2);
    }

    fn a_merge_is_taken(engine: Engine) {
        let world = World::linked(engine);
        world.ticket(&world.project, &world.owner, &json!([SEVEN]));
        let merged = json!({
            "action": "closed", "pull_request": {"number": 7, "merged": true},
            "repository": {"full_name": "acme/web"},
        });
        for _ in 0..2 {
            world.deliver("pull_request", &merged).ok();
        }
    }
}

#[test]
fn unsigned_and_forged_deliveries_are_refused() {
    let world = World::linked(Engine::Sqlite);
    let body = check_run("build").to_string();
    let good = sign(WEBHOOK_SECRET, body.as_bytes());
    let refused = |signature: Option<&str>, code| {
        world
            .deliver_signed("check_run", &body, signature)
            .refused(401, code);
    };
    refused(None, "missing_signature");
    let digits = good.trim_start_matches("sha256=");
    for bad in [
        "",
        "sha256=",
        digits,
        &format!("sha1={digits}"),
        &good[..good.len() - 2],
        &format!("{good}00"),
        &sign("another secret", body.as_bytes()),
        &sign(WEBHOOK_SECRET, b"another body"),
    ] {
        refused(Some(bad), "invalid_signature");
    }
    assert!(world.events(Happening::RepositoryCheckCompleted).is_empty());
    world.deliver_signed("check_run", &body, Some(&good)).ok();
    assert_eq!(world.events(Happening::RepositoryCheckCompleted).len(), 1);
}

#[test]
fn what_nobody_waits_for_is_received() {
    let world = World::linked(Engine::Sqlite);
    for (event, body) in [
        ("ping", json!({"zen": "Keep it logically awesome."})),
        ("push", json!({"action": "x"})),
        ("check_run", json!({"action": "completed"})),
        (
            "check_run",
            json!({"action": "completed", "repository": {"full_name": "../.."}}),
        ),
        ("installation", json!({"action": "deleted"})),
        ("pull_request", json!([])),
    ] {
        let answer = world.deliver(event, &body).ok();
        assert_eq!(answer, json!({"received": true}), "{event}");
    }
    let elsewhere = json!({
        "action": "closed", "pull_request": {"number": 7, "merged": true},
        "repository": {"full_name": "nobody/nothing"},
    });
    world.deliver("pull_request", &elsewhere).ok();
}

#[test]
fn without_a_secret_nothing_is_believed() {
    let world = World::with(Engine::Sqlite, |settings| {
        settings.github.webhook_secret = None;
    });
    let body = json!({"action": "deleted", "installation": {"id": INSTALLATION}}).to_string();
    let signature = sign("", body.as_bytes());
    world
        .deliver_signed("installation", &body, Some(&signature))
        .refused(503, "github_not_configured");
}
