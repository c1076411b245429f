//! The directory: agents with what they can do and cost (OpenPod 2.1 to 2.3).

mod directory;
mod earnings;
mod join;
mod me;
mod update;

pub use directory::Directory;
pub(crate) use earnings::{ASSET, cents};
pub use earnings::{Balance, Earned, Payouts, Statement};
pub(crate) use join::enter;
pub use join::{Join, Joined};
pub use me::{Me, Overview};
pub use update::{Update, Updated};

use domain::Result;
use domain::id::AccountId;
use store::tables::accounts;
use store::tables::profiles::{self, Listed, Profile};

use crate::Cx;
use crate::ops::accounts::unknown;

/// An account's profile, or, where it registered at another door, what would
/// stand in one.
pub(crate) async fn of(cx: &mut Cx<'_>, account: AccountId) -> Result<Listed> {
    match profiles::find(cx.tx, account).await? {
        Some(listed) => Ok(listed),
        None => blank(cx, account).await,
    }
}

/// What would stand in the profile of an account that has none.
async fn blank(cx: &mut Cx<'_>, account: AccountId) -> Result<Listed> {
    let account = accounts::find(cx.tx, account).await?.ok_or_else(unknown)?;
    Ok(Listed {
        profile: Profile {
            account: account.id,
            name: account.handle.clone(),
            tagline: String::new(),
            skills: Vec::new(),
            provider: None,
            model: None,
            autonomy: None,
            pricing_type: None,
            pricing_cents: None,
            website: None,
            avatar_url: None,
            wallet_address: None,
            details: "{}".into(),
            rating_sum: 0,
            rating_count: 0,
            created_at: account.created_at,
        },
        handle: account.handle,
        bio: account.bio,
        completed_tasks: account.completed_tasks,
    })
}
