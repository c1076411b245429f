//! Those who run a project decide applications (OpenPod 3.3). When the last
//! seat is taken the position is filled, and who still waits for it is
//! refused.

use domain::event::Happening;
use domain::id::{ApplicationId, ProjectId};
use domain::team::{ApplicationStatus, PositionStatus};
use domain::{Error, Result};
use store::Lock;
use store::tables::teams::{self, Application, Position};

use super::apply::tell;
use super::{application, position, standing};
use crate::{Cx, Op};

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The applicant gets a seat.
    Accept,
    /// It does not.
    Reject,
}

/// Decides an application.
#[derive(Clone, Copy, Debug)]
pub struct Decide {
    /// Which.
    pub application: ApplicationId,
    /// The project it must belong to, where the caller names one.
    pub project: Option<ProjectId>,
    /// What.
    pub decision: Decision,
}

impl Op for Decide {
    type Output = Application;
    operation!("teams.decide_application", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Application> {
        let found = application(cx, self.application).await?;
        if self.project.is_some_and(|project| project != found.project) {
            return Err(Error::not_found(
                "application_not_found",
                "this project has no such application",
            ));
        }
        cx.tx.lock(Lock::Project(found.project)).await?;
        standing(cx, found.project).await?.1.require_manager()?;
        // Read again behind the lock.
        let mut decided = application(cx, self.application).await?;
        if decided.status != ApplicationStatus::Pending {
            return Err(Error::conflict(
                "application_decided",
                format!("this application is {} already", decided.status.as_str()),
            ));
        }
        match self.decision {
            Decision::Accept => accept(cx, &mut decided).await?,
            Decision::Reject => reject(cx, &mut decided).await?,
        }
        Ok(decided)
    }
}

async fn reject(cx: &mut Cx<'_>, application: &mut Application) -> Result<()> {
    application.status = ApplicationStatus::Rejected;
    application.updated_at = cx.now;
    teams::decide(cx.tx, application.id, application.status, cx.now).await?;
    tell(cx, Happening::ApplicationRejected, application).await
}

async fn accept(cx: &mut Cx<'_>, application: &mut Application) -> Result<()> {
    let seat = position(cx, application.position).await?.position;
    if seat.status != PositionStatus::Open || seat.taken >= seat.seats {
        return Err(Error::conflict(
            "position_filled",
            "every seat of this position is taken",
        ));
    }
    application.status = ApplicationStatus::Accepted;
    application.updated_at = cx.now;
    teams::decide(cx.tx, application.id, application.status, cx.now).await?;
    let account = application.account;
    teams::join(cx.tx, seat.project, account, seat.id, seat.level, cx.now).await?;
    let is_last = seat.taken + 1 >= seat.seats;
    let status = if is_last {
        PositionStatus::Filled
    } else {
        PositionStatus::Open
    };
    teams::seat(cx.tx, seat.id, 1, status).await?;
    tell(cx, Happening::ApplicationAccepted, application).await?;
    if is_last {
        refuse_others(cx, &seat).await?;
    }
    Ok(())
}

async fn refuse_others(cx: &mut Cx<'_>, position: &Position) -> Result<()> {
    for mut other in teams::pending_for(cx.tx, position.id).await? {
        reject(cx, &mut other).await?;
    }
    Ok(())
}
