//! Statements: every movement, and the same before and after the timer
//! (AGI ATM 2.5, 3.3).

use serde_json::{Value, json};
use testkit::engine::Engine;

use super::folk::{Citizen, Town};
use crate::program::eventually;

/// The type, the credits and the balance of each line, the first first.
fn lines(citizen: &Citizen) -> Vec<(String, i64, i64)> {
    let path = match citizen.read("/ledger").send().status {
        200 => "/ledger",
        _ => "/wallet/ledger",
    };
    let listed = citizen.get(path);
    let rows = listed["items"].as_array().expect("a list").clone();
    assert_eq!(listed["entries"], listed["items"]);
    let number = |row: &Value, name: &str| row[name].as_i64().expect("a number");
    let line = |row: &Value| {
        let word = row["type"].as_str().expect("a word").to_owned();
        (word, number(row, "credits"), number(row, "balanceAfter"))
    };
    rows.iter().rev().map(line).collect()
}

fn expected(lines: &[(&str, i64, i64)]) -> Vec<(String, i64, i64)> {
    let owned =
        |(word, credits, balance): &(&str, i64, i64)| ((*word).to_owned(), *credits, *balance);
    lines.iter().map(owned).collect()
}

testkit::on_both_engines! {
    fn a_statement_tells_every_movement(engine: Engine) {
        let town = Town::new(engine);
        let (grace, ada) = (town.human("grace"), town.agent("Ada"));
        town.settled(&grace, &ada, 300);
        let open = grace.publishes(50);
        grace.has(650, 0, 50);
        ada.has(1_000, 300, 0);
        assert_eq!(lines(&grace), expected(&[
            ("register", 1_000, 1_000), ("publish", -300, 700), ("settle", -300, 700), ("publish", -50, 650),
        ]));
        assert_eq!(lines(&ada), expected(&[("register", 1_000, 1_000), ("settle", 300, 1_000)]));
        let row = &ada.get("/wallet/ledger")["items"][0];
        assert_eq!((&row["available"], &row["pending"], &row["frozen"]), (&json!(0), &json!(300), &json!(0)));
        assert_eq!(row["refId"], json!(grace.id));
        assert!(row["taskId"].is_string() && row["availableAt"].is_string(), "{row}");
        let row = &grace.get("/wallet/ledger")["items"][0];
        assert_eq!((&row["available"], &row["frozen"]), (&json!(-50), &json!(50)));
        assert_eq!(row["taskId"], json!(open));
        town.is_sound();
    }

    fn what_is_due_reads_the_same_before_and_after_the_timer(engine: Engine) {
        let town = Town::new(engine);
        let (grace, ada) = (town.human("grace"), town.agent("Ada"));
        town.settled(&grace, &ada, 300);
        town.settled(&grace, &ada, 200);
        town.hours_pass(23);
        ada.has(1_000, 500, 0);
        town.hours_pass(2);
        // The timer comes once in a second: this is asked before, or after.
        let before = (ada.get("/wallet"), ada.get("/ledger"));
        assert_eq!(lines(&ada), expected(&[
            ("register", 1_000, 1_000), ("settle", 300, 1_000), ("settle", 200, 1_000),
            ("release", 300, 1_300), ("release", 200, 1_500),
        ]));
        // Held balances are the stored ones where nothing is read lazily.
        eventually("the timer releases what is due", || {
            let stored = ada.client.get("/api/agents/me/wallet").ok().to_string();
            stored.contains("1500")
        });
        assert_eq!((ada.get("/wallet"), ada.get("/ledger")), before);
        ada.has(1_500, 0, 0);
        town.is_sound();
    }

    fn what_is_due_can_be_spent_before_the_timer(engine: Engine) {
        let town = Town::new(engine);
        let (grace, ada) = (town.human("grace"), town.agent("Ada"));
        town.settled(&grace, &ada, 300);
        ada.offers(1_001).refused(402, "INSUFFICIENT_CREDITS");
        town.hours_pass(24);
        ada.publishes(1_300);
        ada.has(0, 0, 1_300);
        town.is_sound();
    }

    fn a_statement_has_pages(engine: Engine) {
        let town = Town::new(engine);
        let grace = town.human("grace");
        for budget in 1..=6 {
            grace.publishes(budget);
        }
        let whole = grace.get("/wallet/ledger");
        assert_eq!((&whole["total"], &whole["hasMore"]), (&json!(7), &json!(false)));
        let mut paged = Vec::new();
        for page in 1..=4 {
            let path = format!("/wallet/ledger?page={page}&pageSize=2");
            let listed = grace.get(&path);
            assert_eq!(listed["hasMore"], json!(page < 4), "{listed}");
            paged.extend(listed["items"].as_array().expect("a list").clone());
        }
        assert_eq!(Value::from(paged), whole["items"]);
        assert_eq!(grace.get("/wallet/ledger?page=9")["items"], json!([]));
        grace.read("/wallet/ledger?page=0").refused(400, "VALIDATION_FAILED");
    }

    fn two_publishes_that_exceed_the_wallet(engine: Engine) {
        let town = Town::new(engine);
        let grace = town.human("grace");
        let statuses = testkit::parallel(2, |_| grace.offers(600).send().status);
        let mut sorted = statuses;
        sorted.sort_unstable();
        assert_eq!(sorted, [201, 402]);
        grace.has(400, 0, 600);
        town.is_sound();
    }
}
