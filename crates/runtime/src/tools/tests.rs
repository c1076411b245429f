//! Every tool, called as a model calls it, on a real work folder and database.

use std::sync::Arc;

use app::ops::environments::Create;
use app::ops::vault::{Fields, Save, Sort};
use app::ports::Ports;
use app::ports::agents::{Toolbox, Turn, Worker};
use app::{App, Clock, Entropy, Hidden, Settings};
use domain::id::{EnvironmentId, RunId};
use domain::policy::Actor;
use serde_json::{Map, Value, json};
use store::{Location, Store};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::Tools;
use crate::vault::KeyFile;
use crate::workspace::Workspaces;

pub(super) struct World {
    app: App,
    environment: EnvironmentId,
    live: Actor,
    _folder: TempDir,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(true, false).await
    }

    pub(super) async fn with(may_start: bool, allow_loopback: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let ports = Ports {
            files: Some(Arc::new(Workspaces::new(path("work"), false, may_start))),
            vault: Some(Arc::new(KeyFile::made(path("key")))),
            ..Ports::default()
        };
        let settings = Settings {
            allow_loopback,
            ..Settings::default()
        };
        let store = Store::open(&Location::Sqlite(path("db")))
            .await
            .expect("a store");
        let app = App::reaching(ports, store, settings, Clock::system(), Entropy::system());
        let create = Create {
            name: "compass".into(),
        };
        let made = app.call(&Actor::System, create).await.expect("a project");
        let live = app.authenticate(made.live.reveal()).await.expect("its key");
        Self {
            environment: live.environment().expect("an environment"),
            app,
            live,
            _folder: folder,
        }
    }

    pub(super) async fn tools(&self, toolbox: Toolbox, document: Value) -> Tools {
        let document = document.as_object().expect("an object").clone();
        let turn = Turn {
            environment: self.environment,
            run: RunId(self.environment.0),
            agent: Some(Worker {
                name: "dev".into(),
                document: Arc::new(document),
            }),
            model: String::new(),
            messages: Vec::new(),
            request: Map::new(),
            client_tools: Vec::new(),
            toolbox,
            most_calls: 1,
            attended: None,
        };
        Tools::open(&self.app, &turn).await.expect("tools")
    }

    /// What nobody else has.
    pub(super) fn mark(&self) -> EnvironmentId {
        self.environment
    }

    async fn trust(&self, agent: &str, value: &str) {
        let fields: Fields = [("password".to_owned(), Hidden(value.into()))].into();
        let save = Save {
            agent: agent.into(),
            service: "mail".into(),
            sort: Sort::Login,
            label: None,
            fields,
            key: None,
        };
        self.app.call(&self.live, save).await.expect("stored");
    }
}

pub(super) async fn ok(tools: &mut Tools, name: &str, arguments: Value) -> String {
    let answer = tools.call(name, &arguments).await;
    assert!(!answer.is_error, "{name} {arguments}: {}", answer.content);
    answer.content
}

pub(super) async fn refused(tools: &mut Tools, name: &str, arguments: Value) -> String {
    let answer = tools.call(name, &arguments).await;
    assert!(answer.is_error, "{name} {arguments}: {}", answer.content);
    answer.content
}

#[tokio::test]
async fn files_are_written_read_edited_and_found() {
    let world = World::new().await;
    let mut tools = world.tools(Toolbox::Working, json!({})).await;
    ok(
        &mut tools,
        "write",
        json!({ "path": "src/a.rs", "content": "one\ntwo\ntwo\n" }),
    )
    .await;
    assert_eq!(
        ok(&mut tools, "read", json!({ "path": "/work/src/a.rs" })).await,
        "one\ntwo\ntwo\n"
    );
    let part = ok(
        &mut tools,
        "read",
        json!({ "path": "src/a.rs", "offset": 2, "limit": 1 }),
    )
    .await;
    assert_eq!(part, "two\n[1 more lines: read on with offset 3]");
    let twice = refused(
        &mut tools,
        "edit",
        json!({ "path": "src/a.rs", "old_text": "two", "new_text": "2" }),
    )
    .await;
    assert!(twice.contains("2 times"), "{twice}");
    ok(
        &mut tools,
        "edit",
        json!({ "path": "src/a.rs", "old_text": "two", "new_text": "2", "replace_all": true }),
    )
    .await;
    ok(
        &mut tools,
        "write",
        json!({ "path": "b.md", "content": "# B" }),
    )
    .await;
    assert_eq!(
        ok(&mut tools, "ls", json!({})).await,
        "src/\nb.md (3 bytes)"
    );
    assert_eq!(
        ok(&mut tools, "glob", json!({ "pattern": "*.rs" })).await,
        "src/a.rs"
    );
    assert_eq!(
        ok(&mut tools, "grep", json!({ "pattern": "^2$" })).await,
        "src/a.rs:2: 2\nsrc/a.rs:3: 2"
    );
    let effects = tools.effects();
    assert_eq!(effects.created, ["src/a.rs", "b.md"]);
    assert_eq!(effects.edited, ["src/a.rs"]);
    for (name, arguments) in [
        ("read", json!({ "path": "../x" })),
        ("read", json!({ "path": "/etc/passwd" })),
        ("read", json!({ "path": 7 })),
        ("read", json!({})),
        ("read", json!("src/a.rs")),
        ("read", json!({ "path": "b.md", "offset": -1 })),
        ("write", json!({ "path": "../x", "content": "" })),
        (
            "edit",
            json!({ "path": "b.md", "old_text": "nothing", "new_text": "x" }),
        ),
        ("grep", json!({ "pattern": "(" })),
        ("nothing", json!({})),
    ] {
        refused(&mut tools, name, arguments).await;
    }
}

