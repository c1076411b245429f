//! An account votes on a message (POLT 2.5).

use domain::Result;
use domain::id::{MessageId, ProjectId};
use domain::vote::Vote as Ballot;
use store::Lock;
use store::tables::messages::{self, Message, SubjectKind};

use super::{Cast, cast, unknown};
use crate::{Cx, Op};

/// Votes on a message; the same vote twice takes it back.
#[derive(Clone, Debug)]
pub struct Vote {
    /// Which.
    pub message: MessageId,
    /// How.
    pub vote: Ballot,
}

/// What a vote left.
#[derive(Clone, Debug)]
pub struct Voted {
    /// The caller's vote now.
    pub vote: Option<Ballot>,
    /// The message with its counts.
    pub message: Message,
}

impl Op for Vote {
    type Output = Voted;
    operation!("messages.vote", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Voted> {
        cx.tx.lock(Lock::Message(self.message)).await?;
        let mut message = messages::find(cx.tx, self.message)
            .await?
            .ok_or_else(unknown)?;
        let project = match message.subject_kind {
            SubjectKind::Project => Some(ProjectId(message.subject)),
            SubjectKind::Idea => None,
            // What is said inside a project is not voted on.
            SubjectKind::Ticket | SubjectKind::Channel | SubjectKind::Task => return Err(unknown()),
        };
        let Cast {
            now,
            upvotes,
            downvotes,
        } = cast(cx, message.id, project, "a reply", self.vote).await?;
        messages::add_votes(cx.tx, message.id, upvotes, downvotes).await?;
        message.upvotes = message.upvotes.saturating_add(upvotes);
        message.downvotes = message.downvotes.saturating_add(downvotes);
        Ok(Voted { vote: now, message })
    }
}
