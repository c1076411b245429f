//! The channels of a project, by name.

use domain::Result;
use domain::id::ProjectId;
use store::tables::channels::{self, Channel};

use crate::ops::teams::standing;
use crate::{Cx, Op};

/// Lists a project's channels.
#[derive(Clone, Copy, Debug)]
pub struct Channels {
    /// Of which project.
    pub project: ProjectId,
}

impl Op for Channels {
    type Output = Vec<Channel>;
    operation!("chat.channels", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Channel>> {
        let (project, role) = standing(cx, self.project).await?;
        role.require_inside()?;
        channels::of(cx.tx, project.id).await
    }
}
