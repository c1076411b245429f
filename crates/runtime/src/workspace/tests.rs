//! Escapes, bounds and the sandbox, tried on a folder of the host.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use app::ports::files::{Change, Files};
use domain::id::{AttachmentId, EnvironmentId};
use domain::limits;
use tempfile::TempDir;
use uuid::Uuid;

use super::{Grep, Limits, Scope, Workspace, Workspaces};

struct World {
    all: Workspaces,
    work: Workspace,
    folder: TempDir,
}

const ENVIRONMENT: EnvironmentId = EnvironmentId(Uuid::from_u128(7));

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let all = Workspaces::new(folder.path().join("work"), false, false);
        let work = all.of(ENVIRONMENT).expect("a work folder");
        Self { all, work, folder }
    }

    /// Where the files are on the host.
    fn host(&self) -> PathBuf {
        let root = self.folder.path().join("work");
        root.join(ENVIRONMENT.to_string()).join("files")
    }

    fn write(&self, path: &str, text: &str) -> Result<(), &'static str> {
        let bytes = text.to_owned().into_bytes().into();
        let path = path.to_owned();
        let changed = self.work.change(Change::Write { path, bytes });
        changed.map(|_| ()).map_err(|error| error.code)
    }

    fn read(&self, path: &str) -> Result<String, &'static str> {
        let (folder, path) = self.work.at(path).map_err(|error| error.code)?;
        let part = folder.read(&path, 1_000).map_err(|error| error.code)?;
        Ok(String::from_utf8(part.bytes).expect("text"))
    }

    /// Runs a command, unless this machine has no sandbox.
    async fn run(&self, command: &str, limits: Limits) -> Option<super::Ran> {
        if let Some(why) = self.all.refusal().await {
            println!("skipped: {why}");
            return None;
        }
        Some(self.work.run(command, limits).await.expect("it runs"))
    }
}

#[test]
fn nothing_leads_out() {
    let world = World::new();
    let host = world.host();
    symlink("/etc", host.join("etc")).expect("a link");
    symlink("/etc/passwd", host.join("passwd")).expect("a link");
    symlink("../attachments", host.join("up")).expect("a link");
    symlink("../../../../../../../etc", host.join("far")).expect("a link");
    symlink("loop", host.join("loop")).expect("a link");
    for path in [
        "../x",
        "/etc/passwd",
        "etc/passwd",
        "passwd",
        "up/x",
        "far/passwd",
        "loop",
        "a/../../x",
        "/work/../x",
    ] {
        assert!(world.read(path).is_err(), "read {path}");
        assert!(!world.work.exists(path), "exists {path}");
    }
    for path in ["../x", "/tmp/x", "etc/x", "up/x", "far/x"] {
        assert!(world.write(path, "x").is_err(), "write {path}");
        let folder = Change::Mkdir { path: path.into() };
        assert!(world.work.change(folder).is_err(), "mkdir {path}");
    }
    let through = Change::Delete {
        path: "etc/passwd".into(),
    };
    assert!(world.work.change(through).is_err());
    // The link itself is ours.
    let link = Change::Delete { path: "etc".into() };
    assert!(world.work.change(link).is_ok());
    assert!(Path::new("/etc/passwd").exists());
    for name in ["../y", "a/b", "..", ""] {
        let rename = Change::Rename {
            path: "loop".into(),
            name: name.into(),
        };
        assert!(world.work.change(rename).is_err(), "rename to {name}");
    }
    assert!(world.write("/attachments/x", "x").is_err(), "only read");
}

