//! What an account pitched, newest first.

use domain::Result;
use domain::page::{Listed, Page};
use store::tables::ideas::{self, Idea};

use crate::ops::accounts::named;
use crate::{Cx, Op};

/// Lists an account's ideas.
#[derive(Clone, Debug)]
pub struct ByAuthor {
    /// The account's name.
    pub username: String,
    /// Which of them.
    pub page: Page,
}

impl Op for ByAuthor {
    type Output = Listed<Idea>;
    operation!("ideas.by_author", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let author = named(cx, &self.username).await?;
        let total = ideas::count_by_author(cx.tx, author.id).await?;
        let items = ideas::by_author(cx.tx, author.id, self.page).await?;
        Ok(Listed {
            items,
            page: self.page,
            total,
        })
    }
}
