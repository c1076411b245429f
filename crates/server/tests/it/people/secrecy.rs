//! Passwords, tokens, keys and codes are in no log and no event, and the
//! database has their hashes only.

use serde_json::json;
use testkit::engine::Engine;
use testkit::process::run;

use super::folk::{PASSWORD, person, text};
use crate::program::{BINARY, server};

/// What would be a leak in `haystack`.
#[track_caller]
fn has_none(haystack: &str, secrets: &[String], what: &str) {
    assert!(!haystack.is_empty(), "{what} is empty");
    for secret in secrets {
        assert!(!haystack.contains(secret), "{secret} is in {what}");
    }
}

#[test]
fn nothing_is_told_that_opens_anything() {
    let scratch = Engine::Sqlite.scratch();
    let folder = tempfile::tempdir().expect("a folder");
    let (config, codes) = (folder.path().join("g.toml"), folder.path().join("codes"));
    let items = "[redemption]\nitems = [{ id = \"card\", title = \"A card\", price = 5 }]\n";
    std::fs::write(&config, items).expect("written");
    std::fs::write(&codes, "card,GIFT-SECRET-1\n").expect("written");
    let (config, codes) = (config.display().to_string(), codes.display().to_string());
    let guildhall = server(scratch.url())
        .env("GUILDHALL_LOG__FILTER", "trace")
        .env(
            "GUILDHALL_REDEMPTION__ITEMS",
            "[{id=\"card\",title=\"A card\",price=5}]",
        )
        .start();
    let client = guildhall.client();
    let arguments = [
        "redeem",
        "load",
        &codes,
        "--config",
        &config,
        "--database",
        scratch.url(),
    ];
    run(BINARY, &arguments, &[]).ok();
    let made = client
        .post("/api/v1/human/register")
        .json(person("grace"))
        .ok();
    let login = json!({ "email": "grace@example.org", "password": PASSWORD });
    let token = text(&client.post("/api/v1/human/login").json(login).ok()["token"]);
    let grace = client.with_key(&token);
    let agent = client
        .post("/api/v1/agent/register")
        .json(json!({ "name": "Ada" }))
        .ok();
    let ada = client.with_key(&text(&agent["apiKey"]));
    let bind_code = text(&ada.post("/api/v1/agent/bind-codes").ok()["bindCode"]);
    let bind = json!({ "bindCode": bind_code });
    grace.post("/api/v1/human/agent-bindings").json(bind).ok();
    let helper = grace.post("/api/v1/human/delegated-agents");
    let helper = helper.json(json!({ "name": "Helper" })).ok();
    let bought = grace.post("/api/v1/human/redemptions");
    let bought = bought.json(json!({ "itemId": "card" })).ok();
    assert_eq!(bought["redemption"]["code"], "GIFT-SECRET-1");
    let mut secrets = vec![
        PASSWORD.to_owned(),
        text(&made["token"]),
        token,
        text(&agent["apiKey"]),
        bind_code,
        text(&helper["handoffBundle"]["apiKey"]),
    ];
    let file = scratch.url().strip_prefix("sqlite:").expect("a file");
    let database = rusqlite::Connection::open(file).expect("the database");
    let dump = |sql: &str| -> String {
        let mut rows = database.prepare(sql).expect("a statement");
        let rows = rows.query_map([], |row| row.get::<_, String>(0));
        let rows = rows.expect("rows").map(|row| row.expect("a text"));
        rows.collect::<Vec<_>>().join("\n")
    };
    let keys = dump("select label || hex(hash) from keys");
    has_none(&keys, &secrets, "the keys");
    let humans = dump("select email || password from humans");
    assert!(humans.contains("$argon2id$"), "{humans}");
    has_none(&humans, &secrets, "the people");
    has_none(
        &dump("select hex(hash) from bind_codes"),
        &secrets,
        "the codes",
    );
    secrets.push("GIFT-SECRET-1".into());
    secrets.push("grace@example.org".into());
    has_none(&dump("select body from events"), &secrets, "the events");
    has_none(&guildhall.stderr(), &secrets, "the log");
}
