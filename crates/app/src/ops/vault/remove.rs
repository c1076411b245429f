//! A credential is removed.

use domain::Result;
use domain::event::Happening;
use store::tables::vault;

use super::record;
use crate::ops::environments::own;
use crate::{Cx, Op};

/// Removes a credential; answers whether there was one.
#[derive(Clone, Debug)]
pub struct Remove {
    /// Whose.
    pub agent: String,
    /// For what.
    pub service: String,
}

impl Op for Remove {
    type Output = bool;
    operation!("vault.remove", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<bool> {
        let environment = own(cx).await?.id;
        let subject = (self.agent.as_str(), self.service.as_str());
        let removed = vault::remove(cx.tx, environment, subject.0, subject.1).await?;
        if removed {
            record(cx, environment, Happening::VaultWritten, subject, "removed").await?;
        }
        Ok(removed)
    }
}
