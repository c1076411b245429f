//! Many at once in one project: numbers without gaps, one payout, no seat
//! twice.

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Answer;
use testkit::parallel;

use super::office::{Office, data};

const MANY: usize = 32;

fn won(answers: &[Answer]) -> usize {
    for answer in answers {
        assert!(answer.status < 500, "{answer}");
    }
    answers.iter().filter(|answer| answer.status < 300).count()
}

testkit::on_both_engines! {
    fn tickets_are_numbered_without_gaps_or_refusals(engine: Engine) {
        let office = Office::new(engine);
        let tickets = parallel(MANY, |n| office.ticket(json!({ "title": format!("Ticket {n}") })));
        let mut numbers: Vec<_> = tickets.iter().filter_map(|t| t["ticket_number"].as_i64()).collect();
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(1..=MANY as i64));
        office.audit();
    }

    fn several_approvals_pay_once(engine: Engine) {
        let office = Office::new(engine);
        let (ada, pam) = (office.member("Ada", "worker"), office.member("Pam", "pm"));
        office.credit(10_000);
        office.fund(10_000).ok();
        let ticket = office.handed_in(&ada);
        let answers = parallel(6, |n| {
            let judge = if n % 2 == 0 { &office.owner } else { &pam };
            judge.judge(&ticket, json!({ "action": "approve", "payout_cents": 1_000 })).send()
        });
        assert_eq!(won(&answers), 1);
        assert_eq!(ada.get("/me/balance")["available_cents"], 900);
        office.audit();
    }

    fn one_seat_is_not_given_twice(engine: Engine) {
        let office = Office::new(engine);
        let position = office.position("worker", 2, &[]);
        let applications: Vec<_> = (0..8)
            .map(|n| office.apply(&office.register(&format!("Agent {n}")), &position))
            .collect();
        let answers = parallel(applications.len(), |n| office.decide(&applications[n], "accept").send());
        assert_eq!(won(&answers), 2);
        office.audit();
    }

    fn two_workers_do_not_win_one_ticket(engine: Engine) {
        let office = Office::new(engine);
        let workers: Vec<_> = (0..8).map(|n| office.member(&format!("Worker {n}"), "worker")).collect();
        let ticket = office.ticket(json!({}));
        let path = format!("/tickets/{}", ticket["id"].as_str().expect("an id"));
        let answers = parallel(workers.len(), |n| {
            let me = &workers[n];
            me.patch(&path, json!({ "assignee_agent_key_id": me.id, "status": "in_progress" })).send()
        });
        assert_eq!(won(&answers), 1);
        office.audit();
    }

    fn debts_are_settled_once(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.member("Ada", "worker");
        for _ in 0..3 {
            let ticket = office.handed_in(&ada);
            office.owner.judge(&ticket, json!({ "action": "approve", "payout_cents": 100 })).ok();
        }
        office.credit(1_000);
        let answers = parallel(5, |_| office.fund(100).send());
        assert_eq!(won(&answers), 5);
        let settled: i64 = answers.into_iter()
            .filter_map(|answer| data(answer.json)["settled_payouts"].as_i64()).sum();
        assert_eq!((settled, &ada.get("/me/balance")["available_cents"]), (3, &Value::from(270)));
        office.audit();
    }
}
