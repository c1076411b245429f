//! Tools of MCP servers that an agent's document names (Polpo 4): they appear
//! as `mcp__<server>__<tool>`.
//!
//! ```text
//! "mcpServers": {
//!   "docs":  { "url": "https://docs.example/mcp", "headers": {...} },
//!   "local": { "command": "my-server", "args": ["--stdio"], "env": {...} }
//! }
//! ```
//!
//! **Invariant:** addresses are called through the guard of `outgoing`; programs
//! run in the sandbox, and only where the operator allows them
//! (`hosting.mcp_stdio`). A server that does not work costs its tools, not the
//! turn. What a server sends is bounded in size and time.
//!
//! The protocol is spoken by `rmcp` (`wire.rs`); the ways to a server are ours
//! (`http.rs`, `stdio.rs`), and so is the measure of what it may say (`gate.rs`).

mod gate;
mod http;
mod stdio;
mod wire;

use std::collections::HashSet;
use std::time::Duration;

use domain::{Error, Result, limits, text};
use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::Kit;
use super::specs::{Choice, function};
use wire::Wire;

/// How the names of these tools begin.
pub(super) const PREFIX: &str = "mcp__";
/// How long a server may take to start and list its tools.
const START: Duration = Duration::from_secs(20);
/// How long a call may take.
const CALL: Duration = Duration::from_secs(120);
/// Pages of tools that are asked for.
const PAGES: usize = 5;
/// Characters of a tool's name that models' providers take.
const NAME_CHARS: usize = 64;

/// The servers of one agent that work.
#[derive(Default)]
pub(super) struct Servers(Vec<Server>);

struct Server {
    name: String,
    wire: Wire,
    tools: Vec<Tool>,
}

struct Tool {
    /// Its name here.
    shown: String,
    /// Its name there.
    name: String,
    description: String,
    parameters: Value,
}

impl Servers {
    /// Starts the servers that a document names; tells which do not work.
    pub(super) async fn open(kit: &Kit, document: &Map<String, Value>) -> (Self, Vec<String>) {
        let Some(named) = document.get("mcpServers").and_then(Value::as_object) else {
            return (Self::default(), Vec::new());
        };
        let starting = named
            .iter()
            .take(limits::MCP_SERVERS)
            .map(|(name, how)| async move {
                let started = timeout(START, Server::open(kit, name, how)).await;
                started
                    .unwrap_or_else(|_| Err(wire::late()))
                    .map_err(|error| {
                        let why = text::cut(error.message.into_owned(), limits::TITLE_CHARS);
                        format!("The MCP server {name} is not available: {why}.")
                    })
            });
        let (mut servers, mut problems) = (Vec::new(), Vec::new());
        let mut names = HashSet::new();
        for started in join_all(starting).await {
            match started {
                Ok(mut server) => {
                    // Providers of models refuse two of one name.
                    server.tools.retain(|tool| names.insert(tool.shown.clone()));
                    servers.push(server);
                }
                Err(problem) => problems.push(problem),
            }
        }
        (Self(servers), problems)
    }

    /// Their tools that an agent may use.
    pub(super) fn specs(&self, choice: &Choice) -> Vec<Value> {
        let tools = self.0.iter().flat_map(|server| &server.tools);
        let wanted = tools.filter(|tool| choice.wants(&tool.shown));
        wanted
            .map(|tool| function(&tool.shown, &tool.description, tool.parameters.clone()))
            .collect()
    }

    /// Calls a tool.
    pub(super) async fn call(&self, shown: &str, arguments: &Value) -> Result<String> {
        let named = self.0.iter().find_map(|server| {
            let tool = server.tools.iter().find(|tool| tool.shown == shown)?;
            Some((tool.name.clone(), server))
        });
        let (name, server) = named.ok_or_else(|| {
            Error::not_found("tool_not_found", format!("there is no tool {shown}"))
        })?;
        let called = server.wire.call(name, arguments, CALL).await;
        let answer = called.map_err(|mut error| {
            if matches!(error.code, wire::BROKEN | wire::LATE) {
                let Server { name, .. } = server;
                error.message = format!("The MCP server {name}: {}", error.message).into();
            }
            error
        })?;
        let told = content(&answer);
        match answer["isError"].as_bool() {
            Some(true) => Err(Error::upstream("mcp_tool_failed", told)),
            _ => Ok(told),
        }
    }
}

impl Server {
    async fn open(kit: &Kit, name: &str, how: &Value) -> Result<Self> {
        let wire = Wire::open(kit, how).await?;
        let mut tools: Vec<Tool> = Vec::new();
        let mut cursor = None;
        for _ in 0..PAGES {
            let page = wire.tools(cursor.take(), START).await?;
            let listed = page["tools"].as_array().into_iter().flatten();
            for tool in listed.filter_map(|tool| Tool::of(name, tool)) {
                if tools.len() == limits::MCP_TOOLS {
                    break;
                }
                if !tools.iter().any(|known| known.shown == tool.shown) {
                    tools.push(tool);
                }
            }
            cursor = page["nextCursor"].as_str().map(str::to_owned);
            if cursor.is_none() || tools.len() == limits::MCP_TOOLS {
                break;
            }
        }
        Ok(Self {
            name: name.to_owned(),
            wire,
            tools,
        })
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Tool {
    fn of(server: &str, tool: &Value) -> Option<Self> {
        let name = tool["name"].as_str()?;
        let plain = |text: &str| -> String {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            text.chars()
                .map(|c| if fits(c) { c } else { '_' })
                .collect()
        };
        let shown = format!("{PREFIX}{}__{}", plain(server), plain(name));
        let parameters = &tool["inputSchema"];
        if parameters.to_string().len() > limits::MCP_SCHEMA_BYTES {
            return None;
        }
        Some(Self {
            shown: text::cut(shown, NAME_CHARS),
            name: name.to_owned(),
            description: text::cut(
                tool["description"].as_str().unwrap_or_default().to_owned(),
                limits::SUMMARY_CHARS,
            ),
            parameters: match parameters.is_object() {
                true => parameters.clone(),
                false => json!({ "type": "object", "properties": {} }),
            },
        })
    }
}

/// What a tool answered, as a text.
fn content(answer: &Value) -> String {
    let parts = answer["content"].as_array().into_iter().flatten();
    let told = parts.map(|part| match part["type"].as_str() {
        Some("text") => part["text"].as_str().unwrap_or_default().to_owned(),
        Some("resource") => part["resource"]["text"]
            .as_str()
            .unwrap_or("[a resource]")
            .to_owned(),
        Some("resource_link") => part["uri"].as_str().unwrap_or_default().to_owned(),
        other => format!("[{} that cannot be shown]", other.unwrap_or("something")),
    });
    let told = told.collect::<Vec<_>>().join("\n");
    match (told.is_empty(), &answer["structuredContent"]) {
        (true, Value::Null) => "[done, without an answer]".into(),
        (true, structured) => structured.to_string(),
        (false, _) => told,
    }
}

#[cfg(test)]
mod tests;
