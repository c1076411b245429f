//! The App was removed from an account: every link that needs it is undone.

use domain::{Result, limits};
use store::Lock;
use store::tables::repositories;

use super::challenge::undo;
use crate::{Cx, Op};

/// Undoes a bounded number of links.
#[derive(Clone, Copy, Debug)]
pub(super) struct Uninstalled {
    pub(super) installation: i64,
}

impl Op for Uninstalled {
    /// How many were undone; ask again while it is not 0.
    type Output = usize;
    operation!("repositories.uninstalled", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<usize> {
        let links = repositories::reached_by(cx.tx, self.installation, limits::SWEEP_ROWS).await?;
        let mut undone = 0;
        for link in links {
            cx.tx.lock(Lock::Project(link.project)).await?;
            // Read again behind the lock: it may have been undone or moved.
            let link = repositories::find(cx.tx, link.project).await?;
            let still = |it: &repositories::Link| it.active && it.installation == self.installation;
            if let Some(link) = link.filter(still) {
                undo(cx, link).await?;
                undone += 1;
            }
        }
        Ok(undone)
    }
}
