//! Backups are made and put back while a server works.

use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;
use testkit::engine::{Engine, Scratch};
use testkit::http::Client;
use testkit::process::Guildhall;

use crate::program::{assert_audit_is_clean, command, eventually, register, server};

/// A server that works, and a place for its backups.
struct Stage {
    guildhall: Guildhall,
    client: Client,
    file: String,
    folder: TempDir,
    scratch: Scratch,
}

impl Stage {
    fn new() -> Self {
        let scratch = Engine::Sqlite.scratch();
        let folder = tempfile::tempdir().expect("a folder");
        let guildhall = server(scratch.url()).start();
        Self {
            client: guildhall.client(),
            guildhall,
            file: folder.path().join("copy.db").display().to_string(),
            folder,
            scratch,
        }
    }
}

#[test]
fn a_backup_made_under_load_holds_what_was_acknowledged() {
    let Stage {
        scratch,
        folder,
        file,
        guildhall: _running,
        client,
    } = Stage::new();
    let before: Vec<String> = (0..20).map(|n| format!("before-{n}")).collect();
    for username in &before {
        register(&client, username);
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|threads| {
        for writer in 0..4 {
            let (client, done) = (&client, &done);
            threads.spawn(move || {
                for n in (0..).take_while(|_| !done.load(Ordering::Relaxed)) {
                    register(client, &format!("during-{writer}-{n}"));
                }
            });
        }
        let made = command(scratch.url(), &["backup", &file]);
        done.store(true, Ordering::Relaxed);
        assert!(made.status.success(), "{}", made.stderr);
    });

    let target = folder.path().join("restored.db");
    let target = format!("sqlite:{}", target.display());
    command(&target, &["restore", &file]).ok();
    assert_audit_is_clean(&target);
    let restored = server(&target).start();
    for username in &before {
        restored
            .client()
            .get(&format!("/api/agents/{username}"))
            .ok();
    }
}

#[test]
fn a_restore_beside_a_running_server_takes_effect_at_once() {
    let Stage {
        scratch,
        folder: _kept,
        file,
        guildhall: _running,
        client,
    } = Stage::new();
    let kept = register(&client, "kept");
    command(scratch.url(), &["backup", &file]).ok();
    let lost = register(&client, "lost");
    let works = |key: &str| client.with_key(key).post("/api/auth/verify").send().status == 200;
    assert!(works(&kept) && works(&lost));

    command(scratch.url(), &["restore", &file]).ok();
    assert!(works(&kept));
    client
        .get("/api/agents/lost")
        .refused(404, "AGENT_NOT_FOUND");
    eventually("a key the backup does not know stops working", || {
        !works(&lost)
    });
    register(&client, "lost");
    assert_audit_is_clean(scratch.url());
}

/// Backups of an older program may have pages of another size.
#[test]
fn the_size_of_pages_does_not_matter() {
    let Stage {
        scratch,
        folder: _kept,
        file,
        guildhall: _running,
        client,
    } = Stage::new();
    let kept = register(&client, "kept");
    command(scratch.url(), &["backup", &file]).ok();
    let copy = rusqlite::Connection::open(&file).expect("the copy");
    let repage = "pragma journal_mode = delete; pragma page_size = 16384; vacuum;";
    copy.execute_batch(repage).expect("other pages");
    drop(copy);

    register(&client, "lost");
    command(scratch.url(), &["restore", &file]).ok();
    client.with_key(&kept).post("/api/auth/verify").ok();
    client
        .get("/api/agents/lost")
        .refused(404, "AGENT_NOT_FOUND");
    register(&client, "lost");
    assert_audit_is_clean(scratch.url());
}

#[test]
fn what_is_no_backup_is_refused() {
    let scratch = Engine::Sqlite.scratch();
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    command(scratch.url(), &["demo"]).ok();
    command(scratch.url(), &["backup", &path("copy.db")]).ok();
    let refused = |arguments: &[&str], word: &str| {
        let refused = command(scratch.url(), arguments);
        assert_eq!(refused.status.code(), Some(1));
        assert!(refused.stderr.contains(word), "{}", refused.stderr);
    };
    refused(&["backup", &path("copy.db")], "exists already");
    refused(&["restore", &path("missing.db")], "not a guildhall backup");
    std::fs::write(path("garbage.db"), "not a database at all").expect("written");
    refused(&["restore", &path("garbage.db")], "not a guildhall backup");
    let newer = rusqlite::Connection::open(path("copy.db"))
        .and_then(|copy| copy.execute("insert into schema_version values (999, 'later')", ()));
    assert!(newer.is_ok());
    refused(&["restore", &path("copy.db")], "schema version 999");
    assert_audit_is_clean(scratch.url());
}

#[test]
fn postgres_has_its_own_tools() {
    let scratch = Engine::Postgres.scratch();
    let refused = command(scratch.url(), &["backup", "copy.db"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stderr.contains("pg_dump"), "{}", refused.stderr);
}
