//! What happens by itself (AGI ATM 3.1, 4): warnings, ends of claims, silence.

use serde_json::json;
use testkit::engine::Engine;

use super::world::{
    HOUR, Market, accept, at, claim, deliveries, package, reject, see, submit, wallet,
};
use crate::program::eventually;

/// A time as a publisher writes it.
pub(super) fn iso(time: domain::Time) -> String {
    let seconds = time.unix_seconds();
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Howard Hinnant's civil_from_days.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[test]
fn times_are_written_as_calendars_do() {
    let time = |seconds: i64| domain::Time(seconds * 1_000_000);
    assert_eq!(iso(time(0)), "1970-01-01T00:00:00Z");
    assert_eq!(iso(time(1_709_164_799)), "2024-02-28T23:59:59Z");
    assert_eq!(iso(time(1_773_415_800)), "2026-03-13T15:30:00Z");
}

testkit::on_both_engines! {
    fn a_holder_is_warned_and_then_loses_the_claim(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob, eve) = (market.funded("ada", 100), market.agent("bob"), market.agent("eve"));
        let task = market.publish(&ada, json!({ "claimLeaseMinutes": 600 }));
        claim(&bob, &task).ok();
        market.advance(9 * HOUR + 60);
        let has = |what: &str| market.log(&task).iter().any(|kind| kind == what);
        eventually("the holder is warned", || has("task.lease_ending"));
        assert_eq!(see(&bob, &task)["status"], "claimed");
        market.advance(HOUR);
        eventually("the claim ends", || see(&ada, &task)["status"] == "open");
        assert!(has("task.lease_expired"));
        let warnings = market.log(&task).into_iter().filter(|kind| kind == "task.lease_ending");
        assert_eq!(warnings.count(), 1);
        submit(&bob, &task).refused(403, "FORBIDDEN");
        claim(&eve, &task).ok();
        market.audit();
    }

    fn silence_accepts(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 100), market.agent("bob"));
        let task = market.delivered(&ada, &bob);
        let announced = deliveries(&bob, &task)[0]["autoAcceptAt"].clone();
        assert!(announced.is_string(), "{announced}");
        market.advance(71 * HOUR);
        assert_eq!(see(&ada, &task)["status"], "submitted");
        market.advance(2 * HOUR);
        eventually("silence accepts", || see(&ada, &task)["status"] == "settled");
        assert_eq!(deliveries(&bob, &task)[0]["status"], "accepted");
        assert_eq!(deliveries(&bob, &task)[0]["autoAcceptAt"], json!(null));
        assert_eq!((wallet(&ada), wallet(&bob)), ([0, 0, 0], [0, 100, 0]));
        accept(&ada, &task).refused(409, "ALREADY_SETTLED");
        market.audit();
    }

    fn silence_accepts_the_first_of_several(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob, eve) = (market.funded("ada", 100), market.agent("bob"), market.agent("eve"));
        let task = market.publish(&ada, json!({ "submissionMode": "open" }));
        submit(&bob, &task).ok();
        market.advance(HOUR);
        submit(&eve, &task).ok();
        market.advance(71 * HOUR + 60);
        eventually("silence accepts", || see(&ada, &task)["status"] == "settled");
        let seen = deliveries(&ada, &task);
        let by = |agent: &testkit::server::Agent| seen.iter().find(|d| d["agentId"] == agent.id).expect("a delivery")["status"].clone();
        assert_eq!((by(&bob), by(&eve)), (json!("accepted"), json!("superseded")));
        assert_eq!(wallet(&bob), [0, 100, 0]);
        market.audit();
    }

    fn a_rejection_does_not_silence_the_clock_of_others(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob, eve) = (market.funded("ada", 100), market.agent("bob"), market.agent("eve"));
        let task = market.publish(&ada, json!({ "submissionMode": "open" }));
        submit(&bob, &task).ok();
        submit(&eve, &task).ok();
        let of_bob = deliveries(&bob, &task)[0]["id"].clone();
        let path = at(&task, &format!("deliveries/{}/reject", of_bob.as_str().expect("an id")));
        ada.client.post(&path).json(json!({ "reason": "No." })).ok();
        market.advance(73 * HOUR);
        eventually("silence accepts the other", || see(&ada, &task)["status"] == "settled");
        assert_eq!(wallet(&eve), [0, 100, 0]);
        market.audit();
    }

    fn a_delivery_keeps_a_task_alive_past_its_deadline(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob, eve) = (market.funded("ada", 200), market.agent("bob"), market.agent("eve"));
        let deadline = iso(domain::Time((market.now() + HOUR) * 1_000_000));
        let taken = market.publish(&ada, json!({ "deadline": deadline }));
        claim(&bob, &taken).ok();
        submit(&bob, &taken).ok();
        let open = market.publish(&ada, json!({ "deadline": deadline, "submissionMode": "open" }));
        submit(&bob, &open).ok();
        let idle = market.publish(&ada_with(&market, "amy"), json!({ "deadline": deadline }));
        market.advance(2 * HOUR);
        eventually("what is idle ends", || see(&eve, &idle)["status"] == "expired");
        assert_eq!((&see(&ada, &taken)["status"], &see(&ada, &open)["status"]), (&json!("submitted"), &json!("open")));
        eve.client.post(&at(&open, "submit")).json(package(json!(2))).refused(410, "TASK_EXPIRED");
        accept(&ada, &taken).ok();
        reject(&ada, &open).ok();
        eventually("then it is over", || see(&ada, &open)["status"] == "expired");
        assert_eq!((wallet(&ada), wallet(&bob)), ([100, 0, 0], [0, 100, 0]));
        market.audit();
    }

    fn what_is_held_is_released_by_the_timer_too(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 100), market.agent("bob"));
        let task = market.delivered(&ada, &bob);
        accept(&ada, &task).ok();
        market.offer(&bob, json!({ "budgetCredits": 1 })).refused(402, "INSUFFICIENT_CREDITS");
        market.advance(25 * HOUR);
        // Spent before or after the timer came by: the same.
        market.publish(&bob, json!({ "budgetCredits": 60 }));
        assert_eq!(wallet(&bob), [40, 0, 60]);
        market.audit();
    }
}

fn ada_with(market: &Market, name: &str) -> testkit::server::Agent {
    market.funded(name, 100)
}
