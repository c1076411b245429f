//! Claims that have run out are taken back. Called by a timer; any node may do
//! it, because each task is locked and looked at again.

use domain::event::Happening;
use domain::task::{ClaimStatus, Status};
use domain::{Result, limits};
use store::tables::tasks;

use super::{locked, revoke};
use crate::{Cx, Op};

/// Takes back what has run out, a bounded number at a time.
#[derive(Clone, Debug)]
pub struct ExpireLeases;

impl Op for ExpireLeases {
    /// How many claims were looked at; ask again while it is not 0.
    type Output = usize;
    operation!("tasks.expire_leases", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<usize> {
        let ended = tasks::lease_ended(cx.tx, cx.now, limits::SWEEP_ROWS).await?;
        for task in &ended {
            let state = locked(cx, *task).await?.task.state;
            let is_over = state.lease_ends.is_some_and(|end| end <= cx.now);
            if state.status == Status::Claimed && is_over {
                revoke(cx, *task, ClaimStatus::Revoked, Happening::TaskLeaseExpired).await?;
            }
        }
        Ok(ended.len())
    }
}
