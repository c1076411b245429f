//! What a publisher sees of its own protected payload: what happened to it,
//! and the payload with its own wrapped key.

use domain::Result;
use domain::id::TaskId;
use domain::page::{Listed, Page};
use domain::secret::Access;
use store::Lock;
use store::tables::briefs;
use store::tables::secrets::{self, Sealed, Trace};

use super::{require_publisher, sealed_task, trace};
use crate::{Cx, Op};

/// Lists what happened to a payload, the latest first.
#[derive(Clone, Debug)]
pub struct Audit {
    /// Of which task.
    pub task: TaskId,
    /// Which rows.
    pub page: Page,
}

impl Op for Audit {
    type Output = Listed<Trace>;
    operation!("secrets.audit", JudgeOwn, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Listed<Trace>> {
        let (shown, _) = sealed_task(cx, self.task).await?;
        require_publisher(cx, &shown.task)?;
        let page = self.page;
        Ok(Listed {
            items: secrets::traces(cx.tx, self.task, page.rows, page.offset()).await?,
            page,
            total: secrets::count_traces(cx.tx, self.task).await?,
        })
    }
}

/// Gives a publisher its payload back, sealed, with the content key wrapped
/// for itself. Leaves a trace.
#[derive(Clone, Debug)]
pub struct OwnerPayload {
    /// Of which task.
    pub task: TaskId,
}

/// A payload as its publisher sees it.
#[derive(Clone, Debug)]
pub struct Owned {
    /// Whose payload it is.
    pub task: TaskId,
    /// The payload.
    pub sealed: Sealed,
    /// The names of its fields.
    pub fields: Vec<String>,
}

impl Op for OwnerPayload {
    type Output = Owned;
    operation!("secrets.owner_payload", JudgeOwn, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Owned> {
        cx.tx.lock(Lock::Task(self.task)).await?;
        let (shown, sealed) = sealed_task(cx, self.task).await?;
        require_publisher(cx, &shown.task)?;
        trace(cx, &shown.task, None, Access::OwnerRead).await?;
        let brief = briefs::find(cx.tx, self.task).await?.unwrap_or_default();
        Ok(Owned {
            task: self.task,
            sealed,
            fields: brief.protected,
        })
    }
}
