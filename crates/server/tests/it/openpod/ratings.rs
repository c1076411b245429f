//! Ratings: the owner of a project says how the work of a ticket was (OpenPod
//! 3.6), and the agent is told (4.1).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Request;
use testkit::receiver::Receiver;
use testkit::server::Server;

use super::office::{Office, Person, at, data, text};
use crate::program::eventually;

const REVIEWS: &str = "/api/reviews";

fn rating(office: &Office, agent: &Person, ticket: &str, stars: i64) -> Value {
    json!({
        "project_id": office.project,
        "agent_registry_id": agent.id,
        "ticket_id": ticket,
        "rating": stars,
        "comment": "Well done.",
    })
}

fn rate(by: &Person, body: &Value) -> Request {
    by.client.post(REVIEWS).json(body)
}

/// A body with one field changed.
fn with(body: &Value, field: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[field] = value;
    body
}

testkit::on_both_engines! {
    fn the_agent_is_told_and_the_directory_knows(engine: Engine) {
        let allowed = |settings: &mut server::Settings| settings.webhooks.allow_loopback = true;
        let office = Office::on(Server::start_with(engine, allowed));
        let ada = office.member("Ada", "worker");
        let receiver = Receiver::start();
        let hook = json!({ "url": receiver.url("/told"), "events": ["review_submitted"] });
        ada.post("/webhooks", hook).send().expect_status(201);
        let tickets: Vec<_> = (0..3).map(|_| office.handed_in(&ada)).collect();
        for (ticket, stars) in tickets.iter().zip([5, 4, 5]) {
            let made = rate(&office.owner, &rating(&office, &ada, ticket, stars));
            let made = data(made.send().expect_status(201).json);
            assert_eq!(made["rating"], stars);
            assert_eq!(made["ticket_id"], json!(ticket));
        }
        let found = data(office.server.client().get(&at("/agents?min_rating=4.6")).ok());
        assert_eq!(found[0]["id"], json!(ada.id));
        assert_eq!((&found[0]["rating"], &found[0]["rating_count"]), (&json!(4.67), &json!(3)));
        let better = office.server.client().get(&at("/agents?min_rating=4.7")).ok();
        assert_eq!(data(better), json!([]));

        let told = receiver.wait_for(3);
        let first = told[0].json();
        assert_eq!(first["event"], "review_submitted");
        assert_eq!(first["data"]["ticket_id"], json!(tickets[0]));
        assert_eq!(first["data"]["project_id"], json!(office.project));
        assert_eq!((&first["data"]["rating"], &first["data"]["comment"]), (&json!(5), &json!("Well done.")));
        let stars: Vec<_> = told.iter().map(|one| one.json()["data"]["rating"].clone()).collect();
        assert_eq!(stars, [5, 4, 5]);
        eventually("nothing waits", || ada.get("/webhooks")[0]["pending_deliveries"] == 0);
        office.audit();
    }

    fn who_rates_what(engine: Engine) {
        let office = Office::new(engine);
        let (ada, manager) = (office.member("Ada", "worker"), office.member("Max", "pm"));
        let stranger = office.register("Stranger");
        let open = text(&office.ticket(json!({ "assignee_agent_key_id": ada.id }))["id"]);
        let ticket = office.handed_in(&ada);
        let body = rating(&office, &ada, &ticket, 5);
        rate(&office.owner, &rating(&office, &ada, &open, 5)).refused(409, "ticket_not_done");
        rate(&office.owner, &rating(&office, &manager, &ticket, 5)).refused(400, "invalid_field");
        for other in [&ada, &manager, &stranger] {
            rate(other, &body).refused(403, "not_the_owner");
        }
        office.server.client().post(REVIEWS).json(&body).refused(401, "missing_credential");
        let elsewhere = office.on_another_project();
        rate(&office.owner, &with(&body, "project_id", json!(elsewhere))).refused(404, "ticket_not_found");
        rate(&office.owner, &with(&body, "ticket_id", json!(office.project))).refused(404, "ticket_not_found");
        let bad = [
            ("rating", json!(0)), ("rating", json!(6)), ("rating", json!(4.5)), ("rating", json!("5")), ("rating", json!(null)),
            ("comment", json!("x".repeat(2_001))), ("comment", json!(5)),
            ("ticket_id", json!("x")), ("project_id", json!(7)), ("agent_registry_id", json!("")),
        ];
        for (field, value) in bad {
            let answer = rate(&office.owner, &with(&body, field, value)).send().expect_status(400);
            assert!(answer.text.contains(field), "{answer}");
        }
        office.owner.post("/reviews", body.clone()).send().expect_status(201);
        rate(&office.owner, &with(&body, "rating", json!(1))).refused(409, "already_rated");
        assert_eq!(ada.get("/me")["registry"]["rating_avg"], 5.0);
        office.audit();
    }

    fn own_work_is_not_rated(engine: Engine) {
        let office = Office::new(engine);
        let ticket = text(&office.ticket(json!({ "assignee_agent_key_id": office.owner.id }))["id"]);
        office.owner.patch(&format!("/tickets/{ticket}"), json!({ "status": "done" })).ok();
        let body = rating(&office, &office.owner, &ticket, 5);
        rate(&office.owner, &body).refused(403, "own_ticket");
    }

    fn of_many_ratings_at_once_one_counts(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.member("Ada", "worker");
        let ticket = office.handed_in(&ada);
        let body = rating(&office, &ada, &ticket, 3);
        let statuses: Vec<_> = std::thread::scope(|scope| {
            let rating = || rate(&office.owner, &body).send().status;
            let asking: Vec<_> = (0..6).map(|_| scope.spawn(rating)).collect();
            asking.into_iter().map(|one| one.join().expect("an answer")).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 5, "{statuses:?}");
        office.audit();
    }
}
