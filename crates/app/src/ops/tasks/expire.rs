//! Claims that have run out are taken back. Called by a timer; any node may do
//! it, because each task is locked and looked at again.

use domain::event::Happening;
use domain::task::State;
use domain::{Result, limits};
use store::tables::tasks;

use super::revoke_if;
use crate::{Cx, Op};

/// Takes back what has run out, a bounded number at a time.
#[derive(Clone, Debug)]
pub struct ExpireLeases;

impl Op for ExpireLeases {
    /// How many claims were taken back; ask again while it is not 0.
    type Output = usize;
    operation!("tasks.expire_leases", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<usize> {
        let now = cx.now;
        let is_over = |state: &State| state.lease_ends.is_some_and(|end| end <= now);
        let mut taken_back = 0;
        for task in tasks::lease_ended(cx.tx, now, limits::SWEEP_ROWS).await? {
            let was_due = revoke_if(cx, task, is_over, Happening::TaskLeaseExpired).await?;
            taken_back += usize::from(was_due);
        }
        Ok(taken_back)
    }
}
