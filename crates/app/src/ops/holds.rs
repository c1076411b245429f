//! Rewards that were held and can be spent now are released by a timer, unless
//! somebody spends them first (AGI ATM 3.3).

use domain::id::AccountId;
use domain::{Result, limits};
use store::tables::holds;

use crate::{Cx, Op};

/// Finds accounts for which something is due, a bounded number at a time.
#[derive(Clone, Debug)]
pub struct Due;

impl Op for Due {
    type Output = Vec<AccountId>;
    operation!("holds.due", Maintain, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<AccountId>> {
        holds::due(cx.tx, cx.now, limits::SWEEP_ROWS).await
    }
}

/// Releases what is due for one account.
#[derive(Clone, Debug)]
pub struct Mature {
    /// Whose.
    pub account: AccountId,
}

impl Op for Mature {
    type Output = ();
    operation!("holds.mature", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        cx.mature(self.account).await
    }
}
