//! Tokens reach one repository, may do the least, and are written down.

use domain::event::Happening;
use domain::team::Level;
use serde_json::json;
use testkit::engine::Engine;

use super::world::{INSTALLATION, REPOSITORY, World, token};

testkit::on_both_engines! {
    fn a_token_is_for_one_repository_and_written_down(engine: Engine) {
        let world = World::linked(engine);
        world.github.repository("acme/secret", Some(INSTALLATION));
        let worker = world.member("worker", Level::Worker);
        let answer = token(&worker.client, &world.project).ok();
        assert_eq!(answer["repo_owner"], "acme");
        assert_eq!(answer["repo_name"], "web");
        assert_eq!(answer["repo_full_name"], REPOSITORY);
        let permissions = json!({"contents": "write", "pull_requests": "write", "metadata": "read"});
        assert_eq!(answer["permissions"], permissions);
        assert_eq!(answer["expires_at"], "2099-01-01T00:00:00.000000Z");
        let asked = world.github.take_asked();
        let [minted] = asked.as_slice() else { panic!("{asked:?}") };
        assert_eq!(minted.body["repositories"], json!(["web"]));
        let as_worker = world.github.with_token(answer["token"].as_str().expect("a token"));
        as_worker.get("/repos/acme/web/pulls").ok();
        as_worker.get("/repos/acme/secret/pulls").send().expect_status(404);
        as_worker.get("/repos/acme/web/commits/0/check-runs").send().expect_status(403);
        let events = world.events(Happening::RepositoryTokenIssued);
        let [(project, facts)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(*project, world.project);
        assert_eq!((&facts["access"], &facts["repository"]), (&json!("write"), &json!(REPOSITORY)));
        assert!(!facts.to_string().contains("ghs_"), "{facts}");
    }

    fn who_may_not_have_one(engine: Engine) {
        let world = World::linked(engine);
        let stranger = world.server.register("stranger");
        token(&stranger.client, &world.project).refused(403, "not_a_member");
        token(&world.server.client(), &world.project).refused(401, "missing_credential");
        let unlinked = world.found(&world.owner, None);
        token(&world.owner.client, &unlinked).refused(404, "repository_not_linked");
        let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
        token(&world.owner.client, unknown).refused(404, "project_not_found");
        for bad in ["", "1"] {
            token(&world.owner.client, bad).refused(400, "invalid_field");
        }
        assert!(world.events(Happening::RepositoryTokenIssued).is_empty());
        assert!(world.github.take_asked().is_empty());
    }
}

#[test]
fn a_token_is_kept_and_each_handing_out_is_written_down() {
    let world = World::linked(Engine::Sqlite);
    let owner = &world.owner.client;
    let first = token(owner, &world.project).ok();
    assert_eq!(token(owner, &world.project).ok(), first);
    assert_eq!(world.github.take_asked().len(), 1);
    assert_eq!(world.events(Happening::RepositoryTokenIssued).len(), 2);
}

#[test]
fn one_may_ask_for_less() {
    let world = World::linked(Engine::Sqlite);
    let ask = |access: &str| {
        let path = format!(
            "/api/agent/v1/github/token?project_id={}&access={access}",
            world.project
        );
        world.owner.client.get(&path)
    };
    let permissions = json!({"contents": "read", "pull_requests": "read", "metadata": "read"});
    assert_eq!(ask("read").ok()["permissions"], permissions);
    assert_eq!(ask("write").ok()["permissions"]["contents"], "write");
    ask("inspect").refused(400, "invalid_field");
}

#[test]
fn an_idempotency_key_does_not_bring_back_an_old_token() {
    let world = World::linked(Engine::Sqlite);
    let path = format!("/api/agent/v1/github/token?project_id={}", world.project);
    for _ in 0..2 {
        let request = world.owner.client.get(&path).header("idempotency-key", "k");
        let answer = request.send().expect_status(200);
        assert_eq!(answer.header("idempotent-replayed"), None, "{answer}");
    }
}
