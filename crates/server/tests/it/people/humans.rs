//! People register, log in and out (AGI ATM 2.3).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Request;
use testkit::parallel;

use super::folk::{PASSWORD, Town, and, person, text};

fn login(town: &Town, email: &str, password: &str) -> Request {
    let body = json!({ "email": email, "password": password });
    town.client().post("/api/v1/human/login").json(body)
}

/// A part of a token.
fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("three parts");
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

testkit::on_both_engines! {
    fn a_person_registers_and_logs_in(engine: Engine) {
        let town = Town::new(engine);
        let register = town.client().post("/api/v1/human/register").json(person("Grace"));
        let made = register.send().expect_status(201).json;
        let human = &made["human"];
        assert_eq!((&human["email"], &human["displayName"]), (&json!("Grace@example.org"), &json!("Grace")));
        assert_eq!(made["wallet"]["available"], 1_000);
        let token = text(&made["token"]);
        assert_eq!(part(&token, 0), json!({ "alg": "HS256", "typ": "JWT" }));
        let claims = part(&token, 1);
        assert_eq!(claims["sub"], human["id"]);
        let life = claims["exp"].as_i64().zip(claims["iat"].as_i64());
        assert_eq!(life.map(|(end, begin)| end - begin), Some(30 * 24 * 3_600));
        let me = |token: &str| town.client().with_key(token).get("/api/v1/human/me");
        assert_eq!(me(&token).ok()["human"], *human);
        // In any letter case, and beside the first token.
        let logged_in = login(&town, " GRACE@example.ORG", PASSWORD).send().expect_status(200).json;
        assert_eq!(logged_in["human"], *human);
        let second = text(&logged_in["token"]);
        assert_ne!(second, token);
        // Logging out ends one token and not the other.
        town.client().with_key(&second).post("/api/v1/human/logout").ok();
        me(&second).refused(401, "UNAUTHENTICATED");
        me(&token).ok();
        town.is_sound();
    }

    fn wrong_logins_are_one_refusal(engine: Engine) {
        let town = Town::new(engine);
        town.human("grace");
        let wrong = login(&town, "grace@example.org", "wrong password").refused(401, "UNAUTHENTICATED");
        let nobody = login(&town, "nobody@example.org", PASSWORD).refused(401, "UNAUTHENTICATED");
        assert_eq!(wrong.json, nobody.json);
        for body in [json!({}), json!({ "email": "grace@example.org" }), json!({ "email": 1, "password": 2 })] {
            town.client().post("/api/v1/human/login").json(body).refused(400, "VALIDATION_FAILED");
        }
    }

    fn a_token_ends_after_a_month_and_cannot_be_made(engine: Engine) {
        let town = Town::new(engine);
        let grace = town.human("grace");
        let (claims, signature) = grace.key.rsplit_once('.').expect("a signature");
        let other = town.human("alan");
        let (_, others) = other.key.rsplit_once('.').expect("a signature");
        let me = |token: &str| town.client().with_key(token).get("/api/v1/human/me");
        for forged in [format!("{claims}.{others}"), format!("{claims}."), format!("x{claims}.{signature}")] {
            me(&forged).refused(401, "UNAUTHENTICATED");
        }
        town.hours_pass(30 * 24 - 1);
        me(&grace.key).ok();
        town.hours_pass(1);
        me(&grace.key).refused(401, "UNAUTHENTICATED");
        let again = login(&town, "grace@example.org", PASSWORD).ok();
        me(&text(&again["token"])).ok();
    }

    fn bad_registrations_create_nobody(engine: Engine) {
        let town = Town::new(engine);
        town.human("grace");
        let register = |body: Value| town.client().post("/api/v1/human/register").json(body).send();
        register(and(person("other"), json!({ "email": "GRACE@example.org" }))).refused(409, "EMAIL_TAKEN");
        for more in [
            json!({ "email": "" }),
            json!({ "email": "no address" }),
            json!({ "email": "@example.org" }),
            json!({ "email": "a b@example.org" }),
            json!({ "email": "x".repeat(250) + "@example.org" }),
            json!({ "password": "1234567" }),
            json!({ "password": "x".repeat(1_025) }),
            json!({ "password": 12_345_678 }),
            json!({ "displayName": " " }),
            json!({ "displayName": "x".repeat(101) }),
        ] {
            register(and(person("alan"), more)).refused(400, "VALIDATION_FAILED");
        }
        register(and(person("alan"), json!({ "referralCode": "nobody" }))).refused(400, "UNKNOWN_REFERRAL");
        register(person("alan")).expect_status(201);
        town.is_sound();
    }

    fn an_address_is_given_to_one_of_many(engine: Engine) {
        let town = Town::new(engine);
        let answers = parallel(6, |n| {
            let body = and(person("grace"), json!({ "displayName": format!("Grace {n}") }));
            town.client().post("/api/v1/human/register").json(body).send().status
        });
        assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
        town.is_sound();
    }

    fn a_suspended_person_does_not_get_in(engine: Engine) {
        let town = Town::new(engine);
        let grace = town.human("grace");
        let suspend = town.admin("POST", &format!("/subjects/{}/suspend", grace.id));
        suspend.json(json!({ "reason": "spam" })).ok();
        grace.read("/me").refused(403, "FORBIDDEN");
        login(&town, "grace@example.org", PASSWORD).refused(403, "FORBIDDEN");
        login(&town, "grace@example.org", "wrong password").refused(401, "UNAUTHENTICATED");
        town.admin("POST", &format!("/subjects/{}/unsuspend", grace.id)).ok();
        grace.read("/me").ok();
    }
}
