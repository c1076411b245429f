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

/// A payout that nobody knows of.
const OWED: &str = "insert into payouts select randomblob(16), project, null, id, publisher, publisher, 'USD', 5, 0, \
                    '', '', null, 0 from tasks limit 1";

/// Damage to the example, and the invariant that it violates.
const DAMAGE: [(&str, &str); 42] = [
    (
        "no balance of a subject is negative",
        "update ledger_accounts set balance = -1 where asset = 'POLT'",
    ),
    (
        "every balance is the sum of its entries",
        "update ledger_accounts set balance = balance + 1 where asset = 'POLT'",
    ),
    (
        "every credited subject has a balance",
        "delete from ledger_accounts where asset = 'POLT'",
    ),
    (
        "every entry moves something",
        "update ledger_entries set units = 0",
    ),
    (
        "a task pays at most once",
        "drop index ledger_entries_payout; insert into ledger_entries select randomblob(16), asset, units, \
         debit_owner, debit_bucket, credit_owner, credit_bucket, reason, task, created_at from ledger_entries",
    ),
    (
        "accepted tasks have paid their reward, and no others",
        "update ledger_entries set units = units - 1 where reason = 'payout'",
    ),
    (
        "the escrow of an open task holds its reward, and no other holds anything",
        "update tasks set funding = 'escrow' where phase = 'open'",
    ),
    (
        "what an account has set aside is what its open tasks offer",
        "insert into ledger_accounts select id, 'credits', 'escrow', 1 from accounts limit 1",
    ),
    (
        "what is held is what waits to be released",
        "insert into ledger_accounts select id, 'credits', 'held', 1 from accounts limit 1",
    ),
    (
        "a job waits for as many jobs as it needs and are not done",
        "insert into jobs (id, environment, title, agent, status, phase, waits, held, retries, document, created_at, updated_at) \
         values (randomblob(16), randomblob(16), 'x', 'x', 'pending', 'execution', 1, 0, 0, '{}', 0, 0)",
    ),
    (
        "what was released was held",
        "insert into holds (account, id, asset, units, paid_at, available_at, ended) values (x'01', x'01', 'credits', 1, 0, 0, 1)",
    ),
    (
        "what was bought is what was spent on it",
        "insert into redemptions (id, account, item, units, code, created_at) values (x'01', x'01', 'card', 1, 'c', 0)",
    ),
    (
        "a code is sold once, and each purchase has one",
        "insert into redemption_codes (item, code, redemption, loaded_at) values ('card', 'c', x'01', 0)",
    ),
    (
        "credits for registering are given once",
        "insert into awards (account, what, created_at) values (x'01', 'registration', 0)",
    ),
    (
        "referrers are rewarded once for each who became active",
        "insert into referrals (account, referrer, registered_at, rewarded) values (x'01', x'02', 0, 1)",
    ),
    ("earnings are the sum of payouts", "delete from earnings"),
    (
        "a task's phase follows from its status",
        "update tasks set phase = 'review' where status = 'open'",
    ),
    (
        "a task has a holder exactly while and after it is worked on",
        "update tasks set assignee = publisher where phase = 'open'",
    ),
    (
        "a task in work has an active claim of its holder",
        "update claims set status = 'released' where status = 'active'",
    ),
    (
        "a banned account works on nothing",
        "update accounts set status = 'banned'",
    ),
    (
        "an active claim belongs to a task in work",
        "update claims set account = randomblob(16) where status = 'active'",
    ),
    (
        "exactly what waits for a verdict has a pending submission",
        "update submissions set status = 'approved' where status = 'pending'",
    ),
    (
        "submissions are counted per task",
        "delete from submissions where status = 'rejected'",
    ),
    (
        "completed tasks are counted per account",
        "update accounts set completed_tasks = completed_tasks + 1",
    ),
    (
        "tasks are counted per project",
        "update projects set cancelled_tasks = cancelled_tasks + 1",
    ),
    (
        "messages are counted per discussion",
        "delete from messages",
    ),
    (
        "votes are counted per subject",
        "update votes set value = -value",
    ),
    (
        "tasks, projects, ideas and the feed are counted by their standing",
        "update tallies set n = n + 1 where name = 'feed.vote_cast'",
    ),
    (
        "a project's escrow is what was put in, less what it paid",
        "insert into ledger_accounts select id, 'USD', 'escrow', 1 from projects limit 1",
    ),
    ("what workers are owed is what waits to be paid", OWED),
    ("what owners owe is what waits to be paid", OWED),
    (
        "every payout of a ticket is in the ledger to the cent",
        OWED,
    ),
    (
        "taken seats are counted per position",
        "insert into positions (id, project, title, description, level, skills, pay_type, seats, taken, status, \
         sort_order, created_at) values (x'01', x'01', '', '', 'worker', '', 'fixed', 1, 1, 'open', 0, 0)",
    ),
    (
        "no position seats more than it has room for",
        "insert into positions (id, project, title, description, level, skills, pay_type, seats, taken, status, \
         sort_order, created_at) values (x'01', x'01', '', '', 'worker', '', 'fixed', 1, 2, 'open', 0, 0)",
    ),
    (
        "tickets are numbered without gaps",
        "update projects set last_ticket = last_ticket + 1",
    ),
    (
        "webhooks know how much waits for them",
        "insert into webhooks (id, account, url, events, secret, active, failures, pending, created_at) \
         values (x'01', x'01', '', '*' || char(31), '', 1, 0, 1, 0)",
    ),
    (
        "the log tells of every task",
        "delete from events where kind = 'task.published'",
    ),
    (
        "the log tells of every acceptance",
        "update events set subject = randomblob(16) where kind = 'task.accepted'",
    ),
    (
        "a task is disputed exactly while the operator is to decide",
        "insert into disputes (id, task, submission, opened_by, worker, reason, status, created_at) \
         values (x'00', x'00', x'00', x'00', x'00', '', 'open', 0)",
    ),
    (
        "every version of what a project remembers is kept",
        "insert into knowledge_versions values (x'00', 1, '', '', '', '', '', x'00', 0)",
    ),
    (
        "everything a project remembers can be found",
        "insert into knowledge_words (rowid, words) values (1, 'nothing')",
    ),
    (
        "profiles count the ratings of their agents",
        "insert into profiles (account, name, name_key, tagline, skills, details, rating_sum, rating_count, rating_rank, \
         created_at) values (x'00', '', '', '', '', '{}', 5, 1, 500, 0)",
    ),
];

