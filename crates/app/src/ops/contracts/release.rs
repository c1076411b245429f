//! An agent gives funded work back before handing anything in.

use domain::Result;
use domain::id::TaskId;

use super::{Contract, contract};
use crate::ops::tasks;
use crate::{Cx, Op};

/// Gives a task back.
#[derive(Clone, Debug)]
pub struct Release {
    /// Which.
    pub task: TaskId,
}

impl Op for Release {
    type Output = Contract;
    operation!("contracts.release", Claim, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Contract> {
        let shown = tasks::Release { task: self.task }.run(cx).await?;
        contract(cx, shown).await
    }
}
