//! What there is in the vault for an agent, without values.

use domain::Result;
use store::tables::vault;

use super::Meta;
use crate::{Cx, Op};

/// Lists an agent's credentials, by service.
#[derive(Clone, Debug)]
pub struct List {
    /// Whose.
    pub agent: String,
}

impl Op for List {
    type Output = Vec<Meta>;
    operation!("vault.list", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Meta>> {
        let environment = cx.actor.environment()?;
        let entries = vault::list(cx.tx, environment, &self.agent).await?;
        Ok(entries.into_iter().map(Meta::of).collect())
    }
}
