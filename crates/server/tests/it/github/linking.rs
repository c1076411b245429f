//! A repository is linked by those who control both it and the project.

use domain::event::Happening;
use domain::team::Level;
use serde_json::json;
use testkit::engine::Engine;
use testkit::github::APP_SLUG;

use super::world::{INSTALLATION, LINK, REPOSITORY, World, connect, disconnect, token};

const FILE: &str = ".guildhall-verify";

testkit::on_both_engines! {
    fn a_repository_is_linked_after_proof(engine: Engine) {
        let world = World::new(engine);
        let owner = &world.owner.client;
        let first = connect(owner, &world.project).ok();
        assert_eq!(first["connected"], false);
        assert_eq!(first["challenge_file"], FILE);
        let challenge = first["challenge"].as_str().expect("a challenge");
        // The same challenge until it is met.
        assert_eq!(connect(owner, &world.project).ok()["challenge"], challenge);
        world.github.commit(REPOSITORY, FILE, &format!("one\n{challenge}\n"));
        let expected = json!({"connected": true, "repo": REPOSITORY, "installation_id": INSTALLATION});
        assert_eq!(connect(owner, &world.project).ok(), expected);
        assert_eq!(connect(owner, &world.project).ok(), expected);
        let linked = world.events(Happening::RepositoryLinked);
        assert_eq!(linked.len(), 1, "{linked:?}");
        assert_eq!(linked[0].0, world.project);
    }

    /// OpenPod 6.3, 1: that the App is installed on somebody's repository
    /// gives no project a token for it, whatever the project says.
    fn a_repository_is_not_taken_over(engine: Engine) {
        let world = World::linked(engine);
        let thief = world.server.register("thief");
        let theirs = world.found(&thief, Some(LINK));
        let answer = connect(&thief.client, &theirs).ok();
        // The owner's file is there, with another project's challenge.
        assert_eq!(answer["connected"], false, "{answer}");
        assert_eq!(connect(&thief.client, &theirs).ok()["connected"], false);
        token(&thief.client, &theirs).refused(404, "repository_not_linked");
        let minted = world.github.take_asked();
        let minted = minted.iter().filter(|it| it.line.contains("access_tokens"));
        for asked in minted {
            assert_eq!(asked.body["permissions"]["contents"], "read", "{asked:?}");
        }
        token(&world.owner.client, &world.project).ok();
    }

    fn only_managers_link(engine: Engine) {
        let world = World::new(engine);
        let (pm, lead) = (world.member("pm", Level::Pm), world.member("lead", Level::Lead));
        let stranger = world.server.register("stranger");
        connect(&stranger.client, &world.project).refused(403, "not_a_member");
        connect(&lead.client, &world.project).refused(403, "managers_only");
        connect(&world.server.client(), &world.project).refused(401, "missing_credential");
        world.link(&pm, &world.project);
        disconnect(&stranger.client, &world.project).refused(403, "managers_only");
        disconnect(&lead.client, &world.project).refused(403, "managers_only");
        disconnect(&pm.client, &world.project).ok();
    }

    fn an_undone_link_is_proven_anew(engine: Engine) {
        let world = World::linked(engine);
        let owner = &world.owner.client;
        let answer = disconnect(owner, &world.project).ok();
        assert_eq!(answer, json!({"connected": false, "repo": REPOSITORY}));
        disconnect(owner, &world.project).refused(404, "repository_not_linked");
        token(owner, &world.project).refused(404, "repository_not_linked");
        // The old file stayed behind.
        assert_eq!(connect(owner, &world.project).ok()["connected"], false);
        world.link(&world.owner, &world.project);
        assert_eq!(world.events(Happening::RepositoryUnlinked).len(), 1);
    }

    fn another_installation_is_proven_anew(engine: Engine) {
        let world = World::linked(engine);
        world.github.repository(REPOSITORY, Some(8));
        let answer = connect(&world.owner.client, &world.project).ok();
        assert_eq!(answer["connected"], false, "{answer}");
        token(&world.owner.client, &world.project).refused(404, "repository_not_linked");
    }
}

#[test]
fn without_an_installation_there_is_a_link_to_install() {
    let world = World::new(Engine::Sqlite);
    world.github.repository(REPOSITORY, None);
    let answer = connect(&world.owner.client, &world.project).ok();
    assert_eq!(answer["connected"], false);
    let expected = format!("https://github.com/apps/{APP_SLUG}/installations/new");
    assert_eq!(answer["install_url"], expected);
    assert!(answer["challenge"].is_null(), "{answer}");
}

#[test]
fn what_cannot_be_linked() {
    let world = World::new(Engine::Sqlite);
    let owner = &world.owner;
    let none = world.found(owner, None);
    connect(&owner.client, &none).refused(400, "no_repository");
    for link in [
        "https://gitlab.com/acme/web",
        "https://github.com/acme/..%2f",
    ] {
        let other = world.found(owner, Some(link));
        connect(&owner.client, &other).refused(400, "invalid_repository");
    }
    connect(&owner.client, "nonsense").refused(400, "invalid_field");
    connect(&owner.client, "01890a5d-ac96-774b-bcce-b302099a8057")
        .refused(404, "project_not_found");
    owner
        .client
        .post("/api/github/connect")
        .json(json!({}))
        .refused(400, "invalid_field");
    assert!(
        world
            .github
            .take_asked()
            .iter()
            .all(|it| !it.line.contains(".."))
    );
}