#[test]
fn the_folders_belong_to_the_server_alone() {
    let world = World::new();
    for path in [world.folder.path().join("work"), world.host()] {
        let mode = std::fs::metadata(path).expect("it is there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o700);
    }
}

#[test]
fn what_is_written_is_read() {
    let world = World::new();
    assert_eq!(world.write("a/b.txt", "one\ntwo\n"), Ok(()));
    assert_eq!(world.read("/work/a/b.txt").as_deref(), Ok("one\ntwo\n"));
    assert!(world.work.exists("a") && !world.work.exists("b"));
    assert_eq!(world.write("a", "x"), Err("not_a_file"));
    assert_eq!(world.read("a"), Err("not_a_file"));
    let most = "x".repeat(limits::WORK_FILE_BYTES + 1);
    assert_eq!(world.write("big", &most), Err("file_too_large"));
    let left: Vec<_> = std::fs::read_dir(world.host().join("a"))
        .expect("a folder")
        .collect();
    assert_eq!(left.len(), 1, "no drafts: {left:?}");
}

#[test]
fn a_pipe_keeps_nobody_waiting() {
    let world = World::new();
    let pipe = world.host().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    assert_eq!(world.read("pipe"), Err("not_a_file"));
    assert_eq!(world.write("pipe", "x"), Err("not_a_file"));
}

#[test]
fn searches_are_bounded_and_follow_no_links() {
    let world = World::new();
    symlink("/etc", world.host().join("etc")).expect("a link");
    for n in 0..5 {
        world
            .write(&format!("src/{n}.rs"), "fn main() {}\n// TODO\n")
            .expect("written");
    }
    world.write("notes/todo.md", "todo\n").expect("written");
    let (folder, all) = world.work.at(".").expect("the folder");
    let scope = |most| Scope {
        from: &all,
        most,
        is_open: &|_| true,
    };
    let (found, is_cut) = folder.glob(&scope(3), "*.rs").expect("found");
    assert_eq!((found.len(), is_cut), (3, true));
    let (found, is_cut) = folder.glob(&scope(9), "src/*.rs").expect("found");
    assert_eq!((found.len(), is_cut), (5, false));
    let notes = Scope {
        is_open: &|path| path.starts_with("notes"),
        ..scope(1)
    };
    let (found, is_cut) = folder.glob(&notes, "*").expect("found");
    assert_eq!((found, is_cut), (vec!["notes/todo.md".into()], false));
    let grep = Grep::new("todo", Some("*.md"), true).expect("an expression");
    let (lines, _) = folder.grep(&scope(9), &grep).expect("lines");
    assert_eq!(lines.len(), 1);
    let grep = Grep::new("root|TODO", None, false).expect("an expression");
    let (lines, is_cut) = folder.grep(&scope(4), &grep).expect("lines");
    assert_eq!((lines.len(), is_cut), (4, true));
    assert!(
        lines.iter().all(|line| line.path.starts_with("src")),
        "{lines:?}"
    );
    assert!(Grep::new("(", None, false).is_err());
}

#[tokio::test]
async fn attachments_are_kept_and_removed() {
    let world = World::new();
    let id = AttachmentId(Uuid::from_u128(9));
    let kept = world
        .all
        .attach(ENVIRONMENT, id, "a.txt".into(), "hi".into());
    let path = kept.await.expect("kept");
    assert_eq!(world.read(&path).as_deref(), Ok("hi"));
    for _ in 0..2 {
        world.all.detach(ENVIRONMENT, id).await.expect("gone");
    }
    assert!(!world.work.exists(&path));
}

#[tokio::test]
async fn a_command_works_in_the_folder() {
    let world = World::new();
    let command = "echo $HOME; pwd; echo made > made.txt; echo oops >&2; exit 3";
    let Some(ran) = world.run(command, Limits::default()).await else {
        return;
    };
    assert_eq!((ran.exit_code, ran.timed_out), (3, false), "{ran:?}");
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("/work\n/work\n", "oops\n")
    );
    assert_eq!(world.read("made.txt").as_deref(), Ok("made\n"));
}

