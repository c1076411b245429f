//! A hosted agent is removed.

use domain::Result;
use domain::event::Happening;
use serde_json::json;
use store::Lock;
use store::tables::{hosted, memories, skills, vault};

use super::named;
use crate::ops::environments::own;
use crate::{Cx, Op};

/// Removes an agent.
#[derive(Clone, Debug)]
pub struct Remove {
    /// Its name.
    pub name: String,
}

impl Op for Remove {
    type Output = ();
    operation!("hosted.remove", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let environment = own(cx).await?.id;
        cx.tx.lock(Lock::Environment(environment)).await?;
        let agent = named(cx, environment, &self.name).await?;
        hosted::remove(cx.tx, environment, &agent.name).await?;
        // A later agent of this name begins with nothing.
        hosted::remove_avatar(cx.tx, environment, &agent.name).await?;
        memories::forget(cx.tx, environment, &agent.name).await?;
        vault::remove_all(cx.tx, environment, &agent.name).await?;
        skills::forget(cx.tx, environment, &agent.name).await?;
        let facts = json!({ "name": agent.name });
        cx.record_hosted(environment, Happening::HostedAgentRemoved, agent.id, facts)
            .await
    }
}
