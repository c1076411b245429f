//! The picture of a hosted agent (Polpo 2.10).

use domain::event::Happening;
use domain::policy::Actor;
use domain::{Error, Kind, Result, limits};
use serde_json::{Value, json};
use store::Lock;
use store::tables::hosted::{self, Agent};

use super::{fields, named, shown};
use crate::ops::environments::own;
use crate::{App, Cx, Errand, Op};

/// Pictures that may be shown.
const MEDIA: [&str; 5] = [
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/gif",
    "image/svg+xml",
];

/// Gives an agent a picture.
#[derive(Clone, Debug)]
pub struct SetAvatar {
    /// Its name.
    pub agent: String,
    /// The media type of the picture.
    pub media: String,
    /// The picture.
    pub image: Vec<u8>,
    /// Where it will be found.
    pub path: String,
}

impl Op for SetAvatar {
    type Output = String;
    operation!("hosted.set_avatar", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<String> {
        let media = MEDIA.into_iter().find(|media| *media == self.media);
        let media = media.ok_or_else(|| {
            Error::field("file", "must be a picture: png, jpeg, webp, gif or svg")
        })?;
        if self.image.len() > limits::AVATAR_BYTES {
            return Err(Error::new(
                Kind::TooLarge,
                "body_too_large",
                format!("the picture is larger than {} bytes", limits::AVATAR_BYTES),
            ));
        }
        let environment = own(cx).await?.id;
        cx.tx.lock(Lock::Environment(environment)).await?;
        let agent = named(cx, environment, &self.agent).await?;
        let picture = (media.to_owned(), self.image);
        hosted::put_avatar(cx.tx, environment, &agent.name, picture).await?;
        put(cx, agent, Some(&self.path)).await?;
        Ok(self.path)
    }
}

/// Takes an agent's picture away.
#[derive(Clone, Debug)]
pub struct RemoveAvatar {
    /// Its name.
    pub agent: String,
}

impl Op for RemoveAvatar {
    type Output = ();
    operation!("hosted.remove_avatar", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let environment = own(cx).await?.id;
        cx.tx.lock(Lock::Environment(environment)).await?;
        let agent = named(cx, environment, &self.agent).await?;
        hosted::remove_avatar(cx.tx, environment, &agent.name).await?;
        put(cx, agent, None).await
    }
}

/// Writes into an agent's identity where its picture is.
async fn put(cx: &mut Cx<'_>, mut agent: Agent, path: Option<&str>) -> Result<()> {
    let mut document = fields(&agent);
    let identity = document.entry("identity").or_insert_with(|| json!({}));
    match path {
        Some(path) => identity["avatar"] = json!(path),
        None => {
            identity
                .as_object_mut()
                .map(|fields| fields.remove("avatar"));
        }
    }
    agent.document = Value::Object(document).to_string();
    agent.updated_at = cx.now;
    hosted::update(cx.tx, &agent).await?;
    let facts = json!({ "agent": shown(&agent) });
    cx.record_hosted(
        agent.environment,
        Happening::HostedAgentUpdated,
        agent.id,
        facts,
    )
    .await
}

/// Shows an agent's picture.
#[derive(Clone, Debug)]
pub struct Avatar {
    /// Its name.
    pub agent: String,
}

impl Errand for Avatar {
    type Output = hosted::Avatar;
    operation!("hosted.avatar", Host, Reads);

    async fn run(self, app: &App, actor: &Actor) -> Result<hosted::Avatar> {
        app.call(actor, Look { agent: self.agent }).await
    }
}

#[derive(Clone, Debug)]
struct Look {
    agent: String,
}

impl Op for Look {
    type Output = hosted::Avatar;
    operation!("hosted.look_at_avatar", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<hosted::Avatar> {
        let environment = cx.actor.environment()?;
        let picture = hosted::avatar(cx.tx, environment, &self.agent).await?;
        picture.ok_or_else(|| {
            Error::not_found(
                "avatar_not_found",
                "there is no agent of this name with a picture",
            )
        })
    }
}
