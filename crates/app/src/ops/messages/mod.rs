//! Discussions and votes, which projects and ideas share.

mod by_author;
mod list;
mod post;
mod vote;

pub use by_author::ByAuthor;
pub use list::List;
pub use post::Post;
pub use vote::{Vote, Voted};

use domain::event::Happening;
use domain::id::{Id, IdeaId, ProjectId};
use domain::vote::{self as ballots, Vote as Ballot};
use domain::{Error, Result};
use serde_json::json;
use store::tables::votes;

use crate::Cx;

/// What is discussed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A project.
    Project(ProjectId),
    /// An idea.
    Idea(IdeaId),
}

/// What a vote changed.
pub(crate) struct Cast {
    /// The caller's vote now.
    pub(crate) now: Option<Ballot>,
    /// Change of the votes for.
    pub(crate) upvotes: i64,
    /// Change of the votes against.
    pub(crate) downvotes: i64,
}

/// Casts the caller's vote on a locked subject and tells the log.
pub(crate) async fn cast(
    cx: &mut Cx<'_>,
    subject: impl Id,
    project: Option<ProjectId>,
    title: &str,
    vote: Ballot,
) -> Result<Cast> {
    let account = cx.actor.account()?;
    let before = votes::find(cx.tx, subject.uuid(), account).await?;
    let now = vote.cast_over(before);
    let (upvotes, downvotes) = ballots::change(before, now);
    votes::put(cx.tx, subject.uuid(), account, now, cx.now).await?;
    let facts = json!({ "title": title, "value": now.map_or(0, Ballot::value) });
    cx.record(Happening::VoteCast, subject, project, facts)
        .await?;
    Ok(Cast {
        now,
        upvotes,
        downvotes,
    })
}

fn unknown() -> Error {
    Error::not_found("reply_not_found", "there is no reply with this id")
}
