//! Everything that a chat turn needs to know, on one snapshot.

use std::sync::Arc;

use domain::{Error, Result};
use serde_json::{Map, Value};
use store::tables::hosted;

use super::prompt::prompt;
use crate::ops::environments::own;
use crate::ops::runs::afford;
use crate::ports::agents::Worker;
use crate::{Cx, Op};

/// Looks.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    /// The agent that is asked for.
    pub(crate) agent: Option<String>,
    /// The model that is asked for, which may be an agent's name.
    pub(crate) model: Option<String>,
}

/// What there is to know.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Who answers; nobody where a model is asked as it is.
    pub(crate) agent: Option<Worker>,
    /// What it is told about itself.
    pub(crate) prompt: String,
}

impl Op for Look {
    type Output = Seen;
    operation!("completions.look", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Seen> {
        let environment = own(cx).await?;
        afford(&environment)?;
        let environment = environment.id;
        let name = self.agent.as_ref().or(self.model.as_ref());
        let found = match name {
            Some(name) => hosted::find(cx.tx, environment, name).await?,
            None => None,
        };
        let Some(found) = found else {
            return match self.agent {
                Some(name) => Err(unknown(&name)),
                None => Ok(Seen {
                    agent: None,
                    prompt: String::new(),
                }),
            };
        };
        let document: Map<String, Value> =
            serde_json::from_str(&found.document).unwrap_or_default();
        let prompt = prompt(cx, environment, &found, &document).await?;
        Ok(Seen {
            agent: Some(Worker {
                name: found.name.into(),
                document: Arc::new(document),
            }),
            prompt,
        })
    }
}

fn unknown(name: &str) -> Error {
    let shown = domain::text::cut(name.to_owned(), domain::limits::NAME_CHARS);
    Error::not_found(
        "agent_not_found",
        format!("there is no agent {shown} in this project: GET /v1/agents lists them"),
    )
}
