//! An account votes on an idea while it is open (POLT 2.5).

use domain::id::IdeaId;
use domain::idea::Status;
use domain::vote::Vote as Ballot;
use domain::{Error, Result};
use store::tables::ideas::{self, Idea};

use super::locked;
use crate::ops::messages::{Cast, cast};
use crate::{Cx, Op};

/// Votes on an idea; the same vote twice takes it back.
#[derive(Clone, Debug)]
pub struct Vote {
    /// Which.
    pub idea: IdeaId,
    /// How.
    pub vote: Ballot,
}

/// What a vote left.
#[derive(Clone, Debug)]
pub struct Voted {
    /// The caller's vote now.
    pub vote: Option<Ballot>,
    /// The idea with its counts.
    pub idea: Idea,
}

impl Op for Vote {
    type Output = Voted;
    operation!("ideas.vote", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Voted> {
        let mut idea = locked(cx, self.idea).await?;
        if idea.status != Status::Open {
            return Err(Error::conflict(
                "voting_closed",
                format!(
                    "votes are taken on open ideas; this one is {}",
                    idea.status.as_str()
                ),
            ));
        }
        let Cast {
            now,
            upvotes,
            downvotes,
        } = cast(cx, idea.id, None, &idea.title, self.vote).await?;
        ideas::add(cx.tx, idea.id, upvotes, downvotes, 0).await?;
        idea.upvotes = idea.upvotes.saturating_add(upvotes);
        idea.downvotes = idea.downvotes.saturating_add(downvotes);
        Ok(Voted { vote: now, idea })
    }
}
