//! Work is checked and handed in, the same at every door: what a task's terms
//! say about outputs holds wherever it is worked on (design 5, AGI ATM 4).
//!
//! Checking may take long, so it is done before the transaction; a task's
//! brief never changes, so what was checked still holds behind the lock.

use domain::brief::Brief;
use domain::event::Happening;
use domain::id::{AccountId, TaskId};
use domain::task::{Funding, Mode, Scrutiny, SubmissionStatus, Terms};
use domain::{Error, Kind, Result};
use serde_json::json;
use store::Lock;
use store::tables::ledger::{Place, Reason};
use store::tables::submissions::{self, Package, Submission};
use store::tables::tasks::{self, Shown, Task};
use store::tables::{accounts, awards, briefs};

use super::ring::TERMS;
use super::{hand_in, locked, locked_to_count, require_arms_length};
use crate::ops::referrals::{Milestone, milestone};
use crate::ops::reviews::{Paid, Payment, Reviewed, pass, reward};
use crate::verification::Report;
use crate::{App, Cx, Op};
use domain::money::Bucket;
use domain::policy::Actor;

/// Reads what a task asks of work; `None` where nothing checks it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Of which task.
    pub(crate) task: TaskId,
}

impl Op for Asked {
    type Output = Option<(Brief, Terms)>;
    operation!("tasks.asked", Maintain, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let Some(brief) = briefs::find(cx.tx, self.task).await? else {
            return Ok(None);
        };
        let task = tasks::find(cx.tx, self.task).await?;
        Ok(task.map(|task| (brief, task.terms)))
    }
}

/// What the checks of a task said about work that passed them.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    /// The terms of the task.
    terms: Terms,
    /// What was checked, as a JSON object.
    pub(crate) receipt: String,
}

/// Checks an output against what its task asks; `None` where nothing is
/// asked, or there is no such task.
///
/// # Errors
/// `Unsatisfied` (`output_schema_mismatch`) with every cause.
pub(crate) async fn check(app: &App, task: TaskId, output: &str) -> Result<Option<Checked>> {
    let Some((brief, terms)) = app.call(&Actor::System, Asked { task }).await? else {
        return Ok(None);
    };
    let Report { causes, receipt } = app.examine(&brief, output).await?;
    if causes.is_empty() {
        return Ok(Some(Checked { terms, receipt }));
    }
    let mut refusal = Error::new(
        Kind::Unsatisfied,
        "output_schema_mismatch",
        "the output does not satisfy what the task asks: put right what details names and submit again",
    );
    refusal.details = causes;
    Err(refusal)
}

/// What is handed in.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    /// The work, or where to find it.
    pub(crate) content: String,
    /// What comes with an output.
    pub(crate) package: Option<Package>,
}

/// What became of work that was handed in.
#[derive(Clone, Debug)]
pub(crate) struct Handed {
    /// The submission and its task.
    pub(crate) reviewed: Reviewed,
    /// What was paid, where the task's own checks passed it at once.
    pub(crate) paid: Paid,
}

/// Hands work in for a task in the caller's name. Where the task's own checks
/// decide, it passes in the same transaction.
pub(crate) async fn deliver(
    cx: &mut Cx<'_>,
    id: TaskId,
    work: Work,
    checked: Option<&Checked>,
) -> Result<Handed> {
    let agent = cx.actor.account()?;
    let terms = checked.map(|checked| checked.terms);
    let is_auto = terms.is_some_and(|terms| terms.scrutiny == Scrutiny::Auto);
    if terms.is_some_and(|terms| terms.funding == Funding::Standing) {
        return earn(cx, id, agent, work).await;
    }
    let mut task = if is_auto {
        // A verdict locks its author before all else.
        cx.tx.lock(Lock::Account(agent)).await?;
        locked_to_count(cx, id).await?
    } else {
        locked(cx, id).await?
    };
    task.task
        .terms
        .require_time_left(task.task.deadline, cx.now)?;
    if task.task.terms.mode == Mode::Open {
        // Of what one agent takes, this was asked when it was taken.
        require_arms_length(cx, &task.task, agent).await?;
        withdraw_earlier(cx, id, agent).await?;
    }
    let Work { content, package } = work;
    let submission = hand_in(cx, &mut task.task, agent, content, package).await?;
    let submission = shown(cx, submission, &task.task).await?;
    let mut reviewed = Reviewed { submission, task };
    let paid = if is_auto {
        pass(cx, &mut reviewed, TERMS, None).await?
    } else {
        Paid::Nothing
    };
    Ok(Handed { reviewed, paid })
}

async fn shown(cx: &mut Cx<'_>, submission: Submission, task: &Task) -> Result<submissions::Shown> {
    let author = accounts::find(cx.tx, submission.author).await?;
    Ok(submissions::Shown {
        submission,
        author_handle: cx.actor.handle().to_owned(),
        author_name: author.map(|author| author.display_name).unwrap_or_default(),
        deadline: task.deadline,
        is_private: task.briefed,
    })
}

/// Of a task that is open to all, each author has one delivery that waits.
async fn withdraw_earlier(cx: &mut Cx<'_>, task: TaskId, agent: AccountId) -> Result<()> {
    let Some(earlier) = submissions::pending_by(cx.tx, task, agent).await? else {
        return Ok(());
    };
    let mut withdrawn = earlier.submission;
    withdrawn.status = SubmissionStatus::Withdrawn;
    withdrawn.reviewed_at = Some(cx.now);
    submissions::judge(cx.tx, &withdrawn).await
}

/// A standing offer pays each agent once and stays as it is: its row is not
/// locked, because everybody comes by. The agent's own row decides.
async fn earn(cx: &mut Cx<'_>, id: TaskId, agent: AccountId, work: Work) -> Result<Handed> {
    cx.tx.lock(Lock::Account(agent)).await?;
    let task = tasks::find_shown(cx.tx, id).await?;
    let task = task.ok_or_else(super::unknown)?;
    awards::insert(cx.tx, agent, awards::ONBOARDING, cx.now).await?;
    let submission = Submission {
        id: cx.id(),
        task: id,
        project: task.task.project,
        author: agent,
        content: work.content,
        package: work.package,
        auto_accept_at: None,
        status: SubmissionStatus::Approved,
        notes: None,
        reviewer: Some(TERMS),
        created_at: cx.now,
        reviewed_at: Some(cx.now),
    };
    submissions::insert(cx.tx, &submission).await?;
    let paid = pay_bonus(cx, &task, &submission).await?;
    let facts = json!({
        "submission": submission.id.to_string(),
        "task": id.to_string(),
        "credits": task.task.reward.as_ref().map(|money| money.units),
    });
    let project = task.task.project;
    cx.record_inside(project, Happening::BonusEarned, agent, facts)
        .await?;
    milestone(cx, agent, Milestone::Onboarded).await?;
    let submission = shown(cx, submission, &task.task).await?;
    Ok(Handed {
        reviewed: Reviewed { submission, task },
        paid,
    })
}

async fn pay_bonus(cx: &mut Cx<'_>, shown: &Shown, submission: &Submission) -> Result<Paid> {
    let Some(net) = shown.task.reward.clone() else {
        return Ok(Paid::Nothing);
    };
    let from = (Place::platform(Bucket::Issuance), Reason::Bonus);
    let hold = reward(cx, &shown.task, &net, from, submission).await?;
    Ok(Paid::Now(Payment {
        net,
        hold,
        payout: None,
    }))
}
