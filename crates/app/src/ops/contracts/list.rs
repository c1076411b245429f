//! The tasks of an account, as their publisher and as their worker
//! (AGI ATM 2.3, 2.4).

use domain::Result;
use domain::id::AccountId;
use domain::page::{Listed, Page};
use domain::task::Status;
use store::tables::tasks::{self, Side};

use super::{Contract, contract};
use crate::{Cx, Op};

/// Lists the caller's tasks, newest first.
#[derive(Clone, Debug)]
pub struct Mine {
    /// What the caller is to them.
    pub side: Side,
    /// Only of one or the other of these statuses.
    pub statuses: Option<[Status; 2]>,
    /// Which of them.
    pub page: Page,
}

impl Op for Mine {
    type Output = Listed<Contract>;
    operation!("contracts.mine", Look, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let account = cx.actor.account()?;
        self.of(cx, account).await
    }
}

impl Mine {
    /// The same of another account, at which the caller may look.
    pub(crate) async fn of(self, cx: &mut Cx<'_>, account: AccountId) -> Result<Listed<Contract>> {
        let Self {
            side,
            statuses,
            page,
        } = self;
        let whose = (account, side);
        let total = tasks::count_of_account(cx.tx, whose, statuses).await?;
        let mut items = Vec::new();
        for shown in tasks::of_account(cx.tx, whose, statuses, page).await? {
            items.push(contract(cx, shown).await?);
        }
        Ok(Listed { items, page, total })
    }
}

/// Lists what a person published, newest first.
#[derive(Clone, Debug)]
pub struct Owned {
    /// Only of one or the other of these statuses.
    pub statuses: Option<[Status; 2]>,
    /// Which of them.
    pub page: Page,
}

impl Op for Owned {
    type Output = Listed<Contract>;
    operation!("contracts.owned", BeHuman, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let mine = Mine {
            side: Side::Publisher,
            statuses: self.statuses,
            page: self.page,
        };
        mine.run(cx).await
    }
}
