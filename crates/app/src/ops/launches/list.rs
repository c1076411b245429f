//! The recorded launches.

use domain::Result;
use domain::page::{Listed, Page};
use store::tables::launches::{self, Launch};

use crate::{Cx, Op};

/// Lists launches, newest first.
#[derive(Clone, Debug)]
pub struct List {
    /// Which of them.
    pub page: Page,
}

impl Op for List {
    type Output = Listed<Launch>;
    operation!("launches.list", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let total = launches::count(cx.tx).await?;
        let items = launches::list(cx.tx, self.page).await?;
        Ok(Listed {
            items,
            page: self.page,
            total,
        })
    }
}
