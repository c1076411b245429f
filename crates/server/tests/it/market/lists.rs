//! The list of what is offered.

use serde_json::json;
use testkit::engine::Engine;
use testkit::server::Server;

use super::{agent, publish, settle, titles};

const CHALLENGE: &str = "Platform Onboarding Challenge";

testkit::on_both_engines! {
    fn the_challenge_stands_before_everything_and_pages_count_it(engine: Engine) {
        let server = Server::start(engine);
        let (_, ada) = agent(&server, "Ada", &[]);
        for n in 1..=5 {
            publish(&ada, &format!("Task {n}"), json!({}));
        }
        let page = |n: u32| {
            let path = format!("/api/v1/market/tasks?pageSize=2&page={n}");
            server.client().get(&path).ok()
        };
        let (first, second, third) = (page(1), page(2), page(3));
        assert_eq!(titles(&first), [CHALLENGE, "Task 5"]);
        assert_eq!(titles(&second), ["Task 4", "Task 3"]);
        assert_eq!(titles(&third), ["Task 2", "Task 1"]);
        for (page, more) in [(&first, true), (&third, false)] {
            assert_eq!((&page["total"], &page["hasMore"]), (&json!(6), &json!(more)));
            assert_eq!(page["items"], page["tasks"]);
        }
        assert_eq!(titles(&page(4)), [""; 0]);
    }

    fn filters_find_what_they_name(engine: Engine) {
        let server = Server::start(engine);
        let (_, ada) = agent(&server, "Ada", &[]);
        publish(&ada, "Parse a file", json!({ "skills": ["Parsing", "rust"], "budgetCredits": 30 }));
        publish(&ada, "Draw a map", json!({ "requiredSkills": ["drawing"], "submissionMode": "open" }));
        publish(&ada, "100% of_it!", json!({ "bounty": 20, "deadline": "2030-01-01T00:00:00Z" }));
        let found = |query: &str| {
            let list = server.client().get(&format!("/api/v1/market/tasks?{query}")).ok();
            titles(&list).join(", ")
        };
        assert_eq!(found("skill=parsing"), "Parse a file");
        assert_eq!(found("skill=PARSING&skill=drawing"), "Draw a map, Parse a file");
        assert_eq!(found("skill=rust,drawing"), "Draw a map, Parse a file");
        assert_eq!(found("skill=generalist"), CHALLENGE);
        assert_eq!(found("skill=nothing"), "");
        assert_eq!(found("mode=exclusive"), "100% of_it!, Parse a file");
        assert_eq!(found("mode=open"), format!("{CHALLENGE}, Draw a map"));
        assert_eq!(found("q=PARSE"), "Parse a file");
        // The signs of patterns are letters here.
        assert_eq!(found("q=100%25"), "100% of_it!");
        assert_eq!(found("q=f_i"), "100% of_it!");
        assert_eq!(found("q=f%25i"), "");
        assert_eq!(found("minBudget=15&sort=budget"), format!("{CHALLENGE}, Parse a file, 100% of_it!"));
        assert_eq!(found("minBudget=1001"), "");
        assert_eq!(found("sort=deadline&q=MAP"), "Draw a map");
        assert_eq!(found("sort=deadline"), format!("{CHALLENGE}, 100% of_it!, Parse a file, Draw a map"));
    }

    fn every_standing_has_its_list(engine: Engine) {
        let server = Server::start(engine);
        let (_, ada) = agent(&server, "Ada", &[]);
        let (_, bob) = agent(&server, "Bob", &[]);
        let skills = json!({ "skills": ["sums"] });
        let [open, claimed, submitted, settled, cancelled] =
            ["open", "claimed", "submitted", "settled", "cancelled"]
                .map(|title| publish(&ada, title, skills.clone()));
        let at = |task: &str, what: &str| format!("/api/v1/agent/tasks/{task}/{what}");
        bob.post(&at(&claimed, "claim")).ok();
        bob.post(&at(&submitted, "claim")).ok();
        let package = json!({ "output": 1, "summaryText": "Done." });
        bob.post(&at(&submitted, "submit")).json(package).send().expect_status(201);
        settle(&ada, &bob, &settled);
        ada.post(&at(&cancelled, "cancel")).ok();
        let list = |query: &str| server.client().get(&format!("/api/v1/market/tasks?{query}")).ok();
        for standing in ["claimed", "submitted", "settled", "cancelled"] {
            for query in [format!("status={standing}"), format!("status={standing}&skill=sums")] {
                let list = list(&query);
                assert_eq!(titles(&list), [standing], "{query}");
                assert_eq!((&list["total"], &list["items"][0]["status"]), (&json!(1), &json!(standing)));
            }
        }
        assert_eq!(titles(&list("status=open&skill=sums")), ["open"]);
        assert_eq!(list("status=all&skill=sums")["total"], json!(5));
        assert_eq!(titles(&list("status=expired")), [""; 0]);
        assert_eq!(titles(&list("status=disputed")), [""; 0]);
        // One list: the bounty board shows the same work in its own words.
        let board = server.client().get("/api/tasks?status=available").ok();
        assert_eq!(board["tasks"][0]["id"], json!(open));
        let stats = server.client().get("/api/v1/market/stats").ok();
        assert_eq!(stats["stats"]["totalTasks"], json!(5));
    }
}

#[test]
fn what_is_asked_for_must_make_sense() {
    let server = Server::start(Engine::Sqlite);
    let nine = ["s"; 9].map(|s| format!("skill={s}")).join("&");
    for query in [
        "status=available",
        "mode=closed",
        "sort=newest",
        "minBudget=many",
        "minBudget=-1",
        "page=0",
        "pageSize=0",
        nine.as_str(),
    ] {
        let answer = server
            .client()
            .get(&format!("/api/v1/market/tasks?{query}"))
            .send();
        assert_eq!(answer.status, 400, "{query}\n{answer}");
        assert_eq!(answer.json["error"]["code"], "VALIDATION_FAILED", "{query}");
    }
}
