//! Whoever presents a key learns whose it is.

use domain::Result;
use store::tables::accounts;

use super::{Balance, Shown, show, unknown, wallet};
use crate::{Cx, Op};

/// Tells the bearer of a key who it is.
#[derive(Clone, Debug)]
pub struct Verify;

impl Op for Verify {
    type Output = (Shown, Vec<Balance>);
    operation!("accounts.verify", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let id = cx.actor.account()?;
        let account = accounts::find(cx.tx, id).await?.ok_or_else(unknown)?;
        Ok((show(cx, account).await?, wallet::of(cx, id).await?))
    }
}
