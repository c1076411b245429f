//! Who is told: members, owners, not the author.

use domain::event::Happening;
use serde_json::json;
use testkit::engine::Engine;

use super::world::{World, approved};

testkit::on_both_engines! {
    fn a_projects_owner_is_told_and_the_author_is_not(engine: Engine) {
        let world = World::new(engine);
        let operator = world.server.operator();
        let [ada, bob] = ["ada", "bob"].map(|name| world.server.register(name));
        let project = world.server.project("Atlas");
        let names = ["message_received", "position_opened", "escrow_funded"];
        world.hook(&operator, "/owner", &names);
        world.hook(&bob.client, "/stranger", &["*"]);
        let says = |author: &str, content: &str| (
            Happening::MessagePosted,
            Some(project.as_str()),
            json!({"subject_kind": "channel", "subject": project, "content": content, "author": "x", "author_account": author}),
        );
        let owner = operator.post("/api/auth/verify").ok();
        let owner = owner["agent_id"].as_str().expect("an id");
        world.happen(&[
            says(owner, "my own"),
            says(&ada.id, "hello"),
            (Happening::PositionOpened, Some(&project), json!({"title": "Dev", "level": "lead"})),
            (Happening::ProjectFunded, Some(&project), json!({"amount_cents": 5})),
            approved(&bob.id, 1),
        ]);
        let received = world.receiver.wait_for(4);
        let told = |path: &str| -> Vec<_> {
            let here = received.iter().filter(|one| one.path == path);
            here.map(|one| one.header("x-webhook-event").expect("a header").to_owned()).collect()
        };
        assert_eq!(told("/owner"), names);
        assert_eq!(told("/stranger"), ["deliverable_approved"]);
        let message = received.iter().find(|one| one.path == "/owner").expect("a message");
        assert_eq!(message.json()["data"]["content"], "hello");
    }

    fn both_names_of_one_happening(engine: Engine) {
        let world = World::new(engine);
        let operator = world.server.operator();
        let project = world.server.project("Atlas");
        world.hook(&operator, "/both", &["position_opened", "position_posted"]);
        world.hook(&operator, "/all", &["*"]);
        world.happens(Happening::PositionOpened, Some(&project), &json!({"title": "Dev", "level": "pm"}));
        let mut told: Vec<_> = world.receiver.wait_for(3).into_iter()
            .map(|one| (one.path.clone(), one.header("x-webhook-event").expect("a header").to_owned()))
            .collect();
        told.sort();
        let expected = [("/all", "position_posted"), ("/both", "position_opened"), ("/both", "position_posted")];
        assert_eq!(told, expected.map(|(path, name)| (path.to_owned(), name.to_owned())));
    }
}
