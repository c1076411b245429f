//! The tools of hosted agents (Polpo 4): what a model may call, and what runs
//! when it does.
//!
//! **Invariant:** a tool works for one agent of one environment and reaches
//! nothing of another's: files through the work folder, commands in the
//! sandbox, addresses through `outgoing`, everything else through operations.
//! What a tool answers is bounded.
//!
//! To add a tool, add it to the table in `tools/specs.rs` and a line to
//! [`Tools::run`].

mod args;
mod fetch;
mod files;
mod market;
mod mask;
mod mcp;
mod recall;
mod shell;
mod specs;
mod talk;

use std::sync::Arc;

use app::App;
use app::ops::files::Action;
use app::ports::agents::{Toolbox, Turn, Worker};
use domain::id::{EnvironmentId, RunId};
use domain::{Error, Result, limits, text};
use serde_json::{Map, Value};

use crate::workspace::Workspace;
use args::Args;
use files::Confines;
use mask::Mask;

/// The tools of one turn.
pub(crate) struct Tools {
    specs: Vec<Value>,
    kit: Option<Kit>,
    notes: Option<String>,
}

/// What tools work with.
struct Kit {
    app: App,
    environment: EnvironmentId,
    run: RunId,
    agent: Arc<str>,
    workspace: Workspace,
    /// The parts of the work folder to which the agent is confined.
    confines: Confines,
    /// Whether its commands may ask for the network.
    network: bool,
    mask: Mask,
    effects: Effects,
    servers: mcp::Servers,
}

/// What a tool answered.
pub(crate) struct ToolAnswer {
    /// For the model to read.
    pub(crate) content: String,
    /// Whether it failed.
    pub(crate) is_error: bool,
    /// What somebody else must answer before the turn can go on: it ends here
    /// (`ask_user_question`).
    pub(crate) question: Option<Value>,
}

/// What the tools of a turn brought about.
#[derive(Default)]
pub(crate) struct Effects {
    /// What `register_outcome` was told.
    pub(crate) outcomes: Vec<Value>,
    /// Files that were made.
    pub(crate) created: Vec<String>,
    /// Files that were changed.
    pub(crate) edited: Vec<String>,
}

impl Effects {
    /// A file changed.
    fn file(&mut self, path: &str, action: Action) {
        let list = match action {
            Action::Created => &mut self.created,
            Action::Modified => &mut self.edited,
            Action::Renamed | Action::Deleted => {
                for list in [&mut self.created, &mut self.edited] {
                    list.retain(|known| known != path);
                }
                return;
            }
        };
        if !list.iter().any(|known| known == path) && list.len() < limits::LISTED_ENTRIES {
            list.push(path.to_owned());
        }
    }
}

/// How a tool comes back.
enum Said {
    /// With an answer for the model.
    Text(String),
    /// With a question for a person.
    Question(Value),
}

impl Tools {
    /// The tools that the agent of a turn may use. MCP servers are started
    /// here, and stopped when the tools are dropped.
    pub(crate) async fn open(app: &App, turn: &Turn) -> Result<Self> {
        let (Some(agent), true) = (&turn.agent, turn.toolbox != Toolbox::Empty) else {
            return Ok(Self {
                specs: Vec::new(),
                kit: None,
                notes: None,
            });
        };
        let workspace = Workspace::of(app, turn.environment)?;
        let mut kit = Kit::new(app, turn, agent, workspace);
        let mut notes = Vec::new();
        let no_shell = kit.workspace.refusal().await;
        let choice = specs::Choice::of(turn.toolbox, &agent.document);
        let mut specs = choice.core(no_shell.is_none());
        if let Some(why) = no_shell.filter(|_| choice.wants("bash")) {
            notes.push(format!(
                "There is no shell here ({why}): you cannot run commands."
            ));
        }
        if turn.toolbox != Toolbox::Reading {
            let (servers, problems) = mcp::Servers::open(&kit, &agent.document).await;
            kit.servers = servers;
            specs.extend(kit.servers.specs(&choice));
            notes.extend(problems);
        }
        Ok(Self {
            specs,
            kit: Some(kit),
            notes: (!notes.is_empty()).then(|| notes.join("\n")),
        })
    }

