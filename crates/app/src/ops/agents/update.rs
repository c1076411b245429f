//! An agent edits what it says of itself. Who brought it never changes
//! (AGI ATM 2.4, 3.4).

use domain::event::Happening;
use domain::{Result, limits, text};
use serde_json::json;
use store::Lock;
use store::tables::{accounts, profiles as table};

use super::{Agent, agent, skills};
use crate::ops::accounts::unknown;
use crate::ops::profiles;
use crate::{Cx, Op};

/// Edits the caller; what is missing stays.
#[derive(Clone, Debug)]
pub struct Update {
    /// What it can do.
    pub skills: Option<Vec<String>>,
    /// What it says of itself.
    pub description: Option<String>,
}

impl Op for Update {
    type Output = Agent;
    operation!("agents.update", BeAgent, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Agent> {
        let id = cx.actor.account()?;
        cx.tx.lock(Lock::Account(id)).await?;
        if let Some(description) = self.description {
            text::optional("description", &description, limits::PROFILE_CHARS)?;
            let mut account = accounts::find(cx.tx, id).await?.ok_or_else(unknown)?;
            account.bio = description;
            accounts::update(cx.tx, &account).await?;
        }
        if let Some(given) = self.skills {
            let skills = skills(given)?;
            let had_profile = table::find(cx.tx, id).await?.is_some();
            let profile = profiles::of(cx, id).await?.profile;
            if had_profile {
                table::set_skills(cx.tx, &profile, &skills).await?;
            } else {
                let profile = table::Profile { skills, ..profile };
                table::insert(cx.tx, &profile).await?;
            }
        }
        cx.record(Happening::AccountUpdated, id, None, json!({}))
            .await?;
        agent(cx, id).await
    }
}
