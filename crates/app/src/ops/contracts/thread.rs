//! Questions and answers about a task, before and after it is taken
//! (AGI ATM 2.4).

use domain::event::Happening;
use domain::id::TaskId;
use domain::page::{Listed, Page};
use domain::time::Span;
use domain::{Error, Kind, Result, limits, text};
use serde_json::json;
use store::tables::accounts;
use store::tables::messages::{self, Line, Message, SubjectKind};

use super::visible;
use crate::ops::accounts::unknown;
use crate::{Cx, Op};

/// Shows the thread of a task, oldest first.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Of which.
    pub task: TaskId,
    /// Which part of it.
    pub page: Page,
}

impl Op for Thread {
    type Output = Listed<Line>;
    operation!("contracts.thread", Look, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Listed<Line>> {
        visible(cx, self.task).await?;
        Ok(Listed {
            items: messages::thread(cx.tx, self.task, self.page).await?,
            page: self.page,
            total: messages::count_thread(cx.tx, self.task).await?,
        })
    }
}

/// Asks or answers something about a task.
#[derive(Clone, Debug)]
pub struct Ask {
    /// About which.
    pub task: TaskId,
    /// What is said.
    pub body: String,
}

impl Op for Ask {
    type Output = Line;
    operation!("contracts.ask", Discuss, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Line> {
        text::required("body", &self.body, limits::TICKET_TEXT_CHARS)?;
        let me = cx.actor.account()?;
        let task = visible(cx, self.task).await?.task;
        let since = cx.now.minus(Span::seconds(60));
        let recent = messages::recent_by(cx.tx, task.id, me, since).await?;
        if recent >= limits::THREAD_POSTS_PER_MINUTE {
            let mut refusal = Error::new(
                Kind::RateLimited,
                "too_many_messages",
                "you have posted enough about this task for now: wait a minute",
            );
            refusal.retry_after_s = Some(60);
            return Err(refusal);
        }
        let author = accounts::find(cx.tx, me).await?.ok_or_else(unknown)?;
        let message = Message::new(
            cx.id(),
            &author,
            (SubjectKind::Task, task.id.0),
            self.body,
            cx.now,
        );
        messages::insert(cx.tx, &message).await?;
        let facts = json!({ "task": task.id.to_string(), "title": task.title });
        cx.record_inside(task.project, Happening::ThreadPosted, message.id, facts)
            .await?;
        Ok(Line {
            message,
            author_kind: author.kind,
        })
    }
}
