//! The ground gives way: folders that cannot be written, files that are no
//! database, full disks, a database server that is gone.
//!
//! **Invariant:** at the start the server says what is wrong and exits; while
//! it runs it refuses what it cannot do with a code and a hint when to come
//! back, does what it still can, and is well again when the cause is gone.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command as Program;

use serde_json::json;
use tempfile::TempDir;
use testkit::http::{Answer, Client};
use testkit::postgres::exclusive_cluster;
use testkit::process::{Command, Guildhall};

use crate::program::{BINARY, assert_audit_is_clean, eventually, register, server};

/// How a server that must not start explains itself; it exits with 1.
#[track_caller]
fn refusal(command: &Command) -> String {
    let Err(refusal) = command.try_start() else {
        panic!("it starts");
    };
    let refusal = refusal.to_string();
    assert!(refusal.contains("exit status: 1"), "{refusal}");
    refusal
}

/// A folder that every account may enter.
fn open_folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("permissions");
    folder
}

/// The program, run by a script that ends with `exec "$0" ...`.
fn through(folder: &Path, script: &str) -> PathBuf {
    let program = folder.join("guildhall");
    fs::copy(BINARY, &program).expect("a copy that every account may run");
    let wrapper = folder.join("wrapper");
    let script = format!("#!/bin/sh\n{script} {} \"$@\"\n", program.display());
    fs::write(&wrapper, script).expect("a script");
    for file in [&program, &wrapper] {
        fs::set_permissions(file, Permissions::from_mode(0o755)).expect("permissions");
    }
    wrapper
}

// At the start.

#[test]
fn a_database_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("folder.db")).expect("a folder");
    fs::write(path("text.db"), "Dear diary,\n".repeat(100)).expect("a file");
    for (file, hint) in [
        ("missing/guildhall.db", "folder must exist"),
        ("folder.db", "cannot open the database"),
        ("text.db", "not a database"),
    ] {
        let file = path(file).display().to_string();
        let refusal = refusal(&server(&format!("sqlite:{file}")));
        assert!(
            refusal.contains(&file) && refusal.contains(hint),
            "{refusal}"
        );
    }
    let diary = fs::read_to_string(path("text.db")).expect("the file");
    assert_eq!(diary, "Dear diary,\n".repeat(100));
}

#[test]
fn the_database_of_another_program_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("songs.db");
    let songs = rusqlite::Connection::open(&file).expect("a database");
    songs
        .execute_batch("create table songs (title text)")
        .expect("a table");
    let before = fs::read(&file).expect("the file");
    let refusal = refusal(&server(&format!("sqlite:{}", file.display())));
    assert!(refusal.contains("another program"), "{refusal}");
    assert!(
        fs::read(&file).expect("the file") == before,
        "it is as it was"
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let program = open_folder();
    let is_root = fs::metadata(program.path()).expect("a folder").uid() == 0;
    let nobody = "exec setpriv --reuid=65534 --regid=65534 --clear-groups";
    let program = through(program.path(), if is_root { nobody } else { "exec" });
    let folder = open_folder();
    let database = format!("sqlite:{}", folder.path().join("guildhall.db").display());
    fs::set_permissions(folder.path(), Permissions::from_mode(0o555)).expect("permissions");
    let fresh = refusal(&Guildhall::command(&program).database(&database));
    assert!(
        fresh.contains("guildhall.db") && fresh.contains("writable"),
        "{fresh}"
    );

    // The same with a database in it.
    drop(server(&database).start());
    let existing = refusal(&Guildhall::command(&program).database(&database));
    assert!(
        existing.contains("guildhall.db") && existing.contains("writable"),
        "{existing}"
    );
}

#[test]
fn a_postgres_that_is_down_is_named() {
    let cluster = exclusive_cluster().expect("a cluster");
    let database = cluster.database().expect("a database");
    cluster.stop().expect("stopped");
    let refusal = refusal(&server(database.url()));
    assert!(
        refusal.contains("cannot connect to PostgreSQL"),
        "{refusal}"
    );
    let missing = format!("{}_missing", database.url());
    cluster.start().expect("started");
    let refusal = self::refusal(&server(&missing));
    assert!(refusal.contains("does not exist"), "{refusal}");
}

// While it runs.

