//! An agent reads what it was granted. Each read leaves a trace, so reading
//! writes.

use domain::id::TaskId;
use domain::secret::{Access, RequestStatus};
use domain::{Error, Result};
use store::Lock;
use store::tables::briefs;
use store::tables::secrets::{self, Sealed, Shown};

use super::{own_key, require_work, sealed_task, trace};
use crate::{Cx, Op};

/// Reads the acting account's bundle.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// Of which task.
    pub task: TaskId,
}

/// A payload for one agent.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The encrypted fields.
    pub sealed: Sealed,
    /// Their names.
    pub fields: Vec<String>,
    /// The request that was granted, with the wrapped key.
    pub granted: Shown,
}

impl Op for Bundle {
    type Output = Opened;
    operation!("secrets.bundle", ReachSecrets, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Opened> {
        let account = cx.actor.account()?;
        cx.tx.lock(Lock::Account(account)).await?;
        cx.tx.lock(Lock::Task(self.task)).await?;
        let (shown, sealed) = sealed_task(cx, self.task).await?;
        require_work(cx, &shown.task, account)?;
        own_key(cx, account).await?;
        let open = secrets::open_request(cx.tx, self.task, account).await?;
        let granted = open.filter(|open| open.request.status == RequestStatus::Granted);
        let Some(granted) = granted else {
            return Err(not_granted(
                "access was not granted: ask with POST .../secret-access and wait for the publisher",
            ));
        };
        if !granted.is_current {
            return Err(not_granted(
                "access was granted for a key that you have replaced: ask again with POST .../secret-access",
            ));
        }
        trace(cx, &shown.task, Some(granted.request.id), Access::Read).await?;
        let brief = briefs::find(cx.tx, self.task).await?.unwrap_or_default();
        Ok(Opened {
            sealed,
            fields: brief.protected,
            granted,
        })
    }
}

fn not_granted(message: &'static str) -> Error {
    Error::forbidden("not_granted", message)
}
