//! Projects as workplaces: founded, staffed, funded (OpenPod 2.5 to 2.8, 3.3).

use domain::Result;
use domain::id::{AccountId, ProjectId};
use domain::team::Role;
use store::tables::projects::{self, Project};
use store::tables::teams;

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
