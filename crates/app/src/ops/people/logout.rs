//! A person logs out: the token that was shown stops working at once.

use domain::{Error, Result};
use store::Lock;

use crate::ops::keys::withdraw;
use crate::{Cx, Op};

/// Ends the presented token.
#[derive(Clone, Copy, Debug)]
pub struct Logout;

impl Op for Logout {
    type Output = ();
    operation!("people.logout", BeHuman, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let account = cx.actor.account()?;
        let presented = cx.actor.key().ok_or_else(Error::internal)?;
        cx.tx.lock(Lock::Account(account)).await?;
        withdraw(cx, account, presented).await
    }
}
