//! Chats with hosted agents, as they are looked through (Polpo 2.7).
//!
//! **Invariant:** what is said in a chat is stored by `ops::completions`; here
//! it is shown, renamed, removed and brought along from elsewhere.

mod import;
mod list;
mod read;
mod remove;
mod rename;

pub use import::{Brought, Import, Imported};
pub use list::List;
pub use read::{Activity, Read, Talk};
pub use remove::Remove;
pub use rename::Rename;

use domain::Result;
use store::tables::sessions::{self, Session};

use crate::Cx;

/// A session of one's own environment.
async fn own(cx: &mut Cx<'_>, id: &str) -> Result<Session> {
    let environment = cx.actor.environment()?;
    let found = sessions::find(cx.tx, environment, id).await?;
    found.ok_or_else(sessions::gone)
}
