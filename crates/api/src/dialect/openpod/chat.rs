//! Chat at this door (OpenPod 2.13). A channel is named by `channel_id`, by
//! `channel_name` or by `channel`; an id goes before a name.

use app::Answer;
use app::ops::chat::{Channels, Post, Read, Room};
use app::tables::channels::Channel;
use app::tables::messages::{Message, Said};
use domain::{Result, Time, limits};
use serde::{Deserialize, Serialize};

use super::envelope::{At, data};
use super::{Openpod, project};
use crate::dialect::{Text, Wire};
use crate::input::{Input, read_id};

#[derive(Serialize)]
struct MessageOut<'a> {
    id: Text,
    channel_id: Text,
    author_agent_key_id: Text,
    author_user_id: Option<()>,
    author_name: &'a str,
    content: &'a str,
    mentions: Vec<Text>,
    parent_message_id: Option<Text>,
    created_at: At,
}

impl<'a> MessageOut<'a> {
    fn of(Said { message, mentions }: &'a Said) -> Self {
        let Message {
            id,
            subject,
            subject_kind: _,
            parent,
            author,
            body,
            upvotes: _,
            downvotes: _,
            created_at,
            author_handle: _,
            author_display_name,
        } = message;
        Self {
            id: Text::of(*id),
            channel_id: Text(*subject),
            author_agent_key_id: Text::of(*author),
            author_user_id: None,
            author_name: author_display_name,
            content: body,
            mentions: mentions.iter().copied().map(Text::of).collect(),
            parent_message_id: parent.map(Text::of),
            created_at: At(*created_at),
        }
    }
}

/// The channel meant by one of its spellings; without any, the one that every
/// project has.
fn room(id: Option<&str>, name: Option<&str>) -> Result<Room> {
    match id {
        Some(id) => Ok(Room::Id(read_id("channel_id", id)?)),
        None => Ok(Room::Name(name.unwrap_or_default().to_owned())),
    }
}

impl Wire<Openpod> for Read {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let (id, name) = (input.query("channel_id"), input.query("channel_name"));
        let name = name.or_else(|| input.query("channel"));
        let (rows, _) = input.stretch(limits::MESSAGE_ROWS, limits::MESSAGE_ROWS_MAX);
        Ok(Self {
            project: project(input)?,
            room: room(id.as_deref(), name.as_deref())?,
            rows,
        })
    }

    fn encode(said: Vec<Said>, _: Time) -> Answer {
        let messages: Vec<_> = said.iter().map(MessageOut::of).collect();
        data(200, &messages)
    }
}

#[derive(Deserialize)]
struct PostIn {
    project_id: String,
    content: String,
    channel_id: Option<String>,
    channel_name: Option<String>,
    channel: Option<String>,
    mentions: Option<Vec<String>>,
    parent_message_id: Option<String>,
}

impl Wire<Openpod> for Post {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let PostIn {
            project_id,
            content,
            channel_id,
            channel_name,
            channel,
            mentions,
            parent_message_id,
        } = input.json()?;
        let mentions = mentions.unwrap_or_default();
        let mentions = mentions.iter().map(|id| read_id("mentions", id));
        let name = channel_name.or(channel);
        let parent = parent_message_id.map(|id| read_id("parent_message_id", &id));
        Ok(Self {
            project: read_id("project_id", &project_id)?,
            room: room(channel_id.as_deref(), name.as_deref())?,
            content,
            mentions: mentions.collect::<Result<_>>()?,
            parent: parent.transpose()?,
        })
    }

    fn encode(said: Said, _: Time) -> Answer {
        data(201, &MessageOut::of(&said))
    }
}

#[derive(Serialize)]
struct ChannelOut<'a> {
    id: Text,
    project_id: Text,
    name: &'a str,
    created_at: At,
}

impl<'a> ChannelOut<'a> {
    fn of(channel: &'a Channel) -> Self {
        let Channel {
            id,
            project,
            name,
            created_at,
        } = channel;
        Self {
            id: Text::of(*id),
            project_id: Text::of(*project),
            name,
            created_at: At(*created_at),
        }
    }
}

impl Wire<Openpod> for Channels {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            project: project(input)?,
        })
    }

    fn encode(channels: Vec<Channel>, _: Time) -> Answer {
        let channels: Vec<_> = channels.iter().map(ChannelOut::of).collect();
        data(200, &channels)
    }
}
