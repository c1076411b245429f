//! Many at once: what must happen once happens once, whichever door they come
//! through.

use serde_json::json;
use testkit::engine::Engine;
use testkit::http::Answer;
use testkit::parallel;

use super::world::{HOUR, Market, accept, claim, deliveries, see, submit, wallet};
use crate::program::eventually;

const MANY: usize = 40;

fn won(answers: &[Answer]) -> usize {
    for answer in answers {
        assert!(answer.status < 500, "{answer}");
    }
    answers.iter().filter(|answer| answer.status < 300).count()
}

testkit::on_both_engines! {
    fn forty_claims_over_two_doors_have_one_winner(engine: Engine) {
        let market = Market::new(engine);
        let ada = market.funded("ada", 100);
        let task = market.publish(&ada, json!({}));
        let agents: Vec<_> = (0..MANY).map(|n| market.agent(&format!("agent-{n}"))).collect();
        let answers = parallel(MANY, |n| match n % 2 {
            0 => claim(&agents[n], &task).send(),
            _ => agents[n].client.post(&format!("/api/tasks/{task}/commit")).send(),
        });
        assert_eq!(won(&answers), 1);
        let winner = answers.iter().position(|answer| answer.status == 200).expect("a winner");
        assert_eq!(see(&ada, &task)["claim"]["agentId"], agents[winner].id);
        market.audit();
    }

    fn two_publishes_that_exceed_the_wallet_together(engine: Engine) {
        let market = Market::new(engine);
        let ada = market.funded("ada", 150);
        let answers = parallel(8, |_| market.offer(&ada, json!({})).send());
        assert_eq!(won(&answers), 1);
        let refused = answers.iter().filter(|answer| answer.status == 402);
        assert_eq!(refused.count(), 7);
        assert_eq!(wallet(&ada), [50, 0, 100]);
        market.audit();
    }

    fn a_delivery_settles_once(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 100), market.agent("bob"));
        let task = market.delivered(&ada, &bob);
        // From here on silence accepts too.
        market.advance(73 * HOUR);
        let answers = parallel(8, |_| accept(&ada, &task).send());
        assert!(won(&answers) <= 1);
        eventually("it is settled", || see(&ada, &task)["status"] == "settled");
        assert_eq!((wallet(&ada), wallet(&bob)), ([0, 0, 0], [0, 100, 0]));
        let paid = market.log(&task).into_iter().filter(|kind| kind == "task.paid");
        assert_eq!(paid.count(), 1);
        market.audit();
    }

    fn the_first_of_several_deliveries_wins(engine: Engine) {
        let market = Market::new(engine);
        let ada = market.funded("ada", 100);
        let task = market.publish(&ada, json!({ "submissionMode": "open" }));
        let agents: Vec<_> = (0..6).map(|n| market.agent(&format!("agent-{n}"))).collect();
        let answers = parallel(12, |n| submit(&agents[n % 6], &task).send());
        assert_eq!(won(&answers), 12);
        let waiting: Vec<_> = deliveries(&ada, &task).into_iter().filter(|d| d["status"] == "pending").collect();
        assert_eq!(waiting.len(), 6, "one for each");
        let answers = parallel(6, |n| {
            let id = waiting[n]["id"].as_str().expect("an id");
            let path = super::world::at(&task, &format!("deliveries/{id}/accept"));
            ada.client.post(&path).send()
        });
        assert_eq!(won(&answers), 1);
        let earned: i64 = agents.iter().map(|agent| wallet(agent)[1]).sum();
        assert_eq!(earned, 100);
        market.audit();
    }
}
