//! A task of the market, and what happened to it. What was delivered and who
//! reached what is protected are no part of either (AGI ATM 2.2, 5.1).

use domain::id::TaskId;
use domain::{Result, limits};
use store::tables::events::{self, Shown as Event};
use store::tables::tasks::{self, Shown};

use crate::ops::contracts::{Contract, contract, is_public};
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
        let shown = in_market(cx, self.task).await?;
        Ok(Details {
            contract: contract(cx, shown).await?,
            events: events::timeline(cx.tx, self.task, limits::INLINE_ROWS).await?,
        })
    }
}

/// A task that everybody sees.
async fn in_market(cx: &mut Cx<'_>, task: TaskId) -> Result<Shown> {
    let shown = tasks::find_shown(cx.tx, task).await?;
    shown
        .filter(|shown| is_public(&shown.task))
        .ok_or_else(unknown)
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
