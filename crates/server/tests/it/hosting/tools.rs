//! The tools of hosted agents, called in a chat: what they do is seen through
//! the other doors of the same environment, and nothing of it in another's.

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Client;
use testkit::on_both_engines;
use testkit::server::Server;

use super::chat::{CHAT, events};

const SECRET: &str = "hush-hush-8f2c";

fn agent(client: &Client, fields: Value) {
    let mut body = json!({ "name": "dev", "model": "mock/echo" });
    for (name, value) in fields.as_object().expect("an object") {
        body[name] = value.clone();
    }
    client.post("/api/v1/agents").json(body).ok();
}

fn body(text: &str) -> Value {
    json!({ "agent": "dev", "messages": [{ "role": "user", "content": text }] })
}

/// What the agent answers, which ends with what its last tool told.
fn say(client: &Client, text: &str) -> String {
    let said = client.post(CHAT).json(body(text)).ok();
    let content = &said["choices"][0]["message"]["content"];
    content
        .as_str()
        .unwrap_or_else(|| panic!("no answer: {said}"))
        .to_owned()
}

fn prompt_tokens(client: &Client) -> i64 {
    let said = client.post(CHAT).json(body("hi")).ok();
    said["usage"]["prompt_tokens"].as_i64().expect("a number")
}

on_both_engines! {
    fn an_agent_works_on_files_that_its_project_sees(engine: Engine) {
        let server = Server::start(engine);
        let hosting = server.hosting("compass");
        let live = &hosting.live;
        agent(live, json!({}));
        agent(&hosting.test, json!({}));
        let mut told = live.get("/api/v1/events?filter=file:changed").stream();
        let answer = say(live, r##"[tool write {"path":"a.md","content":"# A"}] [tool read {"path":"a.md"}]"##);
        assert!(answer.contains("# A"), "{answer}");
        let change = told.wait_for("file:changed").json();
        assert_eq!(change, json!({ "path": "a.md", "dir": ".", "action": "created", "source": "dev" }));
        let read = live.get("/v1/files/read?path=a.md").send().expect_status(200);
        assert_eq!(read.text, "# A");
        let other = say(&hosting.test, r#"[tool read {"path":"a.md"}]"#);
        assert!(other.contains("there is no file"), "{other}");
        let outside = say(live, r#"[tool read {"path":"/etc/passwd"}]"#);
        assert!(outside.contains("outside of the work folder"), "{outside}");
    }

    fn an_agent_runs_commands_in_its_folder_alone(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        agent(&live, json!({}));
        let mut told = live.get("/api/v1/events?filter=file:changed").stream();
        let answer = say(&live, r#"[tool bash {"command":"echo $((6*7)) > b.txt; cat b.txt; ls /root"}]"#);
        if answer.contains("there is no tool") || answer.contains("Unknown tool") {
            println!("skipped: this machine has no sandbox: {answer}");
            return;
        }
        assert!(answer.contains("42") && answer.contains("[exit code"), "{answer}");
        assert_eq!(live.get("/v1/files/read?path=b.txt").send().text, "42\n");
        let change = told.wait_for("file:changed").json();
        assert_eq!(change, json!({ "path": "b.txt", "dir": ".", "action": "created", "source": "dev" }));
        say(&live, r#"[tool bash {"command":"rm b.txt"}]"#);
        assert_eq!(told.wait_for("file:changed").json()["action"], "deleted");
    }

    fn what_an_agent_remembers_is_in_its_prompt(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        agent(&live, json!({}));
        let before = prompt_tokens(&live);
        say(&live, r#"[tool memory_append {"content":"one two three four five six seven eight nine ten"}]"#);
        let memory = live.get("/v1/memory/agent/dev").ok();
        assert_eq!(memory["content"], "one two three four five six seven eight nine ten");
        let with_memory = prompt_tokens(&live);
        assert!(with_memory >= before + 10, "{before} {with_memory}");
        let skill = json!({ "name": "kind", "description": "Always", "content": "a b c d e f g h i j" });
        live.post("/v1/skills/create").json(skill).ok();
        assert_eq!(prompt_tokens(&live), with_memory, "it is not the agent's");
        live.post("/v1/skills/kind/assign").json(json!({ "agent": "dev" })).ok();
        assert!(prompt_tokens(&live) >= with_memory + 10);
    }

    fn a_credential_is_used_and_not_shown(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        agent(&live, json!({}));
        for agent in ["dev", "ada"] {
            let entry = json!({
                "agent": agent, "service": agent, "type": "login", "credentials": { "password": SECRET },
            });
            live.post("/v1/vault/entries").json(entry).ok();
        }
        let mut asked = body(r#"[tool vault_get {"service":"dev"}] [tool vault_get {"service":"ada"}]"#);
        asked["stream"] = true.into();
        let sent = live.post(CHAT).json(asked).send();
        let calls: Vec<Value> = events(&sent).iter().map(|event| event["choices"][0]["tool_call"].clone()).collect();
        let calls: Vec<&Value> = calls.iter().filter(|call| call["result"].is_string()).collect();
        assert_eq!(calls.len(), 2, "{sent}");
        let (got, refused) = (calls[0].to_string(), calls[1].to_string());
        assert!(got.contains("[REDACTED]") && !got.contains(SECRET), "{got}");
        assert!(refused.contains("has no credential"), "{refused}");
        let session = sent.header("x-session-id").expect("a session");
        let kept = live.get(&format!("/v1/chat/sessions/{session}/messages")).ok();
        let calls = kept["messages"][1]["toolCalls"].to_string();
        assert!(!calls.contains(SECRET), "{calls}");
    }

    fn a_list_allows_what_it_names(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        agent(&live, json!({ "allowedTools": ["memory_*"] }));
        let refused = say(&live, r#"[tool write {"path":"a","content":"b"}]"#);
        assert!(!refused.contains("made a"), "{refused}");
        live.get("/v1/files/read?path=a").refused(404, "not_found");
        assert!(say(&live, r#"[tool memory_get {}]"#).contains("nothing is remembered"));
    }
}
