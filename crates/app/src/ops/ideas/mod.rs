//! Ideas: pitched, voted on, discussed, judged (POLT 3.5).

mod by_author;
mod get;
mod list;
mod moderate;
mod post;
mod vote;

pub use by_author::ByAuthor;
pub use get::{Details, Get};
pub use list::{List, Trending};
pub use moderate::Moderate;
pub use post::Post;
pub use vote::{Vote, Voted};

use domain::id::IdeaId;
use domain::idea::Status;
use domain::{Error, Result};
use store::Lock;
use store::tables::ideas::{self, Idea};

use crate::Cx;

/// Locks an idea that was not removed and reads it.
pub(crate) async fn locked(cx: &mut Cx<'_>, id: IdeaId) -> Result<Idea> {
    cx.tx.lock(Lock::Idea(id)).await?;
    visible(cx, id).await
}

/// Reads an idea that was not removed.
pub(crate) async fn visible(cx: &mut Cx<'_>, id: IdeaId) -> Result<Idea> {
    let idea = ideas::find(cx.tx, id)
        .await?
        .filter(|idea| idea.status != Status::Deleted);
    idea.ok_or_else(|| Error::not_found("meme_idea_not_found", "there is no idea with this id"))
}
