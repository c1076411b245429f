//! An account as everybody sees it.

use domain::Result;

use super::{Shown, named, show};
use crate::{Cx, Op};

/// Shows an account by name.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name, in any letter case.
    pub username: String,
}

impl Op for Profile {
    type Output = Shown;
    operation!("accounts.profile", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        let account = named(cx, &self.username).await?;
        show(cx, account).await
    }
}
