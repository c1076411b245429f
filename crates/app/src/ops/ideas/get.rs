//! An idea with its discussion.

use domain::id::IdeaId;
use domain::page::Page;
use domain::{Result, limits};
use store::tables::ideas::Idea;
use store::tables::messages::{self, Message};

use super::visible;
use crate::{Cx, Op};

/// Shows an idea.
#[derive(Clone, Debug)]
pub struct Get {
    /// Which.
    pub idea: IdeaId,
}

/// An idea and what was said about it, oldest first.
#[derive(Clone, Debug)]
pub struct Details {
    /// The idea.
    pub idea: Idea,
    /// Its discussion.
    pub replies: Vec<Message>,
}

impl Op for Get {
    type Output = Details;
    operation!("ideas.get", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Details> {
        let idea = visible(cx, self.idea).await?;
        let replies =
            messages::by_subject(cx.tx, self.idea.0, Page::first(limits::INLINE_ROWS)).await?;
        Ok(Details { idea, replies })
    }
}