#[tokio::test]
async fn an_agent_may_be_confined() {
    let world = World::new().await;
    let mut free = world.tools(Toolbox::Working, json!({})).await;
    for path in ["docs/a.md", "src/a.md"] {
        ok(
            &mut free,
            "write",
            json!({ "path": path, "content": "word" }),
        )
        .await;
    }
    let mut tools = world
        .tools(Toolbox::Working, json!({ "allowedPaths": ["docs"] }))
        .await;
    ok(&mut tools, "read", json!({ "path": "docs/a.md" })).await;
    ok(
        &mut tools,
        "write",
        json!({ "path": "docs/new/b.md", "content": "" }),
    )
    .await;
    for path in ["src/a.md", ".", "docs/../src/a.md", "docsy"] {
        refused(&mut tools, "read", json!({ "path": path })).await;
        refused(&mut tools, "write", json!({ "path": path, "content": "" })).await;
    }
    assert_eq!(
        ok(&mut tools, "grep", json!({ "pattern": "word" })).await,
        "docs/a.md:1: word"
    );
    let leak = json!({ "type": "file", "label": "x", "path": "src/a.md" });
    refused(&mut tools, "register_outcome", leak).await;
}

#[tokio::test]
async fn a_confined_agents_commands_see_its_part_alone() {
    let world = World::new().await;
    let mut free = world.tools(Toolbox::Working, json!({})).await;
    if let Some(notes) = free.notes() {
        println!("skipped: {notes}");
        return;
    }
    let made = "mkdir -p src docs; echo word > src/a.md; echo mine > docs/a.md; echo one > one.md; \
        ln -s ../src docs/up; ln -s src link; ln -s / docs/root";
    ok(&mut free, "bash", json!({ "command": made })).await;
    let paths = json!({ "allowedPaths": ["docs", "docs/inner", "one.md", "link", "new/deep", "none.md", "../x", "/etc"] });
    let mut tools = world.tools(Toolbox::Working, paths).await;
    let seen = ok(
        &mut tools,
        "bash",
        json!({ "command": "ls; ls new; cat docs/a.md one.md" }),
    )
    .await;
    assert_eq!(seen, "docs\nnew\none.md\ndeep\nmine\none");
    for command in [
        "cat src/a.md",
        "cat docs/up/a.md",
        "cat docs/../src/a.md",
        "cat docs/root/root/.bashrc",
        "cat link/a.md",
        "touch x",
        "touch new/x",
        "mv docs other",
        "mount --bind / docs",
        "find / -name a.md -path '*src*' 2>/dev/null | grep .",
    ] {
        let told = ok(&mut tools, "bash", json!({ "command": command })).await;
        assert!(told.starts_with("[exit code"), "{command}: {told}");
    }
    ok(
        &mut tools,
        "bash",
        json!({ "command": "echo b > docs/b.md; echo c > new/deep/c; echo two > one.md" }),
    )
    .await;
    let effects = tools.effects();
    assert_eq!(effects.created, ["docs/b.md", "new/deep/c"]);
    assert_eq!(effects.edited, ["one.md"]);
    let mut nowhere = world
        .tools(Toolbox::Working, json!({ "allowedPaths": ["none.md"] }))
        .await;
    assert_eq!(
        ok(&mut nowhere, "bash", json!({ "command": "ls" })).await,
        "[done, without output]"
    );
}

