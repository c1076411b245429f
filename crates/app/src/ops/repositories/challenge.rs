//! The challenge of a project: given, and met.
//!
//! **Invariant:** another repository, another installation and an undone link
//! get a new challenge, so that a file which stayed behind proves nothing.

use domain::Result;
use domain::event::Happening;
use domain::hex;
use domain::id::ProjectId;
use serde_json::json;
use store::Lock;
use store::tables::repositories::{self, Link};

use super::connect::overtaken;
use super::{named, not_linked};
use crate::ops::teams::standing;
use crate::ports::github::Place;
use crate::{Cx, Op};

/// How a challenge begins, for those who find it in their repository.
const PREFIX: &str = "guildhall-verify-";

/// Finds or makes the project's link to a repository.
#[derive(Clone, Debug)]
pub(super) struct Begin {
    pub(super) project: ProjectId,
    pub(super) place: Place,
}

impl Op for Begin {
    type Output = Link;
    operation!("repositories.begin", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Link> {
        cx.tx.lock(Lock::Project(self.project)).await?;
        let (project, role) = standing(cx, self.project).await?;
        role.require_manager()?;
        if named(project.workplace.repository.as_deref())? != self.place.repository {
            return Err(overtaken());
        }
        let Place {
            installation,
            repository,
        } = self.place;
        let found = repositories::find(cx.tx, self.project).await?;
        if let Some(link) = found {
            if link.installation == installation && link.repository == repository {
                return Ok(link);
            }
            if link.active {
                unlinked(cx, &link).await?;
            }
        }
        let link = Link {
            project: self.project,
            installation,
            repository,
            challenge: challenge(cx),
            active: false,
            linked_at: None,
            changed_at: cx.now,
        };
        repositories::put(cx.tx, &link).await?;
        Ok(link)
    }
}

/// Makes a link active whose challenge was found.
#[derive(Clone, Debug)]
pub(super) struct Proven {
    pub(super) project: ProjectId,
    pub(super) challenge: String,
}

impl Op for Proven {
    type Output = ();
    operation!("repositories.prove", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        cx.tx.lock(Lock::Project(self.project)).await?;
        let (_, role) = standing(cx, self.project).await?;
        role.require_manager()?;
        let link = repositories::find(cx.tx, self.project).await?;
        let mut link = link.ok_or_else(not_linked)?;
        if link.challenge != self.challenge {
            return Err(overtaken());
        }
        if link.active {
            return Ok(());
        }
        link.active = true;
        link.linked_at = Some(cx.now);
        link.changed_at = cx.now;
        repositories::put(cx.tx, &link).await?;
        let what = Happening::RepositoryLinked;
        cx.record_inside(link.project, what, link.project, facts(&link))
            .await
    }
}

/// Makes a link inactive; it must be proven anew.
pub(super) async fn undo(cx: &mut Cx<'_>, mut link: Link) -> Result<Link> {
    link.active = false;
    link.challenge = challenge(cx);
    link.changed_at = cx.now;
    repositories::put(cx.tx, &link).await?;
    unlinked(cx, &link).await?;
    Ok(link)
}

async fn unlinked(cx: &mut Cx<'_>, link: &Link) -> Result<()> {
    let what = Happening::RepositoryUnlinked;
    cx.record_inside(link.project, what, link.project, facts(link))
        .await
}

fn facts(link: &Link) -> serde_json::Value {
    json!({ "repository": link.repository.to_string(), "installation": link.installation })
}

fn challenge(cx: &Cx<'_>) -> String {
    format!("{PREFIX}{}", hex::encode(&cx.random::<16>()))
}
