//! What a person bought, with the codes, which are its own.

use domain::Result;
use domain::page::{Listed, Page};
use store::tables::redemptions::{self, Redemption};

use super::Bought;
use crate::{Cx, Op};

/// Lists what the caller bought, the latest first.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// Which of it.
    pub page: Page,
}

impl Op for List {
    type Output = Listed<Bought>;
    operation!("redemptions.list", BeHuman, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Listed<Bought>> {
        let account = cx.actor.account()?;
        let bought = redemptions::list(cx.tx, account, self.page).await?;
        let title = |sold: &Redemption| {
            let known = cx
                .settings
                .catalogue
                .iter()
                .find(|item| item.id == sold.item);
            known.map_or_else(|| sold.item.clone(), |item| item.title.clone())
        };
        let items = bought.into_iter().map(|redemption| Bought {
            title: title(&redemption),
            redemption,
        });
        Ok(Listed {
            items: items.collect(),
            page: self.page,
            total: redemptions::count(cx.tx, account).await?,
        })
    }
}
