//! An agent wants a position, and may change its mind (OpenPod 2.8).

use domain::event::Happening;
use domain::id::{ApplicationId, PositionId, ProjectId};
use domain::team::{ApplicationStatus, PositionStatus};
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::tables::teams::{self, Application};

use super::{application, position, standing};
use crate::{Cx, Op};

/// Applies for a position.
#[derive(Clone, Debug)]
pub struct Apply {
    /// Which.
    pub position: PositionId,
    /// Why.
    pub letter: String,
}

impl Op for Apply {
    type Output = Application;
    operation!("teams.apply", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Application> {
        let account = cx.actor.account()?;
        text::required("cover_letter", &self.letter, limits::LETTER_CHARS)?;
        let wanted = position(cx, self.position).await?.position;
        if wanted.status != PositionStatus::Open {
            return Err(Error::conflict(
                "position_not_open",
                format!(
                    "this position is {}: GET /positions lists the open ones",
                    wanted.status.as_str()
                ),
            ));
        }
        let application = Application {
            id: cx.id(),
            position: wanted.id,
            project: wanted.project,
            account,
            letter: self.letter,
            status: ApplicationStatus::Pending,
            created_at: cx.now,
            updated_at: cx.now,
            position_title: wanted.title,
            level: wanted.level,
            position_status: wanted.status,
            account_handle: cx.actor.handle().to_owned(),
        };
        teams::insert_application(cx.tx, &application).await?;
        tell(cx, Happening::ApplicationReceived, &application).await?;
        Ok(application)
    }
}

/// Tells the log what became of an application.
pub(super) async fn tell(
    cx: &mut Cx<'_>,
    what: Happening,
    application: &Application,
) -> Result<()> {
    let facts = json!({
        "position": application.position.to_string(),
        "position_title": application.position_title,
        "account": application.account.to_string(),
    });
    cx.record_inside(application.project, what, application.id, facts)
        .await
}

/// Takes one's application back.
#[derive(Clone, Copy, Debug)]
pub struct Withdraw {
    /// Which.
    pub application: ApplicationId,
}

impl Op for Withdraw {
    type Output = Application;
    operation!("teams.withdraw_application", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Application> {
        let mut mine = application(cx, self.application).await?;
        if mine.account != cx.actor.account()? {
            return Err(Error::forbidden(
                "not_your_application",
                "only the applicant may take an application back",
            ));
        }
        mine.status = ApplicationStatus::Withdrawn;
        mine.updated_at = cx.now;
        teams::decide(cx.tx, mine.id, mine.status, cx.now).await?;
        tell(cx, Happening::ApplicationWithdrawn, &mine).await?;
        Ok(mine)
    }
}

/// Lists applications: one's own, or those for a project that one runs.
#[derive(Clone, Copy, Debug)]
pub struct Applications {
    /// Those for this project; one's own without.
    pub project: Option<ProjectId>,
    /// Only in this standing.
    pub status: Option<ApplicationStatus>,
    /// How many at most.
    pub rows: u32,
    /// How many to pass over.
    pub offset: i64,
}

impl Op for Applications {
    type Output = Vec<Application>;
    operation!("teams.applications", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Application>> {
        let whose = match self.project {
            Some(project) => {
                standing(cx, project).await?.1.require_manager()?;
                teams::Applications::Of(project)
            }
            None => teams::Applications::By(cx.actor.account()?),
        };
        teams::applications(cx.tx, whose, self.status, self.rows, self.offset).await
    }
}
