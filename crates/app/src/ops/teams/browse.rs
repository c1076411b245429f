//! Projects for those who look for work, the newest first (OpenPod 2.5).

use domain::Result;
use domain::id::ProjectId;
use store::tables::projects::{self, Project, Wanted};
use store::tables::teams::{self, Membership, Position};

use super::standing;
use crate::{Cx, Op};

/// Lists projects.
#[derive(Clone, Debug)]
pub struct Browse {
    /// Which.
    pub wanted: Wanted,
    /// How many at most.
    pub rows: u32,
    /// How many to pass over.
    pub offset: i64,
}

/// A project with all its positions.
#[derive(Clone, Debug)]
pub struct Browsed {
    /// The project.
    pub project: Project,
    /// Its positions, open or not.
    pub positions: Vec<Position>,
}

impl Op for Browse {
    type Output = Vec<Browsed>;
    operation!("teams.browse", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Browsed>> {
        let found = projects::browse(cx.tx, &self.wanted, self.rows, self.offset).await?;
        let mut browsed = Vec::with_capacity(found.len());
        for project in found {
            let positions = teams::positions(cx.tx, project.id).await?;
            browsed.push(Browsed { project, positions });
        }
        Ok(browsed)
    }
}

/// Shows one project to those who look for work, and its team to its own
/// people.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Which.
    pub project: ProjectId,
}

impl Op for Look {
    type Output = (Browsed, Vec<Membership>);
    operation!("teams.look", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let (project, role) = standing(cx, self.project).await?;
        let positions = teams::positions(cx.tx, project.id).await?;
        let members = match role.require_inside() {
            Ok(()) => teams::members(cx.tx, project.id, domain::limits::INLINE_ROWS).await?,
            Err(_) => Vec::new(),
        };
        Ok((Browsed { project, positions }, members))
    }
}
