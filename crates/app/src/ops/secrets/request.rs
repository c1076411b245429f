//! An agent asks for a protected payload (AGI ATM 5.2).

use domain::Result;
use domain::id::TaskId;
use domain::secret::{Access, RequestStatus};
use store::Lock;
use store::tables::secrets::{self, Shown};

use super::{own_key, require_work, sealed_task, trace};
use crate::{Cx, Op};

/// Asks for the protected payload of a task; asking again changes nothing.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which.
    pub task: TaskId,
}

impl Op for Request {
    type Output = Shown;
    operation!("secrets.request", ReachSecrets, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        let account = cx.actor.account()?;
        cx.tx.lock(Lock::Account(account)).await?;
        cx.tx.lock(Lock::Task(self.task)).await?;
        let (shown, _) = sealed_task(cx, self.task).await?;
        require_work(cx, &shown.task, account)?;
        let key = own_key(cx, account).await?;
        if let Some(mut open) = secrets::open_request(cx.tx, self.task, account).await? {
            if open.is_current {
                return Ok(open);
            }
            // It asked with another key, for which nothing can be read any more.
            let before = &mut open.request;
            before.status = before.status.revoke()?;
            before.wrapped_key = None;
            before.decided_at = Some(cx.now);
            let what = match before.status {
                RequestStatus::Revoked => Access::Revoked,
                _ => Access::Denied,
            };
            secrets::decide(cx.tx, before).await?;
            trace(cx, &shown.task, Some(before.id), what).await?;
        }
        let request = secrets::Request {
            id: cx.id(),
            task: self.task,
            account,
            status: RequestStatus::Pending,
            key,
            wrapped_key: None,
            created_at: cx.now,
            decided_at: None,
        };
        secrets::insert_request(cx.tx, &request).await?;
        trace(cx, &shown.task, Some(request.id), Access::Requested).await?;
        Ok(Shown {
            request,
            agent_name: cx.actor.handle().to_owned(),
            is_current: true,
        })
    }
}
