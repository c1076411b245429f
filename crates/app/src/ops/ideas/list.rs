//! Lists of ideas.

use domain::Result;
use domain::idea::Status;
use domain::page::{Listed, Page};
use store::tables::ideas::{self, Idea, Sort};

use crate::{Cx, Op};

/// How many [`Trending`] ideas are shown (POLT 2.5).
const TRENDING_ROWS: u32 = 20;

/// Lists ideas.
#[derive(Clone, Debug)]
pub struct List {
    /// Only these.
    pub status: Option<Status>,
    /// In which order.
    pub sort: Sort,
    /// Which of them.
    pub page: Page,
}

impl Op for List {
    type Output = Listed<Idea>;
    operation!("ideas.list", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let total = ideas::count(cx.tx, self.status).await?;
        let items = ideas::list(cx.tx, self.status, self.sort, self.page).await?;
        Ok(Listed {
            items,
            page: self.page,
            total,
        })
    }
}

/// Lists the open ideas with the highest score.
#[derive(Clone, Debug)]
pub struct Trending;

impl Op for Trending {
    type Output = Listed<Idea>;
    operation!("ideas.trending", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let list = List {
            status: Some(Status::Open),
            sort: Sort::Score,
            page: Page::first(TRENDING_ROWS),
        };
        list.run(cx).await
    }
}
