//! Work is published with a reward. A reward in an asset of the ledger is
//! money: paid on approval, and set aside now where the terms say so.

use domain::event::Happening;
use domain::id::ProjectId;
use domain::task::{Difficulty, Funding, State, Terms};
use domain::{Result, Time};
use store::tables::ledger::{Place, Reason};
use store::tables::projects;
use store::tables::tasks::{self, Shown, Task};

use super::{check_texts, count, lock_counts, record, unknown_project};
use crate::{Cx, Op};

/// Publishes a task.
#[derive(Clone, Debug)]
pub struct Publish {
    /// In which project.
    pub project: ProjectId,
    /// Its title.
    pub title: String,
    /// What is to be done.
    pub description: String,
    /// The reward, as displayed.
    pub payout_display: String,
    /// How hard it is said to be.
    pub difficulty: Difficulty,
    /// When it should be done; may lie in the past (POLT 3.1).
    pub deadline: Option<Time>,
    /// What is agreed.
    pub terms: Terms,
}

impl Op for Publish {
    type Output = Shown;
    operation!("tasks.publish", ManageTasks, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        let publisher = cx.actor.account()?;
        let reward = cx.settings.assets.parse_reward(&self.payout_display)?;
        let task = Task {
            id: cx.id(),
            project: self.project,
            publisher,
            title: self.title,
            description: self.description,
            payout_display: self.payout_display,
            reward,
            difficulty: self.difficulty,
            deadline: self.deadline,
            state: State::OPEN,
            claimed_at: None,
            submissions: 0,
            completed_at: None,
            paid_at: None,
            terms: self.terms,
            listed: true,
            briefed: false,
            alarm: None,
            created_at: cx.now,
            updated_at: cx.now,
        };
        check_texts(&task)?;
        lock_counts(cx, self.project).await?;
        let project = projects::find(cx.tx, self.project)
            .await?
            .ok_or_else(unknown_project)?;
        tasks::insert(cx.tx, &task).await?;
        count(cx, project.id, 1, 0, 0).await?;
        set_aside(cx, &task).await?;
        record(cx, Happening::TaskPublished, &task).await?;
        Ok(Shown {
            task,
            project_title: project.pitch.title,
            assignee_handle: None,
        })
    }
}

/// Moves the reward from the publisher's balance into escrow.
pub(crate) async fn set_aside(cx: &mut Cx<'_>, task: &Task) -> Result<()> {
    let (Funding::Escrow, Some(reward)) = (task.terms.funding, &task.reward) else {
        return Ok(());
    };
    let way = (Place::wallet(task.publisher), Place::frozen(task.publisher));
    cx.transfer(way, reward.clone(), Reason::Escrow, Some(task.id))
        .await
}
