//! An attachment is removed.

use domain::Result;
use domain::event::Happening;
use domain::id::AttachmentId;
use domain::policy::Actor;
use serde_json::json;
use store::tables::attachments;

use super::unknown;
use crate::ops::environments::own;
use crate::{App, Cx, Errand, Op};

/// Removes an attachment.
#[derive(Clone, Copy, Debug)]
pub struct Detach {
    /// Which.
    pub id: AttachmentId,
}

impl Errand for Detach {
    type Output = ();
    operation!("attachments.detach", Host, Writes);

    async fn run(self, app: &App, actor: &Actor) -> Result<()> {
        let environment = actor.environment()?;
        app.call(actor, Forget { id: self.id }).await?;
        app.files()?.detach(environment, self.id).await
    }
}

/// Forgets an attachment.
#[derive(Clone, Copy, Debug)]
struct Forget {
    id: AttachmentId,
}

impl Op for Forget {
    type Output = ();
    operation!("attachments.forget", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let environment = own(cx).await?.id;
        let found = attachments::find(cx.tx, environment, self.id).await?;
        let attachment = found.ok_or_else(unknown)?;
        if !attachments::remove(cx.tx, environment, self.id).await? {
            return Err(unknown());
        }
        let facts = json!({
            "path": attachment.path,
            "dir": "/attachments",
            "action": "deleted",
            "source": "api",
        });
        cx.record_hosted(environment, Happening::FileChanged, self.id, facts)
            .await
    }
}
