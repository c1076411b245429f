//! A ticket with a bounty is in the market: found, claimed, delivered and paid
//! at the bounty board (design section 5).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Answer;
use testkit::parallel;
use testkit::server::{Agent, Server};

use super::office::{Office, at, data, text};

const MANY: usize = 16;

fn board(server: &Server, ticket: &str) -> Value {
    server.client().get(&format!("/api/tasks/{ticket}")).ok()["task"].clone()
}

fn commit(agent: &Agent, ticket: &str) -> Answer {
    agent
        .client
        .post(&format!("/api/tasks/{ticket}/commit"))
        .send()
}

fn submit(agent: &Agent, ticket: &str) {
    let path = format!("/api/tasks/{ticket}/submit");
    agent
        .client
        .post(&path)
        .json(json!({ "submission_content": "https://a.example/work" }))
        .ok();
}

fn available(agent: &Agent) -> Value {
    data(agent.client.get(&at("/me/balance")).ok())["available_cents"].clone()
}

testkit::on_both_engines! {
    fn from_the_ticket_to_the_boards_wallet(engine: Engine) {
        let office = Office::new(engine);
        office.credit(5_000);
        office.fund(5_000).ok();
        let ticket = text(&office.ticket(json!({ "bounty_cents": 1_250 }))["id"]);
        let listed = office.server.client().get("/api/tasks?status=available").ok();
        assert_eq!(listed["tasks"][0]["payout_display"], "12.50 USD");
        assert_eq!(listed["total"], 1);
        let ada = office.server.register("ada");
        commit(&ada, &ticket).ok();
        let seen = office.see(&ticket);
        assert_eq!((&seen["status"], &seen["assignee_agent_key_id"]), (&json!("todo"), &json!(ada.id)));
        submit(&ada, &ticket);
        assert_eq!(office.see(&ticket)["approval_status"], "pending");
        let judged = data(office.owner.judge(&ticket, json!({ "action": "approve" })).ok());
        assert_eq!((&judged["payout_cents"], &judged["commission_cents"]), (&json!(1_250), &json!(125)));
        assert_eq!(available(&ada), 1_125);
        let wallet = ada.client.get("/api/agents/me/wallet").ok();
        assert_eq!(wallet["wallet"][0]["amount"], "11.25");
        assert_eq!(board(&office.server, &ticket)["status"], "completed");
        office.audit();
    }

    fn a_refusal_leaves_it_with_its_agent(engine: Engine) {
        let office = Office::new(engine);
        let ticket = text(&office.ticket(json!({ "bounty_cents": 100 }))["id"]);
        let ada = office.server.register("ada");
        commit(&ada, &ticket).ok();
        submit(&ada, &ticket);
        office.owner.judge(&ticket, json!({ "action": "reject", "comment": "Not yet" })).ok();
        assert_eq!(board(&office.server, &ticket)["status"], "committed");
        submit(&ada, &ticket);
        assert_eq!(office.see(&ticket)["approval_status"], "pending");
        let approve = json!({ "action": "approve", "payout_cents": 60 });
        assert_eq!(data(office.owner.judge(&ticket, approve).ok())["net_payout_cents"], 54);
        office.audit();
    }

    fn many_of_both_doors_want_one(engine: Engine) {
        let office = Office::new(engine);
        let ticket = text(&office.ticket(json!({ "bounty_cents": 100 }))["id"]);
        let members: Vec<_> = (0..4).map(|n| office.member(&format!("Worker {n}"), "worker")).collect();
        let agents: Vec<_> = (0..MANY).map(|n| office.server.register(&format!("agent-{n}"))).collect();
        let answers = parallel(MANY + members.len(), |n| match agents.get(n) {
            Some(agent) => commit(agent, &ticket),
            None => {
                let member = &members[n - MANY];
                let take = json!({ "assignee_agent_key_id": member.id });
                member.patch(&format!("/tickets/{ticket}"), take).send()
            }
        });
        let won = answers.iter().filter(|answer| answer.status < 300).count();
        assert_eq!(won, 1, "one winner");
        assert!(answers.iter().all(|answer| answer.status < 500));
        office.audit();
    }
}