#[tokio::test]
async fn what_a_command_changed_is_found() {
    let world = World::new().await;
    let mut tools = world.tools(Toolbox::Working, json!({})).await;
    if let Some(notes) = tools.notes() {
        println!("skipped: {notes}");
        return;
    }
    ok(&mut tools, "write", json!({ "path": "a", "content": "1" })).await;
    ok(
        &mut tools,
        "write",
        json!({ "path": "gone", "content": "1" }),
    )
    .await;
    ok(
        &mut tools,
        "bash",
        json!({ "command": "echo 2 >> a; rm gone; mkdir d; echo x > d/new; ln -s a l" }),
    )
    .await;
    ok(&mut tools, "bash", json!({ "command": "cat a d/new" })).await;
    let effects = tools.effects();
    assert_eq!(
        (effects.created, effects.edited),
        (vec!["a".into(), "d/new".into()], vec!["a".to_owned()])
    );
    let many = "mkdir m; for n in $(seq 1 300); do echo $n > m/$n; done; echo top > top";
    ok(&mut tools, "bash", json!({ "command": many })).await;
    let created = tools.effects().created;
    assert_eq!(
        (created.len(), created[0].as_str()),
        (100, "top"),
        "what is near the top comes first"
    );
}

#[tokio::test]
async fn a_command_runs_or_the_agent_is_told() {
    let world = World::new().await;
    let mut tools = world.tools(Toolbox::Working, json!({})).await;
    if let Some(notes) = tools.notes() {
        println!("skipped: {notes}");
        assert!(
            !tools
                .specs()
                .iter()
                .any(|spec| spec["function"]["name"] == "bash")
        );
        return;
    }
    let told = ok(
        &mut tools,
        "bash",
        json!({ "command": "echo a > f; cat f; echo b >&2; exit 2" }),
    )
    .await;
    assert_eq!(told, "[exit code 2]\na\n[stderr]\nb");
    assert_eq!(
        ok(&mut tools, "bash", json!({ "command": "true" })).await,
        "[done, without output]"
    );
    let late = ok(
        &mut tools,
        "bash",
        json!({ "command": "sleep 9", "timeout_seconds": 1 }),
    )
    .await;
    assert!(late.starts_with("[killed"), "{late}");
    let long = ok(&mut tools, "bash", json!({ "command": "seq 1 500000" })).await;
    assert!(long.len() <= 70_000, "{}", long.len());
}

#[tokio::test]
async fn memory_is_an_agents_own_or_shared() {
    let world = World::new().await;
    let mut tools = world.tools(Toolbox::Working, json!({})).await;
    ok(&mut tools, "memory_set", json!({ "content": "mine" })).await;
    ok(&mut tools, "memory_append", json!({ "content": "more" })).await;
    ok(
        &mut tools,
        "memory_append",
        json!({ "content": "ours", "scope": "shared" }),
    )
    .await;
    assert_eq!(ok(&mut tools, "memory_get", json!({})).await, "mine\nmore");
    assert_eq!(
        ok(&mut tools, "memory_get", json!({ "scope": "shared" })).await,
        "ours"
    );
    refused(&mut tools, "memory_get", json!({ "scope": "ada" })).await;
    refused(
        &mut tools,
        "memory_set",
        json!({ "content": "x".repeat(100_001) }),
    )
    .await;
}

#[tokio::test]
async fn a_credential_is_got_by_its_agent_and_masked() {
    let world = World::new().await;
    world.trust("dev", "hush-hush").await;
    world.trust("ada", "other-secret").await;
    let mut tools = world.tools(Toolbox::Working, json!({})).await;
    let listed = ok(&mut tools, "vault_list", json!({})).await;
    assert!(
        listed.contains("mail") && !listed.contains("hush"),
        "{listed}"
    );
    let got = ok(&mut tools, "vault_get", json!({ "service": "mail" })).await;
    assert!(got.contains("hush-hush") && !got.contains("other"), "{got}");
    refused(&mut tools, "vault_get", json!({ "service": "none" })).await;
    let shown = tools.masked(&json!({ "result": got, "command": "login hush-hush", "token": "x" }));
    assert!(!shown.to_string().contains("hush"), "{shown}");
    assert_eq!(shown["token"], "[REDACTED]");
    let refusal = refused(
        &mut tools,
        "http_fetch",
        json!({ "url": "https://127.0.0.1/hush-hush" }),
    )
    .await;
    assert!(!refusal.contains("hush"), "{refusal}");
}

