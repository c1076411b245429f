//! The newest messages of a channel, oldest first.

use domain::Result;
use domain::id::ProjectId;
use store::tables::messages::{self, Said};

use super::{GENERAL, Room, find, kept, unknown};
use crate::ops::teams::standing;
use crate::{Cx, Op};

/// Reads a channel.
#[derive(Clone, Debug)]
pub struct Read {
    /// Of which project.
    pub project: ProjectId,
    /// Which channel.
    pub room: Room,
    /// How many messages at most.
    pub rows: u32,
}

impl Op for Read {
    type Output = Vec<Said>;
    operation!("chat.read", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Said>> {
        let (project, role) = standing(cx, self.project).await?;
        role.require_inside()?;
        match find(cx, project.id, &self.room).await? {
            Some(channel) => messages::in_channel(cx.tx, channel.id, self.rows).await,
            None if is_general(&self.room) => Ok(Vec::new()),
            None => Err(unknown()),
        }
    }
}

/// Every project has it, if only from its first message on.
fn is_general(room: &Room) -> bool {
    matches!(room, Room::Name(name) if kept(name) == GENERAL)
}
