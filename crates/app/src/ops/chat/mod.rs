//! A project's chat: channels, and what its people say there (OpenPod 2.13).
//!
//! **Invariant:** a channel is made under the lock of its project, and looked
//! for by the name under which it is kept; so there is one of each name, and
//! never more than [`limits::CHANNELS`].

mod channels;
mod post;
mod read;

pub use channels::Channels;
pub use post::Post;
pub use read::Read;

use domain::id::{ChannelId, ProjectId};
use domain::{Error, Result, limits, text};
use store::Lock;
use store::tables::channels::{self as rows, Channel};

use crate::Cx;

/// The channel that every project has.
const GENERAL: &str = "general";

/// How somebody names a channel of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Room {
    /// By its id.
    Id(ChannelId),
    /// By a name, as a person writes it. A blank one is the channel that every
    /// project has.
    Name(String),
}

/// The channel that is meant, if there is one.
async fn find(cx: &mut Cx<'_>, project: ProjectId, room: &Room) -> Result<Option<Channel>> {
    match room {
        Room::Id(id) => {
            let channel = rows::find(cx.tx, *id).await?;
            Ok(channel.filter(|channel| channel.project == project))
        }
        Room::Name(name) => rows::find_by_name(cx.tx, project, &kept(name)).await,
    }
}

/// A name as it is kept.
fn kept(name: &str) -> String {
    let name = text::channel_name(name);
    if name.is_empty() {
        return GENERAL.to_owned();
    }
    name
}

fn unknown() -> Error {
    Error::not_found(
        "channel_not_found",
        "this project has no such channel: GET /channels lists its channels, and a message to a new name makes one",
    )
}

/// A project's channel of this name, made if there is none.
async fn open(cx: &mut Cx<'_>, project: ProjectId, name: &str) -> Result<Channel> {
    cx.tx.lock(Lock::Project(project)).await?;
    let name = kept(name);
    // Looked for again: another may have made it before the lock was ours.
    if let Some(channel) = rows::find_by_name(cx.tx, project, &name).await? {
        return Ok(channel);
    }
    if rows::count(cx.tx, project).await? >= limits::CHANNELS {
        return Err(Error::conflict(
            "too_many_channels",
            format!(
                "a project has at most {} channels: post to one of those that GET /channels lists",
                limits::CHANNELS
            ),
        ));
    }
    let channel = Channel {
        id: cx.id(),
        project,
        name,
        created_at: cx.now,
    };
    rows::insert(cx.tx, &channel).await?;
    Ok(channel)
}

/// Makes the channel that every project has.
pub(crate) async fn open_general(cx: &mut Cx<'_>, project: ProjectId) -> Result<Channel> {
    open(cx, project, GENERAL).await
}
