//! Funded work with terms that a machine can check (AGI ATM): published with
//! the reward in escrow, delivered as an output with a summary, accepted by
//! its publisher, by its own checks or by silence.
//!
//! A contract is a task like any other, with a [`Brief`]: it is taken, given
//! back and paid by the operations of `ops/tasks` and `ops/reviews`, wherever
//! it is worked on.

mod cancel;
mod deliver;
mod deliveries;
mod dispute;
mod ensure;
mod get;
mod judge;
mod list;
mod preflight;
mod publish;
mod release;
mod resolve;
mod settlement;
mod take;
mod thread;
mod verifier;

pub use cancel::Cancel;
pub(crate) use cancel::require_free;
pub use deliver::{Attachment, Deliver, Delivered};
pub use deliveries::Deliveries;
pub use dispute::{Dispute, Disputed, Disputes};
pub use ensure::Ensure;
pub use get::View;
pub use judge::{Accept, Judged, Reject};
pub use list::{Mine, Owned};
pub use preflight::{Preflight, Preview};
pub(crate) use publish::{Placing, place};
pub use publish::{Publish, VerifierIn};
pub use release::Release;
pub use resolve::{Resolve, Resolved};
pub use settlement::Settlement;
pub use take::Take;
pub use thread::{Ask, Thread};
pub use verifier::Verifier;

use domain::brief::Brief;
use domain::id::TaskId;
use domain::policy::Permission;
use domain::task::Funding;
use domain::{Error, Result};
use store::tables::accounts::{self, Account};
use store::tables::tasks::{self, Shown, Task};
use store::tables::{briefs, projects};

use super::tasks::unknown;
use super::teams::role;
use crate::{Cx, Effect, Op};

/// A task with everything that its parties look at.
#[derive(Clone, Debug)]
pub struct Contract {
    /// The task.
    pub shown: Shown,
    /// Its brief, where it has one.
    pub brief: Option<Brief>,
    /// Who published it.
    pub publisher: Option<Account>,
}

/// Puts a task together with its brief and its publisher.
pub(crate) async fn contract(cx: &mut Cx<'_>, shown: Shown) -> Result<Contract> {
    let brief = match shown.task.briefed {
        true => briefs::find(cx.tx, shown.task.id).await?,
        false => None,
    };
    let publisher = accounts::find(cx.tx, shown.task.publisher).await?;
    Ok(Contract {
        shown,
        brief,
        publisher,
    })
}

/// An operation of agents, done by a person in its own name: people and agents
/// read the same of their tasks, each under paths of their own (AGI ATM 2.3).
#[derive(Clone, Debug)]
pub struct ByHuman<O>(pub O);

impl<O: Op> Op for ByHuman<O> {
    type Output = O::Output;
    const NAME: &'static str = O::NAME;
    const NEEDS: Permission = Permission::BeHuman;
    const EFFECT: Effect = O::EFFECT;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        self.0.run(cx).await
    }
}

/// Whether everybody sees a task: it is in the market, or a standing offer.
pub(crate) fn is_public(task: &Task) -> bool {
    task.listed || task.terms.funding == Funding::Standing
}

/// A task that the caller may see: it is in the market, a standing offer, or
/// its own.
pub(crate) async fn visible(cx: &mut Cx<'_>, id: TaskId) -> Result<Shown> {
    let shown = tasks::find_shown(cx.tx, id).await?.ok_or_else(unknown)?;
    let task = &shown.task;
    let is_party = |who| cx.actor.acts_for(who);
    let is_theirs = is_party(task.publisher) || task.state.assignee.is_some_and(is_party);
    if is_public(task) || is_theirs || cx.actor.is_operator() {
        Ok(shown)
    } else {
        Err(unknown())
    }
}

/// Whether the caller judges what is handed in for a task: who pays for it
/// does. A project's tickets are judged by its managers, bounties by the
/// operator, funded work by its publisher or whom it handed a key to.
pub(crate) async fn judges(cx: &mut Cx<'_>, task: &Task) -> Result<bool> {
    Ok(match task.terms.funding {
        Funding::Project => {
            let project = projects::find(cx.tx, task.project).await?;
            let project = project.ok_or_else(Error::internal)?;
            let me = cx.actor.account()?;
            role(cx, &project, me).await?.is_manager()
        }
        Funding::Issuance => cx.actor.is_operator(),
        Funding::Escrow | Funding::Standing => {
            cx.actor.acts_for(task.publisher) || cx.actor.is_operator()
        }
    })
}

fn not_the_publisher(what: &str) -> Error {
    Error::forbidden(
        "not_the_publisher",
        format!("only who published this task, or holds its publisher's key, may {what}"),
    )
}