/// Registers, under names that begin like this, until there is no more room;
/// answers those that were acknowledged and the first refusal.
fn fill(client: &Client, like: &str) -> (Vec<String>, Answer) {
    let mut acknowledged = Vec::new();
    for number in 0..20_000 {
        let name = format!("{like}-{number}");
        let body = json!({ "username": name, "bio": "x".repeat(2_000) });
        let answer = client.post("/api/auth/register").json(body).send();
        if answer.status != 201 {
            return (acknowledged, answer);
        }
        acknowledged.push(name);
    }
    panic!("there is always more room");
}

/// Every name is there.
#[track_caller]
fn assert_known(client: &Client, names: &[String]) {
    assert!(!names.is_empty());
    for name in names {
        client.get(&format!("/api/agents/{name}")).ok();
    }
}

/// A small file system in memory, gone with the value.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// `None` where one may not be made.
    fn try_mount() -> Option<Self> {
        let disk = Self(tempfile::tempdir().expect("a folder"));
        let options = ["-t", "tmpfs", "-o", "size=3m", "tmpfs"];
        let mounted = Program::new("mount")
            .args(options)
            .arg(disk.0.path())
            .output();
        mounted
            .is_ok_and(|output| output.status.success())
            .then_some(disk)
    }

    fn grow(&self) {
        let options = ["-o", "remount,size=64m"];
        let grown = Program::new("mount")
            .args(options)
            .arg(self.0.path())
            .status();
        assert!(grown.expect("mount").success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Program::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_stops_writes_until_there_is_room() {
    let Some(disk) = SmallDisk::try_mount() else {
        println!("skipped: this account may not mount a small file system");
        return;
    };
    let database = format!("sqlite:{}", disk.0.path().join("guildhall.db").display());
    let guildhall = server(&database).start();
    let client = guildhall.client();
    let mut acknowledged = Vec::new();
    // A few more fit in when the log is copied into the database meanwhile and
    // begins anew in the room it has; then it is full again.
    for like in ["filler", "second", "third"] {
        let (more, refusal) = fill(&client, like);
        acknowledged.extend(more);
        let refusal = refusal.refused(503, "DISK_FULL");
        assert!(refusal.header("retry-after").is_some(), "{refusal}");
        assert_known(&client, &acknowledged);
        client.get("/healthz").ok();
    }

    disk.grow();
    register(&client, "room-again");
    assert_known(&client, &acknowledged);
    drop(guildhall);
    assert_audit_is_clean(&database);
    let again = server(&database).start();
    assert_known(&again.client(), &acknowledged);
}

/// As a disk with errors looks to the program: files cannot grow.
#[test]
fn a_database_that_cannot_grow_stops_writes_only() {
    let folder = open_folder();
    let limited = through(folder.path(), "trap '' XFSZ\nulimit -f 6000\nexec");
    let database = format!("sqlite:{}", folder.path().join("guildhall.db").display());
    let guildhall = Guildhall::command(limited)
        .database(&database)
        .env("GUILDHALL_LIMITS__ENABLED", "false")
        .start();
    let client = guildhall.client();
    let (acknowledged, refusal) = fill(&client, "filler");
    assert_eq!(refusal.status, 503, "{refusal}");
    let code = refusal.code().unwrap_or_default();
    assert!(
        ["DISK_FULL", "DATABASE_NOT_WRITABLE", "OUTCOME_UNKNOWN"].contains(&code),
        "{refusal}"
    );
    assert_known(&client, &acknowledged);
    drop(guildhall);

    assert_audit_is_clean(&database);
    let again = server(&database).start();
    assert_known(&again.client(), &acknowledged);
    register(&again.client(), "room-again");
}

#[test]
fn a_postgres_that_goes_away_is_waited_for() {
    let cluster = exclusive_cluster().expect("a cluster");
    let database = cluster.database().expect("a database");
    let guildhall = server(database.url()).start();
    let client = guildhall.client();
    let key = register(&client, "patient");
    cluster.stop().expect("stopped");

    let body = json!({ "username": "too-early" });
    for refused in [
        client.get("/api/tasks").send(),
        client.post("/api/auth/register").json(body).send(),
        client.with_key(&key).post("/api/auth/verify").send(),
    ] {
        let refused = refused.refused(503, "DATABASE_UNREACHABLE");
        assert!(refused.header("retry-after").is_some(), "{refused}");
    }
    client.get("/healthz").ok();
    client.get("/readyz").send().expect_status(503);

    cluster.start().expect("started");
    eventually("it is ready again", || {
        client.get("/readyz").send().status == 200
    });
    client.with_key(&key).post("/api/auth/verify").ok();
    register(&client, "too-early");
    assert_audit_is_clean(database.url());
}
