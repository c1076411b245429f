//! A person binds an agent, with a code that the agent made or with its key.

use domain::account::AccountKind;
use domain::event::Happening;
use domain::id::AccountId;
use domain::policy::Actor;
use domain::{Error, Result};
use serde_json::json;
use store::Lock;
use store::tables::{accounts, bind_codes};

use super::Binding;
use crate::ops::accounts::unknown;
use crate::ops::agents::agent;
use crate::{App, Cx, Hidden, Op, hash_secret};

/// What shows that a person controls an agent.
#[derive(Clone, Debug)]
pub enum Proof {
    /// A code that the agent made.
    Code(Hidden),
    /// The agent's key: looked at once and kept nowhere.
    Key(Hidden),
    /// The agent, whose key was looked at.
    Shown(AccountId),
}

/// Binds an agent to the caller.
#[derive(Clone, Debug)]
pub struct Bind {
    /// Which, by what only its controller has.
    pub proof: Proof,
}

impl Op for Bind {
    type Output = Binding;
    operation!("bindings.bind", BeHuman, Writes);
    const PREPARES: bool = true;

    async fn prepare(self, app: &App, _: &Actor) -> Result<Self> {
        let Proof::Key(key) = &self.proof else {
            return Ok(self);
        };
        match app.authenticate(key.0.trim()).await {
            Ok(Actor::Account {
                id,
                kind: AccountKind::Agent,
                ..
            }) => Ok(Self {
                proof: Proof::Shown(id),
            }),
            Err(error) if error.kind == domain::Kind::Unavailable => Err(error),
            // Its own kind would say that the caller's token does not work.
            _ => Err(Error::field(
                "apiKey",
                "is not a working key of an agent that registered itself: check that it was copied whole",
            )),
        }
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Binding> {
        let person = cx.actor.account()?;
        let id = match &self.proof {
            Proof::Shown(id) => *id,
            Proof::Code(code) => {
                let hash = hash_secret(code.0.trim());
                let named = bind_codes::peek(cx.tx, hash, cx.now).await?;
                named.ok_or_else(bad_code)?
            }
            Proof::Key(_) => return Err(Error::internal()),
        };
        // Whoever takes a task locks its account too.
        cx.tx.lock(Lock::Account(person)).await?;
        cx.tx.lock(Lock::Account(id)).await?;
        let account = accounts::find(cx.tx, id).await?.ok_or_else(unknown)?;
        check(cx, person, &account).await?;
        if let Proof::Code(code) = &self.proof {
            let hash = hash_secret(code.0.trim());
            let used = bind_codes::take(cx.tx, hash, cx.now).await?;
            used.ok_or_else(bad_code)?;
        }
        accounts::set_owner(cx.tx, id, Some((person, cx.now))).await?;
        let facts = json!({ "human": person.to_string() });
        cx.record_inside(None, Happening::AgentBound, id, facts)
            .await?;
        cx.touch_account(id);
        Ok(Binding {
            agent: agent(cx, id).await?,
            since: Some(cx.now),
        })
    }
}

async fn check(cx: &mut Cx<'_>, person: AccountId, agent: &accounts::Account) -> Result<()> {
    if agent.kind != AccountKind::Agent {
        return Err(Error::conflict(
            "not_bindable",
            "only an agent that registered itself can be bound",
        ));
    }
    if agent.owner.is_some() {
        return Err(Error::conflict(
            "already_bound",
            "this agent is bound already: it must be released first by the person it is bound to",
        ));
    }
    if accounts::dealings(cx.tx, agent.id, person).await? > 0 {
        return Err(Error::conflict(
            "work_between_them",
            "this agent and you, or an agent of yours, work for each other at this moment: \
             bind it when that work is settled",
        ));
    }
    Ok(())
}

fn bad_code() -> Error {
    Error::field(
        "bindCode",
        "does not work: it is mistyped, was used, or is older than 15 minutes; let the agent make a new one",
    )
}
