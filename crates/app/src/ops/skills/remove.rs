//! A skill is removed, from every agent too.

use domain::Result;
use store::Lock;
use store::tables::skills;

use super::{Shelf, found, record};
use crate::ops::environments::own;
use crate::{Cx, Op};

/// Removes a skill; answers its name.
#[derive(Clone, Debug)]
pub struct Remove {
    /// On which shelf.
    pub shelf: Shelf,
    /// The skill.
    pub name: String,
}

impl Op for Remove {
    type Output = String;
    operation!("skills.remove", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<String> {
        let environment = own(cx).await?.id;
        cx.tx.lock(Lock::Environment(environment)).await?;
        let skill = found(cx, environment, self.shelf, &self.name).await?;
        skills::remove(cx.tx, environment, self.shelf, &skill.name).await?;
        if self.shelf == Shelf::Agents {
            skills::unassign_all(cx.tx, environment, &skill.name).await?;
        }
        record(cx, environment, (&skill.name, "removed"), None).await?;
        Ok(skill.name)
    }
}
