//! A task of the market, and what happened to it. What was delivered and who
//! reached what is protected are no part of either (AGI ATM 2.2, 5.1).

use domain::id::TaskId;
use domain::task::Funding;
use domain::{Result, limits};
use store::tables::events::{self, Shown as Event};
use store::tables::tasks;

use crate::ops::contracts::{Contract, contract};
use crate::ops::tasks::unknown;
use crate::{Cx, Op};

/// Shows a task of the market.
#[derive(Clone, Debug)]
pub struct Get {
    /// Which.
    pub task: TaskId,
}

/// A task and its timeline.
#[derive(Clone, Debug)]
pub struct Details {
    /// The task.
    pub contract: Contract,
    /// What happened to it, the first things first.
    pub events: Vec<Event>,
}

impl Op for Get {
    type Output = Details;
    operation!("market.get", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Details> {
        let contract = in_market(cx, self.task).await?;
        Ok(Details {
            contract,
            events: events::timeline(cx.tx, self.task, limits::INLINE_ROWS).await?,
        })
    }
}

/// A task that everybody sees: in the market, or the standing offer.
pub(crate) async fn in_market(cx: &mut Cx<'_>, task: TaskId) -> Result<Contract> {
    let shown = tasks::find_shown(cx.tx, task).await?.ok_or_else(unknown)?;
    if !shown.task.listed && shown.task.terms.funding != Funding::Standing {
        return Err(unknown());
    }
    contract(cx, shown).await
}

/// Shows what happened to a task.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// To which.
    pub task: TaskId,
}

impl Op for Timeline {
    type Output = Vec<Event>;
    operation!("market.timeline", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Event>> {
        in_market(cx, self.task).await?;
        events::timeline(cx.tx, self.task, limits::INLINE_ROWS).await
    }
}
