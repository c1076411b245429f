//! Somebody says something about a ticket (OpenPod 2.11).

use domain::event::Happening;
use domain::id::TaskId;
use domain::{Result, limits, text};
use serde_json::json;
use store::tables::accounts;
use store::tables::messages::{self, Message, SubjectKind};

use super::find;
use crate::ops::accounts::unknown;
use crate::ops::teams::standing;
use crate::{Cx, Op};

/// Comments on a ticket.
#[derive(Clone, Debug)]
pub struct Comment {
    /// Which.
    pub ticket: TaskId,
    /// What is said.
    pub content: String,
}

impl Op for Comment {
    type Output = Message;
    operation!("tickets.comment", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Message> {
        text::required("content", &self.content, limits::TICKET_TEXT_CHARS)?;
        let me = cx.actor.account()?;
        let ticket = find(cx, self.ticket).await?;
        standing(cx, ticket.task.project)
            .await?
            .1
            .require_inside()?;
        let author = accounts::find(cx.tx, me).await?.ok_or_else(unknown)?;
        let message = Message::new(
            cx.id(),
            &author,
            (SubjectKind::Ticket, self.ticket.0),
            self.content,
            cx.now,
        );
        messages::insert(cx.tx, &message).await?;
        let facts = json!({
            "subject": self.ticket.to_string(),
            "subject_kind": SubjectKind::Ticket.as_str(),
            "title": ticket.task.title,
        });
        let project = ticket.task.project;
        cx.record_inside(project, Happening::MessagePosted, message.id, facts)
            .await?;
        Ok(message)
    }
}
