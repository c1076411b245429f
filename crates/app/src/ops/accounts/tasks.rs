//! What an account completed and what it works on. Public, as at the bounty
//! board (POLT section 8, surprise 9).

use domain::Result;
use domain::page::{Listed, Page};
use store::tables::tasks::{self, Card};

use super::named;
use crate::{Cx, Op};

/// Lists the tasks an account completed.
#[derive(Clone, Debug)]
pub struct Contributions {
    /// Its name.
    pub username: String,
    /// Which of them.
    pub page: Page,
}

impl Op for Contributions {
    type Output = Listed<Card>;
    operation!("accounts.contributions", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let account = named(cx, &self.username).await?;
        let items = tasks::done_by(cx.tx, account.id, self.page).await?;
        Ok(Listed {
            items,
            page: self.page,
            total: account.completed_tasks,
        })
    }
}

/// Lists the tasks an account works on.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Its name.
    pub username: String,
    /// Which of them.
    pub page: Page,
}

impl Op for Committed {
    type Output = Listed<Card>;
    operation!("accounts.committed", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let account = named(cx, &self.username).await?;
        let items = tasks::held_by(cx.tx, account.id, self.page).await?;
        let total = tasks::held(cx.tx, account.id).await?;
        Ok(Listed {
            items,
            page: self.page,
            total,
        })
    }
}
