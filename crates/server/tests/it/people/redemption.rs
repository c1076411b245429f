//! Credits are spent on what the operator sells (AGI ATM 3.3).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Request;
use testkit::parallel;
use testkit::process::{Output, run};

use super::folk::{Citizen, Town, item, text};
use crate::program::BINARY;

const ITEMS: &str = "[redemption]\nitems = [{ id = \"card\", title = \"One card\", price = 400 }, \
    { id = \"mug\", title = \"One mug\", price = 10, stock = 1 }]\n";

fn shop(engine: Engine) -> Town {
    Town::with(engine, |settings| {
        settings.redemption.items = vec![item("card", 400, None), item("mug", 10, Some(1))];
    })
}

/// Loads codes as the operator does, beside the server.
fn load(town: &Town, codes: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let (config, file) = (folder.path().join("g.toml"), folder.path().join("codes"));
    std::fs::write(&config, ITEMS).expect("written");
    std::fs::write(&file, codes).expect("written");
    let (config, file) = (config.display().to_string(), file.display().to_string());
    let arguments = ["redeem", "load", &file, "--config", &config, "--database"];
    run(
        BINARY,
        &[&arguments[..], &[town.server.database_url()]].concat(),
        &[],
    )
}

fn redeem(who: &Citizen, item: &str) -> Request {
    who.post("/redemptions", json!({ "itemId": item }))
}

fn catalogue(town: &Town) -> Vec<(String, Value)> {
    let listed = town.client().get("/api/v1/redemption/catalog").ok();
    let items = listed["items"].as_array().expect("a list");
    let offer = |item: &Value| (text(&item["id"]), item["available"].clone());
    items.iter().map(offer).collect()
}

testkit::on_both_engines! {
    fn a_code_is_bought_once(engine: Engine) {
        let town = shop(engine);
        let grace = town.human("grace");
        redeem(&grace, "card").refused(409, "INVALID_STATE");
        load(&town, "card,AAAA-1\ncard BBBB-2\nmug,CCCC\nmug,DDDD\n").ok();
        assert_eq!(catalogue(&town), [("card".into(), json!(2)), ("mug".into(), json!(1))]);
        let first = redeem(&grace, "card").send().expect_status(201).json;
        assert_eq!(first["redemption"]["credits"], 400);
        assert_eq!(first["wallet"]["available"], 600);
        let second = redeem(&grace, "card").ok();
        let mut codes = [text(&first["redemption"]["code"]), text(&second["redemption"]["code"])];
        codes.sort();
        assert_eq!(codes, ["AAAA-1", "BBBB-2"]);
        redeem(&grace, "card").refused(409, "INVALID_STATE");
        redeem(&grace, "mug").ok();
        // One is in stock, whatever is loaded.
        redeem(&grace, "mug").refused(409, "INVALID_STATE");
        redeem(&grace, "boat").refused(404, "NOT_FOUND");
        let listed = grace.get("/redemptions");
        assert_eq!(listed["total"], 3);
        assert_eq!(listed["items"][2], first["redemption"]);
        assert_eq!(town.human("alan").get("/redemptions")["total"], 0);
        grace.has(190, 0, 0);
        town.is_sound();
    }

    fn what_waits_or_is_missing_is_not_spent(engine: Engine) {
        let town = shop(engine);
        let (grace, alan) = (town.human("grace"), town.human("alan"));
        load(&town, "card,A\ncard,B\ncard,C").ok();
        grace.publishes(700);
        redeem(&grace, "card").refused(402, "INSUFFICIENT_CREDITS");
        assert_eq!(catalogue(&town)[0].1, json!(3), "the code went back");
        redeem(&alan, "card").ok();
        redeem(&alan, "card").ok();
        redeem(&alan, "card").refused(402, "INSUFFICIENT_CREDITS");
        alan.has(200, 0, 0);
        town.is_sound();
    }

    fn a_repeated_purchase_is_one(engine: Engine) {
        let town = shop(engine);
        let grace = town.human("grace");
        load(&town, "card,A\ncard,B").ok();
        let buy = || redeem(&grace, "card").header("idempotency-key", "once").ok();
        assert_eq!(buy(), buy());
        grace.has(600, 0, 0);
    }

    fn many_buyers_get_different_codes(engine: Engine) {
        let town = shop(engine);
        let codes: Vec<_> = (0..5).map(|n| format!("card,CODE-{n}\n")).collect();
        load(&town, &(codes.concat() + "mug,M\nmug,N")).ok();
        let people: Vec<_> = (0..8).map(|n| town.human(&format!("p{n}"))).collect();
        let bought = parallel(people.len(), |n| redeem(&people[n], "card").send());
        let mut codes: Vec<_> = bought.iter().filter(|answer| answer.status == 201)
            .map(|answer| text(&answer.json["redemption"]["code"])).collect();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), 5, "{codes:?}");
        assert!(bought.iter().all(|answer| [201, 409].contains(&answer.status)));
        let mugs = parallel(people.len(), |n| redeem(&people[n], "mug").send().status);
        assert_eq!(mugs.iter().filter(|status| **status == 201).count(), 1, "{mugs:?}");
        town.is_sound();
    }

    fn codes_are_loaded_once_and_bad_lines_are_named(engine: Engine) {
        let town = shop(engine);
        assert!(load(&town, "card,A\ncard,B\ncard,A\n").ok().contains("2 codes stored, 1 known"));
        assert!(load(&town, "card,B\ncard,C\n").ok().contains("1 codes stored, 1 known"));
        let bad = load(&town, "card,D\nboat,E\n");
        assert!(!bad.status.success() && bad.stderr.contains("line 2"), "{}", bad.stderr);
        assert_eq!(catalogue(&town)[0].1, json!(3), "nothing of the bad file was stored");
    }
}
