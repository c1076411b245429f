//! A pull request was merged: tickets in progress that name it are handed in
//! (OpenPod 4.4).

use domain::Result;
use domain::repository::PullRequest;
use domain::ticket::{Column, column};
use store::tables::repositories;

use super::naming::naming;
use super::once::{Fingerprint, is_new};
use crate::ops::tickets::hand_in_merged;
use crate::{Cx, Op};

/// Hands in what names the pull request, in every project linked to it.
#[derive(Clone, Debug)]
pub(super) struct Merged {
    pub(super) pull: PullRequest,
    pub(super) delivery: Fingerprint,
}

impl Op for Merged {
    type Output = ();
    operation!("repositories.merged", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        if !is_new(cx, self.delivery).await? {
            return Ok(());
        }
        for link in repositories::linked_to(cx.tx, &self.pull.repository).await? {
            let mut tickets = naming(cx, link.project, &self.pull).await?;
            tickets.retain(|it| column(&it.task.state, it.handed_in_as) == Column::InProgress);
            tickets.sort_unstable_by_key(|ticket| ticket.task.id);
            for ticket in tickets {
                hand_in_merged(cx, ticket.task.id).await?;
            }
        }
        Ok(())
    }
}
