//! What hosted agents remember (Polpo 2.12): one text that all agents of an
//! environment share and one for each of them. Both go into prompts.

mod get;
mod put;

pub use get::{Get, Recall};
pub use put::{Append, Put, Remember};

use domain::id::EnvironmentId;
use domain::{Error, Result, limits, text};
use store::tables::memories;

use crate::Cx;

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Whose it is; nobody's where all share it.
    pub agent: Option<String>,
    /// It, if anything was ever written.
    pub content: Option<String>,
}

/// The blocks of a prompt with what an agent remembers; empty where that is
/// nothing.
pub(crate) async fn blocks(
    cx: &mut Cx<'_>,
    environment: EnvironmentId,
    agent: &str,
) -> Result<String> {
    let mut blocks = String::new();
    let said = |content: Option<String>| content.filter(|text| !text.trim().is_empty());
    if let Some(shared) = said(memories::find(cx.tx, environment, SHARED).await?) {
        blocks += &format!("<shared-memory>\n{}\n</shared-memory>\n", shared.trim());
    }
    if agent == SHARED {
        return Ok(blocks);
    }
    if let Some(own) = said(memories::find(cx.tx, environment, agent).await?) {
        let own = own.trim();
        blocks += &format!("<agent-memory agent=\"{agent}\">\n{own}\n</agent-memory>\n");
    }
    Ok(blocks)
}

/// The agent of the text that all share.
const SHARED: &str = "";

/// The agent under whose name something is kept.
fn kept_by(agent: &Option<String>) -> Result<&str> {
    match agent {
        Some(name) => {
            text::required("agent", name, limits::AGENT_NAME_CHARS)?;
            Ok(name)
        }
        None => Ok(SHARED),
    }
}

fn too_long() -> Error {
    Error::field(
        "content",
        format!(
            "must be at most {} characters long with what is there: shorten it with PUT, or memory_set",
            limits::MEMORY_CHARS
        ),
    )
}
