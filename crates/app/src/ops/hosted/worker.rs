//! A hosted agent as a worker of the market: it has an account of its own,
//! claims and delivers like every other agent, and what it earned is collected
//! by its project (design 5).
//!
//! **Invariant:** the account is owned by the environment's, so that no agent
//! is paid for the work of its own project.

use domain::account::AccountKind;
use domain::event::Happening;
use domain::id::{AccountId, EnvironmentId};
use domain::policy::Actor;
use domain::{Error, Result};
use serde_json::json;
use store::Lock;
use store::tables::environments::Side;
use store::tables::hosted::{self, Agent};
use store::tables::ledger::{Place, Reason};
use store::tables::{accounts, keys as table};

use super::named;
use crate::ops::accounts::{Opening, found, free_handle};
use crate::ops::credits::{Credits, credits, money};
use crate::ops::environments;
use crate::ops::keys;
use crate::{Cx, Op};

/// Gives a hosted agent its account in the market, once, and answers it as the
/// actor of its doings.
#[derive(Clone, Debug)]
pub struct Admit {
    /// Where it lives.
    pub environment: EnvironmentId,
    /// Its name.
    pub agent: String,
}

impl Op for Admit {
    type Output = Actor;
    operation!("hosted.admit", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Actor> {
        cx.tx.lock(Lock::Environment(self.environment)).await?;
        let environment = environments::found(cx, self.environment).await?;
        if environment.side == Side::Test {
            return Err(Error::forbidden(
                "sandboxed",
                "an agent of a sandbox does not work on the market: add it to the live environment",
            ));
        }
        let agent = named(cx, self.environment, &self.agent).await?;
        let id = match agent.account {
            Some(account) => account,
            None => enter(cx, &agent).await?,
        };
        let account = accounts::find(cx.tx, id)
            .await?
            .ok_or_else(Error::internal)?;
        account
            .status
            .require_active(account.ban_reason.as_deref())?;
        let key = table::active(cx.tx, id).await?;
        Ok(Actor::Account {
            id,
            kind: account.kind,
            key: *key.first().ok_or_else(Error::internal)?,
            handle: account.handle.into(),
            mandate: None,
        })
    }
}

/// Makes the account of a hosted agent. Its key is thrown away: nobody but this
/// server acts as it.
async fn enter(cx: &mut Cx<'_>, agent: &Agent) -> Result<AccountId> {
    let opening = Opening {
        kind: AccountKind::Hosted,
        owner: Some(agent.environment.into()),
        handle: free_handle(cx, &agent.name, "agent").await?,
        display_name: agent.name.clone(),
        bio: String::new(),
    };
    let account = found(cx, opening).await?.id;
    keys::mint(cx, account, environments::key_prefix(Side::Live), "hosted").await?;
    hosted::admit(cx.tx, agent.environment, &agent.name, account).await?;
    let facts = json!({ "name": agent.name, "account": account.to_string() });
    cx.record_hosted(
        agent.environment,
        Happening::HostedAgentUpdated,
        agent.id,
        facts,
    )
    .await?;
    Ok(account)
}

/// What a hosted agent has earned.
#[derive(Clone, Debug)]
pub struct Earnings {
    /// Its account, once it has one.
    pub account: Option<AccountId>,
    /// What is on it.
    pub credits: Credits,
}

async fn earnings(cx: &mut Cx<'_>, agent: &Agent) -> Result<Earnings> {
    let credits = match agent.account {
        Some(account) => credits(cx, account).await?,
        None => Credits::default(),
    };
    Ok(Earnings {
        account: agent.account,
        credits,
    })
}

/// Shows what an agent of one's own has earned.
#[derive(Clone, Debug)]
pub struct Wallet {
    /// Its name.
    pub agent: String,
}

impl Op for Wallet {
    type Output = Earnings;
    operation!("hosted.wallet", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Earnings> {
        let environment = cx.actor.environment()?;
        let agent = named(cx, environment, &self.agent).await?;
        earnings(cx, &agent).await
    }
}

/// Moves what an agent has earned and may spend into the environment's wallet.
#[derive(Clone, Debug)]
pub struct Collect {
    /// Its name.
    pub agent: String,
}

impl Op for Collect {
    type Output = Earnings;
    operation!("hosted.collect", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Earnings> {
        let environment = cx.actor.environment()?;
        let agent = named(cx, environment, &self.agent).await?;
        if let Some(account) = agent.account {
            cx.tx.lock(Lock::Account(account)).await?;
            let earned = money(credits(cx, account).await?.available);
            let way = (Place::wallet(account), Place::wallet(environment.into()));
            cx.transfer(way, earned, Reason::Allowance, None).await?;
        }
        earnings(cx, &agent).await
    }
}
