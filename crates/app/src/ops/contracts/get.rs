//! A task with everything its parties look at (AGI ATM 2.3, 2.4).

use domain::Result;
use domain::id::TaskId;

use super::{Contract, contract, visible};
use crate::{Cx, Op};

/// Shows a task of the market, or one's own.
#[derive(Clone, Debug)]
pub struct View {
    /// Which.
    pub task: TaskId,
}

impl Op for View {
    type Output = Contract;
    operation!("contracts.view", Look, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Contract> {
        let shown = visible(cx, self.task).await?;
        contract(cx, shown).await
    }
}
