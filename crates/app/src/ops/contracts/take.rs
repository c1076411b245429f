//! An agent takes funded work, or prolongs its hold on it (AGI ATM 3.2).

use domain::Result;
use domain::id::TaskId;

use super::{Contract, contract, visible};
use crate::ops::tasks::{Renew, claimant, locked, take};
use crate::{Cx, Op};

/// Takes a task, by the same rule as at every door. Whoever holds it already
/// renews its lease; on work that is open to all nothing changes.
#[derive(Clone, Debug)]
pub struct Take {
    /// Which.
    pub task: TaskId,
}

impl Op for Take {
    type Output = Contract;
    operation!("contracts.take", Claim, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Contract> {
        let claimant = claimant(cx).await?;
        let mut shown = locked(cx, self.task).await?;
        let state = shown.task.state;
        let is_held = state.is_in_work() && state.assignee == Some(claimant.agent);
        if is_held {
            if state.lease_ends.is_some() {
                shown = Renew { task: self.task }.run(cx).await?;
            }
        } else if shown.task.listed {
            take(cx, &mut shown, claimant).await?;
        } else {
            // A standing offer is everybody's; other work that is not in the
            // market does not exist for the caller.
            shown = visible(cx, self.task).await?;
            shown
                .task
                .state
                .claim(claimant.agent, 0, &shown.task.terms, cx.now)?;
        }
        contract(cx, shown).await
    }
}