#[tokio::test]
async fn a_command_sees_and_changes_nothing_else() {
    let world = World::new();
    let secret = world.folder.path().join("secret");
    std::fs::write(&secret, "hush").expect("a secret");
    let path = secret.display();
    for command in [
        format!("cat {path}"),
        "cat /etc/shadow".into(),
        "cat /etc/passwd".into(),
        "ls /root /home".into(),
        "touch /usr/x".into(),
        "touch /attachments/x".into(),
        "touch /x && touch /work/../etc/x".into(),
        "mount -t tmpfs none /mnt".into(),
        "env | grep -i -e cargo -e guildhall_".into(),
        "cat /proc/1/environ | tr '\\0' '\\n' | grep -i cargo".into(),
        "unshare -Ur true".into(),
        "(echo > /dev/tcp/127.0.0.1/22) 2>/dev/null || (echo > /dev/tcp/1.1.1.1/443)".into(),
    ] {
        let Some(ran) = world.run(&command, Limits::default()).await else {
            return;
        };
        assert_ne!(ran.exit_code, 0, "{command}: {ran:?}");
    }
    let Some(ran) = world
        .run(
            "cat /proc/net/dev | grep -v lo: | grep -c :",
            Limits::default(),
        )
        .await
    else {
        return;
    };
    assert_eq!(ran.stdout.trim(), "0", "no interface but the loopback one");
}

#[tokio::test]
async fn the_operator_decides_about_the_network() {
    let world = World::new();
    let limits = Limits {
        network: true,
        ..Limits::default()
    };
    let Some(ran) = world
        .run("grep -v lo: /proc/net/dev | grep -c :", limits)
        .await
    else {
        return;
    };
    assert_eq!(ran.stdout.trim(), "0", "asked for, not allowed");
}

#[tokio::test]
async fn output_is_bounded() {
    let world = World::new();
    let limits = Limits {
        output_bytes: 1_000,
        ..Limits::default()
    };
    let Some(ran) = world.run("seq 1 1000000", limits).await else {
        return;
    };
    assert_eq!(ran.exit_code, 0);
    assert!(ran.stdout.len() < 1_100, "{}", ran.stdout.len());
    assert!(ran.stdout.starts_with("1\n2\n") && ran.stdout.ends_with("1000000\n"));
}

#[tokio::test]
async fn what_runs_too_long_is_killed_with_all_it_started() {
    let world = World::new();
    let limits = Limits {
        seconds: 1,
        ..Limits::default()
    };
    let command = "echo begun; (sleep 5; echo late > late.txt) & setsid sleep 6 & sleep 7";
    let Some(ran) = world.run(command, limits).await else {
        return;
    };
    assert!(ran.timed_out && ran.exit_code != 0, "{ran:?}");
    assert_eq!(ran.stdout, "begun\n");
    // What it left behind ends when it does.
    let background = "(sleep 3; echo late > late.txt) >/dev/null 2>&1 & true";
    let ran = world
        .run(background, Limits::default())
        .await
        .expect("it runs");
    assert_eq!(ran.exit_code, 0);
    let ran = world.run("sleep 4; ls late.txt", Limits::default()).await;
    assert_ne!(ran.expect("it runs").exit_code, 0);
}

#[tokio::test]
async fn memory_and_files_are_bounded() {
    let world = World::new();
    for command in [
        "head -c 6000000000 /dev/zero | tail -c 5900000000 | wc -c",
        "head -c 600000000 /dev/zero > big",
    ] {
        let command = format!("set -o pipefail; {command}");
        let Some(ran) = world.run(&command, Limits::default()).await else {
            return;
        };
        assert_ne!(ran.exit_code, 0, "{command}: {ran:?}");
    }
}

#[tokio::test]
async fn a_link_that_a_command_made_leads_nowhere() {
    let world = World::new();
    let command = "ln -s /etc/passwd p; ln -s / root; ln -s ../../.. up; mkdir d; ln -s d inside; echo x > d/x";
    if world.run(command, Limits::default()).await.is_none() {
        return;
    }
    for path in ["p", "root/etc/passwd", "up/x"] {
        assert!(world.read(path).is_err(), "{path}");
    }
    assert_eq!(world.read("inside/x").as_deref(), Ok("x\n"));
}
