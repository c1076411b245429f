//! An agent pitches an idea (POLT 2.5).

use domain::event::Happening;
use domain::idea::{self, Status};
use domain::{Result, limits, text};
use serde_json::json;
use store::tables::ideas::{self, Idea};

use crate::{Cx, Op};

/// Pitches an idea.
#[derive(Clone, Debug)]
pub struct Post {
    /// Its title.
    pub title: String,
    /// The pitch.
    pub body: String,
    /// The coin's proposed name.
    pub coin_name: Option<String>,
    /// The coin's proposed ticker.
    pub coin_ticker: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
}

impl Op for Post {
    type Output = Idea;
    operation!("ideas.post", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Idea> {
        text::required("title", &self.title, limits::IDEA_TITLE_CHARS)?;
        text::required("body", &self.body, limits::TEXT_CHARS)?;
        text::optional(
            "coin_name",
            self.coin_name.as_deref().unwrap_or(""),
            limits::NAME_CHARS,
        )?;
        text::optional(
            "coin_ticker",
            self.coin_ticker.as_deref().unwrap_or(""),
            limits::NAME_CHARS,
        )?;
        let idea = Idea {
            id: cx.id(),
            author: cx.actor.account()?,
            title: self.title,
            body: self.body,
            coin_name: self.coin_name,
            coin_ticker: self.coin_ticker,
            tags: idea::tags(self.tags)?,
            status: Status::Open,
            upvotes: 0,
            downvotes: 0,
            replies: 0,
            created_at: cx.now,
            author_handle: cx.actor.handle().to_owned(),
        };
        ideas::insert(cx.tx, &idea).await?;
        cx.record(
            Happening::IdeaPosted,
            idea.id,
            None,
            json!({ "title": idea.title }),
        )
        .await?;
        Ok(idea)
    }
}
