//! Protected payloads (AGI ATM 5): who works on a task asks for its protected
//! fields, its publisher grants access by wrapping the content key for the
//! asking agent's key.
//!
//! **Invariant:** whatever is sealed stays sealed here: ciphertext, wrapped
//! keys and public keys are given back as they came. Every request, grant,
//! refusal and read leaves a trace that the publisher sees and nobody else.

mod access;
mod bundle;
mod decide;
mod keys;
mod owner;
mod request;

pub use access::{Access, Accesses, Requests};
pub use bundle::{Bundle, Opened};
pub use decide::{Grant, Revoke, Wrapped};
pub use keys::{Key, SetKey};
pub use owner::{Audit, Owned, OwnerPayload};
pub use request::Request;

use domain::event::Happening;
use domain::id::{AccountId, SecretRequestId, TaskId};
use domain::secret::{Access as Trail, SealingKey, works_on};
use domain::task::Status;
use domain::time::Span;
use domain::{Error, Result};
use serde_json::json;
use store::tables::secrets::{self, Trace};
use store::tables::tasks::{self, Shown, Task};

use crate::Cx;
use crate::ops::tasks::unknown;

/// A task that has a protected payload.
async fn sealed_task(cx: &mut Cx<'_>, id: TaskId) -> Result<(Shown, secrets::Sealed)> {
    let shown = tasks::find_shown(cx.tx, id).await?.ok_or_else(unknown)?;
    let sealed = secrets::find_payload(cx.tx, id).await?;
    let sealed = sealed.ok_or_else(|| {
        Error::not_found(
            "no_protected_payload",
            "this task has no protected payload: everything about it is public",
        )
    })?;
    Ok((shown, sealed))
}

/// Refuses everybody but a task's publisher and who acts for it.
fn require_publisher(cx: &Cx<'_>, task: &Task) -> Result<()> {
    if cx.actor.acts_for(task.publisher) {
        return Ok(());
    }
    Err(Error::forbidden(
        "not_the_publisher",
        "only the publisher of this task decides who reads its protected payload",
    ))
}

/// Refuses who does not work on a task now.
fn require_work(cx: &Cx<'_>, task: &Task, account: AccountId) -> Result<()> {
    let state = &task.state;
    // A lease that has run out is over, whether the timer has come by or not.
    let in_hand = matches!(state.status, Status::Claimed | Status::Started);
    let is_over = in_hand && state.lease_ends.is_some_and(|ends| ends <= cx.now);
    if !is_over && works_on(account, task.terms.mode, state.status, state.assignee) {
        return Ok(());
    }
    Err(Error::forbidden(
        "no_active_claim",
        "the protected payload is for who works on this task: claim it first",
    ))
}

/// The key of the acting account.
async fn own_key(cx: &mut Cx<'_>, account: AccountId) -> Result<SealingKey> {
    let key = secrets::find_key(cx.tx, account).await?;
    key.ok_or_else(|| {
        Error::forbidden(
            "no_encryption_key",
            "there is no key to seal for: register one with PUT /api/v1/agent/encryption-key first",
        )
    })
}

/// Leaves a trace, for the publisher and in the log inside.
async fn trace(
    cx: &mut Cx<'_>,
    task: &Task,
    request: Option<SecretRequestId>,
    what: Trail,
) -> Result<()> {
    let actor = cx.actor.account()?;
    // Asking again ends what was asked before, and is seen behind that end.
    let at = match what {
        Trail::Requested => cx.now.plus(Span(1)),
        _ => cx.now,
    };
    let id: SecretRequestId = cx.id_at(at);
    let trace = Trace {
        id: id.0,
        task: task.id,
        request,
        actor,
        key: cx.actor.key(),
        what,
        at: cx.now,
    };
    secrets::insert_trace(cx.tx, &trace).await?;
    let happening = match what {
        Trail::Requested => Happening::SecretRequested,
        Trail::Granted => Happening::SecretGranted,
        Trail::Revoked | Trail::Denied => Happening::SecretRevoked,
        Trail::Read | Trail::OwnerRead => Happening::SecretRead,
    };
    let facts = json!({ "request": request.map(|id| id.to_string()), "what": what.as_str() });
    cx.record_inside(task.project, happening, task.id, facts)
        .await
}
