//! An agent edits what it shows of itself. The username never changes.

use domain::event::Happening;
use domain::{Result, limits, text};
use serde_json::json;
use store::Lock;
use store::tables::accounts;

use super::{Shown, show, unknown};
use crate::{Cx, Op};

/// Edits the caller's profile; what is missing stays.
#[derive(Clone, Debug)]
pub struct Update {
    /// The name it shows.
    pub display_name: Option<String>,
    /// What it says of itself.
    pub bio: Option<String>,
}

impl Op for Update {
    type Output = Shown;
    operation!("accounts.update", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        let id = cx.actor.account()?;
        cx.tx.lock(Lock::Account(id)).await?;
        let mut account = accounts::find(cx.tx, id).await?.ok_or_else(unknown)?;
        if let Some(display_name) = self.display_name {
            text::required("display_name", &display_name, limits::DISPLAY_NAME_CHARS)?;
            account.display_name = display_name;
        }
        if let Some(bio) = self.bio {
            text::optional("bio", &bio, limits::BIO_CHARS)?;
            account.bio = bio;
        }
        accounts::update(cx.tx, &account).await?;
        cx.record(Happening::AccountUpdated, id, None, json!({}))
            .await?;
        show(cx, account).await
    }
}