#[tokio::test]
async fn no_address_inside_is_called() {
    let world = World::new().await;
    let mut tools = world.tools(Toolbox::Working, json!({})).await;
    for url in [
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "http://example.com/",
        "file:///etc/passwd",
        "https://user:pass@10.0.0.1/",
        "nonsense",
    ] {
        refused(&mut tools, "http_fetch", json!({ "url": url })).await;
    }
    for headers in [
        json!({ "Host": "x" }),
        json!({ "a b": "c" }),
        json!([]),
        json!({ "a": 1 }),
    ] {
        refused(
            &mut tools,
            "http_fetch",
            json!({ "url": "https://10.0.0.1/", "headers": headers }),
        )
        .await;
    }
}

/// Answers every request with what `answer` makes of its text.
pub(super) async fn serve(answer: impl Fn(&str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = Vec::new();
            let mut buffer = [0; 4_096];
            while !is_whole(&asked) {
                match stream.read(&mut buffer).await {
                    Ok(n) if n > 0 => asked.extend_from_slice(&buffer[..n]),
                    _ => break,
                }
            }
            let told = answer(&String::from_utf8_lossy(&asked));
            // The other end may be gone.
            let _ = stream.write_all(told.as_bytes()).await;
        }
    });
    format!("http://{address}/")
}

pub(super) fn is_whole(asked: &[u8]) -> bool {
    let text = String::from_utf8_lossy(asked).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    length
        .and_then(|length| length.parse().ok())
        .is_none_or(|length: usize| body.len() >= length)
}

pub(super) fn reply(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn an_address_is_called_and_its_redirect_told() {
    let world = World::with(false, true).await;
    let mut tools = world.tools(Toolbox::Working, json!({})).await;
    let url = serve(|asked| match asked.starts_with("POST") {
        true => reply(
            "200 OK",
            "content-type: text/plain\r\n",
            asked.rsplit("\r\n").next().unwrap_or(""),
        ),
        false => reply("302 Found", "location: http://10.0.0.1/\r\n", ""),
    })
    .await;
    let moved = ok(&mut tools, "http_fetch", json!({ "url": url })).await;
    assert!(
        moved.contains("HTTP 302") && moved.contains("location: http://10.0.0.1/"),
        "{moved}"
    );
    let sent = json!({ "url": url, "method": "POST", "body": "ping", "headers": { "x-a": "b" } });
    let echoed = ok(&mut tools, "http_fetch", sent).await;
    assert!(
        echoed.contains("HTTP 200") && echoed.ends_with("ping"),
        "{echoed}"
    );
}

#[tokio::test]
async fn outcomes_and_questions_are_told() {
    let world = World::new().await;
    let mut tools = world.tools(Toolbox::Talking, json!({})).await;
    ok(
        &mut tools,
        "write",
        json!({ "path": "r.md", "content": "x" }),
    )
    .await;
    ok(
        &mut tools,
        "register_outcome",
        json!({ "type": "file", "label": "Report", "path": "r.md" }),
    )
    .await;
    for bad in [
        json!({ "type": "file", "label": "Report", "path": "none" }),
        json!({ "type": "file", "label": "Report" }),
        json!({ "type": "song", "label": "x" }),
        json!({ "type": "text", "label": "" , "text": "x" }),
    ] {
        refused(&mut tools, "register_outcome", bad).await;
    }
    let outcomes = tools.effects().outcomes;
    assert_eq!(outcomes.len(), 1);
    assert_eq!(
        (&outcomes[0]["producedBy"], &outcomes[0]["path"]),
        (&json!("dev"), &json!("r.md"))
    );
    let asked = json!({ "questions": [{ "question": "Which?", "header": "h".repeat(40), "options": [{ "label": "A" }, "B"] }] });
    let answer = tools.call("ask_user_question", &asked).await;
    let question = answer.question.expect("a question");
    assert_eq!(
        question,
        json!({ "questions": [{
        "id": "q1", "question": "Which?", "header": "h".repeat(30), "multiple": false, "custom": true,
        "options": [{ "label": "A" }, { "label": "B" }],
    }] })
    );
    refused(&mut tools, "ask_user_question", json!({ "questions": [] })).await;
}

#[tokio::test]
async fn only_what_is_offered_is_called() {
    let world = World::new().await;
    let mut reading = world
        .tools(
            Toolbox::Reading,
            json!({ "mcpServers": { "x": { "url": "https://10.0.0.1/" } } }),
        )
        .await;
    assert_eq!(reading.specs().len(), 4);
    refused(
        &mut reading,
        "write",
        json!({ "path": "a", "content": "b" }),
    )
    .await;
    let mut empty = world.tools(Toolbox::Empty, json!({})).await;
    assert!(empty.specs().is_empty());
    refused(&mut empty, "read", json!({ "path": "a" })).await;
}