#[test]
fn an_audit_names_what_is_violated() {
    let scratch = Engine::Sqlite.scratch();
    let folder = tempfile::tempdir().expect("a folder");
    let example = folder.path().join("example.db").display().to_string();
    command(scratch.url(), &["demo"]).ok();
    command(scratch.url(), &["backup", &example]).ok();
    let sound = command(scratch.url(), &["audit"]).ok();
    let invariants = DAMAGE.map(|(invariant, _)| format!("ok       {invariant}"));
    let summary = "42 of 42 invariants hold".to_owned();
    let lines: Vec<_> = invariants.into_iter().chain([summary]).collect();
    assert_eq!(sound.trim_end().lines().collect::<Vec<_>>(), lines);

    for (invariant, damage) in DAMAGE {
        let damaged = folder.path().join("damaged.db");
        std::fs::copy(&example, &damaged).expect("a copy");
        let database = rusqlite::Connection::open(&damaged).expect("the copy");
        database.execute_batch(damage).expect("damage");
        drop(database);
        let audit = command(&format!("sqlite:{}", damaged.display()), &["audit"]);
        assert_eq!(audit.status.code(), Some(1), "{invariant}");
        let named = format!("VIOLATED {invariant} (");
        assert!(audit.stdout.contains(&named), "{named}\n{}", audit.stdout);
    }
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

#[test]
fn a_database_that_is_not_there_is_not_made_up() {
    let scratch = Engine::Sqlite.scratch();
    for arguments in [
        &["audit"][..],
        &["key", "issue", "openpolt"],
        &["backup", "copy.db"],
    ] {
        let refused = command(scratch.url(), arguments);
        assert_eq!(refused.status.code(), Some(1));
        assert!(
            refused.stderr.contains("there is no database"),
            "{}",
            refused.stderr
        );
    }
    let path = scratch.url().trim_start_matches("sqlite:");
    assert!(!std::path::Path::new(path).exists());
}
