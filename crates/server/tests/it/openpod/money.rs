//! Money to the cent: escrow, debts, settlement in order, services
//! (OpenPod 2.14, 3.5).

use serde_json::{Value, json};
use testkit::engine::Engine;

use super::office::{Office, Person, data, text};

fn approve(office: &Office, ticket: &str, cents: i64) -> Value {
    let body = json!({ "action": "approve", "payout_cents": cents });
    data(office.owner.judge(ticket, body).ok())
}

/// What an agent has earned, has been paid, is owed, can spend.
fn ledger(person: &Person) -> [i64; 4] {
    let balance = person.get("/me/balance");
    let ledger = &balance["ledger"];
    [
        &ledger["total_earned_cents"],
        &ledger["settled_cents"],
        &ledger["unsettled_cents"],
        &balance["available_cents"],
    ]
    .map(|cents| cents.as_i64().expect("cents"))
}

testkit::on_both_engines! {
    fn the_commission_is_rounded_half_up(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.member("Ada", "worker");
        office.credit(100_000);
        office.fund(100_000).ok();
        let mut earned = 0;
        for (gross, fee) in [(1, 0), (4, 0), (5, 1), (15, 2), (333, 33), (1_235, 124)] {
            let ticket = office.handed_in(&ada);
            let judged = approve(&office, &ticket, gross);
            let transaction = &judged["transaction"];
            assert_eq!((&transaction["commission_cents"], &transaction["settled"]), (&json!(fee), &json!(true)));
            earned += gross - fee;
        }
        assert_eq!(ledger(&ada), [earned, earned, 0, earned]);
        office.audit();
    }

    fn without_funds_the_owner_owes_and_pays_in_order(engine: Engine) {
        let office = Office::new(engine);
        let (ada, bob) = (office.member("Ada", "worker"), office.member("Bob", "worker"));
        let [first, second, third] = [&ada, &bob, &ada].map(|member| office.handed_in(member));
        for (ticket, cents) in [(&first, 1_000), (&second, 2_000), (&third, 500)] {
            assert_eq!(approve(&office, ticket, cents)["settled"], false);
        }
        assert_eq!(ledger(&ada), [1_350, 0, 1_350, 0]);
        office.audit();
        office.fund(1_500).refused(402, "insufficient_funds");
        office.credit(10_000);
        // Enough for the first; the second waits, and the third behind it.
        let funded = data(office.fund(1_500).ok());
        assert_eq!((&funded["settled_payouts"], &funded["escrow_amount_cents"]), (&json!(1), &json!(500)));
        assert_eq!((ledger(&ada), ledger(&bob)), ([1_350, 900, 450, 900], [1_800, 0, 1_800, 0]));
        // What is approved now waits its turn too, though it could be paid.
        let fourth = office.handed_in(&bob);
        assert_eq!(approve(&office, &fourth, 100)["settled"], false);
        office.audit();
        let funded = data(office.fund(5_000).ok());
        assert_eq!((&funded["settled_payouts"], &funded["escrow_amount_cents"]), (&json!(3), &json!(2_900)));
        assert_eq!((ledger(&ada), ledger(&bob)), ([1_350, 1_350, 0, 1_350], [1_890, 1_890, 0, 1_890]));
        assert_eq!(office.owner.get("/me/balance")["available_cents"], 3_500);
        let fifth = office.handed_in(&ada);
        assert_eq!(approve(&office, &fifth, 2_900)["settled"], true);
        office.audit();
    }

    fn a_statement_sums_over_everything(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.member("Ada", "worker");
        for cents in [100, 200, 300] {
            let ticket = office.handed_in(&ada);
            approve(&office, &ticket, cents);
        }
        office.credit(100);
        office.fund(100).ok();
        let statement = ada.get("/me/transactions?limit=1");
        assert_eq!(statement["transactions"].as_array().map(Vec::len), Some(1));
        assert_eq!(statement["transactions"][0]["amount_cents"], 300, "newest first");
        assert_eq!(statement["transactions"][0]["type"], "deliverable_approved");
        let summary = &statement["summary"];
        assert_eq!(
            [&summary["count"], &summary["total_earned_cents"], &summary["total_commission_cents"], &summary["total_net_settled_cents"]],
            [&json!(3), &json!(540), &json!(60), &json!(90)]
        );
        let settled = ada.get("/me/transactions?settled=true");
        assert_eq!(settled["transactions"][0]["amount_cents"], 100);
        assert_eq!(ada.get("/me/transactions?settled=false&offset=1")["transactions"].as_array().map(Vec::len), Some(1));
        ada.read("/me/transactions?settled=maybe").refused(400, "invalid_field");
    }

    fn only_the_owner_funds_and_only_the_operator_credits(engine: Engine) {
        let office = Office::new(engine);
        let pm = office.member("Pam", "pm");
        let path = format!("/projects/{}/fund", office.project);
        pm.post(&path, json!({ "amount_cents": 5 })).refused(403, "owner_only");
        for cents in [json!(0), json!(-1), json!(1.5), json!("5"), json!(100_000_001)] {
            let answer = office.owner.post(&path, json!({ "amount_cents": cents })).send();
            assert_eq!(answer.status, 400, "{cents}\n{answer}");
        }
        let credit = format!("/agents/{}/credit", pm.id);
        let body = json!({ "amount_cents": 5, "memo": "mine" });
        pm.post(&credit, body).refused(403, "operator_only");
        office.audit();
    }

    fn a_service_is_paid_from_the_wallet(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.register("Ada");
        let body = json!({ "target_agent_id": ada.id, "task": "Review this, please" });
        let quote = office.owner.post("/delegate", body.clone()).refused(402, "payment_required");
        let details = &quote.json["payment_details"];
        assert_eq!((&details["price"], &details["currency"]), (&json!("11.000000"), &json!("USDC")));
        let pay = |person: &Person, how: &str| {
            person.post("/delegate", body.clone()).header("x-payment", how)
        };
        pay(&office.owner, "ledger").refused(402, "insufficient_funds");
        pay(&office.owner, "eyJ4NDAyIjoxfQ").refused(400, "payment_not_supported");
        pay(&ada, "ledger").refused(400, "invalid_field");
        office.credit(2_200);
        let paid = data(pay(&office.owner, "ledger").ok());
        assert_eq!(paid["payment"]["amount_usdc"], "11.00");
        let invoke = format!("/services/{}/invoke", ada.slug);
        let invoked = office.owner.post(&invoke, json!({ "input": "And this one" }));
        data(invoked.header("x-payment", "ledger").ok());
        assert_eq!(ada.get("/me/balance")["available_cents"], 2_000);
        assert_eq!(office.owner.get("/me/balance")["available_cents"], 0);
        let kinds: Vec<_> = ada.get("/me/transactions")["transactions"].as_array().expect("rows")
            .iter().map(|row| text(&row["type"])).collect();
        assert_eq!(kinds, ["service_invocation", "delegation"]);
        office.owner.post("/services/nobody/invoke", json!({ "input": "Hello there" })).refused(404, "agent_not_found");
        office.audit();
    }

    fn an_idempotency_key_pays_once(engine: Engine) {
        let office = Office::new(engine);
        let ada = office.member("Ada", "worker");
        let ticket = office.handed_in(&ada);
        let body = json!({ "action": "approve", "payout_cents": 700 });
        let ask = || office.owner.judge(&ticket, body.clone()).header("idempotency-key", "once");
        let first = ask().ok();
        let again = ask().send();
        assert_eq!((&again.json, again.header("idempotent-replayed")), (&first, Some("true")));
        assert_eq!(ledger(&ada)[0], 630);
    }
}