    /// In the form of OpenAI's `tools`.
    pub(crate) fn specs(&self) -> &[Value] {
        &self.specs
    }

    /// What the agent has to know about its tools, for its prompt.
    pub(crate) fn notes(&self) -> Option<&str> {
        self.notes.as_deref()
    }

    /// Calls a tool. What the arguments hold that is secret is never in the
    /// answer.
    pub(crate) async fn call(&mut self, name: &str, arguments: &Value) -> ToolAnswer {
        let is_offered = self
            .specs
            .iter()
            .any(|spec| spec["function"]["name"] == name);
        let said = match (&mut self.kit, is_offered) {
            (Some(kit), true) => kit.run(name, arguments).await,
            _ => Err(Error::not_found(
                "tool_not_found",
                format!("there is no tool {name}"),
            )),
        };
        let (content, is_error, question) = match said {
            Ok(Said::Text(content)) => (content, false, None),
            Ok(Said::Question(question)) => (String::new(), false, Some(question)),
            Err(error) => (error.message.into_owned(), true, None),
        };
        ToolAnswer {
            content: bounded(content),
            is_error,
            question,
        }
    }

    /// Arguments or an answer as they may be shown and stored: without secrets.
    pub(crate) fn masked(&self, value: &Value) -> Value {
        match &self.kit {
            Some(kit) => kit.mask.value(value),
            None => Mask::default().value(value),
        }
    }

    /// What the calls so far brought about.
    pub(crate) fn effects(&mut self) -> Effects {
        let effects = self
            .kit
            .as_mut()
            .map(|kit| std::mem::take(&mut kit.effects));
        effects.unwrap_or_default()
    }
}

impl Kit {
    fn new(app: &App, turn: &Turn, agent: &Worker, workspace: Workspace) -> Self {
        let document: &Map<String, Value> = &agent.document;
        let network = document.get("allowNetwork").and_then(Value::as_bool);
        let mut mask = Mask::default();
        mask.add_servers(document);
        Self {
            app: app.clone(),
            environment: turn.environment,
            run: turn.run,
            agent: Arc::clone(&agent.name),
            workspace,
            confines: Confines::of(document),
            network: network.unwrap_or(false),
            mask,
            effects: Effects::default(),
            servers: mcp::Servers::default(),
        }
    }

    async fn run(&mut self, name: &str, arguments: &Value) -> Result<Said> {
        if name.starts_with(mcp::PREFIX) {
            return self.servers.call(name, arguments).await.map(Said::Text);
        }
        let args = Args::of(arguments)?;
        let said = match name {
            "read" => self.read(&args).await?,
            "write" => self.write(&args).await?,
            "edit" => self.edit(&args).await?,
            "ls" => self.ls(&args).await?,
            "glob" => self.glob(&args).await?,
            "grep" => self.grep(&args).await?,
            "bash" => self.bash(&args).await?,
            "http_fetch" => self.fetch(&args).await?,
            "memory_get" => self.recall(&args).await?,
            "memory_set" => self.remember(&args).await?,
            "memory_append" => self.append(&args).await?,
            "vault_get" => self.vault_get(&args).await?,
            "vault_list" => self.vault_list().await?,
            "register_outcome" => self.register_outcome(&args).await?,
            "market_search" => self.market_search(&args).await?,
            "market_claim" => self.market_claim(&args).await?,
            "market_deliver" => self.market_deliver(&args).await?,
            "market_status" => self.market_status(&args).await?,
            "ask_user_question" => return talk::question(&args).map(Said::Question),
            _ => {
                return Err(Error::not_found(
                    "tool_not_found",
                    format!("there is no tool {name}"),
                ));
            }
        };
        Ok(Said::Text(said))
    }
}

/// An answer that fits into a conversation.
fn bounded(content: String) -> String {
    if content.len() <= limits::TOOL_ANSWER_CHARS {
        return content;
    }
    let mut cut = text::cut(content, limits::TOOL_ANSWER_CHARS);
    cut.push_str("\n[... cut: ask for less at a time ...]");
    cut
}

#[cfg(test)]
mod tests;
