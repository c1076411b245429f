//! Servers that are programs.

use serde_json::json;
use tokio::time::timeout;

use super::super::super::Tools;
use super::super::super::tests::{World, ok, refused};
use super::{SOON, tools_of};

/// A server as a program; `call` is what it does when a tool is called, with
/// the question's number in `$id`.
fn script(call: &str) -> String {
    format!(
        r#"say() {{ echo "{{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":$1}}"; }}
while read -r line; do
  id=$(echo "$line" | sed 's/.*"id":\([0-9]*\).*/\1/')
  case "$line" in
    *'"initialize"'*) say '{{"protocolVersion":"2025-06-18","capabilities":{{}},"serverInfo":{{"name":"t","version":"1"}}}}';;
    *tools/list*) echo 'not json'; say '{{"tools":[{{"name":"where"}}]}}';;
    *tools/call*) {call};;
  esac
done"#
    )
}

/// The tools of such a server; none where there is no sandbox.
async fn tools_of_program(world: &World, script: &str) -> Option<Tools> {
    let how = json!({ "command": "sh", "args": ["-c", script], "env": { "GREETING": "hi" } });
    let tools = tools_of(world, how).await;
    if let Some(notes) = tools.notes() {
        println!("skipped: {notes}");
        assert!(notes.contains("shell"), "{notes}");
        return None;
    }
    Some(tools)
}

#[tokio::test]
async fn a_program_is_started_in_the_sandbox_where_that_is_allowed() {
    let script = script(
        r#"say "{\"content\":[{\"type\":\"text\",\"text\":\"$PWD $GREETING\"},{\"type\":\"smell\"}]}""#,
    );
    let off = World::with(false, false).await;
    let tools = tools_of(&off, json!({ "command": "sh", "args": ["-c", script] })).await;
    assert!(
        tools
            .notes()
            .is_some_and(|notes| notes.contains("mcp_stdio"))
    );
    let world = World::new().await;
    let Some(mut tools) = tools_of_program(&world, &script).await else {
        return;
    };
    assert_eq!(
        ok(&mut tools, "mcp__far__where", json!({})).await,
        "/work hi\n[smell that cannot be shown]"
    );
}

#[tokio::test]
async fn a_program_that_misbehaves_fails_its_call_and_holds_nothing_up() {
    let world = World::new().await;
    let flood = r#"while echo '{"jsonrpc":"2.0","id":"p","method":"ping"}'; do :; done"#;
    for (call, why) in [
        ("exit 3", "ended"),
        ("head -c 5000000 /dev/zero | tr '\\0' x; echo", "too long"),
        ("yes \"$(head -c 1000 /dev/zero | tr '\\0' x)\"", "much"),
        (
            "yes '{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}'",
            "much",
        ),
        // It does not read what it is answered.
        (flood, "much"),
        ("say '7'", "no sense"),
        (
            "echo \"{\\\"jsonrpc\\\":\\\"2.0\\\",\\\"id\\\":$id,\\\"error\\\":{\\\"code\\\":1,\\\"message\\\":\\\"no\\\"}}\"",
            "no",
        ),
    ] {
        let Some(mut tools) = tools_of_program(&world, &script(call)).await else {
            return;
        };
        let called = refused(&mut tools, "mcp__far__where", json!({}));
        let told = timeout(SOON * 3, called).await.expect("no turn is held up");
        assert!(told.contains(why), "{why}: {told}");
    }
}

#[tokio::test]
async fn a_program_that_is_not_there_is_told() {
    let world = World::new().await;
    let tools = tools_of(&world, json!({ "command": "no-such-program" })).await;
    let notes = tools.notes().expect("notes");
    assert!(notes.contains("far is not available"), "{notes}");
}

#[tokio::test]
async fn a_program_ends_with_its_turn() {
    let world = World::new().await;
    let mark = format!("mark-{}", world.mark());
    let script = script(&format!(": {mark}"));
    let Some(tools) = tools_of_program(&world, &script).await else {
        return;
    };
    assert!(runs(&mark));
    drop(tools);
    let gone = timeout(SOON, async {
        while runs(&mark) {
            tokio::task::yield_now().await;
        }
    });
    gone.await.expect("it ends");
}

/// Whether a process of this machine has this in its command line.
fn runs(mark: &str) -> bool {
    let processes = std::fs::read_dir("/proc").expect("processes");
    processes.filter_map(Result::ok).any(|process| {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(mark)
    })
}
