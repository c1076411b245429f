//! Somebody says something about a project or an idea.

use domain::event::Happening;
use domain::id::{MessageId, ProjectId};
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::tables::messages::{self, Message, SubjectKind};
use store::tables::{accounts, ideas, projects};
use uuid::Uuid;

use super::{Subject, unknown};
use crate::ops::{accounts as account_ops, ideas as idea_ops, projects as project_ops};
use crate::{Cx, Op};

/// Posts a message.
#[derive(Clone, Debug)]
pub struct Post {
    /// About what.
    pub subject: Subject,
    /// The message it answers.
    pub parent: Option<MessageId>,
    /// What it says.
    pub body: String,
}

/// The subject of a discussion, as far as the discussion cares.
struct Found {
    id: Uuid,
    kind: SubjectKind,
    project: Option<ProjectId>,
    title: String,
}

impl Op for Post {
    type Output = Message;
    operation!("messages.post", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Message> {
        text::required("body", &self.body, limits::TEXT_CHARS)?;
        let author = cx.actor.account()?;
        let subject = find_and_count(cx, self.subject).await?;
        if let Some(parent) = self.parent {
            let parent = messages::find(cx.tx, parent).await?.ok_or_else(unknown)?;
            if parent.subject != subject.id {
                return Err(Error::field(
                    "parent_reply_id",
                    "must be a reply in the same discussion",
                ));
            }
        }
        let author = accounts::find(cx.tx, author)
            .await?
            .ok_or_else(account_ops::unknown)?;
        let message = Message {
            parent: self.parent,
            ..Message::new(
                cx.id(),
                &author,
                (subject.kind, subject.id),
                self.body,
                cx.now,
            )
        };
        messages::insert(cx.tx, &message).await?;
        let facts = json!({ "title": subject.title, "subject": subject.id.to_string(), "subject_kind": subject.kind.as_str() });
        cx.record(Happening::MessagePosted, message.id, subject.project, facts)
            .await?;
        Ok(message)
    }
}

/// Locks the subject, checks that it takes messages and counts one more.
async fn find_and_count(cx: &mut Cx<'_>, subject: Subject) -> Result<Found> {
    match subject {
        Subject::Project(id) => {
            let project = project_ops::locked(cx, id).await?;
            projects::add(cx.tx, id, 0, 0, 1).await?;
            Ok(Found {
                id: id.0,
                kind: SubjectKind::Project,
                project: Some(id),
                title: project.pitch.title,
            })
        }
        Subject::Idea(id) => {
            let idea = idea_ops::locked(cx, id).await?;
            ideas::add(cx.tx, id, 0, 0, 1).await?;
            Ok(Found {
                id: id.0,
                kind: SubjectKind::Idea,
                project: None,
                title: idea.title,
            })
        }
    }
}
