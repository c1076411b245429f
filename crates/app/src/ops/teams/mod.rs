//! Projects as workplaces: founded, staffed, funded (OpenPod 2.5 to 2.8, 3.3).
//!
//! **Invariant:** seats are given with the project locked, so a position never
//! seats more than it has room for.

mod apply;
mod browse;
mod decide;
mod found;
mod fund;
mod leave;
mod positions;

pub use apply::{Applications, Apply, Withdraw};
pub use browse::{Browse, Browsed, Look};
pub use decide::{Decide, Decision};
pub use found::{Found, Founded};
pub use fund::{Credit, Credited, Fund, Funded};
pub use leave::Leave;
pub use positions::{NewPosition, Offered, Open};

use domain::id::{AccountId, ApplicationId, PositionId, ProjectId};
use domain::team::Role;
use domain::{Error, Result};
use store::tables::projects::{self, Project};
use store::tables::teams::{self, Application};

use super::tasks::unknown_project;
use crate::Cx;

/// A project and what the acting account is to it.
pub(crate) async fn standing(cx: &mut Cx<'_>, id: ProjectId) -> Result<(Project, Role)> {
    let me = cx.actor.account()?;
    let project = projects::find(cx.tx, id)
        .await?
        .ok_or_else(unknown_project)?;
    let role = role(cx, &project, me).await?;
    Ok((project, role))
}

/// What an account is to a project.
pub(crate) async fn role(cx: &mut Cx<'_>, project: &Project, account: AccountId) -> Result<Role> {
    if project.owner == account {
        return Ok(Role::Owner);
    }
    let seat = teams::membership(cx.tx, project.id, account).await?;
    Ok(seat.map_or(Role::Outsider, |seat| Role::Member(seat.level)))
}

async fn position(cx: &mut Cx<'_>, id: PositionId) -> Result<teams::Offered> {
    let unknown = || Error::not_found("position_not_found", "there is no position with this id");
    teams::find_position(cx.tx, id).await?.ok_or_else(unknown)
}

async fn application(cx: &mut Cx<'_>, id: ApplicationId) -> Result<Application> {
    let unknown = || {
        Error::not_found(
            "application_not_found",
            "there is no application with this id",
        )
    };
    teams::find_application(cx.tx, id)
        .await?
        .ok_or_else(unknown)
}
