//! Chat.
use domain::Result;
use domain::id::ProjectId;
use store::tables::channels::{self, Channel};

use crate::Cx;

pub(crate) async fn open_general(cx: &mut Cx<'_>, project: ProjectId) -> Result<Channel> {
    let channel = Channel {
        id: cx.id(),
        project,
        name: "general".into(),
        created_at: cx.now,
    };
    channels::insert(cx.tx, &channel).await?;
    Ok(channel)
}
