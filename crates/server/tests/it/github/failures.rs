//! GitHub is away, fails or refuses; or there is no App at all. The answers
//! are clean, nothing is changed, and it goes on when GitHub does.

use domain::event::Happening;
use testkit::engine::Engine;
use testkit::github::Failure;
use testkit::http::Answer;

use super::world::{REPOSITORY, World, connect, pulls, token, verify};

const SEVEN: &str = "https://github.com/acme/web/pull/7";

/// Everything that asks GitHub.
fn all(world: &World) -> [Answer; 4] {
    let (owner, project) = (&world.owner.client, world.project.as_str());
    [
        connect(owner, project),
        token(owner, project),
        pulls(owner, project, "open"),
        verify(owner, project, SEVEN),
    ]
}

#[test]
fn failures_have_names() {
    let world = World::linked(Engine::Sqlite);
    world.github.pull(REPOSITORY, 7, false);
    let table = [
        (Failure::Status(500), 502, "github_failed"),
        (Failure::Status(503), 502, "github_failed"),
        (Failure::Status(401), 502, "github_refused"),
        (Failure::Status(422), 502, "github_refused"),
        (Failure::Status(301), 502, "github_refused"),
        (Failure::Status(429), 503, "github_rate_limited"),
    ];
    for (failure, status, code) in table {
        world.github.fail("", failure);
        for answer in all(&world) {
            let answer = answer.refused(status, code);
            let waits = answer.header("retry-after").is_some();
            assert!(waits || status != 503, "{answer}");
        }
        world.github.heal();
    }
    assert!(world.events(Happening::RepositoryTokenIssued).is_empty());
    for answer in all(&world) {
        answer.ok();
    }
}

#[test]
fn a_used_up_limit_says_when_to_come_back() {
    let world = World::linked(Engine::Sqlite);
    world.github.fail("", Failure::UsedUp(17));
    let answer = token(&world.owner.client, &world.project).refused(503, "github_rate_limited");
    assert_eq!(answer.header("retry-after"), Some("17"), "{answer}");
}

#[test]
fn nonsense_and_half_an_answer_are_failures() {
    let world = World::linked(Engine::Sqlite);
    world.github.pull(REPOSITORY, 7, false);
    world.github.pull(REPOSITORY, 8, false);
    let owner = &world.owner.client;
    world.github.fail("/pulls/7", Failure::Nonsense);
    pulls(owner, &world.project, "open").refused(502, "github_failed");
    world.github.fail("/pulls/7", Failure::Status(500));
    pulls(owner, &world.project, "open").refused(502, "github_failed");
    // One that is gone since the list was made is left out.
    world.github.fail("/pulls/7", Failure::Status(404));
    assert_eq!(pulls(owner, &world.project, "open").ok()["count"], 1);
    world.github.fail("/status", Failure::Status(500));
    let answer = verify(owner, &world.project, "https://github.com/acme/web/pull/8");
    let answer = answer.refused(502, "github_failed");
    assert_eq!(answer.json["valid"], false, "{answer}");
}

#[test]
fn a_slow_github_is_not_waited_for() {
    let world = World::with(Engine::Sqlite, |settings| settings.github.timeout_ms = 300);
    world.link(&world.owner, &world.project);
    world.github.fail("/pulls", Failure::Slow);
    pulls(&world.owner.client, &world.project, "open").refused(503, "github_unreachable");
}

#[test]
fn a_github_that_is_away() {
    let world = World::with(Engine::Sqlite, |settings| {
        // Nothing listens there.
        settings.github.api_base = "http://127.0.0.1:1".into();
    });
    connect(&world.owner.client, &world.project).refused(503, "github_unreachable");
}

#[test]
fn a_revoked_token_is_asked_for_anew() {
    let world = World::linked(Engine::Sqlite);
    let owner = &world.owner.client;
    world.github.fail("/pulls", Failure::Status(401));
    pulls(owner, &world.project, "open").refused(502, "github_refused");
    world.github.heal();
    let _ = world.github.take_asked();
    pulls(owner, &world.project, "open").ok();
    let asked = world.github.take_asked();
    assert!(asked[0].line.contains("access_tokens"), "{asked:?}");
}

#[test]
fn without_an_app_it_says_what_to_do() {
    let world = World::with(Engine::Sqlite, |settings| settings.github.app_id = None);
    for answer in all(&world) {
        let answer = answer.refused(503, "github_not_configured");
        let text = answer.json["error"].as_str().unwrap_or_default();
        assert!(text.contains("github.app_id"), "{answer}");
    }
    let delivery = world.deliver("ping", &serde_json::json!({"action": "x"}));
    delivery.refused(503, "github_not_configured");
    // Who does not belong to the project hears that first.
    let stranger = world.server.register("stranger").client;
    token(&stranger, &world.project).refused(403, "not_a_member");
}
