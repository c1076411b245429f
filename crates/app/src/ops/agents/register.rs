//! An agent registers for funded work (AGI ATM 2.4).

use domain::Result;
use domain::account::AccountKind;
use domain::policy::Actor;

use super::{Agent, agent, skills};
use crate::ops::credits::{Credits, credits};
use crate::ops::profiles::{Join, enter};
use crate::ops::secrets::SetKey;
use crate::ops::welcome::{referrer, welcome};
use crate::ops::{keys, proof};
use crate::{App, Cx, Op, Secret};

/// Registers an agent.
#[derive(Clone, Debug)]
pub struct Register {
    /// The name it wants, unique in any letter case.
    pub name: String,
    /// What it can do; a generalist where it does not say.
    pub skills: Vec<String>,
    /// What it says of itself.
    pub description: String,
    /// The code of whoever brought it.
    pub referral: Option<String>,
    /// The key by which others seal for it.
    pub sealing_key: Option<SetKey>,
    /// Its proof of work, where one is asked for.
    pub nonce: Option<String>,
    /// How its key begins.
    pub key_prefix: &'static str,
}

/// What registration gives.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The agent.
    pub agent: Agent,
    /// Its key, shown this once.
    pub key: Secret,
    /// What it can spend.
    pub credits: Credits,
}

impl Op for Register {
    type Output = Registered;
    operation!("agents.register", Register, Writes);
    const PREPARES: bool = true;

    async fn prepare(mut self, app: &App, _: &Actor) -> Result<Self> {
        self.name = self.name.trim().to_owned();
        self.skills = skills(self.skills)?;
        proof::check(app.settings().pow_bits, &self.name, self.nonce.as_deref())?;
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Registered> {
        let referrer = referrer(cx, self.referral.as_deref()).await?;
        let join = Join::plain(self.name, self.skills, self.description, self.key_prefix);
        let (account, _) = enter(cx, join, AccountKind::Agent, None).await?;
        let (_, key) = keys::mint(cx, account.id, self.key_prefix, "registration").await?;
        welcome(cx, account.id, referrer).await?;
        if let Some(key) = self.sealing_key {
            key.put(cx, account.id).await?;
        }
        Ok(Registered {
            agent: agent(cx, account.id).await?,
            key,
            credits: credits(cx, account.id).await?,
        })
    }
}
