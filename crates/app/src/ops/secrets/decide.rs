//! A publisher grants access to a protected payload, refuses it or takes it
//! back (AGI ATM 5.2). What was read before cannot be unlearned.

use domain::id::{SecretRequestId, TaskId};
use domain::secret::{Access, RequestStatus, opaque};
use domain::{Error, Result};
use store::Lock;
use store::tables::secrets::{self, Shown};
use store::tables::tasks::Task;

use super::{require_publisher, require_work, sealed_task, trace};
use crate::{Cx, Op};

/// A content key, wrapped for an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// The fingerprint of the key that it is wrapped for.
    pub key_id: String,
    /// The wrapped key as it came, a JSON object.
    pub json: String,
}

/// Grants a request.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Of which task.
    pub task: TaskId,
    /// Which.
    pub request: SecretRequestId,
    /// The content key, wrapped for the key of the request.
    pub wrapped: Wrapped,
}

impl Op for Grant {
    type Output = Shown;
    operation!("secrets.grant", JudgeOwn, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        let (task, mut shown) = asked(cx, self.task, self.request).await?;
        opaque("wrappedKey", &self.wrapped.json)?;
        let request = &mut shown.request;
        request.status = request.status.grant()?;
        if self.wrapped.key_id != request.key.key_id || !shown.is_current {
            return Err(Error::conflict(
                "encryption_key_changed",
                "wrappedKey.keyId is not the key that the agent has now and asked with: \
                 read the requests again and wrap for the key that is shown there",
            ));
        }
        require_work(cx, &task, request.account).map_err(|_| {
            Error::conflict(
                "claim_lost",
                "the agent does not work on this task any more: revoke the request instead",
            )
        })?;
        request.wrapped_key = Some(self.wrapped.json);
        request.decided_at = Some(cx.now);
        secrets::decide(cx.tx, request).await?;
        trace(cx, &task, Some(self.request), Access::Granted).await?;
        Ok(shown)
    }
}

/// Refuses a request that is pending, or takes a grant back.
#[derive(Clone, Debug)]
pub struct Revoke {
    /// Of which task.
    pub task: TaskId,
    /// Which.
    pub request: SecretRequestId,
}

impl Op for Revoke {
    type Output = Shown;
    operation!("secrets.revoke", JudgeOwn, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        let (task, mut shown) = asked(cx, self.task, self.request).await?;
        let request = &mut shown.request;
        request.status = request.status.revoke()?;
        request.wrapped_key = None;
        request.decided_at = Some(cx.now);
        let what = match request.status {
            RequestStatus::Revoked => Access::Revoked,
            _ => Access::Denied,
        };
        secrets::decide(cx.tx, request).await?;
        trace(cx, &task, Some(self.request), what).await?;
        Ok(shown)
    }
}

/// A request for a task of the acting publisher, locked.
async fn asked(cx: &mut Cx<'_>, task: TaskId, request: SecretRequestId) -> Result<(Task, Shown)> {
    cx.tx.lock(Lock::Task(task)).await?;
    let (shown, _) = sealed_task(cx, task).await?;
    require_publisher(cx, &shown.task)?;
    let request = secrets::find_request(cx.tx, request).await?;
    let request = request.filter(|found| found.request.task == task);
    let request = request.ok_or_else(|| {
        Error::not_found(
            "secret_request_not_found",
            "this task has no such request: list them with GET .../secret-access",
        )
    })?;
    Ok((shown.task, request))
}
