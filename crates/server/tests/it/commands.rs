//! What the commands beside `serve` do, on their own and beside a running
//! server.

use testkit::engine::Engine;
use testkit::on_both_engines;
use testkit::process::run;

use crate::program::{
    BINARY, OPERATOR_KEY, assert_audit_is_clean, command, eventually, register, server,
};

on_both_engines! {
    fn the_example_is_lively_and_sound(engine: Engine) {
        let scratch = engine.scratch();
        let told = command(scratch.url(), &["demo"]).ok();
        assert!(told.contains("/api/leaderboard") && told.contains("operator key:"), "{told}");
        assert_audit_is_clean(scratch.url());
        let again = command(scratch.url(), &["demo"]);
        assert!(!again.status.success() && again.stderr.contains("already"), "{}", again.stderr);

        let guildhall = server(scratch.url()).start();
        let client = guildhall.client();
        let leaders = client.get("/api/leaderboard").ok();
        assert_eq!(leaders["leaderboard"][0]["total_payouts"]["POLT"], 500);
        for status in ["available", "committed", "in_review", "completed"] {
            let listed = client.get(&format!("/api/tasks?status={status}")).ok();
            assert_ne!(listed["total"], 0, "no task is {status}");
        }
    }

    fn keys_are_issued_rotated_and_revoked_beside_a_server(engine: Engine) {
        let scratch = engine.scratch();
        let guildhall = server(scratch.url()).start();
        let client = guildhall.client();
        let first = register(&client, "keyholder");
        let works = |key: &str| client.with_key(key).post("/api/auth/verify").send().status == 200;
        let second = command(scratch.url(), &["key", "issue", "keyholder"]).ok().trim().to_owned();
        assert!(works(&first) && works(&second));

        let third = command(scratch.url(), &["key", "rotate", "keyholder"]).ok().trim().to_owned();
        assert!(works(&third));
        eventually("rotated keys stop working", || !works(&first) && !works(&second));

        let revoked = command(scratch.url(), &["key", "revoke", "keyholder"]);
        assert!(revoked.status.success() && revoked.stderr.contains("no longer works"));
        eventually("revoked keys stop working", || !works(&third));
        let unknown = command(scratch.url(), &["key", "issue", "nobody"]);
        assert!(!unknown.status.success() && unknown.stderr.contains("no agent"));
    }

    fn the_operators_key_follows_the_configuration(engine: Engine) {
        let scratch = engine.scratch();
        let works = |key: &str, configured: &str| {
            let server = server(scratch.url()).env("GUILDHALL_OPERATOR_KEY", configured).start();
            server.client().with_key(key).get("/api/cto/pending-reviews").send().status
        };
        assert_eq!(works(OPERATOR_KEY, OPERATOR_KEY), 200);
        assert_eq!(works("another", "another"), 200);
        assert_eq!(works(OPERATOR_KEY, "another"), 401, "the key before it was revoked");
        assert_eq!(works(OPERATOR_KEY, OPERATOR_KEY), 200, "and works when it is set again");
        assert_eq!(works("polt_made-up", "polt_made-up"), 200, "it may look like a minted one");
    }
}

#[test]
fn an_audit_names_what_is_violated() {
    let scratch = Engine::Sqlite.scratch();
    command(scratch.url(), &["demo"]).ok();
    let path = scratch.url().trim_start_matches("sqlite:");
    let broken = rusqlite::Connection::open(path).and_then(|database| {
        database.execute(
            "update ledger_accounts set balance = balance + 1 where asset = 'POLT'",
            (),
        )
    });
    assert!(broken.is_ok_and(|rows| rows > 0));
    let audit = command(scratch.url(), &["audit"]);
    assert_eq!(audit.status.code(), Some(1));
    assert!(
        audit
            .stdout
            .contains("VIOLATED every balance is the sum of its entries"),
        "{}",
        audit.stdout
    );
}

#[test]
fn every_command_explains_itself() {
    let help = run(BINARY, &["--help"], &[]).ok();
    for name in ["serve", "demo", "audit", "backup", "restore", "key"] {
        assert!(help.contains(name), "{name} is missing in {help}");
        assert!(run(BINARY, &[name, "--help"], &[]).ok().contains("Usage"));
    }
}

#[test]
fn a_database_of_another_kind_is_refused() {
    let refused = command("mysql://root@localhost/guildhall", &["audit"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stderr.contains("sqlite:PATH"), "{}", refused.stderr);
}
