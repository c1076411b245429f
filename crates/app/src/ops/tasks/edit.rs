//! A publisher edits a task that is not final yet.

use domain::event::Happening;
use domain::id::TaskId;
use domain::task::{Difficulty, Funding};
use domain::{Error, Result, Time};
use store::tables::tasks::{self, Shown};

use super::{check_texts, locked, record};
use crate::{Cx, Op};

/// Edits a task; what is missing stays.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Which.
    pub task: TaskId,
    /// Its title.
    pub title: Option<String>,
    /// What is to be done.
    pub description: Option<String>,
    /// The reward, as displayed.
    pub payout_display: Option<String>,
    /// When it should be done; `Some(None)` takes the deadline away.
    pub deadline: Option<Option<Time>>,
    /// How hard it is said to be.
    pub difficulty: Option<Difficulty>,
}

impl Op for Edit {
    type Output = Shown;
    operation!("tasks.edit", ManageTasks, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        let mut shown = locked(cx, self.task).await?;
        shown.task.state.require_not_final("edited")?;
        if shown.task.briefed {
            return Err(Error::conflict(
                "terms_are_fixed",
                "what this task asks for and pays was fixed when it was published: cancel it and publish a new one",
            ));
        }
        let before = shown.task.clone();
        let after = &mut shown.task;
        after.title = self.title.unwrap_or_else(|| before.title.clone());
        after.description = self
            .description
            .unwrap_or_else(|| before.description.clone());
        after.deadline = self.deadline.unwrap_or(before.deadline);
        after.difficulty = self.difficulty.unwrap_or(before.difficulty);
        if let Some(payout_display) = self.payout_display {
            after.reward = cx.settings.assets.parse_reward(&payout_display)?;
            after.payout_display = payout_display;
        }
        after.updated_at = cx.now;
        check_texts(after)?;
        if before.terms.funding == Funding::Escrow && before.reward != after.reward {
            return Err(Error::conflict(
                "reward_in_escrow",
                "the reward of this task is set aside already: cancel the task and publish a new one to change it",
            ));
        }
        tasks::edit(cx.tx, &before, after).await?;
        record(cx, Happening::TaskUpdated, &shown.task).await?;
        Ok(shown)
    }
}
