//! Somebody says something in a project's chat.

use domain::event::Happening;
use domain::id::{AccountId, MessageId, ProjectId};
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::tables::accounts;
use store::tables::channels::Channel;
use store::tables::messages::{self, Message, Said, SubjectKind};

use super::{Room, find, open, unknown};
use crate::ops::accounts as account_ops;
use crate::ops::teams::standing;
use crate::{Cx, Op};

/// Posts a message to a channel, which is made where its name is new.
#[derive(Clone, Debug)]
pub struct Post {
    /// To which project.
    pub project: ProjectId,
    /// To which channel.
    pub room: Room,
    /// What to say; what is too long is cut.
    pub content: String,
    /// Whom it mentions.
    pub mentions: Vec<AccountId>,
    /// The message it answers.
    pub parent: Option<MessageId>,
}

impl Op for Post {
    type Output = Said;
    operation!("chat.post", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Said> {
        let content = text::cut(self.content, limits::TICKET_TEXT_CHARS);
        text::required("content", &content, limits::TICKET_TEXT_CHARS)?;
        check_mentions(&self.mentions)?;
        let (project, role) = standing(cx, self.project).await?;
        role.require_inside()?;
        let channel = channel(cx, project.id, &self.room).await?;
        check_parent(cx, self.parent, &channel).await?;
        let me = cx.actor.account()?;
        let author = accounts::find(cx.tx, me)
            .await?
            .ok_or_else(account_ops::unknown)?;
        let said = Said {
            message: Message {
                parent: self.parent,
                ..Message::new(
                    cx.id(),
                    &author,
                    (SubjectKind::Channel, channel.id.0),
                    content,
                    cx.now,
                )
            },
            mentions: self.mentions,
        };
        messages::say(cx.tx, &said).await?;
        record(cx, &channel, &said.message).await?;
        Ok(said)
    }
}

async fn channel(cx: &mut Cx<'_>, project: ProjectId, room: &Room) -> Result<Channel> {
    match (find(cx, project, room).await?, room) {
        (Some(channel), _) => Ok(channel),
        (None, Room::Name(name)) => open(cx, project, name).await,
        (None, Room::Id(_)) => Err(unknown()),
    }
}

fn check_mentions(mentions: &[AccountId]) -> Result<()> {
    if mentions.len() <= limits::MENTIONS {
        return Ok(());
    }
    Err(Error::field(
        "mentions",
        format!("must be a list of at most {} ids", limits::MENTIONS),
    ))
}

/// One refusal for what does not exist and what is said elsewhere, so that
/// nobody learns which ids other projects have.
async fn check_parent(cx: &mut Cx<'_>, parent: Option<MessageId>, channel: &Channel) -> Result<()> {
    let Some(parent) = parent else {
        return Ok(());
    };
    match messages::find(cx.tx, parent).await? {
        Some(parent) if parent.subject == channel.id.0 => Ok(()),
        _ => Err(Error::field(
            "parent_message_id",
            "must be a message in the same channel",
        )),
    }
}

/// Tells the log all that the project's webhooks tell (OpenPod 2.13).
async fn record(cx: &mut Cx<'_>, channel: &Channel, message: &Message) -> Result<()> {
    let facts = json!({
        "subject": channel.id.to_string(),
        "subject_kind": message.subject_kind.as_str(),
        "content": message.body,
        "author": message.author_display_name,
        "author_account": message.author.to_string(),
        "title": channel.name,
    });
    cx.record_inside(channel.project, Happening::MessagePosted, message.id, facts)
        .await
}
