//! A member leaves a project. Its unfinished tickets are free again, unless
//! work for them waits for a verdict; its seat is offered again.

use domain::event::Happening;
use domain::id::ProjectId;
use domain::team::PositionStatus;
use domain::{Error, Result};
use serde_json::json;
use store::Lock;
use store::tables::{teams, tickets};

use super::position;
use crate::ops::tickets::take_away;
use crate::{Cx, Op};

/// Leaves a project.
#[derive(Clone, Copy, Debug)]
pub struct Leave {
    /// Which.
    pub project: ProjectId,
}

impl Op for Leave {
    type Output = ProjectId;
    operation!("teams.leave", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<ProjectId> {
        let me = cx.actor.account()?;
        cx.tx.lock(Lock::Account(me)).await?;
        cx.tx.lock(Lock::Project(self.project)).await?;
        let seat = teams::membership(cx.tx, self.project, me).await?;
        let seat = seat.ok_or_else(|| {
            Error::not_found("not_a_member", "you have no seat in a project of this id")
        })?;
        for task in tickets::held_in(cx.tx, me, self.project).await? {
            take_away(cx, task).await?;
        }
        teams::leave(cx.tx, self.project, me).await?;
        let held = position(cx, seat.position).await?.position;
        let status = match held.status {
            PositionStatus::Filled => PositionStatus::Open,
            status => status,
        };
        teams::seat(cx.tx, held.id, -1, status).await?;
        let facts = json!({ "account": me.to_string(), "position": held.id.to_string() });
        cx.record_inside(self.project, Happening::MemberLeft, self.project, facts)
            .await?;
        Ok(self.project)
    }
}
