//! An account votes on a project while votes count (POLT 3.3).

use domain::Result;
use domain::id::ProjectId;
use domain::vote::Vote as Ballot;
use store::tables::projects::{self, Project};

use super::locked;
use crate::ops::messages::{Cast, cast};
use crate::{Cx, Op};

/// Votes on a project; the same vote twice takes it back.
#[derive(Clone, Debug)]
pub struct Vote {
    /// Which.
    pub project: ProjectId,
    /// How.
    pub vote: Ballot,
}

/// What a vote left.
#[derive(Clone, Debug)]
pub struct Voted {
    /// The caller's vote now.
    pub vote: Option<Ballot>,
    /// The project with its counts.
    pub project: Project,
}

impl Op for Vote {
    type Output = Voted;
    operation!("projects.vote", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Voted> {
        let mut project = locked(cx, self.project).await?;
        project.stage.require_voting_open()?;
        let Cast {
            now,
            upvotes,
            downvotes,
        } = cast(
            cx,
            project.id,
            Some(project.id),
            &project.pitch.title,
            self.vote,
        )
        .await?;
        projects::add(cx.tx, project.id, upvotes, downvotes, 0).await?;
        project.counts.upvotes = project.counts.upvotes.saturating_add(upvotes);
        project.counts.downvotes = project.counts.downvotes.saturating_add(downvotes);
        Ok(Voted { vote: now, project })
    }
}
